"""Parameters of a notebook: declared once, typed, refused when unknown or mistyped."""

from __future__ import annotations

from pathlib import Path

import pytest

from impacteval.errors import StudyError, UsageError
from impacteval.notebook import typed_parameters
from impacteval.notebook.parameters import declared
from impacteval.notebook.twin import read_cells

CELL = '# %% tags=["parameters"]\n'
DECLARED = CELL + (
    "level: float = 1\npeople = 3\nfull = False\nplace: str = 'all'  # everywhere\nlow = -1.5\n"
)


def study(folder: Path, text: str) -> Path:
    (folder / "study.py").write_text(text, encoding="utf-8")
    return folder


def test_types_come_from_what_is_written(tmp_path: Path) -> None:
    found = declared(read_cells(study(tmp_path, DECLARED) / "study.py"), "study.py")
    assert {name: (p.type_name, p.default) for name, p in found.items()} == {
        "level": ("float", 1.0),
        "people": ("int", 3),
        "full": ("bool", False),
        "place": ("str", "all"),
        "low": ("float", -1.5),
    }


def test_typed_text_becomes_the_declared_type(tmp_path: Path) -> None:
    given = ["level=2", "people=20", "full=true", "place=2010", "low = -2e3"]
    assert typed_parameters(study(tmp_path, DECLARED), given) == {
        "level": 2.0,
        "people": 20,
        "full": True,
        "place": "2010",
        "low": -2000.0,
    }


def test_every_fault_is_listed(tmp_path: Path) -> None:
    given = ["people", "peple=2", "people=2.5", "full=1", "level=nan", "low=1", "low=2"]
    with pytest.raises(UsageError) as caught:
        typed_parameters(study(tmp_path, DECLARED), given)
    assert [p.what for p in caught.value.problems] == [
        "'people' is not a parameter.",
        "The notebook has no parameter 'peple'.",
        "The parameter 'people' must be of type int, not '2.5'.",
        "The parameter 'full' must be of type bool, not '1'.",
        "The parameter 'level' must be of type float, not 'nan'.",
        "The parameter 'low' is given twice.",
    ]


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        (CELL + "import os\n", "simple assignments only", 2),
        (CELL + "a = 1\nb = a\n", "`b` is not a plain number or text", 3),
        (CELL + "a: int = 'x'\n", "`a` is not of type int", 2),
        (CELL + "a: list = [1]\n", "type that is not known, `list`", 2),
        (CELL + "a = [1]\n", "`a` is not of type list", 2),
        (CELL + "a: int\n", "`a` has no value", 2),
        (CELL + "a = 1\na = 2\n", "`a` is declared twice", 3),
        (CELL + "a = = 2\n", "not valid Python", 2),
        (CELL + "a = 1\n" + CELL + "b = 1\n", "Two cells", 4),
    ],
)
def test_a_wrong_cell_is_refused(tmp_path: Path, text: str, said: str, line: int) -> None:
    with pytest.raises(StudyError, match=said) as caught:
        typed_parameters(study(tmp_path, text), [])
    assert caught.value.problems[0].line == line
