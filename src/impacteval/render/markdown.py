"""The report as Markdown: plain text that a version control system can compare line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from impacteval.render.blocks import (
    Block,
    Code,
    Document,
    Drawing,
    Facts,
    Items,
    PageOneView,
    Para,
    Sub,
    Table,
)
from impacteval.render.catalogue import Words

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def markdown(report: Document) -> str:
    """Set a document as Markdown; drawings stand as their descriptions.

    Parameters
    ----------
    report : Document

    Returns
    -------
    str
    """
    lines: list[str] = []
    words = Words(report.language)
    if report.label:
        lines += [f"> **{_plain(report.label)}**", ""]
    lines += [_plain(report.kicker), "", f"# {_plain(report.title)}", ""]
    lines += _page_one(report.page_one, words)
    for section in report.sections:
        lines += [f"## {section.number}. {_plain(section.heading)}", ""]
        for block in section.blocks:
            lines += _block(block, words)
    lines += ["---", "", _plain(report.footer)]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Text that Markdown leaves alone."""
    return _SPECIAL.sub(r"\\\1", text)


def _items(items: Iterable[str], ordered: bool = False) -> Iterator[str]:
    for k, item in enumerate(items, start=1):
        yield f"{k}. {_plain(item)}" if ordered else f"- {_plain(item)}"
    yield ""


def _pairs(pairs: Iterable[tuple[str, str]], words: Words) -> Iterator[str]:
    for name, value in pairs:
        yield "- " + _plain(words("report.pair", name=name, value=value))
    yield ""


def _page_one(page: PageOneView, words: Words) -> Iterator[str]:
    yield f"## {_plain(page.answer_heading)}"
    yield ""
    yield f"**{_plain(page.answer)}**"
    yield ""
    yield _plain(page.headline)
    yield ""
    money = [(page.due_name, page.due), *((f.name, f.value) for f in page.money)]
    yield from _pairs(money, words)
    if page.warnings:
        yield from _items(page.warnings)
    yield f"## {_plain(page.clauses_heading)}"
    yield ""
    for clause in page.clauses:
        yield f"### {_plain(f'{clause.word} – {clause.name} – {clause.amount}')}"
        yield ""
        yield _plain(f"{clause.sentence} {clause.reason}".strip())
        yield ""
        figures = [(f.name, f"{f.value} {f.unit}".strip()) for f in clause.figures]
        if figures:
            yield from _pairs(figures, words)
        if clause.interval or clause.distance:
            interval = f"{clause.interval}. " if clause.interval else ""
            yield _plain(f"{interval}{clause.distance}".strip())
            yield ""
        for remark in clause.remarks:
            yield _plain(remark)
            yield ""
        if clause.chances:
            yield from _items(f"{f.value} {f.name}" for f in clause.chances)
    yield _plain(f"{page.confidence_note} {page.rounding}".strip())
    yield ""
    yield f"### {_plain(page.evidence_heading)}"
    yield ""
    for found in page.evidence:
        said = f"{found.text}. {found.kind} {found.why}"
        yield f"**{_plain(found.name)}** – {_plain(said)}" if found.name else _plain(said)
        yield ""
    for note in page.notes:
        yield f"### {_plain(note.heading)}"
        yield ""
        for line in note.lines:
            yield _plain(line)
            yield ""
        if note.code:
            yield from _fenced(note.code)


def _fenced(text: str) -> Iterator[str]:
    yield "```"
    yield text
    yield "```"
    yield ""


def _block(block: Block, words: Words) -> Iterator[str]:
    match block:
        case Para():
            yield f"**{_plain(block.text)}**" if block.tone == "lead" else _plain(block.text)
            yield ""
        case Sub():
            yield f"### {_plain(block.heading)}"
            yield ""
        case Items():
            yield from _items(block.items, block.ordered)
        case Facts():
            yield from _pairs(block.rows, words)
        case Code():
            yield from _fenced(block.text)
        case Table():
            yield from _table(block)
        case Drawing():
            yield f"*{_plain(block.caption)}*"
            yield ""
            yield _plain(block.alt)
            yield ""
            if block.data is not None and block.printed:
                yield from _table(block.data)


def _table(table: Table) -> Iterator[str]:
    yield f"*{_plain(table.caption)}*"
    yield ""
    yield "| " + " | ".join(_plain(column.head) for column in table.columns) + " |"
    yield "|" + "|".join("---:" if c.align == "right" else "---" for c in table.columns) + "|"
    for k, row in enumerate(table.rows):
        cells = [_plain(cell.text) or " · ".join(_plain(c.text) for c in cell.more) for cell in row]
        if k in table.strong:
            cells = [f"**{cell}**" for cell in cells]
        yield "| " + " | ".join(cells) + " |"
    yield ""
