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

from impacteval.estimates import CounterfactualEstimate
from impacteval.report.findings import FlowStep
from impacteval.sample import Sample
from impacteval.values import Message, Text

_CLUSTERS = Message(
    "flow.clusters",
    Text(en="Clusters drawn by lot, by arm", fr="Grappes tirées au sort, par groupe"),
)
_ASSIGNED = Message("flow.assigned", Text(en="Assigned, by arm", fr="Tirées au sort, par groupe"))
_RECEIVED = Message("flow.received", Text(en="Received the programme", fr="Ont reçu le programme"))
_MEASURED = Message(
    "flow.measured",
    Text(en="Outcome measured and analysed", fr="Résultat mesuré et analysé"),
)
_ONLY_MEASURED = Message("flow.measured", Text(en="Outcome measured", fr="Résultat mesuré"))
_ANALYSED = Message("flow.analysed", Text(en="Used by the method", fr="Retenues par la méthode"))


def arms_flow(sample: Sample, estimate: CounterfactualEstimate | None) -> tuple[FlowStep, ...]:
    """The steps from assignment to analysis, by arm.

    Parameters
    ----------
    sample : Sample
        The sample of one group.
    estimate : CounterfactualEstimate or None
        What the method made of it; None when it could not answer.
    """
    return tuple(_steps(sample, estimate))


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
        yield step(_CLUSTERS, first)
    yield step(_ASSIGNED, rows.measured | True)
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
