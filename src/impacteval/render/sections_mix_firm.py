"""How firm a mix of places is: one place fewer, an earlier date."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Cell, Column, Drawing, Para, Sub, Table
from impacteval.render.labels import slug
from impacteval.render.mix_cells import DASH, both_widths, number, paths_table
from impacteval.render.mix_paths import in_time_drawing, leave_one_out_drawing
from impacteval.render.pen import Pen
from impacteval.report.record import FindingFacts, Record
from impacteval.report.record_mix import InTime, LeaveOneOut, Mix


def firm_mixes(record: Record, pen: Pen) -> Iterator[Block]:
    """Of each number that rests on a mix: the result without one place, and at earlier dates."""
    told = [
        (finding, finding.mix)
        for finding in record.findings
        if finding.mix is not None and (finding.mix.leave_one_out or finding.mix.in_time)
    ]
    if not told:
        return
    yield Sub(pen.words("mix.firm"), "firm-mix")
    for finding, mix in told:
        if len(told) > 1:
            yield Sub(pen.finding_name(finding), slug("firm-mix", finding.outcome, finding.group))
        if mix.leave_one_out is not None:
            yield from _left_out(finding, mix, mix.leave_one_out, pen)
        if mix.in_time is not None:
            yield from _in_time(finding, mix, mix.in_time, pen)


def _left_out(finding: FindingFacts, mix: Mix, found: LeaveOneOut, pen: Pen) -> Iterator[Block]:
    words, name, unit = pen.words, pen.finding_name(finding), pen.both(finding.outcome_unit)
    yield Para(pen.say(found.said))
    if found.paths:
        yield Drawing(
            **both_widths(leave_one_out_drawing, finding, pen),
            alt=words("mix.left_out_alt", name=name, n=len(found.paths)),
            caption=words("mix.left_out_caption", name=name),
            data=paths_table(
                words("mix.left_out_paths", name=name, unit=unit),
                mix.path_periods,
                found.paths,
                pen,
                words("mix.left_out_place"),
            ),
        )
    yield Table(
        words("mix.left_out_data", name=name, unit=unit),
        (Column(words("mix.left_out_place")), Column(words("mix.effect"), "right")),
        tuple((Cell(row.place), number(row.effect, pen)) for row in found.rows),
    )
    if found.further:
        yield Para(words("mix.left_out_further", n=found.further), "note")


def _in_time(finding: FindingFacts, mix: Mix, found: InTime, pen: Pen) -> Iterator[Block]:
    words, name, unit = pen.words, pen.finding_name(finding), pen.both(finding.outcome_unit)
    yield Para(pen.say(found.said))
    if found.paths:
        yield Drawing(
            **both_widths(in_time_drawing, finding, pen),
            alt=words("mix.in_time_alt", name=name, n=len(found.paths)),
            caption=words("mix.in_time_caption", name=name),
            data=paths_table(
                words("mix.in_time_paths", name=name, unit=unit),
                mix.path_periods,
                found.paths,
                pen,
                words("mix.in_time_start"),
            ),
        )
    tested = any(row.p_value is not None for row in found.rows)
    yield Table(
        words("mix.in_time_data", name=name, unit=unit),
        (
            Column(words("mix.in_time_start")),
            Column(words("mix.effect"), "right"),
            Column(words("mix.pre_rmspe"), "right"),
            *((Column(words("mix.in_time_p"), "right"),) if tested else ()),
        ),
        tuple(
            (
                Cell(pen.period(row.start)),
                number(row.effect, pen),
                number(row.pre_rmspe, pen),
                *(
                    (Cell(DASH if row.p_value is None else pen.p_value(row.p_value)),)
                    if tested
                    else ()
                ),
            )
            for row in found.rows
        ),
    )
