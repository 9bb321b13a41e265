"""What the interrupted time series says to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.values import Message, Text


def _said(key: str, en: str, fr: str, **values: object) -> Message:
    return Message(key, Text(en=en, fr=fr), values)


# --- refusals ---------------------------------------------------------------------------------


def another_design(design: str) -> Message:
    """The sample is of another design."""
    return _said(
        "its.another-design",
        "This method carries on the line of one series from before the service, and the sample's design is {design:text}. Use design interrupted_time_series, or a method for that design.",
        "Cette méthode prolonge la droite d'une série d'avant le service, or le plan de l'échantillon est {design:text}. Utilisez le plan interrupted_time_series, ou une méthode adaptée à ce plan.",
        design=design,
    )


def several_dates(dates: int) -> Message:
    """Served units that begin at different times."""
    return _said(
        "its.several-dates",
        "The service began at {dates:int} different dates, and one line is cut at one date. Analyse the places of each date by themselves, or use a method for services that begin at several dates.",
        "Le service a commencé à {dates:int} dates différentes, or une droite se coupe à une seule date. Analysez séparément les lieux de chaque date, ou utilisez une méthode pour des services qui commencent à plusieurs dates.",
        dates=dates,
    )


def missing_cells(cells: Sequence[str], count: int) -> Message:
    """Periods without an outcome."""
    return _said(
        "its.missing-cells",
        "The outcome is missing in {count:int} {count:plural:place and period|places and periods} ({cells:text}{more:text}), and errors of neighbouring periods are read together. Complete the data, or leave out the places that were not measured throughout and say so.",
        "L'indicateur manque pour {count:int} {count:plural:lieu et période|lieux et périodes} ({cells:text}{more:text}), or les erreurs de périodes voisines se lisent ensemble. Complétez les données, ou écartez les lieux qui n'ont pas été mesurés tout du long en le disant.",
        cells=", ".join(cells),
        count=count,
        more=", …" if count > len(cells) else "",
    )


def gap(first: str, last: str) -> Message:
    """Periods that do not follow one another."""
    return _said(
        "its.gap",
        "Periods are not evenly spaced: {last:text} does not follow on {first:text} as the others follow one another. Add the periods in between, or measure over longer ones.",
        "Les périodes ne se suivent pas régulièrement : {last:text} ne succède pas à {first:text} comme les autres se succèdent. Ajoutez les périodes intermédiaires, ou mesurez sur des périodes plus longues.",
        first=first,
        last=last,
    )


def few_periods(before: int, after: int, fewest_before: int, fewest_after: int) -> Message:
    """Too short a series."""
    return _said(
        "its.few-periods",
        "There {before:plural:is|are} {before:int} {before:plural:period|periods} before the service and {after:int} served {after:plural:one|ones} that {after:plural:counts|count}; at least {fewest_before:int} and {fewest_after:int} are needed to tell a line from chance. Add periods, or measure over shorter ones.",
        "Il y a {before:int} {before:plural:période|périodes} avant le service et {after:int} {after:plural:période servie qui compte|périodes servies qui comptent} ; il en faut au moins {fewest_before:int} et {fewest_after:int} pour distinguer une droite du hasard. Ajoutez des périodes, ou mesurez sur des périodes plus courtes.",
        before=before,
        after=after,
        fewest_before=fewest_before,
        fewest_after=fewest_after,
    )


def few_for_seasons(before: int, season: int) -> Message:
    """More seasons than the time before can tell."""
    return _said(
        "its.few-for-seasons",
        "{before:int} periods before the service are too few for {season:int} seasons: each must come twice, and four periods must be left besides what is fitted. Add earlier periods, or leave out the setting season.",
        "{before:int} périodes avant le service ne suffisent pas pour {season:int} saisons : chacune doit revenir deux fois, et il doit rester quatre périodes en plus de ce qui est ajusté. Ajoutez des périodes antérieures, ou retirez le réglage season.",
        before=before,
        season=season,
    )


def weightless_period(period: str) -> Message:
    """Nobody served has a weight."""
    return _said(
        "its.weightless-period",
        "In {period:text} no served place has a weight above zero, so that they have no mean. Complete the weights, or leave them out.",
        "En {period:text}, aucun lieu servi n'a de poids positif : leur moyenne n'existe pas. Complétez les poids, ou retirez-les.",
        period=period,
    )


def constant(*, controlled: bool) -> Message:
    """Nothing varies before the service."""
    if controlled:
        return _said(
            "its.constant-difference",
            "Before the service the difference from the control series is the same in every period, so that nothing tells how far chance moves it. Check that the control series is not a copy.",
            "Avant le service, l'écart avec la série témoin est le même à chaque période : rien ne dit de combien le hasard le déplace. Vérifiez que la série témoin n'est pas une copie.",
        )
    return _said(
        "its.constant",
        "Before the service the outcome is the same in every period, so that nothing tells how far chance moves it.",
        "Avant le service, l'indicateur est le même à chaque période : rien ne dit de combien le hasard le déplace.",
    )


def met_exactly() -> Message:
    """Periods before lie on the line."""
    return _said(
        "its.met-exactly",
        "The periods before the service lie on the line to rounding, so that nothing tells how far chance moves the outcome. Check that these are measurements and not a formula.",
        "Les périodes d'avant le service sont sur la droite à l'arrondi près : rien ne dit de combien le hasard déplace l'indicateur. Vérifiez qu'il s'agit de mesures et non d'une formule.",
    )


# --- method -----------------------------------------------------------------------------------


def line(before: int, season: int | None, controls: int) -> Message:
    """What was fitted and carried on."""
    en = "A level and a straight line"
    fr = "Un niveau et une droite"
    if season is not None:
        en += " with {season:int} seasons"
        fr += " avec {season:int} saisons"
    en += " are fitted to the {before:int} periods before the service and carried on; the effect is the mean of what was observed less that line."
    fr += " sont ajustés aux {before:int} périodes d'avant le service puis prolongés ; l'effet est la moyenne de ce qui a été observé moins cette droite."
    if controls:
        en += " The series is the mean of those served less the plain mean of {controls:int} {controls:plural:series|series} never served."
        fr += " La série est la moyenne des servis moins la moyenne simple de {controls:int} {controls:plural:série jamais servie|séries jamais servies}."
    return _said("method.its-line", en, fr, before=before, season=season or 0, controls=controls)


def autocorrelated(rho: float) -> Message:
    """Errors of the first order."""
    return _said(
        "method.its-ar1",
        "Each error keeps a part of the one before it. How large a part is not known: all between -1 and 1 are averaged over by their restricted likelihood (mean {rho:number}). The uncertainty holds that of the line, that of the errors to come, and that of this part.",
        "Chaque erreur garde une part de la précédente. L'ampleur de cette part est inconnue : on fait la moyenne de toutes les valeurs entre -1 et 1 selon leur vraisemblance restreinte (moyenne {rho:number}). L'incertitude comprend celle de la droite, celle des erreurs à venir et celle de cette part.",
        rho=rho,
    )


def newey_west(lags: int) -> Message:
    """Errors whose first correlations are read from the data."""
    return _said(
        "method.its-newey-west",
        "Least squares; errors up to {lags:int} {lags:plural:period|periods} apart go together as they did before the service (Newey and West). In series this short such intervals are too narrow.",
        "Moindres carrés ; les erreurs distantes d'au plus {lags:int} {lags:plural:période|périodes} vont ensemble comme avant le service (Newey et West). Sur des séries aussi courtes, ces intervalles sont trop étroits.",
        lags=lags,
    )


def independent() -> Message:
    """Errors without memory."""
    return _said(
        "method.its-independent",
        "Least squares; the error of one period is taken to tell nothing about the next. Where neighbouring periods go together, such intervals are too narrow.",
        "Moindres carrés ; l'erreur d'une période est supposée ne rien dire de la suivante. Si des périodes voisines vont ensemble, ces intervalles sont trop étroits.",
    )


# --- notes ------------------------------------------------------------------------------------


def nothing_else(start: str, controls: int) -> Message:
    """What nobody can see in the series."""
    if controls:
        return _said(
            "its.nothing-else-controlled",
            "Whatever else changed at {start:text} for those served and not for the control series counts as an effect.",
            "Tout ce qui a changé par ailleurs en {start:text} pour les servis et non pour la série témoin compte comme un effet.",
            start=start,
        )
    return _said(
        "its.nothing-else",
        "Whatever else changed at {start:text} counts as an effect: there is no control series that would show it.",
        "Tout ce qui a changé par ailleurs en {start:text} compte comme un effet : aucune série témoin ne le montrerait.",
        start=start,
    )


def how_far(ahead: int, before: int) -> Message:
    """How far the line is carried on."""
    return _said(
        "its.how-far",
        "The line is carried on over {ahead:int} {ahead:plural:period|periods} and rests on {before:int} before: the further, the more depends on its staying straight.",
        "La droite est prolongée sur {ahead:int} {ahead:plural:période|périodes} et repose sur {before:int} périodes antérieures : plus on va loin, plus tout dépend de ce qu'elle reste droite.",
        ahead=ahead,
        before=before,
    )


def evenly_spaced() -> Message:
    """Labels that are no dates."""
    return _said(
        "its.evenly-spaced",
        "The labels of the periods are no numbers or dates that could be read; they are taken to be evenly spaced, in their order.",
        "Les libellés des périodes ne sont ni des nombres ni des dates lisibles ; on les suppose régulièrement espacées, dans leur ordre.",
    )


def covariates_unused(names: Sequence[str]) -> Message:
    """Covariates that have no part."""
    return _said(
        "its.covariates-unused",
        "Covariates have no part in this method: {names:text}.",
        "Les covariables n'entrent pas dans cette méthode : {names:text}.",
        names=", ".join(names),
    )
