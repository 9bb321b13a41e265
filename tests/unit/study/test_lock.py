"""The lock: deviations are computed, and what may not change stops the run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from impacteval.canonical import digest
from impacteval.errors import LockError
from impacteval.report import Report
from impacteval.report.compared import compare
from impacteval.study import load_study
from impacteval.study.lock import (
    LOCK_FILE,
    Lock,
    LockedFile,
    LockedTable,
    anew,
    deviations,
    read_lock,
    write_lock,
)
from impacteval.study.locking import lock_now, prepare_now
from impacteval.study.preparation import PREPARED_FILE, frozen_anew, write_prepared

Plain = dict[str, Any]


def lock(content: object = None, **more: Any) -> Lock:
    text = json.dumps({} if content is None else content, sort_keys=True)
    given: Plain = {
        "study": "s",
        "contract": LockedFile(file="contract.yaml", digest="sha256:c"),
        "plan": LockedFile(file="plan.yaml", digest=digest(text)),
        "plan_content": text,
        "data": {"people": LockedTable(source="people.csv", columns={"y": "numbers (int64)"})},
        "software": {"impacteval": "0.1.0"},
        **more,
    }
    return Lock(**given)


def told(before: Lock, after: Lock) -> list[tuple[str, Plain]]:
    return [(m.key, dict(m.values)) for m in deviations(before, after)]


def test_nothing_changed() -> None:
    assert told(lock({"seed": 1}), lock({"seed": 1})) == []


@pytest.mark.parametrize(
    ("before", "after", "key", "values"),
    [
        ({"seed": 1}, {"seed": 2}, "lock.changed", {"place": "seed", "now": "2", "before": "1"}),
        ({}, {"seed": 2}, "lock.added", {"place": "seed", "now": "2"}),
        ({"seed": 1}, {}, "lock.removed", {"place": "seed", "before": "1"}),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, "lock.changed", {"place": "a.b"}),
        ({"c": ["x", "y"]}, {"c": ["x", "z"]}, "lock.changed", {"place": "c[2]", "now": "z"}),
        ({"c": ["x"]}, {"c": ["x", "z"]}, "lock.added", {"place": "c[2]", "now": "z"}),
        ({"c": ["x", "z"]}, {"c": ["x"]}, "lock.removed", {"place": "c[2]", "before": "z"}),
        # A key with null is not an absent key, and true is neither 1 nor the word.
        ({"a": None}, {}, "lock.removed", {"place": "a", "before": "null"}),
        ({"a": 1}, {"a": True}, "lock.changed", {"now": "true", "before": "1"}),
        ({"a": "true"}, {"a": True}, "lock.changed", {"now": "true", "before": '"true"'}),
    ],
)
def test_each_kind_of_change_of_the_plan(
    before: object, after: object, key: str, values: Plain
) -> None:
    [(found, said)] = told(lock(before), lock(after))
    assert found == key
    assert {k: said[k] for k in values} == values


def test_long_texts_are_quoted_from_where_they_part() -> None:
    same = "word " * 40
    [(_, said)] = told(lock({"a": same + "old"}), lock({"a": same + "new"}))
    assert said["before"] != said["now"]
    assert said["before"].endswith("old")


def test_columns_and_software() -> None:
    before = lock()
    after = lock(
        data={"people": LockedTable(source="people.csv", columns={"y": "text", "x": "dates"})},
        software={"impacteval": "0.2.0", "other": "1.0"},
    )
    found = told(before, after)
    assert [key for key, _ in found] == ["lock.schema"] * 2 + ["lock.software"] * 2
    x, y = (values for _, values in found[:2])
    assert (x["column"], x["before"].fr, x["now"].fr) == ("x", "absente", "dates")
    assert (y["before"].fr, y["now"].fr) == ("nombres (int64)", "texte")
    assert found[2][1] == {"package": "impacteval", "now": "0.2.0", "before": "0.1.0"}


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"study": "t"}, "The lock is of study 's', the plan of 't'"),
        ({"contract": LockedFile(file="contract.yaml", digest="sha256:d")}, "not the contract"),
    ],
)
def test_another_study_or_contract_stops(after: Plain, said: str) -> None:
    with pytest.raises(LockError, match=said):
        deviations(lock(), lock(**after))


def test_a_plan_rewritten_inside_the_lock_stops() -> None:
    altered = lock({"seed": 1}).model_copy(update={"plan_content": '{"seed": 2}'})
    with pytest.raises(LockError, match="contradicts itself"):
        deviations(altered, lock({"seed": 2}))


# --- a whole study ------------------------------------------------------------------------------


def edit(file: Path, change: Callable[[Any], None]) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def changes(report: Report) -> list[str]:
    return [said.key for said in report.record.page_one.changes]


def test_without_a_lock_nothing_is_judged(two_cohorts: Any) -> None:
    two_cohorts.write()
    report = two_cohorts.verify()
    page = report.record.page_one
    assert page.answer == "cannot_be_judged"
    assert page.money.due_now == "0.00"
    assert page.money.total is None
    assert {clause.verdict for clause in page.clauses} == {"cannot_be_judged"}
    assert {clause.amount for clause in page.clauses} == {None}
    assert {c.reason.key for c in page.clauses if c.reason} == {"evidence.not-locked"}
    assert not report.record.locked
    # The estimates are there all the same, for whoever reads the draft.
    assert report.findings["reconvictions"].estimate is not None


def test_a_changed_plan_is_told_and_the_run_goes_on(two_cohorts: Any) -> None:
    two_cohorts.write()
    two_cohorts.lock()

    def change(plan: Plain) -> None:
        plan["seed"] = 8
        plan["analyses"]["events"]["robustness"] = []

    edit(two_cohorts.folder / "plan.yaml", change)
    report = two_cohorts.verify()
    places = [m.what.values.get("place") for m in report.record.deviations]
    assert places[:2] == ["analyses.events.robustness", "seed"]
    assert "prepared.other-plan" in changes(report)
    assert "changes.none" not in changes(report)


def test_a_changed_contract_stops(two_cohorts: Any) -> None:
    two_cohorts.write()
    two_cohorts.lock()
    edit(
        two_cohorts.folder / "contract.yaml",
        lambda c: c["payment"]["first_of"][0]["when"]["reconvictions"].update(at_least=8),
    )
    with pytest.raises(LockError, match="not the contract that was locked"):
        two_cohorts.verify()


def test_comments_and_line_ends_are_not_a_change(two_cohorts: Any) -> None:
    two_cohorts.write()
    two_cohorts.lock()
    before = two_cohorts.verify()
    for name in ("contract.yaml", "plan.yaml", "people.csv"):
        file = two_cohorts.folder / name
        comment = b"" if name == "people.csv" else b"# a remark\n"
        file.write_bytes((file.read_bytes() + comment).replace(b"\n", b"\r\n"))
    assert two_cohorts.verify() == before


def edit_data(folder: Path, change: Callable[[pd.DataFrame], None]) -> None:
    df = pd.read_csv(folder / "people.csv")
    change(df)
    df.to_csv(folder / "people.csv", index=False)


@pytest.mark.parametrize(
    ("column", "row", "value"), [("age", 3, 99), ("served", 3, 1), ("cohort", 3, "two")]
)
def test_changed_data_without_outcomes_stop(
    two_cohorts: Any, column: str, row: int, value: object
) -> None:
    two_cohorts.write()
    two_cohorts.lock()
    edit_data(
        two_cohorts.folder,
        lambda df: df.__setitem__(column, df[column].where(df.index != row, value)),
    )
    with pytest.raises(LockError, match="the data without outcomes are not those that were frozen"):
        two_cohorts.verify()


def test_changed_outcomes_are_not_the_blind_step(two_cohorts: Any) -> None:
    two_cohorts.write()
    two_cohorts.lock()
    edit_data(two_cohorts.folder, lambda df: df.__setitem__("events", df["events"] + 1))
    assert two_cohorts.verify().record.data[0].digest.startswith("sha256:")


def rewrite(folder: Path, change: Callable[[Plain], None]) -> None:
    file = folder / PREPARED_FILE
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(study="other"), "is of study 'other'"),
        (lambda c: c["samples"].pop(), "Nothing was frozen for analysis 'work'"),
        (lambda c: c["samples"].append(c["samples"][0]), "twice"),
        (lambda c: c["samples"].append({**c["samples"][0], "group": "cohort_9"}), "does not have"),
        (lambda c: c["samples"][0].update(blind_digest="sha256:0"), "are not those"),
        (
            lambda c: c["samples"][0].update(
                step={"kind": "pairs", "made_by": "x", "digest": "sha256:0", "tables": {}}
            ),
            "was altered",
        ),
        (lambda c: c.update(format="impacteval-preparation/9"), "cannot be read"),
    ],
)
def test_a_tampered_preparation_stops(
    two_cohorts: Any, change: Callable[[Plain], None], said: str
) -> None:
    two_cohorts.write()
    two_cohorts.lock()
    rewrite(two_cohorts.folder, change)
    with pytest.raises(LockError, match=said):
        two_cohorts.verify()


def test_a_step_that_the_estimator_does_not_make_stops(two_cohorts: Any) -> None:
    from impacteval.estimates import Parts
    from impacteval.sample import Preparation

    two_cohorts.write()
    two_cohorts.lock()
    tables = {"weights": {"unit": ["a"], "weight": [1.0]}}
    made = Preparation("weights", Parts(tables), "somebody")
    step = {"kind": "weights", "made_by": "somebody", "digest": made.digest, "tables": tables}
    rewrite(two_cohorts.folder, lambda c: c["samples"][0].update(step=step))
    with pytest.raises(LockError, match="run again, does not give what was frozen"):
        two_cohorts.verify()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"format: impacteval-lock/9\n", b"[1]"])
def test_an_unreadable_lock_stops(two_cohorts: Any, content: bytes) -> None:
    two_cohorts.write()
    (two_cohorts.folder / LOCK_FILE).write_bytes(content)
    with pytest.raises(LockError, match="lock cannot be read"):
        load_study(two_cohorts.folder)


def test_the_lock_holds_no_value_of_the_data(two_cohorts: Any) -> None:
    two_cohorts.write()
    locked = lock_now(load_study(two_cohorts.folder))
    assert "P0001" not in locked.model_dump_json()
    assert locked.data["people"].columns["person"] == "text"
    assert "first_release" in locked.data["people"].columns


def test_data_that_were_not_frozen_are_not_said_to_be_unchanged(two_cohorts: Any) -> None:
    two_cohorts.write()
    two_cohorts.lock()
    assert changes(two_cohorts.verify()) == ["changes.cancelled", "changes.none"]
    (two_cohorts.folder / "prepared.json").unlink()
    assert changes(two_cohorts.verify()) == ["changes.cancelled", "changes.as-locked"]


# --- nothing that was fixed is replaced without a trace -------------------------------------------


def test_a_lock_names_what_it_replaces(two_cohorts: Any) -> None:
    two_cohorts.write()
    two_cohorts.lock()
    first = load_study(two_cohorts.folder)
    assert first.lock is not None
    assert anew(lock_now(first), first.lock) is first.lock
    assert "replaces" not in first.lock.model_dump(mode="json")
    two_cohorts.write(plan_change=lambda plan: plan.update(seed=9))
    second = anew(lock_now(load_study(two_cohorts.folder)), first.lock)
    assert second.replaces == (first.lock.digest,)
    assert anew(second.model_copy(update={"replaces": ()}), second) is second
    two_cohorts.write(plan_change=lambda plan: plan.update(seed=10))
    third = anew(lock_now(load_study(two_cohorts.folder)), second)
    assert third.replaces == (first.lock.digest, second.digest)
    assert anew(third, None) is third
    write_lock(two_cohorts.folder / LOCK_FILE, third)
    assert read_lock(two_cohorts.folder / LOCK_FILE) == third
    told = [m for m in deviations(third, third) if m.key == "lock.replaced"]
    assert [m.values["digest"] for m in told] == list(third.replaces)


def test_what_was_frozen_names_what_it_replaces(two_cohorts: Any) -> None:
    two_cohorts.write()
    two_cohorts.lock()
    first = load_study(two_cohorts.folder).prepared
    assert first is not None
    two_cohorts.write(data_change=lambda df: df.assign(age=df["age"] + 1))
    made = prepare_now(load_study(two_cohorts.folder))
    second = frozen_anew(made, first)
    assert second.replaces == (first.digest,)
    assert frozen_anew(made, second) is second
    assert frozen_anew(made, None) is made
    write_prepared(two_cohorts.folder / PREPARED_FILE, second)
    report = two_cohorts.verify()
    assert [d.what.key for d in report.record.deviations] == ["prepared.replaced"]
    assert report.record.deviations[0].what.values["digest"] == first.digest


def test_the_run_of_the_earlier_lock_has_the_number_fixed_first(two_cohorts: Any) -> None:
    """Another specification after the fact, locked and frozen again to look like the first."""
    before = two_cohorts.run()
    earlier = load_study(two_cohorts.folder)

    def other(plan: Plain) -> None:
        plan["analyses"]["events"]["estimator"] = {"name": "lin"}

    two_cohorts.write(plan_change=other)
    study = load_study(two_cohorts.folder)
    write_lock(two_cohorts.folder / LOCK_FILE, anew(lock_now(study), earlier.lock))
    write_prepared(
        two_cohorts.folder / PREPARED_FILE, frozen_anew(prepare_now(study), earlier.prepared)
    )
    after = two_cohorts.verify()
    assert {d.what.key for d in after.record.deviations} == {"lock.replaced", "prepared.replaced"}
    here = compare(before.record, after.record)
    assert here.standing.en.startswith("The other run's lock replaces this run's")
    there = compare(after.record, before.record)
    assert there.standing.en.startswith("This run's lock replaces the other run's")
    # A lock that replaced another is not by itself a departure of one of two runs under it.
    (two_cohorts.folder / PREPARED_FILE).unlink()
    again = two_cohorts.verify()
    assert compare(again.record, again.record).standing.en == "Both were run exactly as locked."
