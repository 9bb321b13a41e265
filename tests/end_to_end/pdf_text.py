"""The text of a PDF page, read with the tables the file itself carries for copying text."""

from __future__ import annotations

import re

import pikepdf


def pages(data: bytes) -> list[str]:
    """The text of each page, pieces in the order in which they are drawn."""
    import io

    with pikepdf.open(io.BytesIO(data)) as document:
        return [_text(page) for page in document.pages]


def _text(page: pikepdf.Page) -> str:
    parts: list[str] = []
    letters: dict[int, str] = {}
    for instruction in pikepdf.parse_content_stream(page):
        operands = instruction.operands
        match str(instruction.operator):
            case "Tf":
                letters = _letters(page.Resources.Font[str(operands[0])])
            case "Tj":
                parts.append(_decoded(operands[0], letters))
            case "TJ":
                parts += [
                    _decoded(s, letters) for s in operands[0] if isinstance(s, pikepdf.String)
                ]
    return "".join(parts)


def _decoded(drawn: pikepdf.String, letters: dict[int, str]) -> str:
    codes = bytes(drawn)
    return "".join(
        letters.get(int.from_bytes(codes[k : k + 2], "big"), "?") for k in range(0, len(codes), 2)
    )


def _letters(font: pikepdf.Object) -> dict[int, str]:
    """Glyph number to letters, for the two-byte fonts that the reports embed."""
    table = font.ToUnicode.read_bytes().decode("latin-1")
    found: dict[int, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, text in re.findall(r"<(\w+)>\s*<(\w+)>", block):
            found[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, text in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            for code in range(int(first, 16), int(last, 16) + 1):
                found[code] = chr(int(text, 16) + code - int(first, 16))
    return found
