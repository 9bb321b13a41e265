"""Folds are dealt by what was known before outcomes: no name, row or outcome decides who goes where."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.estimators.matched.dr_folds import deal, places
from impacteval.estimators.matched.people import read_comparison, read_people
from impacteval.sample import Sample
from impacteval.values import Scale


def frame(n=90, seed=3):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "unit": [f"p{k:03d}" for k in range(n)],
            "site": [f"s{k // 6:02d}" for k in range(n)],
            "place": np.where(rng.random(n) < 0.5, "town", "country"),
            "t": (rng.random(n) < 0.4).astype(int),
            "need": rng.integers(0, 3, n).astype(float),
            "y": np.round(rng.normal(size=n), 3),
        }
    )


def read(data, **roles):
    sample = Sample.from_frame(
        data,
        design="matched",
        outcome="y",
        treatment="t",
        unit="unit",
        covariates=["need"],
        **roles,
    )
    return read_comparison(sample, Scale.DIFFERENCE)


def dealt(comparison, seed=1, folds=5):
    """The fold of every unit by name."""
    people = comparison.people
    where = places(people, comparison)
    fold = deal(where.cell, folds, np.random.default_rng(seed))[where.item]
    return dict(zip(people.unit.tolist(), where.back(fold).tolist(), strict=True))


ROLES = [{}, {"stratum": "place"}, {"cluster": "site"}]


@pytest.mark.parametrize("roles", ROLES, ids=["plain", "strata", "clusters"])
def test_names_and_rows_have_no_say(roles):
    data = frame()
    first = dealt(read(data, **roles))
    assert dealt(read(data.sample(frac=1.0, random_state=4), **roles)) == first
    names = np.random.default_rng(5).permutation(data.unit)
    other = data.assign(unit=names)
    if "cluster" in roles:
        sites = np.random.default_rng(6).permutation(15)
        other["site"] = [f"s{sites[k // 6]:02d}" for k in range(len(data))]
    again = dealt(read(other, **roles))
    assert [again[name] for name in names] == [first[name] for name in data.unit]
    assert dealt(read(data, **roles), seed=2) != first


def test_unit_and_sign_of_outcomes_have_no_say():
    data = frame()
    first = dealt(read(data))
    for y in (-data.y, 3.0 * data.y, data.y + 7.0):
        assert dealt(read(data.assign(y=y))) == first


@pytest.mark.parametrize("roles", ROLES, ids=["plain", "strata", "clusters"])
def test_outcomes_never_change_how_many_of_each_kind_are_in_a_fold(roles):
    data = frame()
    other = data.assign(y=np.random.default_rng(8).permutation(data.y))
    kinds = ["t", "need", *roles.values()]
    counts = []
    for each in (data, other):
        fold = each.unit.map(dealt(read(each, **roles)))
        if "cluster" in roles:  # whole sites, whatever they are called
            assert fold.groupby(each.site).nunique().eq(1).all()
            inside = (
                each.assign(fold=fold)
                .groupby("site")
                .agg(fold=("fold", "first"), t=("t", "sum"), need=("need", "sum"))
            )
            counts.append(inside.groupby(["t", "need", "fold"]).size().to_dict())
        else:
            counts.append(each.assign(fold=fold).groupby([*kinds, "fold"]).size().to_dict())
    assert counts[0] == counts[1]


def test_every_cell_is_shared_out_evenly():
    data = frame(200)
    comparison = read(data, stratum="place")
    fold = data.unit.map(dealt(comparison))
    held = data.assign(fold=fold).groupby(["t", "place"]).fold.value_counts().unstack()
    assert (held.max(axis=1) - held.min(axis=1)).max() <= 1


def test_given_outcomes_every_way_to_share_out_is_as_likely():
    # Two who are alike in all but the outcome, and two folds: either goes first half of the time.
    data = frame(40).assign(need=0.0)
    data["need"] = np.r_[np.zeros(20), np.arange(20.0)]
    data["t"] = np.r_[np.zeros(20, int), np.tile([0, 1], 10)]
    comparison = read(data)
    lots = [dealt(comparison, seed=s, folds=2) for s in range(400)]
    first = data.unit[data.y[:20].idxmin()]
    share = np.mean([lot[first] for lot in lots])
    assert abs(share - 0.5) < 4 * 0.5 / 20


def test_without_outcomes_the_order_is_the_same_but_among_the_alike():
    data = frame()
    comparison = read(data)
    blind, whole = places(read_people(_sample(data).blind)), places(comparison.people, comparison)
    people = comparison.people
    for values in (people.treatment, people.x[:, 0]):
        assert (values[blind.order] == values[whole.order]).all()
    assert (blind.cell == whole.cell).all()


def _sample(data):
    return Sample.from_frame(
        data, design="matched", outcome="y", treatment="t", unit="unit", covariates=["need"]
    )


def test_those_not_measured_come_last_among_the_alike():
    data = frame(60).assign(need=0.0)
    data["need"] = np.r_[np.zeros(50), np.ones(10)]
    data.loc[[3, 9], "y"] = np.nan
    comparison = read(data, missing_outcome="attrited")
    where = places(comparison.people, comparison)
    stands = comparison.measured[where.order]
    kind = comparison.people.treatment[where.order] * 2 + comparison.people.x[where.order, 0]
    for value in np.unique(kind):
        own = stands[kind == value]
        assert (np.diff(own.astype(int)) <= 0).all()
