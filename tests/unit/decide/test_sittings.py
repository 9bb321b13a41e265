"""What each date of the calendar judges, and what it cannot say about money."""

from __future__ import annotations

from decimal import Decimal

import pytest
from building import clause, groups, make, outcome
from pydantic import ValidationError

from impacteval.contract.calendar import date_of, looks
from impacteval.contract.checks import chance_by_luck
from impacteval.contract.ledger import Ledger, load_ledger_of
from impacteval.contract.levels import at_look
from impacteval.contract.sentences import explain_sentences
from impacteval.decide import compared, price
from impacteval.errors import ContractError, UsageError
from impacteval.values import LowerBound, Status

UP = outcome(better="higher", effect="difference")
BOUND = {"lower_bound": {"level": 0.95, "sides": "one"}}


def ledger(*payments, **more):
    return Ledger.model_validate(
        {"format": "impacteval-ledger/1", "contract": "test", "payments": list(payments)} | more
    )


def two_years(**more):
    """Two clauses, each with a settlement of its own."""
    payment = {
        "sum": [clause(pay=100, name="one"), clause(pay=200, name="two", threshold=20)]
    } | more.pop("payment", {})
    calendar = {
        "settlements": {
            "y1": {"date": "2026-06-30", "clauses": ["one"]},
            "y2": {"date": "2027-06-30", "clauses": ["two"]},
        }
    } | more.pop("calendar", {})
    return make(payment, calendar=calendar, outcomes={"x": UP}, **more)


def row(decision, name, group="all"):
    return decision.clause(name, group)


# --- which clauses ------------------------------------------------------------------------------


def test_a_settlement_judges_its_clauses_and_leaves_the_others_open():
    found = price(two_years(), {"x": 25}, settlement="y1")
    assert (row(found, "one").verdict, row(found, "one").amount) == (Status.MET, 100)
    assert (row(found, "two").verdict, row(found, "two").amount) == (None, None)
    assert row(found, "two").reason.key == "sittings.elsewhere"
    assert "“y2”" in str(row(found, "two").reason)
    assert (found.due_now, found.total) == (100, None)
    said = found.to_json()
    assert said["settlement"] == "y1"
    assert said["clauses"][1]["verdict"] is None
    assert said["clauses"][1]["amount"] is None


def test_the_date_that_is_named_is_one_that_judges_this_group():
    """Each settlement judges one cohort: what is said of a cohort names its own date."""
    dates = {"y1": (2026, "a"), "y2": (2027, "b"), "y3": (2028, "c"), "y4": (2029, "b")}
    calendar = {
        "settlements": {
            name: {"date": f"{year}-06-30", "groups": [group]}
            for name, (year, group) in dates.items()
        }
    }
    contract = make(
        {"threshold": clause(per="group")}, calendar=calendar, outcomes={"x": UP}, **groups(3)
    )
    results = {"x": {"a": 25, "b": 25, "c": 25}}

    def said(settlement):
        found = price(contract, results, settlement=settlement, already_paid=0)
        return {
            row.group: (row.reason.key.removeprefix("sittings."), row.reason.values["there"])
            for row in found.clauses
            if row.amount is None
        }

    assert said("y1") == {"b": ("elsewhere", "y2"), "c": ("elsewhere", "y3")}
    assert said("y2") == {"a": ("judged-before", "y1"), "c": ("elsewhere", "y3")}
    assert said("y3") == {"a": ("judged-before", "y1"), "b": ("elsewhere", "y4")}


def test_a_pool_is_named_where_it_is_judged_whatever_the_groups():
    calendar = {
        "settlements": {
            "y1": {"date": "2026-06-30", "groups": ["a"], "clauses": ["one"]},
            "y2": {"date": "2027-06-30", "groups": ["b"], "clauses": ["one", "two"]},
        }
    }
    pool = clause(name="two", per="pooled", weights="people")
    contract = make(
        {"sum": [clause(name="one", per="group"), pool]},
        calendar=calendar,
        outcomes={"x": UP},
        pool="mean_of_effects",
        pool_excludes=[],
        **groups(),
    )
    found = price(contract, {"x": {"a": 25, "b": 25}}, settlement="y1")
    reason = row(found, "two", "pooled").reason
    assert (reason.key, reason.values["there"]) == ("sittings.elsewhere", "y2")


