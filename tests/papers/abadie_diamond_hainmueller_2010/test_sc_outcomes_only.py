"""Cigarette sales in California from outcomes alone, and prisons in Texas.

Abadie, Diamond and Hainmueller (2010), Synthetic control methods for comparative case studies. JASA
105(490), doi:10.1198/jasa.2009.ap08746: the data and the placebo test; they match on predictors
besides. From outcomes alone the R package `synthdid` prints -19.61966 (Arkhangelsky and others 2021,
table 1), with a small ridge; the numbers here are the exact solution without it.
"""

from __future__ import annotations

import numpy as np
import pytest
from published_data import prop99, texas

import impacteval as ie

WEIGHTS = {
    "Utah": 0.39391,
    "Montana": 0.23184,
    "Nevada": 0.20492,
    "Connecticut": 0.10909,
    "New Hampshire": 0.04543,
    "Colorado": 0.01481,
}


@pytest.fixture(scope="module")
def california():
    sample = ie.Sample.from_frame(
        prop99(),
        design="synthetic_control",
        outcome="PacksPerCapita",
        unit="State",
        period="Year",
        treatment="treated",
    )
    rng = np.random.default_rng(1)
    return ie.estimator("synthetic-control").estimate(sample, scale="difference", rng=rng)


def test_the_average_effect_and_the_fit_before(california):
    assert california.effect.value == pytest.approx(-19.513630, abs=5e-7)
    assert california.certificate["pre_rmspe"] == pytest.approx(1.656400, abs=5e-7)


def test_the_six_states_that_make_california(california):
    table = california.parts["weights"].set_index("unit")["weight"]
    assert table.head(6).to_dict() == pytest.approx(WEIGHTS, abs=5e-6)
    assert len(table) == 38
    assert (table.iloc[6:] == 0.0).all()


def test_california_ranks_third_of_39(california):
    assert california.effect.p_value(0.0) == 3 / 39
    ranks = california.parts["placebos"].set_index("unit")["rank"]
    assert ranks["California"] == 3
    assert sorted(ranks) == list(range(1, 40))


def test_its_certificate(california):
    found = california.certificate
    assert found["relative_gap"] < 1e-8
    assert found["sum_of_weights"] == pytest.approx(1.0, abs=1e-12)
    assert found["smallest_weight"] >= 0.0
    assert found["solutions"] == "one"
    assert found["outside_hull"] is False


def test_prisons_in_texas():
    frame = texas()
    frame["on"] = ((frame["state"] == "Texas") & (frame["year"] >= 1993)).astype(int)
    sample = ie.Sample.from_frame(
        frame,
        design="synthetic_control",
        outcome="bmprison",
        unit="state",
        period="year",
        treatment="on",
    )
    found = ie.estimator("synthetic-control").estimate(
        sample, scale="difference", rng=np.random.default_rng(1)
    )
    assert found.effect.value == pytest.approx(21_013.19, abs=5e-3)
    # More black men were in prison in Texas than in any other state, in every year.
    assert found.certificate["outside_hull"] is True
    assert "sc.outside-hull" in [note.key for note in found.notes]
