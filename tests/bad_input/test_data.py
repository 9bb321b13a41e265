"""Data files that evaluators really send: each is refused once, with the place and the cure."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from impacteval.errors import DataError, InputError, StudyError
from impacteval.plan import TableSpec
from impacteval.sample import Roles, Sample
from impacteval.study.read import read_table

DATA = Path(__file__).parent / "data"

TRIAL: dict[str, Any] = {
    "design": "rct",
    "outcome": "income",
    "unit": "id",
    "treatment": "treated",
}
PANEL: dict[str, Any] = {
    "design": "did",
    "outcome": "income",
    "unit": "unit",
    "period": "year",
    "adopted": "first",
}


def load(folder: Path, file: dict[str, Any], roles: dict[str, Any]) -> Sample:
    """From the file to the sample, as a study does it."""
    spec = TableSpec(**file)
    named = {k: v for k, v in roles.items() if k in Roles.__dataclass_fields__}
    for several in ("outcome", "covariates"):
        named[several] = tuple(np.atleast_1d(named.get(several, ())).tolist())
    frame = read_table(spec, Roles(**named).kinds(), folder=folder)
    return Sample.from_frame(frame, source=spec.shown, **roles)


def row(
    name: str, *fragments: str, file: dict[str, Any] | None = None, **roles: Any
) -> tuple[str, dict[str, Any], dict[str, Any], tuple[str, ...]]:
    base = PANEL if "panel" in roles else TRIAL
    roles.pop("panel", None)
    return name, file or {}, {**base, **roles}, fragments


SEMICOLON = {"separator": ";"}
TABLE = [
    # the file is not written as declared
    row("comma_in_semicolons", "comma_in_semicolons.csv:1:1", "Declare separator: ';'"),
    row("tabs", "tabs.csv:1:1", 'Declare separator: "\\t"'),
    row("byte_order_mark", "byte_order_mark.csv:1:1", "Declare encoding: utf-8-sig"),
    row("latin_letters", "latin_letters.csv:2:11", "byte 0xE9", "encoding: cp1252"),
    row("latin_letters", "encoding 'latin-99' is not known", file={"encoding": "latin-99"}),
    row(
        "decimal_comma",
        "decimal_comma.csv:2",
        "'income' holds a number with a decimal comma",
        "3 cells: lines 2, 3, 4",
        "Declare decimal: ','",
        file=SEMICOLON,
    ),
    row(
        "decimal_point_declared_comma",
        "a number with a decimal point",
        "Declare decimal: '.'",
        file={"separator": ";", "decimal": ","},
    ),
    row(
        "unquoted_decimal_comma", "unquoted_decimal_comma.csv:2:1", "4 cells where the header has 3"
    ),
    row("missing_word", "missing_word.csv:3", "the word 'NA'", "Declare missing: ['NA']"),
    row("text_in_number", "text_in_number.csv:3", "2 cells: lines 3, 5"),
    row("thousands", "may separate thousands or decimals", "write numbers without separators"),
    row("percent", "a percentage sign", "plain numbers"),
    row("underscore_number", "underscore_number.csv:2"),
    row("infinite_word", "infinite_word.csv:2"),
    row("overflow", "'income' (outcome) has 1 infinite value: unit 1."),
    row("too_large", "too_large.csv:2", "whole numbers beyond"),
    row("short_row", "short_row.csv:3:1", "2 cells where the header has 3", "1 such row: line 3"),
    row("empty_line", "empty_line.csv:3:1", "Remove empty lines"),
    row("open_quote", "open_quote.csv:3:1", "quotation marks"),
    row("missing_column", "missing_column.csv:1", "no column 'treated'", "Did you mean 'treatd'?"),
    row("repeated_column", "column 'income' is there 2 times"),
    row("header_only", "header_only.csv:1:1", "no rows"),
    row("no_header", "no_header.csv:1:1", "no column names"),
    row("empty", "empty.csv:1:1", "the file is empty"),
    row("zero_bytes", "zero_bytes.csv:1:1", "not text"),
    # the content does not fit the design
    row("unit_in_both_arms", "1 unit is in both arms", "unit a.", "more than one row"),
    row("missing_outcome", "'income' (outcome) has 1 missing value: unit 2.", "attrited"),
    row(
        "split_cluster",
        "1 cluster of column 'village' (assignment_cluster) is split over both arms",
        "north",
        assignment_cluster="village",
    ),
    row("empty_arm", "every row is treated", "the untreated arm is empty"),
    row("arm_lost", "measured nowhere in the untreated arm", missing_outcome="attrited"),
    row("treated_coded_1_2", "values other than 0 and 1 in 1 row: unit 2."),
    row("missing_treatment", "'treated' (treatment) has 1 missing value: unit 2."),
    row("missing_unit", "'id' (unit) has 1 missing value: row 2."),
    row("spaces_in_labels", "differ only by spaces", cluster="village"),
    row("zero_exposure", "zero or negative values in 2 rows: units 2, 3.", exposure="days"),
    row("negative_weight", "negative values in 1 row: unit 2.", weight="weight"),
    row(
        "fractional_frequency",
        "not whole numbers in 1 row: unit 2.",
        weight="weight",
        weight_kind="frequency",
    ),
    row("arm_without_weight", "zero in the whole treated arm", weight="weight"),
    row("missing_covariate", "'age' (covariates) has 1 missing value: unit 2.", covariates=["age"]),
    row("repeated_rows", "1 pair of unit and period", "unit a.", panel=True),
    row("one_period", "holds one period only", panel=True),
    row(
        "lost_date",
        "2 missing values while never is stated as '0': unit c.",
        "A lost date must not turn into a control unit",
        panel=True,
        never="0",
    ),
    row("moving_adoption", "'first' (adopted) changes within 1 unit: unit b.", panel=True),
    row(
        "two_spellings",
        "'department' (cluster) writes 1 name in several spellings: 'COTE D’OR' and \"Côte-d'Or\".",
        "two spellings count as two",
        panel=True,
        cluster="department",
    ),
    row(
        "unit_under_two_names",
        "'unit' (unit) writes 1 name in several spellings: 'North Ward' and 'north ward'.",
        panel=True,
    ),
    row(
        "moving_cluster",
        "'village' (cluster) changes within 1 unit: unit a.",
        panel=True,
        cluster="village",
    ),
    row("unordered_periods", "order in time is not known", "ordered Categorical", panel=True),
    row("mixed_time", "do not write time in the same way", panel=True),
    row(
        "contradicting_dates",
        "contradict each other in 1 row: unit a.",
        panel=True,
        treatment="treated",
    ),
    row(
        "ruined_everywhere",
        "more than one row: unit a.",
        "'treated' (treatment) has values other than 0 and 1 in 1 row: unit b.",
        "'income' (outcome) has 1 missing value: unit a.",
        "'days' (exposure) has zero or negative values in 1 row: unit a.",
        "'weight' (weight) has negative values in 1 row: unit a.",
        exposure="days",
        weight="weight",
    ),
]


@pytest.mark.parametrize(("name", "file", "roles", "fragments"), TABLE)
def test_bad_files_are_refused_with_the_place_and_the_cure(
    name: str, file: dict[str, Any], roles: dict[str, Any], fragments: tuple[str, ...]
) -> None:
    with pytest.raises(DataError) as caught:
        load(DATA, {"file": f"{name}.csv", **file}, roles)
    told = str(caught.value)
    for fragment in fragments:
        assert fragment in told
    assert all(problem.file == f"{name}.csv" for problem in caught.value.problems)


def test_every_file_of_the_corpus_is_used() -> None:
    assert {path.stem for path in DATA.glob("*.csv")} == {name for name, *_ in TABLE}


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("comma_in_semicolons", {"separator": ";"}),
        ("tabs", {"separator": "\t"}),
        ("byte_order_mark", {"encoding": "utf-8-sig"}),
        ("latin_letters", {"encoding": "cp1252"}),
        ("decimal_comma", {"separator": ";", "decimal": ","}),
        ("decimal_point_declared_comma", {"separator": ";"}),
    ],
)
def test_the_declaration_that_is_advised_is_accepted(name: str, file: dict[str, Any]) -> None:
    sample = load(DATA, {"file": f"{name}.csv", **file}, TRIAL)
    assert sample.matrix().y[0] == (10.5 if name.startswith("decimal") else 10.0)


def book(path: Path, rows: list[list[Any]], *more: str) -> openpyxl.Workbook:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "people"
    for line in rows:
        sheet.append(line)
    for name in more:
        made.create_sheet(name)
    made.save(path)
    return made


GOOD = [["id", "treated", "income"], ["001", 0, 10.5], ["002", 1, 12]]


def test_a_plain_workbook_is_read(tmp_path: Path) -> None:
    book(tmp_path / "a.xlsx", GOOD)
    sample = load(tmp_path, {"file": "a.xlsx"}, TRIAL)
    assert sample.matrix().unit.labels.tolist() == ["001", "002"]
    assert sample.matrix().y.tolist() == [10.5, 12.0]


@pytest.mark.parametrize(
    ("rows", "sheets", "spec", "fragments"),
    [
        (GOOD, ("notes",), {}, ("2 sheets: people, notes", "Declare sheet")),
        (GOOD, ("notes",), {"sheet": "peple"}, ("no sheet 'peple'", "Did you mean 'people'?")),
        (GOOD, ("notes",), {"sheet": "notes"}, ("sheet 'notes' is empty",)),
        ([["A title"], [], *GOOD], (), {}, ("a.xlsx:3:1", "names stand in row 3")),
        ([["id", None, "treated", "income"], ["1", "x", 0, 1]], (), {}, ("no name in B1",)),
        ([*GOOD, ["003", 1, "n/a"]], (), {}, ("a.xlsx:4", "the word 'n/a'", "1 cell: C4")),
        ([*GOOD, ["003", 1, "=1/0"]], (), {}, ("a.xlsx:4", "formulas without a stored value")),
        ([*GOOD, ["003", 1, "#DIV/0!"]], (), {}, ("a.xlsx:4", "spreadsheet errors", "C4")),
        ([*GOOD, [3, 1, 2]], (), {}, ("'id' (unit) mixes text and numbers",)),
        (GOOD[:1], (), {}, ("a header and no rows",)),
    ],
)
def test_bad_workbooks(
    tmp_path: Path,
    rows: list[list[Any]],
    sheets: tuple[str, ...],
    spec: dict[str, Any],
    fragments: tuple[str, ...],
) -> None:
    book(tmp_path / "a.xlsx", rows, *sheets)
    with pytest.raises(DataError) as caught:
        load(tmp_path, {"file": "a.xlsx", **spec}, TRIAL)
    for fragment in fragments:
        assert fragment in str(caught.value)


def test_merged_cells_are_refused(tmp_path: Path) -> None:
    made = book(tmp_path / "a.xlsx", GOOD)
    assert made.active is not None
    made.active.merge_cells("A2:A3")
    made.save(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match="merged cells: A2:A3"):
        load(tmp_path, {"file": "a.xlsx"}, TRIAL)


@pytest.mark.parametrize("suffix", ["xlsx", "parquet", "dta", "sav"])
@pytest.mark.parametrize("content", [b"this is not it", struct.pack("<8d", *range(8))])
def test_damaged_files_give_one_sentence(tmp_path: Path, suffix: str, content: bytes) -> None:
    (tmp_path / f"a.{suffix}").write_bytes(content)
    with pytest.raises(DataError, match=rf"a\.{suffix}:1:1: the file cannot be read as") as caught:
        load(tmp_path, {"file": f"a.{suffix}"}, TRIAL)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("suffix", ["parquet", "dta", "sav"])
def test_cut_files_give_one_sentence(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    write(path, pd.DataFrame({"id": ["a", "b"], "treated": [0, 1], "income": [1.0, 2.0]}))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"cannot be read as"):
        load(tmp_path, {"file": path.name}, TRIAL)


def write(path: Path, frame: pd.DataFrame, labels: dict[str, Any] | None = None) -> None:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".dta":
        frame.to_stata(path, write_index=False, value_labels=labels)
    else:
        pyreadstat.write_sav(frame, path, variable_value_labels=labels)


@pytest.mark.parametrize("suffix", ["parquet", "dta", "sav"])
def test_typed_files_name_the_missing_column(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"a.{suffix}", pd.DataFrame({"id": ["a"], "treatd": [0], "income": [1.0]}))
    with pytest.raises(DataError, match=r"no column 'treated'\. Did you mean 'treatd'\?"):
        load(tmp_path, {"file": f"a.{suffix}"}, TRIAL)


@pytest.mark.parametrize("suffix", ["parquet", "dta", "sav"])
def test_typed_files_refuse_numbers_stored_as_text(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "treated": [0, 1], "income": ["1,5", "2"]})
    write(tmp_path / f"a.{suffix}", frame)
    with pytest.raises(DataError, match="'income' holds a number with a decimal comma"):
        load(tmp_path, {"file": f"a.{suffix}"}, TRIAL)


@pytest.mark.parametrize("suffix", ["dta", "sav"])
def test_value_labels_must_be_declared(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"id": [1, 2, 3], "treated": [0, 1, 1], "income": [1.0, 2.0, 3.0]})
    frame["town"] = [1, 2, 2]
    write(tmp_path / f"a.{suffix}", frame, {"town": {1: "Lyon", 2: "Lille"}})
    roles = {**TRIAL, "stratum": "town"}
    with pytest.raises(DataError, match=r"town carry value labels.*labels: text"):
        load(tmp_path, {"file": f"a.{suffix}"}, roles)
    for declared, labels in (("codes", [1, 2]), ("text", ["Lille", "Lyon"])):
        sample = load(tmp_path, {"file": f"a.{suffix}", "labels": declared}, roles)
        stratum = sample.matrix().stratum
        assert stratum is not None
        assert stratum.labels.tolist() == labels


@pytest.mark.parametrize("suffix", ["dta", "sav"])
def test_codes_without_a_label_are_refused(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"id": [1, 2], "treated": [0, 1], "income": [1.0, 2.0], "town": [1, 9]})
    write(tmp_path / f"a.{suffix}", frame, {"town": {1: "Lyon"}})
    with pytest.raises(DataError, match="codes without a label in 1 row: 9"):
        load(tmp_path, {"file": f"a.{suffix}", "labels": "text"}, {**TRIAL, "stratum": "town"})


@pytest.mark.parametrize("suffix", ["dta", "sav"])
def test_two_codes_of_one_label_are_refused(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"id": [1, 2], "treated": [0, 1], "income": [1.0, 2.0], "town": [1, 2]})
    write(tmp_path / f"a.{suffix}", frame, {"town": {1: "Lyon", 2: "Lyon"}})
    with pytest.raises(DataError, match="two codes of column 'town' share one label"):
        load(tmp_path, {"file": f"a.{suffix}", "labels": "text"}, {**TRIAL, "stratum": "town"})


def test_a_typed_file_without_rows_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", pd.DataFrame({"id": ["a"], "treated": [0], "income": [1.0]})[:0])
    with pytest.raises(DataError, match="the table has no rows"):
        load(tmp_path, {"file": "a.parquet"}, TRIAL)


@pytest.mark.parametrize(
    ("spec", "fragment"),
    [
        ({"file": "nowhere.csv"}, "there is no file 'nowhere.csv'"),
        ({"file": "percnt.csv"}, "Did you mean 'percent.csv'?"),
        ({"file": ".", "format": "csv"}, "is a folder"),
        ({"package": "os", "name": "path"}, "tables of package 'os' cannot be read"),
        ({"package": "causaldata", "name": "nsw_mixtap"}, "Did you mean 'nsw_mixtape'?"),
    ],
)
def test_tables_that_are_not_there(spec: dict[str, Any], fragment: str) -> None:
    with pytest.raises(StudyError) as caught:
        load(DATA, spec, TRIAL)
    assert fragment in str(caught.value)


def test_bad_data_gives_the_exit_code_of_bad_input() -> None:
    assert DataError.exit_code == StudyError.exit_code == InputError.exit_code == 2