def test_the_clause_of_an_earlier_settlement_is_not_paid_again():
    found = price(two_years(), {"x": 25}, settlement="y2", already_paid=100)
    assert (row(found, "one").verdict, row(found, "one").amount) == (None, None)
    assert row(found, "one").reason.key == "sittings.judged-before"
    assert found.due_now == 200


def test_what_the_ledger_records_stands_and_pays_nothing_more():
    paid = ledger(
        {
            "date": "2026-07-15",
            "settlement": "y1",
            "amount": 100,
            "clauses": [{"clause": "one", "verdict": "met"}],
        }
    )
    found = price(two_years(), {"x": 25}, settlement="y2", ledger=paid)
    assert (row(found, "one").verdict, row(found, "one").amount) == (Status.MET, 0)
    assert row(found, "one").reason.key == "sittings.before"
    assert (found.due_now, found.total) == (200, 200)
    assert found.already_paid == 100


def test_the_only_settlement_is_the_default_and_several_must_be_named():
    only = {"settlements": {"end": {"date": "2026", "clauses": ["one"]}}}
    contract = two_years(calendar=only)
    found = price(contract, {"x": 25})
    assert found.look.name == "end"
    assert row(found, "two").reason.key == "sittings.never"
    with pytest.raises(UsageError, match="several settlements") as caught:
        price(two_years(), {"x": 25})
    assert "y1, y2" in str(caught.value)
    with pytest.raises(UsageError, match="no settlement 'y3'"):
        price(two_years(), {"x": 25}, settlement="y3")
    with pytest.raises(UsageError, match="Its settlements: none"):
        price(make(), {"x": 25}, settlement="y3")


def test_a_gate_is_judged_wherever_what_it_opens_is():
    payment = {
        "sum": [
            clause(pay=5, name="other"),
            {
                "gate": {
                    "name": "quality",
                    "when": {"x": {"at_least": 2}},
                    "opens": {"threshold": clause(pay=100, name="inner")},
                }
            },
        ]
    }
    calendar = {
        "settlements": {
            "y1": {"date": "2026", "clauses": ["inner"]},
            "y2": {"date": "2027", "clauses": ["other"]},
        }
    }
    contract = make(payment, calendar=calendar, outcomes={"x": UP})
    found = price(contract, {"x": 25}, settlement="y1")
    assert row(found, "quality").verdict is Status.MET
    assert (found.due_now, row(found, "other").verdict) == (100, None)
    assert price(contract, {"x": 25}, settlement="y2", already_paid=0).due_now == 5


def test_groups_have_settlements_of_their_own():
    calendar = {
        "settlements": {
            "first": {"date": "2026", "groups": ["a"]},
            "second": {"date": "2027", "groups": ["b"]},
        }
    }
    contract = make(clause(per="group"), calendar=calendar, **groups(2))
    found = price(contract, {"x.a": 12, "x.b": 12}, settlement="second", already_paid=0)
    assert (row(found, "main", "a").verdict, row(found, "main", "b").amount) == (None, 100)


def test_a_settlement_is_not_settled_twice():
    paid = ledger({"date": "2026", "settlement": "y1", "amount": 100})
    with pytest.raises(UsageError, match="settled already") as caught:
        price(two_years(), {"x": 25}, settlement="y1", ledger=paid)
    assert "corrects:" in str(caught.value)


def test_earlier_payments_stand_in_one_place():
    with pytest.raises(UsageError, match="in one place"):
        price(two_years(), {"x": 25}, settlement="y2", ledger=ledger(), already_paid=0)


# --- what nobody states -------------------------------------------------------------------------

