"""The table of everyone eligible: read whole, or refused with every problem at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import DataError
from impacteval.sample import Funnel

GOOD = {
    "id": ["a", "b", "c", "d", "e"],
    "sent": [1, 1, 1, 0, 1],
    "taken": [1, 1, 0, None, 0],
    "seen": [1, 0, 0, 0, 1],
    "why": [None, "moved", "ill", "lost file", " "],
    "age": [20, 30, 40, 50, 60],
}


def read(**changes) -> Funnel:
    df = pd.DataFrame({**GOOD, **changes})
    return Funnel.from_frame(
        df,
        unit="id",
        referred="sent",
        accepted="taken",
        measured="seen",
        reason="why",
        profile="age",
    )


def said(**changes) -> str:
    with pytest.raises(DataError) as caught:
        read(**changes)
    return " | ".join(f"{p.what} {p.fix}" for p in caught.value.problems)


def test_fates_reasons_and_measurement() -> None:
    found = read()
    assert found.fate.tolist() == [2, 2, 1, 0, 1]
    assert found.measured is not None
    assert found.measured.tolist() == [True, False, False, False, True]
    assert found.reason == (None, "moved", "ill", "lost file", None)
    assert found.x[:, 0].tolist() == [20, 30, 40, 50, 60]
    assert found.of(0, 1).tolist() == [False, False, True, True, True]


def test_without_referrals_everyone_was_asked() -> None:
    df = pd.DataFrame({"taken": [1, 0, 0], "age": [1, 2, 3]})
    found = Funnel.from_frame(df, accepted="taken", profile=["age"])
    assert found.fate.tolist() == [2, 1, 1]
    assert not found.referral
    assert found.measured is None


def test_taken_on_without_a_referral_is_refused_by_row() -> None:
    assert "taken on ('taken') who was never referred ('sent'): unit" not in said(
        taken=[1, 1, 0, 1, 0]
    )
    assert "never referred ('sent'): row 4" in said(taken=[1, 1, 0, 1, 0])


def test_a_blank_step_of_somebody_referred_is_refused() -> None:
    assert "'taken' is blank in 1 row of those who were referred (row 3)" in said(
        taken=[1, 1, None, None, 0]
    )
    assert "'sent' is blank in 1 row (row 4)" in said(sent=[1, 1, 1, None, 1])


def test_other_numbers_and_words_are_refused() -> None:
    assert "'seen' holds something other than 1 and 0 in 1 row (row 2)" in said(
        seen=[1, 2, 0, 0, 1]
    )
    assert "'taken' holds something other than 1 and 0 in 1 row (row 2)" in said(
        taken=[1, "yes", 0, None, 0]
    )


def test_nobody_stands_in_the_table_twice() -> None:
    assert "column 'id' names 1 unit more than once: rows 1, 2" in said(
        id=["a", "a", "c", "d", "e"]
    )
    assert "'id' is blank in 1 row (first: row 5)" in said(id=["a", "b", "c", "d", None])


def test_a_reason_for_somebody_who_went_all_the_way_is_refused() -> None:
    assert "for somebody who was taken on and measured: row 1" in said(
        why=["moved", None, None, None, None]
    )


def test_a_blank_profile_is_refused_or_kept() -> None:
    ages = [20, None, 40, 50, 60]
    assert "'age' of the profile is blank in 1 row (row 2)" in said(age=ages)
    df = pd.DataFrame({**GOOD, "age": ages})
    found = Funnel.from_frame(df, accepted="seen", profile="age", missing_profile="kept")
    assert found.names == ("age", "age")
    assert found.absent.tolist() == [False, True]
    assert found.x[:, 0].tolist() == [20, 42.5, 40, 50, 60]
    assert found.x[:, 1].tolist() == [0, 1, 0, 0, 0]
    assert found.known[:, 0].tolist() == [True, False, True, True, True]


def test_words_infinities_and_empty_columns_of_a_profile_are_refused() -> None:
    assert "holds text in 1 row" in said(age=[20, "old", 40, 50, 60])
    assert "is not finite (row 3)" in said(age=[20, 30, np.inf, 50, 60])
    assert "'age' of the profile is blank." in said(age=[None] * 5)


def test_every_problem_at_once() -> None:
    told = said(taken=[1, 1, 0, 1, 0], seen=[1, 2, 0, 0, 1], id=["a", "a", "c", "d", "e"])
    assert told.count(" | ") == 2


def test_columns_that_are_not_there_and_nobody() -> None:
    df = pd.DataFrame(GOOD)
    with pytest.raises(DataError, match="there is no column 'tkaen'"):
        Funnel.from_frame(df, accepted="tkaen", profile="age")
    with pytest.raises(DataError, match="nobody is eligible"):
        Funnel.from_frame(df.iloc[:0], accepted="taken", profile="age")
