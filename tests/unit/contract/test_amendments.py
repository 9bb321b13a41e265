"""Dated amendments: paths, dates, identity, and what the contract reads on each day."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import impacteval as ie
from impacteval.contract import Contract, load_contract
from impacteval.contract.amending import history
from impacteval.contract.amendments import contract_as_of, contract_at, date_asked
from impacteval.contract.changes import resolved, spelled
from impacteval.errors import UsageError

PETERBOROUGH = Path(__file__).parents[3] / "studies" / "bonds" / "peterborough"
Plain = dict[str, Any]


def change(date: str, **more: Any) -> Plain:
    return {"date": date, "cause": "a cause", "decided_by": "both", "what": "a change"} | more


def plain(**more: Any) -> Plain:
    """Two clauses on one outcome, with a calendar, a ceiling and two groups."""
    return {
        "format": "impacteval-contract/1",
        "id": "test",
        "title": "Test",
        "in_plain_words": {"en": "A test.", "fr": "Un essai."},
        "currency": "EUR",
        "parties": {"payers": ["One", "Two"]},
        "who_counts": {"people": "everyone", "count_everyone": True},
        "outcomes": {
            "jobs": {
                "plain_name": {"en": "Jobs", "fr": "Emplois"},
                "measure": "jobs",
                "better": "higher",
                "effect": "verified_count",
                "counterfactual": {"design": "none"},
            }
        },
        "decide_on": "point_estimate",
        "payment": {
            "sum": [
                {"linear": {"name": "each", "outcome": "jobs", "per_unit": 10, "ceiling": 1000}},
                {"name": "many", "when": {"jobs": {"at_least": 50}}, "pay": 500},
            ],
            "cap": 1200,
        },
        "required": [{"diagnostic": "attrition", "limit": 0.05}],
        "calendar": {"settlements": {"first": {"date": "2020-06"}, "last": {"date": "2021-06"}}},
    } | more


def make(*changes: Plain, **more: Any) -> Contract:
    return Contract.model_validate(plain(changes=list(changes), **more))


def refused(*changes: Plain, **more: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        make(*changes, **more)
    return str(caught.value)


# --- Peterborough --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "groups"),
    [
        # The third cohort was dropped in April 2014 (russellwebster.com).
        ("2010-03", ("cohort_1", "cohort_2", "cohort_3")),
        ("2014-03-31", ("cohort_1", "cohort_2", "cohort_3")),
        (dt.date(2014, 3, 31), ("cohort_1", "cohort_2", "cohort_3")),
        ("2013", ("cohort_1", "cohort_2", "cohort_3")),
        ("2014-04", ("cohort_1", "cohort_2")),
        (dt.date(2014, 4, 1), ("cohort_1", "cohort_2")),
        (dt.datetime(2014, 4, 1, 12, tzinfo=dt.UTC), ("cohort_1", "cohort_2")),
        ("2014", ("cohort_1", "cohort_2")),
        ("2017-07-27", ("cohort_1", "cohort_2")),
    ],
)
def test_peterborough_on_each_date(date, groups):
    contract = load_contract(PETERBOROUGH)
    read = ie.contract_as_of(contract, date)
    assert read.live_groups() == groups
    assert read.pool_groups() == groups
    assert read.as_contracted.live_groups() == ("cohort_1", "cohort_2", "cohort_3")
    assert read.as_contracted.groups["cohort_3"].cancelled is None


def test_peterborough_as_loaded_has_every_amendment_in_force():
    contract = load_contract(PETERBOROUGH)
    assert contract.groups["cohort_3"].cancelled == "2014-04"
    assert [c.name for c in contract.clauses] == ["early", "final"]
    assert [c.date for c in contract.changes] == ["2014-04"]
    assert contract_as_of(contract, "2014-04") is contract
    assert contract.changes[0].decider is None


# --- identity and digest -------------------------------------------------------------------------


def test_as_contracted_is_the_file_without_its_changes():
    amended = make(change("2020", set={"payment.sum.each.per_unit": 12}))
    assert amended.as_contracted == Contract.model_validate(plain())
    assert amended.as_contracted.digest == Contract.model_validate(plain()).digest
    assert amended.as_contracted.as_contracted == amended.as_contracted
    assert amended.as_contracted.changes == ()


def test_the_digest_covers_the_changes_and_a_contract_as_of_a_date_has_its_own():
    first, second = (
        change("2020", set={"payment.sum.each.per_unit": 12}),
        change("2021", set={"payment.cap": 900}),
    )
    whole = make(first, second)
    early = contract_as_of(whole, "2020-12-31")
    digests = {whole.digest, early.digest, whole.as_contracted.digest}
    assert len(digests) == 3
    assert early == make(first)
    assert early.digest == make(first).digest
    later = make(first, change("2021", set={"payment.cap": 901}))
    assert later.digest != whole.digest


@pytest.mark.parametrize("spelling", [12, 12.0, "12", "12.0", "12.00"])
def test_the_spelling_of_a_new_number_does_not_matter(spelling):
    one = make(change("2020", set={"payment.sum.each.per_unit": spelling}))
    assert one.digest == make(change("2020", set={"payment.sum.each.per_unit": "12"})).digest


def test_spelled_keeps_words_and_shapes():
    assert spelled({"a": ["x", True, 1.50, "2014-04", "10%"]}) == {
        "a": ["x", "true", "1.5", "2014-04", "10%"]
    }


def test_a_contract_without_changes_is_itself_on_every_date():
    contract = Contract.model_validate(plain())
    assert contract_as_of(contract, "1900") is contract
    assert contract.as_contracted is contract


def test_built_from_keywords_it_is_the_same():
    data = plain(changes=[change("2020", set={"payment.cap": 900})])
    assert Contract(**data) == Contract.model_validate(data)
    assert Contract(**data).as_contracted.payment.cap.amount == 1200


# --- paths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("payment.sum.each.per_unit", ("payment", "sum", 0, "linear", "per_unit")),
        ("payment.sum.1.linear.per_unit", ("payment", "sum", 0, "linear", "per_unit")),
        (
            "payment.sum.many.when.jobs.at_least",
            ("payment", "sum", 1, "when", "jobs", "at_least"),
        ),
        ("payment.sum.2.pay", ("payment", "sum", 1, "pay")),
        ("payment.cap", ("payment", "cap")),
        ("required.attrition.limit", ("required", 0, "limit")),
        ("calendar.settlements.first.date", ("calendar", "settlements", "first", "date")),
        ("outcomes.jobs.unit", ("outcomes", "jobs", "unit")),
    ],
)
def test_where_a_path_leads(path, found):
    assert resolved(plain(), path).path == found


@pytest.mark.parametrize(
    ("path", "what", "fix"),
    [
        ("paymnt.cap", "The contract has no `paymnt`.", "Did you mean `payment`?"),
        ("payment.sum.mni.pay", "There is no `mni` under `payment.sum`.", "Known: each, many."),
        ("payment.sum.0.pay", "There is no `0`", "Known"),
        ("payment.sum.3.pay", "There is no `3`", "Known"),
        ("parties.payers.3.en", "There is no `3`", "Name an entry by its number, 1 to 2."),
        ("currency.x", "`currency` is a single value", "End the path there."),
    ],
)
def test_where_no_path_leads(path, what, fix):
    found = resolved(plain(), path)
    assert found.path is None
    assert what in found.what
    assert fix in found.fix


def test_a_payment_of_one_threshold_needs_no_word_for_it():
    bare = {"name": "main", "when": {"jobs": {"at_least": 5}}, "pay": 7}
    contract = make(
        change("2020", set={"payment.when.jobs.at_least": 6, "payment.pay": 8, "payment.cap": 5}),
        payment=bare,
    )
    assert contract.payment.threshold.pay == 8
    assert contract.payment.threshold.limit.threshold == 6
    assert contract.payment.cap.amount == 5
    assert Contract.model_validate(contract.model_dump()) == contract


# --- what can be done to a term ------------------------------------------------------------------


def test_pause_vary_add_remove_and_switch_to_a_grant():
    """The four things that contracts did in the pandemic, one after the other."""
    contract = make(
        change("2020-03", set={"calendar.settlements.first.date": "2020-12"}),
        change("2020-09", set={"payment.sum.many.when.jobs.at_least": 40, "payment.cap": 1100}),
        change(
            "2020-11",
            add={
                "payment.sum": {"name": "extra", "when": {"jobs": {"more_than": 90}}, "pay": 1},
                "calendar.settlements.bonus": {"date": "2022"},
            },
            remove=["required.attrition", "payment.sum.each.ceiling"],
        ),
        change("2021-02", set={"payment": {"grant": {"name": "relief", "pay": 700}}}),
    )
    paused, varied, grown = (contract_as_of(contract, d) for d in ("2020-04", "2020-10", "2020-12"))
    assert paused.calendar.settlements["first"].date == "2020-12"
    assert paused.clauses[1].limit.threshold == 50
    assert varied.clauses[1].limit.threshold == 40
    assert varied.payment.cap.amount == 1100
    assert [c.name for c in grown.clauses] == ["each", "many", "extra"]
    assert list(grown.calendar.settlements) == ["first", "last", "bonus"]
    assert grown.required == ()
    assert grown.clauses[0].ceiling is None
    assert contract.clauses == ()
    assert contract.payment.grant.pay == 700
    assert contract.payment.cap is None
    days = history(contract)
    assert [d.changes[0].date for d in days] == ["2020-03", "2020-09", "2020-11", "2021-02"]
    assert days[0].before == contract.as_contracted
    assert all(a.after == b.before for a, b in pairwise(days))
    assert days[-1].after.payment == contract.payment


def test_entries_are_removed_by_the_place_they_had():
    contract = make(
        change(
            "2020", remove=["parties.payers.1", "parties.payers.2"], add={"parties.payers": "Three"}
        )
    )
    assert [str(p) for p in contract.parties.payers] == ["Three"]


def test_amendments_of_one_day_do_not_depend_on_their_order():
    one = change("2020", set={"payment.cap": 900})
    other = change("2020-01-01", set={"payment.sum.each.per_unit": 11})
    there, back = make(one, other), make(other, one)
    assert there.payment == back.payment
    assert len(history(there)) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([change("2020", set={"payment.cap": 1}), change("2020-01", set={"payment.cap": 2})],
         "`payment.cap` is amended twice on one day (2020-01)"),
        ([change("2020", set={"payment": {"grant": {"name": "g", "pay": 1}}, "payment.cap": 2})],
         "`payment.cap` is amended twice on one day"),
        ([change("2020", set={"payment.sum.each.per_unit": 1, "payment.sum.1.linear.per_unit": 2})],
         "is amended twice on one day"),
        ([change("2020", set={"payment.sum": []}, add={"payment.sum": {}})],
         "is amended twice on one day"),
        ([change("2021", set={"payment.cap": 1}), change("2020", set={"payment.cap": 2})],
         "stands after the one of 2021"),
        ([change("2021", set={"calendar.settlements.first.date": "2020-12"})],
         "puts `first` on 2020-12, before it takes force"),
        ([change("2021", add={"calendar.interim.look": {"date": "2020-12"}})],
         "puts `look` on 2020-12, before it takes force"),
        ([change("2020", set={"outcomes.x": {}})], "Write a new entry under `add`."),
        ([change("2020", add={"payment.cap": 5})], "`payment.cap` is in the contract already"),
        ([change("2020", remove=["payment.net_of"])], "so it cannot be removed"),
        ([change("2020", remove=["payment"])], "As amended on 2020: The key `payment` is missing."),
        ([change("2020", set={"changes": []})], "`changes` cannot be amended"),
        ([change("2020", set={"payment.cap": None})], "There is no value."),
        ([change("2020")], "does not say which terms it changes"),
        ([change("2020", set={"payment.cap": 1}), change("2021", set={"payment.capp": 2})],
         "As amended on 2021: The key `capp` is not known in `payment`."),
    ],
)  # fmt: skip
def test_what_no_amendment_may_do(changes, said):
    assert said in refused(*changes)


def test_a_settlement_may_be_moved_to_the_day_of_its_amendment():
    contract = make(change("2021", set={"calendar.settlements.first.date": "2021-01-01"}))
    assert contract.calendar.settlements["first"].date == "2021-01-01"


def test_two_amendments_of_one_day_may_be_sound_only_together():
    payment = {"grant": {"name": "relief", "pay": 1}}
    pooled = plain(
        groups={"a": {}, "b": {}},
        pool="mean_of_effects",
        pool_excludes=[],
        payment={
            "name": "all",
            "per": "pooled",
            "weights": "people",
            "when": {"jobs": {"at_least": 5}},
            "pay": 1,
        },
    )
    together = [
        change("2020", set={"payment": payment}),
        change("2020", remove=["pool", "pool_excludes"]),
    ]
    contract = Contract.model_validate(pooled | {"changes": together})
    assert contract.pool is None
    with pytest.raises(ValidationError, match="`pool` is given and no clause is pooled"):
        Contract.model_validate(pooled | {"changes": together[:1]})


def test_too_many_amendments_are_refused():
    assert "changes" in refused(*[change("2020", set={"payment.cap": 1})] * 201)


# --- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["", "soon", "2014-13", "2014-02-30", "14-04-30", 2014, None])
def test_what_is_no_date(wrong):
    with pytest.raises(UsageError, match="is not a date"):
        date_asked(wrong)


def test_only_a_contract_has_amendments():
    with pytest.raises(UsageError, match="takes a contract"):
        contract_as_of({}, "2014")


def test_a_settlement_is_read_by_the_contract_of_its_own_date():
    contract = make(
        change("2020-03", set={"calendar.settlements.first.date": "2021-01"}),
        change("2021-02", set={"payment.cap": 900}),
    )
    assert contract_at(contract, "first").payment.cap.amount == 1200
    assert contract_at(contract, "last").payment.cap.amount == 900
    assert contract_at(contract, None) is contract


# --- properties ----------------------------------------------------------------------------------

PATHS = {
    "payment.cap": st.integers(1, 2000),
    "payment.sum.each.per_unit": st.integers(1, 50),
    "payment.sum.many.when.jobs.at_least": st.integers(-5, 90),
    "payment.sum.many.pay": st.sampled_from([0, 5, "7.25", "not_published"]),
    "money": st.sampled_from([{"decimals": 2, "mode": "half_even"}]),
    "calendar.settlements.last.date": st.sampled_from(["2040", "2041-02", "2042-02-03"]),
    "outcomes.jobs.plain_name": st.sampled_from([{"en": "Work", "fr": "Travail"}]),
    "parties.payers.2": st.sampled_from(["Someone else"]),
    "parties.manager": st.sampled_from(["A manager"]),
}
days = st.dates(dt.date(2015, 1, 1), dt.date(2030, 12, 31))


@st.composite
def amended(draw: st.DrawFn) -> Contract:
    dates = sorted(draw(st.sets(days, max_size=4)))
    changes = []
    for date in dates:
        paths = draw(st.sets(st.sampled_from(sorted(PATHS)), min_size=1, max_size=3))
        changes.append(change(date.isoformat(), set={p: draw(PATHS[p]) for p in sorted(paths)}))
    return make(*changes)


def terms(contract: Contract) -> Plain:
    """The terms in force, whatever made them so."""
    return {
        name: getattr(contract, name) for name in type(contract).model_fields if name != "changes"
    }


def applied_to(contract: Contract, changes: Any) -> Contract:
    """A contract with further amendments, written as a file would."""
    data = contract.as_contracted.model_dump() | {"changes": [*contract.changes, *changes]}
    return Contract.model_validate(data)


@given(contract=amended(), date=days)
@settings(max_examples=60, deadline=None)
def test_later_is_earlier_and_the_amendments_in_between(contract, date):
    earlier = contract_as_of(contract, date)
    rest = contract.changes[len(earlier.changes) :]
    assert all(c.date > date.isoformat() for c in rest)
    assert all(c.date <= date.isoformat() for c in earlier.changes)
    again = applied_to(earlier, rest)
    assert again == contract
    assert again.digest == contract.digest
    # The terms themselves, changed one after the other, are those of the whole contract.
    assert terms(contract) == terms(history(contract)[-1].after if contract.changes else contract)


@given(contract=amended(), one=days, other=days)
@settings(max_examples=60, deadline=None)
def test_a_contract_of_a_date_of_a_contract_of_a_date(contract, one, other):
    twice = contract_as_of(contract_as_of(contract, one), other)
    assert twice == contract_as_of(contract, min(one, other))


@given(contract=amended())
@settings(max_examples=40, deadline=None)
def test_no_amendment_is_no_change(contract):
    assert applied_to(contract, ()) == contract
    assert contract_as_of(contract, "1999") == contract.as_contracted
    assert terms(contract_as_of(contract, "1999")) == terms(Contract.model_validate(plain()))


@given(contract=amended())
@settings(max_examples=40, deadline=None)
def test_loading_is_the_inverse_of_dumping(tmp_path_factory, contract):
    assert Contract.model_validate(contract.model_dump()) == contract
    path = tmp_path_factory.getbasetemp() / "amended.yaml"
    data = plain(changes=[c.model_dump(exclude_defaults=True) for c in contract.changes])
    written = yaml.safe_load(yaml.safe_dump(data, sort_keys=False))
    path.write_text(yaml.safe_dump(written, sort_keys=False))
    loaded = load_contract(path)
    assert loaded.digest == contract.digest
    assert terms(loaded) == terms(contract)
