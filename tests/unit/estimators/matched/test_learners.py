"""The learners against econml, statsmodels and formulas written out by hand, on the same parts.

econml takes nine seconds to import: every test that needs it is in this file.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

import impacteval as ie
from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.matched import learners
from impacteval.estimators.matched.learners import CausalForest, DoubleMl, DrLearner
from impacteval.estimators.matched.learners_fits import need_econml
from impacteval.estimators.matched.learners_folds import drawn_folds, ready
from impacteval.estimators.matched.people import read_comparison
from impacteval.estimators.matched.score import columns_of
from impacteval.sample import Sample
from impacteval.testing.bench import fingerprint
from impacteval.testing.matched import plain, truth_of
from impacteval.values import Scale

ROOT = Path(__file__).parents[4]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_learners  # noqa: E402  the tools are scripts, found by their folder

SEED = 7


@pytest.fixture(scope="module", autouse=True)
def _imported():
    """econml as the estimators import it: its source, when compiled for the first time, warns."""
    need_econml("these tests")


def people(n: int = 300, seed: int = 3) -> pd.DataFrame:
    """Two covariates that bear on being served and on the outcome; effects differ."""
    rng = np.random.default_rng(seed)
    x1, x2 = rng.normal(size=n), (rng.random(n) < 0.4).astype(float)
    served = (rng.random(n) < 1 / (1 + np.exp(0.7 - 0.6 * x1 - 0.4 * x2))).astype(int)
    y = 10 + x1 + 0.5 * x2 + (1 + 0.5 * x1) * served + rng.normal(size=n)
    return pd.DataFrame({"y": y, "t": served, "x1": x1, "x2": x2})


def sample_of(frame: pd.DataFrame, **roles) -> Sample:
    return Sample.from_frame(
        frame, design="matched", outcome="y", treatment="t", covariates=["x1", "x2"], **roles
    )


def estimate(own, sample: Sample, scale: str = "difference", seed: int = SEED):
    return own.estimate(sample, scale=Scale(scale), rng=np.random.default_rng(seed))


def parts_of(sample: Sample, folds: int = 5, seed: int = SEED):
    """The parts that an estimator of one partition draws, and the rows as it hands them over."""
    held = ready(c := read_comparison(sample, Scale.DIFFERENCE), columns_of(c.people).values[:, 1:])
    return held, drawn_folds(held.comparison.people, held.rank, folds, np.random.default_rng(seed))


def by_hand(frame: pd.DataFrame, part: np.ndarray):
    """Chance, both outcomes and the outcome overall of each person, by statsmodels."""
    import statsmodels.api as sm

    x = sm.add_constant(frame[["x1", "x2"]].to_numpy())
    y, t = frame["y"].to_numpy(), frame["t"].to_numpy()
    e, m0, m1, m = (np.empty(len(y)) for _ in range(4))
    for k in np.unique(part):
        out, here = part != k, part == k
        e[here] = sm.Logit(t[out], x[out]).fit(disp=0, tol=1e-12).predict(x[here])
        m0[here] = sm.OLS(y[out & (t == 0)], x[out & (t == 0)]).fit().predict(x[here])
        m1[here] = sm.OLS(y[out & (t == 1)], x[out & (t == 1)]).fit().predict(x[here])
        m[here] = sm.OLS(y[out], x[out]).fit().predict(x[here])
    return y, t, e, m0, m1, m


# --- dr-learner -------------------------------------------------------------------------------


def test_the_effect_on_everyone_is_that_of_econml_and_of_the_formula():
    from econml.dr import LinearDRLearner
    from sklearn.linear_model import LinearRegression, LogisticRegression

    frame = people()
    held, part = parts_of(sample_of(frame))
    found = estimate(DrLearner(estimand="ate", repeats=1, clip=1e-6), sample_of(frame))

    # econml's own average, with the models of scikit-learn: outcomes by interactions with the group.
    class ByGroup(LinearRegression):
        def fit(self, x, y, sample_weight=None):
            return super().fit(self._with(x), y, sample_weight)

        def predict(self, x):
            return super().predict(self._with(x))

        @staticmethod
        def _with(x):
            return np.column_stack([x, x[:, :-1] * x[:, -1:]])

    splits = [(np.flatnonzero(part != k), np.flatnonzero(part == k)) for k in range(5)]
    peer = LinearDRLearner(
        model_propensity=LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000),
        model_regression=ByGroup(),
        cv=splits,
        min_propensity=1e-6,
    )
    peer.fit(frame["y"].to_numpy(), frame["t"].to_numpy(), X=held.columns, inference=None)
    # scikit-learn stops at a gradient, hence the tolerance.
    assert found.effect.value == pytest.approx(float(peer.ate(held.columns)), abs=1e-6)

    y, t, e, m0, m1, _ = by_hand(frame, part)
    score = m1 - m0 + t * (y - m1) / e - (1 - t) * (y - m0) / (1 - e)
    assert found.effect.value == pytest.approx(score.mean(), abs=1e-9)
    assert found.effect.std_error == pytest.approx(score.std(ddof=1) / np.sqrt(300), abs=1e-9)


def test_the_effect_on_the_served_is_that_of_the_formula_person_by_person():
    frame = people()
    _, part = parts_of(sample_of(frame))
    found = estimate(DrLearner(repeats=1), sample_of(frame))
    y, t, e, m0, _, _ = by_hand(frame, part)
    served, total = int(t.sum()), 0.0
    for i in range(len(y)):
        total += y[i] - m0[i] if t[i] else -e[i] / (1 - e[i]) * (y[i] - m0[i])
    effect = total / served
    assert found.effect.value == pytest.approx(effect, abs=1e-9)
    assert found.observed == pytest.approx(y[t == 1].mean(), abs=1e-12)
    pulls = [
        (t[i] * (y[i] - m0[i] - effect) - (1 - t[i]) * e[i] / (1 - e[i]) * (y[i] - m0[i])) / served
        for i in range(len(y))
    ]
    error = np.sqrt(sum(p * p for p in pulls) * len(y) / (len(y) - 1))
    assert found.effect.std_error == pytest.approx(error, abs=1e-9)
    assert found.effect.distribution.df == min(served, len(y) - served) - 1


def test_errors_of_a_ratio_are_joint():
    """The log ratio by the delta method, from the covariance of both means."""
    frame = people()
    found = estimate(DrLearner(repeats=1), sample_of(frame), "relative")
    means = found.influence.means
    m1, m0 = found.observed, found.counterfactual
    assert found.effect.value == pytest.approx(m1 / m0 - 1)
    a, b = means.observed / m1, means.counterfactual / m0
    assert found.effect.std_error == pytest.approx(m1 / m0 * np.sqrt(((a - b) ** 2).sum()))
    # Held together they differ from errors taken apart, so that the test can tell.
    apart = m1 / m0 * np.sqrt((a**2).sum() + (b**2).sum())
    assert abs(apart - found.effect.std_error) > 0.05 * found.effect.std_error


def test_the_figure_is_the_mean_over_partitions():
    sample = sample_of(people())
    found = estimate(DrLearner(repeats=4), sample)
    table = found.parts["partitions"]
    assert len(table) == 4
    assert table["effect"].nunique() == 4
    assert found.effect.value == pytest.approx(table["effect"].mean(), abs=1e-12)
    assert table["effect"][0] == pytest.approx(
        estimate(DrLearner(repeats=1), sample).effect.value, abs=1e-12
    )


@pytest.mark.parametrize(
    "own", [DrLearner(estimand="ate"), DoubleMl("interactive", "ate")], ids=str
)
def test_the_effect_on_everyone_is_found(own):
    """Twelve samples with another effect on everyone than on the served."""
    misses = []
    for seed in range(12):
        known = plain(np.random.default_rng(seed), -0.2, target="ate")
        found = estimate(own, known.sample(), seed=seed)
        misses.append(found.effect.value - truth_of(-0.2, "ate")["difference"])
        assert "Everyone" in found.target.text.en
    error = found.effect.std_error / np.sqrt(12)
    assert abs(np.mean(misses)) < 4 * error
    assert (
        abs(truth_of(-0.2, "ate")["difference"] - truth_of(-0.2, "att")["difference"]) > 4 * error
    )


# --- double-ml --------------------------------------------------------------------------------


def test_the_partially_linear_coefficient_is_that_of_econml_and_of_least_squares():
    import statsmodels.api as sm
    from econml.dml import LinearDML
    from sklearn.linear_model import LinearRegression, LogisticRegression

    frame = people()
    _, part = parts_of(sample_of(frame))
    found = estimate(DoubleMl(repeats=1), sample_of(frame))
    y, t, e, _, _, m = by_hand(frame, part)
    fit = sm.OLS(y - m, t - e).fit(cov_type="HC0")
    assert found.effect.value == pytest.approx(fit.params[0], abs=1e-9)
    assert found.effect.std_error == pytest.approx(fit.bse[0] * np.sqrt(300 / 299), abs=1e-9)

    splits = [(np.flatnonzero(part != k), np.flatnonzero(part == k)) for k in range(5)]
    peer = LinearDML(
        model_y=LinearRegression(),
        model_t=LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000),
        discrete_treatment=True,
        cv=splits,
    )
    peer.fit(y, t, X=None, W=frame[["x1", "x2"]].to_numpy(), inference=None)
    assert found.effect.value == pytest.approx(float(peer.intercept_), abs=1e-6)


def test_weights_enter_models_and_means():
    """Against econml with the same weights: a row of weight two is not one of weight one."""
    from econml.dml import LinearDML
    from sklearn.linear_model import LinearRegression, LogisticRegression

    frame = people()
    frame["w"] = np.random.default_rng(1).choice([1.0, 2.0, 5.0], 300)
    sample = sample_of(frame, weight="w", weight_kind="sampling")
    _, part = parts_of(sample)
    found = estimate(DoubleMl(repeats=1), sample)
    splits = [(np.flatnonzero(part != k), np.flatnonzero(part == k)) for k in range(5)]
    peer = LinearDML(
        model_y=LinearRegression(),
        model_t=LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000),
        discrete_treatment=True,
        cv=splits,
    )
    columns = frame[["x1", "x2"]].to_numpy()
    w = frame["w"].to_numpy()
    peer.fit(
        frame["y"].to_numpy(), frame["t"].to_numpy(), X=None, W=columns, sample_weight=w,
        inference=None,
    )  # fmt: skip
    assert found.effect.value == pytest.approx(float(peer.intercept_), abs=1e-6)
    assert (
        abs(found.effect.value - estimate(DoubleMl(repeats=1), sample_of(frame)).effect.value)
        > 1e-3
    )


def test_settings_left_open_are_settled_and_told():
    assert (DoubleMl().model, DoubleMl().estimand) == ("partially_linear", "overlap")
    assert (DoubleMl(model="interactive").estimand, DoubleMl(estimand="ate").model) == (
        "att",
        "interactive",
    )
    with pytest.raises(UsageError, match="does not have the estimand att"):
        DoubleMl(model="partially_linear", estimand="att")
    found = ie.estimator("double-ml", model="interactive")
    assert found == DoubleMl(model="interactive", estimand="att")
    sample = sample_of(people())
    assert dict(estimate(DoubleMl(), sample).settings)["estimand"] == "overlap"
    same = estimate(DrLearner(), sample), estimate(DoubleMl(model="interactive"), sample)
    assert same[0].effect == same[1].effect


def test_a_coefficient_of_nobody_in_particular_has_no_total():
    sample = sample_of(people())
    with pytest.raises(UsageError, match="Use dr-learner for a total"):
        estimate(DoubleMl(), sample, "total")
    with pytest.raises(NotIdentified) as told:
        estimate(DrLearner(estimand="ate"), sample, "total")
    assert "sum of the effects on those served" in told.value.reason.text.en


# --- causal-forest ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def forest():
    """econml's forest with the models that the estimator hands to it, on the same parts."""
    from econml.dml import CausalForestDML

    from impacteval.estimators.matched.learners_fits import _seeds
    from impacteval.estimators.matched.learners_models import Line, Logit

    frame = people()
    rng = np.random.default_rng(SEED)
    held, _ = parts_of(sample_of(frame))
    part = drawn_folds(held.comparison.people, held.rank, 5, rng)
    seed = _seeds(int(rng.integers(2**31)))[2]
    order = held.order
    splits = [
        (np.flatnonzero(part[order] != k), np.flatnonzero(part[order] == k)) for k in range(5)
    ]
    peer = CausalForestDML(
        model_y=Line(), model_t=Logit(), discrete_treatment=True, cv=splits, n_estimators=200,
        min_samples_leaf=5, random_state=seed, drate=True, n_jobs=1,
    )  # fmt: skip
    t, x = frame["t"].to_numpy()[order], held.columns[order]
    peer.fit(held.z[order], t, X=x, cache_values=True)
    return peer, frame, held, t, x


