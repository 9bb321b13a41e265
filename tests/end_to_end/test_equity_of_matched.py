"""Parts of the people in a comparison with similar people: reached, taken on, and the effect on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from eligible_people import compared, contract, eligible, plan, write
from jsonschema import Draft202012Validator
from scipy import stats

import impacteval as ie
from impacteval.cli.run import run
from impacteval.errors import StudyError
from impacteval.render.document import document
from impacteval.render.markdown import markdown
from impacteval.report.equity_reach import share_by_lot
from impacteval.report.record import record_json, record_schema
from impacteval.sample import Sample
from impacteval.values import Scale

COVARIATES = ["school", "months_out", "age"]


def young(df: pd.DataFrame) -> pd.DataFrame:
    return df.assign(
        young=np.where(df["age"] < 35, "yes", "no"), junior=(df["age"] < 35).astype(int)
    )


def study(folder: Path, *, lost: int = 0, share: str = "25%") -> Path:
    everyone = young(eligible(700, skimmed=0.8))
    people = young(compared(everyone, others=500)).iloc[lost:]
    agreed, planned = contract("matched_comparison"), plan("matched", "propensity-matching")
    agreed["equity"] = {
        "young": {
            "plain_name": {"en": "people under 35", "fr": "les moins de 35 ans"},
            "share": {"at_least": share},
            "floor": {"outcome": "work", "at_least": 5, "level": 0.9},
        }
    }
    agreed["payment"] = {
        "sum": [
            {"name": "work", "when": {"work": {"at_least": 5}}, "pay": 100000},
        ]
    }
    part = {"young": {"column": "young", "equals": "yes"}}
    jobs = planned["analyses"]["jobs"]
    jobs["equity"] = part
    # Follows from the part: among the young nothing is left of it to match by.
    jobs["columns"]["covariates"] = [*COVARIATES, "junior"]
    planned["funnel"]["equity"] = {"young": dict(part["young"])}
    return write(folder, people=people, everyone=everyone, contract=agreed, plan=planned)


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(record_json(ie.verify(ie.load_study(folder)).record))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = study(tmp_path_factory.mktemp("equity"))
    for step in ("lock", "prepare"):
        with pytest.raises(SystemExit) as left:
            run([step, str(made)])
        assert left.value.code in (0, None)
    return made


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, Any]:
    return record(folder)


def test_reach_among_those_taken_on_against_those_eligible(told) -> None:
    Draft202012Validator(record_schema()).validate(told)
    df = young(eligible(700, skimmed=0.8))
    on = df["accepted"] == 1
    (row,) = told["besides"]["equity"]
    (reach,) = row["reach"]
    own = df["young"] == "yes"
    assert (reach["eligible"], reach["of_eligible"]) == (int(own.sum()), 700)
    assert (reach["accepted"], reach["of_accepted"]) == (int((own & on).sum()), int(on.sum()))
    assert (row["served"], row["of"]) == (reach["accepted"], reach["of_accepted"])
    law = stats.hypergeom(700, int(own.sum()), int(on.sum()))
    k = np.arange(int(on.sum()) + 1)
    far = np.abs(k - law.mean()) >= abs((own & on).sum() - law.mean()) - 1e-9
    assert float(reach["p_value"]) == pytest.approx(law.pmf(k)[far].sum(), rel=1e-8)


def test_the_effect_on_them_is_that_of_the_method_on_them_alone(told, folder: Path) -> None:
    (row,) = told["besides"]["equity"]
    effect = next(s for s in row["said"] if s["key"] == "contract.equity-effect")
    people = pd.read_csv(folder / "people.csv")
    own = people[people["young"] == "yes"]
    sample = Sample.from_frame(
        own,
        design="matched",
        outcome="days",
        unit="person",
        treatment="served",
        covariates=COVARIATES,
    )
    found = ie.estimator("propensity-matching").estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
    )
    assert float(effect["values"]["value"]) == pytest.approx(found.effect.value, rel=1e-8)
    assert row["floors"][0]["verdict"] in ("reached", "missed", "open")


def test_both_languages_say_it(folder: Path) -> None:
    whole = ie.verify(ie.load_study(folder)).record
    for language, words in (
        ("en", ("of those eligible", "of those taken on", "people under 35")),
        (
            "fr",
            ("des personnes éligibles", "des personnes prises en charge", "les moins de 35 ans"),
        ),
    ):
        text = markdown(document(whole, language)).split("## 9.")[1].split("## 10.")[0]
        assert all(word in text for word in words)
        assert "{" not in text


def test_the_same_people_stand_in_both_tables_or_the_report_says_not(told, tmp_path: Path) -> None:
    (funnel,) = told["funnels"]
    assert [s["key"] for s in funnel["said"]] == ["funnel.linked"]
    other = record(study(tmp_path, lost=12))
    (funnel,) = other["funnels"]
    (said,) = funnel["said"]
    assert said["key"] == "funnel.not-linked"
    assert said["values"]["here"]["en"] == "12"
    assert said["values"]["there"]["en"] == "0"
    few = record(study(tmp_path, lost=3))
    assert few["funnels"][0]["said"][0]["values"]["here"]["en"] == "1 to 9"


def test_a_part_that_the_contract_does_not_name_is_refused(tmp_path: Path) -> None:
    folder = study(tmp_path)
    text = (folder / "plan.yaml").read_text("utf-8")
    i = text.rindex("young:")
    (folder / "plan.yaml").write_text(text[:i] + "yuong:" + text[i + 6 :], "utf-8")
    with pytest.raises(StudyError, match="`yuong` is not named under `equity`"):
        ie.load_study(folder)


def test_share_by_lot_is_a_probability_and_symmetric() -> None:
    assert share_by_lot(5, 10, 10, 20) == pytest.approx(1.0)
    assert share_by_lot(9, 10, 10, 20) == pytest.approx(share_by_lot(1, 10, 10, 20))
    law = stats.hypergeom(20, 10, 10)
    assert share_by_lot(9, 10, 10, 20) == pytest.approx(law.pmf([0, 1, 9, 10]).sum(), rel=1e-12)
