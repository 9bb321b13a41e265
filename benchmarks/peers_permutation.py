"""The peer of bench_permutation.py, run by an interpreter of their own environment.

    python peers_permutation.py WORK.npz REPS        # prints one JSON line

The columns of WORK.npz are those that bench_permutation.py drew. pyfixest is not timed: its test knows
no strata and gives no interval of the effect, and without numba it takes 0.03 seconds a draw.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import pandas as pd


def told(way: str, package: str, run: Callable[[], dict[str, float]]) -> None:
    """Run once to compile, once to time, and print."""
    run()
    wall, cpu = time.perf_counter(), time.process_time()
    found = run()
    found |= {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps({"way": way, "version": f"{package} {version(package)}", **found}), flush=True)


def main() -> int:
    """The peer on the columns of the file."""
    with np.load(sys.argv[1]) as file:
        frame = pd.DataFrame({name: file[name] for name in file.files})
    reps = int(sys.argv[2])
    clustered = "g" in frame
    controls = "x0 + x1 + x2"

    def ritest_python() -> dict[str, float]:
        from ritest import ritest

        effects = "" if clustered else " + C(s)"
        found = ritest(
            df=frame,
            permute_var="d",
            formula=f"y ~ d + {controls}{effects}",
            stat="d",
            reps=reps,
            seed=1,
            n_jobs=1,
            ci_mode="bounds",
            **({"cluster": "g"} if clustered else {"strata": "s"}),
        )
        low, high = found.coef_ci_bounds
        return {"effect": found.obs_stat, "p": found.pval, "low": low, "high": high}

    try:
        told("ritest-python, with interval", "ritest-python", ritest_python)
    except Exception as error:  # a peer that cannot do the work is a row that says so
        print(json.dumps({"error": f"{type(error).__name__}: {error}"[:200]}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
