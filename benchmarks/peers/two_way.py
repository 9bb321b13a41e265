"""Time two-way fixed effects or an event study in one peer; run by bench_did_twfe.py, a process each.

python two_way.py WORK PEER DATA.npz OUT.json BUDGET

Values first, then the least processor time of the runs within the budget (one at least), and the
peak of resident memory above what the data take.
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


def fixest_two_way(frame: pd.DataFrame) -> dict:
    """pyfixest, clustered by unit."""
    import pyfixest

    found = pyfixest.feols("y ~ on | unit + t", frame, vcov={"CRV1": "unit"})
    return {"effect": float(found.coef()["on"]), "std_error": float(found.se()["on"])}


def linearmodels_two_way(frame: pd.DataFrame) -> dict:
    """linearmodels, clustered by unit."""
    from linearmodels import PanelOLS

    data = frame.set_index(["unit", "t"])
    found = PanelOLS(data["y"], data[["on"]], entity_effects=True, time_effects=True).fit(
        cov_type="clustered", cluster_entity=True
    )
    return {"effect": float(found.params["on"]), "std_error": float(found.std_errors["on"])}


def fixest_event(frame: pd.DataFrame) -> dict:
    """pyfixest's saturated event study, averaged by event time."""
    import pyfixest

    found = pyfixest.event_study(
        frame, yname="y", idname="unit", tname="t", gname="g", estimator="saturated",
        cluster="unit", att=False,
    ).aggregate(weighting="shares")  # fmt: skip
    return {
        "times": [float(v) for v in found.index],
        "effects": [float(v) for v in found["Estimate"]],
        "errors": [float(v) for v in found["Std. Error"]],
    }


def diff_diff_event(frame: pd.DataFrame) -> dict:
    """diff-diff's Sun and Abraham."""
    from diff_diff import SunAbraham

    found = SunAbraham(cluster="unit").fit(
        frame, outcome="y", unit="unit", time="t", first_treat="g"
    )
    table = found.event_study_effects
    return {
        "times": [float(k) for k in table],
        "effects": [float(v["effect"]) for v in table.values()],
        "errors": [float(v["se"]) for v in table.values()],
        "effect": float(found.overall_att),
    }


WORK = {
    ("two-way", "pyfixest"): fixest_two_way,
    ("two-way", "linearmodels"): linearmodels_two_way,
    ("event", "pyfixest"): fixest_event,
    ("event", "diff-diff"): diff_diff_event,
}


def main() -> None:
    """Values, time, memory."""
    work, peer, source, out, budget = sys.argv[1:]
    data = np.load(source)
    units, periods = data["y"].shape
    start = data["start"]
    frame = pd.DataFrame({
        "unit": np.repeat(np.arange(units), periods),
        "t": np.tile(np.arange(periods), units),
        "g": np.repeat(np.where(start < periods, start, 0), periods),
        "on": (np.arange(periods) >= start[:, None]).astype(float).ravel(),
        "y": data["y"].ravel(),
    })  # fmt: skip
    way = WORK[work, peer]
    small = frame[frame["unit"] < 200]
    way(small)  # imports and compilation are not timed
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    best, spent, told = float("inf"), 0.0, {}
    while spent == 0.0 or spent < float(budget):
        begun = time.process_time()
        told = way(frame)
        taken = time.process_time() - begun
        best, spent = min(best, taken), spent + taken
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told |= {"seconds": best, "memory": (after - before) / 1024.0, "version": version(peer)}
    Path(out).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
