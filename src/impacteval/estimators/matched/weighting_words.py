"""What weighting estimators say to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.randomised.messages import listed_names
from impacteval.values import Message, Text

# --- refusals ---------------------------------------------------------------------------------


def nobody_left(*, served: bool) -> Message:
    """A group in which nobody counts."""
    who = ("the served", "des personnes servies") if served else ("comparison", "de comparaison")
    return Message(
        "weighting.nobody-left",
        Text(
            en=f"Nobody is left in the group of {who[0]} once people were trimmed and those not measured left out. Trim less.",
            fr=f"Il ne reste personne dans le groupe {who[1]} une fois écartées les personnes hors bornes et celles non mesurées. Écartez-en moins.",
        ),
    )


def score_unknown(name: str) -> Message:
    """A score that is no covariate."""
    return Message(
        "weighting.score-unknown",
        Text(
            en="The setting score names {name:text}, which is not among the covariates of the sample. Add that column to the covariates of the plan.",
            fr="Le réglage score désigne {name:text}, qui n'est pas une covariable de l'échantillon. Ajoutez cette colonne aux covariables du plan d'analyse.",
        ),
        {"name": name},
    )


def score_out_of_range(name: str, people: int, low: float, high: float) -> Message:
    """A score that is no chance."""
    return Message(
        "weighting.score-out-of-range",
        Text(
            en="A score is a chance, above 0 and below 1; {people:int} values of {name:text} are not (it runs from {low:number} to {high:number}). Correct the column, or let the score be estimated.",
            fr="Un score est une probabilité, strictement comprise entre 0 et 1 ; {people:int} valeurs de {name:text} ne le sont pas (elles vont de {low:number} à {high:number}). Corrigez la colonne, ou laissez estimer le score.",
        ),
        {"name": name, "people": people, "low": low, "high": high},
    )


def trimmed_away(served: int, others: int) -> Message:
    """Bounds that leave too few people."""
    return Message(
        "weighting.trimmed-away",
        Text(
            en="Within the bounds of trim there are {served:int} served and {others:int} others; two of each are needed at least. Trim less.",
            fr="Dans les bornes de trim, il reste {served:int} personnes servies et {others:int} autres ; il en faut au moins deux de chaque. Écartez-en moins.",
        ),
        {"served": served, "others": others},
    )


def out_of_reach(names: Sequence[str], *, served: bool) -> Message:
    """Averages that a group cannot be weighted to."""
    who = ("the served", "servies") if served else ("comparison", "de comparaison")
    return Message(
        "entropy-balancing.out-of-reach",
        Text(
            en=f"No weights of the group of {who[0]} give it the target's average of {{names:text}}: that average lies at or beyond the edge of what these people have. Compare with people who are more alike, limit the analysis to those served who have their like, or leave the covariate out and say why.",
            fr=f"Aucune pondération des personnes {who[1]} ne leur donne la moyenne visée de {{names:text}} : cette moyenne est au bord ou hors de l'étendue de ces personnes. Comparez avec des personnes plus semblables, limitez l'analyse aux personnes servies qui ont leurs pareilles, ou retirez la covariable en disant pourquoi.",
        ),
        {"names": listed_names(names)},
    )


def not_solved() -> Message:
    """Weights that could not be found."""
    return Message(
        "entropy-balancing.not-solved",
        Text(
            en="The weights that balance these covariates could not be found: the target's averages lie so close to the edge of what the others have that a few people would carry all the weight. Balance fewer covariates.",
            fr="Les poids qui équilibrent ces covariables n'ont pu être trouvés : les moyennes visées sont si proches du bord de l'étendue des autres personnes que quelques-unes porteraient tout le poids. Équilibrez moins de covariables.",
        ),
    )


# --- concerns and notes -----------------------------------------------------------------------


def heavy_concern(share: float) -> Message:
    """One person who is half of a group."""
    return Message(
        "weighting.heavy",
        Text(
            en="One person carries {share:percent} of the weight of a group, so that the result hangs on that person's outcome. Few people are comparable: consider overlap-weighting, or trimming.",
            fr="Une seule personne porte {share:percent} du poids d'un groupe : le résultat tient à ce qui lui arrive. Peu de personnes sont comparables : envisagez overlap-weighting, ou l'option trim.",
        ),
        {"share": share},
    )


def worth(served: bool, n: int, effective: float, share: float, clustered: bool) -> Message:
    """How many people a weighted group is worth, and its heaviest member."""
    who = ("served", "servies") if served else ("in comparison", "de comparaison")
    unit = ("clusters", "grappes") if clustered else ("people", "personnes")
    arm = "served" if served else "comparison"
    return Message(
        f"weighting.worth-{arm}",
        Text(
            en=f"The {{n:int}} people {who[0]}, as weighted, tell as much as {{effective:number1}} {unit[0]} of equal weight; the largest share of one person is {{share:percent}}.",
            fr=f"Les {{n:int}} personnes {who[1]}, une fois pondérées, en disent autant que {{effective:number1}} {unit[1]} de même poids ; la plus grande part d'une seule personne est de {{share:percent}}.",
        ),
        {"n": n, "effective": effective, "share": share},
    )


def left_out(served: int, others: int, low: float, high: float) -> Message:
    """Who was trimmed."""
    return Message(
        "weighting.left-out",
        Text(
            en="People whose chance of being served is below {low:percent} or above {high:percent} are left out: {served:int} served and {others:int} others. The effect is no longer about them.",
            fr="Les personnes dont la probabilité d'être servies est inférieure à {low:percent} ou supérieure à {high:percent} sont écartées : {served:int} servies et {others:int} autres. L'effet ne les concerne plus.",
        ),
        {"served": served, "others": others, "low": low, "high": high},
    )


# --- targets ----------------------------------------------------------------------------------


def target_trimmed(estimand: str, units: int, everyone: int, *, measured_only: bool) -> Message:
    """Those within the bounds, and measured where not everyone was."""
    and_measured = (
        (", and who were measured", ", et qui ont été mesurées") if measured_only else ("", "")
    )
    who = (
        ("Those served", "Les personnes servies")
        if estimand == "att"
        else (
            "Everyone in the data, served or not,",
            "Toutes les personnes des données, servies ou non,",
        )
    )
    return Message(
        f"target.trimmed-{estimand}",
        Text(
            en=f"{who[0]} whose chance of being served lies within the bounds of the plan{and_measured[0]} ({{units:int}} of {{everyone:int}})",
            fr=f"{who[1]} dont la probabilité d'être servies est dans les bornes du plan{and_measured[1]} ({{units:int}} sur {{everyone:int}})",
        ),
        {"units": units, "everyone": everyone},
    )


# --- how it was done --------------------------------------------------------------------------

_COUNTED = {
    "att": (
        "Those served count as they are, the others by their odds of having been served",
        "Les personnes servies comptent telles quelles, les autres selon leur cote d'être servies",
    ),
    "ate": (
        "Everyone counts by one over the chance of having been in the group they are in",
        "Chacun compte pour l'inverse de la probabilité d'avoir été dans son groupe",
    ),
    "overlap": (
        "Everyone counts by the chance of having been in the other group",
        "Chacun compte selon la probabilité d'avoir été dans l'autre groupe",
    ),
}


def _from(covariates: Sequence[str], strata: int | None) -> tuple[str, str, dict[str, object]]:
    values: dict[str, object] = {}
    if covariates:
        values["covariates"] = ", ".join(covariates)
    if strata is not None:
        values["strata"] = strata
    if not covariates:
        return "which of {strata:int} strata", "la strate, parmi {strata:int}", values
    if strata is None:
        return "{covariates:text}", "{covariates:text}", values
    return (
        "{covariates:text} and which of {strata:int} strata",
        "{covariates:text} et la strate, parmi {strata:int}",
        values,
    )


def by_score(estimand: str, covariates: Sequence[str], strata: int | None) -> Message:
    """Weights from an estimated score."""
    counted = _COUNTED[estimand]
    en, fr, values = _from(covariates, strata)
    return Message(
        f"method.score-weights-{estimand}",
        Text(
            en=f"{counted[0]}, by a logit of being served on {en}; each mean is divided by its own sum of weights (Hajek).",
            fr=f"{counted[1]}, d'après un logit du fait d'être servi sur {fr} ; chaque moyenne est divisée par sa propre somme de poids (Hajek).",
        ),
        values,
    )


def by_given_score(estimand: str, name: str) -> Message:
    """Weights from a score that was given."""
    counted = _COUNTED[estimand]
    return Message(
        f"method.given-score-weights-{estimand}",
        Text(
            en=f"{counted[0]}, by the score in the column {{score:text}}; each mean is divided by its own sum of weights (Hajek).",
            fr=f"{counted[1]}, d'après le score de la colonne {{score:text}} ; chaque moyenne est divisée par sa propre somme de poids (Hajek).",
        ),
        {"score": name},
    )


def by_balance(
    estimand: str, covariates: Sequence[str], strata: int | None, *, squares: bool
) -> Message:
    """Weights that balance."""
    en, fr, values = _from(covariates, strata)
    what = (
        ("the averages and the spread of", "les moyennes et la dispersion de")
        if squares
        else ("the averages of", "les moyennes de")
    )
    who = (
        ("The others are weighted so that", "those served", "Les autres personnes sont pondérées pour que", "des personnes servies")
        if estimand == "att"
        else ("Both groups are weighted so that", "everyone", "Les deux groupes sont pondérés pour que", "de toutes les personnes")
    )  # fmt: skip
    return Message(
        f"method.balance-weights-{estimand}",
        Text(
            en=f"{who[0]} {what[0]} {en} are exactly those of {who[1]}, with weights as even as that allows.",
            fr=f"{who[2]} {what[1]} {fr} soient exactement celles {who[3]}, avec des poids aussi égaux que possible.",
        ),
        values,
    )


def errors(*, estimated: bool, clusters: int | None) -> Message:
    """Which standard error."""
    kind = "estimated" if estimated else "known"
    said = {
        "estimated": (
            "Standard error: that weights were estimated from the same people is counted in",
            "Erreur type : elle tient compte de ce que les poids sont estimés sur les mêmes personnes",
        ),
        "known": (
            "Standard error: weights are taken as known",
            "Erreur type : les poids sont tenus pour connus",
        ),
    }[kind]
    each = (
        ("each person", "chaque personne")
        if clusters is None
        else ("each of {clusters:int} clusters", "chacune des {clusters:int} grappes")
    )
    return Message(
        f"method.weighting-errors-{kind}" + ("" if clusters is None else "-clusters"),
        Text(
            en=f"{said[0]}; for small samples it is the middle between the plain one and that of leaving {each[0]} out.",
            fr=f"{said[1]} ; pour les petits échantillons, c'est le milieu entre l'erreur simple et celle obtenue en retirant {each[1]}.",
        ),
        {} if clusters is None else {"clusters": clusters},
    )


def degrees(df: float, *, clustered: bool) -> Message:
    """Which degrees of freedom."""
    unit = ("clusters", "grappes") if clustered else ("people", "personnes")
    return Message(
        "method.df-weighted",
        Text(
            en=f"Student's t with {{df:number1}} degrees of freedom (Welch's approximation, from how many {unit[0]} of equal weight each group is worth).",
            fr=f"Loi de Student à {{df:number1}} degrés de liberté (approximation de Welch, d'après le nombre de {unit[1]} de même poids que vaut chaque groupe).",
        ),
        {"df": df},
    )
