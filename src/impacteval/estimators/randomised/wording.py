"""The sentences that say how an estimate and its uncertainty were computed."""

from __future__ import annotations

from impacteval.inference import Variance
from impacteval.values import Message, Scale, Text

_CLUSTERED = {"hc0": "CR0", "hc1": "CR1", "hc2": "CR2", "hc3": "CR3"}


def variance_label(variance: Variance, clustered: bool) -> str:
    """The field's own name: HC2, or CR2 with clusters."""
    return _CLUSTERED[variance] if clustered else variance.upper()


def difference(strata: int | None) -> Message:
    """How the difference in means was formed."""
    if strata is None:
        return Message(
            "method.difference",
            Text(
                en="The mean of those assigned to the programme minus the mean of those assigned to comparison.",
                fr="Moyenne des unités affectées au programme moins moyenne des unités affectées à la comparaison.",
            ),
        )
    return Message(
        "method.blocked-difference",
        Text(
            en="Differences in means within each of {strata:int} strata, averaged with the sizes of the strata as weights.",
            fr="Différences de moyennes au sein de chacune des {strata:int} strates, moyennées selon la taille des strates.",
        ),
        {"strata": strata},
    )


def adjusted(covariates: tuple[str, ...], strata: int | None) -> Message:
    """How the adjusted difference was formed."""
    base = Text(
        en="Least squares in each arm on {covariates:text}, both predicted for everyone assigned (covariates centred and interacted with the arm)",
        fr="Moindres carrés dans chaque groupe sur {covariates:text}, puis prédiction des deux pour toutes les unités affectées (covariables centrées et croisées avec le groupe)",
    )
    if strata is None:
        return Message(
            "method.adjusted",
            Text(en=f"{base.en}.", fr=f"{base.fr}."),
            {"covariates": ", ".join(covariates)},
        )
    return Message(
        "method.blocked-adjusted",
        Text(
            en=f"{base.en}, with its own level in each of {{strata:int}} strata, weighted by their size.",
            fr=f"{base.fr}, avec un niveau propre à chacune des {{strata:int}} strates, pondérées par leur taille.",
        ),
        {"covariates": ", ".join(covariates), "strata": strata},
    )


def errors(variance: Variance, clusters: int | None) -> Message:
    """Which standard error."""
    if clusters is None:
        named = {
            "hc0": (
                "HC0, without correction for small samples",
                "HC0, sans correction pour petits échantillons",
            ),
            "hc1": ("HC1, the usual default of Stata", "HC1, l'option usuelle de Stata"),
            "hc2": (
                "HC2, which in an experiment is Neyman's",
                "HC2, celle de Neyman dans une expérience",
            ),
            "hc3": ("HC3, close to the jackknife", "HC3, proche du jackknife"),
        }[variance]
        return Message(
            f"method.{variance}",
            Text(
                en=f"Standard error: {named[0]}; the arms may vary differently.",
                fr=f"Erreur type : {named[1]} ; la dispersion peut différer d'un groupe à l'autre.",
            ),
        )
    label = _CLUSTERED[variance]
    return Message(
        f"method.{label.lower()}",
        Text(
            en=f"Standard error: {label}, for outcomes that are correlated within {{clusters:int}} clusters.",
            fr=f"Erreur type : {label}, pour des résultats corrélés au sein de {{clusters:int}} grappes.",
        ),
        {"clusters": clusters},
    )


def degrees(rule: str, df: float) -> Message:
    """Which degrees of freedom: ``welch``, ``residual``, ``satterthwaite`` or ``clusters``."""
    named = {
        "welch": ("Welch's approximation", "approximation de Welch"),
        "residual": ("units minus coefficients", "unités moins coefficients"),
        "satterthwaite": ("Satterthwaite's approximation", "approximation de Satterthwaite"),
        "clusters": ("clusters minus one", "grappes moins une"),
    }[rule]
    return Message(
        f"method.df-{rule}",
        Text(
            en=f"Student's t with {{df:number1}} degrees of freedom ({named[0]}).",
            fr=f"Loi de Student à {{df:number1}} degrés de liberté ({named[1]}).",
        ),
        {"df": df},
    )


def on_scale(scale: Scale, *, rate: bool, served: float, spread: float | None) -> Message | None:
    """What the scale adds; None on the scale difference."""
    match scale:
        case Scale.DIFFERENCE:
            return None
        case Scale.RELATIVE:
            return Message(
                "method.relative",
                Text(
                    en="The relative effect is the ratio of the two means minus one; its interval is that of the log ratio, with the sampling error of both means.",
                    fr="L'effet relatif est le rapport des deux moyennes moins un ; son intervalle est celui du logarithme du rapport, avec l'erreur d'échantillonnage des deux moyennes.",
                ),
            )
        case Scale.TOTAL:
            size = (
                ("the exposure of the served group", "l'exposition du groupe servi")
                if rate
                else ("the size of the served group", "la taille du groupe servi")
            )
            return Message(
                "method.total",
                Text(
                    en=f"The total is the average effect times {{served:number}}, {size[0]}.",
                    fr=f"Le total est l'effet moyen multiplié par {{served:number}}, {size[1]}.",
                ),
                {"served": served},
            )
        case Scale.STANDARDISED:
            return Message(
                "method.standardised",
                Text(
                    en="The effect is in standard deviations of the comparison group ({spread:number}, n - 1 in the denominator), whose own sampling error is included.",
                    fr="L'effet est exprimé en écarts types du groupe de comparaison ({spread:number}, dénominateur n - 1), dont l'erreur d'échantillonnage est comprise.",
                ),
                {"spread": spread},
            )


def weights(kind: str | None, *, rate: bool) -> Message | None:
    """How weights and exposure enter; None without either."""
    said = {
        "sampling": (
            "Means are weighted by the sampling weights.",
            "Les moyennes sont pondérées par les poids de sondage.",
        ),
        "frequency": (
            "Each row counts as many times as its frequency weight.",
            "Chaque ligne compte autant de fois que l'indique son poids de fréquence.",
        ),
        "precision": (
            "Means are weighted by the precision weights; a row still counts as one unit in strata and totals.",
            "Les moyennes sont pondérées par les poids de précision ; une ligne compte pour une unité dans les strates et les totaux.",
        ),
    }
    en, fr = said.get(kind or "", ("", ""))
    if rate:
        en = f"{en} Outcomes are per unit of exposure: sums of outcomes over sums of exposure.".strip()
        fr = f"{fr} Les résultats sont rapportés à l'exposition : somme des résultats sur somme des expositions.".strip()
    return Message("method.weights", Text(en=en, fr=fr)) if en else None
