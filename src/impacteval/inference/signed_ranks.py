"""Ranks of an effect among placebos, for every effect that might be the true one.

Under the hypothesis that the effect is ``x`` the miss of the estimate is ``estimate - x``. Over its
spread it is compared with the placebos' over theirs; it counts itself. The three p-values are step
functions of ``x``, and interval, p-value and chance are read from them.

References
----------
Abadie, Diamond and Hainmueller (2010), Synthetic control methods for comparative case studies.
*Journal of the American Statistical Association* 105(490). doi:10.1198/jasa.2009.ap08746
Firpo and Possebom (2018), Synthetic control method: inference, sensitivity analysis and confidence
sets. *Journal of Causal Inference* 6(2). doi:10.1515/jci-2016-0026
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from impacteval.estimates import StepFunction, TestInversion

Floats = NDArray[np.float64]

# Two effects closer than this, beside their size, are the same.
ROUNDING = 1e-12


def rank_inversion(effect: float, spread: float, ratios: Floats, label: str) -> TestInversion:
    """Sets and p-values of an effect by its rank among placebos.

    Parameters
    ----------
    effect : float
        The estimate.
    spread : float
        Its spread, positive.
    ratios : array, shape (B,)
        Each placebo over its spread.
    label : str
        What the set is called.

    Returns
    -------
    TestInversion
        ``greater``: share of placebos whose ratio is at least that of ``effect - x``; ``less``: at
        most; ``two``: at least as far from zero.

    Examples
    --------
    The estimate 5 stands beyond all of nineteen placebos:

    >>> found = rank_inversion(5.0, 1.0, np.linspace(-2.0, 2.5, 19), "placebos")
    >>> found.p_value(0.0), found.p_value(0.0, "greater")
    (0.05, 0.05)
    >>> found.interval(0.9).low, found.interval(0.9).high
    (2.75, 7.25)
    """
    ratios = np.sort(np.asarray(ratios, dtype=np.float64))
    far = np.sort(np.abs(ratios))
    total = ratios.size + 1

    def above(z: Floats) -> Floats:
        return (1 + ratios.size - np.searchsorted(ratios, z, side="left")) / total

    def below(z: Floats) -> Floats:
        return (1 + np.searchsorted(ratios, z, side="right")) / total

    def beyond(z: Floats) -> Floats:
        return (1 + far.size - np.searchsorted(far, np.abs(z), side="left")) / total

    one = np.unique(ratios)
    two = np.unique(np.concatenate([-far, far]))
    return TestInversion(
        _steps(effect, spread, two, beyond),
        _steps(effect, spread, one, above),
        _steps(effect, spread, one, below),
        label,
    )


def _steps(
    effect: float, spread: float, jumps: Floats, p_value: Callable[[Floats], Floats]
) -> StepFunction:
    """A p-value of ratios as a function of the effect ``effect - spread x ratio``."""
    jumps = jumps[::-1]  # ratios fall where effects rise
    between = np.concatenate([[jumps[0] + 1.0], (jumps[1:] + jumps[:-1]) / 2.0, [jumps[-1] - 1.0]])
    at, gaps = p_value(jumps), p_value(between)
    knots = effect - spread * jumps
    size = max(abs(effect), float(np.abs(knots).max()))
    # The same placebo computed twice differs by rounding: jumps that close are one, with the
    # largest of their p-values.
    first = np.flatnonzero(np.append(True, np.diff(knots) > ROUNDING * size))
    at = np.maximum.reduceat(at, first)
    gaps = np.append(gaps[first], gaps[-1])
    return StepFunction(knots[first], np.maximum(at, np.maximum(gaps[:-1], gaps[1:])), gaps)
