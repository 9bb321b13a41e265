"""What a test before the start can see: the worked example of the author's R package.

Roth (2022), Pretest with caution. *American Economic Review: Insights* 4(3). The event study is that
of He and Wang (2017), figure 2C, as the pretrends packages for R and Stata carry it; printed values
from the README of the R package, whose threshold is 1.96.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from impacteval.inference.pretrends import passing, power, slope_for_power

TIMES = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0])
EFFECTS = np.array(
    [0.0667031482, -0.0077017923, -0.0307690538, 0.084030658, 0.2424418181, 0.2198789865,
     0.1910925359]
)  # fmt: skip
COVARIANCE = np.array([
    [0.0089065712, 0.0044883136, 0.0014587025, 0.0012157689, 0.0020327645, 0.0013225015, 0.0019617728],
    [0.0044883136, 0.0059369169, 0.0027500791, 0.0013505858, 0.0014315459, 0.0012067792, 0.0013847158],
    [0.0014587025, 0.0027500791, 0.0030386248, 0.0009056166, 0.0006791299, 0.0010167636, 0.0007090144],
    [0.0012157689, 0.0013505858, 0.0009056166, 0.0039247409, 0.002596118, 0.0017326149, 0.0022345525],
    [0.0020327645, 0.0014315459, 0.0006791299, 0.002596118, 0.008065897, 0.0058753751, 0.0037414359],
    [0.0013225015, 0.0012067792, 0.0010167636, 0.0017326149, 0.0058753751, 0.007881579, 0.0036507095],
    [0.0019617728, 0.0013847158, 0.0007090144, 0.0022345525, 0.0037414359, 0.0036507095, 0.0097884266],
])  # fmt: skip
LEVEL = 2.0 * norm.sf(1.96)
PRINTED = 0.05205871


def test_slope_found_half_the_time() -> None:
    """R prints 0.05205871 (and, in an earlier print, 0.0520569): its chance of a box is drawn, to
    within 1e-3. At its slope the chance is 0.49989, not one half; ours is the root."""
    slope = slope_for_power(TIMES[:3], COVARIANCE[:3, :3], 0.5, LEVEL)
    assert slope == pytest.approx(PRINTED, rel=5e-4)
    assert power(slope * TIMES[:3], COVARIANCE[:3, :3], LEVEL) == pytest.approx(0.5, abs=1e-10)


def test_linear_trend() -> None:
    half = slope_for_power(TIMES[:3], COVARIANCE[:3, :3], 0.5, LEVEL)
    at_half = passing(EFFECTS, COVARIANCE, 3, half * TIMES, threshold=1.96)
    assert at_half.bayes_factor == pytest.approx(0.56901, abs=5e-6)
    found = passing(EFFECTS, COVARIANCE, 3, PRINTED * TIMES, threshold=1.96)
    assert found.likelihood_ratio == pytest.approx(0.1057627, abs=5e-8)
    assert found.power == pytest.approx(0.4999776, abs=2e-4)
    printed = [
        -0.09230764,
        -0.05555285,
        -0.02790950,
        0.06490184,
        0.12084694,
        0.16946498,
        0.22453827,
    ]
    assert found.mean_after_passing == pytest.approx(printed, abs=5e-6)


def test_quadratic_trend() -> None:
    found = passing(EFFECTS, COVARIANCE, 3, 0.024 * TIMES**2, threshold=1.96)
    assert found.power == pytest.approx(0.6624282, abs=2e-5)
    assert found.bayes_factor == pytest.approx(0.3841516, abs=2e-5)
    assert found.likelihood_ratio == pytest.approx(0.4332635, abs=5e-8)