CUMULATIVE = {
    "payment": {"cumulative": {"clawback": False}},
    "calendar": {"settlements": {"y1": {"date": "2026-06"}, "y2": {"date": "2027-06"}}},
}
CAPPED = {"payment": {"cap": {"amount": 250, "over": "contract"}}}
EACH = {"payment": {"cap": {"amount": 250, "over": "settlement"}}}


@pytest.mark.parametrize("change", [CUMULATIVE, CAPPED], ids=["cumulative", "ceiling"])
def test_no_amount_is_said_while_earlier_payments_are_unknown(change):
    contract = two_years(**change)
    found = price(contract, {"x": 25}, settlement="y2")
    assert (found.due_now, found.total) == (None, None)
    assert found.steps[-1].key == "sittings.depends"
    assert found.to_json()["due_now"] is None
    # The first one by date has nothing before it.
    first = price(contract, {"x": 25}, settlement="y1")
    assert first.due_now in (100, 300)
    assert first == price(contract, {"x": 25}, settlement="y1", already_paid=0)
    stated = price(contract, {"x": 25}, settlement="y2", ledger=ledger())
    assert stated.due_now in (200, 250, 300)
    assert price(contract, {"x": 25}, settlement="y2", already_paid=0) == stated


def test_nothing_is_due_whatever_was_paid_before():
    found = price(two_years(**CAPPED), {"x": 1}, settlement="y2")
    assert found.due_now == 0
    assert found.steps[-1].key == "sittings.whatever-before"
    assert price(two_years(**CUMULATIVE), {"x": 1}, settlement="y2").due_now == 0
    back = {**CUMULATIVE, "payment": {"cumulative": {"clawback": True}}}
    assert price(two_years(**back), {"x": 1}, settlement="y2").due_now is None


def test_a_payment_that_does_not_depend_on_earlier_ones_is_said():
    for change in ({}, EACH):
        found = price(two_years(**change), {"x": 25}, settlement="y2")
        assert (found.due_now, found.already_paid) == (200, None)


def test_dates_that_may_come_first_count_as_earlier():
    calendar = {
        "settlements": {
            "y1": {"date": "2026", "clauses": ["one"]},
            "y2": {"date": "2026-06", "clauses": ["two"]},
        }
    }
    contract = two_years(**CAPPED, calendar=calendar)
    for name in ("y1", "y2"):
        assert price(contract, {"x": 25}, settlement=name).due_now is None


LENT = {
    "layers": [{"name": "fund", "lender": "A fund", "rank": "first_loss", "amount": 250}],
    "guarantee": {"by": "A foundation", "layer": "fund", "up_to": 10},
}


def test_lenders_wait_until_earlier_payments_are_stated():
    contract = make(
        clause(pay=200),
        waterfall=LENT,
        outcomes={"x": UP},
        calendar={"settlements": {"y1": {"date": "2026"}, "y2": {"date": "2027"}}},
    )
    unknown = price(contract, {"x": 25}, settlement="y2")
    assert (unknown.due_now, [t.repaid for t in unknown.tranches]) == (200, [None])
    assert unknown.steps[-1].key == "terms.waterfall-open"
    assert price(contract, {"x": 25}, settlement="y1").tranches[0].repaid == 200
    known = price(contract, {"x": 25}, settlement="y2", already_paid=50)
    assert (known.tranches[0].repaid, known.tranches[0].loss) == (250, 0)
    capped = make(
        clause(pay=200) | {"cap": {"amount": 300, "over": "contract"}},
        waterfall=LENT,
        outcomes={"x": UP},
        calendar={"settlements": {"y1": {"date": "2026"}, "y2": {"date": "2027"}}},
    )
    assert price(capped, {"x": 25}, settlement="y2").tranches == ()


def early_or_final(**more):
    return make(
        {
            "first_of": [
                clause(name="early", per="group"),
                clause(name="final", per="pooled", weights="people", threshold=5, pay=900),
            ]
        },
        pool="mean_of_effects",
        pool_excludes=more.pop("excludes", ["paid"]),
        calendar={
            "settlements": {
                "s1": {"date": "2014", "clauses": ["early"]},
                "s2": {"date": "2016", "clauses": ["final"]},
            }
        },
        **groups(2, a={"people": 10}, b={"people": 10}),
    )


