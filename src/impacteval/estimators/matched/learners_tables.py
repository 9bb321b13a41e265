"""For whom the effect is larger: groups named in the plan, and either half by each covariate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.matched.learners_scores import Scores, means_of
from impacteval.estimators.matched.people import Comparison, People
from impacteval.inference import collinear_columns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def group_table(
    people: People, scores: Scores, codes: Ints, labels: Sequence[Any]
) -> dict[str, Any]:
    """One row a group of people: both means, the effect and its standard error.

    Parameters
    ----------
    people : People
    scores : Scores
    codes : array of int, shape (n,)
    labels : sequence

    Returns
    -------
    mapping
        ``group, served, comparison, observed, counterfactual, effect, std_error``; a figure that a
        group is too small for is NaN.
    """
    names = ("group", "served", "comparison", "observed", "counterfactual", "effect", "std_error")
    rows: dict[str, list[Any]] = {name: [] for name in names}
    for code, label in enumerate(labels):
        inside = codes == code
        means, influence = means_of(people, scores, inside)
        counted = [
            round(float(people.copies[inside & arm].sum()))
            for arm in (people.served, ~people.served)
        ]
        error = _error(influence[1] - influence[0]) if min(counted) > 1 else float("nan")
        values = (label, *counted, means[1], means[0], means[1] - means[0], error)
        for name, value in zip(names, values, strict=True):
            rows[name].append(value if name in names[:3] else float(value))
    return rows


def halves_table(people: People, scores: Scores) -> dict[str, Any]:
    """One row a covariate: the effect among those below its middle and those above.

    Returns
    -------
    mapping
        ``covariate, middle, effect_below, std_error_below, effect_above, std_error_above,
        difference, difference_std_error``. Below is at the middle or less, where anyone is above it;
        else less than the middle. Errors of the difference are joint.
    """
    names = (
        "covariate", "middle", "effect_below", "std_error_below", "effect_above",
        "std_error_above", "difference", "difference_std_error",
    )  # fmt: skip
    rows: dict[str, list[Any]] = {name: [] for name in names}
    for k, covariate in enumerate(people.covariates):
        middle, below = _halves(people.x[:, k], people.own * people.copies * np.abs(scores.target))
        found = [means_of(people, scores, inside) for inside in (below, ~below)]
        effects = [float(means[1] - means[0]) for means, _ in found]
        pulls = [influence[1] - influence[0] for _, influence in found]
        values = (
            covariate, middle, effects[0], _error(pulls[0]), effects[1], _error(pulls[1]),
            effects[1] - effects[0], _error(pulls[1] - pulls[0]),
        )  # fmt: skip
        for name, value in zip(names, values, strict=True):
            rows[name].append(value)
    return rows


def splits_table(people: People, each: Sequence[Scores]) -> dict[str, Any]:
    """One row a partition: the effect it gives alone, and its standard error."""
    rows: dict[str, list[Any]] = {"partition": [], "effect": [], "std_error": []}
    for number, scores in enumerate(each, 1):
        means, influence = means_of(people, scores)
        rows["partition"].append(number)
        rows["effect"].append(float(means[1] - means[0]))
        rows["std_error"].append(_error(influence[1] - influence[0]))
    return rows


def tables_of(
    comparison: Comparison,
    scores: Scores,
    each: Sequence[Scores],
    groups: tuple[Ints, Sequence[Any]] | None,
) -> Mapping[str, Mapping[str, Any]]:
    """All tables of a learner; those by group where the plan names groups."""
    people = comparison.people
    tables = {"halves": halves_table(people, scores), "partitions": splits_table(people, each)}
    if groups is not None:
        tables["by_group"] = group_table(people, scores, *groups)
    return tables


def groups_are_covariates(people: People, codes: Ints) -> bool:
    """Whether the covariates (or strata) tell the groups apart.

    They do where levels of the groups are sums of covariates, as a column of a 0/1 trait is, or where
    each group is a range, or a set of values, of one of them, as an age band is.
    """
    columns = [*people.x.T]
    if people.stratum is not None:
        columns += [*np.eye(len(people.stratum.labels))[people.stratum.codes].T[1:]]
        columns.append(people.stratum.codes.astype(np.float64))
    if any(_told_by(column, codes) for column in columns):
        return True
    levels = np.eye(int(codes.max()) + 1)[codes][:, 1:]
    idle = collinear_columns(np.column_stack([*columns, levels]))
    return set(range(len(columns), len(columns) + levels.shape[1])) <= set(idle)


def _told_by(x: Floats, codes: Ints) -> bool:
    """Whether people of one value are of one group, and groups are ranges or values are few."""
    order = np.lexsort((codes, x))
    values, groups = x[order], codes[order]
    alike, moved = values[1:] == values[:-1], groups[1:] != groups[:-1]
    if (alike & moved).any():
        return False
    ranges = int(moved.sum()) + 1 == len(np.unique(codes))
    return ranges or int((~alike).sum()) + 1 <= len(x) // 2


def _halves(x: Floats, mass: Floats) -> tuple[float, Bools]:
    """The middle of a covariate among those the effect is about, and who is below it."""
    order = np.argsort(x, kind="stable")
    share = np.cumsum(mass[order])
    middle = float(x[order][int(np.searchsorted(share, 0.5 * share[-1]))])
    below = x <= middle
    return middle, below if not below.all() else x < middle


def _error(influence: Floats) -> float:
    return float(np.sqrt((influence**2).sum()))
