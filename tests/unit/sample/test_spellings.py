"""One place in two spellings is refused; what only looks alike to a machine is left alone."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from impacteval.errors import DataError
from impacteval.sample import Sample
from impacteval.sample.codes import Codes
from impacteval.sample.spellings import alike, plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("New York", "new york"),
        ("New York", "New  York"),
        ("New-York", "New York"),
        ("St. Gallen", "St Gallen"),
        ("Nîmes", "Nimes"),
        ("L'Haÿ", "L’Hay"),
        ("ﬁeld", "field"),
    ],
)
def test_a_person_reads_the_same(one: str, other: str) -> None:
    assert plain(one) == plain(other)
    assert alike(Codes.of([one, other, "elsewhere"])) != []


@pytest.mark.parametrize(
    "labels",
    [["c1", "c2"], ["+", "-"], ["ab", "a b"], [1, 2], [1.0, 10.0], ["Łódź", "Lod 2"]],
)
def test_different_names_stay_different(labels: list[Any]) -> None:
    assert alike(Codes.of(labels)) == []


def _panel(rows: list[tuple[str, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["unit", "year"])
    frame["y"] = range(len(frame))
    frame["on"] = ((frame["unit"] == "z") & (frame["year"] == 2)).astype(int)
    return frame


def _sample(frame: pd.DataFrame, **roles: Any) -> Sample:
    return Sample.from_frame(
        frame,
        design="did",
        outcome="y",
        unit="unit",
        period="year",
        treatment="on",
        **roles,
    )


BASE = [("z", 1), ("z", 2), ("y", 1), ("y", 2)]


def test_a_unit_followed_under_two_names_is_refused() -> None:
    with pytest.raises(DataError, match=r"'Anna B' and 'anna b'"):
        _sample(_panel([*BASE, ("Anna B", 1), ("anna b", 2)]))


def test_codes_of_units_that_are_seen_together_are_two_units() -> None:
    together = [("aB3", 1), ("ab3", 1), ("aB3", 2), ("ab3", 2)]
    assert len(_sample(_panel([*BASE, *together])).units().unit) == 4


def test_all_names_are_told_at_once_and_long_lists_are_cut() -> None:
    frame = _panel([(f"u{k}", t) for k in range(10) for t in (1, 2)] + BASE)
    towns = {
        f"u{k}": f"Town {'abcde'[k // 2]}" if k % 2 else f"TOWN {'abcde'[k // 2]}"
        for k in range(10)
    }
    frame["town"] = frame["unit"].map(towns).fillna("elsewhere")
    with pytest.raises(DataError) as refused:
        _sample(frame, cluster="town")
    told = str(refused.value)
    assert "5 names in several spellings" in told
    assert "; and 2 more." in told
