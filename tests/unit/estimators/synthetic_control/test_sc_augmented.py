"""`augmented-synthetic-control` on panels whose answer a second implementation finds, slowly."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import slow_augmented as slow
from scipy import stats

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.synthetic_control import augmented_chance
from impacteval.estimators.synthetic_control.augmented import AugmentedSyntheticControl
from impacteval.render.format import fill
from impacteval.sample import Sample
from impacteval.values import Language, Scale

FAST = {"folds": 3}


def outcomes(seed, places=8, periods=12):
    """Places that follow a common factor, shape (places, periods)."""
    rng = np.random.default_rng(seed)
    factor = np.cumsum(rng.normal(size=periods))
    y = 30.0 + rng.normal(size=(places, 1)) + rng.uniform(0.2, 1.8, (places, 1)) * factor
    return y + 0.3 * rng.normal(size=(places, periods))


def frame_of(y, starts, x=None, weight=None):
    """One row a place and period; `starts` tells which places are served from which period on."""
    places, periods = y.shape
    start = np.full(places, periods)
    for place, first in starts.items():
        start[place] = first
    frame = pd.DataFrame(
        {
            "place": np.repeat([f"p{k:02d}" for k in range(places)], periods),
            "year": np.tile(2001 + np.arange(periods), places),
            "on": (np.arange(periods) >= start[:, None]).astype(int).ravel(),
            "y": y.ravel(),
        }
    )
    for k, column in enumerate(() if x is None else x):
        frame[f"x{k}"] = (
            np.asarray(column).ravel() if np.ndim(column) == 2 else np.repeat(column, periods)
        )
    if weight is not None:
        frame["w"] = np.repeat(weight, periods)
    return frame


def estimate(frame, scale="difference", seed=1, **settings):
    roles = {
        "design": "synthetic_control", "outcome": "y", "unit": "place", "period": "year",
        "treatment": "on", "covariates": [name for name in frame if name.startswith("x")],
    }  # fmt: skip
    if "w" in frame:
        roles["weight"] = "w"
    sample = Sample.from_frame(frame, **roles)
    own = AugmentedSyntheticControl(**{**FAST, **settings})
    return own.estimate(sample, scale=Scale(scale), rng=np.random.default_rng(seed))


def slow_gap(y, place, donors, start, **settings):
    return slow.gap(y, place, list(donors), start, **{"folds": 3, **settings})


# --- the effect -------------------------------------------------------------------------------


@pytest.mark.parametrize("fixed_effects", [False, True])
def test_one_place_is_held_against_its_corrected_mix(fixed_effects):
    y = outcomes(1)
    found = estimate(frame_of(y, {3: 8}), fixed_effects=fixed_effects)
    gap = slow_gap(y, 3, [k for k in range(8) if k != 3], 8, fixed_effects=fixed_effects)
    assert found.effect.value == pytest.approx(gap[8:].mean(), rel=1e-7)
    path = found.parts["path"]
    assert path["gap"].to_numpy() == pytest.approx(gap, abs=1e-7)
    weights = found.parts["weights"]
    assert weights["weight"].sum() == pytest.approx(1.0)
    assert found.certificate["pre_rmspe"] == pytest.approx(
        math.sqrt((gap[:8] ** 2).mean()), rel=1e-6
    )
    assert found.certificate["smallest_weight"] == weights["weight"].min()
    assert found.certificate["weights_norm"] == pytest.approx(
        math.sqrt((weights["weight"] ** 2).sum())
    )
    negative = -weights["weight"].clip(upper=0.0).sum()
    assert found.certificate["negative_weights"] == pytest.approx(negative)
    assert found.certificate["relative_gap"] < 1e-8
    assert found.certificate["solutions"] == "one"
    mixed = y[3] - weights["mix"].to_numpy() @ np.delete(y, 3, axis=0)
    if not fixed_effects:
        assert found.certificate["mix_pre_rmspe"] == pytest.approx(
            math.sqrt((mixed[:8] ** 2).mean())
        )
        assert found.certificate["pre_rmspe"] < found.certificate["mix_pre_rmspe"]


def test_a_window_names_the_periods_that_count():
    y = outcomes(2)
    found = estimate(frame_of(y, {0: 8}), window=(2010, 2011))
    gap = slow_gap(y, 0, range(1, 8), 8)
    assert found.effect.value == pytest.approx(gap[9:11].mean(), rel=1e-7)
    total = estimate(frame_of(y, {0: 8}), "total", window=(2010, 2011))
    assert total.effect.value == pytest.approx(gap[9:11].sum(), rel=1e-7)


@pytest.mark.parametrize("use", ["stacked", "residualised"])
def test_covariates_are_means_from_before_the_service(use):
    y = outcomes(3)
    rng = np.random.default_rng(4)
    moving, still = rng.normal(size=y.shape), rng.normal(size=len(y))
    found = estimate(frame_of(y, {0: 8}, [moving, still]), covariates=use)
    x = np.array([moving[:, :8].mean(axis=1), still])
    gap = slow_gap(y, 0, range(1, 8), 8, x=x, use=use)
    assert found.effect.value == pytest.approx(gap[8:].mean(), rel=1e-7)
    # After the service they may be anything.
    moving[:, 8:] += 100.0
    again = estimate(frame_of(y, {0: 8}, [moving, still]), covariates=use)
    assert again.effect.value == pytest.approx(found.effect.value, rel=1e-9)


def test_served_places_are_fitted_one_by_one_and_averaged_by_their_weight():
    y = outcomes(5, places=10)
    weight = np.arange(1.0, 11.0)
    found = estimate(frame_of(y, {0: 7, 4: 9}, weight=weight))
    donors = [1, 2, 3, 5, 6, 7, 8, 9]
    first, second = slow_gap(y, 0, donors, 7), slow_gap(y, 4, donors, 9)
    expected = (1.0 * first[7:].sum() + 5.0 * second[9:].sum()) / (1.0 * 5 + 5.0 * 3)
    assert found.effect.value == pytest.approx(expected, rel=1e-7)
    units = found.parts["units"]
    assert units["unit"].tolist() == ["p00", "p04"]
    assert units["effect"].to_numpy() == pytest.approx(
        [first[7:].mean(), second[9:].mean()], rel=1e-7
    )
    assert units["share"].tolist() == pytest.approx([5 / 20, 15 / 20])


def test_relative_divides_by_what_would_have_been():
    y = outcomes(6)
    plain, relative = (estimate(frame_of(y, {0: 8}), scale) for scale in ("difference", "relative"))
    mean = y[0, 8:].mean() - plain.effect.value
    assert relative.effect.value == pytest.approx(y[0, 8:].mean() / mean - 1.0)
    assert relative.effect.std_error == pytest.approx(
        plain.effect.std_error * y[0, 8:].mean() / mean**2
    )


# --- chance -----------------------------------------------------------------------------------


def test_placebo_error_is_the_root_mean_square_of_the_others_in_its_place():
    y = outcomes(7)
    found = estimate(frame_of(y, {2: 8}))
    donors = [k for k in range(8) if k != 2]
    gaps = {j: slow_gap(y, j, [k for k in donors if k != j], 8) for j in donors}
    effects = np.array([gaps[j][8:].mean() for j in donors])
    error = math.sqrt((effects**2).mean())
    assert found.effect.std_error == pytest.approx(error, rel=1e-6)
    assert found.effect.distribution.df == pytest.approx(7.0)
    own = found.effect.value
    assert found.effect.p_value() == pytest.approx(2 * stats.t.sf(abs(own) / error, 7), rel=1e-5)
    # The tables: everyone, and how the served place ranks.
    table = found.parts["placebos"].set_index("unit")
    assert table.loc[["p00", "p07"], "effect"].tolist() == pytest.approx(
        [effects[0], effects[-1]], rel=1e-6
    )
    assert table["served"].tolist() == [k == 2 for k in range(8)]
    everyone = {**gaps, 2: slow_gap(y, 2, donors, 8)}
    ratio = {k: math.sqrt((g[8:] ** 2).mean() / (g[:8] ** 2).mean()) for k, g in everyone.items()}
    assert table["ratio"].tolist() == pytest.approx([ratio[k] for k in range(8)], rel=1e-5)
    tests = found.parts["placebo_test"].set_index(["test", "side"])["p_value"]
    assert tests["rmspe-ratio", "two"] == sum(r >= ratio[2] - 1e-12 for r in ratio.values()) / 8
    assert tests["effect-rank", "two"] == (1 + (np.abs(effects) >= abs(own)).sum()) / 8
    assert tests["effect-rank", "greater"] == (1 + (effects >= own).sum()) / 8
    assert tests["effect-rank", "less"] == (1 + (effects <= own).sum()) / 8
    assert table.loc["p02", "rank"] == tests["rmspe-ratio", "two"] * 8
    # The band of each period.
    third = math.sqrt(np.mean([gaps[j][10] ** 2 for j in donors]))
    period = found.periods[2]
    assert period.high - period.low == pytest.approx(2 * stats.t.ppf(0.975, 7) * third, rel=1e-6)


def test_groups_of_stand_ins_are_never_donors_of_each_other():
    y = outcomes(8, places=6)
    found = estimate(frame_of(y, {1: 7, 3: 9}), draws=19)
    donors = [0, 2, 4, 5]
    alone = {
        (j, start): slow.weights(y[[j, *(k for k in donors if k != j)]][:, :start].T, folds=3)[1]
        for j in donors
        for start in (7, 9)
    }
    effects = []
    for a, b in itertools.permutations(donors, 2):  # twelve: all of them are compared
        rest = [k for k in donors if k not in (a, b)]
        first = slow_gap(y, a, rest, 7, penalty=alone[a, 7])
        second = slow_gap(y, b, rest, 9, penalty=alone[b, 9])
        effects.append((first[7:].sum() + second[9:].sum()) / 8.0)
    error = math.sqrt(np.mean(np.square(effects)))
    assert found.effect.std_error == pytest.approx(error, rel=1e-6)
    # Two of four places whose shares are 5/8 and 3/8 count as 64/34 of four.
    part = 64.0 / 34.0 / 4.0
    expected = 1.0 / ((1.0 - part) ** 2 / 3.0 + part**2)
    assert found.effect.distribution.df == pytest.approx(expected)
    assert "placebo_test" not in found.parts


def test_drawn_groups_depend_on_the_generator_alone():
    frame = frame_of(outcomes(9, places=12), {1: 8, 3: 8, 5: 8})
    first, again, other = (estimate(frame, draws=20, seed=seed) for seed in (1, 1, 2))
    assert first.effect.std_error == again.effect.std_error != other.effect.std_error
    assert first.effect.distribution.df < 9.0


def test_the_jackknife_leaves_out_each_place_with_the_penalties_held():
    y = outcomes(10, places=8)
    found = estimate(frame_of(y, {0: 8, 1: 8, 2: 8}), variance="jackknife")
    donors = [3, 4, 5, 6, 7]
    penalty = {i: slow.weights(y[[i, *donors]][:, :8].T, folds=3)[1] for i in (0, 1, 2)}

    def effect(served, rest):
        return np.mean([slow_gap(y, i, rest, 8, penalty=penalty[i])[8:].mean() for i in served])

    values = [effect([i for i in (0, 1, 2) if i != out], donors) for out in (0, 1, 2)]
    values += [effect([0, 1, 2], [j for j in donors if j != out]) for out in donors]
    values = np.array(values)
    error = math.sqrt(7 / 8 * ((values - values.mean()) ** 2).sum())
    assert found.effect.std_error == pytest.approx(error, rel=1e-6)
    assert found.effect.distribution.df == 2.0
    assert found.influence is not None
    assert found.influence.std_error == pytest.approx(error, rel=1e-6)
    labels = found.influence.labels.tolist()
    moved = dict(zip(labels, found.influence.values.tolist(), strict=True))
    # A place without which the effect is smaller pushes it up.
    assert moved["p01"] == pytest.approx(math.sqrt(7 / 8) * (values.mean() - values[1]), rel=1e-6)
    assert "asc.few-served" in [note.key for note in found.notes]


def test_the_bootstrap_draws_places_with_replacement():
    y = outcomes(11, places=8)
    frame = frame_of(y, {0: 8, 1: 8, 2: 8})
    found = estimate(frame, variance="bootstrap", draws=40, seed=5)
    penalty = {i: slow.weights(y[[i, 3, 4, 5, 6, 7]][:, :8].T, folds=3)[1] for i in (0, 1, 2)}
    rng, effects = np.random.default_rng(5), []
    while len(effects) < 40:
        drawn = rng.integers(8, size=8)
        served, donors = drawn[drawn < 3], np.sort(drawn[drawn >= 3])
        if len(served) and len(set(donors.tolist())) >= 2:
            each = [slow_gap(y, i, donors, 8, penalty=penalty[i])[8:].mean() for i in served]
            effects.append(np.mean(each))
    assert found.effect.std_error == pytest.approx(np.std(effects), rel=1e-5)
    assert found.effect.distribution.df == 2.0


def test_the_jackknife_plus_is_that_of_its_paper():
    y = outcomes(12, periods=25)
    found = estimate(frame_of(y, {0: 22}), variance="jackknife+")
    lows, highs, signed = [], [], []
    for first in range(20):  # stretches of three of 22 periods
        out = [first, first + 1, first + 2]
        kept = [t for t in range(22) if t not in out]
        weights, _ = slow.weights(y[:, kept].T, folds=3)
        gap = y[0] - weights @ y[1:]
        miss, effect = gap[out].mean(), gap[22:].mean()
        lows.append(effect - abs(miss))
        highs.append(effect + abs(miss))
        signed.append(effect - miss)
    for level in (0.5, 0.8, 0.9):
        # Barber et al. (2021): the floor(alpha (n + 1))-th smallest lower and the
        # ceil((1 - alpha)(n + 1))-th smallest upper value.
        alpha = round(1.0 - level, 12)
        low = sorted(lows)[math.floor(alpha * 21 + 1e-9) - 1]
        high = sorted(highs)[math.ceil(level * 21 - 1e-9) - 1]
        band = found.effect.interval(level)
        assert (band.low, band.high) == pytest.approx((low, high), rel=1e-6)
        bound = found.effect.interval(level, "lower").low
        assert bound == pytest.approx(sorted(signed)[math.floor(alpha * 21 + 1e-9) - 1], rel=1e-6)
    assert found.effect.interval(0.99).low == -math.inf
    assert found.effect.p_value(found.effect.value + 1e3) == pytest.approx(1 / 21)
    assert found.effect.p_value(found.effect.value + 1e3, "less") == pytest.approx(1 / 21)
    assert found.effect.p_value(found.effect.value + 1e3, "greater") == 1.0
    assert found.effect.std_error is None


def test_stretches_are_at_most_half_of_what_was_before():
    found = estimate(frame_of(outcomes(13, periods=14), {0: 6}), variance="jackknife+")
    keys = {note.key for note in found.notes}
    assert {"asc.held-shorter", "asc.few-blocks"} <= keys
    assert "3 consecutive periods" in str(found.method)


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("variance", ["jackknife", "bootstrap"])
def test_one_served_place_cannot_be_left_out(variance):
    with pytest.raises(NotIdentified) as caught:
        estimate(frame_of(outcomes(1), {0: 8}), variance=variance)
    assert caught.value.reason.key == "asc.one-served"
    # Nor can two of which one counts in no period of the window.
    with pytest.raises(NotIdentified) as caught:
        estimate(frame_of(outcomes(1), {0: 6, 1: 11}), variance="jackknife", window=(2007, 2010))
    assert caught.value.reason.key == "asc.one-served"


def test_refusals_name_their_reason():
    def reason(frame, **settings):
        with pytest.raises(NotIdentified) as caught:
            estimate(frame, **settings)
        assert str(caught.value)
        return caught.value.reason.key

    assert reason(frame_of(outcomes(1, places=3), {0: 8})) == "asc.few-stand-ins"
    assert reason(frame_of(outcomes(1, places=4), {0: 8, 1: 8}), variance="jackknife") == (
        "asc.few-donors-left"
    )
    assert reason(frame_of(outcomes(1), {0: 8, 1: 9}), variance="jackknife+") == (
        "asc.several-starts"
    )
    y = outcomes(1)
    assert reason(frame_of(y, {0: 8}, [np.full(8, 3.0)])) == "asc.flat-covariates"
    alike = y.copy()
    alike[1:] = alike[1]
    assert reason(frame_of(alike, {0: 8})) == "asc.alike"


@pytest.mark.parametrize("wrong", [{"penalty": 0.0}, {"penalty": -1.0}, {"folds": 1}, {"draws": 5}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        AugmentedSyntheticControl(**wrong)


def test_donors_that_cannot_be_drawn_are_refused(monkeypatch):
    monkeypatch.setattr(augmented_chance, "TRIES", 0)
    with pytest.raises(NotIdentified) as caught:
        estimate(frame_of(outcomes(1), {0: 8, 1: 8}), variance="bootstrap")
    assert caught.value.reason.key == "asc.few-donors-left"


# --- what is said -----------------------------------------------------------------------------


def test_negative_weight_is_said_and_none_is_not():
    y = outcomes(1)
    y[0] += np.linspace(0.0, 6.0, 12)
    small = estimate(frame_of(y, {0: 8}), penalty=0.01)
    large = estimate(frame_of(y, {0: 8}), penalty=1e9)
    assert "asc.extrapolates" in [note.key for note in small.notes]
    assert "asc.extrapolates" not in [note.key for note in large.notes]


def test_what_an_answer_says_can_be_read_in_both_languages():
    y = outcomes(14, places=10, periods=16)
    x = [np.random.default_rng(1).normal(size=10)]
    cases = [
        ({0: 10}, {}),
        (
            {0: 10},
            {"variance": "jackknife+", "fixed_effects": True, "folds": None, "rule": "minimum"},
        ),
        ({0: 10, 1: 10}, {"draws": 19, "covariates": "residualised"}),
        ({0: 10, 1: 12}, {"variance": "jackknife"}),
        ({0: 10, 1: 12}, {"variance": "bootstrap", "draws": 19, "penalty": 1.0}),
    ]
    for starts, settings in cases:
        found = estimate(frame_of(y, starts, x), **settings)
        for message in (found.method, found.target, *found.notes):
            english, french = fill(message, Language.EN), fill(message, Language.FR)
            assert english != french
            assert "{" not in english + french
