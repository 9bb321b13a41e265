"""The full engine: the registered estimator on drawn data, question by question."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from assumed_studies import KINDS, contract, full, normal, scenario
from scipy import stats

from impacteval.contract import load_contract
from impacteval.contract.units import scale_of
from impacteval.errors import PluginError, UsageError
from impacteval.simulation import full as engine_module
from impacteval.simulation.assumed import Assumed
from impacteval.simulation.engine import Answers, asked_of
from impacteval.simulation.full import FullEngine
from impacteval.simulation.laws import families, measure_of
from impacteval.simulation.registered import Method
from impacteval.values import Confidence, LowerBound, PointEstimate, PValue, Scale

BOUND = LowerBound(Decimal("0.90"), "one")
POINT = PointEstimate()
GROUPS = {"a": {"people": 30}, "b": {"people": 45}}


def _same(one: Answers, other: Answers, tolerance: float = 1e-8) -> None:
    assert one.keys() == other.keys()
    for key, answers in one.items():
        assert answers.keys() == other[key].keys()
        for question, values in answers.items():
            assert values == pytest.approx(
                other[key][question], rel=tolerance, abs=tolerance, nan_ok=True
            )


# --- the effect that is asked for is the population's -----------------------------------------


@pytest.mark.parametrize(
    ("effect", "true", "kind"),
    [
        ("difference", 0.2, "normal"),
        ("difference", 0.2, "binary"),
        ("difference", 0.2, "count"),
        ("relative_reduction_percent", 12.5, "binary"),
        ("relative_reduction_percent", 12.5, "count"),
        ("relative_increase_percent", 12.5, "count"),
        ("total_units", 4.0, "binary"),
        ("total_units", 4.0, "normal"),
        ("difference_in_sd", 0.3, "normal"),
        ("difference_in_sd", 0.3, "binary"),
    ],
)
def test_the_effect_of_the_populations_is_exactly_the_one_given(
    effect: str, true: float, kind: str
) -> None:
    agreed = contract(effect)
    assumed = scenario(agreed, {"people": 50, "comparison": 80, **KINDS[kind]}, effects=str(true))
    own = assumed.numbers["y", "all"]
    measure = measure_of(own, true)
    low, high = measure.before.mean, measure.after.mean
    raw = {
        Scale.DIFFERENCE: high - low,
        Scale.RELATIVE: high / low - 1.0,
        Scale.TOTAL: 50 * (high - low),
        Scale.STANDARDISED: (high - low) / measure.before.sd,
    }[scale_of(effect)]
    assert raw == pytest.approx(own.raw(true), rel=1e-12)


def test_a_probability_above_one_is_one_clear_error() -> None:
    agreed = contract("difference")
    assumed = scenario(agreed, {"people": 50, "comparison": 80, "kind": "binary", "baseline": 0.9})
    with pytest.raises(UsageError) as caught:
        families(assumed, 0.2)
    assert len(caught.value.problems) == 1
    assert "y: A probability of 1.1 lies outside 0 to 1." in str(caught.value)


# --- through the registered estimator ----------------------------------------------------------

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("difference", "normal", {}),
    ("relative_reduction_percent", "count", {}),
    ("difference_in_sd", "binary", {}),
    ("total_units", "count", {}),
    ("difference", "binary", {"clusters": 8, "icc": 0.1, "cluster_cv": 0.4}),
    ("relative_increase_percent", "normal", {"clusters": 7, "icc": 0.2}),
]


@pytest.mark.parametrize(("effect", "kind", "more"), CASES)
@pytest.mark.parametrize("grouped", [False, True])
def test_the_engine_answers_what_the_registered_estimator_answers(
    effect: str, kind: str, more: Mapping[str, Any], grouped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreed = contract(effect, groups=GROUPS if grouped else None)
    sizes = {"comparison": 60} if grouped else {"people": 40, "comparison": 60}
    assumed = scenario(agreed, {**sizes, **KINDS[kind], **more})
    fast = full(assumed, draws=25)
    monkeypatch.setattr(engine_module._Part, "_fast", lambda self: None)
    _same(fast, full(assumed, draws=25))


def test_people_compared_with_every_group_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, effect in (("normal", "difference"), ("count", "relative_reduction_percent")):
        agreed = contract(effect, groups=GROUPS)
        assumed = scenario(agreed, {"comparison": 60, **KINDS[kind], "correlation.groups": 0.25})
        family = families(assumed, 0.0)[0]
        assert family.shared > 0
        with monkeypatch.context() as patched:
            fast = full(assumed, draws=25)
            patched.setattr(engine_module._Part, "_fast", lambda self: None)
            _same(fast, full(assumed, draws=25))
        many = full(assumed, draws=10_000, checked=0)
        found = np.corrcoef(many["y", "a"][POINT], many["y", "b"][POINT])[0, 1]
        # Monte Carlo error of a correlation: 0.007.
        assert found == pytest.approx(0.25, abs=0.025)


def test_outcomes_of_the_same_people_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    agreed = contract(outcomes=("y", "z"))
    settings: dict[str, Any] = {"people": 20, "comparison": 30, **KINDS["normal"]}
    settings |= {f"z.{k}": v for k, v in settings.items() if "." not in k}
    settings |= {"z.kind": "count", "z.baseline": 2, "z.variance_over_mean": 2}
    settings = {k: v for k, v in settings.items() if k != "z.sd"}
    named = scenario_with_held(agreed, settings, {"z": "0"}, between=0.4)
    found = full(named, draws=20_000, checked=2)
    together = np.corrcoef(found["y", "all"][POINT], found["z", "all"][POINT])[0, 1]
    assert together == pytest.approx(0.4, abs=0.025)


def scenario_with_held(
    agreed: Any, settings: Mapping[str, Any], held: Mapping[str, str], between: float
) -> Any:
    from impacteval.simulation.scenario import scenario_of
    from impacteval.simulation.scenario_file import with_settings

    named = {(k if "." in k else f"y.{k}"): str(v) for k, v in settings.items()}
    named["correlation.outcomes"] = str(between)
    return scenario_of(agreed, with_settings(None, named, held, effects="0"))


def test_another_estimator_runs_by_its_name() -> None:
    agreed = contract("difference")
    assumed = scenario(agreed, {"people": 40, "comparison": 60, **KINDS["normal"]})
    plain = full(assumed, draws=60)["y", "all"]
    adjusted = full(assumed, draws=60, methods={"y": Method("lin")}, known={"y": 0.6})["y", "all"]
    # A covariate that explains 60% takes 37% off the scatter.
    ratio = adjusted[POINT].std() / plain[POINT].std()
    assert 0.45 < ratio < 0.85
    with pytest.raises(UsageError, match="'lin' has no answer on any simulated study of 'y'"):
        full(assumed, draws=3, methods={"y": Method("lin")})


def test_formulas_that_differ_from_the_estimator_end_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agreed = contract("difference")
    assumed = scenario(agreed, {"people": 40, "comparison": 60, **KINDS["normal"]})
    right = engine_module.from_moments

    def wrong(*given: Any) -> Any:
        found = right(*given)
        return replace(found, std_error=found.std_error * (1.0 + 1e-9))

    monkeypatch.setattr(engine_module, "from_moments", wrong)
    with pytest.raises(PluginError, match=r"differ on simulated study 1 of 'y'.*std_error"):
        full(assumed, draws=3)


def test_too_few_treated_places_leave_only_the_estimate() -> None:
    settings = {"people": 50, "comparison": 80, **KINDS["normal"], "clusters": 5, "icc": 0.1}
    few = full(scenario(contract(), settings), draws=5)["y", "all"]
    assert not np.isnan(few[POINT]).any()
    assert all(np.isnan(v).all() for q, v in few.items() if q != POINT)
    named = full(scenario(contract(method="difference-in-means"), settings), draws=5)["y", "all"]
    assert not any(np.isnan(v).any() for v in named.values())


def test_the_same_seed_gives_the_same_answers_and_outcomes_do_not_disturb_each_other() -> None:
    settings = {"people": 12, "comparison": 20, **KINDS["count"]}
    alone = scenario(contract("relative_reduction_percent"), settings)
    both = scenario_with_held(
        contract("relative_reduction_percent", outcomes=("a", "y")),
        {**settings, **{f"a.{k}": v for k, v in settings.items()}},
        {"a": "0"},
        0.0,
    )
    one, again, beside = (full(s, draws=50)["y", "all"] for s in (alone, alone, both))
    other = full(alone, draws=50, seed=2)["y", "all"]
    for question, values in one.items():
        assert values.tobytes() == again[question].tobytes()
        assert values.tobytes() == beside[question].tobytes()
    assert one[POINT].tobytes() != other[POINT].tobytes()


def test_how_many_studies_are_drawn_together_bounds_memory() -> None:
    agreed = contract("difference")
    large = scenario(agreed, {"people": 4000, "comparison": 6000, **KINDS["normal"]})
    family = families(large, 0.0)[0]
    assert family.together == 200
    sizes = [len(next(iter(part.values()))) for part in family.draw(1, 450)]
    assert sizes == [200, 200, 50]


# --- what cannot be drawn ----------------------------------------------------------------------


def _problems(agreed: Any, settings: Mapping[str, Any]) -> str:
    with pytest.raises(UsageError) as caught:
        full(scenario(agreed, settings), draws=2)
    return str(caught.value)


def test_what_cannot_be_drawn_is_said_with_what_to_do() -> None:
    sizes = {"people": 30, "comparison": 60, **KINDS["normal"]}
    assert "does not say what data to draw" in _problems(contract(), {"std_error": 1})
    over_time = contract(design="difference_in_differences")
    assert "compares over time" in _problems(over_time, sizes)
    nobody = contract(design="historical_baseline")
    assert "needs people to compare with" in _problems(nobody, {"people": 30, **KINDS["normal"]})
    counts = {"people": 30, "comparison": 60, "kind": "count", "baseline": 0.01}
    said = _problems(contract(), {**counts, "variance_over_mean": 1, "clusters": 5, "icc": 0.9})
    assert "cannot have a correlation of 0.9: at most" in said
    combined = {"combine": {"rct": "0.8", "difference_in_differences": "0.2"}}
    rule = {**combined, "then": "point_estimate"}
    assert "combines the estimates of several designs" in _problems(contract(decide_on=rule), sizes)
    groups = {"comparison": 60, **KINDS["normal"], "correlation.groups": 0.9}
    assert "a correlation from 0 to 0." in _problems(contract(groups=GROUPS), groups)
    assert "not drawn for people in clusters" in _problems(
        contract(groups=GROUPS),
        {**groups, "correlation.groups": 0.1, "clusters": 6, "icc": 0.1},
    )


def test_an_estimator_for_data_over_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from impacteval.registry import entry

    card = replace(entry("difference-in-means").cls.card, designs=("did",))
    monkeypatch.setattr(entry("difference-in-means").cls, "card", card)
    with pytest.raises(UsageError, match="needs data of the design did"):
        Method().design()


# --- known answers -----------------------------------------------------------------------------


def _near(found: float, expected: float, draws: int, sigmas: float = 4.0) -> None:
    error = math.sqrt(max(expected * (1.0 - expected), 1.0 / draws) / draws)
    assert abs(found - expected) <= sigmas * error, (found, expected, error)


@pytest.mark.parametrize(("people", "comparison"), [(6, 6), (15, 15), (200, 200)])
@pytest.mark.parametrize("away", [0.0, 1.0, 2.0])
def test_normal_outcomes_agree_with_the_closed_form(
    people: int, comparison: int, away: float
) -> None:
    """Point rule: normal. Bound: noncentral t, which equal arms follow but for Welch's rounding."""
    draws = 40_000 if people < 100 else 10_000
    error = 4.0 * math.sqrt(1 / people + 1 / comparison)
    threshold, effect = round(error, 6), round(away * error, 6)
    agreed = contract(threshold=str(threshold))
    settings = {"people": people, "comparison": comparison, **KINDS["normal"]}
    assumed = scenario(agreed, settings, effects=str(effect))
    found = full(assumed, effect, draws, checked=2)["y", "all"]
    point = stats.norm.sf((threshold - effect) / error)
    _near(float((found[POINT] >= threshold).mean()), float(point), draws)
    df = people + comparison - 2
    bound = stats.nct.sf(stats.t.ppf(0.9, df), df, (effect - threshold) / error)
    # Welch's degrees of freedom fall below n1 + n0 - 2 by chance: with six people an arm the
    # bound is met up to 0.6 points less often, with fifteen 0.2, with two hundred not measurably.
    slack = {6: 0.006, 15: 0.002, 200: 0.0}[people]
    got = float((found[BOUND] >= threshold).mean())
    assert abs(got - bound) <= slack + 4.0 * math.sqrt(bound * (1 - bound) / draws)
    # And the normal engine is where the closed form is.
    other = normal(assumed, effect, draws)["y", "all"]
    _near(float((other[POINT] >= threshold).mean()), float(point), draws)


