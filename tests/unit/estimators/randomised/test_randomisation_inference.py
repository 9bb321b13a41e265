"""Randomisation inference as a person meets it: known answers, schemes, size, refusals."""

from __future__ import annotations

import causaldata
import numpy as np
import pandas as pd
import pytest
from scipy.stats import permutation_test

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.estimators.randomised.randomisation_inference import (
    RandomisationInference as Randomisation,
)
from impacteval.inference.assignments import FixedMargins
from impacteval.inference.permutation import Assigned, coefficients
from impacteval.sample import Sample
from impacteval.values import Scale


def estimate(frame, scale="difference", seed=1, roles=None, **how):
    sample = Sample.from_frame(frame, design="rct", outcome="y", treatment="d", **(roles or {}))
    return Randomisation(**how).estimate(
        sample, scale=Scale(scale), rng=np.random.default_rng(seed)
    )


def refused(key, *given, **how):
    with pytest.raises(NotIdentified) as caught:
        estimate(*given, **how)
    assert caught.value.reason.key == key


# --- known answers ----------------------------------------------------------------------------


def test_the_eight_units_of_causaldata():
    """Huntington-Klein and Barrett 2021, data set ri: 60, 30 and 30 of 70; 90% set [-5, 8]."""
    ri = causaldata.ri.load_pandas().data
    frame = pd.DataFrame({"y": [10, 5, 16, 3, 5, 7, 8, 10], "d": [1] * 4 + [0] * 4})
    assert sorted(ri["y"].tolist()) == sorted(frame["y"].tolist())
    found = estimate(frame, studentised=False).effect
    assert found.value == pytest.approx(1.0, abs=1e-12)
    assert found.p_value() == 60 / 70
    assert found.p_value(side="greater") == 30 / 70
    low, high = found.interval(0.9).low, found.interval(0.9).high
    assert (low, high) == (pytest.approx(-5.0, abs=1e-10), pytest.approx(8.0, abs=1e-10))


def test_the_lady_tasting_tea():
    """Fisher 1935, chapter 2: all eight cups right, one assignment in 70."""
    frame = pd.DataFrame({"y": [1, 1, 1, 1, 0, 0, 0, 0], "d": [1, 1, 1, 1, 0, 0, 0, 0]})
    found = estimate(frame, studentised=False)
    assert found.effect.p_value(side="greater") == 1 / 70
    assert found.effect.p_value() == 2 / 70
    assert found.parts["test"]["exact"].tolist() == [True]


def test_scipy_agrees_on_every_tail():
    rng = np.random.default_rng(4)
    y, d = rng.integers(0, 6, 11).astype(float), np.array([1] * 5 + [0] * 6)
    found = estimate(pd.DataFrame({"y": y, "d": d}), studentised=False).effect
    for tail, alternative in (("greater", "greater"), ("less", "less")):
        theirs = permutation_test(
            (y[d == 1], y[d == 0]),
            lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
            vectorized=True,
            n_resamples=np.inf,
            alternative=alternative,
        )
        assert found.p_value(side=tail) == pytest.approx(theirs.pvalue, abs=1e-12)


def test_draws_come_close_to_all_assignments():
    """19,448 assignments looked at one by one, and 2,000 draws: five standard errors."""
    rng = np.random.default_rng(9)
    frame = pd.DataFrame({"y": rng.standard_normal(17), "d": [1] * 7 + [0] * 10})
    every, drawn = estimate(frame, draws=20_000), estimate(frame, draws=2_000)
    assert every.parts["test"]["exact"].tolist() == [True]
    assert drawn.parts["test"]["exact"].tolist() == [False]
    p = every.effect.p_value()
    assert drawn.effect.p_value() == pytest.approx(p, abs=5 * np.sqrt(p * (1 - p) / 2000))
    width = every.effect.interval(0.9).high - every.effect.interval(0.9).low
    assert drawn.effect.interval(0.9).low == pytest.approx(
        every.effect.interval(0.9).low, abs=0.1 * width
    )
    smallest = drawn.effect.p_value(1e3)
    # The realised one always counts; by chance it is also among the draws.
    assert smallest in (1 / 2001, 2 / 2001)


def test_a_level_beyond_the_number_of_assignments_has_no_bound():
    frame = pd.DataFrame({"y": [3.0, 1.0, 4.0, 1.5, 5.0, 9.0], "d": [1, 1, 1, 0, 0, 0]})
    for scale in ("difference", "relative", "total"):
        effect = estimate(frame, scale).effect
        for side in ("two", "lower", "upper"):
            found = effect.interval(0.96, side)
            assert not found.bounded
            assert found.note.key == "distribution.unbounded-set"


