"""Scenarios that people really write: each is refused with its place, or with what it lacks.

Every file is read for the Peterborough contract; `WHOLE` says what a scenario in order looks like.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from impacteval.cli.run import run

SCENARIOS = Path(__file__).parent / "scenarios"
CONTRACT = Path(__file__).parents[2] / "studies" / "bonds" / "peterborough"

PLACED = [
    ("empty", 1, "The file is empty"),
    ("binary", 1, "The file is binary, not text"),
    ("list", 1, "not a list of keys and values"),
    ("no_format", 1, "does not say its format"),
    ("later_format", 1, "'impacteval-scenario/2' is not read here"),
    ("unknown_key", 4, "The key `peple` is not known in `outcomes.reconvictions`. Did you mean `people`?"),
    ("unknown_key_in_group", 6, "Did you mean `people`?"),
    ("key_twice", 5, "stands twice in the same block"),
    ("people_with_fraction", 4, "'93.6' is not a whole number"),
    ("nobody", 4, "0 is too few"),
    ("percent", 4, "has a percent sign"),
    ("unknown_kind", 4, "Allowed: normal, binary, count"),
    ("no_spread", 4, "0 is not above 0"),
    ("icc_above_one", 4, "1.2 is not between 0 and 1"),
    ("negative_error", 4, "-4 is below 0"),
    ("no_settlement", 2, "0 is too few"),
    ("effects_no_list", 2, "must be a list"),
    ("effect_in_words", 2, "'ten' is not a number"),
    ("correlation_above_one", 2, "2 is not a correlation"),
]  # fmt: skip

AGAINST_THE_CONTRACT = [
    ("other_contract", "The scenario is about the contract denver-sib"),
    ("unknown_outcome", "'convictions' is not an outcome of this contract. Did you mean reconvictions?"),
    ("cancelled_group", "'cohort_3' is not a group that a clause reads"),
    ("two_spreads", "reconvictions.kind is missing"),
    ("clusters_without_icc", "reconvictions.icc is missing"),
    ("two_missing", "2 problems. Nothing was written."),
]  # fmt: skip


def told(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    file = SCENARIOS / f"{name}.yaml"
    with pytest.raises(SystemExit) as caught:
        run(["simulate", str(CONTRACT), "--scenario", str(file)])
    said = capsys.readouterr()
    assert caught.value.code == 2
    assert said.out == ""
    assert "Traceback" not in said.err
    return " ".join(said.err.split())


@pytest.mark.parametrize(("name", "line", "words"), PLACED)
def test_refused_with_its_place(name, line, words, capsys) -> None:
    said = told(name, capsys)
    assert words in said
    assert f"{name}.yaml:{line}:" in said


@pytest.mark.parametrize(("name", "words"), AGAINST_THE_CONTRACT)
def test_refused_against_the_contract(name, words, capsys) -> None:
    assert words in told(name, capsys)


def test_every_file_is_in_a_table() -> None:
    named = {name for name, *_ in PLACED} | {name for name, _ in AGAINST_THE_CONTRACT}
    assert {file.stem for file in SCENARIOS.iterdir()} == named


def test_a_scenario_in_order_is_simulated(tmp_path, capsys) -> None:
    whole = tmp_path / "scenario.yaml"
    whole.write_text(
        "format: impacteval-scenario/1\ncontract: peterborough-sib\noutcomes:\n  reconvictions:\n"
        "    people: 936\n    comparison: 9360\n    baseline: 1.55\n    variance_over_mean: 3\n"
        "effects: [0]\n"
    )
    with pytest.raises(SystemExit) as caught:
        run(["simulate", str(CONTRACT), "--scenario", str(whole), "--draws", "1000"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("If the programme does nothing")
