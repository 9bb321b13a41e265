"""What the report tells besides what is paid: stop triggers, watched outcomes, equity, baselines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Context, Decimal

from impacteval.contract import POOLED, Contract
from impacteval.contract.saying import say
from impacteval.contract.words import comparison
from impacteval.decide.stops import StopResult
from impacteval.diagnostics.effort_shifting import EFFORT_SHIFTING
from impacteval.diagnostics.small_groups import gives_away
from impacteval.errors import NotAnswerable
from impacteval.estimates import CounterfactualEstimate
from impacteval.report import findings_facts as facts
from impacteval.report.equity_reach import reach_rows
from impacteval.report.findings import EquityFinding, Finding
from impacteval.report.record import (
    BaselineRow,
    Besides,
    Both,
    ContextRow,
    EquityRow,
    Said,
    ShiftRow,
    StopRow,
    WatchRow,
)
from impacteval.report.record_subgroups import EquityFloorRow
from impacteval.report.robustness import range_of
from impacteval.report.run import Run
from impacteval.report.sentences import contract_unit
from impacteval.report.subgroups import floor_values
from impacteval.report.verdicts import contract_value
from impacteval.values import Message, Text, significant, written


def besides(run: Run) -> Besides | None:
    """Everything the contract asks to be told without paying for it; None when there is nothing."""
    contract = run.contract
    found = Besides(
        stops=tuple(_stop(result) for result in run.decision.stops),
        watched=tuple(_watched(run)),
        shifting=tuple(_shifting(run)),
        equity=tuple(_equity(run)),
        baselines=tuple(_baselines(contract)),
        also_report=tuple(Both.of(words.text()) for words in contract.also_report),
        context=tuple(
            ContextRow(text=Both.of(entry.text.text()), source=_source(contract, entry.source))
            for entry in contract.context
        ),
    )
    return None if found == Besides() else found


def _source(contract: Contract, name: str) -> Both:
    return Both.of(contract.sources[name].text.text())


def _stop(result: StopResult) -> StopRow:
    return StopRow(
        name=result.name,
        state=result.state,
        value=None if result.value is None else written(result.value),
        operator=result.operator,
        threshold=written(result.threshold),
        then=result.then,
        clauses=result.clauses,
        said=Said.of(result.said),
    )


def _baselines(contract: Contract) -> Iterator[BaselineRow]:
    for name, before in contract.baseline.items():
        outcome = contract.outcomes[name]
        yield BaselineRow(
            outcome=name,
            value=written(before.value),
            date=before.date,
            what=Both.of((before.what or outcome.measure).text()),
            source=_source(contract, before.source),
        )


# --- watched outcomes ---------------------------------------------------------------------------


def adjusted(p: Sequence[float], how: str) -> list[float]:
    """p-values corrected for looking at several.

    Parameters
    ----------
    p : sequence of float
        One for each number looked at.
    how : str
        ``none``, ``bonferroni`` or ``holm``.

    Returns
    -------
    list of float
        In the same order.

    References
    ----------
    Holm, S. (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal
    of Statistics 6(2), 65-70.

    Examples
    --------
    >>> adjusted([0.01, 0.04, 0.03], "holm")
    [0.03, 0.06, 0.06]
    """
    if how == "none":
        return list(p)
    if how == "bonferroni":
        return [min(1.0, value * len(p)) for value in p]
    found, largest = [0.0] * len(p), 0.0
    for rank, k in enumerate(sorted(range(len(p)), key=lambda k: p[k])):
        largest = max(largest, min(1.0, p[k] * (len(p) - rank)))
        found[k] = largest
    return found


def _watched(run: Run) -> Iterator[WatchRow]:
    contract = run.contract
    if contract.watch is None:
        return
    looked_at = [
        finding
        for finding in run.findings.values()
        if finding.outcome in contract.watched and not finding.group.startswith(POOLED)
    ]
    tested = [(finding, _p(finding.estimate)) for finding in looked_at]
    known = [p for _, p in tested if p is not None]
    corrected = iter(adjusted(known, contract.watch.multiplicity))
    for finding, p in tested:
        own = None if p is None else next(corrected)
        unit, value = _in_contract_units(contract, finding, finding.estimate)
        yield WatchRow(
            outcome=finding.outcome,
            group=finding.group,
            estimate=value,
            unit=Both.of(unit),
            p_value=None if p is None else written(significant(p, 1.0)),
            adjusted_p_value=None if own is None else written(significant(own, 1.0)),
            looked_at=len(known),
            said=Said.of(_watch_sentence(contract, finding, value, unit, p, own, len(known))),
        )


def _p(estimate: CounterfactualEstimate | None) -> float | None:
    try:
        return None if estimate is None else estimate.effect.p_value()
    except NotAnswerable:
        return None


def _in_contract_units(
    contract: Contract, finding: Finding, estimate: CounterfactualEstimate | None
) -> tuple[Text, str | None]:
    outcome = contract.outcomes[finding.outcome]
    unit = contract_unit(outcome.effect, outcome.unit.text() if outcome.unit else None)
    if estimate is None:
        return unit, None
    return unit, written(contract_value(estimate, contract, finding.outcome))


def _watch_sentence(
    contract: Contract,
    finding: Finding,
    value: str | None,
    unit: Text,
    p: float | None,
    own: float | None,
    looked_at: int,
) -> Message:
    values: dict[str, object] = {
        "name": contract.outcomes[finding.outcome].plain_name.text(),
    }
    en, fr = "{name}", "{name}"
    group = facts.group_name(contract, finding.group)
    if group is not None:
        values["whose"] = group
        en, fr = "{name}, {whose}", "{name}, {whose}"
    if value is None:
        return say("watched-unknown", f"{en}: no estimate.", f"{fr} : pas d'estimation.", **values)
    values |= {"value": value, "unit": _spaced(unit)}
    en, fr = f"{en}: {{value:number}}{{unit}}", f"{fr} : {{value:number}}{{unit}}"
    if p is None or own is None:
        return say("watched", f"{en}. Never paid.", f"{fr}. Jamais payé.", **values)
    values |= {"p": written(significant(p, 1.0))}
    assert contract.watch is not None
    if looked_at < 2 or contract.watch.multiplicity == "none":
        plain_en = f"{en} (p-value {{p:number}}, not corrected)"
        plain_fr = f"{fr} (valeur p {{p:number}}, sans correction)"
        return say(
            "watched-plain", f"{plain_en}. Never paid.", f"{plain_fr}. Jamais payé.", **values
        )
    values |= {"own": written(significant(own, 1.0)), "n": looked_at}
    return say(
        "watched-corrected",
        f"{en} (p-value {{p:number}}, corrected for looking at {{n:int}}: {{own:number}}). Never paid.",
        f"{fr} (valeur p {{p:number}}, corrigée pour {{n:int}} regards : {{own:number}}). Jamais payé.",
        **values,
    )


def _spaced(unit: Text) -> Text:
    """A unit as it stands after a number."""
    return Text(
        en=unit.en if unit.en.startswith("%") else f" {unit.en}",
        fr=f" {unit.fr}",
    )


def _shifting(run: Run) -> Iterator[ShiftRow]:
    for finding in run.findings.values():
        for check in finding.diagnostics:
            if check.diagnostic.name == EFFORT_SHIFTING:
                said = check.diagnostic.explanation
                name = run.contract.outcomes[finding.outcome].plain_name.text()
                group = facts.group_name(run.contract, finding.group)
                en, fr = "{paid_outcome}: ", "{paid_outcome} : "
                values: dict[str, object] = {**said.values, "paid_outcome": name}
                if group is not None:
                    en, fr = "{paid_outcome}, {whose}: ", "{paid_outcome}, {whose} : "
                    values["whose"] = group
                text = Text(en=en + said.text.en, fr=fr + said.text.fr)
                yield ShiftRow(
                    outcome=finding.outcome,
                    group=finding.group,
                    status=check.diagnostic.status.value,
                    said=Said.of(Message(said.key, text, values)),
                )


# --- equity -------------------------------------------------------------------------------------


def _equity(run: Run) -> Iterator[EquityRow]:
    contract = run.contract
    for name, group in contract.equity.items():
        parts = [
            (finding, part) for finding in run.own for part in finding.equity if part.name == name
        ]
        entries = dict.fromkeys(finding.entry for finding, _ in parts)
        first = [part for finding, part in parts if finding.entry == next(iter(entries), None)]
        counts = {
            key: sum(getattr(part, key) for part in first)
            for key in ("served", "of", "others", "of_others")
        }
        hidden = gives_away(**counts)
        share = (
            None
            if hidden or not counts["of"]
            else Context(prec=10).divide(Decimal(100 * counts["served"]), Decimal(counts["of"]))
        )
        said = [_reach_sentence(contract, name, counts, share)]
        said += [_effect_sentence(contract, finding, part) for finding, part in parts]
        floors = tuple(_floors(contract, parts))
        said += [_floor_sentence(contract, name, row) for row in floors]
        reach = tuple(reach_rows(run, name))
        yield EquityRow(
            name=name,
            plain_name=Both.of(group.plain_name.text()),
            served=None if hidden else counts["served"],
            of=counts["of"],
            others=None if hidden else counts["others"],
            of_others=counts["of_others"],
            share=None if share is None else written(share),
            paid_through=group.paid_through,
            floors=floors,
            reach=reach,
            said=(
                Said.of(said[0]),
                *(row.said for row in reach),
                *(Said.of(message) for message in said[1:]),
            ),
        )


def _floors(
    contract: Contract, parts: list[tuple[Finding, EquityFinding]]
) -> Iterator[EquityFloorRow]:
    """Whether the effect among them is at least what the contract asks for."""
    for finding, part in parts:
        asked = contract.equity[part.name].floor
        if asked is not None and part.floor is not None:
            yield EquityFloorRow(
                outcome=finding.outcome,
                group=finding.group,
                floor=written(asked.at_least),
                level=written(asked.level),
                **floor_values(part.floor, float(asked.level)),
            )


_FLOORS = {
    "reached": (
        "this is shown (adjusted p = {p_value:number})",
        "c'est établi (p ajustée = {p_value:number})",
    ),
    "missed": (
        "it is shown to be less (adjusted p = {p_value:number})",
        "il est établi que c'est moins (p ajustée = {p_value:number})",
    ),
    "open": (
        "this is not shown (adjusted p = {p_value:number})",
        "ce n'est pas établi (p ajustée = {p_value:number})",
    ),
}


def _floor_sentence(contract: Contract, name: str, row: EquityFloorRow) -> Message:
    outcome = contract.outcomes[row.outcome]
    told = row.adjusted_p_value_missed if row.verdict == "missed" else row.adjusted_p_value
    own = outcome.unit.text() if outcome.unit else None
    values: dict[str, object] = {
        "group": contract.equity[name].plain_name.text(),
        "name": outcome.plain_name.text(),
        "floor": Decimal(row.floor),
        "unit": _spaced(contract_unit(outcome.effect, own)),
        "p_value": Decimal(told),
        "level": Decimal(row.level),
    }
    en, fr = "{name} among {group}", "{name}, {group}"
    whose = facts.group_name(contract, row.group)
    if whose is not None:
        values["whose"] = whose
        en, fr = "{name}, {whose}, among {group}", "{name}, {whose}, {group}"
    said = _FLOORS[row.verdict]
    return say(
        f"equity-floor-{row.verdict}",
        f"{en}: at least {{floor:exact}}{{unit}} is asked for, and {said[0]}, with confidence {{level:percent}}.",
        f"{fr} : au moins {{floor:exact}}{{unit}} est demandé, et {said[1]}, avec une confiance de {{level:percent}}.",
        **values,
    )


def _reach_sentence(
    contract: Contract, name: str, counts: dict[str, int], share: Decimal | None
) -> Message:
    group = contract.equity[name]
    values: dict[str, object] = {"group": group.plain_name.text()}
    if share is None:
        return say(
            "equity-hidden",
            "{group}: too few people, among them or among all others, to be shown.",
            "{group} : trop peu de personnes, parmi elles ou parmi toutes les autres, pour être montrées.",
            **values,
        )
    values |= {"served": counts["served"], "of": counts["of"], "share": share}
    en = "{group}: {served:int} of the {of:int} people served ({share:number}%)"
    fr = "{group} : {served:int} des {of:int} bénéficiaires ({share:number} %)"
    if group.share is not None:
        limit = group.share.limit
        values |= {"operator": comparison(limit.operator), "asked": limit.threshold}
        en += "; the contract asks for {operator} {asked:exact}%"
        fr += " ; le contrat demande {operator} {asked:exact} %"
    if group.paid_through is None:
        return say("equity-reach", en + ". Not paid for.", fr + ". Non payé.", **values)
    values["clause"] = group.paid_through
    return say(
        "equity-reach-paid",
        en + ". What it pays stands under clause “{clause}”.",
        fr + ". Ce que cela paie figure sous la clause « {clause} ».",
        **values,
    )


def _effect_sentence(contract: Contract, finding: Finding, part: EquityFinding) -> Message:
    group = contract.equity[part.name]
    values: dict[str, object] = {
        "group": group.plain_name.text(),
        "name": contract.outcomes[finding.outcome].plain_name.text(),
    }
    en, fr = "{name} among {group}", "{name}, {group}"
    whose = facts.group_name(contract, finding.group)
    if whose is not None:
        values["whose"] = whose
        en, fr = "{name}, {whose}, among {group}", "{name}, {whose}, {group}"
    if part.estimate is None:
        assert part.reason is not None, "a part without an estimate says why"
        return say(
            "equity-no-effect",
            f"{en}: {part.reason.text.en}",
            f"{fr} : {part.reason.text.fr}",
            **values,
            **part.reason.values,
        )
    unit, value = _in_contract_units(contract, finding, part.estimate)
    values |= {"value": value, "unit": _spaced(unit)}
    en, fr = f"{en}: {{value:number}}{{unit}}", f"{fr} : {{value:number}}{{unit}}"
    found = range_of(part.estimate, contract, finding.outcome, 0.95, "two")
    if found is not None and found.low is not None and found.high is not None:
        values |= {"low": found.low, "high": found.high}
        en += " (95% interval: {low:number} to {high:number})"
        fr += " (intervalle à 95 % : de {low:number} à {high:number})"
    return say("equity-effect", f"{en}.", f"{fr}.", **values)
