"""What `synthetic-control` says to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.synthetic_control.messages import some
from impacteval.values import Message, Text

# --- refusals and notes -----------------------------------------------------------------------


def unproved(names: Sequence[str]) -> Message:
    """A fit that is not proved to be the best."""
    return Message(
        "sc.unproved",
        Text(
            en="The best mix for {names:text} could not be proved: outcomes of the places differ in size by so many powers of ten that the digits run out. Leave out places of quite another size, or measure per head.",
            fr="La meilleure combinaison pour {names:text} n'a pas pu être prouvée : les indicateurs des lieux diffèrent de tant de puissances de dix que les chiffres manquent. Écartez les lieux d'une tout autre taille, ou mesurez par habitant.",
        ),
        {"names": some(names)},
    )


def no_test() -> Message:
    """Ratios do not exist."""
    return Message(
        "sc.no-placebo-test",
        Text(
            en="There is no placebo test here: before the service the mix meets the served places exactly (or mixes them from each other alone), so that no ratio to the miss from before exists. The effect is given without uncertainty.",
            fr="Il n'y a pas ici de test placebo : avant le service, la combinaison reproduit exactement les lieux servis (ou ne les combine qu'entre eux), si bien qu'aucun rapport à l'écart antérieur n'existe. L'effet est donné sans incertitude.",
        ),
    )


def endless(count: int) -> Message:
    """Placebos that are met exactly before the service."""
    return Message(
        "sc.endless-ratios",
        Text(
            en="{count:int} {count:plural:placebo is|placebos are} met exactly before the service: {count:plural:its ratio is|their ratios are} infinite and {count:plural:counts|count} as at least as extreme as any.",
            fr="{count:int} {count:plural:placebo est reproduit|placebos sont reproduits} exactement avant le service : {count:plural:son rapport est infini et compte|leurs rapports sont infinis et comptent} comme au moins aussi {count:plural:extrême|extrêmes} que tout autre.",
        ),
        {"count": count},
    )


def filtered(left_out: int, times: float) -> Message:
    """Placebos that fit badly before the service."""
    return Message(
        "sc.filtered-placebos",
        Text(
            en="{left_out:int} {left_out:plural:placebo misses|placebos miss} by more than {times:number} times as much as the real one before the service and {left_out:plural:is|are} left out of the test.",
            fr="{left_out:int} {left_out:plural:placebo s'écarte|placebos s'écartent} avant le service de plus de {times:number} fois l'écart du lieu réel et {left_out:plural:est écarté|sont écartés} du test.",
        ),
        {"left_out": left_out, "times": times},
    )


def few_placements(placements: int) -> Message:
    """No small p-value can be reached."""
    return Message(
        "sc.few-placements",
        Text(
            en="There are only {placements:int} placements to compare, so no p-value is below 1 in {placements:int} and an interval at 95% has no end.",
            fr="Il n'y a que {placements:int} affectations à comparer : aucune valeur p n'est inférieure à 1 sur {placements:int} et un intervalle à 95 % n'a pas de fin.",
        ),
        {"placements": placements},
    )


def open_ended() -> Message:
    """The set has no end although there are placements enough."""
    return Message(
        "sc.open-ended",
        Text(
            en="The interval at 95% has no end: some placebos were met far better before the service than the real one and are partly mixed from it, so that an effect of any size would not be unusual beside theirs.",
            fr="L'intervalle à 95 % n'a pas de fin : certains placebos étaient bien mieux suivis avant le service que le lieu réel et sont en partie combinés à partir de lui, si bien qu'un effet de n'importe quelle taille ne serait pas inhabituel à côté des leurs.",
        ),
    )


def short_before(periods: int) -> Message:
    """Too few periods from before to judge a mix by."""
    return Message(
        "sc.short-before",
        Text(
            en="A served place has only {periods:int} periods from before the service. A mix that follows so few may do so by chance, and nothing shows whether it would have gone on.",
            fr="Un lieu servi n'a que {periods:int} périodes d'avant le service. Une combinaison qui en suit si peu peut le faire par hasard, et rien ne montre qu'elle aurait continué.",
        ),
        {"periods": periods},
    )


# --- method -----------------------------------------------------------------------------------


def mixed(donors: int, served: int, *, intercept: bool, pooled: bool) -> Message:
    """How the counterfactual was formed."""
    if served == 1:
        each = ("the served place", "du lieu servi")
    elif pooled:
        each = (
            "the mean of the places served from each date on",
            "de la moyenne des lieux servis à partir de chaque date",
        )
    else:
        each = ("each served place", "de chaque lieu servi")
    plus = (" plus a constant", " plus une constante") if intercept else ("", "")
    return Message(
        "method.sc-mixed",
        Text(
            en=f"What {each[0]} would have had is a weighted mean of the {{donors:int}} places never served{plus[0]}, with weights that are not negative, sum to one and follow its outcome as closely as possible in every period before the service; each mix is proved to be the closest.",
            fr=f"Ce qu'aurait été l'indicateur {each[1]} est une moyenne pondérée des {{donors:int}} lieux jamais servis{plus[1]}, aux poids non négatifs de somme un, qui suit son indicateur d'aussi près que possible à chaque période d'avant le service ; chaque combinaison est prouvée la plus proche.",
        ),
        {"donors": donors},
    )


def penalised(penalty: float) -> Message:
    """Donors pay for their own distance."""
    return Message(
        "method.sc-penalised",
        Text(
            en="Donors that are themselves far from the served place are held back (Abadie and L'Hour 2021, penalty {penalty:number}).",
            fr="Les donneurs eux-mêmes éloignés du lieu servi sont retenus (Abadie et L'Hour 2021, pénalité {penalty:number}).",
        ),
        {"penalty": penalty},
    )


def chosen() -> Message:
    """How the penalty was chosen."""
    return Message(
        "method.sc-penalty-chosen",
        Text(
            en="The penalty is the one under which places, each mixed without one of the periods before the service, are best foretold in that period.",
            fr="La pénalité est celle avec laquelle les lieux, chacun combiné sans l'une des périodes d'avant le service, sont le mieux prédits à cette période.",
        ),
    )


_STATISTICS = {
    "rmspe-ratio": (
        "the root mean square gap after the service over that from before",
        "l'écart quadratique moyen après le service rapporté à celui d'avant",
    ),
    "signed-ratio": (
        "the mean gap after the service over the root mean square gap from before",
        "l'écart moyen après le service rapporté à l'écart quadratique moyen d'avant",
    ),
}


def tested(statistic: str, placements: int, *, every: bool, served: int) -> Message:
    """How chance is measured."""
    what = _STATISTICS[statistic]
    if served == 1:
        en = "Chance is measured by placebos: each of the {placements:int} places is taken for the served one and mixed from all others, and its statistic is compared with the real one, which counts as well: "
        fr = "Le hasard est mesuré par des placebos : chacun des {placements:int} lieux est pris pour le lieu servi et combiné à partir de tous les autres, et sa statistique est comparée à la vraie, elle-même comptée : "
    elif every:
        en = "Chance is measured by placebos: each place is mixed from all others on the periods before anyone was served, and the mean over the places served is compared for all {placements:int} ways to choose them, the real one counted: "
        fr = "Le hasard est mesuré par des placebos : chaque lieu est combiné à partir de tous les autres sur les périodes où personne n'était servi, et la moyenne sur les lieux servis est comparée pour les {placements:int} façons de les choisir, la vraie comptée : "
    else:
        en = "Chance is measured by placebos: each place is mixed from all others on the periods before anyone was served, and the mean over the places served is compared for {placements:int} ways to choose them, drawn at random, the real one counted: "
        fr = "Le hasard est mesuré par des placebos : chaque lieu est combiné à partir de tous les autres sur les périodes où personne n'était servi, et la moyenne sur les lieux servis est comparée pour {placements:int} façons de les choisir, tirées au hasard, la vraie comptée : "
    return Message(
        f"method.sc-{statistic}",
        Text(en=f"{en}{what[0]}.", fr=f"{fr}{what[1]}."),
        {"placements": placements},
    )


def inverted() -> Message:
    """How the set of effects comes about."""
    return Message(
        "method.sc-inverted",
        Text(
            en="The interval holds every effect, the same in all these places and periods, that this test does not reject when it is taken out of the served places wherever they stand.",
            fr="L'intervalle réunit tous les effets, identiques pour tous ces lieux et périodes, que ce test ne rejette pas une fois retirés des lieux servis partout où ils figurent.",
        ),
    )
