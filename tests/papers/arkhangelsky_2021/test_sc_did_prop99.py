"""California's tobacco programme, by synthetic difference-in-differences.

Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), American Economic Review 111(12), Table 1:
SDID -15.6, SC -19.6, DID -27.3, DIFP (demeaned synthetic control) -11.1. The digits below are those
that the R package synthdid 0.0.9 prints on its own data (which the package synthdid-py carries):
-15.60382787, -19.61966, -27.34911, -11.10904.
"""

from __future__ import annotations

import numpy as np
import pytest
from published_data import prop99

from impacteval import estimator
from impacteval.estimators.synthetic_control.synthetic_did_fit import (
    Draws,
    Rollout,
    fit,
)
from impacteval.estimators.synthetic_control.synthetic_did_weights import noise_of
from impacteval.inference.simplex import simplex_fit
from impacteval.sample import Sample
from impacteval.values import Scale

TABLE = prop99().pivot_table(index="State", columns="Year", values="PacksPerCapita")
Y = TABLE.to_numpy()
SERVED = TABLE.index.get_loc("California")
DONORS = np.array([k for k in range(len(Y)) if k != SERVED])
BEFORE = 19


@pytest.fixture(scope="module")
def sample() -> Sample:
    return Sample.from_frame(
        prop99(), design="synthetic_control", outcome="PacksPerCapita", unit="State",
        period="Year", treatment="treated",
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(sample):
    return estimator("synthetic-did").estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
    )


def effect(units, periods) -> float:
    """The double difference with these weights."""
    gap = Y[SERVED] - units @ Y[DONORS]
    return float(gap[BEFORE:].mean() - periods @ gap[:BEFORE])


def test_the_effect_is_that_of_the_exact_optimum(found):
    assert found.effect.value == pytest.approx(-15.60539792, abs=5e-9)
    assert found.certificate["relative_gap"] < 1e-12
    assert found.certificate["time_relative_gap"] < 1e-12


def frank_wolfe(a, b, ridge, smallest, rounds, start):
    """The weights at which the R package stops: steps along single weights, until one gains little.

    `ridge` is the package's zeta squared.
    """
    eta, x, before = len(a) * ridge, start, np.inf
    for _ in range(rounds):
        error = a @ x - b
        k = int((a.T @ error + eta * x).argmin())
        move = -x.copy()
        move[k] += 1.0
        if np.abs(move).max() > 0.0:
            along = a @ move
            slope = -(along @ error + eta * (x @ move))
            x = x + np.clip(slope / (along @ along + eta * (move @ move)), 0.0, 1.0) * move
        value = ridge * (x @ x) + ((a @ x - b) ** 2).sum() / len(a)
        if before - value <= smallest**2:
            break
        before = value
    return x


def stopped_early(a, b, ridge, noise, *, intercept=True):
    """A hundred rounds, small weights cut off, and as many rounds again as it takes."""
    if intercept:
        a, b = a - a.mean(axis=0), b - b.mean()
    start = np.full(a.shape[1], 1.0 / a.shape[1])
    x = frank_wolfe(a, b, ridge, 1e-5 * noise, 100, start)
    x = np.where(x <= x.max() / 4.0, 0.0, x)
    return frank_wolfe(a, b, ridge, 1e-5 * noise, 10_000, x / x.sum())


def test_the_program_that_stops_early_is_reproduced_and_fits_no_better(found):
    donors = Y[DONORS]
    noise = float(np.diff(donors[:, :BEFORE], axis=1).std(ddof=1))
    pool, target = donors[:, :BEFORE].T, Y[SERVED, :BEFORE]
    ridge = noise**2 * np.sqrt(12.0)
    units = stopped_early(pool, target, ridge, noise)
    after = donors[:, BEFORE:].mean(axis=1)
    periods = stopped_early(donors[:, :BEFORE], after, (1e-6 * noise) ** 2, noise)
    assert effect(units, periods) == pytest.approx(-15.60382787, abs=5e-9)
    ours = found.parts["weights"]["weight"].to_numpy()

    def objective(w):
        miss = pool @ w - target
        return ((miss - miss.mean()) ** 2).sum() + BEFORE * ridge * (w @ w)

    assert objective(ours) < objective(units)


