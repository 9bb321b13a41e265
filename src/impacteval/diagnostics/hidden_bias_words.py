"""What the check for hidden bias says to people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text

NAME = "rosenbaum-bounds"


def _said(key: str, en: str, fr: str, **values: object) -> Message:
    return Message(f"{NAME}.{key}", Text(en=en, fr=fr), values)


NO_SETS = _said(
    "no-sets",
    "The planned method names no sets of people who are compared with each other (pairs or cells), so a hidden bias within them has no meaning.",
    "La méthode prévue ne désigne pas d'ensembles de personnes comparées entre elles (paires ou cellules) : un biais caché en leur sein n'a pas de sens.",
)
SHARED = _said(
    "shared",
    "Comparators serve in several sets, each time in other company. The bounds need sets that share nobody: match without replacement to have them.",
    "Des personnes de comparaison servent dans plusieurs ensembles, chaque fois en autre compagnie. Les bornes demandent des ensembles sans personne commune : appariez sans réutilisation pour les obtenir.",
)
CLUSTERED = _said(
    "clustered",
    "People of one cluster resemble each other or were served together, and the bounds are about people who were served one by one.",
    "Les personnes d'une même grappe se ressemblent ou ont été servies ensemble, et les bornes portent sur des personnes servies une à une.",
)
WEIGHTED = _said(
    "weighted",
    "People count with weights, and the bounds are about these very people, each counted once.",
    "Les personnes comptent avec des poids, et les bornes portent sur ces personnes mêmes, comptées une fois chacune.",
)
NOBODY = _said(
    "nobody",
    "No set has both a person served and a comparator whose outcome was measured.",
    "Aucun ensemble ne compte à la fois une personne servie et une personne de comparaison dont le résultat a été mesuré.",
)
NO_EFFECT = _said(
    "no-effect",
    "The estimate is exactly zero: there is no effect that a hidden bias could undo.",
    "L'estimation est exactement nulle : il n'y a pas d'effet qu'un biais caché pourrait défaire.",
)


def found(
    *, gamma: float, mark: float, share: float, beyond: bool, at_zero: bool, level: float
) -> Message:
    """How strong a hidden bias must be."""
    what = Text(
        en="the effect" if at_zero else "that the effect is beyond {mark:number}",
        fr="l'effet" if at_zero else "que l'effet dépasse {mark:number}",
    )
    if gamma <= 0.0:
        return _said(
            f"not-shown-{'zero' if at_zero else 'mark'}",
            f"Even without any hidden bias the sets do not show {what.en} with {{level:percent}} confidence (one-sided): the statistic is 1.",
            f"Même sans biais caché, les ensembles ne montrent pas {what.fr} avec une confiance de {{level:percent}} (unilatérale) : la statistique vaut 1.",
            mark=mark,
            level=level,
        )
    if beyond:
        return _said(
            f"beyond-{'zero' if at_zero else 'mark'}",
            f"To undo what shows {what.en} with {{level:percent}} confidence (one-sided), something overlooked would have to make one of two people alike over {{gamma:number}} times likelier (in odds) to be served.",
            f"Pour défaire ce qui montre {what.fr} avec une confiance de {{level:percent}} (unilatérale), il faudrait qu'un facteur ignoré rende l'une de deux personnes semblables plus de {{gamma:number}} fois plus susceptible (en cotes) d'être servie.",
            mark=mark,
            level=level,
            gamma=gamma,
        )
    return _said(
        f"tips-{'zero' if at_zero else 'mark'}",
        f"Something overlooked that makes one of two people alike {{gamma:number}} times likelier (in odds) to be served, and goes with their outcome, would undo what shows {what.en} with {{level:percent}} confidence (one-sided). The statistic is one over that factor, {{share:number}}: near 1 little is needed, near 0 much.",
        f"Un facteur ignoré qui rend l'une de deux personnes semblables {{gamma:number}} fois plus susceptible (en cotes) d'être servie, et qui va avec son résultat, suffirait à défaire ce qui montre {what.fr} avec une confiance de {{level:percent}} (unilatérale). La statistique est l'inverse de ce facteur, {{share:number}} : proche de 1 il suffit de peu, proche de 0 il faut beaucoup.",
        mark=mark,
        level=level,
        gamma=gamma,
        share=share,
    )


TITLE = Text(
    en="Hidden bias that would undo the comparison",
    fr="Biais caché qui déferait la comparaison",
)
QUESTION = Text(
    en="How strong must something overlooked be to undo what people matched show?",
    fr="Quelle force devrait avoir un facteur ignoré pour défaire ce que montrent les personnes appariées ?",
)
STATISTIC = Text(
    en="One over the factor (odds of being served between two people alike) at which the effect is no longer shown: 1 where nothing is needed, near 0 where much is",
    fr="Inverse du facteur (cotes d'être servi entre deux personnes semblables) à partir duquel l'effet n'est plus montré : 1 s'il ne faut rien, proche de 0 s'il faut beaucoup",
)
