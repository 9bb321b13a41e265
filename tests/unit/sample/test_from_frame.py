"""Reading frames: roles, conversions, and every problem at once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import DataError, UsageError
from impacteval.sample import Roles, Sample


def trial(n: int = 8, **columns: Any) -> pd.DataFrame:
    base = {"id": [f"u{k}" for k in range(n)], "d": [0, 1] * (n // 2), "y": np.arange(n) * 1.0}
    return pd.DataFrame({**base, **columns})


def panel(**columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame([(u, t) for u in "abcd" for t in (2001, 2002, 2003)], columns=["u", "t"])
    frame["g"] = frame.u.map({"a": np.nan, "b": 2002, "c": 2003, "d": np.nan})
    frame["y"] = np.arange(12) * 1.0
    return frame.assign(**columns)


def of_trial(frame: pd.DataFrame, **roles: Any) -> Sample:
    named = {"design": "rct", "outcome": "y", "unit": "id", "treatment": "d", **roles}
    return Sample.from_frame(frame, **named)


def of_panel(frame: pd.DataFrame, **roles: Any) -> Sample:
    named = {"design": "did", "outcome": "y", "unit": "u", "period": "t", "adopted": "g", **roles}
    return Sample.from_frame(frame, **named)


def problems(build: Any, frame: pd.DataFrame, **roles: Any) -> str:
    with pytest.raises(DataError) as caught:
        build(frame, **roles)
    return str(caught.value)


def test_the_national_supported_work_sample() -> None:
    # Dehejia and Wahba (1999), doi:10.1080/01621459.1999.10473858: difference in 1978 earnings
    # of 1,794.34 dollars, 185 treated and 260 controls.
    from causaldata import nsw_mixtape

    frame = nsw_mixtape.load_pandas().data
    sample = Sample.from_frame(
        frame,
        design="rct",
        outcome="re78",
        treatment="treat",
        covariates=["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"],
    )
    matrix = sample.matrix()
    assert (matrix.treatment == 1).sum() == 185
    assert (matrix.treatment == 0).sum() == 260
    means = [matrix.y[matrix.treatment == arm].mean() for arm in (0.0, 1.0)]
    assert means[1] - means[0] == pytest.approx(1794.342404270271, abs=1e-9)
    # int8 age squared would overflow at 12 years
    age = matrix.X[:, matrix.covariate_names.index("age")]
    assert (age**2).max() == 55**2
    assert [m.key for m in sample.records] == [
        "sample.structure.cross-section",
        "sample.float32",
        "sample.float32",
    ]
    assert matrix.y[0] == 9930.046  # not 9930.0458984375, which is what widening gives


def test_every_role_reaches_the_matrix() -> None:
    frame = panel(
        c=lambda f: f.u.map({"a": 1, "b": 1, "c": 2, "d": 2}),
        s=lambda f: f.u.map({"a": "x", "b": "x", "c": "y", "d": "y"}),
        w=2.0,
        e=30,
        x=np.arange(12),
        dose=0.5,
        run=np.linspace(-1, 1, 12),
        p=0.5,
        wave="w1",
        off=lambda f: f.g.notna() * 1,
        got=0,
        spill=0.1,
    )
    m = of_panel(
        frame,
        cluster="c",
        assignment_cluster="u",
        stratum="s",
        pair="s",
        group="s",
        subgroup="s",
        weight="w",
        weight_kind="precision",
        exposure="e",
        covariates="x",
        dose="dose",
        running="run",
        cutoff=0.0,
        assignment="wave",
        assignment_probability="p",
        assigned="off",
        received="got",
        spillover="spill",
    ).matrix()
    assert m.cluster is not None
    assert m.cluster.values.tolist() == [1] * 6 + [2] * 6
    assert m.unit.labels.tolist() == ["a", "b", "c", "d"]
    assert m.period is not None
    assert m.period.values.tolist() == [2001, 2002, 2003] * 4
    assert m.cohort is not None
    assert m.cohort.tolist() == [-1] * 3 + [1] * 3 + [2] * 3 + [-1] * 3
    assert m.treatment is not None
    assert m.treatment.tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0]
    assert m.X.tolist() == [[float(k)] for k in range(12)]
    assert m.weight_kind == "precision"
    for role in (
        "assignment_cluster",
        "stratum",
        "pair",
        "group",
        "subgroup",
        "assignment",
        "adopted",
    ):
        assert len(getattr(m, role)) == 12
    for role in (
        "weight", "exposure", "assigned", "received", "running", "cutoff", "dose", "spillover",
        "assignment_probability",
    ):  # fmt: skip
        assert getattr(m, role).dtype == np.float64
        assert getattr(m, role).shape == (12,)


def test_all_problems_come_at_once() -> None:
    frame = trial(d=[0, 1, 2, 1, 0, 1, 0, 1], w=-1.0, e=[0] + [1] * 7, x=["a"] * 8)
    told = problems(
        of_trial, frame.assign(y=[np.inf, *range(7)]),
        weight="w", exposure="e", covariates=["x"], cluster="villge",
    )  # fmt: skip
    for part in (
        "'villge' (for cluster)",
        "(treatment)",
        "(weight)",
        "(exposure)",
        "(covariates)",
        "infinite",
    ):
        assert part in told
    assert len(told.splitlines()) == 6


@pytest.mark.parametrize(
    ("storage", "cells"),
    [
        ("int8", [0, 1, 2, 3]),
        ("uint16", [0, 1, 2, 3]),
        ("float32", [0, 1, 2, 3]),
        ("Int64", [0, 1, 2, 3]),
        ("Float32", [0, 1, 2, 3]),
        ("int64[pyarrow]", [0, 1, 2, 3]),
        ("category", [0, 1, 2, 3]),
        ("object", [Decimal(0), 1, np.int8(2), np.float32(3)]),
    ],
)
def test_numbers_of_any_storage_are_the_same_numbers(storage: str, cells: list[Any]) -> None:
    plain = of_trial(trial(4, y=[0.0, 1.0, 2.0, 3.0]))
    stored = of_trial(trial(4).assign(y=pd.Series(cells, dtype=storage)))
    assert stored.matrix().y.dtype == np.float64
    assert stored == plain
    assert hash(stored) == hash(plain)


def test_missing_values_of_any_storage_are_missing() -> None:
    for storage in ("Int64", "Float64", "float32", "int64[pyarrow]", "object", "boolean"):
        frame = trial(4).assign(y=pd.Series([0, None, 1, 1], dtype=storage))
        assert "1 missing value: unit u1." in problems(of_trial, frame)
        kept = of_trial(frame, missing_outcome="attrited").matrix()
        assert kept.measured.tolist() == [True, False, True, True]
        assert np.isnan(kept.y[1])


def test_single_precision_is_read_through_its_shortest_decimal_text() -> None:
    cells = np.array([0.1, 1e-8, 16777216.0, 9930.046], dtype=np.float32)
    sample = of_trial(trial(4, y=cells))
    assert sample.matrix().y.tolist() == [0.1, 1e-8, 16777216.0, 9930.046]
    assert "single precision" in str(sample.records[-1])
    assert "simple précision" in sample.records[-1].text.fr


@pytest.mark.parametrize("huge", [2**53 + 1, -(2**53) - 1])
def test_whole_numbers_that_float64_cannot_hold_are_refused(huge: int) -> None:
    assert "cannot be computed with exactly" in problems(of_trial, trial(4, y=[huge, 1, 2, 3]))
    as_objects = trial(4, y=pd.Series([huge, 1, 2, 3], dtype=object))
    assert "cannot be computed with exactly" in problems(of_trial, as_objects)
    assert of_trial(trial(4, y=[2**53, 1, 2, 3])).matrix().y[0] == 2.0**53


def test_text_is_told_by_its_first_row_and_never_shown() -> None:
    told = problems(of_trial, trial(4, y=["1", "Marie Curie", "2", "3"]), unit=None)
    assert "a number stored as text where a number belongs (4 rows; the first is row 1)" in told
    told = problems(of_trial, trial(4, y=pd.Series([1, "Marie Curie", 2, 3], dtype=object)))
    assert "the first is row 2" in told
    assert "Marie" not in told


def test_categorical_covariates_are_refused_with_advice() -> None:
    told = problems(of_trial, trial(4).assign(x=pd.Categorical(list("aabb"))), covariates=["x"])
    assert "indicator columns" in told


def test_rows_are_named_where_units_have_no_label_or_a_pseudonym() -> None:
    frame = trial(4, y=[0, np.nan, 2, np.nan])
    assert "rows 2, 4." in problems(of_trial, frame, unit=None)
    hidden = frame.assign(id=pd.Categorical(list("zyxw"), categories=list("zyxw"), ordered=True))
    assert "rows 2, 4." in problems(of_trial, hidden)
    assert "units u1, u3." in problems(of_trial, frame)


def test_only_the_first_units_are_listed() -> None:
    told = problems(of_trial, trial(20, y=[np.nan] * 18 + [1.0, 2.0]))
    assert "units u0, u1, u2, u3, u4 and 13 more." in told


def test_roles_that_may_share_a_column() -> None:
    frame = panel()
    of_panel(frame, cluster="u", assignment_cluster="u", group="u")
    of_trial(trial(x=[0, 1] * 4), covariates=["x"], subgroup="x")
    for roles in ({"weight": "y"}, {"cluster": "d"}, {"covariates": ["d"]}, {"exposure": "id"}):
        assert "plays two parts" in problems(of_trial, trial(), **roles)
    assert "plays two parts: covariates and covariates" in problems(
        of_trial, trial(x=1.0), covariates=["x", "x"]
    )


def test_a_repeated_column_name_is_refused() -> None:
    frame = pd.concat([trial(), trial()[["y"]]], axis=1)
    assert "column 'y' (for outcome) is there 2 times" in problems(of_trial, frame)


def test_no_rows() -> None:
    assert "there are no rows" in problems(of_trial, trial().head(0))


def test_calls_that_make_no_sense() -> None:
    for wrong in (
        {"design": "rtc"},
        {"missing_outcome": "drop"},
        {"outcome": []},
        {"covariates": [1]},
    ):
        with pytest.raises(UsageError):
            of_trial(trial(), **wrong)
    with pytest.raises(UsageError, match="DataFrame"):
        of_trial({"y": [1]})  # type: ignore[arg-type]  # what a beginner would try
    assert "weight_kind 'magic' is not known" in problems(of_trial, trial(), weight_kind="magic")


def test_weights_state_their_kind() -> None:
    sample = of_trial(trial(w=[0, 1, 2, 3, 1, 1, 1, 1]), weight="w", weight_kind="frequency")
    assert [m.key for m in sample.records[1:]] == [
        "sample.weights.frequency",
        "sample.zero-weights",
    ]
    assert of_trial(trial(w=1.0), weight="w").matrix().weight_kind == "sampling"
    assert of_trial(trial()).matrix().weight_kind is None


def test_encouragement_compares_the_offer() -> None:
    frame = trial(got=[0, 1, 0, 0] * 2)
    sample = of_trial(frame, treatment=None, assigned="d", received="got")
    matrix = sample.matrix()
    assert matrix.assigned is not None
    assert matrix.treatment is not None
    assert matrix.treatment.tolist() == matrix.assigned.tolist() == frame.d.tolist()
    assert "sample.offer" in [m.key for m in sample.records]
    assert "cannot have both treatment and assigned" in problems(
        of_trial, trial(a=[0, 1] * 4), assigned="a"
    )
    assert "role received needs the role assigned" in problems(of_trial, frame, received="got")


def test_blocks_with_one_arm_are_recorded_and_not_refused() -> None:
    sample = of_trial(trial(s=list("aabbccdd"), p=[1, 2, 1, 2, 3, 4, 4, 3]), stratum="s", pair="p")
    told = {m.key: dict(m.values) for m in sample.records}
    assert "sample.one-armed-stratum" not in told
    assert told["sample.one-armed-pair"] == {"blocks": 2, "of": 4}


# --- units, clusters, periods ------------------------------------------------------------------


def test_whole_clusters_are_fine_and_crossed_clusters_too() -> None:
    of_trial(trial(c=[0, 1] * 4), assignment_cluster="c", cluster="c")
    of_trial(trial(c=list("aabbccdd")), cluster="c")
    told = problems(of_trial, trial(c=list("aabbccdd")), assignment_cluster="c")
    assert "4 clusters of column 'c' (assignment_cluster) are split" in told


def test_adoption_split_over_an_assignment_cluster() -> None:
    frame = panel(c=lambda f: f.u.map({"a": 1, "b": 2, "c": 2, "d": 1}))
    assert "1 cluster of column 'c'" in problems(of_panel, frame, assignment_cluster="c")


@pytest.mark.parametrize("role", ["cluster", "assignment_cluster", "stratum", "pair", "group"])
def test_places_that_change_within_a_unit(role: str) -> None:
    told = problems(of_panel, panel(c=[1, 2, 1, *[3] * 9]), **{role: "c"})
    assert f"'c' ({role}) changes within 1 unit: unit a." in told
    of_panel(panel(c=[1, 2, 1, *[3] * 9]), subgroup="c")


def test_an_arm_is_randomised_once() -> None:
    frame = panel(d=lambda f: (f.t > 2001) * (f.u > "b") * 1)
    told = problems(of_panel, frame, design="rct", adopted=None, treatment="d")
    assert "2 units are in both arms according to column 'd' (treatment): units c, d." in told
    of_panel(frame, adopted=None, treatment="d")


def test_a_panel_of_one_period_is_a_cross_section_for_a_trial() -> None:
    sample = of_trial(trial(t=2001), period="t")
    assert sample.structure.kind == "cross_section"


def test_an_unreadable_period_is_not_told_as_repeated_units() -> None:
    told = problems(of_panel, panel(t=["x", "y", "z"] * 4))
    assert "order in time is not known" in told
    assert "more than one row" not in told


@pytest.mark.parametrize(
    "times",
    [
        [2001.0, 2002.0, 2003.0],
        ["2001", "2002", "2003"],
        np.array([2001, 2002, 2003], dtype=np.int16),
        [Decimal(2001), Decimal(2002), Decimal(2003)],
    ],
)
def test_periods_of_any_storage(times: Any) -> None:
    sample = of_panel(panel(t=list(times) * 4))
    assert sample.matrix().period.labels.tolist() == [2001, 2002, 2003]  # type: ignore[union-attr]
    assert sample == of_panel(panel())


def test_text_of_whole_numbers_sorts_as_numbers() -> None:
    sample = of_panel(panel(t=["9", "10", "11"] * 4, g=[None] * 3 + ["10"] * 3 + [None] * 6))
    assert sample.matrix().period.labels.tolist() == [9, 10, 11]  # type: ignore[union-attr]
    assert sample.matrix().cohort[3] == 1  # type: ignore[index]
    assert "sample.text-periods" in [m.key for m in sample.records]


def test_dates_quarters_and_declared_orders() -> None:
    days = [dt.date(2014, 4, 1), dt.date(2014, 5, 1), dt.date(2014, 6, 1)]
    adopted = {"a": None, "b": 1, "c": 2, "d": None}
    for times in (
        days,
        list(pd.to_datetime(days)),
        ["2014-04", "2014-05", "2014-06"],
        ["2014-Q1", "2014-Q2", "2014-Q3"],
    ):
        g = [None if adopted[u] is None else times[adopted[u]] for u in "aaabbbcccddd"]
        sample = of_panel(panel(t=times * 4, g=g))
        assert sample.matrix().cohort.tolist() == [-1] * 3 + [1] * 3 + [2] * 3 + [-1] * 3  # type: ignore[union-attr]
    words = pd.Categorical(
        ["pre", "mid", "end"] * 4, categories=["pre", "mid", "end"], ordered=True
    )
    sample = of_panel(
        panel().assign(t=words, g=[None] * 3 + ["mid"] * 3 + ["end"] * 3 + [None] * 3)
    )
    assert sample.matrix().period.labels.tolist() == ["pre", "mid", "end"]  # type: ignore[union-attr]
    assert sample.matrix().cohort.tolist() == [-1] * 3 + [1] * 3 + [2] * 3 + [-1] * 3  # type: ignore[union-attr]
    quarters = pd.PeriodIndex(["2014Q1", "2014Q2", "2014Q3"] * 4, freq="Q")
    frame = panel().assign(t=quarters, d=lambda f: (f.u > "b") * 1)
    sample = of_panel(frame, adopted=None, treatment="d")
    assert sample.matrix().period.labels.tolist() == ["2014Q1", "2014Q2", "2014Q3"]  # type: ignore[union-attr]


# --- adoption ----------------------------------------------------------------------------------


def test_never_is_counted_and_a_lost_date_is_not_never() -> None:
    told = [m for m in of_panel(panel()).records if m.key == "sample.never-treated"]
    assert told[0].values["n"] == 2
    assert of_panel(panel(), never="blank") == of_panel(panel(), never="blank")
    zero = panel(g=lambda f: f.g.fillna(0))
    for never in (0, "0", 0.0):
        assert (
            of_panel(zero, never=never).matrix().cohort.tolist()
            == of_panel(panel()).matrix().cohort.tolist()
        )  # type: ignore[union-attr]
    lost = zero.assign(g=zero.g.mask(zero.u == "d"))
    told_lost = problems(of_panel, lost, never=0)
    assert "3 missing values while never is stated as 0: unit d." in told_lost
    infinite = panel(g=lambda f: f.g.fillna(np.inf))
    assert "holds an infinite value" in problems(of_panel, infinite)
    assert of_panel(infinite, never=np.inf).matrix().cohort[0] == -1  # type: ignore[index]


def test_missing_values_of_any_library_mean_blank() -> None:
    for never in (None, "blank", np.nan, pd.NA, pd.NaT):
        assert of_panel(panel(), never=never) == of_panel(panel())


def test_nobody_adopts() -> None:
    told = problems(of_panel, panel(g=np.nan))
    assert "every row is untreated according to column 'g' (adopted)" in told


def test_text_dates_with_a_word_for_never() -> None:
    frame = panel(t=["2014-Q1", "2014-Q2", "2014-Q3"] * 4)
    frame = frame.assign(g=["never"] * 3 + ["2014-Q2"] * 3 + ["2014-Q3"] * 3 + ["never"] * 3)
    sample = of_panel(frame, never="never")
    assert sample.matrix().cohort.tolist() == [-1] * 3 + [1] * 3 + [2] * 3 + [-1] * 3  # type: ignore[union-attr]


def test_a_frame_with_a_repeated_index() -> None:
    frame = panel()
    frame.index = pd.Index([0] * 12)
    assert of_panel(frame) == of_panel(panel())
    assert of_panel(frame.assign(g=frame.g.fillna(0)), never=0) == of_panel(panel())


def test_a_missing_period_and_an_outcome_lost_everywhere() -> None:
    told = problems(of_panel, panel(t=[None, 2002, 2003] * 4))
    assert "'t' (period) has 4 missing values: units a, b, c, d." in told
    told = problems(of_trial, trial(y=np.nan), missing_outcome="attrited")
    assert "was measured nowhere." in told
    told = problems(of_trial, trial(w=0), weight="w")
    assert "'w' (weight) is zero in every row." in told


def test_values_that_are_no_numbers_at_all() -> None:
    cells = pd.Series([dt.date(2014, 1, 1), 1, 2, 3], dtype=object)
    assert "holds a value of type date" in problems(of_trial, trial(4).assign(y=cells))
    cells = pd.Series([10**400, 1, 2, 3], dtype=object)
    assert "cannot be computed with exactly" in problems(of_trial, trial(4).assign(y=cells))
    cells = pd.Series(["1 234", 1, 2, 3], dtype=object)
    assert "separators between thousands" in problems(of_trial, trial(4).assign(y=cells))


def test_adoption_outside_the_window() -> None:
    frame = panel(g=lambda f: f.u.map({"a": 1990, "b": 2001.5, "c": 2010, "d": np.nan}))
    sample = of_panel(frame)
    assert sample.matrix().cohort.tolist() == [0] * 3 + [1] * 3 + [3] * 3 + [-1] * 3  # type: ignore[union-attr]
    told = next(m for m in sample.records if m.key == "sample.adoption-outside")
    assert dict(told.values) == {"before": 1, "between": 1, "after": 1}


def test_adoption_must_be_written_like_the_periods() -> None:
    told = problems(of_panel, panel(g=[None] * 3 + ["spring"] * 9))
    assert "order in time is not known" in told
    told = problems(of_panel, panel(g=[None] * 3 + ["2002-05"] * 9))
    assert "do not write time in the same way" in told
    assert "never is stated without the role adopted" in problems(of_trial, trial(), never=0)


# --- labels ------------------------------------------------------------------------------------


def test_labels_keep_their_leading_zeros_and_their_kind() -> None:
    sample = of_trial(trial(4, id=["007", "010", "002", "001"]))
    assert sample.matrix().unit.labels.tolist() == ["001", "002", "007", "010"]
    for cells in ([3, 1, 2, 10], [3.0, 1.0, 2.0, 10.0], np.array([3, 1, 2, 10], dtype=np.int8)):
        assert of_trial(trial(4, id=cells)).matrix().unit.labels.tolist() == [1, 2, 3, 10]


@pytest.mark.parametrize(
    ("cells", "fragment"),
    [
        (["a", 1, "b", 2], "mixes text and numbers"),
        (["a", "a ", "b", "c"], "differ only by spaces"),
        (["é", "e\u0301", "b", "c"], "accents"),
        (["a", " ", "b", "c"], "1 missing value: row 2"),
        ([1.0, np.inf, 2.0, 3.0], "infinite"),
        ([(1,), (2,), (3,), (4,)], "a value of type tuple"),
        ([2**64, 1, 2, 3], "a value of type int"),
    ],
)
def test_labels_that_cannot_be_trusted(cells: list[Any], fragment: str) -> None:
    assert fragment in problems(of_trial, trial(4, id=pd.Series(cells, dtype=object)))


def test_roles_tell_a_reader_what_to_read() -> None:
    roles = Roles(
        outcome=("y",),
        unit="id",
        period="t",
        adopted="g",
        stratum="s",
        covariates=("s",),
        cutoff=1.0,
    )
    assert roles.kinds() == {"y": "number", "id": "text", "t": "text", "g": "text", "s": "number"}


def test_numbers_whose_squares_are_infinite_are_refused():
    df = pd.DataFrame({"d": [0, 1, 0, 1], "y": [1.0, 2.0, -1e200, 1e101]})
    with pytest.raises(DataError, match=r"has 2 numbers beyond 1e100: rows 3, 4"):
        Sample.from_frame(df, design="rct", outcome="y", treatment="d")
    df["y"] = [1.0, 2.0, -1e100, 1e99]
    assert Sample.from_frame(df, design="rct", outcome="y", treatment="d").matrix().n == 4


def test_a_sample_of_ordered_rows_does_not_change_with_the_frame_it_was_read_from():
    frame = pd.DataFrame({
        "unit": np.repeat([1, 2, 3], 2), "year": np.tile([1, 2], 3),
        "start": np.repeat([2.0, np.nan, np.nan], 2), "y": np.arange(6.0), "x": np.arange(6.0),
        "w": np.ones(6),
    })  # fmt: skip
    sample = Sample.from_frame(
        frame, design="did", outcome="y", unit="unit", period="year", adopted="start",
        covariates=["x"], weight="w",
    )  # fmt: skip
    matrix = sample.matrix()
    held = (matrix.y, matrix.X, matrix.weight, matrix.unit.codes, matrix.period.codes)
    for name in frame.columns:
        assert not any(np.shares_memory(array, frame[name].to_numpy()) for array in held)
