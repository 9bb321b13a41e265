"""What estimators and people look at: matrix, units, cells, blocks, frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import UsageError
from impacteval.sample import Codes, Sample


def unbalanced() -> pd.DataFrame:
    rows = [
        ("b", 1, 5.0, 2), ("b", 2, 6.0, 2), ("b", 3, 9.0, 2),
        ("a", 1, 1.0, np.nan), ("a", 3, 3.0, np.nan),
        ("c", 1, 7.0, 3), ("c", 2, np.nan, 3), ("c", 3, 8.0, 3),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["u", "t", "y", "g"]).assign(
        z=0.0, w=[1, 1, 1, 2, 2, 3, 3, 3]
    )


def panel(**roles: Any) -> Sample:
    named: dict[str, Any] = {"outcome": "y", "adopted": "g", **roles}
    return Sample.from_frame(
        unbalanced(), design="did", unit="u", period="t", missing_outcome="attrited", **named
    )


def test_structures() -> None:
    assert panel().structure.kind == "panel"
    assert not panel().structure.balanced
    assert str(panel().structure) == "Unbalanced panel: 3 units, 3 periods, 8 rows."
    assert panel().structure.message.text.fr.startswith("Panel non équilibré")
    full = unbalanced()[lambda f: f.u != "a"]
    balanced = Sample.from_frame(full, design="did", outcome="z", unit="u", period="t", adopted="g")
    assert balanced.structure.balanced
    df = pd.DataFrame({"t": [1, 1, 2, 2], "d": [0, 1, 0, 1], "y": [1.0, 2, 3, 4]})
    repeated = Sample.from_frame(df, design="did", outcome="y", period="t", treatment="d")
    assert repeated.structure.kind == "repeated_cross_section"
    assert (
        str(repeated.structure) == "Repeated cross-section: 2 periods, 4 rows, each unit seen once."
    )
    assert repeated.matrix().unit.values.tolist() == [1, 2, 3, 4]


def test_length_and_blind_frame() -> None:
    assert len(panel()) == len(panel().blind) == 8


def test_arrays_are_read_only() -> None:
    m = panel(weight="w", covariates=["z"]).matrix()
    assert m.weight is not None
    assert m.cohort is not None
    assert m.treatment is not None
    for array in (
        m.y,
        m.measured,
        m.X,
        m.weight,
        m.cohort,
        m.treatment,
        m.unit.codes,
        m.unit.labels,
    ):
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[0]


def test_units_are_their_first_period() -> None:
    units = panel(weight="w").units()
    assert units.unit.values.tolist() == ["a", "b", "c"]
    assert units.period is not None
    assert units.period.values.tolist() == [1, 1, 1]
    assert units.weight is not None
    assert units.weight.tolist() == [2, 1, 3]
    assert units.cohort is not None
    assert units.cohort.tolist() == [-1, 1, 2]
    assert not hasattr(units, "y")


def test_several_outcomes_need_a_choice() -> None:
    both = panel(outcome=["y", "z"])
    assert both.outcomes == ("y", "z")
    with pytest.raises(UsageError, match=r"choose one: sample\['y'\]"):
        both.matrix()
    assert both["z"].outcomes == ("z",)
    assert both["z"].matrix().y.tolist() == [0.0] * 8
    assert np.shares_memory(both["y"].matrix().y, both["y"].matrix().y)
    assert both["y"] == panel()
    with pytest.raises(UsageError, match="Did you mean 'z'"):
        both["Z"]


def test_cells_hold_exact_sums_of_measured_rows() -> None:
    cells = panel(weight="w").cells(["cohort", "period"])
    table = {
        (c, t): (int(n), w, wy, wy2)
        for c, t, n, w, wy, wy2 in zip(
            cells.keys["cohort"].tolist(), cells.keys["period"].tolist(),
            cells.n, cells.w, cells.wy, cells.wy2, strict=True,
        )
    }  # fmt: skip
    assert table == {
        (-1, 1): (1, 2.0, 2.0, 2.0),
        (-1, 3): (1, 2.0, 6.0, 18.0),
        (1, 1): (1, 1.0, 5.0, 25.0),
        (1, 2): (1, 1.0, 6.0, 36.0),
        (1, 3): (1, 1.0, 9.0, 81.0),
        (2, 1): (1, 3.0, 21.0, 147.0),
        (2, 3): (1, 3.0, 24.0, 192.0),
    }
    assert cells.we is None


def test_cells_round_once() -> None:
    y = [1e16, 1.0, -1e16, 1.0, 5.0]  # a running sum in floats loses a one
    df = pd.DataFrame({"d": [0, 0, 0, 0, 1], "y": y, "e": 2.0})
    sample = Sample.from_frame(df, design="rct", outcome="y", treatment="d", exposure="e")
    cells = sample.cells("treatment")
    assert cells.wy.tolist() == [2.0, 5.0]
    assert cells.we is not None
    assert cells.we.tolist() == [8.0, 2.0]


@pytest.mark.parametrize("by", [[], ["period", "period"], ["height"], ["stratum"], ["assigned"]])
def test_cells_that_cannot_be_made(by: list[str]) -> None:
    with pytest.raises(UsageError):
        panel().cells(by)


def test_blocks_are_dense_and_say_what_is_missing() -> None:
    never, second, third = panel().blocks()
    assert (never.label, never.cohort) == (None, -1)
    assert (second.label, second.cohort) == (2, 1)
    assert (third.label, third.cohort) == (3, 2)
    assert never.unit_labels.tolist() == ["a"]
    np.testing.assert_array_equal(never.y, [[1.0, np.nan, 3.0]])
    assert never.present.tolist() == [[True, False, True]]
    assert third.present.tolist() == [[True, False, True]]
    assert never.rows.tolist() == [[0, -1, 1]]
    assert third.rows.tolist() == [[5, 6, 7]]
    assert second.period_labels.tolist() == [1, 2, 3]


def test_blocks_from_a_treatment_that_starts_and_stays() -> None:
    df = unbalanced().assign(d=lambda f: ((f.t >= f.g) & f.g.notna()) * 1)
    named: dict[str, Any] = {
        "design": "did", "outcome": "y", "unit": "u", "period": "t", "missing_outcome": "attrited",
    }  # fmt: skip
    from_path = Sample.from_frame(df, treatment="d", **named)
    assert [b.cohort for b in from_path.blocks()] == [-1, 1, 2]
    assert from_path.cells("cohort").keys["cohort"].tolist() == [-1, 1, 2]
    for path in ([0, 1, 0], [1, 1, 1]):
        ends = df.assign(d=np.where(df.u == "b", np.array(path)[df.t - 1], df.d))
        with pytest.raises(UsageError, match="never ends"):
            Sample.from_frame(ends, treatment="d", **named).blocks()


def test_blocks_by_a_fixed_role() -> None:
    df = unbalanced().assign(s=lambda f: f.u.map({"a": "x", "b": "y", "c": "x"}))
    sample = Sample.from_frame(
        df, design="did", outcome="z", unit="u", period="t", adopted="g", stratum="s"
    )
    assert [(b.label, b.unit_labels.tolist()) for b in sample.blocks("stratum")] == [
        ("x", ["a", "c"]), ("y", ["b"]),
    ]  # fmt: skip
    with pytest.raises(UsageError, match="Blocks cannot be made by 'subgroup'"):
        sample.blocks("subgroup")


def test_blocks_need_a_panel() -> None:
    df = pd.DataFrame({"d": [0, 1], "y": [1.0, 2.0]})
    sample = Sample.from_frame(df, design="rct", outcome="y", treatment="d")
    with pytest.raises(UsageError, match="panel"):
        sample.blocks()


def test_the_frame_for_people_is_fresh_and_has_their_names() -> None:
    sample = panel(weight="w", cluster="u")
    shown = sample.to_frame()
    assert list(shown.columns) == ["u", "t", "g", "w", "y"]
    assert shown.loc[4].tolist()[:2] == ["a", 1]
    shown["y"] = 0.0
    assert sample.matrix().y[0] == 1.0


def test_a_representation_shows_no_data() -> None:
    assert repr(panel()).startswith("Sample('did', ['y'], Unbalanced panel: 3 units")
    assert repr(panel().blind).startswith("BlindSample('did', Unbalanced panel")


def test_a_sample_of_another_length_cannot_be_built() -> None:
    sample = panel()
    with pytest.raises(ValueError, match="each row of the table"):
        Sample(sample.design, sample.table, {"y": np.zeros(3)})
    with pytest.raises(ValueError, match="each row of the table"):
        Sample(sample.design, sample.table, {"y": np.full(8, np.inf)})


def test_codes() -> None:
    assert Codes.of(np.array(["b", "a", "b"])).values.tolist() == ["b", "a", "b"]
    codes = Codes(np.array([0, 2, 2, -1]), np.array(["a", "b", "c"]))
    assert codes.counts.tolist() == [1, 0, 2]
    assert codes.used().labels.tolist() == ["a", "c"]
    assert codes.used().codes.tolist() == [0, 1, 1, -1]
    with pytest.raises(ValueError, match="outside"):
        Codes(np.array([3]), np.array(["a", "b", "c"]))


def test_logarithms_are_remembered() -> None:
    logged = panel(log_outcome=True)
    assert logged.log_outcome
    assert logged["y"].log_outcome
    assert logged != panel()
