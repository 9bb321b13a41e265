"""Make the pupils and girls of this study: nobody in them exists.

    python studies/educate-girls/make_data.py            write pupils.parquet and girls.csv
    python studies/educate-girls/make_data.py --check    exit 1 when the files hold anything else

Shape, as publicly described: 282 villages drawn by lot, 140 of them served, 332 schools; three
subjects with 6, 5 and 5 levels; four rounds of tests, pupils missing at each. Size, as published:
8,940 levels gained above the villages that were not drawn, 1.08 a pupil, 28 percent, 0.31 standard
deviations; 768 girls enrolled, 92 percent of a list. Everything else is chosen freely and stands
below: who is tested when, how villages differ, who is lost, what the audit of the list finds.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from impacteval.study.auditing import CaseList, draw

HERE = Path(__file__).resolve().parent
SEED = 369
VILLAGES, SERVED = 282, 140
TWO_SCHOOLS = {True: 26, False: 24}  # 166 schools on either side
BLOCKS = ("north", "centre", "south")
LEVELS = (6, 5, 5)
ROUNDS = 4
PUBLISHED = 8940
"""Levels above the comparison, in total."""

SPEED = 1.29
PUPILS = 69.1
"""Pupils in a village, on average."""
ABSENT = 0.05
"""Share of pupils away on the day of a later test."""
LEFT = (0.0, 0.03, 0.07, 0.11)
"""Share of pupils who have left school for good by each round."""
GROWTH = (0.0, 0.40, 0.87, 1.37)
"""Levels gained a subject by each round in villages that were not drawn, before floor and ceiling."""
RAMP = (0.0, 0.15, 0.45, 1.0)
"""Part of the programme's effect that is there at each round."""

LISTED, CLAIMED = 837, 768
AUDIT_SEED, CHECKED, WRONG = 20180213, 150, 6


def villages(rng: np.random.Generator) -> pd.DataFrame:
    """The villages: block, size and the lot."""
    served = np.zeros(VILLAGES, dtype=np.int8)
    served[rng.permutation(VILLAGES)[:SERVED]] = 1
    schools = np.ones(VILLAGES, dtype=np.int64)
    for arm, number in TWO_SCHOOLS.items():
        schools[rng.permutation(np.flatnonzero(served == arm))[:number]] = 2
    size = np.rint(PUPILS * np.exp(rng.normal(-0.08, 0.4, VILLAGES))).astype(np.int64)
    return pd.DataFrame(
        {
            "village": [f"V{k:03d}" for k in range(1, VILLAGES + 1)],
            "block": [BLOCKS[k] for k in rng.integers(len(BLOCKS), size=VILLAGES)],
            "served": served,
            "schools": schools,
            "size": size.clip(20, 200),
            "level": rng.normal(0.0, 0.3, VILLAGES),
            "growth": rng.normal(0.0, 0.3, VILLAGES),
        }
    )


