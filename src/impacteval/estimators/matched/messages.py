"""What comparisons with similar people say to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.randomised.messages import listed_names
from impacteval.values import Message, Text

# --- refusals ---------------------------------------------------------------------------------


def another_design(design: str) -> Message:
    """The sample is of another design."""
    return Message(
        "matched.another-design",
        Text(
            en="This method compares those served with similar people, and the sample's design is {design:text}. Choose a method for that design.",
            fr="Cette méthode compare les personnes servies à des personnes semblables, or le plan de l'échantillon est {design:text}. Choisissez une méthode adaptée à ce plan.",
        ),
        {"design": design},
    )


def no_covariates() -> Message:
    """Nothing to find similar people by."""
    return Message(
        "matched.no-covariates",
        Text(
            en="Similar people are found by covariates, and the sample names none. Name what was measured before the programme and is related to who was served.",
            fr="Les personnes semblables se trouvent à l'aide de covariables, et l'échantillon n'en indique aucune. Indiquez ce qui a été mesuré avant le programme et qui est lié au fait d'être servi.",
        ),
    )


def collinear(names: Sequence[str]) -> Message:
    """Covariates that add nothing."""
    return Message(
        "matched.collinear",
        Text(
            en="These covariates are constant or a combination of the ones before them (and of the strata): {names:text}. Remove them from the plan.",
            fr="Ces covariables sont constantes, ou combinaison des précédentes (et des strates) : {names:text}. Retirez-les du plan d'analyse.",
        ),
        {"names": listed_names(names)},
    )


def separated() -> Message:
    """Covariates that foretell who was served."""
    return Message(
        "matched.separated",
        Text(
            en="The covariates tell without error who was served, at least for some people, so that nobody comparable was left unserved. Remove the covariate that decides it, or limit the analysis to those who could have gone either way.",
            fr="Les covariables disent sans erreur qui a été servi, au moins pour certaines personnes : personne de comparable n'est resté sans service. Retirez la covariable qui en décide, ou limitez l'analyse aux personnes pour qui les deux étaient possibles.",
        ),
    )


def no_score() -> Message:
    """A logit without a finite maximum."""
    return Message(
        "matched.no-score",
        Text(
            en="The model of who is served has no finite solution on these data. Use fewer covariates, or coarser ones.",
            fr="Le modèle du fait d'être servi n'a pas de solution finie sur ces données. Utilisez moins de covariables, ou des covariables plus grossières.",
        ),
    )


def total_of_served() -> Message:
    """A total of an effect that is not about the served."""
    return Message(
        "matched.total-of-served",
        Text(
            en="A total is the sum of the effects on those served, and this effect is an average over other people. Ask for the effect on the served (estimand att), or use the scale difference.",
            fr="Un total est la somme des effets sur les personnes servies, or cet effet est une moyenne sur d'autres personnes. Demandez l'effet sur les personnes servies (estimand att), ou utilisez l'échelle de la différence.",
        ),
    )


# --- notes ------------------------------------------------------------------------------------


def few_places(served: int, others: int) -> Message:
    """Places that were served, or compared, are too few to tell how places vary."""
    return Message(
        "matched.few-places",
        Text(
            en="The programme was assigned by place: {served:int} {served:plural:place was|places were} served and {others:int} compared. Errors are between people; what else happened in a place is not covered by the interval.",
            fr="Le programme a été attribué par lieu : {served:int} {served:plural:lieu servi|lieux servis}, {others:int} de comparaison. Les erreurs sont entre personnes ; ce qui s'est passé par ailleurs dans un lieu n'est pas couvert par l'intervalle.",
        ),
        {"served": served, "others": others},
    )


def stated_chances() -> Message:
    """Probabilities of being assigned that were stated and are not read."""
    return Message(
        "matched.stated-chances",
        Text(
            en="The stated probabilities of being assigned differ between people and are not used by this method, which goes by the covariates: what they depend on must be among these. To weight by them as they are, make their column a covariate in place of that role and name it as the setting score of inverse-probability.",
            fr="Les probabilités d'affectation déclarées varient d'une personne à l'autre et ne servent pas à cette méthode, qui se fonde sur les covariables : ce dont elles dépendent doit en faire partie. Pour pondérer selon ces probabilités mêmes, faites de leur colonne une covariable au lieu de ce rôle et indiquez-la comme réglage score de inverse-probability.",
        ),
    )


def counted_apart(covariate: str, gap: float) -> Message:
    """Groups that were alike before outcomes and are not as outcomes count."""
    return Message(
        "matched.counted-apart",
        Text(
            en="People were made alike before outcomes, each counted once. As outcomes are counted (those measured, by their time at risk or precision) the groups differ in {covariate:text} by {gap:number} standard deviations, and what this does to the outcome is taken for an effect. Methods with an outcome model or cells (doubly-robust, coarsened-exact) allow for it.",
            fr="Les personnes ont été rendues semblables avant les résultats, chacune comptant pour une. Tels que les résultats sont comptés (personnes mesurées, selon leur temps d'exposition ou leur précision), les groupes diffèrent de {gap:number} écart-type par {covariate:text}, et ce que cela change au résultat est pris pour un effet. Les méthodes à modèle du résultat ou à cellules (doubly-robust, coarsened-exact) en tiennent compte.",
        ),
        {"covariate": covariate, "gap": gap},
    )


# --- how it was done --------------------------------------------------------------------------


def normal() -> Message:
    """The normal law."""
    return Message(
        "method.normal",
        Text(
            en="The interval rests on the normal law, which holds for many people.",
            fr="L'intervalle repose sur la loi normale, valable pour un grand nombre de personnes.",
        ),
    )


def clustered(clusters: int) -> Message:
    """Errors summed by cluster."""
    return Message(
        "method.matched-clusters",
        Text(
            en="Errors are summed within {clusters:int} clusters, whose people resemble each other.",
            fr="Les erreurs sont sommées au sein de {clusters:int} grappes, dont les personnes se ressemblent.",
        ),
        {"clusters": clusters},
    )


# --- whom the effect is about -----------------------------------------------------------------


def target_served(units: int, *, measured_only: bool) -> Message:
    """Everyone served."""
    if measured_only:
        text = Text(
            en="Those served and measured ({units:int})",
            fr="Les personnes servies et mesurées ({units:int})",
        )
    else:
        text = Text(en="Those served ({units:int})", fr="Les personnes servies ({units:int})")
    return Message("target.served", text, {"units": units})


def target_everyone(units: int, *, measured_only: bool) -> Message:
    """Everyone in the data."""
    if measured_only:
        text = Text(
            en="Everyone in the data and measured, served or not ({units:int})",
            fr="Toutes les personnes des données et mesurées, servies ou non ({units:int})",
        )
    else:
        text = Text(
            en="Everyone in the data, served or not ({units:int})",
            fr="Toutes les personnes des données, servies ou non ({units:int})",
        )
    return Message("target.everyone", text, {"units": units})


def target_matched(matched: int, units: int) -> Message:
    """Those served for whom somebody comparable was found."""
    return Message(
        "target.matched",
        Text(
            en="Those served who could be matched ({matched:int} of {units:int})",
            fr="Les personnes servies qui ont pu être appariées ({matched:int} sur {units:int})",
        ),
        {"matched": matched, "units": units},
    )


def target_overlap(units: int) -> Message:
    """People who could have gone either way."""
    return Message(
        "target.overlap",
        Text(
            en="People who could as well have been served as not: everyone in the data ({units:int}), counted the more the less their covariates decide it",
            fr="Les personnes qui auraient pu être servies comme ne pas l'être : toutes celles des données ({units:int}), comptées d'autant plus que leurs covariables en décident moins",
        ),
        {"units": units},
    )
