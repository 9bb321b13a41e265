"""What dowhy 0.14 prints for its refuters; run once, and its output is kept beside it.

    python refuters_dowhy.py > refuters_dowhy.csv

On 800 people that anyone can draw again, by linear regression and by weighting: the estimate, and of each
refuter the mean and the standard deviation of its draws.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import pandas as pd

DRAWS = 1_000


def people() -> pd.DataFrame:
    """Those with a high x1 are served more often and fare better."""
    rng = np.random.default_rng(11)
    x = rng.standard_normal((800, 2))
    d = rng.random(800) < 1.0 / (1.0 + np.exp(-x[:, 0]))
    y = x @ [1.0, 0.5] + d + rng.standard_normal(800)
    return pd.DataFrame({"x1": x[:, 0], "x2": x[:, 1], "d": d, "y": y})


def main() -> None:
    """One line a method and refuter."""
    from dowhy import CausalModel
    from dowhy.causal_refuters import (
        bootstrap_refuter,
        data_subset_refuter,
        placebo_treatment_refuter,
        random_common_cause,
    )

    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    told: list[float] = []
    own = bootstrap_refuter.test_significance

    def listening(estimate: Any, simulations: Any, *rest: Any, **more: Any) -> Any:
        told.extend(float(v) for v in simulations)
        return own(estimate, simulations, *rest, **more)

    for module in (
        bootstrap_refuter,
        data_subset_refuter,
        placebo_treatment_refuter,
        random_common_cause,
    ):
        module.test_significance = listening
    model = CausalModel(people(), treatment="d", outcome="y", common_causes=["x1", "x2"])
    question = model.identify_effect(proceed_when_unidentifiable=True)
    print("method,refuter,draws,estimate,mean,sd")
    for method, settings in (
        ("linear_regression", {}),
        ("propensity_score_weighting", {"weighting_scheme": "ips_normalized_weight"}),
    ):
        estimate = model.estimate_effect(
            question, method_name=f"backdoor.{method}", method_params={"init_params": settings}
        )
        for refuter, more in (
            ("placebo_treatment_refuter", {"placebo_type": "permute"}),
            ("random_common_cause", {}),
            ("data_subset_refuter", {"subset_fraction": 0.8}),
            ("bootstrap_refuter", {"noise": 0.0}),
        ):
            told.clear()
            np.random.seed(7)  # noqa: NPY002 - what dowhy draws from
            model.refute_estimate(
                question, estimate, method_name=refuter, num_simulations=DRAWS,
                show_progress_bar=False, **more,
            )  # fmt: skip
            mean, sd = np.mean(told), np.std(told, ddof=1)
            print(f"{method},{refuter},{len(told)},{estimate.value:.12g},{mean:.12g},{sd:.12g}")


if __name__ == "__main__":
    main()
