"""What the check of bunching at a line says."""

from __future__ import annotations

from impacteval.values import Message, Text

NO_LINE = Message(
    "bunching.no-line",
    Text(
        en="The plan does not say at which value a person's result begins to pay (setting at).",
        fr="Le plan ne dit pas à partir de quelle valeur le résultat d'une personne paie (réglage at).",
    ),
)
NOBODY = Message(
    "bunching.nobody",
    Text(
        en="Too few of those served were measured to see how they stand about the line.",
        fr="Trop peu de personnes servies ont été mesurées pour voir comment elles se répartissent autour "
        "du seuil.",
    ),
)
FEW_VALUES = Message(
    "bunching.few-values",
    Text(
        en="Too few different values stand on either side of the line to tell what the others imply there.",
        fr="Trop peu de valeurs différentes se trouvent de part et d'autre du seuil pour dire ce que les "
        "autres y laissent attendre.",
    ),
)
ROUND = Message(
    "bunching.round",
    Text(
        en="The line is a number that people round to, and too few other such numbers are near: bunching "
        "cannot be told from rounding.",
        fr="Le seuil est un nombre auquel on arrondit, et trop peu d'autres nombres de ce genre sont "
        "proches : un regroupement au seuil ne se distingue pas de l'arrondi.",
    ),
)
_FOUND = Text(
    en="{above:int} of the {n:int} people served who were measured stand just on the side of {line:number} "
    "that pays and {below:int} just on the other, where values further away imply {even_above:number} and "
    "{even_below:number}: as if {share:percent} of all had been {way} the line. Chance alone gives as "
    "much in {p:percent} of samples where nothing is done.",
    fr="Parmi les {n:int} personnes servies et mesurées, {above:int} se trouvent juste du côté de "
    "{line:number} qui paie et {below:int} juste de l'autre, là où les valeurs plus éloignées en laissent "
    "attendre {even_above:number} et {even_below:number} : comme si {share:percent} de l'ensemble avait "
    "été {way} du seuil. Le seul hasard en donne autant dans {p:percent} des échantillons où rien n'est fait.",
)
_HIDDEN = Text(
    en="About {line:number}, those served stand as if {share:percent} of all had been {way} the line. Chance "
    "alone gives as much in {p:percent} of samples where nothing is done.",
    fr="Autour de {line:number}, les personnes servies se répartissent comme si {share:percent} de l'ensemble "
    "avait été {way} du seuil. Le seul hasard en donne autant dans {p:percent} des échantillons où rien "
    "n'est fait.",
)
_ALONGSIDE = Text(
    en=" Among the comparison people it is {other:percent}.",
    fr=" Parmi les personnes de comparaison, c'est {other:percent}.",
)
_JUMP = Text(
    en=" The density test for continuous values: p-value {jump:number}.",
    fr=" Test de densité pour valeurs continues : valeur p {jump:number}.",
)
OVER = Text(en="moved over", fr="placé au-delà")
BACK = Text(en="kept from", fr="tenu en deçà")


def found(
    values: dict[str, object], *, hidden: bool, other: float | None, jump: float | None
) -> Message:
    """How those served stand about the line."""
    text = _HIDDEN if hidden else _FOUND
    en, fr = text.en, text.fr
    if other is not None:
        en, fr = en + _ALONGSIDE.en, fr + _ALONGSIDE.fr
        values = {**values, "other": other}
    if jump is not None:
        en, fr = en + _JUMP.en, fr + _JUMP.fr
        values = {**values, "jump": jump}
    return Message("bunching.found", Text(en=en, fr=fr), values)
