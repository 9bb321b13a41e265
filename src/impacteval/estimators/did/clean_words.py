"""What the methods of clean comparisons say to people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text


def _said(key: str, en: str, fr: str, **values: object) -> Message:
    return Message(key, Text(en=en, fr=fr), values)


# --- refusals ---------------------------------------------------------------------------------


def nothing_before(anticipation: int) -> Message:
    """No starting date has a base period."""
    return _said(
        "did.nothing-before",
        "With {anticipation:int} {anticipation:plural:period|periods} of anticipation, no starting date has a period from before the service. Shorten the anticipation, or add earlier periods.",
        "Avec {anticipation:int} {anticipation:plural:période|périodes} d'anticipation, aucune date de démarrage n'a de période antérieure au service. Réduisez l'anticipation, ou ajoutez des périodes antérieures.",
        anticipation=anticipation,
    )


def nothing_clean(after: int | None) -> Message:
    """No comparison can be formed."""
    if after is not None:
        return _said(
            "did.nothing-clean-window",
            "No starting date has units that are measured throughout {periods:int} served {periods:plural:period|periods} and before, beside others that the service does not reach in that time. Choose a shorter window, or add units that are served later or never.",
            "Aucune date de démarrage n'a d'unités mesurées pendant {periods:plural:la période servie|les {periods:int} périodes servies} et avant, à côté d'autres que le service n'atteint pas entre-temps. Choisissez une fenêtre plus courte, ou ajoutez des unités servies plus tard ou jamais.",
            periods=after + 1,
        )
    return _said(
        "did.nothing-clean",
        "In no period are units that are served, and were measured before, beside others that the service has not reached. Add earlier periods, or units that are served later or never.",
        "À aucune période des unités servies, et mesurées auparavant, ne se trouvent à côté d'autres que le service n'a pas atteintes. Ajoutez des périodes antérieures, ou des unités servies plus tard ou jamais.",
    )


def no_slope_at_all(columns: str) -> Message:
    """A covariate makes every comparison impossible."""
    return _said(
        "did.no-slope-at-all",
        "In every comparison {columns:text} does not vary by itself among the comparison units, so that nothing can be fitted to it. Leave it out.",
        "Dans toutes les comparaisons, {columns:text} ne varie pas par elle-même parmi les unités de comparaison : rien ne peut y être ajusté. Retirez-la.",
        columns=columns,
    )


# --- notes ------------------------------------------------------------------------------------


def trimmed(names: str, dates: int) -> Message:
    """Starting dates without the window."""
    return _said(
        "did.trimmed",
        "{dates:int} starting {dates:plural:date lacks|dates lack} the periods that are compared and {dates:plural:is|are} left out ({names:text}).",
        "{dates:int} {dates:plural:date de démarrage n'a pas|dates de démarrage n'ont pas} les périodes comparées et {dates:plural:est laissée|sont laissées} de côté ({names:text}).",
        names=names,
        dates=dates,
    )


def no_slope(columns: str) -> Message:
    """Comparisons that a covariate makes impossible."""
    return _said(
        "did.no-slope",
        "In some comparisons {columns:text} does not vary by itself among the comparison units: these are left out.",
        "Dans certaines comparaisons, {columns:text} ne varie pas par elle-même parmi les unités de comparaison : elles sont laissées de côté.",
        columns=columns,
    )


# --- target -----------------------------------------------------------------------------------


def target_answered(rows: int, of: int) -> Message:
    """Part of the served unit-periods."""
    return _said(
        "target.clean",
        "The served unit-periods that have a clean comparison within the window: {rows:int} of {of:int}.",
        "Les unités-périodes servies qui ont une comparaison nette dans la fenêtre : {rows:int} sur {of:int}.",
        rows=rows,
        of=of,
    )


def target_by_variance(rows: int, of: int) -> Message:
    """Served unit-periods, weighted by a regression."""
    return _said(
        "target.clean-variance",
        "{rows:int} of {of:int} served unit-periods; starting dates count by how sharply they can be compared, not by how many they served.",
        "{rows:int} unités-périodes servies sur {of:int} ; les dates de démarrage comptent selon la netteté de leur comparaison, et non selon le nombre d'unités servies.",
        rows=rows,
        of=of,
    )


# --- method -----------------------------------------------------------------------------------


def stacked(before: int | None, after: int | None, *, never: bool) -> Message:
    """How stacks are made."""
    clean = (
        ("never served", "jamais servies")
        if never
        else ("not served by its end", "non servies à sa fin")
    )
    values: dict[str, object] = {}
    first = ("its first period", "la première période")
    last = ("the last period that can be compared", "la dernière période comparable")
    if before is not None:
        values["before"] = before + 1
        first = (
            "{before:int} {before:plural:period|periods} before its start",
            "{before:int} {before:plural:période|périodes} avant le démarrage",
        )
    if after is not None:
        values["after"] = after
        last = (
            "{after:int} {after:plural:period|periods} after it",
            "{after:int} {after:plural:période|périodes} après",
        )
    return _said(
        "method.stacked",
        f"Each starting date is compared in a window of its own, from {first[0]} to {last[0]}, with units {clean[0]}; only units measured throughout the window count.",
        f"Chaque date de démarrage est comparée dans une fenêtre propre, de {first[1]} à {last[1]}, à des unités {clean[1]} ; seules comptent les unités mesurées pendant toute la fenêtre.",
        **values,
    )


def local_projections(*, never: bool, same: bool, mean_base: bool) -> Message:
    """How long changes are compared."""
    clean = (
        ("never served", "jamais servies")
        if never
        else ("not served by then", "non servies d'ici là")
    )
    base = (
        (
            "the mean of all periods before the service",
            "la moyenne de toutes les périodes d'avant le service",
        )
        if mean_base
        else ("the last period before the service", "la dernière période avant le service")
    )
    units = (
        (
            " The same units are compared at all times since the start.",
            " Les mêmes unités sont comparées à tous les délais depuis le démarrage.",
        )
        if same
        else ("", "")
    )
    return _said(
        "method.local-projections",
        f"For each time since the start, changes from {base[0]} are compared with those of units {clean[0]}.{units[0]}",
        f"Pour chaque délai depuis le démarrage, les évolutions depuis {base[1]} sont comparées à celles d'unités {clean[1]}.{units[1]}",
    )  # fmt: skip


def pooled(after: int | None) -> Message:
    """Outcomes after the start, averaged before they are compared."""
    if after is None:
        return _said(
            "method.clean-pooled-all",
            "The outcomes of all served periods of a starting date are averaged and compared as one.",
            "Les résultats de toutes les périodes servies d'une date de démarrage sont moyennés et comparés en une fois.",
        )
    return _said(
        "method.clean-pooled",
        "The outcomes of the first {periods:int} served {periods:plural:period|periods} are averaged and compared as one, for starting dates that have them all.",
        "Les résultats {periods:plural:de la première période servie|des {periods:int} premières périodes servies} sont moyennés et comparés en une fois, pour les dates de démarrage qui les ont toutes.",
        periods=after + 1,
    )


def adjusted(columns: str) -> Message:
    """Covariates by outcome regression."""
    return _said(
        "method.clean-adjusted",
        "What the change would have been is fitted to the comparison units' covariates ({columns:text}) in the base period.",
        "L'évolution attendue est ajustée aux covariables ({columns:text}) des unités de comparaison à la période de référence.",
        columns=columns,
    )


def anticipated(periods: int) -> Message:
    """Periods of anticipation."""
    return _said(
        "method.clean-anticipated",
        "The last {periods:int} {periods:plural:period|periods} before the start may already show the service and are not compared with.",
        "{periods:plural:La dernière période|Les {periods:int} dernières périodes} avant le démarrage {periods:plural:peut|peuvent} déjà montrer le service et ne servent pas de référence.",
        periods=periods,
    )


def errors(groups: int, *, clustered: bool, regression: bool) -> Message:
    """The standard error."""
    what = ("clusters", "grappes") if clustered else ("units", "unités")
    if regression:
        return _said(
            "method.clean-regression",
            f"The average is the coefficient of one regression with an effect common to all; its standard error is clustered by {{groups:int}} {what[0]} (CR1), with Student's t.",
            f"La moyenne est le coefficient d'une régression à effet commun ; son erreur type est groupée par {{groups:int}} {what[1]} (CR1), avec la loi de Student.",
            groups=groups,
        )
    return _said(
        "method.clean-influence",
        f"Every served unit-period counts alike. The standard error sums the influence of each of {{groups:int}} {what[0]} over all comparisons it stands in, starting dates taken as they are, with Welch and Satterthwaite's degrees of freedom.",
        f"Chaque unité-période servie compte autant. L'erreur type additionne l'influence de chacune des {{groups:int}} {what[1]} sur toutes les comparaisons où elle figure, les dates de démarrage étant données, avec les degrés de liberté de Welch et Satterthwaite.",
        groups=groups,
    )