def test_the_total_is_the_difference_times_those_served():
    frame = pd.DataFrame({"y": [3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0], "d": [1, 1, 1, 0, 0, 0, 0]})
    one, total = estimate(frame).effect, estimate(frame, "total").effect
    assert total.value == pytest.approx(3 * one.value)
    assert total.interval(0.8).high == pytest.approx(3 * one.interval(0.8).high)
    assert total.p_value(4.5) == one.p_value(1.5)


def test_standard_errors_are_neymans_on_every_scale():
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"y": rng.uniform(1, 5, 30), "d": [1] * 12 + [0] * 18})
    frame["s"] = np.tile(["a", "b"], 15)
    for roles in ({}, {"stratum": "s"}):
        sample = Sample.from_frame(frame, design="rct", outcome="y", treatment="d", **roles)
        for scale in (Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL):
            plain = DifferenceInMeans().estimate(sample, scale=scale, rng=np.random.default_rng(1))
            found = estimate(frame, scale, roles=roles, draws=99)
            assert found.effect.value == pytest.approx(plain.effect.value, rel=1e-10)
            assert found.effect.std_error == pytest.approx(plain.effect.std_error, rel=1e-10)
            assert found.influence.std_error == pytest.approx(found.effect.std_error, rel=1e-10)


# --- covariates -------------------------------------------------------------------------------


def test_covariates_are_taken_out_under_each_null():
    """Freedman and Lane, written out: a regression without the arm for each null by itself."""
    rng = np.random.default_rng(3)
    n = 9
    x = rng.standard_normal((n, 2))
    d = np.array([1, 0, 1, 0, 1, 0, 1, 0, 0])
    y = 1.0 + x @ [1.0, -0.5] + 0.4 * d + rng.standard_normal(n)
    frame = pd.DataFrame({"y": y, "d": d, "a": x[:, 0], "b": x[:, 1]})
    from itertools import combinations

    columns = np.column_stack([np.ones(n), x])
    keep = np.eye(n) - columns @ np.linalg.pinv(columns)

    def statistic(e, programme):
        one, other = e[programme], np.delete(e, programme)
        error = one.var(ddof=1) / one.size + other.var(ddof=1) / other.size
        return (one.mean() - other.mean()) / np.sqrt(error)

    for scale, nulls in (
        ("difference", np.linspace(-3, 3, 13)),
        ("relative", np.linspace(-0.5, 4, 7)),
    ):
        if scale == "relative":
            frame["y"] = y = y + 6.0
        effect = estimate(frame, scale, roles={"covariates": ["a", "b"]}).effect
        for null in nulls:
            bare = y - null * d if scale == "difference" else y / (1 + null * d)
            e = keep @ bare
            own = statistic(e, np.flatnonzero(d))
            every = [statistic(e, list(c)) for c in combinations(range(n), 4)]
            assert effect.p_value(null) == pytest.approx(
                np.mean(np.abs(every) >= abs(own) - 1e-12), abs=1e-12
            )
            assert effect.p_value(null, "greater") == pytest.approx(
                np.mean(np.array(every) >= own - 1e-12), abs=1e-12
            )


def test_the_adjusted_difference_is_that_of_a_regression_on_the_arm():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"d": np.arange(40) % 2, "x": rng.standard_normal(40)})
    frame["y"] = 2.0 + frame["x"] + frame["d"] + rng.standard_normal(40)
    columns = np.column_stack([np.ones(40), frame["d"], frame["x"]])
    expected = np.linalg.lstsq(columns, frame["y"], rcond=None)[0][1]
    found = estimate(frame, roles={"covariates": "x"}, draws=99)
    assert found.effect.value == pytest.approx(expected, rel=1e-10)
    assert found.effect.value in found.effect.interval(0.5)


# --- schemes ----------------------------------------------------------------------------------


def small():
    frame = pd.DataFrame({"y": [4.0, 2.0, 7.0, 1.0, 3.0, 6.0], "d": [1, 0, 1, 0, 0, 1]})
    frame["x"] = [1.0, 2.0, 4.0, 3.0, 6.0, 5.0]
    return frame


def test_a_lot_drawn_again_until_balanced():
    """Every assignment within the limit, written out."""
    from itertools import combinations

    frame = small()
    y, x, d = (frame[c].to_numpy() for c in "yxd")
    spread = x.var(ddof=1) * (1 / 3 + 1 / 3)

    def gap(v, c):
        return v[list(c)].mean() - np.delete(v, list(c)).mean()

    kept = [c for c in combinations(range(6), 3) if gap(x, c) ** 2 / spread <= 1.0]
    own = gap(y, np.flatnonzero(d))
    found = estimate(
        frame, roles={"covariates": "x"}, studentised=False, balance_limit=1.0, balance_on=("x",)
    )
    assert found.parts["test"]["assignments"].tolist() == [len(kept)]
    # With the covariate also taken out of the outcome, the statistic is that of residuals.
    columns = np.column_stack([np.ones(6), x])
    e = y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0]
    own = gap(e, np.flatnonzero(d))
    expected = np.mean([abs(gap(e, c)) >= abs(own) - 1e-12 for c in kept])
    assert found.effect.p_value() == pytest.approx(expected, abs=1e-12)


