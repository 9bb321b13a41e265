"""What an estimator has against its own use: refused without a reason, printed with one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from panel_plugin import (  # noqa: F401 - the fixture is found by its name
    ManyPeriods,
    panel,
    panel_plugin,
    write_panel,
)

import impacteval as ie
from impacteval.errors import PluginError, StudyError
from impacteval.plan import EstimatorSpec
from impacteval.render.pen import Pen
from impacteval.render.write import build
from impacteval.sample import BlindSample
from impacteval.study.check import check_study
from impacteval.study.concerns import concerns_of
from impacteval.values import Language, Text

pytestmark = pytest.mark.usefixtures("panel_plugin")

WORRIED = "{name: many-periods, settings: {worried: true}}"
JUSTIFIED = (
    "{name: many-periods, settings: {worried: true}, "
    "justification: {en: Agreed in 2017., fr: Convenu en 2017.}}"
)
SPEC = EstimatorSpec(name="many-periods", settings={"worried": True})


def blind(*, staggered: bool = True) -> BlindSample:
    return BlindSample.from_frame(
        panel(staggered=staggered).drop(columns="visits"),
        design="did",
        unit="commune",
        period="quarter",
        adopted="start",
        never="blank",
    )


def problems(folder: Path) -> tuple[Any, ...]:
    with pytest.raises(StudyError) as caught:
        check_study(ie.load_study(folder))
    return caught.value.problems


def test_concerns_are_those_of_the_data() -> None:
    (said,) = concerns_of(SPEC, blind())
    assert said.key == "many-periods.staggered"
    assert said.values == {"starts": 3}
    assert concerns_of(SPEC, blind(staggered=False)) == ()


def test_an_estimator_without_the_method_has_none() -> None:
    assert concerns_of(EstimatorSpec(name="difference-in-means"), blind()) == ()


def test_check_refuses_the_main_estimator_and_others_with_their_places(tmp_path: Path) -> None:
    folder = write_panel(tmp_path / "study", estimator=WORRIED, other=WORRIED)
    told = problems(folder)
    assert len(told) == 2
    lines = (folder / "plan.yaml").read_text(encoding="utf-8").splitlines()
    places = [k for k, line in enumerate(lines, 1) if "worried" in line]
    for problem, line in zip(told, places, strict=True):
        assert f"plan.yaml:{line}:" in str(problem)
        assert "began at 3 different times" in str(problem)
        assert "justification" in str(problem)


def test_a_reason_in_the_plan_lets_it_pass(tmp_path: Path) -> None:
    folder = write_panel(tmp_path / "study", estimator=JUSTIFIED, other=JUSTIFIED)
    assert "480 rows" in " ".join(check_study(ie.load_study(folder)))


def test_only_the_one_without_a_reason_is_refused(tmp_path: Path) -> None:
    (told,) = problems(write_panel(tmp_path / "study", estimator=JUSTIFIED, other=WORRIED))
    assert "many-periods" in str(told)


def test_data_that_give_no_concern_need_no_reason(tmp_path: Path) -> None:
    folder = write_panel(tmp_path / "study", estimator=WORRIED, data=panel(staggered=False))
    check_study(ie.load_study(folder))


def test_a_plan_that_cannot_be_asked_is_told_once(tmp_path: Path) -> None:
    wrong = "{name: many-periods, settings: {worried: perhaps}}"
    (told,) = problems(write_panel(tmp_path / "study", estimator=wrong))
    assert "worried" in str(told)
    assert "concern" not in str(told)


@pytest.mark.parametrize(
    ("estimator", "said_en", "said_fr"),
    [
        (
            JUSTIFIED,
            "Why the plan uses it all the same: Agreed in 2017.",
            "Pourquoi le plan l'emploie malgré tout : Convenu en 2017.",
        ),
        # The dates of adoption may have come after the lock: the run goes on, and says so.
        (
            WORRIED,
            "The plan does not say why it is used all the same.",
            "Le plan ne dit pas pourquoi elle est employée malgré tout.",
        ),
    ],
)
def test_the_report_prints_concern_and_reason(
    tmp_path: Path, estimator: str, said_en: str, said_fr: str
) -> None:
    folder = write_panel(tmp_path / "study", estimator=estimator, other=estimator)
    record = ie.verify(ie.load_study(folder)).record
    facts = record.findings[0]
    assert [said.key for said in facts.method.concerns] == ["many-periods.staggered"]
    assert [said.key for said in facts.robustness[0].concerns] == ["many-periods.staggered"]
    (warned,) = [w for w in record.page_one.warnings if "many-periods" in w.key]
    justified = estimator is JUSTIFIED
    assert ("Agreed in 2017." in Pen(Language.EN, "EUR").say(warned)) is justified
    written = build(record, formats=("md",))
    for language, said, concern in (
        ("en", said_en, "began at 3 different times"),
        ("fr", said_fr, "a commencé à 3 dates"),
    ):
        text = written[f"report.{language}.md"].decode("utf-8")
        plain = text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("’", "'")
        plain = plain.replace("\N{NO-BREAK SPACE}", " ")
        assert said in plain
        # Page 1, the description of the method, the other analysis, the list of warnings.
        assert plain.count(concern) == 4


def test_without_concerns_the_record_says_nothing_of_them(tmp_path: Path) -> None:
    record = ie.verify(ie.load_study(write_panel(tmp_path / "study"))).record
    written = record.findings[0].model_dump_json()
    assert '"concerns"' not in written
    assert '"justification"' not in written


class Fails(ManyPeriods):
    def concerns(self, blind: Any) -> Any:
        raise RuntimeError("no")


class Mumbles(ManyPeriods):
    def concerns(self, blind: Any) -> Any:
        return (Text(en="no", fr="non"),)


@pytest.mark.parametrize(
    ("cls", "fragment"), [(Fails, "RuntimeError: no"), (Mumbles, "gave Text, not a Message")]
)
def test_a_plugin_that_fails_is_named(
    monkeypatch: pytest.MonkeyPatch, cls: type, fragment: str
) -> None:
    monkeypatch.setattr(ManyPeriods, "concerns", cls.concerns)  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match=fragment) as caught:
        concerns_of(SPEC, blind())
    assert caught.value.package == "many-periods"


def test_another_analysis_may_have_other_dates_of_adoption(tmp_path: Path) -> None:
    """From the announcement on, in one step: the concern is about the dates that are used."""
    data = panel()
    data["announced"] = data["start"].where(data["start"] == "", "2019-01")
    folder = write_panel(tmp_path / "study", other=WORRIED, data=data)
    plan = (folder / "plan.yaml").read_text(encoding="utf-8")
    assert len(problems(folder)) == 1
    changed = plan.replace(
        f"estimator: {WORRIED}}}", f"estimator: {WORRIED}, columns: {{adopted: announced}}}}"
    )
    (folder / "plan.yaml").write_text(changed, encoding="utf-8")
    check_study(ie.load_study(folder))
    (row,) = ie.verify(ie.load_study(folder)).record.findings[0].robustness
    assert row.concerns == ()
    # All 24 begin at once, the later ones for nothing at first.
    assert 1 < float(row.estimate or "0") < 2.5
