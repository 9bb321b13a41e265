"""A clause that an amendment moves to another window: each reading is judged on its own number."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from panel_plugin import panel_plugin, write_panel  # noqa: F401 - found by its name

import impacteval as ie
from impacteval.render.format import fill
from impacteval.render.write import build
from impacteval.study import load_study
from impacteval.study.lock import LOCK_FILE, write_lock
from impacteval.study.locking import lock_now
from impacteval.values import PointEstimate

pytestmark = pytest.mark.usefixtures("panel_plugin")
LATE = ("2020-04", "2020-07", "2020-10")


def write_yaml(path: Path, content: Any) -> None:
    """Without anchors: what stands twice is written twice."""
    apart = json.loads(json.dumps(content))
    path.write_text(yaml.safe_dump(apart, sort_keys=False, allow_unicode=True), encoding="utf-8")


def moved(tmp_path: Path, *, both: bool = True) -> Any:
    """The panel's clause, moved by an amendment to the periods before a shock."""
    folder = write_panel(tmp_path / "study")
    contract = yaml.safe_load((folder / "contract.yaml").read_text(encoding="utf-8"))
    early = {
        **contract["outcomes"]["visits"],
        "plain_name": {"en": "Visits before the shock", "fr": "Consultations avant le choc"},
        "window": {"follow": {"en": "until March 2020", "fr": "jusqu'en mars 2020"}},
    }
    contract["payment"]["threshold"]["pay"] = 1000
    change = {
        "date": "2020-06-01",
        "cause": {"en": "a shock", "fr": "un choc"},
        "decided_by": "not_published",
        "what": {"en": "the window ends before it", "fr": "la fenêtre s'arrête avant lui"},
        "set": {
            "payment.threshold.when": {"early": {"at_least": 3}},
            "payment.threshold.pay": 1500,
        },
    }
    contract["outcomes"] = {"visits": contract["outcomes"]["visits"]}
    change["add"] = {"outcomes.early": early}
    contract["changes"] = [change]
    write_yaml(folder / "contract.yaml", contract)
    plan = yaml.safe_load((folder / "plan.yaml").read_text(encoding="utf-8"))
    visits = plan["analyses"].pop("visits")
    kept = [f"{y}-{m:02d}" for y in (2018, 2019, 2020) for m in (1, 4, 7, 10)]
    short = {
        "column": "quarter",
        "equals": [q for q in kept if q not in LATE],
        "because": {"en": "before the shock", "fr": "avant le choc"},
    }
    plan["analyses"]["early"] = {**visits, "outcome": "early", "eligible": [short]}
    if both:
        plan["analyses"]["visits"] = visits
    write_yaml(folder / "plan.yaml", plan)
    study = load_study(folder)
    write_lock(folder / LOCK_FILE, lock_now(study))
    return ie.verify(load_study(folder))


def test_each_reading_is_judged_on_the_number_that_it_compares(tmp_path: Path) -> None:
    report = moved(tmp_path)
    (row,) = report.record.page_one.clauses
    (was,) = report.record.as_contracted.clauses
    numbers = {
        name: report.findings[name].evidence.answer(PointEstimate()).value
        for name in ("early", "visits")
    }
    assert numbers["early"] != numbers["visits"]
    assert (row.outcome, Decimal(row.value)) == ("early", numbers["early"])
    assert (was.plain_name.en, Decimal(was.value)) == ("Visits", numbers["visits"])
    # 2.6 visits are more than the 2 that were asked and fewer than the 3 that are asked now.
    assert (row.verdict, row.amount, row.threshold) == ("not_met", "0.00", "3")
    assert (was.verdict, was.amount, was.threshold) == ("met", "1000.00", "2")
    early, visits = (
        next(f for f in report.record.findings if f.outcome == name) for name in numbers
    )
    assert (early.paid, early.paid_as_contracted) == (True, False)
    assert (visits.paid, visits.paid_as_contracted) == (False, True)


def test_both_readings_can_be_read(tmp_path: Path) -> None:
    report = moved(tmp_path)
    (line,) = [m for m in report.record.page_one.changes if m.key.startswith("amended.")]
    assert fill(line, "en", "EUR").replace("\xa0", " ") == (
        "The whole payment: EUR 0 as amended, EUR 1,000 as contracted; the amendments make it "
        "EUR 1,000 less."
    )
    said = {
        "en": (
            "Clauses that the two readings judge otherwise",
            "| more | As amended | Visits before the shock | 2.",
            "| more | As contracted | Visits | 2.64 |",
            "The contract as it was signed pays on this; as amended it does not.",
        ),
        "fr": (
            "Clauses que les deux lectures jugent autrement",
            "| more | Contrat d’origine | Consultations | 2,64 |",
            "Le contrat d’origine paie d’après ce résultat",
        ),
    }
    pages = build(report.record, formats=("md",))
    for language, sentences in said.items():
        text = pages[f"report.{language}.md"].decode("utf-8")
        for sentence in sentences:
            assert sentence in text


def test_a_number_that_nobody_planned_leaves_the_reading_as_signed_open(tmp_path: Path) -> None:
    report = moved(tmp_path, both=False)
    (was,) = report.record.as_contracted.clauses
    assert (was.verdict, was.amount, was.value) == (None, None, None)
    assert report.record.page_one.clauses[0].verdict == "not_met"