def test_who_was_paid_before_decides_who_is_paid_now():
    contract, results = early_or_final(), {"x.a": 12, "x.b": 4}
    first = price(contract, results, settlement="s1")
    assert [(r.group, r.amount) for r in first.clauses][:2] == [("a", 100), ("b", 0)]
    unknown = price(contract, results, settlement="s2")
    assert (unknown.due_now, unknown.clause("final").amount) == (None, None)
    silent = ledger({"date": "2015", "settlement": "s1", "amount": 100})
    said = price(contract, results, settlement="s2", ledger=silent)
    assert (said.due_now, said.clause("final").reason.key) == (None, "sittings.record-missing")
    recorded = ledger(
        {
            "date": "2015",
            "settlement": "s1",
            "amount": 100,
            "clauses": [
                {"clause": "early", "group": "a", "verdict": "met"},
                {"clause": "early", "group": "b", "verdict": "not_met"},
            ],
        }
    )
    # Group a was paid and leaves the pool: 4 of group b alone is short of 5.
    final = price(contract, results, settlement="s2", ledger=recorded)
    assert (final.clause("final").verdict, final.due_now, final.total) == (Status.NOT_MET, 0, 0)
    whole = price(early_or_final(excludes=[]), results, settlement="s2", ledger=recorded)
    assert (whole.clause("final").verdict, whole.due_now) == (Status.MET, 900)


def test_a_group_that_was_paid_is_not_paid_again_by_a_settlement_that_judges_everything():
    contract = make(
        {"first_of": [clause(name="early", per="group")]},
        calendar={"settlements": {"s1": {"date": "2014"}, "s2": {"date": "2016"}}},
        **groups(2),
    )
    recorded = ledger(
        {
            "date": "2015",
            "settlement": "s1",
            "amount": 100,
            "clauses": [
                {"clause": "early", "group": "a", "verdict": "met"},
                {"clause": "early", "group": "b", "verdict": "not_met"},
            ],
        }
    )
    found = price(contract, {"x.a": 30, "x.b": 30}, settlement="s2", ledger=recorded)
    assert [(r.group, r.amount) for r in found.clauses] == [("a", 0), ("b", 100)]
    assert price(contract, {"x.a": 30, "x.b": 30}, settlement="s2").due_now is None
    typed = price(contract, {"x.a": 30, "x.b": 30}, settlement="s2", already_paid=0)
    assert typed.due_now == 200
    typed = price(contract, {"x.a": 30, "x.b": 30}, settlement="s2", already_paid=100)
    assert (typed.due_now, typed.steps[-1].key) == (None, "sittings.depends")
    nobody = price(contract, {"x.a": 3, "x.b": 3}, settlement="s2")
    assert nobody.due_now == 0
    assert price(contract, {"x.a": 30, "x.b": 30}, settlement="s2", ledger=ledger()).due_now == 200


# --- too early ----------------------------------------------------------------------------------

WINDOW = {"follow": "12 months", "then_wait": "6 months"}


@pytest.mark.parametrize(
    ("ends", "date", "verdict"),
    [
        ("2012-06-30", "2013-12-30", Status.MET),
        ("2012-06-30", "2013-12-29", Status.CANNOT_BE_JUDGED),
        ("2012-06", "2013-12", Status.MET),
        ("2012-07", "2013-12", Status.CANNOT_BE_JUDGED),
        ("2012", "2014-06-30", Status.MET),
        ("2012", "2014-06-29", Status.CANNOT_BE_JUDGED),
        (None, "2012-07", Status.MET),
    ],
)
def test_an_open_window_cannot_be_judged(ends, date, verdict):
    who = {"people": "everyone", "count_everyone": "true"} | ({"ends": ends} if ends else {})
    contract = make(
        who_counts=who,
        outcomes={"x": outcome(window=WINDOW)},
        calendar={"settlements": {"end": {"date": date}}},
    )
    found = price(contract, {"x": 12})
    assert found.clause("main").verdict is verdict
    if verdict is not Status.MET:
        assert found.clause("main").reason.key == "sittings.too-early"
        assert (found.due_now, found.total) == (0, None)


