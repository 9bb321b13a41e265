"""The estimators again, slowly and obviously: loops, one formula at a time."""

from __future__ import annotations

import math

import numpy as np


def mean(values):
    return math.fsum(values) / len(values)


def sample_variance(values):
    m = mean(values)
    return math.fsum((v - m) ** 2 for v in values) / (len(values) - 1)


def difference_in_means(y, treatment):
    """Effect, standard error and Welch's degrees of freedom."""
    served = [v for v, t in zip(y, treatment, strict=True) if t == 1]
    others = [v for v, t in zip(y, treatment, strict=True) if t == 0]
    v1, v0 = sample_variance(served) / len(served), sample_variance(others) / len(others)
    df = (v1 + v0) ** 2 / (v1**2 / (len(served) - 1) + v0**2 / (len(others) - 1))
    return mean(served) - mean(others), math.sqrt(v1 + v0), df


def blocked(y, treatment, stratum):
    """Effect, standard error and n - 2 strata."""
    effect = variance = 0.0
    strata = sorted(set(stratum))
    for s in strata:
        rows = [k for k, label in enumerate(stratum) if label == s]
        share = len(rows) / len(y)
        own, error, _ = difference_in_means([y[k] for k in rows], [treatment[k] for k in rows])
        effect += share * own
        variance += share**2 * error**2
    return effect, math.sqrt(variance), len(y) - 2 * len(strata)


def ratio_of_sums(y, treatment, exposure, weight):
    """Difference of rates and its linearised error, units one by one."""
    rates, variance = {}, 0.0
    for arm in (0, 1):
        rows = [k for k, t in enumerate(treatment) if t == arm]
        total = math.fsum(weight[k] * exposure[k] for k in rows)
        rates[arm] = math.fsum(weight[k] * y[k] for k in rows) / total
        for k in rows:
            leverage = weight[k] * exposure[k] / total
            residual = weight[k] * (y[k] - rates[arm] * exposure[k]) / total
            variance += residual**2 / (1 - leverage)
    return rates[1] - rates[0], math.sqrt(variance)


def lin(y, treatment, x):
    """Two separate regressions, each predicted at the mean of everyone; HC2 from its own hat."""
    y, treatment, x = np.asarray(y), np.asarray(treatment), np.asarray(x)
    at = np.concatenate([[1.0], x.mean(axis=0)])
    means, variance = {}, 0.0
    for arm in (0, 1):
        columns = np.column_stack([np.ones((treatment == arm).sum()), x[treatment == arm]])
        target = y[treatment == arm]
        beta = np.linalg.lstsq(columns, target, rcond=None)[0]
        means[arm] = at @ beta
        pull = columns @ np.linalg.inv(columns.T @ columns)
        for row, along, outcome in zip(columns, pull, target, strict=True):
            variance += (at @ along) ** 2 * (outcome - row @ beta) ** 2 / (1 - row @ along)
    return means[1] - means[0], math.sqrt(variance), len(y) - 2 - 2 * x.shape[1]
