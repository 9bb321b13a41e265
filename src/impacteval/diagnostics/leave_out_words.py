"""What is said of estimates with one part of the data left out, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text

NO_COHORTS = Message(
    "leave-out.no-cohorts",
    Text(
        en="The service began at one date for all, so no starting date can be left out.",
        fr="Le service a commencé à une même date pour tous : aucune date de démarrage ne peut être "
        "laissée de côté.",
    ),
)
NO_PLACES = Message(
    "leave-out.no-places",
    Text(
        en="There are fewer than three independent units or clusters, so none can be left out.",
        fr="Il y a moins de trois unités ou grappes indépendantes : aucune ne peut être laissée de "
        "côté.",
    ),
)
NO_RANKING = Message(
    "leave-out.no-ranking",
    Text(
        en="There are too many units to leave each out in turn, and the method does not tell how far "
        "each one pulls the estimate.",
        fr="Il y a trop d'unités pour les laisser de côté une à une, et la méthode ne dit pas de "
        "combien chacune déplace l'estimation.",
    ),
)
NO_TOTAL = Message(
    "leave-out.no-total",
    Text(
        en="The average without this part cannot be turned into a total for everyone served with "
        "this method's kind of uncertainty.",
        fr="La moyenne sans cette partie ne peut être convertie en total pour toutes les unités "
        "servies avec ce type d'incertitude.",
    ),
)


def too_small(least: int) -> Message:
    """Every part is so small that leaving it out would say what was in it."""
    return Message(
        "leave-out.too-small",
        Text(
            en="Every part that could be left out has fewer than {least:int} units: the result "
            "without it would tell what was measured in it.",
            fr="Chaque partie qui pourrait être laissée de côté compte moins de {least:int} unités : "
            "le résultat sans elle révélerait ce qui y a été mesuré.",
        ),
        {"least": least},
    )


_COHORTS = Text(
    en="Leaving out one starting date at a time, the effect lies between {low:number} and "
    "{high:number} instead of {whole:number}; {most:text} moves it most.",
    fr="En laissant de côté une date de démarrage à la fois, l'effet est compris entre {low:number} "
    "et {high:number} au lieu de {whole:number} ; {most:text} le déplace le plus.",
)
_CLUSTERS = Text(
    en="Leaving out one independent unit or cluster at a time ({n:int}), the effect lies between "
    "{low:number} and {high:number} instead of {whole:number}; {most:text} moves it most.",
    fr="En laissant de côté une unité ou grappe indépendante à la fois ({n:int}), l'effet est compris "
    "entre {low:number} et {high:number} au lieu de {whole:number} ; {most:text} le déplace le plus.",
)
_SOME = Text(
    en="Leaving out one at a time the {n:int} of {of:int} independent units or clusters that pull "
    "the estimate most, the effect lies between {low:number} and {high:number} instead of "
    "{whole:number}; {most:text} moves it most.",
    fr="En laissant de côté une à une les {n:int} unités ou grappes indépendantes, sur {of:int}, qui "
    "déplacent le plus l'estimation, l'effet est compris entre {low:number} et {high:number} au lieu "
    "de {whole:number} ; {most:text} le déplace le plus.",
)
CROSSES = Text(
    en=" Without one of them it would lie on the other side of zero or of a value that it is held "
    "against.",
    fr=" Sans l'une d'elles, il se trouverait de l'autre côté de zéro ou d'une valeur à laquelle il "
    "est comparé.",
)
STAYS = Text(
    en=" It always lies on the same side of zero and of the values that it is held against.",
    fr=" Il reste toujours du même côté de zéro et des valeurs auxquelles il est comparé.",
)


def found_text(name: str, *, some: bool, ending: Text) -> Text:
    """The sentence of a diagnostic, with its ending."""
    lead = _SOME if some else _CLUSTERS if name == "leave-one-cluster" else _COHORTS
    return Text(en=lead.en + ending.en, fr=lead.fr + ending.fr)


def title(name: str, label: str) -> Text:
    """What one run leaves out."""
    plain = label.replace("{", "{{").replace("}", "}}")
    if name == "leave-one-cohort":
        return Text(en=f"Without those who began in {plain}", fr=f"Sans le démarrage de {plain}")
    return Text(en=f"Without {plain}", fr=f"Sans {plain}")
