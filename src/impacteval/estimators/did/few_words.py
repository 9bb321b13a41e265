"""What `few-treated` says to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.values import Message, Scale, Text

# Names in a sentence before the rest is only counted.
NAMED = 3

# --- refusals ---------------------------------------------------------------------------------


def covariates(names: Sequence[str]) -> Message:
    """Covariates are not used."""
    return Message(
        "few.covariates",
        Text(
            en="This method compares whole places and uses no covariates, and the plan names {names:text}. Leave them out, or use a method that adjusts for them.",
            fr="Cette méthode compare des lieux entiers sans covariables, or le plan en indique : {names:text}. Retirez-les, ou utilisez une méthode qui en tient compte.",
        ),
        {"names": ", ".join(names)},
    )


def seen_once() -> Message:
    """Units that are seen once and belong to no place."""
    return Message(
        "few.seen-once",
        Text(
            en="Each unit is seen once and no place is named, so nothing can be followed over time. Name the role assignment_cluster: the place where the service was started as a whole.",
            fr="Chaque unité n'est observée qu'une fois et aucun lieu n'est indiqué : rien ne peut être suivi dans le temps. Indiquez le rôle assignment_cluster, le lieu où le service a démarré en bloc.",
        ),
    )


def several_starts(names: Sequence[str]) -> Message:
    """Places in which the service began at several dates."""
    return Message(
        "few.several-starts",
        Text(
            en="In {count:int} {count:plural:place|places} ({names:text}) the service did not start for all at one date. This method compares places that start as a whole: name as assignment_cluster the level at which the service was assigned.",
            fr="Dans {count:int} {count:plural:lieu|lieux} ({names:text}), le service n'a pas démarré pour tous à la même date. Cette méthode compare des lieux qui démarrent en bloc : indiquez comme assignment_cluster le niveau auquel le service a été affecté.",
        ),
        {"count": len(names), "names": some(names)},
    )


def missing_cells(names: Sequence[str], cells: int) -> Message:
    """Places without anyone measured in some period."""
    return Message(
        "few.missing-cells",
        Text(
            en="{count:int} {count:plural:place|places} ({names:text}) {count:plural:has|have} nobody measured in some period, {cells:int} in all. This method follows each place through every period: complete the data, or leave out those places or periods and say so.",
            fr="{count:int} {count:plural:lieu n'a|lieux n'ont} personne de mesuré à certaines périodes ({names:text} ; {cells:int} en tout). Cette méthode suit chaque lieu à chaque période : complétez les données, ou écartez ces lieux ou périodes en le disant.",
        ),
        {"count": len(names), "names": some(names), "cells": cells},
    )


def too_few_compared(never: int) -> Message:
    """Not enough places that are never served."""
    return Message(
        "few.too-few-compared",
        Text(
            en="{never:int} {never:plural:place is|places are} never served, and this method measures chance on those: it needs two at least, and twenty for an interval at 95%. Add places that were not served.",
            fr="{never:int} {never:plural:lieu n'est jamais servi|lieux ne sont jamais servis}, or cette méthode mesure le hasard sur ceux-là : il en faut au moins deux, et une vingtaine pour un intervalle à 95 %. Ajoutez des lieux non servis.",
        ),
        {"never": never},
    )


def too_many(served: int, most: int) -> Message:
    """So many served places that they can tell their own spread."""
    return Message(
        "few.too-many",
        Text(
            en="{served:int} places were served, and this method is for {most:int} at most. So many tell their own spread: use callaway-santanna or difference-in-differences. Where rows are people, name the place as assignment_cluster.",
            fr="{served:int} lieux ont été servis, et cette méthode en admet {most:int} au plus. Un si grand nombre dit sa propre variabilité : utilisez callaway-santanna ou difference-in-differences. Si les lignes sont des personnes, indiquez le lieu comme assignment_cluster.",
        ),
        {"served": served, "most": most},
    )


def wild_one() -> Message:
    """The wild bootstrap with a single served place."""
    return Message(
        "few.wild-one",
        Text(
            en="One place was served, and the wild cluster bootstrap says nothing then: its draws only turn the sign of that place's own error. Use inference ferman-pinto, conley-taber or randomisation.",
            fr="Un seul lieu a été servi, et le bootstrap sauvage par grappes ne dit alors rien : ses tirages ne font que changer le signe de l'erreur de ce lieu. Utilisez l'inférence ferman-pinto, conley-taber ou randomisation.",
        ),
    )


def wild_alone(names: Sequence[str]) -> Message:
    """The wild bootstrap where some start is that of a single place."""
    return Message(
        "few.wild-alone",
        Text(
            en="The wild cluster bootstrap needs two served places at least that started together and count alike over time, and {count:int} {count:plural:stands|stand} alone ({names:text}): the error of such a place cannot be told by changing signs. Use another inference, or target cluster where numbers of people differ over time.",
            fr="Le bootstrap sauvage par grappes suppose au moins deux lieux servis démarrant ensemble et comptant de même dans le temps, or {count:int} {count:plural:lieu est seul|lieux sont seuls} ({names:text}) : changer des signes ne dit rien de l'erreur d'un tel lieu. Utilisez une autre inférence, ou la cible cluster si les effectifs varient dans le temps.",
        ),
        {"count": len(names), "names": some(names)},
    )


def wild_relative() -> Message:
    """The wild bootstrap on the relative scale."""
    return Message(
        "few.wild-relative",
        Text(
            en="The wild cluster bootstrap is offered for differences and totals: a relative effect is not a linear restriction on changes. Use inference ferman-pinto, conley-taber or randomisation.",
            fr="Le bootstrap sauvage par grappes est proposé pour les différences et les totaux : un effet relatif n'est pas une contrainte linéaire sur les évolutions. Utilisez l'inférence ferman-pinto, conley-taber ou randomisation.",
        ),
    )


def studentised_few() -> Message:
    """A standard error needs two places."""
    return Message(
        "few.studentised",
        Text(
            en="A studentised test needs two served places at least, and one was served. Set studentised to false.",
            fr="Un test studentisé suppose au moins deux lieux servis, or il n'y en a qu'un. Mettez studentised à faux.",
        ),
    )


def no_total() -> Message:
    """Totals when places count alike."""
    return Message(
        "few.no-total",
        Text(
            en="A total is a sum over people, and with target cluster every place counts as one. Use target individual.",
            fr="Un total est une somme sur des personnes, or avec la cible cluster chaque lieu compte pour un. Utilisez la cible individual.",
        ),
    )


def standardised() -> Message:
    """Effects in standard deviations."""
    return Message(
        "few.standardised",
        Text(
            en="few-treated answers difference, relative and total, not standardised: a constant effect in standard deviations is no hypothesis on the outcomes of a place.",
            fr="few-treated répond en différence, en relatif et en total, non en écarts types : un effet constant en écarts types n'est pas une hypothèse sur les résultats d'un lieu.",
        ),
    )


# --- notes ------------------------------------------------------------------------------------


def few_placements(placements: int) -> Message:
    """No small p-value can be reached."""
    return Message(
        "few.placements",
        Text(
            en="There are only {placements:int} ways to place the service among these places, so no p-value is below 1 in {placements:int} and an interval at 95% has no end.",
            fr="Il n'y a que {placements:int} façons de répartir le service entre ces lieux : aucune valeur p n'est inférieure à 1 sur {placements:int} et un intervalle à 95 % n'a pas de fin.",
        ),
        {"placements": placements},
    )


def sizes_unknown() -> Message:
    """The correction for size has nothing to go by."""
    return Message(
        "few.sizes-unknown",
        Text(
            en="How many people stand behind each place is the same for all, or not told, so that the correction for size changes nothing and all places are taken to vary alike.",
            fr="Le nombre de personnes derrière chaque lieu est le même pour tous, ou n'est pas indiqué : la correction selon la taille ne change rien, et tous les lieux sont supposés varier de la même façon.",
        ),
    )


def sizes_beyond(names: Sequence[str]) -> Message:
    """Served places smaller or larger than any compared."""
    return Message(
        "few.sizes-beyond",
        Text(
            en="{count:int} served {count:plural:place is|places are} smaller or larger than every place compared ({names:text}): how much {count:plural:it varies|they vary} is extrapolated from the others, and the interval may hold the truth less often than it says.",
            fr="{count:int} {count:plural:lieu servi est plus petit ou plus grand|lieux servis sont plus petits ou plus grands} que tous les lieux comparés ({names:text}) : {count:plural:sa|leur} variabilité est extrapolée à partir des autres, et l'intervalle peut contenir la vraie valeur moins souvent qu'annoncé.",
        ),
        {"count": len(names), "names": some(names)},
    )


def wild_few(served: int) -> Message:
    """The wild bootstrap with few served places."""
    return Message(
        "few.wild-few",
        Text(
            en="{served:int} places were served. With so few, the wild cluster bootstrap is known to reject far too seldom, or too often when those served vary more than the others (MacKinnon and Webb 2018).",
            fr="{served:int} lieux ont été servis. Avec si peu, le bootstrap sauvage par grappes rejette, on le sait, bien trop rarement, ou trop souvent lorsque les lieux servis varient plus que les autres (MacKinnon et Webb 2018).",
        ),
        {"served": served},
    )


# --- target and method ------------------------------------------------------------------------


def target_places(places: int, periods: int) -> Message:
    """Every place and period counts as one."""
    return Message(
        "target.served-place-periods",
        Text(
            en="The places that were served, in the periods in which they were, each place and period counting as one: {places:int} {places:plural:place|places}, {periods:int} {periods:plural:period|periods}.",
            fr="Les lieux servis, pendant les périodes où ils l'ont été, chaque lieu et période comptant pour un : {places:int} {places:plural:lieu|lieux}, {periods:int} {periods:plural:période|périodes}.",
        ),
        {"places": places, "periods": periods},
    )


def formed(places: int, never: int, *, equal: bool) -> Message:
    """How the effect was formed."""
    inside = (
        ("In the place served", "Dans le lieu servi")
        if places == 1
        else (
            "In each of the {places:int} places served",
            "Dans chacun des {places:int} lieux servis",
        )
    )
    counted = (
        ("each place and period counting as one", "chaque lieu et période comptant pour un")
        if equal
        else (
            "weighted by the people (or rows) in each",
            "pondérée par les personnes (ou lignes) de chacun",
        )
    )
    return Message(
        "method.few-formed",
        Text(
            en=f"{inside[0]}, the change from the mean of all periods before the service to those since, minus the change of the {{never:int}} places never served over the same periods; averaged over served places and periods, {counted[0]}. No place that is already served is compared with.",
            fr=f"{inside[1]}, l'évolution de la moyenne de toutes les périodes d'avant le service à celles d'après, moins celle des {{never:int}} lieux jamais servis sur les mêmes périodes ; moyenne sur les lieux et périodes servis, {counted[1]}. Aucun lieu déjà servi ne sert de comparaison.",
        ),
        {"places": places, "never": never} if places > 1 else {"never": never},
    )


_TESTS = {
    "conley-taber": Text(
        en="Chance is measured as by Conley and Taber: with the effect tested taken out, the other places' whole paths over time are put where the served ones stand, and the effect each would have shown is compared with the one observed.",
        fr="Le hasard est mesuré selon Conley et Taber : l'effet testé étant retiré, les trajectoires entières des autres lieux sont mises à la place des lieux servis, et l'effet que chacune aurait montré est comparé à celui observé.",
    ),
    "ferman-pinto": Text(
        en="Chance is measured as by Ferman and Pinto: with the effect tested taken out, the other places' whole paths over time are put where the served ones stand, rescaled for the size of each place by the variance A + B/people fitted on the places never served, and the effect each would have shown is compared with the one observed.",
        fr="Le hasard est mesuré selon Ferman et Pinto : l'effet testé étant retiré, les trajectoires entières des autres lieux sont mises à la place des lieux servis, remises à l'échelle de la taille de chaque lieu par la variance A + B/effectif ajustée sur les lieux jamais servis, et l'effet que chacune aurait montré est comparé à celui observé.",
    ),
    "randomisation": Text(
        en="The starting dates are dealt anew among all places: with the effect tested taken out, the same estimate is made for each deal and compared with the one observed.",
        fr="Les dates de démarrage sont redistribuées entre tous les lieux : l'effet testé étant retiré, la même estimation est faite pour chaque distribution et comparée à celle observée.",
    ),
}


def tested(inference: str, *, studentised: bool) -> Message:
    """How chance was measured."""
    text = _TESTS[inference]
    if studentised:
        text = Text(
            en=f"{text.en} Estimates are compared over their standard errors.",
            fr=f"{text.fr} Les estimations sont comparées rapportées à leur erreur type.",
        )
    return Message(f"method.few-{inference}", text)


def exact(placements: int) -> Message:
    """All placements were looked at."""
    return Message(
        "method.few-exact",
        Text(
            en="All {placements:int} placements were compared, the real one among them; the p-value is the share at least as extreme.",
            fr="Les {placements:int} répartitions ont toutes été comparées, la vraie comprise ; la valeur p est la part de celles qui sont au moins aussi extrêmes.",
        ),
        {"placements": placements},
    )


def sampled(draws: int) -> Message:
    """Some placements were drawn."""
    return Message(
        "method.few-sampled",
        Text(
            en="{draws:int} placements were drawn; the p-value counts those at least as extreme as the real one, and that one, among all of them and one.",
            fr="{draws:int} répartitions ont été tirées ; la valeur p compte celles qui sont au moins aussi extrêmes que la vraie, plus celle-ci, rapportées à leur nombre plus un.",
        ),
        {"draws": draws},
    )


def wild(groups: int, draws: int, *, every: bool) -> Message:
    """The wild bootstrap."""
    how = (
        ("all {draws:int} patterns of signs", "les {draws:int} configurations de signes")
        if every
        else ("{draws:int} draws", "{draws:int} tirages")
    )
    return Message(
        "method.few-wild",
        Text(
            en=f"Chance is measured by the wild cluster bootstrap with the effect tested imposed: the errors of each of {{groups:int}} places are re-signed together over all periods ({how[0]}).",
            fr=f"Le hasard est mesuré par le bootstrap sauvage par grappes, l'effet testé étant imposé : les erreurs de chacun des {{groups:int}} lieux changent de signe ensemble sur toutes les périodes ({how[1]}).",
        ),
        {"groups": groups, "draws": draws},
    )


def inverted(scale: Scale) -> Message:
    """How the set of effects comes about."""
    if scale is Scale.RELATIVE:
        return Message(
            "method.few-relative",
            Text(
                en="The interval holds every relative effect that the test does not reject, the effect being the same share of what each served place would have had.",
                fr="L'intervalle réunit tous les effets relatifs que le test ne rejette pas, l'effet étant une même part de ce que chaque lieu servi aurait connu.",
            ),
        )
    return Message(
        "method.few-constant",
        Text(
            en="The interval holds every effect that the test does not reject, the effect being the same in all served places and periods.",
            fr="L'intervalle réunit tous les effets que le test ne rejette pas, l'effet étant le même dans tous les lieux et périodes servis.",
        ),
    )


def some(names: Sequence[str]) -> str:
    """The first names; the rest only as an ellipsis, which both languages write alike."""
    shown = ", ".join(names[:NAMED])
    return f"{shown}, …" if len(names) > NAMED else shown
