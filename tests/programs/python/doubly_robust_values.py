"""Cross-fitted doubly robust effects on everyone by econml; writes doubly_robust_values.csv.

Run with econml 0.17:

    python tests/programs/python/doubly_robust_values.py

LinearDRLearner with an unpenalised logit and a straight line in each group, on the folds that are
written down here. It divides weighted residuals by the number of people, not by the sum of weights.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FOLDS = 5
SIZES = {"two_thousand": 2_000, "ten_thousand": 10_000}


def data(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, served, covariates and fold: the same numbers on every machine."""
    k = np.arange(n) + 1.0
    golden = 0.6180339887498949
    u = np.column_stack([(k * golden * (j + 1) ** 0.5 * 17.3) % 1.0 for j in range(4)])
    x = np.column_stack([2.0 * u[:, 0] - 1.0, np.sqrt(u[:, 1]), (u[:, 2] > 0.6) * 1.0])
    chance = 1.0 / (1.0 + np.exp(0.4 - 0.9 * x[:, 0] - 0.5 * x[:, 2]))
    served = ((k * 0.7548776662466927) % 1.0 < chance).astype(np.int64)
    noise = np.sin(k * k * 0.37) + 0.8 * (u[:, 3] - 0.5)
    y = 5.0 + x @ np.array([1.0, -0.5, 0.7]) + served * (1.0 + 0.6 * x[:, 0]) + noise
    return np.round(y, 6), served, np.round(x, 6), (np.arange(n) * 7) % FOLDS


def main() -> None:
    """Ask the programme and write down what it says."""
    from econml.dr import LinearDRLearner
    from sklearn.base import BaseEstimator, RegressorMixin
    from sklearn.linear_model import LinearRegression, LogisticRegression

    class LineEachGroup(RegressorMixin, BaseEstimator):
        """A line in each group; the last column says which group."""

        def fit(self, x, y):
            self.lines_ = [
                LinearRegression().fit(x[x[:, -1] == g, :-1], y[x[:, -1] == g]) for g in (0, 1)
            ]
            return self

        def predict(self, x):
            both = [line.predict(x[:, :-1]) for line in self.lines_]
            return np.where(x[:, -1] == 1, both[1], both[0])

    rows = []
    for name, n in SIZES.items():
        y, served, x, fold = data(n)
        everyone = np.arange(n)
        cv = [(everyone[fold != k], everyone[fold == k]) for k in range(FOLDS)]
        learner = LinearDRLearner(
            model_propensity=LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000),
            model_regression=LineEachGroup(),
            cv=cv,
            random_state=1,
        )
        learner.fit(y, served, X=None, W=x)
        found = learner.ate_inference()
        rows += [
            (name, "effect", float(found.mean_point)),
            (name, "std_error", float(found.stderr_mean)),
        ]
    with (HERE / "doubly_robust_values.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("data", "what", "value"))
        writer.writerows((name, what, f"{value:.10g}") for name, what, value in rows)


if __name__ == "__main__":
    main()
