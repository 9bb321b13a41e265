"""A second evaluator's run, held against the first from the command line."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from pdf_text import pages

from impacteval.cli.run import run


def plain(text: str) -> str:
    return " ".join(unescape(text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def letters(text: str) -> str:
    """Without spaces, which a PDF does not keep."""
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", plain(text)))


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Any:
    def type_(*arguments: object) -> tuple[Any, str, str]:
        with pytest.raises(SystemExit) as caught:
            run([str(a) for a in arguments])
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return caught.value.code, plain(told.out), plain(told.err)

    return type_


@pytest.fixture(scope="module")
def study(two_cohorts_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The synthetic study with its lock, and the first evaluator's run beside it."""
    found = two_cohorts_in(tmp_path_factory.mktemp("compare") / "two-cohorts")
    found.write()
    found.lock()
    with pytest.raises(SystemExit):
        run(
            [
                "verify",
                str(found.folder),
                "--out",
                str(found.folder.parent / "first"),
                "--lang",
                "en",
            ]
        )
    return found


def test_the_same_files_give_the_same_numbers(study: Any, typed: Any, tmp_path: Path) -> None:
    first = study.folder.parent / "first"
    code, out, err = typed("verify", study.folder, "--out", tmp_path, "--against", first)
    assert (code, err) == (0, "")
    assert "The two runs agree to the last digit written" in out
    assert "Both were run exactly as locked." in out
    assert "Both runs have the same contract, data, plan, seed and software." in out
    # Held against the first it is the same record, and says so besides.
    mine, theirs = (
        json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
        for folder in (tmp_path, first)
    )
    assert mine.pop("compared")["agree"] is True
    assert mine == theirs
    assert typed("compare", tmp_path, first / "verdict.json")[0] == 0


def test_another_specification_is_another_number_and_a_deviation(
    study: Any, typed: Any, tmp_path: Path
) -> None:
    """Nothing else differs: the same data, the same contract, the same lock."""
    first = study.folder.parent / "first"
    second = type(study)(tmp_path / "two-cohorts")

    def other(plan: dict[str, Any]) -> None:
        plan["analyses"]["events"]["estimator"] = {"name": "lin"}

    second.write(plan_change=other)
    for file in ("lock.yaml", "prepared.json"):
        (second.folder / file).write_bytes((study.folder / file).read_bytes())
    out = tmp_path / "out"
    code, said, err = typed("verify", second.folder, "--out", out, "--against", first)
    assert code == 1
    assert "The two runs do not agree." in err
    assert "The number fixed beforehand is the other run's" in said
    assert "the method is lin here and difference-in-means there" in said
    assert "The plan is not the same." in said
    assert "Departure of this run. The plan says lin at" in said
    assert "does not hold the same data" not in said
    # The report is written all the same, and says it in every format and on page 1.
    record = json.loads((out / "verdict.json").read_text(encoding="utf-8"))
    assert record["compared"]["agree"] is False
    assert record["page_one"]["warnings"][-1]["key"].startswith("compared.")
    for lang, sentences in (
        ("en", ("Held against another run", "The number fixed beforehand is the other run's")),
        ("fr", ("Comparaison avec un autre calcul", "celui de l'autre calcul")),
    ):
        for kind in ("html", "md", "pdf"):
            data = (out / f"report.{lang}.{kind}").read_bytes()
            text = " ".join(pages(data)) if kind == "pdf" else data.decode("utf-8")
            for sentence in sentences:
                assert letters(sentence) in letters(text), (lang, kind)
    code, said, _ = typed("compare", first, out, "--lang", "fr")
    assert code == 1
    assert "Le nombre fixé d'avance est celui de ce calcul" in said


def test_machines_read_it_too(study: Any, capsys: pytest.CaptureFixture[str]) -> None:
    first = str(study.folder.parent / "first")
    with pytest.raises(SystemExit) as caught:
        run(["compare", first, first, "--format", "json", "--tolerance", "0.001"])
    assert caught.value.code == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["agree"], found["tolerance"], found["differing"]) == (True, "0.001", 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--against", "nowhere"], "The verdict cannot be read"),
        (["--tolerance", "0.1"], "none is named"),
        (["--against", "FIRST", "--tolerance", "little"], "'little' is no tolerance"),
        (["--against", "FIRST", "--tolerance", "-1"], "'-1' is no tolerance"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_the_work(
    options: list[str], said: str, study: Any, typed: Any, tmp_path: Path
) -> None:
    first = str(study.folder.parent / "first")
    options = [first if option == "FIRST" else option for option in options]
    code, out, err = typed("verify", study.folder, "--out", tmp_path / "out", *options)
    assert code == 2
    assert out == ""
    assert said in err
    assert not (tmp_path / "out").exists()


def test_two_files_must_be_named(study: Any, typed: Any) -> None:
    first = study.folder.parent / "first"
    assert typed("compare", first)[0] == 2
    code, _, err = typed("compare", first, study.folder)
    assert code == 2
    assert "The verdict cannot be read" in err
