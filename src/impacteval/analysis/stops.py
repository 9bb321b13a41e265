"""What a study tells stop triggers: results, missing outcomes, people measured, who was reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Context, Decimal

from impacteval.contract import ALL, POOLED, Contract
from impacteval.contract.readings import StopNumber
from impacteval.contract.rules import ChanceRule
from impacteval.contract.stopping import Trigger
from impacteval.decide.amended import comparable
from impacteval.report.findings import Finding
from impacteval.values import Confidence, Message, PointEstimate, Question, Text

_NOT_KNOWN = Message(
    "stop.not-assigned",
    Text(
        en="the data do not say who was assigned, so nobody can tell how many results are missing.",
        fr="les données ne disent pas qui a été affecté : nul ne sait combien de résultats manquent.",
    ),
)
_NO_GROUP = Message(
    "stop.no-equity-column",
    Text(
        en="the plan names no column that says who belongs to this part of the people.",
        fr="le plan ne nomme pas de colonne qui dise qui relève de ce groupe.",
    ),
)
_SEVERAL = Message(
    "stop.several-designs",
    Text(
        en="the number combines several designs, and nobody counts their people once.",
        fr="le nombre combine plusieurs méthodes, et nul n'en compte les personnes une seule fois.",
    ),
)
_NO_FINDING = Message(
    "stop.no-finding",
    Text(en="the study has no such result.", fr="l'étude n'a pas ce résultat."),
)
_NOT_AS_SIGNED = Message(
    "stop.not-as-signed",
    Text(
        en="the amendments changed what it looks at, and the data were analysed as amended.",
        fr="les avenants ont changé ce qu'il observe, et les données ont été analysées avec eux.",
    ),
)


def stop_questions(contract: Contract, outcome: str) -> tuple[Question, ...]:
    """What stop triggers ask of the numbers of an outcome."""
    return tuple(
        stop_question(trigger)
        for trigger in contract.stop_when.values()
        if trigger.kind == "when" and trigger.of == outcome
    )


def stop_question(trigger: Trigger) -> Question:
    """What a trigger on a result asks of each number."""
    if isinstance(trigger.decide_on, ChanceRule):
        limit = trigger.limit
        return Confidence(Decimal(limit.threshold), limit.operator)
    return PointEstimate()


def stop_numbers(
    contract: Contract, found: Iterable[Finding], blocked: Message | None = None
) -> Mapping[str, tuple[StopNumber, ...]]:
    """What each stop trigger of a contract compares.

    A trigger on a result reads each group of it, and not the pool; shares and counts are over all
    groups of an outcome together. A trigger that names no outcome reads every outcome that is paid.

    Parameters
    ----------
    contract : Contract
        The contract.
    found : iterable of Finding
        What was found, pools included.
    blocked : Message, optional
        Why nothing may be judged, such as a missing lock: then no trigger that moves money is told
        a number, so that a draft decides nothing.
    """
    own = [finding for finding in found if not finding.group.startswith(POOLED)]
    return {
        name: (StopNumber(reason=blocked),)
        if blocked is not None and trigger.moves_money
        else tuple(_numbers(contract, trigger, own)) or (StopNumber(reason=_NO_FINDING),)
        for name, trigger in contract.stop_when.items()
    }


def stops_as_contracted(
    contract: Contract,
    signed: Contract,
    found: Iterable[Finding],
    blocked: Message | None = None,
) -> Mapping[str, tuple[StopNumber, ...]]:
    """What each trigger of the contract as signed compares, from what was found for it as amended.

    A result that an amendment redefined, and a count over groups of which one was not estimated,
    are not those that the trigger was written for: it cannot be told.

    Parameters
    ----------
    contract, signed : Contract
        The contract as it is read, and as it was signed.
    found, blocked
        As in `stop_numbers`.
    """
    same = [
        finding
        for finding in found
        if comparable(contract, signed, finding.outcome)
        and (finding.group == ALL or finding.group in signed.live_groups())
    ]
    gone = set(signed.live_groups()) - set(contract.live_groups())
    paid = {leaf.outcome for leaf in signed.clauses}
    numbers = dict(stop_numbers(signed, same, blocked))
    for name, trigger in signed.stop_when.items():
        read = paid if trigger.of is None else {trigger.of} & set(signed.outcomes)
        redefined = any(not comparable(contract, signed, outcome) for outcome in read)
        if trigger.kind == "when" and gone and not redefined:
            numbers[name] = (*numbers[name], StopNumber(reason=_NOT_AS_SIGNED))
        elif gone or redefined:
            numbers[name] = (StopNumber(reason=_NOT_AS_SIGNED),)
    return numbers


def _numbers(contract: Contract, trigger: Trigger, own: list[Finding]) -> Iterator[StopNumber]:
    match trigger.kind:
        case "when":
            for finding in own:
                if finding.outcome == trigger.of:
                    yield _result(contract, trigger, finding)
        case "missing_share" | "people":
            paid = dict.fromkeys(leaf.outcome for leaf in contract.clauses)
            outcomes = tuple(paid) if trigger.of is None else (trigger.of,)
            for outcome in outcomes:
                parts = [finding for finding in own if finding.outcome == outcome]
                if parts:
                    name = contract.outcomes[outcome].plain_name.text()
                    where = name if len(outcomes) > 1 else None
                    yield _counted(trigger, parts, where)
        case "reach":
            yield from _reached(trigger, own)


def _result(contract: Contract, trigger: Trigger, finding: Finding) -> StopNumber:
    where = None
    if finding.group != ALL:
        named = contract.groups[finding.group].plain_name
        where = Text(en=finding.group, fr=finding.group) if named is None else named.text()
    if finding.evidence.reason is not None:
        return StopNumber(reason=finding.evidence.reason, where=where)
    answer = finding.evidence.answer(stop_question(trigger))
    if answer.value is None:
        return StopNumber(reason=answer.reason, where=where)
    if isinstance(trigger.decide_on, ChanceRule):
        return StopNumber(confidence=answer.value, where=where)
    assert trigger.of is not None
    return StopNumber(value=contract.outcomes[trigger.of].read(answer.value), where=where)


def _counted(trigger: Trigger, parts: list[Finding], where: Text | None) -> StopNumber:
    if not all(finding.flow for finding in parts):
        return StopNumber(reason=_SEVERAL, where=where)
    steps = [{step.step.key: step.n for step in finding.flow} for finding in parts]
    measured = sum(flow["flow.measured"] for flow in steps)
    if trigger.kind == "people":
        return StopNumber(value=Decimal(measured), where=where)
    if any("flow.assigned" not in flow for flow in steps):
        return StopNumber(reason=_NOT_KNOWN, where=where)
    assigned = sum(flow["flow.assigned"] for flow in steps)
    return StopNumber(value=_percent(assigned - measured, assigned), where=where)


def _percent(part: int, whole: int) -> Decimal:
    """A share in percent, to ten significant digits."""
    return Context(prec=10).divide(Decimal(100 * part), Decimal(whole)) if whole else Decimal(0)


def reach(group: str, own: Iterable[Finding]) -> tuple[int, int] | None:
    """How many of those served belong to a part of the people, and how many are served.

    Over all groups of the first outcome whose plan names the column; None when none does.
    """
    parts: dict[str, list[tuple[int, int]]] = {}
    for finding in own:
        for reached in finding.equity:
            if reached.name == group:
                parts.setdefault(finding.entry, []).append((reached.served, reached.of))
    first = next(iter(parts.values()), None)
    return None if first is None else (sum(n for n, _ in first), sum(of for _, of in first))


def _reached(trigger: Trigger, own: list[Finding]) -> Iterator[StopNumber]:
    assert trigger.of is not None
    found = reach(trigger.of, own)
    yield StopNumber(reason=_NO_GROUP) if found is None else StopNumber(value=_percent(*found))
