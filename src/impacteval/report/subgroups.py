"""Effects in parts of the people as the record writes them: in contract units, and in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

from impacteval.contract import Contract
from impacteval.diagnostics.subgroups import FloorTest, GroupEffect, Subgroups
from impacteval.plan import SubgroupRule
from impacteval.report import subgroups_words as words
from impacteval.report.findings import Finding
from impacteval.report.findings_facts import group_name
from impacteval.report.record import Both, Said
from impacteval.report.record_subgroups import EqualFacts, FloorFacts, SubgroupFacts, SubgroupRow
from impacteval.report.robustness import range_of
from impacteval.report.sentences import contract_unit
from impacteval.report.verdicts import contract_value
from impacteval.values import Message, Scale, Text, significant, written

Kind = Literal["subgroup", "group"]


def subgroup_facts(finding: Finding, contract: Contract) -> tuple[SubgroupFacts, ...]:
    """What the report says of the subgroups of a finding, and of the contract's groups."""
    rule = finding.analysis.subgroups
    kinds: tuple[tuple[Kind, Subgroups | None], ...] = (
        ("subgroup", finding.subgroups),
        ("group", finding.across),
    )
    return tuple(
        _facts(finding, contract, kind, found, rule)
        for kind, found in kinds
        if found is not None and rule is not None
    )


def verdict_of(test: FloorTest, level: float) -> Literal["reached", "missed", "open"]:
    """What a floor test shows when all groups are allowed for.

    Examples
    --------
    >>> verdict_of(FloorTest(0.0, 0.01, 0.02, 0.99, 1.0), 0.95)
    'reached'
    """
    alpha = 1.0 - level
    # Compared as the report prints them: rounded once.
    if significant(test.reached_adjusted, 1.0) <= significant(alpha, 1.0):
        return "reached"
    if significant(test.missed_adjusted, 1.0) <= significant(alpha, 1.0):
        return "missed"
    return "open"


def _facts(
    finding: Finding, contract: Contract, kind: Kind, found: Subgroups, rule: SubgroupRule
) -> SubgroupFacts:
    return SubgroupFacts(
        by=kind,
        multiplicity=found.multiplicity,
        level=written(rule.level),
        hidden=found.hidden,
        floor=None if rule.floor is None else written(rule.floor),
        rows=tuple(_row(finding, contract, kind, found, group, rule) for group in found.groups),
        equal=_equal(found),
        said=tuple(Said.of(m) for m in _said(finding, contract, kind, found, rule)),
    )


def _row(
    finding: Finding,
    contract: Contract,
    kind: Kind,
    found: Subgroups,
    group: GroupEffect,
    rule: SubgroupRule,
) -> SubgroupRow:
    estimate, interval = group.estimate, None
    if estimate is not None and group.p_value is not None:
        level = round(found.level_for_each, 10)
        interval = range_of(estimate, contract, finding.outcome, level, "two")
    value = None if estimate is None else contract_value(estimate, contract, finding.outcome)
    return SubgroupRow(
        group=group.label,
        plain_name=Both.of(_name(contract, kind, group.label, rule)),
        served=group.sizes[0],
        others=group.sizes[1] if len(group.sizes) > 1 else None,
        estimate=None if value is None else written(value),
        interval=interval,
        p_value=_p(group.p_value),
        adjusted_p_value=_p(group.adjusted),
        floor=None if group.floor is None else _floor(group.floor, found.level),
        reason=Said.of(group.reason) if group.reason else None,
    )


def _name(contract: Contract, kind: Kind, label: str, rule: SubgroupRule) -> Text:
    if kind == "group":
        return group_name(contract, label) or plain_text(label)
    return rule.names[label].text() if label in rule.names else plain_text(label)


def plain_text(label: str) -> Text:
    """A value of the data as a text, its braces kept from being places."""
    kept = (label.strip() or "?").replace("{", "{{").replace("}", "}}")
    return Text(en=kept, fr=kept)


def _floor(test: FloorTest, level: float) -> FloorFacts:
    return FloorFacts(**floor_values(test, level))


def floor_values(test: FloorTest, level: float) -> dict[str, Any]:
    """What the record says of a floor test."""
    return {
        "verdict": verdict_of(test, level),
        "p_value": _chance(test.reached),
        "adjusted_p_value": _chance(test.reached_adjusted),
        "adjusted_p_value_missed": _chance(test.missed_adjusted),
    }


def _chance(value: float) -> str:
    return written(significant(min(max(value, 0.0), 1.0), 1.0))


def _p(value: float | None) -> str | None:
    return None if value is None else _chance(value)


def _equal(found: Subgroups) -> EqualFacts | None:
    test = found.equal
    if test is None:
        return None
    return EqualFacts(
        wald=written(significant(test.wald)),
        statistic=written(significant(test.statistic)),
        df_between=test.df_between,
        df_within=written(significant(test.df_within)) if math.isfinite(test.df_within) else None,
        p_value=_chance(test.p_value),
    )


def _said(
    finding: Finding, contract: Contract, kind: Kind, found: Subgroups, rule: SubgroupRule
) -> Iterator[Message]:
    alpha = 1 - rule.level
    if found.equal is not None:
        p_value = significant(found.equal.p_value, 1.0)
        yield words.differ(p_value) if p_value <= alpha else words.alike(p_value)
    elif found.reason is not None:
        yield found.reason
    looks = sum(group.p_value is not None for group in found.groups)
    if looks > 1:
        yield words.several(found.multiplicity, looks, rule.level)
        if finding.analysis.scale is Scale.RELATIVE:
            yield words.ratios()
    if found.hidden:
        yield words.hidden(found.hidden, rule.least)
    if rule.floor is not None:
        described = contract.outcomes[finding.outcome]
        own = described.unit.text() if described.unit else None
        unit = contract_unit(described.effect, own)
        if found.all_reach is not None:
            reached = significant(found.all_reach, 1.0)
            yield words.all_reach(rule.floor, unit, reached, reached <= alpha)
    for note in found.notes:
        yield _named(note, contract, kind, rule)


def _named(note: Message, contract: Contract, kind: Kind, rule: SubgroupRule) -> Message:
    """A note with its group called as people call it."""
    label = note.values.get("label")
    if not isinstance(label, str):
        return note
    return Message(
        note.key, note.text, {**note.values, "label": _name(contract, kind, label, rule)}
    )
