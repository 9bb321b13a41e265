"""`propensity-matching` as an estimator: what is frozen, who is left out, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import Parts
from impacteval.estimators.matched import propensity_frozen
from impacteval.estimators.matched.people import read_people
from impacteval.estimators.matched.propensity import PropensityMatching
from impacteval.estimators.matched.propensity_frozen import certificate_of
from impacteval.estimators.matched.score import fit_score
from impacteval.sample import Preparation, Sample
from impacteval.values import Scale

RNG = np.random.default_rng(0)


def frame_of(seed=1, n=240, level=-1.2):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 2))
    served = (
        rng.random(n) < 1.0 / (1.0 + np.exp(-(level + 0.7 * x[:, 0] + 0.4 * x[:, 1])))
    ).astype(int)
    y = 10.0 + x[:, 0] - served + rng.standard_normal(n)
    return pd.DataFrame(
        {"who": [f"p{i:04d}" for i in range(n)], "on": served, "a": x[:, 0], "b": x[:, 1], "y": y}
    )


def sample_of(frame, covariates=("a", "b"), **roles):
    if "c" in covariates and "c" not in frame:
        frame = frame.assign(c=np.random.default_rng(2).standard_normal(len(frame)))
    return Sample.from_frame(
        frame, design="matched", outcome="y", unit="who", treatment="on",
        covariates=list(covariates), **roles,
    )  # fmt: skip


def estimate(sample, scale=Scale.DIFFERENCE, **settings):
    return PropensityMatching(**settings).estimate(sample, scale=scale, rng=RNG)


# --- what is frozen ---------------------------------------------------------------------------


def through_json(made: Preparation) -> Preparation:
    tables = json.loads(json.dumps(made.tables.plain()))
    return Preparation(kind=made.kind, tables=Parts(tables), made_by=made.made_by)


@pytest.mark.parametrize("settings", [{}, {"ratio": 3, "replace": True}, {"score": "a"}])
@pytest.mark.parametrize("many", [propensity_frozen.MANY, 10])
def test_what_was_frozen_and_read_back_gives_the_same(settings, many, monkeypatch):
    monkeypatch.setattr("impacteval.estimators.matched.propensity.MANY", many)
    frame = frame_of()
    # Whole numbers: many people are alike, and beyond `MANY` pairs they are named as patterns.
    frame["a"], frame["b"] = frame.a.round(), frame.b.round()
    sample = sample_of(frame)
    estimator = PropensityMatching(**settings)
    made = through_json(estimator.prepare(sample.blind, rng=RNG))
    assert ("patterns" in made.tables) == (many == 10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PropensityMatching, "match", None)
        first = estimator.estimate(sample.prepared(made), scale=Scale.RELATIVE, rng=RNG)
    second = estimator.estimate(sample, scale=Scale.RELATIVE, rng=RNG)
    assert first.effect.value == second.effect.value
    assert first.effect.std_error == second.effect.std_error
    assert first.certificate == second.certificate
    for name in ("unmatched", "weights", "balance", "score_overlap"):
        assert first.parts.columns(name) == second.parts.columns(name)


def test_a_preparation_with_other_settings_is_not_taken_for_ones_own():
    sample = sample_of(frame_of())
    made = PropensityMatching().prepare(sample.blind, rng=RNG)
    for other in ({"ratio": 2}, {"replace": True}, {"caliper": None}, {"common_support": True}):
        plain = estimate(sample, **other)
        assert estimate(sample.prepared(made), **other).effect.value == plain.effect.value
    # The form of errors decides nothing about pairs.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PropensityMatching, "match", None)
        estimate(sample.prepared(made), variance="score-given")
    # Nor is one whose score was of other covariates.
    wider = sample_of(frame_of(), covariates=("a", "b", "c"))
    assert estimate(wider.prepared(made)).effect.value == estimate(wider).effect.value
    foreign = Preparation(kind="pairs", tables=made.tables, made_by="mahalanobis-matching")
    assert estimate(sample.prepared(foreign)).effect.value == estimate(sample).effect.value


def test_frozen_pairs_of_other_people_are_refused():
    frame = frame_of()
    made = PropensityMatching().prepare(sample_of(frame).blind, rng=RNG)
    renamed = sample_of(frame.assign(who=[f"q{i:04d}" for i in range(len(frame))]))
    turned = sample_of(frame.assign(on=1 - frame.on))
    others = frame[frame.on == 0].index[:1]
    more = sample_of(frame.assign(on=frame.on.where(~frame.index.isin(others), 1)))
    for sample in (renamed, turned, more):
        with pytest.raises(NotIdentified) as refusal:
            estimate(sample.prepared(made))
        assert refusal.value.reason.key == "propensity-matching.other-people"


def test_the_tables_of_a_preparation():
    sample = sample_of(frame_of())
    made = PropensityMatching(ratio=2).prepare(sample.blind, rng=RNG)
    pairs = made.tables["pairs"]
    assert pairs.groupby("set").weight.sum().to_numpy() == pytest.approx(1.0)
    assert not pairs.comparison.duplicated().any()
    assert pairs.groupby("set").served.nunique().eq(1).all()
    weights = made.tables["weights"]
    assert weights.groupby("served").weight.sum().to_numpy() == pytest.approx(1.0)
    counts = made.tables["counts"].set_index("what").n
    out = counts.outside_support + counts.nobody_near
    assert counts.matched + out == counts.served == sample.to_frame().on.sum()
    assert len(made.tables["unmatched"]) == out > 0
    assert made.tables["score"].unit.tolist() == weights.unit.tolist()
    chances = made.tables["score"].set_index("unit").score
    first = pairs[pairs["set"] == 1]
    assert (chances[first.comparison] - chances[first.served.iloc[0]]).abs().max() < 0.1
    overlap = made.tables["score_overlap"]
    assert overlap.served.sum() == counts.served
    assert overlap.comparison.sum() == counts.comparison
    fitted = fit_score(read_people(sample)).table()
    assert made.tables["coefficients"].coefficient.tolist() == fitted["coefficient"]


# --- whom it is about -------------------------------------------------------------------------


def test_who_could_be_matched_is_said_and_who_could_not_is_described():
    frame = frame_of()
    frame.loc[frame[frame.on == 1].index[:3], "a"] = 9.0
    found = estimate(sample_of(frame))
    assert found.target.key == "target.matched"
    assert {note.key for note in found.notes} == {"propensity-matching.left-out"}
    profile = found.parts["unmatched_profile"].set_index("covariate")
    assert profile.outside["a"] > profile.inside["a"] + 1.0
    everyone = estimate(sample_of(frame), caliper=None, replace=True)
    assert everyone.target.key == "target.served"
    assert "unmatched_profile" not in everyone.parts


def test_common_support_is_told_apart_from_the_caliper():
    frame = frame_of()
    frame.loc[frame[frame.on == 1].index[:3], "a"] = 9.0
    counts = estimate(sample_of(frame), common_support=True).parts["counts"].set_index("what").n
    assert counts.outside_support >= 3
    reasons = estimate(sample_of(frame), common_support=True).parts["unmatched"].reason
    assert (reasons == "outside_support").sum() == counts.outside_support


def test_a_total_is_that_of_the_matched():
    found = estimate(sample_of(frame_of()), Scale.TOTAL)
    plain = estimate(sample_of(frame_of()))
    assert found.effect.value == pytest.approx(
        plain.effect.value * plain.certificate["matched"], rel=1e-12
    )


# --- outcomes ---------------------------------------------------------------------------------


def test_who_was_not_measured_leaves_the_sets():
    frame = frame_of()
    sample = sample_of(frame)
    made = PropensityMatching(ratio=3).prepare(sample.blind, rng=RNG)
    pairs = made.tables["pairs"]
    lost_served, lost_other = pairs.served.iloc[0], pairs.comparison.iloc[-1]
    gone = frame.assign(y=frame.y.where(~frame.who.isin([lost_served, lost_other])))
    missing = sample_of(gone, missing_outcome="attrited")
    # The blind step sees everyone: the same pairs.
    assert PropensityMatching(ratio=3).prepare(missing.blind, rng=RNG) == made
    found = estimate(missing, ratio=3)
    left = pairs[(pairs.served != lost_served) & (pairs.comparison != lost_other)]
    left = left.assign(weight=left.weight / left.groupby("set").weight.transform("sum"))
    y = frame.set_index("who").y
    sets = left.assign(y=left.comparison.map(y) * left.weight).groupby("served").y.sum()
    expected = (y[sets.index] - sets).mean()
    assert found.effect.value == pytest.approx(expected, rel=1e-12)
    assert "propensity-matching.lost" in {note.key for note in found.notes}


@pytest.mark.parametrize(
    "settings", [{}, {"replace": True, "ratio": 2}, {"variance": "score-given"}]
)
def test_frequency_weights_are_people_written_out(settings):
    rng = np.random.default_rng(4)
    frame = frame_of(n=120)
    frame["a"], frame["b"] = frame.a.round(1), frame.b.round(1)
    frame["f"] = rng.integers(1, 4, len(frame))
    long = frame.loc[frame.index.repeat(frame.f)].reset_index(drop=True)
    long["who"] = [f"c{i:04d}" for i in range(len(long))]
    short = estimate(sample_of(frame, weight="f", weight_kind="frequency"), **settings)
    full = estimate(sample_of(long), **settings)
    assert short.effect.value == pytest.approx(full.effect.value, rel=1e-9)
    assert short.effect.std_error == pytest.approx(full.effect.std_error, rel=1e-8)
    assert short.certificate["matched"] == pytest.approx(full.certificate["matched"])


def test_rates_are_events_over_time_at_risk():
    frame = frame_of()
    rng = np.random.default_rng(5)
    frame["time"] = rng.uniform(0.2, 1.0, len(frame))
    frame["y"] = rng.poisson(3.0 * frame.time)
    found = estimate(sample_of(frame, exposure="time"), Scale.RELATIVE, ratio=10)
    pairs = (
        PropensityMatching(ratio=10)
        .prepare(sample_of(frame, exposure="time").blind, rng=RNG)
        .tables["pairs"]
    )
    one = frame.set_index("who")
    served = one.loc[pairs.served.unique()]
    use = pairs.groupby("comparison").weight.sum()
    others = one.loc[use.index]
    rate = (use * others.y).sum() / (use * others.time).sum()
    assert found.effect.value == pytest.approx(
        served.y.sum() / served.time.sum() / rate - 1.0, rel=1e-12
    )


def test_precise_comparators_count_for_more_in_their_set():
    frame = frame_of()
    frame["w"] = np.where(frame.who < "p0120", 4.0, 1.0)
    found = estimate(
        sample_of(frame, weight="w", weight_kind="precision"), ratio=2, replace=True, caliper=None
    )
    pairs = (
        PropensityMatching(ratio=2, replace=True, caliper=None)
        .prepare(sample_of(frame).blind, rng=RNG)
        .tables["pairs"]
    )
    one = frame.set_index("who")
    pairs["w"] = pairs.comparison.map(one.w) * pairs.weight
    pairs["v"] = pairs.comparison.map(one.y) * pairs.w
    sets = pairs.groupby("served")[["w", "v"]].sum()
    own = one.loc[sets.index]
    expected = np.average(own.y - sets.v / sets.w, weights=own.w)
    assert found.effect.value == pytest.approx(expected, rel=1e-12)


def test_clusters_make_errors_of_clusters():
    frame = frame_of(n=600)
    frame["site"] = [f"s{i % 30:02d}" for i in range(len(frame))]
    shock = np.random.default_rng(9).standard_normal(30)
    frame["y"] += 2.0 * shock[np.arange(len(frame)) % 30] * frame.on
    plain, clustered = estimate(sample_of(frame)), estimate(sample_of(frame, cluster="site"))
    assert clustered.effect.value == plain.effect.value
    assert clustered.effect.std_error > 1.5 * plain.effect.std_error
    assert clustered.influence.level == "cluster"
    assert clustered.effect.distribution.df <= 29


# --- errors of an estimated score -------------------------------------------------------------


def test_errors_are_those_of_the_paper_for_an_estimated_score():
    # Abadie and Imbens (2016), theorem 2: V = sigma^2 - c' I^-1 c + d' I^-1 d for the effect on the
    # treated, with its c and d written out, means of outcomes known, one neighbour.
    rng = np.random.default_rng(11)
    n, theta = 60_000, np.array([-1.2, 0.8, 0.4])
    x = np.column_stack([np.ones(n), rng.standard_normal((n, 2))])
    chance = 1.0 / (1.0 + np.exp(-x @ theta))
    on = rng.random(n) < chance
    m0 = 10.0 + 1.5 * x[:, 1] - 0.2 * x[:, 2]
    m1 = m0 - 1.0 + 0.6 * x[:, 1] + 0.3 * x[:, 2]
    y = np.where(on, m1, m0) + rng.standard_normal(n)
    frame = pd.DataFrame(
        {"who": np.arange(n), "on": on.astype(int), "a": x[:, 1], "b": x[:, 2], "y": y}
    )
    sample = sample_of(frame)
    given = estimate(sample, replace=True, caliper=None, variance="score-given")
    found = estimate(sample, replace=True, caliper=None)
    order = np.argsort(chance)

    def local(first, second):
        """Covariance of neighbours on the score, at each."""
        a, b = np.diff(first[order]), np.diff(second[order])
        out = np.zeros(n)
        out[order[:-1]] = 0.5 * a * b
        return out

    def smooth(v):
        w = np.convolve(v[order], np.ones(301), "same") / np.convolve(
            np.ones(n), np.ones(301), "same"
        )
        out = np.empty(n)
        out[order] = w
        return out

    tau = m1 - m0
    att = float((chance @ tau) / chance.sum())
    f, share = chance * (1.0 - chance), chance.mean()
    tau_p = smooth(tau)
    c = np.array(
        [
            np.mean(f * (x[:, k] * (tau_p - att) + local(x[:, k], m1)
                         + chance / (1.0 - chance) * local(x[:, k], m0)))
            for k in range(3)
        ]
    ) / share  # fmt: skip
    d = x.T @ (f * (tau - att)) / n / share
    information = (x * f[:, None]).T @ x / n
    change = d @ np.linalg.solve(information, d) - c @ np.linalg.solve(information, c)
    expected = given.effect.std_error**2 + change / n
    assert change < 0.0
    assert found.effect.std_error**2 == pytest.approx(expected, rel=0.03)
    assert found.effect.std_error < 0.93 * given.effect.std_error


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "covariates", "key"),
    [
        ({"score": "z"}, ("a", "b"), "propensity-matching.unknown-score"),
        ({"score": "a"}, (), "propensity-matching.unknown-score"),
        ({}, (), "matched.no-covariates"),
        ({"score": "a", "caliper": 1e-9}, ("a", "b"), "propensity-matching.nobody-near"),
        ({}, ("a", "on2"), "matched.separated"),
    ],
)
def test_refusals_before_and_with_outcomes(settings, covariates, key):
    frame = frame_of()
    sample = sample_of(frame.assign(on2=frame.on + 0.1 * np.tanh(frame.b)), covariates)
    for ask in (
        lambda: estimate(sample, **settings),
        lambda: PropensityMatching(**settings).prepare(sample.blind, rng=RNG),
    ):
        with pytest.raises(NotIdentified) as refusal:
            ask()
        assert refusal.value.reason.key == key


def test_outcomes_of_one_pair_are_too_few():
    frame = frame_of()
    made = PropensityMatching().prepare(sample_of(frame).blind, rng=RNG)
    kept = set(made.tables["pairs"].served[:1])
    out = set(made.tables["pairs"].served) - kept
    # Those never matched are measured still: the groups are large enough, the sets are not.
    gone = frame.assign(y=frame.y.where(~frame.who.isin(out)))
    with pytest.raises(NotIdentified) as refusal:
        estimate(sample_of(gone, missing_outcome="attrited"))
    assert refusal.value.reason.key == "propensity-matching.nobody-near"


@pytest.mark.parametrize(
    "settings", [{"ratio": 0}, {"caliper": 0.0}, {"caliper": -1.0}, {"caliper": float("inf")}]
)
def test_settings_that_mean_nothing(settings):
    with pytest.raises(UsageError):
        PropensityMatching(**settings)


def test_a_proof_of_the_pairs_stands_with_the_estimate():
    found = estimate(sample_of(frame_of()), ratio=3)
    proof = found.certificate
    assert proof["most_uses"] == 1.0
    assert proof["within_caliper"] is True
    assert 0.0 < proof["largest_reach"] <= proof["caliper"]
    # A proof that cannot fail proves nothing: move one person's score.
    estimator = PropensityMatching(ratio=3)
    people = read_people(sample_of(frame_of()))
    frozen = estimator.match(people)
    scored, _ = estimator.scored(people, frozen)
    moved = scored.reach.copy()
    moved[frozen.sets.others[0]] += 9.0
    assert certificate_of(people, replace(scored, reach=moved), frozen)["within_caliper"] is False
