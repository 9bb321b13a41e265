"""The men served by National Supported Work, matched to men of the Current Population Survey.

185 served and 15,992 others, the logit of Dehejia and Wahba (1999) with its powers. The values are
those of nearest neighbours on the propensity score with ties averaged, by Matching 4.10-8 in R 4.2.2
(``distance.tolerance = 0``); the naive difference is the paper's.
"""

from __future__ import annotations

import causaldata
import numpy as np
import pandas as pd
import pytest

from impacteval.estimators.matched.propensity import PropensityMatching
from impacteval.sample import Sample
from impacteval.values import Scale

COVARIATES = [
    "age", "age2", "age3", "educ", "educ2", "marr", "nodegree", "black", "hisp", "re74", "re75",
    "u74", "u75", "educ_re74",
]  # fmt: skip


def shortest(column: pd.Series) -> pd.Series:
    """Numbers of four bytes by their shortest decimal text, as the file was written."""
    return column.map(lambda v: float(str(np.float32(v))))


@pytest.fixture(scope="module")
def men() -> Sample:
    nsw = causaldata.nsw_mixtape.load_pandas().data
    others = causaldata.cps_mixtape.load_pandas().data
    d = pd.concat([nsw[nsw.treat == 1], others], ignore_index=True)
    for name in ("re74", "re75", "re78"):
        d[name] = shortest(d[name])
    age, educ = d.age.astype(float), d.educ.astype(float)
    d = d.assign(
        age=age, age2=age**2, age3=age**3, educ=educ, educ2=educ**2,
        u74=(d.re74 == 0).astype(float), u75=(d.re75 == 0).astype(float), educ_re74=educ * d.re74,
    )  # fmt: skip
    return Sample.from_frame(
        d, design="matched", outcome="re78", treatment="treat", covariates=COVARIATES
    )


def matched(men: Sample, **settings):
    return PropensityMatching(**settings).estimate(
        men, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
    )


@pytest.mark.parametrize(
    ("ratio", "value"),
    [(1, 730.380527), (2, 946.199248), (3, 1407.745729), (5, 1725.081811)],
)
def test_nearest_neighbours_with_ties(men, ratio, value):
    found = matched(men, ratio=ratio, replace=True, caliper=None)
    assert found.effect.value == pytest.approx(value, abs=5e-7)
    assert found.certificate["matched"] == 185


def test_the_plain_difference_is_far_off(men):
    found = matched(men, ratio=1, replace=True, caliper=None)
    means = found.parts["arms"].set_index("arm")["mean"]
    assert means["programme"] - means["comparison"] == pytest.approx(-8497.51614264, abs=5e-9)


def test_rows_in_another_order_change_nothing(men):
    # 1,734.55 is what rows in another order give where people alike are taken as they come.
    found = matched(men, ratio=5, replace=True, caliper=None)
    order = np.random.default_rng(3).permutation(men.structure.n_rows)
    frame = men.to_frame().iloc[order].reset_index(drop=True)
    other = Sample.from_frame(
        frame, design="matched", outcome="re78", treatment="treat", covariates=COVARIATES
    )
    assert matched(other, ratio=5, replace=True, caliper=None).effect.value == pytest.approx(
        found.effect.value, rel=1e-11
    )


def test_nobody_twice_within_the_caliper(men):
    found = matched(men, ratio=10)
    proof = found.certificate
    assert proof["most_uses"] == 1.0
    assert proof["within_caliper"]
    assert proof["matched"] + proof["left_out"] == 185
    assert proof["left_out"] == 31
    # Those left out are the likeliest to be served, whom nobody resembles.
    profile = found.parts["unmatched_profile"].set_index("covariate")
    assert profile.outside["black"] > profile.inside["black"]
    balance = found.parts["balance"]
    assert balance.difference_after.abs().max() < 0.15 < 3 < balance.difference_before.abs().max()


def test_a_training_programme():
    # The Mixtape's example: ten trainees, each with one man of the same age among twenty.
    table = causaldata.training_example.load_pandas().data
    numbers = table.apply(pd.to_numeric, errors="coerce")
    served, others = numbers.iloc[:10], numbers.iloc[:20]
    d = pd.DataFrame(
        {
            "age": [*served.age_treat, *others.age_control],
            "earnings": [*served.earnings_treat, *others.earnings_control],
            "trained": [1] * 10 + [0] * 20,
        }
    )
    sample = Sample.from_frame(
        d, design="matched", outcome="earnings", treatment="trained", covariates=["age"]
    )
    found = matched(sample, replace=True, caliper=None)
    assert found.effect.value == pytest.approx(1695.0, abs=1e-9)
    means = found.parts["arms"].set_index("arm")["mean"]
    assert means["programme"] - means["comparison"] == pytest.approx(-26.25, abs=1e-9)
