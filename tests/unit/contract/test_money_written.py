"""How an amount of money may be written in a contract, and what is said of one that may not."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from impacteval.contract import load_contract
from impacteval.contract.money import NOT_PUBLISHED
from impacteval.errors import ContractError

CONTRACT = """
format: impacteval-contract/1
id: test
title: Test
in_plain_words: {{en: A test., fr: Un essai.}}
currency: {currency}
parties: {{payers: A payer}}
who_counts: {{people: everyone, count_everyone: true}}
outcomes:
  x:
    plain_name: {{en: Thing, fr: Chose}}
    measure: things per 100 people
    better: lower
    effect: relative_reduction_percent
    counterfactual: {{design: rct}}
decide_on: point_estimate
payment:
  threshold: {{name: main, when: {{x: {{at_least: 10}}}}, pay: {pay}}}
"""


def loaded(folder: Path, pay: str, currency: str = "EUR") -> object:
    file = folder / "contract.yaml"
    file.write_text(CONTRACT.format(pay=pay, currency=currency), encoding="utf-8")
    return load_contract(file).clauses[0].pay


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("250000", Decimal(250000)),
        ("250000.50", Decimal("250000.50")),
        ("'250000'", Decimal(250000)),
        ("0", Decimal(0)),
        ("0.01", Decimal("0.01")),
        ("not_published", NOT_PUBLISHED),
    ],
)
def test_an_amount_is_a_plain_number_or_not_published(
    tmp_path: Path, written: str, read: object
) -> None:
    assert loaded(tmp_path, written) == read


TWO = "two currencies. A contract has one currency. Convert at a rate the parties agree on, and say so."
ALONE = "repeats a currency. Write the number alone: it is read in EUR, the contract's currency."


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("EUR 250000", f"'EUR 250000' {ALONE}"),
        ("250000 EUR", f"'250000 EUR' {ALONE}"),
        ("EUR250000", f"'EUR250000' {ALONE}"),
        ("$250000", f"'$250000' {ALONE}"),
        ("250000 €", f"'250000 €' {ALONE}"),
        ("' 250000 EUR '", f"'250000 EUR' {ALONE}"),
        # Three capitals that are no currency repeat one all the same.
        ("XYZ 250000", f"'XYZ 250000' {ALONE}"),
        ("250000 USD", f"'250000 USD' is in USD and the contract is in EUR: {TWO}"),
        ("USD 250000", f"'USD 250000' is in USD and the contract is in EUR: {TWO}"),
        ("10%", "'10%' is a percentage, not an amount. Write an amount."),
        ("'10 % '", "'10 %' is a percentage, not an amount. Write an amount."),
        ("-5", "The amount -5 is negative. Write 0 or more."),
        ("-0.01", "The amount -0.01 is negative. Write 0 or more."),
    ],
)
def test_what_is_said_of_an_amount_that_cannot_be_read(
    tmp_path: Path, written: str, said: str
) -> None:
    with pytest.raises(ContractError) as wrong:
        loaded(tmp_path, written)
    (problem,) = wrong.value.problems
    assert f"{problem.what} {problem.fix}" == f"`payment.threshold.pay`: {said}"


CODE = "is not a currency code. Write one code of ISO 4217, such as EUR, GBP or USD."


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("euro", f"'euro' {CODE}"),
        ("eur", f"'eur' {CODE}"),
        ("XYZ", f"'XYZ' {CODE}"),
        ("12", f"'12' {CODE}"),
        ("EUR and some more words", f"'EUR and some more wo' {CODE}"),
        ("[EUR, USD]", "A contract has one currency. Write one code, such as EUR."),
        ("{a: EUR}", "A contract has one currency. Write one code, such as EUR."),
    ],
)
def test_what_is_said_of_a_currency_that_cannot_be_read(
    tmp_path: Path, written: str, said: str
) -> None:
    with pytest.raises(ContractError) as wrong:
        loaded(tmp_path, "100", written)
    assert f"`currency`: {said}" in [f"{p.what} {p.fix}" for p in wrong.value.problems]


@pytest.mark.parametrize("currency", ["EUR", "CHF", "XAF", "TND"])
def test_a_currency_is_a_code_of_the_standard(tmp_path: Path, currency: str) -> None:
    assert loaded(tmp_path, "100", currency) == 100
