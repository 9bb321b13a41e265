"""All in-space placebos on outcomes alone, by peers: one JSON line with seconds, versions and weights.

python synthetic_control.py columns.npy, a table of periods before the service by units.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd


def timed(run: Callable[[], np.ndarray], times: int) -> tuple[float, np.ndarray]:
    """Least processor time of several runs, and what the last gave."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        found = run()
        best = min(best, time.process_time() - start)
    return best, found


def pysyncon(columns: np.ndarray, search: bool, units: int) -> np.ndarray:
    """Weights of the first units; with its search for predictor weights, or with equal ones."""
    from pysyncon import Synth

    table = pd.DataFrame(columns)
    weights = np.zeros((units, columns.shape[1]))
    for k in range(units):
        rest, own = table.drop(columns=k), table[k]
        fit = Synth()
        # Rows are divided by their standard deviation inside; this takes it back.
        equal = None if search else table.std(axis=1).to_numpy() ** 2
        fit.fit(X0=rest, X1=own, Z0=rest, Z1=own, custom_V=equal)
        weights[k, rest.columns] = fit.W
    return weights


def mlsynth(columns: np.ndarray) -> np.ndarray:
    """Weights by its active set, each unit in turn."""
    from mlsynth.utils.bilevel.active_set import solve_simplex_qp

    units = columns.shape[1]
    weights = np.zeros((units, units))
    for k in range(units):
        rest = np.arange(units) != k
        weights[k, rest] = solve_simplex_qp(columns[:, rest], columns[:, k])
    return weights


def statspai(columns: np.ndarray) -> np.ndarray:
    """The weights of the first unit from a whole estimate, which also makes all placebos."""
    import statspai

    periods, units = columns.shape
    # Two periods more, so that there is something to estimate.
    table = np.vstack([columns, columns[-2:]])
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), periods + 2),
            "time": np.tile(np.arange(periods + 2), units),
            "y": table.T.ravel(),
        }
    )
    found = statspai.synth(
        frame,
        outcome="y",
        unit="unit",
        time="time",
        treated_unit=0,
        treatment_time=periods,
        method="classic",
        placebo=True,
    )
    given = found.model_info["weights"]
    names = given["unit"] if isinstance(given, pd.DataFrame) else given.keys()
    values = given["weight"] if isinstance(given, pd.DataFrame) else given.values()
    weights = np.zeros((1, units))
    for name, value in zip(names, values, strict=True):
        weights[0, int(name)] = value
    return weights


def main() -> int:
    """Run what there is, and say what failed."""
    columns = np.load(sys.argv[1])
    units = columns.shape[1]
    ways: dict[str, tuple[str, float, int, Callable[[], np.ndarray]]] = {
        "statspai, whole estimate with placebos": ("statspai", 1.0, 3, lambda: statspai(columns)),
        "mlsynth, its active set": ("mlsynth", 1.0, 3, lambda: mlsynth(columns)),
        "pysyncon, equal predictor weights": (
            "pysyncon",
            1.0,
            1,
            lambda: pysyncon(columns, False, units),
        ),
        "pysyncon, its own search, one unit scaled": (
            "pysyncon",
            float(units),
            1,
            lambda: pysyncon(columns, True, 1),
        ),
    }
    found: dict[str, object] = {}
    for name, (package, factor, times, run) in ways.items():
        try:
            seconds, weights = timed(run, times)
            found[name] = {
                "version": version(package),
                "seconds": seconds * factor,
                "weights": weights.tolist(),
            }
        except Exception as error:  # a peer that fails is reported, and the others run
            found[name] = {"error": repr(error)[:200]}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
