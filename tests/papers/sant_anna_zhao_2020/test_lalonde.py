"""Sant'Anna and Zhao (2020), Doubly robust difference-in-differences estimators. Journal of
Econometrics 219(1). doi:10.1016/j.jeconom.2020.06.003

The control group of the National Supported Work experiment against the Current Population Survey,
earnings of 1975 and 1978: nobody was served, so the right answer is zero. Expected values are those
that the authors' Stata command drdid 1.6 prints (rows dripw, reg and stdipw, with and without
``ivar(id)``); the R package DRDID prints the same.
"""

from __future__ import annotations

import gzip
import pickle
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from impacteval.estimators.did.callaway_santanna import CallawaySantAnna
from impacteval.sample import Sample
from impacteval.values import Scale

COVARIATES = ["age", "educ", "black", "married", "nodegree", "hisp", "re74"]
PANEL = {
    "dr": (-871.3271, 396.0211),
    "reg": (-1300.645, 349.8259),
    "ipw": (-1021.609, 397.5201),
}
SECTIONS = {"dr": (-871.3271, None), "reg": (-1300.645, 418.5023), "ipw": (-1021.609, 495.464)}


@pytest.fixture(scope="module")
def earnings() -> pd.DataFrame:
    packed = (files("moderndid") / "core/datasets/nsw_long.pkl.gz").read_bytes()
    frame = pickle.loads(gzip.decompress(packed))
    frame = frame[(frame.treated == 0) | (frame["sample"] == 2)]
    return frame.assign(start=np.where(frame.experimental == 1, 1978, 0))


def _estimate(frame: pd.DataFrame, method: str, covariates: list[str]) -> tuple[float, float]:
    sample = Sample.from_frame(
        frame, design="did", outcome="re", unit="id", period="year", adopted="start", never=0,
        covariates=covariates,
    )  # fmt: skip
    found = CallawaySantAnna(method=method).estimate(  # type: ignore[arg-type]
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    )
    assert found.effect.std_error is not None
    return found.effect.value, found.effect.std_error


@pytest.mark.parametrize("method", PANEL)
def test_followed_over_time(earnings, method) -> None:
    effect, error = _estimate(earnings, method, COVARIATES)
    assert effect == pytest.approx(PANEL[method][0], abs=6e-4)
    assert error == pytest.approx(PANEL[method][1], abs=6e-5)


@pytest.mark.parametrize("method", SECTIONS)
def test_as_if_others_were_seen_in_each_year(earnings, method) -> None:
    rows = earnings.assign(id=np.arange(len(earnings)))
    effect, error = _estimate(rows, method, COVARIATES)
    assert effect == pytest.approx(SECTIONS[method][0], abs=6e-4)
    if SECTIONS[method][1] is not None:
        assert error == pytest.approx(SECTIONS[method][1], abs=6e-4)
    else:
        # Printed is 410.2751, in whose influence the regressions of 1975 have the other sign; the
        # derivative of the estimate, which test_changes.py takes numerically, has this one.
        assert error == pytest.approx(410.2751, rel=1e-3)


def test_without_covariates(earnings) -> None:
    assert _estimate(earnings, "dr", []) == pytest.approx((867.509, 329.9863), abs=6e-4)
    rows = earnings.assign(id=np.arange(len(earnings)))
    assert _estimate(rows, "dr", []) == pytest.approx((867.509, 389.1652), abs=6e-4)
