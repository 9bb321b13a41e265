"""A whole study whose contract combines a trial with a comparison over time."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from did_plugin import did_plugin, write_combined  # noqa: F401 - the fixture is found by its name

import impacteval as ie
from impacteval.errors import InputError
from impacteval.render.format import fill
from impacteval.study.check import check_study
from impacteval.values import LowerBound, PartEstimate, PointEstimate

pytestmark = pytest.mark.usefixtures("did_plugin")
BOUND = {"lower_bound": {"level": 0.9, "sides": "one"}}


def run(study: Any, *args: Any, **more: Any) -> Any:
    write_combined(study, *args, **more)
    study.lock()
    return study.verify()


@pytest.fixture
def report(two_cohorts: Any) -> Any:
    return run(two_cohorts)


@pytest.fixture
def bounded(two_cohorts: Any) -> Any:
    return run(two_cohorts, None, BOUND)


def test_the_weighted_sum_is_judged(report: Any) -> None:
    for group in ("cohort_1", "cohort_2", "pooled"):
        found = report.findings["reconvictions", group]
        parts = {part.design: part.finding.estimate.effect.value for part in found.parts}
        assert list(parts) == ["rct", "did"]
        expected = 0.8 * parts["rct"] + 0.2 * parts["did"]
        assert found.estimate.effect.value == pytest.approx(expected, rel=1e-12)
        told = found.evidence
        numbers = [told.answer(PartEstimate(d)).value for d in ("rct", "did")]
        assert told.answer(PointEstimate()).value == (
            Decimal("0.8") * numbers[0] + Decimal("0.2") * numbers[1]
        )
    row = report.decision.clause("early", "cohort_2")
    assert (
        row.value
        == report.findings["reconvictions", "cohort_2"].evidence.answer(PointEstimate()).value
    )
    assert [s.key for s in row.steps[:3]] == [
        "decide.part.rct",
        "decide.part.did",
        "decide.combined",
    ]


def test_one_design_stays_what_it_was(report: Any, two_cohorts: Any, tmp_path: Any) -> None:
    alone = type(two_cohorts)(tmp_path / "alone").run()
    for group in ("cohort_1", "pooled"):
        part = report.findings["reconvictions", group].parts[0].finding
        assert part.estimate.effect == alone.findings["reconvictions", group].estimate.effect
    assert report.findings["work"].estimate == alone.findings["work"].estimate
    assert not alone.findings["work"].parts


def test_the_error_is_joint_and_not_that_of_independent_studies(bounded: Any) -> None:
    found = bounded.findings["reconvictions", "cohort_1"]
    rct, did = (part.finding.estimate for part in found.parts)
    covariance = rct.influence.covariance(did.influence)
    assert covariance > 0  # the same outcomes of the same people stand in both
    variance = (
        0.64 * rct.effect.std_error**2 + 0.04 * did.effect.std_error**2 + 2 * 0.8 * 0.2 * covariance
    )
    assert found.estimate.effect.std_error == pytest.approx(math.sqrt(variance), rel=1e-9)
    independent = math.hypot(0.8 * rct.effect.std_error, 0.2 * did.effect.std_error)
    assert found.estimate.effect.std_error > 1.02 * independent
    row = bounded.decision.clause("early", "cohort_1")
    assert row.value == found.evidence.answer(LowerBound(Decimal("0.9"), "one")).value
    assert row.value < row.estimate


def test_the_error_covers_the_truth_of_resampling(bounded: Any, two_cohorts: Any) -> None:
    """The joint error against a bootstrap of people, both analyses redone each time."""
    people = pd.read_csv(two_cohorts.folder / "people.csv")
    years = pd.read_csv(two_cohorts.folder / "years.csv")
    one = people[people.cohort == "one"]
    wide = years[years.cohort == "one"].pivot_table(index="person", columns="year", values="events")
    wide["served"] = one.set_index("person")["served"]
    y, before, served = (wide[c].to_numpy(float) for c in (1, 0, "served"))
    rng = np.random.default_rng(3)
    arms = [np.flatnonzero(served == a) for a in (0, 1)]
    draws = []
    for _ in range(4000):
        c, t = (rng.choice(arm, arm.size) for arm in arms)
        rct = y[t].mean() / y[c].mean() - 1
        effect = (y[t] - before[t]).mean() - (y[c] - before[c]).mean()
        draws.append(0.8 * rct + 0.2 * effect / (y[t].mean() - effect))
    found = bounded.findings["reconvictions", "cohort_1"].estimate.effect.std_error
    # 4000 draws know a standard deviation to 1.1 percent; the ratio is linearised.
    assert found == pytest.approx(np.std(draws), rel=0.06)


def test_an_unknown_joint_error_withholds_only_what_needs_it(two_cohorts: Any) -> None:
    report = run(two_cohorts, None, BOUND, errors_by_unit=False)
    row = report.decision.clause("early", "cohort_1")
    assert (row.verdict.value, row.amount) == ("cannot_be_judged", None)
    assert row.reason.key == "combine.no-errors"
    assert "difference-in-differences gives no errors" in fill(row.reason, "en")
    assert report.findings["reconvictions", "cohort_1"].estimate.effect.std_error is None


def test_the_point_rule_needs_no_joint_error(two_cohorts: Any) -> None:
    report = run(two_cohorts, errors_by_unit=False)
    assert report.decision.total is not None
    others = {
        o.rule.en: set(o.verdicts.values()) for o in report.record.other_rules if not o.binding
    }
    assert all(found == {"cannot_be_judged"} for found in others.values())


def test_units_must_bear_one_name(two_cohorts: Any) -> None:
    write_combined(two_cohorts, None, BOUND)
    plan = two_cohorts.folder / "plan.yaml"
    text = plan.read_text(encoding="utf-8")
    head, did = text.split("events_did:")
    plan.write_text(
        head + "events_did:" + did.replace("unit_kind: person", "unit_kind: household"),
        encoding="utf-8",
    )
    two_cohorts.lock()
    row = two_cohorts.verify().decision.clause("early", "cohort_1")
    assert row.reason.key == "combine.names"


def test_the_pool_is_that_of_every_design(report: Any) -> None:
    pooled = report.findings["reconvictions", "pooled"]
    groups = [report.findings["reconvictions", g] for g in ("cohort_1", "cohort_2")]
    mean = sum(f.estimate.effect.value for f in groups) / 2  # 200 people in each
    assert pooled.estimate.effect.value == pytest.approx(mean, rel=1e-9)


def test_the_report_shows_every_part(report: Any) -> None:
    facts = next(
        f for f in report.record.findings if (f.outcome, f.group) == ("reconvictions", "cohort_1")
    )
    assert [(p.design.en, p.weight, p.plan_entry, p.method.name) for p in facts.parts] == [
        ("randomised trial", "0.8", "events", "difference-in-means"),
        ("difference-in-differences", "0.2", "events_did", "two-periods"),
    ]
    total = sum(Decimal(p.weight) * Decimal(p.estimate) for p in facts.parts)
    assert float(facts.estimate) == pytest.approx(float(total), rel=1e-9)
    plain = (
        json.loads(report.to_json()) if hasattr(report, "to_json") else report.record.model_dump()
    )
    work = next(f for f in plain["findings"] if f["outcome"] == "work")
    assert "parts" not in work


def test_the_evidence_is_as_good_as_its_weakest_part(report: Any) -> None:
    assert report.record.page_one.evidence.grade == 3


def test_every_figure_has_its_receipt(report: Any) -> None:
    receipts = report.record.annex.receipts
    entries = {(r.figure, r.plan_entry, r.estimator) for r in receipts}
    assert ("estimate of events_did", "events_did", "two-periods") in entries
    assert ("estimate", "events + events_did", "combine") in entries


def test_other_analyses_change_one_part(report: Any) -> None:
    found = report.findings["reconvictions", "cohort_1"]
    (other,) = found.alternatives
    assert other.name == "rct-adjusted"
    swapped = found.parts[0].finding.alternatives[0].estimate.effect.value
    did = found.parts[1].finding.estimate.effect.value
    assert other.estimate.effect.value == pytest.approx(0.8 * swapped + 0.2 * did, rel=1e-12)


def test_the_rules_stand_side_by_side_on_the_same_number(report: Any) -> None:
    said = [fill(other.rule, "en") for other in report.record.other_rules]
    assert len(said) == 4
    assert all("randomised trial 80%" in rule for rule in said)


def test_running_again_gives_the_same(report: Any, two_cohorts: Any) -> None:
    again = two_cohorts.verify()
    assert again == report


def test_a_part_that_cannot_be_estimated_is_named(two_cohorts: Any, monkeypatch: Any) -> None:
    from did_plugin import TwoPeriods

    from impacteval.errors import NotIdentified
    from impacteval.values import Message, Text

    why = Message("test.why", Text(en="No year before.", fr="Pas d'année précédente."))

    def refuse(*_: Any, **__: Any) -> None:
        raise NotIdentified(why)

    monkeypatch.setattr(TwoPeriods, "estimate", refuse)
    row = run(two_cohorts).decision.clause("early", "cohort_1")
    assert (row.verdict.value, row.amount) == ("cannot_be_judged", None)
    assert fill(row.reason, "en").endswith(
        "difference-in-differences has no estimate: No year before."
    )


def test_an_unlocked_study_pays_nothing(two_cohorts: Any) -> None:
    write_combined(two_cohorts)
    report = two_cohorts.verify()
    assert {c.verdict.value for c in report.decision.clauses} == {"cannot_be_judged"}
    assert report.decision.clauses[0].reason.key == "evidence.not-locked"


def test_a_required_check_of_one_part_withholds_the_whole(two_cohorts: Any) -> None:
    folder = write_combined(two_cohorts)
    path = folder / "contract.yaml"
    path.write_text(
        path.read_text(encoding="utf-8")
        + "required: [{diagnostic: balance, limit: 0.0001, outcome: reconvictions}]\n",
        encoding="utf-8",
    )
    two_cohorts.lock()
    row = two_cohorts.verify().decision.clause("early", "cohort_1")
    assert row.verdict.value == "cannot_be_judged"
    assert row.reason.key == "evidence.required.balance"
    assert fill(row.reason, "en").startswith("randomised trial: ")


# --- what does not fit ----------------------------------------------------------------------------


def problems(study: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        check_study(ie.load_study(study.folder))
    return [str(problem) for problem in caught.value.problems]


def test_a_missing_design_is_named(two_cohorts: Any) -> None:
    from did_plugin import combined

    two_cohorts.write(contract_change=combined())
    assert any("no analysis by did is planned" in said for said in problems(two_cohorts))


def test_a_design_that_is_not_combined_is_refused(two_cohorts: Any) -> None:
    write_combined(two_cohorts, {"rct": 0.8, "matched": 0.2})
    said = problems(two_cohorts)
    assert any(
        "combines rct, matched for `reconvictions`; the plan says did" in one for one in said
    )
    assert any("no analysis by matched is planned" in one for one in said)


def test_two_designs_for_a_contract_that_reads_one_are_refused(two_cohorts: Any) -> None:
    from did_plugin import by_two_designs

    two_cohorts.write(plan_change=by_two_designs())
    assert any("which one decides?" in said for said in problems(two_cohorts))


def test_a_study_that_fits_is_checked(two_cohorts: Any) -> None:
    write_combined(two_cohorts)
    assert any("events_did" in line for line in check_study(ie.load_study(two_cohorts.folder)))


def test_effects_by_subgroup_of_a_combined_result_are_refused(two_cohorts: Any) -> None:
    """They would be those of one design under the heading of several."""
    import yaml

    write_combined(two_cohorts)
    file = two_cohorts.folder / "plan.yaml"
    plan = yaml.safe_load(file.read_text(encoding="utf-8"))
    first = next(iter(plan["analyses"].values()))
    first["columns"]["subgroup"] = "cohort"
    first["subgroups"] = {"level": 0.9}
    file.write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
    with pytest.raises(InputError, match="effects by subgroup would be those of one design"):
        ie.load_study(two_cohorts.folder)
