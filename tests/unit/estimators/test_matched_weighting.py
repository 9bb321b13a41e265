"""Weighting estimators by value: published, by a slow second implementation, and by hand."""

from __future__ import annotations

from importlib.resources import as_file, files

import causaldata
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from slow_stack import balance_equations, influence, score_equations, solve
from statsmodels.treatment.treatment_effects import TreatmentEffect

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.matched.entropy_balancing import EntropyBalancing
from impacteval.estimators.matched.inverse_probability import InverseProbability
from impacteval.estimators.matched.overlap_weighting import OverlapWeighting
from impacteval.sample import Sample
from impacteval.values import Scale

RNG = np.random.default_rng(1)
ROLES = {"design": "matched", "outcome": "y", "unit": "unit", "treatment": "treated"}
EVERY = [
    InverseProbability(),
    InverseProbability(estimand="ate"),
    OverlapWeighting(),
    EntropyBalancing(),
    EntropyBalancing(estimand="ate"),
    EntropyBalancing(moments=2),
]


def named(estimator) -> str:
    return f"{estimator.name}-{estimator.estimand}-{getattr(estimator, 'moments', '')}"


every = pytest.mark.parametrize("estimator", EVERY, ids=named)


def frame(n: int = 60, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age, need = rng.normal(40.0, 9.0, n), rng.integers(0, 2, n).astype(float)
    eta = -0.3 + 0.04 * (age - 40.0) + 0.6 * need
    treated = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    return pd.DataFrame(
        {
            "unit": [f"p{i:03d}" for i in range(n)],
            "age": age,
            "need": need,
            "treated": treated,
            "y": 12.0 + age / 10.0 - need + treated * (1.0 + need) + rng.standard_normal(n),
            "w": rng.choice([1.0, 2.0, 3.0], n),
            "time": rng.uniform(0.5, 2.0, n),
            "site": [f"s{i % 9}" for i in range(n)],
            "place": np.where(rng.random(n) < 0.4, "north", "south"),
        }
    )


def sample_of(data: pd.DataFrame, **roles) -> Sample:
    return Sample.from_frame(data, **{**ROLES, "covariates": ["age", "need"], **roles})


def run(estimator, data: pd.DataFrame, scale: str = "difference", **roles):
    return estimator.estimate(sample_of(data, **roles), scale=Scale(scale), rng=RNG)


# --- published --------------------------------------------------------------------------------

LALONDE = [
    "age", "age2", "age3", "educ", "educ2", "marr", "nodegree", "black", "hisp", "re74", "re75",
    "u74", "u75", "educ_re74",
]  # fmt: skip


def lalonde() -> pd.DataFrame:
    """The 185 served of the National Supported Work demonstration, and 15,992 of the CPS."""
    served = causaldata.nsw_mixtape.load_pandas().data
    data = pd.concat(
        [served[served.treat == 1], causaldata.cps_mixtape.load_pandas().data], ignore_index=True
    )
    for name in data.columns[1:]:
        # Bytes and short floats: squares of bytes overflow; a float is read by its decimal text.
        data[name] = data[name].astype(str).astype(float)
    return data.assign(
        age2=data.age**2,
        age3=data.age**3,
        educ2=data.educ**2,
        u74=(data.re74 == 0) * 1.0,
        u75=(data.re75 == 0) * 1.0,
        educ_re74=data.educ * data.re74,
    )


def test_the_job_training_programme_against_the_population_survey():
    # Cunningham (2021), Causal Inference: The Mixtape, section 5.3, his logit and data. R's glm
    # stops when the deviance moves by less than 1e-8 of itself, which gives 1782.20835998; the
    # maximum itself gives what statsmodels and we find.
    data = lalonde()
    found = InverseProbability().estimate(
        Sample.from_frame(
            data, design="matched", outcome="re78", treatment="treat", covariates=LALONDE
        ),
        scale=Scale.DIFFERENCE,
        rng=RNG,
    )
    x = sm.add_constant(((data[LALONDE] - data[LALONDE].mean()) / data[LALONDE].std()).to_numpy())
    fit = sm.Logit(data.treat, x).fit(disp=0, maxiter=100, tol=1e-12)
    e, t, y = np.asarray(fit.predict()), data.treat.to_numpy(), data.re78.to_numpy()
    odds = np.where(t == 1, 0.0, e / (1.0 - e))
    assert found.effect.value == pytest.approx(y[t == 1].mean() - odds @ y / odds.sum(), abs=1e-6)
    assert found.effect.value == pytest.approx(1782.20854755, abs=1e-6)
    assert _as_r_stops(x, t, y) == pytest.approx(1782.20835998, abs=5e-9)


def _as_r_stops(x, t, y) -> float:
    """Iteratively reweighted least squares from R's start to R's stop."""
    mean, before = (t + 0.5) / 2.0, np.inf
    eta = np.log(mean / (1.0 - mean))
    while True:
        v = mean * (1.0 - mean)
        b = np.linalg.solve((x * v[:, None]).T @ x, x.T @ (v * eta + t - mean))
        eta = x @ b
        mean = 1.0 / (1.0 + np.exp(-eta))
        now = -2.0 * float(np.where(t == 1, np.log(mean), np.log1p(-mean)).sum())
        if abs(now - before) / (abs(now) + 0.1) < 1e-8:
            odds = np.where(t == 1, 0.0, mean / (1.0 - mean))
            return float(y[t == 1].mean() - odds @ y / odds.sum())
        before = now


def births() -> tuple[pd.DataFrame, list[str]]:
    """Weight at birth and whether the mother smoked, 4,642 births (Cattaneo 2010)."""
    packed = files("statsmodels") / "treatment" / "tests" / "results" / "cataneo2.csv"
    with as_file(packed) as path:
        data = pd.read_csv(path)
    columns = {
        "y": data.bweight,
        "treated": (data.mbsmoke == "smoker") * 1,
        "married": (data.mmarried == "married") * 1.0,
        "age": data.mage * 1.0,
        "age2": data.mage**2.0,
        "first": (data.fbaby == "Yes") * 1.0,
        "school": data.medu * 1.0,
    }
    found = pd.DataFrame(columns).assign(unit=[f"b{i}" for i in range(len(data))])
    return found, ["married", "age", "age2", "first", "school"]


def test_smoking_mothers_as_stata_weights_them():
    # Stata Treatment-Effects Reference Manual, teffects ipw, examples 1 and 2: average treatment effect
    # of smoking -230.6886 (25.81524), on those who smoked -225.1773 (23.66458), by a probit: given as
    # the score here. Errors are then those of a known score, and only close.
    data, names = births()
    x = sm.add_constant((data[names] - data[names].mean()) / data[names].std())
    fit = sm.Probit(data.treated, x).fit(disp=0, tol=1e-12)
    data = data.assign(e=np.asarray(fit.predict()))
    for estimand, published in (("ate", -230.6886), ("att", -225.1773)):
        estimator = InverseProbability(estimand=estimand, score="e")
        found = run(estimator, data, covariates=[*names, "e"])
        assert found.effect.value == pytest.approx(published, abs=5e-5)


def test_smoking_mothers_as_statsmodels_weights_them():
    # Their joint moments of a logit and both means are the plain part of ours: with thousands of
    # people the correction for small samples is under one percent.
    data, names = births()
    x = sm.add_constant((data[names] - data[names].mean()) / data[names].std())
    fit = sm.Logit(data.treated, x).fit(disp=0, tol=1e-12)
    peer = TreatmentEffect(sm.OLS(data.y, x), data.treated.to_numpy(), results_select=fit)
    for estimand, group in (("ate", "all"), ("att", 1)):
        told = peer.ipw(return_results=True, effect_group=group).summary_frame()
        found = run(InverseProbability(estimand=estimand), data, covariates=names)
        assert found.effect.value == pytest.approx(told["coef"]["ATE"], rel=1e-6)
        assert found.effect.std_error == pytest.approx(told["std err"]["ATE"], rel=0.01)
        assert found.effect.std_error > told["std err"]["ATE"]


# --- errors: a second implementation ----------------------------------------------------------


def _columns(estimator, data) -> np.ndarray:
    age = (data.age - 40.0) / 10.0
    columns = [np.ones(len(data)), age, data.need]
    if getattr(estimator, "moments", 1) == 2:
        columns.append(age**2)
    return np.column_stack(columns).astype(float)


CASES = {
    "plain": {},
    "clusters": {"cluster": "site"},
    "sampling": {"weight": "w"},
    "copies": {"weight": "w", "weight_kind": "frequency"},
    "copies in clusters": {"weight": "w", "weight_kind": "frequency", "cluster": "site"},
    "rates": {"weight": "w", "exposure": "time"},
    "precision": {"weight": "w", "weight_kind": "precision"},
}


@every
@pytest.mark.parametrize("case", CASES)
def test_means_and_influence_are_those_of_the_equations_solved_slowly(estimator, case):
    data, roles = frame(), CASES[case]
    found = run(estimator, data, **roles)
    kind = roles.get("weight_kind", "sampling") if "weight" in roles else None
    one, w = np.ones(len(data)), data.w.to_numpy()
    time = data.time.to_numpy() if "exposure" in roles else one
    copies = w if kind == "frequency" else one
    counts = w if kind in ("sampling", "frequency") else one
    own = (w if kind in ("sampling", "precision") else one) * time
    t, y = data.treated.to_numpy(), data.y.to_numpy() / time
    x = _columns(estimator, data)
    balance = isinstance(estimator, EntropyBalancing)
    make = balance_equations if balance else score_equations
    psi = make(x, t, counts, own, copies, y, estimator.estimand)
    models = 2 if balance and estimator.estimand == "ate" else 1
    start = np.zeros(models * x.shape[1] + 2)
    start[-2:] = y[t == 0].mean(), y[t == 1].mean()
    theta = solve(psi, copies, start)
    assert (found.counterfactual, found.observed) == pytest.approx(tuple(theta[-2:]), rel=1e-8)
    groups = [int(s[1:]) for s in data.site] if "cluster" in roles else None
    slow = influence(psi, copies, theta, groups)
    labels = data.unit.tolist() if groups is None else [f"s{g}" for g in range(9)]
    place = {label: k for k, label in enumerate(labels)}
    order = [place[label] for label in found.influence.labels.tolist()]
    slow, size = slow[order], np.abs(slow).max()
    np.testing.assert_allclose(found.influence.means.counterfactual, slow[:, 0], atol=1e-6 * size)
    np.testing.assert_allclose(found.influence.means.observed, slow[:, 1], atol=1e-6 * size)
    error = np.sqrt(((slow[:, 1] - slow[:, 0]) ** 2).sum())
    assert found.effect.std_error == pytest.approx(error, rel=1e-6)


@every
def test_copies_are_repeated_rows_on_every_scale(estimator):
    data = frame()
    long = data.loc[data.index.repeat(data.w.astype(int))].reset_index(drop=True)
    long["unit"] = [f"r{i:04d}" for i in range(len(long))]
    for scale in estimator.card.scales:
        if scale is Scale.TOTAL and estimator.estimand != "att":
            continue
        a = run(estimator, data, scale, weight="w", weight_kind="frequency")
        b = run(estimator, long, scale)
        assert a.effect.value == pytest.approx(b.effect.value, rel=1e-8)
        assert a.effect.std_error == pytest.approx(b.effect.std_error, rel=1e-8)
        assert a.effect.interval(0.9).low == pytest.approx(b.effect.interval(0.9).low, rel=1e-7)
        assert (a.n_treated, a.n_comparison) == (b.n_treated, b.n_comparison)
    for part in ("arms", "effective", "balance"):
        for column in a.parts[part].select_dtypes("number"):
            one, other = a.parts[part][column], b.parts[part][column]
            np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-10, err_msg=column)


