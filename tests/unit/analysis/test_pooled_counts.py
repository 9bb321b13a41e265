"""Counts of several groups as one, and what an estimate says it is held against."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import impacteval as ie
from impacteval.analysis.pool import pool
from impacteval.estimates import AuditFinding, Effect, NoUncertainty


def audited(cases, checked, wrong):
    df = pd.DataFrame({"y": [1.0] * cases + [0.0] * 5})
    sample = ie.Sample.from_frame(df, design="count", outcome="y")
    audit = None if checked is None else {"checked": checked, "wrong": wrong}
    own = ie.estimator("verified-count", audit=audit)
    return own.estimate(sample, scale="total", rng=np.random.default_rng(0))


def test_claims_add_up_and_discrepancies_count_by_them():
    found = pool({"a": audited(100, 10, 1), "b": audited(300, 20, 4)}, {"a": 105, "b": 305})
    assert found.audit == AuditFinding(
        claimed=400.0, cases=400, checked=30, wrong=5, discrepancy=(100 * 0.1 + 300 * 0.2) / 400
    )
    assert found.effect.value == pytest.approx(90 + 240)
    assert (found.against, found.counterfactual) == ("nothing", 0.0)


def test_one_group_without_an_audit_leaves_the_pool_without_one():
    found = pool({"a": audited(100, 10, 1), "b": audited(300, None, None)}, {"a": 1, "b": 1})
    assert found.audit is None


def test_what_is_compared_with_nothing_has_no_counterfactual_and_no_comparison():
    found = audited(100, 10, 1)
    with pytest.raises(ValueError, match="begins at zero"):
        replace(found, counterfactual=1.0)
    with pytest.raises(ValueError, match="nobody is compared"):
        replace(found, n_comparison=3)
    with pytest.raises(ValueError, match="held against"):
        replace(found, against="somebody")


def test_audit_and_what_is_compared_are_part_of_the_result():
    found = audited(100, 10, 1)
    assert replace(found, audit=replace(found.audit, wrong=2)) != found
    assert replace(found, audit=None) != found
    plain = audited(100, None, None)
    assert replace(plain, against="figure") != plain


@pytest.mark.parametrize(
    "changed", [{"wrong": 11}, {"checked": 0, "wrong": 0}, {"cases": 5}, {"discrepancy": 1.5}]
)
def test_audits_that_cannot_be_are_refused(changed):
    with pytest.raises(ValueError):
        replace(audited(100, 10, 1).audit, **changed)


def test_a_point_is_a_point():
    assert audited(100, None, None).effect == Effect(100.0, NoUncertainty(100.0))
