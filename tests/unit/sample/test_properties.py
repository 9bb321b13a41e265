"""What holds for every frame: order, storage, and the caller's own frame."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impacteval.sample import Sample

QUIET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
ROLES: dict[str, Any] = {
    "design": "rct", "outcome": "y", "unit": "id", "treatment": "d", "stratum": "s",
    "weight": "w", "covariates": ["x"], "missing_outcome": "attrited",
}  # fmt: skip


@st.composite
def trials(draw: st.DrawFn) -> pd.DataFrame:
    n = draw(st.integers(4, 12))
    ids = draw(
        st.one_of(
            st.lists(st.integers(-99, 99), min_size=n, max_size=n, unique=True),
            st.lists(st.text("abc0", min_size=1, max_size=6), min_size=n, max_size=n, unique=True),
        )
    )
    value = st.floats(-1e6, 1e6)
    y = draw(st.lists(st.one_of(value, st.none()), min_size=n - 2, max_size=n - 2))
    return pd.DataFrame(
        {
            "id": ids,
            "d": [0, 1, *draw(st.lists(st.integers(0, 1), min_size=n - 2, max_size=n - 2))],
            "y": np.array([1.0, 2.0, *(np.nan if v is None else v for v in y)]),
            "s": draw(st.lists(st.sampled_from("xyz"), min_size=n, max_size=n)),
            "w": draw(st.lists(st.integers(1, 9), min_size=n, max_size=n)),
            "x": draw(st.lists(st.integers(-100, 100), min_size=n, max_size=n)),
        }
    )


def contents(sample: Sample) -> list[Any]:
    m = sample.matrix()
    columns = (m.y, m.measured, m.treatment, m.X, m.weight, m.unit.codes, m.stratum.codes)  # type: ignore[union-attr]
    return [c.tolist() for c in map(np.nan_to_num, columns)] + [m.unit.labels.tolist()]  # type: ignore[arg-type]


@QUIET
@given(trials(), st.randoms(use_true_random=False))
def test_row_order_does_not_matter(frame: pd.DataFrame, random: Any) -> None:
    order = list(range(len(frame)))
    random.shuffle(order)
    one = Sample.from_frame(frame, **ROLES)
    two = Sample.from_frame(frame.iloc[order], **ROLES)
    assert contents(one) == contents(two)
    assert one == two
    assert one.digest == two.digest
    assert one.blind == two.blind


@QUIET
@given(trials(), st.data())
def test_storage_does_not_matter(frame: pd.DataFrame, data: st.DataObject) -> None:
    stored = frame.copy()
    for column in ("d", "w", "x"):
        kinds = ["int8", "int32", "float32", "float64", "Int16", "object", "int16[pyarrow]"]
        stored[column] = frame[column].astype(data.draw(st.sampled_from(kinds)))  # type: ignore[call-overload]
    stored["y"] = frame["y"].astype(data.draw(st.sampled_from(["float64", "Float64", "object"])))  # type: ignore[call-overload]
    stored["s"] = frame["s"].astype(data.draw(st.sampled_from(["object", "str", "category"])))  # type: ignore[call-overload]
    assert Sample.from_frame(stored, **ROLES) == Sample.from_frame(frame, **ROLES)


@QUIET
@given(trials())
def test_the_callers_frame_is_never_altered(frame: pd.DataFrame) -> None:
    frame.index = pd.Index(range(7, 7 + len(frame)), name="mine")
    frame.attrs["kept"] = True
    before = pd.util.hash_pandas_object(frame).tolist()
    kinds = frame.dtypes.tolist()
    sample = Sample.from_frame(frame, **ROLES)
    sample.cells("treatment")
    shown = sample.to_frame()
    shown.loc[:, "y"] = 0.0
    assert pd.util.hash_pandas_object(frame).tolist() == before
    assert frame.dtypes.tolist() == kinds
    assert (frame.index.name, frame.attrs) == ("mine", {"kept": True})
    frame["y"] = 0.5  # and the sample does not follow the frame either
    frame.loc[:, "w"] = 1
    assert Sample.from_frame(frame, **ROLES) != sample or (sample.matrix().y == 0.5).all()


@QUIET
@given(trials())
def test_cells_are_the_brute_force_sums(frame: pd.DataFrame) -> None:
    cells = Sample.from_frame(frame, **ROLES).cells(["treatment", "stratum"])
    seen = 0
    for k in range(len(cells)):
        d, s = cells.keys["treatment"][k], cells.keys["stratum"][k]
        rows = frame[(frame.d == d) & (frame.s == s) & frame.y.notna()]
        seen += len(rows)
        w = [Fraction(int(v)) for v in rows.w]
        y = [Fraction(v) for v in rows.y]
        assert cells.n[k] == len(rows) > 0
        assert cells.w[k] == float(sum(w))
        exact = float(sum(a * b for a, b in zip(w, y, strict=True)))
        size = float(sum(a * abs(b) for a, b in zip(w, y, strict=True)))
        assert cells.wy[k] == pytest.approx(exact, rel=0, abs=1e-15 * size + 1e-300)
        squares = float(sum(a * b * b for a, b in zip(w, y, strict=True)))
        assert cells.wy2[k] == pytest.approx(squares, rel=1e-15, abs=1e-300)
    assert seen == frame.y.notna().sum()


@QUIET
@given(trials(), st.integers(0, 3))
def test_any_changed_value_changes_the_digest(frame: pd.DataFrame, row: int) -> None:
    one = Sample.from_frame(frame, **ROLES)
    other = frame.copy()
    column = ("y", "w", "x", "s")[row]
    other.loc[row, column] = "zz" if column == "s" else 17
    if str(other.loc[row, column]) != str(frame.loc[row, column]) and frame.loc[row, column] != 17:
        assert Sample.from_frame(other, **ROLES) != one
