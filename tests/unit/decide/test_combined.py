"""Several designs in one number: the weights are the contract's, and every rule reads the whole."""

from __future__ import annotations

from decimal import Decimal

import pytest
from building import clause, groups, make, outcome
from hypothesis import given
from hypothesis import strategies as st

from impacteval.contract.rules import (
    CombineRule,
    LevelAndSides,
    LowerBoundRule,
    PointRule,
    divided,
    error_of,
    in_place_of,
    level_of,
    read_by,
)
from impacteval.contract.saying import rule_sentence
from impacteval.decide import compared, decide, effective_rule, other_rules, price, rule_text
from impacteval.errors import UsageError
from impacteval.render.format import fill
from impacteval.values import (
    Answer,
    Confidence,
    Evidence,
    LowerBound,
    Message,
    PartEstimate,
    PointEstimate,
    PValue,
    Text,
)

# Massachusetts pays for Roca on 80% of one estimate and 20% of another.
WEIGHTS = {"rct": "0.8", "did": "0.2"}
BOUND = {"lower_bound": {"level": "0.9", "sides": "one"}}
WHY = Message("test.why", Text(en="The joint error is not known.", fr="Erreur conjointe inconnue."))


def contract(then=None, payment=None, **changes):
    rule = {"combine": WEIGHTS} | ({} if then is None else {"then": then})
    return make(payment, decide_on=rule, **changes)


def evidence(*answers, rct="12", did="5", group="all"):
    whole = Decimal("0.8") * Decimal(rct) + Decimal("0.2") * Decimal(did)
    return Evidence(
        "x",
        group,
        (
            Answer(PointEstimate(), whole),
            Answer(PartEstimate("rct"), Decimal(rct)),
            Answer(PartEstimate("did"), Decimal(did)),
            *answers,
        ),
    )


def keys(row):
    return [step.key.removeprefix("decide.") for step in row.steps]


# --- the rule -----------------------------------------------------------------------------------


def test_the_contracts_words_and_the_samples_are_one_table():
    said = make(decide_on={"combine": {"cluster_rct": "0.8", "difference_in_differences": "0.2"}})
    assert said.digest == contract().digest
    assert hash(said.decide_on) == hash(contract().decide_on)


def test_the_point_estimate_is_read_unless_the_contract_says_otherwise():
    rule = contract().decide_on
    assert read_by(rule) == PointRule()
    assert (level_of(rule), error_of(rule)) == (None, None)
    assert contract("point_estimate").decide_on == contract({"point_estimate": True}).decide_on


def test_a_level_belongs_to_the_rule_that_reads_the_whole():
    rule = contract(BOUND).decide_on
    assert (level_of(rule), error_of(rule)) == (Decimal("0.9"), Decimal("0.1"))
    stricter = divided(rule, 2)
    assert isinstance(stricter, CombineRule)
    assert level_of(stricter) == Decimal("0.95")
    assert stricter.combine == rule.combine


def test_another_rule_reads_the_same_whole():
    own, other = contract().decide_on, LowerBoundRule.model_validate(BOUND)
    assert in_place_of(own, other) == CombineRule(combine=WEIGHTS, then=other)
    assert in_place_of(PointRule(), other) == other
    assert in_place_of(own, own) == own
    assert effective_rule(contract(), contract().clauses[0], other).then == other


def test_other_rules_leave_out_the_one_that_reads_the_whole():
    assert [rule.name for rule in other_rules(contract())] == [
        "lower_bound",
        "significant",
        "chance_at_least",
    ]
    assert PointRule() in other_rules(contract(BOUND))


def test_bonferroni_reaches_the_rule_that_reads_the_whole():
    found = contract(
        BOUND,
        {"sum": [clause(), clause(20, name="more")]},
        multiplicity="bonferroni",
    )
    assert level_of(effective_rule(found, found.clauses[0])) == Decimal("0.95")


def test_each_part_is_asked_about_beside_the_whole():
    (number,) = compared(contract(BOUND))
    assert number.questions == (
        PointEstimate(),
        LowerBound(Decimal("0.9"), "one"),
        PartEstimate("rct"),
        PartEstimate("did"),
    )


def test_the_rule_on_one_line():
    assert rule_text(contract().decide_on) == "combine rct 0.8 did 0.2 then point_estimate"


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_weights_are_said(lang):
    said = fill(rule_sentence(contract(BOUND).decide_on), lang)
    assert ("80%" in said) if lang == "en" else ("80\u202f%" in said)
    assert "90" in said
    said = fill(
        rule_sentence(make(decide_on={"combine": {"rct": "0.875", "did": "0.125"}}).decide_on), lang
    )
    assert ("87.5%" in said) if lang == "en" else ("87,5\u202f%" in said)


