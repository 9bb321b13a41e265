"""Those eligible held against those in the analyses: nobody may be lost between two tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from impacteval.report.funnel import FunnelFinding, Linked
from impacteval.sample.funnel import ACCEPTED
from impacteval.study import Study
from impacteval.study.fit import groups_of, in_contract_order
from impacteval.study.funnel import EVERYONE
from impacteval.study.people import without_identifiers
from impacteval.study.rows import select

if TYPE_CHECKING:
    import pandas as pd

    from impacteval.plan import Analysis


def funnel_findings(
    study: Study, eligible: Mapping[str, FunnelFinding], frames: Mapping[str, pd.DataFrame]
) -> tuple[FunnelFinding, ...]:
    """Everyone eligible by group, each held against those whom the analyses count as served.

    Where the contract counts everyone eligible, all of them are the served of a matched comparison;
    where it counts participants, those taken on are.

    Where there are groups they are told, and not everyone together as well: beside all of them but one,
    the whole would tell what that one hides.
    """
    told = [finding for finding in eligible.values() if finding.group != EVERYONE]
    return tuple(
        replace(finding, links=tuple(_links(study, finding, frames)))
        for finding in told or eligible.values()
    )


def _links(
    study: Study, finding: FunnelFinding, frames: Mapping[str, pd.DataFrame]
) -> Iterator[Linked]:
    funnel, rule = finding.funnel, study.plan.funnel
    if funnel.unit is None or rule is None:
        return
    inside = slice(None) if finding.everyone else funnel.of(ACCEPTED)
    here = {str(label) for label in funnel.unit[inside].tolist()}
    for entry, analysis in in_contract_order(study.plan, study.contract):
        if finding.group not in groups_of(analysis, study.contract) or not _comparable(
            analysis, rule.unit_kind
        ):
            continue
        frame = without_identifiers(study, analysis, frames[analysis.data])
        live = groups_of(analysis, study.contract)
        rows, _ = select(entry, analysis, frame, finding.group, live)
        served = rows[rows[analysis.columns.treatment].astype("float64") > 0.0]
        there = {str(label) for label in served[analysis.columns.unit].tolist()}
        yield Linked(entry, analysis.outcome, len(here - there), len(there - here))


def _comparable(analysis: Analysis, kind: str) -> bool:
    """In a matched comparison the served are those who took part, or were eligible; in a trial the
    others were eligible too."""
    columns = analysis.columns
    return (
        analysis.design == "matched"
        and analysis.unit_kind == kind
        and columns.unit is not None
        and columns.treatment is not None
        and columns.period is None
    )
