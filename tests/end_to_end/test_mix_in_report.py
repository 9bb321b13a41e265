"""Studies that rest on a mix of places, as their readers get them."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from mix_plugin import mix_plugin, towns, write_towns  # noqa: F401 - found by its name

from impacteval.cli.run import run

pytestmark = pytest.mark.usefixtures("mix_plugin")


def command(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        run([str(word) for word in words])
    return int(left.value.code or 0)


def verified(folder: Path, **study: Any) -> Path:
    """The folder of the report on a locked study."""
    written = write_towns(folder / "study", **study)
    for name in ("lock", "prepare"):
        assert command(name, written) == 0
    out = folder / "out"
    assert command("verify", written, "--out", out) == 0
    return out


def record(out: Path) -> Any:
    return json.loads((out / "verdict.json").read_text(encoding="utf-8"))


def page(out: Path, language: str) -> str:
    text = (out / f"report.{language}.html").read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))


def test_a_test_without_direction_is_told_as_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = verified(tmp_path)
    told = record(out)
    (clause,) = told["page_one"]["clauses"]
    assert clause["verdict"] == "met"
    assert clause["chance_passes"] is None
    assert [said["key"] for said in clause["remarks"]] == ["clause.unanswered"]
    english, french = page(out, "en"), page(out, "fr")
    assert (
        "not answerable. This test ranks how unusual the result is without a direction" in english
    )
    assert "sans réponse possible. Ce test classe le caractère inhabituel" in french
    # The other rules: no number and the reason, never a crash or a one-sided p-value.
    sided = [rule for rule in told["other_rules"] if None in rule["values"].values()]
    assert len(sided) == 2
    assert all(rule["reason"]["key"] == "distribution.no-side" for rule in sided)
    assert all(set(rule["verdicts"].values()) == {"cannot_be_judged"} for rule in sided)
    assert told["page_one"]["evidence"]["grade"] == 2
    assert "weighted mix of similar places" in english
    # One place over six years is not a number of people whose outcomes add up.
    assert "Added up over" not in english
    assert (out / "report.fr.pdf").read_bytes().startswith(b"%PDF")
    # A contract that asks what the test cannot answer is told so before anything is run.
    folder = write_towns(tmp_path / "asks", rule="{chance_at_least: 0.9}")
    capsys.readouterr()
    assert command("check", folder) == 2
    assert "needs a direction" in " ".join(capsys.readouterr().err.split())


def test_the_real_method_tells_its_mix(tmp_path: Path) -> None:
    out = verified(tmp_path, estimator="{name: synthetic-control}", method="synthetic-control")
    mix = record(out)["findings"][0]["mix"]
    assert mix["placebos"]["others"] == 13
    # As many as its p-value says, and the test is one of fourteen places.
    test = mix["placebos"]["tests"][0]
    assert float(test["p_value"]) == pytest.approx((mix["placebos"]["as_large"] + 1) / 14)
    assert (test["test"], test["side"]) == ("rmspe-ratio", "two")
    assert sum(float(row["weight"]) for row in mix["weights"]["places"]) == pytest.approx(1.0)
    assert mix["fit"]["solutions"] in ("one", "many")
    assert mix["in_time"]["rows"][0]["start"] == "2013"
    assert len(mix["leave_one_out"]["rows"]) == len(mix["leave_one_out"]["paths"])
    english = page(out, "en")
    assert "What better weights could still gain" in english
    # Fourteen places cannot leave anything out at 95%: that stands on page 1.
    assert "At 95% no size of effect is excluded" in english
    assert "95% interval: every size is possible" in english
    assert "À 95 %, aucune taille d’effet n’est exclue" in page(out, "fr").replace("\u202f", " ")


def test_several_served_places_have_a_table_of_their_own(tmp_path: Path) -> None:
    out = verified(tmp_path, data=towns(several=True))
    mix = record(out)["findings"][0]["mix"]
    assert [row["place"] for row in mix["units"]] == ["Grandval", "Jonquières", "Montclar"]
    english = page(out, "en")
    assert "each served place by itself" in english
    assert "Aubrac-sur-Lane 60%, Bellombre 30%, Castelnau 10%" in english
