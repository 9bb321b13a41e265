"""A study with a table of everyone eligible, from its files to what a reader sees."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from eligible_people import compared, contract, eligible, plan, write
from jsonschema import Draft202012Validator

import impacteval as ie
from impacteval.cli.run import run
from impacteval.errors import InputError, StudyError
from impacteval.render.document import document
from impacteval.render.html import html
from impacteval.render.markdown import markdown
from impacteval.report.record import record_json, record_schema
from impacteval.study.check import check_study


def study(folder: Path, everyone: pd.DataFrame, **changes: Any) -> Path:
    """A study of those taken on, against people from elsewhere."""
    agreed, planned = (
        contract(participants=changes.pop("participants", True)),
        plan(estimator="difference-in-means"),
    )
    if not agreed["who_counts"]["count_everyone"]:
        planned["analyses"]["jobs"]["estimand"] = "participants"
    else:
        planned["analyses"]["jobs"]["estimand"] = "everyone_eligible"
    for key, value in changes.items():
        planned["funnel"][key] = value
    people = compared(everyone, others=300)
    return write(folder, people=people, everyone=everyone, contract=agreed, plan=planned)


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(record_json(ie.verify(ie.load_study(folder)).record))
    return found


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where those with good prospects were taken on."""
    return study(tmp_path_factory.mktemp("chosen"), eligible(900, skimmed=0.8))


@pytest.fixture(scope="module")
def told(chosen: Path) -> dict[str, Any]:
    return record(chosen)


def counts(told: dict[str, Any]) -> dict[str, tuple[int | None, int | None]]:
    (found,) = told["funnels"]
    return {row["step"]["key"]: (row["n"], row["left"]) for row in found["steps"]}


# --- the whole ----------------------------------------------------------------------------------


def test_counts_are_those_of_the_table_and_add_up(told) -> None:
    df = eligible(900, skimmed=0.8)
    referred, accepted = int(df.referred.sum()), int((df.accepted == 1).sum())
    found = counts(told)
    assert found["funnel.eligible"] == (900, None)
    assert found["funnel.referred"] == (referred, 900 - referred)
    assert found["funnel.accepted"] == (accepted, referred - accepted)
    measured = int(df.measured.sum())
    assert found["funnel.measured-of-accepted"] == (measured, accepted - measured)
    (funnel,) = told["funnels"]
    refused = [row for row in funnel["reasons"] if row["step"] == "accepted"]
    assert sum(row["n"] for row in refused) == referred - accepted
    times = df[(df.referred == 1) & (df.accepted == 0)].reason.value_counts()
    assert {row["reason"]["en"]: row["n"] for row in refused} == {
        {"declined": "did not want to", "found work": "had found work"}.get(
            k, {"too far away": "lives too far away"}.get(k, k)
        ): n
        for k, n in times.items()
    }


def test_who_the_refused_are_by_hand(told) -> None:
    df = eligible(900, skimmed=0.8)
    refused = df[(df.referred == 1) & (df.accepted == 0)]
    on = df[df.accepted == 1]
    (funnel,) = told["funnels"]
    profile = next(p for p in funnel["profiles"] if p["step"] == "accepted")
    rows = {row["covariate"]: row for row in profile["rows"]}
    for name in ("school", "months_out", "age"):
        assert float(rows[name]["left"]) == pytest.approx(refused[name].mean(), rel=1e-9)
        assert float(rows[name]["on"]) == pytest.approx(on[name].mean(), rel=1e-9)
        spread = ((refused[name].var() + on[name].var()) / 2) ** 0.5
        assert float(rows[name]["standardised_difference"]) == pytest.approx(
            (refused[name].mean() - on[name].mean()) / spread, rel=1e-8
        )
    labels = [reason["en"] for reason in profile["reasons"]]
    declined = labels.index("did not want to")
    assert float(rows["school"]["by_reason"][declined]) == pytest.approx(
        refused[refused.reason == "declined"].school.mean(), rel=1e-9
    )


def test_the_checks_warn_on_page_one_and_the_payer_reads_who_was_not_taken_on(told) -> None:
    said = [w["key"] for w in told["page_one"]["warnings"]]
    assert said.count("warning.diagnostic") == 2
    left = next(s for s in told["page_one"]["left_out"] if s["key"] == "left-out.not-taken-on")
    assert left["values"]["n"] == 900
    status = {d["name"]: d["status"] for d in told["findings"][0]["diagnostics"]}
    assert status == {"cream-skimming": "failed", "refusals-by-profile": "failed"}


def test_by_lot_nothing_fails(tmp_path: Path) -> None:
    by_lot = record(study(tmp_path, eligible(900)))
    status = {d["name"]: d["status"] for d in by_lot["findings"][0]["diagnostics"]}
    assert status == {"cream-skimming": "passed", "refusals-by-profile": "passed"}


def test_reports_in_both_languages_hold_it(chosen: Path, told) -> None:
    Draft202012Validator(record_schema()).validate(told)
    whole = ie.verify(ie.load_study(chosen)).record
    for language, heading, reason in (
        ("en", "From everyone eligible to those who were counted", "lives too far away"),
        ("fr", "Des personnes éligibles à celles qui sont comptées", "habite trop loin"),
    ):
        built = document(whole, language)
        text = markdown(built)
        assert heading in text
        assert heading in html(built)
        assert reason in text
        assert "{" not in text.split("## 3.")[1].split("## 4.")[0]


