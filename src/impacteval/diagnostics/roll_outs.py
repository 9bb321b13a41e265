"""The checks of roll-outs, as plans and contracts name them."""

from __future__ import annotations

from impacteval.diagnostics.composition import COMPOSITIONAL_CHANGE, compositional_change
from impacteval.diagnostics.dates import ANTICIPATION, PLACEBO_DATES, anticipation, placebo_dates
from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.leave_out import (
    LEAVE_ONE_CLUSTER,
    LEAVE_ONE_COHORT,
    leave_one_cluster,
    leave_one_cohort,
)
from impacteval.diagnostics.placebo_outcomes import PLACEBO_OUTCOMES, placebo_outcomes
from impacteval.diagnostics.rings import SPILLOVER_RINGS, spillover_rings
from impacteval.values import Text

ROLL_OUTS = (
    DiagnosticEntry(
        PLACEBO_DATES,
        Text(en="Pretended starting dates", fr="Dates de démarrage fictives"),
        Text(
            en="Does the method find an effect before there was a service?",
            fr="La méthode trouve-t-elle un effet avant qu'il y ait un service ?",
        ),
        Text(
            en="Largest effect under an earlier, pretended start, on the planned scale",
            fr="Plus grand effet sous un démarrage fictif antérieur, sur l'échelle prévue",
        ),
        placebo_dates,
        ("earlier",),
        planned=True,
    ),
    DiagnosticEntry(
        ANTICIPATION,
        Text(en="Anticipation of the service", fr="Anticipation du service"),
        Text(
            en="Did those who knew of the service change before it began?",
            fr="Ceux qui connaissaient le service ont-ils changé avant qu'il commence ?",
        ),
        Text(
            en="Effect in the last periods before the service, on the planned scale",
            fr="Effet pendant les dernières périodes avant le service, sur l'échelle prévue",
        ),
        anticipation,
        ("periods",),
        planned=True,
    ),
    DiagnosticEntry(
        LEAVE_ONE_COHORT,
        Text(en="One starting date less", fr="Une date de démarrage en moins"),
        Text(
            en="Does the effect rest on those who began at one date?",
            fr="L'effet repose-t-il sur ceux qui ont commencé à une seule date ?",
        ),
        Text(
            en="Largest move of the effect when one starting date is left out, on the planned scale",
            fr="Plus grand déplacement de l'effet sans une des dates de démarrage, sur l'échelle prévue",
        ),
        leave_one_cohort,
        ("least",),
        planned=True,
    ),
    DiagnosticEntry(
        LEAVE_ONE_CLUSTER,
        Text(en="One place less", fr="Un lieu en moins"),
        Text(
            en="Does the effect rest on a single place?",
            fr="L'effet repose-t-il sur un seul lieu ?",
        ),
        Text(
            en="Largest move of the effect when one cluster or unit is left out, on the planned scale",
            fr="Plus grand déplacement de l'effet sans une des grappes ou unités, sur l'échelle prévue",
        ),
        leave_one_cluster,
        ("least",),
        planned=True,
    ),
    DiagnosticEntry(
        PLACEBO_OUTCOMES,
        Text(
            en="Outcomes that the service cannot move",
            fr="Indicateurs que le service ne peut pas changer",
        ),
        Text(
            en="Does the method find an effect where there can be none?",
            fr="La méthode trouve-t-elle un effet là où il ne peut y en avoir ?",
        ),
        Text(
            en="Largest effect on an outcome that the service cannot move, in standard deviations",
            fr="Plus grand effet sur un indicateur que le service ne peut pas changer, en écarts-types",
        ),
        placebo_outcomes,
        ("outcomes",),
        planned=True,
        outcomes="outcomes",
    ),
    DiagnosticEntry(
        COMPOSITIONAL_CHANGE,
        Text(en="Who is measured", fr="Unités mesurées"),
        Text(
            en="Does who is measured change when the service begins?",
            fr="Les unités mesurées changent-elles quand le service commence ?",
        ),
        Text(
            en="Largest change with the service: of the number of rows, as a share, or of a covariate, "
            "in standard deviations",
            fr="Plus grand changement avec le service : du nombre de lignes, en proportion, ou d'une "
            "covariable, en écarts-types",
        ),
        compositional_change,
    ),
    DiagnosticEntry(
        SPILLOVER_RINGS,
        Text(en="Spill-over in rings", fr="Débordement par anneaux"),
        Text(
            en="Does the service move those who were not served, the nearer they are?",
            fr="Le service change-t-il ceux qui n'ont pas été servis, d'autant plus qu'ils sont proches ?",
        ),
        Text(
            en="Largest effect on a ring of units without the service, on the planned scale",
            fr="Plus grand effet sur un anneau d'unités sans service, sur l'échelle prévue",
        ),
        spillover_rings,
        ("rings", "measure"),
        planned=True,
    ),
)
