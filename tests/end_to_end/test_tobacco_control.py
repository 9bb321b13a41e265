"""The study of one served state, as a stranger runs it: from the command to the files."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jsonschema import Draft202012Validator
from pdf_text import pages

from impacteval.cli.run import run
from impacteval.notebook import read_published

STUDY = Path(__file__).resolve().parents[2] / "studies" / "tobacco-control"
WRITTEN = {
    "verdict.json",
    *(f"report.{lang}.{kind}" for lang in ("en", "fr") for kind in ("html", "pdf", "md")),
}
LABEL = {
    "en": "Illustration: real data, a contract that nobody signed. No payment follows from it.",
    "fr": "Illustration : données réelles, contrat que personne n'a signé. Aucun paiement n'en découle.",
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `impacteval verify` writes."""
    folder = tmp_path_factory.mktemp("verify") / "out"
    with pytest.raises(SystemExit) as left:
        run(["verify", str(STUDY), "--out", str(folder)])
    assert left.value.code in (0, None)
    return folder


@pytest.fixture(scope="module")
def record(out: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((out / "verdict.json").read_text(encoding="utf-8"))
    return read


def spaced(text: str) -> str:
    """With plain spaces and apostrophes, so that typography is not what is compared."""
    return re.sub(r"\s+", " ", text).replace("’", "'")


def test_it_writes_every_file_and_nothing_else(out: Path) -> None:
    assert {file.name for file in out.iterdir()} == WRITTEN
    assert all(file.stat().st_size > 1000 for file in out.iterdir())


def test_the_verdict_and_the_money(record: dict[str, Any]) -> None:
    page = record["page_one"]
    assert page["answer"] == "pay"
    clauses = {clause["name"]: clause for clause in page["clauses"]}
    assert {name: clause["verdict"] for name, clause in clauses.items()} == {
        "early": "met",
        "lasting": "met",
    }
    # From outcomes alone the average effect of 1989 to 2000 is -19.513630 (tests/papers), and
    # 1500000 * (19.51 - 5) = 21765000.
    assert clauses["early"]["value"] == "10.09"
    assert clauses["early"]["amount"] == "5000000.00"
    assert clauses["lasting"]["value"] == "19.51"
    assert clauses["lasting"]["amount"] == "21765000.00"
    assert page["money"]["due_now"] == "26765000.00"
    assert record["locked"] is True
    assert record["deviations"] == []


def test_the_failed_check_is_told_and_does_not_decide(record: dict[str, Any]) -> None:
    warnings = [warning["en"] for warning in record["page_one"]["warnings"]]
    assert any("planned check failed" in warning for warning in warnings)
    checks = {
        check["name"]: check["status"]
        for finding in record["findings"]
        if finding["outcome"] == "packs"
        for check in finding["diagnostics"]
    }
    assert checks == {"leave-one-out-donors": "passed", "placebo-dates": "failed"}


def test_a_margin_for_chance_would_pay_less(record: dict[str, Any]) -> None:
    due = {rule["rule"]["key"]: rule["due_now"] for rule in record["other_rules"]}
    assert due["contract.rule-point"] == "26765000.00"
    (bound,) = [r for r in record["other_rules"] if r["rule"]["key"] == "contract.rule-lower-bound"]
    assert bound["verdicts"] == {"early": "not_met", "lasting": "met"}
    # 1500000 for each pack of the bound above 5, to two decimals.
    packs = round(float(bound["values"]["lasting"]), 2)
    assert float(due["contract.rule-lower-bound"]) == pytest.approx(1500000 * (packs - 5))
    assert due["contract.rule-significant"] == "0.00"


def test_every_other_analysis_finds_fewer_packs(record: dict[str, Any]) -> None:
    (finding,) = [one for one in record["findings"] if one["outcome"] == "packs"]
    estimates = {row["name"]: row["estimate"] for row in finding["robustness"]}
    assert set(estimates) == {
        "intercept",
        "penalised",
        "augmented",
        "synthetic-did",
        "conformal",
        "t-test",
    }
    found = {name: float(value) for name, value in estimates.items() if value is not None}
    assert set(found) == set(estimates)
    assert min(found.values()) > 10.0
    # Arkhangelsky and others (2021), to the exact optimum; Chernozhukov, Wuthrich and Zhu (2025).
    assert found["synthetic-did"] == pytest.approx(15.605398, abs=1e-5)
    assert found["t-test"] == pytest.approx(17.991121, abs=1e-5)


def test_the_record_fits_its_published_schema(record: dict[str, Any]) -> None:
    schema = json.loads(files("impacteval.report").joinpath("schema.json").read_text("utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(record)) == []


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_page_says_that_it_is_an_illustration(out: Path, lang: str) -> None:
    label = spaced(LABEL[lang])
    printed = [spaced(page) for page in pages((out / f"report.{lang}.pdf").read_bytes())]
    assert len(printed) > 3
    assert [label in page for page in printed] == [True] * len(printed)
    assert label in spaced((out / f"report.{lang}.md").read_text(encoding="utf-8"))


def test_the_french_summary_of_the_notebook_says_the_figures_of_the_record(
    record: dict[str, Any],
) -> None:
    from impacteval.render.format import number

    source = (STUDY / "study.py").read_text(encoding="utf-8")
    summary = spaced(source.split("## En bref")[1].split("# %%")[0].replace("\n# ", " "))
    page = record["page_one"]
    (bound,) = [r for r in record["other_rules"] if r["rule"]["key"] == "contract.rule-lower-bound"]
    told = [
        *(spaced(number(clause["value"], "fr")) for clause in page["clauses"]),
        spaced(number(page["money"]["due_now"].removesuffix(".00"), "fr")),
        spaced(number(bound["due_now"].removesuffix(".00"), "fr")),
    ]
    assert [figure for figure in told if figure not in summary] == []


@pytest.mark.study
def test_the_notebook_tells_what_the_report_says(record: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as left:
        run(["run", str(STUDY), "--out", str(tmp_path)])
    assert left.value.code in (0, None)
    figures = read_published(tmp_path / "published.json").figures
    found = {one["outcome"]: float(one["estimate"]) for one in record["findings"]}
    assert -figures["effect"] == pytest.approx(found["packs"], rel=1e-9)
    assert -figures["effect_first_years"] == pytest.approx(found["packs_early"], rel=1e-9)
    assert figures["pre_rmspe"] == pytest.approx(1.656400, abs=5e-7)
    assert figures["due_now"] == record["page_one"]["money"]["due_now"]
    shown = nbformat.read(tmp_path / "study.ipynb", as_version=4)
    outputs = [o for cell in shown.cells for o in cell.get("outputs", ())]
    assert [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"] == []
    assert sum("image/png" in o.get("data", {}) for o in outputs) == 1
