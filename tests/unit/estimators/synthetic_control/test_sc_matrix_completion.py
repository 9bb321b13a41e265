"""Completed tables of places: what is found, how the penalty is chosen, how chance is measured."""

from __future__ import annotations

import numpy as np
import pytest
from sc_places import EFFECT, frame_of, places, sample_of

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.synthetic_control import latent_chance
from impacteval.estimators.synthetic_control.matrix_completion import MatrixCompletion
from impacteval.estimators.synthetic_control.matrix_completion_fit import FOLDS, SHARES, connected
from impacteval.inference.completion import complete, largest_penalty


def estimate(sample, scale="difference", seed=1, **settings):
    return MatrixCompletion(**settings).estimate(
        sample, scale=scale, rng=np.random.default_rng(seed)
    )


def small(seed, **changes):
    return places(seed, **{"units": 21, "periods": 14, "starts": (11,), **changes})


def gaps_of(y, hidden, penalty, unit):
    """One table completed by itself: what a unit has beyond the fit."""
    return y[unit] - complete(y[None], hidden[None], penalty).fit[0, unit]


def hide(y, unit, start):
    hidden = np.zeros(y.shape, dtype=bool)
    hidden[unit, start:] = True
    return hidden


def test_the_effect_is_found_and_the_fit_proved():
    missed = []
    for seed in range(12):
        y, start = small(seed)
        found = estimate(sample_of(frame_of(y, start)))
        missed.append(found.effect.value - EFFECT)
        assert found.certificate["relative_gap"] < 1e-9
    assert np.sqrt(np.mean(np.square(missed))) < 0.4
    assert abs(np.mean(missed)) < 0.2


def test_the_penalty_is_the_one_that_best_fills_in_hidden_places():
    y, start = small(1)
    found = estimate(sample_of(frame_of(y, start)))
    hidden = hide(y, 0, 11)
    top = largest_penalty(y, ~hidden)
    table = found.parts["cross_validation"]
    pool = y[1:]
    for share, error in zip(table["share"], table["error"], strict=True):
        missed = [gaps_of(pool, hide(pool, k, 11), share * top, k)[11:] for k in range(20)]
        assert error == pytest.approx(np.sqrt(np.mean(np.square(missed))), rel=1e-4)
    best = float(table.loc[table["error"].idxmin(), "share"])
    assert best == float(table.loc[table["chosen"], "share"].iloc[0])
    assert found.certificate["penalty"] == pytest.approx(best * top)
    assert found.certificate["penalty_per_cell"] == pytest.approx(2 * best * top / (21 * 14 - 3))
    assert set(table["share"]) <= set(SHARES.tolist())
    assert found.effect.value == pytest.approx(gaps_of(y, hidden, best * top, 0)[11:].mean())


@pytest.mark.parametrize("inference", ["studentised", "placebo"])
@pytest.mark.parametrize("penalty", [None, 0.2])
def test_placebos_are_each_place_hidden_in_turn(inference, penalty):
    y, start = small(2)
    found = estimate(sample_of(frame_of(y, start)), inference=inference, penalty=penalty)
    level = found.certificate["penalty"]
    pool = y[1:]
    paths = [gaps_of(pool, hide(pool, k, 11), level, k) for k in range(20)]
    own = gaps_of(y, hide(y, 0, 11), level, 0)

    def ratio(gap):
        spread = np.sqrt(np.mean(gap[:11] ** 2)) if inference == "studentised" else 1.0
        return gap[11:].mean() / spread, spread

    ratios = [ratio(gap)[0] for gap in paths]
    real, spread = ratio(own)
    assert found.effect.p_value() == (1 + sum(abs(r) >= abs(real) for r in ratios)) / 21
    assert found.effect.p_value(0, "greater") == (1 + sum(r >= real for r in ratios)) / 21
    assert found.effect.std_error == pytest.approx(
        spread * np.sqrt(np.mean(np.square(ratios))), rel=1e-6
    )
    table = found.parts["placebos"]
    np.testing.assert_allclose(table["effect"][1:], [g[11:].mean() for g in paths], atol=1e-7)


