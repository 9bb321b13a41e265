"""The standard error that is used beside those that other programmes print for the same data."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from impacteval.estimates import StudentT


def conventions_table(effect: float, rows: Iterable[tuple[str, float, float]]) -> dict[str, Any]:
    """The table ``conventions`` of an estimate.

    Parameters
    ----------
    effect : float
        The effect, in the outcome's own units.
    rows : iterable of (str, float, float)
        Name, standard error and degrees of freedom of each; the first is the one that is used.

    Examples
    --------
    >>> conventions_table(1.0, [("used", 0.5, 10.0), ("cr0", 0.4, math.inf)])["used"]
    [True, False]
    """
    names, errors, degrees = zip(*rows, strict=True)
    return {
        "convention": list(names),
        "effect": [effect] * len(names),
        "std_error": list(errors),
        "df": list(degrees),
        "p_value": [
            StudentT(effect, error, df).p_value() if error > 0.0 else math.nan
            for error, df in zip(errors, degrees, strict=True)
        ],
        "used": [k == 0 for k in range(len(names))],
    }
