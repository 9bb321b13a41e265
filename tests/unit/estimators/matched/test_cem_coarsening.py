"""How covariates are cut, whose cells hold both, and the distance between two histograms."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.matched.coarsened_exact import CoarsenedExact
from impacteval.estimators.matched.coarsening import (
    cell_weights,
    cells_of,
    coarsen,
    held_together,
    imbalance_table,
)
from impacteval.estimators.matched.people import read_people
from impacteval.sample import Sample


def people(**columns):
    frame = pd.DataFrame(columns).assign(unit=lambda d: [f"u{k}" for k in range(len(d))], y=0.0)
    names = [c for c in columns if c not in ("served", "place")]
    roles = {"stratum": "place"} if "place" in columns else {}
    frame["y"] = np.arange(len(frame), dtype=float)
    return read_people(
        Sample.from_frame(
            frame, design="matched", outcome="y", unit="unit", treatment="served", covariates=names,
            **roles,
        )
    )  # fmt: skip


ROWS = people(
    served=[1, 1, 1, 0, 0, 0, 0, 0],
    age=[20.5, 31.0, 64.0, 21.0, 22.0, 30.0, 45.0, 60.25],
    poor=[1, 0, 1, 1, 1, 0, 0, 0],
)


def test_few_values_are_compared_exactly_and_others_cut_by_sturges():
    age, poor = coarsen(ROWS, {}, "sturges")
    # Eight people: ceil(log2 8) + 1 = 4 bins over 20.5 to 64.
    assert age.cutpoints == pytest.approx((31.375, 42.25, 53.125))
    assert (age.rule, poor.rule, poor.cutpoints) == ("sturges", "exact", None)


def test_stated_cutpoints_bins_and_exact():
    age, poor = coarsen(ROWS, {"age": (30.0, 50.0), "poor": 1}, "sturges")
    assert age.codes(ROWS.x[:, 0]).tolist() == [0, 1, 2, 0, 0, 1, 1, 2]  # 30 belongs above
    assert (poor.cutpoints, poor.codes(ROWS.x[:, 1]).max()) == ((), 0)
    assert coarsen(ROWS, {"age": "exact"}, 2)[0].cutpoints is None
    assert coarsen(ROWS, {}, 2)[0].cutpoints == pytest.approx((42.25,))


def test_scott_counts_bins_by_the_spread():
    width = 3.49 * np.std(ROWS.x[:, 0], ddof=1) / 2.0
    assert len(coarsen(ROWS, {}, "scott")[0].cutpoints) == np.ceil(43.5 / width) - 1


def test_cells_hold_both_and_weights_reproduce_the_served():
    cuts = coarsen(ROWS, {"age": (30.0, 50.0)}, "sturges")
    cell = held_together(ROWS, cells_of(ROWS, cuts))
    served = [tuple(row) for row in np.column_stack([cuts[0].codes(ROWS.x[:, 0]), ROWS.x[:, 1]])]
    slow = {
        key: ([i for i in range(8) if served[i] == key and ROWS.served[i]],
              [i for i in range(8) if served[i] == key and not ROWS.served[i]])
        for key in product((0, 1, 2), (0.0, 1.0))
    }  # fmt: skip
    weight = cell_weights(ROWS, cell)
    for own, others in slow.values():
        both = bool(own) and bool(others)
        assert all((cell[i] >= 0) == both for i in own + others)
        if both:
            assert weight[others].sum() == pytest.approx(weight[own].sum())
            assert np.ptp(weight[others]) == 0.0
        else:
            assert weight[own + others].sum() == 0.0


def test_sampling_counts_enter_the_weights():
    cell = np.zeros(8, dtype=np.int64)
    other = replace(ROWS, counts=np.array([2.0, 1, 1, 1, 1, 1, 1, 4]))
    weight = cell_weights(other, cell)
    assert weight.tolist() == pytest.approx([2, 1, 1, 0.5, 0.5, 0.5, 0.5, 2.0])


def test_strata_are_cells_and_stand_without_covariates():
    rows = people(served=[1, 1, 0, 0], place=["a", "b", "a", "b"])
    assert cells_of(rows, ()).tolist() == [0, 1, 0, 1]
    bare = people(served=[1, 1, 0, 0])
    with pytest.raises(NotIdentified, match="neither covariates nor strata"):
        cells_of(bare, ())


def test_the_distance_is_half_the_sum_of_differences():
    weight = np.array([1.0, 1, 0, 2, 0, 0, 0, 0])
    table = imbalance_table(ROWS, weight)
    assert table["covariate"] == ["(together)", "age", "poor"]
    # Of the served two in three are poor, of the others two in five.
    assert table["before"][2] == pytest.approx((abs(2 / 3 - 2 / 5) + abs(1 / 3 - 3 / 5)) / 2)
    # Afterwards one of two served against all of the others.
    assert table["after"][2] == pytest.approx(0.5)
    assert table["before"][0] >= max(table["before"][1:])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"bins": 0}, "from 1 to"),
        ({"cutpoints": {"age": 0}}, "cutpoints of 'age': a number of bins"),
        ({"cutpoints": {"age": (3.0, 2.0)}}, "that rise"),
        ({"cutpoints": {"age": ()}}, "that rise, not none"),
        ({"cutpoints": {"age": (1.0, float("inf"))}}, "finite"),
    ],
)
def test_settings_that_cannot_cut(settings, told):
    with pytest.raises(UsageError, match=told):
        CoarsenedExact(**settings)


def test_cutpoints_of_what_is_no_covariate():
    with pytest.raises(NotIdentified, match="wealth"):
        coarsen(ROWS, {"wealth": 3}, "sturges")
