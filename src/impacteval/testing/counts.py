"""Known-truth counts: lists with an audit, people against a stated figure or an earlier period.

Three families, for three things a count can be held against: nothing (a list of claims, some of
them checked again), a figure of `STATED` that the estimator is told, and the data of an earlier
period.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.testing import rct
from impacteval.testing.samples import KnownSample, SampleMaker, register

Ints = NDArray[np.int64]

STATED = 5.0
"""The figure that estimators of a stated rate are to be told when they are tested."""

_ROLES: Mapping[str, Any] = {
    "design": "count",
    "outcome": "y",
    "unit": "unit",
    "source": "known-truth sample",
}


def _labels(n: int) -> NDArray[Any]:
    return np.array([f"u{i:04d}" for i in range(1, n + 1)])


def _list(
    rng: np.random.Generator,
    lift: float,
    *,
    claimed: tuple[int, ...],
    checked: tuple[int, ...],
    wrong: tuple[float, ...],
    unclaimed: int,
) -> KnownSample:
    """Claimed cases by stratum, a share of each wrong and some checked, and cases not claimed.

    `wrong` says how the share that is wrong, ``-lift`` overall, is spread over the strata.
    """
    y, found, stratum, right = [], [], [], 0
    for k, (cases, drawn, times) in enumerate(zip(claimed, checked, wrong, strict=True)):
        false = round(-lift * times * cases)
        truth = np.ones(cases)
        truth[rng.permutation(cases)[:false]] = 0.0
        seen = np.full(cases, np.nan)
        audit = rng.permutation(cases)[:drawn]
        seen[audit] = truth[audit]
        y.append(np.ones(cases))
        found.append(seen)
        stratum += [f"s{k}"] * cases
        right += cases - false
    # Two of those not claimed were looked at as well, and rightly not claimed.
    y.append(np.zeros(unclaimed))
    found.append(np.where(np.arange(unclaimed) < 2, 0.0, np.nan))
    stratum += ["s0"] * unclaimed
    n = sum(claimed) + unclaimed
    columns = {
        "unit": _labels(n),
        "y": np.concatenate(y),
        "found": np.concatenate(found),
        "stratum": np.array(stratum),
    }
    roles = {**_ROLES, "audited": "found"}
    return KnownSample(
        columns=columns,
        roles={**roles, "stratum": "stratum"} if len(claimed) > 1 else roles,
        truth={"total": float(right), "difference": right / n},
        treated_clusters=n,
        against="nothing",
    )


def audited(rng: np.random.Generator, lift: float) -> KnownSample:
    """60 claims among 80 cases, some of them wrong; 20 were drawn and checked again."""
    return _list(rng, lift, claimed=(60,), checked=(20,), wrong=(1.0,), unclaimed=20)


def audited_small(rng: np.random.Generator, lift: float) -> KnownSample:
    """12 claims, five of them checked: a normal interval is far too short here."""
    return _list(rng, lift, claimed=(12,), checked=(5,), wrong=(1.0,), unclaimed=3)


def audited_strata(rng: np.random.Generator, lift: float) -> KnownSample:
    """Two sites, errors in the one and many checks in the other: lumped together, both mislead."""
    return _list(rng, lift, claimed=(30, 60), checked=(20, 12), wrong=(0.25, 2.0), unclaimed=10)


def listed(rng: np.random.Generator, lift: float) -> KnownSample:
    """50 claims among 80 cases, and no audit: the count is the count."""
    known = _list(rng, 0.0, claimed=(50,), checked=(50,), wrong=(0.0,), unclaimed=30)
    return replace(known, roles=dict(_ROLES))


def level(rng: np.random.Generator, lift: float) -> KnownSample:
    """40 people served, held against the stated figure."""
    return _level(rng, lift, 40, 1.0)


def level_small(rng: np.random.Generator, lift: float) -> KnownSample:
    """Five people: a normal approximation in place of Student's t shows here."""
    return _level(rng, lift, 5, 1.0)


def _level(rng: np.random.Generator, lift: float, n: int, spread: float) -> KnownSample:
    effect = lift * STATED
    return KnownSample(
        columns={"unit": _labels(n), "y": STATED + effect + spread * rng.standard_normal(n)},
        roles=_ROLES,
        truth={"difference": effect, "relative": lift, "total": effect * n},
        treated_clusters=n,
        against="figure",
    )


def level_clusters(rng: np.random.Generator, lift: float) -> KnownSample:
    """16 classes of five: errors by person would be far too small."""
    count, each, effect = 16, 5, lift * STATED
    cluster = np.repeat(np.arange(count), each)
    noise = 0.8 * rng.standard_normal(count)[cluster] + rng.standard_normal(count * each)
    return KnownSample(
        columns={
            "unit": _labels(count * each),
            "class": np.array([f"c{c:02d}" for c in range(count)])[cluster],
            "y": STATED + effect + noise,
        },
        roles={**_ROLES, "cluster": "class"},
        truth={"difference": effect, "relative": lift, "total": effect * count * each},
        treated_clusters=count,
        against="figure",
    )


def _earlier(known: KnownSample) -> KnownSample:
    """A trial read as two periods: the untreated are the people of the earlier one."""
    return known.with_roles(design="count")


def earlier(rng: np.random.Generator, lift: float) -> KnownSample:
    """55 people served and 25 of an earlier period, who spread twice as wide."""
    return _earlier(rct.plain(rng, lift))


def earlier_small(rng: np.random.Generator, lift: float) -> KnownSample:
    """Four people in either period."""
    return _earlier(rct.small(rng, lift))


def earlier_clusters(rng: np.random.Generator, lift: float) -> KnownSample:
    """Twelve classes in either period."""
    return _earlier(rct.clusters(rng, lift))


def _told(estimator: object) -> object:
    """The figure that an estimator was told, or None."""
    stated = getattr(estimator, "rate", None)
    return getattr(estimator, "baseline", None) if stated is None else stated


def told_the_figure(estimator: object) -> bool:
    """Whether the estimator compares with `STATED`."""
    return _told(estimator) == STATED


def told_nothing(estimator: object) -> bool:
    """Whether the estimator takes everything from the data."""
    return _told(estimator) is None and getattr(estimator, "audit", None) is None


register(
    SampleMaker("audited", "count", audited, lift=-0.2, replications=400, suits=told_nothing),
    SampleMaker(
        "audited_small",
        "count",
        audited_small,
        lift=-0.25,
        replications=400,
        small=True,
        suits=told_nothing,
    ),
    SampleMaker(
        "audited_strata", "count", audited_strata, lift=-0.2, replications=300, suits=told_nothing
    ),
    SampleMaker("listed", "count", listed, suits=told_nothing),
    SampleMaker("level", "count", level, replications=600, suits=told_the_figure),
    SampleMaker(
        "level_small",
        "count",
        level_small,
        lift=-0.2,
        replications=500,
        small=True,
        suits=told_the_figure,
    ),
    SampleMaker("level_clusters", "count", level_clusters, replications=300, suits=told_the_figure),
    SampleMaker("earlier", "count", earlier, replications=600, suits=told_nothing),
    SampleMaker(
        "earlier_small",
        "count",
        earlier_small,
        lift=-0.2,
        replications=400,
        small=True,
        suits=told_nothing,
    ),
    SampleMaker(
        "earlier_clusters", "count", earlier_clusters, replications=300, suits=told_nothing
    ),
)
