"""The shared core of comparisons with similar people, by value and by what may not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from impacteval.errors import NotIdentified
from impacteval.estimators.matched.balance import balance_table, largest_difference, profile_table
from impacteval.estimators.matched.effect import build
from impacteval.estimators.matched.messages import target_served
from impacteval.estimators.matched.people import read_comparison, read_people
from impacteval.estimators.matched.score import columns_of, fit_score
from impacteval.inference import ArmMeans
from impacteval.sample import Sample
from impacteval.values import Scale

ROLES = {"design": "matched", "outcome": "y", "unit": "unit", "treatment": "treated"}


def people_frame(n: int = 240, seed: int = 3) -> pd.DataFrame:
    """Covariates in very different units; who is served depends on all of them."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 60, n).astype(float)
    pay = rng.gamma(2.0, 9000.0, n)
    town = rng.integers(0, 3, n)
    eta = -0.6 + 0.03 * (age - 40.0) - pay / 30000.0 + 0.5 * (town == 1)
    return pd.DataFrame(
        {
            "unit": [f"p{i:03d}" for i in range(n)],
            "age": age,
            "pay": pay,
            "town": np.array(["a", "b", "c"])[town],
            "treated": (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(int),
            "w": rng.choice([1.0, 2.0, 3.0], n),
            "y": age / 10.0 + rng.standard_normal(n),
        }
    )


def sample_of(frame: pd.DataFrame, **roles: object) -> Sample:
    return Sample.from_frame(frame, **{**ROLES, "covariates": ["age", "pay"], **roles})


def in_order(frame: pd.DataFrame, people) -> pd.DataFrame:
    """The frame in the order of the arrays."""
    return frame.set_index("unit").loc[people.unit.tolist()].reset_index()


# --- the score --------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
def test_the_score_is_the_logit_of_statsmodels(weighted):
    frame = people_frame()
    people = read_people(
        sample_of(frame, stratum="town", **({"weight": "w"} if weighted else {})).blind
    )
    frame = in_order(frame, people)
    score = fit_score(people)
    x = sm.add_constant(
        np.column_stack([frame.town == "b", frame.town == "c", frame.age, frame.pay]).astype(float)
    )
    fit = sm.GLM(
        frame.treated,
        x,
        family=sm.families.Binomial(),
        freq_weights=frame.w if weighted else None,
    ).fit(tol=1e-14, maxiter=100)
    np.testing.assert_allclose(score.chance, fit.fittedvalues, rtol=1e-8)
    np.testing.assert_allclose(score.linear, x @ fit.params, rtol=1e-7, atol=1e-8)
    told = score.table()
    assert told["term"] == ["(level)", "stratum b", "stratum c", "age", "pay"]
    np.testing.assert_allclose(told["coefficient"], fit.params, rtol=1e-7)
    # The information is the inverse of the covariance matrix, on the columns as scaled.
    errors = np.sqrt(np.diag(np.linalg.inv(score.information)))
    np.testing.assert_allclose(
        errors[-2:] / score.columns.unit, np.asarray(fit.bse)[-2:], rtol=1e-6
    )


def test_pulls_are_how_coefficients_move_when_one_person_counts_a_little_more():
    frame = people_frame(60)
    people = read_people(sample_of(frame, weight="w").blind)
    score, step = fit_score(people), 1e-5
    for row in (0, 17, 41):
        moved = []
        for sign in (1.0, -1.0):
            counts = people.counts.copy()
            counts[row] *= 1.0 + sign * step
            other = replace(people, counts=counts)
            moved.append(fit_score(other, score.columns).coefficients)
        slope = (moved[0] - moved[1]) / (2.0 * step)
        np.testing.assert_allclose(score.pulls(people)[row], slope, rtol=1e-5, atol=1e-8)


def test_frequency_weights_are_repeated_rows():
    frame = people_frame(120)
    repeated = frame.loc[frame.index.repeat(frame.w.astype(int))].reset_index(drop=True)
    repeated["unit"] = [f"r{i:04d}" for i in range(len(repeated))]
    short = read_people(sample_of(frame, weight="w", weight_kind="frequency").blind)
    long = read_people(sample_of(repeated).blind)
    one, other = fit_score(short), fit_score(long)
    np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=1e-9)
    # Squares of influence add up over copies.
    np.testing.assert_allclose(
        one.pulls(short).T @ one.pulls(short), other.pulls(long).T @ other.pulls(long), rtol=1e-9
    )
    assert short.treated_clusters == long.treated_clusters
    weight = np.where(short.served, 1.0, one.chance)
    after = np.where(long.served, 1.0, other.chance)
    for by in ("served", "pooled"):
        a = balance_table(short, weight * short.copies, by=by)
        b = balance_table(long, after, by=by)
        for column in a:
            if column != "covariate":
                np.testing.assert_allclose(a[column], b[column], rtol=1e-9, err_msg=column)
    a = profile_table(short, short.served, ~short.served)
    b = profile_table(long, long.served, ~long.served)
    np.testing.assert_allclose(a["difference"], b["difference"], rtol=1e-9)


