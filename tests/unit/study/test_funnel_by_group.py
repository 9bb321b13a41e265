"""Everyone eligible by group of the contract: who belongs where, and who belongs nowhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from two_cohorts_study import TwoCohorts

import impacteval as ie
from impacteval.errors import InputError, StudyError
from impacteval.study.funnel import eligible_counted, funnels_of

FUNNEL = {
    "data": "everyone",
    "columns": {"unit": "person", "accepted": "engaged"},
    "profile": ["age", "priors"],
    "groups": {
        "column": "cohort",
        "values": {"cohort_1": "one", "cohort_2": "two", "cohort_3": "three"},
    },
}


def everyone() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    cohort = np.repeat(["one", "two", "three", "none"], [300, 250, 60, 25])
    n = len(cohort)
    return pd.DataFrame(
        {
            "person": [f"P{k:04d}" for k in range(n)],
            "cohort": cohort,
            "engaged": (rng.random(n) < 0.7).astype(int),
            "age": rng.integers(18, 60, n),
            "priors": rng.poisson(6, n),
        }
    )


def study(folder: Path, df: pd.DataFrame, funnel: dict | None = None) -> ie.Study:
    def planned(plan: dict) -> None:
        plan["data"]["everyone"] = {"file": "everyone.csv"}
        plan["funnel"] = funnel or FUNNEL
        plan["analyses"]["events"]["diagnostics"] = [
            {"name": "cream-skimming", "limit": 0.2},
            {"name": "refusals-by-profile", "limit": 0.3},
        ]

    made = TwoCohorts(folder)
    root = made.write(plan_change=planned)
    df.to_csv(root / "everyone.csv", index=False)
    return ie.load_study(root)


def test_each_group_has_its_own_and_all_of_them_together(tmp_path: Path) -> None:
    df = everyone()
    loaded = study(tmp_path, df)
    found = funnels_of(loaded, loaded.read("everyone", outcomes=False))
    # One analysis is by cohort, another of everyone together; the third cohort was cancelled.
    assert list(found) == ["all", "cohort_1", "cohort_2"]
    assert found["cohort_1"].funnel.n == 300
    assert found["cohort_2"].funnel.n == 250
    assert found["all"].funnel.n == 550
    assert {counted.elsewhere for counted in found.values()} == {85}
    engaged = df[df["cohort"] == "two"]["engaged"].sum()
    assert int(found["cohort_2"].funnel.of(2).sum()) == engaged
    assert (
        eligible_counted(loaded)
        == "550 eligible, 300 eligible in cohort_1, 250 eligible in cohort_2"
    )


def test_the_report_tells_each_and_the_checks_are_made_in_each(tmp_path: Path) -> None:
    report = ie.verify(study(tmp_path, everyone()))
    told = {found.group: found for found in report.record.funnels}
    # Beside one cohort, everyone together would tell what the other hides.
    assert set(told) == {"cohort_1", "cohort_2"}
    assert told["cohort_1"].group_name is not None
    assert [s.key for s in told["cohort_1"].said] == ["funnel.elsewhere"]
    for group in ("cohort_1", "cohort_2"):
        checks = {
            c.diagnostic.name: c.diagnostic
            for c in report.findings["reconvictions", group].diagnostics
        }
        assert checks["refusals-by-profile"].statistic is not None
        assert checks["cream-skimming"].statistic is not None
    left = [s for s in report.record.page_one.left_out if s.key == "left-out.not-taken-on"]
    assert [s.values["n"] for s in left] == [300, 250]


def test_the_same_person_twice_in_a_group_is_refused_without_their_name(tmp_path: Path) -> None:
    df = everyone()
    df.loc[5, "person"] = df.loc[4, "person"]
    loaded = study(tmp_path, df)
    with pytest.raises(InputError) as caught:
        eligible_counted(loaded)
    said = " ".join(p.what for p in caught.value.problems)
    assert "more than once: rows 5, 6" in said
    assert "P0004" not in said


def test_a_blank_group_and_a_group_without_anybody_are_refused(tmp_path: Path) -> None:
    df = everyone()
    blank = df.assign(cohort=df["cohort"].where(df.index != 7))
    with pytest.raises(InputError, match="The funnel: column 'cohort', which decides the group"):
        eligible_counted(study(tmp_path / "a", blank))
    empty = df[df["cohort"] != "two"]
    with pytest.raises(InputError, match="nobody is eligible in group 'cohort_2'"):
        eligible_counted(study(tmp_path / "b", empty))


def test_two_values_that_are_one_number_are_refused(tmp_path: Path) -> None:
    df = everyone().assign(
        cohort=lambda d: d["cohort"].map({"one": 1, "two": 1, "three": 3, "none": 4})
    )
    values = {"cohort_1": "1", "cohort_2": "1.0", "cohort_3": "3"}
    funnel = FUNNEL | {
        "groups": {"column": "cohort", "values": values},
        "profile": ["age", "priors", "cohort"],
    }
    with pytest.raises(InputError, match="belong to two groups"):
        eligible_counted(study(tmp_path, df, funnel))


def test_a_required_check_needs_the_table(tmp_path: Path) -> None:
    def asked(contract: dict) -> None:
        contract["required"] = [{"diagnostic": "cream-skimming", "limit": 0.2}]

    with pytest.raises(StudyError, match="does not say who was eligible"):
        ie.load_study(TwoCohorts(tmp_path).write(contract_change=asked))
