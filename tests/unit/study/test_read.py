"""Tables as evaluators receive them."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from impacteval.errors import DataError, StudyError
from impacteval.plan import TableSpec
from impacteval.sample.roles import Kind
from impacteval.study.read import read_table, table_digest

KINDS: dict[str, Any] = {"y": "number", "id": "text"}


def write(path: Path, text: str, encoding: str = "utf-8") -> TableSpec:
    path.write_bytes(text.encode(encoding))
    return TableSpec(file=path.name)


def test_only_the_named_columns_in_the_order_named(tmp_path: Path) -> None:
    spec = write(tmp_path / "a.csv", "secret,id,y\nx,007,1.5\ny,010,\n")
    frame = read_table(spec, KINDS, folder=tmp_path)
    assert list(frame.columns) == ["y", "id"]
    assert frame["id"].tolist() == ["007", "010"]  # leading zeros survive
    assert frame["y"].dtype == np.float64
    assert frame["y"].tolist()[0] == 1.5
    assert np.isnan(frame["y"][1])


def test_declared_separator_decimal_encoding_and_missing_words(tmp_path: Path) -> None:
    text = "id;town;y\r\n1;Orléans;1,5\r\n2;s.o.;s.o.\r\n3;« A; B »;-2e3\r\n"
    (tmp_path / "a.txt").write_bytes(text.replace("« A; B »", '"« A; B »"').encode("cp1252"))
    spec = TableSpec(file="a.txt", separator=";", decimal=",", encoding="cp1252", missing=("s.o.",))
    frame = read_table(spec, {"town": "text", "y": "number"}, folder=tmp_path)
    assert frame["town"].tolist() == ["Orléans", None, "« A; B »"]
    assert frame["y"].fillna(-1).tolist() == [1.5, -1.0, -2000.0]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_declared_byte_order_marks(tmp_path: Path, encoding: str) -> None:
    write(tmp_path / "a.csv", "id,y\n1,2\n", encoding)
    spec = TableSpec(file="a.csv", encoding=encoding)
    assert read_table(spec, KINDS, folder=tmp_path)["y"].tolist() == [2.0]
    with pytest.raises(DataError, match=f"Declare encoding: {encoding}"):
        read_table(TableSpec(file="a.csv", encoding="latin-1"), KINDS, folder=tmp_path)


def test_line_numbers_count_lines_and_not_rows(tmp_path: Path) -> None:
    spec = write(tmp_path / "a.csv", 'id,y\n"one\ntwo",1\n3,x\n')
    with pytest.raises(DataError) as caught:
        read_table(spec, KINDS, folder=tmp_path)
    assert str(caught.value).startswith("a.csv:4:1: column 'y' holds text")


def test_empty_lines_at_the_end_hold_nothing(tmp_path: Path) -> None:
    spec = write(tmp_path / "a.csv", "id,y\n1,2\n\n\n")
    assert len(read_table(spec, KINDS, folder=tmp_path)) == 1


def test_utf_16_without_its_mark(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,y\n1,2\n3")
    with pytest.raises(DataError, match="does not begin with the byte-order mark"):
        read_table(TableSpec(file="a.csv", encoding="utf-16"), KINDS, folder=tmp_path)


def test_a_codec_that_is_no_encoding_of_text(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "id,y\n1,2\n")
    with pytest.raises(DataError, match="cannot be read as hex"):
        read_table(TableSpec(file="a.csv", encoding="hex"), KINDS, folder=tmp_path)


def test_missing_words_in_a_workbook(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for line in (["id", "y"], ["1", "s.o."], ["2", 3]):
        book.active.append(line)  # type: ignore[union-attr]
    book.active.append([None, None])  # type: ignore[union-attr]
    book.save(tmp_path / "a.xlsx")
    read = read_table(TableSpec(file="a.xlsx", missing=("s.o.",)), KINDS, folder=tmp_path)
    assert read["y"].isna().tolist() == [True, False]


def test_every_bad_column_is_told_at_once(tmp_path: Path) -> None:
    spec = write(tmp_path / "a.csv", "a,b,c\n1,x,2\n2,3,y\n")
    with pytest.raises(DataError) as caught:
        read_table(spec, {"a": "number", "b": "number", "c": "number"}, folder=tmp_path)
    assert [p.line for p in caught.value.problems] == [2, 3]


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(deadline=None, max_examples=50)
def test_numbers_are_read_exactly(value: float) -> None:
    # Correctly rounded: some fast parsers are one unit off in the last place.
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for decimal in (".", ","):
            text = repr(value).replace(".", decimal)
            (Path(folder) / "a.csv").write_text(f"y\n{text}\n1\n", encoding="utf-8")
            spec = TableSpec(file="a.csv", separator=";", decimal=decimal)
            read = read_table(spec, {"y": "number"}, folder=folder)
            assert read["y"].tolist() == [value, 1.0]


@pytest.mark.parametrize("cell", ["1_0", "0x1F", "1e", "--1", "1 2", "nan", "inf", "٣", "9" * 5000])
def test_cells_that_only_look_like_numbers(tmp_path: Path, cell: str) -> None:
    spec = write(tmp_path / "a.csv", f"y\n{cell}\n")
    with pytest.raises(DataError, match=r"a\.csv:2"):
        read_table(spec, {"y": "number"}, folder=tmp_path)


@pytest.mark.parametrize("cell", ["1", " 1.50 ", "+.5", "-3.", "1e-3", "0012"])
def test_cells_that_are_numbers(tmp_path: Path, cell: str) -> None:
    spec = write(tmp_path / "a.csv", f"y\n{cell}\n")
    assert read_table(spec, {"y": "number"}, folder=tmp_path)["y"][0] == float(cell)


def test_stata_keeps_single_precision_for_the_sample_to_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "y": np.array([0.1, 2.5], dtype=np.float32)})
    frame.to_stata(tmp_path / "a.dta", write_index=False)
    read = read_table(TableSpec(file="a.dta"), KINDS, folder=tmp_path)
    assert read["y"].dtype == np.float32


def test_spss_user_missing_values_are_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a", "", "c"], "y": [1.0, 99.0, 3.0]})
    pyreadstat.write_sav(frame, tmp_path / "a.sav", missing_ranges={"y": [99]})
    read = read_table(TableSpec(file="a.sav"), KINDS, folder=tmp_path)
    assert read["y"].isna().tolist() == [False, True, False]
    assert read["id"].tolist() == ["a", None, "c"]


def test_parquet_reads_an_index_as_a_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": [1.0, 2.0]}, index=pd.Index(["a", "b"], name="id"))
    frame.to_parquet(tmp_path / "a.parquet")
    read = read_table(TableSpec(file="a.parquet"), KINDS, folder=tmp_path)
    assert read["id"].tolist() == ["a", "b"]
    assert read.index.tolist() == [0, 1]


def test_parquet_keeps_a_declared_order(tmp_path: Path) -> None:
    when = pd.Categorical(["pre", "post"], categories=["pre", "post"], ordered=True)
    pd.DataFrame({"id": ["a", "b"], "when": when}).to_parquet(tmp_path / "a.parquet")
    read = read_table(TableSpec(file="a.parquet"), {"when": "text"}, folder=tmp_path)
    assert read["when"].cat.ordered
    assert read["when"].cat.categories.tolist() == ["pre", "post"]


def test_a_stated_format_wins_over_the_suffix(tmp_path: Path) -> None:
    (tmp_path / "a.data").write_text("id,y\n1,2\n", encoding="utf-8")
    spec = TableSpec(file="a.data", format="csv")
    assert len(read_table(spec, KINDS, folder=tmp_path)) == 1


def test_the_table_of_a_package() -> None:
    spec = TableSpec(package="causaldata", name="nsw_mixtape")
    read = read_table(spec, {"treat": "number", "re78": "number"})
    assert read.shape == (445, 2)
    assert read["re78"].dtype == np.float32
    with pytest.raises(DataError, match=r"causaldata\.nsw_mixtape: there is no column 're79'"):
        read_table(spec, {"re79": "number"})


def test_a_text_file_of_a_package_is_found_without_importing_it() -> None:
    # Its import name is that of another package, so that importing it might read the wrong one.
    spec = TableSpec(package="synthdid-py", name="california_prop99")
    kinds: dict[str, Kind] = {"State": "text", "Year": "number", "PacksPerCapita": "number"}
    read = read_table(spec, kinds)
    assert read.shape == (39 * 31, 3)
    assert read["State"].nunique() == 39
    assert read.loc[0].tolist() == ["Alabama", 1970.0, 89.80000305]
    assert "synthdid" not in sys.modules
    with pytest.raises(
        DataError, match=r"synthdid-py\.california_prop99:1:1: there is no column 'Packs'"
    ):
        read_table(spec, {"Packs": "number"})


@pytest.mark.parametrize("name", ["california", "../data/california_prop99", "{name}"])
def test_a_text_file_that_a_package_does_not_ship(name: str) -> None:
    with pytest.raises(StudyError, match="has no table"):
        read_table(TableSpec(package="synthdid-py", name=name), {"State": "text"})


def test_a_package_of_text_files_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", missing)
    with pytest.raises(StudyError, match=r"pip install 'impacteval\[studies\]'"):
        read_table(TableSpec(package="synthdid-py", name="california_prop99"), {"State": "text"})


def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(StudyError, match=r"pip install 'impacteval\[studies\]'"):
        read_table(TableSpec(package="causaldata", name="nsw_mixtape"), {"treat": "number"})


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"file": "a.csv", "package": "causaldata", "name": "x"},
        {"package": "causaldata"},
        {"file": "a.csv", "separator": ",", "decimal": ","},
        {"file": "a.xyz"},
        {"file": "a.csv", "sep": ";"},
        {"file": "a.csv", "separator": "; "},
        {"file": "a.csv", "format": "ods"},
    ],
)
def test_specifications_that_cannot_be_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TableSpec(**wrong)


def test_a_specification_is_a_value() -> None:
    one, two = (TableSpec(file="a.csv", missing=("NA",)) for _ in range(2))
    assert one == two
    assert hash(one) == hash(two)
    with pytest.raises(ValidationError):
        one.file = "b.csv"


def test_the_digest_is_of_content() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    same = pd.DataFrame({"b": pd.Series(["x", None], dtype=object), "a": [1.0, 2.0]})
    assert table_digest(frame) == table_digest(same)
    for other in (
        frame.iloc[::-1],
        frame.assign(a=[1, 3]),
        frame.assign(b=["x", "None"]),
        frame.rename(columns={"a": "c"}),
        frame.head(1),
    ):
        assert table_digest(other) != table_digest(frame)


def test_the_digest_does_not_depend_on_the_file(tmp_path: Path) -> None:
    a = write(tmp_path / "a.csv", "id,y\n1,2.5\n")
    write(tmp_path / "b.csv", "y;id\r\n2,5;1\r\n")
    b = TableSpec(file="b.csv", separator=";", decimal=",")
    one, two = (table_digest(read_table(s, KINDS, folder=tmp_path)) for s in (a, b))
    assert one == two
