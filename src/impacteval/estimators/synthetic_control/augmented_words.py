"""What `augmented-synthetic-control` says to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.synthetic_control.messages import some
from impacteval.values import Message, Text

# --- refusals ---------------------------------------------------------------------------------


def one_served(variance: str) -> Message:
    """One served place, and a way of measuring chance that needs several."""
    return Message(
        "asc.one-served",
        Text(
            en="Variance {variance:text} tells chance by how the effect moves when served places are left out or drawn again, and only one place is served in the periods that count. Use variance placebo or jackknife+.",
            fr="La variance {variance:text} mesure le hasard d'après ce que devient l'effet quand des lieux servis sont écartés ou retirés au sort, or un seul lieu est servi pendant les périodes qui comptent. Utilisez la variance placebo ou jackknife+.",
        ),
        {"variance": variance},
    )


def few_stand_ins(served: int, donors: int, fewest: int) -> Message:
    """Too few places to stand in for the served and leave others to mix."""
    return Message(
        "asc.few-stand-ins",
        Text(
            en="{donors:int} {donors:plural:place is|places are} never served. With variance placebo {served:int} of them {served:plural:stands|stand} in for the served, and at least {fewest:int} must be left to mix. Add places that were not served, or use variance jackknife+.",
            fr="{donors:int} {donors:plural:lieu n'est jamais servi|lieux ne sont jamais servis}. Avec la variance placebo, {served:int} d'entre eux {served:plural:remplace|remplacent} les lieux servis, et il doit en rester au moins {fewest:int} à combiner. Ajoutez des lieux non servis, ou utilisez la variance jackknife+.",
        ),
        {"served": served, "donors": donors, "fewest": fewest},
    )


def few_donors_left(variance: str, donors: int) -> Message:
    """Too few donors to leave one out or draw them again."""
    return Message(
        "asc.few-donors-left",
        Text(
            en="With {donors:int} places never served, variance {variance:text} leaves too few to mix. Add places that were not served, or use variance jackknife+.",
            fr="Avec {donors:int} lieux jamais servis, la variance {variance:text} en laisse trop peu à combiner. Ajoutez des lieux non servis, ou utilisez la variance jackknife+.",
        ),
        {"variance": variance, "donors": donors},
    )


def several_starts() -> Message:
    """Held-out periods before several dates."""
    return Message(
        "asc.several-starts",
        Text(
            en="The service began at several dates, and variance jackknife+ holds out periods before one date that is common to all served places. Use variance placebo, or one analysis for each date.",
            fr="Le service a commencé à plusieurs dates, or la variance jackknife+ met de côté des périodes antérieures à une date commune à tous les lieux servis. Utilisez la variance placebo, ou une analyse par date.",
        ),
    )


def flat_covariates(names: Sequence[str]) -> Message:
    """Covariates that tell nothing apart."""
    return Message(
        "asc.flat-covariates",
        Text(
            en="{names:text}: the same in every place that was not served, or determined by the other covariates, so that nothing can be balanced with {count:plural:it|them}. Leave out what repeats.",
            fr="{names:text} : {count:plural:identique|identiques} dans tous les lieux non servis, ou {count:plural:déterminée|déterminées} par les autres covariables ; il n'y a rien à équilibrer. Retirez ce qui se répète.",
        ),
        {"names": ", ".join(names), "count": len(names)},
    )


def missing_covariates(names: Sequence[str]) -> Message:
    """Covariates with holes before the service."""
    return Message(
        "asc.missing-covariates",
        Text(
            en="{names:text}: missing in some place before the service. Complete the data, or leave the covariate out and say so.",
            fr="{names:text} : valeur manquante dans un lieu avant le service. Complétez les données, ou retirez la covariable en le disant.",
        ),
        {"names": ", ".join(names)},
    )


def alike() -> Message:
    """Donors that do not differ."""
    return Message(
        "asc.alike",
        Text(
            en="Before the service the places to be mixed are the same in everything that is compared, so that no mix is closer than another. Use a method that compares changes over time.",
            fr="Avant le service, les lieux à combiner sont identiques en tout ce qui est comparé : aucune combinaison n'est plus proche qu'une autre. Utilisez une méthode qui compare des évolutions.",
        ),
    )


# --- notes ------------------------------------------------------------------------------------


def extrapolates(places: Sequence[str], negative: float) -> Message:
    """The correction goes beyond what any mix can be."""
    return Message(
        "asc.extrapolates",
        Text(
            en="Beyond the mix: in the comparison for {places:text} some places count negatively, {negative:percent} in all. This extrapolates, and rests on outcomes of different places going together in a straight line.",
            fr="Au-delà de la combinaison : dans la comparaison faite pour {places:text}, certains lieux comptent négativement, {negative:percent} en tout. C'est une extrapolation, qui suppose que les indicateurs des lieux varient ensemble de façon linéaire.",
        ),
        {"places": some(places), "negative": negative},
    )


def held_shorter(length: int, window: int) -> Message:
    """Blocks that are shorter than the window of the effect."""
    return Message(
        "asc.held-shorter",
        Text(
            en="Stretches of {length:int} {length:plural:period|periods} are held out, and the effect is an average of {window:int}: there are too few periods from before for longer ones. Means of fewer periods vary more, so that the interval is wider than it need be.",
            fr="Les périodes sont mises de côté par tranches de {length:int}, alors que l'effet est une moyenne sur {window:int} : il n'y a pas assez de périodes antérieures pour des tranches plus longues. Des moyennes plus courtes varient davantage, et l'intervalle est plus large que nécessaire.",
        ),
        {"length": length, "window": window},
    )


def few_blocks(blocks: int, level: float) -> Message:
    """Too few held-out stretches for the level that most contracts ask for."""
    return Message(
        "asc.few-blocks",
        Text(
            en="{blocks:int} stretches of periods were held out: no two-sided level above {level:percent} has a bounded interval.",
            fr="{blocks:int} tranches de périodes ont été mises de côté : aucun niveau bilatéral supérieur à {level:percent} n'a d'intervalle borné.",
        ),
        {"blocks": blocks, "level": level},
    )


def few_served(served: int, variance: str) -> Message:
    """Few served places to tell chance by."""
    return Message(
        "asc.few-served",
        Text(
            en="Variance {variance:text} tells chance by {served:int} served places, which is few: variance placebo tells it by those that were not served.",
            fr="La variance {variance:text} mesure le hasard sur {served:int} lieux servis, ce qui est peu : la variance placebo le mesure sur ceux qui ne l'ont pas été.",
        ),
        {"served": served, "variance": variance},
    )


# --- method -----------------------------------------------------------------------------------


def formed(donors: int, penalty: float) -> Message:
    """How what would have happened is formed, for one served place."""
    return Message(
        "method.asc-formed",
        Text(
            en="What would have happened is the mix of the {donors:int} places never served that is closest to the served place before the service, corrected by a ridge regression (penalty {penalty:number}) for what the mix misses.",
            fr="Ce qui se serait passé est la combinaison des {donors:int} lieux jamais servis la plus proche du lieu servi avant le service, corrigée par une régression ridge (pénalité {penalty:number}) de ce que la combinaison manque.",
        ),
        {"donors": donors, "penalty": penalty},
    )


def formed_each(donors: int, served: int) -> Message:
    """The same for several."""
    return Message(
        "method.asc-formed-each",
        Text(
            en="Each of the {served:int} served places is held against a mix of its own of the {donors:int} places never served, the closest before its service, corrected by a ridge regression for what the mix misses; the effects are averaged.",
            fr="Chacun des {served:int} lieux servis est comparé à sa propre combinaison des {donors:int} lieux jamais servis, la plus proche avant son service, corrigée par une régression ridge de ce que la combinaison manque ; les effets sont ensuite moyennés.",
        ),
        {"donors": donors, "served": served},
    )


def chosen(rule: str, folds: int | None) -> Message:
    """How the penalty was chosen."""
    how = (
        ("each period by itself", "chaque période tour à tour")
        if folds is None
        else (
            "the periods in {folds:int} stretches",
            "les périodes réparties en {folds:int} tranches",
        )
    )
    taken = (
        ("the smallest mean error", "celle dont l'erreur moyenne est la plus faible")
        if rule == "minimum"
        else (
            "the largest whose mean error is within one standard error of the smallest",
            "la plus grande dont l'erreur moyenne est à moins d'une erreur type de la plus faible",
        )
    )
    return Message(
        "method.asc-chosen",
        Text(
            en=f"The penalty is chosen by predicting periods from before the service that were held out, {how[0]}; taken is {taken[0]}.",
            fr=f"La pénalité est choisie en prédisant des périodes antérieures au service mises de côté, {how[1]} ; on retient {taken[1]}.",
        ),
        {} if folds is None else {"folds": folds},
    )


def fixed_effects() -> Message:
    """Outcomes are taken from own means."""
    return Message(
        "method.asc-fixed-effects",
        Text(
            en="Outcomes are taken from each place's own mean before the service, so that a lasting difference in level does not count.",
            fr="Les indicateurs sont mesurés à partir de la moyenne de chaque lieu avant le service : un écart durable de niveau ne compte pas.",
        ),
    )


def covariates(names: Sequence[str], use: str) -> Message:
    """How covariates are used."""
    how = (
        (
            "are balanced along with the outcomes, each with their spread",
            "sont équilibrées en même temps que l'indicateur, chacune avec sa dispersion",
        )
        if use == "stacked"
        else (
            "are taken out of the outcomes by a regression first and are balanced exactly in the end",
            "sont d'abord retirées de l'indicateur par une régression, puis équilibrées exactement à la fin",
        )
    )
    return Message(
        "method.asc-covariates",
        Text(
            en=f"Covariates ({{names:text}}), as means from before the service, {how[0]}.",
            fr=f"Les covariables ({{names:text}}), en moyenne avant le service, {how[1]}.",
        ),
        {"names": ", ".join(names)},
    )


def placebo(compared: int, *, exact: bool, alone: bool, df: float) -> Message:
    """Chance by stand-ins."""
    if alone:
        text = Text(
            en="The standard error is the root mean square of the effects found for the {compared:int} places never served, each in turn in the place of the served one, its penalty chosen anew; t distribution with {df:number} degrees of freedom.",
            fr="L'erreur type est la moyenne quadratique des effets trouvés pour les {compared:int} lieux jamais servis, mis tour à tour à la place du lieu servi, avec une pénalité choisie à nouveau ; loi t à {df:number} degrés de liberté.",
        )
    else:
        every = ("all", "toutes les") if exact else ("drawn", "les")
        text = Text(
            en=f"The standard error is the root mean square of the effects found for groups of places never served in the place of the served ones ({{compared:int}} groups, {every[0]}), each member with the penalty chosen for it alone; t distribution with {{df:number}} degrees of freedom.",
            fr=f"L'erreur type est la moyenne quadratique des effets trouvés pour {every[1]} {{compared:int}} groupes de lieux jamais servis mis à la place des lieux servis, chaque membre avec la pénalité choisie pour lui seul ; loi t à {{df:number}} degrés de liberté.",
        )
    return Message("method.asc-placebo", text, {"compared": compared, "df": df})


def jackknife(df: float) -> Message:
    """Chance by places left out."""
    return Message(
        "method.asc-jackknife",
        Text(
            en="The standard error comes from leaving out each place in turn, with the penalties held; t distribution with one degree of freedom less than there are served places ({df:number}).",
            fr="L'erreur type vient du retrait de chaque lieu tour à tour, à pénalités constantes ; loi t à un degré de liberté de moins que de lieux servis ({df:number}).",
        ),
        {"df": df},
    )


def bootstrap(draws: int, df: float) -> Message:
    """Chance by places drawn again."""
    return Message(
        "method.asc-bootstrap",
        Text(
            en="The standard error is the spread of the effect over {draws:int} draws of the places with replacement, with the penalties held; t distribution with one degree of freedom less than there are served places ({df:number}).",
            fr="L'erreur type est la dispersion de l'effet sur {draws:int} tirages des lieux avec remise, à pénalités constantes ; loi t à un degré de liberté de moins que de lieux servis ({df:number}).",
        ),
        {"draws": draws, "df": df},
    )


def held_out(blocks: int, length: int) -> Message:
    """Chance by periods held out."""
    return Message(
        "method.asc-held-out",
        Text(
            en="Chance is measured by what is missed when stretches of {length:int} consecutive {length:plural:period|periods} before the service are left out and predicted ({blocks:int} stretches, everything fitted anew): the interval is that of the jackknife+.",
            fr="Le hasard est mesuré par l'erreur commise quand des tranches de {length:int} {length:plural:période consécutive|périodes consécutives} d'avant le service sont mises de côté et prédites ({blocks:int} tranches, tout étant réajusté) : l'intervalle est celui du jackknife+.",
        ),
        {"blocks": blocks, "length": length},
    )
