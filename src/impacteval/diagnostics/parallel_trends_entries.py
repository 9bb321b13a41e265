"""The diagnostics of parallel trends, as plans and contracts name them."""

from __future__ import annotations

from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.parallel_trends import honest_did, pre_trends
from impacteval.values import Text

PARALLEL_TRENDS = (
    DiagnosticEntry(
        "honest-did",
        Text(en="Room for trends that differ", fr="Marge pour des évolutions différentes"),
        Text(
            en="How far could the two groups have drifted apart without the service before the answer changes?",
            fr="De combien les deux groupes auraient-ils pu s'écarter sans le service avant que la réponse "
            "change ?",
        ),
        Text(
            en="Worst move before the start, as a share of the move that would change the answer",
            fr="Pire évolution d'avant le début, rapportée à celle qui changerait la réponse",
        ),
        honest_did,
        planned=True,
    ),
    DiagnosticEntry(
        "pre-trends",
        Text(en="Trends before the start", fr="Évolutions avant le début"),
        Text(
            en="Did the two groups move alike before the service began, and could the test have seen it?",
            fr="Les deux groupes évoluaient-ils de la même façon avant le service, et le test pouvait-il le "
            "voir ?",
        ),
        Text(
            en="Confidence that the two groups moved differently before the start",
            fr="Confiance que les deux groupes évoluaient différemment avant le début",
        ),
        pre_trends,
        planned=True,
    ),
)
