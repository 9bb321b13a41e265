"""The blind sample: no outcome anywhere, and a join that counts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import DataError, UsageError
from impacteval.estimates import Parts
from impacteval.sample import BlindSample, Preparation, Sample

SECRET = 123456.789


def frame(n: int = 6) -> pd.DataFrame:
    return pd.DataFrame(
        {"id": [f"u{k}" for k in range(n)], "d": [0, 1] * (n // 2), "y": SECRET + np.arange(n)}
    )


def sample(**roles: Any) -> Sample:
    df = frame().assign(y=[SECRET, np.nan, *(SECRET + np.arange(4))])
    return Sample.from_frame(
        df, design="rct", outcome="y", unit="id", treatment="d", missing_outcome="attrited", **roles
    )


def reachable(root: Any) -> Iterator[Any]:
    """Every object that can be reached from `root`, code and modules left out."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, type | ModuleType | FunctionType):
            continue
        seen.add(id(item))
        yield item
        waiting.extend(gc.get_referents(item))
        if isinstance(item, np.ndarray) and item.base is not None:
            waiting.append(item.base)


def holds_secret(root: Any) -> bool:
    for item in reachable(root):
        if isinstance(item, np.ndarray) and item.dtype == np.float64 and (item >= SECRET).any():
            return True
        if isinstance(item, float) and item >= SECRET:
            return True
        if isinstance(item, pd.DataFrame):
            return True
    return False


def test_a_blind_sample_holds_no_outcome_and_no_trace_of_attrition() -> None:
    full = sample()
    full.digest  # noqa: B018  # fills what is cached, so that the walk would find it
    assert holds_secret(full)
    blind = full.blind
    assert not holds_secret(blind)
    assert not holds_secret(blind.matrix())
    assert blind.roles.outcome == ()
    assert not hasattr(blind.matrix(), "y")
    assert not hasattr(blind.matrix(), "measured")
    assert all("attrition" not in m.key for m in blind.records)
    assert "y" not in blind.to_frame().columns


def test_the_blind_sample_does_not_depend_on_outcomes() -> None:
    other = Sample.from_frame(
        frame().assign(y=range(6)), design="rct", outcome="y", unit="id", treatment="d"
    )
    assert sample().blind == other.blind
    assert hash(sample().blind) == hash(other.blind)
    straight = BlindSample.from_frame(frame(), design="rct", unit="id", treatment="d")
    assert straight == other.blind
    assert straight.structure == other.structure


def test_a_blind_frame_is_checked_like_any_other() -> None:
    with pytest.raises(DataError, match="values other than 0 and 1"):
        BlindSample.from_frame(frame().assign(d=2), design="rct", unit="id", treatment="d")


def test_join_lays_outcomes_on_their_units_in_any_order() -> None:
    full = Sample.from_frame(frame(), design="rct", outcome="y", unit="id", treatment="d")
    shuffled = frame()[["id", "y"]].sample(frac=1, random_state=1).rename(columns={"id": "person"})
    joined = full.blind.join(shuffled, outcome="y", unit="person")
    assert (joined.unmatched_blind, joined.unmatched_outcomes) == (0, 0)
    assert joined.sample == full


def test_join_counts_the_unmatched_on_both_sides() -> None:
    blind = BlindSample.from_frame(frame(), design="rct", unit="id", treatment="d")
    outcomes = pd.concat(
        [frame()[["id", "y"]].head(5), pd.DataFrame({"id": ["stranger"], "y": [1.0]})]
    )
    with pytest.raises(
        DataError, match=r"1 row of the prepared sample \(1 without an outcome row\): unit u5"
    ):
        blind.join(outcomes, outcome="y")
    joined = blind.join(outcomes, outcome="y", missing_outcome="attrited")
    assert (joined.unmatched_blind, joined.unmatched_outcomes) == (1, 1)
    assert joined.sample.matrix().measured.tolist() == [True] * 5 + [False]
    told = {m.key: dict(m.values) for m in joined.sample.records}
    assert told["sample.unmatched"] == {"blind": 1, "outcomes": 1}
    assert told["sample.attrition"] == {"outcome": "y", "missing": 1, "n": 6}


def test_join_of_a_panel_needs_the_period() -> None:
    df = pd.DataFrame(
        {"u": list("aabb"), "t": [1, 2, 1, 2], "d": [0, 0, 0, 1], "y": [1.0, 2, 3, 4]}
    )
    full = Sample.from_frame(df, design="did", outcome="y", unit="u", period="t", treatment="d")
    joined = full.blind.join(df[["y", "t", "u"]].iloc[::-1], outcome="y")
    assert joined.sample == full
    with pytest.raises(DataError, match=r"no column 't' \(for period\)"):
        full.blind.join(df[["u", "y"]], outcome="y")
    later = pd.concat([df, df.head(1).assign(t=3)])
    assert full.blind.join(later, outcome="y").unmatched_outcomes == 1


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        (
            lambda o: pd.concat([o, o.head(2)]),
            "2 rows of the prepared sample would get more than one",
        ),
        (lambda o: o.assign(id=range(6)), "holds numbers in the outcomes and text"),
        (lambda o: pd.concat([o, o[["y"]]], axis=1), r"'y' \(for outcome\) is there 2 times"),
        (lambda o: o.assign(id=["a", 1, 2, 3, 4, 5]), "mixes text and numbers"),
        (lambda o: o.assign(id="stranger"), "no outcome row belongs to a unit"),
        (lambda o: o.assign(id=[None, *o.id[1:]]), r"'id' \(unit\) has 1 missing value: row 1"),
        (lambda o: o.assign(y="n/a"), "the word 'n/a'"),
        (lambda o: o.assign(y=np.inf), "6 infinite values"),
        (lambda o: o.drop(columns="y"), r"no column 'y' \(for outcome\)"),
        (
            lambda o: o.assign(y=[1.0, np.nan, 1.0, np.nan, 1.0, np.nan]),
            "measured nowhere in the treated arm",
        ),
        (lambda o: o.head(0), "there are no outcome rows"),
    ],
)
def test_joins_that_are_refused(change: Any, fragment: str) -> None:
    blind = BlindSample.from_frame(frame(), design="rct", unit="id", treatment="d")
    with pytest.raises(DataError, match=fragment):
        blind.join(change(frame()[["id", "y"]]), outcome="y", missing_outcome="attrited")


def test_joins_that_make_no_sense() -> None:
    unlabelled = BlindSample.from_frame(frame(), design="rct", treatment="d")
    with pytest.raises(UsageError, match="labelled units"):
        unlabelled.join(frame(), outcome="y")
    blind = BlindSample.from_frame(frame(), design="rct", unit="id", treatment="d")
    with pytest.raises(UsageError, match="missing_outcome"):
        blind.join(frame(), outcome="y", missing_outcome="drop")
    with pytest.raises(UsageError, match="at least one outcome"):
        blind.join(frame(), outcome=[])


def test_preparations_are_equal_by_their_digest() -> None:
    tables = {"weights": {"unit": ["a", "b"], "weight": [1.0, 1 / 3]}}
    one = Preparation("weights", Parts(tables), "entropy")
    tables["weights"]["weight"][1] += 1e-15
    two = Preparation("weights", Parts(tables), "entropy")
    assert one == two
    assert hash(one) == hash(two)
    assert one != Preparation("weights", Parts(tables), "other")
    prepared = sample().prepared(one)
    assert prepared.preparation == two
    assert prepared != sample()
    assert prepared.digest == sample().digest
