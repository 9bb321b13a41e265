"""What the diagnostics of parallel trends say, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text

_NO_EVENT_STUDY = Message(
    "trends.no-event-study",
    Text(
        en="This method gives no effects by time since the service began, so nothing is known of the "
        "trends before.",
        fr="Cette méthode ne donne pas d'effets selon le temps écoulé depuis le début du service : on ne "
        "sait rien des évolutions antérieures.",
    ),
)
_SCALE = Message(
    "trends.scale",
    Text(
        en="The effect is asked for as a share or in standard deviations, while trends are measured in the "
        "outcome's own unit. Turning one into the other would use an estimate as if it were known.",
        fr="L'effet est demandé en proportion ou en écarts-types, alors que les évolutions se mesurent dans "
        "l'unité du résultat. Passer de l'une à l'autre tiendrait une estimation pour connue.",
    ),
)
_NOTHING_BEFORE = Message(
    "trends.nothing-before",
    Text(
        en="Fewer than two periods before the start were measured: how the two groups moved then is not known.",
        fr="Moins de deux périodes ont été mesurées avant le début : on ignore comment les deux groupes "
        "évoluaient alors.",
    ),
)
_NOTHING_AFTER = Message(
    "trends.nothing-after",
    Text(
        en="No period after the start is served.",
        fr="Aucune période n'est servie après le début.",
    ),
)
_GAPS = Message(
    "trends.gaps",
    Text(
        en="The times around the start have gaps or unequal steps, so moves from one time to the next "
        "cannot be compared.",
        fr="Les périodes autour du début présentent des lacunes ou des pas inégaux : les évolutions d'une "
        "période à la suivante ne sont pas comparables.",
    ),
)
_OTHER_WEIGHTS = Text(
    en="The estimate, {estimate:number}, weighs the served otherwise than the mean of the effects by time, "
    "{mean:number}: sets around the one would not be sets around the other.",
    fr="L'estimation, {estimate:number}, pondère les personnes servies autrement que la moyenne des effets par "
    "période, {mean:number} : des ensembles autour de l'une ne vaudraient pas pour l'autre.",
)
_FEW_CLUSTERS = Text(
    en="Errors are known from {places:int} {places:plural:place|places} only, and {times:int} times are "
    "compared: how the errors go together cannot be known.",
    fr="Les erreurs ne sont connues que par {places:int} {places:plural:lieu|lieux}, et {times:int} périodes "
    "sont comparées : on ne peut savoir comment les erreurs vont ensemble.",
)
_BREAKS = Text(
    en="On the 95% interval the answer stands as long as the two groups would have drifted apart, from one period to the next "
    "after the start, by at most {breakdown:number} times their worst drift before it.",
    fr="Sur l'intervalle à 95 %, la réponse tient tant que les deux groupes ne se seraient pas écartés, d'une période à la suivante "
    "après le début, de plus de {breakdown:number} fois leur pire dérive d'avant.",
)
_INSIDE = Message(
    "honest-did.inside",
    Text(
        en="Even had the two groups moved alike, the 95% interval reaches what is asked for: chance alone "
        "could account for the answer, and no drift is needed to overturn it.",
        fr="Même si les deux groupes avaient évolué de la même façon, l'intervalle à 95 % atteint ce qui est "
        "demandé : le hasard seul pourrait expliquer la réponse, sans qu'il faille de dérive.",
    ),
)
_NEVER = Message(
    "honest-did.never",
    Text(
        en="No drift in proportion to what was seen before the start would change the answer.",
        fr="Aucune dérive proportionnée à ce qui a été vu avant le début ne changerait la réponse.",
    ),
)
_BEFORE = Text(
    en="Jointly, the effects before the start differ from none with p = {p:number}. This test would find a "
    "steady drift of {slope:number} a period only half of the time, and that drift by itself would move "
    "the effect by {bias:number}: passing the test is no proof of parallel trends.",
    fr="Pris ensemble, les effets d'avant le début diffèrent de zéro avec p = {p:number}. Ce test ne "
    "décèlerait qu'une fois sur deux une dérive régulière de {slope:number} par période, et cette dérive à "
    "elle seule déplacerait l'effet de {bias:number} : réussir ce test ne prouve pas que les évolutions "
    "étaient parallèles.",
)


def no_event_study() -> Message:
    """The method gives no effects by time."""
    return _NO_EVENT_STUDY


def other_scale() -> Message:
    """The scale is not one on which trends are measured."""
    return _SCALE


def nothing_before() -> Message:
    """Too few periods before the start."""
    return _NOTHING_BEFORE


def nothing_after() -> Message:
    """No served period."""
    return _NOTHING_AFTER


def gaps() -> Message:
    """Times are not evenly spaced."""
    return _GAPS


def other_weights(estimate: float, mean: float) -> Message:
    """The estimate is not the mean of the effects by time."""
    return Message("trends.other-weights", _OTHER_WEIGHTS, {"estimate": estimate, "mean": mean})


def few_clusters(places: int, times: int) -> Message:
    """Fewer labels than effects."""
    return Message("trends.few-clusters", _FEW_CLUSTERS, {"places": places, "times": times})


def breaks(breakdown: float) -> Message:
    """The answer breaks down at a size."""
    return Message("honest-did.breaks", _BREAKS, {"breakdown": breakdown})


def inside() -> Message:
    """The threshold is inside already."""
    return _INSIDE


def never() -> Message:
    """The answer never breaks down."""
    return _NEVER


def before(p: float, slope: float, bias: float) -> Message:
    """What the joint test says and what it could see."""
    return Message("pre-trends.power", _BEFORE, {"p": p, "slope": slope, "bias": bias})


TITLES: dict[tuple[str, float], Text] = {
    ("relative_magnitudes", 0.0): Text(
        en="The two groups move alike (parallel trends)",
        fr="Les deux groupes évoluent de la même façon (tendances parallèles)",
    ),
    ("relative_magnitudes", 0.5): Text(
        en="They drift apart by up to half of the worst drift before the start",
        fr="Ils s'écartent au plus de la moitié de la pire dérive d'avant le début",
    ),
    ("relative_magnitudes", 1.0): Text(
        en="They drift apart by up to the worst drift before the start",
        fr="Ils s'écartent au plus de la pire dérive d'avant le début",
    ),
    ("relative_magnitudes", 2.0): Text(
        en="They drift apart by up to twice the worst drift before the start",
        fr="Ils s'écartent au plus du double de la pire dérive d'avant le début",
    ),
    ("smoothness", 0.0): Text(
        en="The drift before the start goes on in a straight line",
        fr="La dérive d'avant le début se poursuit en ligne droite",
    ),
}
"""Each size of violation that is shown, for people."""
