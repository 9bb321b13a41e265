"""Is the effect as firm as the method says? Parts of the data, and units drawn again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.diagnostics import refuter_words as words
from impacteval.diagnostics.draws import DRAWS, Drawn, checked_draws, redraw, seeds_of
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.places import FEWEST, Places, drawn_places
from impacteval.diagnostics.planned import Planned, needed
from impacteval.diagnostics.refuters import Numbered, by_row, said_of
from impacteval.errors import Problem, UsageError
from impacteval.estimates import Diagnostic, Parts
from impacteval.plugin import Draws
from impacteval.sample import resampled
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Matrix, Sample


SUBSET_STABILITY = "subset-stability"
BOOTSTRAP = "bootstrap"


def subset_stability(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    draws: int = DRAWS,
    fraction: float = 0.8,
) -> Diagnostic:
    """How far the effect moves on random parts of the data.

    Parts are drawn without replacement, of clusters where there are any, else of units, so that trials
    keep their arms and strata. The statistic is the root of the mean squared move, on the planned scale
    (where totals are planned, of the average effect). `expected` is the planned standard error times
    the root of (1 - f)/f: the move of a part of share f when every unit is independent of the others and
    none of them weighs much. A move far above says that the standard error is too small or that
    the effect rests on few. `chance_sound_fails` follows from the chi-squared law of as many moves.

    Parameters
    ----------
    sample : Sample
        Any design with units.
    limit : float, optional
        The largest typical move that passes, raw, on the planned scale.
    rng : Generator, optional
        For the draws.
    planned : Planned
        The planned estimate.
    draws : int
        How many, from 20.
    fraction : float
        Share of the data in a part, from 0.5 to 0.95.

    Returns
    -------
    Diagnostic
        Parts: ``draws`` (``draw, effect``). Its `reruns` are all draws.

    Raises
    ------
    UsageError
        When `planned` is missing, or a setting is out of its range.

    Examples
    --------
    See ``tests/unit/diagnostics/test_refuters.py``.

    References
    ----------
    Politis, Romano and Wolf (1999), *Subsampling*, chapter 2. doi:10.1007/978-1-4612-1554-7
    """
    name = SUBSET_STABILITY
    limit, known, count = (
        checked_limit(name, limit),
        needed(name, planned),
        checked_draws(name, draws),
    )
    if isinstance(fraction, bool) or not isinstance(fraction, float) or not 0.5 <= fraction <= 0.95:
        raise UsageError(
            Problem(
                f"The setting `fraction` of diagnostic {name!r} cannot be {fraction!r}.",
                "Write a share from 0.5 to 0.95, such as 0.8.",
            )
        )
    places, reason = _drawable(sample)
    if reason is not None:
        return not_applicable(name, limit, reason)

    def many(numbered: Numbered) -> Draws:
        return Draws(counts=by_row(places, [places.share(fraction, g) for _, g in numbered]))

    found = redraw(
        name,
        sample,
        known,
        lambda _, g: sample.part(places.share(fraction, g)[places.place]),
        seeds_of(rng, count),
        title=words.ON_A_PART,
        many=many,
    )
    if isinstance(found, Message):
        return not_applicable(name, limit, found)
    done, whole = found.done, found.whole.effect.value
    if len(done) < 2:
        return not_applicable(name, limit, found.reason or words.TOO_FEW)
    spread = float(np.sqrt(np.mean((done - whole) ** 2)))
    error = found.whole.effect.std_error
    kept = sum(places.kept(fraction, len(inside)) for inside in places.members) / places.m
    expected = None if error is None else error * math.sqrt((1.0 - kept) / kept)
    values: dict[str, Any] = {
        "n": len(done),
        "part": fraction,
        "kind": _kind(sample.matrix()),
        "spread": spread,
        "whole": whole,
    }
    text = words.SUBSETS
    ending = words.STOP if expected is None else words.SUBSETS_EXPECTED
    return _spread(name, found, spread, expected, limit, text, ending, values, len(done))


def bootstrap(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    draws: int = DRAWS,
) -> Diagnostic:
    """How far the effect spreads when units are drawn again with replacement.

    Clusters are drawn where there are any, else units; trials keep the sizes of their arms and strata.
    The statistic is the standard deviation of the effects, on the planned scale (where totals are
    planned, of the average effect), and `expected` the planned standard error: the two come to the
    same by different ways. `chance_sound_fails` is that of a standard deviation of as many draws. For
    methods that match each person with a few others the bootstrap is known to be off (Abadie and Imbens
    2008): it then informs about stability, and their own error is the one to trust.

    Parameters
    ----------
    sample : Sample
        Any design with units.
    limit : float, optional
        The largest spread that passes, raw, on the planned scale.
    rng : Generator, optional
        For the draws.
    planned : Planned
        The planned estimate.
    draws : int
        How many, from 20.

    Returns
    -------
    Diagnostic
        Parts: ``draws`` (``draw, effect``). Its `reruns` are all draws.

    Raises
    ------
    UsageError
        When `planned` is missing, or `draws` is no whole number from 20 to 10,000.

    Examples
    --------
    See ``tests/unit/diagnostics/test_refuters.py``.

    References
    ----------
    Efron (1979), Bootstrap methods: another look at the jackknife. *Annals of Statistics* 7(1).
    doi:10.1214/aos/1176344552
    """
    name = BOOTSTRAP
    limit, known, count = (
        checked_limit(name, limit),
        needed(name, planned),
        checked_draws(name, draws),
    )
    places, reason = _drawable(sample)
    if reason is not None:
        return not_applicable(name, limit, reason)

    def many(numbered: Numbered) -> Draws:
        return Draws(counts=by_row(places, [places.times(g) for _, g in numbered]))

    found = redraw(
        name,
        sample,
        known,
        lambda _, g: resampled(
            sample, places.place, np.repeat(np.arange(places.m), places.times(g))
        ),
        seeds_of(rng, count),
        title=words.DRAWN_AGAIN,
        many=many,
    )
    if isinstance(found, Message):
        return not_applicable(name, limit, found)
    done = found.done
    if len(done) < 2:
        return not_applicable(name, limit, found.reason or words.TOO_FEW)
    spread = float(done.std(ddof=1))
    values: dict[str, Any] = {
        "n": len(done),
        "kind": _kind(sample.matrix()),
        "spread": spread,
    }
    expected = found.whole.effect.std_error
    ending = words.STOP if expected is None else words.BOOTSTRAP_EXPECTED
    return _spread(
        name, found, spread, expected, limit, words.BOOTSTRAP, ending, values, len(done) - 1
    )


def _spread(
    name: str,
    found: Drawn,
    spread: float,
    expected: float | None,
    limit: float | None,
    text: Text,
    ending: Text,
    values: dict[str, Any],
    df: int,
) -> Diagnostic:
    """A spread against what is expected; its square over the true one is chi-squared over df."""
    from scipy import special

    chance = None
    if limit is not None and expected is not None:
        chance = 0.0
        if expected > 0.0:
            chance = float(special.chdtrc(df, df * (limit / expected) ** 2))
    if expected is not None:
        values["expected"] = expected
    whole = Text(en=text.en + ending.en, fr=text.fr + ending.fr)
    return Diagnostic(
        name,
        status_of(spread, limit),
        spread,
        limit,
        said_of(f"{name}{'' if expected is None else '.expected'}", whole, values, found),
        expected,
        chance,
        Parts({"draws": found.table()}),
        found.reruns,
    )


def _drawable(sample: Sample) -> tuple[Places, Message | None]:
    matrix = sample.matrix()
    places = drawn_places(sample)
    if matrix.weight is not None and matrix.weight_kind == "frequency":
        return places, words.COPIES
    sides = places.served if matrix.pair is None else np.ones(places.m, dtype=bool)
    both = matrix.pair is None and _split(matrix, places)
    few = min(int(sides.sum()), int((~sides).sum())) if both else places.m
    return places, words.FEW_PLACES if few < FEWEST else None


def _split(matrix: Matrix, places: Places) -> bool:
    """Whether a place is either served or compared with, and never both at once."""
    if matrix.treatment is None or not places.served.any() or places.served.all():
        return False
    if matrix.period is not None:
        return True
    low = np.ones(places.m)
    np.minimum.at(low, places.place, matrix.treatment)
    return bool((low.astype(bool) == places.served).all())


def _kind(matrix: Matrix) -> Text:
    if matrix.pair is not None:
        return words.PAIRS
    known = (matrix.assignment_cluster, matrix.cluster)
    return words.UNITS if all(c is None for c in known) else words.CLUSTERS
