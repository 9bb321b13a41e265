"""A record that was written can be read again, and anything else is refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from impacteval.errors import UsageError
from impacteval.report.reading import load_record
from impacteval.report.record import record_json


def test_there_and_back(two_cohorts_report: Any, tmp_path: Path) -> None:
    record = two_cohorts_report.record
    file = tmp_path / "verdict.json"
    file.write_text(record_json(record), encoding="utf-8")
    assert load_record(file) == record
    assert load_record(tmp_path) == record


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not the JSON of a verdict"),
        ("\x00\xff", "is not the JSON of a verdict"),
        ("[" * 100000, "is not the JSON of a verdict"),
        ("[]", "The file has the format None"),
        ('{"format": "impacteval-verdict/9"}', "The file has the format 'impacteval-verdict/9'"),
        ('{"format": "impacteval-verdict/1"}', "`study`: Field required"),
    ],
)
def test_what_is_not_a_record_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "verdict.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"verdict\.json") as caught:
        load_record(file)
    assert said in str(caught.value)


def test_every_change_of_a_record_is_named(two_cohorts_report: Any, tmp_path: Path) -> None:
    data = json.loads(record_json(two_cohorts_report.record))
    data["page_one"]["clauses"][0]["verdict"] = "perhaps"
    data["extra"] = 1
    file = tmp_path / "verdict.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_record(file)
    assert len(caught.value.problems) == 2
    assert "page_one.clauses.0.verdict" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="The verdict cannot be read"):
        load_record(tmp_path)
