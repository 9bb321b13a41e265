"""The reporting checklist that fits a study's designs, and where each item is answered.

A study in which something was drawn by lot is held against CONSORT 2025 (Hopewell and others, 2025,
doi:10.1371/journal.pmed.1004587), one that compares the served with similar people against TARGET
(`checklist_target`), any other against TREND (`checklist_trend`); all in our own short words. An item is answered by a section that holds it, or by a sentence of the plan; otherwise the
report says "not given".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from impacteval.report.checklist_target import ANSWERED as TARGET_ANSWERED
from impacteval.report.checklist_target import TARGET_2025
from impacteval.report.checklist_trend import ANSWERED as TREND_ANSWERED
from impacteval.report.checklist_trend import TREND_2004
from impacteval.values import Design, Text

RANDOMISED = frozenset({Design.RCT.value})
"""Designs in which a draw by lot decides who is served."""
MATCHED = frozenset({Design.MATCHED.value})
"""Designs that emulate a trial: those served against similar people."""


@dataclass(frozen=True, slots=True)
class Standard:
    """A reporting standard: its items by number, and where reports answer them."""

    name: str
    items: tuple[tuple[str, Text], ...]
    answered: Mapping[str, Text]
    examples: str
    """Some of its numbers, for whoever wrote one that it does not have."""


CONSORT_2025: tuple[tuple[str, Text], ...] = (
    ("1a", Text(en="Named as a randomised trial", fr="Désigné comme essai randomisé")),
    ("1b", Text(en="Structured summary", fr="Résumé structuré")),
    ("2", Text(en="Trial registration", fr="Enregistrement de l'essai")),
    ("3", Text(en="Protocol and analysis plan", fr="Protocole et plan d'analyse")),
    ("4", Text(en="Sharing of data and code", fr="Partage des données et du code")),
    ("5a", Text(en="Funding and role of funders", fr="Financement et rôle des financeurs")),
    ("5b", Text(en="Conflicts of interest", fr="Conflits d'intérêts")),
    ("6", Text(en="Background and rationale", fr="Contexte et justification")),
    ("7", Text(en="Objectives: benefits and harms", fr="Objectifs : bénéfices et risques")),
    (
        "8",
        Text(en="Involvement of the people concerned", fr="Participation des personnes concernées"),
    ),
    ("9", Text(en="Trial design", fr="Plan de l'essai")),
    ("10", Text(en="Changes after the start", fr="Changements après le début")),
    ("11", Text(en="Setting and places", fr="Cadre et lieux")),
    ("12a", Text(en="Who was eligible", fr="Critères d'éligibilité des personnes")),
    (
        "12b",
        Text(en="Eligible sites and providers", fr="Critères pour les sites et les intervenants"),
    ),
    ("13", Text(en="Intervention and comparison", fr="Intervention et comparaison")),
    ("14", Text(en="Outcomes, planned in advance", fr="Critères de jugement prévus à l'avance")),
    ("15", Text(en="How harms were defined", fr="Définition des effets indésirables")),
    ("16a", Text(en="Sample size", fr="Taille de l'échantillon")),
    ("16b", Text(en="Interim looks and stopping", fr="Analyses intermédiaires et arrêt")),
    (
        "17a",
        Text(en="Who made the random sequence, and how", fr="Génération de la séquence aléatoire"),
    ),
    ("17b", Text(en="Type of randomisation", fr="Type de randomisation")),
    ("18", Text(en="Concealment of the allocation", fr="Assignation secrète")),
    ("19", Text(en="Who enrolled and who assigned", fr="Qui a inclus et qui a assigné")),
    ("20a", Text(en="Who was blinded", fr="Qui était en aveugle")),
    ("20b", Text(en="How blinding was done", fr="Comment l'aveugle a été assuré")),
    ("21a", Text(en="Statistical methods", fr="Méthodes statistiques")),
    ("21b", Text(en="Who is in each analysis", fr="Qui figure dans chaque analyse")),
    ("21c", Text(en="Missing data", fr="Données manquantes")),
    ("21d", Text(en="Further analyses", fr="Analyses complémentaires")),
    ("22a", Text(en="Flow of people", fr="Flux des personnes")),
    ("22b", Text(en="Losses and exclusions", fr="Pertes et exclusions")),
    ("23a", Text(en="Dates of recruitment and follow-up", fr="Dates d'inclusion et de suivi")),
    ("23b", Text(en="Why the trial ended", fr="Pourquoi l'essai s'est terminé")),
    ("24a", Text(en="Intervention as delivered", fr="Intervention telle que délivrée")),
    ("24b", Text(en="Other help received", fr="Autres aides reçues")),
    ("25", Text(en="Baseline table", fr="Tableau des caractéristiques initiales")),
    ("26", Text(en="Numbers, results and precision", fr="Effectifs, résultats et précision")),
    ("27", Text(en="Harms observed", fr="Effets indésirables observés")),
    ("28", Text(en="Ancillary analyses", fr="Analyses annexes")),
    ("29", Text(en="Interpretation", fr="Interprétation")),
    ("30", Text(en="Limitations", fr="Limites")),
)


def _section(number: int) -> Text:
    return Text(en=f"Section {number}", fr=f"Partie {number}")


_ANSWERED: Mapping[str, Text] = {
    "1b": Text(en="Page 1", fr="Page 1"),
    "3": Text(en="Annex (locked plan)", fr="Annexe (plan verrouillé)"),
    "4": _section(10),
    "5a": _section(2),
    "5b": _section(11),
    "9": _section(4),
    "10": _section(11),
    "14": _section(2),
    "21a": _section(4),
    "21b": _section(4),
    "21c": _section(3),
    "21d": _section(7),
    "22a": _section(3),
    "22b": _section(3),
    "25": _section(4),
    "26": _section(5),
    "28": _section(7),
    "30": _section(8),
}


CONSORT = Standard("CONSORT 2025", CONSORT_2025, _ANSWERED, "1a, 2 or 12b")
TARGET = Standard("TARGET 2025", TARGET_2025, TARGET_ANSWERED, "1a, 6b or 7g(i)")
TREND = Standard("TREND 2004", TREND_2004, TREND_ANSWERED, "1a, 5 or 14b")


def standard_of(designs: Iterable[str]) -> Standard:
    """The standard of a study with these designs.

    One standard for a study: item numbers in a plan then mean one thing only. A study with several
    kinds of designs keeps the one that asks for more: that of a draw by lot, then that of an emulated
    trial; the report names the results that are of another kind.

    Examples
    --------
    >>> standard_of(["did"]).name, standard_of(["count", "rct"]).name
    ('TREND 2004', 'CONSORT 2025')
    >>> standard_of(["count", "matched"]).name
    'TARGET 2025'
    """
    designs = frozenset(designs)
    if designs & RANDOMISED:
        return CONSORT
    return TARGET if designs & MATCHED else TREND


def checklist(
    given: Mapping[str, Text], standard: Standard, *, absent: frozenset[str] = frozenset()
) -> tuple[tuple[str, Text, Text | None], ...]:
    """Each item with where it is answered, None when it is not.

    Parameters
    ----------
    given : mapping of item number to Text
        Answers that the plan gives in words.
    standard : Standard
        Whose items.
    absent : set of item numbers
        Items whose section says, in this study, that there is nothing.

    Examples
    --------
    >>> rows = checklist({"11": Text(en="Ten sites", fr="Dix sites")}, CONSORT)
    >>> [str(where.en) for number, _, where in rows if number in ("11", "26")]
    ['Ten sites', 'Section 5']
    """
    return tuple(
        (
            number,
            item,
            given.get(number) or (None if number in absent else standard.answered.get(number)),
        )
        for number, item in standard.items
    )


def unknown_items(given: Mapping[str, object], standard: Standard) -> tuple[str, ...]:
    """Item numbers that the standard does not have."""
    known = {number for number, _ in standard.items}
    return tuple(sorted(set(given) - known))
