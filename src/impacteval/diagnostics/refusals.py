"""Are those who were refused, or who refused, unlike those who were taken on?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.selection import Profile, compare
from impacteval.estimates import Diagnostic, Parts
from impacteval.sample.funnel import ACCEPTED, REFUSED
from impacteval.values import LEAST_SHOWN, Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Funnel, Sample

NAME = "refusals-by-profile"

NO_FUNNEL = Message(
    "diagnostics.no-funnel",
    Text(
        en="The study does not say who was eligible and not taken on.",
        fr="L'étude ne dit pas qui était éligible et n'a pas été pris en charge.",
    ),
)
TOO_FEW = Message(
    "diagnostics.funnel-too-few",
    Text(
        en="Fewer than {least:int} people were taken on, or not taken on: nothing is told of them.",
        fr="Moins de {least:int} personnes ont été prises en charge, ou ne l'ont pas été : rien n'est "
        "dit à leur sujet.",
    ),
    {"least": LEAST_SHOWN},
)
NOTHING_VARIES = Message(
    "diagnostics.funnel-alike",
    Text(
        en="Nothing in the profile differs between people.",
        fr="Rien dans le profil ne diffère d'une personne à l'autre.",
    ),
)
_FOUND = Text(
    en="Those who were referred and not taken on differ most from those taken on in {covariate:text}: "
    "{largest:number} standard deviations; a lot among them gives {expected:number} on average. Taken "
    "together, the profile differs as much in {p:percent} of such lots.",
    fr="Les personnes orientées et non prises en charge diffèrent le plus de celles prises en charge "
    "par {covariate:text} : {largest:number} écart-type ; un tirage au sort parmi elles en donne "
    "{expected:number} en moyenne. Dans son ensemble, le profil diffère autant dans {p:percent} de "
    "ces tirages.",
)


def refusals_by_profile(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    funnel: Funnel | None = None,
) -> Diagnostic:
    """The profile of those referred and not taken on, against that of those taken on.

    The statistic is the largest standardised difference, whatever its sign; `expected` and
    `chance_sound_fails` are what a lot among all those referred would give. It does not say who
    refused: the person, or the programme. The reasons do, in the report.

    Parameters
    ----------
    sample : Sample
        Not read.
    limit : float, optional
        The largest difference that passes, in standard deviations.
    rng : Generator, optional
        For the 20,000 draws behind `expected`.
    funnel : Funnel, optional
        Everyone eligible, and how far they came.

    Returns
    -------
    Diagnostic
        Parts: ``profile`` (``column, missing, refused, accepted, std_difference, p_value``) and
        ``together`` (``statistic, df, p_value``). Not applicable without a funnel, or when either
        group has fewer than ten people.

    Examples
    --------
    See ``tests/unit/diagnostics/test_funnel_checks.py``.

    References
    ----------
    Hansen and Bowers (2008), Covariate balance in simple, stratified and clustered comparative
    studies. *Statistical Science* 23(2). doi:10.1214/08-STS254
    """
    limit = checked_limit(NAME, limit)
    if funnel is None:
        return not_applicable(NAME, limit, NO_FUNNEL)
    left, on = funnel.of(REFUSED), funnel.of(ACCEPTED)
    if hidden(funnel, left, on):
        return not_applicable(NAME, limit, TOO_FEW)
    found = compare(funnel, left, on, limit=limit, rng=rng)
    if found is None:
        return not_applicable(NAME, limit, NOTHING_VARIES)
    return Diagnostic(
        NAME,
        status_of(found.largest, limit),
        found.largest,
        limit,
        Message(
            "refusals-by-profile.found",
            _FOUND,
            {
                "covariate": found.names[found.worst],
                "largest": found.largest,
                "expected": found.expected,
                "p": found.p_together,
            },
        ),
        found.expected,
        found.chance,
        Parts(
            {
                "profile": table_of(found, "refused", "accepted"),
                "together": {
                    "statistic": [found.statistic],
                    "df": [found.df],
                    "p_value": [found.p_together],
                },
            }
        ),
    )


def hidden(funnel: Funnel, left: Any, on: Any) -> bool:
    """Whether one of the two groups is too small for anything to be told of it."""
    return bool(funnel.people and min(int(left.sum()), int(on.sum())) < LEAST_SHOWN)


def table_of(found: Profile, left: str, on: str) -> dict[str, list[Any]]:
    """A profile as a table: one row a column that may be shown."""
    kept = found.shown
    return {
        "column": [name for name, shows in zip(found.names, kept, strict=True) if shows],
        "missing": found.absent[kept].tolist(),
        left: found.left[kept].tolist(),
        on: found.on[kept].tolist(),
        "std_difference": found.difference[kept].tolist(),
        "p_value": found.p_value[kept].tolist(),
    }


REFUSALS = DiagnosticEntry(
    NAME,
    Text(en="Who was refused", fr="Profil des refus"),
    Text(
        en="Are those who were not taken on unlike those who were?",
        fr="Les personnes non prises en charge diffèrent-elles de celles qui l'ont été ?",
    ),
    Text(
        en="Largest standardised difference between those not taken on and those taken on, in standard "
        "deviations",
        fr="Plus grand écart standardisé entre personnes non prises en charge et prises en charge, en "
        "écarts-types",
    ),
    refusals_by_profile,
    funnel=True,
)
