"""What the data cannot answer is refused with a reason, never answered with a wrong number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified
from impacteval.estimators.randomised.ancova import Ancova
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.estimators.randomised.g_computation import GComputation
from impacteval.estimators.randomised.lin import Lin
from impacteval.sample import Sample
from impacteval.values import Scale

OF_COVARIATES = [Lin(), Ancova(), GComputation(family="gaussian")]
BOTH = pytest.mark.parametrize(
    "estimator", [DifferenceInMeans(), *OF_COVARIATES], ids=lambda e: e.name
)
ADJUSTED = pytest.mark.parametrize("estimator", OF_COVARIATES, ids=lambda e: e.name)


def frame(n: int = 24) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    t = np.arange(n) % 2
    return pd.DataFrame(
        {"u": np.arange(n), "y": 5 + t + rng.normal(size=n), "t": t, "x": rng.normal(size=n)}
    )


def refused(estimator, df, scale="difference", **roles) -> NotIdentified:
    roles = {"design": "rct", "outcome": "y", "treatment": "t", "covariates": ["x"], **roles}
    sample = Sample.from_frame(df, **roles)
    with pytest.raises(NotIdentified) as caught:
        estimator.estimate(sample, scale=Scale(scale), rng=np.random.default_rng(0))
    assert caught.value.reason.text.fr
    return caught.value


@BOTH
def test_several_periods(estimator) -> None:
    df = pd.concat([frame().assign(p=1), frame().assign(p=2)])
    found = refused(estimator, df, unit="u", period="p")
    assert found.reason.key == "randomised.several-periods"
    assert "Choose one period" in str(found)


@BOTH
def test_another_design(estimator) -> None:
    assert refused(estimator, frame(), design="matched").reason.key == "randomised.not-a-trial"


@ADJUSTED
def test_pairs(estimator) -> None:
    df = frame().assign(p=lambda d: d.u // 2)
    assert refused(estimator, df, pair="p").reason.key == "randomised.pairs"


@ADJUSTED
def test_pairs_named_as_strata(estimator) -> None:
    df = frame().assign(p=lambda d: d.u // 2)
    found = refused(estimator, df, stratum="p")
    assert found.reason.key == "randomised.strata-too-small"
    assert "12 of 12 strata have fewer: 0, 1, 2, 3, 4, …" in str(found)


@ADJUSTED
def test_a_thin_stratum_is_named(estimator) -> None:
    df = frame().assign(s="town")
    df.loc[[0, 1, 2], "s"] = "village"  # two of one arm, one of the other
    found = refused(estimator, df, stratum="s")
    assert "1 of 2 strata have fewer: village" in str(found)


@BOTH
def test_two_units_an_arm_of_a_stratum_are_enough(estimator) -> None:
    df = frame().assign(s="town")
    df.loc[[0, 1, 2, 3], "s"] = "village"
    sample = Sample.from_frame(
        df, design="rct", outcome="y", treatment="t", stratum="s", covariates=["x"]
    )
    rng = np.random.default_rng(0)
    assert estimator.estimate(sample, scale=Scale.DIFFERENCE, rng=rng).effect.std_error > 0


@BOTH
def test_one_unit_in_an_arm(estimator) -> None:
    df = frame().assign(t=lambda d: (d.u == 3).astype(int))
    found = refused(estimator, df)
    assert found.reason.key == "randomised.arm-too-small"
    assert dict(found.reason.values) == {"programme": 1, "comparison": 23}


@BOTH
def test_one_cluster_in_an_arm(estimator) -> None:
    df = frame().assign(g=lambda d: d.u // 6, t=lambda d: (d.u // 6 == 1).astype(int))
    found = refused(estimator, df, assignment_cluster="g")
    assert found.reason.key == "randomised.arm-too-small"
    assert "clusters" in str(found)
    assert "grappes" in found.reason.text.fr


@ADJUSTED
def test_one_cluster_in_an_arm_of_a_stratum(estimator) -> None:
    df = frame(48).assign(g=lambda d: d.u // 6, t=lambda d: d.u // 6 % 2, s=lambda d: d.u // 36)
    found = refused(estimator, df, assignment_cluster="g", stratum="s")
    assert found.reason.key == "randomised.strata-too-small"


@BOTH
def test_clusters_that_cross(estimator) -> None:
    df = frame().assign(a=lambda d: d.u // 4, t=lambda d: d.u // 4 % 2, c=lambda d: d.u % 5)
    found = refused(estimator, df, assignment_cluster="a", cluster="c")
    assert found.reason.key == "randomised.two-way-clusters"


@BOTH
def test_unequal_probabilities(estimator) -> None:
    df = frame().assign(p=lambda d: np.where(d.u < 12, 0.5, 0.4), s=lambda d: d.u // 12)
    found = refused(estimator, df, assignment_probability="p")
    assert found.reason.key == "randomised.unequal-probabilities"
    blocked = Sample.from_frame(
        df,
        design="rct",
        outcome="y",
        treatment="t",
        assignment_probability="p",
        stratum="s",
        covariates=["x"],
    )
    rng = np.random.default_rng(0)
    assert estimator.estimate(blocked, scale=Scale.DIFFERENCE, rng=rng).effect.std_error > 0


@BOTH
def test_one_unit_with_all_the_weight(estimator) -> None:
    df = frame().assign(w=lambda d: np.where(d.u == 7, 1e9, 1.0), n="p" + frame().u.astype(str))
    found = refused(estimator, df, unit="n", weight="w")
    assert found.reason.key == "randomised.all-the-weight"
    assert "p7" in str(found)


def test_copies_of_one_row_are_several_units() -> None:
    df = pd.DataFrame({"y": [3.0, 1.0, 1.0], "t": [1, 0, 0], "f": [3, 2, 2], "e": [1.0, 1.0, 2.0]})
    sample = Sample.from_frame(
        df,
        design="rct",
        outcome="y",
        treatment="t",
        exposure="e",
        weight="f",
        weight_kind="frequency",
    )
    found = DifferenceInMeans().estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
    )
    assert (found.n_treated, found.n_comparison) == (3, 4)
    assert found.effect.value == pytest.approx(3 - 4 / 6)  # four events over six years


@BOTH
def test_one_cluster_with_all_the_weight(estimator) -> None:
    df = frame().assign(g=lambda d: d.u // 4, w=lambda d: np.where(d.u // 4 == 2, 1e9, 1.0))
    found = refused(estimator, df, cluster="g", weight="w")
    assert found.reason.values["name"] == "2"


@BOTH
@pytest.mark.parametrize("constant", [0.0, 0.1, 1e9 + 0.3])
def test_outcomes_without_variation(estimator, constant) -> None:
    """Rounding in the mean of equal numbers is not a standard error."""
    df = frame(27).assign(y=lambda d: constant + d.t)
    assert refused(estimator, df).reason.key == "randomised.no-variation"


@BOTH
def test_no_spread_in_the_comparison_group(estimator) -> None:
    df = frame()
    df.loc[df.t == 0, "y"] = 0.1
    assert refused(estimator, df, "standardised").reason.key == "randomised.no-spread"


@BOTH
def test_relative_needs_positive_means(estimator) -> None:
    for shift in (-5.5, -20.0):
        df = frame().assign(y=lambda d, s=shift: d.y + s)
        found = refused(estimator, df, "relative")
        assert found.reason.key == "randomised.relative-not-positive"
    nobody = frame().assign(y=lambda d: np.where(d.t == 1, 0.0, d.u % 4))
    assert refused(DifferenceInMeans(), nobody, "relative").reason.values["observed"] == 0.0


@BOTH
def test_relative_of_logarithms(estimator) -> None:
    found = refused(estimator, frame(), "relative", log_outcome=True)
    assert found.reason.key == "randomised.relative-in-logs"


class TestLin:
    def test_no_covariates(self) -> None:
        assert refused(Lin(), frame(), covariates=[]).reason.key == "randomised.no-covariates"

    def test_a_repeated_covariate_is_named(self) -> None:
        df = frame().assign(again=lambda d: 3 - 2 * d.x)
        found = refused(Lin(), df, covariates=["x", "again"])
        assert found.reason.key == "randomised.collinear"
        assert "again" in str(found)
        assert " x," not in str(found)

    def test_constant_in_one_arm(self) -> None:
        df = frame().assign(c=lambda d: np.where(d.t == 1, 4.0, d.x))
        found = refused(Lin(), df, covariates=["x", "c"])
        assert "In the programme group" in str(found)
        assert str(found).count("c.") == 1

    def test_a_covariate_that_the_strata_hold_already(self) -> None:
        df = frame(48).assign(s=lambda d: d.u // 16, half=lambda d: (d.u // 16 == 1) * 2.0)
        found = refused(Lin(), df, stratum="s", covariates=["x", "half"])
        assert found.reason.key == "randomised.collinear"
        assert "half" in str(found)

    def test_more_coefficients_than_units(self) -> None:
        df = frame(8).assign(a=lambda d: d.x**2, b=lambda d: d.x**3)
        found = refused(Lin(), df, covariates=["x", "a", "b"])
        assert found.reason.key == "randomised.too-many-covariates"
        assert (found.reason.values["units"], found.reason.values["coefficients"]) == (4, 4)

    def test_a_unit_that_a_covariate_singles_out(self) -> None:
        df = frame().assign(only=lambda d: d.u.isin([4, 5]) * 1.0)
        found = refused(Lin(), df, unit="u", covariates=["x", "only"])
        assert found.reason.key == "randomised.leverage-one"
        assert found.reason.values["names"] == "4, 5"

    def test_a_cluster_that_decides_alone(self) -> None:
        df = frame(48).assign(
            g=lambda d: d.u // 6, t=lambda d: d.u // 6 % 2, lone=lambda d: (d.u // 6 <= 1) * 1.0
        )
        found = refused(Lin(), df, assignment_cluster="g", covariates=["x", "lone"])
        assert found.reason.key == "randomised.one-cluster-decides"


@BOTH
def test_every_reason_has_its_values(estimator) -> None:
    """Both languages fill in from the same values."""
    found = refused(estimator, frame().assign(t=lambda d: (d.u == 3).astype(int)))
    places = found.reason.text.places("fr")
    assert places
    assert places <= set(found.reason.values)
