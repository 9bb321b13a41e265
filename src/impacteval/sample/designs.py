"""The open register of designs: which roles each needs, and what must hold of the arms."""

from __future__ import annotations

from dataclasses import dataclass, fields

from impacteval.errors import UsageError
from impacteval.sample.findings import listed
from impacteval.sample.roles import Roles

_ROLE_NAMES = frozenset(f.name for f in fields(Roles))


@dataclass(frozen=True, slots=True)
class DesignRule:
    """What a design asks of the roles.

    Attributes
    ----------
    requires : tuple of tuple of str
        Of each inner tuple at least one role must be present.
    excludes : tuple of (str, str)
        Pairs of roles that contradict each other in this design.
    periods : bool
        Whether more than one period is needed.
    arms : bool
        Whether treated and untreated rows must both occur.
    fixed_arm : bool
        Whether the arm of a unit never changes (trials: the arm is what was randomised).
    offer : bool
        Whether ``assigned`` stands for the treatment when there is no treatment column.
    gaps : bool
        Whether covariates may be missing in some rows, where that is declared: estimators average
        them over periods, and count what they average over.

    Examples
    --------
    >>> DesignRule(requires=(("treatment", "adopted"),), periods=True).periods
    True
    """

    requires: tuple[tuple[str, ...], ...] = ()
    excludes: tuple[tuple[str, str], ...] = ()
    periods: bool = False
    arms: bool = False
    fixed_arm: bool = False
    offer: bool = False
    gaps: bool = False

    def __post_init__(self) -> None:
        named = {role for one_of in (*self.requires, *self.excludes) for role in one_of}
        if unknown := sorted(named - _ROLE_NAMES):
            raise UsageError(f"A design rule names roles that do not exist: {listed(unknown)}.")


_RULES: dict[str, DesignRule] = {
    "rct": DesignRule(
        requires=(("treatment", "assigned", "adopted"),),
        excludes=(("treatment", "assigned"),),
        arms=True,
        fixed_arm=True,
        offer=True,
    ),
    "did": DesignRule(
        requires=(("period",), ("treatment", "adopted")),
        periods=True,
        arms=True,
    ),
    "synthetic_control": DesignRule(
        requires=(("unit",), ("period",), ("treatment", "adopted")),
        periods=True,
        arms=True,
        gaps=True,
    ),
    "matched": DesignRule(requires=(("treatment", "adopted"),), arms=True),
    "count": DesignRule(),
    "regression_discontinuity": DesignRule(requires=(("running",), ("cutoff",))),
    "interrupted_time_series": DesignRule(
        requires=(("period",), ("treatment", "adopted")), periods=True, arms=True
    ),
}


def register_design(name: str, rule: DesignRule) -> None:
    """Add a design. Registering the same rule twice does nothing.

    Parameters
    ----------
    name : str
        The word that `Sample.from_frame` and plans use.
    rule : DesignRule
        What it asks of the roles.

    Raises
    ------
    UsageError
        When the name is taken by another rule.
    """
    if _RULES.get(name, rule) != rule:
        raise UsageError(f"The design {name!r} is registered already, with another rule.")
    _RULES[name] = rule


def designs() -> tuple[str, ...]:
    """The names of all designs, built in and registered."""
    return tuple(sorted(_RULES))


def design_rule(name: str) -> DesignRule:
    """The rule of that design, or a `UsageError` that lists the designs there are."""
    try:
        return _RULES[name]
    except KeyError:
        raise UsageError(
            f"design {name!r} is not known. Allowed: {', '.join(designs())}."
        ) from None
