"""TARGET, the reporting checklist of studies that compare people not drawn by lot as a trial would.

Who was served is compared with similar people as if a trial, the target trial, had been run on them. TARGET
asks to state that trial (item 6) and how each part of it was emulated with the data (item 7). The items are in
our own short words.

The published abstract gives 21 items in six parts, and what they are about; the table itself was not at
hand when this was written. Numbers and letters (6a to 6h, 7a to 7h with two points each under 7g and 7h)
are those of a public summary of that table in other words, which says that it was compared with it item by
item.

References
----------
Cashin, Hansford, Hernán and others (2025), Transparent reporting of observational studies emulating a target
trial: the TARGET statement. *JAMA* 334(12): 1084-1093, doi:10.1001/jama.2025.13350; *BMJ*,
doi:10.1136/bmj-2025-087179.
"""

from __future__ import annotations

from collections.abc import Mapping

from impacteval.values import Text

TARGET_2025: tuple[tuple[str, Text], ...] = (
    (
        "1a",
        Text(
            en="Named as the emulation of a target trial",
            fr="Désignée comme émulation d'un essai cible",
        ),
    ),
    ("1b", Text(en="Summary: data sources", fr="Résumé : sources des données")),
    (
        "1c",
        Text(
            en="Summary: assumptions, methods, findings",
            fr="Résumé : hypothèses, méthodes, résultats",
        ),
    ),
    ("2", Text(en="Background and what is not known", fr="Contexte et ce qu'on ignore")),
    ("3", Text(en="Causal question", fr="Question causale")),
    ("4", Text(en="Why a target trial is emulated", fr="Pourquoi un essai cible est émulé")),
    (
        "5",
        Text(
            en="Data: sources, purpose, places and time",
            fr="Données : sources, but, lieux et période",
        ),
    ),
    ("6a", Text(en="Target trial: who is eligible", fr="Essai cible : critères d'éligibilité")),
    ("6b", Text(en="Target trial: what is compared", fr="Essai cible : ce qui est comparé")),
    (
        "6c",
        Text(
            en="Target trial: assignment by lot", fr="Essai cible : attribution par tirage au sort"
        ),
    ),
    (
        "6d",
        Text(
            en="Target trial: start and end of follow-up", fr="Essai cible : début et fin du suivi"
        ),
    ),
    ("6e", Text(en="Target trial: outcomes", fr="Essai cible : critères de jugement")),
    ("6f", Text(en="Target trial: effects sought", fr="Essai cible : effets recherchés")),
    ("6g", Text(en="Target trial: assumptions", fr="Essai cible : hypothèses")),
    ("6h", Text(en="Target trial: plan of analysis", fr="Essai cible : plan d'analyse")),
    ("7a", Text(en="Emulation: who is eligible", fr="Émulation : critères d'éligibilité")),
    ("7b", Text(en="Emulation: what is compared", fr="Émulation : ce qui est comparé")),
    (
        "7c",
        Text(
            en="Emulation: in place of the lot",
            fr="Émulation : ce qui tient lieu de tirage au sort",
        ),
    ),
    (
        "7d",
        Text(
            en="Emulation: follow-up from the time of assignment",
            fr="Émulation : suivi depuis l'attribution",
        ),
    ),
    (
        "7e",
        Text(
            en="Emulation: outcomes in the data",
            fr="Émulation : critères de jugement dans les données",
        ),
    ),
    ("7f", Text(en="Emulation: effects estimated", fr="Émulation : effets estimés")),
    (
        "7g(i)",
        Text(
            en="Emulation: assumptions, baseline confounding among them",
            fr="Émulation : hypothèses, dont la confusion initiale",
        ),
    ),
    (
        "7g(ii)",
        Text(
            en="Emulation: variables that these rest on",
            fr="Émulation : variables sur lesquelles elles reposent",
        ),
    ),
    (
        "7h(i)",
        Text(en="Emulation: methods, missing data", fr="Émulation : méthodes, données manquantes"),
    ),
    (
        "7h(ii)",
        Text(en="Emulation: sensitivity analyses", fr="Émulation : analyses de sensibilité"),
    ),
    ("8", Text(en="Flow of people", fr="Flux des personnes")),
    ("9", Text(en="Baseline table by group", fr="Caractéristiques initiales par groupe")),
    ("10", Text(en="Length and end of follow-up", fr="Durée et fin du suivi")),
    ("11", Text(en="Missing data by group", fr="Données manquantes par groupe")),
    ("12", Text(en="Outcomes by group", fr="Résultats observés par groupe")),
    ("13", Text(en="Effects and precision", fr="Effets et précision")),
    ("14", Text(en="Results of sensitivity analyses", fr="Résultats des analyses de sensibilité")),
    ("15", Text(en="Interpretation", fr="Interprétation")),
    (
        "16",
        Text(en="Limitations, against the target trial", fr="Limites, au regard de l'essai cible"),
    ),
    ("17", Text(en="Ethics approval", fr="Avis éthique")),
    ("18", Text(en="Registration", fr="Enregistrement")),
    ("19", Text(en="Sharing of data and code", fr="Partage des données et du code")),
    ("20", Text(en="Funding and role of funders", fr="Financement et rôle des financeurs")),
    ("21", Text(en="Conflicts of interest", fr="Conflits d'intérêts")),
)


def _section(number: int) -> Text:
    return Text(en=f"Section {number}", fr=f"Partie {number}")


ANSWERED: Mapping[str, Text] = {
    "1c": Text(en="Page 1", fr="Page 1"),
    "5": _section(10),
    "7c": _section(4),
    "7e": _section(2),
    "7f": _section(5),
    "7g(i)": _section(4),
    "7g(ii)": _section(4),
    "7h(i)": _section(4),
    "7h(ii)": _section(7),
    "8": _section(3),
    "9": _section(4),
    "11": _section(3),
    "12": _section(5),
    "13": _section(5),
    "14": _section(7),
    "16": _section(8),
    "19": _section(10),
    "20": _section(2),
    "21": _section(11),
}
"""Where a report that holds everything answers an item; the target trial itself, only a plan can tell."""
