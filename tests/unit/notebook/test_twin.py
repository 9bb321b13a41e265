"""The twin of ``study.py``: the same cells, the same bytes, names that do not change."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from impacteval.errors import StudyError
from impacteval.notebook import twin_text
from impacteval.notebook.twin import read_cells

TEXT = (
    "# ---\n# jupyter: {kernelspec: {name: other}}\n# ---\n\n"
    "# %% [markdown]\n# Été à 20 %\n#\n# more\n\n"
    '# %% tags=["parameters"]\nx = 1\n\n\n# %%\ny = 1\n\n# %%\ny = 1\nz = "é"\n'
)


def test_the_twin_is_a_valid_notebook_with_fixed_names(tmp_path: Path) -> None:
    (tmp_path / "study.py").write_text(TEXT, encoding="utf-8")
    text = twin_text(tmp_path / "study.py")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert [(c.id, c.cell_type) for c in notebook.cells] == [
        ("cell-1", "markdown"),
        ("cell-2", "code"),
        ("cell-3", "code"),
        ("cell-4", "code"),
    ]
    assert notebook.cells[0].source == "Été à 20 %\n\nmore"
    assert "other" not in text
    assert json.loads(text)["metadata"]["kernelspec"]["name"] == "python3"
    assert text == twin_text(tmp_path / "study.py")


def test_line_ends_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "study.py").write_bytes(TEXT.encode())
    unix = twin_text(tmp_path / "study.py")
    (tmp_path / "study.py").write_bytes(TEXT.replace("\n", "\r\n").encode())
    assert twin_text(tmp_path / "study.py") == unix


def test_each_cell_knows_its_line(tmp_path: Path) -> None:
    (tmp_path / "study.py").write_text(TEXT, encoding="utf-8")
    assert [cell.line for cell in read_cells(tmp_path / "study.py")] == [6, 11, 15, 18]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (None, "has no notebook"),
        (b"\xff\xfe", "not UTF-8"),
        (b"", "no code"),
        (b"# %% [markdown]\n# x\n", "no code"),
    ],
)
def test_a_source_that_cannot_be_run_is_refused(
    tmp_path: Path, raw: bytes | None, said: str
) -> None:
    if raw is not None:
        (tmp_path / "study.py").write_bytes(raw)
    with pytest.raises(StudyError, match=said):
        read_cells(tmp_path / "study.py")
