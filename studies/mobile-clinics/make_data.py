"""Make the communes of this study: none of them exists.

    python studies/mobile-clinics/make_data.py            write communes.csv
    python studies/mobile-clinics/make_data.py --check    exit 1 when the file holds anything else

210 communes over 18 quarters. Mobile clinics come to 145 of them in four waves; 65 are never
reached. They come first where the nearest doctor is far, and consultations fall a little faster there
anyway, so that a comparison which ignores distance is a little wrong. A pandemic in the second quarter
of 2020 takes consultations away everywhere, and clinics are closed for two quarters. Every size is
chosen freely and stands below; nothing comes from a real place.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
FILE = "communes.csv"
SEED = 20210331
QUARTERS = tuple(f"{year}-Q{quarter}" for year in range(2018, 2023) for quarter in (1, 2, 3, 4))[
    :18
]
WAVES = {"2019-Q1": 45, "2019-Q3": 40, "2020-Q1": 30, "2021-Q1": 30}
NEVER = 65
CLOSED = ("2020-Q2", "2020-Q3")
"""Quarters in which the clinics were closed by order."""

LEVEL = 82.0
"""Consultations per 100 inhabitants and quarter, on average before the clinics."""
SEASON = (3.0, -1.0, -4.0, 2.0)
SHOCK = {"2020-Q2": -24.0, "2020-Q3": -9.0, "2020-Q4": -11.0, "2021-Q1": -5.0, "2021-Q2": -3.0}
"""What the pandemic takes away everywhere, per 100 inhabitants."""
EFFECT = (4.0, 6.5, 8.0, 9.0)
"""What a clinic adds in its first quarters; the last holds from then on. Nothing while closed."""
DRIFT = -0.12
"""Change a quarter for each standard deviation of distance to the nearest doctor."""


def places(rng: np.random.Generator) -> pd.DataFrame:
    """The communes: who lives there, how far a doctor is, when the clinic begins."""
    n = sum(WAVES.values()) + NEVER
    minutes = np.clip(np.rint(np.exp(rng.normal(2.8, 0.45, n))), 4, 60)
    far = (np.log(minutes) - 2.8) / 0.45
    # Far communes tend to come first, and chance has a large part in it.
    order = np.argsort(-(0.5 * far + rng.normal(0.0, 1.0, n)), kind="stable")
    starts = np.array([w for w, size in WAVES.items() for _ in range(size)] + [""] * NEVER)
    start = np.empty(n, dtype=starts.dtype)
    start[order] = starts
    return pd.DataFrame(
        {
            "commune": [f"C{k:03d}" for k in range(1, n + 1)],
            "start": start,
            "inhabitants": np.rint(np.exp(rng.normal(6.9, 0.45, n))).clip(150, 6000).astype(int),
            "minutes_to_doctor": minutes.astype(int),
            "share_over_65": np.round(np.clip(rng.normal(24.0, 4.0, n), 10, 40), 1),
            "far": far,
            "level": rng.normal(LEVEL, 7.0, n) - 3.0 * far,
        }
    )


def make() -> pd.DataFrame:
    """One row a commune and quarter."""
    where, what = (
        np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(SEED).spawn(2)
    )
    communes = places(where)
    n, k = len(communes), len(QUARTERS)
    time = np.arange(k)
    begins = communes["start"].map({q: t for t, q in enumerate(QUARTERS)}).fillna(k).to_numpy()
    since = time[None, :] - begins[:, None]
    added = np.where(since >= 0, np.asarray(EFFECT)[np.clip(since, 0, 3).astype(int)], 0.0)
    added[:, [QUARTERS.index(q) for q in CLOSED]] = 0.0
    # What a commune has in common with itself a quarter earlier, besides its level.
    own = what.normal(0.0, 1.6, (n, k))
    for t in range(1, k):
        own[:, t] += 0.5 * own[:, t - 1]
    rate = (
        communes["level"].to_numpy()[:, None]
        + np.asarray(SEASON)[time % 4]
        + np.asarray([SHOCK.get(q, 0.0) for q in QUARTERS])
        + DRIFT * communes["far"].to_numpy()[:, None] * time
        + own
        + added
    )
    hundreds = communes["inhabitants"].to_numpy()[:, None] / 100
    count = what.poisson(np.clip(rate, 1.0, None) * hundreds)
    table = communes.loc[communes.index.repeat(k)].reset_index(drop=True)
    return pd.DataFrame(
        {
            "commune": table["commune"],
            "quarter": np.tile(QUARTERS, n),
            "start": table["start"],
            "inhabitants_100": table["inhabitants"] / 100,
            "minutes_to_doctor": table["minutes_to_doctor"],
            "share_over_65": table["share_over_65"],
            "consultations": count.ravel(),
        }
    )


def read(folder: Path = HERE) -> pd.DataFrame:
    """The table as it stands in its file."""
    return pd.read_csv(folder / FILE, keep_default_na=False)


def differs(folder: Path = HERE) -> bool:
    """Whether the file holds anything but what this script makes."""
    return not read(folder).astype("string").equals(make().astype("string"))


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(f"{FILE} differs." if differs() else None)
    make().to_csv(HERE / FILE, index=False, lineterminator="\n")