def test_with_the_whole_penalty_it_is_levels_of_places_and_periods():
    y, start = small(3)
    found = estimate(sample_of(frame_of(y, start)), penalty=1.0)
    change = y[:, 11:].mean(axis=1) - y[:, :11].mean(axis=1)
    # The served periods' levels come from the others alone, as in differences in differences.
    assert found.effect.value == pytest.approx(change[0] - change[1:].mean(), abs=1e-6)
    assert found.certificate["rank"] == 0
    assert len(found.parts["factors"]) == 0


def test_several_served_at_several_dates():
    y, start = small(4, units=24, starts=(9, 11, 12))
    found = estimate(sample_of(frame_of(y, start)), draws=19, penalty=0.15)
    hidden = np.arange(14) >= start[:, None]
    gaps = y - complete(y[None], hidden[None], found.certificate["penalty"]).fit[0]
    assert found.effect.value == pytest.approx(gaps[hidden].mean())
    assert found.parts["placebo_test"]["compared"][0] == 19
    units = found.parts["units"]
    np.testing.assert_allclose(units["effect"], [gaps[k, start[k] :].mean() for k in range(3)])
    window = estimate(sample_of(frame_of(y, start)), draws=19, penalty=0.15, window=(2013, 2014))
    assert window.effect.value == pytest.approx(gaps[:, 12:][hidden[:, 12:]].mean())
    total = estimate(sample_of(frame_of(y, start)), "total", draws=19, penalty=0.15)
    assert total.effect.value == pytest.approx(gaps[hidden].sum())


def test_leaving_out_each_place():
    y, start = small(5, starts=(11,) * 5)
    found = estimate(sample_of(frame_of(y, start)), inference="jackknife", penalty=0.2)
    hidden = np.arange(14) >= start[:, None]
    level = found.certificate["penalty"]

    def gaps(units):
        fit = complete(y[units][None], hidden[units][None], level).fit[0]
        return (y[units] - fit)[:5, 11:].mean(axis=1)

    own = gaps(np.arange(21))
    others = (own.sum() - own) / 4
    without = np.array([gaps(np.delete(np.arange(21), k)).mean() for k in range(5, 21)])
    variance = 4 / 5 * ((others - others.mean()) ** 2).sum()
    variance += 15 / 16 * ((without - without.mean()) ** 2).sum()
    assert found.effect.std_error == pytest.approx(np.sqrt(variance), rel=1e-6)
    assert found.influence.std_error == pytest.approx(found.effect.std_error)


def test_missing_cells_have_no_say_and_are_told():
    y, start = small(6)
    gone = np.zeros(y.shape, dtype=bool)
    gone[3, 2] = gone[7, 12] = gone[0, 4] = gone[0, 13] = True
    frame = frame_of(y, start)
    found = estimate(sample_of(frame[~gone.ravel()]), penalty=0.2)
    hidden = hide(y, 0, 11) | gone
    level = found.certificate["penalty"]
    own = gaps_of(np.where(gone, np.nan, y), hidden, level, 0)
    assert found.effect.value == pytest.approx(own[11:13].mean())
    (told,) = [note for note in found.notes if note.key == "sc.missing-told"]
    assert dict(told.values) == {"cells": 4, "all": 21 * 14}
    assert found.certificate["missing_cells"] == 4
    pool, lost = np.where(gone, np.nan, y)[1:], gone[1:]
    ratios = []
    for k in range(20):
        gap = gaps_of(pool, hide(pool, k, 11) | lost, level, k)
        ratios.append(
            np.nanmean(gap[11:13] if k != 6 else gap[11:12]) / np.sqrt(np.nanmean(gap[:11] ** 2))
        )
    real = own[11:13].mean() / np.sqrt(np.nanmean(own[:11] ** 2))
    assert found.effect.p_value() == (1 + sum(abs(r) >= abs(real) for r in ratios)) / 21
    spread = np.sqrt(np.nanmean(own[:11] ** 2) * np.mean(np.square(ratios)))
    assert found.effect.std_error == pytest.approx(spread, rel=1e-6)
    total = estimate(sample_of(frame[~gone.ravel()]), "total", penalty=0.2)
    assert total.effect.value == pytest.approx(own[11:13].sum())
    # Marked as missing they are the same.
    marked = sample_of(
        frame.assign(y=np.where(gone, np.nan, y).ravel()), missing_outcome="attrited"
    )
    assert estimate(marked, penalty=0.2).effect.value == pytest.approx(found.effect.value)
    again = estimate(marked, "total", penalty=0.2).effect.value
    assert again == pytest.approx(total.effect.value)


