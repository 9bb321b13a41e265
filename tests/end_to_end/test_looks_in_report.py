"""A whole run at one of several looks that spend one error: record, both languages, the command."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

import impacteval as ie
from impacteval.cli.run import run
from impacteval.render.format import fill
from impacteval.report.record import record_json

SHARES = {"early": "0.415735", "half": "0.430048", "end": "0.506472"}  # Pocock, 5% on one side
INFORMATION = (0.3, 0.6, 1.0)
BOUND = {"lower_bound": {"level": 0.95, "sides": "one"}}
TEST = {"significant": {"level": 0.9, "sides": "two"}, "then": "point_estimate"}


def looked(rule: Any = BOUND, planned: float = 3.9, **clause: Any) -> Any:
    def change(contract: dict[str, Any]) -> None:
        contract["decide_on"] = rule
        del contract["outcomes"]["work"]
        main = {
            "name": "main",
            "per": "pooled",
            "weights": "people",
            "when": {"reconvictions": {"at_least": 1}},
            "pay": 100,
        }
        contract["payment"] = clause or {"threshold": main}
        contract["calendar"] = {
            "spending": "pocock",
            "planned": {"std_error": {"reconvictions": planned}, "tolerance": 0.1},
            "settlements": {
                "end": {"date": "2016", "information": 1, "alpha_share": float(SHARES["end"])}
            },
            "interim": {
                name: {
                    "date": date,
                    "pays": True,
                    "information": share,
                    "alpha_share": float(SHARES[name]),
                }
                for name, date, share in (("early", "2014", 0.3), ("half", "2015", 0.6))
            },
        }

    return change


def alone(plan: dict[str, Any]) -> None:
    del plan["analyses"]["work"]


def helped(df: Any) -> Any:
    """People served in every third year of age are convicted once less."""
    found = df.copy()
    some = (found.served == 1) & (found.age % 3 == 0)
    found.loc[some, "events"] = (found.loc[some, "events"] - 1).clip(lower=0)
    return found


def written(two_cohorts: Any, change: Any, data: Any = None) -> Any:
    two_cohorts.write(contract_change=change, plan_change=alone, data_change=data)
    two_cohorts.lock()
    return two_cohorts


def stagewise(look: int, estimate: float, error: float, null: float, bounds: Any) -> Any:
    """One-sided p-values of effects by the stagewise ordering: integrals of scipy over all paths."""
    t = np.array(INFORMATION[:look])
    correlation = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    unit = error * math.sqrt(INFORMATION[look - 1])

    def below(upper: list[float], effect: float) -> float:
        k = len(upper)
        mean = (effect - null) / unit * np.sqrt(t[:k])
        law = stats.multivariate_normal(mean, correlation[:k, :k])
        return float(law.cdf(np.array(upper), rng=np.random.default_rng(3)))

    def p(effect: float) -> float:
        z = (estimate - null) / error
        # Not that far: every look before was below its bound, and this one below what is seen.
        return 1.0 - below([*bounds[: look - 1], z], effect)

    return p


def wanted(look: int, row: Any, law: Any, rule: Any) -> list[float]:
    """Median-unbiased estimate and 95% limits, in percent of reduction."""
    tails = 0.05 * np.array([float(v) for v in SHARES.values()])
    bounds = list(stats.norm.isf(tails))
    threshold = null = -math.log1p(-0.01)  # 1% fewer, on the log scale, better when larger
    if rule is TEST:
        null = 0.0
        unit = law.scale * math.sqrt(INFORMATION[look - 1])
        bounds = [
            max(b, threshold * math.sqrt(t) / unit)
            for b, t in zip(bounds, INFORMATION, strict=True)
        ]
    p = stagewise(look, -law.log_ratio, law.scale, null, bounds)
    found = [optimize.brentq(lambda x, q=q: p(x) - q, -1.5, 1.5) for q in (0.5, 0.025, 0.975)]
    return [100.0 * -math.expm1(-x) for x in found]


@pytest.mark.parametrize("rule", [BOUND, TEST])
def test_an_early_stop_is_allowed_for_beside_the_plain_numbers(two_cohorts, rule, tmp_path):
    report = written(two_cohorts, looked(rule), helped).verify(settlement="half")
    (row,) = report.record.looks
    (clause,) = report.record.page_one.clauses
    assert (row.look, row.number, row.of, row.ended) == ("half", 2, 3, "early")
    law = report.findings["reconvictions", "pooled"].estimate.effect.distribution
    middle, low, high = wanted(2, row, law, rule)
    assert float(row.adjusted_estimate) == pytest.approx(middle, abs=2e-3)
    assert float(row.adjusted_interval.low) == pytest.approx(low, abs=2e-2)
    assert float(row.adjusted_interval.high) == pytest.approx(high, abs=2e-2)
    assert float(row.adjusted_estimate) < float(row.estimate)
    # What is judged is the contract's number at the look's level, and nothing adjusted.
    assert clause.verdict == "met"
    if rule is BOUND:
        level = 1 - 0.05 * float(SHARES["half"])
        raw = report.findings["reconvictions", "pooled"].estimate.effect.interval(level, "upper")
        assert float(clause.value) == pytest.approx(-100 * raw.high, abs=1e-6)
    else:
        assert clause.value == row.estimate
    keys = [said.key for said in report.record.page_one.warnings]
    assert "looks.adjusted-early" in keys
    assert "looks.no-longer-kept" not in keys
    assert row.kept is True
    if rule is TEST:
        return
    ie.write(report, tmp_path, languages=["en", "fr"])
    for language, words in (
        ("en", ("Looks at growing data", "looks allowed for", "too good on average")),
        ("fr", ("Lectures pendant que", "compte tenu des lectures", "en moyenne trop bons")),
    ):
        page = (tmp_path / f"report.{language}.html").read_text(encoding="utf-8")
        for said in words:
            assert said in page
    record = json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))
    assert record["looks"][0]["adjusted_estimate"] == row.adjusted_estimate


def test_the_first_look_is_as_often_too_high_as_too_low(two_cohorts):
    report = written(two_cohorts, looked(), helped).verify(settlement="early")
    (row,) = report.record.looks
    assert row.ended == "early"
    assert float(row.adjusted_estimate) == pytest.approx(float(row.estimate), abs=1e-4)
    assert row.said[-1].key == "looks.adjusted-first"


def test_at_the_last_look_those_before_are_allowed_for_and_less_information_is_told(two_cohorts):
    report = written(two_cohorts, looked(planned=4.4), None).verify(settlement="end")
    (row,) = report.record.looks
    assert (row.ended, row.number) == ("last", 3)
    law = report.findings["reconvictions", "pooled"].estimate.effect.distribution
    middle, low, high = wanted(3, row, law, BOUND)
    assert float(row.adjusted_estimate) == pytest.approx(middle, abs=2e-2)
    assert float(row.adjusted_interval.low) == pytest.approx(low, abs=5e-2)
    assert float(row.adjusted_interval.high) == pytest.approx(high, abs=5e-2)
    there = (4.4 / float(row.std_error)) ** 2
    assert float(row.information_found) == pytest.approx(there, rel=1e-8)
    assert row.kept is False
    # The error with the information that is there: an integral over the three looks.
    t = np.array([0.3, 0.6, there]) / there
    correlation = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    bounds = stats.norm.isf(0.05 * np.array([float(v) for v in SHARES.values()]))
    spent = 1 - stats.multivariate_normal(np.zeros(3), correlation).cdf(bounds)
    assert float(row.error_found) == pytest.approx(spent, abs=1e-4)
    assert float(row.error) == pytest.approx(0.05, abs=1e-9)
    (kept,) = [
        said for said in row.said if said.key in ("looks.still-kept", "looks.no-longer-kept")
    ]
    assert kept.key == ("looks.still-kept" if spent <= 0.05 else "looks.no-longer-kept")
    assert "%" in fill(kept, "en")
    assert "%" in fill(kept, "fr")


def test_information_out_of_order_says_that_the_error_is_not_kept(two_cohorts):
    report = written(two_cohorts, looked(planned=6.0), None).verify(settlement="early")
    (row,) = report.record.looks
    assert (row.ended, row.error_found, row.adjusted_estimate) == ("no", None, None)
    assert [said.key for said in report.record.page_one.warnings][-1] == "looks.out-of-order"


def test_several_steps_have_no_one_stop_to_allow_for(two_cohorts):
    tiers = {
        "name": "main",
        "per": "pooled",
        "weights": "people",
        "outcome": "reconvictions",
        "steps": [{"at_least": 1, "pay": 100}, {"at_least": 5, "pay": 200}],
    }
    report = written(two_cohorts, looked(tiers=tiers), helped).verify(settlement="half")
    (row,) = report.record.looks
    assert (row.ended, row.adjusted_estimate) == ("early", None)
    assert row.said[-1].key == "looks.no-figure-steps"


def test_a_record_without_looks_does_not_mention_them(two_cohorts_report):
    assert two_cohorts_report.record.looks == ()
    assert '"looks"' not in record_json(two_cohorts_report.record)


def test_check_verify_and_simulate_refuse_other_shares_at_their_place(
    two_cohorts, tmp_path, capsys
):
    def wrong(contract: dict[str, Any]) -> None:
        looked()(contract)
        contract["calendar"]["settlements"]["end"]["alpha_share"] = 0.6

    folder = str(two_cohorts.write(contract_change=wrong, plan_change=alone))
    contract = f"{folder}/contract.yaml"
    for command in (
        ["check", folder],
        ["check", contract],
        ["explain", contract],
        ["price", contract, "--set", "reconvictions=8"],
        ["verify", folder, "--settlement", "end", "--out", str(tmp_path / "out")],
        ["simulate", contract, "--set", "reconvictions.std_error=3"],
    ):
        with pytest.raises(SystemExit) as caught:
            run(command)
        assert caught.value.code == 2, command
        said = " ".join(capsys.readouterr().err.split())
        assert "The share 0.6 of `end` is not what Pocock spends there: 0.506472." in said
        assert re.search(r"contract\.yaml:\d+:\d+:", said), command
    assert not (tmp_path / "out").exists()


def test_the_example_beside_the_documentation_holds(capsys):
    folder = Path(__file__).parents[2] / "studies/examples/early-looks"
    with pytest.raises(SystemExit) as caught:
        run(["check", str(folder / "contract.yaml")])
    assert caught.value.code == 0
    assert "all 5 examples hold" in capsys.readouterr().out
