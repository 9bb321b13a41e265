"""Augmented synthetic control of pysyncon and statspai on cigarette sales of 39 US states.

    python augmented_values.py prop99.csv > augmented_values.csv    # pysyncon 1.7.0, statspai 1.40

The file is `california_prop99.csv` of the package synthdid-py. Both peers solve for the mix with a
general optimiser that stops early; `mix_miss` says how far from the best mix it stopped. Covariates
are drawn, so that what is compared is the algebra.
"""

from __future__ import annotations

import csv
import sys
import warnings

import numpy as np

PENALTIES = (1e2, 1e4, 1e6)


def covariates(states: list[str]) -> np.ndarray:
    """Two covariates a state, in the order of the alphabet, shape (39, 2)."""
    return np.random.RandomState(7).normal(size=(len(states), 2))


def main(path: str) -> None:
    """Print every case."""
    import pandas as pd
    from pysyncon import AugSynth, Dataprep

    warnings.filterwarnings("ignore")
    frame = pd.read_csv(path)
    states = sorted(frame["State"].unique())
    x = covariates(states)
    where = {state: k for k, state in enumerate(states)}
    frame["a"] = [x[where[s], 0] for s in frame["State"]]
    frame["b"] = [x[where[s], 1] for s in frame["State"]]
    donors = [state for state in states if state != "California"]
    prepared = Dataprep(
        foo=frame, predictors=["a", "b"], predictors_op="mean", dependent="PacksPerCapita",
        unit_variable="State", time_variable="Year", treatment_identifier="California",
        controls_identifier=donors, time_predictors_prior=range(1970, 1989),
        time_optimize_ssr=range(1970, 1989),
    )  # fmt: skip
    wide = frame.pivot(index="Year", columns="State", values="PacksPerCapita")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["program", "case", "penalty", "effect", "pre_rmspe", "mix_miss"])
    for case in ("plain", "stacked", "residualised"):
        for penalty in PENALTIES:
            fit = AugSynth()
            fit.fit(
                prepared,
                lambda_=penalty,
                use_covariates=case != "plain",
                residualize=case == "residualised",
            )
            gap = wide["California"] - wide[donors] @ fit.W
            before = gap.loc[:1988]
            mixed = wide["California"] - wide[donors] @ fit.synw
            writer.writerow(
                ["pysyncon", case, penalty, repr(float(gap.loc[1989:].mean())),
                 repr(float(np.sqrt((before**2).mean()))),
                 repr(float((mixed.loc[:1988] ** 2).sum()))]
            )  # fmt: skip
    import statspai

    for penalty in PENALTIES:
        found = statspai.augsynth(
            frame, "PacksPerCapita", "State", "Year", "California", 1989,
            ridge_lambda=penalty, placebo=False,
        )  # fmt: skip
        writer.writerow(["statspai", "plain", penalty, repr(float(found.estimate)), "", ""])


if __name__ == "__main__":
    main(sys.argv[1])
