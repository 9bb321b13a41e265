"""Do more results stand just above the line at which they pay than the others imply?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics import bunching_words as said
from impacteval.diagnostics.density import Excess, density_jump, excess
from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.planned import Planned
from impacteval.diagnostics.randomised import normal_tail
from impacteval.errors import Problem, UsageError
from impacteval.estimates import Diagnostic, Parts
from impacteval.values import LEAST_SHOWN, Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BUNCHING = "bunching"
DRAWS = 1999
_SEED = 20160801
_FEWEST = 100
_RANGE = 15
_DEGREE = 3
_WINDOW = 2
_HEAPS = (5.0, 10.0)


def bunching(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    at: float | None = None,
    pays: str = "",
    column: str = "",
    step: float | None = None,
    window: int = _WINDOW,
    reach: int = _RANGE,
    degree: int = _DEGREE,
    heaps: Sequence[float] | float | None = None,
) -> Diagnostic:
    """Whether those served stand about a line as if some had been moved over it.

    Values of those served are counted in bins that none of the two sides of the line share. A log-linear
    polynomial, with a level of its own for round numbers, is fitted to the bins outside a window about
    the line, and says how many should stand inside. The statistic is half of the excess on the side that
    pays plus the lack on the other, as a share of all those served who were measured: how many were
    moved over the line. Below 0 there are fewer than expected on the side that pays.

    An effect of the service shifts and stretches the whole distribution and leaves it smooth; it does
    not bunch. Bunching has other causes too: a pass mark that matters to the people themselves, or a
    measurement that stops at the line. Comparison people measured in the same way, whom nobody pays
    for, are told beside it.

    People who stand by themselves: the p-value and `chance_sound_fails` are from 1,999 samples of the
    fitted density, refitted each time, and allow for counts that vary more than chance. With a cluster,
    or with several rows a unit, they are normal with an error that is summed by cluster.

    Parameters
    ----------
    sample : Sample
        Carries the measured value: the analysed outcome, or `column`.
    limit : float, optional
        The largest share that passes.
    rng : Generator, optional
        For the samples; without it, a fixed seed.
    planned : Planned, optional
        Says which outcomes are good, where `pays` does not.
    at : float
        The first value that pays.
    pays : {"above", "below"}, optional
        The side that pays, the line included; by default that of good outcomes.
    column : str
        Another column than the outcome, such as the score behind a pass.
    step : float, optional
        Width of a bin. By default that of the values' own grid, wider where they are many.
    window : int
        Bins on each side of the line whose counts are not trusted.
    reach : int
        Bins on each side that are looked at.
    degree : int
        Of the polynomial.
    heaps : sequence of float, optional
        Whole multiples of these are round numbers. By default 5 and 10 for whole numbers, 1 for finer
        ones, where others of them are near.

    Returns
    -------
    Diagnostic
        Parts: ``bins`` (``from, served, expected, inside``), ``test`` (``moved, share, std_error, p_value,
        dispersion, method``), with comparison people ``comparison`` (``share, std_error``), and for
        continuous values ``jump`` (``log_jump, std_error, p_value, bin, bandwidth``; McCrary 2008).

    Raises
    ------
    UsageError
        For a setting that cannot be.

    Examples
    --------
    See ``tests/unit/diagnostics/test_bunching.py``.

    References
    ----------
    Kleven (2016), Bunching. *Annual Review of Economics* 8.
    doi:10.1146/annurev-economics-080315-015234. McCrary (2008), Manipulation of the running variable in
    the regression discontinuity design. *Journal of Econometrics* 142(2).
    doi:10.1016/j.jeconom.2007.05.005
    """
    limit = checked_limit(BUNCHING, limit)
    if at is None:
        return not_applicable(BUNCHING, limit, said.NO_LINE)
    line = _number("at", at)
    side = pays or {"lower": "below"}.get("" if planned is None else planned.better, "above")
    _check(side, window, reach, degree, step)
    if column and column not in sample.outcomes:
        raise UsageError(
            Problem(
                f"The sample does not carry the column {column!r}.",
                f"Its outcomes: {', '.join(sample.outcomes)}.",
            )
        )
    own = sample[column] if column else sample
    matrix = own.matrix()
    rows = _people(matrix)
    measured = matrix.measured[rows]
    served = measured & (
        np.ones(len(measured), bool) if matrix.treatment is None else matrix.treatment[rows] == 1.0
    )
    if served.sum() < _FEWEST:
        return not_applicable(BUNCHING, limit, said.NOBODY)
    turn = 1.0 if side == "above" else -1.0
    values = np.array(matrix.y[rows])
    width, continuous = _width(values[served], line, step)
    layout = _layout(
        turn * (values[served] - line), width, line, turn, window, reach, degree, heaps
    )
    if isinstance(layout, Message):
        return not_applicable(BUNCHING, limit, layout)
    u = turn * (values - line)
    counts = layout.counts(u[served])
    fit = excess(counts, layout.columns, layout.sign)
    if fit is None:
        return not_applicable(BUNCHING, limit, said.FEW_VALUES)
    clusters = _clusters(matrix)
    clusters = None if clusters is None else clusters[rows]
    n = int(served.sum())
    test = (
        _by_samples(fit, layout, n, limit, rng)
        if clusters is None
        else _by_cluster(fit, layout, u[served], clusters[served], n, limit)
    )
    share = float(fit.moved) / n
    other = _alongside(u, measured & ~served, layout)
    jump = density_jump(u[served]) if continuous else None
    p_jump = None if jump is None else normal_tail(jump.jump / jump.std_error)
    inside = [counts[layout.sign == s].sum() for s in (1, -1)]
    even = [float(fit.expected[layout.sign == s].sum()) for s in (1, -1)]
    told: dict[str, object] = {
        "line": line,
        "n": n,
        "above": int(inside[0]),
        "below": int(inside[1]),
        "even_above": even[0],
        "even_below": even[1],
        "share": abs(share),
        "way": said.OVER if share >= 0 else said.BACK,
        "p": test.p,
    }
    parts: dict[str, dict[str, Any]] = {
        "bins": {
            "from": (line + turn * layout.low * width).tolist(),
            "served": counts.astype(np.int64).tolist(),
            "expected": fit.expected.tolist(),
            "inside": (layout.sign != 0).tolist(),
        },
        "test": {
            "moved": [float(fit.moved)],
            "share": [share],
            "std_error": [test.error],
            "p_value": [test.p],
            "dispersion": [float(fit.dispersion)],
            "method": ["samples" if clusters is None else "clusters"],
        },
    }
    if other is not None:
        parts["comparison"] = {"share": [other[0]], "std_error": [other[1]]}
    if jump is not None:
        parts["jump"] = {
            "log_jump": [jump.jump],
            "std_error": [jump.std_error],
            "p_value": [p_jump],
            "bin": [jump.bin],
            "bandwidth": [jump.bandwidth],
        }
    return Diagnostic(
        BUNCHING,
        status_of(share, limit),
        share,
        limit,
        said.found(
            told,
            hidden=min(inside) < LEAST_SHOWN,
            other=None if other is None else other[0],
            jump=p_jump,
        ),
        0.0,
        test.chance,
        Parts(parts),
    )


# --- settings -----------------------------------------------------------------------------------


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UsageError(f"Setting `{name}` of `{BUNCHING}` must be a number, not {value!r}.")
    return float(value)


def _check(side: str, window: object, reach: object, degree: object, step: object) -> None:
    if side not in ("above", "below"):
        raise UsageError(
            Problem(f"Setting `pays` of `{BUNCHING}` cannot be {side!r}.", "Write above or below.")
        )
    for name, value, least in (("window", window, 1), ("reach", reach, 5), ("degree", degree, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise UsageError(
                f"Setting `{name}` of `{BUNCHING}` must be a whole number of {least} or more, not {value!r}."
            )
    if step is not None and not _number("step", step) > 0.0:
        raise UsageError(f"Setting `step` of `{BUNCHING}` must be above 0, not {step!r}.")


# --- bins ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """Bins about the line: where each begins (in bins from the line), what stands for it, its side."""

    low: Ints
    width: float
    columns: Floats
    sign: Ints

    def place(self, u: Floats) -> Ints:
        """Bin of each value, -1 for those out of reach."""
        found = np.floor(u / self.width + 1e-9).astype(np.int64) - int(self.low[0])
        return np.where((found >= 0) & (found < len(self.low)), found, -1)

    def counts(self, u: Floats) -> Floats:
        """People in each bin."""
        place = self.place(u)
        return np.bincount(place[place >= 0], minlength=len(self.low)).astype(np.float64)


def _grid(values: Floats) -> float:
    """The largest step of which all differences between values are whole multiples; 0 without one."""
    levels = np.unique(values)
    if len(levels) < 2 or len(levels) > 0.9 * len(values):
        return 0.0
    for digits in range(7):
        scaled = levels * 10.0**digits
        if np.abs(scaled - np.round(scaled)).max() < 1e-9 * max(1.0, np.abs(scaled).max()):
            whole = np.round(scaled - scaled[0]).astype(np.int64)
            return float(np.gcd.reduce(whole)) / 10.0**digits
    return 0.0


def _width(values: Floats, line: float, step: float | None) -> tuple[float, bool]:
    """Width of the bins, and whether the values are continuous."""
    grid = _grid(values)
    # Where hardly two people share a value, rounding plays no part.
    continuous = len(np.unique(values)) > 0.9 * len(values)
    if step is not None:
        return float(step), continuous
    low, high = np.quantile(values, [0.25, 0.75])
    plain = 2.0 * (high - low) * len(values) ** (-1.0 / 3.0)
    if not plain > 0.0:
        plain = float(np.ptp(values)) / 20.0
    if grid > 0.0:
        return grid * max(1.0, round(plain / grid)), False
    return (plain if plain > 0.0 else 1.0), continuous


def _layout(
    u: Floats,
    width: float,
    line: float,
    turn: float,
    window: int,
    reach: int,
    degree: int,
    heaps: Sequence[float] | float | None,
) -> _Layout | Message:
    bins = np.floor(u / width + 1e-9).astype(np.int64)
    first, last = max(-reach, int(bins.min())), min(reach - 1, int(bins.max()))
    low = np.arange(first, last + 1, dtype=np.int64)
    sign = np.where((low >= 0) & (low < window), 1, np.where((low < 0) & (low >= -window), -1, 0))
    out = sign == 0
    # A polynomial that is not held on both sides says nothing of what stands between.
    if (low[out] < 0).sum() < 2 or (low[out] >= 0).sum() < 2:
        return said.FEW_VALUES
    if out.sum() < degree + 4:
        return said.FEW_VALUES
    z = (low + 0.5) / reach
    columns = [z**k for k in range(degree + 1)]
    for size in _round_to(width, heaps):
        starts: Floats = np.asarray(line + turn * low * width, dtype=np.float64)
        # Of a bin turned about, the value that it begins with is its largest.
        ends: Floats = np.asarray(starts + turn * width, dtype=np.float64)
        held = _holds(starts, ends, size, turn)
        if held.all() or not held.any():
            continue
        rest = held[out]
        if min(rest.sum(), (~rest).sum()) < 2:
            if heaps is not None and held[~out].any() and not held[~out].all():
                return said.ROUND
            continue
        columns.append(held.astype(np.float64))
        if np.linalg.matrix_rank(np.column_stack(columns)[out]) < len(columns):
            columns.pop()
    if out.sum() <= len(columns):
        return said.FEW_VALUES
    return _Layout(low, width, np.column_stack(columns), sign)


def _round_to(width: float, heaps: Sequence[float] | float | None) -> tuple[float, ...]:
    if heaps is not None:
        given = (heaps,) if isinstance(heaps, int | float) else tuple(heaps)
        found = tuple(_number("heaps", value) for value in given)
        if any(value <= 0.0 for value in found):
            raise UsageError(f"Setting `heaps` of `{BUNCHING}` holds numbers above 0.")
        return found
    return tuple(size for size in (1.0, *_HEAPS) if size > width * (1.0 + 1e-9))


def _holds(starts: Floats, ends: Floats, size: float, turn: float) -> NDArray[np.bool_]:
    """Whether a bin holds a whole multiple of `size`; the end away from the line is not part of it."""
    tiny = 1e-9 * max(1.0, float(np.abs(starts).max()))
    if turn > 0.0:
        return np.asarray(np.ceil((starts - tiny) / size) * size < ends - tiny)
    return np.asarray(np.floor((starts + tiny) / size) * size > ends + tiny)


# --- chance -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Test:
    """One-sided p-value, standard error of the share, chance that a sound study exceeds the limit."""

    p: float
    error: float
    chance: float | None


def _by_samples(
    fit: Excess, layout: _Layout, n: int, limit: float | None, rng: Generator | None
) -> _Test:
    """Samples of the fitted density, each fitted again."""
    draws = rng or np.random.default_rng(_SEED)
    inside = float(fit.expected.sum())
    chance = fit.expected / max(inside, 1e-300)
    many = draws.multinomial(round(inside), chance, size=DRAWS).astype(np.float64)
    again = excess(many, layout.columns, layout.sign)
    scale = math.sqrt(float(fit.dispersion))
    error = math.sqrt(float(fit.variance)) * scale / n
    if again is None:  # bins so empty that a fit runs away: the normal law is what is left
        z = float(fit.ratio)
        over = None if limit is None else _upper(limit / error)
        return _Test(_upper(z), error, over)
    p = (1.0 + float((again.ratio >= float(fit.ratio)).sum())) / (DRAWS + 1.0)
    over = None if limit is None else float((again.moved * scale / n > limit).mean())
    return _Test(p, error, over)


def _by_cluster(
    fit: Excess, layout: _Layout, u: Floats, cluster: Ints, n: int, limit: float | None
) -> _Test:
    place = layout.place(u)
    pull = np.where(place >= 0, fit.pull[place], 0.0)
    codes = np.unique(cluster, return_inverse=True)[1]
    totals = np.bincount(codes, weights=pull)
    pieces = len(totals)
    if pieces < 2:
        return _Test(1.0, math.inf, None if limit is None else 0.5)
    spread = float(((totals - totals.mean()) ** 2).sum()) * pieces / (pieces - 1.0)
    error = math.sqrt(max(spread, 0.0)) / 2.0 / n
    if not error > 0.0:
        return _Test(1.0, 0.0, None if limit is None else 0.0)
    z = float(fit.moved) / n / error
    return _Test(_upper(z), error, None if limit is None else _upper(limit / error))


def _upper(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def _clusters(matrix: Any) -> Ints | None:
    """Level at which values go together; None where every row stands for itself."""
    codes = matrix.cluster or matrix.assignment_cluster or matrix.unit
    return None if len(np.unique(codes.codes)) == len(codes.codes) else codes.codes


def _people(matrix: Any) -> Ints:
    """The row of each person: a row with a frequency weight stands for as many."""
    rows = np.arange(len(matrix.measured), dtype=np.int64)
    if matrix.weight is None or matrix.weight_kind != "frequency":
        return rows
    return np.repeat(rows, np.asarray(matrix.weight).astype(np.int64))


def _alongside(u: Floats, inside: NDArray[np.bool_], layout: _Layout) -> tuple[float, float] | None:
    """The same share among comparison people, with the error of people who stand by themselves."""
    n = int(inside.sum())
    if n < _FEWEST:
        return None
    found = excess(layout.counts(u[inside]), layout.columns, layout.sign)
    if found is None:
        return None
    return float(found.moved) / n, math.sqrt(float(found.variance * found.dispersion)) / n


BUNCHING_ENTRY = DiagnosticEntry(
    BUNCHING,
    Text(en="Results just over the line", fr="Résultats juste au-delà du seuil"),
    Text(
        en="Do more results stand just where they begin to pay than the others imply?",
        fr="Y a-t-il plus de résultats juste là où ils commencent à payer que les autres ne le laissent "
        "attendre ?",
    ),
    Text(
        en="Share of those served who stand as if they had been moved over the line",
        fr="Part des personnes servies qui se trouvent là comme si on les avait placées au-delà du seuil",
    ),
    bunching,
    ("at", "pays", "column", "step", "window", "reach", "degree", "heaps"),
    planned=True,
    outcomes="column",
)
