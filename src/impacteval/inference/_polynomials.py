"""Many polynomials at a time: coefficients on the last axis, lowest power first."""

from __future__ import annotations

import numpy as np

from impacteval.inference._arrays import Floats

# A leading coefficient this small beside the largest sends a root beyond any use; the power is
# left out, because the others would lose their digits to it.
NEGLIGIBLE = 1e-14
POLISH = 3


def product(a: Floats, b: Floats) -> Floats:
    """Product of polynomials of shapes (..., m) and (..., n): shape (..., m + n - 1).

    Examples
    --------
    >>> product(np.array([1.0, 1.0]), np.array([-1.0, 1.0])).tolist()
    [-1.0, 0.0, 1.0]
    """
    shape = np.broadcast_shapes(a.shape[:-1], b.shape[:-1])
    found = np.zeros((*shape, a.shape[-1] + b.shape[-1] - 1))
    for k in range(a.shape[-1]):
        found[..., k : k + b.shape[-1]] += a[..., k : k + 1] * b
    return found


def values_at(coefficients: Floats, u: Floats) -> Floats:
    """Values of polynomials of shape (b, d) or (d,) at places of shape (b, m): shape (b, m).

    Examples
    --------
    >>> values_at(np.array([1.0, 0.0, 2.0]), np.array([[3.0, -1.0]])).tolist()
    [[19.0, 3.0]]
    """
    found = np.zeros(u.shape)
    for k in reversed(range(coefficients.shape[-1])):
        found = found * u + coefficients[..., k : k + 1]
    return found


def real_roots(coefficients: Floats) -> Floats:
    """Real roots of polynomials of shape (b, d + 1): shape (b, d), in order, then infinities.

    Eigenvalues of the companion matrix, brought nearer by Newton's steps where these help. A
    root that occurs twice may be found twice, a little apart, or not at all; whoever uses them
    looks at the signs between roots. A polynomial that is zero has none.

    Examples
    --------
    >>> real_roots(np.array([[-2.0, 1.0, 1.0], [1.0, 0.0, 1.0]])).round(12).tolist()
    [[-2.0, 1.0], [inf, inf]]
    """
    rows, degree = coefficients.shape[0], coefficients.shape[1] - 1
    found = np.full((rows, degree), np.inf)
    size = np.abs(coefficients).max(axis=1, keepdims=True)
    matters = (np.abs(coefficients) > NEGLIGIBLE * size) & (size > 0.0)
    highest = np.where(matters.any(axis=1), degree - np.argmax(matters[:, ::-1], axis=1), 0)
    for d in range(1, degree + 1):
        chosen = np.flatnonzero(highest == d)
        if chosen.size:
            found[chosen, :d] = _roots(coefficients[chosen, : d + 1])
    return found


def _roots(coefficients: Floats) -> Floats:
    """As `real_roots`, leading coefficients not negligible."""
    rows, d = coefficients.shape[0], coefficients.shape[1] - 1
    companion = np.zeros((rows, d, d))
    companion[:, 0, :] = -coefficients[:, -2::-1] / coefficients[:, -1:]
    companion[:, np.arange(1, d), np.arange(d - 1)] = 1.0
    eigenvalues = np.linalg.eigvals(companion)
    real = eigenvalues.imag == 0.0
    u = np.where(real, eigenvalues.real, 0.0)
    slope = coefficients[:, 1:] * np.arange(1, d + 1)
    value = values_at(coefficients, u)
    for _ in range(POLISH):
        with np.errstate(divide="ignore", invalid="ignore"):
            step = value / values_at(slope, u)
        nearer = np.where(np.isfinite(step), u - step, u)
        there = values_at(coefficients, nearer)
        better = np.abs(there) < np.abs(value)
        u, value = np.where(better, nearer, u), np.where(better, there, value)
    return np.sort(np.where(real, u, np.inf), axis=1)
