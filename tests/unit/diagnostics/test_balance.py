"""Balance against hand computations, statsmodels, enumeration and repeated draws."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from causaldata import nsw_mixtape
from scipy import stats

from impacteval.diagnostics import DIAGNOSTICS, balance, diagnostic_names, run_diagnostic
from impacteval.diagnostics.randomised import Assignment, assignment_of, differences
from impacteval.errors import UsageError
from impacteval.sample import Sample
from impacteval.values import significant

COVARIATES = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]


@pytest.fixture(scope="module")
def nsw_frame() -> pd.DataFrame:
    # Dehejia and Wahba (1999), doi:10.1080/01621459.1999.10473858: 185 served, 260 controls.
    # Earnings are float32: read through their shortest decimal text, as a sample reads them.
    data = nsw_mixtape.load_pandas().data.drop(columns="data_id")
    return data.astype(str).astype("float64")


@pytest.fixture(scope="module")
def nsw(nsw_frame: pd.DataFrame) -> Sample:
    return Sample.from_frame(
        nsw_frame,
        design="rct",
        outcome="re78",
        unit=None,
        treatment="treat",
        covariates=COVARIATES,
    )


def _sample(df: pd.DataFrame, **roles) -> Sample:
    given = {"design": "rct", "outcome": "y", "treatment": "d", "covariates": ["x"], **roles}
    return Sample.from_frame(df.assign(y=range(len(df))), **given)


def test_nsw_standardised_differences_by_hand(nsw, nsw_frame):
    found = balance(nsw).parts["covariates"].set_index("covariate")
    one, none = (nsw_frame[nsw_frame.treat == side] for side in (1, 0))
    for name in COVARIATES:
        spread = np.sqrt((one[name].var(ddof=1) + none[name].var(ddof=1)) / 2)
        by_hand = (one[name].mean() - none[name].mean()) / spread
        assert found.loc[name, "std_difference"] == pytest.approx(by_hand, rel=1e-12)
        ratio = one[name].var(ddof=1) / none[name].var(ddof=1)
        assert found.loc[name, "variance_ratio"] == pytest.approx(ratio, rel=1e-12)
        assert found.loc[name, "mean_treated"] == pytest.approx(one[name].mean(), rel=1e-12)
    # 0.7081 of the served and 0.8346 of the controls had no degree: the trial's known imbalance
    # (Dehejia and Wahba 1999, table 1: 0.71 and 0.83).
    assert found["std_difference"].abs().idxmax() == "nodegree"
    assert round(found.loc["nodegree", "mean_treated"], 2) == 0.71
    assert round(found.loc["nodegree", "mean_comparison"], 2) == 0.83


def test_nsw_statistic_is_the_largest(nsw):
    found = balance(nsw)
    table = found.parts["covariates"]
    assert found.statistic == pytest.approx(table["std_difference"].abs().max(), rel=1e-12)
    assert found.explanation.values["covariate"] == "nodegree"


def test_nsw_omnibus_against_statsmodels(nsw, nsw_frame):
    # Hansen and Bowers (2008): without blocks or clusters, d' V^-1 d is (n - 1) times the
    # R-squared of assignment on the covariates.
    x = sm.add_constant(nsw_frame[COVARIATES])
    fit = sm.OLS(nsw_frame["treat"], x).fit()
    (row,) = balance(nsw).parts["omnibus"].to_dict("records")
    assert row["df"] == 8
    assert row["statistic"] == pytest.approx((len(x) - 1) * fit.rsquared, rel=1e-9)
    assert row["p_value"] == pytest.approx(stats.chi2.sf(row["statistic"], 8), rel=1e-9)


def test_p_values_are_those_of_a_permutation(nsw_frame):
    found = balance(_sample(nsw_frame.assign(d=nsw_frame.treat, x=nsw_frame.nodegree))).parts[
        "covariates"
    ]
    # A 0/1 covariate under randomisation is hypergeometric; its standard error is exact.
    n, served, ones = 445, 185, int(nsw_frame.nodegree.sum())
    exact = stats.hypergeom.std(n, ones, served) * (1 / served + 1 / (n - served))
    assert found["std_error"][0] == pytest.approx(exact, rel=1e-12)


def _enumerated(df: pd.DataFrame, draws: list[np.ndarray]) -> np.ndarray:
    """The differences that every possible assignment would have given."""
    found = []
    for d in draws:
        sample = _sample(df.assign(d=d), **ROLES)
        assignment, matrix = assignment_of(sample)
        found.append(differences(matrix.X, assignment).values)
    return np.array(found)


ROLES: dict = {}


def test_covariance_is_exact_under_simple_and_stratified_randomisation(monkeypatch):
    rng = np.random.default_rng(4)
    df = pd.DataFrame({"x": rng.exponential(size=8), "z": rng.normal(size=8)})
    df["s"] = list("aaaabbbb")
    simple = [
        np.isin(np.arange(8), chosen).astype(int) for chosen in itertools.combinations(range(8), 3)
    ]
    within = [
        np.isin(np.arange(8), (*one, *two)).astype(int)
        for one in itertools.combinations(range(4), 1)
        for two in itertools.combinations(range(4, 8), 2)
    ]
    for draws, roles in ((simple, {}), (within, {"stratum": "s"})):
        monkeypatch.setitem(globals(), "ROLES", {"covariates": ["x", "z"], **roles})
        values = _enumerated(df, draws)
        assignment, matrix = assignment_of(_sample(df.assign(d=draws[0]), **ROLES))
        claimed = differences(matrix.X, assignment).covariance
        assert values.mean(axis=0) == pytest.approx([0.0, 0.0], abs=1e-12)
        assert np.cov(values.T, ddof=0) == pytest.approx(claimed, rel=1e-9)


def test_covariance_is_exact_when_equal_clusters_are_assigned(monkeypatch):
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(6), 3)
    df = pd.DataFrame({"x": rng.normal(size=18) + rng.normal(size=6)[cluster], "c": cluster})
    draws = [np.isin(cluster, c).astype(int) for c in itertools.combinations(range(6), 2)]
    monkeypatch.setitem(globals(), "ROLES", {"assignment_cluster": "c"})
    values = _enumerated(df, draws)
    assignment, matrix = assignment_of(_sample(df.assign(d=draws[0]), **ROLES))
    claimed = differences(matrix.X, assignment).covariance
    assert float(np.var(values)) == pytest.approx(claimed[0, 0], rel=1e-9)
    as_people, _ = assignment_of(_sample(df.assign(d=draws[0])))
    assert claimed[0, 0] > 1.5 * differences(matrix.X, as_people).covariance[0, 0]


def test_a_cluster_with_one_arm_was_assigned_whole():
    df = pd.DataFrame({"x": range(8), "c": list("aabbccdd"), "d": [1, 1, 0, 0, 1, 1, 0, 0]})
    whole, _ = assignment_of(_sample(df, cluster="c"))
    assert len(np.unique(whole.cluster)) == 4
    split, _ = assignment_of(_sample(df.assign(d=[1, 0] * 4), cluster="c"))
    assert len(np.unique(split.cluster)) == 8


def test_strata_are_weighted_by_size():
    df = pd.DataFrame(
        {
            "x": [1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 30.0],
            "d": [1, 0, 0, 1, 0, 1, 0, 0],
            "s": ["a"] * 5 + ["b"] * 3,
        }
    )
    (row,) = balance(_sample(df, stratum="s")).parts["covariates"].to_dict("records")
    a, b = (1 + 4) / 2 - (2 + 3 + 5) / 3, 10 - (20 + 30) / 2
    assert row["difference"] == pytest.approx(5 / 8 * a + 3 / 8 * b)


def test_a_stratum_with_one_arm_is_told_and_not_compared():
    df = pd.DataFrame(
        {"x": [1.0, 3.0, 2.0, 5.0, 99.0, 98.0], "d": [1, 0, 1, 0, 1, 1], "s": list("aaaabb")}
    )
    found = balance(_sample(df, stratum="s"))
    blocks = found.parts["blocks"]
    assert blocks["compared"].tolist() == [True, False]
    assert blocks["n"].tolist() == [4, 2]
    assert found.parts["covariates"]["difference"][0] == pytest.approx(-2.5)
    alone = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "d": [0, 0, 1, 1], "s": list("aabb")})
    assert balance(_sample(alone, stratum="s")).status.value == "not_applicable"


def test_weights_move_the_means():
    df = pd.DataFrame({"x": [1.0, 5.0, 2.0, 2.0], "d": [1, 1, 0, 0], "w": [3.0, 1.0, 1.0, 1.0]})
    (row,) = balance(_sample(df, weight="w")).parts["covariates"].to_dict("records")
    assert row["difference"] == pytest.approx((3 * 1 + 5) / 4 - 2)


def test_expected_and_chance_are_those_of_fair_draws(nsw_frame):
    # The normal approximation against 3,000 real re-randomisations of two correlated covariates.
    base = nsw_frame.assign(x=nsw_frame.re74, z=nsw_frame.re75)
    claimed = balance(_sample(base.assign(d=base.treat), covariates=["x", "z"]), limit=0.2)
    rng = np.random.default_rng(12)
    x = base[["x", "z"]].to_numpy()
    largest = []
    for _ in range(3000):
        d = rng.permutation(base.treat.to_numpy()) == 1
        spread = np.sqrt((x[d].var(axis=0, ddof=1) + x[~d].var(axis=0, ddof=1)) / 2)
        largest.append(np.max(np.abs(x[d].mean(axis=0) - x[~d].mean(axis=0)) / spread))
    assert claimed.expected == pytest.approx(np.mean(largest), rel=0.03)
    assert claimed.chance_sound_fails == pytest.approx(np.mean(np.array(largest) > 0.2), abs=0.012)


def test_one_covariate_needs_no_draws():
    rng = np.random.default_rng(2)
    df = pd.DataFrame({"x": rng.normal(size=50), "d": [0, 1] * 25})
    found = balance(_sample(df), limit=0.4)
    row = found.parts["covariates"].iloc[0]
    error = abs(row["std_difference"] / row["difference"]) * row["std_error"]
    assert found.chance_sound_fails == pytest.approx(2 * stats.norm.sf(0.4 / error), rel=1e-9)
    assert found.expected == pytest.approx(error * np.sqrt(2 / np.pi), rel=1e-9)


def test_the_same_call_gives_the_same_numbers_and_a_generator_is_used(nsw):
    first, second = balance(nsw, limit=0.2), balance(nsw, limit=0.2)
    assert first.chance_sound_fails == second.chance_sound_fails
    other = balance(nsw, limit=0.2, rng=np.random.default_rng(99))
    assert other.expected != first.expected
    assert other.expected == pytest.approx(first.expected, abs=0.004)


def test_the_limit_itself_passes(nsw):
    statistic = balance(nsw).statistic
    # Statistics are rounded once, to ten digits, before they are compared.
    assert balance(nsw, limit=float(significant(statistic))).status.value == "passed"
    assert balance(nsw, limit=statistic * (1 - 1e-6)).status.value == "failed"
    assert balance(nsw).status.value == "passed"


@pytest.mark.parametrize("limit", [-0.1, float("nan"), float("inf"), "0.2", True])
def test_a_limit_that_is_none_is_refused(nsw, limit):
    with pytest.raises(UsageError, match="limit of diagnostic 'balance'"):
        balance(nsw, limit=limit)


def test_a_constant_covariate_is_balanced_and_a_separating_one_is_finite():
    df = pd.DataFrame(
        {"x": [1.0] * 6, "z": [0.0, 0.0, 0.0, 1.0, 1.0, 1.0], "d": [0, 0, 0, 1, 1, 1]}
    )
    table = balance(_sample(df, covariates=["x", "z"])).parts["covariates"].set_index("covariate")
    assert table.loc["x", "std_difference"] == 0.0
    assert table.loc["x", "p_value"] == 1.0
    assert table.loc["z", "std_difference"] == pytest.approx(1 / np.std(df.z, ddof=1))


def test_repeated_covariates_do_not_upset_the_joint_test():
    rng = np.random.default_rng(8)
    df = pd.DataFrame({"x": rng.normal(size=40), "d": [0, 1] * 20})
    df["twice"], df["flag"] = 2 * df.x, 1.0
    (alone,) = balance(_sample(df)).parts["omnibus"].to_dict("records")
    (both,) = (
        balance(_sample(df, covariates=["x", "twice", "flag"])).parts["omnibus"].to_dict("records")
    )
    assert both["df"] == 1
    assert both["statistic"] == pytest.approx(alone["statistic"], rel=1e-9)


def test_no_covariates_and_no_arms_are_not_applicable():
    df = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "d": [0, 1, 0, 1]})
    bare = balance(_sample(df, covariates=[]))
    assert (bare.status.value, bare.statistic) == ("not_applicable", None)
    assert bare.explanation.key == "balance.no-covariates"
    count = Sample.from_frame(df, design="count", outcome="x")
    assert balance(count).explanation.key == "diagnostics.no-arms"


def test_other_designs_have_no_chance_of_a_fair_draw():
    df = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "d": [0, 1, 0, 1]})
    found = balance(_sample(df, design="matched"), limit=0.1)
    assert found.statistic > 0
    assert found.expected is None
    assert found.chance_sound_fails is None


def test_outcomes_are_never_needed(nsw):
    assert balance(nsw.blind).statistic == balance(nsw).statistic


def test_a_panel_is_read_at_the_first_period_of_each_unit():
    df = pd.DataFrame(
        {
            "u": ["a", "a", "b", "b", "c", "c", "e", "e"],
            "t": [1, 2] * 4,
            "d": [0, 1, 0, 0, 0, 1, 0, 0],
            "x": [1.0, 9.0, 3.0, 9.0, 4.0, 9.0, 4.0, 9.0],
        }
    )
    found = balance(_sample(df, design="did", unit="u", period="t"))
    (row,) = found.parts["covariates"].to_dict("records")
    assert row["mean_treated"] == pytest.approx(2.5)
    assert row["mean_comparison"] == pytest.approx(3.5)


def test_the_register_names_both_languages(nsw):
    assert {"attrition", "balance", "sample-ratio", "spillover"} <= set(diagnostic_names())
    assert diagnostic_names() == tuple(sorted(DIAGNOSTICS))
    for name, entry in DIAGNOSTICS.items():
        assert entry.name == name
        for text in (entry.title, entry.question, entry.statistic):
            assert text.en != text.fr
    assert run_diagnostic("balance", nsw).statistic == balance(nsw).statistic
    with pytest.raises(UsageError, match="Did you mean 'balance'"):
        run_diagnostic("balence", nsw)
    with pytest.raises(UsageError, match=f"Known: {', '.join(diagnostic_names())}"):
        run_diagnostic("zzz", nsw)


def test_simple_is_one_pool_of_people_with_one_weight():
    def made(**changed):
        plain = {
            "arm": np.array([True, False, True]),
            "block": np.zeros(3, dtype=np.int64),
            "block_labels": ("all",),
            "cluster": np.arange(3),
            "mass": np.ones(3),
        }
        return Assignment(**{**plain, **changed})

    assert made().simple
    assert not made(cluster=np.array([0, 0, 1])).simple
    assert not made(block_labels=("a", "b")).simple
    assert not made(mass=np.array([1.0, 2.0, 1.0])).simple
