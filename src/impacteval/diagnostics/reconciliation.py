"""Does every claim come to price times count, line by line?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.estimates import Diagnostic, Parts
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Sample

_COLUMNS = Message(
    "diagnostic.reconciliation.columns",
    Text(
        en="This check reads a table with one row for each line of the claims: the outcome is what was claimed, and two covariates, in this order, are the price and the count.",
        fr="Ce contrôle lit un tableau à une ligne par poste de la demande : le résultat est le montant demandé, et deux covariables, dans cet ordre, sont le prix et le nombre.",
    ),
)
_EQUAL = Text(
    en="All {lines:int} lines of the claims come to price times count.",
    fr="Les {lines:int} postes de la demande sont tous égaux au prix multiplié par le nombre.",
)
_DIFFER = Text(
    en="{differ:int} of {lines:int} lines of the claims do not come to price times count: {above:int} are above it (a case claimed more than once, or a price that was not agreed) and {below:int} below. Line {line:text} is furthest off: {claimed:number} claimed, {expected:number} by price and count. All lines together are off by {total:number}.",
    fr="{differ:int} postes de la demande sur {lines:int} ne sont pas égaux au prix multiplié par le nombre : {above:int} le dépassent (un dossier déclaré plus d'une fois, ou un prix qui n'était pas convenu) et {below:int} sont en dessous. Le poste {line:text} est le plus éloigné : {claimed:number} demandé, {expected:number} selon le prix et le nombre. L'écart de tous les postes réunis est de {total:number}.",
)

# Claims are written to the cent: half of one is rounding, a whole one is a difference.
CENT = 0.005


def reconciliation(
    sample: Sample, *, limit: float | None = None, rng: Generator | None = None
) -> Diagnostic:
    """How many lines of the claims do not come to price times count.

    Parameters
    ----------
    sample : Sample
        One row a line of the claims: the outcome is what was claimed, the two covariates are
        the price and the count.
    limit : float, optional
        The largest number of lines that may differ; 0 for none.
    rng : Generator, optional
        Not used: nothing here is random.

    Returns
    -------
    Diagnostic
        Part ``lines`` holds every line with its difference.

    Examples
    --------
    Two cases at 500 claimed as three:

    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame(
    ...     {"line": ["job", "course"], "paid": [1500, 800], "price": [500, 200], "n": [2, 4]}
    ... )
    >>> sample = Sample.from_frame(
    ...     df, design="count", outcome="paid", unit="line", covariates=["price", "n"]
    ... )
    >>> found = reconciliation(sample, limit=0)
    >>> found.statistic, found.status.value, found.parts["lines"]["difference"].tolist()
    (1.0, 'failed', [0.0, 500.0])
    """
    limit = checked_limit("reconciliation", limit)
    matrix = sample.matrix()
    if matrix.X.shape[1] != 2 or matrix.treatment is not None:
        return not_applicable("reconciliation", limit, _COLUMNS)
    kept = matrix.measured
    claimed, price, count = matrix.y[kept], matrix.X[kept, 0], matrix.X[kept, 1]
    expected = price * count
    difference = claimed - expected
    # A float that is a cent off by its last bits is a cent off.
    off = np.abs(difference) >= CENT + 1e-9 * np.maximum(np.abs(claimed), np.abs(expected))
    difference = np.where(off, np.round(difference, 10), 0.0)
    names = [str(label) for label in matrix.unit.values[kept].tolist()]
    statistic = float(off.sum())
    return Diagnostic(
        "reconciliation",
        status_of(statistic, limit),
        statistic,
        limit,
        _said(names, claimed, expected, difference),
        expected=0.0,
        parts=Parts(
            {
                "lines": {
                    "line": names,
                    "price": price,
                    "count": count,
                    "expected": expected,
                    "claimed": claimed,
                    "difference": difference,
                }
            }
        ),
    )


def _said(
    names: list[str],
    claimed: NDArray[np.float64],
    expected: NDArray[np.float64],
    difference: NDArray[np.float64],
) -> Message:
    if not difference.any():
        return Message("diagnostic.reconciliation.equal", _EQUAL, {"lines": len(names)})
    worst = int(np.abs(difference).argmax())
    return Message(
        "diagnostic.reconciliation.differ",
        _DIFFER,
        {
            "lines": len(names),
            "differ": int((difference != 0.0).sum()),
            "above": int((difference > 0.0).sum()),
            "below": int((difference < 0.0).sum()),
            "line": names[worst],
            "claimed": float(claimed[worst]),
            "expected": float(expected[worst]),
            "total": float(difference.sum()),
        },
    )
