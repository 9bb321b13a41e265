"""Time imputation in other packages; run by bench_did_imputation.py in an environment of its own.

python imputation_peers.py DATA.npz OUT.json SECONDS PROGRAM

One program a process, so that the peak memory is its own.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")


def main() -> None:
    """Values, least processor time and peak memory."""
    source, out, budget, program = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
    frame = pd.DataFrame(dict(np.load(source)))
    if program.startswith("diff-diff"):
        from diff_diff import ImputationDiD

        settings = {"aggregate": "all"} if program.endswith("all tables") else {}

        def once() -> tuple[float, float]:
            found = ImputationDiD().fit(
                frame, outcome="y", unit="unit", time="period", first_treat="start", **settings
            )
            return float(found.overall_att), float(found.overall_se)
    else:
        import pyfixest as pf

        frame["on"] = ((frame["start"] > 0) & (frame["period"] >= frame["start"])).astype(int)

        def once() -> tuple[float, float]:
            found = pf.did2s(
                frame,
                yname="y",
                first_stage="~ 0 | unit + period",
                second_stage="~ i(on, ref = 0)",
                treatment="on",
                cluster="unit",
            )
            return float(found.coef().iloc[0]), float(found.se().iloc[0])

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    best, spent = float("inf"), 0.0
    while spent < budget:
        start = time.process_time()
        value, error = once()
        taken = time.process_time() - start
        best, spent = min(best, taken), spent + taken
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = {
        "value": value,
        "error": error,
        "seconds": best,
        "megabytes": (after - before) / 1024.0,
        "version": version(program.split(",")[0]),
    }
    Path(out).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