@pytest.mark.parametrize("estimator", EVERY[:4], ids=named)
def test_the_spread_that_effects_are_divided_by_carries_its_own_error(estimator):
    # The derivative of the standardised effect when one person counts a little more, refitted.
    data = frame(900).assign(w=1.0)
    found = run(estimator, data, "standardised", weight="w")
    weights = found.parts["weights"].query("not served").set_index("unit").weight
    rows = data.set_index("unit").loc[weights.index]
    mean, free = float(weights @ rows.y), 1.0 - float(weights @ weights)
    sd = np.sqrt(float(weights @ (rows.y - mean) ** 2) / free)
    assert found.effect.value == pytest.approx((found.observed - found.counterfactual) / sd)
    step, slow = 1e-5, {}
    for unit in data.unit[:12]:
        moved = []
        for sign in (1.0, -1.0):
            other = data.copy()
            other.loc[other.unit == unit, "w"] = 1.0 + sign * step
            moved.append(run(estimator, other, "standardised", weight="w").effect.value)
        slow[unit] = (moved[0] - moved[1]) / (2.0 * step)
    fast = dict(zip(found.influence.labels.tolist(), found.influence.values, strict=True))
    # Small-sample corrections make influence a little larger than the derivative.
    size = max(abs(value) for value in slow.values())
    for unit, value in slow.items():
        assert fast[unit] == pytest.approx(value, rel=0.01, abs=0.01 * size)


