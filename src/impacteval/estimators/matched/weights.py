"""How each group is weighted, from a score or from balancing weights; leading axes are replications.

References
----------
Hirano, Imbens and Ridder (2003), Efficient estimation of average treatment effects using the
estimated propensity score. *Econometrica* 71(4). doi:10.1111/1468-0262.00442
Li, Morgan and Zaslavsky (2018), Balancing covariates via propensity score weighting. *Journal of
the American Statistical Association* 113(521). doi:10.1080/01621459.2016.1260466
Zhao and Percival (2017), Entropy balancing is doubly robust. *Journal of Causal Inference* 5(1).
doi:10.1515/jci-2016-0010
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.matched.stack import Model, Side

Floats = NDArray[np.float64]

Target = Literal["att", "ate", "overlap"]


def score_sides(
    x: Floats,
    counts: Floats,
    served: NDArray[np.bool_],
    chance: Floats,
    target: Target,
    *,
    known: bool = False,
) -> tuple[Side, Side]:
    """Weights from the chance of being served.

    Parameters
    ----------
    x : array, shape (..., n, p)
        Columns of the logit; not read where the score is known.
    counts : array, shape (..., n)
        How many people a row stands for; zero for those left out.
    served : array of bool, shape (..., n)
    chance : array, shape (..., n)
        Between 0 and 1, exclusive.
    target : {"att", "ate", "overlap"}
        The served (weights 1 and e/(1 - e)), everyone (1/e and 1/(1 - e)), or those who could have
        gone either way (1 - e and e).
    known : bool
        Whether the score was given rather than estimated.

    Returns
    -------
    (Side, Side)
        Comparison first.
    """
    e, counted = chance, counts > 0.0
    own, other = served & counted, ~served & counted
    odds = e / (1.0 - e)
    match target:
        case "att":
            pairs = ((odds, odds), (np.ones_like(e), np.zeros_like(e)))
        case "ate":
            pairs = ((1.0 + odds, odds), (1.0 / e, -1.0 / odds))
        case "overlap":
            pairs = ((e, e * (1.0 - e)), (1.0 - e, -e * (1.0 - e)))
    model = None
    if not known:
        model = Model(x, counts, np.where(served, 1.0 - e, -e), e * (1.0 - e))
    sides = [
        Side(np.where(inside, weight, 0.0), np.where(inside, slope, 0.0), model)
        for inside, (weight, slope) in zip((other, own), pairs, strict=True)
    ]
    return sides[0], sides[1]


def balancing_sides(
    x: Floats,
    counts: Floats,
    served: NDArray[np.bool_],
    weight: Floats,
    target: Literal["att", "ate"],
) -> tuple[Side, Side]:
    """Weights ``exp(x' b)`` that make averages of the columns those of the target.

    Parameters
    ----------
    x : array, shape (..., n, p)
    counts : array, shape (..., n)
    served : array of bool, shape (..., n)
    weight : array, shape (..., n)
        Of each row; of the served one, where the target is the served.
    target : {"att", "ate"}

    Returns
    -------
    (Side, Side)
        Comparison first.
    """
    sides = []
    for own in (~served, served):
        held = np.where(own, weight, 0.0)
        if target == "att" and own is served:
            sides.append(Side(held, np.zeros_like(held), None))
            continue
        goal = served.astype(np.float64) if target == "att" else np.ones_like(held)
        sides.append(Side(held, held, Model(x, counts, goal - held, held)))
    return sides[0], sides[1]
