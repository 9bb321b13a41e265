"""The shares that a contract states, held against what its declared spending comes to."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import impacteval as ie
from impacteval.contract import load_contract
from impacteval.contract.calendar import looks
from impacteval.contract.checks import chance_by_luck
from impacteval.contract.levels import at_look
from impacteval.errors import ContractError, StudyError, UsageError
from impacteval.render.explain import explain
from impacteval.study.looks import (
    check_spending,
    load_checked,
    right_shares,
    spending_problems,
)

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
from building import clause, groups, make, outcome

UP = outcome(better="higher", effect="difference")
ONE = {"lower_bound": {"level": 0.975, "sides": "one"}}
TWO = {"lower_bound": {"level": 0.95, "sides": "two"}}
TEST = {"significant": {"level": 0.95, "sides": "two"}, "then": "point_estimate"}


def looked(first="0.061012", last="0.979990", *, spending="obrien_fleming", payment=None, **more):
    calendar = {
        "spending": spending,
        "settlements": {"end": {"date": "2026", "information": 1, "alpha_share": last}},
        "interim": {
            "look": {"date": "2025", "pays": True, "information": 0.5, "alpha_share": first}
        },
        **more.pop("calendar", {}),
    }
    more = {"outcomes": {"x": UP}, "decide_on": ONE, **more}
    return make(payment or {"threshold": clause(2)}, calendar=calendar, **more)


def crosses(tails, information=(0.5, 1.0)):
    """How often one of the looks is passed by luck: an integral of scipy, nothing of the package."""
    t = np.array(information)
    correlation = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    law = stats.multivariate_normal(np.zeros(len(t)), correlation)
    return 1.0 - float(law.cdf(stats.norm.isf(tails), rng=np.random.default_rng(1)))


@pytest.mark.parametrize("rule", [ONE, TWO, TEST])
def test_one_sided_and_two_sided_rules_of_one_error_have_the_same_shares(rule):
    contract = looked(decide_on=rule)
    check_spending(contract)
    assert right_shares(contract) == pytest.approx({"look": 0.0610129, "end": 0.9799909}, abs=1e-7)


def test_the_levels_that_are_judged_at_keep_the_error():
    contract = looked()
    levels = [
        float(at_look(contract, look).decide_on.lower_bound.level) for look in looks(contract)
    ]
    assert crosses(1.0 - np.array(levels)) == pytest.approx(0.025, abs=2e-6)
    # Two full levels would go wrong more often, and Bonferroni's less often.
    assert crosses(np.array([0.025, 0.025])) > 0.04
    assert chance_by_luck(contract) == Decimal("0.025")


@pytest.mark.parametrize(
    ("first", "last", "wrong"),
    [
        ("0.5", "0.5", ["look", "end"]),
        ("0.061012", "0.98", ["end"]),
        ("0.0611", "0.97999", ["look"]),
        ("0.05", "0.97999", ["look"]),
    ],
)
def test_other_shares_are_refused_with_the_right_ones(first, last, wrong):
    problems = list(spending_problems(looked(first, last)))
    assert [name for p in problems for name in ("look", "end") if f"of `{name}`" in p.what] == wrong
    for problem in problems:
        assert "look 0.061012, end 0.97999." in problem.fix
    with pytest.raises(UsageError, match="O'Brien-Fleming"):
        check_spending(looked(first, last))


@pytest.mark.parametrize("digits", [2, 3, 6, 9])
def test_shares_may_be_stated_with_fewer_decimals_and_never_rounded_up(digits):
    exact = {"look": Decimal("0.0610129103"), "end": Decimal("0.9799908715")}
    cut = {k: str(v)[: 2 + digits] for k, v in exact.items()}
    check_spending(looked(cut["look"], cut["end"]))


def test_several_chances_divide_before_looks_do():
    two = {"sum": [clause(2), clause(3, name="other")]}
    for how, errors in (("bonferroni", [0.0125]), ("none", [0.025])):
        shares = right_shares(looked(payment=two, multiplicity=how))
        each = [right_shares(looked(decide_on=one_sided(1 - e))) for e in errors]
        for name, share in shares.items():
            assert share == pytest.approx(min(of[name] for of in each), abs=1e-10)


def one_sided(level):
    return {"lower_bound": {"level": round(level, 6), "sides": "one"}}


def test_a_look_of_two_series_has_the_smaller_share():
    payment = {"sum": [clause(2), clause(3, name="late")]}
    calendar = {
        "interim": {
            "first": {
                "date": "2024",
                "pays": True,
                "information": 0.25,
                "alpha_share": 0.1,
                "clauses": ["main"],
            },
            "look": {"date": "2025", "pays": True, "information": 0.5, "alpha_share": 0.1},
        }
    }
    contract = looked(payment=payment, calendar=calendar, spending="pocock", multiplicity="none")
    found = right_shares(contract)
    assert set(found) == {"first", "look", "end"}
    alone = right_shares(looked(spending="pocock"))
    assert found["look"] < alone["look"]
    assert found["end"] < alone["end"]


def test_groups_are_looked_at_like_everybody():
    contract = looked(
        payment={"threshold": clause(2, per="group")}, multiplicity="none", **groups(2)
    )
    check_spending(contract)


def test_a_level_below_a_half_cannot_be_spent():
    with pytest.raises(UsageError, match="less than half of all cases"):
        check_spending(looked(decide_on={"chance_at_least": 0.4}))


WRONG = """\
format: impacteval-contract/1
id: earnings
title: Earnings contract
in_plain_words: {en: We pay for higher earnings., fr: Nous payons des revenus plus élevés.}
currency: EUR
parties: {payers: A public payer}
who_counts: {people: everyone in the trial, count_everyone: true}
outcomes:
  earnings:
    plain_name: {en: Earnings, fr: Revenus}
    measure: euros a year per person
    better: higher
    effect: difference
    counterfactual: {design: rct}
