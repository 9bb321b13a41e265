"""Make the towns and households of this study: none of them exists.

    python studies/energy-town/make_data.py            write towns.csv and offers.csv
    python studies/energy-town/make_data.py --check    exit 1 when a file holds anything else

24 small towns over 28 quarters. In one of them, called Valbrune, a town hall, a back-to-work
cooperative and a small digital firm act against energy poverty from 2021 on. Energy prices rise
steeply everywhere in 2022, and more so for whoever heats with oil, so that before and after say the
opposite of what the programme does. Every size is chosen freely and stands below; nothing comes
from a real place.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
SEED = 20240630
SERVED = "Valbrune"
OTHERS = 23
QUARTERS = tuple(f"{year}-Q{quarter}" for year in range(2017, 2024) for quarter in (1, 2, 3, 4))
START = QUARTERS.index("2021-Q1")

LEVEL = 11.2
"""Percent of their income that modest households spend on energy at home, on average in 2017."""
SEASON = (1.3, -0.5, -1.4, 0.6)
PRICES = (
    *(0.0, 0.1, 0.1, 0.2), *(0.3, 0.3, 0.4, 0.5), *(0.4, 0.4, 0.3, 0.4), *(0.2, -0.2, -0.1, 0.1),
    *(0.4, 0.6, 1.0, 1.8), *(2.4, 2.7, 3.0, 2.9), *(2.6, 2.3, 2.1, 2.0),
)  # fmt: skip
"""What energy prices add, for a town that heats with oil as much as the average."""
EFFECT = (-0.2, -0.4, -0.8, -1.1, -1.5, -1.6, -1.6, -1.7, -1.9, -1.8, -1.7, -1.9)
"""What the programme changes in Valbrune, quarter by quarter; 2022 and 2023 are what is paid for."""
WARM = 71.0
"""Percent of modest households that were warm enough last winter week asked about."""
WARM_EFFECT = (0.5, 1.0, 1.5, 2.0, 3.0, 3.0, 3.5, 3.5, 4.0, 4.0, 4.0, 4.0)

OFFERED = {
    # answer, reason: households by (tenants under 70, tenants of 70 and over, owners under 70, 70+)
    ("accepted", ""): (176, 74, 121, 87),
    ("refused", "works in the home"): (17, 29, 12, 25),
    ("refused", "landlord against it"): (23, 11, 0, 0),
    ("refused", "no wish to share meter data"): (9, 12, 8, 10),
    ("refused", "no reason given"): (7, 5, 4, 6),
    ("not reached", ""): (21, 6, 9, 4),
}
"""Modest households in Valbrune that were offered the programme."""


def _lasting(rng: np.random.Generator, n: int, k: int, spread: float, memory: float) -> np.ndarray:
    """What a town has in common with itself a quarter earlier, besides its level."""
    own = rng.normal(0.0, spread, (n, k))
    for t in range(1, k):
        own[:, t] += memory * own[:, t - 1]
    return own


def towns() -> pd.DataFrame:
    """One row a town and quarter."""
    rng, money, cold = (
        np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(SEED).spawn(3)
    )
    n, k = OTHERS + 1, len(QUARTERS)
    time = np.arange(k)
    names = [SERVED, *(f"Commune {j:02d}" for j in range(1, n))]
    # Valbrune, the first, is poorer than most and heats with oil more than most, but not the most.
    poor = np.concatenate([[0.9], rng.normal(0.0, 1.0, n - 1)])
    oil = np.concatenate([[1.15], np.clip(rng.normal(1.0, 0.22, n - 1), 0.5, 1.6)])
    work = np.cumsum(rng.normal(0.0, 0.12, k))
    share = (
        LEVEL
        + 0.9 * poor[:, None]
        + np.asarray(SEASON)[time % 4] * oil[:, None]
        + np.asarray(PRICES) * oil[:, None]
        + work * (0.6 + 0.35 * poor[:, None])
        + _lasting(money, n, k, 0.16, 0.4)
    )
    warm = (
        WARM
        - 3.0 * poor[:, None]
        - 1.6 * np.asarray(PRICES) * oil[:, None]
        + _lasting(cold, n, k, 0.8, 0.3)
    )
    share[0, START:] += EFFECT
    warm[0, START:] += WARM_EFFECT
    on = (np.arange(n) == 0)[:, None] & (time >= START)
    return pd.DataFrame(
        {
            "town": np.repeat(names, k),
            "quarter": np.tile(QUARTERS, n),
            "served": on.astype(int).ravel(),
            "share_of_income": np.round(share, 2).ravel(),
            "warm_enough": np.round(warm, 1).ravel(),
        }
    )


def offers() -> pd.DataFrame:
    """What became of the offer, by who was asked."""
    kinds = [(home, old) for home in ("tenant", "owner") for old in ("under 70", "70 and over")]
    rows = [
        (answer, reason, home, old, count)
        for (answer, reason), counts in OFFERED.items()
        for (home, old), count in zip(kinds, counts, strict=True)
        if count
    ]
    return pd.DataFrame(rows, columns=["answer", "reason", "home", "age", "households"])


FILES = {"towns.csv": towns, "offers.csv": offers}


def differs(folder: Path = HERE) -> list[str]:
    """The files that hold anything but what this script makes."""
    return [
        name
        for name, make in FILES.items()
        if (folder / name).read_text(encoding="utf-8")
        != make().to_csv(index=False, lineterminator="\n")
    ]


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        other = differs()
        sys.exit(f"{', '.join(other)} differ." if other else None)
    for name, make in FILES.items():
        make().to_csv(HERE / name, index=False, lineterminator="\n")