def test_unequal_small_arms_are_told_apart() -> None:
    """Six people against eighteen: Welch's test is more careful than 22 degrees of freedom."""
    draws, error = 40_000, 4.0 * math.sqrt(1 / 6 + 1 / 18)
    effect = round(2.0 * error, 6)
    settings = {"people": 6, "comparison": 18, **KINDS["normal"]}
    assumed = scenario(contract(), settings, effects=str(effect))
    found = full(assumed, effect, draws, checked=2)["y", "all"][PValue("two")]
    # Against a t test of 22 degrees of freedom, whose power is a noncentral t: 48.2%.
    t = stats.t.ppf(0.975, 22)
    closed = stats.nct.sf(t, 22, 2.0) + stats.nct.cdf(-t, 22, 2.0)
    assert 0.03 < closed - float((found <= 0.05).mean()) < 0.07


def test_at_a_threshold_equal_to_the_truth_the_point_rule_pays_half_the_time() -> None:
    settings = {"people": 30, "comparison": 30, **KINDS["normal"]}
    draws = 40_000
    found = full(scenario(contract(), settings, effects="1"), 1.0, draws, checked=2)["y", "all"]
    _near(float((found[POINT] >= 1.0).mean()), 0.5, draws)


def test_a_floor_at_zero_pays_two_fifths_of_a_standard_error_when_nothing_works() -> None:
    settings = {"people": 30, "comparison": 30, **KINDS["normal"]}
    draws = 40_000
    found = full(scenario(contract(), settings), 0.0, draws, checked=2)["y", "all"][POINT]
    error = 4.0 * math.sqrt(2 / 30)
    paid = np.maximum(found, 0.0).mean() / error
    # 1 / sqrt(2 pi) = 0.3989; the standard deviation of what is paid is 0.584.
    assert paid == pytest.approx(1 / math.sqrt(2 * math.pi), abs=4 * 0.584 / math.sqrt(draws))


