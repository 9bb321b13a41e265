"""The command `simulate`: from what was typed to what a payer reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from impacteval.cli.commands import pairs
from impacteval.cli.show import progress, say, show_json, show_rows
from impacteval.cli.tables import show_table
from impacteval.errors import Problem, UsageError
from impacteval.values import Language, Text

if TYPE_CHECKING:
    from impacteval.contract import Contract
    from impacteval.simulation.full import FullEngine

FALSE_PAYMENT = 0.05
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
    advise: bool = False
    false_payment: float | None = None
    noise_payment: float | None = None
    hoped: float | None = None
    engine: str = "normal"
    estimators: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()
    plan: Path | None = None
    pilot: Path | None = None


def simulate(
    path: Path, asked: Asked, out: Path | None, *, as_json: bool, language: Language
) -> None:
    """Simulate a contract and show what it pays."""
    from impacteval.simulation import load_scenario
    from impacteval.simulation import simulate as simulate_contract
    from impacteval.simulation.engines import with_pilots
    from impacteval.simulation.record import to_json
    from impacteval.simulation.scenario_file import with_settings
    from impacteval.study.looks import load_checked

    if out is not None:
        there = next(place for place in (out, *out.absolute().parents) if place.exists())
        if not there.is_dir():
            raise UsageError(Problem(f"{there} is a file.", "Name a folder for the simulation."))
    limit = _limit(asked)
    contract = load_checked(path)
    base = None if asked.scenario is None else load_scenario(asked.scenario)
    said = with_settings(
        base, pairs(asked.given), pairs(asked.held), asked.effects, asked.settlements
    )
    with progress():
        data = _data(contract, path, asked)
        if (
            data is not None
            and asked.engine == "normal"
            and not (asked.estimators or asked.explained)
        ):
            # A pilot gives the normal engine its baseline and spread, and nothing more.
            said, data = with_pilots(said, data.pilots), None
        simulated = simulate_contract(
            contract,
            said,
            draws=asked.draws,
            seed=asked.seed,
            power=asked.power,
            false_payment=limit,
            noise_payment=asked.noise_payment,
            hoped=asked.hoped,
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
        show_section(section, first=section.number == 1)
    if written:
        say()
        say(WRITTEN[language].format(x=out))
        for file in written:
            say(str(file), indent="  ")


def _limit(asked: Asked) -> float | None:
    """The risk to hold, where advice is asked for; what belongs to advice is refused without it."""
    if not asked.advise:
        typed = {
            "--false-payment": asked.false_payment,
            "--noise-payment": asked.noise_payment,
            "--hoped": asked.hoped,
        }
        alone = [
            Problem(f"{name} belongs to advice, and none is asked for.", "Add --advise.")
            for name, value in typed.items()
            if value is not None
        ]
        if alone:
            raise UsageError(alone)
        return None
    if asked.false_payment is None and asked.noise_payment is None:
        return FALSE_PAYMENT
    return asked.false_payment


def _data(contract: Contract, path: Path, asked: Asked) -> FullEngine | None:
    """How data are drawn, where anything is said about it; a study folder brings its plan."""
    beside = path / "plan.yaml"
    wanted = asked.engine != "normal" or asked.pilot is not None
    if asked.plan is None and wanted and path.is_dir() and beside.exists():
        asked = replace(asked, plan=beside)
    if not (asked.estimators or asked.explained or asked.plan or asked.pilot):
        return None
    from impacteval.plan import load_plan
    from impacteval.simulation.engines import full_engine

    return full_engine(
        contract,
        plan=None if asked.plan is None else load_plan(asked.plan),
        pilot=asked.pilot,
        estimators=pairs(asked.estimators),
        explained=pairs(asked.explained),
    )


def show_section(section: object, *, first: bool) -> None:
    """Print a section; drawings are for pages."""
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