# --- weights ----------------------------------------------------------------------------------


def test_overlap_weights_balance_averages_exactly():
    # Li, Morgan and Zaslavsky (2018), theorem 3.
    for roles in ({}, {"weight": "w"}, {"stratum": "place"}):
        found = run(OverlapWeighting(), frame(200), **roles)
        table = found.parts["balance"]
        np.testing.assert_allclose(table.served_after, table.comparison_after, rtol=1e-10)
        assert np.abs(table.difference_before).max() > 0.1


@pytest.mark.parametrize("moments", [1, 2])
def test_balancing_weights_meet_the_averages_of_the_served(moments):
    data = frame(200)
    found = run(EntropyBalancing(moments=moments), data, weight="w", stratum="place")
    table = found.parts["weights"].merge(data, on="unit", suffixes=("", "_given"))
    served, others = table[table.served], table[~table.served]
    for power in range(1, moments + 1):
        for name in ("age", "need"):
            mean = served.weight @ served[name] ** power
            assert others.weight @ others[name] ** power == pytest.approx(mean, rel=1e-10)
    north = [float(g.weight @ (g.place == "north")) for g in (served, others)]
    assert north[0] == pytest.approx(north[1], rel=1e-10)
    certificate = found.certificate
    assert certificate["largest_imbalance"] < 1e-10
    assert certificate["dual_gap"] < 1e-10
    assert certificate["gradient_norm"] < 1e-9
    assert certificate["steps"] > 1


