"""The INDIGO export: field names and types, nothing unknown as 0, the same bytes, no word lost."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indigo_schema import PROJECT

from impacteval.contract import Contract, load_contract
from impacteval.errors import UsageError
from impacteval.render.indigo import indigo_project
from impacteval.render.indigo_fields import LISTS, METHODS, PREFIX, at, nested
from impacteval.render.indigo_write import indigo_json, indigo_tables, write_indigo

BONDS = Path(__file__).parents[3] / "studies" / "bonds"
NAMES = sorted(path.name for path in BONDS.iterdir())


def project(name: str) -> dict[str, Any]:
    return indigo_project(load_contract(BONDS / name))


def read(found: Mapping[str, Any]) -> Any:
    """The project as a reader of the file has it, with every digit."""
    return json.loads(indigo_json(found), parse_float=Decimal, parse_int=Decimal)


def pricing(found: Mapping[str, Any], clause: str) -> dict[str, Any]:
    return next(p for p in found["outcome_pricings"] if at(p, "impacteval_clause/value") == clause)


def paths(item: Any, at_: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path."""
    if isinstance(item, Mapping):
        for key, inner in item.items():
            yield from paths(inner, f"{at_}/{key}" if at_ else key)
    else:
        yield at_, item


@pytest.mark.parametrize("name", NAMES)
def test_every_bond_is_what_indigo_allows(name: str) -> None:
    jsonschema.validate(json.loads(indigo_json(project(name))), PROJECT)


@pytest.mark.parametrize("name", NAMES)
def test_every_value_stands_in_a_table_of_its_kind(name: str) -> None:
    found = project(name)
    tables = indigo_tables(found)
    for list_, fields in LISTS.items():
        if list_ not in found:
            assert f"projects_{list_}.csv" not in tables
            continue
        rows = list(csv.DictReader(io.StringIO(tables[f"projects_{list_}.csv"])))
        assert len(rows) == len(found[list_])
        for row, item in zip(rows, found[list_], strict=True):
            cells = {path: text for path, text in row.items() if text}
            assert cells == {
                path: f"{x:f}" if isinstance(x, Decimal) else x for path, x in paths(item)
            }
            for path, x in paths(item):
                assert isinstance(x, Decimal if fields[path] == "number" else str), path


def test_denver_prices_to_the_cent() -> None:
    found = read(project("denver"))
    # Denver: 15.12 a night up to 5.29 million; 6.13 million at most for jail days.
    housing = pricing(found, "housing")
    assert at(housing, "price_per_unit/amount/value") == Decimal("15.12")
    assert at(housing, "maximum_price_if_all_targets_achieved/amount/value") == "5290000"
    assert at(pricing(found, "jail"), "maximum_price_if_all_targets_achieved/amount/value") == (
        "6130000"
    )
    jail = next(m for m in found["outcome_metrics"] if m["id"] == "jail_days")
    assert at(jail, "outcome_validation_method/value") == "Randomised Control Trial"
    assert (
        at(jail, "outcome_metric_target/value") == "jail: at least 20%, at least 30%, at least 65%"
    )
    assert "overall_project_finance" not in found


def test_the_contract_cap_is_the_most_that_is_paid() -> None:
    most = "overall_project_finance/maximum_potential_outcome_payment_v2"
    found = read(project("south-carolina"))
    assert at(found, f"{most}/amount/value") == 7500000
    assert at(found, f"{most}/currency/value") == "USD"
    hidden = project("peterborough")
    assert at(hidden, f"{most}/amount") is None
    assert at(hidden, "impacteval_not_published/value") == "maximum_potential_outcome_payment_v2"


def amounts_of(found: Mapping[str, Any]) -> list[Any]:
    return [
        x
        for item in found["outcome_pricings"]
        for path, x in paths(item)
        if path.startswith(("price_per_unit", "maximum_price"))
    ]


def test_what_is_not_published_is_said_and_never_a_number() -> None:
    found = project("peterborough")
    assert amounts_of(found) == []
    for item in found["outcome_pricings"]:
        assert at(item, "impacteval_not_published/value") == "maximum_price_if_all_targets_achieved"
        assert item["notes"] == "Not published: maximum_price_if_all_targets_achieved."
    utah = project("utah")["outcome_pricings"][0]
    assert at(utah, "impacteval_not_published/value") == "price_per_unit"


