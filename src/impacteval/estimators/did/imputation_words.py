"""What the methods that impute untreated outcomes say to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.randomised.messages import listed_names
from impacteval.values import Message, Text


def _said(key: str, en: str, fr: str, **values: object) -> Message:
    return Message(key, Text(en=en, fr=fr), values)


# --- refusals ---------------------------------------------------------------------------------


def nothing_untreated(anticipation: int) -> Message:
    """No row from before the service and its anticipation."""
    return _said(
        "did.nothing-untreated",
        "With {anticipation:int} {anticipation:plural:period|periods} of anticipation, no row is left from before the service, and what would have happened without it cannot be learnt. Shorten the anticipation, or add earlier periods.",
        "Avec {anticipation:int} {anticipation:plural:période|périodes} d'anticipation, il ne reste aucune ligne d'avant le service, et ce qui serait arrivé sans lui ne peut être appris. Réduisez l'anticipation, ou ajoutez des périodes antérieures.",
        anticipation=anticipation,
    )


def no_clusters() -> Message:
    """Levels of clusters without clusters."""
    return _said(
        "did.no-clusters",
        "The setting effects is cluster, and the sample names no clusters. Name the role cluster or assignment_cluster, or set effects: unit.",
        "Le réglage effects vaut cluster, or l'échantillon n'indique pas de grappes. Indiquez le rôle cluster ou assignment_cluster, ou choisissez effects : unit.",
    )


def collinear(names: Sequence[str]) -> Message:
    """Covariates without information of their own."""
    return _said(
        "did.collinear",
        "Before the service, {names:text} {count:plural:says|say} nothing that the levels, the periods and the other covariates do not say already. Leave {count:plural:it|at least one of them} out.",
        "Avant le service, {names:text} {count:plural:n'apporte|n'apportent} rien que les niveaux, les périodes et les autres covariables ne disent déjà. Retirez-{count:plural:la|en au moins une}.",
        names=listed_names(names),
        count=len(names),
    )


def nothing_imputable() -> Message:
    """No served row whose counterfactual is determined."""
    return _said(
        "did.nothing-imputable",
        "For no served unit and period do the data tell what would have happened without the service: either the unit was not seen before it, or nobody was unserved in that period. Add earlier periods or units that are served later.",
        "Pour aucune unité servie et aucune période, les données ne disent ce qui serait arrivé sans le service : soit l'unité n'a pas été observée auparavant, soit toutes les unités étaient servies à cette période. Ajoutez des périodes antérieures ou des unités servies plus tard.",
    )


def single_leave_out(names: Sequence[str]) -> Message:
    """Leaving out the only one."""
    return _said(
        "did.single-leave-out",
        "The leave-out standard error compares each unit with the others that began at the same time, and in the {count:plural:cohort|cohorts} {names:text} there is a period with one unit (or cluster) alone. Set leave_out: false, or join cohorts.",
        "L'erreur type avec exclusion compare chaque unité aux autres démarrées en même temps, or la {count:plural:cohorte|série de cohortes} {names:text} compte une période avec une seule unité (ou grappe). Choisissez leave_out : false, ou regroupez des cohortes.",
        names=listed_names(names),
        count=len(names),
    )


def negative_anticipation(value: int) -> str:
    """A developer's or plan's mistake in a setting."""
    return f"anticipation must be a number of periods, 0 or more, not {value!r}."


# --- notes ------------------------------------------------------------------------------------


def not_imputable(rows: int, periods: Sequence[str], units: int) -> Message:
    """Served rows that the estimate is not about."""
    never = (
        (
            " Nobody was unserved in the {count:plural:period|periods} {periods:text}.",
            " Toutes les unités étaient servies {count:plural:à la période|aux périodes} {periods:text}.",
        )
        if periods
        else ("", "")
    )
    unseen = (
        (
            " {units:int} served {units:plural:unit was|units were} not seen before the service.",
            " {units:int} {units:plural:unité servie n'a|unités servies n'ont} pas été {units:plural:observée|observées} avant le service.",
        )
        if units
        else ("", "")
    )
    return _said(
        "did.not-imputable",
        "For {rows:int} served {rows:plural:row|rows} the data do not tell what would have happened without the service; the estimate is not about {rows:plural:it|them}."
        + never[0]
        + unseen[0],
        "Pour {rows:int} {rows:plural:ligne servie|lignes servies}, les données ne disent pas ce qui serait arrivé sans le service ; l'estimation ne {rows:plural:la|les} concerne pas."
        + never[1]
        + unseen[1],
        rows=rows,
        periods=listed_names(periods, most=8),
        count=len(periods),
        units=units,
    )


# --- target and method ------------------------------------------------------------------------


def target_imputable(rows: int, served: int) -> Message:
    """Whose effect it is when some served rows cannot be imputed."""
    return _said(
        "target.imputable-unit-periods",
        "The served unit-periods for which the data tell what would have happened without the service: {rows:int} of {served:int}.",
        "Les unités-périodes servies pour lesquelles les données disent ce qui serait arrivé sans le service : {rows:int} sur {served:int}.",
        rows=rows,
        served=served,
    )


def how(effects: str, fixed: Sequence[str], changing: Sequence[str]) -> Message:
    """How the untreated outcomes were imputed."""
    whose = {
        "unit": ("each unit", "de chaque unité"),
        "cluster": ("each cluster", "de chaque grappe"),
        "cohort": (
            "each cohort (units that begin together)",
            "de chaque cohorte (unités démarrées ensemble)",
        ),
    }[effects]
    en = f"A level of {whose[0]} and an effect of each period"
    fr = f"Un niveau {whose[1]} et un effet de chaque période"
    if changing:
        en += ", and {changing:text},"
        fr += ", ainsi que {changing:text},"
    if fixed:
        en += (
            " as well as" if changing else ", and"
        ) + " {fixed:text} with a coefficient in each period,"
        fr += (
            " et" if changing else ", ainsi que"
        ) + " {fixed:text} avec un coefficient par période,"
    en += " are fitted by least squares to rows from before the service alone. What they predict for the served is the outcome without the service, and the effect is the mean of observed minus predicted."
    fr += " sont ajustés par moindres carrés sur les seules lignes antérieures au service. Ce qu'ils prédisent pour les unités servies est l'indicateur sans le service, et l'effet est la moyenne des écarts entre l'observé et le prédit."
    return _said(
        f"method.imputed-{effects}",
        en,
        fr,
        changing=", ".join(changing),
        fixed=", ".join(fixed),
    )


def anticipated(periods: int) -> Message:
    """Rows just before the start are not used as untreated."""
    return _said(
        "method.anticipation",
        "Rows of {periods:int} {periods:plural:period|periods} before each start are not taken as untreated, as the service may already show there.",
        "Les lignes de {periods:int} {periods:plural:période|périodes} avant chaque démarrage ne comptent pas comme non servies, le service pouvant déjà s'y manifester.",
        periods=periods,
    )


def conservative(clusters: int | None, *, leave_out: bool) -> Message:
    """The standard error of Borusyak, Jaravel and Spiess."""
    who = (
        ("units", "les unités")
        if clusters is None
        else ("{clusters:int} clusters", "{clusters:int} grappes")
    )
    left = (
        (
            ", each compared with the others of its cohort",
            ", chacune étant comparée aux autres de sa cohorte",
        )
        if leave_out
        else ("", "")
    )
    return _said(
        "method.conservative",
        f"Standard error: Borusyak, Jaravel and Spiess, independent over {who[0]}; effects are taken as alike within cohort and period{left[0]}, and where they are not it is too large rather than too small. Normal intervals.",
        f"Erreur type : Borusyak, Jaravel et Spiess, indépendance entre {who[1]} ; les effets sont supposés semblables dans une même cohorte et une même période{left[1]}, et s'ils ne le sont pas elle est trop grande plutôt que trop petite. Intervalles normaux.",
        clusters=0 if clusters is None else clusters,
    )


def generated(clusters: int | None) -> Message:
    """The standard error of two stages."""
    who = (
        ("units", "les unités")
        if clusters is None
        else ("{clusters:int} clusters", "{clusters:int} grappes")
    )
    return _said(
        "method.two-stage-errors",
        f"Standard error: two-step method of moments (Gardner; Butts and Gardner), independent over {who[0]}, with the error of the first stage; how effects differ between cohorts and periods counts as error. Normal intervals.",
        f"Erreur type : méthode des moments en deux étapes (Gardner ; Butts et Gardner), indépendance entre {who[1]}, avec l'erreur de la première étape ; les différences d'effet entre cohortes et périodes y comptent comme une erreur. Intervalles normaux.",
        clusters=0 if clusters is None else clusters,
    )


def pre_trends(statistic: float, df: int, p_value: float) -> Message:
    """The test of trends before the service."""
    return _said(
        "did.pre-trends",
        "Before the service, on untreated rows alone: chi-squared {statistic:number} on {df:int} degrees of freedom, p = {p:number}. A large p-value does not show that trends are parallel.",
        "Avant le service, sur les seules lignes non servies : khi-deux de {statistic:number} à {df:int} degrés de liberté, p = {p:number}. Une valeur p élevée ne démontre pas que les tendances sont parallèles.",
        statistic=statistic,
        df=df,
        p=p_value,
    )