def test_no_identifier_reaches_the_record(told) -> None:
    assert not re.search(r"E0\d{4}", json.dumps(told))


def test_the_same_whatever_the_order_of_rows(chosen: Path, told, tmp_path: Path) -> None:
    everyone = eligible(900, skimmed=0.8)
    other = study(tmp_path, everyone.sample(frac=1, random_state=1))
    people = pd.read_csv(chosen / "people.csv")
    people.to_csv(tmp_path / "people.csv", index=False)
    assert record(other)["funnels"] == told["funnels"]


# --- small groups -------------------------------------------------------------------------------


def few(n_never: int, n_refused: int) -> pd.DataFrame:
    df = eligible(300)
    df = df.assign(referred=1, accepted=1.0, measured=1, reason=None)
    df.loc[: n_never - 1, ["referred", "accepted"]] = [0, 0]
    df.loc[n_never : n_never + n_refused - 1, "accepted"] = 0
    df.loc[df.accepted == 0, "measured"] = 0
    df.loc[n_never : n_never + n_refused - 1, "reason"] = "declined"
    return df


@pytest.mark.parametrize("participants", [True, False])
@pytest.mark.parametrize(
    ("n_never", "n_refused"), [(0, 0), (0, 5), (5, 0), (4, 4), (6, 40), (40, 6), (12, 15)]
)
def test_no_group_of_fewer_than_ten_can_be_computed(
    n_never: int, n_refused: int, participants: bool, tmp_path: Path
) -> None:
    told = record(study(tmp_path, few(n_never, n_refused), participants=participants))
    shown = {key: n for key, (n, _) in counts(told).items() if n is not None}
    values = sorted(set(shown.values()), reverse=True)
    for larger, smaller in itertools.pairwise(values):
        assert larger - smaller >= 10
    lefts = [left for _, left in counts(told).values() if left is not None]
    assert all(left == 0 or left >= 10 for left in lefts)
    (funnel,) = told["funnels"]
    assert all(row["n"] >= 10 for row in funnel["reasons"])
    for profile in funnel["profiles"]:
        if profile["rows"]:
            merged = profile["from_referral"]
            n_left = n_never + n_refused if merged or profile["step"] == "measured" else n_refused
            assert (n_never if profile["step"] == "referred" else n_left) >= 10
    hidden = any(row["hidden"] for row in funnel["steps"])
    assert hidden == (0 < n_never < 10 or 0 < n_refused < 10)
    assert hidden == any(said["key"] == "funnel.hidden" for said in funnel["said"])


def test_rare_reasons_are_counted_together(tmp_path: Path) -> None:
    df = few(20, 60)
    df.loc[20:23, "reason"] = "found work"
    df.loc[24:30, "reason"] = "too far away"
    told = record(study(tmp_path, df))
    (funnel,) = told["funnels"]
    refused = [r for r in funnel["reasons"] if r["step"] == "accepted"]
    assert sorted((r["n"], r.get("together", 1)) for r in refused) == [(11, 2), (49, 1)]
    assert "found work" not in json.dumps(funnel)


# --- what does not add up -----------------------------------------------------------------------


def test_those_taken_on_against_the_rules_are_told(tmp_path: Path) -> None:
    df = eligible(900).assign(lives=["here"] * 860 + ["away"] * 40)
    rule = {"column": "lives", "equals": "here", "because": "they live here"}
    told = record(study(tmp_path, df, eligible=[rule]))
    (funnel,) = told["funnels"]
    keys = {s["key"]: s["values"] for s in funnel["said"]}
    outside = df[df.lives == "away"]
    assert keys["funnel.outside"]["n"] == int((outside.accepted == 1).sum())
    found = counts(told)
    assert found["funnel.table"][0] == 900
    assert found["funnel.rule"][1] == 40
    assert found["funnel.eligible"][0] == 860


def test_faults_of_the_table_are_refused_with_their_rows(tmp_path: Path, capsys) -> None:
    df = eligible(900)
    df.loc[[3, 8], "referred"] = 0
    df.loc[[3, 8], "accepted"] = 1
    folder = study(tmp_path, df)
    with pytest.raises(InputError, match="never referred"):
        ie.verify(ie.load_study(folder))
    for command in (["check", str(folder)], ["verify", str(folder), "--out", str(tmp_path / "o")]):
        with pytest.raises(SystemExit) as left:
            run(command)
        assert left.value.code == 2
        said = " ".join(capsys.readouterr().err.split())
        assert "eligible.csv" in said
        assert "rows 4, 9" in said
        assert "Traceback" not in said
    assert not (tmp_path / "o").exists()


def test_text_in_a_step_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = study(tmp_path, eligible(300))
    text = (folder / "eligible.csv").read_text(encoding="utf-8").splitlines()
    cells = text[5].split(",")
    cells[1] = "yes"
    text[5] = ",".join(cells)
    (folder / "eligible.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    loaded = ie.load_study(folder)
    with pytest.raises(StudyError) as caught:
        check_study(loaded)
    assert any(p.line == 6 and p.file == "eligible.csv" for p in caught.value.problems)
