"""Predictors of cigarette sales by state; writes adh_predictors.csv.

Run with statspai 1.40.2 of PyPI, which is no dependency here and ships the panel of Abadie, Diamond
and Hainmueller (2010):

    python tests/programs/python/adh_predictors.py

Averages of each state over the years that they use: log income, share aged 15 to 24 and retail price
of cigarettes over 1980 to 1988, beer over 1984 to 1988.
"""

from __future__ import annotations

import csv
from pathlib import Path

HERE = Path(__file__).parent
YEARS = {
    "lnincome": (1980, 1988),
    "age15to24": (1980, 1988),
    "retprice": (1980, 1988),
    "beer": (1984, 1988),
}


def averages() -> list[dict[str, object]]:
    """One row a state."""
    import statspai

    frame = statspai.datasets.california_prop99()
    found = []
    for state in sorted(frame["state"].unique()):
        mine = frame[frame["state"] == state]
        row: dict[str, object] = {"state": state}
        for name, (first, last) in YEARS.items():
            row[name] = f"{mine[mine['year'].between(first, last)][name].mean():.9g}"
        found.append(row)
    return found


def main() -> None:
    """Write the averages down."""
    with (HERE / "adh_predictors.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["state", *YEARS], lineterminator="\n")
        writer.writeheader()
        writer.writerows(averages())


if __name__ == "__main__":
    main()
