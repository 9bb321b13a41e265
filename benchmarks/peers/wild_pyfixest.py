"""Time pyfixest's wild cluster bootstrap; run by bench_cluster.py in an environment of its own.

python wild_pyfixest.py DATA.npz OUT.npz SECONDS
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
import pyfixest as pf
from wildboottest.wildboottest import WildboottestCL

warnings.filterwarnings("ignore")


def main() -> None:
    """Values first, with the draws they came from; then the least processor time of several runs."""
    source, out, budget = sys.argv[1], sys.argv[2], float(sys.argv[3])
    data = np.load(source)
    columns, y, cluster, draws = data["columns"], data["y"], data["cluster"], int(data["draws"])
    names = [f"x{k}" for k in range(1, columns.shape[1])]
    frame = pd.DataFrame(columns[:, 1:], columns=names).assign(y=y, g=cluster)
    fit = pf.feols(f"y ~ {' + '.join(names)}", frame, vcov={"CRV1": "g"})
    wild = WildboottestCL(
        X=columns, Y=y, cluster=cluster, R=np.eye(columns.shape[1])[1], B=draws, seed=1
    )
    wild.get_scores(bootstrap_type="11", impose_null=True, adj=False, cluster_adj=False)
    wild.get_weights(weights_type="rademacher")
    for step in ("get_numer", "get_denom", "get_tboot", "get_vcov", "get_tstat", "get_pvalue"):
        getattr(wild, step)()

    def best(reps: int) -> float:
        found, spent = float("inf"), 0.0
        while spent < budget:
            start = time.process_time()
            fit.wildboottest(param="x1", reps=reps, seed=1)
            taken = time.process_time() - start
            found, spent = min(found, taken), spent + taken
        return found

    told = {
        "statistic": float(wild.t_stat),
        "p_value": float(wild.pvalue),
        "own_p_value": float(fit.wildboottest(param="x1", reps=draws, seed=1)["Pr(>|t|)"]),
        "seconds": best(draws),
        "seconds_20": best(20 * draws),
        "versions": {p: version(p) for p in ("pyfixest", "wildboottest", "numba")},
    }
    np.savez(out, signs=np.asarray(wild.v, dtype=np.int8), told=json.dumps(told))


if __name__ == "__main__":
    main()
