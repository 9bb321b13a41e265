"""The planned analysis on other data: what the checks that run it again would decide."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Cell, Column, Items, Table
from impacteval.render.pen import Pen
from impacteval.render.sections_study import clauses_of
from impacteval.render.verdict_cells import interval_cell, verdict_cell
from impacteval.report.record import FindingFacts, Record


def reruns_of(finding: FindingFacts, record: Record, pen: Pen) -> Iterator[Block]:
    """Each time that a check formed the number again, and what would be decided on it then.

    Random draws are counted in the panel, and not listed.
    """
    words = pen.words
    clauses = clauses_of(finding, record.page_one.clauses)
    rows = [(check, run) for check in finding.diagnostics for run in check.reruns]
    if not rows:
        return
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
