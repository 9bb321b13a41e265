"""Average payments over the distributions that estimators give, in contract units."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from impacteval.analysis.averages import average_answer
from impacteval.analysis.evidence import ask
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    EmpiricalDraws,
    LogRatioT,
    NoUncertainty,
    Period,
    StudentT,
)
from impacteval.values import AuditDiscrepancy, ExpectedPayment, Message, PartEstimate, Text

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
from building import clause, make, outcome

WHY = Message("test.why", Text(en="because", fr="parce que"))
FLAT = {"expected_payment": {"prior": "flat"}}


def estimate(effect, scale="difference"):
    observed = 10.0
    counterfactual = (
        observed / (1 + effect.value) if scale == "relative" else observed - effect.value
    )
    return CounterfactualEstimate(
        estimator="made", outcome="y", scale=scale, design="rct", target=WHY, effect=effect,
        observed=observed, counterfactual=counterfactual,
        periods=(Period("all", observed, counterfactual, math.nan, math.nan, 10),),
        n_treated=10, n_comparison=10, treated_clusters=10,
    )  # fmt: skip


def answer(payment, effect, scale="difference", /, prior=None, **described):
    described = {"better": "higher", "effect": "difference"} | described
    contract = make(payment, decide_on=FLAT, outcomes={"x": outcome(**described)})
    return average_answer(contract, ExpectedPayment("main", prior), estimate(effect, scale))


def test_a_t_distribution():
    found = answer({"threshold": clause(2, 1000)}, Effect(3.0, StudentT(3.0, 2.0, 7.0), 2.0))
    assert float(found.value) == pytest.approx(1000 * student.sf(-0.5, 7.0), abs=1e-8)


def test_a_reduction_is_turned_round():
    effect = Effect(-3.0, StudentT(-3.0, 2.0, 7.0), 2.0)
    found = answer({"threshold": clause(2, 1000)}, effect, better="lower")
    assert float(found.value) == pytest.approx(1000 * student.sf(-0.5, 7.0), abs=1e-8)


def test_a_log_ratio():
    ratio = LogRatioT(math.log(0.88), 0.05)
    percent = {"better": "lower", "effect": "relative_reduction_percent"}
    found = answer(
        {"threshold": clause(10, 1000)}, Effect(ratio.centre, ratio, 0.04), "relative", **percent
    )
    assert float(found.value) == pytest.approx(
        1000 * norm.cdf((math.log(0.9) - math.log(0.88)) / 0.05), abs=1e-8
    )


def test_draws():
    drawn = np.array([1.0, 2.0, 3.0, 4.0])
    found = answer({"threshold": clause(3, 1000)}, Effect(2.5, EmpiricalDraws(drawn), 1.0))
    assert found.value == 500


def test_a_prior_in_contract_units():
    effect = Effect(-10.0, StudentT(-10.0, 3.0), 3.0)
    prior = (Decimal(0), Decimal(4))
    found = answer({"threshold": clause(10, 1000)}, effect, better="lower", prior=prior)
    assert float(found.value) == pytest.approx(1000 * norm.sf((10 - 6.4) / 2.4), abs=1e-8)


def test_a_point_has_no_average():
    found = answer({"threshold": clause(2, 1000)}, Effect(3.0, NoUncertainty(3.0)))
    assert (found.value, found.reason.key) == (None, "distribution.none")


def test_an_unbounded_payment_over_heavy_tails_has_no_average():
    ratio = LogRatioT(0.1, 0.3, 9.0)
    linear = {"linear": {"name": "main", "outcome": "x", "per_unit": 10}}
    percent = {"better": "higher", "effect": "relative_increase_percent"}
    effect = Effect(ratio.centre, ratio, 0.3)
    found = answer(linear, effect, "relative", **percent)
    assert (found.value, found.reason.key) == (None, "evidence.no-mean")
    linear["linear"]["ceiling"] = 500
    assert 0 < answer(linear, effect, "relative", **percent).value < 500


def test_an_upper_bound_of_the_error_gives_no_average():
    contract = make(decide_on=FLAT, outcomes={"x": outcome(better="higher", effect="difference")})
    found = estimate(Effect(3.0, StudentT(3.0, 2.0), 2.0))
    note = Message("pool.correlation-unknown", WHY.text)
    answer = average_answer(contract, ExpectedPayment("main"), replace(found, notes=(note,)))
    assert (answer.value, answer.reason.key) == (None, "evidence.average-of-bound")


def test_an_audit_is_not_known_from_an_estimate():
    found = estimate(Effect(3.0, NoUncertainty(3.0)))
    asked = ask(found, AuditDiscrepancy(), effect="verified_count", better="higher")
    assert (asked.value, asked.reason.key) == (None, "decide.no-audit")
    with pytest.raises(ValueError, match="asked of that design"):
        ask(found, PartEstimate("rct"), effect="difference", better="higher")
