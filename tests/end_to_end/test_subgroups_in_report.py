"""Effects by group in a whole run: what the plan asks, what the contract asks, what stays hidden."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import impacteval as ie
from impacteval.errors import InputError
from impacteval.render.document import document
from impacteval.render.format import fill
from impacteval.render.html import html
from impacteval.render.markdown import markdown
from impacteval.report.record import record_schema

Plain = dict[str, Any]


def asked(plan: Plain) -> None:
    events = plan["analyses"]["events"]
    events["columns"]["subgroup"] = "band"
    events["subgroups"] = {
        "floor": 5,
        "names": {"30+": {"en": "People of 30 or more", "fr": "Personnes de 30 ans ou plus"}},
    }
    events["equity"] = {
        "young": {"column": "young", "equals": "yes"},
        "grown": {"column": "young", "equals": "no"},
    }


def floors(contract: Plain) -> None:
    floor = {"outcome": "reconvictions", "at_least": -40, "level": 0.9}
    contract["equity"] = {
        "young": {
            "plain_name": {"en": "people under 30", "fr": "les moins de 30 ans"},
            "floor": floor,
        },
        "grown": {
            "plain_name": {"en": "people of 30 or more", "fr": "les 30 ans ou plus"},
            "floor": floor | {"at_least": 500},
        },
    }


def with_bands(df: pd.DataFrame) -> pd.DataFrame:
    young = df["age"] < 30
    band = np.where(young, "under 30", "30+")
    return df.assign(young=np.where(young, "yes", "no"), band=band)


def with_a_few(df: pd.DataFrame) -> pd.DataFrame:
    few = with_bands(df)
    return few.assign(band=np.where(np.arange(len(df)) % 60 == 0, "few", few["band"]))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, two_cohorts_in: Any) -> Any:
    study = two_cohorts_in(tmp_path_factory.mktemp("groups") / "two-cohorts")
    return study, study.run(contract_change=floors, plan_change=asked, data_change=with_bands)


def test_each_group_in_the_contracts_units(full: Any) -> None:
    """A reduction is positive: by hand from the people of the file."""
    study, report = full
    df = pd.read_csv(study.folder / "people.csv")
    by = {f.group: f for f in report.record.findings if f.outcome == "reconvictions"}
    (own,) = [s for s in by["cohort_1"].subgroups if s.by == "subgroup"]
    assert [row.group for row in own.rows] == ["30+", "under 30"]
    for row in own.rows:
        part = df[(df["cohort"] == "one") & (df["band"] == row.group)].groupby("served")["events"]
        mean, error = part.mean(), part.std(ddof=1) / np.sqrt(part.count())
        assert float(row.estimate) == pytest.approx(100 * (1 - mean[1] / mean[0]), abs=1e-7)
        assert (row.served, row.others) == (part.count()[1], part.count()[0])
        log_error = float(np.hypot(*(error / mean)))
        z = (np.log(mean[1] / mean[0]) - np.log(0.95)) / log_error
        # The floor of 5% is reached when the log ratio lies below log 0.95.
        approximate = stats.norm.cdf(z)
        assert float(row.floor.p_value) == pytest.approx(approximate, abs=0.01)
        assert float(row.interval.level) == pytest.approx(0.95**0.5)
        assert float(row.interval.low) < float(row.estimate) < float(row.interval.high)


def test_the_contracts_groups_are_compared_once(full: Any) -> None:
    _, report = full
    found = [f for f in report.record.findings if f.outcome == "reconvictions"]
    kinds = {f.group: [s.by for s in f.subgroups] for f in found}
    assert kinds["cohort_1"] == ["subgroup", "group"]
    assert all("group" not in by for group, by in kinds.items() if group != "cohort_1")
    assert kinds["pooled"] == []
    (across,) = [s for s in found[0].subgroups if s.by == "group"]
    assert [row.group for row in across.rows] == ["cohort_1", "cohort_2"]
    assert [row.estimate for row in across.rows] == [f.estimate for f in found[:2]]
    assert across.rows[0].plain_name.fr == "Première cohorte"


def test_it_moves_no_verdict(full: Any, two_cohorts_report: Any) -> None:
    _, report = full
    assert report.decision == two_cohorts_report.decision
    assert report.record.page_one.money == two_cohorts_report.record.page_one.money
    plain = json.loads(two_cohorts_report.to_json())
    assert all("subgroups" not in finding for finding in plain["findings"])


def test_the_record_is_valid_and_both_languages_say_it(full: Any) -> None:
    _, report = full
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(json.loads(report.to_json()), record_schema())
    told = {
        "en": ["effect by subgroup", "the contract's groups compared", "People of 30 or more",
               "Are the effects different?", "does each group come to at least 5%?"],
        "fr": ["effet par sous-groupe", "comparaison des groupes du contrat",
               "Personnes de 30 ans ou plus", "Les effets sont-ils différents", "chaque groupe atteint-il au moins 5"],
    }  # fmt: skip
    for language, words in told.items():
        shown = document(report.record, language)
        written = str(markdown(shown))
        for said in words:
            assert said in written
        for finding in report.record.findings:
            for group in finding.subgroups:
                assert all(fill(said, language) in written for said in group.said)
        assert "subgroups-reconvictions-cohort" in html(shown)


def test_floors_of_the_contract(full: Any) -> None:
    _, report = full
    young, grown = report.record.besides.equity
    assert [f.verdict for f in young.floors] == ["reached", "reached"]
    assert [f.verdict for f in grown.floors] == ["missed", "missed"]
    assert [f.group for f in young.floors] == ["cohort_1", "cohort_2"]
    keys = [said.key for row in (young, grown) for said in row.said]
    assert keys.count("contract.equity-floor-reached") == 2
    assert keys.count("contract.equity-floor-missed") == 2
    assert float(young.floors[0].adjusted_p_value) >= float(young.floors[0].p_value)
    told = [fill(said, "fr") for said in young.said]
    assert any("c'est établi" in said or "c’est établi" in said for said in told)


def test_small_groups_stay_hidden(two_cohorts: Any) -> None:
    def change(plan: Plain) -> None:
        asked(plan)
        del plan["analyses"]["events"]["equity"]

    report = two_cohorts.run(plan_change=change, data_change=with_a_few)
    first = next(f for f in report.record.findings if f.group == "cohort_1")
    own = first.subgroups[0]
    # The few, and the smaller of the others, so that nobody can compute the few.
    assert (own.hidden, len(own.rows), own.equal) == (2, 1, None)
    assert [said.key for said in own.said][:2] == ["subgroups.alone", "subgroups.hidden"]
    assert "few" not in json.dumps(own.model_dump(mode="json")["rows"])


def test_check_says_before_outcomes_which_groups_stay_hidden(two_cohorts: Any) -> None:
    from impacteval.study.check import check_study

    def change(plan: Plain) -> None:
        asked(plan)
        del plan["analyses"]["events"]["equity"]

    two_cohorts.write(plan_change=change, data_change=with_a_few)
    told = check_study(ie.load_study(two_cohorts.folder), outcomes=False)
    (line,) = [said for said in told if said.startswith("analysis events")]
    assert "3 subgroups by band of which 2 will not be shown" in line
    assert "few" in line


def test_a_name_for_nobody_is_refused(two_cohorts: Any) -> None:
    from impacteval.study.check import check_study

    def change(plan: Plain) -> None:
        work = plan["analyses"]["work"]
        work["columns"]["subgroup"] = "band"
        work["subgroups"] = {"names": {"30 +": {"en": "Older", "fr": "Plus âgés"}}}

    two_cohorts.write(plan_change=change, data_change=with_bands)
    with pytest.raises(InputError, match=r"Nobody is in subgroup '30 \+' of column band"):
        check_study(ie.load_study(two_cohorts.folder))


def test_a_part_whose_rest_is_small_is_not_shown(two_cohorts: Any) -> None:
    """All but a few: the few could be computed from everybody."""

    def most(df: pd.DataFrame) -> pd.DataFrame:
        return df.assign(young=np.where(np.arange(len(df)) % 100 == 0, "no", "yes"))

    def plan_change(plan: Plain) -> None:
        plan["analyses"]["events"]["equity"] = {"young": {"column": "young", "equals": "yes"}}

    def contract_change(contract: Plain) -> None:
        floors(contract)
        del contract["equity"]["grown"]

    report = two_cohorts.run(
        contract_change=contract_change, plan_change=plan_change, data_change=most
    )
    (row,) = report.record.besides.equity
    assert (row.served, row.others, row.share, row.floors) == (None, None, None, ())
    assert row.said[0].key == "contract.equity-hidden"
    assert {said.key for said in row.said[1:]} == {"contract.equity-no-effect"}


def test_a_floor_needs_its_people_in_the_analysis_of_its_outcome(two_cohorts: Any) -> None:
    def contract_change(contract: Plain) -> None:
        floors(contract)
        contract["equity"]["young"]["floor"]["outcome"] = "work"

    two_cohorts.write(contract_change=contract_change, plan_change=asked, data_change=with_bands)
    with pytest.raises(InputError, match="a floor for `young` on `work`, and no analysis of it"):
        ie.load_study(two_cohorts.folder)
