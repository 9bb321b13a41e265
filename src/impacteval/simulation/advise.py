"""Advice before signing: a threshold, or a sample, that holds the risk of paying for nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import NormalDist
from typing import Any

from impacteval.contract.model import Contract
from impacteval.contract.rules import ExpectedPaymentRule, SignificantRule, read_by
from impacteval.contract.units import OPERATORS
from impacteval.errors import Problem, UsageError
from impacteval.pricing.advice import Holds, Stakes, advise_sample, advise_threshold
from impacteval.simulation.characteristics import Advice, HopedBy
from impacteval.simulation.engine import asked_of
from impacteval.simulation.normal import scatter_of
from impacteval.simulation.scenario import Scenario, marks_of
from impacteval.simulation.tally import Tally
from impacteval.values import Scale, significant

TallyAt = Callable[[Scenario, float], Tally]
"""Counts of a scenario at a true effect, under the contract's own rule and from the same draws."""


SURE = 0.975
"""How sure an advice is that its own simulation error does not hide a risk above the limit."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What is to be held for a programme that changes nothing.

    Attributes
    ----------
    most : float
        A chance, or an average payment.
    holds : str
        ``chance`` or ``money``.
    """

    most: float
    holds: Holds = "chance"


def limit_of(
    contract: Contract, false_payment: float, noise_payment: float | None, works: float | None
) -> Limit:
    """What is to be held, where one or the other was asked for.

    Under `expected_payment` almost every result is paid a little, so that a chance of paying says
    nothing: there the average payment is held, at the stated share of what a programme that works is
    paid on average as the contract stands.

    Parameters
    ----------
    contract : Contract
        The contract.
    false_payment : float
        A share.
    noise_payment : float or None
        An average payment.
    works : float or None
        What is paid on average now where the programme works as hoped.

    Raises
    ------
    UsageError
        When an average is to be held and none is known.
    """
    if noise_payment is None and not pays_averages(contract):
        return Limit(false_payment)
    if works is None:
        raise UsageError(
            Problem(
                "An average payment is to be held, and amounts are not published or stay open.",
                "Ask for a chance with --false-payment under a rule that pays or does not pay.",
            )
        )
    if noise_payment is None and not works > 0.0:
        raise UsageError(
            Problem(
                "The average payment for nothing is to be held at a share of what is paid on average "
                "if the programme works as hoped, and that is not above 0.",
                "Give --noise-payment AMOUNT, or another --hoped effect.",
            )
        )
    return Limit(false_payment * works if noise_payment is None else noise_payment, "money")


def pays_averages(contract: Contract) -> bool:
    """Whether a clause pays an average, so that almost every result is paid something."""
    return any(
        isinstance(read_by(contract.rule(leaf)), ExpectedPaymentRule) for leaf in contract.clauses
    )


def chance_at_most(times: int, draws: int) -> float:
    """The largest chance that such a count does not speak against, one-sided (Clopper-Pearson).

    Clopper and Pearson (1934), The use of confidence or fiducial limits illustrated in the case of
    the binomial. *Biometrika* 26(4). doi:10.1093/biomet/26.4.404

    Examples
    --------
    None in 100 leaves 1 - 0.025 ** (1 / 100):

    >>> round(chance_at_most(0, 100), 4)
    0.0362
    """
    from scipy.special import betaincinv

    return 1.0 if times == draws else float(betaincinv(times + 1, draws - times, SURE))


_NORMAL = NormalDist()
_FAR = 12.0
"""Standard errors beyond which no threshold is asked."""
_MOST = 10_000_000
_FINER = 20.0
"""Steps of a proposed threshold in one standard error, at least."""


