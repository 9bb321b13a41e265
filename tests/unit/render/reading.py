"""Read a report back as its reader does: the text of the HTML, of the PDF, of the Markdown."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest


class _Text(HTMLParser):
    """The words of a page in order, without styles, scripts and drawings' labels apart."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script"):
            self._silent += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def squeezed(text: str) -> str:
    """Without spaces and hyphens, so that line breaks do not matter."""
    return re.sub(r"[\s\u00a0\u202f\u00ad\u2010-]+", "", text)


def html_text(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    return squeezed(" ".join(parser.parts))


def markdown_text(page: str) -> str:
    return squeezed(re.sub(r"\\(.)", r"\1", page))


def _pdftotext(file: Path, *options: str) -> str:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext (poppler) is not installed: the PDF cannot be read back as text")
    done = subprocess.run(
        [program, *options, str(file), "-"], check=True, capture_output=True, timeout=60
    )
    return done.stdout.decode()


def pdf_text(file: Path) -> str:
    """The body of every page, without the running header and footer."""
    # The box of a last line reaches 2 points into the margin; the footer begins 12 below it.
    body = ("-x", "0", "-y", "58", "-W", "596", "-H", "744")
    return squeezed(_pdftotext(file, "-raw", *body))


def pdf_pages(file: Path) -> list[str]:
    """Each page whole."""
    return [squeezed(page) for page in _pdftotext(file, "-raw").split("\f")[:-1]]
