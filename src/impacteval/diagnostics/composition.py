"""Does who is measured change when the service begins?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.chance import as_much_by_chance, largest_by_chance
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.randomised import normal_tail
from impacteval.diagnostics.reruns import NO_STARTS
from impacteval.estimates import Diagnostic, Parts
from impacteval.inference._arrays import group_sums
from impacteval.sample import first_served
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import BlindMatrix, BlindSample, Codes, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

COMPOSITIONAL_CHANGE = "compositional-change"
_ROUNDING = 1e-9

_SAME = Message(
    "composition.same",
    Text(
        en="The same units are measured in every period, so who is measured does not change.",
        fr="Les mêmes unités sont mesurées à chaque période : les unités mesurées ne changent pas.",
    ),
)
_NO_COMPARISON = Message(
    "composition.no-comparison",
    Text(
        en="In no period can those served be set beside others, with periods from before for both.",
        fr="À aucune période les unités servies ne peuvent être rapprochées d'autres, avec des périodes "
        "antérieures pour les deux.",
    ),
)
_ROWS = Text(
    en="With the service, the number of rows measured changes by {rows:percent} beside what the other "
    "units let expect",
    fr="Avec le service, le nombre de lignes mesurées change de {rows:percent} par rapport à ce que les "
    "autres unités laissent attendre",
)
_COVARIATE = Text(
    en=", and of those measured the covariate that changes most is {covariate:text}, by "
    "{moved:number} standard deviations",
    fr=", et parmi les lignes mesurées la covariable qui change le plus est {covariate:text}, de "
    "{moved:number} écart-type",
)
_CHANCE = Text(
    en=". Chance alone gives as much in {p:percent} of samples in which nothing changes.",
    fr=". Le seul hasard en donne autant dans {p:percent} des échantillons où rien ne change.",
)


def compositional_change(
    sample: Sample | BlindSample, *, limit: float | None = None, rng: Generator | None = None
) -> Diagnostic:
    """Whether the rows of a roll-out change, in number or in kind, with the service.

    In repeated cross-sections, and in panels with gaps, a service may change who is there to be
    measured: that moves averages without any effect on anybody. Here the number of rows and the mean
    of each covariate are compared as an outcome would be: levels of starting dates and periods are
    fitted to what was not served, and held against what was. Rows are not followed: a unit that comes
    or goes is just what counts. Numbers of rows are compared in logarithms, means in standard
    deviations of those compared with in the last period before anybody was served.

    The statistic is the largest change of all: of the number of rows, as a share, or of a covariate,
    in standard deviations. Errors are by cluster, else by unit, and hold when nothing changes;
    `expected` and `chance_sound_fails` come from their joint normal distribution.

    Parameters
    ----------
    sample : Sample or BlindSample
        A roll-out. Only whether an outcome was measured is read of it.
    limit : float, optional
        The largest change that passes: 0.1 is a tenth of the rows, or of a standard deviation.
    rng : Generator, optional
        For the 20,000 draws behind `expected` and `chance_sound_fails`.

    Returns
    -------
    Diagnostic
        Parts: ``changes`` (``what, change, std_error, p_value``; ``what`` is ``rows`` or a
        covariate) and ``rows`` (``cohort, period, n, served``; cohort None is never served).

    Examples
    --------
    See ``tests/unit/diagnostics/test_composition.py``.

    References
    ----------
    Sant'Anna and Xu (2023), Difference-in-differences with compositional changes.
    arXiv:2304.13925. Borusyak, Jaravel and Spiess (2024), *Review of Economic Studies* 91(6), for
    levels that are fitted to what was not served.
    """
    limit = checked_limit(COMPOSITIONAL_CHANGE, limit)
    matrix = sample.matrix()
    start = first_served(matrix)
    if start is None or matrix.period is None:
        return not_applicable(COMPOSITIONAL_CHANGE, limit, NO_STARTS)
    measured = np.asarray(getattr(matrix, "measured", np.ones(matrix.n, dtype=bool)))
    n_periods = len(matrix.period.labels)
    if sample.structure.balanced and measured.all():
        return not_applicable(COMPOSITIONAL_CHANGE, limit, _SAME)
    # Units served from the first period on were never seen without the service.
    rows = np.flatnonzero(measured & (start > 0))
    cells = _cells(start[rows], matrix.period.codes[rows], n_periods)
    places = _places(matrix, rows)
    found = [_rows_change(cells, places)]
    names: list[str] = ["rows"]
    baseline = _baseline(start, matrix.period.codes, measured, n_periods)
    weight = np.ones(matrix.n) if matrix.weight is None else matrix.weight
    for name, x in zip(matrix.covariate_names, matrix.X.T, strict=True):
        spread = float(x[baseline].std(ddof=1)) if baseline.sum() > 1 else 0.0
        if not spread > _ROUNDING * float(np.abs(x).max(initial=1.0)):
            continue
        found.append(_mean_change(cells, places, x[rows] / spread, weight[rows]))
        names.append(name)
    changes = [one for one in found if one is not None]
    if len(changes) < len(found):
        return not_applicable(COMPOSITIONAL_CHANGE, limit, _NO_COMPARISON)
    values = np.array([change for change, _ in changes])
    influence = np.stack([pull for _, pull in changes])
    covariance = influence @ influence.T
    errors = np.sqrt(np.diagonal(covariance))
    p = [normal_tail(v / e) if e > 0.0 else 1.0 for v, e in zip(values, errors, strict=True)]
    values[0] = np.expm1(values[0])
    largest = float(np.abs(values).max())
    varies = errors > 0.0
    expected, chance = (0.0, None if limit is None else 0.0)
    among = 1.0
    if varies.any():
        kept = covariance[np.ix_(varies, varies)]
        expected, chance = largest_by_chance(kept, limit, rng)
        among = as_much_by_chance([q for q, v in zip(p, varies, strict=True) if v], kept)
    return Diagnostic(
        COMPOSITIONAL_CHANGE,
        status_of(largest, limit),
        largest,
        limit,
        _explained(values, names, among),
        expected,
        chance,
        Parts(
            {
                "changes": {"what": names, "change": values, "std_error": errors, "p_value": p},
                "rows": _row_table(cells, matrix.period.labels.tolist(), n_periods),
            }
        ),
    )


def _explained(values: Floats, names: list[str], p: float) -> Message:
    said: dict[str, Any] = {"rows": float(values[0]), "p": p}
    if len(values) == 1:
        text = Text(en=_ROWS.en + _CHANCE.en, fr=_ROWS.fr + _CHANCE.fr)
        return Message("composition.rows", text, said)
    most = 1 + int(np.argmax(np.abs(values[1:])))
    said |= {"covariate": names[most], "moved": float(values[most])}
    text = Text(en=_ROWS.en + _COVARIATE.en + _CHANCE.en, fr=_ROWS.fr + _COVARIATE.fr + _CHANCE.fr)
    return Message("composition.rows-and-covariates", text, said)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Rows by starting date and period.

    Attributes
    ----------
    of : array of int, shape (n,)
        Cell of each row.
    cohort, period : array of int, shape (c,)
        Starting date (among `starts`) and period of each cell that holds rows.
    starts : array of int, shape (g,)
    served : array of bool, shape (c,)
    n : array of float, shape (c,)
        Rows.
    """

    of: Ints
    cohort: Ints
    period: Ints
    starts: Ints
    served: Bools
    n: Floats

    @property
    def design(self) -> Floats:
        """Indicators of starting dates and periods, shape (c, g + periods)."""
        return np.hstack(
            [
                np.eye(len(self.starts))[self.cohort],
                np.eye(int(self.period.max()) + 1)[self.period],
            ]
        )


