"""A comparison with similar people for its readers: who, how alike, and who is left out."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render import format as fmt
from impacteval.render.alike_plots import (
    label_of,
    likeness_drawing,
    ordered,
    overlap_drawing,
    within,
)
from impacteval.render.blocks import Block, Cell, Column, Drawing, Items, Para, Sub, Table
from impacteval.render.labels import slug
from impacteval.render.mix_cells import both_widths, number
from impacteval.render.pen import Pen
from impacteval.report.record import FindingFacts
from impacteval.report.record_alike import Alike


def compared(finding: FindingFacts, pen: Pen) -> Iterator[Block]:
    """Who is compared, how alike they are, and who is compared with nobody."""
    found = finding.alike
    if found is None:
        return
    words = pen.words
    yield Sub(words("alike.heading"), slug("alike", finding.outcome, finding.group))
    yield Items(tuple(pen.say(said) for said in found.said))
    for said in found.cautions:
        yield Para(pen.say(said), "warning")
    yield _groups(finding, found, pen)
    if ordered(found.balance):
        yield _balance(finding, found, pen)
        yield Para(words("alike.balance_note"), "note")
    if found.overlap:
        yield _overlap(finding, found, pen)
    yield from _left_out(finding, found, pen)


def _groups(finding: FindingFacts, found: Alike, pen: Pen) -> Table:
    words = pen.words
    return Table(
        words("alike.groups_caption", name=pen.finding_name(finding)),
        (
            Column(words("alike.group")),
            Column(words("alike.in_data"), "right"),
            Column(words("alike.compared"), "right"),
            Column(words("alike.effective"), "right"),
        ),
        tuple(
            (
                Cell(words("counted.treated" if row.served else "counted.comparison")),
                Cell(fmt.count(row.n, pen.language)),
                Cell(fmt.count(row.used, pen.language)),
                Cell(fmt.count(round(float(row.effective)), pen.language)),
            )
            for row in found.groups
        ),
    )


def _balance(finding: FindingFacts, found: Alike, pen: Pen) -> Drawing:
    words, name = pen.words, pen.finding_name(finding)
    rows = ordered(found.balance)
    far = max(rows, key=lambda row: abs(float(row.difference_after or 0)))
    return Drawing(
        **both_widths(likeness_drawing, finding, pen),
        alt=words(
            "alike.balance_alt",
            name=name,
            before=pen.fixed(rows[0].difference_before or "0", 2),
            after=pen.fixed(far.difference_after or "0", 2),
            covariate=label_of(far, pen),
        ),
        caption=words("alike.balance_caption", name=name),
        data=Table(
            words("alike.balance_data", name=name),
            (
                Column(words("otherwise.covariate")),
                Column(words("alike.served"), "right"),
                Column(words("alike.others_before"), "right"),
                Column(words("alike.others_after"), "right"),
                Column(words("alike.difference_before"), "right"),
                Column(words("alike.difference_after"), "right"),
                Column(words("alike.ratio_after"), "right"),
            ),
            tuple(
                (
                    Cell(label_of(row, pen)),
                    number(row.served_after, pen),
                    number(row.comparison_before, pen),
                    number(row.comparison_after, pen),
                    _fixed(row.difference_before, 3, pen),
                    _fixed(row.difference_after, 3, pen),
                    _fixed(row.ratio_after, 2, pen),
                )
                for row in found.balance
            ),
        ),
        printed=True,
    )


def _overlap(finding: FindingFacts, found: Alike, pen: Pen) -> Drawing:
    words, name = pen.words, pen.finding_name(finding)
    own, others = (
        max(found.overlap, key=lambda row: float(row.served)),
        max(found.overlap, key=lambda row: float(row.comparison)),
    )
    return Drawing(
        **both_widths(overlap_drawing, finding, pen),
        alt=words(
            "alike.overlap_alt",
            name=name,
            served_low=pen.number(own.low),
            served_high=pen.number(own.high),
            others_low=pen.number(others.low),
            others_high=pen.number(others.high),
        ),
        caption=words("alike.overlap_caption", name=name),
        data=Table(
            words("alike.overlap_caption", name=name),
            (
                Column(words("alike.overlap_axis")),
                Column(words("counted.treated"), "right"),
                Column(words("counted.comparison"), "right"),
            ),
            tuple(
                (
                    Cell(words("mix.range", low=pen.number(row.low), high=pen.number(row.high))),
                    Cell(pen.percent(row.served)),
                    Cell(pen.percent(row.comparison)),
                )
                for row in within(found.overlap)
            ),
        ),
    )


def _left_out(finding: FindingFacts, found: Alike, pen: Pen) -> Iterator[Block]:
    words = pen.words
    if not found.left_out:
        return
    if found.left_out_hidden:
        yield Para(words("alike.left_out_hidden"), "note")
    if found.left_out_profile:
        yield Table(
            words("alike.left_out_caption", name=pen.finding_name(finding)),
            (
                Column(words("otherwise.covariate")),
                Column(words("alike.inside"), "right"),
                Column(words("alike.outside"), "right"),
                Column(words("otherwise.std_difference"), "right"),
            ),
            tuple(
                (
                    Cell(row.covariate if row.plain_name is None else pen.both(row.plain_name)),
                    number(row.inside, pen),
                    number(row.outside, pen),
                    _fixed(row.difference, 3, pen),
                )
                for row in found.left_out_profile
            ),
        )


def _fixed(value: str | None, decimals: int, pen: Pen) -> Cell:
    return Cell("–" if value is None else pen.fixed(value, decimals))
