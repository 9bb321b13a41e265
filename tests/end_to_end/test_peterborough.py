"""The study of Peterborough, as a stranger runs it: frozen pairs, two cohorts, a second evaluator."""

from __future__ import annotations

import importlib.util
import json
import math
import re
import shutil
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

import impacteval as ie
from impacteval.canonical import digest
from impacteval.cli.run import run
from impacteval.notebook import read_published, run_notebook
from impacteval.sample import Sample
from impacteval.study.locking import prepare_now

STUDY = Path(__file__).resolve().parents[2] / "studies" / "peterborough"
WRITTEN = {
    "verdict.json",
    *(f"report.{lang}.{kind}" for lang in ("en", "fr") for kind in ("html", "pdf", "md")),
}
LABEL = {
    "en": "Synthetic data: the people in this report do not exist. No payment follows from it.",
    "fr": "Données synthétiques : les personnes de ce rapport n'existent pas. Aucun paiement n'en découle.",
}
COHORTS = {"cohort_1": "one", "cohort_2": "two"}


def command(*words: object, code: int = 0) -> None:
    """Run one command, which must leave with that code."""
    with pytest.raises(SystemExit) as left:
        run([str(word) for word in words])
    assert (left.value.code or 0) == code


def spaced(text: str) -> str:
    """With plain spaces and apostrophes, so that typography is not what is compared."""
    return re.sub(r"\s+", " ", unescape(text)).replace("’", "'")


