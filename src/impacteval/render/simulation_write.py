"""Write a simulation: its numbers, its drawings, and a page that needs nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from impacteval.errors import UsageError
from impacteval.render import format as fmt
from impacteval.render.blocks import Drawing, Section
from impacteval.render.catalogue import Words
from impacteval.render.drawing import with_family
from impacteval.render.html import FAMILY, environment
from impacteval.render.simulation_page import TITLE, sections
from impacteval.render.write import place
from impacteval.simulation.record import to_json
from impacteval.simulation.run import Simulated
from impacteval.values import Language, Text

KICKER = Text(en="Simulation of a contract · {x}", fr="Simulation d'un contrat · {x}")
FOOTER = Text(
    en="Made by impacteval simulate. The same contract, scenario and seed give the same page.",
    fr="Produit par impacteval simulate. Le même contrat, le même scénario et la même graine donnent la même page.",
)


def write_simulation(
    simulated: Simulated, out: str | Path, languages: tuple[Language, ...] = tuple(Language)
) -> tuple[Path, ...]:
    """Write ``simulation.json`` and, for each language, a page and its drawings.

    Parameters
    ----------
    simulated : Simulated
        What `simulate` returns.
    out : path
        A folder, made when it does not exist.
    languages : tuple of Language
        Whose pages.

    Returns
    -------
    tuple of Path

    Raises
    ------
    UsageError
        When the folder cannot be written.
    """
    text = json.dumps(to_json(simulated.found), indent=1, ensure_ascii=False) + "\n"
    contents = {"simulation.json": text.encode()}
    for language in languages:
        built = sections(simulated.found, simulated.contract, language, drawings=True)
        contents[f"simulation.{language}.html"] = _page(simulated, built, language).encode()
        for name, drawing in _drawings(built):
            contents[f"{name}.{language}.svg"] = (with_family(drawing.svg, FAMILY) + "\n").encode()
    try:
        return place(Path(out), contents, stale=frozenset())
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"the simulation cannot be written to {out}: {reason}.") from error


def _drawings(built: tuple[Section, ...]) -> list[tuple[str, Drawing]]:
    found = [
        (section.anchor, block)
        for section in built
        for block in section.blocks
        if isinstance(block, Drawing)
    ]
    return [
        (f"{anchor.removeprefix('simulation-')}-{k}", drawing)
        for k, (anchor, drawing) in enumerate(found, start=1)
    ]


def _page(simulated: Simulated, built: tuple[Section, ...], language: Language) -> str:
    contract = simulated.contract
    title = fmt.pick(TITLE, language).format(x=fmt.pick(contract.title.text(), language))
    kicker = fmt.pick(KICKER, language).format(x=contract.id)
    template = environment().get_template("simulation.html.jinja")
    return (
        template.render(
            language=language.value,
            title=title,
            kicker=kicker,
            sections=built,
            data_heading=Words(language)("report.data"),
            footer=fmt.pick(FOOTER, language),
        )
        + "\n"
    )
