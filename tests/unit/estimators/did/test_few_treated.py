"""`few-treated` on data whose answer is known by hand, by enumeration, or by symmetry."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.did.few_treated import FewTreated
from impacteval.sample import Sample
from impacteval.values import ConfidenceSet, Scale

PLACES, YEARS = 20, 6
WAYS = ("ferman-pinto", "conley-taber", "randomisation", "wild")


def outcomes(seed: int = 0, places: int = PLACES) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 20 + rng.normal(size=(places, 1)) + rng.normal(size=(places, YEARS)).cumsum(axis=1)


def panel(y: np.ndarray, served: dict[int, int]) -> pd.DataFrame:
    """One row a place and year; `served` gives first served years by place."""
    places = len(y)
    names = np.array([f"p{k:02d}" for k in range(places)])
    start = np.array([served.get(k, np.nan) for k in range(places)], dtype=float)
    return pd.DataFrame(
        {
            "place": np.repeat(names, YEARS),
            "year": np.tile(2001 + np.arange(YEARS), places),
            "start": np.repeat(start, YEARS),
            "y": y.ravel(),
        }
    )


def people(y: np.ndarray, served: dict[int, int], sizes: np.ndarray, seed: int = 1) -> pd.DataFrame:
    """Rows are people, others every year, whose noise leaves the place's mean where it was."""
    rng = np.random.default_rng(seed)
    frame = panel(y, served)
    counts = np.repeat(sizes, YEARS)
    rows = frame.loc[np.repeat(frame.index, counts)].reset_index(drop=True)
    noise = rng.normal(size=len(rows))
    cell = np.repeat(np.arange(len(frame)), counts)
    noise -= (np.bincount(cell, weights=noise) / counts)[cell]
    return rows.assign(y=rows["y"] + noise, person=np.arange(len(rows)))


def sample(frame: pd.DataFrame, **roles) -> Sample:
    named = {"unit": "place", "outcome": "y", "period": "year", "adopted": "start"} | roles
    return Sample.from_frame(frame, design="did", **named)


def by_people(frame: pd.DataFrame, **roles) -> Sample:
    return sample(frame, unit="person", assignment_cluster="place", **roles)


def run(data: Sample, scale: Scale = Scale.DIFFERENCE, seed: int = 7, **chosen):
    return FewTreated(**chosen).estimate(data, scale=scale, rng=np.random.default_rng(seed))


def test_one_place_is_its_change_less_the_others_and_is_ranked_among_them():
    y = outcomes()
    y[0, 3:] += 4
    found = run(sample(panel(y, {0: 2004})))
    moved = y[:, 3:].mean(axis=1) - y[:, :3].mean(axis=1)
    assert found.effect.value == pytest.approx(moved[0] - moved[1:].mean(), abs=1e-12)
    placebos = [moved[k] - np.delete(moved, k).mean() for k in range(PLACES)]
    assert found.parts["placebos"]["effect"].tolist() == pytest.approx(placebos, abs=1e-10)
    assert found.parts["placebos"]["served"].sum() == 1
    rank = np.mean(np.abs(placebos) >= abs(placebos[0]) - 1e-12)
    assert found.effect.p_value(0.0) == pytest.approx(rank)
    assert found.treated_clusters == 1
    assert found.observed == pytest.approx(y[0, 3:].mean())


def test_all_levels_down_to_one_over_the_placements_are_reached_and_none_below():
    y = outcomes()
    found = run(sample(panel(y, {0: 2004})))
    at = found.effect.interval(0.95)
    assert isinstance(at, ConfidenceSet)
    assert at.bounded
    beyond = found.effect.interval(0.96)
    assert isinstance(beyond, ConfidenceSet)
    assert not beyond.bounded
    assert beyond.note is not None
    few = run(sample(panel(outcomes(places=12), {0: 2004})))
    assert [note.key for note in few.notes] == ["few.placements", "few.sizes-unknown"]
    assert np.isnan(few.to_frame()["low"]).all()


