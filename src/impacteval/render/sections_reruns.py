"""The planned analysis on other data: what the checks that run it again would decide."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Cell, Column, Items, Para, Sub, Table
from impacteval.render.labels import slug
from impacteval.render.pen import Pen
from impacteval.render.sections_study import clauses_of
from impacteval.render.verdict_cells import interval_cell, verdict_cell
from impacteval.report.record import FindingFacts, Record


def reruns(record: Record, pen: Pen) -> Iterator[Block]:
    """Each number that checks formed again, and what would be decided on it then."""
    done = [f for f in record.findings if any(check.reruns for check in f.diagnostics)]
    if not done:
        return
    yield Sub(pen.words("reruns.heading"), "firm-reruns")
    yield Para(pen.words("reruns.intro"))
    for finding in done:
        if len(done) > 1:
            yield Sub(pen.finding_name(finding), slug("reruns", finding.outcome, finding.group))
        yield from _of(finding, record, pen)


def _of(finding: FindingFacts, record: Record, pen: Pen) -> Iterator[Block]:
    words = pen.words
    clauses = clauses_of(finding, record.page_one.clauses)
    rows = [(check, run) for check in finding.diagnostics for run in check.reruns]
    answered = [run for _, run in rows if run.estimate is not None]
    flips = sum(run.flips for run in answered)
    yield Para(
        words("reruns.flips_some", n=flips, of=len(answered))
        if flips
        else words("reruns.flips_none"),
        "warning" if flips else "lead",
    )
    yield Table(
        words("reruns.caption", name=pen.finding_name(finding)),
        (
            Column(words("otherwise.check")),
            Column(words("reruns.changed")),
            Column(words("firm.estimate"), "right"),
            Column(words("firm.interval"), "right"),
            Column(words("firm.verdict")),
            Column(words("firm.flips")),
        ),
        tuple(
            (
                Cell(pen.both(check.title)),
                Cell(pen.both(run.title)),
                Cell(words("status.not_applicable"))
                if run.estimate is None
                else Cell(pen.near(run.estimate, clauses)),
                interval_cell(run.interval, pen),
                verdict_cell(dict(run.verdicts), record, pen),
                Cell(
                    "–"
                    if run.estimate is None
                    else words("firm.flips_yes" if run.flips else "firm.flips_no")
                ),
            )
            for check, run in rows
        ),
    )
    reasons = [
        words("firm.reason", title=pen.both(run.title), reason=pen.say(run.reason))
        for _, run in rows
        if run.reason is not None
    ]
    if reasons:
        yield Items(tuple(reasons))
