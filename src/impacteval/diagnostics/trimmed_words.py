"""What the check of overlap says, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text

NO_COVARIATES = Message(
    "trimmed-overlap.no-covariates",
    Text(
        en="The data have no covariate, or lack some of its values, so that nobody can tell how likely "
        "each was to be served.",
        fr="Les données n'ont pas de covariable, ou il en manque des valeurs : rien ne dit quelle chance "
        "chacun avait d'être servi.",
    ),
)
NO_SCORE = Message(
    "trimmed-overlap.no-score",
    Text(
        en="The chance of being served cannot be estimated: too few were served, or too few were not, or "
        "the covariates tell almost without error who was.",
        fr="La chance d'être servi ne peut pas être estimée : trop peu ont été servis, ou trop peu ne "
        "l'ont pas été, ou les covariables disent presque sans erreur qui l'a été.",
    ),
)
NOBODY = Text(
    en="The chance of being served lies between {low:number} and {high:number} for everybody, and both "
    "groups cover the same range: nobody had to be left out.",
    fr="La chance d'être servi se situe entre {low:number} et {high:number} pour tous, et les deux groupes "
    "couvrent le même intervalle : personne n'a dû être écarté.",
)
FOUND = Text(
    en="Among those whose chance of being served lies between {low:number} and {high:number} (without "
    "{served:int} served and {others:int} others), the effect is {effect:number} instead of "
    "{whole:number}.",
    fr="Parmi ceux dont la chance d'être servi se situe entre {low:number} et {high:number} (sans "
    "{served:int} servis et {others:int} autres), l'effet est de {effect:number} au lieu de "
    "{whole:number}.",
)
_TITLES = {
    "bounds": Text(
        en="Without those almost sure, or almost sure not, to be served",
        fr="Sans ceux presque sûrs d'être servis, ou de ne pas l'être",
    ),
    "common": Text(
        en="Only where both groups are found", fr="Seulement là où les deux groupes sont présents"
    ),
}


def title(name: str) -> Text:
    """What is changed, for people."""
    return _TITLES[name]


def too_few(least: int) -> Message:
    """Fewer are without their like than may be left out."""
    return Message(
        "trimmed-overlap.too-few",
        Text(
            en="Fewer than {least:int} would be left out, and what is left out of people could be told from "
            "what remains.",
            fr="Moins de {least:int} seraient écartées, et ce qui concerne si peu de personnes se lirait dans "
            "ce qui reste.",
        ),
        {"least": least},
    )