@pytest.mark.parametrize("chosen", [
    {"inference": "ferman-pinto"}, {"inference": "conley-taber"}, {"inference": "randomisation"},
    {"inference": "randomisation", "studentised": True},
], ids=str)  # fmt: skip
def test_the_size_is_exact_over_all_deals(chosen):
    """Among all ways in which two of seven could have been served, p <= a for a share of a at most."""
    y = outcomes(3, places=7)
    found = [
        run(sample(panel(y, {a: 2004, b: 2004})), **chosen).effect.p_value(0.0)
        for a, b in combinations(range(7), 2)
    ]
    assert len(found) == 21
    assert sorted(found) == pytest.approx(np.arange(1, 22) / 21)


@pytest.mark.parametrize("inference", ["ferman-pinto", "conley-taber", "randomisation"])
def test_two_dates_are_exact_over_all_deals_as_well(inference):
    y = outcomes(4, places=5)
    found = [
        run(sample(panel(y, {a: 2003, b: 2005})), inference=inference).effect.p_value(0.0)
        for a in range(5)
        for b in range(5)
        if a != b
    ]
    assert sorted(found) == pytest.approx(np.arange(1, 21) / 20)


@pytest.mark.parametrize("inference", WAYS)
def test_the_effect_in_the_data_is_undone_exactly(inference):
    """Testing a constant effect is testing none on data from which it was taken out."""
    y, served = outcomes(5), {0: 2003, 4: 2003, 9: 2005, 12: 2005}
    on = np.zeros_like(y)
    for place, year in served.items():
        on[place, year - 2001 :] = 1.0
    with_it = run(sample(panel(y + 2.5 * on, served)), inference=inference, draws=199)
    without = run(sample(panel(y, served)), inference=inference, draws=199)
    assert with_it.effect.value == pytest.approx(without.effect.value + 2.5, abs=1e-10)
    for null in (-2.0, -0.3, 0.0, 0.8, 2.0):
        for side in ("two", "greater", "less"):
            assert with_it.effect.p_value(null + 2.5, side) == without.effect.p_value(null, side)


@pytest.mark.parametrize("inference", ["ferman-pinto", "conley-taber", "randomisation"])
def test_a_relative_effect_is_undone_exactly(inference):
    y, served = outcomes(6), {0: 2003, 4: 2003, 9: 2005}
    times = np.ones_like(y)
    for place, year in served.items():
        times[place, year - 2001 :] = 1.25
    with_it = run(sample(panel(y * times, served)), Scale.RELATIVE, inference=inference, draws=199)
    plain = run(sample(panel(y, served)), inference=inference, draws=199)
    assert with_it.effect.p_value(0.25) == pytest.approx(plain.effect.p_value(0.0))
    assert with_it.effect.value == pytest.approx(with_it.observed / with_it.counterfactual - 1)
    # What was observed is as it is; the share moves with what would have been.
    mean = run(sample(panel(y * times, served)), inference=inference, draws=199)
    slope = with_it.observed / with_it.counterfactual**2
    assert with_it.effect.std_error == pytest.approx(slope * mean.effect.std_error)
    inside = with_it.effect.interval(0.9)
    assert inside.low < with_it.effect.value < inside.high


def test_a_total_is_the_mean_times_those_served():
    sizes = np.arange(5, 5 + PLACES)
    data = by_people(people(outcomes(), {1: 2004, 2: 2005}, sizes))
    mean, total = run(data), run(data, Scale.TOTAL)
    served = sizes[1] * 3 + sizes[2] * 2
    assert total.effect.value == pytest.approx(served * mean.effect.value)
    assert total.effect.interval(0.9).low == pytest.approx(served * mean.effect.interval(0.9).low)
    assert total.effect.std_error == pytest.approx(served * mean.effect.std_error)
    assert total.n_treated == served