def test_counts_and_shares_tie_with_a_threshold() -> None:
    """20 against 20 people: a difference of 0.1 exactly is two more, and happens often."""
    settings = {"people": 20, "comparison": 20, "kind": "binary", "baseline": 0.4}
    draws = 40_000
    found = full(scenario(contract(threshold="0.1"), settings), 0.0, draws)["y", "all"][POINT]
    one = stats.binom.pmf(np.arange(21), 20, 0.4)
    expected = float(sum(one[k + 2] * one[k] for k in range(19)))
    _near(float((found == 0.1).mean()), expected, draws)
    _near(float((found >= 0.1).mean()), float(np.convolve(one, one[::-1])[22:].sum()), draws)


# REFERENCES of the field: 936 men served, ten compared with each, 1.55 reconvictions each in a
# year, variance three times the mean (the Peterborough bond, Jolliffe and Hedderman 2014 for the
# sizes and the rate; the ratio is assumed).
PETERBOROUGH = {
    "people": "936",
    "comparison": "9360",
    "kind": "count",
    "baseline": "1.55",
    "variance_over_mean": "3",
}


def _triggers(effect: float, draws: int, seed: int) -> dict[str, float]:
    agreed = load_contract("studies/bonds/peterborough")
    named = {f"reconvictions.{k}": v for k, v in PETERBOROUGH.items()}
    assumed = scenario(agreed, named, effects=str(effect))
    asked = asked_of(agreed)
    rng = np.random.default_rng(seed)
    answers = FullEngine(checked=2)(assumed, effect, asked, rng, draws)
    one, two, both = (
        answers["reconvictions", g][POINT] for g in ("cohort_1", "cohort_2", "pooled")
    )
    either = (one >= 10) | (two >= 10)
    return {
        "one": float(np.concatenate([one >= 10, two >= 10]).mean()),
        "either": float(either.mean()),
        "pooled": float((both >= 7.5).mean()),
        "any": float((either | (both >= 7.5)).mean()),
    }