def test_a_covariate_that_decides_who_is_served_is_refused():
    frame = people_frame()
    frame["age"] = np.where(frame.treated == 1, 50.0, 30.0) + np.arange(len(frame)) % 7
    with pytest.raises(NotIdentified) as refused:
        fit_score(read_people(sample_of(frame).blind))
    assert refused.value.reason.key == "matched.separated"


def test_a_stratum_in_which_nobody_was_served_is_refused():
    frame = people_frame()
    frame.loc[frame.town == "c", "treated"] = 0
    with pytest.raises(NotIdentified) as refused:
        fit_score(read_people(sample_of(frame, stratum="town").blind))
    assert refused.value.reason.key == "matched.separated"


def test_strong_but_not_certain_prediction_is_answered():
    frame = people_frame()
    frame["age"] = np.where(frame.treated == 1, 60.0, 20.0) + np.arange(len(frame)) % 40 * 0.9
    frame.loc[frame.index[:2], "age"] = np.where(frame.treated[:2] == 1, 10.0, 70.0)
    score = fit_score(read_people(sample_of(frame).blind))
    assert np.all((score.chance > 0.0) & (score.chance < 1.0))


def test_collinear_covariates_are_named():
    frame = people_frame().assign(months=lambda f: 12.0 * f.age, same=1.0)
    people = read_people(sample_of(frame, covariates=["age", "months", "same", "pay"]).blind)
    with pytest.raises(NotIdentified) as refused:
        columns_of(people)
    assert refused.value.reason.key == "matched.collinear"
    assert refused.value.reason.values["names"] == "months, same"


# --- balance ----------------------------------------------------------------------------------


def four_people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": ["a", "b", "c", "d"],
            "treated": [1, 1, 0, 0],
            "x": [4.0, 8.0, 1.0, 5.0],
            "flat": [1.0, 1.0, 0.0, 2.0],
            "y": [1.0, 2.0, 3.0, 5.0],
        }
    )


def test_balance_against_numbers_worked_out_by_hand():
    people = read_people(sample_of(four_people(), covariates=["x", "flat"]).blind)
    served = balance_table(people, np.array([1.0, 1.0, 1.0, 3.0]))
    # Means 6 and 3, both variances 8 before; after, (1 + 15) / 4 = 4 and, with shares 1/4 and 3/4,
    # (9/4 + 3/4) / (1 - 10/16) = 8.
    assert served["covariate"] == ["x", "flat"]
    assert [served[c][0] for c in ("served", "served_after")] == [6.0, 6.0]
    assert [served[c][0] for c in ("comparison_before", "comparison_after")] == [3.0, 4.0]
    assert served["difference_before"][0] == pytest.approx(3.0 / np.sqrt(8.0))
    assert served["difference_after"][0] == pytest.approx(2.0 / np.sqrt(8.0))
    assert served["ratio_before"][0] == pytest.approx(1.0)
    assert served["ratio_after"][0] == pytest.approx(1.0)
    # Nobody served differs in `flat`: no standard deviation of theirs to divide by; the mean of
    # both variances is 1.
    assert np.isnan(served["difference_before"][1])
    assert balance_table(people, np.ones(4), by="pooled")["difference_before"][1] == 0.0
    assert largest_difference(served) == pytest.approx(2.0 / np.sqrt(8.0))
    assert largest_difference({"difference_after": [np.nan]}) == 0.0


