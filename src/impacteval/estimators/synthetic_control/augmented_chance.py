"""How sure a corrected mix is: stand-ins, places left out or drawn again, periods held out.

Each way makes one distribution of the average effect, and a spread for each period.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import ConfidenceDistribution, StepFunction, StudentT, TestInversion
from impacteval.estimators.randomised.messages import no_variation
from impacteval.estimators.synthetic_control import augmented_words as words
from impacteval.estimators.synthetic_control.augmented_places import PlaceFit, Places, gaps

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Variance = Literal["placebo", "jackknife", "bootstrap", "jackknife+"]

# Donors that a stand-in must be left with.
FEWEST = 2
# A spread this small beside the outcomes is rounding.
ROUNDING = 1e-12
# Tries for each draw with replacement before the data are called too small for it.
TRIES = 100


@dataclass(frozen=True, slots=True, eq=False)
class Chance:
    """The distribution of the average effect, and what it was made of.

    Attributes
    ----------
    distribution : ConfidenceDistribution
    std_error : float or None
    df : float or None
    periods : array, shape (T,), or None
        Standard error of the effect of each period; NaN where none counts.
    compared : int
        Stand-ins, places left out, draws, or blocks of periods.
    exact : bool
        Whether they are all there are.
    alone : tuple of PlaceFit
        Each place that was not served in the place of a served one, once for each start.
    moved : array, shape (n,), or None
        What leaving out each place, served ones first, does to the effect, as influence values.
    length : int
        Periods in each stretch that is held out; zero where none is.
    """

    distribution: ConfidenceDistribution
    std_error: float | None
    df: float | None
    periods: Floats | None
    compared: int
    exact: bool
    alone: tuple[PlaceFit, ...] = ()
    moved: Floats | None = None
    length: int = 0


def chance_of(
    places: Places, fits: list[PlaceFit], variance: Variance, draws: int, rng: Generator
) -> Chance:
    """Measure chance in one of four ways.

    Parameters
    ----------
    places : Places
    fits : list of PlaceFit
        Of the served.
    variance : str
        ``placebo``: places never served stand in for the served. ``jackknife``: each place is left
        out in turn. ``bootstrap``: places are drawn with replacement. ``jackknife+``: blocks of
        periods from before the service are left out and predicted.
    draws : int
        Groups of stand-ins, where there are more, and draws with replacement.
    rng : Generator

    Raises
    ------
    NotIdentified
        When too few places are served, or never, for that way.
    """
    match variance:
        case "placebo":
            return _placebo(places, fits, draws, rng)
        case "jackknife":
            return _jackknife(places, fits)
        case "bootstrap":
            return _bootstrap(places, fits, draws, rng)
        case _:
            return _held_out(places, fits)


def _placebo(places: Places, fits: list[PlaceFit], draws: int, rng: Generator) -> Chance:
    n, donors = len(places.served), places.donors
    if len(donors) - n < FEWEST:
        raise NotIdentified(words.few_stand_ins(n, len(donors), FEWEST))
    alone = {
        start: [places.fit(j, donors[donors != j], start) for j in donors.tolist()]
        for start in np.unique(places.start).tolist()
    }
    if n == 1:
        (found,) = alone.values()
        paths = gaps(found)
        effects = np.array([places.effect(path[None]) for path in paths])
        exact = True
    else:
        groups, exact = _groups(len(donors), n, draws, rng)
        both = [_stand_ins(places, alone, group) for group in groups]
        effects = np.array([effect for effect, _ in both])
        paths = np.array([path for _, path in both])
    error = _root_mean_square(effects)
    df = _degrees(places, len(donors), None if exact else len(effects))
    periods = np.sqrt((paths**2).mean(axis=0))
    everyone = tuple(itertools.chain.from_iterable(alone.values()))
    return _student(places, fits, error, df, periods, len(effects), exact=exact, alone=everyone)


def _groups(donors: int, n: int, draws: int, rng: Generator) -> tuple[list[Ints], bool]:
    """Ordered groups of stand-ins: all of them where they are no more than `draws`."""
    if math.perm(donors, n) <= draws:
        return [np.array(g) for g in itertools.permutations(range(donors), n)], True
    return [rng.permutation(donors)[:n] for _ in range(draws)], False


def _stand_ins(
    places: Places, alone: dict[int, list[PlaceFit]], group: Ints
) -> tuple[float, Floats]:
    """Effect and path of a group in the place of the served, none a donor of another.

    The penalty of each is the one that was chosen for it on all other places.
    """
    kept = np.delete(places.donors, group)
    found = []
    for which, start in zip(group.tolist(), places.start.tolist(), strict=True):
        own = alone[start][which]
        found.append(places.fit(own.place, kept, start, penalty=own.fit.penalty, like=own))
    each = gaps(found)
    return places.effect(each), places.path(each)


def _degrees(places: Places, donors: int, draws: int | None) -> float:
    """Degrees of freedom of a mean square over stand-ins.

    Means of `n` of `J` independent errors have a mean square that weighs their variance, known with
    ``J - 1`` degrees of freedom, with ``1 - n / J`` and the square of their mean, with one, with
    ``n / J`` (Satterthwaite). Served places of unequal weight count as fewer. Groups that are drawn
    add the error of drawing.
    """
    own = places.shares.sum(axis=1)
    part = min(1.0 / float((own**2).sum()) / donors, 1.0)
    spread = (1.0 - part) ** 2 / (donors - 1) + part**2 + (1.0 / draws if draws else 0.0)
    return 1.0 / spread


def _jackknife(places: Places, fits: list[PlaceFit]) -> Chance:
    n, donors = len(places.served), places.donors
    if n < 2:
        raise NotIdentified(words.one_served("jackknife"))
    if len(donors) - 1 < FEWEST:
        raise NotIdentified(words.few_donors_left("jackknife", len(donors)))
    each = gaps(fits)
    effects, paths = [], []
    for k in range(n):
        counts = np.ones(n)
        counts[k] = 0.0
        if not (places.shares[counts > 0.0].sum() > 0.0):
            raise NotIdentified(words.one_served("jackknife"))
        effects.append(places.effect(each, counts))
        paths.append(places.path(each, counts))
    for j in donors.tolist():
        kept = donors[donors != j]
        without = gaps([_again(places, own, kept) for own in fits])
        effects.append(places.effect(without))
        paths.append(places.path(without))
    moved = _left_out(np.array(effects))
    # Periods in which only one served place counts have no spread of their own.
    periods = np.sqrt((_left_out(np.array(paths)) ** 2).sum(axis=0))
    error = float(np.sqrt((moved**2).sum()))
    return _student(places, fits, error, n - 1.0, periods, len(moved), exact=True, moved=moved)


def _left_out(values: Floats) -> Floats:
    """From results without each of n places to values whose squares sum to the variance."""
    n = len(values)
    return np.asarray(math.sqrt((n - 1) / n) * (values.mean(axis=0) - values))


def _again(places: Places, own: PlaceFit, donors: Ints) -> PlaceFit:
    """The same place on other donors, with the penalty that it has."""
    start = int(places.start[int(np.flatnonzero(places.served == own.place)[0])])
    return places.fit(own.place, donors, start, penalty=own.fit.penalty, like=own)


def _bootstrap(places: Places, fits: list[PlaceFit], draws: int, rng: Generator) -> Chance:
    n, j = len(places.served), len(places.donors)
    if n < 2:
        raise NotIdentified(words.one_served("bootstrap"))
    effects, paths = [], []
    for _ in range(draws):
        counts, drawn = _drawn(places, n, j, rng)
        each = np.array(
            [
                _again(places, own, drawn).gap if count else own.gap
                for own, count in zip(fits, counts, strict=True)
            ]
        )
        effects.append(places.effect(each, counts))
        paths.append(places.path(each, counts))
    error = float(np.std(effects))
    with np.errstate(invalid="ignore"):
        every = np.array(paths)
        some = ~np.isnan(every)
        seen = np.maximum(some.sum(axis=0), 1)
        mean = np.where(some, every, 0.0).sum(axis=0) / seen
        periods = np.sqrt(np.where(some, (every - mean) ** 2, 0.0).sum(axis=0) / seen)
        periods[~some.any(axis=0)] = np.nan
    return _student(places, fits, error, n - 1.0, periods, draws, exact=False)


def _drawn(places: Places, n: int, j: int, rng: Generator) -> tuple[Floats, Ints]:
    """How often each served place was drawn, and the donors drawn, until both kinds are there."""
    for _ in range(TRIES):
        which = rng.integers(n + j, size=n + j)
        counts = np.bincount(which[which < n], minlength=n).astype(np.float64)
        donors = np.sort(which[which >= n] - n)
        enough = len(np.unique(donors)) >= FEWEST
        if enough and float((places.shares.sum(axis=1) * counts).sum()) > 0.0:
            return counts, places.donors[donors]
    raise NotIdentified(words.few_donors_left("bootstrap", j))


def _held_out(places: Places, fits: list[PlaceFit]) -> Chance:
    starts = np.unique(places.start)
    if len(starts) > 1:
        raise NotIdentified(words.several_starts())
    before = int(starts[0])
    length = min(int((places.shares.sum(axis=0) > 0.0).sum()), before // 2)
    own = places.shares.sum(axis=1)
    effects, misses = [], []
    for first in range(before - length + 1):
        block = np.arange(first, first + length)
        found = gaps([places.fit(f.place, f.donors, before, like=f, without=block) for f in fits])
        effects.append(places.effect(found))
        misses.append(float(own @ found[:, block].mean(axis=1)))
    distribution = _plus(np.array(effects), np.array(misses))
    return Chance(distribution, None, None, None, len(misses), exact=True, length=length)


def _plus(effects: Floats, misses: Floats) -> TestInversion:
    """The values that the effects without each block, moved by what it missed, do not reject."""
    size = np.abs(misses)
    total = len(effects) + 1
    both = _Counts.of(effects - size, effects + size)
    signed = _Counts.of(effects - misses, effects - misses)
    return TestInversion(
        both.function(lambda low, high: np.minimum(low, high) / total),
        signed.function(lambda low, _: low / total),
        signed.function(lambda _, high: high / total),
        f"jackknife+, {len(effects)} blocks",
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """One more than the lower values at or below a null, and than the upper ones at or above.

    Attributes
    ----------
    knots : array, shape (m,)
    low, high : array, shape (m,)
        Those counts at the knots.
    """

    knots: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, lower: Floats, upper: Floats) -> _Counts:
        """The counts of two sets of values."""
        knots = np.union1d(lower, upper)
        below = np.searchsorted(np.sort(lower), knots, side="right")
        above = len(upper) - np.searchsorted(np.sort(upper), knots, side="left")
        return cls(knots, np.asarray(below + 1.0), np.asarray(above + 1.0))

    def function(self, p: Callable[[Floats, Floats], Floats]) -> StepFunction:
        """A p-value that rises with both counts, as a function of the null."""
        # Between two knots the lower values up to the left one count, the upper from the right one.
        between = p(np.append(1.0, self.low), np.append(self.high, 1.0))
        return StepFunction(
            self.knots, np.minimum(p(self.low, self.high), 1.0), np.minimum(between, 1.0)
        )


def _student(
    places: Places,
    fits: list[PlaceFit],
    error: float,
    df: float,
    periods: Floats,
    compared: int,
    *,
    exact: bool,
    alone: tuple[PlaceFit, ...] = (),
    moved: Floats | None = None,
) -> Chance:
    if not error > ROUNDING * float(np.abs(places.y).max()):
        raise NotIdentified(no_variation())
    effect = places.effect(gaps(fits))
    return Chance(StudentT(effect, error, df), error, df, periods, compared, exact, alone, moved)


def _root_mean_square(values: Floats) -> float:
    return math.sqrt(float((values**2).mean()))
