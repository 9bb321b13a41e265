"""What scpi_pkg 4.0.0 (with pandas 2.2) predicts for a made-up place; written to scpi_values.csv.

    python tests/programs/python/scpi_values.py      # in an environment that holds scpi_pkg

Shocks are told without any draw; what other weights add is drawn, with a standard error that the table
gives beside it (from twenty batches).
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

BEFORE, AFTER, DONORS, BATCHES, DRAWS, ERROR = 24, 3, 8, 20, 200, 0.05
OUT = Path(__file__).with_suffix(".csv")


def panel() -> np.ndarray:
    """The place, then eight others, in the rows; periods in the columns."""
    rng = np.random.default_rng(11)
    factors = rng.standard_normal((2, BEFORE + AFTER))
    loads = rng.uniform(-1.0, 1.0, (1 + DONORS, 2))
    loads[0] = 0.6 * loads[1] + 0.4 * loads[2]
    return np.round(10.0 + loads @ factors + 0.5 * rng.standard_normal((9, BEFORE + AFTER)), 3)


def main() -> int:
    """Ask scpi_pkg, and write the table."""
    import pandas as pd
    from scpi_pkg.scdata import scdata
    from scpi_pkg.scpi import scpi

    y = panel()
    frame = pd.DataFrame(
        {
            "unit": np.repeat([f"p{k}" for k in range(1 + DONORS)], BEFORE + AFTER),
            "time": np.tile(np.arange(BEFORE + AFTER), 1 + DONORS),
            "y": y.ravel(),
        }
    )
    data = scdata(
        df=frame,
        id_var="unit",
        time_var="time",
        outcome_var="y",
        period_pre=np.arange(BEFORE),
        period_post=np.arange(BEFORE, BEFORE + AFTER),
        unit_tr="p0",
        unit_co=[f"p{k}" for k in range(1, 1 + DONORS)],
    )
    bands = []
    np.random.seed(7)  # noqa: NPY002  it draws from the global generator
    for _ in range(BATCHES):
        found = scpi(
            data,
            sims=DRAWS,
            w_constr={"name": "simplex"},
            e_method="all",
            u_alpha=2 * ERROR,
            e_alpha=2 * ERROR,
            cores=1,
            verbose=False,
            pass_stata=True,
        )
        bands.append(found.bounds["insample"].to_numpy())
    inside = found.CI_in_sample.to_numpy()
    rows = []
    for k in range(AFTER):
        rows.append(["mean", k, float(np.asarray(found.Y_post_fit).ravel()[k]), 0.0])
        for name, table in (
            ("sub-gaussian", found.CI_all_gaussian),
            ("location-scale", found.CI_all_ls),
        ):
            ends = table.to_numpy()[k, :2] - inside[k, :2]
            rows += [[f"{name} low", k, ends[0], 0.0], [f"{name} high", k, ends[1], 0.0]]
        for j, side in enumerate(("low", "high")):
            drawn = [band[k, j] for band in bands]
            error = np.std(drawn, ddof=1) / np.sqrt(BATCHES)
            rows.append([f"weights {side}", k, float(np.mean(drawn)), float(error)])
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["what", "period", "value", "error"])
        writer.writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