# --- deciding -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rct", "did", "value", "verdict"),
    [
        ("12", "5", "10.6", "met"),
        ("11.25", "5", "10", "met"),
        ("11.2499999999", "5", "9.99999999992", "not_met"),
        ("9", "14", "10", "met"),
    ],
)
def test_the_weighted_sum_is_compared(rct, did, value, verdict):
    row = decide(contract(), [evidence(rct=rct, did=did)]).clauses[0]
    assert (row.value, row.verdict.value) == (Decimal(value), verdict)
    assert keys(row)[:3] == ["part.rct", "part.did", "combined"]
    assert [step.values.get("weight") for step in row.steps[:2]] == [Decimal("0.8"), Decimal("0.2")]
    shares = [step.values["share"] for step in row.steps[:2]]
    assert sum(shares) == row.exact == row.steps[2].values["value"]


def test_the_bound_is_that_of_the_whole():
    row = decide(
        contract(BOUND), [evidence(Answer(LowerBound(Decimal("0.9"), "one"), Decimal("9.9")))]
    ).clauses[0]
    assert (row.value, row.estimate, row.verdict.value) == (
        Decimal("9.9"),
        Decimal("10.6"),
        "not_met",
    )


def test_a_two_sided_rejection_in_the_harmful_direction_does_not_open():
    gate = {"significant": {"level": "0.95", "sides": "two"}, "then": "point_estimate"}
    harm = evidence(Answer(PValue("two"), Decimal("0.0001")), rct="-12", did="-5")
    row = decide(contract(gate), [harm]).clauses[0]
    assert (row.value, row.verdict.value, row.amount) == (Decimal(0), "not_met", Decimal(0))
    malus = {
        "bonus_malus": {
            "name": "main", "outcome": "x", "dead_band": 5, "full_at": 40, "bonus": 100, "malus": 100,
        }
    }  # fmt: skip
    row = decide(contract(gate, malus), [harm]).clauses[0]
    assert row.value == Decimal("-10.6")
    assert row.amount == Decimal("-16.00")  # 100 * (10.6 - 5) / (40 - 5), and never 0


def test_confidence_in_the_whole():
    found = contract({"chance_at_least": "0.8"})
    sure = evidence(Answer(Confidence(Decimal(10), "at_least"), Decimal("0.8")))
    assert decide(found, [sure]).clauses[0].verdict.value == "met"


def test_an_unknown_joint_error_cannot_be_judged_and_the_point_still_can():
    unknown = evidence(Answer(LowerBound(Decimal("0.9"), "one"), None, WHY))
    row = decide(contract(BOUND), [unknown]).clauses[0]
    assert (row.verdict.value, row.amount, row.reason) == ("cannot_be_judged", None, WHY)
    assert decide(contract(), [unknown]).clauses[0].amount == Decimal(100)


def test_a_part_without_an_estimate_cannot_be_judged():
    part = Evidence("x", "all", (
        Answer(PointEstimate(), Decimal(10)),
        Answer(PartEstimate("rct"), Decimal(12)),
        Answer(PartEstimate("did"), None, WHY),
    ))  # fmt: skip
    assert decide(contract(), [part]).clauses[0].reason == WHY


# --- typed results ------------------------------------------------------------------------------


def test_the_whole_may_be_typed():
    row = price(contract(BOUND), {"x": "10"}).clauses[0]
    assert (row.amount, keys(row)[0]) == (Decimal(100), "given")


@pytest.mark.parametrize(
    "values",
    [
        {"x.rct": 12, "x.did": "5"},
        {"x": {"rct": 12, "did": 5}},
        {"x.all": {"rct": 12, "did": 5}},
    ],
)
def test_the_parts_may_be_typed(values):
    if "x.all" in values:  # a contract without groups has no such level
        with pytest.raises(UsageError):
            price(contract(), values)
        return
    row = price(contract(), values).clauses[0]
    assert (row.value, row.amount) == (Decimal("10.6"), Decimal(100))
    assert keys(row)[:3] == ["part.rct", "part.did", "combined"]


def by_group(**more):
    return contract(None, {"threshold": clause(per="group")}, **groups(2), **more)


