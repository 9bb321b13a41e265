"""Tables in the terminal: 80 columns, figures to the right, long heads on several lines."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from impacteval.cli.show import WIDTH, say

if TYPE_CHECKING:
    from impacteval.render.blocks import Table

_GAP = 2
_NARROWEST = 5
_FIGURES = tuple("0123456789\N{MINUS SIGN}")


def show_table(table: Table) -> None:
    """Print a table; one that is too wide is printed in parts, each with its first column."""
    say(table.caption)
    heads = [column.head for column in table.columns]
    body = [[cell.text for cell in row] for row in table.rows]
    for start, end in _parts(heads, body):
        chosen = [0, *range(start, end)]
        _show([heads[k] for k in chosen], [[row[k] for k in chosen] for row in body], table, chosen)


def _parts(heads: list[str], body: list[list[str]]) -> list[tuple[int, int]]:
    """Ranges of columns that fit beside the first."""
    widths = _widths(heads, body)
    found: list[tuple[int, int]] = []
    start = 1
    while start < len(heads):
        used, end = widths[0], start
        while end < len(heads) and (end == start or used + _GAP + widths[end] <= WIDTH - 2):
            used += _GAP + widths[end]
            end += 1
        found.append((start, end))
        start = end
    return found


def _widths(heads: list[str], body: list[list[str]]) -> list[int]:
    """Of each column: its longest cell, and the longest line of its head."""
    return [
        max(
            _NARROWEST,
            max((len(row[k]) for row in body), default=0),
            *map(len, _lines(head, max((len(row[k]) for row in body), default=0))),
        )
        for k, head in enumerate(heads)
    ]


def _lines(head: str, width: int) -> list[str]:
    """A head on several lines, at least 12 columns wide and never in the middle of a word."""
    return textwrap.wrap(head, max(width, 12), break_long_words=False) or [""]


def _show(heads: list[str], body: list[list[str]], table: Table, chosen: list[int]) -> None:
    widths = _widths(heads, body)
    cells_of = [max((len(row[k]) for row in body), default=0) for k in range(len(heads))]
    wrapped = [_lines(head, width) for head, width in zip(heads, cells_of, strict=True)]
    deep = max(map(len, wrapped))
    # Figures stand to the right, also where they head their row.
    right = {
        k
        for j, k in enumerate(chosen)
        if table.columns[k].align == "right" or all(row[j][:1] in _FIGURES for row in body)
    }
    rows = [
        [lines[k - deep + len(lines)] if k >= deep - len(lines) else "" for lines in wrapped]
        for k in range(deep)
    ]
    for row in [*rows, ["-" * width for width in widths], *body]:
        cells = [
            text.rjust(width) if k in right else text.ljust(width)
            for text, width, k in zip(row, widths, chosen, strict=True)
        ]
        print(("  " + (" " * _GAP).join(cells)).rstrip())  # noqa: T201 - the terminal's own table
