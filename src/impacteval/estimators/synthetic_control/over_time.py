"""Chance measured over time: conformal sets, and the debiased t-test."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import StepFunction, StudentT, TestInversion
from impacteval.estimators.synthetic_control import over_time_words as words
from impacteval.estimators.synthetic_control.chance import Inference
from impacteval.estimators.synthetic_control.effect import Answer, average
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


def conformal(
    panel: Panel,
    counterfactual: Floats,
    *,
    permutations: Permutations,
    intercept: bool,
    level: float,
    rng: np.random.Generator,
) -> Inference:
    """The effect of `counterfactual`, with the sets of a test that reorders residuals in time.

    Parameters
    ----------
    panel : Panel
    counterfactual : array, shape (N, T)
        What each served place would have had, from a fit to the periods before.
    permutations : str
        Orders of the test of no effect in any period; the sets are the same for both.
    intercept : bool
        Whether a constant is fitted besides the weights.
    level : float
        Level of the band and of the sets in the tables.
    rng : numpy.random.Generator
        Draws orders where there are too many; unused otherwise.

    Raises
    ------
    NotIdentified
        As `one_series`.
    """
    series = one_series(panel)
    effect = average(panel, panel.y[panel.served] - counterfactual)
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
        answer=Answer(effect, TestInversion(found.two, found.greater, found.less, label)),
        sentences=(
            words.conformal(blocks, length, unused),
            words.conformal_sides(),
            *([words.as_one(len(panel.served))] if len(panel.served) > 1 else []),
        ),
        notes=tuple(notes),
        tables=_conformal_tables(panel, series, each, permutations, intercept, level, rng),
        band=_band(panel, series, each, level),
    )


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


def _conformal_tables(
    panel: Panel,
    series: Series,
    each: list[ConformalSets],
    permutations: Permutations,
    intercept: bool,
    level: float,
    rng: np.random.Generator,
) -> dict[str, dict[str, Any]]:
    sets = [TestInversion(one.two).interval(level) for one in each]
    joint = joint_test(
        series.pool,
        series.target,
        series.before,
        permutations=permutations,
        intercept=intercept,
        rng=rng,
    )
    same = TestInversion(
        constant_effect(series.pool, series.target, series.before, intercept=intercept)
    ).interval(level)
    return {
        "period_sets": {
            "period": panel.periods[series.counted],
            "level": [level] * len(each),
            "low": [found.low for found in sets],
            "high": [found.high for found in sets],
            "pieces": [len(found.pieces) for found in sets],
            "p_value": [one.two(0.0) for one in each],
        },
        "constant_effect": {
            "level": [level] * len(same.pieces),
            "low": [low for low, _ in same.pieces],
            "high": [high for _, high in same.pieces],
        },
        "placebo_test": {
            "test": [f"no effect in any period, {permutations}"],
            "statistic": [joint.statistic],
            "p_value": [joint.p_value],
            "side": ["two"],
            "compared": [joint.orders],
            "attainable": [1.0 / joint.orders],
        },
    }


def t_test(panel: Panel, counterfactual: Floats, *, folds: int, intercept: bool) -> Inference:
    """The debiased effect and its Student t.

    Parameters
    ----------
    panel : Panel
    counterfactual : array, shape (N, T)
        What each served place would have had, from a fit to all periods before; its effect stands
        in the table ``plug_in``.
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
    plug_in = average(panel, panel.y[panel.served] - counterfactual)
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
            "plug_in": {"effect": [plug_in], "debiased": [found.effect]},
        },
    )
