"""Faults in the data of a study, through the command line: a clear refusal, and no report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from impacteval.cli.run import run

Frame = pd.DataFrame


def at(column: str, rows: list[int], value: object) -> Callable[[Frame], Frame]:
    def change(df: Frame) -> Frame:
        return df.assign(**{column: df[column].astype(object).mask(df.index.isin(rows), value)})

    return change


def both_arms(df: Frame) -> Frame:
    twin = df.iloc[[0]].assign(served=1)
    return pd.concat([df, twin], ignore_index=True)


def twice(df: Frame) -> Frame:
    return pd.concat([df, df.iloc[[0, 1]]], ignore_index=True)


TABLE: list[tuple[str, Callable[[Frame], Frame], list[str]]] = [
    ("missing outcome", at("events", [4, 7], None), ["'events'", "2 missing values: rows 5, 8"]),
    # Row 406 of the file is the fourth row of the second cohort.
    ("missing outcome later", at("events", [405], None), ["1 missing value: row 406"]),
    ("missing treatment later", at("served", [405], None), ["'served'", "row 406"]),
    ("missing treatment", at("served", [4], None), ["'served'", "missing"]),
    ("missing unit", at("person", [4], None), ["'person'", "missing"]),
    ("missing group", at("cohort", [4], None), ["'cohort'", "row 5"]),
    ("missing eligibility", at("first_release", [9], None), ["'first_release'", "row 10"]),
    ("text in numbers", at("events", [4], "many"), ["people.csv:6", "'events'"]),
    ("decimal comma", at("age", [4], "20,5"), ["people.csv:6", "'age'", "Declare decimal: ','"]),
    ("infinite", at("events", [4], "inf"), ["people.csv:6", "'events'"]),
    ("treatment of 2", at("served", [4], 2), ["'served'", "row 5"]),
    ("unit in both arms", both_arms, ["'person'"]),
    ("duplicate rows", twice, ["'person'"]),
    ("empty arm", lambda df: df.assign(served=0), ["'served'"]),
    ("no such group", lambda df: df[df["cohort"] != "two"], ["cohort_2", "no row of the data"]),
    ("no column", lambda df: df.drop(columns="events"), ["there is no column 'events'"]),
    ("column renamed", lambda df: df.rename(columns={"age": "Age"}), ["no column 'age'", "Age"]),
    ("no rows", lambda df: df.iloc[:0], ["people.csv"]),
]


def plain(text: str) -> str:
    return " ".join(text.split())


def refused(
    capsys: pytest.CaptureFixture[str], folder: Path, out: Path, fragments: list[str]
) -> str:
    with pytest.raises(SystemExit) as caught:
        run(["verify", str(folder), "--out", str(out)])
    told = capsys.readouterr()
    assert caught.value.code == 2
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert "Traceback" not in told.err
    assert "Internal" not in told.err
    for fragment in fragments:
        assert fragment in plain(told.err)
    assert not out.exists()
    return told.err


@pytest.mark.parametrize(
    ("change", "fragments"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_each_fault_is_refused_with_its_place(
    two_cohorts: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Frame], Frame],
    fragments: list[str],
) -> None:
    two_cohorts.write(data_change=change)
    told = refused(capsys, two_cohorts.folder, tmp_path / "out", fragments)
    assert "P0000" not in told  # people are named by their row, never by their identifier


@pytest.mark.parametrize(
    ("change", "fragments"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_a_lock_is_not_written_either(
    two_cohorts: Any,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Frame], Frame],
    fragments: list[str],
) -> None:
    two_cohorts.write(data_change=change)
    with pytest.raises(SystemExit) as caught:
        run(["lock", str(two_cohorts.folder)])
    told = capsys.readouterr()
    blind = "missing value" in fragments[-1]
    # Missing outcomes are no fault of the blind part: they are found when outcomes are used.
    assert caught.value.code == (0 if blind else 2)
    assert (two_cohorts.folder / "lock.yaml").exists() == blind
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    ("convert", "fragments"),
    [
        (lambda raw: raw.replace(b",", b";"), ["people.csv:1:1", "Declare separator: ';'"]),
        (lambda raw: b"\xef\xbb\xbf" + raw, ["people.csv:1:1", "encoding: utf-8-sig"]),
        (
            lambda raw: raw.replace(b"cohort", b"coh\xe9rt", 1),
            ["people.csv:1:11", "Declare the encoding"],
        ),
        (lambda raw: b"", ["people.csv:1:1", "the file is empty"]),
        (lambda raw: raw + b"P9999,one,1\n", ["people.csv:829"]),
    ],
    ids=["semicolons", "byte order mark", "latin letters", "empty", "short row"],
)
def test_how_the_file_is_written(
    two_cohorts: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    convert: Callable[[bytes], bytes],
    fragments: list[str],
) -> None:
    two_cohorts.write()
    file = two_cohorts.folder / "people.csv"
    file.write_bytes(convert(file.read_bytes()))
    refused(capsys, two_cohorts.folder, tmp_path / "out", fragments)


def test_semicolons_are_read_when_declared(two_cohorts: Any, two_cohorts_report: Any) -> None:
    two_cohorts.write(
        plan_change=lambda plan: plan["data"]["people"].update(separator=";", encoding="utf-8-sig")
    )
    file = two_cohorts.folder / "people.csv"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b",", b";"))
    two_cohorts.lock()
    assert two_cohorts.verify().decision == two_cohorts_report.decision


def test_no_file(two_cohorts: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two_cohorts.write()
    (two_cohorts.folder / "people.csv").unlink()
    refused(capsys, two_cohorts.folder, tmp_path / "out", ["there is no file 'people.csv'"])


def test_real_people_need_a_key(
    two_cohorts: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("IMPACTEVAL_KEY_FILE", raising=False)
    two_cohorts.write(plan_change=lambda plan: plan.update(synthetic=False))
    folder, out = two_cohorts.folder, tmp_path / "out"
    refused(capsys, folder, out, ["no key for their pseudonyms is given", "IMPACTEVAL_KEY_FILE"])

    monkeypatch.setenv("IMPACTEVAL_KEY_FILE", str(tmp_path / "absent"))
    refused(capsys, folder, out, ["there is no such file"])

    inside = folder / "key"
    inside.write_bytes(bytes(32))
    monkeypatch.setenv("IMPACTEVAL_KEY_FILE", str(inside))
    refused(capsys, folder, out, ["lies inside the study folder"])

    short = tmp_path / "short"
    short.write_bytes(b"too short")
    monkeypatch.setenv("IMPACTEVAL_KEY_FILE", str(short))
    refused(capsys, folder, out, ["16 to 64 bytes"])


def test_no_number_depends_on_the_key(
    two_cohorts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = []
    for k, key in enumerate((b"a" * 32, b"b" * 32)):
        file = tmp_path / f"key{k}"
        file.write_bytes(key)
        monkeypatch.setenv("IMPACTEVAL_KEY_FILE", str(file))
        records.append(two_cohorts.run(plan_change=lambda plan: plan.update(synthetic=False)))
    assert records[0].to_json() == records[1].to_json()
