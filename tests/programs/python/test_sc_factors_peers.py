"""Proposition 99 against statspai 1.40 and causaltensor 0.1.12, asked by sc_factors.py."""

from __future__ import annotations

import numpy as np
import pytest
import sc_factors
from published_data import prop99

from impacteval.estimators.synthetic_control.interactive_effects import InteractiveFixedEffects
from impacteval.inference.completion import complete, prove
from impacteval.sample import Sample

SAID = sc_factors.said()


def of(programme):
    found = [(setting, value) for name, setting, value in SAID if name == programme]
    assert found
    return found


def table():
    data = prop99()
    wide = data.pivot(index="State", columns="Year", values="PacksPerCapita")
    y = wide.to_numpy(dtype=float)
    hidden = np.zeros(y.shape, dtype=bool)
    hidden[wide.index.get_loc("California"), 19:] = True
    return y, hidden


def test_common_factors_are_those_of_a_generalised_synthetic_control():
    sample = Sample.from_frame(
        prop99(), design="synthetic_control", outcome="PacksPerCapita", unit="State",
        period="Year", treatment="treated",
    )  # fmt: skip
    for rank, value in of("statspai gsynth"):
        found = InteractiveFixedEffects(rank=int(rank)).estimate(
            sample, scale="difference", rng=np.random.default_rng(1)
        )
        assert found.effect.value == pytest.approx(value, abs=1e-9)


def test_a_table_is_completed_as_by_fect():
    y, hidden = table()
    for share, value in of("statspai fect"):
        # Its penalty is per cell of the whole table.
        fit = complete(y[None], hidden[None], share * y.size).fit[0]
        assert (y - fit)[hidden].mean() == pytest.approx(value, abs=1e-7)


def test_where_causaltensor_stops_the_least_is_not_reached_yet():
    y, hidden = table()
    for penalty, value in of("causaltensor"):
        found = complete(y[None], hidden[None], penalty)
        assert prove(y, ~hidden, found, penalty).relative_gap < 1e-12
        # It stops once a step is short; ours is proved, and lies this near.
        assert (y - found.fit[0])[hidden].mean() == pytest.approx(value, abs=0.02)
