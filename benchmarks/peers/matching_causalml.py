"""Greedy pairs of causalml: ``python matching_causalml.py data.npz out.npz`` in its environment.

Takes people in the order they stand; whoever calls has sorted them by descending score.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd


def main() -> None:
    """Match once, which takes it long enough, and say who was matched."""
    warnings.filterwarnings("ignore")
    from causalml.match import NearestNeighborMatch

    source, out = sys.argv[1:3]
    found = np.load(source)
    data = pd.DataFrame({"score": found["score"], "served": found["served"]})
    # Its caliper is in standard deviations of everyone together.
    caliper = float(found["width"]) / float(np.std(found["score"]))
    matcher = NearestNeighborMatch(caliper=caliper, replace=False, ratio=1, shuffle=False)
    start = time.process_time()
    matched = matcher.match(data, treatment_col="served", score_cols=["score"])
    taken = time.process_time() - start
    half = len(matched) // 2
    told = {"seconds": taken, "version": version("causalml")}
    np.savez(
        out,
        served=matched.index[:half].to_numpy(),
        comparison=matched.index[half:].to_numpy(),
        told=json.dumps(told),
    )


if __name__ == "__main__":
    main()
