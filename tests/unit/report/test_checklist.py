"""The reporting checklists: whose items, for which study, and where each is answered."""

from __future__ import annotations

import re
import shutil
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from impacteval.cli.run import run
from impacteval.report.checked import checked
from impacteval.report.checklist import (
    CONSORT,
    TARGET,
    TREND,
    Standard,
    checklist,
    standard_of,
    unknown_items,
)
from impacteval.report.record import Both
from impacteval.sample.designs import _RULES
from impacteval.values import Language, Text

STUDIES = Path(__file__).resolve().parents[3] / "studies"

# Points of each item in the published table (Des Jarlais and others 2004, table 1): its bullets,
# where items 4 and 12 have finer points (eight parts of an intervention; five stages of the flow,
# and departures) those in place of the bullet above them.
POINTS = {
    1: 3, 2: 2, 3: 4, 4: 8, 5: 1, 6: 3, 7: 1, 8: 3, 9: 1, 10: 2, 11: 4,
    12: 6, 13: 1, 14: 4, 15: 1, 16: 2, 17: 3, 18: 1, 19: 1, 20: 4, 21: 1, 22: 1,
}  # fmt: skip
# Items of CONSORT 2025 (Hopewell and others 2025, table 1): 30, with 42 points.
CONSORT_POINTS = dict.fromkeys(range(1, 31), 1) | {
    1: 2, 5: 2, 12: 2, 16: 2, 17: 2, 20: 2, 21: 4, 22: 2, 23: 2, 24: 2,
}  # fmt: skip


@pytest.mark.parametrize(("standard", "points"), [(TREND, POINTS), (CONSORT, CONSORT_POINTS)])
def test_items_are_numbered_as_published(standard: Standard, points: dict[int, int]) -> None:
    wanted = [
        f"{item}{letter}"
        for item, n in points.items()
        for letter in ("abcdefgh"[:n] if n > 1 else ("",))
    ]
    assert [number for number, _ in standard.items] == wanted


def test_items_of_target_are_twenty_one_with_their_points() -> None:
    # 21 items (Cashin and others 2025, abstract); points as in `checklist_target` is told.
    wanted = ["1a", "1b", "1c", "2", "3", "4", "5"]
    wanted += [f"6{letter}" for letter in "abcdefgh"]
    wanted += [f"7{letter}" for letter in "abcdef"]
    wanted += ["7g(i)", "7g(ii)", "7h(i)", "7h(ii)"]
    wanted += [str(item) for item in range(8, 22)]
    assert [number for number, _ in TARGET.items] == wanted
    assert len(wanted) == 39


@pytest.mark.parametrize("standard", [TREND, CONSORT, TARGET], ids=lambda s: s.name)
@pytest.mark.parametrize("language", list(Language))
def test_every_item_is_said_once_in_every_language(standard: Standard, language: Language) -> None:
    said = [getattr(item, language.value) for _, item in standard.items]
    assert all(words.strip() == words != "" for words in said)
    assert all(words[0].isupper() for words in said)
    # Two items of one number never read alike.
    assert len(set(said)) == len(said)


def test_an_answer_belongs_to_an_item() -> None:
    for standard in (TREND, CONSORT, TARGET):
        assert set(standard.answered) <= {number for number, _ in standard.items}
        for where in standard.answered.values():
            assert re.fullmatch(r"Page 1|Section \d+|Annex \(.*\)", where.en)
            # The same section in both languages.
            assert re.findall(r"\d+", where.en) == re.findall(r"\d+", where.fr)


@pytest.mark.parametrize("design", sorted(_RULES))
def test_one_standard_for_each_design(design: str) -> None:
    expected = {"rct": CONSORT, "matched": TARGET}.get(design, TREND)
    assert standard_of([design]) is expected
    if design != "rct":
        assert standard_of(["matched", design]) is TARGET
    assert standard_of([design, "rct"]) is CONSORT
    assert standard_of(["rct", design]) is CONSORT


def test_the_plan_speaks_before_the_section_and_nothing_is_answered_by_an_absent_section() -> None:
    given = {"19": Text(en="None were seen", fr="Aucun")}
    rows = {n: w for n, _, w in checklist(given, TREND, absent=frozenset({"18", "19"}))}
    assert rows["19"] == given["19"]
    assert rows["18"] is None
    assert rows["22"] is None
    assert rows["17a"] is not None
    assert rows["17a"].fr == "Partie 5"


def test_a_number_of_the_other_standard_is_unknown() -> None:
    assert unknown_items({"14b": 1, "27": 1, "4c": 1}, TREND) == ("27",)
    assert unknown_items({"14b": 1, "27": 1, "4c": 1}, CONSORT) == ("14b", "4c")


