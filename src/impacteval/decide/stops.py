"""Stop triggers: quiet, fired or not to be told, and what they hold back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from impacteval.contract.clause_amounts import compare
from impacteval.contract.model import Contract
from impacteval.contract.payment import Gate, Leaf, Precondition
from impacteval.contract.readings import Barred, Missing, Reading, StopNumber, Unjudged
from impacteval.contract.rules import ChanceRule
from impacteval.contract.saying import say
from impacteval.contract.stop_sentences import in_units, subject
from impacteval.contract.stopping import Trigger
from impacteval.contract.words import comparison, in_percent
from impacteval.values import Message, Text

State = Literal["quiet", "fired", "cannot_be_told"]


@dataclass(frozen=True, slots=True)
class StopResult:
    """What is said about one stop trigger.

    Attributes
    ----------
    name : str
        The trigger.
    state : str
        ``quiet``, ``fired`` or ``cannot_be_told``.
    value : Decimal or None
        The number compared, in the units of the file (percent for shares); under
        ``chance_at_least`` the confidence, as a fraction.
    operator, threshold
        The comparison; of a confidence, ``at_least`` what is asked for.
    then : str
        What a fired trigger does to money.
    clauses : tuple of str
        The clauses that it holds when it fires; empty when it is only reported.
    said : Message
        All this in one sentence.
    nobody_said : bool
        Whether it cannot be told because no number was given at all.
    """

    name: str
    state: State
    value: Decimal | None
    operator: str
    threshold: Decimal
    then: str
    clauses: tuple[str, ...]
    said: Message
    nobody_said: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain data for machines."""
        return {
            "name": self.name,
            "state": self.state,
            "value": None if self.value is None else format(self.value, "f"),
            "operator": self.operator,
            "threshold": format(self.threshold, "f"),
            "then": self.then,
            "clauses": list(self.clauses),
        }


def stop_results(
    contract: Contract, numbers: Mapping[str, tuple[StopNumber, ...]]
) -> tuple[StopResult, ...]:
    """Every stop trigger of a contract.

    A trigger that reads several numbers, such as one a group, fires as soon as one of them does;
    it is quiet only when all of them are known and none does.

    Parameters
    ----------
    contract : Contract
        The contract.
    numbers : mapping of name to numbers
        What each trigger compares; a trigger without one cannot be told.
    """
    return tuple(
        _result(contract, name, trigger, numbers.get(name, ()))
        for name, trigger in contract.stop_when.items()
    )


def _result(
    contract: Contract, name: str, trigger: Trigger, numbers: tuple[StopNumber, ...]
) -> StopResult:
    limit = trigger.limit
    firing = [n for n in numbers if _fires(trigger, n)]
    unknown = [n for n in numbers if n.reason is not None]
    state: State = "fired" if firing else "cannot_be_told" if unknown or not numbers else "quiet"
    shown = next(iter((*firing, *unknown, *numbers)), None)
    chance = shown is not None and shown.confidence is not None
    asked = limit.threshold
    if chance:
        assert isinstance(trigger.decide_on, ChanceRule)
        asked = trigger.decide_on.chance_at_least
    return StopResult(
        name=name,
        state=state,
        value=None if shown is None else shown.confidence if chance else shown.value,
        operator="at_least" if chance else limit.operator,
        threshold=asked,
        then=trigger.then,
        clauses=clauses_held(contract, trigger),
        said=_said(contract, name, trigger, state, shown),
        nobody_said=state == "cannot_be_told" and not numbers,
    )


def _fires(trigger: Trigger, number: StopNumber) -> bool:
    if number.confidence is not None:
        assert isinstance(trigger.decide_on, ChanceRule)
        return number.confidence >= trigger.decide_on.chance_at_least
    limit = trigger.limit
    return number.value is not None and compare(limit.operator, number.value, limit.threshold)


def clauses_held(contract: Contract, trigger: Trigger) -> tuple[str, ...]:
    """The clauses that a trigger holds when it fires; none when it is only reported."""
    if not trigger.moves_money:
        return ()
    paying = (c.name for c in contract.clauses if not isinstance(c, Gate | Precondition))
    return trigger.clauses or tuple(paying)


_STATES = {
    "quiet": Text(en="quiet", fr="silencieux"),
    "fired": Text(en="fired", fr="enclenché"),
}
_THEN = {
    "withhold": Text(
        en="The contract withholds its judgement.", fr="Le contrat suspend son jugement."
    ),
    "pay_nothing": Text(en="The contract then pays nothing.", fr="Le contrat ne paie alors rien."),
    "report": Text(en="It is only reported.", fr="Il est seulement signalé."),
}


def _said(
    contract: Contract, name: str, trigger: Trigger, state: State, number: StopNumber | None
) -> Message:
    values: dict[str, Any] = {
        "stop": name if trigger.plain_name is None else trigger.plain_name.text(),
        "subject": subject(contract, trigger),
    }
    en, fr = "Stop trigger “{stop}” ({subject}", "Déclencheur d'arrêt « {stop} » ({subject}"
    if number is not None and number.where is not None:
        values["where"] = number.where
        en, fr = en + ", {where}", fr + ", {where}"
    if number is None or number.reason is not None:
        why_en, why_fr = "no number was given.", "aucun nombre n'est donné."
        if number is not None and number.reason is not None:
            values |= number.reason.values
            why_en, why_fr = number.reason.text.en, number.reason.text.fr
        return say(
            "stop-cannot-be-told",
            f"{en}): whether it has fired cannot be told: {why_en}",
            f"{fr}) : on ne peut pas dire s'il s'est enclenché : {why_fr}",
            **values,
        )
    limit = trigger.limit
    values |= {
        "operator": comparison(limit.operator),
        "threshold": limit.threshold,
        "unit": in_units(contract, trigger),
        "state": _STATES[state],
    }
    if number.confidence is not None:
        assert isinstance(trigger.decide_on, ChanceRule)
        values |= {
            "confidence": in_percent(number.confidence),
            "asked": in_percent(trigger.decide_on.chance_at_least),
        }
        en += "): confidence that it is {operator} {threshold:exact}{unit}: {confidence:exact}%, and {asked:exact}% is asked for; {state}."
        fr += ") : confiance qu'il se situe à {operator} {threshold:exact}{unit} : {confidence:exact} % ; seuil : {asked:exact} % ; {state}."
    else:
        values["value"] = number.value
        en += "): {value:exact}{unit}; it fires when that is {operator} {threshold:exact}{unit}: {state}."
        fr += ") : {value:exact}{unit} ; il s'enclenche à {operator} {threshold:exact}{unit} : {state}."
    if state == "fired":
        en, fr = f"{en} {_THEN[trigger.then].en}", f"{fr} {_THEN[trigger.then].fr}"
    return say(f"stop-{state}", en, fr, **values)


def held_back(results: tuple[StopResult, ...], leaf: Leaf) -> Reading | None:
    """What a clause is told in place of its number when a trigger holds it; None when none does.

    Nothing is paid where one trigger says so, whatever the others; what is withheld comes before
    what cannot be told.
    """
    mine = [result for result in results if leaf.name in result.clauses]
    for result in mine:
        if result.state == "fired" and result.then == "pay_nothing":
            return Barred(result.said)
    for result in mine:
        if result.state == "fired":
            return Unjudged(result.said)
    for result in mine:
        if result.state == "cannot_be_told":
            return Missing(result.said) if result.nobody_said else Unjudged(result.said)
    return None
