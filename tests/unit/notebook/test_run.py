"""Studies' notebooks: what runs, what comes out, and what a person reads when a cell fails."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbformat
import pytest

from impacteval.errors import StudyError, UsageError
from impacteval.notebook import read_published, run_notebook
from impacteval.progress import listen

pytestmark = pytest.mark.study

HELLO = """\
# ---
# jupyter:
#   kernelspec:
#     name: somebody-elses-kernel
# ---

# %% [markdown]
# # A study
#
# Two words.

# %% tags=["parameters"]
level: float = 0.95
people = 3

# %%
import sys

from impacteval.notebook import publish

# %%
for name in ["one", "two"]:
    print(name, flush=True)
print(sys.executable)
object()

# %%
sorted({"a", "b"}), list({"b", "c", "a"}), level, people

# %%
publish(level=level, twice=people * 2)
"""


def study(folder: Path, text: str) -> Path:
    (folder / "study.py").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = study(tmp_path_factory.mktemp("hello"), HELLO)
    run_notebook(folder, folder / "first")
    run_notebook(folder, folder / "again")
    return folder


def test_it_runs_with_this_very_interpreter(hello: Path) -> None:
    notebook = nbformat.read(hello / "first" / "study.ipynb", as_version=4)
    printed = notebook.cells[3].outputs[0].text.split("\n")
    assert printed[:3] == ["one", "two", sys.executable]


def test_the_same_study_gives_the_same_bytes(hello: Path) -> None:
    first = (hello / "first" / "study.ipynb").read_bytes()
    assert first == (hello / "again" / "study.ipynb").read_bytes()
    assert b"0x7f" not in first
    assert b"iopub" not in first


def test_cells_keep_their_names(hello: Path) -> None:
    notebook = nbformat.read(hello / "first" / "study.ipynb", as_version=4)
    assert [cell.id for cell in notebook.cells] == [f"cell-{k}" for k in range(1, 7)]


def test_what_is_published_stands_beside_the_notebook(hello: Path) -> None:
    published = read_published(hello / "first" / "published.json")
    assert published.figures == {"level": 0.95, "twice": 6}


def test_parameters_reach_the_notebook_and_progress_is_told(tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    with listen(lambda event: heard.append((event.name, event.done, event.total))):
        run_notebook(study(tmp_path, HELLO), tmp_path / "out", {"people": 20, "level": 1})
    assert read_published(tmp_path / "out" / "published.json").figures["twice"] == 40
    notebook = nbformat.read(tmp_path / "out" / "study.ipynb", as_version=4)
    assert notebook.cells[2].source == "level: float = 1.0\npeople: int = 20"
    assert heard == [("notebook", k, 6) for k in range(7)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"peple": 3}, "no parameter 'peple'. Allowed: level, people."),
        ({"people": "3"}, "'people' must be of type int, not '3'."),
        ({"people": True}, "'people' must be of type int, not True."),
        ({"level": float("nan")}, "'level' must be of type float, not nan."),
    ],
)
def test_a_wrong_parameter_is_refused(tmp_path: Path, given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        run_notebook(study(tmp_path, HELLO), tmp_path / "out", given)
    assert said in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_failing_cell_names_its_number_line_and_error(tmp_path: Path) -> None:
    text = HELLO + "\n# %%\ndef half(x):\n    return x / 0\n\n\n# a comment\nhalf(3)\n"
    with pytest.raises(StudyError) as caught:
        run_notebook(study(tmp_path, text), tmp_path / "out")
    (problem,) = caught.value.problems
    assert problem.what == "Cell 7 of the notebook stopped with ZeroDivisionError: division by zero"
    assert problem.fix == "(at `half(3)`)."
    assert text.split("\n")[problem.line - 1] == "half(3)"
    assert problem.file == (tmp_path / "study.py").as_posix()
    assert "Traceback" not in str(caught.value)
    assert not (tmp_path / "out").exists(), "a notebook that failed leaves no result"


def test_a_cell_that_is_not_python_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as caught:
        run_notebook(study(tmp_path, "# %%\nx = 1\n\n# %%\ny = 2\nz = = 3\n"), tmp_path / "out")
    (problem,) = caught.value.problems
    assert problem.what.startswith(
        "Cell 2 of the notebook stopped with SyntaxError: invalid syntax"
    )
    assert problem.line == 6


def test_a_cell_that_never_ends_is_stopped(tmp_path: Path) -> None:
    text = "# %%\nimport time\n\n# %%\ntime.sleep(60)\n"
    with pytest.raises(StudyError, match=r"Cell 2 of the notebook took longer than 1 seconds"):
        run_notebook(study(tmp_path, text), tmp_path / "out", timeout=1.0)


def test_a_cell_that_ends_the_interpreter_is_named(tmp_path: Path) -> None:
    text = "# %%\nimport os\n\n# %%\nos._exit(3)\n"
    with pytest.raises(StudyError, match=r"Cell 2 of the notebook ended the interpreter"):
        run_notebook(study(tmp_path, text), tmp_path / "out")


def test_publishing_twice_in_one_run_is_refused(tmp_path: Path) -> None:
    text = "# %%\nfrom impacteval.notebook import publish\n\npublish(a=1)\n\n# %%\npublish(b=2)\n"
    with pytest.raises(StudyError, match=r"Cell 2 .* publishes twice"):
        run_notebook(study(tmp_path, text), tmp_path / "out")


def test_figures_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "published.json").write_text(json.dumps({"old": 1}))
    run_notebook(study(tmp_path, "# %%\n1 + 1\n"), tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["study.ipynb"]


def test_warnings_name_no_file_of_the_kernel(tmp_path: Path) -> None:
    text = "# %%\nimport warnings\n\nwarnings.warn('look here', stacklevel=1)\n"
    out = run_notebook(study(tmp_path, text), tmp_path / "out")
    shown = out.read_text(encoding="utf-8")
    assert "look here" in shown
    assert "ipykernel_" not in shown