LINES = {"outcome": "linear", "score": "linear", "trees": 200}


def test_the_forests_average_over_everyone_is_econmls_doubly_robust_one(forest):
    peer, frame, held, _, x = forest
    found = estimate(CausalForest(estimand="ate", **LINES), sample_of(frame))
    size = abs(held.unit)
    assert found.effect.value == pytest.approx(held.unit * float(peer.ate_[0]), abs=1e-8)
    # econml divides by n, not by n - 1.
    error = size * float(peer.ate_stderr_[0]) * np.sqrt(300 / 299)
    assert found.effect.std_error == pytest.approx(error, abs=1e-8)
    # What econml says of the mean of effects by covariates is another, far larger error.
    other = size * float(peer.ate_inference(x).stderr_mean)
    assert other > 1.5 * found.effect.std_error


def test_the_forests_average_over_the_served_is_mended_for_the_others(forest):
    """Econml's `att_` averages everyone's scores over the served: another number."""
    peer, frame, held, t, x = forest
    found = estimate(CausalForest(**LINES), sample_of(frame))
    left, moved = (np.ravel(r) for r in peer.residuals_[:2])
    z, e = held.z[held.order], t - moved
    effect = np.ravel(peer.model_final_.oob_predict(x))
    m0 = z - left - e * effect
    without = np.where(t == 1, m0, e / (1 - e) * (z - m0)).sum() / t.sum()
    assert found.effect.value == pytest.approx(held.unit * (z[t == 1].mean() - without), abs=1e-8)
    assert abs(found.effect.value - held.unit * float(peer.att_(T=1)[0])) > 1e-3


