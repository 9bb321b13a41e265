"""Common factors and completed tables by two other programmes; writes sc_factors.csv.

Run with statspai 1.40 and causaltensor 0.1.12 (both of PyPI), which are no dependencies here and may
be in two environments; lines of a programme that is not installed stay as they are:

    python tests/programs/python/sc_factors.py california_prop99.csv

The data are those of Proposition 99 (Abadie, Diamond and Hainmueller 2010), as the packages
synthdid carry them; the first argument is that file.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
FILE = HERE / "sc_factors.csv"
Row = tuple[str, float, float]


def statspai_rows(path: str) -> Iterator[Row]:
    """Xu's generalised synthetic control at fixed ranks, and fect's completion at fixed penalties."""
    import pandas as pd
    import statspai

    data = pd.read_csv(path, sep=";")
    for rank in range(4):
        found = statspai.gsynth(
            data,
            outcome="PacksPerCapita",
            unit="State",
            time="Year",
            treated_unit="California",
            treatment_time=1989,
            n_factors=rank,
            placebo=False,
        )
        yield "statspai gsynth", rank, found.estimate
    for penalty in (0.05, 0.1, 0.2):
        found = statspai.fect(
            data,
            y="PacksPerCapita",
            treat="treated",
            unit="State",
            time="Year",
            method="mc",
            lam=penalty,
            tol=1e-12,
            max_iter=200_000,
        )
        yield "statspai fect", penalty, found.estimate


def causaltensor_rows(path: str) -> Iterator[Row]:
    """Completion at fixed penalties."""
    import numpy as np
    import pandas as pd
    from causaltensor.cauest import MCNNMPanelSolver

    data = pd.read_csv(path, sep=";")
    table = data.pivot(index="State", columns="Year", values="PacksPerCapita")
    served = np.zeros(table.shape)
    served[table.index.get_loc("California"), 19:] = 1.0
    for penalty in (50.0, 100.0, 200.0):
        solver = MCNNMPanelSolver(Z=served)
        found = solver.solve_with_regularizer(
            O=table.to_numpy(dtype=float), l=penalty, eps=1e-12, max_iter=200_000
        )
        yield "causaltensor", penalty, found.tau


def said() -> list[Row]:
    """What is written down."""
    if not FILE.exists():
        return []
    with FILE.open(encoding="utf-8") as file:
        return [
            (r["programme"], float(r["setting"]), float(r["effect"])) for r in csv.DictReader(file)
        ]


def main(path: str) -> None:
    """Ask the programmes that are installed and write down what they say."""
    found: list[Row] = []
    for name, rows in (("statspai", statspai_rows), ("causaltensor", causaltensor_rows)):
        if find_spec(name):
            found += list(rows(path))
        else:
            found += [row for row in said() if row[0].startswith(name)]
    with FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["programme", "setting", "effect"])
        writer.writerows(
            (name, f"{setting:g}", repr(float(effect))) for name, setting, effect in found
        )
    print(FILE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(sys.argv[1])
