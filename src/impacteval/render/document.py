"""From a record to a document in one language: the only way to any format but JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from impacteval.render import format as fmt
from impacteval.render import sections_decision as decision
from impacteval.render import sections_proof as proof
from impacteval.render import sections_results as found
from impacteval.render import sections_study as study
from impacteval.render.blocks import Block, Document, Section
from impacteval.render.page_one import page_one
from impacteval.render.pen import Pen
from impacteval.report.record import Record
from impacteval.values import Language

SECTIONS: tuple[tuple[str, Callable[[Record, Pen], Iterator[Block]]], ...] = (
    ("contract", study.contract),
    ("counted", study.counted),
    ("otherwise", study.otherwise),
    ("results", found.results),
    ("money", decision.money),
    ("firm", decision.firm),
    ("unknown", decision.unknown),
    ("fairness", decision.fairness),
    ("data", proof.data),
    ("independence", proof.independence),
    ("checklist", proof.checklist),
    ("annex", proof.annex),
)
"""The sections in the order a reader meets them. Page 1 is number 1; the others follow."""


def document(record: Record, language: str) -> Document:
    """The whole report in one language.

    Parameters
    ----------
    record : Record
    language : str
        ``"en"`` or ``"fr"``.

    Raises
    ------
    ValueError
        A sentence of the record cannot be written, or a section would stand empty.
    """
    pen = Pen(Language(language), record.page_one.money.currency)
    words, facts = pen.words, record.study
    sections = []
    for number, (name, build) in enumerate(SECTIONS, start=2):
        blocks = tuple(build(record, pen))
        if not blocks:
            raise ValueError(f"section {name!r} of the report would stand empty.")
        heading = words(f"section.{name}")
        sections.append(Section(number, f"section-{name}", heading, blocks))
    title = pen.both(facts.title)
    return Document(
        language=pen.language,
        title=title,
        kicker=_kicker(record, pen),
        label="" if facts.label is None else pen.both(facts.label),
        label_name=words("report.label"),
        page_one=page_one(record, pen),
        sections=tuple(sections),
        contents_heading=words("report.contents"),
        skip=words("report.skip"),
        data_heading=words("report.data"),
        footer=words("report.footer", title=title),
        page_one_name=words("report.page_one"),
    )


def _kicker(record: Record, pen: Pen) -> str:
    words, facts = pen.words, record.study
    parts = [words("report.kicker"), facts.id]
    if facts.settlement is not None:
        parts.append(words("report.settlement", name=facts.settlement))
    if facts.settlement_date is not None:
        date = fmt.date(facts.settlement_date, pen.language)
        parts.append(words("report.settlement_date", date=date))
    return " · ".join(parts)