# --- what all three share ---------------------------------------------------------------------

CHEAP = [
    DrLearner(repeats=1),
    DoubleMl(repeats=1),
    CausalForest(outcome="linear", score="linear", trees=40),
    DrLearner(outcome="forest", score="forest", trees=40, repeats=1),
]
NAMES = ["lines by group", "partially linear", "causal forest", "random forests"]


@pytest.mark.parametrize("own", CHEAP, ids=NAMES)
def test_the_number_of_threads_has_no_say(own):
    sample = sample_of(people(200))
    with threadpool_limits(1):
        one = fingerprint(estimate(own, sample))
    with threadpool_limits(2):
        assert fingerprint(estimate(own, sample)) == one


@pytest.mark.parametrize("own", CHEAP, ids=NAMES)
def test_groups_of_the_plan_add_up_to_the_whole(own):
    frame = people()
    frame["town"] = np.where(frame["x2"] == 1, "town", "country")
    found = estimate(own, sample_of(frame, subgroup="town"))
    table = found.parts["by_group"].set_index("group")
    assert table["served"].sum() == frame["t"].sum()
    assert (table["std_error"] > 0).all()
    effects = table["observed"] - table["counterfactual"]
    assert np.allclose(effects, table["effect"])
    if own.name != "double-ml":
        shares = table["served"] / table["served"].sum()
        assert float(shares @ table["effect"]) == pytest.approx(found.effect.value, abs=1e-9)
        # Each group's error by itself: its people's influence, and no one else's.
        whole = (shares**2 * table["std_error"] ** 2).sum()
        assert whole < found.effect.std_error**2 * 1.02
    assert not [n for n in found.notes if n.key == "learners.groups-beyond-covariates"]


