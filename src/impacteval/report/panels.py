"""Roll-outs as the record writes them: who began when, and effects by time since the beginning."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from impacteval.estimates import CounterfactualEstimate
from impacteval.report.findings import Finding
from impacteval.report.record_panels import CohortRow, EventRow
from impacteval.values import Text, significant, written

EVENT_STUDY = "event_study"

DESIGN = (
    Text(
        en=(
            "How those not served changed over the same periods shows how those served would have "
            "changed without the programme. Both are assumed to have moved in parallel."
        ),
        fr=(
            "L'évolution de ceux qui n'étaient pas servis, sur les mêmes périodes, montre comment les "
            "bénéficiaires auraient évolué sans le programme. On suppose que les deux auraient évolué "
            "en parallèle."
        ),
    ),
    Text(
        en=(
            "{served:int} served in the course of these periods; {others:int} others show the change "
            "without the programme."
        ),
        fr=(
            "{served:int} servis au cours de ces périodes ; {others:int} autres montrent l'évolution "
            "sans le programme."
        ),
    ),
)
"""What shows what would have happened otherwise, and how many are compared."""


def cohort_rows(finding: Finding) -> Iterator[CohortRow]:
    """Who began when, in order; those never served last."""
    for cohort in finding.cohorts:
        yield CohortRow.model_validate(
            {
                "start": None if cohort.start is None else label(cohort.start),
                "when": cohort.when,
                "units": cohort.units,
                "clusters": cohort.clusters,
                "rows": cohort.rows,
            }
        )


def label(period: Any) -> str:
    """A period as text; years that a file held as 2019.0 are years."""
    return str(int(period)) if isinstance(period, float) and period.is_integer() else str(period)


def event_rows(estimate: CounterfactualEstimate | None) -> Iterator[EventRow]:
    """Effects by time since the service began, with the time that they are measured against."""
    if estimate is None or EVENT_STUDY not in estimate.parts:
        return
    table = estimate.parts.columns(EVENT_STUDY)
    size = max(abs(estimate.observed), abs(estimate.counterfactual))

    def number(column: str, k: int) -> str | None:
        value = table[column][k] if column in table else None
        if value is None or not math.isfinite(value):
            return None
        return written(significant(float(value), size))

    rows = {}
    for k, time in enumerate(table["event_time"]):
        error, effect = number("std_error", k), number("effect", k) or "0"
        rows[float(time)] = EventRow(
            event_time=label(time),
            effect=effect,
            std_error=error,
            low=number("low", k),
            high=number("high", k),
            band_low=number("band_low", k),
            band_high=number("band_high", k),
            # A cohort of one unit has no error either, but hardly an effect of exactly nothing.
            reference=float(effect) == 0.0 and float(error or 0) == 0.0,
        )
    study = estimate.event_study
    if study is not None and float(study.reference) not in rows:
        rows[float(study.reference)] = EventRow(
            event_time=label(study.reference), effect="0", std_error=None, low=None, high=None,
            band_low=None, band_high=None, reference=True,
        )  # fmt: skip
    for time in sorted(rows):
        yield rows[time]
