"""Everyone eligible: how far each came, for what reasons some did not go on, and who they are."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render import format as fmt
from impacteval.render.blocks import Block, Cell, Column, Items, Para, Sub, Table
from impacteval.render.labels import slug
from impacteval.render.pen import Pen
from impacteval.report.record import Record
from impacteval.report.record_funnel import FunnelFacts, FunnelRow, ProfileFacts, ProfileRow

EMPTY = "–"


def funnels(record: Record, pen: Pen) -> Iterator[Block]:
    """Group by group, from everyone eligible to those who were counted."""
    words = pen.words
    for found in record.funnels:
        heading = (
            words("funnel.heading")
            if found.group_name is None
            else words("funnel.heading_of", group=pen.both(found.group_name))
        )
        yield Sub(heading, slug("counted-funnel", found.group))
        yield Para(words(f"funnel.counts_{found.counts}"))
        yield _steps(found, pen)
        if found.said:
            yield Items(tuple(pen.say(said) for said in found.said))
        yield from _reasons(found, pen)
        yield Sub(words("funnel.profile_heading"), slug("counted-profile", found.group))
        yield Items(tuple(pen.say(profile.said) for profile in found.profiles))
        for profile in found.profiles:
            yield from _profile(profile, pen)
        if any(profile.rows for profile in found.profiles):
            yield Para(words("funnel.note"), "note")


def _steps(found: FunnelFacts, pen: Pen) -> Table:
    words = pen.words

    def count(n: int | None, row: FunnelRow) -> Cell:
        if n is not None:
            return Cell(fmt.count(n, pen.language))
        return Cell(words("funnel.hidden") if row.hidden else EMPTY)

    def whole(row: FunnelRow) -> Cell:
        # A rule only takes people away: how many are left stands in the rows around it.
        return Cell(EMPTY) if row.step.key == "funnel.rule" else count(row.n, row)

    def left(row: FunnelRow) -> Cell:
        first = row.step.key in ("funnel.table", "funnel.eligible")
        return Cell(EMPTY) if first else count(row.left, row)

    return Table(
        words("funnel.caption"),
        (
            Column(words("counted.step")),
            Column(words("funnel.n"), "right"),
            Column(words("funnel.left"), "right"),
            Column(words("funnel.share"), "right"),
        ),
        tuple(
            (
                Cell(pen.say(row.step)),
                whole(row),
                left(row),
                Cell(EMPTY if row.share is None else pen.percent(row.share)),
            )
            for row in found.steps
        ),
    )


def _reasons(found: FunnelFacts, pen: Pen) -> Iterator[Table]:
    if not found.reasons:
        return
    words = pen.words

    def called(row_reason: str | None, together: int) -> str:
        if together > 1:
            return words("funnel.others", n=fmt.count(together, pen.language))
        return words("funnel.no_reason") if row_reason is None else row_reason

    yield Table(
        words("funnel.reasons"),
        (
            Column(words("funnel.reason")),
            Column(words("funnel.stopped")),
            Column(words("funnel.n"), "right"),
        ),
        tuple(
            (
                Cell(called(None if row.reason is None else pen.both(row.reason), row.together)),
                Cell(words(f"funnel.stopped_{row.step}")),
                Cell(fmt.count(row.n, pen.language)),
            )
            for row in found.reasons
        ),
    )


def _profile(profile: ProfileFacts, pen: Pen) -> Iterator[Table]:
    if not profile.rows:
        return
    words = pen.words
    every = "_all" if profile.from_referral else ""
    yield Table(
        words(f"funnel.profile_{profile.step}{every}"),
        (
            Column(words("funnel.covariate")),
            Column(words("funnel.mean_left"), "right"),
            Column(words("funnel.mean_on"), "right"),
            Column(words("funnel.difference"), "right"),
            Column(words("funnel.p_value"), "right"),
        ),
        tuple(
            (
                Cell(_name(row, pen)),
                _mean(row.left, row, pen),
                _mean(row.on, row, pen),
                Cell(pen.fixed(row.standardised_difference, 2)),
                Cell(pen.p_value(row.p_value)),
            )
            for row in profile.rows
        ),
    )
    if profile.reasons:
        yield Table(
            words("funnel.by_reason"),
            (
                Column(words("funnel.covariate")),
                *(
                    Column(
                        words("funnel.no_reason") if reason is None else pen.both(reason), "right"
                    )
                    for reason in profile.reasons
                ),
            ),
            tuple(
                (Cell(_name(row, pen)), *(_mean(value, row, pen) for value in row.by_reason))
                for row in profile.rows
            ),
        )


def _name(row: ProfileRow, pen: Pen) -> str:
    name = row.covariate if row.plain_name is None else pen.both(row.plain_name)
    return pen.words("funnel.missing", name=name) if row.missing else name


def _mean(value: str | None, row: ProfileRow, pen: Pen) -> Cell:
    if value is None:
        return Cell(EMPTY)
    return Cell(pen.percent(value) if row.missing else pen.number(value))