def test_chances_of_both_groups_are_counted_for_the_report():
    frame = people()
    found = estimate(DrLearner(repeats=2), sample_of(frame)).parts["score_overlap"]
    assert found["served"].sum() == frame["t"].sum()
    assert found["comparison"].sum() == (1 - frame["t"]).sum()
    middle = (found["low"] + found["high"]) / 2
    served, others = (np.average(middle, weights=found[g]) for g in ("served", "comparison"))
    assert served > others + 0.05


def test_groups_that_covariates_do_not_tell_apart_are_told():
    frame = people()
    frame["side"] = np.random.default_rng(0).choice(["left", "right"], 300)
    found = estimate(DrLearner(repeats=1), sample_of(frame, subgroup="side"))
    assert [n for n in found.notes if n.key == "learners.groups-beyond-covariates"]


def test_a_planted_difference_between_halves_is_found():
    """Effects grow by half for each step of the first covariate, and not with the second."""
    found = estimate(DrLearner(), sample_of(people(1500)))
    table = found.parts["halves"].set_index("covariate")
    first = table.loc["x1"]
    # Between the means of both halves of a normal covariate lie 1.6 steps: about 0.8.
    assert first["difference"] == pytest.approx(0.8, abs=3 * first["difference_std_error"])
    assert first["difference"] > 4 * first["difference_std_error"]
    second = table.loc["x2"]
    assert abs(second["difference"]) < 3 * second["difference_std_error"]
    assert second["middle"] == 0.0


