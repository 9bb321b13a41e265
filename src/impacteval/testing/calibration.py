"""Checks by repetition: is the effect found, and are the intervals as sure as they say?

Bounds are wide enough that a sound estimator fails one by chance less than once in a thousand,
and every draw is seeded, so that an estimator passes always or never. Smooth distributions
(Student t, log ratio) are held to their level from both sides; resampled and exact ones, which
are conservative by construction, only from below.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from impacteval.errors import NotAnswerable
from impacteval.estimates import LogRatioT, StudentT
from impacteval.testing.bench import SEED, Bench, Run, require
from impacteval.testing.samples import SampleMaker
from impacteval.values import Scale, Side, Tail

_ASKED = (
    (0.8, Side.TWO),
    (0.9, Side.TWO),
    (0.95, Side.TWO),
    (0.9, Side.LOWER),
    (0.9, Side.UPPER),
)
# What an approximate method may miss: points of coverage, and share of the variance.
COVERAGE_MARGIN = 0.015
SPREAD_MARGIN = 0.12
Z_MEAN_SEEDS = 12


def bench_checks(bench: Bench) -> tuple[tuple[str, Callable[[Bench], None]], ...]:
    """The checks by repetition, one for each declared scale where the scale matters."""
    checks: list[tuple[str, Callable[[Bench], None]]] = [("recovers", recovers)]
    if bench.estimator.card.uncertainty:
        checks += [(f"coverage_{scale}", partial(coverage, scale=scale)) for scale in bench.scales]
        checks += [("small_samples", small_samples), ("null", null)]
    return tuple(checks)


def recovers(bench: Bench) -> None:
    """The known effect is found on every kind of sample that is not refused."""
    for maker in bench.answered:
        misses: dict[Scale, list[float]] = {}
        for seed in range(SEED, SEED + Z_MEAN_SEEDS):
            known = maker(seed)
            sample = known.sample()
            for scale in (s for s in bench.scales if s in known.truth):
                effect = bench.estimate(sample, scale, seed).effect
                size = effect.std_error or 0.05 * abs(known.truth[scale])
                misses.setdefault(scale, []).append((effect.value - known.truth[scale]) / size)
        for scale, found in misses.items():
            # Under a sound standard error the mean miss has standard deviation 1 / sqrt(k).
            away = abs(float(np.mean(found))) * math.sqrt(len(found))
            require(
                away <= 5.0,
                f"on {scale} the effect of the {maker.name!r} sample is missed by "
                f"{np.mean(found):+.2f} standard errors on average of {len(found)} samples.",
            )


def coverage(bench: Bench, scale: Scale) -> None:
    """Intervals contain the truth as often as they say, on samples that are not small."""
    for maker in _repeated(bench):
        if not maker.small:
            _check_coverage(maker, scale, bench.replications(maker).get(scale, ()))


def small_samples(bench: Bench) -> None:
    """So they do on samples of a handful: no normal approximation in place of Student's t."""
    for maker in _repeated(bench):
        if maker.small:
            for scale, runs in bench.replications(maker).items():
                _check_coverage(maker, scale, runs)


def _repeated(bench: Bench) -> list[SampleMaker]:
    return [maker for maker in bench.answered if maker.replications]


def _check_coverage(maker: SampleMaker, scale: Scale, runs: tuple[Run, ...]) -> None:
    if not runs:
        return
    smooth = all(isinstance(run.effect.distribution, StudentT | LogRatioT) for run in runs)
    place = f"on {scale}, {maker.name!r} samples"
    for level, side in _ASKED:
        try:
            hits = [run.truth in run.effect.interval(level, side) for run in runs]
        except NotAnswerable:
            continue
        found, margin = float(np.mean(hits)), _margin(level, len(runs))
        told = f"{place}: the {level:.0%} interval, side {side}, covers {found:.1%}"
        require(found >= level - margin, f"{told}, less than it says (margin {margin:.1%}).")
        require(
            found <= level + margin or not smooth,
            f"{told}, more than it says (margin {margin:.1%}).",
        )
    if smooth:
        _check_scores(place, runs)


def _margin(level: float, n: int) -> float:
    return COVERAGE_MARGIN + 2.6 * math.sqrt(level * (1.0 - level) / n)


def _check_scores(place: str, runs: tuple[Run, ...]) -> None:
    """The confidence below the truth is uniform: its normal scores have mean 0 and variance 1.

    The variance sees a standard error that is a little off long before any one level does.
    """
    from scipy.special import ndtri

    below = np.array([run.effect.p_value(run.truth, Tail.GREATER) for run in runs])
    scores = ndtri(np.clip(below, 1e-4, 1.0 - 1e-4))
    n = len(scores)
    mean, spread = float(np.mean(scores)), float(np.mean(scores**2))
    require(
        abs(mean) <= 0.1 + 3.3 / math.sqrt(n),
        f"{place}: the truth lies {mean:+.2f} standard errors from the middle of its confidence.",
    )
    margin = SPREAD_MARGIN + 3.3 * math.sqrt(2.0 / n)
    require(
        1.0 - margin <= spread <= 1.0 + margin,
        f"{place}: errors are {math.sqrt(spread):.2f} times what the standard errors say "
        f"(allowed {math.sqrt(1.0 - margin):.2f} to {math.sqrt(1.0 + margin):.2f}).",
    )


def null(bench: Bench) -> None:
    """Where nothing works, p-values are uniform: one in twenty is below 0.05, not more."""
    for maker in _repeated(bench)[:1]:
        for scale, runs in bench.replications(maker, lift=0.0).items():
            for tail in Tail:
                _check_null(f"on {scale}, {maker.name!r} samples", runs, tail)


def _check_null(place: str, runs: tuple[Run, ...], tail: Tail) -> None:
    try:
        # Where nothing works the truth is no effect; of a list of claims, that all are right.
        found = np.sort([run.effect.p_value(run.truth, tail) for run in runs])
    except NotAnswerable:
        return
    n = len(found)
    for size in (0.05, 0.1):
        rejected, margin = float(np.mean(found <= size)), _margin(size, n)
        require(
            rejected <= size + margin,
            f"{place}: where nothing works, tail {tail} rejects {rejected:.1%} of the time at "
            f"{size:.0%} (margin {margin:.1%}).",
        )
    # Kolmogorov's distance at one in a thousand, and the margin of an approximate method. Above
    # the diagonal are too many small p-values; a discrete test may only lie below.
    bound = 1.95 / math.sqrt(n) + 0.01
    steps = np.arange(1, n + 1) / n
    above, beneath = float(np.max(steps - found)), float(np.max(found - (steps - 1.0 / n)))
    smooth = all(isinstance(run.effect.distribution, StudentT | LogRatioT) for run in runs)
    distance = max(above, beneath) if smooth else above
    require(
        distance <= bound,
        f"{place}: where nothing works, the p-values of tail {tail} are {distance:.3f} from "
        f"uniform (allowed {bound:.3f}).",
    )
