"""Standard normal scores of estimates: stratified, correlated, and along settlements that share data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impacteval.errors import Problem, UsageError
from impacteval.simulation.engine import Floats
from impacteval.simulation.scenario import Scenario


def stratified_normal(rng: np.random.Generator, draws: int, numbers: int) -> Floats:
    """Independent standard normal scores, each row one in each of `draws` slices.

    Returns
    -------
    array of shape (numbers, draws)

    Examples
    --------
    >>> z = stratified_normal(np.random.default_rng(1), 1000, 2)
    >>> z.shape, round(float(np.mean(z[0] > 1.6448536)), 2)
    ((2, 1000), 0.05)
    """
    from scipy.special import ndtri

    slices = np.stack([rng.permutation(draws) for _ in range(numbers)])
    return np.asarray(ndtri((slices + rng.random((numbers, draws))) / draws))


def mixing(scenario: Scenario, keys: tuple[tuple[str, str], ...]) -> Floats:
    """A square root of the correlation matrix of the estimates, shape (numbers, numbers).

    Raises
    ------
    UsageError
        When the correlations that were given cannot hold together.
    """
    between = np.array(
        [
            [
                (1.0 if o == p else scenario.between_outcomes)
                * (1.0 if g == h else scenario.between_groups)
                for (p, h) in keys
            ]
            for (o, g) in keys
        ]
    )
    values, vectors = np.linalg.eigh(between)
    if values.min() < -1e-9:
        raise UsageError(
            Problem(
                "These correlations cannot hold together: not all numbers can move against each "
                "other.",
                "Bring correlation.groups and correlation.outcomes nearer to 0.",
            )
        )
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)) @ vectors.T)


def paths(
    last: Scenario,
    keys: tuple[tuple[str, str], ...],
    spreads: Sequence[Floats],
    rngs: Sequence[np.random.Generator],
    draws: int,
) -> tuple[list[Floats], list[Floats]]:
    """Standard scores of the estimates at each settlement, and of what they moved by in between.

    The last is drawn first, and then each one before given the one after it, which says all that
    later ones say about it.

    Returns
    -------
    scores, moves : list of array, each of shape (numbers, draws)
        A move is that to the next settlement, in its own standard deviations.
    """
    together = len(keys) > 1 and (last.between_groups or last.between_outcomes)
    mix = mixing(last, keys) if together else None

    def normal(rng: np.random.Generator) -> Floats:
        z = stratified_normal(rng, draws, len(keys))
        return z if mix is None else np.asarray(mix @ z)

    scores = [normal(rngs[0])]
    moves: list[Floats] = []
    for k in reversed(range(len(spreads) - 1)):
        more, less = spreads[k], spreads[k + 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            shared = np.where(more > 0.0, np.minimum(less / more, 1.0), 1.0)[:, None]
        move = normal(rngs[k + 1])
        scores.insert(0, shared * scores[0] + np.sqrt(1.0 - shared**2) * move)
        moves.insert(0, move)
    return scores, moves
