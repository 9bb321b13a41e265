"""What several periods add to a report: who began when, and effects by time since the beginning."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render import format as fmt
from impacteval.render.blocks import Block, Cell, Column, Drawing, Para, Table
from impacteval.render.panel_plots import event_drawing
from impacteval.render.pen import Pen
from impacteval.report.record import CohortRow, EventRow, FindingFacts


def cohorts(finding: FindingFacts, pen: Pen) -> Iterator[Block]:
    """The table of who began when."""
    if not finding.cohorts:
        return
    words = pen.words
    clustered = any(row.clusters is not None for row in finding.cohorts)

    def count(n: int | None) -> Cell:
        return Cell("–" if n is None else fmt.count(n, pen.language))

    yield Table(
        words("otherwise.cohorts_caption", name=pen.finding_name(finding)),
        (
            Column(words("otherwise.cohort")),
            Column(words("otherwise.cohort_units"), "right"),
            *((Column(words("otherwise.cohort_clusters"), "right"),) if clustered else ()),
            Column(words("otherwise.cohort_rows"), "right"),
        ),
        tuple(
            (
                Cell(_began(row, pen)),
                count(row.units),
                *((count(row.clusters),) if clustered else ()),
                count(row.rows),
            )
            for row in finding.cohorts
        ),
    )


def _began(row: CohortRow, pen: Pen) -> str:
    if row.start is None:
        return pen.words(f"otherwise.cohort_{row.when}")
    period = fmt.period(row.start, pen.language)
    return pen.words("otherwise.cohort_before", period=period) if row.when == "before" else period


def who_changes(finding: FindingFacts, pen: Pen) -> Iterator[Block]:
    """That the path is of others from one period to the next, where it is."""
    sizes = [row.n for row in finding.periods]
    if len(set(sizes)) > 1:
        first, last = (fmt.count(n, pen.language) for n in (sizes[0], sizes[-1]))
        yield Para(pen.words("plot.path.mix", first=first, last=last), "note")


def effects_by_time(finding: FindingFacts, pen: Pen) -> Iterator[Block]:
    """The effects by time since the service began: drawing, numbers, how to read them."""
    rows, words = finding.event_study, pen.words
    # One time alone is the effect itself, which stands above.
    if sum(not row.reference for row in rows) < 2:
        return
    name, unit = pen.finding_name(finding), pen.both(finding.outcome_unit)
    banded = any(row.band_low is not None for row in rows)
    yield Drawing(
        svg=event_drawing(finding, pen),
        alt=_alt(rows, name, unit, pen),
        caption=words("plot.event.caption", name=name),
        data=Table(
            words("plot.event.data", name=name, unit=unit),
            (
                Column(words("plot.event.time"), "right"),
                Column(words("plot.event.effect"), "right"),
                Column(words("plot.event.std_error"), "right"),
                Column(words("plot.event.interval"), "right"),
                *((Column(words("plot.event.band"), "right"),) if banded else ()),
            ),
            tuple(_row(row, pen, banded=banded) for row in rows),
        ),
        printed=True,
    )
    told = ["plot.event.note"]
    told += ["plot.event.note_band"] if banded else []
    told += ["plot.event.note_reference"] if any(row.reference for row in rows) else []
    yield Para(" ".join(words(key) for key in told), "note")


def _row(row: EventRow, pen: Pen, *, banded: bool) -> tuple[Cell, ...]:
    def span(low: str | None, high: str | None) -> Cell:
        if low is None or high is None:
            return Cell("–")
        return Cell(pen.words("plot.event.range", low=pen.number(low), high=pen.number(high)))

    error = pen.words("plot.event.reference") if row.reference else "–"
    return (
        Cell(pen.number(row.event_time)),
        Cell(pen.number(row.effect)),
        Cell(error if row.std_error is None else pen.number(row.std_error)),
        span(row.low, row.high),
        *((span(row.band_low, row.band_high),) if banded else ()),
    )


def _alt(rows: tuple[EventRow, ...], name: str, unit: str, pen: Pen) -> str:
    """What the drawing shows, in words: the range before and since."""
    known = [row for row in rows if not row.reference]
    before = [row.effect for row in known if float(row.event_time) < 0]
    after = [row.effect for row in known if float(row.event_time) >= 0]

    def ends(effects: list[str]) -> dict[str, str]:
        return {
            "low": pen.number(min(effects, key=float)),
            "high": pen.number(max(effects, key=float)),
        }

    told_before = pen.words("plot.event.alt_before", **ends(before)) if before else ""
    told_after = (
        pen.words("plot.event.alt_after", last=pen.number(after[-1]), **ends(after))
        if after
        else ""
    )
    said = pen.words("plot.event.alt", name=name, unit=unit, before=told_before, after=told_after)
    return said.replace("  ", " ")