def test_people_count_alike_or_places_do():
    y, sizes = outcomes(8), np.full(PLACES, 10)
    sizes[1], sizes[2] = 40, 10
    data = by_people(people(y, {1: 2004, 2: 2004}, sizes))
    moved = y[:, 3:].mean(axis=1) - y[:, :3].mean(axis=1)
    never = np.delete(moved, [1, 2]).mean()
    by_person, by_place = run(data), run(data, target="cluster")
    assert by_person.effect.value == pytest.approx(0.8 * moved[1] + 0.2 * moved[2] - never)
    assert by_place.effect.value == pytest.approx((moved[1] + moved[2]) / 2 - never)
    assert by_place.target.key == "target.served-place-periods"
    with pytest.raises(NotIdentified, match="every place counts as one"):
        run(data, Scale.TOTAL, target="cluster")


def test_the_path_adds_up_to_the_effect():
    sizes = np.arange(5, 5 + PLACES)
    found = run(by_people(people(outcomes(), {1: 2003, 2: 2005, 7: 2005}, sizes)))
    path = found.to_frame()
    assert path["period"].tolist() == [2003, 2004, 2005, 2006]
    assert path["n"].tolist() == [6, 6, 6 + 7 + 12, 6 + 7 + 12]
    weight = path["n"] / path["n"].sum()
    assert weight @ path["observed"] == pytest.approx(found.observed)
    assert weight @ path["counterfactual"] == pytest.approx(found.counterfactual)
    assert (path["low"] < path["counterfactual"]).all()
    assert (path["counterfactual"] < path["high"]).all()
    own = found.parts["places"]
    assert own["share"] @ own["effect"] == pytest.approx(found.effect.value)
    assert own["people"].tolist() == [6, 7, 12]


def test_a_small_place_has_a_wider_interval_under_the_correction_for_size_and_a_large_one_a_narrower():
    rng = np.random.default_rng(12)
    sizes = np.repeat([4, 100], 30)
    y = 20 + rng.normal(size=(60, YEARS)) / np.sqrt(sizes)[:, None]

    def length(place: int, inference: str) -> float:
        data = by_people(people(y, {place: 2004}, sizes))
        band = run(data, inference=inference).effect.interval(0.9)
        return band.high - band.low

    assert length(0, "ferman-pinto") > 1.2 * length(0, "conley-taber")
    assert length(59, "ferman-pinto") < 0.5 * length(59, "conley-taber")


def test_places_beyond_all_others_in_size_are_named():
    sizes = np.arange(10, 10 + PLACES)
    data = by_people(people(outcomes(), {0: 2004}, sizes))
    (note,) = run(data).notes
    assert note.key == "few.sizes-beyond"
    assert "p00" in str(note)
    inside = by_people(people(outcomes(), {5: 2004}, sizes))
    assert run(inside).notes == ()


def test_the_wild_bootstrap_refuses_one_place_and_warns_of_few():
    y = outcomes(places=10)
    with pytest.raises(NotIdentified, match="One place was served"):
        run(sample(panel(y, {0: 2004})), inference="wild")
    few = run(sample(panel(y, {0: 2004, 1: 2004, 2: 2005, 3: 2005})), inference="wild")
    assert [note.key for note in few.notes] == ["few.wild-few"]
    assert few.parts["placebo_test"]["compared"].item() == 2**10
    assert np.isfinite(few.to_frame()["low"]).all()
    with pytest.raises(NotIdentified, match=r"1 stands alone \(p02\)"):
        run(sample(panel(y, {0: 2004, 1: 2004, 2: 2005})), inference="wild")
    changing = people(y, {0: 2004, 1: 2004}, np.full(10, 8)).drop(index=[30])
    with pytest.raises(NotIdentified, match=r"2 stand alone \(p00, p01\)"):
        run(by_people(changing), inference="wild")
    assert run(by_people(changing), inference="wild", target="cluster").effect.value
    with pytest.raises(NotIdentified, match="not a linear restriction"):
        run(sample(panel(y, {0: 2004, 1: 2004})), Scale.RELATIVE, inference="wild")