def test_a_window_in_words_assumes_nothing():
    for window in ({"follow": "until release"}, {"follow": "12 months", "then_wait": "a while"}):
        contract = make(
            who_counts={"people": "all", "count_everyone": True, "ends": "2030"},
            outcomes={"x": outcome(window=window)},
            calendar={"settlements": {"end": {"date": "2020"}}},
        )
        assert price(contract, {"x": 12}).clause("main").verdict is Status.MET


def test_one_group_too_early_holds_back_the_pool():
    contract = make(
        {
            "sum": [
                clause(name="each", per="group"),
                clause(name="both", per="pooled", weights="people"),
            ]
        },
        pool="mean_of_effects",
        pool_excludes=[],
        outcomes={"x": outcome(window=WINDOW)},
        calendar={"settlements": {"end": {"date": "2015"}}},
        **groups(2, a={"ends": "2012", "people": 5}, b={"ends": "2014", "people": 5}),
    )
    found = price(contract, {"x.a": 12, "x.b": 12})
    assert row(found, "each", "a").verdict is Status.MET
    assert row(found, "each", "b").verdict is Status.CANNOT_BE_JUDGED
    assert row(found, "both", "pooled").verdict is Status.CANNOT_BE_JUDGED
    assert row(found, "both", "pooled").reason.values["group"] == "b"


# --- looks in between ---------------------------------------------------------------------------


def looked(**interim):
    return make(
        clause(threshold=2),
        outcomes={"x": UP},
        decide_on=BOUND,
        calendar={
            "settlements": {"end": {"date": "2026"} | interim.pop("end", {})},
            "interim": {"look": {"date": "2025"} | interim},
            "milestones": {"day-100": {"date": "2024-06-30"}},
        },
    )


@pytest.mark.parametrize("name", ["look", "day-100"])
def test_a_look_is_not_for_payment_and_says_what_the_verdict_would_be(name):
    found = price(looked(), {"x": 3}, settlement=name)
    main = found.clause("main")
    assert (main.verdict, main.would_be, main.amount) == (Status.NOT_FOR_PAYMENT, Status.MET, None)
    assert (found.due_now, found.total) == (0, None)
    (said,) = found.to_json()["clauses"]
    assert (said["verdict"], said["would_be"]) == ("not_for_payment", "met")
    assert said["steps"][-1].endswith("The verdict would be: met.")
    below = price(looked(), {"x": 1}, settlement=name)
    assert below.to_json()["clauses"][0]["would_be"] == "not_met"


def test_the_settlement_is_the_default_and_not_the_look():
    found = price(looked(), {"x": 3})
    assert (found.look.name, found.due_now) == ("end", 100)
    assert "would_be" not in found.to_json()["clauses"][0]


def test_a_paying_look_and_the_settlement_share_the_level():
    contract = looked(pays=True, alpha_share=0.2, end={"alpha_share": 0.8})
    levels = {}
    for look in looks(contract):
        (number,) = compared(at_look(contract, look))
        levels[look.name] = next(q.level for q in number.questions if isinstance(q, LowerBound))
    # 1 - share x (1 - 0.95); nothing is divided where nothing is paid.
    assert levels == {"day-100": Decimal("0.95"), "look": Decimal("0.99"), "end": Decimal("0.96")}
    assert contract.rule(contract.clauses[0]).lower_bound.level == Decimal("0.95")
    assert chance_by_luck(contract) == Decimal("0.05")


