"""Settlements that judge everybody so far: against brute force, closed forms and the decimals.

The brute force here draws people, splits them over settlements and computes means with numpy; it
calls nothing of the package.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from impacteval.contract.money import NOT_PUBLISHED, add
from impacteval.contract.readings import Given
from impacteval.contract.settlement import Cumulative
from impacteval.contract.terms import price
from impacteval.errors import UsageError
from impacteval.pricing import KnownDraws
from impacteval.simulation import scenario_of, simulate
from impacteval.simulation.engine import asked_of
from impacteval.simulation.full import FullEngine
from impacteval.simulation.growth import at_settlement, new_at
from impacteval.simulation.normal import grow_normal
from impacteval.simulation.pilot import Pilot
from impacteval.simulation.record import to_json
from impacteval.simulation.scenario_file import with_settings
from impacteval.simulation.settle import settle
from impacteval.values import PointEstimate

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
sys.path.insert(0, str(Path(__file__).parents[1] / "pricing"))
from building import clause, groups, outcome
from building import make as _make
from generated import Readings, contracts, givens

SHARES = (0.25, 0.6, 1.0)
PEOPLE, COMPARED, SD = 60, 100, 20.0
SIZED = {"x.people": PEOPLE, "x.comparison": COMPARED, "x.sd": SD, "so_far": SHARES}


def make(payment, clawback=True, **changes):
    changes.setdefault("outcomes", {"x": outcome(better="higher", effect="difference")})
    return _make({**payment, "cumulative": {"clawback": clawback}}, **changes)


def linear(clawback=True, **more):
    term = {"name": "jobs", "outcome": "x", "per_unit": 1000, **more}
    return make({"linear": term}, clawback)


# --- brute force -------------------------------------------------------------------------------


def brute(effect, draws, seed=11):
    """Estimates and pooled standard errors at each settlement, shape (settlements, draws)."""
    rng = np.random.default_rng(seed)
    served = effect + SD * rng.standard_normal((draws, PEOPLE))
    compared = SD * rng.standard_normal((draws, COMPARED))
    values, errors, dfs = [], [], []
    for share in SHARES:
        a, b = round(PEOPLE * share), round(COMPARED * share)
        one, other = served[:, :a], compared[:, :b]
        df = a + b - 2
        squares = a * one.var(axis=1) + b * other.var(axis=1)
        values.append(one.mean(axis=1) - other.mean(axis=1))
        errors.append(np.sqrt(squares / df * (1 / a + 1 / b)))
        dfs.append(df)
    return np.array(values), np.array(errors), dfs


def paid_over_time(worth, clawback):
    """What each settlement pays when results are worth so much: the definition, one by one."""
    earlier = np.zeros(worth.shape[1])
    paid = []
    for each in worth:
        due = each - earlier if clawback else np.maximum(each - earlier, 0.0)
        paid.append(due)
        earlier = earlier + due
    return np.array(paid)


@pytest.mark.parametrize("engine", ["normal", "full"])
@pytest.mark.parametrize("clawback", [True, False])
@pytest.mark.parametrize("effect", [0.0, 4.0])
def test_money_over_growing_data_is_that_of_brute_force(engine, clawback, effect) -> None:
    n = 40_000
    values, _, _ = brute(effect, n)
    paid = paid_over_time(1000 * np.clip(values - 1, 0, 6), clawback)
    draws = 40_000 if engine == "normal" else 12_000
    contract = linear(clawback, above=1, ceiling=6000)
    at = simulate(
        contract, SIZED, effects=[effect], settlements=3, draws=draws, engine=engine
    ).found.own.at(effect)
    total = paid.sum(axis=0)

    def near(found, sample):
        error = sample.std() * math.sqrt(1 / n + 1 / draws)
        assert found == pytest.approx(sample.mean(), abs=4 * error + 1e-9)

    near(at.expected, total)
    near(at.paid, (total > 0).astype(float))
    for found, money in zip(at.settlements, paid, strict=True):
        near(found.expected, money)
        near(found.pays, (money > 0).astype(float))
        near(found.takes_back, (money < 0).astype(float))
    if clawback:
        assert at.beyond_last is None
    else:
        near(at.beyond_last, total - 1000 * np.clip(values[-1] - 1, 0, 6))
    assert at.low == pytest.approx(np.quantile(total, 0.05), abs=150)
    assert at.high == pytest.approx(np.quantile(total, 0.95), abs=150)


def test_lower_bounds_of_growing_data_are_those_of_brute_force() -> None:
    # The estimated errors of settlements go together too, and with how far estimates move.
    n, effect, level = 100_000, 6.0, 0.9
    values, errors, dfs = brute(effect, n)
    bounds = np.array(
        [v - stats.t.ppf(level, df) * e for v, e, df in zip(values, errors, dfs, strict=True)]
    )
    met = bounds >= 0
    contract = make(
        {"threshold": clause(0)},
        clawback=False,
        decide_on={"lower_bound": {"level": level, "sides": "one"}},
    )
    at = simulate(contract, SIZED, effects=[effect], settlements=3, draws=n).found.own.at(effect)
    wanted = met.any(axis=0).mean()
    assert at.paid == pytest.approx(wanted, abs=4 * math.sqrt(2 * wanted * (1 - wanted) / n))
    first = met[0].mean()
    assert at.settlements[0].pays == pytest.approx(first, abs=4 * math.sqrt(2 * 0.25 / n))
    assert at.clauses[0].met == pytest.approx(met[2].mean(), abs=4 * math.sqrt(2 * 0.25 / n))


def test_estimated_errors_grow_with_the_data_as_those_of_people_do() -> None:
    # Joint law of (estimate, estimated variance) over settlements, by covariances of all of them.
    n = 100_000
    values, errors, _ = brute(0.0, n)
    contract = make(
        {"threshold": clause(0)},
        decide_on={"lower_bound": {"level": 0.9, "sides": "one"}},
    )
    scenario = grown(contract, SIZED)
    asked = asked_of(contract)
    rngs = [np.random.default_rng([5, k]) for k in range(3)]
    bound = next(q for q in asked[0].questions if not isinstance(q, PointEstimate))
    found = list(grow_normal(scenario, 0.0, asked, rngs, n))
    point = next((q for q in asked[0].questions if isinstance(q, PointEstimate)), None)
    assert point is not None
    ours = np.array([a["x", "all"][point] for a in found])
    margins = np.array([a["x", "all"][point] - a["x", "all"][bound] for a in found])
    theirs = np.array(
        [
            e * stats.t.ppf(0.9, round(PEOPLE * s) + round(COMPARED * s) - 2)
            for e, s in zip(errors, SHARES, strict=True)
        ]
    )
    # Squares bring the errors' link with moves of the estimates into sight.
    mine = np.corrcoef(
        np.vstack([ours, margins, (ours[0] - ours[1]) ** 2, (ours[1] - ours[2]) ** 2])
    )
    brutes = np.corrcoef(
        np.vstack([values, theirs, (values[0] - values[1]) ** 2, (values[1] - values[2]) ** 2])
    )
    assert np.abs(mine - brutes).max() < 4 * math.sqrt(2 / n)


def grown(contract, settings_, settlements=3):
    said = with_settings(None, {k: str(v) for k, v in settings_.items()}, settlements=settlements)
    return scenario_of(contract, said)


# --- closed forms ------------------------------------------------------------------------------


@pytest.mark.parametrize("settlements", [2, 3, 5])
def test_the_chance_that_a_random_walk_is_ever_above_zero(settlements) -> None:
    # Sparre Andersen (1953): a symmetric walk of n steps stays below 0 with chance C(2n, n) / 4^n.
    found = simulate(
        linear(False), {"x.std_error": 4.6}, effects=[1], settlements=settlements, draws=100_000
    ).found
    never = math.comb(2 * settlements, settlements) / 4**settlements
    assert found.nothing.paid == pytest.approx(1 - never, abs=4 * math.sqrt(0.25 / 100_000))


@pytest.mark.parametrize("settlements", [2, 4])
def test_the_highest_total_of_a_random_walk(settlements) -> None:
    # Spitzer (1956): the mean of the highest of 0, S_1 .. S_n is the sum of E max(S_k, 0) / k, and
    # E max(S_k, 0) = s sqrt(k / n) / sqrt(2 pi) when S_n has standard deviation s.
    contract = _make(
        {
            "linear": {"name": "jobs", "outcome": "x", "per_unit": 1},
            "cumulative": {"clawback": False},
        },
        outcomes={"x": outcome(better="higher", effect="total_units")},
    )
    error = 500.0
    found = simulate(
        contract, {"x.std_error": error}, effects=[1], settlements=settlements, draws=100_000
    ).found
    wanted = sum(
        error * math.sqrt(k / settlements) / math.sqrt(2 * math.pi) / k
        for k in range(1, settlements + 1)
    )
    assert found.nothing.expected == pytest.approx(wanted, abs=4 * found.nothing.expected_error)


def test_a_total_is_in_part_there() -> None:
    contract = _make(
        {
            "linear": {"name": "jobs", "outcome": "x", "per_unit": 1, "floor": "none"},
            "cumulative": {"clawback": True},
        },
        outcomes={"x": outcome(better="higher", effect="total_units")},
    )
    scenario = {"x.people": 80, "x.comparison": 80, "x.sd": 10, "so_far": (0.25, 1)}
    for engine in ("normal", "full"):
        at = simulate(
            contract, scenario, effects=[400], settlements=2, draws=4000, engine=engine
        ).found.own.at(400.0)
        first, last = at.settlements
        assert first.expected == pytest.approx(100, abs=4 * 20 * 10 * math.sqrt(0.1 / 4000) + 4)
        assert first.expected + last.expected == pytest.approx(400, abs=8)


# --- each draw ---------------------------------------------------------------------------------


@given(
    st.integers(0, 2**32),
    st.integers(2, 6),
    st.booleans(),
    st.sampled_from([{}, {"above": 1, "ceiling": 6000}, {"ceiling": "777.77"}]),
)
@settings(max_examples=40, deadline=None)
def test_each_draw_is_the_last_result_or_the_best_so_far(seed, count, clawback, shape) -> None:
    rng = np.random.default_rng(seed)
    numbers = np.round(4 * rng.standard_normal((count, 50)), 2)
    contract = linear(clawback, **shape)
    reads = [lambda *_, x=x: KnownDraws(x) for x in numbers]
    found = settle(contract, reads, Given(), 50)
    top = float(shape["ceiling"]) if "ceiling" in shape else np.inf
    worth = np.clip(1000 * (numbers - shape.get("above", 0)), 0, top)
    wanted = worth[-1] if clawback else worth.max(axis=0)
    assert found.total.value.tolist() == pytest.approx(wanted.tolist(), abs=1e-9)
    assert (found.paid == (wanted > 0)).all()
    if not clawback:
        assert all((each.units >= 0).all() for each in found.each)


@given(
    contract=contracts(),
    brought=givens(),
    seed=st.integers(0, 2**31),
    count=st.integers(2, 4),
    known=st.booleans(),
    force=st.booleans(),
)
@settings(max_examples=120, deadline=None)
def test_settlements_come_to_the_cent_of_the_decimals(
    contract, brought, seed, count, known, force
) -> None:
    contract = cumulating(contract) if force else contract
    cumulative = contract.payment.cumulative
    draws = 6
    readings = [Readings(contract, brought, draws, seed + k, known) for k in range(count)]
    try:
        found = settle(contract, [r.arrays for r in readings], brought, draws)
    except UsageError:
        assume(False)
    order = list(contract.bounds)
    all_so_far = cumulative is not None and order.index("netting") < order.index("clawback")
    for k in range(draws):
        earlier, dues, totals = Decimal(0), [], []
        for t, each in enumerate(readings, start=1):
            times = t if all_so_far else 1
            others = {name: add([m] * times) for name, m in brought.other_money.items()}
            at = replace(brought, already_paid=earlier, other_money=others)
            settled = price(contract, each.one(k), at)
            dues.append(settled.due_now)
            totals.append(settled.total)
            earlier = add((earlier, settled.due_now))
            same(found.each[t - 1], k, settled.due_now)
        if cumulative is not None:
            whole = None if totals[-1] is None else add((*dues[:-1], totals[-1]))
        else:
            whole = None if None in totals else add(totals)
        same(found.total, k, whole)
        for layer, tranche in zip(found.tranches, settled.tranches, strict=True):
            same(layer.lost, k, tranche.lost)
            same(layer.repaid, k, tranche.repaid)


def cumulating(contract):
    """The same contract, cumulative."""
    if contract.payment.cumulative is not None:
        return contract
    back = contract.money_decimals == 2
    payment = contract.payment.model_copy(update={"cumulative": Cumulative(clawback=back)})
    return contract.model_copy(update={"payment": payment})


def same(money, k, amount) -> None:
    hidden = money.hidden is not None and bool(money.hidden[k])
    open_ = money.open is not None and bool(money.open[k])
    assert (open_, hidden) == (amount is None, amount is NOT_PUBLISHED)
    if isinstance(amount, Decimal):
        assert int(money.units[k]) == Fraction(amount) * 10**money.decimals


def test_with_clawback_the_money_is_that_of_the_last_settlement_alone() -> None:
    # The same luck for everybody's results, so the same money to the last digit.
    alone = simulate(linear(ceiling=9000), {"x.std_error": 4.6}, effects=[3]).found
    several = simulate(
        linear(ceiling=9000), {"x.std_error": 4.6, "so_far": SHARES}, effects=[3], settlements=3
    ).found
    for one, other in zip(alone.own.payments, several.own.payments, strict=True):
        for key in ("expected", "low", "median", "high", "paid", "clauses"):
            assert getattr(one, key) == getattr(other, key)


# --- shared information ------------------------------------------------------------------------


@pytest.mark.parametrize("effect", ["difference", "relative_increase_percent", "difference_in_sd"])
def test_estimates_correlate_as_their_information_says(effect) -> None:
    contract = _make(
        {"threshold": clause(5), "cumulative": {"clawback": True}},
        outcomes={"x": outcome(better="higher", effect=effect)},
    )
    scenario = grown(contract, {**SIZED, "x.baseline": 100})
    n = 20_000
    rngs = [np.random.default_rng([8, k]) for k in range(3)]
    asked = asked_of(contract)
    drawn = {
        "normal": grow_normal(scenario, 0.0, asked, rngs, n),
        "full": FullEngine(checked=3).grow(
            scenario, 0.0, asked, [np.random.default_rng([9, k]) for k in range(3)], n
        ),
    }
    wanted = np.sqrt(np.minimum.outer(SHARES, SHARES) / np.maximum.outer(SHARES, SHARES))
    for engine, answers in drawn.items():
        values = np.array([a["x", "all"][PointEstimate()] for a in answers])
        apart = np.abs(np.corrcoef(values) - wanted).max()
        assert apart < 5 / math.sqrt(n), engine


@pytest.mark.parametrize(
    "more",
    [
        {"x.kind": "binary", "x.baseline": 0.4},
        {"x.kind": "count", "x.baseline": 2, "x.variance_over_mean": 3},
        {"x.sd": 10, "x.clusters": 12, "x.comparison_clusters": 20, "x.icc": 0.1},
    ],
    ids=["binary", "count", "clusters"],
)
def test_data_of_every_kind_grow(more) -> None:
    contract = make({"threshold": clause("0.1")})
    said = {"x.people": 60, "x.comparison": 100, **more, "so_far": (0.25, 0.5, 1)}
    scenario = grown(contract, said)
    n = 3000
    rngs = [np.random.default_rng([2, k]) for k in range(3)]
    asked = asked_of(contract)
    found = list(FullEngine(checked=5).grow(scenario, 0.1, asked, rngs, n))
    values = np.array([a["x", "all"][PointEstimate()] for a in found])
    wanted = np.sqrt([[min(a, b) / max(a, b) for a in said["so_far"]] for b in said["so_far"]])
    assert np.abs(np.corrcoef(values) - wanted).max() < 5 / math.sqrt(n)
    assert values.mean(axis=1) == pytest.approx(
        [0.1] * 3, abs=5 * values.std(axis=1).max() / n**0.5
    )


def test_groups_pool_and_share_comparisons_as_they_grow() -> None:
    contract = _make(
        {
            "sum": [
                clause(5, name="own", per="group"),
                clause(3, name="both", per="pooled", weights="people"),
            ],
            "cumulative": {"clawback": True},
        },
        outcomes={"x": outcome(better="higher", effect="difference")},
        pool="mean_of_effects",
        pool_excludes=[],
        **groups(2),
    )
    said = {
        "x.people": 40,
        "x.comparison": 200,
        "x.sd": 20,
        "correlation.groups": "0.1",
        "so_far": (0.5, 1),
    }
    n = 4000
    scenario = grown(contract, said, 2)
    asked = asked_of(contract)
    names = [(c.outcome, c.group) for c in asked]
    full = FullEngine(checked=4).grow(
        scenario, 0.0, asked, [np.random.default_rng([3, k]) for k in range(2)], n
    )
    near = grow_normal(scenario, 0.0, asked, [np.random.default_rng([4, k]) for k in range(2)], n)
    both = [
        np.cov(np.array([a[key][PointEstimate()] for a in answers for key in names]))
        for answers in (list(full), list(near))
    ]
    # Correlations within times, across times, and of the pool with its groups.
    size = np.sqrt(np.diag(both[1]))
    assert np.abs((both[0] - both[1]) / np.outer(size, size)).max() < 6 / math.sqrt(n)


def test_people_of_a_pilot_grow() -> None:
    import pandas as pd

    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"y": rng.gamma(2.0, 5.0, 80), "before": rng.standard_normal(80)})
    pilot = Pilot.from_frame(frame, outcomes={"x": "y"}, covariates=["before"])
    found = simulate(
        linear(),
        {"x.people": 40, "x.comparison": 40, "so_far": (0.5, 1)},
        effects=[2],
        settlements=2,
        engine="full",
        draws=400,
        data=FullEngine(pilots=(pilot,), checked=2),
    ).found
    assert len(found.own.at(2.0).settlements) == 2


def test_those_who_are_new_and_those_before_are_everybody() -> None:
    contract = linear()
    said = {"x.people": 61, "x.comparison": 99, "x.sd": 3, "x.clusters": 7, "x.icc": "0.1"}
    scenario = grown(contract, said)
    key = ("x", "all")
    for name in ("people", "comparison", "clusters", "comparison_clusters"):
        fresh = [getattr(new_at(scenario, k).numbers[key], name) for k in range(3)]
        seen = [getattr(at_settlement(scenario, k).numbers[key], name) for k in range(3)]
        assert np.cumsum(fresh).tolist() == seen
        assert seen[-1] == getattr(scenario.numbers[key], name)


def test_other_money_is_taken_off_all_results_so_far() -> None:
    # 100 each time, off all results so far: 300 less in the end, not 100.
    contract = make(
        {
            "linear": {"name": "jobs", "outcome": "x", "per_unit": 1000},
            "net_of": {"name": "other", "what": "other money"},
        },
        order=["netting", "clawback"],
    )
    reads = [lambda *_, x=x: KnownDraws(np.full(2, x)) for x in (1.0, 2.0, 3.0)]
    found = settle(contract, reads, Given(other_money={"other": Decimal(100)}), 2)
    assert found.total.value.tolist() == [2700.0, 2700.0]
    assert [each.value[0] for each in found.each] == [900.0, 900.0, 900.0]


# --- what cannot be ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"so_far": (0.5, 1)}, "2 shares and there are 3"),
        ({"so_far": (0.5, 0.4, 1)}, "do not rise"),
        ({"so_far": (0.2, 0.5, 0.9)}, "do not rise"),
        ({"so_far": (0.0, 0.5, 1)}, "do not rise"),
        ({"so_far": (0.2, 0.5, 1.5)}, "between 0 and 1"),
        ({"so_far": (0.5, 0.501, 1)}, "nobody new"),
        ({"so_far": (0.02, 0.5, 1)}, "nobody can tell"),
    ],
)
def test_refused(said, words) -> None:
    with pytest.raises(UsageError, match=words):
        simulate(linear(), {**SIZED, **said}, effects=[1], settlements=3)


def test_shares_belong_to_cumulative_contracts() -> None:
    contract = _make(
        {"linear": {"name": "jobs", "outcome": "x", "per_unit": 1000}},
        outcomes={"x": outcome(better="higher", effect="difference")},
    )
    with pytest.raises(UsageError, match="not cumulative"):
        simulate(contract, SIZED, effects=[1], settlements=3)


def test_the_record_says_which_shares() -> None:
    found = simulate(linear(False), SIZED, effects=[1], settlements=3, draws=500).found
    record = to_json(found)
    assert record["so_far"] == list(SHARES)
    first = record["rules"][0]["payments"][0]
    assert [each["so_far"] for each in first["settlements"]] == list(SHARES)
    assert first["beyond_last"] > 0
