"""What randomisation inference says of its results, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.values import Message, Scale, Text

# --- notes ------------------------------------------------------------------------------------


def clusters_taken() -> Message:
    """Clusters of errors that were each in one arm."""
    return Message(
        "lot.clusters-taken",
        Text(
            en="Every cluster is in one arm as a whole, so clusters are taken as what was assigned, though the plan names no such level.",
            fr="Chaque grappe est tout entière dans un seul groupe : les grappes sont tenues pour ce qui a été affecté, bien que le plan n'indique pas ce niveau.",
        ),
    )


def clusters_ignored() -> Message:
    """Clusters of errors when units were assigned."""
    return Message(
        "lot.clusters-ignored",
        Text(
            en="Units were assigned one by one within clusters; the test follows the assignment, and outcomes that go together within clusters do not matter for it.",
            fr="Les unités ont été affectées une à une au sein des grappes ; le test suit l'affectation, et la ressemblance des résultats au sein des grappes n'y change rien.",
        ),
    )


def outside(level: float) -> Message:
    """An estimate outside its own confidence set."""
    return Message(
        "lot.outside",
        Text(
            en="The estimate lies outside its own confidence set at {level:percent}: the set takes the effect to be a constant share for everyone, which these data do not bear out.",
            fr="L'estimation se situe hors de son propre ensemble de confiance à {level:percent} : celui-ci suppose un effet proportionnel identique pour tous, ce que ces données ne confirment pas.",
        ),
        {"level": level},
    )


# --- method -----------------------------------------------------------------------------------


def formed(strata: int, *, paired: bool, covariates: tuple[str, ...]) -> Message:
    """How the effect was formed."""
    if paired:
        en = "Differences within each of {strata:int} pairs, averaged by the size of the pairs"
        fr = "Différences au sein de chacune des {strata:int} paires, moyennées selon la taille des paires"
    elif strata > 1:
        en = "Differences in means within each of {strata:int} strata, averaged by the size of the strata whatever the share assigned in each"
        fr = "Différences de moyennes au sein de chacune des {strata:int} strates, moyennées selon la taille des strates, quelle que soit la part affectée dans chacune"
    else:
        en = "The mean of those assigned to the programme minus the mean of those assigned to comparison"
        fr = "Moyenne des unités affectées au programme moins moyenne des unités affectées à la comparaison"
    if covariates:
        en += ", after taking out once, without regard to the arm, what {covariates:text} say of the outcome under the hypothesis tested"
        fr += ", après avoir retiré une fois, sans égard au groupe, ce que {covariates:text} disent du résultat sous l'hypothèse testée"
    values: dict[str, object] = {}
    if paired or strata > 1:
        values["strata"] = strata
    if covariates:
        values["covariates"] = ", ".join(covariates)
    return Message("method.lot-formed", Text(en=f"{en}.", fr=f"{fr}."), values)


def statistic(*, studentised: bool, paired: bool) -> Message:
    """What was compared between assignments."""
    if studentised and not paired:
        return Message(
            "method.lot-studentised",
            Text(
                en="Assignments are compared by this difference over its standard error, so that the test also holds on average when effects differ between people.",
                fr="Les affectations sont comparées par cette différence rapportée à son erreur type, de sorte que le test vaut aussi en moyenne lorsque les effets diffèrent d'une personne à l'autre.",
            ),
        )
    if studentised:
        return Message(
            "method.lot-paired",
            Text(
                en="Assignments are compared by this difference; over pairs its standard error puts them in the same order.",
                fr="Les affectations sont comparées par cette différence ; avec des paires, la rapporter à son erreur type donne le même ordre.",
            ),
        )
    return Message(
        "method.lot-plain",
        Text(
            en="Assignments are compared by this difference itself. The test supposes the effect is the same for everyone.",
            fr="Les affectations sont comparées par cette différence même. Le test suppose un effet identique pour tous.",
        ),
    )


def exact(assignments: int) -> Message:
    """All assignments were looked at."""
    return Message(
        "method.lot-exact",
        Text(
            en="All {assignments:int} assignments that the lot could have given were compared; the p-value is the share at least as extreme as the one that was drawn, itself included.",
            fr="Les {assignments:int} affectations que le tirage pouvait donner ont toutes été comparées ; la valeur p est la part de celles qui sont au moins aussi extrêmes que l'affectation réalisée, celle-ci comprise.",
        ),
        {"assignments": assignments},
    )


def sampled(draws: int) -> Message:
    """Some assignments were drawn."""
    return Message(
        "method.lot-sampled",
        Text(
            en="{draws:int} assignments were drawn by the same lot; the p-value counts those at least as extreme as the one that was drawn, and that one, among all of them and one.",
            fr="{draws:int} affectations ont été tirées selon le même procédé ; la valeur p compte celles qui sont au moins aussi extrêmes que l'affectation réalisée, plus celle-ci, rapportées à leur nombre plus un.",
        ),
        {"draws": draws},
    )


def balanced(limit: float, names: Sequence[str]) -> Message:
    """The lot was drawn again until balanced."""
    return Message(
        "method.lot-balanced",
        Text(
            en="As in the trial, assignments whose arms differ in {names:text} by a Mahalanobis distance above {limit:number2} are drawn again.",
            fr="Comme dans l'essai, les affectations dont les groupes diffèrent sur {names:text} d'une distance de Mahalanobis supérieure à {limit:number2} sont retirées au sort.",
        ),
        {"limit": limit, "names": ", ".join(names)},
    )


def inverted(scale: Scale, served: float) -> Message:
    """How the set of effects comes about."""
    if scale is Scale.RELATIVE:
        return Message(
            "method.lot-relative",
            Text(
                en="The interval holds every relative effect that the same test does not reject, the effect being the same share of each outcome without the programme.",
                fr="L'intervalle réunit tous les effets relatifs que le même test ne rejette pas, l'effet étant une même part de chaque résultat sans le programme.",
            ),
        )
    if scale is Scale.TOTAL:
        return Message(
            "method.lot-total",
            Text(
                en="The interval holds every effect that the same test does not reject, the same for everyone, times {served:number}, the size of the served group.",
                fr="L'intervalle réunit tous les effets, identiques pour tous, que le même test ne rejette pas, multipliés par {served:number}, la taille du groupe servi.",
            ),
            {"served": served},
        )
    return Message(
        "method.lot-difference",
        Text(
            en="The interval holds every effect that the same test does not reject, the effect being the same for everyone.",
            fr="L'intervalle réunit tous les effets que le même test ne rejette pas, l'effet étant identique pour tous.",
        ),
    )
