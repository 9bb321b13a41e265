"""The study of two kinds of evidence, as a stranger runs it: synthetic pupils, one contract."""

from __future__ import annotations

import importlib.util
import json
import math
import re
from decimal import Decimal
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

STUDY = Path(__file__).resolve().parents[2] / "studies" / "educate-girls"
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
    return re.sub(r"\s+", " ", text).replace("’", "'")


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
    spec = importlib.util.spec_from_file_location("make_data", STUDY / "make_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(maker: ModuleType) -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = maker.make()
    return tables


# --- the data -----------------------------------------------------------------------------------


def test_the_script_makes_the_very_data_in_the_tree(
    maker: ModuleType, made: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    assert maker.differing() == []
    # The comparison has teeth: one level of one pupil is noticed, and so is one girl.
    for name in made:
        (tmp_path / name).write_bytes((STUDY / name).read_bytes())
    assert maker.differing(tmp_path) == []
    pupils = maker.read("pupils.parquet", tmp_path)
    pupils.loc[17, "start"] += 1
    pupils.to_parquet(tmp_path / "pupils.parquet", index=False)
    text = (tmp_path / "girls.csv").read_text(encoding="utf-8")
    (tmp_path / "girls.csv").write_text(text.replace("G001,", "G999,"), encoding="utf-8")
    assert maker.differing(tmp_path) == ["pupils.parquet", "girls.csv"]


def test_the_files_are_small() -> None:
    assert sum((STUDY / name).stat().st_size for name in ("pupils.parquet", "girls.csv")) < 10**6


def test_the_pupils_have_the_public_shape(made: dict[str, pd.DataFrame]) -> None:
    # RIDIE 369: 332 schools, 166 on either side, in 282 villages of which 140 served; the public
    # description of the data: three subjects with 6, 5 and 5 levels, four rounds.
    pupils = made["pupils.parquet"]
    served = pupils["served"] == 1
    assert (pupils["village"].nunique(), pupils.loc[served, "village"].nunique()) == (282, 140)
    assert [pupils.loc[side, "school"].nunique() for side in (served, ~served)] == [166, 166]
    assert pupils.groupby("village")["served"].nunique().eq(1).all()
    assert pupils.groupby("school")["village"].nunique().eq(1).all()
    for subject, levels in ((1, 6), (2, 5), (3, 5)):
        scores = pupils[[f"subject{subject}_round{r}" for r in (1, 2, 3, 4)]]
        assert sorted(pd.unique(scores.stack().dropna())) == list(range(levels))
    missing = [int(pupils[f"subject1_round{r}"].isna().sum()) for r in (1, 2, 3, 4)]
    assert missing[0] == 0
    assert missing == sorted(missing)
    assert missing[1] > 0


def test_a_gain_is_the_sum_of_the_subjects_and_missing_with_the_last_round(
    made: dict[str, pd.DataFrame],
) -> None:
    pupils = made["pupils.parquet"]
    first, last = (
        sum(pupils[f"subject{s}_round{r}"].astype("Int64") for s in (1, 2, 3)) for r in (1, 4)
    )
    assert (pupils["start"] == first).all()
    assert pupils["gain"].isna().equals(pupils["subject1_round4"].isna())
    assert ((last - first) == pupils["gain"])[pupils["gain"].notna()].all()


def test_the_sizes_are_those_that_were_published(made: dict[str, pd.DataFrame]) -> None:
    # idinsight.org: 1.08 levels more a pupil, 28 percent, 0.31 standard deviations.
    pupils = made["pupils.parquet"].dropna(subset="gain")
    served, others = (
        pupils.loc[pupils["served"] == arm, "gain"].to_numpy(dtype="float64") for arm in (1, 0)
    )
    more = served.mean() - others.mean()
    assert round(more, 2) == 1.08
    assert round(more / others.mean(), 2) == 0.28
    assert round(more / others.std(ddof=1), 2) == 0.31


def test_the_checked_girls_are_those_that_the_command_draws(
    tmp_path: Path, maker: ModuleType
) -> None:
    drawn = tmp_path / "audit.csv"
    seed, n = maker.AUDIT_SEED, maker.CHECKED
    command("audit", "draw", STUDY, "--seed", seed, "--n", n, "--out", drawn)
    girls = pd.read_csv(STUDY / "girls.csv")
    assert set(pd.read_csv(drawn)["girl"]) == set(girls.loc[girls["found"].notna(), "girl"])
    assert girls.loc[girls["found"].notna(), "enrolled"].eq(1).all()


# --- the verdict --------------------------------------------------------------------------------


def test_contract_plan_and_examples_fit_and_nothing_changed_since_the_lock(
    record: dict[str, Any],
) -> None:
    command("check", STUDY)
    assert record["locked"] is True
    assert record["deviations"] == []


def test_both_results_are_the_published_ones(record: dict[str, Any]) -> None:
    clauses = {clause["name"]: clause for clause in record["page_one"]["clauses"]}
    learning, enrolment = clauses["learning-part"], clauses["enrolment-part"]
    # idinsight.org: +8,940 levels against 5,592; 768 girls, 92 percent, against 79.
    assert (learning["value"], learning["threshold"], learning["verdict"]) == (
        "8940", "5592", "met",
    )  # fmt: skip
    assert (enrolment["value"], enrolment["threshold"], enrolment["verdict"]) == (
        "92", "79", "met",
    )  # fmt: skip
    assert float(enrolment["claimed"]) == pytest.approx(100 * 768 / 837, abs=1e-6)
    assert float(enrolment["estimate"]) == pytest.approx(100 * 768 / 837 * 144 / 150, abs=1e-6)
    assert float(learning["interval"]["low"]) > 5592
    # What was observed is an average, and what the contract reads is a total.
    assert learning["unit"]["en"] == "levels"
    assert learning["outcome_unit"] == {"en": "levels on average", "fr": "niveaux en moyenne"}
    assert "{distance:number} percentage points" in enrolment["distance"]["en"]
    assert "{distance:number} points de pourcentage" in enrolment["distance"]["fr"]
    # Points of a percentage are hundredths of the girls on the list.
    lower = float(enrolment["distance"]["values"]["total"])
    # Whole ones, counted up: what is needed, and not almost so.
    assert lower == math.ceil(float(enrolment["smallest_change"]) / 100 * 837)


def test_learning_is_least_squares_with_errors_by_village(record: dict[str, Any]) -> None:
    import statsmodels.formula.api as smf

    known = pd.read_parquet(STUDY / "pupils.parquet").dropna(subset="gain")
    known = known.astype({"gain": "float64", "served": "float64", "start": "float64"})
    fit = smf.ols("gain ~ served + start + girl + grade", known).fit(
        cov_type="cluster", cov_kwds={"groups": known["village"]}
    )
    (finding,) = [f for f in record["findings"] if f["outcome"] == "learning"]
    served = known["served"].sum()
    assert float(finding["estimate"]) == pytest.approx(served * fit.params["served"], rel=1e-8)
    # CR2 here, CR1 there: with 282 villages they differ by less than a percent.
    assert float(finding["std_error"]) == pytest.approx(served * fit.bse["served"], rel=0.01)


def test_the_ceiling_binds_and_what_is_not_public_stays_so(record: dict[str, Any]) -> None:
    money = record["page_one"]["money"]
    assert (money["due_now"], money["total"], money["ceiling"]) == (
        "not_published", "not_published", "422000.00",
    )  # fmt: skip
    (step,) = [s for s in record["money_steps"] if s["key"] == "terms.ceiling-binds-from"]
    index = Decimal("0.8") * 8940 / 5592 + Decimal("0.2") * 92 / 79
    least = Decimal(step["values"]["least"])
    cent = Decimal("0.01")
    assert index > Decimal("1.5")
    # One cent less at 100 percent would stay under the ceiling, this much reaches it.
    assert (least - cent) * index < 422000 <= least * index
    assert step["key"] in [s["key"] for s in record["page_one"]["warnings"]]


def test_both_grades_stand_on_page_one(record: dict[str, Any], out: Path) -> None:
    page = record["page_one"]
    assert page["evidence"]["grade"] == 1
    assert [(one["outcome"], one["grade"]) for one in page["evidence_by_outcome"]] == [
        ("learning", 5),
        ("enrolment", 1),
    ]
    for lang, said in (("en", "Grade {} of 5"), ("fr", "Niveau {} sur 5")):
        first = spaced(pages((out / f"report.{lang}.pdf").read_bytes())[0])
        html = spaced((out / f"report.{lang}.html").read_text(encoding="utf-8"))
        text = spaced((out / f"report.{lang}.md").read_text(encoding="utf-8"))
        for shown in (first, html, text):
            assert said.format(5) in shown
            assert said.format(1) in shown


def test_pupils_who_were_lost_are_counted(
    record: dict[str, Any], made: dict[str, pd.DataFrame]
) -> None:
    pupils = made["pupils.parquet"]
    lost = pupils["gain"].isna()
    (finding,) = [f for f in record["findings"] if f["outcome"] == "learning"]
    (check,) = [d for d in finding["diagnostics"] if d["name"] == "attrition"]
    assert (check["status"], check["required"]) == ("passed", True)
    shares = lost.groupby(pupils["served"]).mean()
    assert float(check["statistic"]) == pytest.approx(abs(shares[1] - shares[0]), rel=1e-6)
    (note,) = record["page_one"]["left_out"]
    assert int(lost.sum()) in note["values"].values()


def test_what_the_lost_could_do_is_bounded(
    record: dict[str, Any], made: dict[str, pd.DataFrame]
) -> None:
    pupils = made["pupils.parquet"]
    (finding,) = [f for f in record["findings"] if f["outcome"] == "learning"]
    losses = {row["kind"]: row for row in finding["losses"]}
    # Worst case, by hand: all who were lost moved 13 levels down in one arm and up in the other.
    means = {}
    for arm in (0, 1):
        gain = pupils.loc[pupils["served"] == arm, "gain"]
        for extreme in (-13, 13):
            means[arm, extreme] = gain.astype("float64").fillna(extreme).mean()
    served = int((pupils["served"] * pupils["gain"].notna()).sum())
    worst = losses["worst_case"]
    assert float(worst["low"]) == pytest.approx(served * (means[1, -13] - means[0, 13]), rel=1e-8)
    assert float(worst["high"]) == pytest.approx(served * (means[1, 13] - means[0, -13]), rel=1e-8)
    assert worst["flips"] is True
    assert (losses["one_way"]["flips"], losses["one_way_within"]["flips"]) == (False, False)
    assert 5592 < float(losses["one_way"]["low"]) < float(losses["one_way"]["high"])


def test_the_effect_on_girls_is_told(record: dict[str, Any]) -> None:
    (girls,) = record["besides"]["equity"]
    # Sex is one of the planned covariates, and all girls are alike in it.
    said = {line["key"]: line["values"] for line in girls["said"]}
    assert set(said) == {"contract.equity-reach", "contract.equity-effect"}


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
    html = spaced((out / f"report.{lang}.html").read_text(encoding="utf-8"))
    margin = re.search(r'@media print\{@page\{@bottom-center\{content: ?"([^"]+)"', html)
    assert margin is not None
    unescaped = re.sub(r"\\([0-9a-f]{6})", lambda code: chr(int(code[1], 16)), margin[1])
    assert label in html
    assert spaced(unescaped) == label
    assert label in spaced((out / f"report.{lang}.md").read_text(encoding="utf-8"))


@pytest.mark.study
def test_the_notebook_publishes_what_the_command_found(
    record: dict[str, Any], tmp_path: Path
) -> None:
    run_notebook(STUDY, tmp_path)
    figures = read_published(tmp_path / "published.json").figures
    (learning,) = [f for f in record["findings"] if f["outcome"] == "learning"]
    assert figures["levels"] == pytest.approx(float(learning["estimate"]), rel=1e-9)
    assert figures["grades"] == {"learning": 5, "enrolment": 1}
    assert figures["due_now"] == "not_published"
    parts = figures["by_part"]
    assert set(parts) == {"all", "girls", "boys", "block centre", "block north", "block south"}
    assert np.all(np.array(list(parts.values())) > 0)
