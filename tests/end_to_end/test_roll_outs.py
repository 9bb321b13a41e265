"""A roll-out in steps, as a stranger runs it: what is refused, and what the report shows."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from panel_plugin import panel_plugin, write_panel  # noqa: F401 - found by its name
from pdf_text import pages

from impacteval.cli.run import run

pytestmark = pytest.mark.usefixtures("panel_plugin")
WORRIED = "{name: many-periods, settings: {worried: true}}"
JUSTIFIED = (
    "{name: many-periods, settings: {worried: true}, "
    "justification: {en: Agreed in 2017., fr: Convenu en 2017.}}"
)


def command(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        run([str(word) for word in words])
    return int(left.value.code or 0)


@pytest.mark.parametrize("name", ["check", "lock", "prepare"])
def test_an_estimator_with_a_concern_needs_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    folder = write_panel(tmp_path / "study", estimator=WORRIED)
    assert command(name, folder) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "The service began at 3 different times" in told
    assert "justification" in told
    assert "Traceback" not in told
    assert {file.name for file in folder.iterdir()} == {
        "contract.yaml", "plan.yaml", "communes.csv",
    }  # fmt: skip
    write_panel(folder, estimator=JUSTIFIED)
    assert command(name, folder) == 0


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """What `verify` writes on a locked roll-out of 40 communes in three steps."""
    folder = write_panel(tmp_path / "study")
    for name in ("lock", "prepare"):
        assert command(name, folder) == 0
    assert command("verify", folder, "--out", tmp_path / "out") == 0
    return tmp_path / "out"


def test_the_report_shows_the_roll_out_in_every_format_and_language(out: Path) -> None:
    record = json.loads((out / "verdict.json").read_text(encoding="utf-8"))
    facts = record["findings"][0]
    assert [(row["start"], row["when"], row["units"]) for row in facts["cohorts"]] == [
        ("2019-01", "within", 8),
        ("2019-07", "within", 8),
        ("2020-01", "within", 8),
        (None, "never", 16),
    ]
    assert [row["event_time"] for row in facts["event_study"]] == [str(t) for t in range(-8, 8)]
    said = {
        "en": (
            "Visits: who began when",
            "January 2019",
            "Each period shows those served by then: 8 at first, 24 in the end.",
            "effect by time since the service began",
            "95% band of all",
            "Places, by whether they were served in any of the periods",
            "the outcome is known in all 480 rows",
            "the change without the programme",
        ),
        "fr": (
            "Consultations : qui a commencé quand",
            "janvier 2019",
            "Chaque période montre ceux qui étaient alors servis : 8 au début, 24 à la fin.",
            "effet selon le temps écoulé depuis le début du service",
            "Bande commune à 95 %",
            "Lieux, selon qu'une période au moins y est avec le programme",
            "le résultat est connu dans les 480 lignes",
            "l'évolution sans le programme",
        ),
    }
    for language, sentences in said.items():
        html = (out / f"report.{language}.html").read_text(encoding="utf-8")
        # Folded under each drawing of several periods: its numbers; in words: what it shows.
        assert html.count("<details") >= 3
        for kind in ("html", "md", "pdf"):
            file = out / f"report.{language}.{kind}"
            data = file.read_bytes()
            text = " ".join(pages(data)) if kind == "pdf" else data.decode("utf-8")
            text = re.sub(r"<[^>]+>", "", unescape(text)).replace("’", "'")
            text = re.sub(r"\s+", "", text)
            for sentence in sentences:
                assert re.sub(r"\s+", "", sentence) in text, (language, kind, sentence)


def test_what_the_drawings_show_is_said_in_words(out: Path) -> None:
    page = (out / "report.en.html").read_text(encoding="utf-8")
    alts = re.findall(r'aria-label="([^"]*)"', page)
    assert any("from January 2019 to October 2020" in alt for alt in alts)
    assert any("Before it began:" in alt and "Since it began:" in alt for alt in alts)
