"""The line and its chance, against statsmodels and against plain matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate
from scipy.optimize import brentq
from scipy.stats import t as student_t
from statsmodels.regression.linear_model import GLS, OLS
from statsmodels.tsa.statespace.sarimax import SARIMAX

from impacteval.estimators.interrupted.line import (
    autocorrelated,
    columns,
    lags_of,
    reach_of,
    statistics,
)


def series(n=36, rho=0.5, seed=1):
    rng = np.random.default_rng(seed)
    e = rng.standard_normal(n)
    for t in range(1, n):
        e[t] += rho * e[t - 1]
    return 20.0 + 0.1 * np.arange(n) + e


def parts(before=24, after=12, season=None, seed=1):
    y = series(before + after, seed=seed)
    x = columns(before + after, before, season)
    weights = np.vstack([np.full(after, 1 / after), np.linspace(0.0, 1.0, after), np.eye(after)[3]])
    return y, x, weights


def toeplitz(n, rho):
    """Covariance of errors whose shocks have variance one."""
    t = np.arange(n)
    return rho ** np.abs(t[:, None] - t) / (1 - rho**2)


@pytest.mark.parametrize("season", [None, 4])
def test_coefficients_at_each_autocorrelation_are_those_of_statsmodels(season) -> None:
    y, x, weights = parts(season=season)
    got = autocorrelated(y[None, :24], x[:24], weights @ x[24:], weights, y[None, 24:])
    for k in (5, 40, 60, 90):
        peer = GLS(y[:24], x[:24], sigma=toeplitz(24, got.rho[k])).fit()
        np.testing.assert_allclose(got.fitted[0, k], peer.params, rtol=1e-8)
        np.testing.assert_allclose(got.shock[0, k] ** 2, peer.scale, rtol=1e-8)


def test_the_coefficients_and_forecasts_are_those_of_a_state_space_model() -> None:
    """At a given autocorrelation the line is that of SARIMAX; its forecast adds what lasts of the
    last error, which the effect does not."""
    y, x, _ = parts()
    got = autocorrelated(y[None, :24], x[:24], np.eye(12) @ x[24:], np.eye(12), y[None, 24:])
    k = 70
    rho, fitted = got.rho[k], got.fitted[0, k]
    model = SARIMAX(y[:24], exog=x[:24], order=(1, 0, 0))
    # The slope of the likelihood in the coefficients is zero there.
    at = np.array([*fitted, rho, got.shock[0, k] ** 2])
    score = model.score(at, approx_complex_step=True)
    assert np.abs(score[: x.shape[1]]).max() < 1e-6
    forecast = model.smooth(at).forecast(12, exog=x[24:])
    lasts = rho ** np.arange(1, 13) * (y[23] - x[23] @ fitted)
    np.testing.assert_allclose(y[24:] - got.value[0, k], forecast - lasts, rtol=1e-6)


@pytest.mark.parametrize("season", [None, 4])
def test_the_error_of_a_gap_is_that_of_plain_matrices(season) -> None:
    y, x, weights = parts(season=season)
    got = autocorrelated(y[None, :24], x[:24], weights @ x[24:], weights, y[None, 24:])
    for k in (0, 20, 48, 75, 95):
        sigma = toeplitz(36, got.rho[k])
        inverse = np.linalg.inv(sigma[:24, :24])
        maker = np.linalg.inv(x[:24].T @ inverse @ x[:24]) @ x[:24].T @ inverse
        for j, w in enumerate(weights):
            c = np.concatenate([-(w @ x[24:] @ maker), w])
            assert got.value[0, k, j] == pytest.approx(c @ y, rel=1e-7)
            expected = got.shock[0, k] * np.sqrt(c @ sigma @ c)
            assert got.spread[0, k, j] == pytest.approx(expected, rel=1e-6)


def slow_density(rho, y, x):
    """Restricted likelihood of an autocorrelation with the shocks' variance integrated out."""
    sigma = toeplitz(len(y), rho)
    inverse = np.linalg.inv(sigma)
    middle = x.T @ inverse @ x
    p = inverse - inverse @ x @ np.linalg.solve(middle, x.T @ inverse)
    log = -0.5 * np.linalg.slogdet(sigma)[1] - 0.5 * np.linalg.slogdet(middle)[1]
    return np.exp(log - 0.5 * (len(y) - x.shape[1]) * np.log(y @ p @ y / len(y)))


