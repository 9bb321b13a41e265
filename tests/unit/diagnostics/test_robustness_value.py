"""Robustness values of planned effects: arithmetic by hand, other scales, and what is told."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.optimize import brentq

from impacteval.diagnostics import DIAGNOSTICS, Planned, run_diagnostic
from impacteval.errors import NotIdentified, UsageError
from impacteval.inference.omitted import as_strong, measured, moved, robustness
from impacteval.registry import estimator
from impacteval.render.format import fill
from impacteval.sample import Sample
from impacteval.values import Message, Scale


def people(n=400, seed=2):
    rng = np.random.default_rng(seed)
    need, town = rng.normal(size=n), (rng.random(n) < 0.5) * 1.0
    t = (rng.random(n) < 1 / (1 + np.exp(-0.6 * need))).astype(int)
    y = 6.0 - need + 0.2 * town - 0.9 * t + rng.normal(size=n)
    return pd.DataFrame({"t": t, "need": need, "town": town, "y": y})


def ask(data, scale="difference", at=(), limit=None, name="ancova", roles=None, design="rct"):
    roles = {"covariates": ["need", "town"], **(roles or {})}
    sample = Sample.from_frame(data, design=design, outcome="y", treatment="t", **roles)
    method = estimator(name)

    def again(given, step, *, scale=None, settings=None):
        try:
            return method.estimate(given, scale=Scale(scale), rng=np.random.default_rng(1))
        except NotIdentified as error:
            return error.reason

    planned = Planned(again(sample, "planned", scale=scale), again, tuple(at))
    return planned, run_diagnostic("robustness-value", sample, limit=limit, planned=planned)


def test_a_hidden_trait_of_that_strength_does_it_and_no_weaker_one():
    # The bias of a trait with partial R squared r of both: scale * r / sqrt(1 - r), by root finding.
    for f in (0.01, 0.15, 0.8, 3.0, 40.0):
        expected = brentq(lambda r, f=f: r / math.sqrt(1 - r) - f, 0.0, 1.0 - 1e-15)
        assert robustness(f) == pytest.approx(expected, rel=1e-9)
        assert moved(np.array(robustness(f)), np.array(robustness(f)), 1.0) == pytest.approx(f)
    assert robustness(0.1, 0.2) == 0.0
    # By hand, where explaining the outcome fully no longer helps: (f^2 - c^2) / (1 + f^2).
    assert robustness(30.0, 0.1) == pytest.approx((900 - 0.01) / 901)


def test_the_regression_is_that_of_statsmodels():
    data = people()
    _, found = ask(data)
    fit = smf.ols("y ~ t + need + town", data).fit()
    table = found.parts.columns("regression")
    assert table["coefficient"][0] == pytest.approx(fit.params["t"], rel=1e-10)
    assert table["std_error"][0] == pytest.approx(fit.bse["t"], rel=1e-10)
    assert table["df"][0] == fit.df_resid
    benchmarks = found.parts.columns("benchmarks")
    served = smf.ols("t ~ need + town", data).fit()
    for k, name in enumerate(("need", "town")):
        d = served.tvalues[name] ** 2 / (served.tvalues[name] ** 2 + served.df_resid)
        o = fit.tvalues[name] ** 2 / (fit.tvalues[name] ** 2 + fit.df_resid)
        service, outcome = as_strong(np.array([d]), np.array([o]), 1.0)
        assert benchmarks["r2_service"][k] == pytest.approx(service[0], rel=1e-9)
        assert benchmarks["r2_outcome"][k] == pytest.approx(outcome[0], rel=1e-9)
        bias = fit.bse["t"] * math.sqrt(fit.df_resid * outcome[0] * service[0] / (1 - service[0]))
        assert benchmarks["moved"][k] == pytest.approx(bias, rel=1e-9)


def test_weights_and_strata_are_in_the_regression():
    data = people().assign(w=lambda d: 1.0 + d.town, place=lambda d: np.arange(len(d)) % 4)
    sample = Sample.from_frame(
        data, design="matched", outcome="y", treatment="t", covariates=["need"],
        weight="w", weight_kind="sampling", stratum="place",
    )  # fmt: skip
    method = estimator("inverse-probability")
    found = method.estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1))
    told = run_diagnostic(
        "robustness-value", sample, planned=Planned(found, lambda *a, **k: found, (-0.5,))
    )
    fit = smf.wls("y ~ t + need + C(place)", data, weights=data.w).fit()
    table = told.parts.columns("regression")
    assert table["coefficient"][0] == pytest.approx(fit.params["t"], rel=1e-9)
    assert table["std_error"][0] == pytest.approx(fit.bse["t"], rel=1e-9)
    # The distance is that of the planned effect, not of the regression.
    f = abs(found.effect.value + 0.5) / (fit.bse["t"] * math.sqrt(fit.df_resid))
    assert 1 - told.statistic == pytest.approx(robustness(f), rel=1e-9)


def test_towards_a_threshold_and_through_the_interval():
    planned, found = ask(people(), at=(-0.5, -0.2))
    table = found.parts.columns("robustness")
    assert table["reference"] == (0.0, -0.5, -0.2)
    value, regression = planned.estimate.effect.value, found.parts.columns("regression")
    size = regression["std_error"][0] * math.sqrt(regression["df"][0])
    for k, at in enumerate(table["reference"]):
        f = abs(value - at) / size
        assert table["robustness_value"][k] == pytest.approx(robustness(f), rel=1e-9)
        assert table["r2_alone"][k] == pytest.approx(f**2 / (1 + f**2), rel=1e-9)
    assert 1 - found.statistic == pytest.approx(table["robustness_value"][1])
    half = planned.estimate.effect.interval(0.95).high - value
    df = regression["df"][0]
    expected = robustness(abs(value) / size, half / size * math.sqrt(df / (df - 1)))
    assert table["robustness_value_interval"][0] == pytest.approx(expected, rel=1e-9)
    english, french = (fill(found.explanation, language) for language in ("en", "fr"))
    assert "for the effect to be -0.5 instead of" in english.replace("\u2212", "-")
    assert "need, the strongest measured one" in english
    assert "Un trait caché devrait expliquer" in french


def test_other_scales_ask_the_same():
    data = people()
    plain, first = ask(data, at=(-0.5,))
    m1 = plain.estimate.observed
    relative = m1 / (m1 + 0.5) - 1.0  # the ratio that goes with a difference of -0.5
    served = int((data.t == 1).sum())
    for scale, at in (("relative", relative), ("total", -0.5 * served)):
        _, found = ask(data, scale, at=(at,))
        assert found.statistic == pytest.approx(first.statistic, rel=1e-9)
    planned, _ = ask(data, "standardised")
    unit = planned.estimate.effect.value / plain.estimate.effect.value
    _, found = ask(data, "standardised", at=(-0.5 * unit,))
    assert found.statistic == pytest.approx(first.statistic, rel=1e-9)


def test_contours_are_what_a_trait_of_each_strength_moves():
    _, found = ask(people())
    table, regression = found.parts.columns("contour"), found.parts.columns("regression")
    size = regression["std_error"][0] * math.sqrt(regression["df"][0])
    assert len(table["moved"]) == 144
    for d, o, far in list(
        zip(table["r2_service"], table["r2_outcome"], table["moved"], strict=True)
    )[::17]:
        assert far == pytest.approx(size * math.sqrt(o * d / (1 - d)), rel=1e-12)


def test_adding_the_trait_that_was_hidden_moves_the_coefficient_that_far():
    # The formula is exact: leave a covariate out, and its two partial R squared tell the bias.
    data = people()
    short, full = smf.ols("y ~ t + town", data).fit(), smf.ols("y ~ t + town + need", data).fit()
    served = smf.ols("t ~ town + need", data).fit()
    d = served.tvalues["need"] ** 2 / (served.tvalues["need"] ** 2 + served.df_resid)
    o = full.tvalues["need"] ** 2 / (full.tvalues["need"] ** 2 + full.df_resid)
    size = short.bse["t"] * math.sqrt(short.df_resid)
    bias = float(moved(np.array(d), np.array(o), size))
    assert bias == pytest.approx(abs(short.params["t"] - full.params["t"]), rel=1e-9)
    y, t = data.y.to_numpy(), data.t.to_numpy(dtype=float)
    ones = np.ones((len(y), 1))
    found = measured(y, t, ones, data[["town", "need"]].to_numpy(), np.ones(len(y)))
    assert found.r2_service[1] == pytest.approx(d, rel=1e-9)
    assert found.r2_outcome[1] == pytest.approx(o, rel=1e-9)


def test_covariates_that_add_nothing_are_left_out():
    data = people().assign(twice=lambda d: 2 * d.need)
    _, found = ask(
        data, name="difference-in-means", roles={"covariates": ["need", "twice", "town"]}
    )
    assert found.parts.columns("benchmarks")["covariate"][:2] == ("need", "town")


def test_where_it_does_not_apply():
    data = people().assign(copy=lambda d: d.t * 1.0)
    _, all_told = ask(data, name="difference-in-means", roles={"covariates": ["copy"]})
    assert all_told.explanation.key == "hidden.nothing-left"
    sample = Sample.from_frame(data, design="rct", outcome="y", treatment="t")
    none = Planned(Message("x", DIAGNOSTICS["e-value"].title), lambda *a, **k: None)
    assert run_diagnostic("robustness-value", sample, planned=none).status.value == "not_applicable"
    with pytest.raises(UsageError, match="needs the planned estimate"):
        run_diagnostic("robustness-value", sample)
    panel = pd.DataFrame(
        {"unit": np.repeat(np.arange(8), 2), "p": np.tile([1, 2], 8), "y": np.arange(16.0) % 5}
    ).assign(t=lambda d: ((d.unit < 4) & (d.p == 2)) * 1)
    long = Sample.from_frame(
        panel, design="did", outcome="y", unit="unit", period="p", treatment="t"
    )
    found = estimator("difference-in-differences").estimate(
        long, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    )
    told = run_diagnostic("robustness-value", long, planned=Planned(found, lambda *a, **k: found))
    assert told.explanation.key == "hidden.one-period"


@pytest.mark.parametrize("limit", [0.0, 1.0])
def test_above_the_limit_it_fails(limit):
    _, found = ask(people(), limit=limit)
    assert found.status.value == ("passed" if limit else "failed")
