"""Measure the placebo test of `synthetic-control` with predictors and write docs/reference/coverage/.

    python tools/calibrate_sc_predictors.py      # resumes: designs already measured are kept

Panels as in calibrate_sc.py. The mix matches the outcome's averages over three stretches of eight
periods, weighted alike: a search for their weights treats all places alike too, and would take hours.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from calibrate_sc import DRAWS, Answered, Measured, publish, some
from numpy.random import Generator

from impacteval.estimates import NoUncertainty
from impacteval.estimators.synthetic_control.effect import average
from impacteval.estimators.synthetic_control.fits import fit_served
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.estimators.synthetic_control.placebo import placebos
from impacteval.estimators.synthetic_control.predictor_fits import PredictorFitter
from impacteval.estimators.synthetic_control.predictors import Predictor

FITTER = PredictorFitter(
    tuple(Predictor("outcome", first, first + 7) for first in (0, 8, 16)), (1.0, 1.0, 1.0)
)


def by_predictors(panel: Panel, rng: Generator) -> Answered:
    """The placebo test, without the tables and bands that the estimate has besides."""
    effect = average(panel, panel.y[panel.served] - fit_served(panel, FITTER).counterfactual)
    placed = placebos(panel, FITTER, draws=DRAWS, max_pre_fit=None, rng=rng)
    if not placed.tells:
        return effect, NoUncertainty(effect)
    return effect, placed.distribution("rmspe-ratio")


METHODS = (
    Measured(
        "synthetic-control-predictors",
        by_predictors,
        "Placebo tests of mixes that match the outcome's averages over three stretches of eight periods,\n"
        "weighted alike. With 20 places the smallest p-value is 1 / 20.",
        some("1 of 20", "1 of 20, walks"),
    ),
)


def main(arguments: list[str] | None = None) -> int:
    """Measure and write."""
    return publish(METHODS, arguments, "python tools/calibrate_sc_predictors.py")


if __name__ == "__main__":
    sys.exit(main())
