"""People of a pilot as the population: who is drawn, and the effect imposed on those served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from assumed_studies import contract, full, scenario
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.errors import DataError, UsageError
from impacteval.plan import Plan
from impacteval.simulation.assumed import Kind
from impacteval.simulation.engines import full_engine, with_pilots
from impacteval.simulation.layout import Layout
from impacteval.simulation.pilot import Pilot, imposed
from impacteval.simulation.registered import Method
from impacteval.simulation.run import simulate
from impacteval.simulation.scenario_file import with_settings
from impacteval.values import PointEstimate, Scale

POINT = PointEstimate()


def _skewed(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    known = rng.standard_normal(n)
    return pd.DataFrame(
        {
            "earnings": np.exp(1.0 + known + 0.5 * rng.standard_normal(n)),
            "events": rng.negative_binomial(1, 0.4, n),
            "job": rng.random(n) < 0.3,
            "before": known,
            "place": [f"p{k % 20}" for k in range(n)],
        }
    )


OUTCOMES = {"earnings": "earnings", "events": "events", "job": "job"}


def test_a_pilot_says_what_was_measured() -> None:
    frame = _skewed()
    pilot = Pilot.from_frame(frame, outcomes=OUTCOMES)
    assert [str(pilot.kind(o)) for o in OUTCOMES] == ["normal", "count", "binary"]
    said = pilot.settings("events")
    assert float(said["baseline"]) == pytest.approx(frame["events"].mean(), rel=1e-11)
    ratio = frame["events"].var(ddof=0) / frame["events"].mean()
    assert float(said["variance_over_mean"]) == pytest.approx(ratio, rel=1e-11)
    assert set(pilot.settings("earnings")) == {"kind", "baseline", "sd"}


def test_how_alike_people_of_a_cluster_are_is_the_analysis_of_variance() -> None:
    rng = np.random.default_rng(1)
    place = np.repeat(np.arange(300), 8)
    y = np.sqrt(0.2) * rng.standard_normal(300)[place] + np.sqrt(0.8) * rng.standard_normal(2400)
    pilot = Pilot.from_frame(
        pd.DataFrame({"y": y, "place": place}), outcomes={"y": "y"}, cluster="place"
    )
    assert pilot.icc("y") == pytest.approx(0.2, abs=0.04)
    # By hand: three clusters of two. Between 2 * (1 + 0 + 1) / 2 = 2, within 3 * 0.5 / 3 = 0.5.
    small = pd.DataFrame({"y": [1.5, 2.5, 2.5, 3.5, 3.5, 4.5], "place": list("aabbcc")})
    found = Pilot.from_frame(small, outcomes={"y": "y"}, cluster="place")
    assert found.icc("y") == pytest.approx((2.0 - 0.5) / (2.0 + 0.5))
    assert found.settings("y")["icc"] == "0.6"


@given(
    ratio=st.floats(0.0, 3.4),
    kind=st.sampled_from([Kind.COUNT, Kind.NORMAL]),
    seed=st.integers(0, 9),
)
@settings(deadline=None, max_examples=60)
def test_the_mean_moves_as_the_effect_says(ratio: float, kind: Kind, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.negative_binomial(2, 0.4, 40_000).astype(np.float64)
    before = float(y.mean())
    found = imposed(y, kind, Scale.RELATIVE, (before * ratio, before), rng)
    # Of what is added or spared by chance the variance is at most a quarter an event.
    error = float(np.sqrt(y.sum())) / len(y)
    assert found.mean() == pytest.approx(before * ratio, abs=4.0 * error + 1e-9)
    if kind is Kind.COUNT:
        assert (found == np.floor(found)).all()
        assert found.min() >= 0.0


@pytest.mark.parametrize("after", [0.0, 0.1, 0.3, 0.7, 1.0])
def test_yes_or_no_stays_so(after: float) -> None:
    y = np.repeat([0.0, 1.0], [70_000, 30_000])
    found = imposed(y, Kind.BINARY, Scale.DIFFERENCE, (after, 0.3), np.random.default_rng(2))
    assert set(np.unique(found)) <= {0.0, 1.0}
    assert found.mean() == pytest.approx(after, abs=0.008)
    changed = (found != y).mean()
    assert changed == pytest.approx(abs(after - 0.3), abs=0.008)  # nobody changes without need


def test_a_shift_moves_everybody_alike() -> None:
    y = np.array([1.5, 2.5, -3.0])
    found = imposed(y, Kind.NORMAL, Scale.DIFFERENCE, (2.0, 1.5), np.random.default_rng(0))
    assert found.tolist() == [2.0, 3.0, -2.5]


def test_clusters_are_drawn_whole_with_people_of_their_own() -> None:
    frame = _skewed()
    pilot = Pilot.from_frame(frame, outcomes={"y": "events"}, cluster="place")
    layout = Layout(served=30, compared=40, clusters=(3, 4))
    people = pilot.people(layout, np.random.default_rng(3), 50)
    assert people.shape == (50, 70)
    assert pilot.cluster is not None
    assert layout.cluster is not None
    for row in people:
        for place in range(7):
            assert len(set(pilot.cluster[row[layout.cluster == place]])) == 1
    counts = np.bincount(pilot.people(layout, np.random.default_rng(4), 2_000).ravel())
    assert len(counts) == len(frame)
    assert counts.min() > 0


def _engine(frame: pd.DataFrame, **more: Any) -> dict[str, Any]:
    return {"pilots": (Pilot.from_frame(frame, outcomes={"y": "earnings"}, **more),)}


def test_people_of_a_pilot_are_the_population() -> None:
    frame = _skewed()
    agreed = contract("relative_increase_percent")
    mean = float(frame["earnings"].mean())
    settings_ = {"people": 60, "comparison": 60, "kind": "normal", "sd": 1, "baseline": 1}
    assumed = scenario(agreed, settings_, effects="20")
    found = full(assumed, 20.0, 4_000, checked=5, **_engine(frame))["y", "all"][POINT]
    # The mean of a ratio is above the ratio of means: by the squared error of the denominator.
    bias = 120.0 * float(frame["earnings"].var()) / mean**2 / 60
    error = float(found.std()) / np.sqrt(4_000)
    assert found.mean() == pytest.approx(20.0 + bias, abs=4 * error + 0.3)


def test_covariates_of_a_pilot_help_an_estimator_that_adjusts() -> None:
    frame = _skewed()
    assumed = scenario(
        contract("difference"),
        {"people": 60, "comparison": 60, "kind": "normal", "sd": 1, "baseline": 1},
    )
    engine = _engine(frame, covariates=["before"])
    plain = full(assumed, draws=100, **engine)["y", "all"][POINT]
    adjusted = full(assumed, draws=100, methods={"y": Method("lin")}, **engine)["y", "all"][POINT]
    assert adjusted.std() < 0.95 * plain.std()


def test_what_a_pilot_cannot_give_is_said() -> None:
    frame = _skewed()
    sizes: dict[str, Any] = {"people": 60, "comparison": 60, "kind": "normal", "sd": 1}
    agreed = contract("difference")
    clustered = scenario(agreed, {**sizes, "clusters": 10, "icc": 0.1})
    with pytest.raises(UsageError, match="must both have clusters, or neither"):
        full(clustered, draws=2, **_engine(frame))
    jobs = (Pilot.from_frame(frame, outcomes={"y": "job"}),)
    with pytest.raises(UsageError, match=r"a true effect of 0\.9 is impossible for people like"):
        full(scenario(agreed, sizes, effects="0.9"), 0.9, 2, pilots=jobs)
    none = (Pilot.from_frame(pd.DataFrame({"y": [-1.5, 0.5]}), outcomes={"y": "y"}),)
    relative = scenario(contract("relative_increase_percent"), {**sizes, "baseline": 1})
    with pytest.raises(UsageError, match="a pilot whose mean is above 0"):
        full(relative, draws=2, pilots=none)


def test_every_problem_of_a_pilot_is_said_at_once() -> None:
    frame = pd.DataFrame({"y": [1.0, None, 3.0], "z": ["a", "2", "3"], "place": ["a", None, "b"]})
    with pytest.raises(DataError) as caught:
        Pilot.from_frame(
            frame, outcomes={"y": "y", "z": "z", "w": "w"}, covariates=["age"], cluster="place"
        )
    said = str(caught.value)
    for part in (
        "no column 'w'",
        "no column 'age'",
        "'y' of the pilot: 1 values are missing",
        "'z' of the pilot: 1 values are no numbers",
        "'place' of the pilot: 1 people have no cluster",
    ):
        assert part in said
    with pytest.raises(DataError, match="A pilot of 1 people is too small"):
        Pilot.from_frame(frame[:1], outcomes={"y": "y"})


# --- from files --------------------------------------------------------------------------------


def _plan() -> Plan:
    return Plan.model_validate(
        {
            "format": "impacteval-plan/1",
            "study": "test",
            "title": {"en": "Test", "fr": "Essai"},
            "synthetic": True,
            "seed": 1,
            "data": {"people": {"file": "people.csv"}},
            "analyses": {
                "main": {
                    "outcome": "y",
                    "data": "people",
                    "design": "rct",
                    "estimand": "everyone_eligible",
                    "scale": "relative",
                    "estimator": {"name": "difference-in-means"},
                    "columns": {
                        "outcome": "events",
                        "treatment": "served",
                        "covariates": ["before"],
                    },
                    "unit_kind": "person",
                }
            },
            "evaluator": {"independence": "Independent."},
            "who_sees_outcomes": "The evaluator, afterwards.",
            "privacy": "Synthetic.",
            "limits": "None.",
        }
    )


def test_a_pilot_and_a_scenario_do_not_say_the_same_thing_twice(tmp_path: Path) -> None:
    file = tmp_path / "pilot.csv"
    _skewed().to_csv(file, index=False)
    agreed = contract("relative_reduction_percent")
    engine = full_engine(agreed, plan=_plan(), pilot=file)
    pilots = engine.pilots
    assert list(pilots[0].covariates) == ["before"]
    said = with_settings(None, {"y.people": "50", "y.comparison": "90"})
    assert with_pilots(said, pilots).outcomes["y"].kind == "count"
    twice = with_settings(None, {"y.baseline": "2", "y.kind": "count"})
    with pytest.raises(UsageError) as caught:
        with_pilots(twice, pilots)
    assert [p.what for p in caught.value.problems] == [
        "y.kind is given, and the pilot says it too.",
        "y.baseline is given, and the pilot says it too.",
    ]
    found = simulate(
        agreed,
        {"y.people": 50, "y.comparison": 90},
        effects=[0, 10],
        draws=500,
        engine="both",
        data=engine,
    ).found
    assert found.engine == "full"
    assert [gap.effect for gap in found.gaps] == [0.0, 1.0, 10.0]
    assert all(abs(gap.paid_full - gap.paid_normal) < 0.1 for gap in found.gaps)


def test_what_was_typed_for_full_simulation_is_read_or_refused() -> None:
    agreed = contract("difference")
    engine = full_engine(agreed, estimators={"y": "lin"}, explained={"y": "0.4"})
    assert engine.method("y").name == "lin"
    assert engine.known == {"y": 0.4}
    with pytest.raises(UsageError) as caught:
        full_engine(agreed, estimators={"x": "lin", "y": "linn"}, explained={"y": "much"})
    said = str(caught.value)
    for part in ("'x' is not an outcome", "no estimator named 'linn'", "'much' is not a share"):
        assert part in said
    sizes = {"y.people": 5, "y.comparison": 5, "y.kind": "normal", "y.sd": 1}
    with pytest.raises(UsageError, match="Nothing says which columns of the pilot"):
        full_engine(agreed, pilot="people.csv")
    with pytest.raises(UsageError, match="There is no engine 'quick'"):
        simulate(agreed, sizes, engine="quick")
    with pytest.raises(UsageError, match="matter only where data are drawn"):
        simulate(agreed, sizes, data=engine)


def test_the_same_seed_gives_the_same_bytes_whatever_the_workers() -> None:
    agreed = contract("difference")
    sizes = {"y.people": 12, "y.comparison": 15, "y.kind": "normal", "y.sd": 1}
    one = simulate(agreed, sizes, effects=[0, 0.5], draws=300, engine="full").found
    with joblib.parallel_config(n_jobs=2):
        two = simulate(agreed, sizes, effects=[0, 0.5], draws=300, engine="full").found
    assert one == two


def test_an_effect_is_simulated_alike_alone_and_among_others() -> None:
    agreed = contract("difference")
    sizes = {"y.people": 12, "y.comparison": 15, "y.kind": "normal", "y.sd": 1}
    alone = simulate(agreed, sizes, effects=[0.5], draws=300, engine="full").found
    among = simulate(agreed, sizes, effects=[0.2, 0.5, 0.7], draws=300, engine="full").found
    assert alone.own.at(0.5) == among.own.at(0.5)
