"""Faults that a reader of the numbers would act on: each once stood in a simulation."""

from __future__ import annotations

import math
import sys
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist

import pytest
from scipy.stats import nct, t

from impacteval.cli.run import run
from impacteval.contract import load_contract
from impacteval.errors import UsageError
from impacteval.simulation import simulate
from impacteval.simulation.advice_told import advice_sentences
from impacteval.simulation.answer_sentences import headline, held_sentences
from impacteval.simulation.precision_sentences import precisions_told
from impacteval.simulation.saying import in_hundred

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
from building import clause, make, outcome

BONDS = Path(__file__).parents[3] / "studies" / "bonds"
ERROR = {"x.std_error": 4.6}


def contract(payment=None, **changes):
    changes.setdefault("outcomes", {"x": outcome(better="higher", effect="difference")})
    return make({"threshold": clause(5)} if payment is None else payment, **changes)


def counting(better="higher", operator="at_least", number=100):
    counted = outcome(better=better, effect="verified_count", counterfactual={"design": "none"})
    paid = {"name": "jobs", "when": {"x": {operator: number}}, "pay": 1000}
    return make({"threshold": paid}, outcomes={"x": counted})


# --- what is only counted -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "operator", "number"), [("higher", "at_least", 100), ("lower", "at_most", 30)]
)
def test_a_count_of_zero_is_not_a_programme_that_does_nothing(better, operator, number) -> None:
    agreed = counting(better, operator, number)
    found = simulate(agreed, {"x.people": 400, "x.kind": "binary"}, draws=1000).found
    assert found.nothing_at is None
    said = headline(agreed, found)
    assert said.key == "simulation.counted-anyway"
    assert "what would have happened anyway" in said.text.en


def test_what_would_be_counted_anyway_is_what_doing_nothing_is_paid() -> None:
    agreed = counting()
    sizes = {"x.people": 400, "x.kind": "binary", "x.baseline": 0.24}
    found = simulate(agreed, sizes, draws=25_000).found
    assert found.nothing_at == 96.0
    error = math.sqrt(400 * 0.24 * 0.76)
    wanted = 1 - NormalDist(96, error).cdf(100)
    assert found.nothing.paid == pytest.approx(wanted, abs=1e-4)
    assert found.nothing.expected == pytest.approx(1000 * wanted, abs=0.1)
    assert held_sentences(agreed, found)[0].values["anyway"] == 96


# --- advice -------------------------------------------------------------------------------------


def test_advice_under_a_test_never_asks_for_a_threshold_at_zero() -> None:
    # At 0 "not significant" would pay: such a contract is none, and loosening stopped there.
    rule = {"significant": {"level": "0.95", "sides": "two"}, "then": "point_estimate"}
    found = simulate(contract(decide_on=rule), ERROR, false_payment=0.05, draws=5000).found
    assert found.advice[0].found.at == Decimal("0.1")
    assert found.advice[0].found.after.false_payment == pytest.approx(0.025, abs=1e-3)


def test_a_larger_sample_has_more_degrees_of_freedom() -> None:
    # The non-central t gives the risk of a lower bound from n people a side with a spread of 8.
    def risk(n):
        reach = t.ppf(0.9, 2 * n - 2)
        return nct.sf(reach, 2 * n - 2, -5 / (8 * math.sqrt(2 / n)))

    rule = {"lower_bound": {"level": "0.9", "sides": "one"}}
    sizes = {"x.people": 3, "x.comparison": 3, "x.sd": 8}
    found = simulate(contract(decide_on=rule), sizes, false_payment=0.01, draws=100_000).found
    wanted = next(n for n in range(2, 100) if risk(n) <= 0.01)
    assert abs(int(found.advice[1].found.at) - wanted) <= 1


def test_advice_says_how_sure_it_is_and_that_the_comparison_grows() -> None:
    sizes = {"x.people": 200, "x.comparison": 200, "x.sd": 40}
    agreed = contract()
    found = simulate(agreed, sizes, false_payment=0.01, draws=10_000).found
    keys = [message.key for message in advice_sentences(agreed, found)]
    assert "simulation.grown" in keys
    assert "simulation.hoped-assumed-times" in keys
    error = next(m for m in advice_sentences(agreed, found) if m.key == "simulation.advice-margin")
    assert error.values == {"draws": 10_000, "sure": Decimal("0.975")}


@pytest.mark.parametrize("hoped", [math.nan, math.inf, 0.0, -3.0])
def test_a_hope_is_an_effect_above_zero(hoped) -> None:
    with pytest.raises(UsageError, match="The hoped effect is"):
        simulate(contract(), ERROR, false_payment=0.05, hoped=hoped, draws=1000)


@pytest.mark.parametrize("option", ["--hoped", "--false-payment"])
def test_what_belongs_to_advice_is_not_ignored(option, capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        run(["simulate", str(BONDS / "peterborough"), option, "0.04"])
    assert caught.value.code == 2
    assert f"{option} belongs to advice" in capsys.readouterr().err


# --- nothing that was said is ignored, and nothing grows without bounds --------------------------


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"x.cluster_cv": 0.4}, "there are no clusters"),
        ({"x.comparison_clusters": 4}, "only the people compared with live in clusters"),
        ({"x.people": 1, "x.comparison": 1}, "nobody can tell how far"),
        ({"x.clusters": 1, "x.comparison_clusters": 1, "x.icc": 0.1}, "nobody can tell how far"),
    ],
)
def test_what_cannot_be_used_is_refused(more, words) -> None:
    sizes = {"x.people": 40, "x.comparison": 40, "x.sd": 8, **more}
    with pytest.raises(UsageError, match=words):
        simulate(contract(), sizes, draws=1000)


def test_settlements_are_bounded_because_all_are_held_at_once() -> None:
    with pytest.raises(UsageError, match="at most 100"):
        simulate(contract(), ERROR, settlements=101)


# --- words --------------------------------------------------------------------------------------


def test_never_always_where_it_sometimes_fails() -> None:
    assert in_hundred(0.9997) == Decimal("99.97")
    assert in_hundred(0.999999) == Decimal("99.9999")
    assert in_hundred(1.0) == 100


def test_an_error_in_percent_is_not_an_error_in_units() -> None:
    fewer = outcome(better="lower", effect="relative_reduction_percent", unit=None)
    agreed = contract(outcomes={"x": fewer})
    found = simulate(agreed, ERROR, draws=1000).found
    assert precisions_told(agreed, found)[0].values["unit"].en == "percent"


def test_peterborough_still_says_what_noise_is_paid() -> None:
    agreed = load_contract(BONDS / "peterborough")
    found = simulate(
        agreed, {"reconvictions.std_error": 4.77, "reconvictions.people": 900}, draws=1000
    )
    assert found.found.nothing_at == 0.0
    assert headline(agreed, found.found).key == "simulation.pays-something"
