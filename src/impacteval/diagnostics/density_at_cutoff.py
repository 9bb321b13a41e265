"""Do more people stand on one side of the cutoff than its surroundings imply?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impacteval.diagnostics.density import density_jump
from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.randomised import normal_tail
from impacteval.estimates import Diagnostic, Parts
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import BlindSample, Sample

DENSITY_AT_CUTOFF = "density-at-cutoff"
_FEWEST = 100
_DISTINCT = 0.9
"""Share of people with a value of their own below which heaps, not people, make the density."""

_NO_CUTOFF = Message(
    "density.no-cutoff",
    Text(
        en="The design has no cutoff.",
        fr="Le plan d'étude ne comporte pas de seuil.",
    ),
)
_FEW = Message(
    "density.few",
    Text(
        en="Too few people stand on a side of the cutoff to tell how densely they stand there.",
        fr="Trop peu de personnes se trouvent d'un côté du seuil pour dire avec quelle densité.",
    ),
)
_HEAPED = Message(
    "density.heaped",
    Text(
        en="Many people share a value of the running variable, and the test is made for a continuous one: heaps look like jumps to it.",
        fr="Beaucoup de personnes partagent une même valeur de la variable d'affectation, or le test est fait pour une variable continue : des amas y ressemblent à des sauts.",
    ),
)
_CLUSTERED = Message(
    "density.clustered",
    Text(
        en="People stand in clusters, whose members tend to score alike, and the test takes them one by one.",
        fr="Les personnes forment des grappes, dont les membres tendent à avoir des valeurs proches, or le test les prend une à une.",
    ),
)
_FOUND = Text(
    en="Just above the cutoff people stand {times:number2} times as densely as just below. Where nobody chooses a side, chance alone gives a gap as large in {p:percent} of samples.",
    fr="Juste au-dessus du seuil, les personnes sont {times:number2} fois aussi denses que juste en dessous. Là où personne ne choisit son côté, le seul hasard donne un écart aussi grand dans {p:percent} des échantillons.",
)


def density_at_cutoff(
    sample: Sample | BlindSample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
) -> Diagnostic:
    """Whether the density of the running variable jumps at the cutoff (McCrary 2008).

    Where people, or those who score them, can choose a side, more stand just on the side that they want
    and fewer just on the other; people at the line are then not alike. No jump is no proof: those who
    move up and those who move down may be as many. Nothing is read of outcomes.

    Parameters
    ----------
    sample : Sample or BlindSample
        With a running variable and one cutoff.
    limit : float, optional
        The largest confidence in a jump (1 minus the p-value) that passes, such as 0.99.
    rng : Generator, optional
        Not used.

    Returns
    -------
    Diagnostic
        The statistic is 1 minus the two-sided p-value. Parts: ``jump`` (``log_jump, std_error, p_value, bin,
        bandwidth, below, above``). Not applicable without a cutoff, with fewer than 100 people, with clusters,
        and where a tenth of people share their value with others.

    Raises
    ------
    UsageError
        When `limit` is no number.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> score = np.random.default_rng(1).normal(size=800)
    >>> score = np.where((score < 0) & (score > -0.15), -score, score)
    >>> frame = pd.DataFrame({"score": score, "y": score})
    >>> found = density_at_cutoff(Sample.from_frame(
    ...     frame, design="regression_discontinuity", outcome="y", running="score", cutoff=0.0
    ... ), limit=0.99)
    >>> found.status.value
    'failed'

    References
    ----------
    McCrary (2008), Manipulation of the running variable in the regression discontinuity design: a density
    test. *Journal of Econometrics* 142(2). doi:10.1016/j.jeconom.2007.05.005
    """
    limit = checked_limit(DENSITY_AT_CUTOFF, limit)
    matrix = getattr(sample, "blind", sample).matrix()
    if matrix.running is None or matrix.cutoff is None:
        return not_applicable(DENSITY_AT_CUTOFF, limit, _NO_CUTOFF)
    if matrix.cluster is not None or matrix.assignment_cluster is not None:
        return not_applicable(DENSITY_AT_CUTOFF, limit, _CLUSTERED)
    u = np.asarray(matrix.running - matrix.cutoff)
    if len(u) < _FEWEST:
        return not_applicable(DENSITY_AT_CUTOFF, limit, _FEW)
    if len(np.unique(u)) < _DISTINCT * len(u):
        return not_applicable(DENSITY_AT_CUTOFF, limit, _HEAPED)
    found = density_jump(u)
    if found is None:
        return not_applicable(DENSITY_AT_CUTOFF, limit, _FEW)
    p = normal_tail(found.jump / found.std_error)
    statistic = 1.0 - p
    return Diagnostic(
        DENSITY_AT_CUTOFF,
        status_of(statistic, limit),
        statistic,
        limit,
        Message("density.found", _FOUND, {"times": float(np.exp(found.jump)), "p": p}),
        0.5,  # p-values of a sound design are even
        None if limit is None else max(0.0, 1.0 - limit),
        Parts(
            {
                "jump": {
                    "log_jump": [found.jump],
                    "std_error": [found.std_error],
                    "p_value": [p],
                    "bin": [found.bin],
                    "bandwidth": [found.bandwidth],
                    "below": [int((u < 0.0).sum())],
                    "above": [int((u >= 0.0).sum())],
                }
            }
        ),
    )


DENSITY_ENTRY = DiagnosticEntry(
    DENSITY_AT_CUTOFF,
    Text(en="People on both sides of the cutoff", fr="Personnes de part et d'autre du seuil"),
    Text(
        en="Do more people stand just on one side of the cutoff than those further away imply?",
        fr="Y a-t-il plus de personnes juste d'un côté du seuil que celles plus éloignées ne le laissent attendre ?",
    ),
    Text(
        en="Confidence that more than chance separates the densities on both sides",
        fr="Confiance que plus que le hasard sépare les densités des deux côtés",
    ),
    density_at_cutoff,
)