def test_the_level_of_a_clause_is_shared_wherever_it_stands():
    contract = make(
        {
            "sum": [
                clause(2, name="own", decide_on={"chance_at_least": 0.9}),
                {"tiers": {"name": "t", "outcome": "x", "steps": [{"at_least": 3, "pay": 5}]}},
            ]
        },
        outcomes={"x": UP},
        decide_on=BOUND,
        multiplicity="bonferroni",
        calendar={
            "settlements": {"end": {"date": "2026", "alpha_share": 0.5}},
            "interim": {"look": {"date": "2025", "pays": True, "alpha_share": 0.5}},
        },
    )
    shared = at_look(contract, looks(contract)[0])
    own, tiers = shared.clauses
    assert shared.rule(own).chance_at_least == Decimal("0.95")
    assert shared.rule(tiers).lower_bound.level == Decimal("0.975")
    (number,) = compared(shared)
    # Two chances divide once more: 1 - 0.5 x 0.05 / 2.
    assert Decimal("0.9875") in {q.level for q in number.questions if isinstance(q, LowerBound)}


def test_settlements_that_share_nothing_use_the_whole_level_each_time():
    contract = make(
        clause(2),
        outcomes={"x": UP},
        decide_on=BOUND,
        calendar={"settlements": {"y1": {"date": "2025"}, "y2": {"date": "2026"}}},
    )
    assert chance_by_luck(contract) == Decimal("0.10")


def test_what_a_paying_look_paid_is_not_paid_again():
    contract = looked(pays=True, alpha_share=0.2, end={"alpha_share": 0.8})
    assert price(contract, {"x": 3}, settlement="look").due_now == 100
    assert price(contract, {"x": 3}, settlement="end").due_now is None
    assert price(contract, {"x": 1}, settlement="end").due_now == 0
    nothing = price(contract, {"x": 3}, settlement="end", ledger=ledger())
    assert nothing.due_now == 100
    paid = ledger(
        {
            "date": "2025",
            "settlement": "look",
            "amount": 100,
            "clauses": [{"clause": "main", "verdict": "met"}],
        }
    )
    again = price(contract, {"x": 3}, settlement="end", ledger=paid)
    assert (again.due_now, again.clause("main").reason.key) == (0, "sittings.before")
    missed = paid.model_copy(update={"payments": ()})
    assert price(contract, {"x": 3}, settlement="end", ledger=missed).due_now == 100


def test_every_date_is_found():
    contract = looked()
    assert [look.name for look in looks(contract)] == ["day-100", "look", "end"]
    assert date_of(contract, "look") == "2025"
    assert date_of(contract, "nowhere") is None
    assert date_of(contract, None) is None
    assert date_of(make(), "end") is None


def test_explain_says_the_calendar():
    contract = looked(pays=True, alpha_share=0.2, end={"alpha_share": 0.8, "clauses": ["main"]})
    keys = [said.key for said in explain_sentences(contract)]
    for key in ("interim-pays", "alpha-share", "milestone", "judges"):
        assert f"contract.{key}" in keys
    assert "contract.never-judged" not in keys
    grouped = make(
        clause(per="group"),
        outcomes={"x": outcome(window=WINDOW)},
        calendar={
            "settlements": {"end": {"date": "2026", "groups": ["a", "b"]}},
            "interim": {"look": {"date": "2025"}},
        },
        **groups(2, a={"ends": "2012-06"}),
    )
    told = {said.key: said for said in explain_sentences(grouped)}
    assert told["contract.complete"].values["date"] == "2013-12-30"
    assert {"contract.interim", "contract.judges-groups"} <= set(told)
    keys = [
        said.key
        for said in explain_sentences(
            two_years(calendar={"settlements": {"y1": {"date": "2026", "clauses": ["one"]}}})
        )
    ]
    assert "contract.never-judged" in keys