def test_clusters_stay_in_one_part_and_their_errors_are_summed():
    """Twins: doubling every person within a cluster leaves no more to be known."""
    frame = people(400)
    twins = pd.concat([frame, frame], ignore_index=True)
    twins["home"] = np.tile(np.arange(400), 2)
    sample = sample_of(twins, cluster="home")
    _, part = parts_of(sample)
    assert all(len(set(part[twins["home"] == home])) == 1 for home in range(400))
    one = estimate(DrLearner(), sample_of(frame)).effect.std_error
    both = estimate(DrLearner(), sample).effect.std_error
    assert both == pytest.approx(one, rel=0.03)  # other parts are drawn, hence not the same
    alone = estimate(DrLearner(), sample_of(twins)).effect.std_error
    assert alone < 0.8 * one


def test_chances_next_to_certainty_are_told():
    frame = people(600)
    frame["t"] = (np.random.default_rng(2).random(600) < 1 / (1 + np.exp(-3.5 * frame["x1"]))) * 1
    found = estimate(DrLearner(repeats=1), sample_of(frame))
    (told,) = (n for n in found.notes if n.key == "learners.clipped")
    assert told.values["people"] > 0
    calm = estimate(DrLearner(repeats=1), sample_of(people()))
    assert not [n for n in calm.notes if n.key == "learners.clipped"]


def test_missing_outcomes_are_left_out_and_the_target_says_so():
    frame = people()
    frame.loc[::10, "y"] = np.nan
    found = estimate(DrLearner(repeats=1), sample_of(frame, missing_outcome="attrited"))
    kept = frame.dropna()
    assert found.target.text.en.startswith("Those served and measured")
    assert found.n_treated == int(kept["t"].sum())


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda f: f.assign(t=(np.arange(len(f)) < 20) * 1), "learners.too-few"),
        (lambda f: f.assign(t=(f["x1"] > 0) * 1), "matched.separated"),
        (lambda f: f.assign(x2=f["x1"] * 2.0), "matched.collinear"),
        (lambda f: f.assign(y=4.0), "randomised.no-variation"),
    ],
)
def test_data_that_cannot_answer_give_a_reason(change, key):
    with pytest.raises(NotIdentified) as told:
        estimate(DrLearner(repeats=1), sample_of(change(people())))
    assert told.value.reason.key == key


def test_few_clusters_make_too_few_parts():
    frame = people(300)
    frame["t"] = (np.arange(300) % 4 == 0) * 1  # whole clusters served
    frame["home"] = np.arange(300) % 8
    with pytest.raises(NotIdentified) as told:
        estimate(DrLearner(folds=10), sample_of(frame, cluster="home"))
    assert told.value.reason.key == "learners.thin-parts"


def test_without_covariates_there_is_nobody_alike():
    sample = Sample.from_frame(people(), design="matched", outcome="y", treatment="t")
    with pytest.raises(NotIdentified) as told:
        estimate(DrLearner(), sample)
    assert told.value.reason.key == "matched.no-covariates"


