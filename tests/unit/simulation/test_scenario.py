"""What is assumed: completed from the contract, or refused with everything that is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from impacteval.contract import load_contract
from impacteval.errors import UsageError
from impacteval.simulation import Kind, load_scenario, scenario_of
from impacteval.simulation.scenario_file import with_settings

BONDS = Path(__file__).parents[3] / "studies" / "bonds"
PETERBOROUGH = {
    "reconvictions.people": "936",
    "reconvictions.comparison": "9360",
    "reconvictions.baseline": "1.55",
    "reconvictions.variance_over_mean": "3",
}


@pytest.fixture(scope="module")
def contract():
    return load_contract(BONDS / "peterborough")


def problems(contract, settings, **more) -> str:
    with pytest.raises(UsageError) as caught:
        scenario_of(contract, with_settings(None, settings, **more))
    return str(caught.value)


def test_a_group_takes_what_its_outcome_says_unless_it_says_otherwise(contract) -> None:
    said = with_settings(None, {**PETERBOROUGH, "reconvictions.cohort_2.people": "800"})
    found = scenario_of(contract, said)
    assert found.numbers["reconvictions", "cohort_1"].people == 936
    assert found.numbers["reconvictions", "cohort_2"].people == 800
    assert found.numbers["reconvictions", "cohort_1"].kind is Kind.COUNT
    assert ("reconvictions", "cohort_3") not in found.numbers  # it was cancelled


def test_weights_are_shares_of_people(contract) -> None:
    said = with_settings(
        None,
        {
            **PETERBOROUGH,
            "reconvictions.cohort_1.people": "600",
            "reconvictions.cohort_2.people": "200",
        },
    )
    found = scenario_of(contract, said)
    assert found.weights("reconvictions", ("cohort_1", "cohort_2")) == (0.75, 0.25)


def test_every_missing_number_is_named_with_how_to_give_it(contract) -> None:
    said = problems(contract, {})
    for key in ("people", "comparison", "kind", "baseline"):
        assert f"reconvictions.{key} is missing" in said
        assert f"--set reconvictions.{key}=" in said


def test_a_number_missing_in_one_group_is_named_there(contract) -> None:
    settings = dict(PETERBOROUGH)
    del settings["reconvictions.people"]
    said = problems(contract, {**settings, "reconvictions.cohort_1.people": "936"})
    assert "reconvictions.cohort_2.people is missing" in said
    assert "cohort_1.people" not in said


def test_a_standard_error_replaces_sizes_but_not_weights(contract) -> None:
    said = problems(contract, {"reconvictions.std_error": "4.6"})
    assert "reconvictions.people is missing" in said
    assert "comparison" not in said
    done = scenario_of(
        contract,
        with_settings(None, {"reconvictions.std_error": "4.6", "reconvictions.people": "936"}),
    )
    assert done.numbers["reconvictions", "cohort_1"].std_error == 4.6


def test_the_grid_holds_nothing_and_every_threshold(contract) -> None:
    found = scenario_of(contract, with_settings(None, PETERBOROUGH, effects="3, 12"))
    assert found.effects == (0.0, 3.0, 7.5, 10.0, 12.0)
    assert max(scenario_of(contract, with_settings(None, PETERBOROUGH)).effects) > 10.0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"reconvictions.peple": "9"}, "does not name an assumption"),
        ({"convictions.people": "9"}, "Did you mean reconvictions?"),
        ({"reconvictions.cohort_3.people": "9"}, "not a group that a clause reads"),
        ({"reconvictions.people": "many"}, "not a number"),
        ({"reconvictions.people": "0"}, "too few"),
        ({"reconvictions.icc": "1.5"}, "not between 0 and 1"),
        ({"reconvictions.variance_over_mean": "-1"}, "not above 0"),
        ({"reconvictions.baseline": "0"}, "must be above 0"),
        ({"reconvictions.sd": "2", "reconvictions.kind": "binary"}, "share gives"),
        ({"reconvictions.kind": "normal", "reconvictions.sd": "1"}, "belongs to a count"),
        ({"reconvictions.clusters": "2000", "reconvictions.icc": "0.1"}, "2000 clusters hold"),
        ({"reconvictions.clusters": "20"}, "reconvictions.icc is missing"),
        ({"reconvictions.icc": "0.1"}, "reconvictions.clusters is missing"),
        ({"correlation.groups": "2"}, "not a correlation"),
        ({"other_money.region": "5"}, "not money that this contract takes off"),
    ],
)
def test_refused(contract, settings, words) -> None:
    assert words in problems(contract, {**PETERBOROUGH, **settings})


def test_an_impossible_effect_is_refused(contract) -> None:
    assert "impossible" in problems(contract, PETERBOROUGH, effects="100")


def test_one_outcome_varies_and_the_others_are_held() -> None:
    denver = load_contract(BONDS / "denver")
    settings = {"housed_nights.std_error": "0", "jail_days.std_error": "8"}
    said = problems(denver, settings)
    assert "--effect housed_nights=NUMBER" in said
    found = scenario_of(denver, with_settings(None, settings, held={"housed_nights": "300000"}))
    assert found.varies == ("jail_days",)
    assert found.truth("housed_nights", "all", 30.0) == 300000.0
    assert found.truth("jail_days", "all", 30.0) == 30.0


def test_a_file_and_settings_over_it(contract, tmp_path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(
        "format: impacteval-scenario/1\n"
        "contract: peterborough-sib\n"
        "outcomes:\n"
        "  reconvictions:\n"
        "    people: 936\n    comparison: 9360\n    baseline: 1.55\n    variance_over_mean: 3\n"
        "    groups: {cohort_1: {people: 900}}\n"
        "effects: [0, 5]\nsettlements: 2\n"
    )
    base = load_scenario(file)
    found = scenario_of(contract, with_settings(base, {"reconvictions.cohort_2.people": "800"}))
    assert found.numbers["reconvictions", "cohort_1"].people == 900
    assert found.numbers["reconvictions", "cohort_2"].people == 800
    assert found.settlements == 2
    assert 5.0 in found.effects
    other = file.read_text().replace("peterborough-sib", "another")
    file.write_text(other)
    with pytest.raises(UsageError, match="is about the contract another"):
        scenario_of(contract, load_scenario(file))


def test_a_mistake_in_a_file_has_its_place(tmp_path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text("format: impacteval-scenario/1\noutcomes:\n  jobs:\n    peple: 3\n")
    with pytest.raises(UsageError) as caught:
        load_scenario(file)
    problem = caught.value.problems[0]
    assert (problem.line, problem.column) == (4, 5)
    assert "Did you mean `people`?" in problem.fix
