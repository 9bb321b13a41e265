"""Data with a known effect: people in arms, clusters and blocks, drawn many studies at a time.

Every person has a standard normal score for each outcome, the sum of what the person shares with
the cluster, with the block, with what was known beforehand, and what is the person's own. The
outcome is the population's quantile function at that score (`populations`), so each arm has
exactly the distribution that was asked for, whatever is shared, and the effect between the two
populations is exact. The weights of the sum are such that outcomes, not scores, are correlated as
stated (`copula`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.simulation.assumed import Kind
from impacteval.simulation.copula import linear_share, score_correlation
from impacteval.simulation.layout import COMPARISON, PROGRAMME, Layout
from impacteval.simulation.populations import Population

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Points for the mean of an outcome within a block, and where the normal ends for them.
_NODES, _FAR = 256, 9.0


@dataclass(frozen=True, slots=True)
class Measure:
    """One outcome of the people of a study.

    Attributes
    ----------
    before, after : Population
        Without the programme and with it.
    icc : float
        Correlation of the outcome between two people of one cluster (of one block).
    between : float
        Share of the outcome's variance that lies between blocks.
    known : float
        Share of the outcome's variance that a covariate known beforehand explains.
    """

    before: Population
    after: Population
    icc: float = 0.0
    between: float = 0.0
    known: float = 0.0

    def population(self, arm: int) -> Population:
        """Whom people of that arm are drawn from."""
        return self.after if arm == PROGRAMME else self.before

    @property
    def plain(self) -> bool:
        """Whether people share nothing."""
        return self.icc == self.between == self.known == 0.0


@dataclass(frozen=True, slots=True)
class _Weights:
    """Variances of the parts of the scores in one arm, each of shape (k,), and their correlation."""

    cluster: Floats
    block: Floats
    known: Floats
    own: Floats
    factor: Floats  # (k, k): times independent normals gives the correlated ones


def _weights(
    measures: Sequence[Measure], correlation: Floats, arm: int, blocks: int, names: Sequence[str]
) -> _Weights:
    populations = [measure.population(arm) for measure in measures]
    k = len(measures)
    cluster, block, known = np.zeros(k), np.zeros(k), np.zeros(k)
    for j, (measure, population) in enumerate(zip(measures, populations, strict=True)):
        cluster[j] = score_correlation(population, population, measure.icc)
        block[j] = _block_weight(population, measure.between, blocks)
        known[j] = _known_weight(population, measure.known)
    own = 1.0 - cluster - block - known
    for name, rest in zip(names, own, strict=True):
        if rest < -1e-12:
            raise ValueError(
                f"Clusters, blocks and what is known beforehand explain more than all of {name!r}."
            )
    own = np.maximum(own, 0.0)
    wanted = np.eye(k)
    for a in range(k):
        for b in range(a):
            scores = score_correlation(populations[a], populations[b], float(correlation[a, b]))
            scores -= math.sqrt(block[a] * block[b]) + math.sqrt(known[a] * known[b])
            room = math.sqrt(cluster[a] * cluster[b]) + math.sqrt(own[a] * own[b])
            wanted[a, b] = wanted[b, a] = 0.0 if room == 0.0 else scores / room
    return _Weights(cluster, block, known, own, _root(wanted))


def _root(correlation: Floats) -> Floats:
    """A square root of a correlation matrix; ValueError when it is none."""
    if bool((np.abs(correlation) > 1.0 + 1e-12).any()):
        raise ValueError("What people share already makes outcomes go together more than stated.")
    values, vectors = np.linalg.eigh(correlation)
    if float(values.min()) < -1e-10:
        raise ValueError(
            "The correlations between outcomes contradict each other: no outcomes have them all."
        )
    found: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
    return found


def _known_weight(population: Population, share: float) -> float:
    """Variance of the score that makes a normal covariate explain `share` of the outcome."""
    if share == 0.0 or population.variance == 0.0:
        return 0.0
    # The covariate is normal, so only the linear part of the quantile function meets it.
    most = linear_share(population)
    if share > most + 1e-12:
        raise ValueError(
            f"A covariate can explain at most {most:.3g} of the variance of this outcome, "
            f"not {share:.6g}."
        )
    return min(share / most, 1.0)


def _block_weight(population: Population, share: float, blocks: int) -> float:
    """Variance of the score that puts `share` of the outcome's variance between blocks."""
    if share == 0.0 or blocks == 1 or population.variance == 0.0:
        return 0.0
    from scipy.optimize import brentq

    most = _between(population, 1.0, blocks)
    if share > most:
        raise ValueError(
            f"{blocks} blocks can hold at most {most:.3g} of the variance of this outcome "
            f"between them, not {share:.6g}."
        )
    found = brentq(lambda w: _between(population, w, blocks) - share, 0.0, 1.0, xtol=1e-12)
    return float(found)


def _between(population: Population, weight: float, blocks: int) -> float:
    """Share of variance between blocks when the block's part of the score has that variance."""
    from scipy.special import ndtr, ndtri

    # Gauss-Legendre over each block's stretch of the normal score.
    edges = np.clip(ndtri(np.arange(blocks + 1) / blocks), -_FAR, _FAR)
    node, load = np.polynomial.legendre.leggauss(_NODES)
    half = np.diff(edges) / 2.0
    score = (edges[:-1, None] + half[:, None]) + half[:, None] * node
    density = blocks * half[:, None] * load * np.exp(-0.5 * score**2) / math.sqrt(2.0 * math.pi)
    shared = math.sqrt(weight) * score
    if population.kind is Kind.NORMAL:
        mean = population.spread * shared
    else:
        rest = max(1.0 - weight, 1e-12)
        cuts = population.cuts()
        cuts = cuts[np.isfinite(cuts)]
        mean = ndtr((shared[..., None] - cuts) / math.sqrt(rest)).sum(axis=-1)
    blocked = (density * mean).sum(axis=1)
    return float(blocked.var()) / population.variance


