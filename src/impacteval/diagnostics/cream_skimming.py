"""Are those taken on the ones who would have done well without the programme?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.planned import Planned
from impacteval.diagnostics.randomised import normal_tail
from impacteval.diagnostics.refusals import NO_FUNNEL, TOO_FEW, hidden
from impacteval.estimates import Diagnostic, Parts
from impacteval.sample.funnel import ACCEPTED, NOT_REFERRED, REFUSED
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Funnel, Sample

Floats = NDArray[np.float64]

NAME = "cream-skimming"
_SPARE = 10
"""So many comparison people more than columns, at least: a score fitted on fewer says nothing."""

_NO_COMPARISON = Message(
    "cream-skimming.no-comparison",
    Text(
        en="What would have happened without the programme is predicted from people of one period who "
        "were not served, and the sample has none.",
        fr="Ce qui se serait passé sans le programme se prédit à partir de personnes non servies, vues "
        "à une seule période, et l'échantillon n'en a pas.",
    ),
)
_NOTHING_SHARED = Message(
    "cream-skimming.nothing-shared",
    Text(
        en="No column of the profile is a covariate of the analysis too, so nothing can be predicted of "
        "those eligible.",
        fr="Aucune colonne du profil n'est aussi une covariable de l'analyse : rien ne peut être prédit "
        "pour les personnes éligibles.",
    ),
)
_TOO_SHORT = Message(
    "cream-skimming.too-short",
    Text(
        en="Too few comparison people were measured to predict anything from them.",
        fr="Trop peu de personnes de comparaison ont été mesurées pour en prédire quoi que ce soit.",
    ),
)
_NO_SCORE = Message(
    "cream-skimming.no-score",
    Text(
        en="The profile predicts the same for everyone eligible.",
        fr="Le profil prédit la même chose pour toutes les personnes éligibles.",
    ),
)
_BETTER = Text(en="better", fr="meilleur")
_WORSE = Text(en="worse", fr="moins bon")
_HIGHER = Text(en="higher", fr="plus élevé")
_LOWER = Text(en="lower", fr="plus bas")
_FOUND = Text(
    en="Without the programme, those taken on would have an outcome {way} than everyone eligible, as "
    "predicted from comparison people: by {shift:number}, or {size:number} standard deviations of the "
    "prediction. A lot gives as much or more in {p:percent} of draws. The profile explains "
    "{share:percent} of how outcomes vary among comparison people.",
    fr="Sans le programme, les personnes prises en charge auraient un résultat {way} que l'ensemble "
    "des personnes éligibles, selon une prédiction tirée des personnes de comparaison : de "
    "{shift:number}, soit {size:number} écart-type de la prédiction. Un tirage au sort en donne autant "
    "ou plus dans {p:percent} des cas. Le profil explique {share:percent} de la variation des résultats "
    "parmi les personnes de comparaison.",
)


def cream_skimming(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    funnel: Funnel | None = None,
) -> Diagnostic:
    """Whether those taken on would have done better than those eligible, programme or not.

    The outcome is regressed on the covariates that the profile shares, among measured comparison
    people only: the outcomes of those served are never read. The statistic is the average prediction
    of those taken on minus that of everyone eligible, in standard deviations of the prediction among
    everyone eligible, above zero when those taken on are better off. Where it is not known which
    outcomes are good, its size counts. Taking on those who are worse off passes.

    Under a lot among those eligible it has mean 0 and standard deviation ``sqrt((1 - a/N)/a)``, with
    `a` taken on of `N`; `chance_sound_fails` is by the normal distribution.

    Parameters
    ----------
    sample : Sample
        Single-outcome, one period, with people who were not served.
    limit : float, optional
        The largest statistic that passes, in standard deviations.
    rng : Generator, optional
        Not used: nothing is drawn.
    planned : Planned, optional
        Says which outcomes are good.
    funnel : Funnel, optional
        Everyone eligible, and how far they came.

    Returns
    -------
    Diagnostic
        Parts: ``score`` (``term, coefficient``), ``fit`` (``n, r_squared, adjusted_r_squared``) and
        ``groups`` (``group, mean`` of the prediction, for the eligible, those taken on, and those not).

    Examples
    --------
    See ``tests/unit/diagnostics/test_funnel_checks.py``.

    References
    ----------
    Hansen (2008), The prognostic analogue of the propensity score. *Biometrika* 95(2).
    doi:10.1093/biomet/asn004. Heckman, Smith and Taber (1996), What do bureaucrats do? NBER working
    paper 5535, on cream-skimming.
    """
    limit = checked_limit(NAME, limit)
    if funnel is None:
        return not_applicable(NAME, limit, NO_FUNNEL)
    on, left = funnel.of(ACCEPTED), funnel.of(NOT_REFERRED, REFUSED)
    if not on.any() or not left.any() or hidden(funnel, left, on):
        return not_applicable(NAME, limit, TOO_FEW)
    score = fitted(sample, funnel)
    if isinstance(score, Message):
        return not_applicable(NAME, limit, score)
    predicted = funnel.x[:, score.places] @ score.slopes + score.level
    spread = float(predicted.std(ddof=1))
    if not spread > 1e-12 * float(np.abs(predicted).max()):
        return not_applicable(NAME, limit, _NO_SCORE)
    shift = float(predicted[on].mean() - predicted.mean())
    better = "" if planned is None else planned.better
    size = shift / spread * (-1.0 if better == "lower" else 1.0)
    statistic = size if better else abs(size)
    a, n = int(on.sum()), funnel.n
    error = math.sqrt((1.0 - a / n) / a)
    p = _tail(statistic / error, two=not better)
    chance = None if limit is None else _tail(limit / error, two=not better)
    up, down = (_BETTER, _WORSE) if better else (_HIGHER, _LOWER)
    values = {
        "way": up if size >= 0 else down,
        "shift": abs(shift),
        "size": abs(size),
        "p": p,
        "share": max(0.0, score.adjusted),
    }
    return Diagnostic(
        NAME,
        status_of(statistic, limit),
        statistic,
        limit,
        Message("cream-skimming.found", _FOUND, values),
        0.0 if better else error * math.sqrt(2.0 / math.pi),
        chance,
        Parts(
            {
                "score": {
                    "term": ["(level)", *(funnel.names[k] for k in score.places)],
                    "coefficient": [score.level, *score.slopes.tolist()],
                },
                "fit": {
                    "n": [score.n],
                    "r_squared": [score.r_squared],
                    "adjusted_r_squared": [score.adjusted],
                },
                "groups": {
                    "group": ["eligible", "accepted", "not_accepted"],
                    "mean": [
                        float(predicted.mean()),
                        float(predicted[on].mean()),
                        float(predicted[left].mean()),
                    ],
                },
            }
        ),
    )


def _tail(z: float, *, two: bool) -> float:
    """Chance of a standard normal at least so far out: on both sides, or above."""
    return normal_tail(z) if two else 0.5 * math.erfc(z / math.sqrt(2.0))


@dataclass(frozen=True, slots=True, eq=False)
class Prognosis:
    """Outcomes without the programme, predicted from what the profile shares with the covariates.

    Attributes
    ----------
    places : tuple of int, length k
        Columns of the funnel's profile.
    level : float
    slopes : array, shape (k,)
    n : int
        Comparison people it was fitted on.
    r_squared, adjusted : float
        Share of the variation that it explains, and the same allowing for the number of columns.
    """

    places: tuple[int, ...]
    level: float
    slopes: Floats
    n: int
    r_squared: float
    adjusted: float


def fitted(sample: Sample, funnel: Funnel) -> Prognosis | Message:
    """The outcome of measured comparison people on the shared columns, by least squares."""
    rows = sample.matrix()
    if rows.treatment is None or sample.structure.kind != "cross_section":
        return _NO_COMPARISON
    inside = (rows.treatment == 0.0) & rows.measured
    if not inside.any():
        return _NO_COMPARISON
    own = list(rows.covariate_names)
    shared = [
        (k, own.index(name))
        for k, (name, absent) in enumerate(zip(funnel.names, funnel.absent, strict=True))
        if name in own and not absent
    ]
    x = np.array(rows.X[inside][:, [j for _, j in shared]])
    moves = [bool(np.ptp(column) > 0.0) for column in x.T]
    if not any(moves):
        return _NOTHING_SHARED
    x, shared = x[:, moves], [pair for pair, kept in zip(shared, moves, strict=True) if kept]
    y = np.array(rows.y[inside])
    weight = np.ones(len(y)) if rows.weight is None else np.array(rows.weight[inside])
    if rows.exposure is not None:
        y, weight = y / rows.exposure[inside], weight * rows.exposure[inside]
    n = int((weight > 0).sum())
    if rows.weight is not None and rows.weight_kind == "frequency":
        n = round(float(rows.weight[inside].sum()))
    if n < len(shared) + _SPARE:
        return _TOO_SHORT
    share = weight / weight.sum()
    centre, mean = share @ x, float(share @ y)
    unit = np.sqrt(share @ (x - centre) ** 2)
    unit = np.where(unit > 0.0, unit, 1.0)
    root = np.sqrt(share)
    z, v = root[:, None] * (x - centre) / unit, root * (y - mean)
    beta = np.linalg.lstsq(z, v, rcond=None)[0]
    whole = float(v @ v)
    if not whole > 0.0:
        return _NO_SCORE
    r_squared = 1.0 - float(((v - z @ beta) ** 2).sum()) / whole
    slopes = beta / unit
    return Prognosis(
        places=tuple(k for k, _ in shared),
        level=mean - float(slopes @ centre),
        slopes=slopes,
        n=n,
        r_squared=r_squared,
        adjusted=1.0 - (1.0 - r_squared) * (n - 1) / (n - len(shared) - 1),
    )


CREAM_SKIMMING = DiagnosticEntry(
    NAME,
    Text(en="Choice of the easy cases", fr="Sélection des cas faciles"),
    Text(
        en="Would those taken on have done better than those eligible, programme or not?",
        fr="Les personnes prises en charge auraient-elles mieux réussi que les personnes éligibles, avec "
        "ou sans programme ?",
    ),
    Text(
        en="Predicted outcome without the programme, those taken on minus all those eligible, in standard "
        "deviations, above zero when better",
        fr="Résultat prédit sans le programme, personnes prises en charge moins toutes les personnes "
        "éligibles, en écarts-types, positif quand il est meilleur",
    ),
    cream_skimming,
    planned=True,
    funnel=True,
)
