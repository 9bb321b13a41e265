"""Ancova, cuped and g-computation: second implementations, identities, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from impacteval.errors import NotIdentified
from impacteval.estimators.randomised.ancova import Ancova
from impacteval.estimators.randomised.cuped import Cuped
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.estimators.randomised.g_computation import GComputation
from impacteval.estimators.randomised.lin import Lin
from impacteval.sample import Sample
from impacteval.values import Scale

X = ["x", "z"]


def frame(n: int = 240, seed: int = 7) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, z, u = rng.normal(size=n), rng.normal(size=n), rng.random(n)
    s = np.arange(n) * 3 // n
    t = (rng.random(n) < np.array([0.3, 0.5, 0.7])[s]).astype(int)
    lean = 0.8 * x - 0.4 * z + 0.3 * s
    e = rng.uniform(0.5, 2.0, n)
    return pd.DataFrame(
        {
            "y": 8 + t * (1 + 0.5 * x) + x + s + rng.normal(size=n) * (1 + t),
            "yes": (u < 1 / (1 + np.exp(0.3 - lean - 0.5 * t))).astype(float),
            "events": rng.poisson(e * np.exp(0.3 * lean + 0.8 - 0.4 * t)),
            "t": t,
            "x": x,
            "z": z,
            "s": s,
            "w": rng.uniform(0.5, 3.0, n),
            "f": rng.integers(1, 4, n),
            "e": e,
            "g": np.arange(n) // 6,
        }
    )


def estimate(df, estimator, scale="difference", **roles):
    roles = {"outcome": "y", "treatment": "t", "design": "rct", "covariates": X, **roles}
    sample = Sample.from_frame(df, **roles)
    return estimator.estimate(sample, scale=Scale(scale), rng=np.random.default_rng(0))


def refused(df, estimator, scale="difference", **roles) -> NotIdentified:
    with pytest.raises(NotIdentified) as caught:
        estimate(df, estimator, scale, **roles)
    assert caught.value.reason.text.fr
    return caught.value


class TestAncova:
    def test_without_covariates_that_matter_strata_count_by_their_size(self) -> None:
        """Covariates orthogonal to all cells leave the blocked difference in means, exactly."""
        df = frame()
        dummies = pd.get_dummies(df.s * 2 + df.t).to_numpy(float)
        left = df.x - dummies @ np.linalg.lstsq(dummies, df.x.to_numpy(), rcond=None)[0]
        found = estimate(df.assign(x=left), Ancova(), stratum="s", covariates=["x"])
        blocked = estimate(df, DifferenceInMeans(), stratum="s")
        assert found.effect.value == pytest.approx(blocked.effect.value, rel=1e-10)
        assert found.observed == pytest.approx(blocked.observed, rel=1e-10)
        assert found.counterfactual == pytest.approx(blocked.counterfactual, rel=1e-10)
        usual = found.parts["precision_weighted"].effect[0]
        assert abs(usual - blocked.effect.value) > 0.01
        note = next(n for n in found.notes if n.key == "randomised.shares-differ")
        assert note.values["precision"] == pytest.approx(usual)

    def test_the_target_is_kept_where_the_textbook_regression_loses_it(self) -> None:
        """Effect 1 where split evenly and 5 where one in ten is served: by size, 3."""
        rng = np.random.default_rng(3)
        s = np.repeat([0, 1], 2000)
        t = np.concatenate([np.arange(2000) % 2, np.arange(2000) % 10 == 0]).astype(int)
        x = rng.normal(size=4000)
        y = 10 + x + np.where(s == 0, 1.0, 5.0) * t + 0.1 * rng.normal(size=4000)
        df = pd.DataFrame({"y": y, "t": t, "x": x, "s": s})
        found = estimate(df, Ancova(), stratum="s", covariates=["x"])
        assert found.effect.value == pytest.approx(3.0, abs=0.03)
        # Precision weights .25 and .09 of each stratum: (.25 + 5 * .09) / .34.
        usual = found.parts["precision_weighted"].effect[0]
        assert usual == pytest.approx(0.7 / 0.34, abs=0.03)

    def test_equal_shares_are_the_textbook_regression(self) -> None:
        df = frame().assign(t=lambda d: np.arange(len(d)) % 2)
        found = estimate(df, Ancova(), stratum="s")
        columns = np.column_stack([pd.get_dummies(df.s).to_numpy(float), df.t, df.x, df.z])
        theirs = sm.OLS(df.y, columns).fit(cov_type="HC2", use_t=True)
        assert found.effect.value == pytest.approx(theirs.params.iloc[3], rel=1e-10)
        assert found.effect.std_error == pytest.approx(theirs.bse.iloc[3], rel=1e-10)
        assert found.effect.distribution.df == theirs.df_resid
        assert "precision_weighted" not in found.parts

    def test_means_are_those_at_everyones_covariates(self) -> None:
        df = frame()
        found = estimate(df, Ancova())
        theirs = sm.OLS(df.y, sm.add_constant(df[["t", *X]])).fit()
        at = [df[X].mean().to_numpy() @ theirs.params[X] + theirs.params["const"]]
        assert found.counterfactual == pytest.approx(at[0], rel=1e-12)
        assert found.observed == pytest.approx(at[0] + theirs.params["t"], rel=1e-12)

    def test_the_relative_error_by_the_delta_method(self) -> None:
        df = frame()
        found = estimate(df, Ancova(), "relative").effect.distribution
        columns = sm.add_constant(pd.DataFrame({"t": df.t, **{c: df[c] - df[c].mean() for c in X}}))
        theirs = sm.OLS(df.y, columns).fit(cov_type="HC2")
        m0 = theirs.params["const"]
        m1 = m0 + theirs.params["t"]
        pull = np.array([1 / m1 - 1 / m0, 1 / m1])
        v = theirs.cov_params().loc[["const", "t"], ["const", "t"]].to_numpy()
        assert found.scale == pytest.approx(float(np.sqrt(pull @ v @ pull)), rel=1e-9)

    def test_freedman_it_can_be_worse_than_nothing(self) -> None:
        """One in ten served, an effect that goes with the covariate: as the card says."""
        rng = np.random.default_rng(12)
        n, r = 200, 400
        t = np.zeros(n, dtype=np.int64)
        t[:20] = 1
        x = rng.normal(size=(r, n, 1))
        # Slopes -1 and 3 with shares .9 and .1: the common slope is that of the larger arm.
        y = np.where(t == 1, 3.0, -1.0) * x[..., 0] + 0.2 * rng.normal(size=(r, n))
        from impacteval.estimators.randomised.arms import lin_fit, mean_arms
        from impacteval.estimators.randomised.pooled import ancova_fit

        spread = {
            name: (arms.means[:, 1] - arms.means[:, 0]).std()
            for name, arms in (
                ("plain", mean_arms(y, t).arms),
                ("ancova", ancova_fit(y, x, t).arms()),
                ("lin", lin_fit(y, x, t).arms()),
            )
        }
        assert spread["ancova"] > 1.15 * spread["plain"]
        assert spread["lin"] < spread["plain"]

    def test_what_is_refused(self) -> None:
        df = frame().assign(again=lambda d: 2 - d.x, served=lambda d: 3.0 * d.t)
        assert refused(df, Ancova(), covariates=[]).reason.key == "randomised.no-covariates"
        found = refused(df, Ancova(), covariates=["x", "again", "served"])
        assert found.reason.values["names"] == "again, served"
        small = df.iloc[[0, 1, 2, 3, 120, 121]].assign(t=[0, 1, 0, 1, 0, 1], a=[1, 4, 9, 2, 7, 3.0])
        found = refused(small.iloc[:4], Ancova(), covariates=X)
        assert dict(found.reason.values) == {"units": 4, "coefficients": 4}


class TestCuped:
    def test_by_hand(self) -> None:
        df = frame()
        found = estimate(df, Cuped(), covariates=["x"])
        theta = np.cov(df.y, df.x)[0, 1] / df.x.var()
        left = df.y - theta * (df.x - df.x.mean())
        other = estimate(df.assign(y=left), DifferenceInMeans())
        assert found.parts["theta"].theta[0] == pytest.approx(theta, rel=1e-12)
        assert found.effect.value == pytest.approx(other.effect.value, rel=1e-12)
        assert found.effect.std_error == pytest.approx(other.effect.std_error, rel=1e-12)
        assert found.effect.distribution.df == pytest.approx(other.effect.distribution.df)

    def test_it_is_ancova_less_the_imbalance(self) -> None:
        """Exactly ``1 - R2`` of ancova's effect, R2 of the covariates on the arm."""
        df = frame()
        r2 = sm.OLS(df.t, sm.add_constant(df[X])).fit().rsquared
        found, other = estimate(df, Cuped()), estimate(df, Ancova())
        assert found.effect.value == pytest.approx((1 - r2) * other.effect.value, rel=1e-10)
        note = next(n for n in found.notes if n.key == "cuped.takes-a-little")
        assert note.values["share"] == pytest.approx(2 / 240)

    def test_within_strata_theta_is_that_within(self) -> None:
        df = frame()
        found = estimate(df, Cuped(), stratum="s", covariates=["x"])
        y, x = (df[c] - df.groupby("s")[c].transform("mean") for c in ("y", "x"))
        theta = float((y * x).sum() / (x**2).sum())
        left = df.y - theta * (df.x - df.x.mean())
        other = estimate(df.assign(y=left), DifferenceInMeans(), stratum="s")
        assert found.effect.value == pytest.approx(other.effect.value, rel=1e-11)
        assert found.effect.std_error == pytest.approx(other.effect.std_error, rel=1e-11)

    @pytest.mark.parametrize("clustered", [False, True])
    def test_the_share_that_theta_takes_is_the_mean_r2_over_assignments(self, clustered) -> None:
        from impacteval.estimators.randomised.pooled import cuped_share

        rng = np.random.default_rng(5)
        g = np.repeat(np.arange(20), 5)
        x = rng.normal(size=(100, 2)) + rng.normal(size=(20, 2))[g]
        r2 = []
        for _ in range(4000):
            t = rng.permutation(20)[g] < 10 if clustered else rng.permutation(100) < 50
            q, _ = np.linalg.qr(x - x.mean(axis=0))
            d = t - t.mean()
            r2.append(((q.T @ d) ** 2).sum() / (d @ d))
        found = cuped_share(x, cluster=g if clustered else None)
        assert found == pytest.approx(np.mean(r2), rel=0.08)

    def test_pairs_and_thin_strata_are_refused(self) -> None:
        df = frame().assign(p=lambda d: np.arange(len(d)) // 2, t=lambda d: np.arange(len(d)) % 2)
        assert refused(df, Cuped(), pair="p").reason.key == "randomised.pairs"
        assert refused(df, Cuped(), stratum="p").reason.key == "randomised.strata-too-small"

    def test_too_few_units_a_covariate(self) -> None:
        df = frame(100)
        found = refused(df, Cuped())
        assert found.reason.key == "cuped.takes-the-effect"
        assert found.reason.values["share"] == pytest.approx(0.02)
        assert estimate(frame(101), Cuped()).effect.std_error > 0
        assert estimate(df, Cuped(), covariates=["x"]).effect.std_error > 0


def standardised(df, family, outcome, *, pooled, weight, cov_type, dummies=None):
    """The same by statsmodels: its fit, its robust matrix, the delta method by hand."""
    base = np.ones((len(df), 1)) if dummies is None else dummies

    def columns(t):
        t = np.asarray(t, dtype=float)[:, None]
        x = df[X].to_numpy()
        return np.column_stack([base, t, x] if pooled else [base, base * t, x, x * t])

    model = sm.GLM(
        df[outcome] if weight is None else df[outcome] / weight,
        columns(df.t),
        family=family,
        freq_weights=weight,
    )
    # statsmodels stops at 1e-8 of the deviance by itself.
    theirs = model.fit(cov_type=cov_type, tol=1e-14, maxiter=200)
    w = np.ones(len(df)) if weight is None else weight
    means, pulls = [], []
    for arm in (0, 1):
        at = columns(np.full(len(df), arm))
        eta = at @ theirs.params
        mean = family.link.inverse(eta)
        means.append(np.average(mean, weights=w))
        pulls.append(np.average(family.link.inverse_deriv(eta)[:, None] * at, axis=0, weights=w))
    pull = pulls[1] - pulls[0]
    return means, float(np.sqrt(pull @ theirs.cov_params() @ pull))


class TestGComputation:
    @pytest.mark.parametrize("pooled", [False, True])
    @pytest.mark.parametrize(
        ("family", "outcome"), [(sm.families.Binomial(), "yes"), (sm.families.Poisson(), "events")]
    )
    def test_statsmodels_margins(self, pooled, family, outcome) -> None:
        """The same means, and its HC0 by the delta method; ours is HC0 times n/(n - p) as HC1."""
        df = frame()
        means, error = standardised(df, family, outcome, pooled=pooled, weight=None, cov_type="HC0")
        model = "pooled" if pooled else "by_arm"
        found = estimate(df, GComputation(model=model, variance="hc1"), outcome=outcome)
        assert (found.counterfactual, found.observed) == pytest.approx(means, rel=1e-9)
        p = 4 if pooled else 6
        assert found.effect.std_error == pytest.approx(error * np.sqrt(240 / (240 - p)), rel=1e-7)

    def test_the_margin_is_statsmodels_average_effect_of_a_discrete_change(self) -> None:
        """`get_margeff(dummy=True)` of a pooled logit is the same risk difference."""
        df = frame()
        found = estimate(df, GComputation(model="pooled"), outcome="yes")
        theirs = sm.Logit(df.yes, sm.add_constant(df[["t", *X]])).fit(disp=0, tol=1e-12)
        margin = theirs.get_margeff(dummy=True).margeff[0]
        assert found.effect.value == pytest.approx(margin, rel=1e-9)

    def test_by_arm_with_strata_is_a_model_of_each_arm(self) -> None:
        """Two separate fits with stratum dummies, each averaged over everyone."""
        df = frame()
        dummies = pd.get_dummies(df.s).to_numpy(float)
        columns = np.column_stack([dummies, df[X]])
        means = [
            sm.GLM(df.yes[df.t == a], columns[df.t == a], family=sm.families.Binomial())
            .fit(tol=1e-14, maxiter=100)
            .predict(columns)
            .mean()
            for a in (0, 1)
        ]
        found = estimate(df, GComputation(), outcome="yes", stratum="s")
        assert (found.counterfactual, found.observed) == pytest.approx(means, rel=1e-9)

    @pytest.mark.parametrize("roles", [{}, {"stratum": "s"}, {"cluster": "g"}, {"weight": "w"}])
    @pytest.mark.parametrize("scale", list(Scale))
    def test_a_straight_line_is_lin_or_ancova(self, scale, roles) -> None:
        df = frame()
        for model, other in (("by_arm", Lin()), ("pooled", Ancova())):
            one = estimate(df, GComputation(family="gaussian", model=model), scale, **roles)
            two = estimate(df, other, scale, **roles)
            assert one.effect.value == pytest.approx(two.effect.value, rel=1e-9)
            assert one.effect.std_error == pytest.approx(two.effect.std_error, rel=1e-9)
            assert one.effect.distribution.df == pytest.approx(two.effect.distribution.df, rel=1e-8)

    def test_predictions_add_up_to_the_outcomes_of_each_arm(self) -> None:
        """With covariates that are balanced to the last person the means are the raw means."""
        half = frame(120).drop(columns="t")
        df = pd.concat([half.assign(t=0), half.assign(t=1)], ignore_index=True)
        df["yes"] = (np.random.default_rng(1).random(240) < 0.3 + 0.2 * df.t).astype(float)
        for model in ("by_arm", "pooled"):
            found = estimate(df, GComputation(model=model), outcome="yes")
            raw = df.groupby("t").yes.mean()
            assert (found.counterfactual, found.observed) == pytest.approx((raw[0], raw[1]))

    @pytest.mark.parametrize("model", ["by_arm", "pooled"])
    def test_a_wrong_curve_keeps_the_target_with_unequal_shares(self, model) -> None:
        """Freedman's worry: the logit is wrong, shares differ; the population's effect is found."""
        rng = np.random.default_rng(4)
        n = 60_000
        s = np.arange(n) % 2
        t = (rng.random(n) < np.where(s == 0, 0.5, 0.1)).astype(int)
        x = rng.normal(size=n)
        p0, p1 = np.where(np.abs(x) > 1, 0.6, 0.2), np.where(s == 0, 0.3, 0.8)
        y = (rng.random(n) < np.where(t == 1, p1, p0)).astype(float)
        df = pd.DataFrame({"y": y, "t": t, "x": x, "s": s})
        found = estimate(df, GComputation(model=model), stratum="s", covariates=["x"])
        assert found.effect.value == pytest.approx(
            p1.mean() - p0.mean(), abs=4 * found.effect.std_error
        )

    @pytest.mark.parametrize("scale", list(Scale))
    @pytest.mark.parametrize("extra", [{}, {"stratum": "s"}, {"cluster": "g"}, {"exposure": "e"}])
    @pytest.mark.parametrize(
        "estimator", [Ancova(), GComputation(model="pooled"), GComputation(), Cuped()], ids=str
    )
    def test_frequency_weights_are_repeated_rows(self, estimator, extra, scale) -> None:
        df = frame()
        long = df.loc[df.index.repeat(df.f)]
        roles = {"outcome": "events", **extra}
        one = estimate(df, estimator, scale, weight="f", weight_kind="frequency", **roles)
        two = estimate(long, estimator, scale, **roles)
        assert one.effect.value == pytest.approx(two.effect.value, rel=1e-8)
        assert one.effect.std_error == pytest.approx(two.effect.std_error, rel=1e-8)
        assert one.effect.distribution.df == pytest.approx(two.effect.distribution.df, rel=1e-7)

    def test_auto_finds_the_family(self) -> None:
        df = frame()
        for outcome, roles, family in (
            ("yes", {}, "binomial"),
            ("events", {}, "poisson"),
            ("events", {"exposure": "e"}, "poisson"),
            ("y", {}, "gaussian"),
        ):
            found = estimate(df, GComputation(), outcome=outcome, **roles)
            assert set(found.parts["slopes"].family) == {family}
            assert found.method.key == "method.g-computation"
            assert found.settings["family"] == "auto"
        negative = df.assign(events=df.events - 20.0)
        found = estimate(negative, GComputation(), outcome="events", exposure="e")
        assert set(found.parts["slopes"].family) == {"gaussian"}

    def test_slopes_are_in_units_of_the_covariates(self) -> None:
        df = frame()
        found = estimate(df, GComputation(model="pooled"), outcome="yes").parts["slopes"]
        theirs = sm.Logit(df.yes, sm.add_constant(df[["t", *X]])).fit(disp=0, tol=1e-12)
        assert found.slope.to_numpy() == pytest.approx(theirs.params[X].to_numpy(), rel=1e-8)

    def test_what_is_refused(self) -> None:
        df = frame()
        above = df.assign(yes=(df.x > 0) * 1.0)
        assert refused(above, GComputation(), outcome="yes").reason.key == "g-computation.separated"
        quiet = df.assign(events=np.where(df.t == 1, 0, df.events))
        found = refused(quiet, GComputation(), outcome="events")
        assert found.reason.key == "g-computation.separated"
        half = df.assign(yes=np.where((df.z > 1) & (df.t == 1), 1.0, df.yes), z=(df.z > 1) * 1.0)
        assert refused(half, GComputation(), outcome="yes").reason.key == "g-computation.separated"
        assert estimate(half, GComputation(model="pooled"), outcome="yes").effect.std_error > 0
        found = refused(df, GComputation(family="binomial"))
        assert found.reason.key == "g-computation.not-a-share"
        found = refused(df.assign(y=-df.y), GComputation(family="poisson"))
        assert found.reason.key == "g-computation.negative"

    def test_people_foretold_almost_surely_are_no_separation(self) -> None:
        """A long tail of the covariate drives probabilities to the edge, and a fit exists."""
        rng = np.random.default_rng(2)
        df = frame().assign(x=rng.normal(size=240) * 20)
        df["yes"] = (rng.random(240) < 1 / (1 + np.exp(-df.x))).astype(float)
        found = estimate(df, GComputation(model="pooled"), outcome="yes")
        assert found.effect.std_error > 0