def pupils(places: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One row a pupil with the scores of every round, blank where the pupil was not tested."""
    home = np.repeat(np.arange(len(places)), places["size"])
    n, at = len(home), places.iloc[home].reset_index(drop=True)
    number = places["schools"].cumsum().to_numpy()[home] - rng.integers(at["schools"])
    table = pd.DataFrame(
        {
            "pupil": [f"P{k:05d}" for k in range(1, n + 1)],
            "village": at["village"],
            "school": [f"S{k:03d}" for k in number],
            "block": at["block"],
            "served": at["served"],
            "girl": rng.integers(2, size=n).astype(np.int8),
            "grade": rng.integers(3, 6, size=n).astype(np.int8),
        }
    )
    grade = table["grade"].to_numpy()
    ability = rng.normal(0.0, 0.6, n) + at["level"].to_numpy() + 0.3 * (grade - 4)
    speed = rng.normal(0.0, SPEED, n) + at["growth"].to_numpy()
    subject = rng.normal(0.0, 0.5, (n, len(LEVELS)))
    luck = rng.normal(0.0, 0.35, (n, len(LEVELS), ROUNDS))
    # Weaker pupils are a little more often lost, in served villages and in the others alike.
    leaves = rng.random(n) * np.exp(0.15 * ability)
    away = rng.random((n, ROUNDS)) < ABSENT
    tested = (leaves[:, None] >= np.asarray(LEFT)) & ~away
    tested[:, 0] = True

    def scores(effect: float) -> np.ndarray:
        """Levels of every pupil, subject and round, had all been tested."""
        share = np.asarray(GROWTH) / GROWTH[-1]
        grown = np.asarray(GROWTH) + share * speed[:, None]
        given = (
            effect * np.outer(table["served"], RAMP) * np.where(table["girl"], 1.1, 0.9)[:, None]
        )
        latent = 1.55 + (ability[:, None] + subject)[:, :, None] + luck
        latent = latent + (grown + given)[:, None, :]
        return np.clip(np.floor(latent), 0, np.asarray(LEVELS)[:, None] - 1).astype(np.int8)

    here = tested[:, -1]
    arm = table["served"].to_numpy()[here] == 1
    traits = table[["girl", "grade"]].to_numpy(dtype=np.float64)[here]

    def total(effect: float) -> float:
        """What the planned analysis finds: least squares with start, sex and grade."""
        levels = scores(effect).sum(axis=1, dtype=np.int64)[here]
        x = np.column_stack([np.ones(len(arm)), arm, levels[:, 0], traits])
        slopes = np.linalg.lstsq(x, levels[:, -1] - levels[:, 0], rcond=None)[0]
        return float(arm.sum() * slopes[1])

    found = scores(_where(total, PUBLISHED))
    for r in range(ROUNDS):
        for s in range(len(LEVELS)):
            column = pd.array(found[:, s, r], dtype="Int8")
            column[~tested[:, r]] = pd.NA
            table[f"subject{s + 1}_round{r + 1}"] = column
    whole = found.sum(axis=1, dtype=np.int8)
    table["start"] = whole[:, 0]
    table["gain"] = pd.array(whole[:, -1] - whole[:, 0], dtype="Int8")
    table.loc[~tested[:, -1], "gain"] = pd.NA
    return table


def _where(total, wanted: float) -> float:
    """The effect at which the total is what was published, by bisection."""
    low, high = 0.0, 2.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if total(middle) < wanted else (low, middle)
    return high


def girls(places: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One row a girl on the list: enrolled or not as claimed, and what the audit found."""
    homes = rng.choice(np.flatnonzero(places["served"] == 1), size=LISTED)
    claimed = np.zeros(LISTED, dtype=np.int8)
    claimed[rng.permutation(LISTED)[:CLAIMED]] = 1
    labels = [f"G{k:03d}" for k in range(1, LISTED + 1)]
    cases = np.flatnonzero(claimed)
    listed = CaseList(tuple(labels[k] for k in cases), (), "girl", "", LISTED - CLAIMED)
    drawn = cases[np.asarray(draw(listed, n=CHECKED, seed=AUDIT_SEED).rows)]
    found = pd.array([pd.NA] * LISTED, dtype="Int8")
    found[drawn] = 1
    found[rng.permutation(drawn)[:WRONG]] = 0
    return pd.DataFrame(
        {
            "girl": labels,
            "village": places["village"].to_numpy()[homes],
            "block": places["block"].to_numpy()[homes],
            "enrolled": claimed,
            "found": found,
        }
    )


def make() -> dict[str, pd.DataFrame]:
    """Both tables, by the name of their file."""
    streams = np.random.SeedSequence(SEED).spawn(3)
    lot, learning, enrolling = (np.random.Generator(np.random.PCG64(s)) for s in streams)
    places = villages(lot)
    return {"pupils.parquet": pupils(places, learning), "girls.csv": girls(places, enrolling)}


def read(name: str, folder: Path = HERE) -> pd.DataFrame:
    """A table as it stands in its file."""
    path = folder / name
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


def write(folder: Path = HERE) -> None:
    """Write both files."""
    for name, table in make().items():
        if name.endswith(".parquet"):
            table.to_parquet(folder / name, compression="zstd", index=False)
        else:
            table.to_csv(folder / name, index=False, lineterminator="\n")


def differing(folder: Path = HERE) -> list[str]:
    """The files whose content is not what this script makes."""
    return [
        name
        for name, table in make().items()
        if not read(name, folder).convert_dtypes().astype("string").equals(table.astype("string"))
    ]


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit("\n".join(f"{name} differs." for name in differing()) or None)
    write()