@pytest.mark.parametrize("settings", [{}, {"inference": "jackknife"}, {"penalty": 0.3}])
def test_what_is_held_at_once_changes_nothing(monkeypatch, settings):
    y, start = small(9, starts=(11, 11, 12))
    sample = sample_of(frame_of(y, start))
    whole = estimate(sample, draws=19, **settings)
    monkeypatch.setattr(latent_chance, "HELD", 10_000)
    parts = estimate(sample, draws=19, **settings)
    assert parts.effect.value == pytest.approx(whole.effect.value, rel=1e-9)
    assert parts.effect.std_error == pytest.approx(whole.effect.std_error, rel=1e-7)


def refused(sample, **settings):
    with pytest.raises(NotIdentified) as told:
        estimate(sample, **settings)
    assert told.value.reason.text.fr
    return told.value.reason.key


def test_what_the_data_cannot_answer_is_refused():
    y, start = small(7)
    frame = frame_of(y, start)
    assert refused(sample_of(frame), inference="jackknife") == "sc.one-served"
    x = frame_of(y, start, x=np.random.default_rng(1).normal(size=y.shape))
    assert refused(sample_of(x, covariates=["x"])) == "sc.completion-covariates"
    first = (frame["place"] == "p00") & (frame["year"] < 2011)
    assert refused(sample_of(frame[~first])) == "sc.few-before"
    # Two blocks of places and periods that no cell ties together.
    half = frame["place"] < "p10"
    early = frame["year"] < 2008
    apart = frame[(half & early) | (~half & ~early)]
    late = (apart["place"] == "p12") & (apart["year"] > 2011)
    assert refused(sample_of(apart.assign(on=late.astype(int)))) == "sc.cells-apart"
    flat = frame_of(np.add.outer(np.arange(21.0), np.arange(14.0)), start)
    assert refused(sample_of(flat)).endswith("no-variation")


def test_cells_tie_units_and_periods_together_or_not():
    tied = np.array([[1, 1, 0], [0, 1, 1]], dtype=bool)
    apart = np.array([[1, 1, 0], [0, 0, 1]], dtype=bool)
    empty = np.array([[1, 1, 0], [1, 1, 0]], dtype=bool)
    assert connected(np.array([tied, apart, empty])).tolist() == [True, False, False]


def test_beyond_a_hundred_places_only_some_are_hidden_and_that_is_told():
    y, start = places(8, units=FOLDS + 6, periods=8, starts=(6,))
    found = estimate(sample_of(frame_of(y, start).assign(place=np.repeat(np.arange(FOLDS + 6), 8))))
    assert "sc.hidden-some" in [note.key for note in found.notes]
    # All places are compared all the same.
    assert found.parts["placebo_test"]["compared"][0] == FOLDS + 5


@pytest.mark.parametrize("settings", [{"penalty": 0.0}, {"penalty": 1.1}, {"draws": 18}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(UsageError):
        MatrixCompletion(**settings)
