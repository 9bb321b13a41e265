"""What `propensity-matching` says to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.randomised.messages import listed_names
from impacteval.values import Message, Text


def _said(key: str, en: str, fr: str, **values: object) -> Message:
    return Message(f"propensity-matching.{key}", Text(en=en, fr=fr), values)


# --- refusals ---------------------------------------------------------------------------------


def unknown_score(name: str, covariates: Sequence[str]) -> Message:
    """The column of the score is not among the covariates."""
    return _said(
        "unknown-score",
        "The score {name:text} is not among the covariates ({covariates:text}). Name its column as a covariate, or leave the setting score out: the score is then estimated.",
        "Le score {name:text} n'est pas parmi les covariables ({covariates:text}). Déclarez sa colonne comme covariable, ou omettez le réglage score : le score est alors estimé.",
        name=name,
        covariates=listed_names(covariates) if covariates else "-",
    )


def nobody_near(matched: int) -> Message:
    """Too few were matched for any comparison."""
    return _said(
        "nobody-near",
        "Comparators close enough were found for {matched:int} of those served, and two at least are needed. The groups hardly overlap: widen the caliper only with a reason that does not rest on outcomes, or compare other people.",
        "Des personnes de comparaison assez proches n'ont été trouvées que pour {matched:int} des personnes servies ; il en faut au moins deux. Les groupes ne se recouvrent guère : n'élargissez l'écart admis que pour une raison étrangère aux résultats, ou comparez d'autres personnes.",
        matched=matched,
    )


def other_people() -> Message:
    """What was frozen is about other people."""
    return _said(
        "other-people",
        "The frozen pairs name people who are not in these data, or not in the same group. Run the outcome-blind step on these data.",
        "Les paires figées nomment des personnes qui ne sont pas dans ces données, ou pas dans le même groupe. Relancez l'étape à l'aveugle sur ces données.",
    )


# --- notes ------------------------------------------------------------------------------------


def left_out(served: int, outside: int, alone: int) -> Message:
    """Served people without a comparator, by reason."""
    return _said(
        "left-out",
        "Without a comparator: {out:int} of the {served:int} served ({outside:int} outside the range of scores that both groups have, {alone:int} with nobody left near enough). The result is not about them; who they are stands in the table of those not matched.",
        "Sans personne de comparaison : {out:int} des {served:int} personnes servies ({outside:int} hors de la plage de scores commune aux deux groupes, {alone:int} sans personne encore disponible assez proche). Le résultat ne porte pas sur elles ; leur profil figure dans le tableau des personnes non appariées.",
        out=outside + alone,
        served=served,
        outside=outside,
        alone=alone,
    )


def lost(served: int, comparison: int, dropped: int) -> Message:
    """Matched people whose outcome was not measured."""
    return _said(
        "lost",
        "Matched, but not measured: {served:int} served and {comparison:int} comparators. Sets without them are weighted again; {dropped:int} {dropped:plural:set was|sets were} dropped, since {dropped:plural:its|their} served person or all comparators are missing.",
        "Appariées mais non mesurées : {served:int} {served:plural:personne servie|personnes servies} et {comparison:int} de comparaison. Les ensembles sont repondérés sans elles ; {dropped:int} {dropped:plural:ensemble est écarté|ensembles sont écartés}, faute de la personne servie ou de toute personne de comparaison.",
        served=served,
        comparison=comparison,
        dropped=dropped,
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


def how(ratio: int, *, replace: bool, score: str | None) -> Message:
    """Who was compared with whom."""
    key = "user" if score is not None else "fitted"
    en = {
        "user": "Each person served is compared with those nearest on the score {score:text}",
        "fitted": "Each person served is compared with those whose chance of being served, estimated by a logit on the covariates, is nearest",
    }[key]
    fr = {
        "user": "Chaque personne servie est comparée aux personnes les plus proches selon le score {score:text}",
        "fitted": "Chaque personne servie est comparée aux personnes dont la probabilité d'être servies, estimée par un modèle logit sur les covariables, est la plus proche",
    }[key]
    if replace:
        en += ": {ratio:int} each, who may serve several times."
        fr += " : {ratio:int} pour chacune, qui peuvent servir plusieurs fois."
    else:
        en += ": up to {ratio:int} each, nobody used twice, the highest scores choosing first."
        fr += " : jusqu'à {ratio:int} pour chacune, sans réutilisation, les scores les plus élevés choisissant d'abord."
    kind = f"how-{key}-{'replace' if replace else 'once'}"
    return _said(kind, en, fr, ratio=ratio, score=score or "")


def within(caliper: float, width: float) -> Message:
    """How far apart pairs may be."""
    return _said(
        "within",
        "No further apart than {caliper:number} standard deviations of the score ({width:number}).",
        "L'écart ne dépasse pas {caliper:number} écart type du score ({width:number}).",
        caliper=caliper,
        width=width,
    )


def exact() -> Message:
    """Comparisons within strata."""
    return _said(
        "exact",
        "Comparators are of the same stratum.",
        "Les personnes de comparaison appartiennent à la même strate.",
    )


def errors_by_set(neighbours: int) -> Message:
    """Abadie and Imbens (2006), or matched sets."""
    return _said(
        "errors-by-set",
        "Errors are those of matched sets; what a comparator in several sets adds is told from the {neighbours:int} comparators nearest to them (Abadie and Imbens 2006).",
        "Les erreurs sont celles des ensembles appariés ; ce qu'ajoute une personne utilisée plusieurs fois est estimé d'après les {neighbours:int} personnes de comparaison les plus proches d'elle (Abadie et Imbens 2006).",
        neighbours=neighbours,
    )


def errors_of_score() -> Message:
    """Abadie and Imbens (2016)."""
    return _said(
        "errors-of-score",
        "Errors account for the score being estimated (Abadie and Imbens 2016).",
        "Les erreurs tiennent compte de l'estimation du score (Abadie et Imbens 2016).",
    )
