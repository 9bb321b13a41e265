"""Thornton (2008), The demand for, and impact of, learning HIV status. American Economic Review
98(5). doi:10.1257/aer.98.5.1829

Whether people in rural Malawi collected their HIV result (`got`) by whether they drew any
incentive (`any`), clustered by village. Values of clubSandwich 0.5.8 and estimatr 1.0.0 in R 4.2.2
on `causaldata.thornton_hiv`, rows missing got, any or villnum dropped.
"""

from __future__ import annotations

import causaldata
import numpy as np
import pytest

from impacteval.estimators.randomised.cluster_randomised import ClusterRandomised
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.inference import cluster_cells, cluster_regression, fit_cells, regress
from impacteval.sample import Sample
from impacteval.values import Scale

PRINTED = 1e-10


@pytest.fixture(scope="module")
def thornton():
    frame = causaldata.thornton_hiv.load_pandas().data
    return frame.dropna(subset=["got", "any", "villnum"])


def test_difference_in_means_clustered_by_village(thornton) -> None:
    sample = Sample.from_frame(
        thornton, design="rct", outcome="got", treatment="any", cluster="villnum"
    )
    found = DifferenceInMeans().estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
    )
    assert found.n_treated + found.n_comparison == 2830
    assert len(found.influence.labels) == 119
    assert found.effect.value == pytest.approx(0.451982274406, rel=PRINTED)
    assert found.effect.std_error == pytest.approx(0.022790321861, rel=PRINTED)
    assert found.effect.distribution.df == pytest.approx(62.8758649123, rel=PRINTED)
    table = found.parts["conventions"].set_index("convention")
    assert table.std_error["cr1_clusters"] == pytest.approx(0.0226860143589, rel=PRINTED)
    assert table.df["cr1_clusters"] == 118
    assert table.std_error["cr3_satterthwaite"] == pytest.approx(0.0229979619, rel=1e-8)


def test_without_correction(thornton) -> None:
    fit = fit_cells(thornton.got.to_numpy(float), thornton["any"].to_numpy(np.int64))
    villages = np.unique(thornton.villnum, return_inverse=True)[1]
    psi = cluster_cells(fit, villages, "hc0").influence(np.array([[-1.0, 1.0]]))
    assert np.linalg.norm(psi) == pytest.approx(0.0225865008571, rel=PRINTED)


def test_with_covariates_that_live_on_few_villages(thornton) -> None:
    """distvct is constant within villages: its degrees of freedom are 17, not 118."""
    rows = thornton.dropna(subset=["age", "distvct"])
    # float32 is read through its shortest decimal text, as samples do.
    columns = [[float(str(v)) for v in rows[name].to_numpy()] for name in ("any", "age", "distvct")]
    x = np.column_stack([np.ones(len(rows)), *columns])
    villages = np.unique(rows.villnum, return_inverse=True)[1]
    fit = regress(x, rows.got.to_numpy(float))
    clusters = cluster_regression(fit, villages)
    contrasts = np.eye(4)[[1, 3]]
    errors = np.linalg.norm(clusters.influence(contrasts), axis=-1)
    assert contrasts @ fit.coefficients == pytest.approx(
        [0.45055012055, -0.0305111226448], rel=PRINTED
    )
    assert errors == pytest.approx([0.021911497358, 0.00756013723], rel=1e-9)
    degrees = [float(clusters.degrees(c)) for c in contrasts]
    assert degrees == pytest.approx([62.99978464, 17.1232554417], rel=1e-9)


@pytest.mark.parametrize(
    ("variance", "std_error", "df"),
    [
        ("cr2", 0.022790321861, 62.8758649123),
        ("cr1", 0.0226860143589, 118.0),
        ("cr3", 0.0229979619, None),
    ],
)
def test_the_trial_of_clusters(thornton, variance, std_error, df) -> None:
    sample = Sample.from_frame(
        thornton, design="rct", outcome="got", treatment="any", cluster="villnum"
    )
    found = ClusterRandomised(variance=variance).estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
    )
    assert found.effect.value == pytest.approx(0.451982274406, rel=PRINTED)
    assert found.effect.std_error == pytest.approx(std_error, rel=5e-9)  # CR3: nine digits
    if df is not None:
        assert found.effect.distribution.df == pytest.approx(df, rel=PRINTED)
    table = found.parts["conventions"].set_index("convention")
    assert table.std_error["cr0_clusters"] == pytest.approx(0.0225865008571, rel=PRINTED)
    assert {note.key for note in found.notes} == {"cluster.both-arms"}


def test_the_trial_of_clusters_adjusted(thornton) -> None:
    sample = Sample.from_frame(
        thornton.dropna(subset=["age", "distvct"]),
        design="rct",
        outcome="got",
        treatment="any",
        cluster="villnum",
        covariates=["age", "distvct"],
    )
    found = ClusterRandomised().estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
    )
    assert found.effect.value == pytest.approx(0.45055012055, rel=PRINTED)
    table = found.parts["coefficients"].set_index("term")
    assert table.estimate[["any", "distvct"]].tolist() == pytest.approx(
        [0.45055012055, -0.0305111226448], rel=PRINTED
    )
    assert table.std_error[["any", "distvct"]].tolist() == pytest.approx(
        [0.021911497358, 0.00756013723], rel=1e-9
    )
    assert table.df[["any", "distvct"]].tolist() == pytest.approx(
        [62.99978464, 17.1232554417], rel=1e-9
    )


def test_the_wild_bootstrap_is_near_student(thornton) -> None:
    """With 119 villages both say nearly the same; 9,999 draws leave a hundredth of the error."""
    sample = Sample.from_frame(
        thornton, design="rct", outcome="got", treatment="any", cluster="villnum"
    )
    rng = np.random.default_rng(0)
    wild = ClusterRandomised(variance="wild").estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    other = ClusterRandomised().estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    for side in ("two", "lower", "upper"):
        a, b = wild.effect.interval(0.9, side), other.effect.interval(0.9, side)
        near = 0.1 * other.effect.std_error
        assert (a.low, a.high) == pytest.approx((b.low, b.high), abs=near)
    assert wild.effect.p_value() == 1 / 10_000
