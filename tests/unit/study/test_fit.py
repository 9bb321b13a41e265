"""Which groups are estimated, and in which order analyses stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from impacteval.study import load_study
from impacteval.study.fit import groups_of, in_contract_order


def groups(study: Any) -> tuple[str, ...]:
    return groups_of(study.plan.analyses["events"], study.contract)


def test_cancelled_groups_are_left_out_unless_the_pool_keeps_them(two_cohorts: Any) -> None:
    assert groups(load_study(two_cohorts.write())) == ("cohort_1", "cohort_2")
    kept = two_cohorts.write(contract_change=lambda c: c.update(pool_excludes=[]))
    assert groups(load_study(kept)) == ("cohort_1", "cohort_2", "cohort_3")


def test_without_groups_everybody_is_one(two_cohorts: Any) -> None:
    study = load_study(two_cohorts.write())
    assert groups_of(study.plan.analyses["work"], study.contract) == ("all",)


def test_the_order_is_the_contract_s(two_cohorts: Any) -> None:
    def turned(plan: dict[str, Any]) -> None:
        plan["analyses"] = dict(reversed(plan["analyses"].items()))

    study = load_study(two_cohorts.write(plan_change=turned))
    assert list(study.plan.analyses) == ["work", "events"]
    assert [name for name, _ in in_contract_order(study.plan, study.contract)] == ["events", "work"]


def test_only_named_columns_are_read(two_cohorts: Any) -> None:
    study = load_study(two_cohorts.write(data_change=lambda df: df.assign(secret="x")))
    everything = set(study.read("people").columns)
    assert everything == {
        "person", "cohort", "served", "events", "first_release", "age", "priors", "work_days",
    }  # fmt: skip
    assert everything - set(study.read("people", outcomes=False).columns) == {"events", "work_days"}


def test_the_contract_may_stand_elsewhere(two_cohorts: Any) -> None:
    folder: Path = two_cohorts.write(plan_change=lambda p: p.update(contract="../agreed.yaml"))
    (folder / "contract.yaml").rename(folder.parent / "agreed.yaml")
    assert load_study(folder).contract.id == "two-cohorts"
