"""moderndid's sets on an event study read from standard input; a line of JSON comes back.

Run by benchmarks/bench_honest.py in an environment that holds moderndid[didhonest].
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
from moderndid.didhonest.arp_nuisance import _construct_gamma, lp_conditional_test
from moderndid.didhonest.fixed_length_ci import compute_flci
from moderndid.didhonest.sensitivity import create_sensitivity_results_rm

warnings.simplefilter("ignore")


def lower_end(given: dict, pieces: list, low: float, high: float) -> float:
    """Lower end of the conditional set, by bisection on the package's own test."""
    effects, covariance = np.array(given["effects"]), np.array(given["covariance"])
    before, weights = given["before"], np.array(given["weights"])
    inverse = np.linalg.inv(_construct_gamma(weights))
    made = []
    for rows, limit in pieces:
        a = np.array(rows)
        turned = a[:, before:] @ inverse
        made.append(
            (a @ effects - np.array(limit), turned[:, 0], turned[:, 1:], a @ covariance @ a.T)
        )

    def accepted(theta: float) -> bool:
        return any(
            not lp_conditional_test(y - one * theta, rest, sigma, 0.05)["reject"]
            for y, one, rest, sigma in made
        )

    for _ in range(34):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if accepted(middle) else (middle, high)
    return high


def main() -> None:
    """Answer one question of the benchmark."""
    given = json.load(sys.stdin)
    effects, covariance = np.array(given["effects"]), np.array(given["covariance"])
    before, weights = given["before"], np.array(given["weights"])
    after = len(effects) - before
    answer = {"version": version("moderndid")}
    if given["what"] == "values":
        answer["end"] = lower_end(given, given["pieces"], given["low"], given["high"])
        flci = compute_flci(
            effects, covariance, given["bend"], before, after, post_period_weights=weights
        )
        answer["half"] = float(flci.optimal_half_length)
    else:
        start = time.process_time()
        create_sensitivity_results_rm(
            effects, covariance, before, after, m_bar_vec=[1.0], l_vec=weights,
            grid_points=given["grid"],
        )  # fmt: skip
        answer["seconds"] = time.process_time() - start
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
