"""Metamorphic checks of designs whose comparison is not in the data.

A shift of every outcome leaves a comparison within the data where it was, and moves a comparison
with a figure by as much; a list of claims cannot be shifted at all, and has checks of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from impacteval.estimates import CounterfactualEstimate
from impacteval.testing.bench import LEVELS, Bench, close, require
from impacteval.testing.samples import KnownSample
from impacteval.values import Scale, Side


def _same(what: str, found: float | None, expected: float | None, size: float) -> None:
    if found is None or expected is None:
        require(found is expected, f"{what} is {found}, not {expected}.")
        return
    require(close(found, expected, size), f"{what} is {found}, not {expected}.")


def _expected(scale: Scale, observed: float, figure: float, served: int) -> float:
    match scale:
        case Scale.RELATIVE:
            return observed / figure - 1.0
        case Scale.TOTAL:
            return (observed - figure) * served
        case _:
            return observed - figure


def _against_the_figure(bench: Bench, y: np.ndarray, times: float, told: str) -> None:
    """With those outcomes, the figure stays where it was and the errors grow `times`-fold."""
    sample = bench.known.with_column("y", y).sample()
    for on, before in bench.estimates.items():
        after, size = bench.estimate(sample, on), float(np.abs(y).max())
        observed, figure = float(np.mean(y)), before.counterfactual
        _same(f"{told}, observed", after.observed, observed, size)
        _same(f"{told}, the stated figure", after.counterfactual, figure, size)
        expected = _expected(on, observed, figure, before.n_treated)
        _same(f"{told}, the effect on {on}", after.effect.value, expected, size)
        error = before.effect.std_error
        wanted = None if error is None else error * times
        _same(f"{told}, the standard error on {on}", after.effect.std_error, wanted, size)


def shift(bench: Bench) -> None:
    """The same amount for everyone moves the effect by as much: the figure does not move."""
    _against_the_figure(bench, bench.known.columns["y"] + 7.0, 1.0, "after a shift")


def scale(bench: Bench) -> None:
    """Outcomes three times as large, and the figure as it was."""
    _against_the_figure(bench, bench.known.columns["y"] * 3.0, 3.0, "with outcomes tripled")


def mirror(bench: Bench) -> None:
    """With outcomes mirrored at the figure, everything but a ratio is its mirror image."""
    figure = next(iter(bench.estimates.values())).counterfactual
    known = bench.known.with_column("y", 2.0 * figure - bench.known.columns["y"])
    sample = known.sample()
    for on, before in bench.estimates.items():
        if on is Scale.RELATIVE:
            continue
        after, size = bench.estimate(sample, on), abs(before.observed)
        _same(f"the mirrored effect on {on}", after.effect.value, -before.effect.value, size)
        for level in LEVELS:
            lower = before.effect.interval(level, Side.LOWER).low
            upper = after.effect.interval(level, Side.UPPER).high
            require(
                close(lower, -upper, size, 1e-6),
                f"on {on} the lower bound {lower} at {level} has the mirror image {upper}.",
            )


# --- lists of claims ----------------------------------------------------------------------------


def no_comparison(bench: Bench) -> None:
    """Nothing stands for what would have happened otherwise: zero, and nobody behind it."""
    for on, estimate in bench.estimates.items():
        require(
            estimate.counterfactual == 0.0 and estimate.n_comparison == 0,
            f"on {on} a count from nothing has the counterfactual {estimate.counterfactual} and "
            f"{estimate.n_comparison} units of comparison.",
        )


def unclaimed_rows(bench: Bench) -> None:
    """Ten more cases that claim nothing change no total, and thin out a rate."""
    known, more = bench.known, 10
    n = len(known.columns["y"])
    added = {
        "unit": np.array([f"v{k:04d}" for k in range(more)]),
        "y": np.zeros(more),
        "found": np.full(more, np.nan),
    }
    columns = {
        name: np.concatenate([values, added.get(name, np.repeat(values[-1:], more))])
        for name, values in known.columns.items()
    }
    sample = KnownSample(columns, known.roles, {}, n + more, known.against).sample()
    for on, before in bench.estimates.items():
        after = bench.estimate(sample, on)
        times = 1.0 if on is Scale.TOTAL else n / (n + more)
        told = f"with cases added that claim nothing, on {on}"
        _same(f"{told}, the count", after.effect.value, before.effect.value * times, 1.0)
        for side in Side:
            _same_interval(told, before, after, side, times)


def _same_interval(
    told: str,
    before: CounterfactualEstimate,
    after: CounterfactualEstimate,
    side: Side,
    times: float,
) -> None:
    first, second = before.effect.interval(0.9, side), after.effect.interval(0.9, side)
    for end in ("low", "high"):
        one, other = getattr(first, end), getattr(second, end)
        require(
            one == other or close(one * times, other, 1.0),
            f"{told}, the interval ends at {other} in place of {one * times}.",
        )


def audit_takes_off(bench: Bench) -> None:
    """One more case found wrong lowers the count and both its bounds, and never raises one."""
    known = bench.known
    found, y = known.columns["found"], known.columns["y"]
    right = np.flatnonzero((found == 1.0) & (y == 1.0))
    require(right.size > 0, "the sample has no checked case that is right.")
    worse = found.copy()
    worse[right[0]] = 0.0
    sample = known.with_column("found", worse).sample()
    for on, before in bench.estimates.items():
        after = bench.estimate(sample, on)
        told = f"on {on}, with one more case found wrong,"
        require(
            after.effect.value < before.effect.value,
            f"{told} the count goes from {before.effect.value} to {after.effect.value}.",
        )
        for side, end in ((Side.LOWER, "low"), (Side.UPPER, "high")):
            one = getattr(before.effect.interval(0.9, side), end)
            other = getattr(after.effect.interval(0.9, side), end)
            require(other <= one, f"{told} the bound on side {side} rises from {one} to {other}.")


def only_the_checked_speak(bench: Bench) -> None:
    """Where every case was checked again, the count is what was found."""
    known = bench.known
    y = known.columns["y"]
    found = y * (np.arange(len(y)) % 9 != 0)
    sample = known.with_column("found", found).sample()
    for on in bench.estimates:
        value = bench.estimate(sample, on).effect.value
        times = 1.0 if on is Scale.TOTAL else 1.0 / len(y)
        _same(
            f"on {on}, with every case checked, the count", value, float(found.sum()) * times, 1.0
        )


Checks = tuple[tuple[str, Callable[[Bench], None]], ...]

FIGURE_CHECKS: Checks = (("shift", shift), ("scale", scale), ("mirror", mirror))
LIST_CHECKS: Checks = (
    ("no_comparison", no_comparison),
    ("unclaimed_rows", unclaimed_rows),
    ("audit_takes_off", audit_takes_off),
    ("only_the_checked_speak", only_the_checked_speak),
)
