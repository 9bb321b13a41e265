"""Cells that say which clause, which verdict and from where to where."""

from __future__ import annotations

from impacteval.render.blocks import Cell
from impacteval.render.pen import ALL, Pen
from impacteval.report.record import ClauseRow, Range, Record


def clause_key(clause: ClauseRow) -> str:
    return f"{clause.name}/{clause.group}"


def clause_name(key: str, record: Record, pen: Pen) -> str:
    """A clause and its group by the names that page 1 gives them."""
    for clause in record.page_one.clauses:
        if written_key(clause_key(clause)) == written_key(key):
            name = pen.both(clause.title) if clause.title else clause.name
            group = pen.both(clause.group_name) if clause.group_name else None
            return name if group is None else f"{name} ({group})"
    return written_key(key)


def written_key(key: str) -> str:
    """A clause and its group as a reader sees them; a group of everyone is not named."""
    name, _, group = key.partition("/")
    return name if group in ("", ALL) else f"{name} ({group})"


def interval_cell(found: Range | None, pen: Pen) -> Cell:
    if found is None:
        return Cell("–")
    low, high = pen.ends(found)
    key = "firm.to"
    if found.side == "two" and None in (found.low, found.high):
        key = "firm.above" if found.low is not None else "firm.below"
        key = "firm.all" if found.low is None and found.high is None else key
    return Cell(pen.words(key, low=low, high=high, level=pen.percent(found.level)))


def verdict_cell(verdicts: dict[str, str], record: Record, pen: Pen) -> Cell:
    if not verdicts:
        return Cell("–")
    if len(verdicts) == 1:
        verdict = next(iter(verdicts.values()))
        return Cell(pen.words(f"verdict.{verdict}"), verdict)
    return Cell(
        "",
        more=tuple(
            Cell(
                pen.words(
                    "firm.line",
                    clause=clause_name(name, record, pen),
                    verdict=pen.words(f"verdict.{verdict}"),
                ),
                verdict,
            )
            for name, verdict in verdicts.items()
        ),
    )