@pytest.mark.parametrize(
    "values",
    [
        {"x.a.rct": 12, "x.a.did": 5, "x.b": 3},
        {"x": {"a": {"rct": 12, "did": 5}, "b": 3}},
        {"x.a": {"rct": 12, "did": 5}, "x": {"b": 3}},
    ],
)
def test_parts_by_group(values):
    rows = price(by_group(), values).clauses
    assert [(row.group, row.value) for row in rows] == [("a", Decimal("10.6")), ("b", Decimal(3))]


def test_groups_in_parts_are_pooled():
    pooled = contract(
        None,
        {"threshold": clause(per="pooled", weights="people")},
        pool="mean_of_effects",
        pool_excludes=[],
        **groups(2, a={"people": 100}, b={"people": 300}),
    )
    row = price(pooled, {"x.a.rct": 12, "x.a.did": 5, "x.b": 3}).clauses[0]
    assert row.value == Decimal("4.9")  # (100 * 10.6 + 300 * 3) / 400


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"x.rct": 12}, "x: the estimate of did is missing. Give every part"),
        ({"x.rct": 12, "x.did": 5, "x": 10}, "x is given as a whole and in parts."),
        ({"x": 10, "x.rct": 12, "x.did": 5}, "x is given as a whole and in parts."),
        ({"x.all": 10, "x.rct": 12, "x.did": 5}, "x is given as a whole and in parts."),
        ({"x.rct": 12, "x.dit": 5}, "'dit' is not a design that the contract combines for x. Did"),
        ({"x.rct": "much", "x.did": 5}, "The number for x, rct is 'much'."),
        ({"x": {"rct": 1, "did": 5}, "x.rct": 1}, "x, all, rct is given twice."),
        ({"y.rct": 1}, "'y' is not an outcome of this contract."),
    ],
)
def test_parts_that_cannot_be_used(values, said):
    with pytest.raises(UsageError) as caught:
        price(contract(), values)
    assert any(str(problem).startswith(said) for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"x.c.rct": 12, "x.c.did": 5}, "'c' is not a group that a clause compares for x."),
        ({"x.rct": 12, "x.did": 5}, "'rct' is not a group that a clause compares for x."),
        ({"x": {"a": 1}, "x.a": 2}, "x.a is given twice."),
        ({"x": 3}, "x is judged by group, and one number is given."),
    ],
)
def test_parts_by_group_that_cannot_be_used(values, said):
    with pytest.raises(UsageError) as caught:
        price(by_group(), values)
    assert any(str(problem).startswith(said) for problem in caught.value.problems)


def test_parts_do_not_tell_a_bound():
    with pytest.raises(UsageError, match="the parts do not tell how sure it is"):
        price(contract(BOUND), {"x.rct": 12, "x.did": 5})


@given(
    st.lists(st.integers(1, 10**6), min_size=2, max_size=5),
    st.lists(st.decimals(-1000, 1000, places=6), min_size=5, max_size=5),
)
def test_the_whole_lies_between_its_parts(shares, estimates):
    designs = ["rct", "did", "synthetic_control", "matched", "count"][: len(shares)]
    weights = [Decimal(s) / sum(shares) for s in shares]
    weights = [w.quantize(Decimal("1e-9")) for w in weights]
    weights[0] += 1 - sum(weights)
    if min(weights) <= 0:
        return
    found = make(
        decide_on={"combine": {d: format(w, "f") for d, w in zip(designs, weights, strict=True)}}
    )
    typed = dict(zip(designs, estimates, strict=False))
    value = price(found, {"x": typed}).clauses[0].value
    assert min(typed.values()) <= value <= max(typed.values())
    assert value == sum(w * typed[d] for d, w in zip(designs, weights, strict=True))


def test_a_level_and_its_sides_stay_what_they_are():
    two = LowerBoundRule(lower_bound=LevelAndSides(level="0.9", sides="two"))
    assert error_of(CombineRule(combine=WEIGHTS, then=two)) == Decimal("0.05")


def test_counts_are_not_combined():
    with pytest.raises(ValueError, match="is only counted"):
        make(
            decide_on={"combine": {"count": "0.5", "rct": "0.5"}},
            outcomes={
                "x": outcome(
                    better="higher", effect="verified_count", counterfactual={"design": "none"}
                )
            },
        )


def test_a_rule_may_be_handed_over_as_it_is():
    rule = contract(BOUND).decide_on
    assert make(decide_on=rule).decide_on == rule
    assert (
        make(decide_on=CombineRule(combine=WEIGHTS, then=rule.then)).digest
        == contract(BOUND).digest
    )