def test_false_payment_of_a_bond_like_peterborough() -> None:
    """1.6% one cohort, 3.1% either, 1.1% pooled, 3.5% any, by simulation."""
    draws = 20_000
    found = _triggers(0.0, draws, seed=3)
    for name, expected in (("one", 0.016), ("either", 0.031), ("pooled", 0.011), ("any", 0.035)):
        # Printed to a tenth of a percent: half of that besides the Monte Carlo error.
        error = math.sqrt(expected * (1 - expected) / draws)
        assert abs(found[name] - expected) <= 0.0005 + 4 * error, (name, found[name])


def test_at_a_true_threshold_the_pooled_trigger_pays_half_the_time() -> None:
    draws = 5_000
    _near(_triggers(7.5, draws, seed=4)["pooled"], 0.5, draws)


def test_a_held_effect_is_drawn_as_held() -> None:
    agreed = contract("difference", outcomes=("y", "z"))
    settings = {"people": 200, "comparison": 200, **KINDS["normal"]}
    settings |= {f"z.{k}": v for k, v in settings.items()}
    held = scenario_with_held(agreed, settings, {"z": "3"}, 0.0)
    found = full(held, 0.0, 2_000, checked=2)
    error = 0.4 / math.sqrt(2_000)
    assert found["z", "all"][POINT].mean() == pytest.approx(3.0, abs=5 * error)
    assert found["y", "all"][POINT].mean() == pytest.approx(0.0, abs=5 * error)


def test_a_confidence_at_the_truth_is_uniform() -> None:
    settings = {"people": 40, "comparison": 40, **KINDS["normal"]}
    assumed = scenario(contract(), settings, effects="1")
    found = full(assumed, 1.0, 20_000, checked=2)["y", "all"]
    question = next(q for q in found if isinstance(q, Confidence))
    assert stats.kstest(found[question], "uniform").pvalue > 1e-3


def test_an_assumption_without_a_spread_is_a_normal_outcome_of_spread_one() -> None:
    bare = Assumed("y", "all", "difference", "higher", "rct", baseline=2.0)
    assert measure_of(bare, 0.5).after.mean == 2.5
