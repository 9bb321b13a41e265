"""The plan file: settings by type, roles, and what may be read before outcomes."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from impacteval.errors import PlanError
from impacteval.plan import Analysis, EstimatorSpec, load_plan, plan_schema

PLAN = Path(__file__).parents[1] / "bad_input" / "plans" / "study" / "plan.yaml"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("12", 12),
        ("-3", -3),
        ("0.2", 0.2),
        ("1e-3", 0.001),
        # YAML 1.2: these are words, whatever older readers made of them.
        ("no", "no"),
        ("on", "on"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("12:30", "12:30"),
        ("nan", "nan"),
        (["1", "a"], [1, "a"]),
        ({"k": "2"}, {"k": 2}),
    ],
)
def test_settings_are_typed_by_their_spelling(written: Any, read: Any) -> None:
    found = EstimatorSpec.model_validate({"name": "x", "settings": {"s": written}}).settings["s"]
    assert found == read
    assert type(found) is type(read)


def test_the_plan_of_a_study() -> None:
    plan = load_plan(PLAN)
    found = plan.analysis_of("arrests")
    assert found is not None
    name, analysis = found
    assert (name, analysis.scale.value, analysis.columns.outcome) == (
        "crime",
        "relative",
        "arrests",
    )
    assert plan.analysis_of("nothing") is None
    assert plan.analyses["jobs"].diagnostics[0].limit == Decimal("0.5")


def test_the_study_is_not_changed_once_read() -> None:
    plan = load_plan(PLAN)
    with pytest.raises(TypeError):
        plan.analyses["more"] = plan.analyses["jobs"]  # type: ignore[index]
    with pytest.raises(ValueError, match="frozen"):
        plan.seed = 2


def test_what_is_read_before_outcomes() -> None:
    analysis = Analysis.model_validate(
        {
            "outcome": "y",
            "data": "t",
            "design": "rct",
            "estimand": "everyone_eligible",
            "scale": "difference",
            "estimator": {"name": "lin"},
            "columns": {
                "outcome": "income",
                "unit": "id",
                "treatment": "d",
                "weight": "w",
                "weight_kind": "sampling",
                "covariates": ["age", "sex"],
            },
            "groups": {"column": "site", "values": {"north": "N"}},
            "eligible": [{"column": "adult", "equals": "yes", "because": "agreed"}],
            "robustness": [
                {
                    "name": "other",
                    "title": "Other",
                    "estimator": {"name": "lin"},
                    "columns": {"stratum": "block", "covariates": ["height"]},
                }
            ],
            "unit_kind": "person",
        }
    )
    assert [column for _, column in analysis.blind_columns()] == [
        "id",
        "d",
        "w",
        "age",
        "sex",
        "block",
        "height",
        "adult",
        "site",
    ]
    assert analysis.columns.read == ("income", "id", "d", "w", "age", "sex")


def test_every_problem_at_once(tmp_path: Path) -> None:
    text = PLAN.read_text().replace("seed: 1", "seed: x").replace("synthetic: true", "synthetic: y")
    file = tmp_path / "plan.yaml"
    file.write_text(text)
    with pytest.raises(PlanError) as caught:
        load_plan(file)
    assert [(p.line, p.column) for p in caught.value.problems] == [(4, 12), (5, 7)]


def test_the_schema_knows_every_key() -> None:
    schema = json.loads(json.dumps(plan_schema()))
    Draft202012Validator.check_schema(schema)
    assert {"format", "study", "data", "analyses", "seed", "limits"} <= set(schema["required"])
