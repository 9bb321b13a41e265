"""The sample without its outcomes: what preparation may see."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from impacteval.sample import checks
from impacteval.sample.designs import design_rule
from impacteval.sample.digests import data_digest
from impacteval.sample.findings import Findings
from impacteval.sample.frame import canonical_order, read_table, require_frame
from impacteval.sample.matrix import BlindMatrix
from impacteval.sample.people import readable_frame
from impacteval.sample.roles import Roles, names
from impacteval.sample.table import Structure, Table
from impacteval.values import Message

if TYPE_CHECKING:
    import pandas as pd

    from impacteval.sample.join import Joined


@dataclass(frozen=True, eq=False, repr=False)
class BlindSample:
    """Every role of a sample except outcomes, and nothing that could hold one.

    Build it with `BlindSample.from_frame` or take ``sample.blind``. Two blind samples are equal
    when their digests are.

    Attributes
    ----------
    design : str
        The design whose rule the roles follow.
    table : Table
        The columns, read-only, in canonical row order.
    blind_records : tuple of Message
        What was read or converted.
    source : str
        Name of the data.
    """

    design: str
    table: Table
    blind_records: tuple[Message, ...] = ()
    source: str = ""

    @classmethod
    def from_frame(
        cls,
        df: pd.DataFrame,
        *,
        design: str,
        source: str = "",
        missing_covariates: str = "refuse",
        **roles: Any,
    ) -> BlindSample:
        """Read every role but outcomes; same keywords as `Sample.from_frame`.

        Raises
        ------
        DataError
            With every problem found.

        Examples
        --------
        >>> import pandas as pd
        >>> df = pd.DataFrame({"id": [1, 2], "d": [0, 1], "secret": [5.0, 6.0]})
        >>> BlindSample.from_frame(df, design="rct", unit="id", treatment="d").matrix().n
        2
        """
        require_frame(df)
        roles["covariates"] = names(roles.get("covariates"), "covariates")
        found = Findings(source)
        rule = design_rule(design)
        table = read_table(df, Roles(**roles), design, rule, found, missing_covariates)
        found.raise_problems()
        assert table is not None
        ordered = table.take(canonical_order(table))
        return cls(design, ordered, found.take_records(), source)

    @property
    def roles(self) -> Roles:
        """The column of each role; no outcome among them."""
        return self.table.roles

    @property
    def structure(self) -> Structure:
        """Cross-section, panel or repeated cross-section, and whether it is balanced."""
        return self.table.structure

    @property
    def records(self) -> tuple[Message, ...]:
        """What was read and converted; the structure first."""
        of_design = checks.design_records(self.table, design_rule(self.design))
        return (self.structure.message, *self.blind_records, *of_design)

    @cached_property
    def digest(self) -> str:
        """Canonical digest, independent of row order where units are labelled."""
        return data_digest(self.design, self.table, {})

    def __len__(self) -> int:
        return len(self.table)

    def __canonical__(self) -> str:
        return self.digest

    def __repr__(self) -> str:
        return f"BlindSample({self.design!r}, {self.structure} {self.digest})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BlindSample) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def matrix(self) -> BlindMatrix:
        """Every column but the outcome, as read-only arrays."""
        return BlindMatrix.of(self.table, design_rule(self.design))

    def to_frame(self) -> pd.DataFrame:
        """A fresh frame for people; estimators use `matrix`."""
        return readable_frame(self.table, {})

    def join(
        self,
        outcomes: pd.DataFrame,
        *,
        outcome: str | list[str],
        unit: str | None = None,
        period: str | None = None,
        missing_outcome: str = "refuse",
        log_outcome: bool = False,
        source: str = "",
    ) -> Joined:
        """Bring the outcomes to the prepared rows, and count what matches nobody.

        Parameters
        ----------
        outcomes : DataFrame
            One row a unit (and period); never altered.
        outcome : str or list of str
            Its outcome columns.
        unit, period : str, optional
            Its columns of unit and period, when they are named otherwise than in this sample.
        missing_outcome : {"refuse", "attrited"}
            What a row of this sample without a measured outcome means.
        log_outcome : bool
            Whether the outcomes are logarithms.
        source : str
            Name of the outcome data, for messages.

        Raises
        ------
        DataError
            With every problem: duplicate outcome rows, labels of another kind, rows of the
            sample without an outcome unless attrition is declared.
        """
        from impacteval.sample.join import join_outcomes

        return join_outcomes(
            self,
            outcomes,
            outcome=names(outcome, "outcome"),
            unit=unit,
            period=period,
            missing_outcome=missing_outcome,
            log_outcome=log_outcome,
            source=source,
        )