def test_other_members_of_the_family_are_the_published_ones():
    equal = np.full(BEFORE, 1.0 / BEFORE)
    noise = noise_of(Y[DONORS][None, :, :BEFORE], np.ones((1, 38)))[0]
    # "ridge" of these members in the package: eta 1e-6 times the noise.
    ridge = BEFORE * (1e-6 * noise) ** 2
    pool, target = Y[DONORS, :BEFORE].T, Y[SERVED, :BEFORE]
    # Equal weights are difference-in-differences.
    assert effect(np.full(38, 1.0 / 38.0), equal) == pytest.approx(-27.34911, abs=5e-6)
    # Weights of units with an intercept, equal ones of periods: demeaned synthetic control.
    demeaned = simplex_fit(pool, target, intercept=True, ridge=ridge).weights
    assert effect(demeaned, equal) == pytest.approx(-11.10904, abs=5e-6)
    # Without an intercept and with no period before: synthetic control. The package prints -19.61966
    # where it stops; the optimum is that of synthetic control from outcomes alone, -19.513630.
    early = stopped_early(pool, target, ridge / BEFORE, noise, intercept=False)
    assert effect(early, np.zeros(BEFORE)) == pytest.approx(-19.61966, abs=5e-6)
    plain = simplex_fit(pool, target, ridge=ridge).weights
    assert effect(plain, np.zeros(BEFORE)) == pytest.approx(-19.513630, abs=5e-6)


def test_placebos_are_enumerated(found):
    # The standard error of the 38 placebos, each with its own noise, and the p-value 2/39.
    assert found.effect.std_error == pytest.approx(9.368, abs=5e-4)
    (p_value,) = found.parts["placebo_test"]["p_value"]
    assert p_value == pytest.approx(2.0 / 39.0, abs=1e-12)
    placebos = found.parts["placebos"]
    others = placebos.loc[~placebos["served"], "effect"]
    assert len(others) == 38
    assert others.std(ddof=0) == pytest.approx(found.effect.std_error, rel=1e-12)


def test_another_seed_changes_nothing(sample, found):
    other = estimator("synthetic-did").estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(99)
    )
    assert other.effect.std_error == found.effect.std_error


def test_the_penalty_of_the_real_fit_would_give_the_package_s_convention():
    # vcov(method = "placebo") of the R package keeps zeta: enumerated, 9.3712 instead of 9.3684.
    donors = Y[DONORS]
    noise = float(np.diff(donors[:, :BEFORE], axis=1).std(ddof=1))
    kept, own = [], []
    for k in range(38):
        rest = np.delete(donors, k, axis=0)
        for sd, into in (
            (noise, kept),
            (float(np.diff(rest[:, :BEFORE], axis=1).std(ddof=1)), own),
        ):
            units = simplex_fit(
                rest[:, :BEFORE].T, donors[k, :BEFORE], intercept=True,
                ridge=BEFORE * sd**2 * np.sqrt(12.0),
            ).weights  # fmt: skip
            periods = simplex_fit(
                rest[:, :BEFORE], rest[:, BEFORE:].mean(axis=1), intercept=True,
                ridge=37 * (1e-6 * sd) ** 2,
            ).weights  # fmt: skip
            gap = donors[k] - units @ rest
            into.append(gap[BEFORE:].mean() - periods @ gap[:BEFORE])
    assert np.std(kept) == pytest.approx(9.3712, abs=5e-5)
    # The same, one problem at a time, is what the estimator gives for all of them at once.
    rollout = Rollout(
        Y, np.zeros((*Y.shape, 0)), DONORS, np.array([SERVED]), np.array([BEFORE]),
        np.ones((1, Y.shape[1])),
    )  # fmt: skip
    draws = Draws(DONORS[:, None], np.ones((38, 1)), 1.0 - np.eye(38))
    effects = fit(rollout, draws)[1].over(np.ones(Y.shape[1], dtype=bool))
    np.testing.assert_allclose(effects, own, rtol=0, atol=1e-9)
