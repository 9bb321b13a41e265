"""A study of matched people: what is frozen is the planned method's, and changes leave a trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from impacteval.errors import LockError
from impacteval.report.compared import compare
from impacteval.study import load_study
from impacteval.study.lock import LOCK_FILE
from impacteval.study.locking import prepare_now
from impacteval.study.preparation import PREPARED_FILE, frozen_anew, write_prepared

Plain = dict[str, Any]
MATCHED = {"name": "propensity-matching", "settings": {"ratio": 2, "caliper": 0.5}}
OTHERS = {
    "one-to-one": {"name": "propensity-matching", "settings": {"ratio": 1}},
    "weighted": {"name": "inverse-probability"},
    "balanced": {"name": "entropy-balancing"},
    "coarsened": {"name": "coarsened-exact"},
}


def compared(contract: Plain) -> None:
    contract["outcomes"]["reconvictions"]["counterfactual"]["design"] = "matched_comparison"


def matched(plan: Plain) -> None:
    events = plan["analyses"]["events"]
    events.update(design="matched", estimator=MATCHED)
    events["robustness"] = [
        {"name": name, "title": {"en": name, "fr": name}, "estimator": spec}
        for name, spec in OTHERS.items()
    ]


def by_another_ratio(plan: Plain) -> None:
    matched(plan)
    plan["analyses"]["events"]["estimator"]["settings"] = {"ratio": 3, "caliper": 0.5}


@pytest.fixture(scope="module")
def study(two_cohorts_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    found = two_cohorts_in(tmp_path_factory.mktemp("matched") / "two-cohorts")
    found.write(contract_change=compared, plan_change=matched)
    found.lock()
    return found


@pytest.fixture(scope="module")
def report(study: Any) -> Any:
    return study.verify()


def copied(study: Any, folder: Path) -> Any:
    """The locked and frozen study in another folder, with another number of comparators."""
    other = type(study)(folder / "two-cohorts")
    other.write(contract_change=compared, plan_change=by_another_ratio)
    for file in (LOCK_FILE, PREPARED_FILE, "prepared.tables.json.gz"):
        if (study.folder / file).exists():
            (other.folder / file).write_bytes((study.folder / file).read_bytes())
    return other


def numbers(report: Any) -> dict[tuple[str, str], str | None]:
    return {
        (f.group, row.name): row.estimate
        for f in report.record.findings
        if f.group != "pooled"
        for row in f.robustness
    }


def test_other_methods_do_not_read_what_was_frozen_for_the_planned_one(
    study: Any, report: Any, tmp_path: Path
) -> None:
    assert load_study(study.folder).prepared.samples[0].step.kind == "pairs"  # type: ignore[union-attr]
    frozen = numbers(report)
    unfrozen = type(study)(tmp_path / "two-cohorts")
    unfrozen.write(contract_change=compared, plan_change=matched)
    unfrozen.lock(prepare=False)
    again = unfrozen.verify()
    assert frozen == numbers(again)
    assert {name for _, name in frozen} == set(OTHERS)
    assert None not in frozen.values()
    assert [f.estimate for f in report.record.findings] == [
        f.estimate for f in again.record.findings
    ]


def test_another_setting_of_the_match_does_not_give_what_was_frozen(
    study: Any, tmp_path: Path
) -> None:
    other = copied(study, tmp_path)
    with pytest.raises(LockError, match="run again, does not give what was frozen"):
        other.verify()


def test_another_match_after_the_fact_is_a_deviation_however_it_is_frozen(
    study: Any, report: Any, tmp_path: Path
) -> None:
    other = copied(study, tmp_path)
    now = load_study(other.folder)
    write_prepared(other.folder / PREPARED_FILE, frozen_anew(prepare_now(now), now.prepared))
    record = other.verify().record
    said = {d.what.key: d.what.values for d in record.deviations}
    assert said["lock.changed"] == {
        "place": "analyses.events.estimator.settings.ratio", "now": "3", "before": "2",
    }  # fmt: skip
    assert said["prepared.replaced"]["digest"] == load_study(study.folder).prepared.digest  # type: ignore[union-attr]
    held = compare(report.record, record)
    assert held.standing.en.startswith("The number fixed beforehand is this run's")
    settings = [c.values for c in held.circumstances if c.key == "compared.setting"]
    assert [(v["setting"], v["here"], v["there"]) for v in settings] == [("ratio", "2", "3")]
