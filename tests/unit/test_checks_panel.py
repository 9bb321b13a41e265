"""A whole trial with checks that draw the data anew: record, report and terminal say the same."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import joblib
import pytest

import impacteval as ie
from impacteval.cli.checks import Stopwatch
from impacteval.cli.run import run
from impacteval.progress import ProgressEvent, listen, span, step

DRAWS = "{draws: 40}"
CHECKS = f"""      - {{name: balance, limit: 0.25}}
      - {{name: attrition, limit: 0.05}}
      - {{name: placebo-treatment, limit: 0.2, settings: {DRAWS}}}
      - {{name: random-common-cause, limit: 0.1, settings: {DRAWS}}}
      - {{name: subset-stability, limit: 0.3, settings: {DRAWS}}}
      - {{name: bootstrap, settings: {DRAWS}}}
      - {{name: trimmed-overlap, settings: {{bounds: [0.49, 0.51]}}}}
      - {{name: specification-curve, limit: 0.001}}
"""


def command(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        run([str(a) for a in arguments])
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example that `new` writes, with the checks, and at least 1.1 months asked for."""
    folder = tmp_path_factory.mktemp("panel") / "study"
    assert command("new", folder) == 0
    plan = folder / "plan.yaml"
    text = plan.read_text(encoding="utf-8")
    old = "      - {name: balance, limit: 0.25}\n      - {name: attrition, limit: 0.05}\n"
    assert text.count(old) == 1
    text = text.replace(old, CHECKS).replace("estimator: {name: lin}", "estimator: {name: ancova}")
    text = text.replace("name: difference-in-means #", "name: lin #")
    plan.write_text(text, encoding="utf-8")
    contract = folder / "contract.yaml"
    text = contract.read_text(encoding="utf-8")
    text = text.replace("- {at_least: 0.5, pay: 40000}", "- {at_least: 1.1, pay: 40000}")
    text = text.replace("- {at_least: 1, pay: 100000}", "- {at_least: 1.2, pay: 100000}")
    contract.write_text(text, encoding="utf-8")
    (folder / "examples.yaml").unlink(missing_ok=True)
    assert command("lock", folder) == 0
    return folder


@pytest.fixture(scope="module")
def report(study: Path) -> Any:
    return ie.verify(ie.load_study(study))


def test_every_draw_is_decided_and_only_counted(report: Any) -> None:
    (facts,) = report.record.findings
    finding = report.findings["months_worked"]
    rows = {row.name: row for row in facts.diagnostics}
    checks = {check.diagnostic.name: check for check in finding.diagnostics}
    asked = 1.1
    assert report.decision.clause("coaching").verdict.value == "met"
    for name in ("random-common-cause", "subset-stability", "bootstrap"):
        decided, effects = rows[name].decided, checks[name].diagnostic.parts["draws"]["effect"]
        assert (decided.runs, decided.answered, decided.drawn) == (40, 40, 40)
        # The contract compares the estimate, rounded to two decimals.
        assert decided.flips == (effects.round(2) < asked).sum(), name
        assert rows[name].reruns == ()
    assert 0 < rows["bootstrap"].decided.flips < 40
    assert rows["bootstrap"].decided.other_amounts > rows["bootstrap"].decided.flips
    for name in ("placebo-treatment", "balance"):
        assert rows[name].decided is None
    assert rows["bootstrap"].measured.en.startswith("Spread of the effect")


def test_other_analyses_are_counted_and_listed_in_their_own_table(report: Any) -> None:
    (facts,) = report.record.findings
    rows = {row.name: row for row in facts.diagnostics}
    curve, trimmed = rows["specification-curve"], rows["trimmed-overlap"]
    assert (curve.decided.runs, curve.decided.drawn, curve.reruns) == (1, 1, ())
    assert curve.decided.flips == facts.robustness[0].flips
    assert [run.name for run in trimmed.reruns] == ["trimmed-overlap bounds"]
    assert trimmed.decided.flips == trimmed.reruns[0].flips


def test_the_curve_stands_in_the_place_of_the_forest(report: Any, tmp_path: Path) -> None:
    ie.write(report, tmp_path, languages=["en", "fr"])
    english = (tmp_path / "report.en.html").read_text(encoding="utf-8")
    french = (tmp_path / "report.fr.html").read_text(encoding="utf-8")
    assert "every planned analysis, from the smallest to the largest" in english
    assert "the same number by each analysis" not in english
    assert "chaque analyse prévue, de la plus petite à la plus grande" in french
    sorted_table = english.split("every planned analysis by its estimate")[-1].split("</table>")[0]
    estimates = [float(x) for x in re.findall(r'<td class="right">(-?[\d.]+)</td>', sorted_table)]
    assert len(estimates) == 2
    assert estimates == sorted(estimates)


