"""The study of a small town against energy poverty, as a stranger runs it: one town among 24."""

from __future__ import annotations

import importlib.util
import json
import re
from html import unescape
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from jsonschema import Draft202012Validator
from pdf_text import pages

from impacteval.cli.run import run
from impacteval.inference.simplex import simplex_fit
from impacteval.notebook import read_published, run_notebook

STUDY = Path(__file__).resolve().parents[2] / "studies" / "energy-town"
PAID = [f"{year}-Q{quarter}" for year in (2022, 2023) for quarter in (1, 2, 3, 4)]
LABEL = {
    "en": "Illustration: synthetic data and a contract that nobody signed. No payment follows from it.",
    "fr": "Illustration : données synthétiques et contrat que personne n'a signé. Aucun paiement n'en découle.",
}


def command(*words: object) -> None:
    """Run one command; its exit code must be 0."""
    with pytest.raises(SystemExit) as left:
        run([str(word) for word in words])
    assert left.value.code in (0, None)


def spaced(text: str) -> str:
    """With plain spaces and apostrophes, so that typography is not what is compared."""
    return re.sub(r"\s+", " ", unescape(text)).replace("’", "'")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `impacteval verify` writes."""
    folder = tmp_path_factory.mktemp("energy") / "out"
    command("verify", STUDY, "--out", folder)
    return folder


@pytest.fixture(scope="module")
def record(out: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((out / "verdict.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The script that makes the data."""
    spec = importlib.util.spec_from_file_location("make_energy", STUDY / "make_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wide(column: str) -> pd.DataFrame:
    """A row a town, a column a quarter."""
    towns = pd.read_csv(STUDY / "towns.csv")
    return towns.pivot(index="town", columns="quarter", values=column)


def finding(record: dict[str, Any], outcome: str) -> dict[str, Any]:
    (found,) = [f for f in record["findings"] if f["outcome"] == outcome]
    return found  # type: ignore[no-any-return]


# --- the data -----------------------------------------------------------------------------------


def test_the_script_makes_the_very_data_in_the_tree(maker: ModuleType, tmp_path: Path) -> None:
    assert maker.differs() == []
    for name in maker.FILES:
        (tmp_path / name).write_text((STUDY / name).read_text(encoding="utf-8"), encoding="utf-8")
    text = (tmp_path / "towns.csv").read_text(encoding="utf-8")
    (tmp_path / "towns.csv").write_text(text.replace("Valbrune,2017-Q1,0,", "Valbrune,2017-Q1,1,"))
    assert maker.differs(tmp_path) == ["towns.csv"]


def test_before_and_after_say_the_opposite() -> None:
    share = wide("share_of_income")
    early = [q for q in share if q[:4] in ("2019", "2020")]
    change = share[PAID].mean(axis=1) - share[early].mean(axis=1)
    assert change["Valbrune"] > 0
    assert (change.drop("Valbrune") > change["Valbrune"]).sum() >= 22


def test_what_is_said_of_refusals_is_what_the_counts_say() -> None:
    offers = pd.read_csv(STUDY / "offers.csv", keep_default_na=False)
    plan = yaml.safe_load((STUDY / "plan.yaml").read_text(encoding="utf-8"))
    n = offers.groupby("answer")["households"].sum()
    reasons = offers[offers["answer"] == "refused"].groupby("reason")["households"].sum()

    def part(answer: str, column: str, value: str) -> int:
        own = offers[offers["answer"] == answer]
        return round(100 * own.loc[own[column] == value, "households"].sum() / n[answer])

    old = {a: part(a, "age", "70 and over") for a in ("refused", "accepted")}
    tenants = {a: part(a, "home", "tenant") for a in ("refused", "accepted")}
    figures = [
        n.sum(), n["accepted"], n["refused"], n["not reached"], reasons["works in the home"],
        reasons["no wish to share meter data"], reasons["landlord against it"],
        reasons["no reason given"], old["refused"], 70, old["accepted"], tenants["refused"],
        tenants["accepted"],
    ]  # fmt: skip
    for language in ("fr", "en"):
        told = [int(x) for x in re.findall(r"\d+", plan["refusals"][language])]
        assert told == figures, language
    by_age = offers.pivot_table(index="age", columns="answer", values="households", aggfunc="sum")
    reach = (100 * by_age["accepted"] / by_age.sum(axis=1)).round().astype(int)
    for language in ("fr", "en"):
        told = [int(x) for x in re.findall(r"\d+", plan["fairness"][language])]
        assert told == [reach["70 and over"], 70, reach["under 70"]], language


# --- the verdict --------------------------------------------------------------------------------


def test_contract_plan_and_examples_fit_and_nothing_changed_since_the_lock(
    record: dict[str, Any],
) -> None:
    command("check", STUDY)
    assert record["locked"] is True
    assert record["deviations"] == []


def test_the_effect_is_a_mix_done_by_hand_and_is_paid_by_the_point(record: dict[str, Any]) -> None:
    share = wide("share_of_income")
    early = [q for q in share if q < "2021"]
    others = share.drop("Valbrune")
    mix = simplex_fit(others[early].to_numpy().T, share.loc["Valbrune", early].to_numpy()).weights
    gap = share.loc["Valbrune"] - mix @ others
    effect = gap[PAID].mean()
    (clause,) = record["page_one"]["clauses"]
    assert float(clause["estimate"]) == pytest.approx(-effect, abs=1e-8)
    assert clause["verdict"] == "met"
    value = round(-effect + 1e-12, 2)
    assert float(clause["value"]) == pytest.approx(value)
    assert float(clause["amount"]) == pytest.approx(100_000 * (value - 0.5), abs=0.01)


def test_it_is_paid_because_no_other_town_shows_as_much(record: dict[str, Any]) -> None:
    """The rank by hand: the mean gap of the quarters paid for over the typical gap from before."""
    share = wide("share_of_income")
    early = [q for q in share if q < "2021"]
    ratios = {}
    for town in share.index:
        others = share.drop(town)
        mix = simplex_fit(others[early].to_numpy().T, share.loc[town, early].to_numpy()).weights
        gap = share.loc[town] - mix @ others
        ratios[town] = gap[PAID].mean() / np.sqrt((gap[early] ** 2).mean())
    assert min(ratios, key=lambda town: ratios[town]) == "Valbrune"
    steps = json.dumps(record["page_one"]["clauses"]) + json.dumps(record["findings"])
    assert "0.04166" in steps


def test_what_was_put_into_the_data_is_found(record: dict[str, Any], maker: ModuleType) -> None:
    truth = {
        "energy_share": -np.mean(maker.EFFECT[4:]),
        "comfort": np.mean(maker.WARM_EFFECT[4:]),
    }
    for outcome, value in truth.items():
        (interval,) = [
            i
            for i in finding(record, outcome)["intervals"]
            if (i["side"], i["level"]) == ("two", "0.95")
        ]
        assert float(interval["low"]) < value < float(interval["high"])


def test_comfort_is_watched_and_never_paid(record: dict[str, Any]) -> None:
    assert {c["outcome"] for c in record["page_one"]["clauses"]} == {"energy_share"}
    (row,) = record["besides"]["watched"]
    assert "Never paid" in json.dumps(row["said"])
    # Whatever another analysis of it says, what is due does not move.
    (other,) = finding(record, "comfort")["robustness"]
    assert other["due_now"] == record["page_one"]["money"]["due_now"]


def test_every_other_analysis_answers(record: dict[str, Any]) -> None:
    rows = finding(record, "energy_share")["robustness"]
    assert [row["name"] for row in rows] == ["augmented", "intercept", "synthetic-did"]
    assert all(1.0 < float(row["estimate"]) < 2.5 for row in rows)


def test_the_record_fits_its_published_schema(record: dict[str, Any]) -> None:
    schema = json.loads(files("impacteval.report").joinpath("schema.json").read_text("utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(record)] == []


# --- the report and the notebook ----------------------------------------------------------------


def test_french_comes_first(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    command("verify", STUDY, "--out", tmp_path / "out")
    told = capsys.readouterr().out
    assert "Payer" in told
    assert told.index("report.fr.html") < told.index("report.en.html")
    command("verify", STUDY, "--out", tmp_path / "out", "--lang", "en")
    assert "The report is in" in capsys.readouterr().out
    assert not (tmp_path / "out" / "report.fr.html").exists()


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_page_says_that_the_data_are_synthetic(out: Path, lang: str) -> None:
    label = spaced(LABEL[lang])
    printed = [spaced(page) for page in pages((out / f"report.{lang}.pdf").read_bytes())]
    assert len(printed) > 3
    assert [label in page for page in printed] == [True] * len(printed)
    for kind in ("html", "md"):
        assert label in spaced((out / f"report.{lang}.{kind}").read_text(encoding="utf-8"))


def test_refusals_and_the_mix_stand_in_the_report(out: Path) -> None:
    text = spaced(re.sub(r"<[^>]+>", "", (out / "report.fr.html").read_text(encoding="utf-8")))
    for sentence in (
        "Sur 676 ménages modestes auxquels l'aide a été proposée, 458 l'ont acceptée",
        "L'aide atteint moins bien les personnes âgées",
        "Commune 01",
        "Confort",
    ):
        assert sentence in text, sentence


@pytest.mark.study
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_notebook_publishes_what_the_command_found(
    record: dict[str, Any], tmp_path: Path, language: str
) -> None:
    notebook = run_notebook(STUDY, tmp_path, {"language": language})
    figures = read_published(tmp_path / "published.json").figures
    expected = -float(finding(record, "energy_share")["estimate"])
    assert figures["effect"] == pytest.approx(expected, rel=1e-8)
    assert figures["refused"] == 178
    text = notebook.read_text(encoding="utf-8")
    assert ("motif du refus |" in text) is (language == "fr")
    assert ("reason for refusing |" in text) is (language == "en")
