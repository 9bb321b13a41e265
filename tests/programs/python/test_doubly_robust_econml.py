"""Cross-fitted doubly robust effects against econml 0.17, asked by doubly_robust_values.py."""

from __future__ import annotations

import csv
from pathlib import Path

import doubly_robust_values as data
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from impacteval.estimators.matched.doubly_robust import DoublyRobust
from impacteval.estimators.matched.dr_folds import kinds, places
from impacteval.estimators.matched.dr_model import Decided, scores_without
from impacteval.estimators.matched.people import read_comparison
from impacteval.estimators.matched.score import fit_score
from impacteval.inference import on_scale
from impacteval.sample import Sample
from impacteval.values import Scale

with (Path(__file__).parent / "doubly_robust_values.csv").open() as file:
    SAID = {(row["data"], row["what"]): float(row["value"]) for row in csv.DictReader(file)}


def slow(y, served, x, fold, *, normalised):
    """The effect on everyone, fold by fold, with a general optimiser and least squares."""
    n, columns = len(y), np.column_stack([np.ones(len(y)), x])
    score, line = np.empty(n), np.empty((2, n))
    for k in range(data.FOLDS):
        out, kept = fold == k, fold != k

        def loss(b, kept=kept):
            eta = columns[kept] @ b
            return np.logaddexp(0, eta).sum() - eta @ served[kept]

        def slope(b, kept=kept):
            chance = 1 / (1 + np.exp(-columns[kept] @ b))
            return columns[kept].T @ (chance - served[kept])

        b = minimize(loss, np.zeros(4), jac=slope, method="BFGS", options={"gtol": 1e-7}).x
        score[out] = 1 / (1 + np.exp(-columns[out] @ b))
        for g in (0, 1):
            rows = kept & (served == g)
            line[g, out] = columns[out] @ np.linalg.lstsq(columns[rows], y[rows], rcond=None)[0]
    found = []
    for g, chance in ((0, 1 - score), (1, score)):
        w = (served == g) / chance
        found.append(line[g].mean() + w @ (y - line[g]) / (w.sum() if normalised else n))
    return found[1] - found[0]


@pytest.mark.parametrize("name", data.SIZES)
def test_effect_and_error_are_those_of_another_programme(name):
    y, served, x, fold = data.data(data.SIZES[name])
    frame = pd.DataFrame({"y": y, "served": served, "a": x[:, 0], "b": x[:, 1], "c": x[:, 2]})
    sample = Sample.from_frame(
        frame, design="matched", outcome="y", treatment="served", covariates=["a", "b", "c"]
    )
    comparison = read_comparison(sample, Scale.DIFFERENCE)
    people = comparison.people
    where, score = places(people, comparison), fit_score(people)
    dealt = fold[where.order]
    without = scores_without(people, score, where, dealt, data.FOLDS)
    found = DoublyRobust(estimand="ate", outcome="linear").fitted(
        comparison, np.random.default_rng(1), Decided(score, kinds(people), (dealt,), (without,))
    )
    effect = on_scale(found.arms, Scale.DIFFERENCE)
    # Ours divides by the sum of weights, theirs by the number of people; both ways by hand:
    assert slow(y, served, x, fold, normalised=False) == pytest.approx(
        SAID[name, "effect"], abs=2e-6
    )
    assert float(effect.value) == pytest.approx(slow(y, served, x, fold, normalised=True), abs=2e-6)
    error = SAID[name, "std_error"]
    assert abs(float(effect.value) - SAID[name, "effect"]) < 0.1 * error
    assert float(effect.std_error) == pytest.approx(error, rel=0.02)
