"""Effects by dose against another package's numbers, derivatives by weight, and means by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified
from impacteval.estimates import CounterfactualEstimate
from impacteval.estimators.did.dose_effect import (
    Basis,
    TooFewDoses,
    dose_fit,
    level_basis,
    spline_basis,
)
from impacteval.estimators.did.dose_response import DoseResponse, changes_of, read_doses
from impacteval.sample import Sample
from impacteval.testing import KnownSample, estimator_checks, known_samples
from impacteval.values import Scale

MAKER = {maker.name: maker for maker in known_samples("did")}["dose"]

# diff-diff 3.13.0, ContinuousDiD(degree, num_knots) on the sample of seed 3: the average effect and
# its standard error, the average slope and its standard error for the doses as they are.
PUBLISHED = {
    (3, 0): (-1.0112295523980004, 0.13713654028255068, -0.7588841288529997, 0.2510291727453415),
    (1, 1): (-1.0112295523980004, 0.13713654028255068, -0.24660089696283422, 0.13520696584636335),
    (2, 2): (-1.0112295523980004, 0.13713654028255068, -0.7628902206130161, 0.24235088541990213),
}


def _estimate(
    known: KnownSample | Sample, scale: Scale = Scale.DIFFERENCE, **settings: Any
) -> CounterfactualEstimate:
    sample = known if isinstance(known, Sample) else known.sample()
    return DoseResponse(**settings).estimate(sample, scale=scale, rng=np.random.default_rng(1))


def _sample(frame: pd.DataFrame, **changed: Any) -> Sample:
    roles: dict[str, Any] = {
        "design": "did", "outcome": "y", "unit": "unit", "period": "year", "treatment": "treated",
        "dose": "amount",
    }  # fmt: skip
    given = {key: value for key, value in (roles | changed).items() if value is not None}
    return Sample.from_frame(frame, **given)


def _refused(sample: Sample, **settings: Any) -> str:
    with pytest.raises(NotIdentified) as refusal:
        _estimate(sample, **settings)
    return refusal.value.reason.key


@pytest.mark.parametrize("curve", PUBLISHED)
def test_effects_and_slopes_are_those_of_another_package(curve: tuple[int, int]) -> None:
    degree, knots = curve
    effect, error, slope, slope_error = PUBLISHED[curve]
    found = _estimate(MAKER(3), degree=degree, knots=knots)
    assert found.effect.value == pytest.approx(effect, rel=1e-10)
    assert found.effect.std_error == pytest.approx(error, rel=1e-10)
    told = found.parts["slope"].iloc[0]
    assert told["effect"] == pytest.approx(slope, rel=1e-9)
    # Ours has that which doses were received is a draw; without it they are the same.
    panel, dose, _ = read_doses(MAKER(3).sample(), Scale.DIFFERENCE)
    own = changes_of(panel)
    basis = spline_basis(dose[own.served], degree, knots)
    fit = dose_fit(own.change, dose, own.served, own.weight, basis)
    given = basis.slopes(dose[own.served]).mean(axis=0) @ fit.beta_influence
    assert np.linalg.norm(given) == pytest.approx(slope_error, rel=1e-9)
    assert told["std_error"] > slope_error


@pytest.mark.parametrize("basis", ["spline", "levels"])
def test_influence_is_the_derivative_by_the_weight_of_each_unit(basis: str) -> None:
    rng = np.random.default_rng(1)
    n = 40
    served = np.arange(n) < 24
    dose = np.where(served, 1.0 + np.arange(n) % 4, 0.0)
    if basis == "spline":
        dose = dose + served * rng.random(n)
    change = rng.standard_normal(n) + dose
    weight = rng.uniform(0.5, 1.5, n)
    curve = level_basis(dose[served]) if basis == "levels" else spline_basis(dose[served], 2, 1)

    def numbers(w: Any) -> Any:
        fit = dose_fit(change, dose, served, w, curve)
        return np.array([*fit.beta, fit.effect, fit.slope])

    fit = dose_fit(change, dose, served, weight, curve)
    influence = np.vstack([fit.beta_influence, fit.effect_influence, fit.slope_influence])
    step = 1e-5
    for i in range(n):
        more, less = weight.copy(), weight.copy()
        more[i] += step
        less[i] -= step
        slope = weight[i] * (numbers(more) - numbers(less)) / (2 * step)
        assert influence[:, i] == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_a_mean_for_each_dose() -> None:
    rng = np.random.default_rng(2)
    amounts = [0] * 12 + [1] * 6 + [2] * 6 + [4] * 6
    rows = [
        (f"u{u:02d}", year, int(d > 0 and year == 2), d * (year == 2), rng.standard_normal() + d)
        for u, d in enumerate(amounts)
        for year in (1, 2)
    ]
    frame = pd.DataFrame(rows, columns=["unit", "year", "treated", "amount", "y"])
    found = _estimate(_sample(frame), basis="levels")
    wide = frame.pivot_table(index="unit", columns="year", values="y")
    moved = (wide[2] - wide[1]).groupby(np.array(amounts))
    means, errors = moved.mean(), moved.std(ddof=0) / np.sqrt(moved.size())
    table = found.parts["dose_response"]
    assert table["dose"].tolist() == [1, 2, 4]
    assert table["effect"].tolist() == pytest.approx((means[1:] - means[0]).tolist())
    assert table["std_error"].tolist() == pytest.approx(np.hypot(errors[1:], errors[0]).tolist())
    slopes = found.parts["slopes"]["effect"].tolist()
    assert slopes == pytest.approx(
        [means[1] - means[0], means[2] - means[1], (means[4] - means[2]) / 2]
    )
    assert found.parts["slope"]["effect"][0] == pytest.approx(np.mean(slopes))
    assert found.effect.value == pytest.approx(np.mean(means[1:]) - means[0])
    one = frame.assign(amount=frame["amount"] + 0.5 * (frame["unit"] == "u29") * frame["treated"])
    told = [note.key for note in _estimate(_sample(one), basis="levels").notes]
    assert "dose.levels-alone" in told
    assert "dose.strong-parallel-trends" in told


def test_slopes_are_the_derivative_of_the_curve() -> None:
    dose = np.random.default_rng(3).uniform(1.0, 4.0, 60)
    basis = spline_basis(dose, 3, 2)
    at, step = np.linspace(1.5, 3.5, 9), 1e-6
    slope = (basis.values(at + step) - basis.values(at - step)) / (2 * step)
    assert basis.slopes(at) == pytest.approx(slope, abs=1e-6)
    assert basis.values(at).sum(axis=1) == pytest.approx(np.ones(9))
    assert basis.size == 6
    assert Basis(np.array([1.0, 2.0]), -1).size == 2


def test_units_seen_once_are_counted_and_left_out() -> None:
    frame = MAKER(4).frame()
    lost = frame[~((frame["unit"] == "u0001") & (frame["year"] == 2001))]
    without = frame[frame["unit"] != "u0001"]
    found, expected = _estimate(_sample(lost)), _estimate(_sample(without))
    assert found.effect.value == pytest.approx(expected.effect.value, rel=1e-12)
    assert found.treated_clusters == 79
    assert "dose.not-followed" in [note.key for note in found.notes]
    placed = lost.assign(place=lost["unit"].str[:4])
    clustered = _estimate(_sample(placed, **_whole(placed)))
    assert clustered.treated_clusters == 8


def _whole(frame: pd.DataFrame) -> dict[str, Any]:
    """Places of ten that are served as a whole."""
    frame["amount"] = np.where(
        (frame["place"] < "u008") & (frame["year"] == 2002), frame["amount"] + 1.0, 0.0
    )
    frame["all"] = (frame["amount"] > 0).astype(int)
    return {"treatment": "all", "assignment_cluster": "place"}


def test_refusals_say_what_is_missing() -> None:
    frame = MAKER(5).frame()
    assert _refused(_sample(frame, dose=None)) == "dose.no-dose"
    assert _refused(_sample(frame.assign(x=frame["y"]), covariates=["x"])) == "dose.covariates"
    third = pd.concat([frame, frame[frame["year"] == 2002].assign(year=2003)])
    assert _refused(_sample(third)) == "dose.not-two-periods"
    odd = frame.assign(amount=frame["amount"] + (frame["year"] == 2002) * (frame["amount"] == 0))
    assert _refused(_sample(odd)) == "dose.contradiction"
    few = frame.assign(amount=np.ceil(frame["amount"] / 2.0))
    assert _refused(_sample(few)) == "dose.too-few-doses"
    assert _refused(_sample(frame.assign(unit=range(len(frame))), adopted=None)) == (
        "did.repeated-cross-sections"
    )
    with pytest.raises(ValueError, match="degree"):
        DoseResponse(degree=0)
    with pytest.raises(TooFewDoses):
        dose_fit(
            np.arange(4.0), np.array([0.0, 1.0, 1.0, 2.0]), np.array([False, True, True, True]),
            np.ones(4), spline_basis(np.array([1.0, 2.0]), 2, 0),
        )  # fmt: skip


def test_the_contract_with_a_mean_for_each_dose() -> None:
    maker = replace(MAKER, replications=0, draw=_rounded)
    for check in estimator_checks(DoseResponse(basis="levels"), samples=[maker]):
        check()


def _rounded(rng: np.random.Generator, lift: float) -> KnownSample:
    known = MAKER.draw(rng, lift)
    return known.with_column("amount", np.ceil(np.asarray(known.columns["amount"], dtype=float)))
