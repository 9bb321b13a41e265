"""Doubly robust, weighting and regression effects: against moderndid's copy of the R formulas, and
against what re-weighting one row does to the estimate, which needs no formula at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from impacteval.inference.drdid import (
    METHODS,
    CannotFit,
    Method,
    panel_effect,
    repeated_effect,
    weighted_means,
)

N = 240


@pytest.fixture(scope="module")
def rows() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(N, 2)) * [1.0, 40.0] + [0.0, 900.0]
    lean = 0.8 * x[:, 0] - 0.01 * (x[:, 1] - 900.0) ** 2 / 40.0
    treated = rng.random(N) < 1.0 / (1.0 + np.exp(-lean))
    after = rng.random(N) < 0.45
    change = x @ [1.0, 0.01] + treated + rng.normal(size=N)
    level = x @ [0.5, 0.02] + treated + after * change + rng.normal(size=N)
    return {
        "x": x, "treated": treated, "after": after, "change": change, "level": level,
        "weight": rng.random(N) + 0.3,
    }  # fmt: skip


def by_reweighting(estimate: Callable[[np.ndarray], float], weight: np.ndarray) -> np.ndarray:
    """Influence of each row as the derivative of the estimate with respect to its weight."""
    found = np.empty(len(weight))
    for i, w in enumerate(weight):
        step = 1e-5 * w
        up, down = weight.copy(), weight.copy()
        up[i] += step
        down[i] -= step
        found[i] = w * (estimate(up) - estimate(down)) / (2.0 * step)
    return found


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("weighted", [False, True])
def test_panel_effects_are_those_of_drdid(rows: Any, method: Method, weighted: bool) -> None:
    import moderndid

    peer = {"dr": "drdid_panel", "ipw": "std_ipw_did_panel", "reg": "reg_did_panel"}[method]
    weight = rows["weight"] if weighted else None
    theirs = getattr(moderndid, peer)(
        y1=rows["change"],
        y0=np.zeros(N),
        d=rows["treated"].astype(float),
        covariates=np.column_stack([np.ones(N), rows["x"]]),
        i_weights=weight,
        influence_func=True,
    )
    ours = panel_effect(rows["change"], rows["treated"], rows["x"], method=method, weight=weight)
    assert ours.effect[0] == pytest.approx(theirs.att, rel=1e-9)
    # moderndid keeps R's scale: values whose mean square over n is the variance.
    np.testing.assert_allclose(N * ours.influence[:, 0], theirs.att_inf_func, atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_repeated_effects_are_those_of_drdid(rows: Any, method: Method) -> None:
    import moderndid

    peer = {"dr": "drdid_rc", "ipw": "std_ipw_did_rc", "reg": "reg_did_rc"}[method]
    theirs = getattr(moderndid, peer)(
        y=rows["level"],
        post=rows["after"].astype(float),
        d=rows["treated"].astype(float),
        covariates=np.column_stack([np.ones(N), rows["x"]]),
        influence_func=True,
    )
    ours = repeated_effect(rows["level"], rows["treated"], rows["after"], rows["x"], method=method)
    assert ours.effect[0] == pytest.approx(theirs.att, rel=1e-9)
    if method != "dr":
        np.testing.assert_allclose(N * ours.influence[:, 0], theirs.att_inf_func, atol=1e-7)
    # In `drdid_rc` the regression of the earlier comparison rows enters the influence with the
    # sign of the later one, in R as in its copies; re-weighting (below) says which is right.


@pytest.mark.parametrize("method", METHODS)
def test_influence_is_what_reweighting_a_row_does(rows: Any, method: Method) -> None:
    weight, x, treated, after = (rows[k] for k in ("weight", "x", "treated", "after"))

    def panel(w: np.ndarray) -> float:
        found = panel_effect(rows["change"], treated, x, method=method, weight=w)
        return float(found.effect[0])

    def repeated(w: np.ndarray) -> float:
        found = repeated_effect(rows["level"], treated, after, x, method=method, weight=w)
        return float(found.effect[0])

    ours = panel_effect(rows["change"], treated, x, method=method, weight=weight)
    np.testing.assert_allclose(ours.influence[:, 0], by_reweighting(panel, weight), atol=1e-8)
    ours = repeated_effect(rows["level"], treated, after, x, method=method, weight=weight)
    np.testing.assert_allclose(ours.influence[:, 0], by_reweighting(repeated, weight), atol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_outcomes_side_by_side_are_those_one_by_one(rows: Any, method: Method) -> None:
    both = np.column_stack([rows["change"], rows["level"]])
    together = panel_effect(both, rows["treated"], rows["x"], method=method)
    for j in range(2):
        alone = panel_effect(both[:, j], rows["treated"], rows["x"], method=method)
        np.testing.assert_allclose(together.effect[j], alone.effect[0], rtol=1e-12)
        np.testing.assert_allclose(together.influence[:, j], alone.influence[:, 0], atol=1e-13)


def test_without_covariates_all_are_differences_of_means(rows: Any) -> None:
    treated, after, y = rows["treated"], rows["after"], rows["level"]
    cells = [y[treated & after], y[treated & ~after], y[~treated & after], y[~treated & ~after]]
    means = [c.mean() for c in cells]
    variance = sum(c.var() / len(c) for c in cells)
    for method in METHODS:
        found = repeated_effect(y, treated, after, method=method)
        assert found.effect[0] == pytest.approx(means[0] - means[1] - means[2] + means[3])
        assert (found.influence**2).sum() == pytest.approx(variance)
    one = np.ones((N, 0))
    served, others = rows["change"][treated], rows["change"][~treated]
    found = panel_effect(rows["change"], treated, one)
    assert found.effect[0] == pytest.approx(served.mean() - others.mean())
    assert (found.influence**2).sum() == pytest.approx(
        served.var() / len(served) + others.var() / len(others)
    )


def test_scale_of_covariates_does_not_matter(rows: Any) -> None:
    for method in METHODS:
        ours = panel_effect(rows["change"], rows["treated"], rows["x"], method=method)
        other = panel_effect(
            rows["change"], rows["treated"], rows["x"] * [1e9, 1e-9] + [1.0, 1e-3], method=method
        )
        np.testing.assert_allclose(ours.effect, other.effect, rtol=1e-6)


def test_covariates_that_cannot_be_used_are_named(rows: Any) -> None:
    x, treated = rows["x"], rows["treated"]
    twice = np.column_stack([x, x @ [1.0, 2.0]])
    for method in METHODS:
        with pytest.raises(CannotFit) as found:
            panel_effect(rows["change"], treated, twice, method=method)
        assert (found.value.reason, found.value.columns) == ("collinear", (2,))
    only_served = np.column_stack([x[:, 0], treated * x[:, 0]])
    with pytest.raises(CannotFit) as found:  # it does not vary among comparison rows
        panel_effect(rows["change"], treated, only_served, method="reg")
    assert (found.value.reason, found.value.cell) == ("collinear", "comparison")
    for method in ("dr", "ipw"):
        with pytest.raises(CannotFit, match="separated"):
            panel_effect(
                rows["change"], treated, (treated + 0.1 * rows["weight"])[:, None], method=method
            )


def test_weighted_means_by_hand() -> None:
    mean, influence = weighted_means(np.array([1.0, 3.0, 9.0]), np.array([1.0, 3.0, 0.0]))
    assert mean.tolist() == [2.5]
    assert influence[:, 0].tolist() == [-0.375, 0.375, 0.0]