@pytest.mark.parametrize(("before", "seed"), [(12, 2), (24, 1), (60, 5)])
def test_the_average_over_autocorrelations_is_that_of_slow_integration(before, seed) -> None:
    y, x, weights = parts(before=before, seed=seed)
    w = weights[:1]
    args = y[None, :before], x[:before], w @ x[before:], w, y[None, before:]
    got = statistics(*args, "ar1")

    def average(of) -> float:
        return integrate.quad(
            lambda r: of(r) * slow_density(r, y[:before], x[:before]),
            -0.999999,
            0.999999,
            limit=400,
        )[0]

    whole = average(lambda r: 1.0)
    assert got.rho[0] == pytest.approx(average(lambda r: r) / whole, abs=2e-5)

    def at(rho):
        sigma = toeplitz(before + 12, rho)
        inverse = np.linalg.inv(sigma[:before, :before])
        x0 = x[:before]
        maker = np.linalg.inv(x0.T @ inverse @ x0) @ x0.T @ inverse
        c = np.concatenate([-(w[0] @ x[before:] @ maker), w[0]])
        rest = y[:before] - x0 @ (maker @ y[:before])
        scale = rest @ inverse @ rest / (before - x.shape[1])
        return float(c @ y), float(np.sqrt(scale * (c @ sigma @ c)))

    centre = average(lambda r: at(r)[0]) / whole
    assert got.value[0, 0] == pytest.approx(centre, abs=2e-5)
    df = before - x.shape[1]
    for level in (0.95, 0.80):

        def inside(r, reach):
            middle, scale = at(r)
            return student_t.cdf((reach + centre - middle) / scale, df) - student_t.cdf(
                (-reach + centre - middle) / scale, df
            )

        reach = student_t.ppf((1 + level) / 2, got.df[0, 0]) * got.spread[0, 0]
        assert average(lambda r, reach=reach: inside(r, reach)) / whole == pytest.approx(
            level, abs=2e-5
        )


def test_reach_of_parts_apart_is_found_by_a_root_finder() -> None:
    share = np.array([[0.3, 0.6, 0.1]])
    away, spread = np.array([[-4.0, 0.5, 9.0]]), np.array([[0.2, 1.0, 3.0]])
    for level in (0.5, 0.8, 0.95, 0.99):
        got = reach_of(level, share, away[..., None], spread[..., None], 6.0)[0, 0]

        def held(r, level=level):
            up, down = (r - away) / spread, (-r - away) / spread
            return float((share * (student_t.cdf(up, 6) - student_t.cdf(down, 6))).sum()) - level

        assert got == pytest.approx(brentq(held, 0.0, 100.0, xtol=1e-12), rel=1e-8)


def test_independent_errors_are_those_of_least_squares() -> None:
    y, x, weights = parts(season=4)
    got = statistics(y[None, :24], x[:24], weights @ x[24:], weights, y[None, 24:], "independent")
    peer = OLS(y[:24], x[:24]).fit()
    for j, w in enumerate(weights):
        c = w @ x[24:]
        variance = c @ peer.cov_params() @ c + peer.scale * (w @ w)
        assert got.value[0, j] == pytest.approx(w @ y[24:] - c @ peer.params, rel=1e-9)
        assert got.spread[0, j] == pytest.approx(np.sqrt(variance), rel=1e-9)
        assert got.df[0, j] == 19.0
    # A single period ahead is the usual prediction error.
    row = peer.get_prediction(x[27:28])
    assert got.spread[0, 2] == pytest.approx(row.se_obs[0], rel=1e-9)


def test_newey_west_is_that_of_statsmodels() -> None:
    y, x, weights = parts()
    lags = lags_of(24)
    got = statistics(y[None, :24], x[:24], weights @ x[24:], weights, y[None, 24:], "newey-west")
    peer = OLS(y[:24], x[:24]).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}
    )
    rest = np.asarray(peer.resid)
    gamma = np.zeros(12)
    for lag in range(lags + 1):
        gamma[lag] = (1 - lag / (lags + 1)) * (rest[lag:] @ rest[: 24 - lag]) / 22
    t = np.arange(12)
    later = gamma[np.abs(t[:, None] - t)]
    for j, w in enumerate(weights):
        c = w @ x[24:]
        expected = np.sqrt(c @ peer.cov_params() @ c + w @ later @ w)
        assert got.spread[0, j] == pytest.approx(expected, rel=1e-8)
    nothing = statistics(
        y[None, :24], x[:24], -np.eye(2), np.zeros((2, 0)), y[None, :0], "newey-west"
    )
    np.testing.assert_allclose(nothing.spread[0], peer.bse, rtol=1e-8)
    np.testing.assert_allclose(nothing.value[0], peer.params, rtol=1e-8)


def test_many_series_at_once_are_each_by_itself() -> None:
    x, w = columns(30, 20), np.full((1, 10), 0.1)
    y = np.array([series(30, seed=k) for k in range(4)])
    for errors in ("ar1", "newey-west", "independent"):
        both = statistics(y[:, :20], x[:20], w @ x[20:], w, y[:, 20:], errors)
        for k in range(4):
            one = statistics(y[k : k + 1, :20], x[:20], w @ x[20:], w, y[k : k + 1, 20:], errors)
            assert both.value[k, 0] == pytest.approx(one.value[0, 0], rel=1e-8)
            assert both.spread[k, 0] == pytest.approx(one.spread[0, 0], rel=1e-6)
