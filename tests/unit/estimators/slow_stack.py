"""A second, slow and obvious implementation of stacked estimating equations, by finite differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def logistic(eta):
    return 1.0 / (1.0 + np.exp(-eta))


def score_equations(x, t, counts, own, copies, y, target) -> Callable:
    """Row ``i`` of all equations of a logit and two Hajek means, for one copy; theta = b, m0, m1."""

    def psi(i, theta):
        b, m0, m1 = theta[:-2], theta[-2], theta[-1]
        e = logistic(x[i] @ b)
        v0, v1 = {
            "att": (e / (1 - e), 1.0),
            "ate": (1 / (1 - e), 1 / e),
            "overlap": (e, 1 - e),
        }[target]
        first = counts[i] / copies[i] * (t[i] - e) * x[i]
        return np.array(
            [*first, own[i] * (1 - t[i]) * v0 * (y[i] - m0), own[i] * t[i] * v1 * (y[i] - m1)]
        )

    return psi


def balance_equations(x, t, counts, own, copies, y, target) -> Callable:
    """The same for weights that balance; theta = b0, (b1,) m0, m1."""
    p = x.shape[1]

    def psi(i, theta):
        m0, m1 = theta[-2], theta[-1]
        one = counts[i] / copies[i]
        v0 = np.exp(x[i] @ theta[:p])
        v1 = 1.0 if target == "att" else np.exp(x[i] @ theta[p : 2 * p])
        goal = t[i] if target == "att" else 1.0
        rows = [*(one * (goal - (1 - t[i]) * v0) * x[i])]
        if target == "ate":
            rows += [*(one * (goal - t[i] * v1) * x[i])]
        return np.array(
            [*rows, own[i] * (1 - t[i]) * v0 * (y[i] - m0), own[i] * t[i] * v1 * (y[i] - m1)]
        )

    return psi


def solve(psi, copies, theta):
    """Newton's method on the sum of all equations, with numeric derivatives."""
    n = len(copies)
    for _ in range(60):
        total = sum(copies[i] * psi(i, theta) for i in range(n))
        bread = sum(copies[i] * slope(psi, i, theta) for i in range(n))
        step = np.linalg.solve(bread, total)
        theta = theta - step
        if np.abs(step).max() < 1e-11:
            break
    return theta


def slope(psi, i, theta, h=1e-5):
    """Derivative of the equations of one row, central differences."""
    columns = []
    for j in range(len(theta)):
        up, down = theta.copy(), theta.copy()
        size = h * max(1.0, abs(theta[j]))
        up[j] += size
        down[j] -= size
        columns.append((psi(i, up) - psi(i, down)) / (2 * size))
    return np.array(columns).T


def influence(psi, copies, theta, groups=None):
    """Middle of the plain influence and of leaving out in one Newton step: shape (groups, 2).

    Without groups every copy stands alone, and a row has the root of their number times the
    influence of one.
    """
    n = len(copies)
    values = [psi(i, theta) for i in range(n)]
    slopes = [-slope(psi, i, theta) for i in range(n)]
    bread = sum(c * s for c, s in zip(copies, slopes, strict=True))
    rows = []
    if groups is None:
        for i in range(n):
            plain = np.linalg.solve(bread, values[i])
            left = np.linalg.solve(bread - slopes[i], values[i])
            rows.append(np.sqrt(copies[i]) * 0.5 * (plain + left)[-2:])
    else:
        for g in range(max(groups) + 1):
            inside = [i for i in range(n) if groups[i] == g]
            value = sum(copies[i] * values[i] for i in inside)
            lost = sum(copies[i] * slopes[i] for i in inside)
            plain = np.linalg.solve(bread, value)
            left = np.linalg.solve(bread - lost, value)
            rows.append(0.5 * (plain + left)[-2:])
    return np.array(rows)
