"""What reports say of a series that is held against its own past."""

from __future__ import annotations

import re
import sys
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from two_cohorts_study import TwoCohorts

sys.path.insert(0, str(Path(__file__).parent / "render"))

import example_mix

from impacteval.registry import estimator
from impacteval.render.document import document
from impacteval.render.html import html
from impacteval.render.pen import Pen
from impacteval.render.sections_mix import history
from impacteval.report.grade import grade
from impacteval.report.mix_facts import mix_facts
from impacteval.sample import Sample
from impacteval.values import Text

UNIT = Text(en="admissions", fr="hospitalisations")


@pytest.fixture(scope="module")
def estimate():
    rng, t = np.random.default_rng(3), np.arange(36)
    frame = pd.DataFrame({"town": "a", "month": t, "on": (t >= 24).astype(int)})
    frame["y"] = 20 + 0.1 * t - 3 * frame["on"] + rng.normal(size=36)
    sample = Sample.from_frame(
        frame, design="interrupted_time_series", outcome="y", unit="town", period="month",
        treatment="on",
    )  # fmt: skip
    return estimator("interrupted-time-series").estimate(sample, scale="difference", rng=rng)


def test_the_history_is_told_and_no_mix(estimate) -> None:
    told = mix_facts(estimate, UNIT)
    assert told is not None
    assert [row.served for row in told.history] == ["0"] * 24 + ["1"] * 12
    assert [row.low is None for row in told.history] == [True] * 24 + [False] * 12
    assert told.weights is None
    assert told.fit is None
    assert told.placebos is None
    assert told.units == ()


def test_the_drawing_does_not_speak_of_a_mix(estimate) -> None:
    finding = example_mix.mixed().findings[0]
    own = finding.model_copy(update={"mix": mix_facts(estimate, UNIT), "treated_clusters": 1})
    for language, word in (("en", "its mix"), ("fr", "sa combinaison")):
        pen = Pen(language, "EUR")
        assert word in history(finding, finding.mix, pen).caption
        assert word not in history(own, own.mix, pen).caption


def test_the_grade_is_that_of_a_trend_and_drops_where_few_are_served() -> None:
    assert grade("interrupted_time_series", 6).grade == 2
    assert grade("interrupted_time_series", 1).grade == 1
    assert "trend" in grade("interrupted_time_series", 6).kind.text.en


def text_of(report, language: str) -> str:
    page = html(document(report.record, language))
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


# --- a whole study ----------------------------------------------------------------------------


def months() -> pd.DataFrame:
    """One town with a service that takes 4 of about 21, two thirds of its months before it."""
    rng, t = np.random.default_rng(3), np.arange(36)
    on = (t >= 24).astype(int)
    y = 20 + 0.05 * t - 4 * on + rng.normal(scale=0.5, size=36)
    period = [str(month) for month in pd.period_range("2019-01", periods=36, freq="M")]
    return pd.DataFrame({"town": "Grandval", "month": period, "served": on, "events": y})


def agreed(contract) -> None:
    outcome = contract["outcomes"]["reconvictions"]
    outcome["counterfactual"] = {
        "design": "interrupted_time_series",
        "method": "interrupted-time-series",
    }
    contract["outcomes"] = {"reconvictions": outcome}
    for key in ("groups", "pool", "pool_excludes"):
        del contract[key]
    contract["decide_on"] = {"lower_bound": {"level": 0.90, "sides": "one"}}
    contract["payment"] = {
        "name": "final",
        "when": {"reconvictions": {"at_least": 7.5}},
        "pay": 2500000,
    }


def planned(plan) -> None:
    events = plan["analyses"]["events"]
    events |= {
        "design": "interrupted_time_series",
        "estimand": "everyone_eligible",
        "estimator": {"name": "interrupted-time-series"},
        "diagnostics": [],
        "unit_kind": "place",
        "columns": {
            "outcome": "events",
            "unit": "town",
            "period": "month",
            "treatment": "served",
        },
    }
    for key in ("groups", "robustness"):
        events.pop(key, None)
    plan["analyses"] = {"events": events}


def test_a_contract_is_judged_on_the_line_carried_on(tmp_path) -> None:
    made = TwoCohorts(tmp_path / "study")
    made.write(contract_change=agreed, plan_change=planned, data_change=lambda _: months())
    made.lock()
    report = made.verify()
    clause = report.decision.clause("final")
    assert clause.verdict.value == "met"
    found = report.findings["reconvictions"].estimate
    bound = -100.0 * found.effect.interval(0.90, "upper").high
    assert float(clause.value) == pytest.approx(bound, rel=1e-8)
    (told,) = report.record.findings
    assert (told.mix.history[0].period, told.mix.weights) == ("2019-01", None)
    warned = [said.key for said in report.record.page_one.warnings]
    assert "warning.few-places-before" in warned
    for language, words in (
        ("en", ("carried on", "series with its own trend", "how the outcome moved before")),
        ("fr", ("prolongée", "série avec sa propre tendance", "évolution antérieure de")),
    ):
        page = text_of(report, language)
        for said in words:
            assert said in page
    assert "its mix" not in text_of(report, "en")
    assert "sa combinaison" not in text_of(report, "fr")


def test_without_the_method_in_the_contract_one_place_cannot_be_judged(tmp_path) -> None:
    def unnamed(contract) -> None:
        agreed(contract)
        del contract["outcomes"]["reconvictions"]["counterfactual"]["method"]

    made = TwoCohorts(tmp_path / "study")
    made.write(contract_change=unnamed, plan_change=planned, data_change=lambda _: months())
    made.lock()
    clause = made.verify().decision.clause("final")
    assert clause.verdict.value == "cannot_be_judged"
