"""The difference in means of many studies at once, by the formulas of the registered estimator.

Speed only: the same numbers as `impacteval.registry.estimator("difference-in-means")` gives study
by study. Tests hold the two together, and the simulation runs part of its studies through the
registered estimator and stops when they differ (`impacteval.simulation.full`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impacteval.inference import (
    ArmMeans,
    Spread,
    TwoMeans,
    Variance,
    cell_influence,
    cluster_cells,
    comparison_spread,
    fit_cells,
    on_scale,
    welch_satterthwaite,
)
from impacteval.inference._arrays import group_sums
from impacteval.simulation.layout import COMPARISON, PROGRAMME, Layout
from impacteval.values import Scale

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# As the estimator has it: smaller beside the outcomes is rounding, not variation.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Estimates:
    """One estimate a study; all arrays of shape (draws,).

    Attributes
    ----------
    scale : Scale
        The scale of the effects.
    value, std_error, df : array
        Effect, its standard error, degrees of freedom.
    observed, counterfactual : array
        Means with the programme and without it.
    refused : array of bool
        Studies that have no estimate; their numbers are NaN.
    pull : array or None
        Influence on the effect of a person who is compared, for each unit of outcome above the
        comparison mean; None where people differ in it.
    means : TwoMeans or None
        On scale relative, the errors of `observed` and `counterfactual`.
    """

    scale: Scale
    value: Floats
    std_error: Floats
    df: Floats
    observed: Floats
    counterfactual: Floats
    refused: Bools
    pull: Floats | None = None
    means: TwoMeans | None = None

    @property
    def log_ratio(self) -> Floats:
        """On scale relative, the logarithm of observed over counterfactual."""
        found: Floats = np.log1p(self.value)
        return found

    @property
    def log_std_error(self) -> Floats:
        """On scale relative, the standard error of the log ratio."""
        return self.std_error / (1.0 + self.value)


@dataclass(frozen=True, slots=True)
class Moments:
    """What the difference in means needs to know of one arm; arrays of shape (draws,).

    Attributes
    ----------
    n : int
        People.
    mean : array
        Their mean.
    second, third, fourth : array
        Sums of powers of the distances to the mean.
    largest : array
        Largest outcome, without its sign.
    """

    n: int
    mean: Floats
    second: Floats
    third: Floats
    fourth: Floats
    largest: Floats


def moments_of(y: Floats, *, fourth: bool = True) -> Moments:
    """Moments of outcomes of shape (draws, n); without `fourth` only the second."""
    mean = y.mean(axis=-1)
    # A second pass takes out the rounding of the first; it matters for large means.
    mean = mean + (y - mean[:, None]).mean(axis=-1)
    away = y - mean[:, None]
    square = away**2
    none = np.zeros_like(mean)
    return Moments(
        y.shape[-1],
        mean,
        square.sum(axis=-1),
        (square * away).sum(axis=-1) if fourth else none,
        (square**2).sum(axis=-1) if fourth else none,
        np.abs(y).max(axis=-1),
    )


def moments_of_tallies(tallies: Ints, *, fourth: bool = True) -> Moments:
    """Moments of whole numbers 0, 1, 2 ... that occur so often, shape (draws, values)."""
    value = np.arange(tallies.shape[-1], dtype=np.float64)
    often = tallies.astype(np.float64)
    n = int(tallies[0].sum())
    mean = often @ value / n
    away = value - mean[:, None]
    square = away**2
    none = np.zeros_like(mean)
    last = tallies.shape[-1] - 1 - np.argmax(tallies[:, ::-1] > 0, axis=-1)
    return Moments(
        n,
        mean,
        (often * square).sum(axis=-1),
        (often * square * away).sum(axis=-1) if fourth else none,
        (often * square**2).sum(axis=-1) if fourth else none,
        last.astype(np.float64),
    )


def from_moments(
    comparison: Moments, programme: Moments, scale: Scale, variance: Variance = "hc2"
) -> Estimates:
    """The difference in means of people assigned one by one, without blocks.

    Parameters
    ----------
    comparison, programme : Moments
        Of the two arms, of two people at least.
    scale : Scale
        The scale of the effect.
    variance : str
        ``hc1``, ``hc2`` or ``hc3``.
    """
    both = (comparison, programme)
    total = comparison.n + programme.n
    # What each squared distance to the mean is multiplied with, by arm.
    factor = {
        "hc0": [1.0 / m.n**2 for m in both],
        "hc1": [total / (total - 2.0) / m.n**2 for m in both],
        "hc2": [1.0 / (m.n * (m.n - 1.0)) for m in both],
        "hc3": [1.0 / (m.n - 1.0) ** 2 for m in both],
    }[variance]
    variances = np.stack([f * m.second for f, m in zip(factor, both, strict=True)], axis=-1)
    own = np.array([m.n - 1.0 for m in both])

    def degrees(parts: Floats) -> Floats:
        if variance != "hc2":
            return np.full(parts.shape[0], total - 2.0)
        return welch_satterthwaite(parts, own)

    m0, m1 = comparison.mean, programme.mean
    size = np.maximum(comparison.largest, programme.largest)
    refused = ~(np.sqrt(variances.sum(axis=-1)) > ROUNDING * size)
    with np.errstate(divide="ignore", invalid="ignore"):
        match scale:
            case Scale.RELATIVE:
                refused |= ~((m0 > 0.0) & (m1 > 0.0))
                parts = variances / np.stack([m0, m1], axis=-1) ** 2
                value = np.expm1(np.log(m1 / m0))
                error = (1.0 + value) * np.sqrt(parts.sum(axis=-1))
                df = degrees(parts)
            case Scale.STANDARDISED:
                value, error, flat = _standardised(comparison, m1 - m0, variances, factor[0])
                refused |= flat
                df = degrees(variances)
            case Scale.DIFFERENCE | Scale.TOTAL:
                times = float(programme.n) if scale is Scale.TOTAL else 1.0
                value, error = times * (m1 - m0), times * np.sqrt(variances.sum(axis=-1))
                df = degrees(variances)
    each = -float(np.sqrt(factor[0]))
    pull = {
        Scale.DIFFERENCE: np.full_like(m0, each),
        Scale.TOTAL: np.full_like(m0, each * programme.n),
        Scale.RELATIVE: each * (1.0 + value) / np.where(m0 > 0.0, m0, np.nan),
    }.get(scale)
    found = _masked(scale, value, error, df, m1, m0, refused)
    if scale is Scale.RELATIVE:
        each_df = own if variance == "hc2" else np.full(2, total - 2.0)
        found = replace(found, means=_two(variances, np.zeros_like(m0), each_df))
    return found if pull is None else replace(found, pull=pull)


def _two(variances: Floats, covariance: Floats, degrees: Floats) -> TwoMeans:
    """Errors of the mean with the programme and of that without it, which comes first in arrays."""
    low, high = variances[..., COMPARISON], variances[..., PROGRAMME]
    return TwoMeans((high, low), covariance, (degrees[..., PROGRAMME], degrees[..., COMPARISON]))


def _standardised(
    comparison: Moments, difference: Floats, variances: Floats, factor: float
) -> tuple[Floats, Floats, Bools]:
    """Effect and error in standard deviations of the comparison group, whose error is carried."""
    n = float(comparison.n)
    sd = np.sqrt(comparison.second / (n - 1.0))
    flat = ~(sd > ROUNDING * comparison.largest)
    inflate = n / (n - 1.0)
    # Influence of a person of the comparison group: of the mean, and of the standard deviation.
    slope = np.sqrt(inflate) / (2.0 * n * sd) * (difference / sd)
    cross = inflate * comparison.third
    square = inflate**2 * comparison.fourth - n * sd**4
    found = variances.sum(axis=-1) + 2.0 * np.sqrt(factor) * slope * cross + slope**2 * square
    return difference / sd, np.sqrt(found) / sd, flat


def _masked(
    scale: Scale,
    value: Floats,
    error: Floats,
    df: Floats,
    observed: Floats,
    counterfactual: Floats,
    refused: Bools,
) -> Estimates:
    def kept(found: Floats) -> Floats:
        return np.where(refused, np.nan, found)

    return Estimates(
        scale,
        kept(value),
        kept(error),
        kept(np.broadcast_to(df, value.shape)),
        kept(observed),
        kept(counterfactual),
        refused,
    )


def from_rows(y: Floats, layout: Layout, scale: Scale, variance: Variance = "hc2") -> Estimates:
    """The difference in means, within blocks and with clusters where the layout has them.

    Parameters
    ----------
    y : array, shape (draws, n)
        Outcomes in the order of the layout's rows.
    layout : Layout
        Who is who.
    scale : Scale
        The scale of the effect.
    variance : str
        ``hc1``, ``hc2`` or ``hc3``; with clusters CR1, CR2, CR3.
    """
    treatment, block, cluster = layout.treatment, layout.block, layout.cluster
    strata = np.zeros_like(treatment) if block is None else block
    fit = fit_cells(y, 2 * strata + treatment)
    share = np.bincount(strata) / layout.n
    contrasts = np.zeros((2, 2 * layout.blocks))
    contrasts[COMPARISON, 0::2] = share
    contrasts[PROGRAMME, 1::2] = share
    means = (contrasts @ fit.means[..., None])[..., 0]
    degrees: Callable[[Floats], Floats]
    if cluster is not None:
        clusters = cluster_cells(fit, cluster, variance)
        psi = clusters.influence(contrasts)

        def degrees(contrast: Floats) -> Floats:
            if variance == "hc1":
                return np.full(contrast.shape[:-1], clusters.n_clusters - 1.0)
            return clusters.degrees((contrast[..., None, :] @ contrasts)[..., 0, :])
    else:
        psi = cell_influence(fit, contrasts, variance)
        welch = block is None and variance == "hc2"
        variances, own = (psi**2).sum(axis=-1), fit.counts - 1.0

        def degrees(contrast: Floats) -> Floats:
            if not welch:
                return np.full(contrast.shape[:-1], fit.counts.sum() - fit.counts.size)
            return welch_satterthwaite(contrast**2 * variances, own)

    arms = ArmMeans(means, psi, degrees)
    m0, m1 = means[..., COMPARISON], means[..., PROGRAMME]
    size = np.abs(y).max(axis=-1)
    plain = np.sqrt(((psi[..., PROGRAMME, :] - psi[..., COMPARISON, :]) ** 2).sum(axis=-1))
    refused = ~(plain > ROUNDING * size)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = None
        if scale is Scale.STANDARDISED:
            spread = comparison_spread(y, treatment == COMPARISON)
            refused |= ~(spread.value > ROUNDING * size)
            if cluster is not None:
                groups = int(cluster.max()) + 1
                spread = Spread(spread.value, group_sums(spread.influence, cluster, groups))
        if scale is Scale.RELATIVE:
            refused |= ~((m0 > 0.0) & (m1 > 0.0))
        found = on_scale(arms, scale, served=float(layout.served), spread=spread)
        made = _masked(scale, found.value, found.std_error, found.df, m1, m0, refused)
        if scale is not Scale.RELATIVE:
            return made
        alone = [np.broadcast_to(degrees(row), m0.shape) for row in np.eye(2)]
    covariance = (psi[..., COMPARISON, :] * psi[..., PROGRAMME, :]).sum(axis=-1)
    both = _two((psi**2).sum(axis=-1), covariance, np.stack(alone, axis=-1))
    return replace(made, means=both)


def pooled(
    parts: Sequence[Estimates],
    shares: Sequence[float],
    covariance: Mapping[tuple[int, int], Floats] | None = None,
) -> Estimates:
    """The mean of groups' effects weighted by people, as `impacteval.analysis.pool` has it.

    Parameters
    ----------
    parts : sequence of Estimates
        The groups, on one scale. Totals add up.
    shares : sequence of float
        Shares of people, adding to one.
    covariance : mapping of (int, int) to array of shape (draws,), optional
        Covariances of the estimates of groups that people are shared between.

    Returns
    -------
    Estimates
        Degrees of freedom are Welch's, or the smallest where people are shared.
    """
    scale = parts[0].scale
    weights = [1.0] * len(parts) if scale is Scale.TOTAL else list(shares)
    refused = np.any([p.refused for p in parts], axis=0)
    value = np.sum([w * p.value for w, p in zip(weights, parts, strict=True)], axis=0)
    variances = np.stack(
        [(w * p.std_error) ** 2 for w, p in zip(weights, parts, strict=True)], axis=-1
    )
    df = np.stack([p.df for p in parts], axis=-1)
    total = variances.sum(axis=-1)
    if covariance:
        for (a, b), found in covariance.items():
            total = total + 2.0 * weights[a] * weights[b] * found
        degrees = df.min(axis=-1)
    else:
        degrees = welch_satterthwaite(variances, df)
    observed = np.sum([w * p.observed for w, p in zip(shares, parts, strict=True)], axis=0)
    match scale:
        case Scale.RELATIVE:
            counterfactual = observed / (1.0 + value)
        case Scale.DIFFERENCE:
            counterfactual = observed - value
        case _:
            counterfactual = np.sum(
                [w * p.counterfactual for w, p in zip(shares, parts, strict=True)], axis=0
            )
    return _masked(scale, value, np.sqrt(total), degrees, observed, counterfactual, refused)


def pooled_sums(
    parts: Sequence[Estimates],
    shares: Sequence[float],
    covariance: Mapping[tuple[int, int], Floats] | None = None,
) -> Estimates:
    """The ratio of groups' sums, as `impacteval.analysis.sums` has it; arguments as in `pooled`."""
    refused = np.any([p.refused for p in parts], axis=0)
    observed, counterfactual = (
        np.sum([w * getattr(p, name) for w, p in zip(shares, parts, strict=True)], axis=0)
        for name in ("observed", "counterfactual")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (1.0 / observed, -1.0 / counterfactual)
        variances, df, times = [], [], []
        for w, p in zip(shares, parts, strict=True):
            assert p.means is not None, "relative effects come with the errors of their means"
            variances.append(w**2 * p.means.variance(at))
            known = (1.0 / p.observed, -1.0 / p.counterfactual)
            df.append(p.means.degrees_at(at, known, p.df))
            # From the covariance of effects to that of logarithms of the pooled sums.
            times.append(w * p.counterfactual / ((1.0 + p.value) * counterfactual))
        total = np.sum(variances, axis=0)
        for (a, b), found in (covariance or {}).items():
            total = total + 2.0 * times[a] * times[b] * found
        degrees = (
            np.min(df, axis=0)
            if covariance
            else welch_satterthwaite(np.stack(variances, axis=-1), np.stack(df, axis=-1))
        )
        ratio = observed / counterfactual
    return _masked(
        Scale.RELATIVE,
        ratio - 1.0,
        ratio * np.sqrt(total),
        degrees,
        observed,
        counterfactual,
        refused,
    )
