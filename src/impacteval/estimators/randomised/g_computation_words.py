"""What g-computation says to people, and its card with the limits that were measured."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.randomised.adjusted_cards import CHOSEN_AFTER, CHOSEN_BEFORE, OFFER
from impacteval.estimators.randomised.cards import (
    ATTRITION,
    MEASURED,
    NO_INTERFERENCE,
    NO_PAIRS,
    RANDOMISED,
)
from impacteval.inference import Family
from impacteval.plugin import MethodCard
from impacteval.values import Message, Scale, Text

_CURVES: dict[Family, tuple[str, str]] = {
    "gaussian": ("a straight line", "une droite"),
    "binomial": ("a logit curve", "une courbe logit"),
    "poisson": ("an exponential curve (log link)", "une courbe exponentielle (lien log)"),
}


def not_a_share(low: float, high: float) -> Message:
    """A logit model of something else than yes, no, or a share."""
    return Message(
        "g-computation.not-a-share",
        Text(
            en="A binomial model needs outcomes from 0 to 1; here they run from {low:number} to {high:number}. Use another family.",
            fr="Un modèle binomial suppose des résultats de 0 à 1 ; ils vont ici de {low:number} à {high:number}. Choisissez une autre famille.",
        ),
        {"low": low, "high": high},
    )


def negative(low: float) -> Message:
    """A Poisson model of negative outcomes."""
    return Message(
        "g-computation.negative",
        Text(
            en="A Poisson model needs outcomes that are not negative; the lowest is {low:number}. Use another family.",
            fr="Un modèle de Poisson suppose des résultats positifs ou nuls ; le plus bas vaut {low:number}. Choisissez une autre famille.",
        ),
        {"low": low},
    )


def separation(family: Family) -> Message:
    """A model without a finite fit."""
    edge = {
        "poisson": ("that nothing happens", "qu'il ne se passe rien"),
    }.get(family, ("yes or no", "oui ou non"))
    return Message(
        "g-computation.separated",
        Text(
            en=f"Covariates (or an arm, or an arm of a stratum) foretell {edge[0]} without error for some units, so the model has no finite fit. Use fewer covariates, a pooled model, or difference-in-means.",
            fr=f"Des covariables (ou un groupe, ou un groupe d'une strate) laissent prévoir sans erreur {edge[1]} pour certaines unités : le modèle n'a pas d'ajustement fini. Utilisez moins de covariables, un modèle commun (pooled), ou difference-in-means.",
        ),
    )


def no_fit() -> Message:
    """A model that could not be fitted for another reason."""
    return Message(
        "g-computation.no-fit",
        Text(
            en="The model could not be fitted: a covariate has values so far apart that its curve leaves the range of numbers. Rescale or transform it, or use the family gaussian.",
            fr="Le modèle n'a pu être ajusté : une covariable a des valeurs si éloignées que sa courbe sort de l'étendue des nombres. Changez son échelle ou transformez-la, ou prenez la famille gaussian.",
        ),
    )


def formed(
    family: Family, covariates: Sequence[str], *, pooled: bool, strata: int | None
) -> Message:
    """How the means were formed."""
    curve = _CURVES[family]
    who = (
        (
            "one for both groups, with an effect of the group",
            "une seule pour les deux groupes, avec un effet du groupe",
        )
        if pooled
        else ("one for each group", "une pour chaque groupe")
    )
    within = (
        ("", "")
        if strata is None
        else (
            ", with a level of its own in each of {strata:int} strata, which count by their size",
            ", avec un niveau propre à chacune des {strata:int} strates, qui comptent selon leur taille",
        )
    )
    values: dict[str, object] = {"covariates": ", ".join(covariates)}
    if strata is not None:
        values["strata"] = strata
    return Message(
        f"method.g-computation-{family}",
        Text(
            en=f"The outcome of everyone assigned is predicted with and without the programme from {{covariates:text}} by {curve[0]}, {who[0]}{within[0]}; the two means are the averages of these predictions.",
            fr=f"Le résultat de toutes les unités affectées est prédit avec et sans le programme à partir de {{covariates:text}} par {curve[1]}, {who[1]}{within[1]} ; les deux moyennes sont celles de ces prédictions.",
        ),
        values,
    )


G_COMPUTATION = MethodCard(
    title=Text(
        en="Adjusted risks, counts and rates (g-computation)",
        fr="Risques, comptages et taux ajustés (g-computation)",
    ),
    description=Text(
        en="Fits a curve that suits the outcome (yes or no, a count, a rate, or any number) to characteristics known before the lot was drawn, predicts everyone with the programme and without it, and compares the two averages. The answer is a difference of risks or rates or their ratio, never an odds ratio. The curve need not be true: it is of a kind whose predictions add up to the outcomes of each group.",
        fr="Ajuste aux caractéristiques connues avant le tirage au sort une courbe adaptée au résultat (oui ou non, un comptage, un taux ou un nombre quelconque), prédit chacun avec et sans le programme, et compare les deux moyennes. La réponse est une différence de risques ou de taux, ou leur rapport, jamais un rapport de cotes. La courbe n'a pas besoin d'être vraie : ses prédictions ont pour somme les résultats de chaque groupe.",
    ),
    assumptions=(RANDOMISED, NO_INTERFERENCE, MEASURED, CHOSEN_BEFORE),
    limits=(
        OFFER,
        ATTRITION,
        NO_PAIRS,
        Text(
            en="Where covariates, a group or a group of a stratum foretell the outcome without error, the model has no finite fit and the estimate is refused. Few events with many strata or covariates lead there.",
            fr="Lorsque des covariables, un groupe ou un groupe d'une strate laissent prévoir le résultat sans erreur, le modèle n'a pas d'ajustement fini et l'estimation est refusée. Peu d'événements pour beaucoup de strates ou de covariables y conduisent.",
        ),
        Text(
            en="A curve that is far from the truth can make the estimate less precise than no adjustment; it does not bias it in large samples.",
            fr="Une courbe très éloignée de la réalité peut rendre l'estimation moins précise que l'absence d'ajustement ; elle ne la biaise pas dans les grands échantillons.",
        ),
        Text(
            en="Measured with 40 to 500 people: the 95% interval of a difference holds the truth in 94.3% to 95.3% of trials, that of a ratio in 94.3% to 96.5%. Where the effect differs from person to person the error is too large rather than too small for the people assigned: with 100 people and yes-or-no outcomes the interval of a ratio covers 97.4%.",
            fr="Mesuré avec 40 à 500 personnes : l'intervalle à 95 % d'une différence contient la vraie valeur dans 94,3 % à 95,3 % des essais, celui d'un rapport dans 94,3 % à 96,5 %. Lorsque l'effet varie d'une personne à l'autre, l'erreur est plutôt trop grande que trop petite pour les personnes affectées : avec 100 personnes et un résultat binaire, l'intervalle d'un rapport couvre 97,4 %.",
        ),
        CHOSEN_AFTER,
    ),
    references=(
        "Freedman (2008), Statistical Science 23(2), doi:10.1214/08-STS262",
        "Guo and Basse (2023), Journal of the American Statistical Association 118(541), doi:10.1080/01621459.2021.1941053",
        "Cohen and Fogarty (2024), Biometrika 111(1), doi:10.1093/biomet/asad036",
        "Correia, Guimaraes and Zylkin (2019), arXiv:1903.01633",
    ),
    designs=("rct",),
    scales=tuple(Scale),
)
