"""Imputation by dense matrices and loops over units, as the papers write it: slow and obvious."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass
class Slow:
    """What the formulas of Borusyak, Jaravel and Spiess, and of Gardner, give."""

    effect: float
    observed: float
    conservative: float
    leave_out: float
    two_stage: float
    rows: int


def slow_imputation(
    df: pd.DataFrame,
    *,
    level: str = "unit",
    fixed: tuple[str, ...] = (),
    changing: tuple[str, ...] = (),
    cluster: str = "unit",
    weight: str | None = None,
    anticipation: int = 0,
    only: Any = None,
) -> Slow:
    """The average effect over the served rows for which `only` is true.

    Columns: unit, period (whole numbers), start (NaN for never), y.
    """
    df = df.reset_index(drop=True)
    w = np.ones(len(df)) if weight is None else df[weight].to_numpy(float)
    since = (df["period"] - df["start"]).to_numpy(float)
    served = since >= 0
    free = np.isnan(since) | (since < -anticipation)
    columns = [pd.get_dummies(df[level].astype(str)), pd.get_dummies(df["period"].astype(str))]
    columns += [
        pd.get_dummies(df["period"].astype(str)).mul(df[x], axis=0).add_prefix(x) for x in fixed
    ]
    columns += [df[[x]] for x in changing]
    design = pd.concat(columns, axis=1).to_numpy(float)
    y = df["y"].to_numpy(float)
    root = np.sqrt(w[free])
    inside = np.linalg.pinv(design[free] * root[:, None], rcond=1e-11)
    # A row is imputable when its columns are a combination of those of untreated rows.
    spanned = design @ inside @ (design[free] * root[:, None])
    possible = np.abs(spanned - design).max(axis=1) < 1e-6
    chosen = served & possible
    if only is not None:
        chosen &= only(df).to_numpy()
    beta = inside @ (root * y[free])
    without = design @ beta
    share = np.where(chosen, w, 0.0) / w[chosen].sum()
    effect = float(share @ (y - without))
    # Every outcome's weight in the estimate.
    v = share.copy()
    v[free] -= root * (inside.T @ (design.T @ share))
    np.testing.assert_allclose(v @ y, effect, atol=1e-9)

    def squares(residuals: np.ndarray) -> float:
        total = pd.Series(v * residuals).groupby(df[cluster]).sum()
        return float(np.sqrt((total**2).sum()))

    tau = y - without
    mean, others = tau.copy(), tau.copy()
    for rows in df[chosen].groupby(["start", "period"]).groups.values():
        at = np.asarray(rows)
        by = df.loc[at, cluster]
        big = pd.Series(v[at], index=at).groupby(by).sum()
        both = pd.Series(v[at] * tau[at], index=at).groupby(by).sum()
        mean[at] = (big * both).sum() / (big**2).sum()
        for name, members in by.groupby(by).groups.items():
            rest = big.index != name
            if rest.any():
                others[np.asarray(members)] = (big * both)[rest].sum() / (big**2)[rest].sum()
    return Slow(
        effect,
        float(share @ y),
        squares(np.where(free, tau, tau - mean) * (free | chosen)),
        squares(np.where(free, tau, tau - others) * (free | chosen)),
        squares(np.where(free, tau, tau - effect) * (free | chosen)),
        int(chosen.sum()),
    )


def rollout(rng: np.random.Generator, *, lost: float = 0.0, never: int = 8) -> pd.DataFrame:
    """Forty units over six periods with covariates, weights and clusters of two; rows may be lost."""
    starts = [np.nan] * never + [3] * 8 + [4] * 8 + [6] * 8
    rows = []
    for i, start in enumerate(starts):
        level, slope, w = rng.normal(), rng.normal(), rng.uniform(0.5, 2.0)
        for t in range(1, 7):
            z = rng.normal()
            on = t >= start
            y = 3 + level + 0.3 * t + 0.2 * slope * t + 0.5 * z + rng.normal() + on * (1 + slope)
            rows.append((f"u{i:02d}", f"c{i // 2:02d}", t, start, y, slope, z, w))
    names = ["unit", "place", "period", "start", "y", "slope", "z", "w"]
    df = pd.DataFrame(rows, columns=names)
    return df[rng.random(len(df)) >= lost].reset_index(drop=True)
