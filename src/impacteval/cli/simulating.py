"""The command `simulate`: from what was typed to what a payer reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from impacteval.cli.commands import pairs
from impacteval.cli.show import progress, say, show_json, show_rows
from impacteval.cli.tables import show_table
from impacteval.errors import Problem, UsageError
from impacteval.values import Language, Text

if TYPE_CHECKING:
    from impacteval.contract import Contract
    from impacteval.plan import Plan
    from impacteval.simulation.full import FullEngine
    from impacteval.simulation.pilot import Pilot

WRITTEN = Text(en="The simulation is in {x}:", fr="La simulation est dans {x} :")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed."""

    scenario: Path | None
    given: tuple[str, ...]
    effects: str | None
    held: tuple[str, ...]
    settlements: int | None
    draws: int | None
    seed: int
    power: float
    engine: str = "normal"
    estimators: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()
    pilot: Path | None = None


def simulate(
    path: Path, asked: Asked, out: Path | None, *, as_json: bool, language: Language
) -> None:
    """Simulate a contract and show what it pays."""
    from impacteval.simulation import load_scenario
    from impacteval.simulation import simulate as simulate_contract
    from impacteval.simulation.inputs import (
        contract_and_plan,
        read_pilots,
        with_pilots,
    )
    from impacteval.simulation.record import to_json
    from impacteval.simulation.scenario_file import with_settings

    if out is not None:
        there = next(place for place in (out, *out.absolute().parents) if place.exists())
        if not there.is_dir():
            raise UsageError(Problem(f"{there} is a file.", "Name a folder for the simulation."))
    contract, plan = contract_and_plan(path)
    pilots = () if asked.pilot is None else read_pilots(asked.pilot, contract, plan)
    base = None if asked.scenario is None else load_scenario(asked.scenario)
    said = with_settings(
        base, pairs(asked.given), pairs(asked.held), asked.effects, asked.settlements
    )
    data = _data(asked, contract, plan, pilots)
    if data is None:
        said = with_pilots(said, pilots)
    with progress():
        simulated = simulate_contract(
            contract,
            said,
            draws=asked.draws,
            seed=asked.seed,
            power=asked.power,
            engine=asked.engine,
            data=data,
        )
        written: tuple[Path, ...] = ()
        if out is not None:
            from impacteval.render.simulation_write import write_simulation

            written = write_simulation(simulated, out)
    if as_json:
        show_json(to_json(simulated.found))
        return
    from impacteval.render.simulation_page import sections

    for section in sections(simulated.found, contract, language, drawings=False):
        _show(section, first=section.number == 1)
    if written:
        say()
        say(WRITTEN[language].format(x=out))
        for file in written:
            say(str(file), indent="  ")


def _data(
    asked: Asked, contract: Contract, plan: Plan | None, pilots: tuple[Pilot, ...]
) -> FullEngine | None:
    """How data are drawn, where they are."""
    from impacteval.simulation.inputs import full_engine

    estimators, explained = pairs(asked.estimators), pairs(asked.explained)
    if asked.engine == "normal" and not estimators and not explained:
        return None
    return full_engine(contract, plan, pilots, estimators, explained)


def _show(section: object, *, first: bool) -> None:
    from impacteval.render.blocks import Facts, Items, Para, Section, Table

    assert isinstance(section, Section)
    if not first:
        say()
        say(section.heading.upper())
    for block in section.blocks:
        match block:
            case Para(text):
                say(text)
            case Items(items):
                for item in items:
                    say(f"- {item}")
            case Facts(rows):
                show_rows(rows)
            case Table() as table:
                say()
                show_table(table)
            case _:
                pass
