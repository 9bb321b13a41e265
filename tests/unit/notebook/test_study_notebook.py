"""The study's own notebook runs top to bottom and says what the report says."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from impacteval.notebook import read_published, run_notebook

STUDY = Path(__file__).resolve().parents[3] / "studies" / "nsw-job-training"


@pytest.mark.study
def test_the_notebook_of_the_study_runs_and_publishes_the_known_figures(tmp_path: Path) -> None:
    out = run_notebook(STUDY, tmp_path, {"level": 0.9})
    figures = read_published(tmp_path / "published.json").figures
    # Dehejia and Wahba (1999), table 3: the experimental difference is 1,794 dollars; to the cent
    # and with its HC2 standard error from the same 445 men.
    assert figures["effect"] == pytest.approx(1794.342404, abs=1e-6)
    assert figures["std_error"] == pytest.approx(670.9965464, abs=1e-6)
    verdicts = figures["verdicts"]
    assert isinstance(verdicts, dict)
    assert set(verdicts.values()) == {"met"}
    shown = nbformat.read(out, as_version=4)
    text = "\n".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for cell in shown.cells
        for output in cell.get("outputs", ())
    )
    assert "90% interval" in text
    # What its prose says: under the lower bound nothing would be due.
    (row,) = [line for line in text.splitlines() if " lower-bound " in line]
    assert row.split()[-3:] == ["not_met", "not_met", "0.00"]
