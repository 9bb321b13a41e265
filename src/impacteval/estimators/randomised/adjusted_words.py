"""What ancova, cuped and g-computation say to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.randomised.messages import listed_names
from impacteval.values import Message, Text


def collinear(names: Sequence[str]) -> Message:
    """Covariates that add nothing."""
    return Message(
        "randomised.collinear",
        Text(
            en="These covariates are constant or a combination of the strata, the arms and the covariates before them: {names:text}. Remove them from the plan.",
            fr="Ces covariables sont constantes ou combinaison des strates, des groupes et des covariables précédentes : {names:text}. Retirez-les du plan d'analyse.",
        ),
        {"names": listed_names(names)},
    )


def too_many(units: int, coefficients: int) -> Message:
    """Fewer units than coefficients."""
    return Message(
        "randomised.too-many-covariates",
        Text(
            en="There are {units:int} units for {coefficients:int} coefficients. Use fewer covariates, or difference-in-means.",
            fr="Il y a {units:int} unités pour {coefficients:int} coefficients. Utilisez moins de covariables, ou difference-in-means.",
        ),
        {"units": units, "coefficients": coefficients},
    )


def shares_differ(precision: float) -> Message:
    """Strata of unequal shares, weighted so that they count by their size."""
    return Message(
        "randomised.shares-differ",
        Text(
            en="The share assigned to the programme differs between strata. Units are weighted so that each stratum counts by its size; the usual regression would weight strata by how evenly they are split, which is not the target, and would give a difference of {precision:number}.",
            fr="La part affectée au programme varie selon les strates. Les unités sont pondérées pour que chaque strate compte selon sa taille ; la régression usuelle pondérerait les strates selon l'équilibre entre leurs groupes, ce qui n'est pas la cible, et donnerait une différence de {precision:number}.",
        ),
        {"precision": precision},
    )


def ancova(covariates: Sequence[str], strata: int | None) -> Message:
    """How ancova forms the means."""
    base = Text(
        en="One least-squares regression of both groups on the arm and {covariates:text}; the two means are its predictions at the average covariates of everyone assigned",
        fr="Une régression des moindres carrés des deux groupes sur l'affectation et {covariates:text} ; les deux moyennes sont ses prédictions aux covariables moyennes de toutes les unités affectées",
    )
    if strata is None:
        return Message(
            "method.ancova",
            Text(en=f"{base.en}.", fr=f"{base.fr}."),
            {"covariates": ", ".join(covariates)},
        )
    return Message(
        "method.blocked-ancova",
        Text(
            en=f"{base.en}, with a level of its own in each of {{strata:int}} strata, which count by their size.",
            fr=f"{base.fr}, avec un niveau propre à chacune des {{strata:int}} strates, qui comptent selon leur taille.",
        ),
        {"covariates": ", ".join(covariates), "strata": strata},
    )


def cuped(covariates: Sequence[str], strata: int | None) -> Message:
    """How cuped forms the means."""
    within = ("", "") if strata is None else (" within strata", " au sein des strates")
    averaged = (
        ("", "")
        if strata is None
        else (
            "; differences in {strata:int} strata are averaged with their sizes as weights",
            " ; les différences de {strata:int} strates sont moyennées selon leur taille",
        )
    )
    values: dict[str, object] = {"covariates": ", ".join(covariates)}
    if strata is not None:
        values["strata"] = strata
    return Message(
        "method.cuped",
        Text(
            en=f"Difference in means of the outcome less what {{covariates:text}} foretold of it, the same for both groups{within[0]}{averaged[0]}.",
            fr=f"Différence de moyennes du résultat, diminué de ce que {{covariates:text}} en laissait prévoir, de la même façon pour les deux groupes{within[1]}{averaged[1]}.",
        ),
        values,
    )


def takes_the_effect(share: float) -> Message:
    """So few units a covariate that theta takes part of the effect with it."""
    return Message(
        "cuped.takes-the-effect",
        Text(
            en="With so few units a covariate, this adjustment would take some {share:percent} of the effect with it. Use ancova or lin, which do not, or fewer covariates.",
            fr="Avec si peu d'unités par covariable, cet ajustement retirerait environ {share:percent} de l'effet lui-même. Utilisez ancova ou lin, qui ne le font pas, ou moins de covariables.",
        ),
        {"share": share},
    )


def takes_a_little(share: float) -> Message:
    """How much of the effect theta takes with it on average."""
    return Message(
        "cuped.takes-a-little",
        Text(
            en="The adjustment takes some {share:percent} of the effect with it on average; ancova and lin do not.",
            fr="L'ajustement retire en moyenne environ {share:percent} de l'effet lui-même ; ancova et lin ne le font pas.",
        ),
        {"share": share},
    )
