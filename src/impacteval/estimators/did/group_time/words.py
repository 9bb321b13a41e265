"""What `callaway-santanna` says to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.values import Message, Text

# --- how the effect was formed ----------------------------------------------------------------

_CONTROL = {
    "never": (
        "units that are never served",
        "unités jamais servies",
    ),
    "not_yet": (
        "units that are not served yet, or never",
        "unités qui ne sont pas encore servies, ou jamais",
    ),
}
_METHOD = {
    "dr": (
        "Covariates ({names:text}) are allowed for twice, by a least squares prediction of the change among the comparison units and by weights from a logit propensity score that sum to one (doubly robust, Sant'Anna and Zhao): either may be wrong. Their values are those of the base period.",
        "Les covariables ({names:text}) sont prises en compte deux fois, par une prédiction de l'évolution aux moindres carrés parmi les unités de comparaison et par des poids de somme un issus d'un score de propension logit (double robustesse, Sant'Anna et Zhao) : l'un des deux peut être faux. Leurs valeurs sont celles de la période de base.",
    ),
    "ipw": (
        "Covariates ({names:text}) are allowed for by weights from a logit propensity score that sum to one. Their values are those of the base period.",
        "Les covariables ({names:text}) sont prises en compte par des poids de somme un issus d'un score de propension logit. Leurs valeurs sont celles de la période de base.",
    ),
    "reg": (
        "Covariates ({names:text}) are allowed for by a least squares prediction of the change among the comparison units. Their values are those of the base period.",
        "Les covariables ({names:text}) sont prises en compte par une prédiction de l'évolution aux moindres carrés parmi les unités de comparaison. Leurs valeurs sont celles de la période de base.",
    ),
}
_AGGREGATION = {
    "simple": (
        "Effects are averaged over served unit-periods.",
        "Les effets sont pris en moyenne sur les unités-périodes servies.",
    ),
    "group": (
        "Effects are averaged over the periods of each starting date, then over starting dates by size.",
        "Les effets sont pris en moyenne sur les périodes de chaque date de démarrage, puis sur les dates de démarrage selon leur taille.",
    ),
    "calendar": (
        "Effects are averaged within each period by size, then over periods, each counted once.",
        "Les effets sont pris en moyenne dans chaque période selon la taille, puis sur les périodes, comptées chacune une fois.",
    ),
    "dynamic": (
        "Effects are averaged within each time since the start by size, then over these times, each counted once.",
        "Les effets sont pris en moyenne à chaque durée depuis le démarrage selon la taille, puis sur ces durées, comptées chacune une fois.",
    ),
}


def formed(control: str, anticipation: float, names: Sequence[str], method: str) -> list[Message]:
    """The comparison, and how covariates enter."""
    who = _CONTROL[control]
    found = [
        Message(
            f"method.group-time-{control}",
            Text(
                en=f"For each starting date and period, the change since the last period before the service is compared with that of {who[0]} (Callaway and Sant'Anna).",
                fr=f"Pour chaque date de démarrage et chaque période, l'évolution depuis la dernière période avant le service est comparée à celle des {who[1]} (Callaway et Sant'Anna).",
            ),
        )
    ]
    if anticipation > 0:
        found.append(
            Message(
                "method.group-time-anticipation",
                Text(
                    en="The service may be felt {ahead:number} before its start; the last period before that is the base.",
                    fr="Le service peut se faire sentir {ahead:number} avant son démarrage ; la dernière période antérieure sert de base.",
                ),
                {"ahead": anticipation},
            )
        )
    if names:
        said = _METHOD[method]
        found.append(
            Message(
                f"method.group-time-{method}",
                Text(en=said[0], fr=said[1]),
                {"names": ", ".join(names)},
            )
        )
    return found


def aggregation(name: str) -> Message:
    """How the effects are averaged."""
    said = _AGGREGATION[name]
    return Message(f"method.group-time-by-{name}", Text(en=said[0], fr=said[1]))


def total_over_served() -> Message:
    """A total does not depend on how the average is formed."""
    return Message(
        "method.group-time-total",
        Text(
            en="A total adds the effects up over served unit-periods, whatever the aggregation.",
            fr="Un total additionne les effets sur les unités-périodes servies, quelle que soit l'agrégation.",
        ),
    )


def by_cohort_size() -> Message:
    """Starting dates count by their units rather than by the rows that were served."""
    return Message(
        "method.group-time-cohort-size",
        Text(
            en="A starting date counts by its units in all periods, as in the R package did, not by the rows measured in each.",
            fr="Une date de démarrage compte selon ses unités de toutes les périodes, comme dans le paquet R did, et non selon les lignes mesurées dans chacune.",
        ),
    )


def pairs(lost: int) -> Message:
    """Unbalanced panels: changes of those measured in both periods."""
    return Message(
        "method.group-time-pairs",
        Text(
            en="The panel is unbalanced. Each comparison uses the units measured in both of its periods, so that levels which differ between units cancel; {lost:int} served {lost:plural:row has|rows have} no measure in the base period, and {lost:plural:its|their} effect is taken to be that of the other units with the same start.",
            fr="Le panel n'est pas équilibré. Chaque comparaison porte sur les unités mesurées à ses deux périodes, si bien que les différences de niveau entre unités s'annulent ; {lost:int} {lost:plural:ligne servie n'a|lignes servies n'ont} pas de mesure dans la période de base, et {lost:plural:son|leur} effet est supposé égal à celui des autres unités de même démarrage.",
        ),
        {"lost": lost},
    )


def as_cross_sections() -> Message:
    """Unbalanced panels compared as other units in each period, on request."""
    return Message(
        "method.group-time-as-cross-sections",
        Text(
            en="As asked, the rows of each period are compared as cross-sections, also those of units measured in one period only, as the R package did does with unbalanced panels; errors allow for the units seen twice.",
            fr="Comme demandé, les lignes de chaque période sont comparées en coupes transversales, y compris celles des unités mesurées à une seule période, comme le fait le paquet R did avec les panels non équilibrés ; les erreurs tiennent compte des unités vues deux fois.",
        ),
    )


def cross_sections() -> Message:
    """Other units are seen in each period."""
    return Message(
        "method.group-time-cross-sections",
        Text(
            en="Other units are seen in each period: group means are compared, and who is counted must not change with the service.",
            fr="D'autres unités sont observées à chaque période : ce sont des moyennes de groupe que l'on compare, et la composition des groupes ne doit pas changer avec le service.",
        ),
    )


def analytic(groups: int, *, clustered: bool) -> Message:
    """Errors from influence functions."""
    level = ("clusters", "grappes") if clustered else ("units", "unités")
    return Message(
        "method.group-time-analytic",
        Text(
            en=f"Standard error: from the influence of each of {{groups:int}} {level[0]}, with that of the propensity scores, regressions and sizes, without a correction for few of them (the R package did prints the same; programmes that multiply by the root of G/(G - 1) print slightly more). Normal intervals; bands from the joint normal distribution, not drawn.",
            fr=f"Erreur type : d'après l'influence de chacune des {{groups:int}} {level[1]}, y compris celle des scores de propension, des régressions et des tailles, sans correction pour petit nombre (le paquet R did affiche la même ; les logiciels qui multiplient par la racine de G/(G - 1) affichent un peu plus). Intervalles normaux ; bandes d'après la loi normale conjointe, sans tirage.",
        ),
        {"groups": groups},
    )


def multiplier(groups: int, draws: int, law: str, *, clustered: bool) -> Message:
    """Errors from draws of multipliers."""
    level = ("clusters", "grappes") if clustered else ("units", "unités")
    named = {
        "rademacher": ("Rademacher", "Rademacher"),
        "mammen": ("Mammen", "Mammen"),
    }[law]
    return Message(
        "method.group-time-multiplier",
        Text(
            en=f"Standard error and bands: from {{draws:int}} draws of {named[0]} multipliers of the influence of {{groups:int}} {level[0]}; the standard error is the interquartile range of the draws over that of a normal. Another seed gives another standard error.",
            fr=f"Erreur type et bandes : d'après {{draws:int}} tirages de multiplicateurs de {named[1]} de l'influence de {{groups:int}} {level[1]} ; l'erreur type est l'écart interquartile des tirages rapporté à celui d'une loi normale. Une autre graine donne une autre erreur type.",
        ),
        {"groups": groups, "draws": draws},
    )


# --- target -----------------------------------------------------------------------------------

_TARGET = {
    "simple": (
        "The units that were served, in the periods in which they were",
        "Les unités servies, pendant les périodes où elles l'ont été",
    ),
    "group": (
        "The units that were served, each starting date counted by its size however long it was served",
        "Les unités servies, chaque date de démarrage comptant selon sa taille, quelle que soit la durée du service",
    ),
    "calendar": (
        "The units that were served, each period counted once",
        "Les unités servies, chaque période comptant une fois",
    ),
    "dynamic": (
        "The units that were served, each time since the start counted once",
        "Les unités servies, chaque durée depuis le démarrage comptant une fois",
    ),
}


def target(name: str, units: int, share: float | None, first: str = "", last: str = "") -> Message:
    """Whose effect it is.

    `share` is that of the served unit-periods which could be compared, None when all could.
    """
    en, fr = _TARGET[name]
    values: dict[str, object] = {"units": units}
    if first:
        en += " ({first:text} to {last:text})"
        fr += " (de {first:text} à {last:text})"
        values |= {"first": first, "last": last}
    en += ": {units:int} units"
    fr += " : {units:int} unités"
    if share is not None:
        en += (
            "; only where they could be compared, which is {share:percent1} of served unit-periods"
        )
        fr += " ; seulement là où une comparaison est possible, soit {share:percent1} des unités-périodes servies"
        values["share"] = share
    return Message("target.group-time", Text(en=en + ".", fr=fr + "."), values)


# --- notes and refusals -----------------------------------------------------------------------

_REASONS = {
    "nobody": (
        "nobody was left to compare with",
        "il ne restait personne à qui comparer",
    ),
    "no_base": (
        "there is no period from before the service could be felt",
        "il n'y a pas de période antérieure à celle où le service peut se faire sentir",
    ),
    "unmeasured": (
        "no unit was measured in both periods",
        "aucune unité n'a été mesurée aux deux périodes",
    ),
    "few": (
        "there were no more units than covariates",
        "il n'y avait pas plus d'unités que de covariables",
    ),
    "collinear": (
        "the covariates {columns:text} were constant or collinear among those compared",
        "les covariables {columns:text} étaient constantes ou colinéaires parmi les unités comparées",
    ),
    "overlap": (
        "the covariates tell the served from the comparison units without error, so that there is no propensity score",
        "les covariables distinguent sans erreur les unités servies de celles de comparaison, si bien qu'il n'y a pas de score de propension",
    ),
}


def not_estimable(reason: str, columns: str, places: str, *, served: bool) -> Message:
    """Effects that could not be formed, and why.

    Parameters
    ----------
    reason : str
        One of `_REASONS`.
    columns : str
        Covariates it is about.
    places : str
        Starting dates and periods.
    served : bool
        Whether these are effects on the served, or comparisons from before.
    """
    en, fr = _REASONS[reason]
    left = (
        (
            "They are left out of the average",
            "Ils ne comptent pas dans la moyenne",
        )
        if served
        else (
            "These are comparisons from before the service",
            "Ce sont des comparaisons antérieures au service",
        )
    )
    return Message(
        "did.not-estimable",
        Text(
            en=f"Effects that could not be estimated ({{places:text}}): {en}. {left[0]}.",
            fr=f"Effets qui n'ont pu être estimés ({{places:text}}) : {fr}. {left[1]}.",
        ),
        {"places": places, "columns": columns},
    )


def nothing_estimable(reason: str, columns: str) -> Message:
    """No effect on the served could be formed."""
    en, fr = _REASONS[reason]
    return Message(
        "did.nothing-estimable",
        Text(
            en=f"No effect on the served could be estimated: {en}.",
            fr=f"Aucun effet sur les unités servies n'a pu être estimé : {fr}.",
        ),
        {"columns": columns},
    )


def nothing_kept() -> Message:
    """The event times asked for are not in the data."""
    return Message(
        "did.no-event-time",
        Text(
            en="No time since the start of the service lies within earliest, latest and balance. Widen them.",
            fr="Aucune durée depuis le démarrage du service ne respecte earliest, latest et balance. Élargissez-les.",
        ),
    )


def weak_overlap(cells: int, largest: float, worth: float) -> Message:
    """Comparison units that are almost sure to be served."""
    return Message(
        "did.weak-overlap",
        Text(
            en="In {cells:int} {cells:plural:comparison|comparisons} some comparison unit looks almost sure to be served (largest propensity score {largest:number}); a few units then carry the comparison, in the worst case as if there were {worth:number}. Nothing is trimmed.",
            fr="Dans {cells:int} {cells:plural:comparaison|comparaisons}, une unité de comparaison paraît presque sûre d'être servie (score de propension maximal {largest:number}) ; quelques unités portent alors la comparaison, au pire comme s'il y en avait {worth:number}. Rien n'est écarté.",
        ),
        {"cells": cells, "largest": largest, "worth": worth},
    )


def later_may_anticipate() -> Message:
    """With anticipation, those who begin just after the data may already feel the service."""
    return Message(
        "did.later-may-anticipate",
        Text(
            en="Units whose service begins only after the last period count as never served, and with anticipation they may already feel it at the end. Leave them out or cut the last periods.",
            fr="Les unités dont le service ne commence qu'après la dernière période comptent comme jamais servies et, avec une anticipation, elles peuvent déjà s'en ressentir à la fin. Écartez-les ou coupez les dernières périodes.",
        ),
    )


def no_one_reference() -> Message:
    """Gaps: starting dates have bases at different times."""
    return Message(
        "did.no-one-reference",
        Text(
            en="Periods are not evenly spaced, and the base period lies at different times before the start: there is no event study against one reference time, which some sensitivity analyses need.",
            fr="Les périodes ne sont pas régulières et la période de base se trouve à des durées différentes avant le démarrage : il n'y a pas d'étude d'événement par rapport à une seule référence, que requièrent certaines analyses de sensibilité.",
        ),
    )
