"""TREND, the reporting checklist of studies in which nothing was drawn by lot.

The 22 items carry their published numbers, in our own short words. TREND does not number the points
inside an item: the letters here follow their published order, so that a plan can name each one.
Where the published text gathers finer points under one (what was delivered, the stages of the flow),
each finer point has its letter.

References
----------
Des Jarlais, Lyles, Crepaz and the TREND Group (2004), Improving the reporting quality of
nonrandomized evaluations of behavioral and public health interventions: the TREND statement.
*American Journal of Public Health* 94(3): 361-366, doi:10.2105/AJPH.94.3.361.
"""

from __future__ import annotations

from collections.abc import Mapping

from impacteval.values import Text

TREND_2004: tuple[tuple[str, Text], ...] = (
    ("1a", Text(en="Named by how units were allocated", fr="Titre disant le mode d'attribution")),
    ("1b", Text(en="Structured summary", fr="Résumé structuré")),
    ("1c", Text(en="Population or sample", fr="Population ou échantillon")),
    ("2a", Text(en="Background and rationale", fr="Contexte et justification")),
    (
        "2b",
        Text(en="Theory behind the intervention", fr="Théorie sur laquelle repose l'intervention"),
    ),
    (
        "3a",
        Text(en="Who was eligible, at each level", fr="Critères d'éligibilité, à chaque niveau"),
    ),
    ("3b", Text(en="How people were recruited", fr="Mode de recrutement")),
    ("3c", Text(en="Where people were recruited", fr="Cadre du recrutement")),
    ("3d", Text(en="Where data were collected", fr="Cadre et lieux du recueil des données")),
    ("4a", Text(en="Intervention: what was given", fr="Intervention : ce qui a été apporté")),
    ("4b", Text(en="Intervention: how", fr="Intervention : de quelle manière")),
    ("4c", Text(en="Intervention: alone or in groups", fr="Intervention : seul ou en groupe")),
    ("4d", Text(en="Intervention: by whom", fr="Intervention : par qui")),
    ("4e", Text(en="Intervention: where", fr="Intervention : où")),
    ("4f", Text(en="Intervention: how much, how long", fr="Intervention : quantité et durée")),
    ("4g", Text(en="Intervention: over what time", fr="Intervention : étalement dans le temps")),
    ("4h", Text(en="What was done to keep people in", fr="Mesures prises pour l'adhésion")),
    ("5", Text(en="Objectives and hypotheses", fr="Objectifs et hypothèses")),
    ("6a", Text(en="Outcomes, defined", fr="Critères de jugement définis")),
    ("6b", Text(en="How outcomes were collected", fr="Recueil des critères de jugement")),
    ("6c", Text(en="Validation of the instruments", fr="Validation des instruments de mesure")),
    (
        "7",
        Text(
            en="Sample size, interim looks", fr="Taille de l'échantillon, lectures intermédiaires"
        ),
    ),
    ("8a", Text(en="Unit of assignment", fr="Unité d'attribution")),
    ("8b", Text(en="How units were assigned", fr="Mode d'attribution des unités")),
    (
        "8c",
        Text(
            en="What was done against bias, as nothing was drawn by lot",
            fr="Mesures contre les biais, faute de tirage au sort",
        ),
    ),
    ("9", Text(en="Who was blinded, and how", fr="Qui était en aveugle, et comment")),
    ("10a", Text(en="Unit of analysis", fr="Unité d'analyse")),
    (
        "10b",
        Text(
            en="Allowance where units of analysis and assignment differ",
            fr="Prise en compte d'unités d'analyse et d'attribution différentes",
        ),
    ),
    ("11a", Text(en="Statistical methods", fr="Méthodes statistiques")),
    ("11b", Text(en="Methods of further analyses", fr="Méthodes des analyses complémentaires")),
    ("11c", Text(en="Missing data", fr="Données manquantes")),
    ("11d", Text(en="Software", fr="Logiciels")),
    ("12a", Text(en="Flow: enrolment", fr="Flux : inclusion")),
    ("12b", Text(en="Flow: assignment", fr="Flux : attribution")),
    ("12c", Text(en="Flow: who received what", fr="Flux : qui a reçu quoi")),
    ("12d", Text(en="Flow: follow-up", fr="Flux : suivi")),
    ("12e", Text(en="Flow: analysis", fr="Flux : analyse")),
    ("12f", Text(en="Departures from the plan", fr="Écarts au plan")),
    ("13", Text(en="Dates of recruitment and follow-up", fr="Dates d'inclusion et de suivi")),
    ("14a", Text(en="Baseline table by group", fr="Caractéristiques initiales par groupe")),
    (
        "14b",
        Text(
            en="Baseline measures of the problem addressed",
            fr="Mesures initiales du problème visé",
        ),
    ),
    (
        "14c",
        Text(en="Those lost against those retained", fr="Personnes perdues et personnes suivies"),
    ),
    (
        "14d",
        Text(
            en="Those studied against those targeted", fr="Population étudiée et population visée"
        ),
    ),
    (
        "15",
        Text(
            en="Likeness of the groups at baseline, and allowance for differences",
            fr="Ressemblance initiale des groupes et prise en compte des différences",
        ),
    ),
    ("16a", Text(en="Numbers in each analysis", fr="Effectifs de chaque analyse")),
    (
        "16b",
        Text(
            en="Whether everyone is analysed as assigned",
            fr="Analyse de tous selon l'attribution, ou non",
        ),
    ),
    ("17a", Text(en="Results, effects and precision", fr="Résultats, effets et précision")),
    ("17b", Text(en="Null and negative results", fr="Résultats nuls et négatifs")),
    ("17c", Text(en="Results on how it works", fr="Résultats sur les mécanismes prévus")),
    ("18", Text(en="Ancillary analyses", fr="Analyses annexes")),
    ("19", Text(en="Harms observed", fr="Effets indésirables observés")),
    ("20a", Text(en="Interpretation, bias and limitations", fr="Interprétation, biais et limites")),
    (
        "20b",
        Text(
            en="How it worked, or what else may explain it", fr="Mécanismes et autres explications"
        ),
    ),
    (
        "20c",
        Text(en="Delivery: successes and obstacles", fr="Mise en œuvre : réussites et obstacles"),
    ),
    ("20d", Text(en="Implications", fr="Conséquences à tirer")),
    ("21", Text(en="How far results carry over", fr="Portée des résultats au-delà de l'étude")),
    ("22", Text(en="Overall evidence", fr="Ensemble des connaissances")),
)


def _section(number: int) -> Text:
    return Text(en=f"Section {number}", fr=f"Partie {number}")


ANSWERED: Mapping[str, Text] = {
    "1b": Text(en="Page 1", fr="Page 1"),
    "1c": _section(2),
    "6a": _section(2),
    "8c": _section(4),
    "10a": _section(3),
    "11a": _section(4),
    "11b": _section(7),
    "11c": _section(3),
    "11d": Text(en="Annex (versions)", fr="Annexe (versions)"),
    "12a": _section(3),
    "12b": _section(3),
    "12c": _section(3),
    "12d": _section(3),
    "12e": _section(3),
    "12f": _section(11),
    "14a": _section(4),
    "15": _section(4),
    "16a": _section(3),
    "16b": _section(4),
    "17a": _section(5),
    "17b": _section(5),
    "18": _section(7),
    "19": _section(9),
    "20a": _section(8),
}
"""Where a report that holds everything answers an item; what else is answered, only a plan can tell."""