@pytest.mark.parametrize("name", NAMES)
def test_no_bond_is_exported_with_a_price_of_0(name: str) -> None:
    assert not any(Decimal(str(x)) == 0 for x in amounts_of(project(name)))


def test_a_gate_is_another_target_and_has_no_price() -> None:
    found = project("cameroon-cataract")
    assert "quality" not in {at(p, "impacteval_clause/value") for p in found["outcome_pricings"]}
    operations = next(m for m in found["outcome_metrics"] if m["id"] == "operations")
    assert "at least 50" in at(operations, "other_target_for_meeting_outcome_metric_target/value")


def test_designs_that_are_combined_are_named_with_their_weights() -> None:
    metrics = {m["id"]: m for m in project("massachusetts-roca")["outcome_metrics"]}
    assert at(metrics["bed_days"], "impacteval_combined_designs/value") == "rct: 0.8; did: 0.2"
    assert at(metrics["job_readiness"], "impacteval_combined_designs/value") is None


def test_every_design_has_a_word_of_indigo() -> None:
    from impacteval.contract.units import DESIGNS

    assert set(METHODS) == set(DESIGNS)


def test_what_indigo_lacks_stands_under_a_prefix() -> None:
    assert all(key.startswith(PREFIX) for key in project("denver") if "impacteval" in key)
    lists = {name for name in LISTS if not name.startswith(PREFIX)}
    assert lists == {
        "outcome_metrics",
        "outcome_pricings",
        "results",
        "outcome_payments",
        "sources",
    }


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=12
    )
)
@settings(deadline=None)
def test_no_digit_is_lost(number: Decimal) -> None:
    text = indigo_json({"amount": {"value": number}, "note": "a"})
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal)["amount"]["value"] == number


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
@settings(deadline=None)
def test_texts_stay_texts(text: str) -> None:
    assert json.loads(indigo_json({"note": text})) == {"note": text}


def test_unknown_fields_are_left_out_and_not_null() -> None:
    assert nested({"a/value": None, "b/c/value": 1, "b/d": None}) == {"b": {"c": {"value": 1}}}
    assert at({"b": {"c": 1}}, "b/c/d") is None


# --- with a verdict -------------------------------------------------------------------------------


def contract_of(study: Any) -> Contract:
    return load_contract(study.folder)


def capped(contract: dict[str, Any]) -> None:
    contract["payment"] = {
        "sum": [
            {"threshold": {"name": "one", "when": {"work": {"more_than": -500}}, "pay": 700,
                           "per": "pooled", "weights": "people"}},
            {"threshold": {"name": "two", "when": {"reconvictions": {"more_than": -500}}, "pay": 500,
                           "per": "pooled", "weights": "people"}},
        ],
        "cap": {"amount": 1000, "over": "settlement"},
    }  # fmt: skip


def by_cohort(plan: dict[str, Any]) -> None:
    plan["analyses"]["work"]["groups"] = plan["analyses"]["events"]["groups"]
    del plan["analyses"]["work"]["eligible"]


def test_results_and_verdicts_are_those_of_the_record(two_cohorts: Any) -> None:
    report = two_cohorts.run()
    found = read(indigo_project(contract_of(two_cohorts), report.record))
    jsonschema.validate(json.loads(indigo_json(found)), PROJECT)
    assert {(at(r, "outcome_metric_id/value"), at(r, "impacteval_group/value") or "all")
            for r in found["results"]} >= {(f.outcome, f.group) for f in report.record.findings}  # fmt: skip
    for finding in report.record.findings:
        result = next(
            r
            for r in found["results"]
            if at(r, "outcome_metric_id/value") == finding.outcome
            and (at(r, "impacteval_group/value") or "all") == finding.group
        )
        assert at(result, "impacteval_estimate/value") == Decimal(finding.estimate)
        wide = next(i for i in finding.intervals if i.side == "two" and i.level == "0.95")
        assert at(result, "impacteval_interval/low/value") == Decimal(wide.low)
        assert at(result, "impacteval_interval/high/value") == Decimal(wide.high)
        assert at(result, "impacteval_interval/level/value") == Decimal("0.95")
        assert at(result, "impacteval_design/value")
    rows = found["impacteval_verdicts"]
    assert [at(r, "verdict/value") for r in rows] == [
        c.verdict for c in report.record.page_one.clauses
    ]


