"""What the loss of people could do to the verdict: decided again at both ends, told in the report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from did_plugin import by_two_designs, combined, did_plugin, two_periods  # noqa: F401 - a fixture

from impacteval.errors import DataError, StudyError
from impacteval.render.document import document
from impacteval.render.format import fill
from impacteval.render.html import html
from impacteval.render.markdown import markdown

Plain = dict[str, Any]


def lose(df: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    gone = rng.random(len(df)) < np.where(df["served"] == 1, 0.08, 0.03)
    return df.assign(events=df["events"].astype("float").mask(gone))


def declared(plan: Plain) -> None:
    plan["analyses"]["events"]["missing_outcome"] = "attrited"
    plan["analyses"]["events"]["attrition"] = {"outcome_range": {"low": 0, "high": 12}}


def of(report: Any, group: str) -> Any:
    return next(
        f for f in report.record.findings if (f.outcome, f.group) == ("reconvictions", group)
    )


@pytest.fixture(scope="module")
def lossy(two_cohorts_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    study = two_cohorts_in(tmp_path_factory.mktemp("lossy") / "two-cohorts")
    return study.run(plan_change=declared, data_change=lose)


def test_ends_stand_in_contract_units_and_around_the_estimate(lossy: Any) -> None:
    # The outcome is an event that falls: the raw effect at the upper end is the lower end here.
    for group in ("cohort_1", "cohort_2", "pooled"):
        found = of(lossy, group)
        assert [row.kind for row in found.losses] == ["one_way", "either_way", "worst_case"]
        for row in found.losses:
            assert float(row.low) < float(found.estimate) < float(row.high)
            assert float(row.interval.low) < float(row.low)
            assert float(row.high) < float(row.interval.high)


def test_the_verdict_is_decided_again_at_both_ends(lossy: Any) -> None:
    row = of(lossy, "pooled").losses[0]
    # The whole outcome stands at one end, in every group: 10% and 7.5% are far from both ends.
    assert row.verdicts_low == {
        "early/cohort_1": "not_met",
        "early/cohort_2": "not_met",
        "final/pooled": "not_met",
    }
    assert row.verdicts_high["early/cohort_2"] == "met"
    assert row.flips
    assert fill(row.said, "en").startswith(
        "Losing people goes one way (Lee bounds): the effect lies between "
    )
    assert fill(row.said, "en").endswith("at the lower end a verdict would be another one.")
    assert fill(row.said, "fr").endswith("à la borne inférieure un verdict serait différent.")


def test_page_one_warns_when_the_mildest_assumption_leaves_a_verdict_open(lossy: Any) -> None:
    said = [fill(w, "en") for w in lossy.record.page_one.warnings]
    assert any("that alone could change the verdict on Times convicted again" in s for s in said)


def test_an_unpaid_outcome_is_told_without_a_verdict(two_cohorts: Any) -> None:
    def plan(plan: Plain) -> None:
        plan["analyses"]["work"]["missing_outcome"] = "attrited"

    def data(df: pd.DataFrame) -> pd.DataFrame:
        return df.assign(work_days=df["work_days"].astype(float).mask(df.index % 17 == 0))

    report = two_cohorts.run(plan_change=plan, data_change=data)
    (work,) = [f for f in report.record.findings if f.outcome == "work"]
    assert fill(work.losses[0].said, "en").endswith("no verdict depends on it.")
    assert not any("losses" in w.key for w in report.record.page_one.warnings)


def test_the_page_has_it_in_both_languages(lossy: Any) -> None:
    for language, heading, cell in (
        ("en", "What the loss of people could do", "Verdict at the lower end"),
        ("fr", "Ce que la perte de personnes pourrait changer", "Verdict à la borne inférieure"),
    ):
        whole = document(lossy.record, language)
        for text in (html(whole), markdown(whole)):
            assert heading in text
            assert cell in text


def test_who_was_lost_is_told_and_few_people_are_not(two_cohorts: Any) -> None:
    def checked(plan: Plain) -> None:
        declared(plan)
        plan["analyses"]["events"]["diagnostics"].append({"name": "attrition"})

    def mostly_served(df: pd.DataFrame) -> pd.DataFrame:
        gone = np.where(df["served"] == 1, df.index % 8 == 0, df.index % 50 == 0)
        return df.assign(events=df["events"].astype("float").mask(gone))

    data = mostly_served(two_cohorts_people(two_cohorts))
    report = two_cohorts.run(plan_change=checked, data_change=mostly_served)
    found = of(report, "cohort_1")
    assert [row.covariate for row in found.lost] == ["age", "priors"]
    one = data[data["cohort"] == "one"]
    lost = one["events"].isna()
    served = one["served"] == 1
    assert float(found.lost[0].lost_treated) == pytest.approx(one["age"][lost & served].mean())
    assert int((lost & ~served).sum()) < 10
    assert found.lost[0].lost_comparison is None
    # With the average of all 200 in the baseline table, this one would give away the hidden one.
    assert found.lost[0].measured_comparison is None
    assert float(found.lost[0].measured_treated) == pytest.approx(one["age"][~lost & served].mean())
    for language, heading in (("en", "Who was lost"), ("fr", "Qui a été perdu")):
        assert heading in html(document(report.record, language))


def two_cohorts_people(study: Any) -> pd.DataFrame:
    return pd.read_csv(study.write() / "people.csv")


def test_no_loss_no_word(two_cohorts: Any, two_cohorts_report: Any) -> None:
    report = two_cohorts.run(plan_change=declared)
    assert all(not f.losses for f in report.record.findings)
    assert "losses" not in two_cohorts_report.to_json()


def test_a_plan_that_contradicts_itself_is_refused(two_cohorts: Any) -> None:
    def change(**keys: Any) -> Any:
        def apply(plan: Plain) -> None:
            plan["analyses"]["events"] |= keys

        return apply

    spec = {"outcome_range": {"low": 0, "high": 12}}
    for plan_change, said in (
        (change(attrition=spec), "nothing to bound"),
        (
            change(missing_outcome="attrited", attrition={"within": ["height"]}),
            "`height` is not one of the covariates",
        ),
        (
            change(missing_outcome="attrited", attrition={"outcome_range": {"low": 12, "high": 0}}),
            "cannot go from 12 to 0",
        ),
    ):
        with pytest.raises(StudyError, match=said):
            two_cohorts.run(plan_change=plan_change)


def test_outcomes_outside_the_declared_range_name_the_analysis(two_cohorts: Any) -> None:
    def narrow(plan: Plain) -> None:
        declared(plan)
        plan["analyses"]["events"]["attrition"]["outcome_range"]["high"] = 2

    with pytest.raises(DataError, match=r"Analysis 'events', group 'cohort_1': .* outside"):
        two_cohorts.run(plan_change=narrow, data_change=lose)


@pytest.mark.usefixtures("did_plugin")
def test_in_a_combined_number_one_design_moves_and_the_other_stays(two_cohorts: Any) -> None:
    def plan(plan: Plain) -> None:
        by_two_designs()(plan)
        declared(plan)

    folder = two_cohorts.write(contract_change=combined(), plan_change=plan)
    whole = pd.read_csv(folder / "people.csv")
    two_periods(whole).to_csv(folder / "years.csv", index=False)
    lose(whole).to_csv(folder / "people.csv", index=False)
    two_cohorts.lock()
    report = two_cohorts.verify()
    for group in ("cohort_1", "pooled"):
        found = report.findings["reconvictions", group]
        rct, did = (part.finding for part in found.parts)
        for loss, own in zip(found.losses, rct.losses, strict=True):
            for end in ("worse", "better"):
                expected = 0.8 * getattr(own, end).estimate.effect.value
                expected += 0.2 * did.estimate.effect.value
                assert getattr(loss, end).estimate.effect.value == pytest.approx(expected, rel=1e-9)
            assert loss.title.en.endswith(")")
        row = of(report, group).losses[0]
        assert set(row.verdicts_low) == {"early/cohort_1", "early/cohort_2", "final/pooled"}
        assert row.interval is not None
