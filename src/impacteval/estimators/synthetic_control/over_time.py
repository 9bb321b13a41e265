"""Chance measured over time: conformal sets, and the debiased t-test."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import StepFunction, StudentT, TestInversion
from impacteval.estimators.synthetic_control import over_time_words as words
from impacteval.estimators.synthetic_control.chance import Inference, Question
from impacteval.estimators.synthetic_control.effect import Answer
from impacteval.estimators.synthetic_control.fits import everyone_else
from impacteval.estimators.synthetic_control.one_series import Series, one_series
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.inference.conformal import (
    ConformalSets,
    Permutations,
    collapsed,
    conformal_sets,
    constant_effect,
    joint_test,
)
from impacteval.inference.sc_ttest import cross_fit

Floats = NDArray[np.float64]

# Every effect is as likely as any other: nothing was observed that could tell.
_NOTHING = StepFunction(np.empty(0), np.empty(0), np.ones(1))


def conformal_inference(
    question: Question, *, permutations: Permutations, intercept: bool
) -> Inference:
    """The effect of the mixes, with the sets of a test that reorders residuals in time.

    Parameters
    ----------
    question : Question
    permutations : {"moving-block", "iid"}
        Orders of the test of no effect in any period; the sets are the same for both.
    intercept : bool
        Whether a constant is fitted besides the weights.

    Raises
    ------
    NotIdentified
        As `one_series`.
    """
    panel, level = question.panel, question.level
    series = one_series(panel)
    length = len(series.counted)
    blocks = series.before // length
    found = ConformalSets(_NOTHING, _NOTHING, _NOTHING)
    if blocks:
        found = conformal_sets(
            collapsed(series.pool, series.before, series.share),
            collapsed(series.target, series.before, series.share),
            intercept=intercept,
        )
    label = f"conformal test, {blocks + 1} blocks of {length}"
    each = [conformal_sets(*series.with_period(k), intercept=intercept) for k in range(length)]
    unused = series.before - blocks * length
    notes = [words.few_blocks(blocks, length)] if (blocks + 1) * (1.0 - level) < 1.0 - 1e-9 else []
    return Inference(
        answer=Answer(question.effect, TestInversion(found.two, found.greater, found.less, label)),
        sentences=(
            words.conformal(blocks, length, unused),
            words.conformal_sides(),
            *([words.as_one(len(panel.served))] if len(panel.served) > 1 else []),
        ),
        notes=tuple(notes),
        tables={
            **_sets(panel, series, each, level),
            **_joint(series, question, permutations, intercept=intercept),
        },
        band=_band(panel, series, each, level),
        donors=donors_misses(question, series.before),
    )


def donors_misses(question: Question, before: int) -> Floats:
    """Root mean square miss of each donor's own mix before the service, for the certificate."""
    panel = question.panel
    allowed = everyone_else(panel, panel.donors)
    return question.fitter(panel, panel.donors, allowed, before).pre_rmspe(panel.y)


def _band(
    panel: Panel, series: Series, each: list[ConformalSets], level: float
) -> tuple[Floats, Floats] | None:
    """What the served would have had in each period, as the test of that period leaves it."""
    if (series.before + 1) * (1.0 - level) < 1.0 - 1e-9:
        return None
    low, high = np.full((2, panel.n_periods), np.nan)
    for k, (t, sets) in enumerate(zip(series.counted.tolist(), each, strict=True)):
        found = TestInversion(sets.two).interval(level)
        observed = series.target[series.before + k]
        if found.low <= found.high:
            low[t], high[t] = observed - found.high, observed - found.low
    return low, high


def _sets(
    panel: Panel, series: Series, each: list[ConformalSets], level: float
) -> dict[str, dict[str, Any]]:
    """The set of each period as a table."""
    sets = [TestInversion(one.two).interval(level) for one in each]
    return {
        "period_sets": {
            "period": panel.periods[series.counted],
            "level": [level] * len(each),
            "low": [found.low for found in sets],
            "high": [found.high for found in sets],
            "pieces": [len(found.pieces) for found in sets],
            "p_value": [one.two(0.0) for one in each],
        }
    }


def _joint(
    series: Series, question: Question, permutations: Permutations, *, intercept: bool
) -> dict[str, dict[str, Any]]:
    """Tests of all periods at once as tables: of no effect, and of one and the same effect."""
    joint = joint_test(
        series.pool,
        series.target,
        series.before,
        permutations=permutations,
        intercept=intercept,
        rng=question.rng,
    )
    same = constant_effect(series.pool, series.target, series.before, intercept=intercept)
    pieces = TestInversion(same).interval(question.level).pieces
    return {
        "placebo_test": {
            "test": [f"no effect in any period, {permutations}"],
            "statistic": [joint.statistic],
            "p_value": [joint.p_value],
            "side": ["two"],
            "compared": [joint.orders],
            "attainable": [1.0 / joint.orders],
        },
        "constant_effect": {
            "level": [question.level] * len(pieces),
            "low": [low for low, _ in pieces],
            "high": [high for _, high in pieces],
        },
    }


def t_test_inference(question: Question, *, folds: int, intercept: bool) -> Inference:
    """The debiased effect and its Student t; the effect of the mixes stands in ``plug_in``.

    Parameters
    ----------
    question : Question
    folds : int
        Blocks that are left out in turn.
    intercept : bool
        Whether weights are fitted to outcomes taken from their means.

    Raises
    ------
    NotIdentified
        As `one_series`; when there are fewer periods from before than folds, or the folds agree to
        rounding.
    """
    panel = question.panel
    series = one_series(panel)
    if series.before < folds:
        raise NotIdentified(words.few_folds(series.before, folds))
    found = cross_fit(
        series.pool,
        series.target,
        series.before,
        share=series.share,
        folds=folds,
        intercept=intercept,
    )
    if not found.std_error > 0.0:
        raise NotIdentified(words.folds_agree())
    last = found.first + found.length - 1
    label = f"debiased t-test, {folds} folds"
    return Inference(
        answer=Answer(
            found.effect,
            StudentT(found.effect, found.std_error, found.df, label),
            found.std_error,
        ),
        sentences=(
            words.debiased(folds, found.length),
            *([words.as_one(len(panel.served))] if len(panel.served) > 1 else []),
        ),
        tables={
            "folds": {
                "fold": np.arange(1, folds + 1),
                "first": panel.periods[found.first],
                "last": panel.periods[last],
                "effect": found.effects,
            },
            "plug_in": {"effect": [question.effect], "debiased": [found.effect]},
        },
        donors=donors_misses(question, series.before),
    )
