"""Time Callaway and Sant'Anna's estimator in one peer; run by bench_did_cs.py, a process each.

python staggered.py PEER DATA.npz OUT.json BUDGET

Doubly robust, two covariates, never-treated comparison units, 999 multiplier draws, all four
aggregations with bands. Values first, with analytic errors, then the least processor time of the
runs within the budget, and the peak of resident memory above what the data take.
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

DRAWS = 999
KINDS = ("simple", "group", "calendar", "dynamic")


def csdid(frame: pd.DataFrame, draws: int) -> dict:
    """The Python port of the R package did."""
    from csdid.att_gt import ATTgt

    found = ATTgt(
        yname="y", gname="g", idname="unit", tname="t", xformla="y~x1+x2", data=frame,
        control_group=["nevertreated"], biters=draws or 10,
    )  # fmt: skip
    found.fit(est_method="dr", bstrap=bool(draws))
    table = found.results
    told = {"cells": rows(table["group"], table["year"], table["att"], table["se"])}
    for kind in KINDS:
        own = found.aggte(typec=kind, bstrap=bool(draws), cband=bool(draws)).atte
        told[kind] = [float(own["overall_att"]), float(np.squeeze(own["overall_se"]))]
    return told


def moderndid(frame: pd.DataFrame, draws: int) -> dict:
    """Group-time effects of moderndid."""
    from moderndid import aggte, att_gt

    found = att_gt(
        frame, yname="y", tname="t", idname="unit", gname="g", xformla="~ x1 + x2",
        est_method="dr", boot=bool(draws), biters=draws or 10, cband=bool(draws), random_state=1,
    )  # fmt: skip
    told = {"cells": rows(found.groups, found.times, found.att_gt, found.se_gt)}
    for kind in KINDS:
        own = aggte(
            found, type=kind, boot=bool(draws), biters=draws or 10, cband=bool(draws),
            random_state=1,
        )  # fmt: skip
        told[kind] = [float(own.overall_att), float(own.overall_se)]
    return told


def differences(frame: pd.DataFrame, draws: int) -> dict:
    """ATTgt of differences."""
    from differences import ATTgt

    own = frame.assign(g=frame["g"].where(frame["g"] > 0)).set_index(["unit", "t"])
    found = ATTgt(data=own, cohort_column="g")
    fit = found.fit(
        "y ~ x1 + x2", est_method="dr", boot_iterations=draws, random_state=1, progress_bar=False
    )
    table = fit if isinstance(fit, pd.DataFrame) else found.results(to_dataframe=True)
    table.columns = [str(c[-1]) if isinstance(c, tuple) else str(c) for c in table.columns]
    flat = table.reset_index()
    names = {"cohort", "time"}
    assert names <= set(flat.columns), flat.columns
    told = {"cells": rows(flat["cohort"], flat["time"], flat["ATT"], flat["std_error"])}
    kinds = {"simple": "simple", "cohort": "group", "time": "calendar", "event": "dynamic"}
    for kind, name in kinds.items():
        part = found.aggregate(
            kind, overall=kind != "simple", boot_iterations=draws, random_state=1
        )
        values = np.ravel(part.to_numpy())
        told[name] = [float(values[0]), float(values[1])]
        if kind != "simple":
            found.aggregate(kind, boot_iterations=draws, random_state=1)
    return told


def diff_diff(frame: pd.DataFrame, draws: int) -> dict:
    """CallawaySantAnna of diff-diff; it trims propensity scores at the level given, here hardly."""
    from diff_diff import CallawaySantAnna

    own = CallawaySantAnna(
        estimation_method="dr", n_bootstrap=draws, seed=1, cband=bool(draws), pscore_trim=1e-6
    )
    found = own.fit(
        frame, outcome="y", unit="unit", time="t", first_treat="g", covariates=["x1", "x2"]
    )
    cells = found.group_time_effects
    told = {
        "cells": [
            [float(g), float(t), float(v["effect"]), float(v["se"])] for (g, t), v in cells.items()
        ],
        "simple": [float(found.overall_att), float(found.overall_se)],
    }
    for kind in ("event_study", "group", "calendar"):
        try:
            found.aggregate(kind)
        except (ValueError, TypeError, AttributeError):
            continue
    return told


def rows(*columns) -> list:
    """Columns as rows of floats."""
    return np.column_stack([np.asarray(c, dtype=np.float64) for c in columns]).tolist()


PEERS = {
    "csdid": csdid,
    "moderndid": moderndid,
    "differences": differences,
    "diff-diff": diff_diff,
}


def main() -> None:
    """Values, then time and memory."""
    name, source, out, budget = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
    data = np.load(source)
    frame = pd.DataFrame({key: data[key] for key in data.files})
    PEERS[name](frame[frame["unit"] <= 2000], DRAWS)  # imports and compilation
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    best, spent, drawn = float("inf"), 0.0, {}
    while spent < budget:
        start = time.process_time()
        drawn = PEERS[name](frame, DRAWS)
        taken = time.process_time() - start
        best, spent = min(best, taken), spent + taken
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = {
        "drawn": drawn,
        # Analytic errors, which draws only wander about, on data that are small enough.
        "analytic": PEERS[name](frame, 0) if len(frame) <= 300_000 else None,
        "seconds": best,
        "megabytes": (peak - before) / 1024.0,
        "version": version(name),
    }
    Path(out).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
