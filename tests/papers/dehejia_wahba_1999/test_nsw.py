"""Dehejia and Wahba (1999), Causal effects in nonexperimental studies: reevaluating the evaluation
of training programs. Journal of the American Statistical Association 94(448).
doi:10.1080/01621459.1999.10473858

The National Supported Work sample: 185 men offered work, 260 not; earnings in 1978. The paper's
Table 1 (and LaLonde's experiment behind it) gives the difference of USD 1,794. Further digits
are those of estimatr 1.0.0 in R 4.2.2 (lm_robust, lm_lin, difference_in_means).
"""

from __future__ import annotations

import causaldata
import numpy as np
import pandas as pd
import pytest

from impacteval.diagnostics.subgroups import subgroups
from impacteval.estimators.randomised.cuped import Cuped
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.estimators.randomised.lin import Lin
from impacteval.sample import Sample
from impacteval.values import Scale

COVARIATES = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]
PRINTED = 1e-11  # the reference values are printed to twelve digits


@pytest.fixture(scope="module")
def nsw() -> pd.DataFrame:
    frame = causaldata.nsw_mixtape.load_pandas().data
    return frame.assign(
        block=frame.black.astype(int).astype(str) + "-" + frame.nodegree.astype(int).astype(str)
    )


def estimate(frame, estimator=None, scale="difference", **roles):
    sample = Sample.from_frame(frame, design="rct", outcome="re78", treatment="treat", **roles)
    return (estimator or DifferenceInMeans()).estimate(
        sample, scale=Scale(scale), rng=np.random.default_rng(0)
    )


def test_difference_in_means(nsw) -> None:
    found = estimate(nsw)
    assert (found.n_treated, found.n_comparison) == (185, 260)
    assert found.effect.value == pytest.approx(1794.34240427, rel=PRINTED)
    assert found.effect.std_error == pytest.approx(670.996546382, rel=PRINTED)
    assert found.effect.distribution.df == pytest.approx(307.132493112, rel=PRINTED)
    assert found.effect.p_value() == pytest.approx(0.00789297771, rel=1e-8)
    interval = found.effect.interval(0.95)
    assert (round(interval.low, 3), round(interval.high, 3)) == (474.010, 3114.674)


def test_other_conventions(nsw) -> None:
    table = estimate(nsw).parts["conventions"].set_index("convention")
    assert table.std_error["hc2_residual"] == pytest.approx(670.996546382, rel=PRINTED)
    assert table.df["hc2_residual"] == 443
    assert table.p_value["hc2_residual"] == pytest.approx(0.00776902, abs=5e-9)
    assert table.std_error["hc1_residual"] == pytest.approx(670.824492679, rel=PRINTED)
    assert table.std_error["hc3_residual"] == pytest.approx(672.682149001, rel=PRINTED)
    assert table.std_error["classical_residual"] == pytest.approx(632.853393624, rel=PRINTED)


def test_one_sided_against_a_thousand(nsw) -> None:
    assert estimate(nsw).effect.p_value(1000.0, "greater") == pytest.approx(0.118698900, abs=5e-10)
    assert estimate(nsw).effect.chance_at_least(1000.0) == pytest.approx(0.881301100, abs=5e-10)


def test_lin(nsw) -> None:
    found = estimate(nsw, Lin(), covariates=COVARIATES)
    assert found.effect.value == pytest.approx(1621.58310144, rel=PRINTED)
    assert found.effect.std_error == pytest.approx(694.721573787, rel=PRINTED)
    assert found.effect.distribution.df == 427


def test_blocked_by_black_and_no_degree(nsw) -> None:
    found = estimate(nsw, stratum="block")
    assert found.effect.value == pytest.approx(1651.86066663, rel=PRINTED)
    assert found.effect.std_error == pytest.approx(662.20044867, rel=PRINTED)
    assert found.effect.distribution.df == 437


@pytest.mark.parametrize(
    ("black", "value", "error"),
    [(1, 2028.668973, 750.452781), (0, 802.802025, 1382.418369)],
)
def test_subgroups(nsw, black, value, error) -> None:
    found = estimate(nsw[nsw.black == black])
    assert found.effect.value == pytest.approx(value, abs=5e-7)
    assert found.effect.std_error == pytest.approx(error, abs=5e-7)


def test_subgroups_together(nsw) -> None:
    """Whether the effects differ: Satterthwaite's t test of the two, by hand from the values above."""
    sample = Sample.from_frame(
        nsw, design="rct", outcome="re78", treatment="treat", subgroup="black"
    )

    def by(part, scale, label):
        return DifferenceInMeans().estimate(part, scale=scale, rng=np.random.default_rng(0))

    found = subgroups(sample, by, scale=Scale.DIFFERENCE)
    others, black = found.groups
    assert black.estimate.effect.value == pytest.approx(2028.668973, abs=5e-7)
    assert black.estimate.effect.std_error == pytest.approx(750.452781, abs=5e-7)
    assert others.estimate.effect.value == pytest.approx(802.802025, abs=5e-7)
    assert others.estimate.effect.std_error == pytest.approx(1382.418369, abs=5e-7)
    z = (2028.668973 - 802.802025) / np.hypot(750.452781, 1382.418369)
    assert found.equal.wald == pytest.approx(z**2, rel=1e-8)
    assert black.adjusted == pytest.approx(1 - (1 - black.p_value) ** 2, rel=1e-12)
    assert others.adjusted == others.p_value


def test_cuped(nsw) -> None:
    found = estimate(nsw, Cuped(), covariates=["re75"])
    assert found.parts["theta"].theta[0] == pytest.approx(0.1780465894566, rel=1e-12)
    assert found.effect.value == pytest.approx(1747.134007832, rel=1e-12)
    assert found.effect.std_error == pytest.approx(668.9619094, rel=1e-10)


def test_cuped_with_several_covariates_is_the_pooled_regression(nsw) -> None:
    """The residuals of a regression on both years, compared as they are."""
    found = estimate(nsw, Cuped(), covariates=["re74", "re75"])
    frame = nsw.astype(dict.fromkeys(("re74", "re75", "re78"), float))
    x = np.column_stack([np.ones(445), frame.re74, frame.re75])
    theta = np.linalg.lstsq(x, frame.re78.to_numpy(), rcond=None)[0]
    left = frame.re78.to_numpy() - x @ theta
    served = frame.treat.to_numpy() == 1
    # float32 is widened here without its decimal text: agreement to its digits.
    assert found.parts["theta"].theta.to_numpy() == pytest.approx(theta[1:], rel=1e-6)
    assert found.effect.value == pytest.approx(left[served].mean() - left[~served].mean(), rel=1e-6)


def test_the_other_scales_follow(nsw) -> None:
    """By hand from the group means 6349.14353 and 4554.80113 and the comparison SD 5483.836."""
    means = nsw.groupby("treat").re78.mean()
    assert estimate(nsw, scale="relative").effect.value == pytest.approx(
        float(means[1] / means[0] - 1), rel=1e-6
    )
    assert estimate(nsw, scale="total").effect.value == pytest.approx(185 * 1794.34240427)
    sd = nsw.re78[nsw.treat == 0].astype(float).std(ddof=1)
    assert estimate(nsw, scale="standardised").effect.value == pytest.approx(1794.34240427 / sd)
