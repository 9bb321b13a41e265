"""Coarsened exact matching: who is left out, what is told of it, and every role of the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified
from impacteval.estimators.matched.coarsened_exact import CoarsenedExact
from impacteval.registry import estimator
from impacteval.sample import Sample
from impacteval.testing.matched import clusters, plain, weights

RNG = np.random.default_rng(0)
ROLES = {"design": "matched", "outcome": "y", "unit": "unit", "treatment": "served"}


def frame():
    """Served in cells a, b, c; nobody is comparable in c, and nobody was served in d."""
    return pd.DataFrame(
        {
            "unit": list("ABCDEFGHIJKLM"),
            "served": [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
            "kind": [1, 1, 2, 2, 3, 1, 1, 2, 2, 2, 4, 4, 4],
            "y": [5.0, 7.0, 8.0, 6.0, 99.0, 1.0, 3.0, 2.0, 4.0, 6.0, 50.0, 60.0, 70.0],
        }
    )


def found(data, scale="difference", settings=None, **roles):
    sample = Sample.from_frame(data, **{**ROLES, "covariates": ["kind"], **roles})
    return CoarsenedExact(**(settings or {})).estimate(sample, scale=scale, rng=RNG)


def test_by_hand():
    got = found(frame())
    assert (got.observed, got.counterfactual) == pytest.approx((6.5, 3.0))
    assert (got.n_treated, got.n_comparison) == (4, 5)
    assert "4 of 5" in str(got.target)
    assert got.parts["cells"].difference.tolist() == pytest.approx([4.0, 3.0])
    assert found(frame(), "total").effect.value == pytest.approx(4 * 3.5)


def test_those_left_out_are_counted_and_described():
    got = found(frame())
    (note,) = [n for n in got.notes if n.key == "coarsened.left-out"]
    assert "1 of 5" in str(note)
    profile = got.parts["unmatched_profile"].set_index("covariate")
    assert (profile.inside["kind"], profile.outside["kind"]) == (1.5, 3.0)
    counts = got.parts["counts"].set_index("what").n
    assert counts["matched"] == 4
    assert counts["comparators_used"] == 5
    assert counts["cells"] == 2
    prepared = CoarsenedExact().prepare(
        Sample.from_frame(frame(), **ROLES, covariates=["kind"]).blind, rng=RNG
    )
    assert prepared.tables["unmatched"].unit.tolist() == ["E"]
    assert set(prepared.tables["weights"].unit) == set("ABCDFGHIJ")


def test_balance_is_exact_within_cells():
    got = found(frame())
    (row,) = got.parts["balance"].to_dict("records")
    assert row["comparison_after"] == pytest.approx(row["served_after"])
    table = got.parts["imbalance"].set_index("covariate")
    assert table.after["kind"] == pytest.approx(0.0, abs=1e-12)
    assert table.before["kind"] > 0.1


def test_a_lost_outcome_takes_its_cell_along_where_no_other_is_left():
    data = frame()
    data.loc[data.unit.isin(["F", "G"]), "y"] = np.nan
    got = found(data, missing_outcome="attrited")
    assert (got.n_treated, got.n_comparison) == (2, 3)
    assert got.effect.value == pytest.approx(3.0)
    assert "2 of 5" in str(got.target)


def test_too_few_matched_is_refused():
    data = frame().assign(kind=[1, 2, 3, 3, 3, 1, 4, 4, 4, 4, 4, 4, 4])
    with pytest.raises(NotIdentified, match="1 served and 1 comparison"):
        found(data)


def test_people_unknown_to_the_preparation_are_left_out_and_told():
    whole = Sample.from_frame(frame(), **ROLES, covariates=["kind"])
    fewer = Sample.from_frame(frame().iloc[:-4], **ROLES, covariates=["kind"])
    frozen = CoarsenedExact().prepare(fewer.blind, rng=RNG)
    got = CoarsenedExact().estimate(whole.prepared(frozen), scale="difference", rng=RNG)
    assert got.n_comparison == 4
    (note,) = [n for n in got.notes if n.key == "coarsened.not-prepared"]
    assert "4 people" in str(note)


def test_rates_compare_events_over_exposure_within_cells():
    data = frame().assign(time=[1.0, 2, 1, 1, 1, 1, 3, 2, 2, 2, 1, 1, 1])
    got = found(data, exposure="time")
    # Kind 1: served 12 events in 3 years, others 4 in 4; kind 2: 14 in 2, others 12 in 6.
    assert got.observed == pytest.approx(26 / 5)
    assert got.counterfactual == pytest.approx((3 * 1.0 + 2 * 2.0) / 5)
    assert found(data, "total", exposure="time").effect.value == pytest.approx(5 * (5.2 - 1.4))


def test_frequency_weights_are_as_many_people():
    known = plain(np.random.default_rng(5), -0.2)
    data = pd.DataFrame(known.columns)
    copies = np.random.default_rng(6).integers(1, 4, len(data))
    long = data.loc[np.repeat(data.index, copies)].reset_index(drop=True)
    long["unit"] = [f"v{k}" for k in range(len(long))]
    roles = dict(known.roles)
    for scale in ("difference", "relative", "total", "standardised"):
        a = CoarsenedExact().estimate(
            Sample.from_frame(data.assign(w=copies), weight="w", weight_kind="frequency", **roles),
            scale=scale,
            rng=RNG,
        )
        b = CoarsenedExact().estimate(Sample.from_frame(long, **roles), scale=scale, rng=RNG)
        assert a.effect.value == pytest.approx(b.effect.value, rel=1e-9)
        assert a.effect.std_error == pytest.approx(b.effect.std_error, rel=1e-9)


@pytest.mark.parametrize("law", [clusters, weights])
def test_influence_reproduces_the_error_by_cluster_and_with_weights(law):
    sample = law(np.random.default_rng(4), -0.2).sample()
    got = CoarsenedExact().estimate(sample, scale="difference", rng=RNG)
    assert np.sqrt((got.influence.values**2).sum()) == pytest.approx(got.effect.std_error)


def test_clusters_widen_where_people_share_a_shock():
    known = clusters(np.random.default_rng(4), -0.2)
    roles = {k: v for k, v in known.roles.items() if k != "cluster"}
    by_site = CoarsenedExact().estimate(known.sample(), scale="difference", rng=RNG)
    by_person = CoarsenedExact().estimate(
        Sample.from_frame(pd.DataFrame(known.columns), **roles), scale="difference", rng=RNG
    )
    assert by_site.effect.value == pytest.approx(by_person.effect.value)
    assert by_site.effect.std_error != pytest.approx(by_person.effect.std_error, rel=0.01)
    assert by_site.influence.level == "cluster"


def test_one_comparator_in_a_cell_is_told():
    data = frame().assign(kind=[1, 1, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 2])
    assert "1 comparator stands alone" in str(found(data).method)
    assert "stands alone" not in str(found(frame()).method)


def test_a_plan_states_cutpoints():
    made = estimator("coarsened-exact", cutpoints={"kind": [1.5], "age": 4, "x": "exact"}, bins=3)
    assert made == CoarsenedExact({"kind": (1.5,), "age": 4, "x": "exact"}, 3)
    assert made.settings == {"cutpoints": {"kind": [1.5], "age": 4, "x": "exact"}, "bins": 3}
    with pytest.raises(NotIdentified, match="age, x"):
        found(frame(), settings={"cutpoints": made.cutpoints})


@pytest.mark.parametrize("roles", [{}, {"cluster": "unit"}])
def test_outcomes_that_do_not_vary_are_refused(roles):
    with pytest.raises(NotIdentified, match="vary"):
        found(frame().assign(y=3.0), **roles)


def test_a_preparation_of_other_settings_is_not_used():
    sample = Sample.from_frame(frame(), **ROLES, covariates=["kind"])
    whole = CoarsenedExact({"kind": 1}).prepare(sample.blind, rng=RNG)
    got = CoarsenedExact().estimate(sample.prepared(whole), scale="difference", rng=RNG)
    assert got.effect.value == pytest.approx(3.5)
    used = CoarsenedExact({"kind": 1}).estimate(sample.prepared(whole), scale="difference", rng=RNG)
    assert len(used.parts["cells"]) == 1
