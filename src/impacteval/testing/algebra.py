"""Metamorphic checks: what must happen to the answer when the data change in a known way."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from impacteval.errors import NotAnswerable, NotIdentified
from impacteval.estimates import CounterfactualEstimate, HypergeometricCount, TestInversion
from impacteval.plugin import answers_sides
from impacteval.testing.bench import LEVELS, SEED, Bench, arrays, close, fingerprint, require
from impacteval.testing.samples import KnownSample
from impacteval.values import Scale, Side, Tail

if TYPE_CHECKING:
    from impacteval.sample import Sample

_TAIL_OF = {Side.TWO: Tail.TWO, Side.LOWER: Tail.GREATER, Side.UPPER: Tail.LESS}


def _changed(
    bench: Bench, known: KnownSample, scales: tuple[Scale, ...] | None = None
) -> Iterator[tuple[Scale, CounterfactualEstimate, CounterfactualEstimate]]:
    """For each scale: the estimate on the plain sample and on the changed one."""
    sample = known.sample()
    for scale, before in bench.estimates.items():
        if scales is None or scale in scales:
            yield scale, before, bench.estimate(sample, scale)


def _same(what: str, found: float | None, expected: float | None, size: float) -> None:
    if found is None or expected is None:
        require(found is expected, f"{what} is {found}, not {expected}.")
        return
    require(close(found, expected, size), f"{what} is {found}, not {expected}.")


def shift(bench: Bench) -> None:
    """The same amount for everyone moves both means and leaves the difference where it was."""
    amount = 7.0
    known = bench.known.with_column("y", bench.known.columns["y"] + amount)
    for scale, before, after in _changed(bench, known):
        size = abs(before.observed) + amount
        expected = before.effect.value
        if scale is Scale.RELATIVE:
            expected = (before.observed + amount) / (before.counterfactual + amount) - 1.0
        else:
            _same(
                f"after a shift the standard error on {scale}",
                after.effect.std_error,
                before.effect.std_error,
                size,
            )
        _same(f"after a shift the effect on {scale}", after.effect.value, expected, size)
        _same("observed after a shift", after.observed, before.observed + amount, size)
        _same(
            "the counterfactual after a shift",
            after.counterfactual,
            before.counterfactual + amount,
            size,
        )


def scale(bench: Bench) -> None:
    """Another unit of measurement multiplies what has a unit and leaves what has none."""
    factor = 3.0
    known = bench.known.with_column("y", bench.known.columns["y"] * factor)
    for on, before, after in _changed(bench, known):
        times = 1.0 if on in (Scale.RELATIVE, Scale.STANDARDISED) else factor
        size = abs(before.observed) * factor
        _same(f"the effect on {on}", after.effect.value, before.effect.value * times, size)
        if before.effect.std_error is not None:
            _same(
                f"the standard error on {on}",
                after.effect.std_error,
                before.effect.std_error * times,
                size,
            )
        _same("observed", after.observed, before.observed * factor, size)


def mirror(bench: Bench) -> None:
    """With the sign of the outcome turned, everything is its mirror image."""
    known = bench.known.with_column("y", -bench.known.columns["y"])
    scales = tuple(s for s in bench.scales if s is not Scale.RELATIVE)
    for on, before, after in _changed(bench, known, scales):
        size = abs(before.observed)
        _same(f"the mirrored effect on {on}", after.effect.value, -before.effect.value, size)
        if not bench.random:
            _mirrored_intervals(on, before, after)
        if before.influence is not None and after.influence is not None:
            both = before.influence.covariance(after.influence)
            _same(
                f"the covariance of an effect on {on} with its mirror image, by influence,",
                both,
                -(before.influence.std_error**2),
                0.0,
            )


def _mirrored_intervals(
    on: Scale, before: CounterfactualEstimate, after: CounterfactualEstimate
) -> None:
    size = abs(before.observed)
    for level in LEVELS:
        try:
            lower = before.effect.interval(level, Side.LOWER).low
            upper = after.effect.interval(level, Side.UPPER).high
        except NotAnswerable:
            return
        require(
            close(lower, -upper, size, 1e-6) or lower == -upper,
            f"on {on} the lower bound {lower} at {level} has the mirror image {upper}.",
        )


def row_order(bench: Bench) -> None:
    """Neither the order of the rows nor the names of the units have any say."""
    known = bench.known
    n = len(known.columns["y"])
    order = np.random.default_rng(SEED).permutation(n)
    for on, before, after in _changed(bench, known.taken(order)):
        require(
            fingerprint(before) == fingerprint(after), f"on {on} the order of the rows has a say."
        )
    # Where units are followed, all rows of one get the same new name.
    units, place = np.unique(known.columns["unit"], return_inverse=True)
    names = units[np.random.default_rng(SEED).permutation(len(units))]
    renamed = known.with_column("unit", names[place])
    name_of = dict(zip(units.tolist(), names.tolist(), strict=True))
    for on, before, after in _changed(bench, renamed):
        size = abs(before.observed)
        _same(
            f"with units renamed, the effect on {on}", after.effect.value, before.effect.value, size
        )
        if bench.random:
            continue
        _same(
            f"with units renamed, the standard error on {on}",
            after.effect.std_error,
            before.effect.std_error,
            size,
        )
        _renamed_influence(on, before, after, name_of)


def _renamed_influence(
    on: Scale,
    before: CounterfactualEstimate,
    after: CounterfactualEstimate,
    name_of: dict[str, str],
) -> None:
    if before.influence is None or after.influence is None:
        require(before.influence is after.influence, "influence depends on the names of units.")
        return
    moved = dict(zip(after.influence.labels.tolist(), after.influence.values, strict=True))
    for label, value in zip(before.influence.labels.tolist(), before.influence.values, strict=True):
        found = moved.get(name_of.get(label, label))
        require(
            found is not None and close(found, value, before.influence.std_error),
            f"on {on} the influence of unit {label!r} does not go with the unit.",
        )


def every_row_counts(bench: Bench) -> None:
    """Sending any one unit's outcome to one end of the range or the other moves the effect.

    Where the comparison is a mix of places or chosen among similar people, those without a weight in
    it need not have a say, and a third of the rows is tried: some of every place, and some of every
    period.
    """
    y = bench.known.columns["y"]
    ends = (float(np.min(y)) - 1.0, float(np.max(y)) + 1.0)
    if bench.against == "nothing":
        ends = (0.0, 1.0)  # a case counts or does not
    on = bench.scales[0]
    before = bench.estimates[on].effect.value

    def moves(row: int, end: float) -> bool:
        other = y.copy()
        other[row] = end
        after = bench.estimate(bench.known.with_column("y", other).sample(), on).effect.value
        return not close(after, before, tolerance=1e-12)

    without = _weightless(bench)
    units = bench.known.columns["unit"]
    ignored = [
        str(units[row])
        for row in _tried(bench)
        if str(units[row]) not in without and not any(moves(row, end) for end in ends)
    ]
    require(not ignored, f"the outcome of {', '.join(ignored)} has no influence on the effect.")


def _tried(bench: Bench) -> list[int]:
    """The rows whose outcomes are moved: all, or where most could be left out every third."""
    columns = bench.known.columns
    rows = range(len(columns["y"]))
    if bench.design == "matched":
        return list(rows[::3])
    if bench.design != "synthetic_control":
        return list(rows)
    _, place = np.unique(columns["unit"], return_inverse=True)
    _, period = np.unique(columns[str(bench.known.roles["period"])], return_inverse=True)
    turn = (place.ravel() + period.ravel()) % 3
    return [row for row in rows if turn[row] == 0]


def _weightless(bench: Bench) -> set[str]:
    """Units without a weight, by the table of weights; empty where everyone is compared anyway."""
    if bench.design not in ("synthetic_control", "matched"):
        return set()
    parts = bench.estimates[bench.scales[0]].parts
    if "weights" not in parts:
        return set()
    table = parts["weights"]
    held = table["weight"].abs().groupby(table["unit"].astype(str)).max()
    if bench.design == "matched":
        # Whoever was chosen for no comparison stands in no table.
        units = {str(unit) for unit in bench.known.columns["unit"]}
        return units - set(held.index[held > 0.0].tolist())
    return set(held.index[held <= 0.0].tolist())


def missing_outcomes(bench: Bench) -> None:
    """Declared attrition: who was not measured is left out of the effect, and nobody else.

    An estimator whose card handles missing outcomes may use what is known of those units; one that
    follows units through every period, and whose card does not handle panels with gaps, may refuse
    a panel in which some are not measured, if it refuses one without those rows as well.
    """
    y = bench.known.columns["y"].copy()
    lost = np.zeros(len(y), dtype=bool)
    lost[:: max(2, len(y) // 8)] = True
    y[lost] = np.nan
    attrited = bench.known.with_column("y", y).with_roles(missing_outcome="attrited")
    handled = "missing_outcome" in bench.estimator.card.handles
    measured = attrited.taken(np.flatnonzero(~lost)).sample()
    shape, whole = measured.structure, bench.sample.structure
    # A series that is followed alone has gaps where whole periods are gone.
    gaps = shape.kind == "panel" and (not shape.balanced or shape.n_periods < whole.n_periods)
    if gaps and "unbalanced" not in bench.estimator.card.handles and _refuses(bench, measured):
        require(
            _refuses(bench, attrited.sample()),
            "a panel with gaps is refused, and answered where its outcomes are marked as missing.",
        )
        return
    for on, _, found in _changed(bench, attrited):
        if handled:
            continue
        without = bench.estimate(measured, on)
        told = f"on {on}, with outcomes that were not measured,"
        size = abs(without.observed)
        _same(f"{told} the effect", found.effect.value, without.effect.value, size)
        _same(f"{told} the standard error", found.effect.std_error, without.effect.std_error, size)
        require(
            (found.n_treated, found.n_comparison) == (without.n_treated, without.n_comparison),
            f"{told} units without an outcome are counted as if they had one.",
        )


def _refuses(bench: Bench, sample: Sample) -> bool:
    """Whether the estimator says that it cannot answer on these data."""
    try:
        bench.estimate(sample, bench.scales[0])
    except NotIdentified:
        return True
    return False


def determinism(bench: Bench) -> None:
    """The same seed gives the same answer, whatever the state of any global generator."""
    legacy = np.random.get_state()  # noqa: NPY002 - its use by others is what is looked for
    plain = random.getstate()
    try:
        for on, first in bench.estimates.items():
            for seed in (1, 2):
                np.random.seed(seed)  # noqa: NPY002 - see above
                random.seed(seed)
                again = bench.estimate(bench.sample, on)
                require(
                    fingerprint(again) == fingerprint(first),
                    f"on {on} the same seed gives another answer the second time.",
                )
    finally:
        np.random.set_state(legacy)  # noqa: NPY002 - see above
        random.setstate(plain)


def sample_untouched(bench: Bench) -> None:
    """The sample and the settings are the same after the run, and still read-only."""
    sample = bench.known.sample()
    before = {path: array.copy() for path, array in arrays(sample.matrix()).items()}
    digest, settings = sample.digest, repr(bench.estimator)
    for on in bench.scales:
        bench.estimate(sample, on)
        after = arrays(sample.matrix())
        for path, array in before.items():
            require(
                np.array_equal(array, after[path], equal_nan=array.dtype.kind == "f"),
                f"{path} was altered.",
            )
            require(not after[path].flags.writeable, f"{path} was made writeable.")
        require(sample.digest == digest, "the digest of the sample changed.")
        require(repr(bench.estimator) == settings, "the settings changed while running.")


def intervals(bench: Bench) -> None:
    """Intervals nest, are of the level and side asked for, and match the p-values."""
    for on, estimate in bench.estimates.items():
        for side in Side:
            _check_side(bench, f"on {on}, side {side}", estimate, side)


def _check_side(bench: Bench, place: str, estimate: CounterfactualEstimate, side: Side) -> None:
    effect, outer = estimate.effect, (np.inf, -np.inf)
    for level in LEVELS:
        try:
            found = effect.interval(level, side)
        except NotAnswerable:
            may = not bench.estimator.card.uncertainty or (
                side is not Side.TWO and not answers_sides(bench.estimator)
            )
            require(may, f"{place}: no answer, though the card promises one.")
            return
        require(
            found.level == level and found.side is side,
            f"{place}: asked for level {level}, answered {found.level} on side {found.side}.",
        )
        if not found.low <= found.high:
            continue  # an empty confidence set has no ends
        require(
            found.low <= outer[0] and found.high >= outer[1],
            f"{place}: the interval at {level} does not contain those at lower levels.",
        )
        outer = (found.low, found.high)
        if side is Side.LOWER:
            require(found.high == math.inf, f"{place}: a lower bound only, but it ends above.")
        if side is Side.UPPER:
            require(found.low == -math.inf, f"{place}: an upper bound only, but it ends below.")
        _check_ends(place, estimate, level, side, outer)
    if side is not Side.TWO:
        _check_tail(place, estimate, side)


def _check_ends(
    place: str,
    estimate: CounterfactualEstimate,
    level: float,
    side: Side,
    ends: tuple[float, float],
) -> None:
    effect, tail, alpha = estimate.effect, _TAIL_OF[side], round(1.0 - level, 12)
    finite = [end for end in ends if np.isfinite(end)]
    width = max([abs(end - effect.value) for end in finite] + [abs(effect.value) * 1e-9, 1e-9])
    for end, outward in zip(ends, (-1.0, 1.0), strict=True):
        if not np.isfinite(end):
            continue
        inside = effect.p_value(end - outward * 1e-6 * width, tail)
        outside = effect.p_value(end + outward * 1e-6 * width, tail)
        told = f"{place}: the interval at {level} ends at {end}, where the p-value is {inside:.6g}"
        # Sets of a discrete kind may be single points.
        single = isinstance(effect.distribution, TestInversion | HypergeometricCount)
        require(inside > alpha or single, f"{told} just inside, not above {alpha}.")
        require(outside <= alpha, f"{told} and {outside:.6g} just outside, not at most {alpha}.")


def _check_tail(place: str, estimate: CounterfactualEstimate, side: Side) -> None:
    """`greater` is small when the null is far below, `less` when it is far above."""
    effect, tail = estimate.effect, _TAIL_OF[side]
    direction = -1.0 if side is Side.LOWER else 1.0
    try:
        spread = effect.std_error or (
            effect.interval(0.9, Side.TWO).high - effect.interval(0.9, Side.TWO).low
        )
    except NotAnswerable:
        return
    if not np.isfinite(spread):
        return
    far = effect.p_value(effect.value + direction * 8.0 * spread, tail)
    near = effect.p_value(effect.value - direction * 8.0 * spread, tail)
    require(far <= 0.5 <= near, f"{place}: the p-values of the two sides are the wrong way round.")
    two = effect.p_value(0.0, Tail.TWO)
    one = effect.p_value(0.0, tail)
    if not isinstance(effect.distribution, TestInversion):
        doubled = min(1.0, 2.0 * min(one, effect.p_value(0.0, _OTHER[tail])))
        require(close(two, doubled), f"{place}: the two-sided p-value is not twice the smaller.")


_OTHER = {Tail.GREATER: Tail.LESS, Tail.LESS: Tail.GREATER}


def scales_agree(bench: Bench) -> None:
    """One sample has one observed mean and one counterfactual, whatever the scale."""
    by_scale = bench.estimates
    first = next(iter(by_scale.values()))
    for on, estimate in by_scale.items():
        size = abs(first.observed)
        _same(f"observed on {on}", estimate.observed, first.observed, size)
        _same(f"the counterfactual on {on}", estimate.counterfactual, first.counterfactual, size)
    difference = first.observed - first.counterfactual
    if Scale.TOTAL in by_scale:
        total = by_scale[Scale.TOTAL]
        if "everyone_eligible" in bench.estimator.card.estimands:
            expected = difference * _served(bench, total)
            _same("the total", total.effect.value, expected, abs(first.observed))
        else:  # the participants among them, however many these are
            require(
                0.0 <= total.effect.value / difference <= total.n_treated * (1.0 + 1e-9),
                "the total is not the difference times a part of those assigned.",
            )
    if Scale.STANDARDISED in by_scale:
        ratio = by_scale[Scale.STANDARDISED].effect.value * difference
        require(ratio >= 0.0, "the standardised effect has the other sign.")


# Designs whose effects are about served unit-periods.
_OVER_TIME = ("did", "synthetic_control", "interrupted_time_series")


def _served(bench: Bench, total: CounterfactualEstimate) -> float:
    """What a total counts: the treated, once for each period in which they are."""
    matrix = bench.sample.matrix()
    if bench.design not in _OVER_TIME or matrix.treatment is None:
        return float(total.n_treated)
    on = matrix.treatment == 1.0
    return float(on.sum() if matrix.weight is None else matrix.weight[on].sum())


def influence(bench: Bench) -> None:
    """Influence values reproduce the standard error and stand under names of the sample."""
    for maker in bench.answered:
        known = maker(SEED)
        sample = known.sample()
        for on in bench.scales:
            found = bench.estimate(sample, on)
            if found.influence is None:
                continue
            _same(
                f"by influence, the standard error on {on} in the {maker.name!r} sample",
                found.influence.std_error,
                found.effect.std_error,
                0.0,
            )
            clusters = known.roles.get("cluster") or known.roles.get("assignment_cluster")
            column = clusters if found.influence.level == "cluster" else "unit"
            require(
                column is not None,
                f"influence by cluster in the {maker.name!r} sample without any.",
            )
            names = set(known.columns[str(column)].tolist())
            labels = set(found.influence.labels.tolist())
            require(
                labels <= names,
                f"influence under names that are not in the {maker.name!r} sample.",
            )


def means(bench: Bench) -> None:
    """Influence on both means, where it is given, makes that on the effect by the delta method."""
    for maker in bench.answered:
        sample = maker(SEED).sample()
        for on in bench.scales:
            found = bench.estimate(sample, on)
            own = found.influence
            if own is None or own.means is None or on is Scale.STANDARDISED:
                continue  # a standardised effect also has the error of the spread
            match on:
                case Scale.RELATIVE:
                    one, other = 1.0, -found.observed / found.counterfactual
                    times = 1.0 / found.counterfactual
                case Scale.TOTAL:
                    one, other = 1.0, -1.0
                    difference = found.observed - found.counterfactual
                    times = found.effect.value / difference if difference else math.nan
                case _:
                    one, other, times = 1.0, -1.0, 1.0
            apart = np.abs(times * own.means.along(one, other) - own.values)
            require(
                not float(np.max(apart)) > 1e-7 * float(np.abs(own.values).max()),
                f"in the {maker.name!r} sample the influence on both means does not give that on "
                f"the effect on {on}.",
            )


MOVED_CHECKS: tuple[tuple[str, Callable[[Bench], None]], ...] = (
    ("shift", shift),
    ("scale", scale),
    ("mirror", mirror),
)
BENCH_CHECKS: tuple[tuple[str, Callable[[Bench], None]], ...] = (
    ("scales_agree", scales_agree),
    ("row_order", row_order),
    ("every_row_counts", every_row_counts),
    ("missing_outcomes", missing_outcomes),
    ("determinism", determinism),
    ("sample_untouched", sample_untouched),
    ("intervals", intervals),
    ("influence", influence),
    ("means", means),
)
