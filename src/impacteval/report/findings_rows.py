"""Rows of a finding as the record writes it: periods, baseline, checks, the curve of confidence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from impacteval.contract import Contract, units
from impacteval.errors import NotAnswerable
from impacteval.estimates import CounterfactualEstimate
from impacteval.files import Words
from impacteval.plan import Plan
from impacteval.report.findings import DiagnosticFinding, Finding
from impacteval.report.panels import label
from impacteval.report.record import (
    ArmRow,
    Both,
    DecidedAgain,
    DiagnosticRow,
    PeriodRow,
    RobustnessRow,
    Said,
)
from impacteval.values import (
    Message,
    Scale,
    significant,
    written,
)


def plain(value: float, estimate: CounterfactualEstimate) -> str:
    """A number in the outcome's own units, to ten digits of the larger mean."""
    size = max(abs(estimate.observed), abs(estimate.counterfactual))
    return written(significant(value, size or None))


def period_rows(estimate: CounterfactualEstimate | None) -> Iterator[PeriodRow]:
    """One treated period a row."""
    for period in estimate.periods if estimate else ():
        assert estimate is not None
        banded = math.isfinite(period.low) and math.isfinite(period.high)
        yield PeriodRow(
            period=label(period.period),
            observed=plain(period.observed, estimate),
            counterfactual=plain(period.counterfactual, estimate),
            low=plain(period.low, estimate) if banded else None,
            high=plain(period.high, estimate) if banded else None,
            level=written(Decimal(str(period.level))),
            n=period.n,
        )


def _number(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return written(significant(float(value)))


def baseline_rows(finding: Finding, plan: Plan) -> Iterator[ArmRow]:
    """The baseline table, from the balance diagnostic when it was run."""
    names = finding.analysis.covariate_names
    for check in finding.diagnostics:
        if check.diagnostic.name != "balance" or "covariates" not in check.diagnostic.parts:
            continue
        table = check.diagnostic.parts.columns("covariates")
        for k, covariate in enumerate(table["covariate"]):
            named = names.get(covariate)
            yield ArmRow(
                covariate=covariate,
                plain_name=Both.of(named.text()) if named else None,
                treated=_number(table["mean_treated"][k]) or "0",
                comparison=_number(table["mean_comparison"][k]) or "0",
                standardised_difference=_number(table["std_difference"][k]),
                variance_ratio=_number(table["variance_ratio"][k]),
            )


def diagnostic_row(
    check: DiagnosticFinding,
    names: Mapping[str, Words],
    reruns: tuple[RobustnessRow, ...],
    decided: DecidedAgain | None,
) -> DiagnosticRow:
    found = check.diagnostic
    return DiagnosticRow(
        name=found.name,
        title=Both.of(check.title),
        status=found.status.value,
        statistic=_number(found.statistic),
        limit=_number(found.limit),
        expected=_number(found.expected),
        chance_sound_fails=(
            None
            if found.chance_sound_fails is None
            else written(significant(found.chance_sound_fails, 1.0))
        ),
        required=check.required,
        explanation=Said.of(_named(found.explanation, names)),
        reruns=reruns,
        measured=None if check.measured is None else Both.of(check.measured),
        decided=decided,
    )


def _named(said: Message, names: Mapping[str, Words]) -> Message:
    """The sentence with a covariate called as the plan calls it for people."""
    column = said.values.get("covariate")
    if not isinstance(column, str) or column not in names:
        return said
    return Message(said.key, said.text, {**said.values, "covariate": names[column].text()})


def curve_points(finding: Finding, contract: Contract) -> Iterator[tuple[str, str]]:
    """The confidence distribution as a curve, highest point 1, in contract units."""
    estimate = finding.estimate
    if estimate is None or estimate.effect.std_error is None:
        return
    outcome = contract.outcomes[finding.outcome]
    effect, error = estimate.effect, estimate.effect.std_error
    grid = [effect.value + error * z / 10.0 for z in range(-40, 41)]
    step = error * 0.05
    if estimate.scale is Scale.RELATIVE:
        grid = [x for x in grid if x - step > -1.0]
    try:
        density = [
            (effect.p_value(x + step, "greater") - effect.p_value(x - step, "greater"))
            for x in grid
        ]
    except NotAnswerable:
        return
    top = max(density, default=0.0)
    if not top > 0.0:
        return
    reference = units.magnitude(
        outcome.effect, effect.value, estimate.observed, estimate.counterfactual
    )
    points = [
        (units.to_decimal(outcome.effect, outcome.better, x, reference=reference), d / top)
        for x, d in zip(grid, density, strict=True)
    ]
    for x, d in sorted(points):
        yield written(x), written(significant(d, 1.0, digits=6))
