"""The panel of checks in the terminal: as in the report, with the seconds that each took.

The report has no seconds: it is the same to the byte on every machine. They are measured here, by
whoever listens to the run, and kept nowhere.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from impacteval.cli.show import WIDTH, say
from impacteval.values import Text

if TYPE_CHECKING:
    from impacteval.progress import ProgressEvent
    from impacteval.render.pen import Pen
    from impacteval.report.record import DiagnosticRow, FindingFacts, Record
    from impacteval.values import Language

DASH = "–"
_HEADS = (
    Text(en="Check", fr="Contrôle"),
    Text(en="Expected", fr="Attendu"),
    Text(en="Found", fr="Constaté"),
    Text(en="Result", fr="Résultat"),
    Text(en="Verdict changes?", fr="Verdict changé ?"),
    Text(en="Seconds", fr="Secondes"),
)
_RIGHT = (False, True, True, False, False, True)
_TITLE = Text(en="Checks: {name}", fr="Contrôles : {name}")
_GAP = 2
_NARROW = 12
"""So wide is a cell of words at most, the first column apart."""


class Stopwatch:
    """Listens to a run and notes how long each span of work took."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, ...], float] = {}
        self._begun: dict[tuple[str, ...], float] = {}

    def __call__(self, event: ProgressEvent) -> None:
        """Start or stop the clock of what the event is about."""
        if not event.about:
            return
        now = time.perf_counter()
        if not event.ended:
            self._begun[event.about] = now
        elif event.about in self._begun:
            took = now - self._begun.pop(event.about)
            self.seconds[event.about] = self.seconds.get(event.about, 0.0) + took


def show_checks(
    record: Record, language: Language, seconds: Mapping[tuple[str, ...], float]
) -> None:
    """Print one row a check, of each result that has any.

    Parameters
    ----------
    record : Record
        Of the report.
    language : Language
        That of the reader.
    seconds : mapping of (outcome, group, check) to float
        How long each took.
    """
    from impacteval.render.pen import Pen

    pen = Pen(language, record.page_one.money.currency)
    for finding in record.findings:
        if finding.diagnostics:
            say()
            say(_TITLE[language].format(name=pen.finding_name(finding)))
            _show([_row(finding, row, pen, seconds) for row in finding.diagnostics], language)


def _row(
    finding: FindingFacts,
    row: DiagnosticRow,
    pen: Pen,
    seconds: Mapping[tuple[str, ...], float],
) -> tuple[str, ...]:
    from impacteval.render import format as fmt

    def number(value: str | None) -> str:
        return DASH if value is None else pen.number(value)

    flips, decided = DASH, row.decided
    if decided is not None and decided.answered:
        answer = pen.words("firm.flips_yes" if decided.flips else "firm.flips_no")
        flips = f"{answer} ({decided.flips}/{decided.answered})"
    took = seconds.get((finding.outcome, finding.group, row.name))
    return (
        pen.both(row.title),
        number(row.expected),
        number(row.statistic),
        pen.words(f"status.{row.status}"),
        flips,
        DASH if took is None else fmt.number(f"{took:.2f}", pen.language, 2),
    )


def _show(rows: list[tuple[str, ...]], language: Language) -> None:
    heads = [head[language] for head in _HEADS]
    widths = [0] * len(heads)
    for k in range(1, len(heads)):
        cells = [row[k] for row in rows]
        longest = max(map(len, cells))
        word = max(len(w) for text in (heads[k], *cells) for w in text.split())
        widths[k] = max(word, min(longest, _NARROW))
    widths[0] = WIDTH - 2 - sum(widths) - _GAP * (len(heads) - 1)
    _line(tuple(heads), widths, bottom=True)
    _line(tuple("-" * width for width in widths), widths)
    for row in rows:
        _line(row, widths)


def _line(cells: tuple[str, ...], widths: list[int], *, bottom: bool = False) -> None:
    """One row of the table on as many lines as its longest cell needs."""
    wrapped = [
        textwrap.wrap(cell, width, break_on_hyphens=False) or [""]
        for cell, width in zip(cells, widths, strict=True)
    ]
    deep = max(map(len, wrapped))
    for k in range(deep):
        texts = []
        for lines, width, right in zip(wrapped, widths, _RIGHT, strict=True):
            j = k - (deep - len(lines)) if bottom else k
            text = lines[j] if 0 <= j < len(lines) else ""
            texts.append(text.rjust(width) if right else text.ljust(width))
        print(("  " + (" " * _GAP).join(texts)).rstrip())  # noqa: T201 - the terminal's own table