def _run(
    *designs: str,
    steps: tuple[tuple[str, int | None], ...] = (),
    against: str = "data",
    balance: bool = False,
    again: bool = False,
    locked: bool = True,
    watched: bool = False,
    registered: bool = True,
    weighed: bool = False,
) -> Any:
    """As much of a run as the checklist reads."""

    def words(text: str) -> Any:
        return SimpleNamespace(text=lambda: Text(en=text, fr=text))

    analyses = {f"a{k}": SimpleNamespace(design=d, outcome=f"o{k}") for k, d in enumerate(designs)}
    finding = SimpleNamespace(
        flow=[SimpleNamespace(step=SimpleNamespace(key=k), treated=t) for k, t in steps],
        analysis=SimpleNamespace(robustness=("other",) if again else ()),
        diagnostics=[SimpleNamespace(diagnostic=SimpleNamespace(name="balance"))] * balance,
        against=against,
        estimate=SimpleNamespace(parts={"balance": None}) if weighed else None,
    )
    evaluator = SimpleNamespace(registration=words("Registered") if registered else None)
    return SimpleNamespace(
        plan=SimpleNamespace(analyses=analyses, checklist={}),
        contract=SimpleNamespace(
            parties=SimpleNamespace(evaluator=evaluator),
            outcomes={
                f"o{k}": SimpleNamespace(plain_name=words(f"Outcome {k}"))
                for k in range(len(designs))
            },
            watched=("o0",) if watched else (),
        ),
        findings={"o0": finding},
        own=(finding,),
        locked=locked,
    )


FULL: dict[str, Any] = {
    "steps": (("flow.units", 3), ("flow.assigned", 30)),
    "balance": True,
    "again": True,
    "watched": True,
}


def _answered(**changed: Any) -> set[str]:
    found = checked(_run("did", **FULL | changed))
    assert found.standard == "TREND 2004"
    assert found.note is None
    assert found.given == sum(row.where is not None for row in found.rows)
    return {row.number for row in found.rows if row.where is not None}


def test_a_study_that_holds_everything_answers_what_a_report_can() -> None:
    assert _answered() == set(TREND.answered)


@pytest.mark.parametrize(
    ("changed", "lost"),
    [
        ({"again": False}, {"11b", "18"}),
        ({"balance": False}, {"14a"}),
        ({"against": "figure"}, {"8c", "15"}),
        ({"against": "nothing"}, {"8c", "15"}),
        ({"steps": (("flow.assigned", 30),)}, {"10a"}),
        ({"steps": (("flow.units", None),)}, {"12b", "12c"}),
        ({"locked": False}, {"12f"}),
        ({"watched": False}, {"19"}),
    ],
)
def test_what_a_study_does_not_hold_is_not_given(changed: dict[str, Any], lost: set[str]) -> None:
    assert _answered(**changed) == set(TREND.answered) - lost


def test_registration_is_an_item_of_trials_alone() -> None:
    trial = {row.number: row.where for row in checked(_run("rct")).rows}
    assert trial["2"] is not None
    assert trial["2"].en == "Registered"
    assert "2" not in {row.number for row in checked(_run("did")).rows}


def test_a_study_of_both_kinds_names_the_results_that_rest_on_no_draw() -> None:
    found = checked(_run("rct", "count", "did"))
    assert found.standard == "CONSORT 2025"
    assert found.note is not None
    assert found.note.values["outcomes"] == Both(
        en="Outcome 1; Outcome 2", fr="Outcome 1 ; Outcome 2"
    )
    assert checked(_run("rct", "rct")).note is None


def test_matched_people_and_others_are_told_apart() -> None:
    found = checked(_run("matched", "count", "did"))
    assert found.standard == "TARGET 2025"
    assert found.note is not None
    assert found.note.values["outcomes"] == Both(
        en="Outcome 1; Outcome 2", fr="Outcome 1 ; Outcome 2"
    )
    assert found.note.values["other"] == "TREND 2004"
    assert checked(_run("matched")).note is None
    both = checked(_run("rct", "matched", "count")).note
    assert both is not None
    assert both.values["other"] == Both(
        en="TARGET 2025 or TREND 2004", fr="TARGET 2025 ou TREND 2004"
    )


def _of_target(**changed: Any) -> set[str]:
    found = checked(_run("matched", **FULL | changed))
    return {row.number for row in found.rows if row.where is not None}


def test_what_a_matched_study_answers_and_what_it_does_not() -> None:
    full = set(TARGET.answered) | {"18"}
    assert _of_target() == full
    assert _of_target(balance=False, weighed=True) == full
    assert _of_target(balance=False) == full - {"7g(ii)", "9"}
    assert _of_target(again=False) == full - {"7h(ii)", "14"}
    assert _of_target(against="nothing") == full - {"7c", "7g(i)"}
    assert _of_target(registered=False) == full - {"18"}
    # The target trial itself: only a plan can tell.
    assert not [number for number in full if number.startswith("6")]


def test_a_plan_is_told_the_standard_whose_numbers_it_uses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = Path(shutil.copytree(STUDIES / "energy-town", tmp_path / "energy-town"))
    plan = study / "plan.yaml"
    plan.write_text(
        plan.read_text(encoding="utf-8") + 'checklist:\n  "27": Harms\n  "4c": House by house\n',
        encoding="utf-8",
    )
    with pytest.raises(SystemExit) as left:
        run(["check", str(study)])
    told = " ".join(capsys.readouterr().err.split())
    assert left.value.code == 2
    assert "TREND 2004 has no item 27." in told
    assert "such as 1a, 5 or 14b" in told
    assert "no item 4c" not in told


def test_numbers_of_an_item_stand_together() -> None:
    for standard in (TREND, CONSORT, TARGET):
        heads = [re.sub(r"\D", "", number) for number, _ in standard.items]
        assert len([head for head, _ in groupby(heads)]) == len(set(heads))
