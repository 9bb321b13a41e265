"""Effects by group, under the result of everyone."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render import format as fmt
from impacteval.render.blocks import Block, Cell, Column, Items, Para, Sub, Table
from impacteval.render.labels import slug
from impacteval.render.pen import Pen
from impacteval.report.record import FindingFacts
from impacteval.report.record_subgroups import SubgroupFacts, SubgroupRow


def by_group(finding: FindingFacts, pen: Pen) -> Iterator[Block]:
    """The table of each look by group, with what the groups say together."""
    words = pen.words
    for found in finding.subgroups:
        anchor = slug("subgroups", finding.outcome, finding.group, found.by)
        name = pen.finding_name(finding)
        yield Sub(words(f"subgroups.heading_{found.by}", name=name), anchor)
        yield Para(words("subgroups.informs"), "note")
        if found.rows:
            yield _table(finding, found, pen)
        yield Items(tuple(pen.say(said) for said in found.said))


def _table(finding: FindingFacts, found: SubgroupFacts, pen: Pen) -> Table:
    words = pen.words
    unit = pen.both(finding.contract_unit)
    columns = [
        Column(words("subgroups.group")),
        Column(words("results.n"), "right"),
        Column(words("results.n_comparison"), "right"),
        Column(words("subgroups.effect", unit=unit), "right"),
        Column(words("subgroups.interval", level=pen.percent(found.level)), "right"),
        Column(words("subgroups.p_value"), "right"),
        Column(words("subgroups.adjusted"), "right"),
    ]
    if found.floor is not None:
        floor = pen.with_unit(fmt.exact(found.floor, pen.language), finding.contract_unit)
        columns.append(Column(words("subgroups.floor", floor=floor)))
    return Table(
        words(f"subgroups.caption_{finding.better}", name=pen.finding_name(finding), unit=unit),
        tuple(columns),
        tuple(_row(row, found, pen) for row in found.rows),
    )


def _row(row: SubgroupRow, found: SubgroupFacts, pen: Pen) -> tuple[Cell, ...]:
    words, none = pen.words, pen.words("subgroups.none")
    effect = Cell(none if row.estimate is None else pen.number(row.estimate))
    if row.reason is not None:
        effect = Cell(none, more=(Cell(pen.say(row.reason)),))
    cells = [
        Cell(pen.both(row.plain_name)),
        Cell(fmt.count(row.served, pen.language)),
        Cell(none if row.others is None else fmt.count(row.others, pen.language)),
        effect,
        Cell(none if row.interval is None else words("subgroups.range", **_ends(row, pen))),
        Cell(none if row.p_value is None else pen.number(row.p_value)),
        Cell(none if row.adjusted_p_value is None else pen.number(row.adjusted_p_value)),
    ]
    if found.floor is not None:
        told = none
        if row.floor is not None:
            of = row.floor
            p_value = of.adjusted_p_value_missed if of.verdict == "missed" else of.adjusted_p_value
            told = words(f"subgroups.floor_{of.verdict}", p_value=pen.number(p_value))
        cells.append(Cell(told))
    return tuple(cells)


def _ends(row: SubgroupRow, pen: Pen) -> dict[str, str]:
    assert row.interval is not None
    low, high = pen.ends(row.interval)
    return {"low": low, "high": high}
