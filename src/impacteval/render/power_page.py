"""What a planned trial can find, for reading: the same blocks for the terminal and for the page."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from impacteval.errors import UsageError
from impacteval.power.diagnose import Diagnosand, Diagnosis
from impacteval.power.plan import Point, PowerPlan, Tried
from impacteval.power.record import to_json
from impacteval.power.sentences import (
    CHANCES,
    DIAGNOSANDS,
    UNITS,
    assumptions,
    details,
    headline,
    looks_said,
    number,
    simulated,
)
from impacteval.render import format as fmt
from impacteval.render.blocks import Block, Cell, Column, Drawing, Items, Para, Section, Table
from impacteval.render.catalogue import Words
from impacteval.render.drawing import with_family
from impacteval.render.html import FAMILY, environment
from impacteval.render.pen import Pen
from impacteval.render.write import place
from impacteval.simulation.saying import in_hundred
from impacteval.values import Language, Message, Text

TITLE = Text(en="What this trial can find", fr="Ce que cet essai peut détecter")
KICKER = Text(en="Before the trial", fr="Avant l'essai")
FOOTER = Text(
    en="Made by impacteval power. The same assumptions and seed give the same page.",
    fr="Produit par impacteval power. Les mêmes hypothèses et la même graine donnent la même page.",
)
HEADINGS = {
    "answer": Text(en="What is found", fr="Ce qui est détecté"),
    "curves": Text(en="By size, and by effect", fr="Selon la taille, et selon l'effet"),
    "looks": Text(en="Looks before the end", fr="Analyses intermédiaires"),
    "design": Text(en="The whole design, simulated", fr="Le plan entier, simulé"),
    "tried": Text(en="Other designs", fr="Autres plans"),
    "assumed": Text(en="What this rests on", fr="Sur quoi cela repose"),
}
PROPERTY = Text(en="Property", fr="Propriété")
FOUND = Text(en="Simulated", fr="Simulé")
ERROR = Text(en="Error of the simulation", fr="Erreur de la simulation")
FORMULA = Text(en="By formula", fr="Par formule")
DESIGN_CAPTION = Text(en="What the design does", fr="Ce que fait le plan")
TRIED_CAPTION = Text(
    en="Each design with what it finds, in 100, and the smallest effect found {times} times in 100",
    fr="Chaque plan, ce qu'il détecte sur 100, et le plus petit effet détecté {times} fois sur 100",
)
PEOPLE = Text(en="People", fr="Personnes")
EFFECT = Text(en="True effect", fr="Effet réel")
FINDS = Text(en="Found (in 100)", fr="Détecté (sur 100)")
SMALLEST = Text(en="Smallest effect", fr="Plus petit effet")
CURVE_CAPTION = Text(
    en="How often an effect of {effect} is found, by the number of people",
    fr="Fréquence à laquelle un effet de {effect} est détecté, selon le nombre de personnes",
)
EFFECTS_CAPTION = Text(
    en="How often an effect is found with {people} people, by the true effect",
    fr="Fréquence à laquelle un effet est détecté avec {people} personnes, selon l'effet réel",
)
INFORMATION = Text(en="Information", fr="Information")
LEVEL = Text(en="Level at this look", fr="Niveau à cette analyse")
BOUND = Text(en="Standard errors needed", fr="Erreurs types nécessaires")
SHARE = Text(en="alpha_share in a contract", fr="alpha_share au contrat")
IF_THRESHOLD = Text(
    en="Stops if the truth is the threshold (in 100)",
    fr="S'arrête si la réalité est au seuil (sur 100)",
)
IF_EFFECT = Text(
    en="Stops if the effect is true (in 100)", fr="S'arrête si l'effet est réel (sur 100)"
)
LOOKS_CAPTION = Text(
    en="Each look, with the confidence level that it is held to",
    fr="Chaque analyse, avec le niveau de confiance exigé",
)
NONE = Text(en="none", fr="aucun")


def sections(plan: PowerPlan, language: Language, *, drawings: bool) -> tuple[Section, ...]:
    """Everything that is said of a planned trial, in one language.

    Parameters
    ----------
    plan : PowerPlan
        What was found.
    language : Language
        Whose words.
    drawings : bool
        Whether to draw; only then is matplotlib loaded.
    """
    pen = Pen(language, "")
    built: list[tuple[str, tuple[Block, ...]]] = [
        ("answer", tuple(_answer(plan, pen))),
        ("curves", tuple(_curves(plan, pen, drawings))),
        ("looks", tuple(_looks(plan, pen))),
        ("design", tuple(_design(plan, pen))),
        ("tried", tuple(_tried(plan, pen))),
        ("assumed", (Items(tuple(_fill(m, pen) for m in assumptions(plan))),)),
    ]
    kept = [(name, blocks) for name, blocks in built if blocks]
    return tuple(
        Section(k, f"power-{name}", fmt.pick(HEADINGS[name], language), blocks)
        for k, (name, blocks) in enumerate(kept, start=1)
    )


def write_power(
    plan: PowerPlan, out: str | Path, languages: tuple[Language, ...] = tuple(Language)
) -> tuple[Path, ...]:
    """Write ``power.json`` and, for each language, a page and its drawings.

    Raises
    ------
    UsageError
        When the folder cannot be written.
    """
    text = json.dumps(to_json(plan), indent=1, ensure_ascii=False) + "\n"
    contents = {"power.json": text.encode()}
    for language in languages:
        built = sections(plan, language, drawings=True)
        page = (
            environment()
            .get_template("simulation.html.jinja")
            .render(
                language=language.value,
                title=fmt.pick(TITLE, language),
                kicker=fmt.pick(KICKER, language),
                sections=built,
                data_heading=Words(language)("report.data"),
                footer=fmt.pick(FOOTER, language),
            )
        )
        contents[f"power.{language}.html"] = f"{page}\n".encode()
        drawn = [b for section in built for b in section.blocks if isinstance(b, Drawing)]
        for k, drawing in enumerate(drawn, start=1):
            svg = with_family(drawing.svg, FAMILY) + "\n"
            contents[f"curve-{k}.{language}.svg"] = svg.encode()
    try:
        return place(Path(out), contents, stale=frozenset())
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"the plan cannot be written to {out}: {reason}.") from error


def _fill(message: Message, pen: Pen) -> str:
    return fmt.fill(message, pen.language)


def _text(text: Text, pen: Pen, **values: str) -> str:
    return fmt.pick(text, pen.language).format(**values)


def _number(value: float, pen: Pen) -> str:
    return fmt.number(number(value), pen.language)


def _times(chance: float, pen: Pen) -> str:
    return fmt.number(in_hundred(chance), pen.language)


def _answer(plan: PowerPlan, pen: Pen) -> Iterator[Block]:
    yield Para(_fill(headline(plan), pen), "lead")
    said = tuple(_fill(m, pen) for m in details(plan))
    if said:
        yield Items(said)


def _curves(plan: PowerPlan, pen: Pen, drawings: bool) -> Iterator[Block]:
    effect = plan.detectable if plan.effect is None else plan.effect
    shown: list[
        tuple[str, str, tuple[tuple[Cell, ...], ...], tuple[Point, ...], bool, float | None]
    ] = []
    rows: tuple[tuple[Cell, ...], ...]
    if effect is not None and len(plan.by_size) > 1:
        caption = _text(CURVE_CAPTION, pen, effect=_number(effect, pen))
        rows = tuple(
            (Cell(fmt.number(int(p.at), pen.language)), Cell(_times(p.finds, pen)))
            for p in plan.by_size
        )
        head = fmt.pick(PEOPLE, pen.language)
        shown.append((caption, head, rows, plan.by_size, True, None))
    if len(plan.by_effect) > 1:
        people = fmt.number(plan.trial.served + plan.trial.compared, pen.language)
        caption = _text(EFFECTS_CAPTION, pen, people=people)
        unit = fmt.pick(UNITS[plan.trial.scale], pen.language)
        rows = tuple(
            (Cell(_number(p.at, pen)), Cell(_times(p.finds, pen))) for p in plan.by_effect[::3]
        )
        head = f"{fmt.pick(EFFECT, pen.language)} ({unit})"
        shown.append((caption, head, rows, plan.by_effect, False, plan.test.threshold))
    for k, (caption, head, rows, points, log, mark) in enumerate(shown, start=1):
        columns = (Column(head), Column(fmt.pick(FINDS, pen.language), "right"))
        table = Table(caption, columns, rows)
        if not drawings:
            yield table
            continue
        from impacteval.render.power_plots import curve_drawing

        drawn = curve_drawing(f"power-curve-{k}", points, plan.power, pen, head, log=log, mark=mark)
        yield Drawing(drawn, caption, caption, table)


def _looks(plan: PowerPlan, pen: Pen) -> Iterator[Block]:
    looks = plan.looks
    if looks is None:
        return
    yield Items(tuple(_fill(m, pen) for m in looks_said(plan)))
    heads = [INFORMATION, SHARE, LEVEL, BOUND, IF_THRESHOLD]
    with_effect = plan.effect is not None
    if with_effect:
        heads.append(IF_EFFECT)
    columns = tuple(
        Column(fmt.pick(head, pen.language), "right" if k else "left")
        for k, head in enumerate(heads)
    )
    rows = tuple(
        (
            Cell(fmt.percent(look.information, pen.language)),
            # As the file has it, to be copied: with a point in either language.
            Cell(look.alpha_share),
            Cell(fmt.number(100.0 * look.level, pen.language, 3) + fmt.percent_sign(pen.language)),
            Cell(_number(look.bound, pen)),
            Cell(_times(look.if_threshold, pen)),
            *((Cell(_times(look.if_effect, pen)),) if with_effect else ()),
        )
        for look in looks.looks
    )
    yield Table(fmt.pick(LOOKS_CAPTION, pen.language), columns, rows)


def _design(plan: PowerPlan, pen: Pen) -> Iterator[Block]:
    found = plan.diagnosis
    if found is None:
        return
    yield Para(_fill(simulated(found), pen))
    if found.refusal is not None:
        yield Para(_fill(found.refusal, pen), "note")
    columns = (
        Column(fmt.pick(PROPERTY, pen.language)),
        Column(fmt.pick(FOUND, pen.language), "right"),
        Column(fmt.pick(ERROR, pen.language), "right"),
    )
    rows = tuple(
        (
            Cell(fmt.pick(DIAGNOSANDS[d.name], pen.language)),
            Cell(_diagnosand(d, d.value, pen)),
            Cell(_diagnosand(d, d.error, pen)),
        )
        for d in found.diagnosands
    )
    yield Table(fmt.pick(DESIGN_CAPTION, pen.language), columns, rows)


def _diagnosand(each: Diagnosand, value: float, pen: Pen) -> str:
    if math.isnan(value):
        return "–"
    return _times(value, pen) if each.name in CHANCES else _number(value, pen)


def _tried(plan: PowerPlan, pen: Pen) -> Iterator[Block]:
    if not plan.tried:
        return
    keys = tuple(plan.tried[0].changed)
    columns = [Column(key, code=True) for key in keys]
    columns += [
        Column(fmt.pick(PEOPLE, pen.language), "right"),
        Column(_text(FINDS, pen), "right"),
        Column(fmt.pick(SMALLEST, pen.language), "right"),
    ]
    shown: tuple[str, ...] = ()
    if any(t.diagnosis is not None for t in plan.tried):
        shown = ("power", "bias", "rmse", "coverage")
        if any(d.name == "expected_payment" for d in _first(plan).diagnosands):
            shown = (*shown, "expected_payment")
        columns += [
            Column(f"{fmt.pick(DIAGNOSANDS[name], pen.language)}", "right") for name in shown
        ]
    rows = tuple(_tried_row(t, keys, shown, pen) for t in plan.tried)
    caption = _text(TRIED_CAPTION, pen, times=_times(plan.power, pen))
    yield Table(caption, tuple(columns), rows)


def _first(plan: PowerPlan) -> Diagnosis:
    return next(t.diagnosis for t in plan.tried if t.diagnosis is not None)


def _tried_row(
    tried: Tried, keys: tuple[str, ...], shown: tuple[str, ...], pen: Pen
) -> tuple[Cell, ...]:
    none = fmt.pick(NONE, pen.language)
    cells = [Cell(_value(tried.changed[key], pen)) for key in keys]
    cells += [
        Cell(fmt.number(tried.trial.served + tried.trial.compared, pen.language)),
        Cell("–" if tried.found is None else _times(tried.found.finds, pen)),
        Cell(none if tried.detectable is None else _number(tried.detectable, pen)),
    ]
    for name in shown:
        if tried.diagnosis is None:
            cells.append(Cell("–"))
            continue
        each = tried.diagnosis[name]
        cells.append(Cell(_diagnosand(each, each.value, pen)))
    return tuple(cells)


def _value(value: Any, pen: Pen) -> str:
    if isinstance(value, tuple):
        return " / ".join(_value(v, pen) for v in value)
    if isinstance(value, bool | str):
        return str(value)
    return fmt.number(value if isinstance(value, int) else number(value), pen.language)
