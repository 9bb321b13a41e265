"""What the contract language can say that the payment over arrays must know about.

Unions of clauses and readings are closed and checked by type. A key of the contract, or something that
a settlement brings, is not: whoever adds one says here whether it changes what is paid for a reading.
"""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

from impacteval.contract import Contract
from impacteval.contract import readings as exact
from impacteval.contract.payment import Leaf, Term
from impacteval.contract.readings import Given, Settled
from impacteval.pricing import DrawReading
from impacteval.pricing.kernel import PricedDraws

PRICED = {
    "currency",
    "money",
    "groups",
    "outcomes",
    "pool",
    "pool_excludes",
    "payment",
    "waterfall",
    "order",
    "gates",
}
# Said, or used before a clause is told its number, and nothing to the price of that number.
NOT_PRICED = {
    "format",
    "id",
    "title",
    "in_plain_words",
    "illustrative",
    "parties",
    "who_counts",
    "decide_on",
    "multiplicity",
    "required",
    "assumptions",
    "audit",
    "calendar",
    "corrections",
    "privacy",
    "dispute",
    "interests",
    "evaluation_cost",
    "not_public",
    "sources",
    # A contract has the terms that its amendments left it with, and these are priced.
    "changes",
    "gatekeeping",
    "stop_when",
    "watch",
    "equity",
    "also_report",
    "context",
    "baseline",
}
# What stands in for a judgement when a settlement has a date, and what was settled before: none of
# them is a number that is drawn.
NOT_DRAWN = {"Granted", "Before"}


def test_every_key_of_a_contract_is_priced_or_is_not_about_the_price():
    assert set(Contract.model_fields) == PRICED | NOT_PRICED


def test_everything_that_a_settlement_brings_is_used():
    # Which date of the calendar is judged says what reaches a clause, not what a number is worth.
    assert {field.name for field in fields(Given)} - {"at"} == {
        "people",
        "claims",
        "already_paid",
        "other_money",
        "settlement_date",  # draws are judged: nothing waits for a date
        "stops",  # what they hold comes with the readings
    }


def test_everything_that_a_payment_comes_to_is_there_for_each_draw():
    told = {"due_now": "due", "steps": ""}
    expected = {told.get(field.name, field.name) for field in fields(Settled)} - {""}
    assert {field.name for field in fields(PricedDraws)} == expected


def test_every_bound_of_a_term_is_known():
    kinds = set(Term.model_fields) - {"cap", "net_of", "cumulative", "split"}
    assert len(kinds) == 14
    assert len(get_args(Leaf)) == 12


def test_every_reading_has_its_array():
    names = {kind.__name__.removesuffix("Draws") for kind in get_args(DrawReading)}
    assert names | NOT_DRAWN == {kind.__name__ for kind in get_args(exact.Reading)}