def letters(text: str) -> str:
    """Without tags and spaces, which a PDF does not keep."""
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", spaced(text)))


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
    spec = importlib.util.spec_from_file_location("make_men", STUDY / "make_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def men() -> pd.DataFrame:
    return pd.read_parquet(STUDY / "men.parquet")


@pytest.fixture(scope="module")
def pairs() -> dict[str, pd.DataFrame]:
    """The frozen pairs of each cohort, as they stand in the study folder."""
    prepared = ie.load_study(STUDY).prepared
    assert prepared is not None
    return {
        sample.group: pd.DataFrame(sample.step.tables["pairs"])
        for sample in prepared.samples
        if sample.step is not None
    }


def finding(record: dict[str, Any], group: str) -> dict[str, Any]:
    (found,) = [f for f in record["findings"] if f["group"] == group]
    return found  # type: ignore[no-any-return]


def cohort(men: pd.DataFrame, group: str) -> pd.DataFrame:
    """The men of a cohort by their place, from 1, in the order of their labels."""
    who = men[men["cohort"] == COHORTS[group]].sort_values("man").reset_index(drop=True)
    return who.set_axis(who.index + 1)


# --- the data and the contract ------------------------------------------------------------------


def test_the_script_makes_the_very_data_in_the_tree(maker: ModuleType, tmp_path: Path) -> None:
    assert not maker.differs()
    # The comparison has teeth: one conviction more of one man is noticed.
    other = maker.read()
    other.loc[500, "convictions"] += 1
    other.to_parquet(tmp_path / maker.FILE, index=False)
    assert maker.differs(tmp_path)


def test_totals_are_those_that_were_published(men: pd.DataFrame) -> None:
    served = men[men["served"] == 1]
    assert len(served) == 1802
    assert not men["man"].duplicated().any()
    per_100 = 100 * served.groupby("cohort", observed=True)["convictions"].mean()
    assert per_100["one"] == pytest.approx(142, abs=0.05)
    took_up = served.groupby("cohort", observed=True)["took_up"].mean()
    assert took_up.to_dict() == pytest.approx({"one": 0.74, "two": 0.87}, abs=0.005)
    # Rare and unevenly spread, as convictions are.
    assert 2.5 < men["convictions"].var() / men["convictions"].mean() < 3.5
    # The split of the 1,802 is ours and nobody's estimate.
    assert served["cohort"].value_counts().to_dict() == {"one": 950, "two": 852}
    # Cohorts follow each other by date of release, and courts have caught up with nobody early.
    released = men.groupby("cohort", observed=True)["released"].agg(lambda x: (min(x), max(x)))
    assert released["one"][1] < released["two"][0]
    assert (men["convictions_by_12"] <= men["convictions"]).all()


def test_the_contract_is_that_of_the_bond_but_for_its_evaluator() -> None:
    own, bond = (
        yaml.safe_load((folder / "contract.yaml").read_text(encoding="utf-8"))
        for folder in (STUDY, STUDY.parent / "bonds" / "peterborough")
    )
    assert own["parties"].pop("evaluator") != bond["parties"].pop("evaluator")
    assert own == bond
    examples = (STUDY / "examples.yaml").read_bytes()
    assert examples == (STUDY.parent / "bonds" / "peterborough" / "examples.yaml").read_bytes()


def test_the_folder_stays_small() -> None:
    assert sum(file.stat().st_size for file in STUDY.iterdir() if file.is_file()) < 1_000_000


# --- the match ----------------------------------------------------------------------------------


def test_whoever_prepares_again_gets_what_was_frozen() -> None:
    study = ie.load_study(STUDY)
    assert study.prepared is not None
    assert prepare_now(study) == study.prepared


def test_the_match_is_as_the_contract_says(
    men: pd.DataFrame, pairs: dict[str, pd.DataFrame]
) -> None:
    for group, match in pairs.items():
        who = cohort(men, group)
        assert (who.loc[match["served"], "served"] == 1).all()
        assert (who.loc[match["comparison"], "served"] == 0).all()
        # Everyone counts; up to ten for each; nobody counts twice. Men of the very same record share
        # a place, so that the order of rows decides nothing.
        assert set(match["served"]) == set(who.index[who["served"] == 1])
        places = (1 / match.groupby("served")["weight"].transform("max")).round().clip(upper=10)
        assert (match["weight"] * places).groupby(match["comparison"]).sum().max() <= 1 + 1e-9
        assert match.groupby("served")["weight"].sum().to_numpy() == pytest.approx(1)


def test_the_numbers_are_means_of_the_frozen_pairs(
    record: dict[str, Any], men: pd.DataFrame, pairs: dict[str, pd.DataFrame]
) -> None:
    fewer = {}
    for group, match in pairs.items():
        who = cohort(men, group)
        with_it = 100 * who.loc[who["served"] == 1, "convictions"].mean()
        each = match["weight"] * who.loc[match["comparison"], "convictions"].to_numpy()
        without = 100 * each.groupby(match["served"]).sum().mean()
        fewer[group] = 100 * (1 - with_it / without)
        found = finding(record, group)
        assert float(found["observed"]) == pytest.approx(with_it, rel=1e-9)
        assert float(found["counterfactual"]) == pytest.approx(without, rel=1e-9)
        assert float(found["estimate"]) == pytest.approx(fewer[group], abs=1e-6)
    together = np.average([fewer["cohort_1"], fewer["cohort_2"]], weights=[950, 852])
    assert float(finding(record, "pooled")["estimate"]) == pytest.approx(together, abs=1e-6)
    # 142 against 155 is 8.4 percent fewer; then about 9.7, together about 9, as published.
    assert [round(fewer[g], 1) for g in COHORTS] == [8.4, 9.7]
    assert round(together) == 9


def test_what_was_put_into_the_data_is_found(record: dict[str, Any], maker: ModuleType) -> None:
    for spec, group in zip(maker.COHORTS, COHORTS, strict=True):
        truth = 100 * (1 - spec.observed / spec.similar)
        (interval,) = [
            i
            for i in finding(record, group)["intervals"]
            if (i["side"], i["level"]) == ("two", "0.95")
        ]
        assert float(interval["low"]) < truth < float(interval["high"])


def test_without_matching_the_service_looks_harmful(men: pd.DataFrame) -> None:
    for group in COHORTS:
        means = cohort(men, group).groupby("served")["convictions"].mean()
        assert means[1] > means[0]


# --- the verdict --------------------------------------------------------------------------------


def test_it_is_checked_and_run_as_locked(record: dict[str, Any]) -> None:
    command("check", STUDY)
    assert record["locked"] is True
    assert record["deviations"] == []
    assert record["study"]["synthetic"] is True


def test_early_is_missed_twice_and_the_end_is_met(record: dict[str, Any]) -> None:
    assert [
        (c["name"], c["group"], c["verdict"], c["amount"]) for c in record["page_one"]["clauses"]
    ] == [
        ("early", "cohort_1", "not_met", "0.00"),
        ("early", "cohort_2", "not_met", "0.00"),
        ("final", "pooled", "met", "not_published"),
    ]
    assert record["page_one"]["money"]["due_now"] == "not_published"
    # How close is told in convictions: 4.3 of the second cohort's 1,193.
    near = record["page_one"]["clauses"][1]["distance"]["values"]
    expected = (10 - float(near_estimate(record))) / 100 * 155.0194 * 8.52
    # Four convictions fewer would not have been enough: whole ones are counted up.
    assert float(near["total"]) == math.ceil(expected)
    assert near["total_unit"]["en"] == "convictions"


def near_estimate(record: dict[str, Any]) -> str:
    return str(record["page_one"]["clauses"][1]["value"])


def test_as_signed_the_contract_still_waits_for_the_third_cohort(record: dict[str, Any]) -> None:
    signed = {(c["name"], c["group"]): c for c in record["as_contracted"]["clauses"]}
    assert signed["early", "cohort_3"]["verdict"] is None
    assert signed["final", "pooled"]["verdict"] is None
    assert (record["as_contracted"]["due_now"], record["as_contracted"]["total"]) == ("0.00", None)


def test_one_place_lowers_the_grade_and_no_rule_about_certainty_answers(
    record: dict[str, Any],
) -> None:
    assert all(finding(record, group)["treated_clusters"] == 1 for group in (*COHORTS, "pooled"))
    assert record["page_one"]["evidence"]["grade"] == 2
    assert "warning.few-places" in {w["key"] for w in record["page_one"]["warnings"]}
    for rule in record["other_rules"]:
        wanted = {"met", "not_met"} if rule["binding"] else {"cannot_be_judged"}
        assert set(rule["verdicts"].values()) == wanted


def test_other_analyses_are_those_of_their_methods_alone(
    record: dict[str, Any], men: pd.DataFrame
) -> None:
    """Each from people without a preparation: what was frozen for matching is not theirs."""
    plan = ie.load_study(STUDY).plan.analyses["matched"]
    rows = {row["name"]: row for row in finding(record, "cohort_1")["robustness"]}
    who = men[men["cohort"] == "one"].astype({"prison": str})
    sample = Sample.from_frame(
        who,
        design="matched",
        outcome="convictions",
        unit="man",
        treatment="served",
        exposure="men_100",
        covariates=plan.columns.covariates,
        assignment_cluster="prison",
    )
    assert set(rows) == {other.name for other in plan.robustness}
    for other in plan.robustness:
        if other.name == "doubly-robust":
            continue  # draws its own folds
        spec = other.estimator
        alone = ie.estimator(spec.name, **spec.settings).estimate(
            sample, scale="relative", rng=np.random.default_rng(1)
        )
        estimate = float(rows[other.name]["estimate"])
        assert estimate == pytest.approx(-100 * alone.effect.value, abs=1e-6), other.name


def test_the_panel_asks_whether_a_verdict_would_flip(record: dict[str, Any]) -> None:
    for group in COHORTS:
        checks = {c["name"]: c for c in finding(record, group)["diagnostics"]}
        assert {c["status"] for c in checks.values()} == {"passed"}
        assert float(checks["balance"]["statistic"]) < 0.03
        # Ten prisons in turn take the place of the one that was served.
        assert checks["placebo-treatment"]["explanation"]["values"]["n"] == 10
        assert checks["random-common-cause"]["decided"]["answered"] == 40
        assert checks["random-common-cause"]["decided"]["flips"] > 0
    assert {c["name"] for c in record["findings"][-1]["diagnostics"]} == set()


def test_the_record_fits_its_published_schema(record: dict[str, Any]) -> None:
    schema = json.loads(files("impacteval.report").joinpath("schema.json").read_text("utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(record)] == []


# --- a second evaluator -------------------------------------------------------------------------


def test_another_definition_of_the_sample_is_held_against_the_lock(
    out: Path, tmp_path: Path
) -> None:
    second = tmp_path / "peterborough"
    second.mkdir()
    for file in ("contract.yaml", "examples.yaml", "men.parquet", "lock.yaml"):
        shutil.copy(STUDY / file, second)
    plan = yaml.safe_load((STUDY / "plan.yaml").read_text(encoding="utf-8"))
    matched = plan["analyses"]["matched"]
    kept = ["Peterborough", *(f"Prison {letter}" for letter in "DEFGHIJ")]
    because = {"en": "others have begun the same", "fr": "d'autres ont commencé de même"}
    matched["eligible"] = [{"column": "prison", "equals": kept, "because": because}]
    matched["diagnostics"], matched["robustness"] = [], []
    (second / "plan.yaml").write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
    theirs = tmp_path / "out"
    command("verify", second, "--out", theirs, "--lang", "en", "--against", out, code=1)
    held = json.loads((theirs / "verdict.json").read_text(encoding="utf-8"))["compared"]
    assert held["agree"] is False
    assert held["standing"]["en"].startswith("The number fixed beforehand is the other run's")
    places = {c["values"].get("place") for c in held["circumstances"]}
    assert "analyses.matched.eligible" in places
    moved = [row for row in held["rows"] if row["result"] and not row["agrees"]]
    assert moved
    assert all(row["kind"] == "number" for row in moved)
    # Within half of what the numbers are, they agree: a tolerance is for the parties to agree on.
    command("compare", theirs, out, "--tolerance", "0.5")


# --- the ministry's figures ---------------------------------------------------------------------


def test_the_ministry_s_figures_read_otherwise() -> None:
    table = pd.read_csv(STUDY / "ministry.csv")
    # Ministry of Justice, as told at tobyecc.wordpress.com: per 100 men, within six months.
    assert table["peterborough"].tolist() == [74, 81, 85, 84, 78]
    assert table["local_prisons"].tolist() == [66, 71, 74, 75, 84]
    change = 100 * (78 / (84 + (84 - 75)) - 1)
    assert change == pytest.approx(-16.129, abs=0.001)
    contract = ie.load_contract(STUDY / "contract.yaml")
    verdicts = {}
    for value in (8.4, round(-change, 1)):
        decision = ie.price(contract, {"reconvictions": {"cohort_1": value}})
        (clause,) = [c for c in decision.clauses if (c.name, c.group) == ("early", "cohort_1")]
        assert clause.verdict is not None
        verdicts[value] = clause.verdict.value
    assert verdicts == {8.4: "not_met", 16.1: "met"}


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
                "Pay for the part of the contract whose condition is met.",
                "8.36% lower than without the programme. The contract asks for at least 10%: not met",
                "a total lower by 5 convictions would have changed the answer",
                "the interval covers chance between people and not what else happened there",
                "The authors of impacteval, on synthetic men",
                "Clause “Early payment”, Third cohort: only as contracted (open).",
            ),
        ),
        (
            "fr",
            (
                "Payer la part du contrat dont la condition est remplie.",
                "un total inférieur de 5 condamnations aurait changé la réponse",
                "Les auteurs d'impacteval, sur des hommes synthétiques",
                "Clause « Paiement anticipé », Troisième cohorte : seulement selon le contrat d'origine",
            ),
        ),
    ],
)
def test_the_answer_stands_in_every_format(
    out: Path, lang: str, sentences: tuple[str, ...]
) -> None:
    for kind in ("html", "md", "pdf"):
        data = (out / f"report.{lang}.{kind}").read_bytes()
        text = letters(" ".join(pages(data)) if kind == "pdf" else data.decode("utf-8"))
        for sentence in sentences:
            assert letters(sentence) in text, (lang, kind, sentence)


@pytest.mark.study
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_notebook_publishes_what_the_command_found(
    record: dict[str, Any], tmp_path: Path, language: str
) -> None:
    notebook = run_notebook(STUDY, tmp_path, {"language": language})
    figures = read_published(tmp_path / "published.json").figures
    for group in COHORTS:
        assert figures[group] == pytest.approx(float(finding(record, group)["estimate"]), abs=1e-6)
    assert figures["verdicts"] == ["not_met", "not_met", "met"]
    # The same files, run again: the same record, to the last digit.
    assert figures["record"] == digest(record)
    text = notebook.read_text(encoding="utf-8")
    assert ("comme verrouillé |" in text) is (language == "fr")
    assert ("as locked |" in text) is (language == "en")