def test_the_profile_of_those_left_out():
    people = read_people(sample_of(four_people(), covariates=["x"]).blind)
    found = profile_table(
        people, np.array([True, False, True, False]), np.array([False, True, False, True])
    )
    # 2.5 inside, 6.5 outside; variance of 1, 4, 5, 8 is 25/3.
    assert (found["inside"], found["outside"]) == ([2.5], [6.5])
    assert found["difference"][0] == pytest.approx(4.0 / np.sqrt(25.0 / 3.0))


# --- people -----------------------------------------------------------------------------------


def test_counts_own_and_size_by_kind_of_weight():
    frame = people_frame(60).assign(time=lambda f: f.age / 10.0)
    expected = {
        "sampling": ("w", "w time", "one", "w time"),
        "frequency": ("w", "time", "w", "w time"),
        "precision": ("one", "w time", "one", "time"),
    }
    for kind, names in expected.items():
        people = read_people(sample_of(frame, weight="w", weight_kind=kind, exposure="time").blind)
        rows = in_order(frame, people)
        values = {
            "w": rows.w,
            "one": np.ones(60),
            "time": rows.time,
            "w time": rows.w * rows.time,
        }
        found = (people.counts, people.own, people.copies, people.size)
        for name, array in zip(names, found, strict=True):
            np.testing.assert_allclose(array, values[name])


def test_people_without_weight_are_left_out_and_counted():
    frame = people_frame(60)
    frame.loc[frame.index[:4], "w"] = 0.0
    people = read_people(sample_of(frame, weight="w").blind)
    assert people.n == 56
    (note,) = people.notes
    assert (note.key, list(note.values.values())) == ("randomised.weight-zero", [4])


def test_influence_is_summed_by_cluster_and_copies_add_up():
    frame = people_frame(60).assign(site=lambda f: [f"s{i % 6}" for i in range(len(f))])
    people = read_people(
        sample_of(frame, weight="w", weight_kind="frequency", cluster="site").blind
    )
    rows = in_order(frame, people)
    value = np.random.default_rng(1).standard_normal(60)  # of one copy
    found = people.gathered(np.sqrt(people.copies) * value)
    by_hand = (rows.w * value).groupby(rows.site).sum()
    assert people.labels.tolist() == by_hand.index.tolist()
    np.testing.assert_allclose(found, by_hand, rtol=1e-12)


def placed(served: int, others: int) -> pd.DataFrame:
    frame = people_frame(60)
    place = np.arange(60) % (served + others)
    return frame.assign(place=[f"t{p}" for p in place], treated=(place < served).astype(int))


def test_one_place_that_was_served_is_told_and_errors_are_between_people():
    people = read_people(sample_of(placed(1, 4), assignment_cluster="place").blind)
    assert (people.cluster, people.treated_clusters) == (None, 1)
    (note,) = [n for n in people.notes if n.key == "matched.few-places"]
    assert dict(note.values) == {"served": 1, "others": 4}


