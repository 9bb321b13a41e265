"""The conditional test by its definition: linear programmes, and the ends of the cut by trial."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.stats import norm


def p_value(a, b, effects, covariance, before, weights, theta) -> float:
    """Conditional p-value of Andrews, Roth and Pakes for one polyhedron {a delta <= b}."""
    later = a[:, before:]
    kept = int(np.argmax(np.abs(weights)))
    y = a @ effects - b - later[:, kept] * theta / weights[kept]
    nuisance = np.delete(later - np.outer(later[:, kept], weights / weights[kept]), kept, axis=1)
    sigma = a @ covariance @ a.T
    equal = np.column_stack([np.sqrt(np.diagonal(sigma)), nuisance]).T
    right = np.r_[1.0, np.zeros(nuisance.shape[1])]

    def largest(values):
        found = linprog(-values, A_eq=equal, b_eq=right, method="highs-ds")
        return -found.fun, found.x

    eta, gamma = largest(y)
    if eta <= 0.0:
        return 1.0
    variance = gamma @ sigma @ gamma
    if variance < 1e-16:
        return 0.0
    direction = sigma @ gamma / variance
    rest = y - direction * (gamma @ y)

    def edge(sign):
        def stays(c):
            return abs(largest(rest + direction * c)[0] - c) < 1e-9 * max(1.0, abs(c))

        near, far = eta, eta + sign * 1e-3
        while stays(far):
            near, far = far, eta + 2.0 * (far - eta)
            if abs(far - eta) > 1e3:
                return sign * np.inf
        for _ in range(50):
            middle = 0.5 * (near + far)
            near, far = (middle, far) if stays(middle) else (near, middle)
        return near

    low, high = edge(-1.0), edge(1.0)
    s = np.sqrt(variance)
    beyond = norm.sf(high / s)
    return (norm.sf(eta / s) - beyond) / (norm.sf(low / s) - beyond)
