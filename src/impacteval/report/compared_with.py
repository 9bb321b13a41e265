"""What shows what would have happened otherwise, by design, and how many are compared."""

from __future__ import annotations

from collections.abc import Mapping

from impacteval.report.alike_words import DESIGN as ALIKE
from impacteval.report.at_cutoff_words import DESIGN as AT_CUTOFF
from impacteval.report.findings import Finding
from impacteval.report.interrupted_words import DESIGN as INTERRUPTED
from impacteval.report.mix_words import DESIGN as MIX
from impacteval.report.panels import DESIGN
from impacteval.report.record import (
    Said,
)
from impacteval.report.uncompared import UNCOMPARED
from impacteval.values import (
    Message,
    Text,
)

_UNITS_OF_DESIGN: Mapping[str, tuple[Text, Text]] = {
    "rct": (
        Text(
            en=(
                "Chance decided who was offered the programme, so those not offered it show what "
                "would have happened otherwise."
            ),
            fr=(
                "Le hasard a décidé à qui le programme était proposé : ceux à qui il ne l'a pas été "
                "montrent ce qui se serait passé autrement."
            ),
        ),
        Text(
            en="{served:int} offered the programme, compared with {others:int} not offered it.",
            fr="{served:int} à qui le programme a été proposé, comparés à {others:int} à qui il ne l'a pas été.",
        ),
    ),
    "did": DESIGN,
    "synthetic_control": MIX,
    "matched": ALIKE,
    "regression_discontinuity": AT_CUTOFF,
    "interrupted_time_series": INTERRUPTED,
    **UNCOMPARED,
}


_COMPARED = (
    Text(
        en="Those served are compared with others who were not.",
        fr="Les bénéficiaires sont comparés à d'autres qui ne l'ont pas été.",
    ),
    Text(
        en="{served:int} served, compared with {others:int} others.",
        fr="{served:int} bénéficiaires, comparés à {others:int} autres.",
    ),
)


_SEVERAL = (
    Text(
        en="Several designs say what would have happened otherwise, each with its weight in the contract.",
        fr="Plusieurs méthodes disent ce qui se serait passé autrement, chacune avec son poids au contrat.",
    ),
    Text(
        en="Each is described below.",
        fr="Chacune est décrite ci-dessous.",
    ),
)


def compared_with(finding: Finding) -> tuple[Said, Said]:
    """What shows what would have happened otherwise, and how many are compared."""
    if finding.parts:
        kind, (design, comparators) = "combined", _SEVERAL
    else:
        kind = finding.analysis.design
        if kind == "count":
            kind = f"count-{finding.against}"
        design, comparators = _UNITS_OF_DESIGN.get(kind, _COMPARED)
    estimate = finding.estimate
    counts = {
        "served": estimate.n_treated if estimate else 0,
        "others": estimate.n_comparison if estimate else 0,
    }
    used = {} if finding.parts else counts
    return (
        Said.of(Message(f"design.{kind}", design)),
        Said.of(Message(f"comparators.{kind}", comparators, used)),
    )
