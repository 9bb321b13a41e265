"""Conformal intervals of every served period by diff-diff; JSON in, one line of JSON out."""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.metadata import version

import pandas as pd
from diff_diff import SyntheticControl


def main() -> None:
    """Fit once, then the intervals, or their grids about the ends that are asked about."""
    asked = json.load(sys.stdin)
    warnings.simplefilter("ignore")
    frame = pd.DataFrame(asked["frame"])
    after = asked["after"]
    fitted = SyntheticControl().fit(
        frame,
        outcome="y",
        treatment="treated",
        unit="unit",
        time="period",
        post_periods=after,
    )
    kept = []
    for low, high in asked["about"]:
        fitted.conformal_confidence_intervals(alpha=asked["alpha"], bounds=(low, high), n_grid=2)
        grid = fitted.get_conformal_grid_df()
        kept.append([grid[grid["period"] == period]["in_set"].tolist() for period in after])
    best = float("inf")
    found = None
    for _ in range(asked["times"]):
        start = time.process_time()
        found = fitted.conformal_confidence_intervals(alpha=asked["alpha"])
        best = min(best, time.process_time() - start)
    print(
        json.dumps(
            {
                "version": version("diff-diff"),
                "kept": kept,
                "seconds": best,
                "intervals": None if found is None else found[["lower", "upper"]].values.tolist(),
            }
        )
    )


if __name__ == "__main__":
    main()
