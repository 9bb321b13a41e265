"""The one shape of data that estimators see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.errors import UsageError
from impacteval.sample import checks
from impacteval.sample.audited import check_audited, read_audit
from impacteval.sample.blind import BlindSample
from impacteval.sample.cells import Block, Cells, blocks_of, cells_of, first_rows
from impacteval.sample.codes import Bools, Floats, frozen
from impacteval.sample.designs import design_rule
from impacteval.sample.digests import data_digest
from impacteval.sample.findings import Findings, did_you_mean
from impacteval.sample.frame import canonical_order, read_outcomes, read_table, require_frame
from impacteval.sample.matrix import BlindMatrix, Matrix
from impacteval.sample.people import readable_frame
from impacteval.sample.preparation import Preparation
from impacteval.sample.roles import Roles, names
from impacteval.sample.table import Structure, Table
from impacteval.values import Message

if TYPE_CHECKING:
    import pandas as pd

POLICIES = ("refuse", "attrited")


@dataclass(frozen=True, eq=False, repr=False)
class Sample:
    """Checked data for one design. Build it with `Sample.from_frame`.

    Two samples are equal when their digests (and the digests of their preparations) are.

    Attributes
    ----------
    design : str
        The design whose rule the roles follow.
    table : Table
        Every column but the outcomes, read-only, in canonical row order: by unit and period
        where units are labelled, else as given.
    outcome_values : mapping of str to float64 array
        The outcomes, NaN where not measured.
    missing_outcome : str
        ``refuse`` or ``attrited``.
    log_outcome : bool
        Whether the outcomes are logarithms: a relative effect of them means nothing.
    blind_records, outcome_records : tuple of Message
        What was read or converted, in the other columns and in the outcomes.
    source : str
        Name of the data.
    preparation : Preparation or None
        What was prepared and frozen before outcomes were seen.
    audited : str or None
        The column, among `outcome_values`, of what a re-check found; NaN where nothing was
        checked again. It is seen together with the outcome and never before it.
    """

    design: str
    table: Table
    outcome_values: Mapping[str, Floats]
    missing_outcome: str = "refuse"
    log_outcome: bool = False
    blind_records: tuple[Message, ...] = ()
    outcome_records: tuple[Message, ...] = ()
    source: str = ""
    preparation: Preparation | None = field(default=None)
    audited: str | None = None

    def __post_init__(self) -> None:
        values = {name: frozen(y) for name, y in self.outcome_values.items()}
        if any(y.shape != (len(self.table),) or np.isinf(y).any() for y in values.values()):
            raise ValueError("An outcome has one finite value, or NaN, for each row of the table.")
        object.__setattr__(self, "outcome_values", MappingProxyType(values))

    @classmethod
    def from_frame(
        cls,
        df: pd.DataFrame,
        *,
        design: str,
        outcome: str | Iterable[str],
        unit: str | None = None,
        period: str | None = None,
        treatment: str | None = None,
        adopted: str | None = None,
        never: Any = None,
        assigned: str | None = None,
        received: str | None = None,
        cluster: str | None = None,
        assignment_cluster: str | None = None,
        stratum: str | None = None,
        pair: str | None = None,
        group: str | None = None,
        subgroup: str | None = None,
        weight: str | None = None,
        weight_kind: str = "sampling",
        exposure: str | None = None,
        covariates: str | Iterable[str] = (),
        running: str | None = None,
        cutoff: str | float | None = None,
        dose: str | None = None,
        spillover: str | None = None,
        assignment: str | None = None,
        assignment_probability: str | None = None,
        missing_outcome: str = "refuse",
        missing_covariates: str = "refuse",
        log_outcome: bool = False,
        source: str = "",
        audited: str | None = None,
    ) -> Sample:
        """Read a frame into a sample; the frame is never altered.

        Parameters
        ----------
        df : DataFrame
            One row a unit, or a unit and period.
        design : str
            A registered design, such as ``"rct"`` or ``"did"``.
        outcome : str or list of str
            Outcome columns; ``sample["y"]`` is the single-outcome view.
        never : value, optional
            The value of `adopted` that means never; None and ``"blank"`` mean a missing value.
        weight_kind : {"sampling", "frequency", "precision"}
            What the weights are.
        cutoff : str or float
            A column, or one number for all rows.
        missing_outcome : {"refuse", "attrited"}
            Attrited outcomes are kept, counted and marked.
        missing_covariates : {"refuse", "kept"}
            Empty cells of covariates that are kept are counted and stay empty. Only for design
            ``synthetic_control``, whose predictors are averages over what was measured.
        log_outcome : bool
            Whether the outcomes are logarithms.
        source : str
            Name of the data, shown before each problem.
        audited : str, optional
            Column of what a re-check of some cases found, in the unit of the outcome; blank
            where a case was not checked again. Only for design ``count``.
        unit, period, treatment, adopted, assigned, received, cluster, assignment_cluster, \
