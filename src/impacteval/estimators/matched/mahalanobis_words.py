"""What matching by distance says to people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text


def _said(key: str, en: str, fr: str, **values: object) -> Message:
    return Message(f"mahalanobis-matching.{key}", Text(en=en, fr=fr), values)


# --- refusals ---------------------------------------------------------------------------------


def nobody_near(matched: int) -> Message:
    """Too few were matched for any comparison."""
    return _said(
        "nobody-near",
        "Comparators close enough were found for {matched:int} of those served, and two at least are needed. Widen the caliper only with a reason that does not rest on outcomes, or compare other people.",
        "Des personnes de comparaison assez proches n'ont été trouvées que pour {matched:int} des personnes servies ; il en faut au moins deux. N'élargissez l'écart admis que pour une raison étrangère aux résultats, ou comparez d'autres personnes.",
        matched=matched,
    )


def too_few_to_correct(used: int, covariates: int) -> Message:
    """A line with as many coefficients as people."""
    return _said(
        "too-few-to-correct",
        "The correction for what distance is left fits a line in {covariates:int} covariates to {used:int} comparators: too few. Use more comparators (ratio), fewer covariates, or bias_adjusted false with a reason.",
        "La correction de l'écart restant ajuste une droite à {covariates:int} covariables sur {used:int} personnes de comparaison : c'est trop peu. Prenez davantage de personnes de comparaison (ratio), moins de covariables, ou bias_adjusted false avec une raison.",
        used=used,
        covariates=covariates,
    )


# --- notes ------------------------------------------------------------------------------------


def left_out(served: int, out: int) -> Message:
    """Served people without a comparator."""
    return _said(
        "left-out",
        "{out:int} of the {served:int} served have nobody near enough (or nobody left), and are left out. The result is not about them; who they are stands in the table unmatched_profile.",
        "{out:int} des {served:int} personnes servies n'ont personne d'assez proche (ou d'encore disponible) et sont écartées. Le résultat ne porte pas sur elles ; leur profil figure dans le tableau unmatched_profile.",
        out=out,
        served=served,
    )


def many_uses(most: float) -> Message:
    """One comparator stands for many."""
    return _said(
        "many-uses",
        "One comparator serves for up to {most:int} of those served: the result leans on few people.",
        "Une même personne de comparaison sert pour {most:int} personnes servies au plus : le résultat repose sur peu de personnes.",
        most=round(most),
    )


# --- how it was done --------------------------------------------------------------------------


def how(ratio: int, *, replace: bool, rank: bool) -> Message:
    """Who was compared with whom."""
    en = "Each person served is compared with those nearest by Mahalanobis distance"
    fr = "Chaque personne servie est comparée aux personnes les plus proches selon la distance de Mahalanobis"
    if rank:
        en += " of the ranks of all covariates"
        fr += " entre les rangs de toutes les covariables"
    else:
        en += " in all covariates"
        fr += " sur toutes les covariables"
    if replace:
        en += ": the nearest {ratio:int} and all who are as near as the last, who may serve several times."
        fr += " : les {ratio:int} plus proches et toutes celles aussi proches que la dernière, qui peuvent servir plusieurs fois."
    else:
        en += ": up to {ratio:int} each, nobody used twice, the closest pairs formed first."
        fr += " : jusqu'à {ratio:int} pour chacune, sans réutilisation, les paires les plus proches étant formées d'abord."
    kind = f"{'rank' if rank else 'values'}-{'replace' if replace else 'once'}"
    return _said(f"how-{kind}", en, fr, ratio=ratio)


def within(caliper: float) -> Message:
    """How far apart pairs may be."""
    return _said(
        "within",
        "No further apart than a distance of {caliper:number}.",
        "L'écart ne dépasse pas une distance de {caliper:number}.",
        caliper=caliper,
    )


def exact() -> Message:
    """Strata are matched exactly."""
    return _said(
        "exact",
        "Comparisons stay within the strata.",
        "Les comparaisons restent au sein des strates.",
    )


def corrected() -> Message:
    """What distance is left is corrected."""
    return _said(
        "corrected",
        "What distance is left is corrected along a line fitted to the comparators as often as they are used (Abadie and Imbens 2011).",
        "L'écart restant est corrigé le long d'une droite ajustée aux personnes de comparaison, comptées autant qu'elles servent (Abadie et Imbens 2011).",
    )


def errors(neighbours: int) -> Message:
    """Where errors come from."""
    return _said(
        "errors",
        "Errors are those of Abadie and Imbens: each set is one draw, and comparators used more than once add the variance around their {neighbours:int} nearest comparators.",
        "Les erreurs sont celles d'Abadie et Imbens : chaque ensemble est un tirage, et les personnes de comparaison utilisées plusieurs fois ajoutent la variance autour de leurs {neighbours:int} plus proches semblables.",
        neighbours=neighbours,
    )
