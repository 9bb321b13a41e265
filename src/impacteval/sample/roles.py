"""Which column plays which part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

from impacteval.errors import UsageError

# Labels: identities, compared only for equality (and order).
LABEL_ROLES = (
    "unit",
    "cluster",
    "assignment_cluster",
    "stratum",
    "pair",
    "group",
    "subgroup",
    "assignment",
)
TIME_ROLES = ("period", "adopted")
BINARY_ROLES = ("treatment",)
# What was offered and what was taken up: yes or no, or how much (years, hours, amounts).
AMOUNT_ROLES = ("assigned", "received")
NUMBER_ROLES = (
    *BINARY_ROLES,
    *AMOUNT_ROLES,
    "weight",
    "exposure",
    "running",
    "cutoff",
    "dose",
    "spillover",
    "assignment_probability",
)
# A label may be several things at once: the unit is often the cluster, a pair is a stratum.
MAY_SHARE = frozenset(LABEL_ROLES)
# And a 0/1 covariate may also be the subgroup or stratum it describes.
COVARIATE_MAY_SHARE = frozenset({"stratum", "pair", "group", "subgroup", "assignment"})

WEIGHT_KINDS = ("sampling", "frequency", "precision")

Kind = Literal["number", "text"]


@dataclass(frozen=True, slots=True)
class Roles:
    """The column of each role; None or empty where a role is not used.

    Attributes
    ----------
    outcome : tuple of str
        Outcome columns; empty in a blind sample.
    unit, period : str or None
        Who or what is counted, and when.
    treatment : str or None
        0/1, per unit or per unit and period.
    adopted : str or None
        Period of adoption; `never` is the value that means never (None or ``"blank"``: a
        missing value).
    assigned, received : str or None
        What was offered and what was taken up: 0/1, or amounts of 0 or more such as years.
    cluster : str or None
        Level at which errors are correlated.
    assignment_cluster : str or None
        Level that was randomised.
    stratum, pair, group, subgroup : str or None
        Blocks of the randomisation, contract groups, subgroups to describe.
    weight, weight_kind : str or None, str
        Weights and what they are: ``sampling``, ``frequency`` or ``precision``.
    exposure : str or None
        Time or people at risk.
    covariates : tuple of str
        Numeric columns.
    running, cutoff, dose, spillover, assignment, assignment_probability
        Roles of further designs. `cutoff` is a column or one number.

    Examples
    --------
    >>> Roles(outcome=("y",), treatment="d", covariates=("age",)).columns
    ('y', 'd', 'age')
    """

    outcome: tuple[str, ...] = ()
    unit: str | None = None
    period: str | None = None
    treatment: str | None = None
    adopted: str | None = None
    never: Any = None
    assigned: str | None = None
    received: str | None = None
    cluster: str | None = None
    assignment_cluster: str | None = None
    stratum: str | None = None
    pair: str | None = None
    group: str | None = None
    subgroup: str | None = None
    weight: str | None = None
    weight_kind: str = "sampling"
    exposure: str | None = None
    covariates: tuple[str, ...] = ()
    running: str | None = None
    cutoff: str | float | None = None
    dose: str | None = None
    spillover: str | None = None
    assignment: str | None = None
    assignment_probability: str | None = None

    def __post_init__(self) -> None:
        # A missing value of any library means what None means; none of them equals itself.
        if type(self.never).__name__ in ("NAType", "NaTType") or self.never != self.never:
            object.__setattr__(self, "never", None)

    @property
    def used(self) -> tuple[tuple[str, str], ...]:
        """Every (role, column), in the order of the fields."""
        pairs: list[tuple[str, str]] = []
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name in ("never", "weight_kind") or value is None:
                continue
            if isinstance(value, tuple):
                pairs += [(f.name, column) for column in value]
            elif isinstance(value, str):
                pairs.append((f.name, value))
        return tuple(pairs)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column used, each once."""
        return tuple(dict.fromkeys(column for _, column in self.used))

    def has(self, role: str) -> bool:
        """Whether the role is used."""
        return getattr(self, role) not in (None, ())

    def kinds(self) -> dict[str, Kind]:
        """What a file reader should read each column as: numbers, or text as it stands."""
        kinds: dict[str, Kind] = {}
        for role, column in self.used:
            text = role in LABEL_ROLES or role in TIME_ROLES
            if not text or column not in kinds:
                kinds[column] = "text" if text else "number"
        return kinds


def names(value: str | Iterable[str] | None, role: str) -> tuple[str, ...]:
    """One column name or several, as a tuple."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    listed = tuple(value)
    if not all(isinstance(name, str) for name in listed):
        raise UsageError(f"{role} takes column names, not {listed!r}.")
    return listed
