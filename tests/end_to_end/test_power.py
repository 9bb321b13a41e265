"""The command `power` as a person types it: what it says, what it writes, how it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from impacteval.cli.run import run

PLAIN = ("--set", "people=100", "--set", "sd=1", "--effect", "0.2")


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Any:
    def type_(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            run(["power", *(str(a) for a in arguments)])
        told = capsys.readouterr()
        return int(caught.value.code or 0), told.out, told.err

    return type_


def test_the_answer_stands_first_in_both_languages(typed):
    code, out, _ = typed(*PLAIN)
    assert code == 0
    assert "told from nothing 16.8" in out.splitlines()[0]
    assert "394 people with the programme" in " ".join(out.split())
    code, out, _ = typed(*PLAIN, "--lang", "fr")
    assert code == 0
    assert "16,8 fois sur 100" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80


def test_machines_get_the_same_numbers(typed):
    code, out, _ = typed(*PLAIN, "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert found["format"] == "impacteval-power/1"
    assert found["found"]["finds"] == 0.1676754865
    assert found["needed"] | {"served": 394, "compared": 394} == found["needed"]
    assert found["test"] == {"threshold": 0.0, "level": 0.95, "sides": "two"}


def test_a_threshold_asks_on_one_side_and_says_so(typed):
    code, out, _ = typed(*PLAIN, "--threshold", "0.1")
    assert code == 0
    told = " ".join(out.split())
    assert "better than the threshold of 0.1" in told
    assert "the one-sided 95% lower bound lies above 0.1" in told


def test_designs_beside_each_other_and_simulated(typed):
    code, out, _ = typed(
        *("--set", "people=200", "--set", "clusters=20", "--set", "sd=1", "--effect", "0.5"),
        *("--try", "icc=0,0.2", "--try", "estimator=difference-in-means"),
        *("--simulate", "--draws", "60", "--format", "json"),
    )
    assert code == 0
    found = json.loads(out)
    assert [t["changed"]["icc"] for t in found["tried"]] == [0.0, 0.2]
    names = [d["name"] for d in found["tried"][0]["diagnosis"]["diagnosands"]]
    assert {"bias", "rmse", "coverage", "power", "type_s", "type_m"} <= set(names)
    assert found["diagnosis"]["draws"] == 60


def test_the_page_needs_nothing_else_and_is_the_same_twice(typed, tmp_path):
    for folder in ("one", "two"):
        code, _, _ = typed(*PLAIN, "--out", tmp_path / folder)
        assert code == 0
    names = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert names == [
        *(f"curve-{k}.{lang}.svg" for k in (1, 2) for lang in ("en", "fr")),
        "power.en.html",
        "power.fr.html",
        "power.json",
    ]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    page = (tmp_path / "one" / "power.fr.html").read_text(encoding="utf-8")
    assert "Ce que cet essai peut détecter" in page
    assert "src=" not in page
    assert page.count("<svg") >= 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--set", "sd=1"), "How many people there will be is not said."),
        (("--set", "people=100"), "needs sd"),
        (("--set", "people=ten", "--set", "sd=1"), "'ten' is not a whole number."),
        (("--set", "people=100", "--set", "size=1"), "there is no such key"),
        ((*PLAIN, "--set", "kind=yes"), "allowed: normal, binary, count."),
        ((*PLAIN, "--set", "served=10"), "Give one or the other."),
        ((*PLAIN, "--set", "take_up=1,2,3"), "programme and comparison as 0.6,0.1"),
        ((*PLAIN, "--try", "people=1,2"), "tried as served and compared"),
        ((*PLAIN, "--draws", "100"), "Add --simulate."),
        ((*PLAIN, "--simulate", "--draws", "3"), "3 draws were asked for."),
        ((*PLAIN, "--level", "95"), "A level lies between 0 and 1"),
        ((*PLAIN, "--simulate", "--estimator", "lni"), "lni"),
        (("--set", "people=100", "--set", "sd=1", "--simulate"), "needs a true effect"),
        ((*PLAIN, "--set", "clusters=300"), "150 clusters cannot hold 50 people"),
    ],
)
def test_what_is_wrong_is_said_in_one_error(typed, arguments, told):
    code, out, err = typed(*arguments)
    assert code == 2
    assert out == ""
    assert told in " ".join(err.split())
    assert "Traceback" not in err


def test_looks_before_the_end_have_their_levels(typed):
    code, out, _ = typed(*PLAIN, "--sides", "one", "--level", "0.975", "--looks", "0.5,1")
    assert code == 0
    told = " ".join(out.split())
    assert "99.847%" in told  # 1 - .0015253228
    assert "97.550%" in told
    # As a contract states them: one-sided errors over 2.5%, rounded down.
    assert "0.061012" in told
    assert "0.97999" in told
    code, out, _ = typed(*PLAIN, "--looks", "0.5,1", "--spending", "pocock", "--format", "json")
    assert [look["information"] for look in json.loads(out)["looks"]["looks"]] == [0.5, 1.0]
    # A two-sided level of 95% pays on one side, with an error of 2.5%.
    assert [look["alpha_share"] for look in json.loads(out)["looks"]["looks"]] == [
        "0.620114",
        "0.554753",
    ]
    code, out, _ = typed(*PLAIN, "--looks", "0.5,1", "--spending", "always_valid")
    assert code == 0
    assert "0.040804" in out
    assert "however many more looks there are" in " ".join(out.split())
    for wrong in ("1,0.5", "a,1", "0.5"):
        code, _, err = typed(*PLAIN, "--looks", wrong)
        assert code == 2
        assert "share" in err
    code, _, err = typed(*PLAIN, "--spending", "pocock")
    assert code == 2
    assert "Add --looks" in err
