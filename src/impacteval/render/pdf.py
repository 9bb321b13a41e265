"""The report as a tagged PDF (PDF/UA-1), with the typeface it carries and the same bytes always."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import resources

from impacteval.render.blocks import Document
from impacteval.render.drawing import with_family

FAMILY = "'Libertinus Serif'"


def pdf(report: Document) -> bytes:
    """Set a document as PDF.

    The engine sees the report as JSON text, never as markup: no sentence of a contract or of a
    data file can become an instruction. A drawing without a description in words is an error.

    Parameters
    ----------
    report : Document

    Returns
    -------
    bytes
    """
    import typst

    template = resources.files("impacteval.render").joinpath("templates/report.typ")
    data = with_family(json.dumps(asdict(report), ensure_ascii=False), FAMILY)
    made = typst.compile(
        template.read_bytes(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": data},
        pdf_standards=["ua-1"],
        timestamp=0,
    )
    assert isinstance(made, bytes)
    return made