calendar:
  spending: pocock
  settlements:
    end: {date: 2030, information: 1, alpha_share: 0.56}
  interim:
    look: {date: 2029, pays: true, information: 0.5, alpha_share: 0.62}
decide_on: {chance_at_least: 0.975}
payment:
  threshold: {name: main, when: {earnings: {at_least: 800}}, pay: 250000}
"""


def test_a_file_is_refused_at_its_line_and_column(tmp_path):
    file = tmp_path / "contract.yaml"
    file.write_text(WRONG, encoding="utf-8")
    assert load_contract(file).id == "earnings"  # every part makes sense; the numbers do not
    with pytest.raises(ContractError) as caught:
        load_checked(file)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (18, 52)
    assert problem.what == "The share 0.56 of `end` is not what Pocock spends there: 0.554753."
    (tmp_path / "plan.yaml").write_text("format: impacteval-plan/1\n", encoding="utf-8")
    with pytest.raises(StudyError, match=r"0\.554753"):
        ie.load_study(tmp_path)
    file.write_text(WRONG.replace("alpha_share: 0.56}", "alpha_share: 0.554}"), encoding="utf-8")
    assert load_checked(file).id == "earnings"


def test_always_valid_shares_are_declared_like_any_other():
    right = {"look": 0.0408046, "end": 0.0471403}
    contract = looked("0.040804", "0.047140", spending="always_valid")
    check_spending(contract)
    assert right_shares(contract) == pytest.approx(right, abs=1e-7)
    assert crosses(0.025 * np.array(list(right.values()))) < 0.025


def test_a_contract_says_in_both_languages_how_its_looks_spend():
    contract = looked(calendar={"planned": {"std_error": {"x": 0.4}, "tolerance": 0.1}})
    said = {lang: " ".join(explain(contract, lang).split()) for lang in ("en", "fr")}
    for words in (
        "no more often than the rule alone: early looks use up next to nothing of it",
        "That is why the shares add up to more than 100%",
        "“look” is to have 50% of the information of the last look",
        "it may use up 6.1012%: a level of 95% becomes 99.69494% there",
        "“end” is the last look at these data",
        "by more than 10 percentage points",
    ):
        assert words in said["en"]
    for words in ("presque rien", "dépasse 100", "dernière lecture de ces données", "10 points"):
        assert words in said["fr"]
    valid = explain(looked("0.040804", "0.047140", spending="always_valid"), "en")
    assert "however many more looks there are" in " ".join(valid.split())
    assert "more than 100%" not in " ".join(valid.split())