def test_payments_never_add_up_to_more_than_is_due(two_cohorts: Any) -> None:
    report = two_cohorts.run(contract_change=capped, plan_change=by_cohort)
    found = indigo_project(contract_of(two_cohorts), report.record)
    amounts = [at(p, "money/amount/value") for p in found["outcome_payments"]]
    # 700 and 500 are worth 1,200; the ceiling leaves 1,000, in one row that names both clauses.
    assert amounts == [Decimal(1000)]
    (payment,) = found["outcome_payments"]
    assert at(payment, "impacteval_clause/value") == "one; two"
    assert at(payment, "type/value") == "Planned"
    worth = [at(v, "amount/value") for v in found["impacteval_verdicts"]]
    assert worth == [700, 500]


def test_an_amount_that_is_not_published_is_not_paid_as_0(two_cohorts: Any) -> None:
    def hidden(contract: dict[str, Any]) -> None:
        capped(contract)
        contract["payment"]["sum"][0]["threshold"]["pay"] = "not_published"

    report = two_cohorts.run(contract_change=hidden, plan_change=by_cohort)
    found = indigo_project(contract_of(two_cohorts), report.record)
    (payment,) = found["outcome_payments"]
    assert at(payment, "money/amount") is None
    assert payment["notes"] == "Not published: amount."
    assert at(payment, "money/currency/value") == "GBP"
    standing = [at(v, "amount_standing/value") for v in found["impacteval_verdicts"]]
    assert standing == ["not_published", "known"]


def test_clauses_are_paid_one_by_one_where_they_are_the_whole(two_cohorts: Any) -> None:
    def free(contract: dict[str, Any]) -> None:
        capped(contract)
        del contract["payment"]["cap"]

    report = two_cohorts.run(contract_change=free, plan_change=by_cohort)
    found = indigo_project(contract_of(two_cohorts), report.record)
    assert [
        (at(p, "outcome_metric_id/value"), at(p, "money/amount/value"))
        for p in found["outcome_payments"]
    ] == [("work", 700), ("reconvictions", 500)]


def test_a_penalty_is_a_negative_amount_that_says_so(two_cohorts: Any) -> None:
    def penalty(contract: dict[str, Any]) -> None:
        # Around 10 percent is 20 short of the target of 30: the whole penalty of 400.
        swing = {"name": "swing", "outcome": "reconvictions", "target": 30, "dead_band": 5,
                 "full_at": 15, "bonus": 500, "malus": 400, "per": "pooled", "weights": "people"}  # fmt: skip
        contract["payment"] = {"bonus_malus": swing}

    report = two_cohorts.run(contract_change=penalty)
    (payment,) = indigo_project(contract_of(two_cohorts), report.record)["outcome_payments"]
    assert at(payment, "money/amount/value") == -400
    assert payment["notes"].startswith("Owed to the payer")


def test_a_verdict_of_another_contract_is_refused(two_cohorts: Any, tmp_path: Path) -> None:
    report = two_cohorts.run()
    with pytest.raises(UsageError, match="Give the contract that the verdict was reached on"):
        write_indigo(load_contract(BONDS / "denver"), tmp_path / "out", report.record)
    assert not (tmp_path / "out").exists()


def test_the_same_bytes_and_nothing_else_touched(tmp_path: Path) -> None:
    contract = load_contract(BONDS / "chicago")
    out = tmp_path / "out"
    out.mkdir()
    (out / "verdict.json").write_text("{}", encoding="utf-8")
    (out / "projects_results.csv").write_text("of an earlier export", encoding="utf-8")
    first = {file.name: file.read_bytes() for file in write_indigo(contract, out)}
    assert {file.name: file.read_bytes() for file in write_indigo(contract, out)} == first
    assert {file.name for file in out.iterdir()} == {*first, "verdict.json"}
    assert next(iter(first)) == "indigo.json"
