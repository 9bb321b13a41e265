"""Attrition against hand computations, Fisher's exact test and repeated draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from impacteval.diagnostics import attrition, run_diagnostic
from impacteval.errors import UsageError
from impacteval.sample import Sample


def _sample(lost, arm, **more) -> Sample:
    """A sample whose outcome is missing where `lost`; the last arguments are columns by role."""
    y = np.arange(len(lost), dtype=float)
    y[np.asarray(lost, dtype=bool)] = np.nan
    df = pd.DataFrame({"d": np.asarray(arm, dtype=int), "y": y, **more})
    roles = {role: role for role in more}
    return Sample.from_frame(
        df, design="rct", outcome="y", treatment="d", missing_outcome="attrited", **roles
    )


def _counts(a: int, n1: int, b: int, n0: int) -> Sample:
    """`a` of `n1` served and `b` of `n0` others lost."""
    lost = [1] * a + [0] * (n1 - a) + [1] * b + [0] * (n0 - b)
    return _sample(lost, [1] * n1 + [0] * n0)


def test_shares_and_difference():
    found = attrition(_counts(6, 40, 3, 60))
    assert found.statistic == pytest.approx(6 / 40 - 3 / 60)
    arms = found.parts["arms"].set_index("arm")
    assert arms.loc["treated", "missing"] == 6
    assert arms.loc["comparison", "share"] == pytest.approx(0.05)
    (test,) = found.parts["test"].to_dict("records")
    assert test["overall"] == pytest.approx(0.09)
    assert test["difference"] == pytest.approx(0.1)
    assert test["method"] == "hypergeometric"
    assert found.explanation.values["treated"] == pytest.approx(0.15)


def test_the_sign_stands_in_the_parts_and_not_in_the_statistic():
    found = attrition(_counts(3, 60, 6, 40))
    assert found.statistic == pytest.approx(0.1)
    assert found.parts["test"]["difference"][0] == pytest.approx(-0.1)


@given(st.integers(0, 9), st.integers(0, 9))
def test_with_equal_arms_the_test_is_fishers(a, b):
    # Fisher's two-sided p sums tables no more likely; with equal arms those are the tables at
    # least as far apart.
    found = attrition(_counts(a, 9, b, 9)) if a < 9 and b < 9 else None
    if found is not None:
        expected = stats.fisher_exact([[a, 9 - a], [b, 9 - b]]).pvalue
        assert found.parts["test"]["p_value"][0] == pytest.approx(expected, rel=1e-9)


def test_nobody_lost_passes_with_zero():
    found = attrition(_counts(0, 10, 0, 12), limit=0.0)
    assert found.statistic == 0.0
    assert found.status.value == "passed"
    assert found.expected == 0.0
    assert found.chance_sound_fails == 0.0
    assert found.explanation.key == "attrition.nobody"
    assert found.parts["test"]["p_value"][0] == 1.0


def test_expected_and_chance_are_those_of_fair_draws():
    found = attrition(_counts(10, 50, 4, 70), limit=0.1)
    rng = np.random.default_rng(3)
    lost = np.array([1] * 14 + [0] * 106)
    sizes = []
    for _ in range(4000):
        mixed = rng.permutation(lost)
        sizes.append(abs(mixed[:50].mean() - mixed[50:].mean()))
    assert found.expected == pytest.approx(np.mean(sizes), abs=0.002)
    assert found.chance_sound_fails == pytest.approx(np.mean(np.array(sizes) > 0.1), abs=0.02)


def test_the_limit_itself_passes_and_is_no_failure_by_chance():
    # 1 of 10 against 0 of 10 differs by exactly 0.1 whatever the draw.
    found = attrition(_counts(1, 10, 0, 10), limit=0.1)
    assert found.status.value == "passed"
    assert found.chance_sound_fails == 0.0
    assert attrition(_counts(1, 10, 0, 10), limit=0.0999).status.value == "failed"


def test_strata_are_compared_inside():
    # Half of stratum b is lost and b is mostly served: no difference inside any stratum.
    lost = [0] * 8 + [1, 1, 1, 0, 0, 0] + [1, 0]
    arm = [1, 1, 0, 0, 0, 0, 0, 0] + [1] * 6 + [0] * 2
    found = attrition(_sample(lost, arm, stratum=list("aaaaaaaa") + list("bbbbbbbb")))
    assert found.statistic == pytest.approx(0.0, abs=1e-12)
    assert found.parts["test"]["method"][0] == "normal"
    arms = found.parts["arms"]["share"]
    assert arms[0] - arms[1] > 0.2


def test_clusters_lost_whole_are_less_surprising():
    lost, arm = [1] * 6 + [0] * 42, [1] * 24 + [0] * 24
    cluster = np.repeat(np.arange(8), 6)
    people = attrition(_sample(lost, arm), limit=0.1)
    whole = attrition(_sample(lost, arm, assignment_cluster=cluster), limit=0.1)
    assert whole.statistic == people.statistic
    assert whole.chance_sound_fails > people.chance_sound_fails
    assert whole.parts["test"]["p_value"][0] > people.parts["test"]["p_value"][0]


def test_people_count_once_whatever_their_weight():
    lost, arm = [1, 0, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0]
    weighted = attrition(_sample(lost, arm, weight=[9.0, 1, 1, 1, 1, 1]))
    assert weighted.statistic == pytest.approx(1 / 3)


def test_where_it_does_not_apply():
    df = pd.DataFrame({"y": [1.0, 2.0]})
    count = Sample.from_frame(df, design="count", outcome="y")
    assert attrition(count).status.value == "not_applicable"
    sample = _sample([0, 0, 0, 1, 0], [1, 1, 0, 0, 0], stratum=list("aabbb"))
    assert attrition(sample).explanation.key == "diagnostics.no-block"


def test_it_needs_one_outcome():
    df = pd.DataFrame({"d": [0, 1, 0, 1], "y": [1.0, 2, 3, 4], "z": [1.0, 2, 3, 4]})
    both = Sample.from_frame(df, design="rct", outcome=["y", "z"], treatment="d")
    with pytest.raises(UsageError, match="choose one"):
        attrition(both)
    with pytest.raises(UsageError, match="blind"):
        attrition(both.blind)
    assert run_diagnostic("attrition", both["z"], limit=0.05).statistic == 0.0
