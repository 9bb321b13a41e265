"""Group-time effects and averages of csdid, the Python port of the R package did, on mpdta.

    python csdid_values.py > csdid_values.csv      # csdid 0.4.3, drdid 1.1.7, moderndid 0.2.0

moderndid carries the data. Analytic errors, nothing is drawn.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import pickle
import sys
import warnings
from importlib.resources import files

import numpy as np

CASES = {
    "covariates": {"formula": "lemp~lpop"},
    "two covariates, not yet": {"formula": "lemp~lpop+lpop2", "control": "notyettreated"},
    "weights": {"formula": "lemp~lpop", "weights": "w"},
    "cross-sections": {"formula": "lemp~lpop", "panel": False},
    "unbalanced": {"formula": "lemp~lpop", "unbalanced": True},
    "anticipation": {"formula": "lemp~lpop", "control": "notyettreated", "anticipation": 1},
}


def values(frame: object, lost: object, method: str, case: dict) -> list:
    """Rows (cohort, period, effect, error), and (average, "", effect, error)."""
    from csdid.att_gt import ATTgt

    data = frame[~lost] if case.get("unbalanced") else frame
    if case.get("panel") is False:
        data = data.assign(county=np.arange(1, len(data) + 1))
    found = ATTgt(
        yname="lemp", gname="first_treat", idname="county", tname="year", data=data.copy(),
        xformla=case["formula"], control_group=[case.get("control", "nevertreated")],
        panel=case.get("panel", True), allow_unbalanced_panel=case.get("unbalanced", False),
        anticipation=case.get("anticipation", 0), weights_name=case.get("weights"),
    )  # fmt: skip
    found.fit(est_method=method, bstrap=False)
    table = found.results
    rows = list(zip(table["group"], table["year"], table["att"], table["se"], strict=True))
    for kind in ("simple", "group", "calendar", "dynamic"):
        own = found.aggte(typec=kind, bstrap=False).atte
        rows.append((kind, "", own["overall_att"], np.squeeze(own["overall_se"])))
    return rows


def main() -> None:
    """Print every case."""
    warnings.filterwarnings("ignore")
    packed = (files("moderndid") / "core/datasets/mpdta_long.pkl.gz").read_bytes()
    frame = pickle.loads(gzip.decompress(packed))
    frame = frame.rename(columns={"countyreal": "county", "first.treat": "first_treat"})
    frame = frame.sort_values(["county", "year"]).reset_index(drop=True)
    frame["lpop2"] = frame.lpop**2
    frame["w"] = 1.0 + frame.county % 5 / 2.0
    # One row in about ten is missing, by a rule that needs no generator of random numbers.
    lost = (frame.county * 7 + frame.year * 13) % 11 == 0
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["case", "method", "cohort", "period", "effect", "std_error"])
    for name, case in CASES.items():
        for method in ("dr", "ipw", "reg"):
            with contextlib.redirect_stdout(io.StringIO()):
                rows = values(frame, lost, method, case)
            for cohort, period, effect, error in rows:
                key = (cohort, "") if isinstance(cohort, str) else (int(cohort), int(period))
                out.writerow([name, method, *key, f"{float(effect):.12g}", f"{float(error):.12g}"])


if __name__ == "__main__":
    main()
