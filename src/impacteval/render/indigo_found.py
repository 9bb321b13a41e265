"""What a verification found and what is due, in the words of the INDIGO data standard."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from impacteval.contract import Contract
from impacteval.contract.counterfactuals import on_date
from impacteval.files import plain
from impacteval.render.format import fill, number
from impacteval.report.record import ClauseRow, FindingFacts, Range, Record
from impacteval.study.comparison import judged_on


def results(contract: Contract, record: Record) -> Iterator[dict[str, Any]]:
    """One result for each outcome and group that was estimated or judged."""
    rows = record.page_one.clauses
    found = {(f.outcome, f.group): f for f in record.findings}
    places = [*found, *((r.outcome, r.group) for r in rows if (r.outcome, r.group) not in found)]
    for outcome, group in dict.fromkeys(places):
        judged = [row for row in rows if (row.outcome, row.group) == (outcome, group)]
        finding = found.get((outcome, group))
        yield {
            "outcome_metric_id/value": outcome,
            "result_level/value": "Outcome level",
            "result_type/value": _result_type(contract, record),
            "outcomes_achieved/value": " ".join(
                fill(row.sentence, "en", contract.currency) for row in judged
            )
            or None,
            "notes": None if judged else "Followed and not paid.",
            "impacteval_group/value": None if group == "all" else group,
            "impacteval_design/value": on_date(
                contract.outcomes[outcome].counterfactuals,
                judged_on(contract, record.study.settlement),
            ).design,
            "impacteval_evidence_rule/value": _rules(judged, contract.currency),
            "impacteval_verdict/value": "; ".join(f"{r.name}: {r.verdict}" for r in judged) or None,
            **({} if finding is None else _estimate(finding)),
        }


def _rules(rows: list[ClauseRow], currency: str) -> str | None:
    """The evidence rules of these clauses, each once."""
    return " ".join(dict.fromkeys(fill(row.rule, "en", currency) for row in rows)) or None


def _result_type(contract: Contract, record: Record) -> str | None:
    """Interim or final, where the contract's calendar tells; it is never guessed."""
    if record.study.settlement is None or contract.calendar is None:
        return None
    dates = {name: str(s.date) for name, s in contract.calendar.settlements.items()}
    if record.study.settlement not in dates:
        return None
    return "Final" if dates[record.study.settlement] == max(dates.values()) else "Interim"


def _estimate(finding: FindingFacts) -> dict[str, Any]:
    unit = finding.contract_unit.en
    wide = _interval(finding)
    ends = {} if wide is None else {"low": wide.low, "high": wide.high, "level": wide.level}
    described = None
    if finding.estimate is not None:
        space = "" if unit == "%" else " "
        estimate = number(finding.estimate, "en")
        described = f"Estimated effect {estimate}{space}{unit}, positive when better"
        if wide is not None and wide.low is not None and wide.high is not None:
            percent = plain(Decimal(wide.level) * 100)
            low, high = number(wide.low, "en"), number(wide.high, "en")
            described += f" ({percent}% interval {low} to {high})"
        described += "."
    return {
        "other_description_of_result/value": described,
        "impacteval_status/value": finding.status,
        "impacteval_estimate/value": _number(finding.estimate),
        "impacteval_std_error/value": _number(finding.std_error),
        "impacteval_p_value/value": _number(finding.p_value),
        **{f"impacteval_interval/{key}/value": _number(end) for key, end in ends.items()},
        "impacteval_interval/side/value": None if wide is None else wide.side,
        "impacteval_interval/method/value": None if wide is None else wide.method,
        "impacteval_unit/value": unit,
        "impacteval_observed/value": _number(finding.observed),
        "impacteval_counterfactual/value": _number(finding.counterfactual),
        "impacteval_method/value": finding.method.name,
        "impacteval_method_version/value": f"{finding.method.package} {finding.method.version}",
    }


def _interval(finding: FindingFacts) -> Range | None:
    """The widest two-sided interval of the record."""
    two = [found for found in finding.intervals if found.side == "two"]
    return max(two, key=lambda found: Decimal(found.level), default=None)


def _number(text: str | None) -> Decimal | None:
    """A number of the record; an infinite one is no number of INDIGO."""
    found = None if text is None else Decimal(text)
    return found if found is not None and found.is_finite() else None


def payments(contract: Contract, record: Record) -> Iterator[dict[str, Any]]:
    """What was paid before, and what is due: clause by clause only where the clauses are the whole.

    A ceiling, earlier payments or other money make what is due less than what the clauses come to.
    One payment for the settlement then stands instead of theirs, so that rows never add up to more
    than is due.
    """
    box = record.page_one.money
    payers = "; ".join(payer.en for payer in contract.parties.payers)
    common = {
        "money/currency/value": box.currency,
        "impacteval_payers/value": payers,
    }
    if box.already_paid == "not_published" or _number(box.already_paid):
        yield {
            **common,
            "type/value": "Actual",
            **_money(box.already_paid),
        }
    settled = {
        **common,
        "type/value": "Planned",
        "impacteval_settlement/value": record.study.settlement,
        "impacteval_settlement_date/value": record.study.settlement_date,
    }
    paying = [row for row in record.page_one.clauses if row.amount is not None]
    worth = sum(Decimal(row.amount) for row in paying if row.amount not in (None, "not_published"))
    whole = box.due_now
    if whole is not None and whole != "not_published" and worth == Decimal(whole):
        for row in paying:
            yield {
                **settled,
                "outcome_metric_id/value": row.outcome,
                **_money(row.amount),
                "impacteval_clause/value": row.name,
                "impacteval_group/value": None if row.group == "all" else row.group,
            }
        return
    yield {**settled, **_money(whole), "impacteval_clause/value": _all(paying)}


def _all(rows: list[ClauseRow]) -> str | None:
    return "; ".join(dict.fromkeys(row.name for row in rows)) or None


def _money(amount: str | None) -> dict[str, Any]:
    """An amount, or the words for why it has none: a field without a number is not 0."""
    if amount is None:
        return {"notes": "Open: not judged yet."}
    if amount == "not_published":
        return {
            "notes": "Not published: amount.",
            "impacteval_not_published/value": "money/amount",
        }
    due = Decimal(amount)
    notes = "Owed to the payer: a penalty, or what was paid too much." if due < 0 else None
    return {"money/amount/value": due, "notes": notes}


def verdict(row: ClauseRow, record: Record) -> dict[str, Any]:
    """One clause as it was judged: for this INDIGO has no list at all."""
    currency = record.page_one.money.currency
    amount = row.amount
    standing = {None: "open", "not_published": "not_published"}.get(amount, "known")
    return {
        "outcome_metric_id/value": row.outcome,
        "clause/value": row.name,
        "group/value": None if row.group == "all" else row.group,
        "verdict/value": row.verdict,
        "value/value": _number(row.value),
        "operator/value": row.operator,
        "threshold/value": _number(row.threshold),
        "evidence_rule/value": fill(row.rule, "en", currency),
        "amount/value": _number(amount) if standing == "known" else None,
        "amount_standing/value": standing,
        "reason/value": None if row.reason is None else fill(row.reason, "en", currency),
    }