def test_balancing_for_everyone_moves_both_groups_to_the_same_averages():
    data = frame(200)
    found = run(EntropyBalancing(estimand="ate"), data)
    table = found.parts["weights"].merge(data, on="unit")
    for _, group in table.groupby("served"):
        assert group.weight @ group.age == pytest.approx(data.age.mean(), rel=1e-10)
        assert group.weight @ group.need == pytest.approx(data.need.mean(), rel=1e-10)


@pytest.mark.parametrize("estimand", ["att", "ate"])
def test_inverse_weights_are_one_over_the_chance_of_being_there(estimand):
    data = frame(200)
    x = sm.add_constant(data[["age", "need"]])
    e = np.asarray(sm.Logit(data.treated, x).fit(disp=0, tol=1e-12).predict())
    raw = {
        "att": np.where(data.treated == 1, 1.0, e / (1.0 - e)),
        "ate": np.where(data.treated == 1, 1.0 / e, 1.0 / (1.0 - e)),
    }[estimand]
    found = run(InverseProbability(estimand=estimand), data)
    shown = found.parts["inverse_weights"].set_index("unit").loc[data.unit]
    np.testing.assert_allclose(shown.score, e, rtol=1e-7)
    np.testing.assert_allclose(shown.weight, raw, rtol=1e-7)
    assert found.counterfactual == pytest.approx(
        np.average(data.y[data.treated == 0], weights=raw[data.treated == 0])
    )
    table = found.parts["score_overlap"]
    assert table.served.sum() == data.treated.sum()
    assert table.comparison.sum() == (1 - data.treated).sum()
    tenth = np.flatnonzero((e >= 0.4) & (e < 0.45) & (data.treated == 1))
    assert table.served[np.isclose(table.low, 0.4)].tolist() == [len(tenth)]


