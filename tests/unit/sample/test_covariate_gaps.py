"""Cells of covariates that were not measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import DataError, UsageError
from impacteval.sample import BlindSample, Sample


def places(**columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame([(u, t) for u in "abcd" for t in (2001, 2002, 2003)], columns=["u", "t"])
    frame["d"] = ((frame.u == "a") & (frame.t == 2003)) * 1
    frame["y"] = np.arange(12) * 1.0
    frame["x"] = np.arange(12) * 2.0
    frame.loc[[1, 4], "x"] = np.nan
    return frame.assign(**columns)


ROLES: dict[str, Any] = {"unit": "u", "period": "t", "treatment": "d", "covariates": ["x"]}


def of(frame: pd.DataFrame, design: str = "synthetic_control", **more: Any) -> Sample:
    return Sample.from_frame(frame, design=design, outcome="y", **ROLES, **more)


def test_a_missing_cell_is_refused_unless_declared() -> None:
    with pytest.raises(DataError, match="'x' \\(covariates\\) has 2 missing values") as told:
        of(places())
    assert "missing_covariates" in str(told.value)


def test_declared_gaps_stay_empty_and_are_counted() -> None:
    sample = of(places(), missing_covariates="kept")
    x = sample.matrix().X[:, 0]
    assert np.flatnonzero(np.isnan(x)).tolist() == [1, 4]
    assert x[2] == 4.0
    found = [record for record in sample.records if record.key == "sample.covariate-gaps"]
    assert [dict(record.values) for record in found] == [{"column": "x", "missing": 2, "n": 12}]
    assert "2 of 12 rows" in str(found[0].text.en.format_map(Shown(found[0].values)))


class Shown(dict[str, Any]):
    """Values of a message whose format words are not needed here."""

    def __getitem__(self, key: str) -> Any:
        return Plain(super().__getitem__(key))


class Plain(str):
    def __new__(cls, value: Any) -> Plain:
        return super().__new__(cls, str(value))

    def __format__(self, spec: str) -> str:
        return str(self)


def test_blind_samples_take_them_too() -> None:
    frame = places().drop(columns="y")
    blind = BlindSample.from_frame(
        frame, design="synthetic_control", missing_covariates="kept", **ROLES
    )
    assert np.isnan(blind.matrix().X).sum() == 2
    assert blind.digest == of(places(), missing_covariates="kept").blind.digest
    with pytest.raises(DataError):
        BlindSample.from_frame(frame, design="synthetic_control", **ROLES)


def test_other_designs_have_no_use_for_gaps() -> None:
    with pytest.raises(DataError, match="Design 'did' needs every covariate in every row"):
        of(places(), design="did", missing_covariates="kept")
    with pytest.raises(DataError, match="Design 'did' needs every covariate in every row"):
        of(places(), missing_covariates="kept").as_design("did")
    assert of(places(x=1.0 * np.arange(12))).as_design("did").design == "did"


def test_text_and_infinities_stay_faults() -> None:
    with pytest.raises(DataError, match="infinite"):
        of(places(x=np.inf), missing_covariates="kept")
    with pytest.raises(DataError, match="number belongs"):
        of(places(x="?"), missing_covariates="kept")


def test_an_unknown_policy() -> None:
    with pytest.raises(UsageError, match="missing_covariates 'fill' is not known"):
        of(places(), missing_covariates="fill")