def test_a_lot_that_breaks_its_own_rule_is_refused():
    roles = {"covariates": "x"}
    refused("lot.unbalanced", small().assign(d=[1, 1, 0, 1, 0, 0]), roles=roles, balance_limit=0.5)
    refused("lot.unknown-balance", small(), roles=roles, balance_limit=3.0, balance_on=("z",))


def test_listed_assignments_are_the_only_ones():
    table = ["101001", "010110", "110001", "001110"]
    frame = small().assign(a=["".join(row[k] for row in table) for k in range(6)])
    found = estimate(frame, roles={"assignment": "a"}, studentised=False, listed="all")
    y = frame["y"].to_numpy()
    stats = [y[[c == "1" for c in row]].mean() - y[[c == "0" for c in row]].mean() for row in table]
    expected = np.mean(np.abs(stats) >= abs(stats[0]) - 1e-12)
    assert found.effect.p_value() == pytest.approx(expected, abs=1e-12)
    drawn = estimate(frame, roles={"assignment": "a"}, studentised=False)
    counted = (1 + sum(np.abs(stats) >= abs(stats[0]) - 1e-12)) / 5
    assert drawn.effect.p_value() == pytest.approx(counted, abs=1e-12)


def test_listed_assignments_that_cannot_be():
    frame = small()
    role = {"roles": {"assignment": "a"}, "studentised": False}

    def listing(rows):
        return frame.assign(a=["".join(row[k] for row in rows) for k in range(6)])

    refused(
        "lot.realised-not-listed", listing(["010110", "111000", "000111"]), listed="all", **role
    )
    refused("lot.realised-impossible", listing(["010110", "011100"]), **role)
    refused("lot.listed-shape", frame.assign(a=list("01x010")), **role)
    refused("lot.listed-empty-arm", listing(["101001", "111111"]), **role)
    refused("lot.listed-unequal", listing(["101001", "101010", "101100"]), listed="all", **role)
    refused("lot.listed-missing", frame, listed="all")


def test_refusals_say_what_to_do():
    frame = small()
    with pytest.raises(UsageError, match="no interval in standard deviations"):
        refused("lot.standardised", frame, "standardised")
    refused("lot.single", frame.assign(d=[1, 0, 0, 0, 0, 0]))
    strata = {"roles": {"stratum": "s"}}
    refused("lot.thin", frame.assign(s=list("aabbbb"), d=[1, 0, 1, 1, 0, 0]), **strata)
    refused("lot.one-armed", frame.assign(s=list("aabbbb"), d=[1, 1, 1, 1, 0, 0]), **strata)
    refused("randomised.no-variation", frame.assign(y=2.0))
    refused("lot.collinear", frame.assign(z=1.0), roles={"covariates": "z"})
    for wrong in ({"draws": 5}, {"balance_limit": -1.0}, {"balance_on": ("x",)}):
        with pytest.raises(UsageError):
            Randomisation(**wrong)


def test_a_single_unit_in_the_programme_needs_no_standard_error():
    found = estimate(small().assign(d=[1, 0, 0, 0, 0, 0]), studentised=False)
    assert found.parts["test"]["assignments"].tolist() == [6]
    assert found.effect.std_error is None


def test_clusters_in_one_arm_are_taken_as_assigned_and_said_so():
    frame = pd.DataFrame({"g": np.repeat(np.arange(8), 3), "y": np.arange(24.0) % 7})
    frame["d"] = frame["g"] % 2
    taken = estimate(frame, roles={"cluster": "g"})
    named = estimate(frame, roles={"assignment_cluster": "g"})
    assert taken.effect == named.effect
    assert "lot.clusters-taken" in {note.key for note in taken.notes}
    assert taken.parts["test"]["assignments"].tolist() == [70]


# --- order and workers ------------------------------------------------------------------------


