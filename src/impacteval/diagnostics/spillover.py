"""Do comparison units that stand near the programme fare otherwise than those further away?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from impacteval.diagnostics.balance import NO_ARMS
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.randomised import assignment_of, normal_tail
from impacteval.diagnostics.slopes import slope_within
from impacteval.errors import UsageError
from impacteval.estimates import Diagnostic, Parts
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Sample

NAME = "spillover"
_LEVELS = 12
"""Up to so many values of exposure are listed one by one."""

NO_EXPOSURE = Message(
    "spillover.no-exposure",
    Text(
        en="Nobody stated how near each comparison unit stands to the programme.",
        fr="Personne n'a indiqué à quel point chaque unité de comparaison côtoie le programme.",
    ),
)
_SEVERAL = Message(
    "spillover.several-periods",
    Text(
        en="The sample holds several periods, and this check is of one measurement; spillover-rings is "
        "for services that begin in the course of the data.",
        fr="L'échantillon couvre plusieurs périodes, et ce contrôle porte sur une seule mesure ; "
        "spillover-rings est fait pour les services qui commencent au cours des données.",
    ),
)
_ALIKE = Message(
    "spillover.alike",
    Text(
        en="Within the strata all comparison units stand equally near to the programme, or their "
        "outcomes do not vary.",
        fr="Dans les strates, toutes les unités de comparaison côtoient autant le programme, ou leurs "
        "résultats ne varient pas.",
    ),
)
_FOUND = Text(
    en="Among {n:int} comparison units, one more unit of exposure to the programme goes with an "
    "outcome {size:number} standard deviations {way}; chance alone gives as much in {p:percent} of "
    "samples without spill-over.",
    fr="Parmi {n:int} unités de comparaison, une unité d'exposition au programme en plus va avec un "
    "résultat {way} de {size:number} écart-type ; le seul hasard en donne autant dans {p:percent} "
    "des échantillons sans débordement.",
)
_HIGHER = Text(en="higher", fr="plus élevé")
_LOWER = Text(en="lower", fr="plus bas")


def spillover(
    sample: Sample, *, limit: float | None = None, rng: Generator | None = None
) -> Diagnostic:
    """How much outcomes of comparison units move with their exposure to the programme.

    The statistic is the size of the slope of the outcome on the role `spillover`, within strata,
    over the standard deviation of the comparison outcomes; with an exposure of 0 or 1 it is the
    standardised difference between exposed and unexposed comparison units. The error is robust to
    heteroskedasticity (HC1) or to clusters (CR1), and every measured unit counts once. Nobody drew
    exposure by lot unless the design did: units that stand near the programme may differ for other
    reasons, and a slope is then no proof of spill-over, nor its absence proof of none.

    Parameters
    ----------
    sample : Sample
        A single-outcome sample of one period with the role `spillover`.
    limit : float, optional
        The largest slope that passes, in standard deviations per unit of exposure.
    rng : Generator, optional
        Not used: nothing is drawn.

    Returns
    -------
    Diagnostic
        Parts: ``test`` (``slope, std_error, p_value, n``, in the outcome's units) and, where
        exposure has few values, ``levels`` (``exposure, n, mean``).

    Raises
    ------
    UsageError
        When the sample is blind to outcomes.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame(
    ...     {"d": [1, 1, 0, 0, 0, 0], "near": [0, 0, 1, 1, 0, 0], "y": [9, 9, 4, 6, 1, 3.0]}
    ... )
    >>> sample = Sample.from_frame(
    ...     df, design="rct", outcome="y", treatment="d", spillover="near"
    ... )
    >>> found = spillover(sample, limit=0.2)
    >>> found.parts.columns("test")["slope"], found.status.value
    ((3.0,), 'failed')
    """
    limit = checked_limit(NAME, limit)
    if not hasattr(sample, "outcomes"):
        raise UsageError("Spill-over is about outcomes, and this sample is blind to them.")
    read = assignment_of(sample)
    if read is None:
        return not_applicable(NAME, limit, NO_ARMS)
    matrix = sample.matrix()
    if matrix.spillover is None:
        return not_applicable(NAME, limit, NO_EXPOSURE)
    if sample.structure.kind != "cross_section":
        return not_applicable(NAME, limit, _SEVERAL)
    rows = np.flatnonzero(matrix.measured & ~read[0].arm)
    y, near = matrix.y[rows], matrix.spillover[rows]
    spread = float(y.std(ddof=1)) if len(y) > 1 else 0.0
    fit = slope_within(y, near, read[0].block[rows], read[0].cluster[rows])
    if fit is None or not spread > 0.0:
        return not_applicable(NAME, limit, _ALIKE)
    slope, error = fit[0], math.sqrt(fit[1])
    statistic = abs(slope) / spread
    p = normal_tail(slope / error) if error > 0.0 else float(slope == 0.0)
    tables = {
        "test": {"slope": [slope], "std_error": [error], "p_value": [p], "n": [len(rows)]},
    }
    levels = np.unique(near)
    if len(levels) <= _LEVELS:
        tables["levels"] = {
            "exposure": levels.tolist(),
            "n": [int((near == level).sum()) for level in levels],
            "mean": [float(y[near == level].mean()) for level in levels],
        }
    unit = error / spread
    return Diagnostic(
        NAME,
        status_of(statistic, limit),
        statistic,
        limit,
        Message(
            "spillover.found",
            _FOUND,
            {
                "n": len(rows),
                "size": statistic,
                "way": _HIGHER if slope > 0.0 else _LOWER,
                "p": p,
            },
        ),
        unit * math.sqrt(2.0 / math.pi),
        None if limit is None else normal_tail(limit / unit) if unit > 0.0 else 0.0,
        Parts(tables),
    )
