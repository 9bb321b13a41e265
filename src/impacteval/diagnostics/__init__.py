"""Assumption checks with one signature and one result type.

A diagnostic takes a sample and bare values, never a contract: ``(sample, *, limit, rng)``, and
``planned``, the planned estimate, where it looks at it or runs its estimator again. What a failed
one means for a payment is decided elsewhere.

Examples
--------
>>> DIAGNOSTICS["balance"].title.en
'Likeness of the two groups at the start'
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from impacteval.diagnostics.attrition import attrition
from impacteval.diagnostics.audit import audit
from impacteval.diagnostics.balance import balance
from impacteval.diagnostics.composition import compositional_change
from impacteval.diagnostics.curve import CURVE, specification_curve
from impacteval.diagnostics.dates import anticipation, placebo_dates
from impacteval.diagnostics.donors import DONORS
from impacteval.diagnostics.effort_shifting import Watched
from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.gaming import GAMING
from impacteval.diagnostics.hidden_bias import HIDDEN_BIAS, rosenbaum_bounds
from impacteval.diagnostics.leave_out import leave_one_cluster, leave_one_cohort
from impacteval.diagnostics.parallel_trends_entries import PARALLEL_TRENDS
from impacteval.diagnostics.placebo_outcomes import placebo_outcomes
from impacteval.diagnostics.planned import Planned
from impacteval.diagnostics.reconciliation import reconciliation
from impacteval.diagnostics.refuter_entries import REFUTERS
from impacteval.diagnostics.refuters import placebo_treatment, random_common_cause
from impacteval.diagnostics.resampling import bootstrap, subset_stability
from impacteval.diagnostics.rings import spillover_rings
from impacteval.diagnostics.roll_outs import ROLL_OUTS
from impacteval.diagnostics.sample_ratio import sample_ratio
from impacteval.diagnostics.sensitivity import SENSITIVITY
from impacteval.diagnostics.spillover import spillover
from impacteval.diagnostics.take_up import compliance, contamination
from impacteval.diagnostics.trimmed import TRIMMED, trimmed_overlap
from impacteval.errors import Problem, UsageError
from impacteval.values import Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.estimates import Diagnostic
    from impacteval.sample import Funnel, Sample


_ALL = (
    DiagnosticEntry(
        "balance",
        Text(
            en="Likeness of the two groups at the start",
            fr="Ressemblance des deux groupes au départ",
        ),
        Text(
            en="Were the arms alike before the programme?",
            fr="Les groupes se ressemblaient-ils avant le programme ?",
        ),
        Text(
            en="Largest standardised difference of a covariate, in standard deviations",
            fr="Plus grand écart standardisé d'une covariable, en écarts-types",
        ),
        balance,
        planned=True,
    ),
    DiagnosticEntry(
        "attrition",
        Text(en="Loss of people", fr="Perte de personnes"),
        Text(
            en="Did the arms lose people at different rates?",
            fr="Les groupes ont-ils perdu des personnes à des taux différents ?",
        ),
        Text(
            en="Difference between the arms in the share of missing outcomes",
            fr="Écart entre les groupes de la part de résultats manquants",
        ),
        attrition,
    ),
    DiagnosticEntry(
        "compliance",
        Text(en="Doing as assigned", fr="Respect de l'affectation"),
        Text(
            en="Did the offer decide who took part?",
            fr="L'offre a-t-elle décidé qui participait ?",
        ),
        Text(
            en="One minus the difference between the arms in the share that received the programme",
            fr="Un moins l'écart entre les groupes de la part qui a reçu le programme",
        ),
        compliance,
    ),
    DiagnosticEntry(
        "contamination",
        Text(
            en="Programme received in the comparison group",
            fr="Programme reçu dans le groupe de comparaison",
        ),
        Text(
            en="Did the comparison group stay without the programme?",
            fr="Le groupe de comparaison est-il resté sans le programme ?",
        ),
        Text(
            en="Share of those assigned to comparison who received the programme",
            fr="Part des personnes affectées à la comparaison qui ont reçu le programme",
        ),
        contamination,
    ),
    DiagnosticEntry(
        "audit",
        Text(en="Audit of claimed cases", fr="Audit des dossiers déclarés"),
        Text(
            en="What share of the claimed cases did a re-check find wrong?",
            fr="Quelle part des dossiers déclarés un second contrôle a-t-il trouvée fausse ?",
        ),
        Text(
            en="Share of the claimed cases that is wrong",
            fr="Part des dossiers déclarés qui est fausse",
        ),
        audit,
    ),
    DiagnosticEntry(
        "reconciliation",
        Text(en="Claims against price and count", fr="Demandes face au prix et au nombre"),
        Text(
            en="Does every line of the claims come to price times count?",
            fr="Chaque poste de la demande est-il égal au prix multiplié par le nombre ?",
        ),
        Text(
            en="Lines of the claims that differ from price times count",
            fr="Postes de la demande qui diffèrent du prix multiplié par le nombre",
        ),
        reconciliation,
    ),
    DiagnosticEntry(
        "sample-ratio",
        Text(en="Sizes of the arms", fr="Taille des groupes"),
        Text(
            en="Were as many assigned to the programme as the plan says?",
            fr="Autant d'affectations au programme que prévu ?",
        ),
        Text(
            en="Confidence that more than chance moved the arms away from their planned sizes",
            fr="Confiance que plus que le hasard a écarté les groupes de leur taille prévue",
        ),
        sample_ratio,
        ("share",),
    ),
    DiagnosticEntry(
        "spillover",
        Text(
            en="Spill-over to the comparison group",
            fr="Débordement vers le groupe de comparaison",
        ),
        Text(
            en="Do comparison units that stand near the programme fare otherwise than the others?",
            fr="Les unités de comparaison proches du programme ont-elles d'autres résultats que les "
            "autres ?",
        ),
        Text(
            en="Slope of the comparison outcomes on exposure, in standard deviations",
            fr="Pente des résultats de comparaison selon l'exposition, en écarts-types",
        ),
        spillover,
    ),
    *PARALLEL_TRENDS,
)

DIAGNOSTICS: Mapping[str, DiagnosticEntry] = MappingProxyType(
    {
        e.name: e
        for e in (
            *_ALL,
            *ROLL_OUTS,
            DONORS,
            HIDDEN_BIAS,
            *GAMING,
            *REFUTERS,
            TRIMMED,
            CURVE,
            *SENSITIVITY,
        )
    }
)


def diagnostic_names() -> tuple[str, ...]:
    """The names of every diagnostic, in alphabetical order."""
    return tuple(sorted(DIAGNOSTICS))


def run_diagnostic(
    name: str,
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    settings: Mapping[str, Any] | None = None,
    planned: Planned | None = None,
    funnel: Funnel | None = None,
    watched: tuple[Watched, ...] = (),
) -> Diagnostic:
    """Run a diagnostic by name.

    Parameters
    ----------
    name : str
        Among `diagnostic_names`.
    sample : Sample
        Single-outcome.
    limit : float, optional
        The largest statistic that passes; without it nothing can fail.
    rng : Generator, optional
        For diagnostics that draw.
    settings : mapping, optional
        What else a plan states, such as ``share`` for ``sample-ratio``.
    planned : Planned, optional
        The planned estimate, for diagnostics that look at it or run its estimator again.
    funnel : Funnel, optional
        Everyone eligible, for diagnostics of who of them was taken on.
    watched : tuple of Watched
        Outcomes that nobody is paid for, for diagnostics that hold them against the paid one.

    Raises
    ------
    UsageError
        For an unknown name or setting, or a limit that is no number of 0 or more.
    """
    if name not in DIAGNOSTICS:
        near = difflib.get_close_matches(name, DIAGNOSTICS, n=1)
        fix = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(diagnostic_names())}."
        raise UsageError(Problem(f"There is no diagnostic named {name!r}.", fix))
    given = dict(settings or {})
    if unknown := unknown_settings(name, given):
        raise UsageError(unknown)
    entry = DIAGNOSTICS[name]
    if entry.planned:
        given["planned"] = planned
    if entry.funnel:
        given["funnel"] = funnel
    if entry.watched:
        given["watched"] = watched
    return entry.run(sample, limit=limit, rng=rng, **given)


def unknown_settings(name: str, settings: Iterable[str]) -> list[Problem]:
    """One problem for each setting that this diagnostic does not have."""
    known = DIAGNOSTICS[name].settings
    return [
        Problem(
            f"The diagnostic `{name}` has no setting `{setting}`.",
            f"Its settings: {', '.join(known) or 'none'}.",
        )
        for setting in settings
        if setting not in known
    ]


__all__ = [
    "DIAGNOSTICS",
    "DiagnosticEntry",
    "Planned",
    "Watched",
    "anticipation",
    "attrition",
    "audit",
    "balance",
    "bootstrap",
    "compliance",
    "compositional_change",
    "contamination",
    "diagnostic_names",
    "leave_one_cluster",
    "leave_one_cohort",
    "placebo_dates",
    "placebo_outcomes",
    "placebo_treatment",
    "random_common_cause",
    "reconciliation",
    "rosenbaum_bounds",
    "run_diagnostic",
    "sample_ratio",
    "specification_curve",
    "spillover",
    "spillover_rings",
    "subset_stability",
    "trimmed_overlap",
    "unknown_settings",
]
