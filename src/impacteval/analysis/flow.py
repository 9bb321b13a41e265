"""The numbers of a flow diagram: who was assigned, received, measured and analysed in each arm.

Only what the sample knows is told. Receiving is told where a column says who received the
programme, clusters where clusters were drawn by lot, and those analysed apart from those measured
where the method used fewer.

References
----------
Hopewell et al. (2025), CONSORT 2025 statement: updated guideline for reporting randomised trials.
*BMJ* 389: items 22a and 22b, flow of participants.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimates import CounterfactualEstimate
from impacteval.report.findings import FlowStep
from impacteval.sample import Sample
from impacteval.sample.codes import Codes
from impacteval.sample.matrix import Matrix
from impacteval.values import Design, Message, Text

_CLUSTERS = Message(
    "flow.clusters",
    Text(en="Clusters drawn by lot, by arm", fr="Grappes tirées au sort, par groupe"),
)
_ASSIGNED = Message("flow.assigned", Text(en="Assigned, by arm", fr="Tirées au sort, par groupe"))
# Nobody drew these people, or the places they come from, by lot.
_PLACES = Message(
    "flow.clusters",
    Text(
        en="Places: those served, and those that others come from",
        fr="Lieux : ceux qui sont servis, et ceux d'où viennent les autres",
    ),
)
_CHOSEN = Message(
    "flow.assigned",
    Text(
        en="People served, and people they are compared with",
        fr="Personnes servies, et personnes auxquelles elles sont comparées",
    ),
)
_RECEIVED = Message("flow.received", Text(en="Received the programme", fr="Ont reçu le programme"))
_MEASURED = Message(
    "flow.measured",
    Text(en="Outcome measured and analysed", fr="Résultat mesuré et analysé"),
)
_ONLY_MEASURED = Message("flow.measured", Text(en="Outcome measured", fr="Résultat mesuré"))
_KINDS = {
    "person": Text(en="People", fr="Personnes"),
    "household": Text(en="Households", fr="Ménages"),
    "place": Text(en="Places", fr="Lieux"),
    "organisation": Text(en="Organisations", fr="Organisations"),
    "period": Text(en="Units", fr="Unités"),
}
_UNITS = Text(
    en="{units}, by whether they were served in any of the periods",
    fr="{units}, selon qu'une période au moins y est avec le programme",
)
_CLUSTERS_SERVED = Message(
    "flow.clusters",
    Text(
        en="Places that were assigned, by whether they were served in any of the periods",
        fr="Lieux d'attribution, selon qu'une période au moins y est avec le programme",
    ),
)
_ROWS = Message(
    "flow.assigned",
    Text(
        en="Rows, one for each of them and each period, by whether it was served then",
        fr="Lignes, une par unité et par période, selon que le programme y était en cours",
    ),
)
_ROWS_MEASURED = Message(
    "flow.measured",
    Text(
        en="Rows with a measured outcome",
        fr="Lignes où le résultat est mesuré",
    ),
)
_ANALYSED = Message("flow.analysed", Text(en="Used by the method", fr="Retenues par la méthode"))


def arms_flow(
    sample: Sample, estimate: CounterfactualEstimate | None, *, kind: str = "person"
) -> tuple[FlowStep, ...]:
    """The steps from assignment to analysis, by arm.

    Parameters
    ----------
    sample : Sample
        The sample of one group.
    estimate : CounterfactualEstimate or None
        What the method made of it; None when it could not answer.
    kind : str
        What one unit is, as plans say it.
    """
    rows = sample.matrix()
    if sample.structure.kind != "cross_section" and rows.treatment is not None:
        return tuple(_over_time(sample, rows, rows.treatment == 1.0, estimate, kind))
    return tuple(_steps(sample, estimate))


def _over_time(
    sample: Sample,
    rows: Matrix,
    served: NDArray[np.bool_],
    estimate: CounterfactualEstimate | None,
    kind: str,
) -> Iterator[FlowStep]:
    """Units and their rows: a unit that is served later has rows on both sides."""

    def ever(codes: Codes) -> tuple[int, int, int]:
        seen = np.zeros(len(codes.labels), dtype=bool)
        seen[codes.codes[served]] = True
        inside = np.unique(codes.codes)
        return len(inside), int(seen[inside].sum()), int((~seen[inside]).sum())

    def split(message: Message, mask: NDArray[np.bool_]) -> FlowStep:
        return FlowStep(
            message, int(mask.sum()), int((mask & served).sum()), int((mask & ~served).sum())
        )

    if rows.assignment_cluster is not None:
        yield FlowStep(_CLUSTERS_SERVED, *ever(rows.assignment_cluster))
    units = ever(rows.unit)
    if sample.structure.kind == "panel":
        yield FlowStep(Message("flow.units", _UNITS, {"units": _KINDS[kind]}), *units)
    yield split(_ROWS, np.ones(rows.n, dtype=bool))
    yield split(_ROWS_MEASURED, rows.measured)
    used = None if estimate is None else (estimate.n_treated, estimate.n_comparison)
    if used is not None and sample.structure.kind == "panel" and sum(used) < units[0]:
        yield FlowStep(_ANALYSED, sum(used), *used)


def _steps(sample: Sample, estimate: CounterfactualEstimate | None) -> Iterator[FlowStep]:
    rows = sample.matrix()
    if rows.treatment is None:
        yield FlowStep(_MEASURED, int(rows.measured.sum()))
        return
    served = rows.treatment == 1.0

    def step(message: Message, mask: Any) -> FlowStep:
        return FlowStep(
            message, int(mask.sum()), int((mask & served).sum()), int((mask & ~served).sum())
        )

    if rows.assignment_cluster is not None:
        codes = rows.assignment_cluster.codes
        first = np.zeros(len(codes), dtype=bool)
        first[np.unique(codes, return_index=True)[1]] = True
        yield step(_PLACES if sample.design == Design.MATCHED else _CLUSTERS, first)
    drawn = sample.design not in (Design.MATCHED, Design.REGRESSION_DISCONTINUITY)
    yield step(_ASSIGNED if drawn else _CHOSEN, rows.measured | True)
    if rows.received is not None:
        yield step(_RECEIVED, rows.received == 1.0)
    measured = step(_MEASURED, rows.measured)
    used = None if estimate is None else (estimate.n_treated, estimate.n_comparison)
    # Copies of a row and rows of several periods are counted otherwise than people.
    alike = rows.weight_kind != "frequency" and sample.structure.kind == "cross_section"
    if used is not None and alike and sum(used) < measured.n:
        yield step(_ONLY_MEASURED, rows.measured)
        yield FlowStep(_ANALYSED, sum(used), *used)
    else:
        yield measured
