"""The study of a roll-out through a pandemic, as a stranger runs it: two windows, two readings."""

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
from jsonschema import Draft202012Validator
from pdf_text import pages

from impacteval.cli.run import run
from impacteval.notebook import read_published, run_notebook

STUDY = Path(__file__).resolve().parents[2] / "studies" / "mobile-clinics"
WRITTEN = {
    "verdict.json",
    *(f"report.{lang}.{kind}" for lang in ("en", "fr") for kind in ("html", "pdf", "md")),
}
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
    folder = tmp_path_factory.mktemp("verify") / "out"
    command("verify", STUDY, "--out", folder)
    return folder


@pytest.fixture(scope="module")
def record(out: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((out / "verdict.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The script that makes the data."""
    spec = importlib.util.spec_from_file_location("make_clinics", STUDY / "make_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def communes() -> pd.DataFrame:
    return pd.read_csv(STUDY / "communes.csv", keep_default_na=False)


def finding(record: dict[str, Any], outcome: str) -> dict[str, Any]:
    (found,) = [f for f in record["findings"] if f["outcome"] == outcome]
    return found  # type: ignore[no-any-return]


# --- the data -----------------------------------------------------------------------------------


def test_the_script_makes_the_very_data_in_the_tree(maker: ModuleType, tmp_path: Path) -> None:
    assert not maker.differs()
    # The comparison has teeth: one consultation more in one commune is noticed.
    text = (STUDY / maker.FILE).read_text(encoding="utf-8")
    (tmp_path / maker.FILE).write_text(text, encoding="utf-8")
    assert not maker.differs(tmp_path)
    head, _, count = text.splitlines()[500].rpartition(",")
    changed = text.replace(f"{head},{count}\n", f"{head},{int(count) + 1}\n")
    (tmp_path / maker.FILE).write_text(changed, encoding="utf-8")
    assert maker.differs(tmp_path)


def test_the_roll_out_has_the_stated_shape(communes: pd.DataFrame, maker: ModuleType) -> None:
    places = communes.drop_duplicates("commune")
    assert len(places) == 210
    assert places["start"].value_counts().to_dict() == {**maker.WAVES, "": maker.NEVER}
    assert communes.groupby("commune").size().eq(18).all()
    fixed = ["start", "inhabitants_100", "minutes_to_doctor", "share_over_65"]
    assert communes.groupby("commune")[fixed].nunique().eq(1).all(axis=None)
    assert (STUDY / maker.FILE).stat().st_size < 200_000


def test_the_pandemic_strikes_everyone_and_the_clinics_were_closed(
    communes: pd.DataFrame,
) -> None:
    """Sums alone show it: without a clinic consultations fall; with one they fall by the effect more."""
    sums = communes.groupby(["start", "quarter"])[["consultations", "inhabitants_100"]].sum()
    rates = (sums["consultations"] / sums["inhabitants_100"]).unstack("quarter")
    assert (rates["2020-Q2"] < rates["2020-Q1"] - 15).all()
    lead = rates.loc["2019-Q1"] - rates.loc[""]
    before = lead[["2018-Q1", "2018-Q2", "2018-Q3", "2018-Q4"]].mean()
    assert lead["2019-Q4"] - before > 6
    assert abs(lead["2020-Q2"] - before) < 2


# --- the verdict --------------------------------------------------------------------------------


def test_contract_plan_and_examples_fit_and_nothing_changed_since_the_lock(
    record: dict[str, Any],
) -> None:
    command("check", STUDY)
    assert record["locked"] is True
    assert record["deviations"] == []


def test_each_window_has_its_number_and_its_payment(record: dict[str, Any]) -> None:
    (now,) = record["page_one"]["clauses"]
    (was,) = record["as_contracted"]["clauses"]
    assert (now["outcome"], now["verdict"], now["amount"]) == (
        "consultations_open", "met", "450000.00",
    )  # fmt: skip
    assert (was["plain_name"]["en"], was["verdict"], was["amount"]) == (
        "Consultations", "met", "300000.00",
    )  # fmt: skip
    # The lower bound is what both readings compare, each on its own window.
    assert 7 <= float(now["value"]) < float(now["estimate"])
    assert 5 <= float(was["value"]) < 7
    assert float(was["value"]) < float(finding(record, "consultations")["estimate"])
    assert record["as_contracted"]["total"] == "300000.00"
    assert record["page_one"]["money"]["due_now"] == "450000.00"
    assert record["study"]["settlement_date"] == "2022-09-30"
    assert finding(record, "consultations")["paid_as_contracted"] is True


def test_the_windows_are_those_of_the_contract(
    record: dict[str, Any], communes: pd.DataFrame
) -> None:
    quarters = sorted(communes["quarter"].unique())
    closed = ("2020-Q2", "2020-Q3")
    served = [q for q in quarters if q >= "2019-Q1"]
    periods = {
        name: [p["period"] for p in finding(record, name)["periods"]]
        for name in ("consultations", "consultations_open")
    }
    assert periods["consultations"] == [q for q in served if q <= "2021-Q4"]
    assert periods["consultations_open"] == [q for q in served if q not in closed]
    shut = [p for p in finding(record, "consultations")["periods"] if p["period"] in closed]
    for period in shut:
        # No clinic, no effect: the band of the counterfactual holds what was observed.
        assert float(period["low"]) < float(period["observed"]) < float(period["high"])


def test_the_analysis_without_covariates_is_sums_done_by_hand(
    record: dict[str, Any], communes: pd.DataFrame
) -> None:
    """Every start and quarter against communes without a clinic by then, weighed by inhabitants."""
    kept = communes[~communes["quarter"].isin(["2020-Q2", "2020-Q3"])]
    quarters = sorted(kept["quarter"].unique())

    def rate(start: Any, quarter: str) -> float:
        rows = kept[start & kept["quarter"].eq(quarter)]
        return float(rows["consultations"].sum() / rows["inhabitants_100"].sum())

    total = weight = 0.0
    for start in sorted(set(kept["start"]) - {""}):
        own = kept["start"].eq(start)
        base = quarters[quarters.index(start) - 1]
        size = kept[own].drop_duplicates("commune")["inhabitants_100"].sum()
        for quarter in (q for q in quarters if q >= start):
            others = kept["start"].eq("") | kept["start"].gt(quarter)
            effect = (
                rate(own, quarter) - rate(own, base) - rate(others, quarter) + rate(others, base)
            )
            total, weight = total + size * effect, weight + size
    row = next(
        r
        for r in finding(record, "consultations_open")["robustness"]
        if r["name"] == "without-covariates"
    )
    assert float(row["estimate"]) == pytest.approx(total / weight, abs=1e-7)


def test_what_was_put_into_the_data_is_found(
    record: dict[str, Any], communes: pd.DataFrame, maker: ModuleType
) -> None:
    quarters = list(maker.QUARTERS)
    since = communes["quarter"].map(quarters.index) - communes["start"].map(
        {q: k for k, q in enumerate(quarters)}
    )
    shut = communes["quarter"].isin(maker.CLOSED)
    added = since.clip(upper=3).map(dict(enumerate(maker.EFFECT))).where(~shut, 0.0)
    for outcome, kept in (
        ("consultations", communes["quarter"] <= "2021-Q4"),
        ("consultations_open", ~shut),
    ):
        on = kept & (since >= 0)
        truth = np.average(added[on], weights=communes["inhabitants_100"][on])
        (interval,) = [
            i
            for i in finding(record, outcome)["intervals"]
            if (i["side"], i["level"]) == ("two", "0.95")
        ]
        assert float(interval["low"]) < truth < float(interval["high"])


def test_the_checks_of_a_roll_out_were_made(record: dict[str, Any]) -> None:
    checks = {c["name"]: c for c in finding(record, "consultations_open")["diagnostics"]}
    assert {"anticipation", "placebo-dates", "leave-one-cohort"} <= set(checks)
    # Equal trends before the start, and how far apart they may drift after it: never a licence.
    assert checks["pre-trends"]["status"] == "passed"
    assert float(checks["honest-did"]["statistic"]) > 0
    for name in ("anticipation", "placebo-dates", "leave-one-cohort"):
        assert checks[name]["status"] == "passed", name
        assert 0 <= float(checks[name]["statistic"]) <= 1
        assert checks[name]["required"] is False


def test_every_other_analysis_answers(record: dict[str, Any]) -> None:
    rows = finding(record, "consultations_open")["robustness"]
    by_name = {row["name"]: row for row in rows}
    assert {"never-served", "without-covariates", "imputed", "two-stage"} <= set(by_name)
    assert all(row["estimate"] is not None for row in rows)
    # One coefficient for a staggered roll-out has a concern of its own, which the plan answers.
    tempting = by_name["one-coefficient"]
    assert [said["values"]["dates"] for said in tempting["concerns"]] == [4]
    assert tempting["justification"]["fr"].startswith("Les lecteurs connaissent ce nombre")
    assert all("concerns" not in row for row in rows if row is not tempting)


def test_the_record_fits_its_published_schema(record: dict[str, Any]) -> None:
    schema = json.loads(files("impacteval.report").joinpath("schema.json").read_text("utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(record)] == []


# --- the report and the notebook ----------------------------------------------------------------


def test_it_writes_every_file_and_nothing_else(out: Path) -> None:
    assert {file.name for file in out.iterdir()} == WRITTEN


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_page_says_that_the_data_are_synthetic(out: Path, lang: str) -> None:
    label = spaced(LABEL[lang])
    printed = [spaced(page) for page in pages((out / f"report.{lang}.pdf").read_bytes())]
    assert len(printed) > 3
    assert [label in page for page in printed] == [True] * len(printed)
    for kind in ("html", "md"):
        assert label in spaced((out / f"report.{lang}.{kind}").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("lang", "sentences"),
    [
        (
            "en",
            (
                "Amendment (15 December 2020): the two quarters of closure are not counted",
                "EUR 450,000 as amended, EUR 300,000 as contracted; the amendments make it EUR 150,000 more.",
                "The contract as it was signed pays on this; as amended it does not.",
                "Clauses that the two readings judge otherwise",
                "Consultations, closure left out: who began when",
                "Q1 2019",
                "under 0.1%",
                "but by 4 of 5 another amount would be due",
            ),
        ),
        (
            "fr",
            (
                "Avenant (15 décembre 2020) : les deux trimestres de fermeture ne comptent pas",
                "450 000 € avec les avenants, 300 000 € selon le contrat d'origine, soit 150 000 € de plus.",
                "Le contrat d'origine paie d'après ce résultat",
                "Clauses que les deux lectures jugent autrement",
                "Consultations, hors fermeture : qui a commencé quand",
                "T1 2019",
                "moins de 0,1 %",
                "d'après 4 sur 5, un autre montant serait dû",
                "fonctions d'influence, loi normale",
            ),
        ),
    ],
)
def test_both_readings_stand_in_every_format(
    out: Path, lang: str, sentences: tuple[str, ...]
) -> None:
    for kind in ("html", "md", "pdf"):
        data = (out / f"report.{lang}.{kind}").read_bytes()
        text = " ".join(pages(data)) if kind == "pdf" else data.decode("utf-8")
        text = re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", spaced(text)))
        for sentence in sentences:
            assert re.sub(r"\s+", "", sentence) in text, (lang, kind, sentence)


@pytest.mark.study
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_notebook_publishes_what_the_command_found(
    record: dict[str, Any], tmp_path: Path, language: str
) -> None:
    notebook = run_notebook(STUDY, tmp_path, {"language": language})
    figures = read_published(tmp_path / "published.json").figures
    for name, outcome in (("signed", "consultations"), ("amended", "consultations_open")):
        expected = float(finding(record, outcome)["estimate"])
        assert figures[name] == pytest.approx(expected, rel=1e-8)
    assert (figures["due_signed"], figures["due_amended"]) == ("300000.00", "450000.00")
    text = notebook.read_text(encoding="utf-8")
    assert ("borne comparée |" in text) is (language == "fr")
    assert ("bound compared |" in text) is (language == "en")
