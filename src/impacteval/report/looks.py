"""A result at one of several looks: the information that is there, and what an early stop does to it.

What is paid follows from the levels that the contract states and from nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from impacteval.contract import units
from impacteval.contract.calendar import Look
from impacteval.contract.calendar_information import series_of
from impacteval.contract.model import Outcome
from impacteval.contract.payment import BY_STEP, Leaf
from impacteval.contract.rules import Rule, SignificantRule, error_of, read_by
from impacteval.contract.terms import limits
from impacteval.decide import ClauseResult, effective_rule
from impacteval.estimates import CounterfactualEstimate
from impacteval.estimates.distributions import LogRatioT, StudentT
from impacteval.report import findings_facts as facts
from impacteval.report import looks_words as words
from impacteval.report.page_one import wording_of
from impacteval.report.record import Both, Range, Said
from impacteval.report.record_looks import LookRow
from impacteval.report.run import Run
from impacteval.report.verdicts import contract_value
from impacteval.values import Message, Status, significant, written

if TYPE_CHECKING:
    from impacteval.inference.sequential import Looks, Stopped

LEVEL = 0.95
_BETTER = ("at_least", "more_than")


def looks_found(run: Run) -> tuple[LookRow, ...]:
    """Every number that this look judges together with others; empty where none is shared."""
    if run.at is None:
        return ()
    found: list[LookRow] = []
    for at, keys in series_of(run.agreed).items():
        names = [look.name for look in at]
        if run.at.look.name not in names:
            continue
        k = names.index(run.at.look.name)
        for clause in run.decision.clauses:
            settled = (clause.name, clause.group) in run.at.settled
            if (clause.name, clause.group) in keys and not settled:
                row = _row(run, at, k, clause)
                if row is not None:
                    found.append(row)
    return tuple(found)


def adjusted_sentences(rows: tuple[LookRow, ...]) -> Iterator[Said]:
    """What page 1 says of results that ended at a look."""
    for row in rows:
        yield from (said for said in row.said if said.key in words.ON_PAGE_ONE)


def _row(run: Run, at: tuple[Look, ...], k: int, clause: ClauseResult) -> LookRow | None:
    contract, calendar = run.contract, run.agreed.calendar
    assert calendar is not None
    assert calendar.spending is not None
    finding = facts.finding_of(run.findings, contract, clause)
    leaf = next(leaf for leaf in contract.clauses if leaf.name == clause.name)
    rule = clause.applied or effective_rule(contract, leaf)
    tail = error_of(rule)
    if finding is None or finding.estimate is None or tail is None:
        return None
    estimate, outcome = finding.estimate, contract.outcomes[clause.outcome]
    share = at[k].share
    assert share is not None
    error = float(tail / share)
    series = _Series(at, k, error)
    actual = _actual(estimate, outcome)
    planned = None
    if calendar.planned is not None:
        planned = calendar.planned.std_error.get(clause.outcome)
    there = None
    if planned is not None and actual is not None:
        there = (float(planned) / actual) ** 2
    kept = None
    if there is not None and calendar.planned is not None:
        kept = abs(there - series.information[k]) <= float(calendar.planned.tolerance)
    spent = None if there is None else series.spends_with(there)
    ended = _ended(clause, last=k + 1 == len(at))
    stopped = None if ended == "no" else _stopped(series, leaf, rule, estimate, outcome)
    plain = facts.contract_range(finding, contract, LEVEL, "two")
    adjusted = None if stopped is None else _in_contract_units(stopped, estimate, outcome, plain)
    named = facts.group_name(contract, clause.group)
    own = contract_value(estimate, contract, clause.outcome)
    row = LookRow(
        clause=clause.name,
        group=clause.group,
        group_name=None if named is None else Both.of(named),
        outcome=clause.outcome,
        plain_name=Both.of(outcome.plain_name.text()),
        unit=Both.of(wording_of(contract, clause.outcome).unit),
        look=at[k].name,
        number=k + 1,
        of=len(at),
        spending=calendar.spending,
        information=_written(series.information[k]),
        information_found=None if there is None else _written(there),
        std_error=None if actual is None else _written(actual),
        planned_std_error=None if planned is None else written(planned),
        tolerance=None if calendar.planned is None else written(calendar.planned.tolerance),
        kept=kept,
        error=_written(error),
        error_found=None if spent is None else _written(spent),
        ended=ended,
        estimate=written(own),
        interval=plain,
        adjusted_estimate=None if adjusted is None else adjusted[0],
        adjusted_interval=None if adjusted is None else adjusted[1],
    )
    said = tuple(Said.of(message) for message in _said(row, leaf, stopped is None))
    return row.model_copy(update={"said": said})


def _said(row: LookRow, leaf: Leaf, no_figure: bool) -> Iterator[Message]:
    yield words.information(row)
    if row.kept is not None:
        yield words.kept(row)
    if row.ended == "no":
        return
    if no_figure:
        yield words.no_figure(row, several=len(limits(leaf)) > 1)
    else:
        yield words.adjusted(row)


@dataclass(frozen=True, slots=True)
class _Series:
    """The looks as the contract states them, and the one that is judged, counted from 0."""

    at: tuple[Look, ...]
    k: int
    error: float

    @property
    def information(self) -> tuple[float, ...]:
        return tuple(float(look.information or 0) for look in self.at)

    @property
    def looks(self) -> Looks:
        return self._with(self.information)

    def _with(self, information: tuple[float, ...]) -> Looks:
        from impacteval.inference.declared import stated_looks

        shares = tuple(float(look.share or 0) for look in self.at)
        return stated_looks(self.error, information, shares)

    def spends_with(self, there: float) -> float | None:
        """How often the looks go wrong with that information at this one; None out of order.

        Only proportions of information matter when nothing works, so the last need not be 1.
        """
        found = list(self.information)
        found[self.k] = there
        if any(b - a < 1e-6 for a, b in zip((0.0, *found), found, strict=False)):
            return None
        return self._with(tuple(found)).stops(0.0).power


def _ended(clause: ClauseResult, *, last: bool) -> str:
    verdict = clause.would_be or clause.verdict
    if verdict not in (Status.MET, Status.NOT_MET):
        return "no"
    if last:
        return "last"
    return "early" if verdict is Status.MET else "no"


def _actual(estimate: CounterfactualEstimate, outcome: Outcome) -> float | None:
    """The standard error in contract units."""
    error = estimate.effect.std_error
    return None if error is None else abs(units.factor(outcome.effect, outcome.better)) * error


def _stopped(
    series: _Series, leaf: Leaf, rule: Rule, estimate: CounterfactualEstimate, outcome: Outcome
) -> Stopped | None:
    """The looks at this number as a trial that ended here, better when larger.

    None where no one bound would have stopped it: several steps, a price by the unit, or a method
    whose estimates follow no normal law.
    """
    from impacteval.inference.sequential import Looks, Stopped

    found = limits(leaf)
    if not isinstance(leaf, BY_STEP) or len(found) != 1 or found[0].operator not in _BETTER:
        return None
    if not units.larger_is_better(outcome.effect, outcome.better):
        return None
    law = estimate.effect.distribution
    match law:
        case StudentT():
            centre, scale = law.centre, law.scale
        case LogRatioT():
            centre, scale = law.log_ratio, law.scale
        case _:
            return None
    sign = _sign(outcome)
    raw = units.to_raw(outcome.effect, outcome.better, float(found[0].threshold))
    if isinstance(law, LogRatioT):
        if raw <= -1.0:
            return None
        raw = math.log1p(raw)
    threshold = sign * raw
    looks, null = series.looks, threshold
    if isinstance(read_by(rule), SignificantRule):
        # The test is against no effect, and the estimate must reach the threshold as well.
        null = 0.0
        unit = scale * math.sqrt(series.information[series.k])
        bounds = tuple(
            max(bound, threshold * math.sqrt(share) / unit)
            for bound, share in zip(looks.bounds, looks.information, strict=True)
        )
        looks = Looks(looks.information, bounds, looks.two_sided, looks.alpha)
    return Stopped(looks, series.k + 1, sign * centre, scale, null)


def _sign(outcome: Outcome) -> float:
    return 1.0 if units.factor(outcome.effect, outcome.better) > 0 else -1.0


def _in_contract_units(
    stopped: Stopped, estimate: CounterfactualEstimate, outcome: Outcome, plain: Range | None
) -> tuple[str, Range]:
    """The adjusted estimate and its interval."""
    sign, relative = _sign(outcome), isinstance(estimate.effect.distribution, LogRatioT)
    effect, better = outcome.effect, outcome.better
    reference = units.magnitude(
        effect, estimate.effect.value, estimate.observed, estimate.counterfactual
    )

    def told(x: float) -> Decimal:
        raw = math.expm1(sign * x) if relative else sign * x
        return units.to_decimal(effect, better, raw, reference=reference)

    low, high = sorted(told(x) for x in stopped.interval(LEVEL))
    return written(told(stopped.median_unbiased)), Range(
        low=written(low),
        high=written(high),
        level=written(Decimal(str(LEVEL))),
        side="two" if plain is None else plain.side,
        method="stagewise ordering",
    )


def _written(value: float) -> str:
    return written(significant(value))
