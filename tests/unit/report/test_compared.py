"""Two runs held against each other: what counts as agreement, and what is told beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from impacteval.report.compared import TOLERANCE, compare
from impacteval.report.record import Record, record_json

Plain = dict[str, Any]


@pytest.fixture(scope="module")
def record(two_cohorts_report: Any) -> Record:
    found = two_cohorts_report.record
    assert isinstance(found, Record)
    return found


def changed(record: Record, change: Callable[[Plain], object]) -> Record:
    """The record with something in it changed by hand."""
    data = json.loads(record_json(record))
    change(data)
    return Record.model_validate(data)


def set_in(*path: Any, to: Any) -> Callable[[Plain], object]:
    """A change of one place."""

    def change(data: Plain) -> None:
        at: Any = data
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = to

    return change


def by(record: Record, *path: Any, add: str) -> Callable[[Plain], object]:
    """A change that adds to a number."""
    at: Any = json.loads(record_json(record))
    for key in path:
        at = at[key]
    return set_in(*path, to=str(Decimal(at) + Decimal(add)))


def keys(record: Record, other: Record) -> list[str]:
    return [said.key for said in compare(record, other).circumstances]


# --- agreement ------------------------------------------------------------------------------------


def test_a_run_agrees_with_itself(record: Record) -> None:
    found = compare(record, record)
    assert found.agree
    assert found.differing == 0
    assert found.headline.key == "compared.agree"
    assert "to the last digit" in found.headline.en
    assert found.standing.en == "Both were run exactly as locked."
    assert found.circumstances == ()
    # Everything that the payment rests on stands there, beside itself; nothing besides.
    assert {row.kind for row in found.rows} == {"amount", "verdict", "status", "number"}
    assert all(row.result and row.agrees and row.here == row.there for row in found.rows)
    assert found.compared > len(found.rows)


@pytest.mark.parametrize(
    "place",
    [
        ("estimate",),
        ("std_error",),
        ("observed",),
        ("counterfactual",),
        ("p_value",),
        ("intervals", 0, "low"),
        ("intervals", 1, "high"),
        ("diagnostics", 0, "statistic"),
        ("robustness", 0, "estimate"),
        ("periods", 0, "counterfactual"),
    ],
)
def test_any_number_that_moves_is_found(record: Record, place: tuple[Any, ...]) -> None:
    other = changed(record, by(record, "findings", 0, *place, add="0.001"))
    found = compare(record, other)
    assert not found.agree
    assert found.differing == 1
    (row,) = [row for row in found.rows if not row.agrees]
    assert row.apart == "0.001"
    assert row.what.values["whose"].en == "Times convicted again, First cohort"  # type: ignore[union-attr]
    assert found.headline.key == "compared.numbers"
    # In whichever order they are named.
    assert compare(other, record).differing == 1


@pytest.mark.parametrize("place", ["n_treated", "n_comparison"])
def test_one_person_more_is_found(record: Record, place: str) -> None:
    other = changed(record, lambda data: data["findings"][0].update({place: 10**9}))
    assert [row.there for row in compare(record, other).rows if not row.agrees] == ["1000000000"]


def test_the_last_digit_is_the_tolerance_unless_told(record: Record) -> None:
    # A relative effect in percent is written to ten digits of a hundred: seven decimals.
    last = changed(record, by(record, "findings", 0, "estimate", add="0.0000001"))
    assert compare(record, last).agree
    assert not compare(record, last, Decimal(0)).agree
    two = changed(record, by(record, "findings", 0, "estimate", add="0.0000002"))
    assert not compare(record, two).agree
    assert Decimal("1e-9") == TOLERANCE


def test_a_tolerance_is_a_share_of_the_size(record: Record) -> None:
    # The days in work: a difference, so the means of both groups set the size.
    place = next(k for k, f in enumerate(record.findings) if f.outcome == "work")
    size = max(
        abs(Decimal(str(getattr(record.findings[place], name))))
        for name in ("estimate", "observed", "counterfactual")
    )
    other = changed(record, by(record, "findings", place, "estimate", add="0.5"))
    within = (Decimal("0.5") / size) * Decimal("1.001")
    assert compare(record, other, within).agree
    assert "within the tolerance" in compare(record, other, within).headline.en
    assert not compare(record, other, within * Decimal("0.99")).agree


def test_no_tolerance_covers_a_verdict_or_an_amount(record: Record) -> None:
    for change in (
        set_in("page_one", "clauses", 0, "verdict", to="met"),
        set_in("page_one", "clauses", 1, "amount", to="1000000.01"),
        set_in("page_one", "money", "due_now", to=None),
        set_in("findings", 0, "status", to="cannot_be_judged"),
        set_in("findings", 0, "diagnostics", 0, "status", to="failed"),
    ):
        found = compare(record, changed(record, change), Decimal(10))
        assert not found.agree
        assert found.differing == 1
    found = compare(record, changed(record, change), Decimal(10))
    assert found.headline.key == "compared.numbers"
    verdict = changed(record, set_in("page_one", "clauses", 0, "verdict", to="met"))
    assert compare(record, verdict).headline.key == "compared.decision"


def test_an_amount_in_another_currency_is_another_amount(record: Record) -> None:
    other = changed(record, set_in("page_one", "money", "currency", to="EUR"))
    rows = [row for row in compare(record, other).rows if not row.agrees]
    assert [(row.here, row.there) for row in rows] == [
        ("3500000.00 GBP", "3500000.00 EUR"),
        ("3500000.00 GBP", "3500000.00 EUR"),
    ]


def test_a_number_that_one_run_does_not_have(record: Record) -> None:
    other = changed(record, set_in("findings", 0, "estimate", to=None))
    (row,) = [row for row in compare(record, other).rows if not row.agrees]
    assert (row.there, row.apart) == (None, None)


def test_a_result_in_one_run_alone_is_a_difference(record: Record) -> None:
    less = changed(record, lambda data: data["findings"].pop(0))
    for found in (compare(record, less), compare(less, record)):
        assert not found.agree
        assert any(row.here is None or row.there is None for row in found.rows)


def test_a_check_in_one_plan_alone_is_none(record: Record) -> None:
    less = changed(record, lambda data: data["findings"][0]["robustness"].clear())
    assert compare(record, less).agree
    assert compare(less, record).agree


@pytest.mark.parametrize("tolerance", ["-0.1", "NaN", "Infinity"])
def test_what_is_no_tolerance_is_refused(record: Record, tolerance: str) -> None:
    with pytest.raises(ValueError, match="tolerance"):
        compare(record, record, Decimal(tolerance))


# --- what could explain it ------------------------------------------------------------------------


def test_another_contract_is_another_question(record: Record) -> None:
    other = changed(record, set_in("contract", "digest", to="sha256:0"))
    found = compare(record, other)
    assert not found.agree
    assert found.differing == 0
    assert found.headline.key == "compared.contract"
    assert keys(record, other) == ["compared.contract"]


def test_every_circumstance_is_told(record: Record) -> None:
    def change(data: Plain) -> None:
        data["study"]["id"] = "again"
        data["study"]["settlement"] = "final"
        data["data"][0]["digest"] = "sha256:0"
        data["data"][0]["rows"] += 1
        data["data"].append({**data["data"][0], "name": "more"})
        data["annex"]["digests"] |= {"plan": "sha256:0", "preparation": "sha256:0", "ledger": "x"}
        data["annex"]["seed"] = 8
        data["annex"]["versions"]["numpy"] = "9"
        data["annex"]["versions"]["another"] = "1"
        for finding in data["findings"]:
            finding["method"]["settings"] = {"variance": "hc3"}
            finding["baseline"] = finding["baseline"][:1]

    other = changed(record, change)
    assert keys(record, other) == [
        "compared.study",
        "compared.settlement",
        "compared.table",
        "compared.table",
        "compared.preparation",
        "compared.ledger",
        "compared.plan",
        "compared.setting",
        "compared.covariate",
        "compared.setting",
        "compared.seed",
        "compared.software",
        "compared.software",
    ]
    # None of these is by itself a disagreement: the numbers agree, and from other data at that.
    assert compare(record, other).agree
    assert len(keys(other, record)) == 13


def test_a_run_that_shows_no_covariates_is_not_said_to_have_none(record: Record) -> None:
    def change(data: Plain) -> None:
        for finding in data["findings"]:
            finding["baseline"] = []

    assert keys(record, changed(record, change)) == []


def test_another_method_is_named_once_an_outcome(record: Record) -> None:
    def change(data: Plain) -> None:
        for finding in data["findings"]:
            if finding["outcome"] == "reconvictions":
                finding["method"]["name"] = "lin"

    (said,) = compare(record, changed(record, change)).circumstances
    assert said.values["here"] == "difference-in-means"
    assert said.values["there"] == "lin"


def test_which_run_is_the_one_that_was_locked(record: Record) -> None:
    deviation = {"what": {"key": "x", "en": "The seed is {now}.", "fr": "La graine est {now}.",
                          "values": {"now": "8"}}}  # fmt: skip
    departed = changed(record, lambda data: data["deviations"].append(deviation))
    unlocked = changed(record, lambda data: data["annex"]["digests"].pop("lock"))
    elsewhere = changed(record, set_in("annex", "digests", "lock", to="sha256:0"))

    def standing(here: Record, there: Record) -> str:
        return compare(here, there).standing.en

    assert standing(record, departed).startswith("The number fixed beforehand is this run's")
    assert standing(departed, record).startswith("The number fixed beforehand is the other run's")
    assert standing(departed, departed).startswith("Both depart")
    assert standing(record, unlocked).startswith("Only this run was locked")
    assert standing(unlocked, record).startswith("Only the other run was locked")
    assert standing(unlocked, unlocked).startswith("Neither run was locked")
    assert standing(record, elsewhere).startswith("The runs have different locks")
    # The departures themselves are told, of each run.
    (said,) = compare(record, departed).circumstances
    assert said.en == "Departure of the other run. The seed is {now}."
    (said,) = compare(departed, record).circumstances
    assert said.fr == "Écart de ce calcul. La graine est {now}."


# --- the report -----------------------------------------------------------------------------------


def test_a_report_held_against_another_keeps_its_numbers(two_cohorts_report: Any) -> None:
    record = two_cohorts_report.record
    beside = two_cohorts_report.against(record)
    assert beside.record.compared is not None
    assert beside.record.compared.agree
    assert beside.record.page_one == record.page_one
    # What the other run was itself held against does not change which run it is.
    again = two_cohorts_report.against(beside.record)
    assert again.record.compared.digest == beside.record.compared.digest
    assert "compared" not in json.loads(record_json(record))


def test_page_one_warns_where_they_do_not_agree(two_cohorts_report: Any) -> None:
    record = two_cohorts_report.record
    other = changed(record, set_in("page_one", "clauses", 0, "verdict", to="met"))
    page = two_cohorts_report.against(other).record.page_one
    assert page.warnings[:-1] == record.page_one.warnings
    assert page.warnings[-1].key == "compared.decision"
