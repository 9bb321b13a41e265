"""What `extended-twfe` says to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.values import Message, Text


def _said(key: str, en: str, fr: str, **values: object) -> Message:
    return Message(f"extended-twfe.{key}", Text(en=en, fr=fr), values)


# --- refusals ---------------------------------------------------------------------------------


def too_few_rows(rows: int, coefficients: int) -> Message:
    """As many coefficients as rows."""
    return _said(
        "too-few-rows",
        "The regression has {coefficients:int} coefficients for {rows:int} rows, or a single unit or cluster, so that there is no error to measure. Use fewer covariates, or imputation.",
        "La régression compte {coefficients:int} coefficients pour {rows:int} lignes, ou une seule unité ou grappe : aucune erreur ne peut être mesurée. Utilisez moins de covariables, ou imputation.",
        rows=rows,
        coefficients=coefficients,
    )


def wrong_outcome(model: str, low: float, high: float) -> Message:
    """An outcome that the model is not for."""
    needed = {
        "poisson": ("0 or more", "supérieures ou égales à 0"),
        "logit": ("from 0 to 1", "comprises entre 0 et 1"),
    }[model]
    return _said(
        f"wrong-outcome-{model}",
        f"The model {{model:text}} is for outcomes {needed[0]}, and these go from {{low:number}} to {{high:number}}. Use model: linear.",
        f"Le modèle {{model:text}} convient à des valeurs {needed[1]}, or celles-ci vont de {{low:number}} à {{high:number}}. Utilisez model : linear.",
        model=model,
        low=low,
        high=high,
    )


def no_maximum() -> Message:
    """Separated data."""
    return _said(
        "no-maximum",
        "The likelihood has no finite maximum: before the service, some cohort or period has outcomes that are all 0 (or all 1), or covariates that separate them. Use model: linear, or join cohorts or periods.",
        "La vraisemblance n'a pas de maximum fini : avant le service, une cohorte ou une période n'a que des 0 (ou que des 1), ou des covariables les séparent. Utilisez model : linear, ou regroupez cohortes ou périodes.",
    )


def no_maximum_served() -> Message:
    """Separated data in a served cell."""
    return _said(
        "no-maximum-served",
        "The likelihood has no finite maximum: in some served cohort and period the covariates separate the outcomes, or all are 0 (or all 1). Leave covariates out, use model: linear, or join cohorts or periods.",
        "La vraisemblance n'a pas de maximum fini : dans une cohorte et une période servies, les covariables séparent les résultats, ou tous valent 0 (ou 1). Retirez des covariables, utilisez model : linear, ou regroupez cohortes ou périodes.",
    )


# --- notes and method -------------------------------------------------------------------------


def how(model: str, effects: str, covariates: Sequence[str]) -> Message:
    """The regression."""
    whose = {
        "unit": ("each unit", "de chaque unité"),
        "cluster": ("each cluster", "de chaque grappe"),
        "cohort": (
            "each cohort (units that begin together)",
            "de chaque cohorte (unités démarrées ensemble)",
        ),
    }[effects]
    by = {
        "linear": ("Least squares", "Moindres carrés"),
        "poisson": (
            "Poisson quasi-likelihood (log link)",
            "Quasi-vraisemblance de Poisson (lien logarithmique)",
        ),
        "logit": (
            "Logit quasi-likelihood (Bernoulli)",
            "Quasi-vraisemblance logit (Bernoulli)",
        ),
    }[model]
    en = f"{by[0]} of all rows on a level of {whose[0]}, an effect of each period, and an effect of the service for each cohort in each period in which it is served"
    fr = f"{by[1]} de toutes les lignes sur un niveau {whose[1]}, un effet de chaque période et un effet du service pour chaque cohorte à chaque période où elle est servie"
    if covariates:
        en += "; {covariates:text} with slopes of their own in each period and cohort, and in each of these effects about the mean of the cohort"
        fr += " ; {covariates:text} avec des pentes propres à chaque période et cohorte, et à chacun de ces effets autour de la moyenne de la cohorte"
    if model == "linear":
        en += ". The effects are averaged over the served rows."
        fr += ". Les effets sont moyennés sur les lignes servies."
    else:
        en += ". The effect is the mean, over the served rows, of what the model fits with the effect of the service minus without it; trends are taken as parallel on the scale of the link."
        fr += ". L'effet est la moyenne, sur les lignes servies, de ce que le modèle ajuste avec l'effet du service moins sans lui ; les tendances sont supposées parallèles à l'échelle du lien."
    return _said(f"how-{model}-{effects}", en, fr, covariates=", ".join(covariates))


def errors(clusters: int | None, coefficients: int) -> Message:
    """The standard error."""
    who = (
        ("units", "les unités")
        if clusters is None
        else ("{clusters:int} clusters", "{clusters:int} grappes")
    )
    return _said(
        "errors",
        f"Standard error: robust to dependence within {who[0]}, with the factor for small samples G/(G - 1) x (n - 1)/(n - {{coefficients:int}}), and by the delta method for averages; covariates of the served as they are. Normal intervals.",
        f"Erreur type : robuste à la dépendance au sein des {'unités' if clusters is None else '{clusters:int} grappes'}, avec le facteur de petits échantillons G/(G - 1) x (n - 1)/(n - {{coefficients:int}}), et par la méthode delta pour les moyennes ; covariables des unités servies telles quelles. Intervalles normaux.",
        clusters=0 if clusters is None else clusters,
        coefficients=coefficients,
    )
