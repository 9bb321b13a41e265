"""Placebos and p-values of few served places by two other programmes; writes few_places.csv.

Run with statspai 1.40.2 and wildboottest 0.3.2 (both of PyPI), which are no dependencies here:

    python tests/programs/python/few_places.py

The data are made, not measured: twelve places over six years, the first served from the fourth
year on; for the wild bootstrap the first three.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
NULLS = (-1.0, 0.0, 0.5, 1.2, 2.0, 4.0)


def outcomes() -> np.ndarray:
    """Shape (12, 6): the same numbers on every machine, without a random generator."""
    g, t = np.arange(12)[:, None], np.arange(6)[None]
    wobble = np.round(np.sin(3.0 * g + 7.0 * t) + np.sin(g * g * (t + 1.3)), 6)
    return 3.0 + 0.4 * g + 0.3 * t + wobble


def served(places: int) -> np.ndarray:
    """One where served, shape (12, 6)."""
    found = np.zeros((12, 6))
    found[:places, 3:] = 1.0
    return found


def main() -> None:
    """Ask both programmes and write down what they say."""
    import pandas as pd
    import statsmodels.api as sm
    import statspai
    from wildboottest.wildboottest import wildboottest

    y, g, t = outcomes(), np.repeat(np.arange(12), 6), np.tile(np.arange(6), 12)
    rows = []
    frame = pd.DataFrame({"g": g, "t": t, "y": y.ravel(), "d": served(1).ravel()})
    for null in NULLS:
        found = statspai.did_few_treated(
            frame, y="y", id="g", time="t", treat="d", method="conley_taber", null_value=null
        )
        rows.append(("estimate-one", null, 0, found.estimate))
        rows += [
            ("placebo", null, int(group), w)
            for group, w in zip(found.detail["groups"], found.detail["w"], strict=True)
        ]
    d = served(3).ravel()
    dummies = pd.get_dummies(pd.DataFrame({"g": g, "t": t}).astype(str), drop_first=True)
    x = sm.add_constant(dummies.astype(float).assign(d=d))
    for null in NULLS:
        model = sm.OLS(pd.Series(y.ravel() - null * d), x)
        found = wildboottest(
            model, param="d", cluster=pd.Series(g), B=99_999, bootstrap_type="11", show=False
        )
        rows.append(("estimate-three", null, 0, float(model.fit().params["d"]) + null))
        rows.append(("wild", null, 0, float(found["p-value"].iloc[0])))
    with (HERE / "few_places.csv").open("w") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("what", "null", "place", "value"))
        out.writerows((what, null, place, repr(float(v))) for what, null, place, v in rows)


if __name__ == "__main__":
    main()
