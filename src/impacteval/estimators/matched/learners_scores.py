"""From what was foretold to two means of one target population, with joint influence.

A mean is a ratio of two sums over people, ``sum w n_a / sum w d``, whose terms are orthogonal: a
small error in what was foretold does not move them to first order. So the influence of a person is
``w (n_a - mean_a d) / sum w d``, as if models were known.

References
----------
Robins, Rotnitzky and Zhao (1994), *JASA* 89(427), doi:10.1080/01621459.1994.10476818, for everyone;
Hahn (1998), *Econometrica* 66(2), doi:10.2307/2998560, for the served; Chernozhukov, Chetverikov,
Demirer, Duflo, Hansen, Newey and Robins (2018), *Econometrics Journal* 21(1),
doi:10.1111/ectj.12097, for both with learners and for the partially linear coefficient; Crump, Hotz,
Imbens and Mitnik (2009), *Biometrika* 96(1), doi:10.1093/biomet/asn055, for the overlap population.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.matched.learners_fits import Foretold
from impacteval.estimators.matched.people import People
from impacteval.inference import ArmMeans

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Terms of the two means, each of shape (n,), and how people are compared.

    Attributes
    ----------
    without, served : array
        Numerators of the mean without the programme, and with it.
    target : array
        The denominator of both: how much each person is one of those the effect is about.
    compared : array
        What each person counts for in the mean of their group, apart from weights.
    """

    without: Floats
    served: Floats
    target: Floats
    compared: Floats


def served_scores(y: Floats, treatment: Floats, said: Foretold, clip: float) -> Scores:
    """Of those served: others stand in by their odds, and the model of their outcomes is mended.

    Parameters
    ----------
    y, treatment : array, shape (n,)
    said : Foretold
    clip : float
        Chances above ``1 - clip`` count as that.
    """
    chance = np.minimum(said.chance, 1.0 - clip)
    odds = chance / (1.0 - chance)
    left = (1.0 - treatment) * odds
    without = treatment * said.without + left * (y - said.without)
    return Scores(without, treatment * y, treatment, treatment + left)


def everyone_scores(y: Floats, treatment: Floats, said: Foretold, clip: float) -> Scores:
    """Of everyone: each model of outcomes, mended by those of its group over their chance."""
    chance = np.clip(said.chance, clip, 1.0 - clip)
    own, other = treatment / chance, (1.0 - treatment) / (1.0 - chance)
    return Scores(
        said.without + other * (y - said.without),
        said.served + own * (y - said.served),
        np.ones_like(y),
        own + other,
    )


def overlap_scores(y: Floats, treatment: Floats, said: Foretold) -> Scores:
    """Of those who could go either way, each counted by the variance of being served.

    The difference of the two numerators is the product of both residuals, and the denominator the
    square of that of being served: the difference of the means is the partially linear
    coefficient. Each mean alone is that of Crump and others for known outcomes models.
    """
    e, other = said.chance, 1.0 - treatment
    v = e * (1.0 - e)
    without = treatment * (1.0 - e) ** 2 * said.without + other * (e * y - v * said.without)
    served = other * e**2 * said.served + treatment * ((1.0 - e) * y - v * said.served)
    return Scores(without, served, (treatment - e) ** 2, treatment * (1.0 - e) + other * e)


def averaged(scores: Sequence[Scores]) -> Scores:
    """The mean over several partitions, so that no single one decides."""
    return Scores(
        *(
            np.mean([getattr(each, name) for each in scores], axis=0)
            for name in ("without", "served", "target", "compared")
        )
    )


def means_of(people: People, scores: Scores, inside: Bools | None = None) -> tuple[Floats, Floats]:
    """Both means, shape (2,), and the influence of each label on them, shape (2, m).

    Parameters
    ----------
    people : People
    scores : Scores
    inside : array of bool, shape (n,), optional
        Those the means are about; everyone by default.

    Returns
    -------
    means, influence
        Squares and products of the influence sum to the covariance of the means, with ``m / (m -
        1)`` for the labels (or copies) that the means are about. NaN where nobody is inside.
    """
    held = np.ones(people.n) if inside is None else inside.astype(np.float64)
    w = held * people.own * people.copies
    size = float(w @ scores.target)
    terms = np.stack([scores.without, scores.served])
    if not size > 0.0:
        return np.full(2, np.nan), np.full((2, len(people.labels)), np.nan)
    means = terms @ w / size
    pulls = held * people.own * np.sqrt(people.copies) * (terms - means[:, None] * scores.target)
    influence = people.gathered(pulls / size)
    count = _counted(people, held > 0.0)
    factor = np.sqrt(count / (count - 1.0)) if count > 1.0 else np.nan
    return means, influence * factor


def arms_of(people: People, scores: Scores) -> ArmMeans:
    """Both means as the family takes them.

    Degrees of freedom are those of the smaller group: its people, or clusters with any of them, less
    one.
    """
    means, influence = means_of(people, scores)
    groups = (people.served, ~people.served)
    df = np.asarray(min(_counted(people, inside) for inside in groups) - 1.0)
    return ArmMeans(means, influence, lambda contrast: np.broadcast_to(df, contrast.shape[:-1]))


def _counted(people: People, inside: Bools) -> float:
    """Independent pieces among those rows: copies, or clusters."""
    if people.cluster is None:
        return float(people.copies[inside].sum())
    return float(len(np.unique(people.cluster.codes[inside])))