def test_stabilised_weights_are_shown_and_change_nothing():
    data = frame(200)
    share = data.treated.mean()
    for estimand in ("att", "ate"):
        plain = run(InverseProbability(estimand=estimand), data)
        other = run(InverseProbability(estimand=estimand, stabilised=True), data)
        assert other.effect.value == plain.effect.value
        assert other.effect.std_error == plain.effect.std_error
        a = plain.parts["inverse_weights"]
        b = other.parts["inverse_weights"]
        factor = {
            "ate": np.where(a.served, share, 1.0 - share),
            "att": np.where(a.served, 1.0, (1.0 - share) / share),
        }[estimand]
        np.testing.assert_allclose(b.weight, a.weight * factor, rtol=1e-12)


def test_a_score_that_is_given_is_taken_as_known():
    data = frame(200)
    data["e"] = 1.0 / (1.0 + np.exp(-(data.age - 40.0) / 20.0))
    found = run(InverseProbability(score="e"), data, covariates=["age", "need", "e"])
    own, other = data[data.treated == 1], data[data.treated == 0]
    odds = other.e / (1.0 - other.e)
    m0 = float(np.average(other.y, weights=odds))
    assert found.counterfactual == pytest.approx(m0)
    # Nothing but two weighted means: shares of the weight are leverages.
    variance = 0.0
    for group, w, mean in ((own, np.ones(len(own)), own.y.mean()), (other, odds, m0)):
        share = w / w.sum()
        each = share * (group.y - mean) * 0.5 * (1.0 + 1.0 / (1.0 - share))
        variance += float((each**2).sum())
    assert found.effect.std_error == pytest.approx(np.sqrt(variance))
    assert "taken as known" in found.method.text.en
    with pytest.raises(NotIdentified) as refused:
        run(InverseProbability(score="chance"), data)
    assert refused.value.reason.key == "weighting.score-unknown"
    with pytest.raises(NotIdentified) as refused:
        run(InverseProbability(score="age"), data)
    assert refused.value.reason.key == "weighting.score-out-of-range"
    assert refused.value.reason.values["people"] == (data.age >= 1.0).sum()


