"""Effects and jackknife errors by another programme, run until it settles; writes synthdid_values.csv.

Run with synthdid-py 0.1.0 (PyPI; its import name is also another package's), a port of the R
package that takes the tolerance at which it stops as an argument:

    python tests/programs/python/synthdid_values.py

The data are made, not measured: sixteen places over twelve periods. In "block" the last three are
served from the ninth period on; in "dates" the last four, two from the eighth and two from the
tenth.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
PLACES, PERIODS = 16, 12
STARTS = {"block": (8, 8, 8), "dates": (7, 7, 9, 9)}


def outcomes() -> np.ndarray:
    """Shape (16, 12): the same numbers on every machine, without a random generator."""
    g, t = np.arange(PLACES)[:, None], np.arange(PERIODS)[None]
    common = np.sin(0.9 * t) * (1.0 + 0.2 * np.cos(2.0 * g)) + 0.1 * t * np.sin(1.3 * g)
    wobble = 0.4 * np.sin(3.0 * g + 7.0 * t) + 0.3 * np.sin(g * g * (t + 1.3))
    return np.round(3.0 + 0.4 * g + common + wobble, 6)


def main() -> None:
    """Ask the programme and write down what it says."""
    import pandas as pd
    from synthdid import staggered_synthdid_estimate, synthdid_estimate

    y = outcomes()
    tight = {"min_decrease": 1e-9, "max_iter": 1_000_000, "max_iter_pre_sparsify": 1_000_000}
    block = synthdid_estimate(y, PLACES - 3, 8, sparsify=None, **tight)
    frame = pd.DataFrame(
        {
            "unit": np.repeat([f"u{k:02d}" for k in range(PLACES)], PERIODS),
            "time": np.tile(np.arange(PERIODS), PLACES),
            "y": y.ravel(),
        }
    )
    start = np.full(PLACES, PERIODS)
    start[-4:] = STARTS["dates"]
    frame["d"] = (frame["time"] >= np.repeat(start, PERIODS)).astype(int)
    dates = staggered_synthdid_estimate(
        frame, unit="unit", time="time", outcome="y", treatment="d", sparsify=None, **tight
    )
    rows = [
        ("block", "effect", float(block)),
        ("block", "jackknife", block.se(method="jackknife")),
        ("dates", "effect", float(dates.att)),
        ("dates", "jackknife", dates.se(method="jackknife")),
    ]
    with (HERE / "synthdid_values.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("roll_out", "what", "value"))
        writer.writerows((name, what, f"{value:.10g}") for name, what, value in rows)


if __name__ == "__main__":
    main()
