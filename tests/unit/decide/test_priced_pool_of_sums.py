"""Typed results pooled as a ratio of sums, and totals that add up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from building import about, clause, groups, make, outcome
from hypothesis import given
from hypothesis import strategies as st

from impacteval.contract import load_contract
from impacteval.decide import price
from impacteval.decide.amended import compared_both_ways, evidence_as_contracted
from impacteval.errors import ContractError, UsageError
from impacteval.render.explain import explain

RELATIVE = "relative_reduction_percent"
BONDS = Path(__file__).parents[3] / "studies" / "bonds"


def agreed(pool="ratio_of_sums", effect=RELATIVE, better="lower", at=8, excludes=(), **more):
    return make(
        {"threshold": clause(at, per="pooled", weights="people")},
        outcomes={"x": outcome(effect=effect, better=better)},
        pool=pool,
        pool_excludes=list(excludes),
        **(groups() | more),
    )


PEOPLE = {"a": 100, "b": 300}
# 100 x 40 against 100 x 50, and 300 x 19 against 300 x 20: 9700 against 11000.
RESULTS = {"x": {"a": 20, "b": 5}}
ANYWAY = {"x": {"a": 50, "b": 20}}


def test_everything_that_happened_against_everything_that_would_have():
    found = price(agreed(), RESULTS, PEOPLE, counterfactual=ANYWAY).clause("main")
    assert found.value == Decimal("11.81818182")  # 1 - 9700 / 11000
    assert found.amount == 100
    mean = price(agreed("mean_of_effects"), RESULTS, PEOPLE).clause("main")
    assert mean.value == Decimal("8.75")  # (20 + 3 x 5) / 4
    assert str(found.steps[0]).endswith("gives 11.81818182.")
    assert "donne" in found.steps[0].text.fr


@given(
    cells=st.lists(
        st.tuples(st.integers(1, 999), st.integers(1, 400), st.integers(1, 400)),
        min_size=2,
        max_size=2,
    )
)
def test_it_is_the_ratio_of_the_sums_in_fractions(cells):
    people = dict(zip("ab", (n for n, _, _ in cells), strict=True))
    results = {
        g: round(100 * (1 - Decimal(o) / Decimal(c)), 12)
        for g, (_, o, c) in zip("ab", cells, strict=True)
    }
    anyway = dict(zip("ab", (c for _, _, c in cells), strict=True))
    found = price(agreed(), {"x": results}, people, counterfactual={"x": anyway}).clause("main")
    exact = 100 * (1 - Fraction(sum(n * o for n, o, _ in cells), sum(n * c for n, _, c in cells)))
    assert float(found.value) == pytest.approx(float(exact), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("people", "anyway"),
    [(None, ANYWAY), (PEOPLE, None), (PEOPLE, {"x.a": 50}), ({"a": 100}, ANYWAY)],
)
def test_when_a_weight_is_missing_the_verdict_must_hold_for_each(people, anyway):
    found = price(agreed(), RESULTS, people, counterfactual=anyway).clause("main")
    assert found.verdict.value == "cannot_be_judged"
    assert "what would have happened in each are not all given" in str(found.reason)
    sure = price(agreed(at=5), RESULTS, people, counterfactual=anyway).clause("main")
    assert (sure.verdict.value, sure.amount) == ("met", 100)
    assert "whatever they are" in str(sure.steps[0])


def test_the_same_result_everywhere_needs_no_weights():
    found = price(agreed(), {"x": {"a": 9, "b": 9}}).clause("main")
    assert (found.value, found.verdict.value) == (9, "met")


def test_peterborough_is_met_as_a_ratio_of_sums_too(tmp_path):
    """142 against 155 is 8.4; the other cohort had 9.7: whatever the weights, above 7.5."""
    text = (BONDS / "peterborough" / "contract.yaml").read_text(encoding="utf-8")
    file = tmp_path / "contract.yaml"
    file.write_text(text.replace("pool: mean_of_effects", "pool: ratio_of_sums"), encoding="utf-8")
    contract = load_contract(file)
    assert contract.pool == "ratio_of_sums"
    given_results = {"reconvictions": {"cohort_1": 8.4, "cohort_2": 9.7}}
    assert price(contract, given_results).clause("final").verdict.value == "met"
    found = price(
        contract,
        given_results,
        {"cohort_1": 1000, "cohort_2": 1000},
        counterfactual={"reconvictions": {"cohort_1": 155, "cohort_2": 145}},
    ).clause("final")
    # (155 x 8.4 + 145 x 9.7) / 300
    assert found.value == Decimal("9.028333333")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"x": {"a": 0}}, "counterfactual, x, a is 0."),
        ({"x": {"a": -3}}, "counterfactual, x, a is -3."),
        ({"x": {"c": 3}}, "no pool is a ratio of sums over it"),
        ({"y.a": 3}, "no pool is a ratio of sums over it"),
        ({"x": {"a": "many"}}, "many"),
        ({"x.a": 3, "x": {"a": 3}}, "is given twice"),
        ([1], "must be a mapping"),
    ],
)
def test_what_cannot_be_used_is_said(typed, said):
    with pytest.raises(UsageError, match=said.replace(".", r"\.")):
        price(agreed(), RESULTS, PEOPLE, counterfactual=typed)


def test_a_mean_of_effects_reads_no_counterfactual():
    with pytest.raises(UsageError, match="no pool is a ratio of sums"):
        price(agreed("mean_of_effects"), RESULTS, PEOPLE, counterfactual=ANYWAY)


def test_a_difference_is_weighted_by_people_under_either_name():
    results = {"x": {"a": 20, "b": 5}}
    found = [
        price(agreed(pool, "difference"), results, PEOPLE)
        for pool in ("ratio_of_sums", "mean_of_effects")
    ]
    assert found[0] == found[1]
    assert found[0].clause("main").value == Decimal("8.75")


@pytest.mark.parametrize("pool", ["ratio_of_sums", "mean_of_effects"])
def test_totals_add_up(pool):
    """As in a study: 20 fewer in one group and 5 fewer in the other are 25 fewer."""
    contract = agreed(pool, "total_units", at=25)
    found = price(contract, {"x": {"a": 20, "b": 5}}).clause("main")
    assert (found.value, found.verdict.value) == (25, "met")
    assert "add up to 25" in str(found.steps[0])
    same = price(contract, {"x": {"a": 20, "b": 20}}).clause("main")
    assert same.value == 40


def test_standard_deviations_have_no_sum():
    with pytest.raises(Exception, match="have no sum over groups") as caught:
        agreed(effect="difference_in_sd")
    assert not isinstance(caught.value, ContractError | AssertionError)


def test_the_explanation_says_which_it_is():
    for pool, effect, english, french in (
        ("ratio_of_sums", RELATIVE, "against everything that would have happened", "rapporté à"),
        ("mean_of_effects", RELATIVE, "weighing by its number of people", "nombre de personnes"),
        ("ratio_of_sums", "difference", "weighing by its number of people", "de personnes"),
        ("ratio_of_sums", "total_units", "their results added up", "additionnés"),
    ):
        contract = agreed(pool, effect)
        assert english in explain(contract, language="en").replace("\n", " ")
        assert french in explain(contract, language="fr").replace("\n", " ")


AMENDED = [
    {
        "date": "2020-01-01",
        "what": {"en": "Sums.", "fr": "Sommes."},
        "cause": {"en": "Agreed.", "fr": "Convenu."},
        "decided_by": "not_published",
        "set": {"pool": "ratio_of_sums"},
    }
]


def test_each_reading_pools_in_its_own_way():
    contract = agreed("mean_of_effects", changes=AMENDED)
    decision = price(contract, RESULTS, PEOPLE, counterfactual=ANYWAY)
    assert decision.clause("main").value == Decimal("11.81818182")
    assert decision.amended.as_contracted.clause("main").value == Decimal("8.75")


def test_a_pooled_number_is_not_read_by_a_contract_that_pools_otherwise():
    contract = agreed("mean_of_effects", changes=AMENDED)
    decision = price(contract, {"x": {"pooled": 9}}, PEOPLE)
    assert decision.clause("main").verdict.value == "met"
    assert decision.amended.as_contracted.clause("main").verdict is None


def test_evidence_on_a_pool_stays_with_the_contract_that_pools_so():
    """A study estimates the pool as the contract stands; as signed it is another number."""
    pooled = about(9, group="pooled")
    for signed, kept in (("mean_of_effects", 0), ("ratio_of_sums", 1)):
        contract = agreed(signed, changes=AMENDED)
        found, unread = evidence_as_contracted(contract, [pooled], lambda _: ("a", "b"))
        assert (len(found), unread) == (kept, ())
        (number,) = compared_both_ways(contract)
        assert (number.group, number.pool) == ("pooled", ("a", "b"))
