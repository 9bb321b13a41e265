"""Matching by distance through the front door: who is left out, what is told, every role of the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.matched.mahalanobis import MahalanobisMatching
from impacteval.registry import estimator
from impacteval.sample import Sample
from impacteval.testing.matched import clusters, exposure, plain, weights

RNG = np.random.default_rng(0)
ROLES = {"design": "matched", "outcome": "y", "unit": "unit", "treatment": "served"}


def frame():
    return pd.DataFrame(
        {
            "unit": list("ABCDEFGH"),
            "served": [1, 1, 1, 0, 0, 0, 0, 0],
            "age": [20.0, 30.0, 60.0, 21.0, 19.0, 29.0, 33.0, 90.0],
            "y": [5.0, 7.0, 9.0, 1.0, 2.0, 3.0, 6.0, 50.0],
        }
    )


def found(data, scale="difference", settings=None, **roles):
    sample = Sample.from_frame(data, **{**ROLES, "covariates": ["age"], **roles})
    return MahalanobisMatching(**(settings or {})).estimate(sample, scale=scale, rng=RNG)


def test_by_hand_without_the_correction():
    got = found(frame(), settings={"bias_adjusted": False})
    # 20 is as near to 21 as to 19; 30 to 29; 60 to 33, as 90 is farther.
    assert got.counterfactual == pytest.approx((1.5 + 3.0 + 6.0) / 3)
    assert got.observed == pytest.approx(7.0)
    pairs = MahalanobisMatching().prepare(
        Sample.from_frame(frame(), **ROLES, covariates=["age"]).blind, rng=RNG
    ).tables["pairs"]  # fmt: skip
    assert pairs.served.tolist() == ["A", "A", "B", "C"]
    assert sorted(pairs.comparison) == ["D", "E", "F", "G"]
    assert pairs.weight.tolist() == [0.5, 0.5, 1.0, 1.0]


def test_by_hand_with_the_correction():
    data = frame()
    use = np.array([0.5, 0.5, 1.0, 1.0]) / 3
    x, y = data.age.to_numpy()[3:7], data.y.to_numpy()[3:7]
    slope = (use @ ((x - use @ x) * y)) / (use @ (x - use @ x) ** 2)
    got = found(data)
    assert got.counterfactual == pytest.approx(use @ y + slope * (110.0 / 3 - use @ x))


def test_a_caliper_leaves_people_out_and_tells_who():
    got = found(frame(), settings={"caliper": 0.3, "bias_adjusted": False})
    assert got.effect.value == pytest.approx((5 + 7) / 2 - (1.5 + 3.0) / 2)
    assert "2 of 3" in str(got.target)
    assert "1 of the 3 served" in " ".join(str(n) for n in got.notes)
    assert got.parts["unmatched_profile"].outside.tolist() == [60.0]
    assert got.certificate["left_out"] == 1.0
    assert got.certificate["largest_distance"] <= 0.3
    with pytest.raises(NotIdentified, match="0 of those served"):
        found(frame(), settings={"caliper": 1e-6})


def test_without_replacement_nobody_serves_twice():
    data = frame().assign(age=[20.0, 20.4, 60.0, 20.3, 18.0, 29.0, 33.0, 90.0])
    # 20.4 and 20.3 are the closest pair; 20 then takes 18.
    got = found(data, settings={"replace": False, "bias_adjusted": False})
    assert got.counterfactual == pytest.approx((2.0 + 1.0 + 6.0) / 3)
    assert got.certificate["nearest"]
    assert got.certificate["most_uses"] == 1.0


@pytest.mark.parametrize("settings", [{}, {"replace": False}, {"ratio": 3}, {"distance": "rank"}])
def test_the_certificate_says_that_nobody_nearer_was_passed_over(settings):
    known = plain(np.random.default_rng(3), -0.2)
    data = pd.DataFrame(known.columns)
    data["need"] += np.random.default_rng(4).normal(size=len(data))
    sample = Sample.from_frame(data, **known.roles)
    got = MahalanobisMatching(**settings).estimate(sample, scale="difference", rng=RNG)
    assert got.certificate["nearest"]
    assert got.certificate["nearer_people"] < settings.get("ratio", 1)


def test_the_certificate_sees_a_pair_that_is_not_nearest(monkeypatch):
    from impacteval.estimators.matched import mahalanobis

    honest = mahalanobis.with_replacement

    def astray(own, other, **settings):
        from dataclasses import replace

        chosen = honest(own, other, **settings)
        return replace(chosen, other=(chosen.other + 1) % other.patterns.count)

    monkeypatch.setattr(mahalanobis, "with_replacement", astray)
    assert not found(frame()).certificate["nearest"]


def test_strata_are_kept_apart():
    data = frame().assign(place=list("aabababb"))
    got = found(data, settings={"bias_adjusted": False}, stratum="place")
    # Place a holds A, B, D and F (21 and 29); b holds C, E, G and H.
    assert got.counterfactual == pytest.approx((1.0 + 3.0 + 6.0) / 3)


def test_refusals():
    with pytest.raises(NotIdentified, match="covariates"):
        found(frame(), covariates=[])
    with pytest.raises(NotIdentified, match="twice"):
        found(frame().assign(twice=lambda d: 2 * d.age), covariates=["age", "twice"])
    few = frame().assign(one=[1.0, 2, 3, 4, 5, 6, 7, 9], two=[2.0, 7, 1, 8, 2, 8, 1, 8])
    with pytest.raises(NotIdentified, match="2 comparators: too few"):
        found(few, covariates=["age", "one", "two"])
    for settings in ({"ratio": 0}, {"caliper": 0.0}, {"caliper": float("inf")}):
        with pytest.raises(UsageError):
            MahalanobisMatching(**settings)
    assert estimator("mahalanobis-matching", ratio=2, replace=False, caliper=None).ratio == 2


def test_missing_outcomes_are_reweighted_within_sets():
    data = frame()
    data.loc[data.unit == "D", "y"] = np.nan
    got = found(data, settings={"bias_adjusted": False}, missing_outcome="attrited")
    assert got.counterfactual == pytest.approx((2.0 + 3.0 + 6.0) / 3)
    data.loc[data.unit == "F", "y"] = np.nan
    data.loc[data.unit == "C", "y"] = 12.0
    got = found(data, settings={"bias_adjusted": False}, missing_outcome="attrited")
    assert (got.observed, got.counterfactual) == pytest.approx((8.5, 4.0))
    assert "2 of 3" in str(got.target)


def test_rates_and_the_correction():
    known = exposure(np.random.default_rng(4), -0.2)
    got = MahalanobisMatching(ratio=2).estimate(known.sample(), scale="difference", rng=RNG)
    assert abs(got.effect.value - known.truth["difference"]) < 4 * got.effect.std_error
    assert got.observed == pytest.approx(
        known.columns["y"][known.columns["treated"] == 1].sum()
        / known.columns["time"][known.columns["treated"] == 1].sum()
    )


@pytest.mark.parametrize("law", [clusters, weights])
def test_influence_reproduces_the_error(law):
    got = MahalanobisMatching(ratio=2).estimate(
        law(np.random.default_rng(4), -0.2).sample(), scale="difference", rng=RNG
    )
    assert np.sqrt((got.influence.values**2).sum()) == pytest.approx(got.effect.std_error)


def test_units_of_covariates_do_not_matter():
    known = plain(np.random.default_rng(7), -0.2)
    data = pd.DataFrame(known.columns)
    data["need"] += np.random.default_rng(8).normal(size=len(data))
    other = data.assign(need=1e6 + 1000.0 * data.need)
    a, b = (
        MahalanobisMatching().estimate(Sample.from_frame(d, **known.roles), scale="difference", rng=RNG)
        for d in (data, other)
    )  # fmt: skip
    assert a.effect.value == pytest.approx(b.effect.value, rel=1e-9)
    assert a.effect.std_error == pytest.approx(b.effect.std_error, rel=1e-9)


@pytest.mark.parametrize("roles", [{}, {"cluster": "unit"}])
def test_outcomes_that_do_not_vary_are_refused(roles):
    with pytest.raises(NotIdentified, match="vary"):
        found(frame().assign(y=3.0), **roles)


def test_a_preparation_of_other_covariates_or_settings_is_not_used():
    data = frame().assign(height=[1.0, 2, 3, 3, 2, 1, 1, 3])
    other = Sample.from_frame(data, **ROLES, covariates=["height"])
    sample = Sample.from_frame(data, **ROLES, covariates=["age"])
    plain = MahalanobisMatching(bias_adjusted=False)
    expected = plain.estimate(sample, scale="difference", rng=RNG).effect.value
    for stranger in (plain.prepare(other.blind, rng=RNG),
                     MahalanobisMatching(ratio=3).prepare(sample.blind, rng=RNG)):  # fmt: skip
        got = plain.estimate(sample.prepared(stranger), scale="difference", rng=RNG)
        assert got.effect.value == pytest.approx(expected)
