"""Plans that people really send: each is refused with its line, what is wrong and what to write.

Every file stands beside one contract and one table (`plans/study`), with which `plans/study/plan.yaml`
makes a study in order.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from impacteval.cli.run import run

PLANS = Path(__file__).parent / "plans"

TABLE = [
    # not a plan at all
    ("empty", 1, "The file is empty"),
    ("binary", 1, "The file is binary, not text"),
    ("list", 1, "not a list of keys and values"),
    ("no_format", 1, "does not say its format"),
    ("later_format", 1, "'impacteval-plan/2' is not read here"),
    ("tabs", 8, "Indent with spaces, never with tabs"),
    # YAML that would do more than hold words
    ("anchor", 7, "uses the anchor `&d`"),
    ("alias", 36, "uses the alias `*d`"),
    ("object", 5, "every value is read as plain text, never as an object"),
    # keys
    ("unknown_key", 6, "The key `sede` is not known. Did you mean `seed`?"),
    ("windows", 6, "The key `sede` is not known"),
    ("byte_order_mark", 6, "The key `sede` is not known"),
    ("key_twice", 6, "stands twice in the same block (first on line 5)"),
    ("no_seed", 1, "The key `seed` is missing"),
    ("one_language", 3, "The key `fr` is missing in `title`"),
    # values
    ("seed_with_fraction", 5, "'1.5' is not a whole number"),
    ("synthetic_maybe", 4, "'yes' is neither true nor false"),
    ("unknown_scale", 28, "Write one of difference, relative, total, standardised"),
    ("negative_limit", 19, "Write 0 or more"),
    ("languages_twice", 6, "A language is named twice"),
    ("language_unknown", 6, "de"),
    ("several", 4, "3 problems. Nothing was written."),
    # tables
    ("two_sources", 8, "A table has one source"),
    ("no_suffix", 8, "The suffix of 'people' does not tell the format"),
    ("separator_is_decimal", 8, "cannot be the same character"),
    ("table_not_described", 25, "reads table `peeple`, which is not described"),
    # roles
    ("adopted_without_never", 17, "a lost date must not make a control"),
    ("other_adoption_of_none", 22, "Other dates of adoption are planned, and the analysis itself"),
    ("weight_without_kind", 17, "`weight` and `weight_kind` go together"),
    ("kind_without_weight", 17, "`weight` and `weight_kind` go together"),
    ("name_of_no_covariate", 22, "`aeg` is named for people and is not one of the covariates"),
    # nothing that comes before the outcomes may read one
    ("outcome_as_covariate", 17, "Column `days` is the outcome of analysis `jobs`"),
    ("other_outcome_as_stratum", 17, "Column `arrests` is the outcome of analysis `crime`"),
    ("eligible_by_outcome", 22, "Column `days` is the outcome of analysis `jobs`"),
    # against the contract
    ("no_analysis_of_a_clause", 9, "Clause `peace` of the contract pays on `arrests`"),
    ("unknown_outcome", 24, "The contract has no outcome `arests`"),
    ("two_analyses_of_one_outcome", 24, "Outcome `work` has two analyses"),
    ("points_for_percent", 28, "Percent and points are different effects"),
    ("wrong_design", 13, "Write design: rct, or agree another design in the contract"),
    ("wrong_estimand", 14, "Write estimand: everyone_eligible"),
    ("estimator_of_another_method", 16, "The contract names the method `difference-in-means`"),
    ("groups_missing", 23, "Groups of the contract without data: north, south"),
    ("group_left_out", 31, "Groups of the contract without data: south"),
    ("group_unknown", 31, "The contract has no group west"),
    ("groups_with_one_value", 31, "the same rows would count twice"),
    ("unknown_settlement", 6, "no settlement `second`. Its settlements: first"),
    ("unknown_checklist_item", 37, "CONSORT 2025 has no item 99z"),
    # effects by subgroup
    ("subgroups_of_nobody", 18, "no column says who belongs to which"),
    ("subgroups_named_without_column", 19, "Names are given to subgroups, and no column"),
    ("subgroups_too_few", 18, "Write 10 or more people"),
    ("subgroups_wrong_level", 18, "95 is not a level. Write a number between 0.5 and 1"),
    ("subgroups_unknown_correction", 18, "romano_wolf"),
    ("outcome_as_subgroup", 17, "Column `arrests` is the outcome of analysis `crime`"),
    # what causes what
    ("graph_as_text", 23, "must be a block of keys and values"),
    ("graph_empty", 24, "needs at least one entry"),
    ("graph_no_arrow", 26, "'age causes days' is not an arrow. Write `cause -> effect`"),
    ("graph_backwards", 25, "'days <- offered' is not an arrow"),
    ("graph_two_starts", 27, "An arrow begins at one thing"),
    ("graph_unknown_thing", 26, "`aeg` is neither a column of this analysis nor named as hidden"),
    ("graph_own_cause", 27, "`age` cannot be its own cause"),
    ("graph_arrow_twice", 28, "The arrow from `age` to `days` stands twice"),
    ("graph_circle", 26, "Causes go round in a circle: days -> age -> days"),
    ("graph_acts_on_nothing", 24, "the service (`offered`) acts on nothing"),
    (
        "graph_no_way_to_the_outcome",
        24,
        "nothing leads from the service (`offered`) to the outcome",
    ),
    ("graph_hidden_is_measured", 27, "`age` is said to be hidden, and it is measured"),
    ("graph_measured_without_arrow", 27, "`skills` is named as measured, and no arrow begins"),
    ("graph_name_without_arrow", 27, "`skills` is given a name, and no arrow begins"),
    ("graph_of_another_design", 23, "Design did does not rest on what is held fixed"),
    # covariates that it forbids or asks for
    ("graph_covariate_missing", 17, "The graph says nothing of `age`"),
    ("graph_mediator", 17, "the service works through it: offered -> age -> days"),
    ("graph_consequence", 17, "it follows from the service: offered -> age"),
    ("graph_collider", 17, "closed without it: offered <- drive -> age <- luck -> days"),
    ("graph_cause_left_out", 17, "not held fixed: offered <- need -> days. Add `need`"),
    ("graph_collider_in_another", 21, "it follows from the service: offered -> skills"),
    # against what is installed
    ("unknown_estimator", 29, "Did you mean 'difference-in-means'"),
    ("unknown_setting", 16, "Did you mean 'variance'?"),
    (
        "setting_of_wrong_type",
        16,
        "Setting 'variance' of estimator 'difference-in-means' cannot be 2",
    ),
    (
        "unknown_diagnostic",
        19,
        "There is no diagnostic `balanse`. Known: anticipation, attrition, audit, balance",
    ),
    (
        "diagnostic_setting_unknown",
        19,
        "`sample-ratio` has no setting `ratio`. Its settings: share",
    ),
    ("diagnostic_without_settings", 19, "`balance` has no setting `share`. Its settings: none"),
    # what the loss of people could do
    ("attrition_of_nothing", 19, "No outcome may be missing here, so there is nothing to bound"),
    ("attrition_within_no_covariate", 20, "`aeg` is not one of the covariates"),
    ("attrition_range_reversed", 20, "The outcome cannot go from 365 to 0"),
    ("attrition_range_half", 20, "The key `high` is missing"),
    # everyone eligible
    (
        "funnel_missing",
        19,
        "`cream-skimming` is about everyone eligible, and the plan has no `funnel`",
    ),
    (
        "funnel_by_group_missing",
        19,
        "the funnel does not say who of those eligible belongs to which",
    ),
    ("funnel_table_not_described", 34, "The funnel reads table `everyone`, which is not described"),
    ("funnel_without_profile", 33, "The key `profile` is missing"),
    ("funnel_accepted_missing", 35, "The key `accepted` is missing"),
    ("funnel_two_steps_of_one_column", 35, "`offered` cannot be `referred` and `accepted` at once"),
    ("funnel_step_in_profile", 37, "`offered` says who was accepted: nobody had it before"),
    ("funnel_profile_twice", 37, "`age` is named twice"),
    ("funnel_reads_an_outcome", 37, "Column `arrests` is an outcome of analysis `crime`"),
    ("funnel_group_unknown", 36, "The contract has no group west"),
    (
        "funnel_group_left_out",
        36,
        "Groups of the contract of which nobody is said to be eligible: south",
    ),
    ("funnel_reasons_without_column", 38, "Reasons are named for people, and no column holds them"),
    ("funnel_name_of_nothing", 38, "`aeg` is named for people and is not in the profile"),
    # gaming
    ("bunching_without_line", 19, "does not say at which value a person's result begins to pay"),
    ("bunching_line_in_words", 19, "does not say at which value a person's result begins to pay"),
    ("bunching_several_columns", 19, "The check reads one column"),
    ("bunching_of_the_outcome", 19, "`days` is the outcome, which the check reads anyway"),
    ("bunching_unknown_setting", 19, "`bunching` has no setting `windows`. Its settings: at, pays"),
    ("effort_shifting_unwatched", 19, "the contract watches none"),
    ("diagnostic_twice", 19, "`diagnostics` names balance twice"),
    ("robustness_twice", 20, "`robustness` names adjusted twice"),
]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PLANS / "study", tmp_path / "study"))


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("command", ["check", "verify"])
@pytest.mark.parametrize(("name", "line", "fragment"), TABLE, ids=[row[0] for row in TABLE])
def test_refused_with_its_place(
    study: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    line: int,
    fragment: str,
    command: str,
) -> None:
    shutil.copy(PLANS / f"{name}.yaml", study / "plan.yaml")
    out = study.parent / "out"
    with pytest.raises(SystemExit) as caught:
        run([command, str(study)] + (["--out", str(out)] if command == "verify" else []))
    told = capsys.readouterr()
    assert caught.value.code == 2
    assert told.out == ""
    assert f"plan.yaml:{line}:" in told.err
    assert fragment in plain(told.err)
    assert "Traceback" not in told.err
    assert not out.exists()


def test_every_file_is_in_the_table() -> None:
    assert {p.stem for p in PLANS.glob("*.yaml")} == {row[0] for row in TABLE}


def test_the_study_beside_them_is_in_order(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(["check", str(study)])
    assert caught.value.code == 0
    assert "nothing wrong was found" in plain(capsys.readouterr().out)
