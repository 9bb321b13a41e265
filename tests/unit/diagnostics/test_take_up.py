"""Compliance and contamination against counts by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.diagnostics import compliance, contamination, run_diagnostic
from impacteval.errors import UsageError
from impacteval.sample import Sample
from impacteval.values import Message


def sample_of(frame: pd.DataFrame, **roles) -> Sample:
    roles = {"assigned": "z", "received": "d", **roles}
    return Sample.from_frame(frame, design="rct", outcome="y", **roles)


@pytest.fixture
def people() -> pd.DataFrame:
    """Of 10 offered 7 received it; of 20 others 3 did."""
    z = [1] * 10 + [0] * 20
    d = [1] * 7 + [0] * 3 + [1] * 3 + [0] * 17
    return pd.DataFrame({"z": z, "d": d, "y": np.arange(30.0)})


def test_both_by_hand(people) -> None:
    found = compliance(sample_of(people), limit=0.45)
    assert found.statistic == pytest.approx(1 - (0.7 - 0.15))
    assert found.status.value == "passed"  # a tie passes, read as decimals
    assert compliance(sample_of(people), limit=0.449).status.value == "failed"
    assert dict(found.explanation.values) == pytest.approx(
        {"served": 0.7, "others": 0.15, "moved": 0.55, "gap": 0.45}
    )
    share = contamination(sample_of(people), limit=0.15)
    assert (share.statistic, share.status.value) == (pytest.approx(0.15), "passed")
    assert contamination(sample_of(people), limit=0.1).status.value == "failed"
    table = share.parts["arms"]
    assert table.to_dict("list") == {
        "arm": ["treated", "comparison"],
        "n": [10, 20],
        "received": [7, 3],
        "share": pytest.approx([0.7, 0.15]),
    }


def test_nobody_in_comparison(people) -> None:
    found = contamination(sample_of(people.assign(d=people.d * people.z)), limit=0)
    assert (found.statistic, found.status.value) == (0.0, "passed")
    assert found.explanation.key == "contamination.none"
    full = compliance(sample_of(people.assign(d=people.z)), limit=0)
    assert (full.statistic, full.status.value) == (0.0, "passed")


def test_strata_are_weighted_by_size_and_weights_respected(people) -> None:
    frame = people.assign(s=[0, 1] * 15, w=1.0 + people.index % 3)
    expected = 0.0
    for _, block in frame.groupby("s"):
        offered, others = block[block.z == 1], block[block.z == 0]
        expected += len(block) / 30 * (offered.d.mean() - others.d.mean())
    found = compliance(sample_of(frame, stratum="s"))
    assert found.statistic == pytest.approx(1 - expected)
    others = frame[frame.z == 0]
    weighed = contamination(sample_of(frame, weight="w")).statistic
    assert weighed == pytest.approx(np.average(others.d, weights=others.w))


def test_people_without_an_outcome_count(people) -> None:
    frame = people.assign(y=people.y.where(people.d == 0))
    found = contamination(sample_of(frame, missing_outcome="attrited"))
    assert found.statistic == pytest.approx(0.15)


def test_in_a_panel_whoever_ever_received_it() -> None:
    frame = pd.DataFrame(
        {
            "u": np.repeat(list("abcd"), 2),
            "t": [1, 2] * 4,
            "z": np.repeat([1, 1, 0, 0], 2),
            "d": [0, 1, 0, 0, 1, 0, 0, 0],
            "y": np.arange(8.0),
        }
    )
    sample = sample_of(frame, unit="u", period="t")
    assert contamination(sample).statistic == 0.5
    assert compliance(sample).statistic == 1.0


def test_outcomes_are_not_needed(people) -> None:
    assert compliance(sample_of(people).blind).statistic == pytest.approx(0.45)


@pytest.mark.parametrize("name", ["compliance", "contamination"])
def test_where_it_does_not_apply(people, name) -> None:
    def key(sample: Sample) -> str:
        found = run_diagnostic(name, sample, limit=0.1)
        assert found.status.value == "not_applicable"
        assert isinstance(found.explanation, Message)
        return found.explanation.key

    treated = Sample.from_frame(people, design="rct", outcome="y", treatment="z")
    assert key(treated) == "take-up.not-known"
    assert key(sample_of(people, received=None)) == "take-up.not-known"
    assert key(sample_of(people.assign(d=2 * people.d))) == "take-up.amounts"
    assert key(sample_of(people.assign(z=2 * people.z))) == "take-up.amounts"
    count = Sample.from_frame(people, design="count", outcome="y")
    assert key(count) == "diagnostics.no-arms"
    with pytest.raises(UsageError, match="0 or more"):
        run_diagnostic(name, sample_of(people), limit=-0.1)


def test_compliance_needs_a_stratum_with_both_arms(people) -> None:
    found = compliance(sample_of(people.assign(s=people.z), stratum="s"))
    assert found.explanation.key == "diagnostics.no-block"