def _cells(start: Ints, period: Ints, n_periods: int) -> _Cells:
    key = start * n_periods + period
    used, of, n = np.unique(key, return_inverse=True, return_counts=True)
    starts, cohort = np.unique(used // n_periods, return_inverse=True)
    when = used % n_periods
    return _Cells(of, cohort, when, starts, when >= starts[cohort], n.astype(np.float64))


def _places(matrix: BlindMatrix, rows: Ints) -> Ints:
    """What the rows are independent by: the coarser of both kinds of clusters, else units."""
    known: list[Codes] = [c for c in (matrix.assignment_cluster, matrix.cluster) if c is not None]
    codes = min(known, key=lambda c: len(c.labels)) if known else matrix.unit
    return np.unique(codes.codes[rows], return_inverse=True)[1]


def _baseline(start: Ints, period: Ints, measured: Bools, n_periods: int) -> Bools:
    """Rows of those never served in the last period before anybody was; of all where nobody is."""
    first = int(start[start > 0].min(initial=n_periods))
    before = measured & (period == first - 1) & (start > 0)
    never = before & (start == n_periods)
    found: Bools = never if never.any() else before
    return found


def _held_against(cells: _Cells, weight: Floats) -> Floats | None:
    """What each cell's mean counts for in the change of the served, shape (c,).

    Served cells count by their weight; against them stands what levels of starting dates and periods,
    fitted to the other cells, make of them. None where no served cell can be fitted.
    """
    d, clean = cells.design, ~cells.served
    gram = (d[clean] * weight[clean, None]).T @ d[clean]
    inverse = np.linalg.pinv(gram, hermitian=True)
    reached = np.abs(d - d @ inverse @ gram).max(axis=1) < _ROUNDING
    used = cells.served & reached
    if not used.any():
        return None
    share = np.where(used, weight, 0.0) / weight[used].sum()
    against: Floats = share - np.where(clean, weight * (d @ inverse @ (d.T @ share)), 0.0)
    return against


def _mean_change(
    cells: _Cells, places: Ints, x: Floats, weight: Floats
) -> tuple[float, Floats] | None:
    """Change of a mean of the served, and the influence of each place on it."""
    c = len(cells.n)
    mass: Floats = group_sums(weight, cells.of, c)
    held = _held_against(cells, mass)
    if held is None:
        return None
    mean: Floats = group_sums(weight * x, cells.of, c) / np.where(mass > 0, mass, 1.0)
    change = float(held @ mean)
    row = weight * (held / np.where(mass > 0, mass, 1.0))[cells.of]
    fitted = _fitted(cells, mean, mass)
    left = x - fitted[cells.of] - np.where(cells.served, change, 0.0)[cells.of]
    return change, _by_place(row * left, places)


def _fitted(cells: _Cells, mean: Floats, mass: Floats) -> Floats:
    """Levels of starting dates and periods, fitted to the cells that were not served, shape (c,)."""
    d, clean = cells.design, ~cells.served
    root = np.sqrt(mass[clean])
    beta = np.linalg.lstsq(d[clean] * root[:, None], mean[clean] * root, rcond=None)[0]
    fitted: Floats = d @ beta
    return fitted


def _rows_change(cells: _Cells, places: Ints) -> tuple[float, Floats] | None:
    """Change of the logarithm of the number of rows, and the influence of each place on it."""
    held = _held_against(cells, cells.n)
    if held is None:
        return None
    change = float(held @ np.log(cells.n))
    # A place's share of a cell, beside its share if all places of its starting date were alike.
    own = (held / cells.n)[cells.of]
    cohort = np.zeros(int(places.max()) + 1, dtype=np.int64)
    cohort[places] = cells.cohort[cells.of]
    alike = np.bincount(cohort, minlength=len(cells.starts))
    level = np.bincount(cells.cohort, weights=held, minlength=len(cells.starts)) / alike
    pull = np.bincount(places, weights=own) - level[cohort]
    return change, _corrected(pull)


def _by_place(values: Floats, places: Ints) -> Floats:
    return _corrected(group_sums(values, places, int(places.max()) + 1))


def _corrected(pull: Floats) -> Floats:
    m = len(pull)
    corrected: Floats = pull * np.sqrt(m / (m - 1.0)) if m > 1 else pull
    return corrected


def _row_table(cells: _Cells, periods: list[Any], n_periods: int) -> dict[str, Any]:
    starts = cells.starts[cells.cohort]
    return {
        "cohort": [periods[s] if s < n_periods else None for s in starts],
        "period": [periods[t] for t in cells.period],
        "n": cells.n.astype(np.int64),
        "served": cells.served,
    }
