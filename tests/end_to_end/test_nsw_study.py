"""The real study, as a stranger runs it: from the command to the files, and the notebook."""

from __future__ import annotations

import json
import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from jsonschema import Draft202012Validator
from pdf_text import pages

from impacteval.canonical import digest
from impacteval.cli.run import run
from impacteval.notebook import read_published, run_notebook

STUDY = Path(__file__).resolve().parents[2] / "studies" / "nsw-job-training"
WRITTEN = {
    "verdict.json",
    *(f"report.{lang}.{kind}" for lang in ("en", "fr") for kind in ("html", "pdf", "md")),
}
LABEL = {
    "en": "Illustration: real data, a contract that nobody signed. No payment follows from it.",
    "fr": "Illustration : données réelles, contrat que personne n’a signé. Aucun paiement n’en découle.",
}


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


def command(*words: object) -> None:
    """Run one command; its exit code must be 0."""
    with pytest.raises(SystemExit) as left:
        run([str(word) for word in words])
    assert left.value.code in (0, None)


def spaced(text: str) -> str:
    """With plain spaces and apostrophes, so that typography is not what is compared."""
    return re.sub(r"\s+", " ", text).replace("’", "'")


def test_it_writes_every_file_and_nothing_else(out: Path) -> None:
    assert {file.name for file in out.iterdir()} == WRITTEN
    assert all(file.stat().st_size > 1000 for file in out.iterdir())


def test_the_verdict_and_the_money(record: dict[str, Any]) -> None:
    page = record["page_one"]
    assert page["answer"] == "pay"
    assert page["money"]["due_now"] == "189717.00"
    assert page["money"]["total"] == "189717.00"
    clauses = {clause["name"]: clause for clause in page["clauses"]}
    assert {name: clause["verdict"] for name, clause in clauses.items()} == {
        "gain": "met",
        "above_target": "met",
    }
    # Dehejia and Wahba (1999), table 3: the experimental difference is 1,794 dollars; to the cent
    # from the same 445 men. 150000 + 50 * (1794.34 - 1000) = 189717.
    assert clauses["gain"]["value"] == "1794.34"
    assert clauses["gain"]["amount"] == "150000.00"
    assert clauses["above_target"]["amount"] == "39717.00"
    assert record["locked"] is True
    assert record["deviations"] == []


def test_the_lower_bound_would_not_pay(record: dict[str, Any]) -> None:
    rules = {rule["rule"]["key"]: rule for rule in record["other_rules"]}
    (bound,) = [rule for key, rule in rules.items() if "lower-bound" in key]
    assert bound["verdicts"] == {"gain": "not_met", "above_target": "not_met"}
    assert bound["due_now"] == "0.00"
    assert not bound["binding"]
    # 1794.342404 - 1.284433 * 670.9965464: the one-sided 90% quantile of t with 307.13 degrees.
    assert float(bound["values"]["gain"]) == pytest.approx(932.57, abs=0.01)
    assert [rule["verdicts"]["gain"] for rule in record["other_rules"] if rule["binding"]] == [
        "met"
    ]