@dataclass(frozen=True, slots=True)
class People:
    """Data of many studies of the same people counts.

    Attributes
    ----------
    y : array, shape (k, draws, n)
        The outcomes.
    x : array, shape (draws, n), or None
        The covariate known beforehand, where there is one.
    """

    y: Floats
    x: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A law that data of one group of people are drawn from.

    Attributes
    ----------
    layout : Layout
        Who is in it.
    measures : tuple of Measure, length k
        Their outcomes.
    arms : (comparison, programme)
        Variances of the parts of the scores in each arm.
    """

    layout: Layout
    measures: tuple[Measure, ...]
    arms: tuple[_Weights, _Weights]

    @property
    def tallied(self) -> bool:
        """Whether counting how often each value occurs says all there is to say."""
        one = len(self.measures) == 1 and self.measures[0].plain
        alone = self.layout.clusters is None and self.layout.blocks == 1
        return one and alone and self.measures[0].before.discrete

    def people(self, rng: Generator, draws: int) -> People:
        """The outcomes of everyone in `draws` studies.

        Parameters
        ----------
        rng : Generator
            Where chance comes from.
        draws : int
            How many studies.

        Returns
        -------
        People
        """
        from scipy.special import ndtri

        layout, k = self.layout, len(self.measures)
        x = block = shared = None
        if any(measure.known for measure in self.measures):
            x = rng.standard_normal((draws, layout.n))
        if layout.block is not None and any(measure.between for measure in self.measures):
            rank = (layout.block + rng.random((draws, layout.n))) / layout.blocks
            block = ndtri(rank)
        if layout.clusters is not None:
            shared = rng.standard_normal((k, draws, sum(layout.clusters)))
        own = rng.standard_normal((k, draws, layout.n))
        y = np.empty((k, draws, layout.n))
        sides = (slice(0, layout.compared), slice(layout.compared, layout.n))
        for arm, weights, rows in zip((COMPARISON, PROGRAMME), self.arms, sides, strict=True):
            scores = _mixed(weights.factor, own[..., rows]) * np.sqrt(weights.own)[:, None, None]
            if shared is not None and layout.cluster is not None:
                alike = _mixed(weights.factor, shared)[..., layout.cluster[rows]]
                scores += alike * np.sqrt(weights.cluster)[:, None, None]
            if block is not None:
                scores += block[:, rows] * np.sqrt(weights.block)[:, None, None]
            if x is not None:
                scores += x[:, rows] * np.sqrt(weights.known)[:, None, None]
            self._outcomes(arm, scores, y[..., rows])
        return People(y, x)

    def compared(self, rng: Generator, draws: int, people: int) -> Floats:
        """Outcomes of people who are compared and share nothing, shape (k, draws, people)."""
        own = rng.standard_normal((len(self.measures), draws, people))
        found = np.empty_like(own)
        self._outcomes(COMPARISON, _mixed(self.arms[COMPARISON].factor, own), found)
        return found

    def _outcomes(self, arm: int, scores: Floats, into: Floats) -> None:
        for j, measure in enumerate(self.measures):
            into[j] = measure.population(arm).of_normal(scores[j])

    def tallies(self, rng: Generator, draws: int, arm: int, people: int) -> Ints:
        """How often 0, 1, 2 ... occur among people of an arm, shape (draws, values).

        The same law as `people` for one discrete outcome of people who share nothing, at the
        price of a few draws a study instead of one a person.
        """
        chances = self.measures[0].population(arm).chances()
        found: Ints = rng.multinomial(people, chances, size=draws)
        return found


def _mixed(factor: Floats, independent: Floats) -> Floats:
    """Correlated normals from independent ones of shape (k, ...)."""
    if factor.shape == (1, 1):
        return independent
    found: Floats = np.tensordot(factor, independent, axes=1)
    return found


def study(
    layout: Layout,
    measures: Sequence[Measure],
    correlation: Floats | None = None,
    names: Sequence[str] = (),
) -> Study:
    """The law of the data of one group.

    Parameters
    ----------
    layout : Layout
        Who is in it.
    measures : sequence of Measure, length k
        The outcomes of these people.
    correlation : array, shape (k, k), optional
        Correlation of the outcomes between people of one arm; none by default.
    names : sequence of str, length k, optional
        What the outcomes are called where something is wrong.

    Raises
    ------
    ValueError
        When no such data exist: shares above all there is, or correlations that cannot be.

    Examples
    --------
    >>> from impacteval.simulation.populations import Population
    >>> low, high = Population(Kind.NORMAL, 10.0, 2.0), Population(Kind.NORMAL, 11.0, 2.0)
    >>> law = study(Layout(served=3, compared=4), [Measure(low, high)])
    >>> law.people(np.random.default_rng(1), 5).y.shape
    (1, 5, 7)
    """
    named = tuple(names) or tuple(f"outcome {j + 1}" for j in range(len(measures)))
    matrix = np.eye(len(measures)) if correlation is None else correlation
    for name, measure in zip(named, measures, strict=True):
        shares = (measure.icc, measure.between, measure.known)
        if any(not 0.0 <= share < 1.0 for share in shares):
            raise ValueError(f"Shares of the variance of {name!r} must lie between 0 and 1.")
    comparison, programme = (
        _weights(measures, matrix, arm, layout.blocks, named) for arm in (COMPARISON, PROGRAMME)
    )
    return Study(layout, tuple(measures), (comparison, programme))
