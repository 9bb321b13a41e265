"""Time dowhy's refuters; run by bench_refuters.py in an environment of its own.

python refuters_dowhy.py DATA.npz METHODS.json DRAWS TIMES

Prints, as JSON, the version, and of each method the estimate and of each refuter the effects of its draws
and the least processor time of the runs.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")


def main() -> None:
    """Every method and refuter asked for."""
    from dowhy import CausalModel
    from dowhy.causal_refuters import (
        bootstrap_refuter,
        data_subset_refuter,
        placebo_treatment_refuter,
        random_common_cause,
    )

    logging.disable(logging.CRITICAL)
    file, asked, draws, times = sys.argv[1:5]
    with np.load(file) as held:
        frame = pd.DataFrame({name: held[name] for name in held.files})
    frame["d"] = frame["d"].astype(bool)
    wanted: dict[str, Any] = json.loads(Path(asked).read_text(encoding="utf-8"))
    told: list[float] = []

    def listening(estimate: Any, simulations: Any, *rest: Any, **more: Any) -> Any:
        # What a refutation hands back is no more than the mean of its draws.
        told.extend(float(v) for v in simulations)
        return own(estimate, simulations, *rest, **more)

    own = bootstrap_refuter.test_significance
    for module in (
        bootstrap_refuter,
        data_subset_refuter,
        placebo_treatment_refuter,
        random_common_cause,
    ):
        module.test_significance = listening
    causes = [name for name in frame if name not in ("d", "y")]
    model = CausalModel(frame, treatment="d", outcome="y", common_causes=causes)
    question = model.identify_effect(proceed_when_unidentifiable=True)
    found: dict[str, Any] = {"version": version("dowhy"), "methods": {}}
    for method, settings in wanted["methods"].items():
        estimate = model.estimate_effect(
            question, method_name=method, method_params={"init_params": settings}
        )
        rows: dict[str, Any] = {}
        for refuter, more in wanted["refuters"].items():
            best = float("inf")
            for run in range(int(times)):
                told.clear()
                np.random.seed(7 + run)  # noqa: NPY002 - what dowhy draws from
                start = time.process_time()
                model.refute_estimate(
                    question,
                    estimate,
                    method_name=refuter,
                    num_simulations=int(draws),
                    show_progress_bar=False,
                    **more,
                )
                best = min(best, time.process_time() - start)
            rows[refuter] = {"cpu": best, "draws": list(told)}
        found["methods"][method] = {"estimate": float(estimate.value), "refuters": rows}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