def test_trees_that_all_drew_a_person_are_refused(monkeypatch):
    def nothing(rows, plan, *, nuisance_trees):
        hole = np.where(np.arange(len(rows.z)) < 2, np.nan, 0.0)
        return learners.Foretold(np.full(len(rows.z), 0.5), hole, hole)

    monkeypatch.setattr(learners, "foretold_by_causal_forest", nothing)
    with pytest.raises(NotIdentified) as told:
        estimate(CausalForest(), sample_of(people()))
    assert told.value.reason.key == "learners.unseen-trees"
    assert told.value.reason.values == {"people": 2, "trees": 500}


@pytest.mark.parametrize("own", [DrLearner(), DoubleMl(), CausalForest()], ids=lambda e: e.name)
def test_without_the_extra_one_sentence_says_what_to_install(own, monkeypatch):
    monkeypatch.setitem(sys.modules, "econml.dml", None)
    with pytest.raises(UsageError) as told:
        estimate(own, sample_of(people()))
    assert str(told.value) == (
        f"{own.name} needs econml, which is not installed: "
        'run pip install "impacteval[causal-ml]", or choose doubly-robust.'
    )


def test_settings_that_make_no_sense_are_all_told_at_once():
    with pytest.raises(UsageError) as told:
        CausalForest(folds=1, repeats=0, trees=30, leaf=0, clip=0.5)
    for what in ("folds", "repeats", "trees", "leaf", "clip"):
        assert f"{what} must be" in str(told.value)


def test_the_example_of_the_guide_gives_the_figures_it_shows():
    guide = (ROOT / "docs" / "how-to" / "use-learners.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", guide, flags=re.DOTALL)
    names: dict = {}
    exec(code, names)
    effect = names["found"].effect
    assert f"# {effect.value:.2f}, {effect.std_error:.2f}" in code


LINEAR = ("dr-learner", "dr-learner-everyone", "double-ml")
CASES = [
    (method, design)
    for method in calibrate_learners.METHODS
    if method.name in LINEAR
    for design in method.designs()
]


@pytest.mark.parametrize(("method", "design"), CASES, ids=lambda v: v.name)
def test_coverage_is_measured_on_what_the_estimators_compute(method, design, monkeypatch):
    """The second replication of every design: all at once in the tool, by econml here."""
    trials = design.draw(np.random.default_rng(10), 2)
    frame = pd.DataFrame({"y": trials.y[1], "t": trials.treatment[1]})
    frame[["x1", "x2"]] = trials.x[1]
    roles = {}
    for role in ("weight", "exposure"):
        if getattr(trials, role) is not None:
            frame[role] = getattr(trials, role)[1]
            roles[role] = role
    if trials.cluster is not None:
        frame["cluster"], roles["cluster"] = trials.cluster, "cluster"
    if "weight" in roles:
        roles["weight_kind"] = "sampling"
    sample = sample_of(frame, **roles)
    _, part = parts_of(sample, seed=0)
    both = np.stack([calibrate_learners.drawn_parts(trials)[0], part])
    monkeypatch.setattr(calibrate_learners, "drawn_parts", lambda _trials: both)
    own = {
        "dr-learner": DrLearner(repeats=1),
        "dr-learner-everyone": DrLearner(estimand="ate", repeats=1),
        "double-ml": DoubleMl(repeats=1),
    }[method.name]
    for scale in method.scales:
        found = estimate(own, sample, scale, seed=0).effect.distribution
        measured = method.measure(trials, scale)
        centre = found.log_ratio if scale is Scale.RELATIVE else found.centre
        assert float(measured.centre[1]) == pytest.approx(centre, abs=1e-8)
        assert float(measured.error[1]) == pytest.approx(found.scale, abs=1e-8)
        assert float(measured.df[1]) == found.df


def test_parts_in_the_tool_are_dealt_out_as_by_the_estimators():
    (law,) = (law for law in calibrate_learners.LAWS if law.name == "clusters, 40 of 12")
    trials = law.drawn("att")(np.random.default_rng(0), 3)
    part = calibrate_learners.drawn_parts(trials)
    assert all(len(set(part[1][trials.cluster == c])) == 1 for c in range(40))
    plain_trials = calibrate_learners.LINES.drawn("att")(np.random.default_rng(0), 3)
    for row, served in zip(
        calibrate_learners.drawn_parts(plain_trials), plain_trials.treatment, strict=True
    ):
        for arm in (0, 1):
            sizes = np.bincount(row[served == arm], minlength=5)
            assert sizes.max() - sizes.min() <= 1
