"""Checks that draw the data anew, against slow and obvious draws and against theory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import joblib
import numpy as np
import pandas as pd
import pytest
from again import checked, planned_by
from roll_outs import panel, sample_of
from scipy import stats

import impacteval as ie
from impacteval.diagnostics import run_diagnostic
from impacteval.diagnostics.placebo_deals import deal_of
from impacteval.diagnostics.places import drawn_places
from impacteval.errors import UsageError
from impacteval.estimates import CounterfactualEstimate
from impacteval.plugin import MethodCard
from impacteval.render.format import fill
from impacteval.sample import Sample, resampled
from impacteval.values import Scale

REFUTERS = ("placebo-treatment", "random-common-cause", "subset-stability", "bootstrap")


def people(seed: int = 1, n: int = 120, effect: float = 1.0, **columns: Any) -> pd.DataFrame:
    """Those with a high `x` are served more often and fare better: comparing plainly misleads."""
    rng = np.random.default_rng(seed)
    x, z = rng.standard_normal((2, n))
    d = (rng.random(n) < 1.0 / (1.0 + np.exp(-x))).astype(float)
    y = x + 0.5 * z + effect * d + rng.standard_normal(n)
    return pd.DataFrame({"who": np.arange(n), "d": d, "x": x, "z": z, "y": y}).assign(**columns)


def cross(df: pd.DataFrame, design: str = "rct", **roles: Any) -> Sample:
    given = {"unit": "who", "treatment": "d", "covariates": ["x", "z"], "outcome": "y", **roles}
    return Sample.from_frame(df, design=design, **given)


# --- the service dealt out anew -------------------------------------------------------------------


def test_the_mean_placebo_effect_is_that_of_the_permutations_themselves() -> None:
    sample = cross(people())
    found = checked("placebo-treatment", sample, planned_by("difference-in-means", sample), limit=1)
    deal, rows = deal_of(sample), sample.matrix()
    assert deal is not None
    seeds = np.random.default_rng(1).bit_generator.seed_seq.spawn(100)
    effects = []
    for k, seed in enumerate(seeds):
        d = rows.treatment[deal.source(k, np.random.default_rng(seed))]
        assert d.sum() == rows.treatment.sum()
        effects.append(rows.y[d == 1].mean() - rows.y[d == 0].mean())
    assert found.parts["draws"]["effect"].tolist() == pytest.approx(effects)
    assert found.statistic == pytest.approx(abs(np.mean(effects)))
    error = np.std(effects, ddof=1) / 10.0
    assert found.expected == pytest.approx(error * np.sqrt(2.0 / np.pi))
    assert found.chance_sound_fails == pytest.approx(2.0 * stats.t.sf(1.0 / error, 99))
    (summary,) = found.parts["summary"].to_dict("records")
    effect = rows.y[rows.treatment == 1].mean() - rows.y[rows.treatment == 0].mean()
    assert summary["z"] == pytest.approx(effect / np.std(effects, ddof=1))
    assert summary["share"] == np.mean(np.abs(effects) >= abs(effect))
    assert not found.reruns


def test_strata_pairs_and_clusters_keep_their_numbers() -> None:
    df = people(n=120, s=np.repeat([0, 1, 2], 40), c=np.repeat(np.arange(30), 4))
    df["by_cluster"] = df["c"].isin([0, 3, 4, 11, 12, 15, 20, 21, 26]).astype(float)
    df["in_pairs"] = np.tile([0.0, 1.0], 60)
    df["p"] = np.repeat(np.arange(60), 2)
    rng = np.random.default_rng(3)
    for roles, key in (
        ({"stratum": "s"}, "s"),
        ({"treatment": "by_cluster", "assignment_cluster": "c", "stratum": None}, "c"),
        ({"treatment": "by_cluster", "assignment_cluster": "c", "stratum": "s"}, "s"),
        ({"treatment": "in_pairs", "pair": "p"}, "p"),
    ):
        rows = cross(df, **roles).matrix()
        deal = deal_of(cross(df, **roles))
        assert deal is not None
        moved = 0
        for k in range(20):
            d = rows.treatment[deal.source(k, rng)]
            moved += int((d != rows.treatment).any())
            true, placebo = df.assign(t=rows.treatment), df.assign(t=d)
            if key == "c":
                assert placebo.groupby("c")["t"].nunique().max() == 1
                assert placebo["t"].sum() == true["t"].sum()
            else:
                assert (placebo.groupby(key)["t"].sum() == true.groupby(key)["t"].sum()).all()
        assert moved >= 19


def test_offer_and_take_up_move_together() -> None:
    df = people(n=60)
    rng = np.random.default_rng(2)
    df["got"] = df["d"] * (rng.random(60) < 0.7)
    sample = cross(df, treatment=None, assigned="d", received="got")
    deal = deal_of(sample)
    assert deal is not None
    assert not deal.plain
    source = deal.source(0, rng)
    from impacteval.sample import dealt_anew

    rows, again = sample.matrix(), dealt_anew(sample, source).matrix()
    assert not (again.assigned == rows.assigned).all()
    assert (again.received <= again.assigned).all()
    assert sorted(again.received.tolist()) == sorted(rows.received.tolist())
    assert (again.treatment == again.assigned).all()


def test_units_of_a_panel_take_over_whole_histories() -> None:
    df = panel(1, {None: 6, 1: 3, 3: 3})
    sample = sample_of(df)
    deal, rows = deal_of(sample), sample.matrix()
    assert deal is not None
    source = deal.source(0, np.random.default_rng(1))
    assert (rows.period.codes[source] == rows.period.codes).all()
    whose = pd.DataFrame({"u": rows.unit.codes, "from": rows.unit.codes[source]})
    assert whose.groupby("u")["from"].nunique().max() == 1
    assert sorted(whose.drop_duplicates("u")["from"]) == list(range(12))
    # With gaps it is the dates that are dealt out.
    gone = sample_of(df.drop(df.index[[0, 17]]))
    deal = deal_of(gone)
    assert deal is not None
    again = deal.dealt(gone, 0, np.random.default_rng(1)).matrix()
    assert (again.unit.codes == gone.matrix().unit.codes).all()
    dates = [
        np.unique(m.cohort[m.unit.codes == u]) for m in (gone.matrix(), again) for u in range(12)
    ]
    assert all(len(d) == 1 for d in dates)
    assert sorted(np.concatenate(dates[:12])) == sorted(np.concatenate(dates[12:]))
    assert dates[:12] != dates[12:]


def one_place(seed: int = 1, effect: float = 5.0) -> Sample:
    rng = np.random.default_rng(seed)
    units, periods = 13, 12
    factor = np.cumsum(rng.standard_normal(periods))
    level = rng.uniform(0.5, 1.5, units)
    rows = [
        {"u": u, "t": t, "d": float(u == 4 and t >= 8), "y": 10 + level[u] * factor[t] + noise}
        for u in range(units)
        for t, noise in enumerate(0.2 * rng.standard_normal(periods))
    ]
    df = pd.DataFrame(rows)
    df["y"] += effect * df["d"]
    return Sample.from_frame(
        df, design="synthetic_control", outcome="y", unit="u", period="t", treatment="d"
    )


def test_where_one_place_is_served_every_other_one_has_its_turn() -> None:
    sample = one_place()
    known = planned_by("synthetic-control", sample)
    found = checked("placebo-treatment", sample, known, draws=20)
    table = found.parts["draws"]
    assert len(table) == 12
    rows = sample.matrix()
    expected = []
    for unit in sorted(set(range(13)) - {4}):
        d = ((rows.unit.codes == unit) & (rows.period.codes >= 8)).astype(float)
        df = sample.to_frame().assign(d=d)
        other = Sample.from_frame(
            df, design="synthetic_control", outcome="y", unit="u", period="t", treatment="d"
        )
        expected.append(known.again(other, "x").effect.value)
    assert sorted(table["effect"]) == pytest.approx(sorted(expected), abs=1e-9)


@dataclass(frozen=True)
class StaleWeights:
    """Weights by a score that is kept from the planned data: what a refuter must not do."""

    name: ClassVar[str] = "stale"
    card: ClassVar[MethodCard] = ie.estimator("difference-in-means").card
    kept: Any = None

    def estimate(
        self, sample: Any, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        rows = sample.matrix()
        # The true chance of being served on the data of this module.
        score = 1.0 / (1.0 + np.exp(-rows.X[:, 0])) if self.kept is None else self.kept
        d, y = rows.treatment == 1.0, rows.y
        w = np.where(d, 1.0 / score, 1.0 / (1.0 - score))
        observed = float(np.average(y[d], weights=w[d]))
        other = float(np.average(y[~d], weights=w[~d]))
        found = ie.estimator("difference-in-means").estimate(sample, scale=scale, rng=rng)
        law = replace(found.effect.distribution, centre=observed - other)
        return replace(
            found,
            estimator=self.name,
            effect=replace(found.effect, value=observed - other, distribution=law),
            observed=observed,
            counterfactual=other,
            influence=None,
            parts=type(found.parts)({}),
        )


def test_a_stale_score_is_caught_and_a_fresh_one_is_not() -> None:
    sample = cross(people(3, n=2000, effect=0.0))
    stale = StaleWeights()
    found = checked("placebo-treatment", sample, planned_by(stale, sample), limit=0.1)
    # By a score that the placebo did not follow, x averages E[x/e]/E[1/e] among those served and the
    # opposite among the others. With 1/e = 1 + exp(-x) and x normal that is -sqrt(e)/(1 + sqrt(e)).
    assert found.status.value == "failed"
    wrong = 2.0 * np.sqrt(np.e) / (1.0 + np.sqrt(np.e))
    assert found.statistic == pytest.approx(wrong, abs=0.15)
    assert found.parts["summary"]["mean"][0] < 0.0
    for honest in ("lin", "ancova", "difference-in-means"):
        known = planned_by(honest, sample, fast=True)
        fresh = checked("placebo-treatment", sample, known, limit=0.1)
        assert fresh.status.value == "passed", honest
        assert fresh.chance_sound_fails < 1e-6


# --- covariates of pure chance --------------------------------------------------------------------


def test_a_covariate_of_chance_moves_least_squares_as_theory_says() -> None:
    moves, expected = [], []
    for seed in range(6):
        sample = cross(people(seed, n=400))
        known = planned_by("lin", sample, fast=True)
        found = checked("random-common-cause", sample, known, covariates=3)
        moves.append(found.statistic)
        expected.append(found.expected)
    # The mean of 6 root mean squares of 100 draws; each varies by about 8%.
    assert np.mean(moves) == pytest.approx(np.mean(expected), rel=0.12)
    assert found.expected == pytest.approx(
        planned_by("lin", sample).estimate.effect.std_error * np.sqrt(3 / 400)
    )
    assert len(found.reruns) == 100
    assert all(run.drawn for run in found.reruns)
    # Each is formed when it is asked for, and is the number that was found at once.
    assert found.reruns[7].found().effect.value == pytest.approx(found.parts["draws"]["effect"][7])


def test_a_method_that_breaks_down_under_one_more_covariate_is_found() -> None:
    thin = cross(people(1, n=14))
    known = planned_by("lin", thin)
    limit = known.estimate.effect.std_error * 0.25
    found = checked("random-common-cause", thin, known, limit=limit, covariates=2)
    assert found.status.value == "failed"
    sound = cross(people(1, n=400))
    known = planned_by("lin", sound)
    limit = known.estimate.effect.std_error * 0.25
    assert checked("random-common-cause", sound, known, limit=limit).status.value == "passed"


def test_methods_without_covariates_are_not_asked() -> None:
    sample = cross(people())
    found = checked("random-common-cause", sample, planned_by("difference-in-means", sample))
    assert found.status.value == "not_applicable"
    assert "does not look at covariates" in fill(found.explanation, "en")


# --- parts of the data, and data drawn again ------------------------------------------------------


def test_parts_are_estimated_as_samples_of_their_own() -> None:
    df = people(n=60)
    sample = cross(df)
    known = planned_by("lin", sample)
    found = checked("subset-stability", sample, known, draws=20)
    places = drawn_places(sample)
    seeds = np.random.default_rng(1).bit_generator.seed_seq.spawn(20)
    for k in (0, 19):
        kept = places.share(0.8, np.random.default_rng(seeds[k]))
        part = df[kept]
        # Four fifths of each arm, as the trial fixed their sizes.
        assert part["d"].sum() == round(0.8 * df["d"].sum())
        assert (1 - part["d"]).sum() == round(0.8 * (1 - df["d"]).sum())
        alone = planned_by("lin", cross(part)).estimate.effect
        assert found.reruns[k].found().effect.value == pytest.approx(alone.value)
        assert found.reruns[k].found().effect.std_error == pytest.approx(alone.std_error)
    effects = found.parts["draws"]["effect"]
    whole = known.estimate.effect
    assert found.statistic == pytest.approx(np.sqrt(np.mean((effects - whole.value) ** 2)))
    share = (round(0.8 * df["d"].sum()) + round(0.8 * (1 - df["d"]).sum())) / 60
    assert found.expected == pytest.approx(whole.std_error * np.sqrt((1 - share) / share))


def test_a_copy_is_a_unit_of_its_own() -> None:
    df = people(n=40, c=np.repeat(np.arange(8), 5))
    picked = np.array([3, 3, 0, 7])
    sample = cross(df, design="matched", cluster="c")
    drawn = resampled(sample, sample.matrix().cluster.codes, picked)
    byhand = pd.concat([df[df["c"] == c].assign(copy=k) for k, c in enumerate(picked)])
    byhand = byhand.assign(who=np.arange(20), c=byhand["copy"])
    alone = cross(byhand, design="matched", cluster="c")
    mine, theirs = drawn.matrix(), alone.matrix()
    assert mine.y.tolist() == theirs.y.tolist()
    assert mine.cluster.codes.tolist() == theirs.cluster.codes.tolist()
    assert len(mine.unit.labels) == 20
    with_periods = sample_of(panel(1, {None: 4, 2: 3}))
    rows = with_periods.matrix()
    twice = resampled(with_periods, rows.unit.codes, np.array([5, 1, 5])).matrix()
    assert twice.period.codes.tolist() == rows.period.codes[rows.unit.codes == 0].tolist() * 3
    assert twice.y.tolist() == [y for u in (5, 1, 5) for y in rows.y[rows.unit.codes == u]]
    assert twice.unit.codes.tolist() == np.repeat([0, 1, 2], len(rows.period.labels)).tolist()


def test_the_bootstrap_agrees_with_the_stated_error_where_that_is_right() -> None:
    sample = cross(people(2, n=300))
    for name in ("lin", "difference-in-means"):
        known = planned_by(name, sample, fast=True)
        found = checked("bootstrap", sample, known, draws=400)
        error = known.estimate.effect.std_error
        assert found.expected == error
        # A standard deviation of 400 draws varies by 3.5%.
        assert found.statistic == pytest.approx(error, rel=0.1)
        table = found.parts["draws"]["effect"]
        assert found.statistic == pytest.approx(table.std())


def test_an_error_that_is_too_small_is_caught() -> None:
    """People of one place fare alike, and the method was not told."""
    rng = np.random.default_rng(5)
    place = np.repeat(np.arange(40), 10)
    df = pd.DataFrame({"who": np.arange(400), "c": place, "d": (place % 2).astype(float)})
    df["y"] = rng.standard_normal(40)[place] + 0.3 * rng.standard_normal(400)

    class Careless:
        """Takes people for independent of each other, whatever the sample says."""

        name, card = "difference-in-means", ie.estimator("difference-in-means").card

        def estimate(self, sample: Any, *, scale: Scale, rng: Any) -> CounterfactualEstimate:
            rows = sample.matrix()
            plain = pd.DataFrame({"d": rows.treatment, "y": rows.y})
            alone = Sample.from_frame(plain, design="rct", outcome="y", treatment="d")
            return ie.estimator("difference-in-means").estimate(alone, scale=scale, rng=rng)

    sample = cross(df, cluster="c", covariates=[])
    careless, careful = planned_by(Careless(), sample), planned_by("cluster-randomised", sample)
    for name, factor in (("bootstrap", 1.0), ("subset-stability", 0.5)):
        for known, status in ((careless, "failed"), (careful, "passed")):
            limit = 1.4 * factor * known.estimate.effect.std_error
            found = checked(name, sample, known, limit=limit, draws=40)
            assert found.status.value == status, (name, found.statistic, limit)
            assert found.chance_sound_fails < 1e-3


def test_sound_studies_fail_as_often_as_is_said() -> None:
    fails: dict[str, list[bool]] = {"bootstrap": [], "subset-stability": []}
    for seed in range(100):
        sample = cross(people(seed, n=200))
        known = planned_by("difference-in-means", sample, fast=True)
        for name, factor in (("bootstrap", 1.0), ("subset-stability", 0.5)):
            limit = factor * known.estimate.effect.std_error * 1.05
            found = checked(name, sample, known, seed, limit=limit, draws=50)
            fails[name].append(found.status.value == "failed")
            # The chance that chi-squared exceeds 1.05 squared: 0.27 at 50 draws.
            assert found.chance_sound_fails == pytest.approx(0.28, abs=0.02)
    for name, each in fails.items():
        # 100 studies: 2.6 standard errors of a share of 0.28 are 0.12.
        assert np.mean(each) == pytest.approx(0.28, abs=0.12), name


# --- every design ---------------------------------------------------------------------------------


def samples() -> dict[str, tuple[Sample, str]]:
    clustered = people(4, n=120, c=np.repeat(np.arange(30), 4))
    clustered["d"] = (clustered["c"] % 2).astype(float)
    return {
        "rct": (cross(people(4)), "ancova"),
        "rct, clusters": (
            cross(clustered, assignment_cluster="c", covariates=[]),
            "cluster-randomised",
        ),
        "did": (sample_of(panel(4, {None: 20, 2: 15})), "difference-in-differences"),
        "roll-out": (sample_of(panel(4, {None: 14, 2: 8, 4: 8})), "callaway-santanna"),
        "one place": (one_place(), "synthetic-control"),
    }


@pytest.mark.parametrize("design", ["rct", "rct, clusters", "did", "roll-out", "one place"])
@pytest.mark.parametrize("name", REFUTERS)
def test_every_design_is_answered_or_told_why_not(design: str, name: str) -> None:
    sample, estimator = samples()[design]
    known = planned_by(estimator, sample)
    found = checked(name, sample, known, draws=20, limit=1e6)
    refused = {
        ("one place", "random-common-cause"): "does not look at covariates",
        ("one place", "bootstrap"): "Fewer than five",
        ("one place", "subset-stability"): "Fewer than five",
    }
    said = fill(found.explanation, "en")
    if (design, name) in refused:
        assert found.status.value == "not_applicable"
        assert refused[design, name] in said
        return
    assert found.status.value == "passed", said
    assert fill(found.explanation, "fr") != said
    error = known.estimate.effect.std_error
    if name in ("bootstrap", "subset-stability"):
        # Twenty draws of small samples: the order of magnitude is right.
        assert 0.4 < found.statistic / found.expected < 2.0
        assert found.expected == pytest.approx(
            error if name == "bootstrap" else error / 2, rel=0.05
        )
    if name == "placebo-treatment" and design != "one place":
        assert found.statistic < 4.0 * found.expected


@pytest.mark.parametrize(
    ("estimator", "make"),
    [
        ("difference-in-means", lambda: cross(people(7, n=150))),
        ("lin", lambda: cross(people(7, n=150))),
        ("ancova", lambda: cross(people(7, n=150))),
        ("difference-in-differences", lambda: sample_of(panel(7, {None: 16, 2: 12}))),
        ("two-way-fixed-effects", lambda: sample_of(panel(7, {None: 16, 2: 12}))),
        ("imputation", lambda: sample_of(panel(7, {None: 16, 2: 8, 4: 8}))),
        ("callaway-santanna", lambda: sample_of(panel(7, {None: 16, 2: 8, 4: 8}))),
        ("sun-abraham", lambda: sample_of(panel(7, {None: 16, 2: 8, 4: 8}))),
    ],
)
def test_placebo_effects_are_centred_on_zero(estimator: str, make: Callable[[], Sample]) -> None:
    sample = make()
    found = checked("placebo-treatment", sample, planned_by(estimator, sample), draws=60)
    (summary,) = found.parts["summary"].to_dict("records")
    assert summary["draws"] == 60
    # Within 3 Monte Carlo standard errors of zero, whatever the true effect.
    assert abs(summary["mean"]) < 3.0 * summary["sd"] / np.sqrt(60)


def test_totals_are_judged_as_averages_and_not_decided_again() -> None:
    sample = cross(people())
    known = planned_by("lin", sample, Scale.TOTAL, fast=True)
    mean = planned_by("lin", sample, fast=True)
    for name in REFUTERS:
        found, plain = checked(name, sample, known), checked(name, sample, mean)
        assert found.statistic == pytest.approx(plain.statistic)
        assert not found.reruns


def test_relative_effects_are_judged_on_their_scale() -> None:
    df = people()
    sample = cross(df.assign(y=df["y"] + 10.0))
    found = checked("bootstrap", sample, planned_by("lin", sample, Scale.RELATIVE))
    assert found.statistic == pytest.approx(found.expected, rel=0.35)
    assert found.reruns[0].found().scale is Scale.RELATIVE


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_results_do_not_depend_on_workers(backend: str) -> None:
    sample = cross(people(n=60))
    for name in ("bootstrap",) if backend == "loky" else ("placebo-treatment", "bootstrap"):
        alone = checked(name, sample, planned_by("lin", sample), draws=20)
        with joblib.parallel_config(backend=backend, n_jobs=2):
            shared = checked(name, sample, planned_by("lin", sample), draws=20)
        assert shared.parts["draws"].equals(alone.parts["draws"])
        assert shared.statistic == alone.statistic


def test_what_cannot_be_asked_is_said() -> None:
    sample = cross(people(n=40))
    known = planned_by("lin", sample, fast=True)
    for name, wrong in (
        ("placebo-treatment", {"draws": 5}),
        ("bootstrap", {"draws": True}),
        ("random-common-cause", {"covariates": 0}),
        ("subset-stability", {"fraction": 1.0}),
        ("subset-stability", {"share": 0.5}),
    ):
        with pytest.raises(UsageError, match=f"{next(iter(wrong))}"):
            checked(name, sample, known, **wrong)
    with pytest.raises(UsageError, match="needs the planned estimate"):
        run_diagnostic("bootstrap", sample)
    copies = cross(people(n=40, w=2.0), weight="w", weight_kind="frequency")
    found = checked("bootstrap", copies, planned_by("difference-in-means", copies))
    assert "stands for several people" in fill(found.explanation, "en")
    everybody = people(n=12, s=np.repeat([0, 1], 6))
    everybody["d"] = np.repeat([1.0, 0.0], 6)
    all_or_none = cross(everybody, stratum="s")
    known = planned_by("difference-in-means", cross(everybody))
    found = checked("placebo-treatment", all_or_none, known)
    assert "cannot be dealt out in another way" in fill(found.explanation, "en")
    none = replace(known, estimate=found.explanation)
    for name in REFUTERS:
        assert checked(name, sample, none).explanation == found.explanation


# --- the effects of many draws at once ------------------------------------------------------------


@pytest.mark.parametrize(
    "estimator",
    [
        "difference-in-means",
        "ancova",
        "lin",
        ie.estimator("inverse-probability"),
        ie.estimator("inverse-probability", estimand="ate"),
        "overlap-weighting",
    ],
    ids=str,
)
@pytest.mark.parametrize("scale", [Scale.DIFFERENCE, Scale.RELATIVE])
def test_effects_at_once_are_those_of_each_draw(estimator: Any, scale: Scale) -> None:
    df = people(n=80)
    sample = cross(df.assign(y=df["y"] + 10.0))
    slow = planned_by(estimator, sample, scale)
    fast = planned_by(estimator, sample, scale, fast=True)
    assert fast.effects is not None
    for name in REFUTERS:
        each, at_once = (checked(name, sample, known, draws=20) for known in (slow, fast))
        assert at_once.status == each.status
        if each.statistic is None:
            continue
        for a, b in zip(
            each.parts["draws"]["effect"], at_once.parts["draws"]["effect"], strict=True
        ):
            assert b == pytest.approx(a, rel=1e-9)
        assert at_once.explanation.key == each.explanation.key


def test_what_is_not_for_it_is_estimated_draw_by_draw() -> None:
    from impacteval.plugin import Draws

    df = people(n=60, s=np.repeat([0, 1], 30), w=1.5)
    draws = Draws(counts=np.ones((3, 60)))
    lin = ie.estimator("lin")
    for sample in (cross(df, stratum="s"), cross(df, weight="w"), cross(df, exposure="w")):
        assert lin.redrawn(sample, draws, scale=Scale.DIFFERENCE) is None
    plain = cross(df)
    assert lin.redrawn(plain, draws, scale=Scale.TOTAL) is None
    twin = cross(df.assign(z=2.0 * df["x"]))
    assert lin.redrawn(twin, draws, scale=Scale.DIFFERENCE) is None
    whole = lin.estimate(plain, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)).effect.value
    assert lin.redrawn(plain, draws, scale=Scale.DIFFERENCE) == pytest.approx([whole] * 3)
    one = np.zeros(60)
    one[np.flatnonzero(df["d"])[:1]] = 1.0
    one[np.flatnonzero(df["d"] == 0)] = 1.0
    means = ie.estimator("difference-in-means")
    alone = means.redrawn(plain, Draws(counts=one[None, :]), scale=Scale.DIFFERENCE)
    assert np.isnan(alone).all()
