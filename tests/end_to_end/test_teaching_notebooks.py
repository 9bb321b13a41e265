"""The notebooks that teach a method: they run, in both languages, and find the published numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from impacteval.notebook import read_published, run_notebook

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
pytestmark = pytest.mark.study


def test_each_source_has_a_test() -> None:
    assert {file.stem for file in NOTEBOOKS.glob("*.py")} == {"callaway-santanna"}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_county_example_of_callaway_and_santanna(tmp_path: Path, language: str) -> None:
    # R did 2.5.0 on its data mpdta; the regression with two-way effects is that of any program.
    notebook = run_notebook(NOTEBOOKS / "callaway-santanna.py", tmp_path, {"language": language})
    assert notebook == tmp_path / "callaway-santanna.ipynb"
    figures = read_published(tmp_path / "published.json").figures
    published = {
        "two_way": -0.0365489367,
        "one_cell": -0.0105032462,
        "simple": -0.0399512752,
        "std_error": 0.0120340128,
        "group": -0.0310182822,
        "dynamic": -0.0772398215,
    }
    for name, value in published.items():
        assert figures[name] == pytest.approx(value, abs=6e-11)
    assert figures["pre_test"] == pytest.approx(0.16812, abs=6e-6)
    text = notebook.read_text(encoding="utf-8")
    assert ("jamais relevé " in text) is (language == "fr")
    assert text.count('"image/png"') == 4
