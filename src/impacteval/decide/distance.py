"""How close it was: the distance to the threshold and the smallest change that flips the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from impacteval.contract.model import Contract, Outcome
from impacteval.contract.money import ARITHMETIC, rounded
from impacteval.contract.terms import compare
from impacteval.contract.units import larger_is_better
from impacteval.decide.decision import ClauseResult
from impacteval.values import Status


@dataclass(frozen=True, slots=True)
class Distance:
    """Distances in contract units.

    Attributes
    ----------
    margin : Decimal
        How far the number lies beyond the threshold in the better direction; negative when short.
        Rounding is left out of account.
    boundary : Decimal or None
        Where the verdict flips, the contract's rounding taken into account. None when no change
        of this number alone flips it.
    change : Decimal or None
        What must be added to the number to reach the boundary.
    inclusive : bool
        Whether the condition holds at the boundary itself.
    """

    margin: Decimal
    boundary: Decimal | None
    change: Decimal | None
    inclusive: bool


def boundary(outcome: Outcome, operator: str, threshold: Decimal) -> tuple[Decimal, bool]:
    """The unrounded number at which the condition turns, and whether it holds there.

    With results rounded to one decimal, half up, 9.95 already counts as 10.0:

    >>> from types import SimpleNamespace
    >>> from impacteval.contract.model import RoundResult
    >>> one = SimpleNamespace(round_result=RoundResult(decimals=1, mode="half_up"))
    >>> boundary(one, "at_least", Decimal(10))
    (Decimal('9.95'), True)
    """
    if outcome.round_result is None:
        return threshold, operator in ("at_least", "at_most")
    decimals, mode = outcome.round_result.decimals, outcome.round_result.mode
    unit = Decimal(1).scaleb(-decimals)
    upward = operator in ("at_least", "more_than")
    # The first grid point, going in the asked direction, at which the condition holds.
    grid = threshold.quantize(
        unit, rounding=ROUND_CEILING if upward else ROUND_FLOOR, context=ARITHMETIC
    )
    step = unit if upward else -unit
    if not compare(operator, grid, threshold):
        grid += step
    edge = ARITHMETIC.subtract(grid, step / 2)
    return edge, compare(operator, rounded(edge, decimals, mode), threshold)


def distance(contract: Contract, clause: ClauseResult) -> Distance | None:
    """The distance of a judged clause from its threshold.

    Parameters
    ----------
    contract : Contract
        The contract.
    clause : ClauseResult
        The result. Of several steps, the one that decided is measured.

    Returns
    -------
    Distance or None
        None when no single finite number was compared.
    """
    if clause.exact is None or not clause.exact.is_finite():
        return None
    with localcontext(ARITHMETIC):
        return _measured(contract, clause, clause.exact)


def _measured(contract: Contract, clause: ClauseResult, exact: Decimal) -> Distance:
    operator, threshold = clause.operator, clause.threshold
    outcome = contract.outcomes[clause.outcome]
    sign = 1 if larger_is_better(outcome.effect, outcome.better) else -1
    estimate = clause.estimate if clause.estimate is not None else exact
    chance = clause.rule.startswith("chance_at_least")
    closed = clause.rule.startswith("significant") and exact != estimate
    number = estimate if closed else exact
    margin = sign * (number - threshold)
    if chance or closed or clause.would_be not in (Status.MET, Status.NOT_MET):
        return Distance(margin, None, None, operator in ("at_least", "at_most"))
    edge, inclusive = boundary(outcome, operator, threshold)
    return Distance(margin, edge, edge - exact, inclusive)
