"""Prediction intervals as the answer to a question of chance."""

from __future__ import annotations

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimates import EmpiricalDraws
from impacteval.estimators.synthetic_control import over_time_words as words
from impacteval.estimators.synthetic_control.chance import Inference, Question
from impacteval.estimators.synthetic_control.effect import Answer
from impacteval.estimators.synthetic_control.one_series import one_series
from impacteval.estimators.synthetic_control.over_time import donors_misses
from impacteval.inference.sc_prediction import Shocks, predict

# A miss from before this small beside the outcomes is rounding: no shock can be told from it.
EXACT = 1e-9


def prediction_inference(question: Question, *, shocks: Shocks, simulations: int) -> Inference:
    """The effect of the mix, against what would have happened as far as can be told.

    Parameters
    ----------
    question : Question
        One served place, mixed from outcomes alone.
    shocks : {"sub-gaussian", "location-scale"}
        How a new period's shock is told from residuals.
    simulations : int
        Draws of the noise that chose the weights.

    Raises
    ------
    NotIdentified
        With several served places, or where the mix meets the place exactly in all periods before.
    """
    panel = question.panel
    if len(panel.served) > 1:
        raise NotIdentified(words.one_place(len(panel.served)))
    series = one_series(panel)
    before, length = series.before, len(series.counted)
    weights = question.fits.weights[0, panel.donors]
    pool, target = series.pool[:before], series.target[:before]
    if np.abs(target - pool @ weights).max() <= EXACT * np.abs(target - target.mean()).max():
        raise NotIdentified(words.met_exactly())
    after = series.pool[before:]
    found = predict(
        pool,
        target,
        weights,
        np.vstack([series.share @ after, after]),
        draws=simulations,
        shocks=shocks,
        rng=question.rng,
    )
    observed = float(series.share @ series.target[before:])
    error = (1.0 - question.level) / 2.0
    low, high = (ends[0, 1:] for ends in found.band(np.array([error])))
    weights_low, weights_high = (ends[0, 1:] for ends in found.weights_band(np.array([error / 2])))
    band_low, band_high = np.full((2, panel.n_periods), np.nan)
    band_low[series.counted], band_high[series.counted] = low, high
    own = series.target[before:]
    return Inference(
        answer=Answer(
            question.effect, EmpiricalDraws(observed - found.quantiles(0), "prediction interval")
        ),
        sentences=(words.predicted(simulations, shocks),),
        tables={
            "prediction": {
                "period": panel.periods[series.counted],
                "level": [question.level] * length,
                "low": own - high,
                "high": own - low,
                "weights_low": weights_low,
                "weights_high": weights_high,
                "shock": found.shock[1:],
                "shock_spread": found.spread[1:],
            }
        },
        band=(band_low, band_high),
        donors=donors_misses(question, before),
    )
