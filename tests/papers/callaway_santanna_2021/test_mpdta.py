"""Callaway and Sant'Anna (2021), Difference-in-differences with multiple time periods. Journal of
Econometrics 225(2). doi:10.1016/j.jeconom.2020.12.001

Teen employment in 500 US counties, 2003 to 2007, and state minimum wages: the data that the
authors' R package did ships as mpdta. Expected values are those of did 2.5.0 without covariates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from published_data import mpdta

from impacteval.estimates import CounterfactualEstimate
from impacteval.estimators.did.callaway_santanna import CallawaySantAnna
from impacteval.sample import Sample
from impacteval.values import Scale

# Effect and analytic standard error by starting year and year.
GROUP_TIME = {
    (2004, 2004): (-0.0105032462, 0.0232510364),
    (2004, 2005): (-0.0704231581, 0.0309847668),
    (2004, 2006): (-0.1372587389, 0.0364356643),
    (2004, 2007): (-0.1008113631, 0.0343592258),
    (2006, 2004): (0.0065201124, 0.0233268051),
    (2006, 2005): (-0.0027508188, 0.0195585610),
    (2006, 2006): (-0.0045946070, 0.0177551967),
    (2006, 2007): (-0.0412244715, 0.0202291807),
    (2007, 2004): (0.0305066556, 0.0150335603),
    (2007, 2005): (-0.0027258929, 0.0163958329),
    (2007, 2006): (-0.0310871194, 0.0178775113),
    (2007, 2007): (-0.0260544107, 0.0166554353),
}
OVERALL = {
    "simple": (-0.0399512752, 0.0120340128),
    "group": (-0.0310182822, 0.0124460593),
    "dynamic": (-0.0772398215, 0.0199649891),
}
PRINTED = 6e-11  # ten decimals are printed


def estimate(covariates: tuple[str, ...] = (), **settings: Any) -> CounterfactualEstimate:
    sample = Sample.from_frame(
        mpdta(), design="did", outcome="lemp", unit="county", period="year",
        adopted="first_treat", never=0, covariates=list(covariates),
    )  # fmt: skip
    return CallawaySantAnna(**settings).estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    )


@pytest.mark.parametrize("method", ["dr", "ipw", "reg"])
def test_effects_by_start_and_year_are_those_of_the_r_package(method: str) -> None:
    table = estimate(method=method).parts["group_time"]
    assert len(table) == len(GROUP_TIME)
    for row in table.itertuples():
        effect, error = GROUP_TIME[row.cohort, row.period]
        assert row.effect == pytest.approx(effect, abs=PRINTED)
        assert row.std_error == pytest.approx(error, abs=PRINTED)


@pytest.mark.parametrize("aggregation", OVERALL)
def test_averages_and_their_errors_are_those_of_the_r_package(aggregation: str) -> None:
    found = estimate(aggregation=aggregation)
    effect, error = OVERALL[aggregation]
    assert found.effect.value == pytest.approx(effect, abs=PRINTED)
    assert found.effect.std_error == pytest.approx(error, abs=PRINTED)
    assert found.influence is not None
    assert found.influence.std_error == pytest.approx(error, abs=PRINTED)
    row = found.parts["aggregations"].set_index("aggregation").loc[aggregation]
    assert (row.effect, row.std_error) == pytest.approx((effect, error), abs=PRINTED)


def test_the_pre_test_is_that_of_the_r_package() -> None:
    (row,) = estimate().parts["pre_test"].itertuples()
    assert row.statistic == pytest.approx(7.79123662720, abs=6e-12)
    assert row.df == 5
    assert row.p_value == pytest.approx(0.16812, abs=6e-6)


def test_the_band_of_the_twelve_effects_is_the_gaussian_one() -> None:
    table = estimate().parts["group_time"]
    width = (table.band_high - table.effect) / table.std_error
    assert width.to_numpy() == pytest.approx(2.830, abs=6e-4)
    assert (table.effect - table.band_low).to_numpy() == pytest.approx(
        (table.band_high - table.effect).to_numpy()
    )


def test_with_a_universal_base_only_the_years_before_change() -> None:
    table = estimate(base="universal").parts["group_time"]
    after = table[table.period >= table.cohort]
    for row in after.itertuples():
        assert (row.effect, row.std_error) == pytest.approx(
            GROUP_TIME[row.cohort, row.period], abs=PRINTED
        )
    # A longer difference is the sum of the shorter ones: 2007 from 2003 to 2006.
    before = table[(table.cohort == 2007) & (table.period < 2006)].set_index("period").effect
    steps = {t: GROUP_TIME[2007, t][0] for t in (2004, 2005, 2006)}
    assert before[2005] == pytest.approx(-steps[2006], abs=2 * PRINTED)
    assert before[2003] == pytest.approx(-sum(steps.values()), abs=4 * PRINTED)


def test_draws_wander_about_the_analytic_errors() -> None:
    # One standard deviation of an interquartile range of 999 draws is 3.7% of it.
    found = estimate(inference="multiplier", draws=999)
    assert found.effect.std_error == pytest.approx(0.0120340128, rel=0.15)
    assert found.influence is not None
    assert found.influence.std_error == pytest.approx(found.effect.std_error, rel=1e-12)
    many = estimate(inference="multiplier", draws=20000, multiplier="mammen")
    assert many.effect.std_error == pytest.approx(0.0120340128, rel=0.04)
    table = many.parts["group_time"]
    exact = [GROUP_TIME[c, p][1] for c, p in zip(table.cohort, table.period, strict=True)]
    assert table.std_error.to_numpy() == pytest.approx(np.array(exact), rel=0.05)
