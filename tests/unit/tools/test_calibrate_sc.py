"""What is measured of synthetic control is what the estimator gives."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_sc as calibrated  # noqa: E402  the tools are scripts, found by their folder

from impacteval.errors import NotAnswerable  # noqa: E402
from impacteval.estimators.synthetic_control.classic import SyntheticControl  # noqa: E402
from impacteval.sample import Sample  # noqa: E402

SETTINGS = {
    "synthetic-control": {},
    "synthetic-control-signed": {"statistic": "signed-ratio"},
    "synthetic-control-intercept": {"intercept": True},
}
METHODS = {method.name: method for method in calibrated.METHODS}


def sample_of(panel) -> Sample:
    """The same panel as rows."""
    units, periods = panel.y.shape
    frame = pd.DataFrame(
        {
            "place": np.repeat(panel.labels, periods),
            "period": np.tile(panel.periods, units),
            "on": (np.arange(periods) >= panel.start[:, None]).astype(int).ravel(),
            "y": panel.y.ravel(),
        }
    )
    return Sample.from_frame(
        frame,
        design="synthetic_control",
        outcome="y",
        unit="place",
        period="period",
        treatment="on",
    )


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("law", ["1 of 20", "3 of 20, staggered"])
def test_arrays_and_estimator_agree(name, law):
    (design,) = [known for known in calibrated.LAWS if known.name == law]
    panel = design.panel(np.random.default_rng(3))
    effect, distribution = METHODS[name].run(panel, np.random.default_rng(1))
    estimator = SyntheticControl(draws=calibrated.DRAWS, **SETTINGS[name])
    sample = sample_of(panel)
    found = estimator.estimate(sample, scale="difference", rng=np.random.default_rng(1)).effect
    assert found.value == pytest.approx(effect, rel=1e-9)
    for null in (-1.0, 0.0, 0.7, 1.0, 1.2):
        for tail in calibrated.TAILS:
            try:
                assert found.p_value(null, tail) == distribution.p_value(null, tail)
            except NotAnswerable:
                assert name != "synthetic-control-signed"


def test_a_row_tells_what_was_counted():
    (law,) = [known for known in calibrated.LAWS if known.name == "1 of 8"]
    row = calibrated.measured(METHODS["synthetic-control"], law, 60)
    assert row["attainable"] == "0.1250"
    assert row["unbounded_0.90"] == "1.0000"
    assert row["rejects_two_0.95"] == "0.0000"
    assert row["rejects_greater_0.95"] == ""
    text = calibrated.page(METHODS["synthetic-control"], [row], "python tools/calibrate_sc.py")
    assert "| 1 of 8 | 0.0 | 0.0 | 12.5 | none | 100.0 |" in text


def test_the_tables_that_are_kept_are_whole():
    for method in calibrated.METHODS:
        table = calibrated.read(calibrated.FOLDER / f"{method.name}.csv")
        assert [row["design"] for row in table] == [law.name for law in method.laws]
        assert {row["replications"] for row in table} == {str(calibrated.REPLICATIONS)}
        page = (calibrated.FOLDER / f"{method.name}.md").read_text(encoding="utf-8")
        assert page == calibrated.page(method, table, "python tools/calibrate_sc.py")


def test_true_effects_are_not_rejected_more_often_than_they_say():
    """Where any place might have been served the test is exact, whatever the law."""
    exchangeable = [
        law for law in calibrated.LAWS if (law.reach, law.above, law.wider) == (1, 0, 1)
    ]
    names = {law.name for law in exchangeable}
    for method in calibrated.METHODS:
        for row in calibrated.read(calibrated.FOLDER / f"{method.name}.csv"):
            if row["design"] not in names:
                continue
            n = int(row["replications"])
            for level in calibrated.LEVELS:
                alpha = 1.0 - level
                slack = 2.6 * np.sqrt(alpha * level / n)
                assert float(row[f"rejects_two_{level:.2f}"]) <= alpha + slack
