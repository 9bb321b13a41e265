"""The open register of designs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import DataError, UsageError
from impacteval.sample import DesignRule, Sample, design_rule, designs, register_design

FRAME = pd.DataFrame(
    {
        "u": list("aabb"),
        "t": [1, 2, 1, 2],
        "d": [0, 0, 0, 1],
        "y": [1.0, 2, 3, 4],
        "r": [-1, 0, 1, 2],
    }
)


def test_built_in_designs() -> None:
    assert {
        "rct", "did", "synthetic_control", "matched", "count",
        "regression_discontinuity", "interrupted_time_series",
    } <= set(designs())  # fmt: skip


@pytest.mark.parametrize(
    ("design", "roles", "missing"),
    [
        ("rct", {}, "treatment or assigned or adopted"),
        ("did", {"treatment": "d"}, "period"),
        ("did", {"unit": "u", "period": "t"}, "treatment or adopted"),
        ("synthetic_control", {"period": "t", "treatment": "d"}, "unit"),
        ("matched", {}, "treatment or adopted"),
        ("regression_discontinuity", {"running": "r"}, "cutoff"),
        ("interrupted_time_series", {"treatment": "d"}, "period"),
    ],
)
def test_each_design_names_the_role_it_lacks(
    design: str, roles: dict[str, Any], missing: str
) -> None:
    with pytest.raises(DataError) as caught:
        Sample.from_frame(FRAME, design=design, outcome="y", **roles)
    assert f"design {design!r} needs the role {missing}." in str(caught.value)


@pytest.mark.parametrize(
    ("design", "roles"),
    [
        ("did", {"unit": "u", "period": "t", "treatment": "d"}),
        ("did", {"period": "t", "treatment": "d"}),
        ("synthetic_control", {"unit": "u", "period": "t", "treatment": "d"}),
        ("matched", {"treatment": "d"}),
        ("count", {}),
        ("regression_discontinuity", {"running": "r", "cutoff": 0.5}),
        ("interrupted_time_series", {"unit": "u", "period": "t", "treatment": "d"}),
    ],
)
def test_each_design_accepts_its_roles(design: str, roles: dict[str, Any]) -> None:
    sample = Sample.from_frame(FRAME, design=design, outcome="y", **roles)
    assert sample.design == design
    assert sample.matrix().n == 4
    assert (sample.matrix().treatment is None) == ("treatment" not in roles)


def test_a_cutoff_with_one_side_only() -> None:
    with pytest.raises(DataError, match="one side of the cutoff"):
        Sample.from_frame(
            FRAME, design="regression_discontinuity", outcome="y", running="r", cutoff=9
        )


def test_as_design_checks_again_without_copying() -> None:
    sample = Sample.from_frame(
        FRAME, design="did", outcome="y", unit="u", period="t", treatment="d"
    )
    again = sample.as_design("synthetic_control")
    assert again.design == "synthetic_control"
    assert np.shares_memory(again.matrix().y, sample.matrix().y)
    assert again != sample
    with pytest.raises(DataError, match="unit is in both arms"):
        sample.as_design("rct")
    with pytest.raises(UsageError, match="Allowed: "):
        sample.as_design("nothing")


def test_as_design_names_the_rows_of_the_file() -> None:
    hidden = pd.Categorical(["q", "q", "p", "p"], categories=["p", "q"], ordered=True)
    frame = FRAME.assign(u=hidden, d=[0, 1, 0, 0])
    sample = Sample.from_frame(
        frame, design="did", outcome="y", unit="u", period="t", treatment="d"
    )
    with pytest.raises(DataError, match="rows 1, 2"):
        sample.as_design("rct")


def test_a_registered_design_is_used_and_cannot_be_changed() -> None:
    rule = DesignRule(requires=(("dose",),))
    register_design("dose_response_of_this_test", rule)
    register_design("dose_response_of_this_test", rule)
    assert design_rule("dose_response_of_this_test") == rule
    with pytest.raises(DataError, match="needs the role dose"):
        Sample.from_frame(FRAME, design="dose_response_of_this_test", outcome="y")
    with pytest.raises(UsageError, match="registered already"):
        register_design("rct", rule)
    with pytest.raises(UsageError, match="do not exist: dosis"):
        DesignRule(requires=(("dosis",),))
