"""Does the method find what is not there, and does what it finds rest on chance?

Each check draws the data anew many times and runs the whole planned method on every draw: weights,
scores and matches are formed again inside the draw. A score that is kept from the planned data would
find effects where there are none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics import refuter_words as words
from impacteval.diagnostics.draws import DRAWS, Drawn, checked_draws, redraw, seeds_of
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.placebo_deals import deal_of
from impacteval.diagnostics.places import Places
from impacteval.diagnostics.planned import Planned, needed
from impacteval.errors import Problem, UsageError
from impacteval.estimates import Diagnostic, Parts
from impacteval.plugin import Draws
from impacteval.sample import with_covariates
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Sample

Floats = NDArray[np.float64]
Numbered = Sequence[tuple[int, "Generator"]]

PLACEBO_TREATMENT = "placebo-treatment"
RANDOM_COMMON_CAUSE = "random-common-cause"


def placebo_treatment(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    draws: int = DRAWS,
) -> Diagnostic:
    """The effect of a service that nobody had: it is dealt out anew at random.

    As many are served as were, within strata and pairs and by assignment cluster; in panels each unit
    gets the whole history of another one. Where one place was served, every other one is served in
    turn. Offer, take-up and dose move together. The outcomes stay as they are, so that their spread
    contains the effect of the true service.

    The statistic is the mean of the effects found, whatever its sign, on the planned scale (where
    totals are planned, of the average effect); it is zero but for chance whatever the effect of the
    true service, and whoever was served. `expected` is what chance leaves of it on so many draws, and
    `chance_sound_fails` follows from Student's law. How large the planned effect is among the others
    is told, and not judged: a service without effect is no fault of the method.

    Parameters
    ----------
    sample : Sample
        Any design with units that were served and others.
    limit : float, optional
        The largest mean that passes, raw, on the planned scale.
    rng : Generator, optional
        For the draws.
    planned : Planned
        The planned estimate.
    draws : int
        How many, from 20.

    Returns
    -------
    Diagnostic
        Parts: ``draws`` (``draw, effect``) and ``summary`` (``draws, mean, sd, planned,
        planned_std_error, z, share``); `z` is the planned effect in standard deviations of the
        others, and `share` the share of draws with an effect as large, whatever its sign.

    Raises
    ------
    UsageError
        When `planned` is missing, or `draws` is no whole number from 20 to 10,000.

    Examples
    --------
    See ``tests/unit/diagnostics/test_refuters.py``.

    References
    ----------
    Imbens and Rubin (2015), *Causal Inference for Statistics, Social, and Biomedical Sciences*,
    chapter 5. doi:10.1017/CBO9781139025751
    """
    name = PLACEBO_TREATMENT
    limit, known, count = (
        checked_limit(name, limit),
        needed(name, planned),
        checked_draws(name, draws),
    )
    if isinstance(known.estimate, Message):
        return not_applicable(name, limit, known.estimate)
    deal = deal_of(sample)
    if deal is None:
        return not_applicable(name, limit, words.NO_DEAL)
    seeds = seeds_of(rng, count)
    if deal.turns is not None:
        # One place was served: each of the others in turn, or so many of them at random.
        mixed = np.random.default_rng(seeds[0]).permutation(deal.turns)
        deal, seeds = replace(deal, turns=mixed), seeds[: len(mixed)]

    def many(numbered: Numbered) -> Draws:
        return Draws(treatment=by_row(deal.places, [deal.chosen(k, g) for k, g in numbered]))

    found = redraw(
        name,
        sample,
        known,
        lambda k, g: deal.dealt(sample, k, g),
        seeds,
        title=words.DEALT,
        many=many if deal.plain else None,
    )
    if isinstance(found, Message):
        return not_applicable(name, limit, found)
    done = found.done
    if len(done) < 2:
        return not_applicable(name, limit, found.reason or words.TOO_FEW)
    return _placebo(found, limit)


def _placebo(found: Drawn, limit: float | None) -> Diagnostic:
    from scipy import special

    done, whole = found.done, found.whole.effect.value
    mean, spread = float(done.mean()), float(done.std(ddof=1))
    error = spread / math.sqrt(len(done))
    share = float(np.mean(np.abs(done) >= abs(whole) * (1.0 - 1e-12)))
    chance = None
    if limit is not None:
        chance = 0.0
        if error > 0.0:
            chance = float(2.0 * special.stdtr(len(done) - 1, -limit / error))
    expected = error * math.sqrt(2.0 / math.pi)
    values: dict[str, Any] = {
        "n": len(done),
        "mean": mean,
        "expected": expected,
        "whole": whole,
        "as_large": round(share * len(done)),
    }
    summary = {
        "draws": [len(done)],
        "mean": [mean],
        "sd": [spread],
        "planned": [whole],
        "planned_std_error": [found.whole.effect.std_error],
        "z": [whole / spread if spread > 0.0 else None],
        "share": [share],
    }
    return Diagnostic(
        PLACEBO_TREATMENT,
        status_of(abs(mean), limit),
        abs(mean),
        limit,
        said_of(PLACEBO_TREATMENT, words.PLACEBO, values, found),
        expected,
        chance,
        Parts({"draws": found.table(), "summary": summary}),
    )


def random_common_cause(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    draws: int = DRAWS,
    covariates: int = 1,
) -> Diagnostic:
    """How far the effect moves when covariates of pure chance are allowed for besides.

    Each unit gets independent standard normal numbers, the same in every period. They have to do with
    neither service nor outcome, so that the effect must hardly move: one that does rests on very few
    units, or on more covariates than the data can bear. The statistic is the root of the mean squared
    move, on the planned scale (where totals are planned, of the average effect).

    `expected` is what least squares would show: its standard error times the root of k over n, for k
    covariates and n units. Methods that match each person with a few others move by more, as other
    people are chosen, and have no such figure.

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
    covariates : int
        How many at once, from 1 to 20.

    Returns
    -------
    Diagnostic
        Parts: ``draws`` (``draw, effect``). Its `reruns` are all draws.

    Raises
    ------
    UsageError
        When `planned` is missing, or a setting is no whole number of its range.

    Examples
    --------
    See ``tests/unit/diagnostics/test_refuters.py``.
    """
    name = RANDOM_COMMON_CAUSE
    limit, known, count = (
        checked_limit(name, limit),
        needed(name, planned),
        checked_draws(name, draws),
    )
    if isinstance(covariates, bool) or not isinstance(covariates, int) or not 1 <= covariates <= 20:
        raise UsageError(
            Problem(
                f"The setting `covariates` of diagnostic {name!r} cannot be {covariates!r}.",
                "Write a whole number from 1 to 20.",
            )
        )
    unit = sample.table.unit
    units = len(unit.labels)
    ordered = bool(np.array_equal(unit.codes, np.arange(units)))

    def noise(generator: Generator) -> Floats:
        drawn = generator.standard_normal((units, covariates))
        return drawn if ordered else drawn[unit.codes]

    def many(numbered: Numbered) -> Draws:
        columns = np.empty((len(numbered), len(sample), covariates))
        for one, (_, g) in zip(columns, numbered, strict=True):
            one[:] = noise(g)
        return Draws(covariates=columns)

    found = redraw(
        name,
        sample,
        known,
        lambda _, g: with_covariates(sample, noise(g)),
        seeds_of(rng, count),
        title=words.WITH_NOISE,
        many=many,
    )
    if isinstance(found, Message):
        return not_applicable(name, limit, found)
    done, whole = found.done, found.whole.effect.value
    if len(done) < 2:
        return not_applicable(name, limit, found.reason or words.TOO_FEW)
    size = max(abs(found.whole.observed), abs(found.whole.counterfactual))
    if float(np.abs(done - whole).max()) <= 1e-12 * size:
        return not_applicable(name, limit, words.NO_COVARIATES)
    moved = float(np.sqrt(np.mean((done - whole) ** 2)))
    error = found.whole.effect.std_error
    matched = bool({"pairs", "sets"} & set(found.whole.parts))
    expected = None if error is None or matched else error * math.sqrt(covariates / units)
    values: dict[str, Any] = {
        "k": covariates,
        "n": len(done),
        "low": float(done.min()),
        "high": float(done.max()),
        "whole": whole,
    }
    return Diagnostic(
        name,
        status_of(moved, limit),
        moved,
        limit,
        said_of(name, words.NOISE, values, found),
        expected,
        None,
        Parts({"draws": found.table()}),
        found.reruns,
    )


def said_of(key: str, text: Text, values: dict[str, Any], found: Drawn) -> Message:
    """The sentence, with how many draws have no answer where some have none."""
    lost = len(found.values) - len(found.done)
    if not lost:
        return Message(f"{key}.found", text, values)
    text = Text(en=text.en + words.LOST.en, fr=text.fr + words.LOST.fr)
    return Message(f"{key}.found-lost", text, {**values, "lost": lost})


def by_row(places: Places, each: Sequence[NDArray[Any]]) -> Floats:
    """How often each row counts, from how often its place does, shape (draws, n)."""
    counts = np.empty((len(each), len(places.place)))
    for row, one in zip(counts, each, strict=True):
        row[:] = one if places.rows else one[places.place]
    return counts
