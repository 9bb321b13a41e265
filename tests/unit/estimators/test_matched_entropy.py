"""Balancing weights against a general solver of the same problem, and where they do not exist."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from impacteval.errors import NotIdentified
from impacteval.estimators.matched.entropy import balanced, unmet
from impacteval.estimators.matched.entropy_balancing import EntropyBalancing
from impacteval.sample import Sample
from impacteval.values import Scale


def drawn(n: int = 24, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.standard_normal((n, 2))])
    base = rng.choice([1.0, 2.0], n)
    base[:2] = 0.0  # not of the group
    return x, base, 30.0 * np.array([1.0, 0.2, -0.1])


def test_weights_are_those_of_a_general_solver_of_the_primal_problem():
    # Hainmueller (2012), equation 3: least entropy relative to base weights under the averages.
    x, base, target = drawn()
    found = balanced(x, base, target)
    inside = base > 0
    q, away = base[inside] / base.sum(), x[inside, 1:] - target[1:] / target[0]
    slow = minimize(
        lambda w: float((w * np.log(np.maximum(w, 1e-300) / q)).sum()),
        q,
        jac=lambda w: np.log(np.maximum(w, 1e-300) / q) + 1.0,
        bounds=[(1e-12, 1.0)] * len(q),
        constraints=[
            {"type": "eq", "fun": lambda w: w.sum() - 1.0, "jac": lambda w: np.ones(len(w))},
            {"type": "eq", "fun": lambda w: w @ away, "jac": lambda w: away.T},
        ],
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-15},
    )
    np.testing.assert_allclose(
        (base * found.weight)[inside] / target[0], slow.x, rtol=1e-5, atol=1e-8
    )
    # The certificate: no weights do better than the bound, and these are at it.
    assert float(found.gap) < 1e-12
    assert float(found.imbalance) < 1e-12
    np.testing.assert_allclose((base * found.weight) @ x, target, rtol=1e-12)
    assert not found.weight[:2].any()
    np.testing.assert_allclose(
        np.log(found.weight[inside]), x[inside] @ found.multipliers, rtol=1e-10, atol=1e-10
    )


def test_many_problems_at_once_are_each_solved_as_alone():
    made = [drawn(seed=seed) for seed in range(6)]
    x, base, target = (np.stack(part) for part in zip(*made, strict=True))
    target[3, 1] = 3000.0  # out of reach
    together = balanced(x, base, target)
    assert together.converged.tolist() == [True, True, True, False, True, True]
    for k in (0, 1, 2, 4, 5):
        alone = balanced(x[k], base[k], target[k])
        np.testing.assert_allclose(together.weight[k], alone.weight, rtol=1e-10)


def test_a_target_far_towards_the_edge_is_still_met():
    x = np.column_stack([np.ones(101), np.linspace(0.0, 1.0, 101)])
    found = balanced(x, np.ones(101), np.array([1.0, 0.999]))
    assert bool(found.converged)
    assert float(found.weight @ x[:, 1]) == pytest.approx(0.999, abs=1e-10)


def test_what_is_out_of_reach_is_found_alone_or_together():
    square = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert unmet(square, np.array([0.5, 0.9])) == ()
    assert unmet(square, np.array([0.5, 1.0])) == (1,)
    assert unmet(square, np.array([-0.1, 1.2])) == (0, 1)
    triangle = np.column_stack([square[:3], [5.0, 5.1, 4.9]])
    assert unmet(triangle, np.array([0.7, 0.7, 5.0])) == (0, 1)


def sample_of(frame: pd.DataFrame, *covariates: str) -> Sample:
    return Sample.from_frame(
        frame, design="matched", outcome="y", treatment="treated", covariates=list(covariates)
    )


def people() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"treated": np.repeat([1, 0], 30), "a": rng.random(60), "b": rng.random(60)}
    )
    return frame.assign(y=rng.standard_normal(60))


def refusal(frame: pd.DataFrame, *covariates: str, **settings: object):
    with pytest.raises(NotIdentified) as refused:
        EntropyBalancing(**settings).estimate(
            sample_of(frame, *covariates), scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
        )
    return refused.value.reason


def test_a_covariate_out_of_reach_is_named():
    frame = people()
    frame.loc[frame.treated == 1, "a"] += 2.0
    reason = refusal(frame, "a", "b")
    assert reason.key == "entropy-balancing.out-of-reach"
    assert reason.values["names"] == "a"
    assert "comparison" in reason.text.en
    # Averages within reach, of the squares none is.
    frame = people()
    frame["a"] = np.where(frame.treated == 1, np.where(frame.index % 2, -3.0, 3.2), frame.a)
    assert refusal(frame, "a", "b", moments=2).values["names"] == "a"


def test_what_only_the_others_have_is_out_of_reach_as_well():
    frame = people()
    frame["a"] = ((frame.treated == 0) & (frame.index % 3 == 0)).astype(float)
    assert refusal(frame, "a", "b").values["names"] == "a"


def test_a_covariate_that_is_the_same_for_all_others_is_named():
    frame = people()
    frame["a"] = np.where(frame.treated == 1, frame.a, 0.0)
    assert refusal(frame, "a", "b").values["names"] == "a"


def test_for_everyone_the_group_that_cannot_is_named():
    frame = people()
    frame["a"] = np.where(frame.treated == 1, 0.4 + frame.a / 1e6, frame.a * 0.1)
    frame.loc[59, "a"] = 5.0
    reason = refusal(frame, "a", estimand="ate")
    assert reason.values["names"] == "a"
    assert "the served" in reason.text.en


def test_squares_that_add_nothing_are_left_out_of_the_balance():
    frame = people().assign(a=lambda f: (f.a > 0.5) * 1.0)
    one, two = (
        EntropyBalancing(moments=m).prepare(
            sample_of(frame, "a", "b").blind, rng=np.random.default_rng(1)
        )
        for m in (1, 2)
    )
    assert one.tables["multipliers"].term.tolist() == ["(level)", "a", "b"]
    assert two.tables["multipliers"].term.tolist() == ["(level)", "a", "b", "b squared"]