@pytest.mark.parametrize("cluster", [None, "site"])
@pytest.mark.parametrize("scale", ["difference", "relative"])
def test_degrees_of_freedom_are_those_of_as_many_people_as_a_group_is_worth(cluster, scale):
    data = frame(200).assign(e=lambda f: 1.0 / (1.0 + np.exp(-(f.age - 40.0) / 20.0)))
    roles = {} if cluster is None else {"cluster": cluster}
    found = run(
        InverseProbability(score="e"), data, scale, covariates=["age", "need", "e"], **roles
    )
    parts = []
    for served, mean in ((1, found.observed), (0, found.counterfactual)):
        group = data[data.treated == served]
        w = np.ones(len(group)) if served else (group.e / (1.0 - group.e)).to_numpy()
        share = w / w.sum()
        pull = share * (group.y.to_numpy() - mean)
        if cluster is None:  # a share of the weight is a leverage
            pull = pull * 0.5 * (1.0 + 1.0 / (1.0 - share))
        else:
            share = pd.Series(share).groupby(group.site.to_numpy()).sum().to_numpy()
            pull = pd.Series(pull).groupby(group.site.to_numpy()).sum().to_numpy()
        variance = float((pull**2).sum()) / (mean**2 if scale == "relative" else 1.0)
        parts.append((variance, 1.0 / float((share**2).sum()) - 1.0))
    (v1, d1), (v0, d0) = parts
    expected = (v1 + v0) ** 2 / (v1**2 / d1 + v0**2 / d0)
    assert found.effect.distribution.df == pytest.approx(expected)


def test_trimming_changes_the_people_the_score_and_the_target():
    data = frame(300)
    x = sm.add_constant(data[["age", "need"]])
    e = np.asarray(sm.Logit(data.treated, x).fit(disp=0, tol=1e-12).predict())
    inside = (e >= 0.3) & (e <= 0.7)
    assert 20 < (~inside).sum() < 200
    for trim in (0.3, (0.3, 0.7), [0.3, 0.7]):
        found = run(InverseProbability(trim=trim), data)
        left = run(InverseProbability(), data[inside])
        assert found.effect.value == pytest.approx(left.effect.value, rel=1e-9)
        assert found.effect.std_error == pytest.approx(left.effect.std_error, rel=1e-9)
        assert found.n_treated == data.treated[inside].sum()
    assert found.target.values == {
        "units": data.treated[inside].sum(),
        "everyone": data.treated.sum(),
    }
    (note,) = [n for n in found.notes if n.key == "weighting.left-out"]
    assert note.values["served"] == (data.treated[~inside]).sum()
    assert note.values["others"] == (1 - data.treated[~inside]).sum()
    profile = found.parts["unmatched_profile"].set_index("covariate")
    gone = data[~inside & (data.treated == 1)]
    assert profile.outside["age"] == pytest.approx(gone.age.mean())
    total = run(InverseProbability(trim=0.3), data, "total")
    assert total.effect.value == pytest.approx(found.effect.value * data.treated[inside].sum())
    step = InverseProbability(trim=0.3).prepare(sample_of(data).blind, rng=RNG)
    assert set(step.tables["unmatched"].unit) == set(data.unit[~inside])
    everyone = run(InverseProbability(trim=0.3, estimand="ate"), data)
    assert everyone.target.values == {"units": inside.sum(), "everyone": 300}


@pytest.mark.parametrize("trim", [0.5, -0.1, (0.7, 0.3), (0.1, 0.2, 0.3), (0.1, 1.5)])
def test_bounds_that_leave_nobody_by_their_own_form_are_refused(trim):
    with pytest.raises(UsageError, match="trim"):
        InverseProbability(trim=trim)


def test_bounds_that_leave_nobody_in_these_data_are_refused():
    with pytest.raises(NotIdentified) as refused:
        run(InverseProbability(trim=(0.98, 0.99)), frame())
    assert refused.value.reason.key == "weighting.trimmed-away"


# --- who is heavy, who is lost ----------------------------------------------------------------


def lonely() -> pd.DataFrame:
    """Nearly everyone served has the need, and one person among the others."""
    rng = np.random.default_rng(2)
    data = frame(60)
    data["treated"] = (np.arange(60) < 30).astype(int)
    data["need"] = np.where(data.treated == 1, 1.0, 0.0)
    data.loc[[0], "need"] = 0.0
    data.loc[[59], "need"] = 1.0
    data["age"] = rng.normal(40.0, 9.0, 60)
    return data