# --- what may not be written --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calendar", "more", "said"),
    [
        ({"interim": {"y1": {"date": "2025"}}}, {}, "`y1` names two dates of the calendar"),
        ({"interim": {"i": {"date": "2025", "clauses": ["won"]}}}, {}, "`won` is not a clause"),
        ({"interim": {"i": {"date": "2025", "groups": ["a"]}}}, {}, "`a` is not a group"),
        (
            {"interim": {"i": {"date": "2025", "alpha_share": 0.5}}},
            {},
            "The look `i` pays nothing",
        ),
        (
            {"interim": {"i": {"date": "2025", "pays": True}}},
            {},
            "has no level that could be divided",
        ),
        (
            {"interim": {"i": {"date": "2025", "pays": True, "alpha_share": 0.5}}},
            {"decide_on": BOUND, "multiplicity": "none"},
            "not each one says its share",
        ),
    ],
)
def test_a_calendar_that_could_be_read_in_two_ways_is_refused(calendar, more, said):
    base = {
        "settlements": {
            "y1": {"date": "2026-06-30", "clauses": ["one"]},
            "y2": {"date": "2027-06-30", "clauses": ["two"]},
        }
    }
    with pytest.raises(ValidationError, match=said):
        two_years(calendar=base | calendar, **more)


def test_shares_add_up_to_one():
    with pytest.raises(ValidationError, match=r"add up to 0\.9, not to 1"):
        looked(pays=True, alpha_share=0.2, end={"alpha_share": 0.7})


def test_a_cumulative_payment_judges_the_groups_that_came_before():
    calendar = {
        "settlements": {
            "y1": {"date": "2025", "groups": ["a"]},
            "y2": {"date": "2026", "groups": ["b"]},
        }
    }
    payment = clause(per="group") | {"cumulative": {"clawback": False}}
    with pytest.raises(ValidationError, match="leaves out groups that an earlier one judged: a"):
        make(payment, calendar=calendar, **groups(2))
    calendar["settlements"]["y2"]["groups"] = ["a", "b"]
    contract = make(payment, calendar=calendar, **groups(2))
    assert price(contract, {"x.a": 12, "x.b": 12}, settlement="y2", already_paid=100).due_now == 100


def test_a_look_that_pays_nothing_may_leave_out_what_came_before():
    calendar = {
        "settlements": {"y1": {"date": "2025"}, "y2": {"date": "2026"}},
        "interim": {"look": {"date": "2025-12", "clauses": ["one"]}},
    }
    contract = two_years(payment={"cumulative": {"clawback": False}}, calendar=calendar)
    assert price(contract, {"x": 25}, settlement="look").due_now == 0


def test_each_clause_without_a_level_is_named_once():
    calendar = {
        "settlements": {"end": {"date": "2026", "alpha_share": 0.5}},
        "interim": {"look": {"date": "2025", "pays": True, "alpha_share": 0.5}},
    }
    with pytest.raises(ValidationError) as caught:
        make(clause(per="group"), calendar=calendar, **groups(3))
    assert str(caught.value).count("has no level that could be divided") == 1


def test_a_cumulative_payment_judges_all_that_came_before():
    with pytest.raises(ValidationError, match="leaves out what an earlier one judged: one"):
        two_years(payment={"cumulative": {"clawback": False}})


HEAD = "format: impacteval-ledger/1\ncontract: test\npayments:\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{date: 2026, amount: 1, settlement: y3}", "no settlement `y3`"),
        (
            "{date: 2026, amount: 1, clauses: [{clause: won, verdict: met}]}",
            "no clause `won`",
        ),
        (
            "{date: 2026, amount: 1, clauses: [{clause: one, group: a, verdict: met}]}",
            "no group `a`",
        ),
        (
            "{date: 2026, amount: 1, clauses: [{clause: one, verdict: cannot_be_judged}]}",
            "cannot_be_judged",
        ),
    ],
)
def test_a_ledger_names_what_its_contract_knows(tmp_path, line, said):
    file = tmp_path / "ledger.yaml"
    file.write_text(f"{HEAD}  - {line}\n", "utf-8")
    with pytest.raises(ContractError, match=said) as caught:
        load_ledger_of(file, two_years())
    assert caught.value.problems[0].line == 4


def test_a_ledger_says_which_group(tmp_path):
    file = tmp_path / "ledger.yaml"
    line = "{date: 2014, amount: 1, clauses: [{clause: early, verdict: met}]}"
    file.write_text(f"{HEAD}  - {line}\n", "utf-8")
    with pytest.raises(ContractError, match="is settled for none of them"):
        load_ledger_of(file, early_or_final())
