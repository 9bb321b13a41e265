"""Sizes of the arms against the plan: scipy's exact test, by stratum and by cluster."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from impacteval.diagnostics import run_diagnostic, sample_ratio
from impacteval.diagnostics.sample_ratio import binomial_tails
from impacteval.errors import UsageError
from impacteval.render.format import fill
from impacteval.sample import Sample


def sample_of(d: list[int], **columns: Any) -> Sample:
    df = pd.DataFrame({"d": d, "y": range(len(d)), **columns})
    roles = {name: name for name in columns}
    return Sample.from_frame(df, design="rct", outcome="y", treatment="d", **roles)


@pytest.mark.parametrize(("n", "share"), [(1, 0.5), (7, 0.5), (40, 0.3), (200, 2 / 3), (3000, 0.1)])
def test_p_values_are_those_of_scipy(n: int, share: float) -> None:
    chances, p = binomial_tails(n, share)
    assert chances == pytest.approx(stats.binom(n, share).pmf(np.arange(n + 1)), abs=1e-12)
    for k in sorted({0, 1, n // 5, n // 3, n // 2, n}):
        assert p[k] == pytest.approx(stats.binomtest(k, n, share).pvalue, rel=1e-8, abs=1e-300)


def test_one_pool() -> None:
    found = sample_ratio(sample_of([1] * 30 + [0] * 60), limit=0.999, share=0.5)
    p = stats.binomtest(30, 90, 0.5).pvalue
    assert found.statistic == pytest.approx(1.0 - p, abs=1e-12)
    assert found.status.value == ("failed" if p < 0.001 else "passed")
    assert fill(found.explanation, "en").startswith(
        "Of 90 units drawn by lot, 33.3% were assigned to the programme, where 50% were planned;"
    )
    assert "33,3" in fill(found.explanation, "fr")
    (chi,) = found.parts.columns("test")["chi_squared"]
    assert chi == pytest.approx(stats.chisquare([30, 60], [45, 45]).statistic)


def test_several_strata_correct_for_their_number() -> None:
    d = [1] * 3 + [0] * 9 + [1] * 6 + [0] * 4
    stratum = ["a"] * 12 + ["b"] * 10
    sample = sample_of(d, stratum=stratum)
    found = sample_ratio(sample, share={"a": 0.5, "b": 0.6})
    smallest = min(stats.binomtest(3, 12, 0.5).pvalue, stats.binomtest(6, 10, 0.6).pvalue)
    assert found.statistic == pytest.approx((1.0 - smallest) ** 2, rel=1e-10)
    assert found.parts.columns("strata")["assigned"] == (3, 6)


def test_what_a_fair_draw_gives_is_exact() -> None:
    # Every pair of counts of two strata of 4 and 5, with its chance.
    d, stratum = [1, 1, 0, 0, 1, 1, 0, 0, 0], ["a"] * 4 + ["b"] * 5
    found = sample_ratio(sample_of(d, stratum=stratum), limit=0.6, share=0.5)
    expected = fails = 0.0
    for a, b in itertools.product(range(5), range(6)):
        chance = stats.binom.pmf(a, 4, 0.5) * stats.binom.pmf(b, 5, 0.5)
        p = min(stats.binomtest(a, 4, 0.5).pvalue, stats.binomtest(b, 5, 0.5).pvalue)
        statistic = (1.0 - min(p, 1.0)) ** 2
        expected += chance * statistic
        fails += chance * (statistic > 0.6)
    assert found.expected == pytest.approx(expected, abs=1e-12)
    assert found.chance_sound_fails == pytest.approx(fails, abs=1e-12)
    assert 0.0 < fails < 0.4


def test_clusters_count_once() -> None:
    village = [v for v in range(12) for _ in range(5)]
    d = [int(v < 10) for v in village]
    found = sample_ratio(sample_of(d, assignment_cluster=village), share=0.5)
    assert found.statistic == pytest.approx(1.0 - stats.binomtest(10, 12, 0.5).pvalue, abs=1e-12)
    assert fill(found.explanation, "en").startswith("Of 12 clusters drawn by lot")


def test_the_planned_share_may_stand_in_the_data() -> None:
    d = [1] * 8 + [0] * 12
    by_role = sample_ratio(sample_of(d, assignment_probability=[0.25] * 20))
    assert by_role.statistic == pytest.approx(sample_ratio(sample_of(d), share=0.25).statistic)
    with pytest.raises(UsageError, match="differs within a stratum"):
        sample_ratio(sample_of(d, assignment_probability=[0.25] * 10 + [0.5] * 10))


def test_without_a_planned_share_nothing_is_told() -> None:
    found = sample_ratio(sample_of([0, 1, 0, 1]), limit=0.9)
    assert found.status.value == "not_applicable"
    assert "Nobody stated the share" in fill(found.explanation, "en")


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.5, "lies between 0 and 1"),
        (True, "lies between 0 and 1"),
        ("half", "lies between 0 and 1"),
        ({"a": 0.5}, "No planned share is stated for b"),
        ({"a": 0.5, "b": 0.5, "c": 0.5}, "c, which is no stratum"),
    ],
)
def test_a_share_that_is_none_is_refused(share: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        sample_ratio(sample_of([0, 1, 0, 1], stratum=["a", "a", "b", "b"]), share=share)


def test_settings_go_through_the_one_door() -> None:
    sample = sample_of([0, 1, 1, 1])
    found = run_diagnostic("sample-ratio", sample, settings={"share": 0.75})
    assert found.statistic == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(UsageError, match="`sample-ratio` has no setting `ratio`"):
        run_diagnostic("sample-ratio", sample, settings={"ratio": 0.75})