def test_the_record_fits_its_published_schema(record: dict[str, Any]) -> None:
    schema = json.loads(files("impacteval.report").joinpath("schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert [error.message for error in validator.iter_errors(record)] == []
    assert not validator.is_valid(record | {"format": "impacteval-verdict/0"})
    assert not validator.is_valid(record | {"surprise": 1})


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_page_says_that_it_is_an_illustration(out: Path, lang: str) -> None:
    label = spaced(LABEL[lang])
    printed = [spaced(page) for page in pages((out / f"report.{lang}.pdf").read_bytes())]
    assert len(printed) > 3
    assert [label in page for page in printed] == [True] * len(printed)
    html = spaced((out / f"report.{lang}.html").read_text(encoding="utf-8"))
    assert label in html
    # One page of HTML is printed on many: a margin box puts the label on each of them.
    margin = re.search(r'@media print\{@page\{@bottom-center\{content: ?"([^"]+)"', html)
    assert margin is not None
    unescaped = re.sub(r"\\([0-9a-f]{6})", lambda code: chr(int(code[1], 16)), margin[1])
    assert spaced(unescaped) == label
    assert label in spaced((out / f"report.{lang}.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ["1,794.34", "USD 189,717", "USD 150,000", "USD 39,717"]),
        ("fr", ["1 794,34", "189 717 USD", "150 000 USD", "39 717 USD"]),
    ],
)
def test_each_format_says_the_figures_as_its_reader_writes_them(
    out: Path, lang: str, said: list[str]
) -> None:
    for kind in ("html", "md"):
        text = spaced((out / f"report.{lang}.{kind}").read_text(encoding="utf-8"))
        assert [figure for figure in said if figure not in text.replace("&nbsp;", " ")] == []
    first = spaced(pages((out / f"report.{lang}.pdf").read_bytes())[0])
    assert said[1] in first


def test_the_same_study_gives_the_same_bytes(out: Path, tmp_path: Path) -> None:
    command("verify", STUDY, "--out", tmp_path / "again")
    for name in sorted(WRITTEN):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes(), name


def test_a_contract_that_is_not_the_locked_one_is_not_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(STUDY, tmp_path / "study")
    file = tmp_path / "study" / "contract.yaml"
    text = file.read_text(encoding="utf-8")
    assert "at_least: 1000" in text
    file.write_text(text.replace("at_least: 1000", "at_least: 900"), encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        run(["verify", str(tmp_path / "study"), "--out", str(tmp_path / "out")])
    assert left.value.code == 3
    assert "not the contract that was locked" in spaced(capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


@pytest.mark.study
def test_the_notebook_tells_what_the_report_says(record: dict[str, Any], tmp_path: Path) -> None:
    # One test, because running the notebook is what takes time.
    first, again = tmp_path / "first", tmp_path / "again"
    command("run", STUDY, "--out", first)
    assert not (STUDY / "published.json").exists()  # the study's folder stays as it was

    figures = read_published(first / "published.json").figures
    described = record["findings"][0]
    assert figures["effect"] == pytest.approx(float(described["estimate"]), rel=1e-9)
    assert figures["std_error"] == pytest.approx(float(described["std_error"]), rel=1e-8)
    assert figures["p_value"] == pytest.approx(float(described["p_value"]), abs=1e-9)
    (interval,) = [r for r in described["intervals"] if (r["level"], r["side"]) == ("0.95", "two")]
    assert figures["interval"] == pytest.approx([float(interval["low"]), float(interval["high"])])
    assert figures["due_now"] == record["page_one"]["money"]["due_now"]
    assert figures["due_under_lower_bound"] == "0.00"
    assert figures["verdicts"] == {"gain": "met", "above_target": "met"}
    assert figures["record"] == digest(record)

    shown = nbformat.read(first / "study.ipynb", as_version=4)
    outputs = [o for cell in shown.cells for o in cell.get("outputs", ())]
    assert [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"] == []
    assert sum("image/png" in o.get("data", {}) for o in outputs) == 1  # the counterfactual plot
    text = json.dumps(outputs)
    assert " at 0x" not in text
    assert str(STUDY.parent) not in text

    run_notebook(STUDY, again)
    for name in ("study.ipynb", "published.json"):
        assert (again / name).read_bytes() == (first / name).read_bytes(), name


def test_the_french_summary_of_the_notebook_says_the_figures_of_the_record(
    record: dict[str, Any],
) -> None:
    from impacteval.render.format import number

    source = (STUDY / "study.py").read_text(encoding="utf-8")
    summary = spaced(source.split("## En bref")[1].split("# %%")[0].replace("\n# ", " "))
    finding, page = record["findings"][0], record["page_one"]
    told = [
        str(finding["n_treated"]),
        str(finding["n_comparison"]),
        spaced(number(page["clauses"][0]["value"], "fr")),
        spaced(number(page["clauses"][0]["threshold"], "fr")),
        spaced(number(page["money"]["due_now"].removesuffix(".00"), "fr")),
    ]
    assert [figure for figure in told if figure not in summary] == []


def test_the_effect_is_that_of_the_raw_data(record: dict[str, Any]) -> None:
    import causaldata

    raw = causaldata.nsw_mixtape.load_pandas().data
    earnings, place = raw["re78"].to_numpy(dtype=np.float64), raw["treat"].to_numpy() == 1
    by_hand = earnings[place].mean() - earnings[~place].mean()
    # The file is in single precision, which the study reads through its decimal text.
    assert float(record["findings"][0]["estimate"]) == pytest.approx(by_hand, rel=1e-7)
