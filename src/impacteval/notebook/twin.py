"""From ``study.py`` to a notebook: the same cells, with identities that never change by chance."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impacteval.errors import Problem, StudyError

if TYPE_CHECKING:
    from nbformat import NotebookNode

SOURCE_NAME = "study.py"
PARAMETERS_TAG = "parameters"

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the source.

    Attributes
    ----------
    kind : str
        ``code``, ``markdown`` or ``raw``.
    text : str
        What stands in it.
    tags : tuple of str
        Its tags, such as ``parameters``.
    line : int
        Line of the source on which its text begins, counted from 1.
    """

    kind: str
    text: str
    tags: tuple[str, ...]
    line: int


def source_of(study: Path | str) -> Path:
    """The source of a notebook: ``study.py`` of a folder, or the file that is named."""
    given = Path(study)
    return given if given.suffix == ".py" else given / SOURCE_NAME


def read_cells(source: Path) -> tuple[Cell, ...]:
    """The cells of a percent-format source.

    Raises
    ------
    StudyError
        The source is missing, is not text, or holds no cell.
    """
    import jupytext

    shown = source.as_posix()
    try:
        text = source.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise StudyError(
            Problem(
                "The study has no notebook.",
                "Write it in study.py, in the percent format, or leave `run` out.",
                file=shown,
            )
        ) from None
    except UnicodeDecodeError:
        raise StudyError(
            Problem("This is not UTF-8 text.", "Save it as UTF-8.", shown, 1, 1)
        ) from None
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    here = _after_header(lines)
    cells: list[Cell] = []
    for cell in jupytext.reads("\n".join(lines[here:]), fmt="py:percent").cells:
        here = _first_line(cell, lines, here)
        tags = tuple(str(tag) for tag in cell.metadata.get("tags", ()))
        cells.append(Cell(cell.cell_type, cell.source, tags, here + 1))
        here += max(1, cell.source.count("\n") + 1)
    if not any(cell.kind == "code" and cell.text.strip() for cell in cells):
        raise StudyError(
            Problem("The notebook has no code to run.", "Begin each cell with `# %%`.", shown, 1, 1)
        )
    return tuple(cells)


def _after_header(lines: list[str]) -> int:
    """Index of the first line that is not part of the header between two ``# ---``.

    What a header may say (kernels, versions of tools) is never used: it differs by machine.
    """
    start = lines.index("# ---", 1) + 1 if lines[0] == "# ---" and "# ---" in lines[1:] else 0
    return next((k for k in range(start, len(lines)) if lines[k]), start)


def _first_line(cell: Any, lines: list[str], start: int) -> int:
    """Index of the line where the cell's text begins, from `start` on."""
    first = next((line.rstrip() for line in cell.source.split("\n") if line.strip()), "")
    wanted = {first, f"# {first}", f"#{first}"}
    for index in range(start, len(lines)):
        if lines[index] in wanted:
            return index
    return start


def notebook_of(cells: tuple[Cell, ...]) -> NotebookNode:
    """A notebook without outputs; the k-th cell is called ``cell-k``."""
    import nbformat

    made = [new_cell(cell, f"cell-{number}") for number, cell in enumerate(cells, start=1)]
    plain = {"cells": made, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    notebook: NotebookNode = nbformat.from_dict(plain)  # type: ignore[no-untyped-call]  # no types
    return notebook


def new_cell(cell: Cell, name: str) -> dict[str, Any]:
    """A cell as the notebook's file holds it, before it ran."""
    plain: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": name,
        "metadata": {"tags": list(cell.tags)} if cell.tags else {},
        "source": cell.text,
    }
    return plain | {"execution_count": None, "outputs": []} if cell.kind == "code" else plain


def written(notebook: NotebookNode) -> str:
    """The notebook's file: sorted keys, one line end, the same bytes for the same cells."""
    import nbformat

    nbformat.validate(notebook)
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def twin_text(source: Path) -> str:
    """What stands in ``study.ipynb``, given ``study.py``."""
    return written(notebook_of(read_cells(source)))
