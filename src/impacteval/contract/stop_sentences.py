"""Stop triggers in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from impacteval.contract.rules import ChanceRule
from impacteval.contract.saying import plain, quoted, say, unit_of
from impacteval.contract.words import comparison
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from impacteval.contract.model import Contract
    from impacteval.contract.stopping import Trigger

_THEN = {
    "withhold": Text(en="{held} cannot be judged", fr="{held} ne peuvent pas être jugées"),
    "pay_nothing": Text(
        en="{held} are not met and pay nothing", fr="{held} ne sont pas remplies et ne paient rien"
    ),
    "report": Text(
        en="the report says so, and nothing changes for the money",
        fr="le rapport le dit, et rien ne change pour l'argent",
    ),
}


def subject(contract: Contract, trigger: Trigger) -> Text:
    """What a trigger watches, in words without places."""
    of = trigger.of
    match trigger.kind:
        case "when":
            assert of is not None
            name = contract.outcomes[of].plain_name.text()
            return Text(en=f"the result on “{name.en}”", fr=f"le résultat sur « {name.fr} »")
        case "missing_share":
            return _about(
                contract, of, "the share of missing results", "la part de résultats manquants"
            )
        case "people":
            return _about(
                contract,
                of,
                "the number of people whose result is measured",
                "le nombre de personnes dont le résultat est mesuré",
            )
        case "reach":
            assert of is not None
            group = contract.equity[of].plain_name.text()
            return Text(
                en=f"the share of “{group.en}” among those served",
                fr=f"la part de « {group.fr} » parmi les bénéficiaires",
            )


def _about(contract: Contract, outcome: str | None, en: str, fr: str) -> Text:
    if outcome is None:
        return Text(en=en, fr=fr)
    name = contract.outcomes[outcome].plain_name.text()
    return Text(en=f"{en} (“{name.en}”)", fr=f"{fr} (« {name.fr} »)")


def in_units(contract: Contract, trigger: Trigger) -> Text:
    """What stands after a number that a trigger compares."""
    if trigger.kind in ("missing_share", "reach"):
        return Text(en="%", fr=" %")
    if trigger.kind == "people":
        return Text(en=" people", fr=" personnes")
    assert trigger.of is not None
    outcome = contract.outcomes[trigger.of]
    if outcome.effect in ("relative_reduction_percent", "relative_increase_percent"):
        return Text(en="%", fr=" %")
    unit = unit_of(outcome)
    return Text(en=f" {unit.en}", fr=f" {unit.fr}")


def stop_sentences(contract: Contract) -> Iterator[Message]:
    """Each trigger: what fires it, and what that does to money."""
    for name, trigger in contract.stop_when.items():
        limit = trigger.limit
        then, operator = _THEN[trigger.then], comparison(limit.operator)
        unit = in_units(contract, trigger)
        values: dict[str, Any] = {
            "name": name if trigger.plain_name is None else trigger.plain_name.text(),
            "subject": subject(contract, trigger),
            "operator": operator,
            "threshold": plain(limit.threshold),
            "unit": unit,
        }
        if trigger.moves_money:
            en, fr = _held(trigger)
            if trigger.clauses:
                values["clauses"] = quoted(x for x in contract.clauses if x.name in trigger.clauses)
            then = Text(en=then.en.format(held=en), fr=then.fr.format(held=fr))
        watches = (
            "Stop trigger “{name}” watches {subject} and fires ",
            "Le déclencheur d'arrêt « {name} » surveille {subject} et s'enclenche ",
        )
        if isinstance(trigger.decide_on, ChanceRule):
            values["asked"] = trigger.decide_on.chance_at_least
            fires = (
                "when the confidence that it is {operator} {threshold:exact}{unit} is at least {asked:percent}",
                "quand la confiance qu'il se situe à {operator} {threshold:exact}{unit} est d'au moins {asked:percent}",
            )
        else:
            fires = (
                "when that is {operator} {threshold:exact}{unit}",
                "à {operator} {threshold:exact}{unit}",
            )
        yield say(
            f"stop-{trigger.then}{'-clauses' if trigger.clauses else ''}"
            f"{'-chance' if 'asked' in values else ''}",
            f"{watches[0]}{fires[0]}; then {then.en}.",
            f"{watches[1]}{fires[1]} ; alors {then.fr}.",
            **values,
        )
    if any(trigger.moves_money for trigger in contract.stop_when.values()):
        yield say(
            "stop-unknown",
            "While it cannot be told whether such a trigger has fired, the clauses that it holds cannot be judged; no date that a clause sets for itself lifts this.",
            "Tant qu'on ne peut pas dire si un tel déclencheur s'est enclenché, les clauses qu'il retient ne peuvent pas être jugées ; aucune échéance propre à une clause ne lève cette règle.",
        )


def _held(trigger: Trigger) -> tuple[str, str]:
    if trigger.clauses:
        return "these clauses ({clauses})", "ces clauses ({clauses})"
    return "the clauses", "les clauses"
