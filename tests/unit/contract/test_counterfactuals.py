"""A counterfactual that changes by date: written as data, read by date, said in words."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from impacteval.contract import Contract, load_contract
from impacteval.contract.counterfactuals import on_date
from impacteval.contract.dates import first_day, last_day
from impacteval.contract.sentences import explain_sentences
from impacteval.render.format import fill

NEWPIN = Path(__file__).parents[3] / "studies" / "bonds" / "newpin"
FIXED = {"until": "2015", "design": "fixed_rate", "rate": "25%"}
LIVE = {"from": "2016", "design": "matched_comparison"}


def make(counterfactual: Any, *, of_clause: Any = None) -> Contract:
    clause = {"name": "main", "when": {"x": {"at_least": 5}}, "pay": 7}
    if of_clause is not None:
        clause["counterfactual"] = of_clause
    return Contract.model_validate(
        {
            "format": "impacteval-contract/1",
            "id": "test",
            "title": "Test",
            "in_plain_words": {"en": "A test.", "fr": "Un essai."},
            "currency": "EUR",
            "parties": {"payers": "A payer"},
            "who_counts": {"people": "everyone", "count_everyone": True},
            "outcomes": {
                "x": {
                    "plain_name": {"en": "Thing", "fr": "Chose"},
                    "measure": "things",
                    "better": "higher",
                    "effect": "difference",
                    "counterfactual": counterfactual,
                }
            },
            "decide_on": "point_estimate",
            "payment": clause,
        }
    )


def sentences(contract: Contract, language: str = "en") -> list[str]:
    return [fill(m, language, "EUR").replace("\xa0", " ") for m in explain_sentences(contract)]


@pytest.mark.parametrize(
    ("date", "design"),
    [
        # Fixed at 25 percent for three years, then a live matched control group (INDIGO-POJ-0005).
        ("2013-07-01", "fixed_rate"),
        ("2015-12-31", "fixed_rate"),
        ("2016-01-01", "matched_comparison"),
        ("2019-12-31", "matched_comparison"),
        (None, "matched_comparison"),
    ],
)
def test_newpin_by_date(date, design):
    contract = load_contract(NEWPIN)
    day = None if date is None else dt.date.fromisoformat(date)
    (clause,) = contract.clauses
    found = contract.counterfactual_of(clause, day)
    assert found.design == design
    assert (found.rate is None) == (design != "fixed_rate")


def test_a_clause_may_have_its_own():
    contract = make({"design": "rct"}, of_clause=[FIXED, LIVE])
    (clause,) = contract.clauses
    assert contract.counterfactual_of(clause, dt.date(2014, 1, 1)).rate == 25
    assert contract.counterfactual_of(clause).design == "matched_comparison"
    assert (
        "For clause “main”, from this date on (2016), to know what would have happened otherwise, "
        "each person is compared with similar people who were not served."
    ) in sentences(contract)


def test_each_period_is_said_in_both_languages():
    contract = make([FIXED, LIVE])
    english, french = sentences(contract), sentences(contract, "fr")
    assert (
        "Up to and including this date (2015), to know what would have happened otherwise, the "
        "contract fixes a rate in advance instead of measuring it."
    ) in english
    assert "The rate that is fixed: 25%." in english
    assert "Le taux fixé : 25 %." in [line.replace("\u202f", " ") for line in french]
    assert any(line.startswith("À partir de cette date (2016), pour savoir") for line in french)
    assert "The rate that is fixed: 30." in sentences(make({"design": "fixed_rate", "rate": 30}))


def test_one_counterfactual_is_said_and_digested_as_before():
    contract = make({"design": "none"})
    assert "Here nothing tells what would have happened otherwise." in sentences(contract)
    assert contract.model_dump(exclude_defaults=True)["outcomes"]["x"]["counterfactual"] == {
        "design": "none"
    }
    assert make([{"design": "none"}]).digest == contract.digest


@pytest.mark.parametrize("of_clause", [None, FIXED | {"until": None}, [FIXED, LIVE]])
def test_loading_is_the_inverse_of_dumping(of_clause):
    contract = make([FIXED, LIVE], of_clause=of_clause)
    again = Contract.model_validate(contract.model_dump())
    assert again == contract
    assert again.digest == contract.digest


@pytest.mark.parametrize(
    ("periods", "said"),
    [
        ([FIXED, LIVE | {"from": "2017"}], "must begin on the day after the other ends"),
        ([FIXED, LIVE | {"from": "2015-12"}], "must begin on the day after the other ends"),
        ([FIXED, LIVE | {"from": None}], "Counterfactual 2 of 2 does not say `from`."),
        ([FIXED | {"until": None}, LIVE], "Counterfactual 1 of 2 does not say `until`."),
        ([FIXED], "The last counterfactual has `until: 2015`"),
        (LIVE, "The first counterfactual has `from: 2016`"),
        (LIVE | {"rate": 5}, "`rate` is the rate that a contract fixes"),
        ([], "at least 1 item"),
        ([FIXED | {"until": "9999"}, LIVE | {"from": "0001"}], "must begin on the day after"),
    ],
)
def test_periods_follow_each_other(periods, said):
    with pytest.raises(ValidationError, match=said.replace("(", r"\(")):
        make(periods)


@given(
    ends=st.sets(st.integers(2000, 2060), min_size=1, max_size=4),
    date=st.dates(dt.date(1999, 1, 1), dt.date(2062, 1, 1)),
)
def test_exactly_one_period_holds_on_each_day(ends, date):
    years = sorted(ends)
    periods = [
        {"design": "fixed_rate", "rate": k}
        | ({"from": str(years[k - 1] + 1)} if k else {})
        | ({"until": str(years[k])} if k < len(years) else {})
        for k in range(len(years) + 1)
    ]
    found = make(periods).outcomes["x"].counterfactuals
    holding = [
        p
        for p in found
        if (p.begins is None or first_day(p.begins) <= date)
        and (p.until is None or date <= last_day(p.until))
    ]
    assert holding == [on_date(found, date)]