@pytest.mark.parametrize("estimator", [InverseProbability(), EntropyBalancing()], ids=named)
def test_one_person_who_is_most_of_a_group_is_a_matter_for_reasons(estimator):
    sample = sample_of(lonely(), covariates=["need"])
    (concern,) = estimator.concerns(sample.blind)
    assert concern.key == "weighting.heavy"
    # 29 of the 30 served have the need, as one of the others has.
    assert concern.values["share"] == pytest.approx(29.0 / 30.0)
    found = run(estimator, lonely(), covariates=["need"])
    share = found.parts["effective"].set_index("arm").largest_share["comparison"]
    assert share == pytest.approx(29.0 / 30.0)
    (note,) = [n for n in found.notes if n.key == "weighting.worth-comparison"]
    assert note.values["effective"] == pytest.approx(
        1.0 / ((29.0 / 30.0) ** 2 + 1.0 / 900.0 / 29.0)
    )
    for other in EVERY:
        assert other.concerns(sample_of(frame(200)).blind) == ()


@pytest.mark.parametrize(
    "estimator", [InverseProbability(estimand="ate"), EntropyBalancing(estimand="ate")], ids=named
)
def test_one_person_who_is_practically_all_of_a_group_is_refused(estimator):
    data = lonely()
    data["w"] = np.where((data.treated == 0) & (data.need == 1.0), 1e7, 1.0)
    with pytest.raises(NotIdentified) as refused:
        run(estimator, data, weight="w", covariates=["need"])
    assert refused.value.reason.key == "randomised.all-the-weight"


def test_those_who_were_not_measured_still_say_who_is_alike():
    data = frame(200)
    whole = run(InverseProbability(), data)
    lost = data.copy()
    lost.loc[lost.index[::7], "y"] = np.nan
    found = run(InverseProbability(), lost, missing_outcome="attrited")
    odds = whole.parts["inverse_weights"].set_index("unit").weight
    kept = lost[(lost.treated == 0) & lost.y.notna()]
    assert found.counterfactual == pytest.approx(
        np.average(kept.y, weights=odds.loc[kept.unit]), rel=1e-10
    )
    assert found.n_treated == (lost.treated * lost.y.notna()).sum()


def test_a_total_is_that_of_the_served():
    data = frame(200)
    with pytest.raises(UsageError, match="total"):
        run(OverlapWeighting(), data, "total")
    with pytest.raises(NotIdentified) as refused:
        run(InverseProbability(estimand="ate"), data, "total")
    assert refused.value.reason.key == "matched.total-of-served"
    found = run(InverseProbability(), data, "total", exposure="time")
    rate = run(InverseProbability(), data, exposure="time")
    assert found.effect.value == pytest.approx(
        rate.effect.value * data.time[data.treated == 1].sum()
    )


@every
def test_nobody_can_be_compared_without_a_covariate(estimator):
    with pytest.raises(NotIdentified) as refused:
        run(estimator, frame(), covariates=[])
    assert refused.value.reason.key == "matched.no-covariates"
    by_place = run(estimator, frame(), covariates=[], stratum="place")
    data = frame()
    if estimator.estimand == "att":
        shares = data[data.treated == 1].place.value_counts(normalize=True)
        means = data[data.treated == 0].groupby("place").y.mean()
        assert by_place.counterfactual == pytest.approx(float((shares * means).sum()), rel=1e-9)


# --- what was frozen --------------------------------------------------------------------------


@every
def test_a_preparation_of_others_is_an_error_that_says_so(estimator):
    data = frame()
    sample = sample_of(data)
    step = estimator.prepare(sample_of(data.assign(unit="x" + data.unit)).blind, rng=RNG)
    with pytest.raises(UsageError, match="60 people who are not in the sample"):
        estimator.estimate(sample.prepared(step), scale=Scale.DIFFERENCE, rng=RNG)