def test_page_one_says_where_most_draws_would_change_it(study: Path, tmp_path: Path) -> None:
    """The threshold a hair above the estimate: about half of the draws reach it, most others do."""
    again = tmp_path / "again"
    shutil.copytree(study, again)
    contract = again / "contract.yaml"
    text = contract.read_text(encoding="utf-8")
    found = ie.verify(ie.load_study(study)).findings["months_worked"].estimate.effect.value
    above = round(found, 2) + 0.01
    text = text.replace("at_least: 1.1,", f"at_least: {above:.2f},")
    text = text.replace("at_least: 1.2,", f"at_least: {above + 1.0:.2f},")
    contract.write_text(text, encoding="utf-8")
    assert command("lock", again, "--again") == 0
    report = ie.verify(ie.load_study(again))
    (facts,) = report.record.findings
    told = {
        str(said.values["check"].en): said.key
        for said in report.record.page_one.warnings
        if said.key in ("warning.hinges", "warning.most-runs")
    }
    for row in facts.diagnostics:
        decided = row.decided
        if decided is None or row.reruns:
            continue
        assert (told.get(row.title.en) == "warning.most-runs") is (2 * decided.flips > decided.runs)


def test_some_draws_on_the_other_side_are_no_warning(report: Any) -> None:
    (facts,) = report.record.findings
    warned = {
        str(said.values["check"].en)
        for said in report.record.page_one.warnings
        if said.key in ("warning.hinges", "warning.most-runs")
    }
    flipped = {row.title.en for row in facts.diagnostics if row.decided and row.decided.flips}
    assert {"Random parts of the data", "Data drawn again"} <= flipped
    # Of those that flip somewhere only a single run, which is listed, is told on page 1.
    assert warned == {"Only those who have their like"}


def test_the_same_bytes_on_however_many_workers(study: Path, report: Any) -> None:
    with joblib.parallel_config(backend="threading", n_jobs=3):
        again = ie.verify(ie.load_study(study))
    assert again.record == report.record


@pytest.mark.parametrize(
    ("language", "head", "changed"),
    [
        ("en", "Would a verdict change?", "runs would change a verdict"),
        ("fr", "Un verdict changerait-il ?", "un verdict."),
    ],
)
def test_terminal_and_report_show_one_panel(
    study: Path, tmp_path: Path, language: str, head: str, changed: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert command("verify", study, "--out", tmp_path / "out", "--lang", language) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines()[-30:])) <= 80 or str(tmp_path) in shown
    record = json.loads((tmp_path / "out" / "verdict.json").read_text(encoding="utf-8"))
    page = (tmp_path / "out" / f"report.{language}.html").read_text(encoding="utf-8")
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u202f", " ")
    # The title of the check may stand on several lines of the terminal.
    told = re.sub(r"\s+", " ", shown)
    assert head in plain.replace("\xa0", " ")
    assert changed in plain
    (facts,) = record["findings"]
    for row in facts["diagnostics"]:
        first = row["title"][language].split()[0].replace("'", "’")
        assert first in plain
        assert first in told.replace("'", "’")
        decided = row.get("decided")
        if decided:
            assert f"({decided['flips']}/{decided['answered']})" in told
    assert ("Seconds" if language == "en" else "Secondes") in shown
    assert "Seconds" not in page
    assert "Secondes" not in page


def test_no_record_has_a_duration(report: Any) -> None:
    assert "second" not in json.dumps(report.record.model_dump(mode="json")["findings"])


def test_the_watch_adds_up_what_it_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([1.0, 3.5, 10.0, 10.25, 11.0])
    monkeypatch.setattr("impacteval.cli.checks.time.perf_counter", lambda: next(clock))
    watch = Stopwatch()
    with listen(watch):
        with span("checking", "a", "balance"):
            step("within")
        with span("checking", "a", "balance"):
            pass
    assert watch.seconds == {("a", "balance"): 2.75}
    watch(ProgressEvent("x", about=("never begun",), ended=True))
    assert ("never begun",) not in watch.seconds


def test_a_span_ends_when_the_work_fails() -> None:
    heard: list[bool] = []
    with listen(lambda event: heard.append(event.ended)), pytest.raises(KeyError), span("x", "y"):
        raise KeyError
    assert heard == [False, True]
