"""Lin (2013), Agnostic notes on regression adjustments to experimental data: reexamining Freedman's
critique. Annals of Applied Statistics 7(1). doi:10.1214/12-AOAS583

What the paper proves, held on data: the interacted estimator is the difference of two separate
regressions evaluated at the mean of everyone; with indicators of a categorical covariate it is
post-stratification; it cannot lose precision in large samples even where the common-slope
adjustment that Freedman (2008) criticised does; and its sandwich standard error is not
anticonservative for the people in the experiment.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.estimators.randomised.arms import lin_fit, mean_arms
from impacteval.estimators.randomised.lin import Lin
from impacteval.inference import on_scale, regress
from impacteval.sample import Sample
from impacteval.values import Scale


def draws(n: int, share: float, replications: int):
    """Fixed potential outcomes whose slopes differ by arm, many unbalanced assignments."""
    rng = np.random.default_rng(20)
    x = rng.gamma(1.0, size=n)
    y0, y1 = -1.0 * x + rng.normal(size=n), 3.0 * x + rng.normal(size=n)
    served = int(share * n)
    arm = np.repeat([0, 1], [n - served, served]).astype(np.int64)
    order = np.argsort(rng.random((replications, n)), axis=1)
    y = np.where(arm == 1, y1[order], y0[order])
    return arm, y, x[order], float((y1 - y0).mean())


def test_never_worse_where_common_slopes_are() -> None:
    """Freedman's case: slopes of opposite sign and a small arm."""
    arm, y, x, truth = draws(400, 0.2, 2000)
    plain = on_scale(mean_arms(y, arm).arms, Scale.DIFFERENCE)
    found = on_scale(lin_fit(y, x[..., None], arm).arms(), Scale.DIFFERENCE)
    columns = np.stack([np.ones_like(x), np.broadcast_to(arm, x.shape), x], axis=-1)
    common = regress(columns, y).coefficients[:, 1]
    assert found.value.std() < plain.value.std()
    assert common.std() > 1.05 * plain.value.std()
    assert abs(found.value.mean() - truth) < 4 * found.value.std() / np.sqrt(2000) + 0.02


def test_its_standard_error_is_not_too_small() -> None:
    arm, y, x, _ = draws(400, 0.2, 2000)
    found = on_scale(lin_fit(y, x[..., None], arm).arms(), Scale.DIFFERENCE)
    assert np.sqrt((found.std_error**2).mean()) > 0.97 * found.value.std()


def test_two_regressions_evaluated_at_everyone() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(80, 3)), columns=["a", "b", "c"])
    frame["t"] = np.arange(80) % 3 == 0
    frame["y"] = frame.a + frame.t * frame.b + rng.normal(size=80)
    sample = Sample.from_frame(
        frame.astype(float), design="rct", outcome="y", treatment="t", covariates=["a", "b", "c"]
    )
    found = Lin().estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    at = np.concatenate([[1.0], frame[["a", "b", "c"]].mean()])
    means = []
    for served in (True, False):
        own = frame[frame.t == served]
        columns = np.column_stack([np.ones(len(own)), own[["a", "b", "c"]]])
        means.append(at @ np.linalg.lstsq(columns, own.y, rcond=None)[0])
    assert [found.observed, found.counterfactual] == pytest.approx(means, rel=1e-10)


def test_indicators_of_a_category_give_post_stratification() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"k": np.arange(90) % 3, "t": (np.arange(90) % 7 < 3).astype(float)})
    frame["y"] = frame.k * (1 + frame.t) + rng.normal(size=90)
    frame["one"], frame["two"] = (frame.k == 1) * 1.0, (frame.k == 2) * 1.0
    sample = Sample.from_frame(
        frame, design="rct", outcome="y", treatment="t", covariates=["one", "two"]
    )
    found = Lin().estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    cells = frame.groupby(["k", "t"]).y.mean().unstack()
    shares = frame.k.value_counts(normalize=True).sort_index()
    assert found.effect.value == pytest.approx(float(shares @ (cells[1.0] - cells[0.0])), rel=1e-10)