def advise(
    scenario: Scenario, count: TallyAt, limit: Limit, hoped: float, *, given: bool, draws: int
) -> tuple[Advice, ...]:
    """A threshold and a sample that each hold the risk of paying when nothing works.

    Parameters
    ----------
    scenario : Scenario
        What is assumed, with its contract; one outcome varies.
    count : callable
        Counts at a true effect. It must use the same draws each time.
    limit : Limit
        What is to be held, the error of the simulation allowed for.
    hoped : float
        The true effect that is hoped for.
    given : bool
        Whether somebody said so; else it is the largest one that is tried.
    draws : int
        How many draws `count` counts.

    Returns
    -------
    tuple of Advice
        Empty where nothing varies, or where the number is only counted. All thresholds of the
        outcome that varies move by the same amount; everything else stays as the contract has it.
    """
    if not scenario.varies:
        return ()
    outcome = scenario.varies[0]
    moving = [a for a in scenario.numbers.values() if a.outcome == outcome and a.held is None]
    marks = marks_of(scenario.contract, outcome)
    if not marks or any(a.counted_only for a in moving):
        return ()
    asked = _Asked(scenario, count, limit, hoped, draws)
    found = [_threshold(asked, outcome, marks)]
    sizes = [a.people for a in moving]
    known = [size for size in sizes if size is not None]
    if marks[0] > 0 and len(known) == len(sizes) and moving[0].scale is not Scale.TOTAL:
        found.append(_sample(asked, outcome, sum(known)))
    by: HopedBy = "given" if given else "largest_tried"
    return tuple(replace(each, hoped_by=by) for each in found)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What is asked of every threshold and every sample."""

    scenario: Scenario
    count: TallyAt
    limit: Limit
    hoped: float
    draws: int

    def risk(self, scenario: Scenario) -> float:
        """What is to be held, with what the simulation may be off added."""
        return self._at_most(scenario, self.count(scenario, 0.0))

    def stakes(self, scenario: Scenario) -> Stakes:
        nothing, works = self.count(scenario, 0.0), self.count(scenario, self.hoped)
        return Stakes(
            nothing.paid / nothing.draws,
            works.paid / works.draws,
            known_mean(nothing.payment(scenario, 0.0).expected),
            known_mean(works.payment(scenario, self.hoped).expected),
            self._at_most(scenario, nothing),
        )

    def _at_most(self, scenario: Scenario, tally: Tally) -> float:
        if self.limit.holds == "chance":
            return chance_at_most(tally.paid, tally.draws)
        payment = tally.payment(scenario, 0.0)
        mean, error = known_mean(payment.expected), known_mean(payment.expected_error)
        assert mean is not None
        assert error is not None
        return mean + _NORMAL.inv_cdf(SURE) * error


def draws_needed(chance: float) -> int:
    """How many draws it takes to show that something that never happens has at most that chance.

    Examples
    --------
    >>> draws_needed(0.05), chance_at_most(0, 72) <= 0.05 < chance_at_most(0, 71)
    (72, True)
    """
    return math.ceil(math.log1p(-SURE) / math.log1p(-chance))


def _threshold(asked: _Asked, outcome: str, marks: tuple[float, ...]) -> Advice:
    scenario = asked.scenario
    now = significant(marks[0])
    error = max(
        scatter_of(scenario, 0.0, each).std_error
        for each in asked_of(scenario.contract)
        if each.outcome == outcome
    )
    written = max(len(format(significant(m), "f").partition(".")[2]) for m in marks)
    finer = math.ceil(-math.log10(error / _FINER)) if error > 0 else 0
    decimals = min(max(written, finer, 0), 12)
    cache: dict[Decimal, Scenario] = {}

    def at(threshold: Decimal) -> Scenario:
        if threshold not in cache:
            cache[threshold] = _moved(scenario, outcome, threshold - now)
        return cache[threshold]

    found = advise_threshold(
        lambda t: asked.risk(at(t)),
        lambda t: asked.stakes(at(t)),
        asked.limit.most,
        now=now,
        decimals=decimals,
        easiest=min(now, _mildest(scenario.contract, outcome, decimals)),
        furthest=now + significant(_FAR * error, digits=3) + 1,
        holds=asked.limit.holds,
    )
    return Advice(asked.hoped, len(marks), found, asked.draws)


def _mildest(contract: Contract, outcome: str, decimals: int) -> Decimal:
    """The mildest threshold worth asking: 0, or one step above it where 0 means "not significant"."""
    tested = any(
        isinstance(read_by(contract.rule(leaf)), SignificantRule)
        for leaf in contract.clauses
        if leaf.outcome == outcome
    )
    return Decimal(1).scaleb(-decimals) if tested else Decimal(0)


def _sample(asked: _Asked, outcome: str, people: int) -> Advice:
    def at(number: int) -> Scenario:
        return _sized(asked.scenario, outcome, number / people)

    found = advise_sample(
        lambda n: asked.risk(at(n)),
        lambda n: asked.stakes(at(n)),
        asked.limit.most,
        now=people,
        fewest=max(1, people // 50),
        most=max(_MOST, people),
        holds=asked.limit.holds,
    )
    return Advice(asked.hoped, 0, found, asked.draws)


def known_mean(money: float | str | None) -> float | None:
    """A mean of money where there is one."""
    return money if isinstance(money, float) else None


def _sized(scenario: Scenario, outcome: str, times: float) -> Scenario:
    """The scenario with a sample that many times as large for one outcome."""
    numbers = {
        key: replace(a, times=times) if a.outcome == outcome else a
        for key, a in scenario.numbers.items()
    }
    return replace(scenario, numbers=numbers)


def _moved(scenario: Scenario, outcome: str, by: Decimal) -> Scenario:
    """The scenario with every threshold of one outcome moved by the same amount."""
    if by == 0:
        return scenario
    return replace(scenario, contract=moved(scenario.contract, outcome, by))


_PLACES = frozenset((*OPERATORS, "above", "target", "zero_at", "full_at"))


def moved(contract: Contract, outcome: str, by: Decimal) -> Contract:
    """The contract with every threshold of one outcome moved by the same amount.

    Parameters
    ----------
    contract : Contract
        The contract; it stays what it is.
    outcome : str
        Whose thresholds.
    by : Decimal
        How far, in contract units.

    Examples
    --------
    >>> from impacteval.contract import load_contract
    >>> contract = load_contract("studies/bonds/peterborough")
    >>> marks_of(moved(contract, "reconvictions", Decimal("0.5")), "reconvictions")
    (8.0, 10.5)
    """
    dumped = contract.model_dump()
    dumped["payment"] = _shifted(dumped["payment"], outcome, by, inside=False)
    return Contract.model_validate(dumped, context={"currency": contract.currency})


def _shifted(value: Any, outcome: str, by: Decimal, *, inside: bool) -> Any:
    if isinstance(value, list | tuple):
        return [_shifted(item, outcome, by, inside=inside) for item in value]
    if not isinstance(value, Mapping):
        return value
    own = inside or value.get("outcome") == outcome
    made: dict[str, Any] = {}
    for key, item in value.items():
        if own and key in _PLACES and isinstance(item, Decimal):
            # A full result of a bonus is a distance from its target and stays.
            distance = key == "full_at" and "target" in value
            made[key] = item if distance else item + by
        elif key == "when" and isinstance(item, Mapping):
            made[key] = {
                name: _shifted(condition, outcome, by, inside=name == outcome)
                for name, condition in item.items()
            }
        else:
            nested = own and key in ("steps", "partial", "full")
            made[key] = _shifted(item, outcome, by, inside=nested)
    return made
