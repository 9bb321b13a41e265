"""Quarters written as text: every label of a result stands as it does in the data."""

from __future__ import annotations

import numpy as np
import pandas as pd

import impacteval as ie
from impacteval.sample import Sample

QUARTERS = ["2019-Q1", "2019-Q2", "2019-Q3", "2019-Q4"]


def test_quarters_are_labels_of_the_result() -> None:
    rng = np.random.default_rng(3)
    starts = np.repeat([2, 3, 9], 8)
    frame = pd.DataFrame(
        {
            "place": np.repeat([f"p{k}" for k in range(24)], 4),
            "quarter": QUARTERS * 24,
            "start": np.repeat([QUARTERS[s] if s < 4 else None for s in starts], 4),
            "y": rng.normal(0.0, 1.0, 96) + (np.tile(range(4), 24) >= np.repeat(starts, 4)),
        }
    )
    sample = Sample.from_frame(
        frame, design="did", outcome="y", unit="place", period="quarter", adopted="start"
    )
    found = ie.estimator("callaway-santanna").estimate(
        sample, scale="difference", rng=np.random.default_rng(1)
    )
    assert [p.period for p in found.periods] == QUARTERS[2:]
    cells = found.parts["group_time"]
    assert set(cells["cohort"]) == set(QUARTERS[2:])
    assert set(cells["period"]) <= set(QUARTERS)
    # The same numbers as with quarters that are counted.
    counted = frame.replace({q: k for k, q in enumerate(QUARTERS)}).infer_objects()
    again = ie.estimator("callaway-santanna").estimate(
        Sample.from_frame(
            counted, design="did", outcome="y", unit="place", period="quarter", adopted="start"
        ),
        scale="difference",
        rng=np.random.default_rng(1),
    )
    assert again.effect.value == found.effect.value
    assert again.effect.std_error == found.effect.std_error
