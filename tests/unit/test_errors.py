"""The tree of errors and its exit codes."""

from __future__ import annotations

import pytest

from impacteval.errors import (
    CheckFailed,
    ContractError,
    DataError,
    ImpactEvalError,
    InputError,
    LockError,
    PlanError,
    PluginError,
    Problem,
    StudyError,
    UsageError,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ContractError, 2),
        (PlanError, 2),
        (DataError, 2),
        (StudyError, 2),
        (UsageError, 2),
        (LockError, 3),
        (CheckFailed, 1),
        (PluginError, 70),
    ],
)
def test_exit_codes(kind: type[ImpactEvalError], code: int) -> None:
    assert kind.exit_code == code
    assert issubclass(kind, InputError) == (code == 2)


def test_every_problem_is_listed() -> None:
    error = InputError([Problem("first", "do this", "a.yaml", 3, 7), "second"])
    assert str(error) == "a.yaml:3:7: first do this\nsecond"
    assert [p.what for p in error.problems] == ["first", "second"]


def test_an_error_without_a_problem_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one"):
        InputError([])


def test_a_plugin_error_names_its_package() -> None:
    error = PluginError("It returned text.", package="other-estimators")
    assert error.package == "other-estimators"
    assert "other-estimators" in str(error)
