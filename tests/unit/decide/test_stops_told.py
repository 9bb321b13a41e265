"""What is said of a stop trigger, word for word in both languages, and its plain data."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from building import about  # noqa: E402  the folder of its tests
from test_stop_triggers import WHY, contract  # noqa: E402

from impacteval.contract.readings import Given, StopNumber  # noqa: E402
from impacteval.decide import decide  # noqa: E402
from impacteval.render.format import fill  # noqa: E402
from impacteval.values import Text  # noqa: E402

HELD = HERE / "told_stops.json"
COHORT = Text(en="First cohort", fr="Première cohorte")
FEW: dict[str, Any] = {"people": {"less_than": 400}}
HARM: dict[str, Any] = {"when": {"x": {"less_than": 0}}, "decide_on": {"chance_at_least": "0.9"}}
NAMED: dict[str, Any] = FEW | {"plain_name": {"en": "Too few", "fr": "Trop peu"}}


def number(value: Any, **more: Any) -> StopNumber:
    return StopNumber(value=Decimal(value), **more)


SCENARIOS: dict[str, tuple[Any, tuple[StopNumber, ...]]] = {
    "quiet": (contract(**FEW), (number(400),)),
    "fired_withholds": (contract(**FEW), (number("399.5"),)),
    "fired_pays_nothing": (contract("pay_nothing", **FEW), (number(399),)),
    "fired_reports": (contract("report", **FEW), (number(399),)),
    "fired_somewhere": (contract(**FEW), (number(999), number(5, where=COHORT))),
    "named": (contract(**NAMED), (number(5),)),
    "share": (contract(missing_share={"more_than": "20%"}), (number("20.01"),)),
    "sure": (contract(**HARM), (StopNumber(confidence=Decimal("0.95")),)),
    "not_sure": (contract(**HARM), (StopNumber(confidence=Decimal("0.5")),)),
    "nobody_said": (contract(**FEW), ()),
    "no_reason_lost": (contract(**FEW), (number(999), StopNumber(reason=WHY))),
    "no_reason_lost_somewhere": (contract(**FEW), (StopNumber(reason=WHY, where=COHORT),)),
}


def told(name: str) -> dict[str, Any]:
    """One trigger: its data, its sentence, and what follows for the money."""
    of, numbers = SCENARIOS[name]
    decision = decide(of, [about(11)], given=Given(stops={"stop": numbers}))
    (found,) = decision.stops
    return {
        "key": found.said.key,
        "en": fill(found.said, "en"),
        "fr": fill(found.said, "fr"),
        **found.to_json(),
        "nobody_said": found.nobody_said,
        "pays": str(decision.total),
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_trigger_tells_what_it_told(name: str) -> None:
    assert told(name) == json.loads(HELD.read_text(encoding="utf-8"))[name]


def test_every_sentence_has_its_scenario() -> None:
    assert json.loads(HELD.read_text(encoding="utf-8")).keys() == SCENARIOS.keys()


if __name__ == "__main__":
    held = {name: told(name) for name in SCENARIOS}
    HELD.write_text(json.dumps(held, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