def test_neither_the_order_of_rows_nor_workers_have_a_say():
    import joblib

    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"g": np.repeat(np.arange(30), 4), "y": rng.standard_normal(120)})
    frame["d"], frame["s"] = (frame["g"] // 2) % 2, frame["g"] % 2
    frame["x"] = rng.standard_normal(120)
    for roles in (
        {"covariates": "x", "stratum": "s"},
        {"covariates": "x", "stratum": "s", "assignment_cluster": "g"},
    ):
        first = estimate(frame, roles=roles, draws=199)
        for seed in range(3):
            shuffled = frame.sample(frac=1.0, random_state=seed)
            with joblib.parallel_config(n_jobs=2):
                again = estimate(shuffled, roles=roles, draws=199)
            assert again.effect.distribution == first.effect.distribution
            assert again.effect.value == first.effect.value


# --- several outcomes -------------------------------------------------------------------------


def test_several_outcomes_share_their_assignments():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"d": np.arange(40) % 2, **{f"y{k}": rng.standard_normal(40) for k in range(3)}}
    )
    frame["y1"] += 2.0 * frame["d"]
    sample = Sample.from_frame(frame, design="rct", outcome=["y0", "y1", "y2"], treatment="d")
    found = Randomisation(draws=499).estimate_joint(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    )
    assert list(found) == ["y0", "y1", "y2"]
    table = found["y1"].parts["adjusted"].set_index("outcome")
    for name, one in found.items():
        assert one.effect.p_value() == pytest.approx(table.loc[name, "p_value"], abs=1e-12)
    for method in ("westfall_young", "romano_wolf"):
        assert (table[method] >= table["p_value"] - 1e-12).all()
    assert table.loc["y1", "romano_wolf"] < 0.05
    frame.loc[3, "y2"] = np.nan
    lost = Sample.from_frame(
        frame, design="rct", outcome=["y0", "y2"], treatment="d", missing_outcome="attrited"
    )
    with pytest.raises(NotIdentified) as caught:
        Randomisation().estimate_joint(lost, scale=Scale.DIFFERENCE, rng=rng)
    assert caught.value.reason.key == "lot.measured-apart"


def test_all_assignments_of_several_outcomes_count_the_realised_once():
    frame = pd.DataFrame(
        {"y": [10, 5, 16, 3, 5, 7, 8, 10], "z": [1, 2, 3, 4, 5, 6, 7, 9], "d": [1] * 4 + [0] * 4}
    )
    sample = Sample.from_frame(frame, design="rct", outcome=["y", "z"], treatment="d")
    found = Randomisation(studentised=False).estimate_joint(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    )
    table = found["y"].parts["adjusted"].set_index("outcome")
    assert table.loc["y", "p_value"] == pytest.approx(60 / 70, abs=1e-12)
    assert table.loc["z", "p_value"] == pytest.approx(2 / 70, abs=1e-12)


# --- size: right where others are wrong -------------------------------------------------------


def rejections(sizes, treated, units, draw, weight=None, repetitions=2000, draws=199):
    """How often a true null of no effect is rejected at 5%, each repetition one outcome."""
    rng = np.random.default_rng(12)
    scheme = FixedMargins(np.array(sizes), np.array(treated))
    realised = np.concatenate(
        [np.repeat([1, 0], [t, n - t]) for n, t in zip(sizes, treated, strict=True)]
    )
    level = draw(rng, repetitions, realised)
    share = np.array(sizes) / sum(sizes)
    one = Assigned(
        np.array(sizes),
        share,
        np.ones(units) if weight is None else weight,
        level,
        np.zeros_like(level),
    )
    blocks = [realised[None].astype(np.uint8), *scheme.drawn(draws, rng)]
    found = coefficients(one, blocks, studentised=True, counts=np.array(treated))
    t = np.abs(found.statistics(np.zeros(repetitions)))
    return float(((t >= t[:, :1] * (1 - 1e-9)).mean(axis=1) <= 0.05).mean())


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("kind", ["sharp", "weak", "strata", "clusters"])
def test_the_size_is_the_level_for_any_share_assigned(share, kind):
    """3 to 7% at 5%: resampling the arm instead of the lot gives up to 25% at a share of .1."""
    # Draws are shared by the repetitions: 999 keep what that adds within a point.
    how = {"repetitions": 1500, "draws": 999}
    if kind == "strata":
        sizes, treated = [60, 120], [round(60 * share), round(120 * share)]
        found = rejections(
            sizes,
            treated,
            180,
            lambda r, m, z: r.standard_normal((m, 180)) + np.repeat([0, 3], sizes),
            **how,
        )
    elif kind == "clusters":
        weight = np.tile([5.0, 10.0, 15.0, 30.0], 20)
        found = rejections(
            [80],
            [round(80 * share)],
            80,
            lambda r, m, z: (
                weight
                * (0.3 * r.standard_normal((m, 80)) + r.standard_normal((m, 80)) / np.sqrt(weight))
            ),
            weight=weight,
            **how,
        )
    else:
        spread = (1.0, 1.0) if kind == "sharp" else (1.0, 2.0)
        found = rejections(
            [200],
            [round(200 * share)],
            200,
            lambda r, m, z: r.standard_normal((m, 200)) * np.where(z == 1, *spread[::-1]),
            **how,
        )
    assert 0.03 <= found <= 0.07
