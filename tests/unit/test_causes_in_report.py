"""A graph of causes from the plan to both reports: what is drawn, what is closed, what is assumed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent / "render"))
from reading import html_text, markdown_text, pdf_text, squeezed

import impacteval as ie
from impacteval.errors import StudyError
from impacteval.render.write import build
from impacteval.study.check import check_study

Plain = dict[str, Any]
EDGES: list[Any] = [
    "age -> served",
    "age -> events",
    "priors -> events",
    "served -> events",
    "served -> job",
    "job -> events",
    {"hidden": "drive", "causes": ["served", "events"]},
]
NAMES = {"drive": {"en": "Wish to change", "fr": "Envie de changer"}}


def graphed(plan: Plain) -> None:
    plan["analyses"]["events"]["graph"] = {"edges": EDGES, "measured": ["job"], "names": NAMES}
    plan["analyses"]["events"]["covariate_names"] = {"age": {"en": "Age", "fr": "Âge"}}


@pytest.fixture(scope="module")
def report(two_cohorts_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("graphed") / "two-cohorts"
    return two_cohorts_in(folder).run(plan_change=graphed)


def facts(report: Any) -> Any:
    return next(f for f in report.record.findings if f.outcome == "reconvictions").causes


def test_the_record_holds_the_graph_and_what_follows(report: Any) -> None:
    found = facts(report)
    assert [(n.name, n.kind) for n in found.nodes] == [
        ("age", "held"),
        ("served", "service"),
        ("events", "outcome"),
        ("priors", "held"),
        ("job", "measured"),
        ("drive", "hidden"),
    ]
    assert [(a.cause, a.effect) for a in found.arrows][-2:] == [
        ("drive", "served"),
        ("drive", "events"),
    ]
    assert found.said[0].key == "causes.closed"
    assert found.said[0].values["held"].en == "Age, priors"
    (assumed,) = found.assumed
    assert assumed.values["way"].en == "being served ← Wish to change → Times convicted again"
    assert assumed.values["way"].fr == "être servi ← Envie de changer → Nouvelles condamnations"
    other = next(f for f in report.record.findings if f.outcome == "work")
    assert other.causes is None


@pytest.mark.parametrize("language", ["en", "fr"])
def test_both_reports_draw_it_once_and_say_it_in_words(report: Any, tmp_path: Path, language: str):
    made = build(report.record, formats=("html", "md", "pdf"))
    page = made[f"report.{language}.html"].decode()
    (tmp_path / "report.pdf").write_bytes(made[f"report.{language}.pdf"])
    texts = {
        "html": html_text(page),
        "md": markdown_text(made[f"report.{language}.md"].decode()),
        "pdf": pdf_text(tmp_path / "report.pdf"),
    }
    told = {
        "en": (
            "What causes what",
            "closes every way, among what was measured",
            "being served ← Wish to change → Times convicted again",
            "cannot test it",
            "measured by nobody",
        ),
        "fr": (
            "Ce qui cause quoi",
            "ferme toutes les voies, parmi ce qui a été mesuré",
            "être servi ← Envie de changer → Nouvelles condamnations",
            "ne peuvent le vérifier",
            "mesuré par personne",
        ),
    }
    for kind, text in texts.items():
        for words in told[language]:
            assert squeezed(words) in text, (kind, words)
    # Groups of one analysis share one drawing: wide and narrow, and no third.
    assert page.count('id="causes-reconvictions-') >= 1
    drawings = page.count("<svg")
    plain = build(_without(report), formats=("html",))[f"report.{language}.html"].decode()
    assert drawings - plain.count("<svg") == 2
    assert build(report.record, formats=("html",))[f"report.{language}.html"].decode() == page


def _without(report: Any) -> Any:
    findings = tuple(f.model_copy(update={"causes": None}) for f in report.record.findings)
    return report.record.model_copy(update={"findings": findings})


def test_the_record_reads_back_as_it_was_written(report: Any) -> None:
    assert "causes" not in _without(report).model_dump_json()
    assert type(report.record).model_validate_json(report.record.model_dump_json()) == report.record


def test_check_accepts_the_graph_and_refuses_a_covariate_that_it_forbids(two_cohorts: Any) -> None:
    two_cohorts.write(plan_change=graphed)
    assert check_study(ie.load_study(two_cohorts.folder))

    def mediator(plan: Plain) -> None:
        graphed(plan)
        plan["analyses"]["events"]["graph"]["edges"] = [*EDGES, "served -> priors"]

    two_cohorts.write(plan_change=mediator)
    with pytest.raises(
        StudyError, match="the service works through it: served -> priors -> events"
    ):
        ie.load_study(two_cohorts.folder)


@pytest.mark.parametrize(
    ("edges", "key"),
    [
        (["age -> events", "priors -> events", "served -> events"], "causes.no-way"),
        (
            [
                "age -> events",
                "priors -> events",
                "served -> events",
                {"hidden": "drive", "causes": ["served", "events"]},
            ],
            "causes.closed",
        ),
    ],
)
def test_what_is_said_goes_by_the_graph(two_cohorts: Any, edges: list[Any], key: str) -> None:
    def change(plan: Plain) -> None:
        plan["analyses"]["events"]["graph"] = {"edges": edges}

    found = facts(two_cohorts.run(plan_change=change))
    assert found.said[0].key == key
    assert bool(found.assumed) == (key == "causes.closed")