stratum, pair, group, subgroup, weight, exposure, covariates, running, dose, spillover, \
assignment, assignment_probability : str
            The column of each role, see `Roles`.

        Raises
        ------
        DataError
            With every problem found, not only the first.
        UsageError
            For an unknown design or a call that makes no sense.

        Examples
        --------
        >>> import pandas as pd
        >>> df = pd.DataFrame({"d": [0, 1, 0, 1], "y": [1.0, 3.0, 2.0, 5.0]})
        >>> sample = Sample.from_frame(df, design="rct", outcome="y", treatment="d")
        >>> print(sample.structure)
        4 units, each measured once.
        >>> sample.matrix().y.tolist()
        [1.0, 3.0, 2.0, 5.0]
        """
        require_frame(df)
        rule = design_rule(design)
        if missing_outcome not in POLICIES:
            raise UsageError(
                f"missing_outcome {missing_outcome!r} is not known. Allowed: {', '.join(POLICIES)}."
            )
        outcomes = names(outcome, "outcome")
        if not outcomes:
            raise UsageError("A sample needs at least one outcome; see BlindSample for none.")
        roles = Roles(
            outcome=outcomes,
            unit=unit,
            period=period,
            treatment=treatment,
            adopted=adopted,
            never=never,
            assigned=assigned,
            received=received,
            cluster=cluster,
            assignment_cluster=assignment_cluster,
            stratum=stratum,
            pair=pair,
            group=group,
            subgroup=subgroup,
            weight=weight,
            weight_kind=weight_kind,
            exposure=exposure,
            covariates=names(covariates, "covariates"),
            running=running,
            cutoff=cutoff,
            dose=dose,
            spillover=spillover,
            assignment=assignment,
            assignment_probability=assignment_probability,
        )
        found = Findings(source)
        table = read_table(df, roles, design, rule, found, missing_covariates)
        blind_records = found.take_records()
        values = read_outcomes(df, outcomes, missing_outcome, found) if len(df) else {}
        if table is not None:
            for name, y in values.items():
                checks.check_measured(table, rule, name, y, found)
        values |= read_audit(df, audited, outcomes, design, found)
        found.raise_problems()
        assert table is not None
        order = canonical_order(table)
        # Tables of ordered rows, as most files are, need not be copied.
        ordered = table if (order[1:] > order[:-1]).all() else table.take(order)
        return cls(
            design,
            replace(ordered, roles=replace(roles, outcome=())),
            {name: y[order] for name, y in values.items()},
            missing_outcome,
            log_outcome,
            blind_records,
            found.take_records(),
            source,
            audited=audited,
        )

    @property
    def roles(self) -> Roles:
        """The column of each role, outcomes included."""
        return replace(self.table.roles, outcome=self.outcomes)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcome columns, in the order they were named."""
        return tuple(name for name in self.outcome_values if name != self.audited)

    @property
    def structure(self) -> Structure:
        """Cross-section, panel or repeated cross-section, and whether it is balanced."""
        return self.table.structure

    @property
    def records(self) -> tuple[Message, ...]:
        """What was read, converted and counted; the structure first."""
        of_design = checks.design_records(self.table, design_rule(self.design))
        return (self.structure.message, *self.blind_records, *of_design, *self.outcome_records)

    @cached_property
    def digest(self) -> str:
        """Canonical digest, independent of row order where units are labelled."""
        audit = {} if self.audited is None else {"audited": self.audited}
        return data_digest(
            self.design, self.table, self.outcome_values, log_outcome=self.log_outcome, **audit
        )

    def __canonical__(self) -> str:
        return self.digest

    def __repr__(self) -> str:
        return f"Sample({self.design!r}, {list(self.outcomes)}, {self.structure} {self.digest})"

    def __len__(self) -> int:
        return len(self.table)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sample)
            and self.digest == other.digest
            and self.preparation == other.preparation
        )

    def __hash__(self) -> int:
        return hash(self.digest)

    def __getitem__(self, outcome: str) -> Sample:
        """The single-outcome view; nothing is copied."""
        if outcome not in self.outcomes:
            raise UsageError(
                f"The sample has no outcome {outcome!r}. "
                + did_you_mean(outcome, self.outcomes).replace("columns", "outcomes")
            )
        kept = {outcome: self.outcome_values[outcome]}
        if self.audited is not None:
            kept[self.audited] = self.outcome_values[self.audited]
        return replace(self, outcome_values=kept)

    @property
    def blind(self) -> BlindSample:
        """Everything but outcomes, and nothing that could hold one."""
        return BlindSample(self.design, self.table, self.blind_records, self.source)

    def as_design(self, design: str) -> Sample:
        """The same data under another design, checked again; nothing is copied.

        Raises
        ------
        DataError
            When the roles or the values do not fit that design.
        """
        rule = design_rule(design)
        unit = self.table.unit if self.table.roles.unit else None
        found = Findings(self.source, unit, self.table.source_row)
        checks.check_roles(self.roles, design, rule, found)
        checks.check_table(self.table, design, rule, found)
        for name in self.outcomes:
            checks.check_measured(self.table, rule, name, self.outcome_values[name], found)
        check_audited(self.audited, self.outcomes, design, found)
        found.raise_problems()
        return replace(self, design=design)

    def part(self, rows: Bools) -> Sample:
        """Some of the rows as a sample of their own, checked again; nothing prepared goes along.

        Units and clusters keep their labels, so that parts that share some can be told.

        Parameters
        ----------
        rows : array of bool, shape (n,)
            Which rows, in canonical order.

        Raises
        ------
        DataError
            When these rows alone do not make a sample of the design.
        """
        kept = np.flatnonzero(rows)
        table = self.table.part(kept)
        values = {name: y[kept] for name, y in self.outcome_values.items()}
        rule = design_rule(self.design)
        found = Findings(self.source, table.unit if table.roles.unit else None, table.source_row)
        checks.check_part(self.table, table, found)
        checks.check_table(table, self.design, rule, found)
        for name in self.outcomes:
            checks.check_measured(table, rule, name, values[name], found)
        found.raise_problems()
        return replace(self, table=table, outcome_values=values, preparation=None)

    def prepared(self, preparation: Preparation) -> Sample:
        """The same sample with what was prepared before outcomes were seen."""
        return replace(self, preparation=preparation)

    @property
    def _only(self) -> Floats:
        if len(self.outcomes) != 1:
            raise UsageError(
                f"The sample holds {len(self.outcomes)} outcomes "
                f"({', '.join(self.outcomes)}); choose one: sample[{self.outcomes[0]!r}]."
            )
        return self.outcome_values[self.outcomes[0]]

    def matrix(self) -> Matrix:
        """Every column of a single-outcome sample, as read-only arrays in canonical order."""
        audited = None if self.audited is None else self.outcome_values[self.audited]
        return Matrix.with_outcome(self.table, design_rule(self.design), self._only, audited)

    def units(self) -> BlindMatrix:
        """One row a unit (its first period in a panel): everything but the outcome."""
        return BlindMatrix.of(self.table.take(first_rows(self.table)), design_rule(self.design))

    def cells(self, by: str | Iterable[str]) -> Cells:
        """Exact counts and sums of the measured rows in each combination of roles."""
        return cells_of(self.matrix(), names(by, "by"))

    def blocks(self, by: str = "cohort") -> tuple[Block, ...]:
        """Dense unit by period outcomes of a panel, one block a cohort (or other fixed role)."""
        return blocks_of(self.matrix(), self.structure, by)

    def to_frame(self) -> pd.DataFrame:
        """A fresh frame for people; estimators use `matrix`, `units`, `cells` and `blocks`."""
        return readable_frame(self.table, self.outcome_values)
