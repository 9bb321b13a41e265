"""The proof of a mix and its warnings, on panels made so that each has one cause."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import impacteval as ie
from impacteval.estimators.synthetic_control.classic import SyntheticControl

BEFORE = 12


def places(seed: int = 1) -> np.ndarray:
    """Ten places that follow two factors, the first one among the others."""
    rng = np.random.default_rng(seed)
    loads = rng.uniform(0, 1, (10, 2))
    loads[0] = loads[1:].mean(axis=0)
    y = 20.0 + loads @ rng.normal(size=(2, 16)).cumsum(axis=1)
    return y + rng.normal(0, 0.3, y.shape)


def run(y: np.ndarray, served: int = 1, **settings):
    units, periods = y.shape
    on = (np.arange(units) < served)[:, None] & (np.arange(periods) >= BEFORE)
    frame = pd.DataFrame(
        {
            "place": np.repeat([f"p{k:02d}" for k in range(units)], periods),
            "year": np.tile(np.arange(periods), units),
            "on": on.astype(int).ravel(),
            "y": y.ravel(),
        }
    )
    sample = ie.Sample.from_frame(
        frame,
        design="synthetic_control",
        outcome="y",
        unit="place",
        period="year",
        treatment="on",
    )
    rng = np.random.default_rng(1)
    return SyntheticControl(**settings).estimate(sample, scale="difference", rng=rng)


def notes(found) -> set[str]:
    return {note.key for note in found.notes} & {
        "sc.outside-hull",
        "sc.one-donor",
        "sc.many-solutions",
        "sc.duplicates",
    }


def test_a_sound_mix_is_proved_without_a_warning():
    found = run(places())
    values = found.certificate
    assert notes(found) == set()
    assert values["sum_of_weights"] == pytest.approx(1.0, abs=1e-12)
    assert values["gap"] >= 0.0
    assert values["relative_gap"] < 1e-8
    gap = found.parts["path"]["gap"][:BEFORE]
    assert values["pre_rmspe"] == pytest.approx(np.sqrt((gap**2).mean()))
    table = found.parts["placebos"]
    assert values["donors_median_pre_rmspe"] == table[~table["served"]]["pre_rmspe"].median()
    weights = found.parts["weights"]["weight"]
    assert values["largest_weight"] == weights.max()
    assert values["smallest_weight"] == weights.min() == 0.0
    assert (values["solutions"], values["outside_hull"]) == ("one", False)


@pytest.mark.parametrize("shift", [40.0, -40.0])
def test_a_place_above_or_below_all_others_lies_beyond_them(shift):
    y = places()
    y[0] += shift
    # Factors that move all places much, so that neither miss nor variation tells it.
    assert "sc.outside-hull" in notes(run(y))
    assert run(y).certificate["outside_hull"] is True
    assert run(y, intercept=True).certificate["outside_hull"] is False


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_level_just_beyond_all_donors_is_seen_though_the_miss_is_small(sign):
    """The miss is smaller than twice the donors' and than the place's own variation."""
    rng = np.random.default_rng(3)
    common = 5.0 * rng.normal(size=16)
    y = 50.0 + common + rng.normal(0, 1.0, (10, 16))
    y[0] = (y[1:].max(axis=0) if sign > 0 else y[1:].min(axis=0)) + sign * 0.01
    found = run(y)
    assert found.certificate["pre_rmspe"] < 2.0 * found.certificate["donors_median_pre_rmspe"]
    assert found.certificate["pre_rmspe"] < y[0, :BEFORE].std()
    assert found.certificate["outside_hull"] is True


def test_a_place_that_moves_against_all_others_is_not_met():
    y = places()
    y[0] = 2.0 * y[1:].mean() - y[0]
    found = run(y)
    assert "sc.outside-hull" in notes(found)


def test_a_mix_of_one_donor_is_named():
    y = places()
    y[0] = y[4] + np.random.default_rng(2).normal(0, 0.01, 16)
    found = run(y)
    assert notes(found) >= {"sc.one-donor"}
    assert found.certificate["largest_weight"] > 0.9
    told = next(note for note in found.notes if note.key == "sc.one-donor")
    assert told.values["donors"] == "p04"


def test_with_several_served_the_worst_is_told():
    y = places(4)
    alone = run(y, 2).certificate
    y[1] += 60.0
    found = run(y, 2)
    assert found.certificate["outside_hull"] is True
    told = next(note for note in found.notes if note.key == "sc.outside-hull")
    assert told.values["names"] == "p01"
    units = found.parts["units"]["pre_rmspe"]
    assert found.certificate["pre_rmspe"] == pytest.approx(np.sqrt((units**2).mean()))
    assert alone["outside_hull"] is False


def test_the_statistics_of_the_tests_are_those_of_the_mean_gap():
    y = places(5)
    y[:2, BEFORE:] += 1.0
    found = run(y, 2)
    paths = found.parts["placebo_paths"].pivot(index="unit", columns="period", values="gap")
    mean = paths.loc[["p00", "p01"]].mean().to_numpy()
    miss = np.sqrt((mean[:BEFORE] ** 2).mean())
    table = found.parts["placebo_test"].set_index(["test", "side"])["statistic"]
    ratio = np.sqrt((mean[BEFORE:] ** 2).mean()) / miss
    assert table["rmspe-ratio", "two"] == pytest.approx(ratio)
    assert table["signed-ratio", "two"] == pytest.approx(mean[BEFORE:].mean() / miss)
