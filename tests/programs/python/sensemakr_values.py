"""How strong a hidden trait would have to be, by PySensemakr 0.0.8; writes sensemakr_values.csv.

    python tests/programs/python/sensemakr_values.py    # with PySensemakr 0.0.8 and pandas 2

The data are made, not measured: 300 people, three covariates, the first of them strong. The example of
the paper (Darfur) is asked as well: its data come with the programme and are not kept here.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
COVARIATES = ["a", "b", "c"]


def people(n: int = 300) -> pd.DataFrame:
    """The same numbers on every machine, without a random generator."""
    k = np.arange(n) + 1.0
    u = np.column_stack([(k * 0.6180339887498949 * (j + 2) ** 0.5 * 13.7) % 1.0 for j in range(5)])
    a, b, c = np.round(u[:, 0] * 2, 4), (u[:, 1] > 0.5) * 1.0, np.round(u[:, 2] ** 2, 4)
    served = (u[:, 3] < 0.25 + 0.2 * a).astype(float)
    y = np.round(3.0 - 1.2 * a + 0.3 * b + 0.8 * served + 2.0 * (u[:, 4] - 0.5), 5)
    return pd.DataFrame({"y": y, "served": served, "a": a, "b": b, "c": c})


def main() -> None:
    """Ask the programme and write down what it says."""
    import sensemakr
    import statsmodels.formula.api as smf

    rows: list[tuple[str, str, float]] = []

    def ask(name, model, treatment, covariates):
        found = sensemakr.Sensemakr(model, treatment, benchmark_covariates=covariates, kd=[1, 2, 3])
        told = found.sensitivity_stats
        rows.extend(
            (name, what, float(told[what]))
            for what in ("estimate", "se", "dof", "r2yd_x", "rv_q", "rv_qa")
        )
        for _, row in found.bounds.iterrows():
            label = row["bound_label"].replace(" ", "_")
            rows.extend(
                (name, f"{label}_{what}", float(row[what]))
                for what in ("r2dz_x", "r2yz_dx", "adjusted_estimate")
            )

    fit = smf.ols("y ~ served + a + b + c", people()).fit()
    ask("made", fit, "served", COVARIATES)
    darfur = sensemakr.data.load_darfur()
    formula = (
        "peacefactor ~ directlyharmed + village + female + age + farmer_dar + herder_dar + "
        "pastvoted + hhsize_darfur"
    )
    ask("darfur", smf.ols(formula, darfur).fit(), "directlyharmed", ["female"])
    with (HERE / "sensemakr_values.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("data", "what", "value"))
        writer.writerows((name, what, f"{value:.12g}") for name, what, value in rows)


if __name__ == "__main__":
    main()
