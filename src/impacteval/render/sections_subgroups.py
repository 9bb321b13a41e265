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
            yield from _floors(finding, found, pen)
        yield Items(tuple(pen.say(said) for said in found.said))


def _table(finding: FindingFacts, found: SubgroupFacts, pen: Pen) -> Table:
    words = pen.words
    unit, name = pen.both(finding.contract_unit), pen.finding_name(finding)
    return Table(
        words(f"subgroups.caption_{finding.better}", name=name, unit=unit),
        (
            Column(words("subgroups.group")),
            Column(words("subgroups.n"), "right"),
            Column(words("subgroups.n_comparison"), "right"),
            Column(words("subgroups.effect"), "right"),
            Column(words("subgroups.interval", level=pen.percent(found.level)), "right"),
            Column(words("subgroups.p_value"), "right"),
            Column(words("subgroups.adjusted"), "right"),
        ),
        tuple(_row(row, pen) for row in found.rows),
    )


def _row(row: SubgroupRow, pen: Pen) -> tuple[Cell, ...]:
    words, none = pen.words, pen.words("subgroups.none")
    effect = Cell(none if row.estimate is None else pen.number(row.estimate))
    if row.reason is not None:
        effect = Cell(none, more=(Cell(pen.say(row.reason)),))
    return (
        Cell(pen.both(row.plain_name)),
        Cell(fmt.count(row.served, pen.language)),
        Cell(none if row.others is None else fmt.count(row.others, pen.language)),
        effect,
        Cell(none if row.interval is None else words("subgroups.range", **_ends(row, pen))),
        Cell(none if row.p_value is None else pen.p_value(row.p_value)),
        Cell(none if row.adjusted_p_value is None else pen.p_value(row.adjusted_p_value)),
    )


def _floors(finding: FindingFacts, found: SubgroupFacts, pen: Pen) -> Iterator[Table]:
    """Does each group reach the floor? One answer a group that has one."""
    told = [(row, row.floor) for row in found.rows if row.floor is not None]
    if found.floor is None or not told:
        return
    words = pen.words
    floor = pen.with_unit(fmt.exact(found.floor, pen.language), finding.contract_unit)
    yield Table(
        words("subgroups.floor_caption", name=pen.finding_name(finding), floor=floor),
        (
            Column(words("subgroups.group")),
            Column(words("subgroups.floor")),
            Column(words("subgroups.floor_p"), "right"),
            Column(words("subgroups.floor_adjusted"), "right"),
            Column(words("subgroups.floor_adjusted_missed"), "right"),
        ),
        tuple(
            (
                Cell(pen.both(row.plain_name)),
                Cell(words(f"subgroups.floor_{test.verdict}")),
                Cell(pen.p_value(test.p_value)),
                Cell(pen.p_value(test.adjusted_p_value)),
                Cell(pen.p_value(test.adjusted_p_value_missed)),
            )
            for row, test in told
        ),
    )


def _ends(row: SubgroupRow, pen: Pen) -> dict[str, str]:
    assert row.interval is not None
    low, high = pen.ends(row.interval)
    return {"low": low, "high": high}