def test_errors_are_between_the_places_assigned_where_these_are_enough():
    people = read_people(sample_of(placed(3, 4), assignment_cluster="place").blind)
    assert people.cluster is not None
    assert (len(people.labels), people.treated_clusters) == (7, 3)
    wider = placed(4, 4).assign(region=lambda f: f.place.map(lambda p: "r" + str(int(p[1:]) // 2)))
    people = read_people(sample_of(wider, assignment_cluster="place", cluster="region").blind)
    assert (people.labels.tolist(), people.treated_clusters) == (["r0", "r1", "r2", "r3"], 4)


def test_errors_correlated_in_two_ways_are_refused():
    crossed = placed(4, 4).assign(year=[f"y{i % 3}" for i in range(60)])
    with pytest.raises(NotIdentified):
        read_people(sample_of(crossed, assignment_cluster="place", cluster="year").blind)


def test_one_person_served_is_refused():
    frame = people_frame(30)
    frame["treated"] = (np.arange(30) == 3).astype(int)
    with pytest.raises(NotIdentified) as refused:
        read_people(sample_of(frame).blind)
    assert refused.value.reason.key == "randomised.arm-too-small"


def test_another_design_is_refused():
    frame = people_frame(30)
    frame["year"] = 2000
    sample = Sample.from_frame(frame, design="count", outcome="y", unit="unit")
    with pytest.raises(NotIdentified) as refused:
        read_people(sample)
    assert refused.value.reason.key == "matched.another-design"


# --- from means to an estimate ----------------------------------------------------------------


def estimate_of(frame: pd.DataFrame, scale: Scale, **keywords: object):
    """A plain difference of means, its influence written out."""
    roles = keywords.pop("roles", {})
    comparison = read_comparison(sample_of(frame, **roles), scale)
    people, y = comparison.people, comparison.y
    means, rows = [], []
    for arm in (0, 1):
        inside = (people.treatment == arm) & comparison.measured
        w = np.where(inside, people.own * people.copies, 0.0)
        means.append(float(w @ y / w.sum()))
        rows.append(w / np.sqrt(people.copies) * (y - means[-1]) / w.sum())
    arms = ArmMeans(
        np.array(means), people.gathered(np.array(rows)), lambda contrast: np.asarray(30.0)
    )
    return comparison, build(
        estimator="plain",
        settings={},
        comparison=comparison,
        arms=arms,
        weight=people.counts,
        scale=scale,
        target=target_served(10, measured_only=False),
        label="plain",
        sentences=[target_served(10, measured_only=False)],
        **keywords,
    )


@pytest.mark.parametrize("scale", list(Scale))
def test_influence_reproduces_errors_on_every_scale(scale):
    comparison, found = estimate_of(people_frame(), scale, served_size=50.0)
    assert found.influence.std_error == pytest.approx(found.effect.std_error, rel=1e-12)
    frame = in_order(people_frame(), comparison.people)
    m1, m0 = (frame.y[frame.treated == a].mean() for a in (1, 0))
    sd = frame.y[frame.treated == 0].std(ddof=1)
    expected = {
        Scale.DIFFERENCE: m1 - m0,
        Scale.RELATIVE: m1 / m0 - 1.0,
        Scale.TOTAL: 50.0 * (m1 - m0),
        Scale.STANDARDISED: (m1 - m0) / sd,
    }
    assert found.effect.value == pytest.approx(expected[scale], rel=1e-12)


def test_a_total_needs_the_served():
    with pytest.raises(NotIdentified) as refused:
        estimate_of(people_frame(), Scale.TOTAL)
    assert refused.value.reason.key == "matched.total-of-served"


def test_shown_weights_sum_to_one_and_skip_those_not_measured():
    frame = people_frame()
    lost = frame.unit[frame.index[:5]].tolist()
    frame.loc[frame.index[:5], "y"] = np.nan
    _, found = estimate_of(frame, Scale.DIFFERENCE, roles={"missing_outcome": "attrited"})
    table = found.parts["weights"]
    assert table.groupby("served").weight.sum().tolist() == pytest.approx([1.0, 1.0])
    assert not set(lost) & set(table.unit)
    assert found.n_treated + found.n_comparison == len(frame) - 5
    assert set(table.columns) == {"unit", "served", "weight"}


def test_outcomes_that_never_differ_are_refused():
    with pytest.raises(NotIdentified):
        estimate_of(people_frame().assign(y=2.0), Scale.DIFFERENCE)


def test_a_ratio_to_a_mean_below_zero_is_refused():
    frame = people_frame().assign(y=lambda f: f.y - 20.0)
    with pytest.raises(NotIdentified):
        estimate_of(frame, Scale.RELATIVE)
