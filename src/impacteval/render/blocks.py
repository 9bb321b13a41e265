"""What a report is made of, before it is printed: text already in the reader's language.

The builders turn a record into these blocks once; the HTML, the PDF and the Markdown only set
them out. So no format can say what another leaves out, and no template holds a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from impacteval.values import Language


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table. ``mark`` draws a verdict's sign; ``more`` are further lines."""

    text: str
    mark: str = ""
    more: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; figures stand to the right."""

    head: str
    align: Literal["left", "right"] = "left"
    code: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption; the first column heads its row. ``strong`` rows stand out."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    strong: tuple[int, ...] = ()
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph."""

    text: str
    tone: Literal["plain", "lead", "note", "warning"] = "plain"
    kind: str = "para"


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[str, ...]
    ordered: bool = False
    kind: str = "items"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and their values."""

    rows: tuple[tuple[str, str], ...]
    code: bool = False
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be typed or compared as it stands."""

    text: str
    kind: str = "code"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing in SVG, what it shows in words, and its numbers as a table.

    The table is folded under the drawing in HTML; PDF and Markdown print it when ``printed``. On a
    narrow screen the page shows ``narrow`` in place of ``svg``, where there is one.
    """

    svg: str
    alt: str
    caption: str
    data: Table | None
    printed: bool = False
    narrow: str | None = None
    kind: str = "drawing"


@dataclass(frozen=True, slots=True)
class Sub:
    """A heading inside a section."""

    heading: str
    anchor: str
    kind: str = "sub"


Block = Para | Items | Facts | Table | Code | Drawing | Sub


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section."""

    number: int
    anchor: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the large numbers of page 1."""

    name: str
    value: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ClauseView:
    """One clause on page 1."""

    mark: str
    word: str
    name: str
    sentence: str
    reason: str
    figures: tuple[Figure, ...]
    interval: str
    drawing: Drawing | None
    distance: str
    chances: tuple[Figure, ...]
    amount: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A small titled part of page 1."""

    heading: str
    lines: tuple[str, ...]
    code: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One kind of evidence with its grade; `name` says of which outcome, if there are several."""

    name: str
    kind: str
    grade: int
    of: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class PageOneView:
    """Page 1, for the payer."""

    mark: str
    answer_heading: str
    answer: str
    headline: str
    due_name: str
    due: str
    money: tuple[Figure, ...]
    rounding: str
    clauses_heading: str
    clauses: tuple[ClauseView, ...]
    confidence_note: str
    warnings: tuple[str, ...]
    evidence_heading: str
    evidence: tuple[EvidenceView, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report in one language, ready to be set."""

    language: Language
    title: str
    kicker: str
    label: str
    label_name: str
    page_one: PageOneView
    sections: tuple[Section, ...]
    contents_heading: str
    skip: str
    data_heading: str
    footer: str
    page_one_name: str
    page_one_number: int = 1
