"""Figures leave a notebook typed, finite and under a schema."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from impacteval.errors import StudyError, UsageError
from impacteval.notebook import Published, publish, read_published


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMPACTEVAL_PUBLISH_TO", str(tmp_path))
    return tmp_path


def test_what_is_published_is_read_back(place: Path) -> None:
    file = publish(
        a=1794.34240427027, b=np.float64(0.5), c=np.int64(3), money=Decimal("10.50"), no=None,
        when=date(1978, 12, 31), rows=[{"x": 1, "ok": True}], text="met",
    )  # fmt: skip
    assert read_published(file).figures == {
        "a": 1794.342404,
        "b": 0.5,
        "c": 3,
        "money": "10.50",
        "no": None,
        "when": "1978-12-31",
        "rows": [{"x": 1, "ok": True}],
        "text": "met",
    }
    jsonschema.validate(json.loads(file.read_text()), Published.model_json_schema())


def test_every_fault_is_listed_and_nothing_is_written(place: Path) -> None:
    with pytest.raises(UsageError) as caught:
        publish(good=1, a=float("nan"), b=[1, {"c": float("inf")}], d=object(), e=Decimal("NaN"))
    assert [str(p) for p in caught.value.problems] == [
        "The figure 'a' is not finite: nan.",
        "The figure 'b[1].c' is not finite: inf.",
        (
            "The figure 'd' is of type object. Allowed: numbers, texts, truth values, dates, and "
            "lists or mappings of these."
        ),
        "The figure 'e' is not finite: NaN.",
    ]
    assert not list(place.iterdir())


def test_nothing_to_publish_is_a_fault(place: Path) -> None:
    with pytest.raises(UsageError, match="Nothing is published"):
        publish()


def test_by_hand_it_is_written_beside_the_notebook_and_may_be_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IMPACTEVAL_PUBLISH_TO", raising=False)
    monkeypatch.chdir(tmp_path)
    publish(a=1)
    assert read_published(publish(a=2)).figures == {"a": 2}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "published nothing"),
        ('{"format": "impacteval-published/2", "figures": {"a": 1}}', "format"),
        ('{"format": "impacteval-published/1", "figures": {}}', "figures"),
        ('{"format": "impacteval-published/1", "figures": {"a": 1}, "b": 2}', "b: "),
        ("no", "Invalid JSON"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "published.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(StudyError, match=said):
        read_published(file)
