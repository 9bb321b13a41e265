"""Tables of a doubly robust comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.matched.balance import profile_table
from impacteval.estimators.matched.dr_folds import Places
from impacteval.estimators.matched.dr_model import Fit, OutcomeModel, Split
from impacteval.estimators.matched.people import Comparison, People
from impacteval.estimators.matched.score import Columns, Score, in_units

Floats = NDArray[np.float64]

_BINS = 10


def all_of(comparison: Comparison, fit: Fit) -> dict[str, Mapping[str, Any]]:
    """The tables of an estimate besides those that every comparison has."""
    people, where, kept = comparison.people, fit.where, fit.kept
    found: dict[str, Mapping[str, Any]] = {
        "score_overlap": overlap(people, where.back(fit.chosen.chance), kept),
        "coefficients": coefficients(fit.score, fit.models),
        "folds": folds(comparison, fit.chosen, where),
        "splits": splits(fit.splits, fit.used),
    }
    if fit.models[0].family == "gaussian":
        found["implied_weights"] = implied(people, where.back(fit.chosen.loads))
    out = people.served & ~kept
    if out.any():
        found["unmatched_profile"] = profile_table(people, people.served & kept, out)
    return found


def fitted_rows(repeat: int, columns: Columns, coefficients: Floats) -> dict[str, list[Any]]:
    """One row a fold and term; `coefficients` of shape (folds, p), on scaled columns."""
    folds, p = coefficients.shape
    return {
        "repeat": [repeat] * (folds * p),
        "fold": [k for k in range(1, folds + 1) for _ in range(p)],
        "term": list(columns.names) * folds,
        "coefficient": coefficients.ravel().tolist(),
    }


def stacked(parts: Iterable[Mapping[str, list[Any]]]) -> dict[str, list[Any]]:
    """Tables of the same columns below each other."""
    found: dict[str, list[Any]] = {}
    for part in parts:
        for name, values in part.items():
            found.setdefault(name, []).extend(values)
    return found


def fitted_of(table: Mapping[str, Sequence[Any]]) -> dict[int, Floats]:
    """The coefficients of each repeat, shape (folds, p), from the rows of `fitted_rows`."""
    repeat, fold = np.array(table["repeat"]), np.array(table["fold"])
    values = np.array(table["coefficient"], dtype=np.float64)
    return {
        int(k): values[repeat == k].reshape(int(fold[repeat == k].max()), -1)
        for k in np.unique(repeat)
    }


def overlap(people: People, chance: Floats, kept: NDArray[np.bool_]) -> dict[str, list[Any]]:
    """How many of each group have a chance in each tenth: ``low, high, served, comparison``."""
    place = np.minimum((chance * _BINS).astype(np.int64), _BINS - 1)

    def counted(group: NDArray[np.bool_]) -> list[int]:
        held = np.bincount(place[group], weights=people.copies[group], minlength=_BINS)
        return [round(float(v)) for v in held]

    edges = np.arange(_BINS + 1) / _BINS
    return {
        "low": edges[:-1].tolist(),
        "high": edges[1:].tolist(),
        "served": counted(kept & people.served),
        "comparison": counted(kept & ~people.served),
    }


def coefficients(score: Score, models: Mapping[int, OutcomeModel]) -> dict[str, list[Any]]:
    """All models on everyone, in units of the covariates: ``model, family, term, coefficient``."""
    named = [("score", "binomial", score.coefficients)]
    for group, label in ((1, "outcome_served"), (0, "outcome_comparison")):
        if group in models:
            named.append((label, models[group].family, models[group].coefficients))
    terms = list(score.columns.names)
    return {
        "model": [label for label, _, _ in named for _ in terms],
        "family": [family for _, family, _ in named for _ in terms],
        "term": terms * len(named),
        "coefficient": [v for _, _, own in named for v in in_units(own, score.columns)],
    }


def folds(comparison: Comparison, chosen: Split, where: Places) -> dict[str, list[Any]]:
    """How many of each group are in each fold of the split that was used."""
    people, order = comparison.people, where.order
    copies = np.where(comparison.measured, people.copies, 0.0)[order]
    served = people.served[order]
    count = int(chosen.fold.max()) + 1

    def counted(group: NDArray[np.bool_]) -> list[int]:
        held = np.bincount(chosen.fold[group], weights=copies[group], minlength=count)
        return [round(float(v)) for v in held]

    return {
        "fold": list(range(1, count + 1)),
        "served": counted(served),
        "comparison": counted(~served),
    }


def splits(found: Sequence[Split], used: int) -> dict[str, list[Any]]:
    """The effect, as a difference, by each way of sharing people out."""
    return {
        "repeat": list(range(1, len(found) + 1)),
        "effect": [s.difference for s in found],
        "std_error": [float(np.sqrt(s.variance)) for s in found],
        "used": [k == used for k in range(len(found))],
    }


def implied(people: People, loads: Floats) -> dict[str, list[Any]]:
    """What each outcome is multiplied by in the mean of its group; in each group it sums to one."""
    inside = np.flatnonzero(loads != 0.0)
    return {
        "unit": people.unit[inside].tolist(),
        "served": people.served[inside].tolist(),
        "weight": loads[inside].tolist(),
    }