def test_what_cannot_be_answered_is_said():
    y = outcomes()
    frame = panel(y, {0: 2004})
    with pytest.raises(NotIdentified, match="uses no covariates"):
        run(sample(frame.assign(x=1.0 * frame["year"]), covariates=["x"]))
    with pytest.raises(NotIdentified, match=r"1 place \(p03\) has nobody measured"):
        run(sample(frame.drop(index=3 * YEARS + 2)))
    with pytest.raises(NotIdentified, match="1 place is never served"):
        run(sample(panel(outcomes(places=3), {0: 2004, 1: 2005})))
    with pytest.raises(NotIdentified, match="needs two served places"):
        run(sample(frame), inference="randomisation", studentised=True)
    with pytest.raises(UsageError, match="not standardised"):
        run(sample(frame), Scale.STANDARDISED)
    with pytest.raises(NotIdentified, match="no place is named"):
        run(sample(frame.assign(person=frame.index), unit="person"))
    crowd = panel(outcomes(places=520), dict.fromkeys(range(501), 2004))
    with pytest.raises(NotIdentified, match="501 places were served"):
        run(sample(crowd))
    mixed = panel(y, {0: 2004, 1: 2005}).assign(region=lambda f: f["place"].str[:2])
    with pytest.raises(NotIdentified, match=r"p0.*did not start for all at one date"):
        run(sample(mixed, cluster="region"))
    with pytest.raises(UsageError, match="draws must be 19 at least"):
        FewTreated(draws=9)
    with pytest.raises(UsageError, match="studentised is for inference randomisation"):
        FewTreated(studentised=True)


def test_sampling_weights_make_fewer_people_of_many_and_precision_weights_are_people():
    sizes = np.full(PLACES, 12)
    frame = people(outcomes(), {5: 2004}, sizes).reset_index(drop=True)
    frame["w"] = np.where(frame.index % 2 == 0, 1.0, 3.0)
    weighted = run(by_people(frame, weight="w"))
    assert "few.sizes-unknown" in [note.key for note in weighted.notes]  # alike in all places
    one = panel(outcomes(), {5: 2004})
    one["w"] = np.repeat(np.arange(10.0, 10.0 + PLACES), YEARS)
    told = run(sample(one, weight="w", weight_kind="precision"))
    assert [note.key for note in told.notes] == []
    untold = run(sample(one, weight="w"))
    assert [note.key for note in untold.notes] == ["few.sizes-unknown"]


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    amount=st.floats(-50, 50),
    factor=st.floats(0.01, 100),
    inference=st.sampled_from(WAYS),
    starts=st.lists(st.integers(2004, 2006), min_size=1, max_size=2),
)
def test_adding_and_scaling_and_the_order_of_rows(seed, amount, factor, inference, starts):
    y = outcomes(seed, places=8)
    frame = panel(y, dict(enumerate(2 * starts)))
    chosen = {"inference": inference, "draws": 99}
    plain = run(sample(frame), **chosen)
    moved = run(sample(frame.assign(y=amount + factor * frame["y"])), **chosen)
    assert moved.effect.value == pytest.approx(factor * plain.effect.value, abs=1e-7 * factor)
    assert moved.effect.std_error == pytest.approx(factor * plain.effect.std_error, rel=1e-6)
    for level in (0.5, 0.9):
        one, other = plain.effect.interval(level), moved.effect.interval(level)
        assert other.low == pytest.approx(factor * one.low, rel=1e-6, abs=1e-6 * factor)
        assert other.high == pytest.approx(factor * one.high, rel=1e-6, abs=1e-6 * factor)
    mixed = run(sample(frame.sample(frac=1.0, random_state=seed)), **chosen)
    assert mixed.digest == plain.digest


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), inference=st.sampled_from(WAYS[:3]))
def test_the_names_of_the_places_have_no_say(seed, inference):
    frame = panel(outcomes(seed, places=12), {0: 2003, 1: 2005})
    names = np.random.default_rng(seed).permutation([f"q{k:02d}" for k in range(12)])
    renamed = frame.assign(place=np.repeat(names, YEARS))
    one = run(sample(frame), inference=inference)
    other = run(sample(renamed), inference=inference)
    assert one.parts["placebo_test"]["exact"].item()
    assert other.effect.value == pytest.approx(one.effect.value, abs=1e-10)
    for null in (-1.0, 0.0, 0.4):
        assert other.effect.p_value(null) == pytest.approx(one.effect.p_value(null))
