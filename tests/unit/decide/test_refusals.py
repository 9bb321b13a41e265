"""What is said of results that cannot be used: what is wrong, and what to do.

Each case is one way to type a settlement wrongly; `told_refusals.json` holds every sentence.
``python tests/unit/decide/test_refusals.py`` writes it anew: read what changed before handing it in.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from building import clause, groups, make, outcome  # noqa: E402  the folder of its tests
from test_amended import change, lowered  # noqa: E402
from test_composed_terms import COUNT, UP  # noqa: E402
from test_settling import NET, units  # noqa: E402
from test_sittings import ledger, two_years  # noqa: E402

from impacteval.decide import price  # noqa: E402
from impacteval.errors import UsageError  # noqa: E402

HELD = HERE / "told_refusals.json"


def two(**m: Any) -> Any:
    return make({"threshold": clause(per="group")}, **groups(2, **m))


PART = {"combine": {"rct": "0.8", "did": "0.2"}}
COMBINED = make(decide_on=PART)
BY_GROUP = make({"threshold": clause(per="group")}, decide_on=PART, **groups())
CASES: dict[str, Callable[[], object]] = {
    "no_contract": (lambda: price("x", {})),
    "values": (lambda: price(make(), [1])),
    "people": (lambda: price(make(), {}, [1])),
    "audit": (lambda: price(make(), {}, audit=[1])),
    "std": (lambda: price(make(), {}, std_error=[1])),
    "unknown": (lambda: price(make(), {"y": 1})),
    "near": (
        lambda: price(
            make({"threshold": clause(of="reconvictions")}, outcomes={"reconvictions": outcome()}),
            {"reconviction": 1},
        )
    ),
    "uncompared": (lambda: price(make(outcomes={"x": outcome(), "y": outcome()}), {"y": 1})),
    "by_group": (lambda: price(two(), {"x": 1})),
    "group": (lambda: price(two(), {"x": {"c": 1}})),
    "group_all": (lambda: price(make(), {"x.a": 1})),
    "cancelled": (
        lambda: price(
            make({"threshold": clause(per="group")}, **groups(3, c={"cancelled": "2014-04"})),
            {"x": {"c": 1}},
        )
    ),
    "twice": (lambda: price(two(), {"x": {"a": 1}, "x.a": 1})),
    "number": (lambda: price(make(), {"x": "many"})),
    "bool": (lambda: price(make(), {"x": True})),
    "none": (lambda: price(make(), {"x": None})),
    "fraction": (lambda: price(make(), {"x": Fraction(5)})),
    "nan": (lambda: price(make(), {"x": "nan"})),
    "huge": (lambda: price(make(), {"x": "1e15"})),
    "huge_neg": (lambda: price(make(), {"x": "-1e15"})),
    "digits": (lambda: price(make(), {"x": "0.1234567890123"})),
    "exponent": (lambda: price(make(), {"x": "1e99999999999999999999"})),
    "long": (lambda: price(make(), {"x": "x" * 60})),
    "people_who": (lambda: price(two(), {}, {"z": 1})),
    "people_half": (lambda: price(two(), {}, {"a": 1.5})),
    "people_neg": (lambda: price(two(), {}, {"a": -1})),
    "people_word": (lambda: price(two(), {}, {"a": "some"})),
    "date": (lambda: price(make(), {"x": 1}, settlement_date="30 June 2031")),
    "date_long": (lambda: price(make(), {"x": 1}, settlement_date="y" * 60)),
    "paid_neg": (lambda: price(make(), {"x": 1}, already_paid=-1)),
    "paid_word": (lambda: price(make(), {"x": 1}, already_paid="much")),
    "other": (lambda: price(units(), {"x": 1}, other_money={"medicaid": 1})),
    "other_near": (lambda: price(units(net_of=NET), {"x": 1}, other_money={"medicare": 1})),
    "other_neg": (lambda: price(units(net_of=NET), {"x": 1}, other_money={"medicaid": -1})),
    "stop_none": (lambda: price(make(), {"x": 1}, stops={"few": 1})),
    "stop_near": (
        lambda: price(
            make(stop_when={"few": {"people": {"less_than": 9}, "then": "report"}}),
            {"x": 1},
            stops={"fw": 1},
        )
    ),
    "stop_neg": (
        lambda: price(
            make(stop_when={"few": {"people": {"less_than": 9}, "then": "report"}}),
            {"x": 1},
            stops={"few": -1},
        )
    ),
    "stop_share": (
        lambda: price(
            make(stop_when={"gone": {"missing_share": {"more_than": "9%"}, "then": "report"}}),
            {"x": 1},
            stops={"gone": 101},
        )
    ),
    "stop_word": (
        lambda: price(
            make(stop_when={"few": {"people": {"less_than": 9}, "then": "report"}}),
            {"x": 1},
            stops={"few": "some"},
        )
    ),
    "signed_never": (lambda: price(make(), {"x": 1}, as_contracted={"x": 1})),
    "signed_list": (lambda: price(lowered(), {"x": 1}, as_contracted=[1])),
    "signed_both": (lambda: price(lowered(), {"x": 1}, as_contracted={"x": 1})),
    "signed_unknown": (lambda: price(lowered(), {"x": 1}, as_contracted={"y": 1})),
    "signed_number": (lambda: price(lowered(), {}, as_contracted={"x": "many"})),
    "signed_only": (
        lambda: price(
            make(
                {"sum": [clause(), clause(name="more", of="y")]},
                outcomes={"x": outcome(), "y": outcome()},
                changes=[change("2020", remove=["payment.sum.more", "outcomes.y"])],
            ),
            {"x": 1, "y": 2},
        )
    ),
    "signed_only_group": (
        lambda: price(
            make(
                {"threshold": clause(per="group")},
                **groups(2),
                changes=[change("2020", set={"groups.b.cancelled": "2020"})],
            ),
            {"x.a": 1, "x.b": 2},
        )
    ),
    "part_unknown": (lambda: price(COMBINED, {"x.rct": 1, "x.did": 2, "x.dd": 1})),
    "part_missing": (lambda: price(COMBINED, {"x.rct": 1})),
    "part_missing_group": (lambda: price(BY_GROUP, {"x.a.rct": 1})),
    "part_and_whole": (lambda: price(COMBINED, {"x.rct": 1, "x.did": 2, "x": 2})),
    "part_and_whole_group": (lambda: price(BY_GROUP, {"x": {"a": {"rct": 1, "did": 2}}, "x.a": 2})),
    "part_twice": (lambda: price(COMBINED, {"x.rct": 1, "x": {"rct": 1}, "x.did": 2})),
    "part_group": (lambda: price(BY_GROUP, {"x.z.rct": 1, "x.z.did": 1})),
    "part_bound": (
        lambda: price(
            make(decide_on=PART | {"then": {"lower_bound": {"level": "0.9", "sides": "one"}}}),
            {"x.rct": 1, "x.did": 2},
        )
    ),
    "part_number": (lambda: price(COMBINED, {"x.rct": "many", "x.did": 2})),
    "audit_share": (
        lambda: price(
            make(
                {"linear": {"name": "main", "outcome": "x", "per_unit": 10}},
                decide_on={"verified_count": {"audit_limit": "0.15"}},
                outcomes={"x": COUNT},
            ),
            {"x": 1},
            audit={"x": "12"},
        )
    ),
    "audit_percent": (
        lambda: price(
            make(
                {"linear": {"name": "main", "outcome": "x", "per_unit": 10}},
                decide_on={"verified_count": {"audit_limit": "0.15"}},
                outcomes={"x": COUNT},
            ),
            {"x": 1},
            audit={"x": "101%"},
        )
    ),
    "audit_none": (lambda: price(make(), {"x": 1}, audit={"x": "0.1"})),
    "error_zero": (
        lambda: price(
            make(decide_on={"expected_payment": {"prior": "flat"}}, outcomes={"x": UP}),
            {"x": 1},
            std_error={"x": 0},
            average=lambda *a: 1,
        )
    ),
    "error_none": (
        lambda: price(
            make(decide_on={"expected_payment": {"prior": "flat"}}, outcomes={"x": UP}),
            {"x": 1},
            average=lambda *a: 1,
        )
    ),
    "nobody": (
        lambda: price(
            make(
                {"threshold": clause(per="pooled", weights="people")},
                pool="mean_of_effects",
                pool_excludes=[],
                **groups(),
            ),
            {"x": {"a": 1, "b": 2}},
            {"a": 0, "b": 0},
        )
    ),
    "look": (lambda: price(two_years(), {"x": 1}, settlement="y7")),
    "looks": (lambda: price(two_years(), {"x": 1})),
    "look_none": (lambda: price(make(), {"x": 1}, settlement="y7")),
    "two_places": (
        lambda: price(two_years(), {"x": 1}, settlement="y2", ledger=ledger(), already_paid=3)
    ),
    "settled": (
        lambda: price(
            two_years(),
            {"x": 1},
            settlement="y1",
            ledger=ledger({"date": "2026-07", "settlement": "y1", "amount": 1}),
        )
    ),
}


def said(case: Callable[[], object]) -> list[list[str]]:
    """Every problem with what to do about it."""
    with pytest.raises(UsageError) as wrong:
        case()
    return [[problem.what, problem.fix] for problem in wrong.value.problems]


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_used_is_refused_in_these_words(name: str) -> None:
    assert said(CASES[name]) == json.loads(HELD.read_text(encoding="utf-8"))[name]


def test_every_sentence_has_its_case() -> None:
    assert json.loads(HELD.read_text(encoding="utf-8")).keys() == CASES.keys()


if __name__ == "__main__":
    told = {name: said(case) for name, case in CASES.items()}
    HELD.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
