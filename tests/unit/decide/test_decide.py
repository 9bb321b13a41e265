"""Evidence rules, verdicts and what must never be decided."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from building import about, clause, groups, make, number, outcome

from impacteval.contract.rules import (
    ChanceRule,
    LevelAndSides,
    LowerBoundRule,
    PointRule,
    SignificantRule,
)
from impacteval.decide import compared, decide, effective_rule, other_rules, rule_text
from impacteval.errors import UsageError
from impacteval.values import (
    Answer,
    Confidence,
    Evidence,
    LowerBound,
    Message,
    PointEstimate,
    PValue,
    Status,
    Text,
)

WHY = Message("test.why", Text(en="Because.", fr="Parce que."))

LOWER_ONE = {"lower_bound": {"level": "0.90", "sides": "one"}}
SIGNIFICANT_TWO = {"significant": {"level": 0.95, "sides": "two"}, "then": "point_estimate"}
SIGNIFICANT_ONE = {"significant": {"level": 0.95, "sides": "one"}, "then": "point_estimate"}
CHANCE = {"chance_at_least": 0.8}
DIFFERENCE = outcome(better="higher", effect="difference")


def asked(contract):
    return compared(contract)[0].questions


def judged(contract, estimate, **answers):
    """The result of the only clause."""
    evidence = about(estimate, asked=asked(contract), **answers)
    return decide(contract, [evidence]).clauses[0]


# --- what is asked ------------------------------------------------------------------------------


def test_each_rule_asks_its_own_question():
    ninety = Decimal("0.90")
    assert asked(make()) == (PointEstimate(),)
    assert asked(make(decide_on=LOWER_ONE)) == (PointEstimate(), LowerBound(ninety, "one"))
    assert asked(make(decide_on=SIGNIFICANT_TWO)) == (PointEstimate(), PValue("two"))
    assert asked(make(decide_on=CHANCE)) == (
        PointEstimate(),
        Confidence(Decimal(10), "at_least"),
    )


def test_under_a_chance_a_price_by_the_unit_asks_for_the_bound_at_that_confidence():
    linear = {"linear": {"name": "main", "outcome": "x", "per_unit": 2}}
    contract = make(linear, decide_on=CHANCE)
    assert asked(contract)[1] == LowerBound(Decimal("0.8"), "one")
    assert judged(contract, 9, bound=3).amount == 6


def test_tiers_ask_for_the_confidence_in_every_step():
    steps = [{"at_least": 10, "pay": 1}, {"at_least": 20, "pay": 5}]
    contract = make({"tiers": {"name": "main", "outcome": "x", "steps": steps}}, decide_on=CHANCE)
    assert [q.at for q in asked(contract)[1:]] == [10, 20]
    found = judged(contract, 25, confidence={"10": "0.95", "20": "0.79"})
    assert (found.amount, found.threshold) == (1, 10)
    assert judged(contract, 25, confidence={"10": "0.79", "20": "0.1"}).amount == 0


def test_a_number_compared_by_two_clauses_is_asked_about_once():
    contract = make(
        {"sum": [clause(), clause(name="other", decide_on=LOWER_ONE)]},
        multiplicity="none",
    )
    (only,) = compared(contract)
    assert only.clauses == ("main", "other")
    assert only.questions == (PointEstimate(), LowerBound(Decimal("0.90"), "one"))


def test_groups_and_their_pool_are_different_numbers():
    contract = make(
        {
            "first_of": [
                clause(name="early", per="group"),
                clause(name="final", per="pooled", weights="people"),
            ]
        },
        pool="mean_of_effects",
        pool_excludes=["cancelled"],
        **groups(3, c={"cancelled": "2014"}),
    )
    found = [(item.group, item.pool) for item in compared(contract)]
    assert found == [("a", ()), ("b", ()), ("pooled", ("a", "b"))]


def test_other_rules_add_their_questions():
    contract = make()
    questions = compared(contract, *other_rules(contract))[0].questions
    kinds = [type(question) for question in questions]
    assert kinds == [PointEstimate, LowerBound, PValue, Confidence]


def test_other_rules_leave_out_the_contracts_own_and_what_makes_no_sense():
    assert [rule_text(rule) for rule in other_rules(make())] == [
        "lower_bound 0.90 one",
        "significant 0.95 two",
        "chance_at_least 0.8",
    ]
    count = outcome(better="higher", effect="verified_count")
    texts = [rule_text(rule) for rule in other_rules(make(outcomes={"x": count}))]
    assert "significant 0.95 two" not in texts
    assert "point_estimate" in [rule_text(r) for r in other_rules(make(decide_on=CHANCE))]


# --- the rules ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "verdict", "amount"), [(9.999999999, "not_met", 0), (10, "met", 100)]
)
def test_point_estimate(estimate, verdict, amount):
    found = judged(make(), estimate)
    assert (found.verdict, found.amount, found.value) == (verdict, amount, number(estimate))
    assert found.rule == "point_estimate"


@pytest.mark.parametrize(("bound", "verdict"), [(9.99, "not_met"), (10, "met"), (-3, "not_met")])
def test_lower_bound_is_what_is_compared(bound, verdict):
    found = judged(make(decide_on=LOWER_ONE), 14, bound=bound)
    assert (found.verdict, found.value, found.estimate) == (verdict, number(bound), 14)
    assert found.rule == "lower_bound 0.90 one"


def test_a_bound_that_does_not_exist_meets_nothing():
    found = judged(make(decide_on=LOWER_ONE), 14, bound="-Infinity")
    assert (found.verdict, found.amount) == ("not_met", 0)
    assert found.steps[1].key == "decide.no-bound.one"
    assert (
        decide(
            make(decide_on=LOWER_ONE),
            [about(14, asked=asked(make(decide_on=LOWER_ONE)), bound="-Infinity")],
        ).to_json()["clauses"][0]["value"]
        is None
    )


def test_an_infinite_bound_pays_by_the_unit_only_what_the_term_bounds():
    def paid(bound, **settings):
        linear = {"linear": {"name": "main", "outcome": "x", "per_unit": 2} | settings}
        return judged(make(linear, decide_on=LOWER_ONE, outcomes={"x": DIFFERENCE}), 1, bound=bound)

    assert paid("-Infinity").amount == 0
    assert paid("-Infinity", floor=-8).amount == -8
    assert paid("-Infinity", floor="none").verdict is Status.CANNOT_BE_JUDGED
    assert paid("-Infinity", floor="none").amount is None
    assert paid("Infinity", ceiling=9).amount == 9
    assert paid("Infinity").verdict is Status.CANNOT_BE_JUDGED


@pytest.mark.parametrize(
    ("rule", "estimate", "p", "verdict", "value"),
    [
        (SIGNIFICANT_TWO, 12, "0.05", "met", 12),
        (SIGNIFICANT_TWO, 12, "0.0500000001", "not_met", 0),
        (SIGNIFICANT_TWO, 8, "0.001", "not_met", 8),
        (SIGNIFICANT_TWO, -12, "0.001", "not_met", 0),
        (SIGNIFICANT_TWO, 0, "1", "not_met", 0),
        (SIGNIFICANT_ONE, 12, "0.05", "met", 12),
        (SIGNIFICANT_ONE, 12, "0.06", "not_met", 0),
        (SIGNIFICANT_ONE, -12, "0.999", "not_met", 0),
    ],
)
def test_significance_gate(rule, estimate, p, verdict, value):
    found = judged(make(decide_on=rule), estimate, p=p)
    assert (found.verdict, found.value, found.estimate) == (verdict, value, estimate)


@pytest.mark.parametrize(
    ("floor", "estimate", "p", "amount"),
    [
        ("none", 5, "0.9", 0),
        ("none", -5, "0.9", -10),
        ("none", -5, "0.001", -10),
        (-4, -5, "0.001", -4),
        (0, -5, "0.001", 0),
        ("none", 5, "0.001", 10),
    ],
)
def test_a_closed_gate_never_turns_harm_into_nothing(floor, estimate, p, amount):
    linear = {"linear": {"name": "main", "outcome": "x", "per_unit": 2, "floor": floor}}
    contract = make(linear, decide_on=SIGNIFICANT_TWO, outcomes={"x": DIFFERENCE})
    found = judged(contract, estimate, p=p)
    assert found.amount == amount
    assert found.verdict == ("met" if amount > 0 else "not_met")


@pytest.mark.parametrize(("confidence", "verdict"), [("0.7999999999", "not_met"), ("0.8", "met")])
def test_chance_at_least(confidence, verdict):
    found = judged(make(decide_on=CHANCE), 14, confidence={"10": confidence})
    assert (found.verdict, found.value) == (verdict, 14)


def test_rounding_comes_before_the_comparison_and_after_the_mapping():
    def rounds(mode):
        rounded = outcome(round_result={"decimals": 1, "mode": mode})
        return make(outcomes={"x": rounded})

    assert judged(rounds("half_up"), "9.95").verdict is Status.MET
    assert judged(rounds("half_up"), "9.9499999999").verdict is Status.NOT_MET
    assert judged(rounds("half_even"), "9.85").value == Decimal("9.8")
    assert judged(rounds("half_even"), "9.95").value == Decimal("10.0")
    assert (
        judged(make(outcomes={"x": outcome(round_result="none")}), "9.95").verdict is Status.NOT_MET
    )
    found = judged(rounds("half_up"), "9.95")
    assert (found.exact, found.value) == (Decimal("9.95"), Decimal("10.0"))
    assert "decide.rounded" in [step.key for step in found.steps]


def test_a_clause_may_have_a_rule_of_its_own():
    contract = make(
        {"sum": [clause(), clause(name="other", decide_on=LOWER_ONE)]}, multiplicity="none"
    )
    evidence = about(12, asked=compared(contract)[0].questions, bound=9)
    assert [c.verdict for c in decide(contract, [evidence]).clauses] == ["met", "not_met"]


def test_bonferroni_divides_what_may_go_wrong():
    contract = make(
        {"sum": [clause(), clause(name="other")]}, decide_on=LOWER_ONE, multiplicity="bonferroni"
    )
    assert asked(contract)[1] == LowerBound(Decimal("0.95"), "one")
    other = effective_rule(
        contract, contract.clauses[0], ChanceRule(chance_at_least=Decimal("0.8"))
    )
    assert other.chance_at_least == Decimal("0.9")
    none = make({"sum": [clause(), clause(name="other")]}, decide_on=LOWER_ONE, multiplicity="none")
    assert asked(none)[1].level == Decimal("0.90")


@pytest.mark.parametrize("rule", [SIGNIFICANT_TWO, CHANCE])
def test_bonferroni_for_every_rule_with_a_level(rule):
    contract = make(
        {"sum": [clause(), clause(name="other"), clause(name="more")]},
        decide_on=rule,
        multiplicity="bonferroni",
    )
    stricter = effective_rule(contract, contract.clauses[0])
    level = stricter.significant.level if "significant" in rule else stricter.chance_at_least
    old = Decimal("0.95") if "significant" in rule else Decimal("0.8")
    assert abs((1 - level) * 3 - (1 - old)) < Decimal("1e-11")


def test_bonferroni_leaves_a_clause_on_the_point_estimate_alone():
    contract = make(
        {
            "sum": [
                clause(decide_on="point_estimate"),
                clause(name="other"),
                clause(name="more"),
            ]
        },
        decide_on=LOWER_ONE,
        multiplicity="bonferroni",
    )
    assert effective_rule(contract, contract.clauses[0]) == PointRule()
    assert effective_rule(contract, contract.clauses[1]).lower_bound.level == Decimal("0.95")


def test_under_another_rule():
    contract = make()
    evidence = Evidence(
        "x",
        "all",
        (
            Answer(PointEstimate(), Decimal(12)),
            Answer(LowerBound(Decimal("0.9"), "one"), Decimal(8)),
        ),
    )
    rule = LowerBoundRule(lower_bound=LevelAndSides(level=Decimal("0.9"), sides="one"))
    assert decide(contract, [evidence]).clause("main").verdict is Status.MET
    assert decide(contract, [evidence], rule=rule).clause("main").verdict is Status.NOT_MET


def test_a_rule_that_makes_no_sense_for_the_contract_is_refused():
    count = make(outcomes={"x": outcome(better="higher", effect="verified_count")})
    rule = SignificantRule(
        significant=LevelAndSides(level=Decimal("0.95"), sides="two"), then="point_estimate"
    )
    with pytest.raises(UsageError, match="verified count"):
        decide(count, [], rule=rule)


# --- what must never be decided -----------------------------------------------------------------


def test_what_cannot_be_judged_pays_nothing_yet_and_never_zero():
    found = decide(make(), [Evidence("x", "all", (), WHY)])
    assert found.clause("main").verdict is Status.CANNOT_BE_JUDGED
    assert found.clause("main").amount is None
    assert found.clause("main").reason == WHY
    assert (found.due_now, found.total) == (0, None)


@pytest.mark.parametrize(
    ("rule", "question"),
    [
        (LOWER_ONE, LowerBound(Decimal("0.90"), "one")),
        (SIGNIFICANT_TWO, PValue("two")),
        (CHANCE, Confidence(Decimal(10))),
    ],
)
def test_a_question_without_an_answer_cannot_be_judged(rule, question):
    evidence = Evidence(
        "x", "all", (Answer(PointEstimate(), Decimal(50)), Answer(question, None, WHY))
    )
    found = decide(make(decide_on=rule), [evidence]).clause("main")
    assert (found.verdict, found.amount, found.reason) == (Status.CANNOT_BE_JUDGED, None, WHY)
    assert found.estimate == 50


def test_a_question_that_was_never_asked_is_an_error_and_no_verdict():
    with pytest.raises(KeyError):
        decide(make(decide_on=LOWER_ONE), [about(50)])


def test_evidence_without_an_estimate_shows_none():
    evidence = Evidence("x", "all", (Answer(PointEstimate(), None, WHY),))
    found = decide(make(), [evidence]).clause("main")
    assert (found.verdict, found.estimate) == (Status.CANNOT_BE_JUDGED, None)
    bare = decide(make(), [Evidence("x", "all", (), WHY)]).clause("main")
    assert bare.estimate is None


def test_no_evidence_leaves_the_clause_open():
    found = decide(make(), []).clause("main")
    assert (found.verdict, found.amount) == (None, None)
    assert str(found.reason) == "There is no result yet for “Thing”."


def test_two_pieces_of_evidence_about_one_number_are_an_error():
    with pytest.raises(ValueError, match="Two pieces"):
        decide(make(), [about(1), about(2)])


def pooled(rule="point_estimate", excludes=()):
    return make(
        {
            "first_of": [
                clause(name="early", per="group"),
                clause(7.5, name="final", per="pooled", weights="people"),
            ]
        },
        decide_on=rule,
        pool="mean_of_effects",
        pool_excludes=list(excludes),
        multiplicity=None if rule == "point_estimate" else "none",
        **groups(a={"people": 1}, b={"people": 1}),
    )


def bounds(estimate, bound, group):
    return about(estimate, group=group, bound=bound, asked=(LowerBound(Decimal("0.90"), "one"),))


def test_a_pooled_bound_is_never_a_mean_of_bounds():
    both = [bounds(9, 8, "a"), bounds(9.5, 8, "b")]
    assert decide(pooled(LOWER_ONE), both).clause("final").verdict is None
    joint = [*both, bounds(9.25, 8.4, "pooled")]
    found = decide(pooled(LOWER_ONE), joint).clause("final")
    assert (found.verdict, found.value) == (Status.MET, Decimal("8.4"))


def test_evidence_about_the_whole_pool_is_not_read_for_a_smaller_one():
    evidence = [
        bounds(14, 11, "a"),
        bounds(6, 4, "b"),
        bounds(3, 2, "c"),
        bounds(8, 7.6, "pooled"),
    ]
    contract = make(
        {
            "first_of": [
                clause(name="early", per="group"),
                clause(7.5, name="final", per="pooled", weights="people"),
            ]
        },
        decide_on=LOWER_ONE,
        multiplicity="none",
        pool="mean_of_effects",
        pool_excludes=["paid"],
        **groups(3),
    )
    found = decide(contract, evidence).clause("final")
    assert found.verdict is None
    assert "“Thing” (b and c)" in str(found.reason)
    smaller = [*evidence, bounds(4.5, 3, "pooled:b+c")]
    assert decide(contract, smaller).clause("final").value == 3


def test_a_pool_of_one_group_is_that_group():
    evidence = [bounds(14, 11, "a"), bounds(9, 8, "b")]
    found = decide(pooled(LOWER_ONE, ["paid"]), evidence).clause("final")
    assert (found.verdict, found.value, found.estimate) == (Status.MET, 8, 9)


def test_a_pool_with_a_group_that_cannot_be_judged_cannot_be_judged():
    evidence = [about(9, group="a"), Evidence("x", "b", (), WHY)]
    found = decide(pooled(), evidence).clause("final")
    assert (found.verdict, found.reason) == (Status.CANNOT_BE_JUDGED, WHY)
    none = Evidence("x", "b", (Answer(PointEstimate(), None, WHY),))
    found = decide(pooled(), [about(9, group="a"), none]).clause("final")
    assert found.verdict is Status.CANNOT_BE_JUDGED


def test_the_pool_of_point_estimates_is_their_mean():
    found = decide(pooled(), [about(6, group="a"), about(9, group="b")]).clause("final")
    assert (found.value, found.estimate, found.verdict) == (Decimal("7.5"), Decimal("7.5"), "met")
    heavier = decide(pooled(), [about(6, group="a"), about(9, group="b")], people={"a": 3})
    assert heavier.clause("final").value == Decimal("6.75")


def test_an_interim_look_pays_nothing_and_keeps_what_it_would_be():
    found = decide(make(), [about(12)], not_for_payment=WHY)
    row = found.clause("main")
    assert (row.verdict, row.amount, row.would_be) == (Status.NOT_FOR_PAYMENT, None, Status.MET)
    assert (str(found.due_now), found.total) == ("0.00", None)
    assert row.reason == WHY


def test_what_happens_when_a_clause_stays_unjudged_is_carried_along():
    later = {"until": "2030-06", "then": "not_met"}
    contract = make({"threshold": clause(if_not_judged=later)})
    found = decide(contract, [Evidence("x", "all", (), WHY)]).clause("main")
    assert found.verdict is Status.CANNOT_BE_JUDGED
    assert (found.if_not_judged.until, found.if_not_judged.then) == ("2030-06", "not_met")


def test_plain_data_has_exactly_the_promised_keys():
    found = decide(make(), [about("12.5")]).to_json()
    assert list(found) == ["currency", "due_now", "total", "clauses"]
    assert found["due_now"] == found["total"] == "100.00"
    (row,) = found["clauses"]
    assert list(row) == [
        "name",
        "group",
        "outcome",
        "value",
        "operator",
        "threshold",
        "verdict",
        "amount",
        "steps",
    ]
    assert (row["value"], row["threshold"], row["verdict"]) == (12.5, 10, "met")
    assert all(isinstance(step, str) for step in row["steps"])


def test_asking_for_a_clause_that_is_not_there_or_not_alone():
    decision = decide(pooled(), [])
    with pytest.raises(UsageError, match=r"0 results .* Known: early \(a\)"):
        decision.clause("late")
    with pytest.raises(UsageError, match="2 results"):
        decision.clause("early")
    assert decision.clause("early", "b").group == "b"


def test_every_step_exists_in_both_languages_with_the_same_places():
    contract = pooled(LOWER_ONE, ["paid"])
    evidence = [bounds(14, 11, "a"), bounds(9, "-Infinity", "b")]
    for row in decide(contract, evidence).clauses:
        for step in row.steps:
            assert step.text.places("en") == step.text.places("fr")
            assert "{" not in str(step)


def test_deciding_reaches_no_numerical_library():
    code = (
        "import sys, impacteval.decide, impacteval.contract.terms;"
        "print([m for m in ('numpy', 'pandas', 'scipy', 'statsmodels') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
