"""What a weight means: frequency weights are repeated rows, sampling weights have no unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.estimators.matched.coarsened_exact import CoarsenedExact
from impacteval.estimators.matched.propensity import PropensityMatching
from impacteval.registry import estimator
from impacteval.sample import Sample
from impacteval.values import Message, Scale

ROLES = {
    "design": "matched",
    "outcome": "y",
    "unit": "unit",
    "treatment": "treated",
    "covariates": ["need", "town"],
}


def frame(seed: int, n: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    need = rng.integers(0, 3, n) + rng.normal(0.0, 0.5, n)
    town = rng.integers(0, 2, n).astype(float)
    chance = 1.0 / (1.0 + np.exp(1.0 - 0.45 * need - 0.4 * town))
    treated = (rng.random(n) < chance).astype(int)
    return pd.DataFrame(
        {
            "unit": [f"u{i:03d}" for i in range(n)],
            "treated": treated,
            "need": need,
            "town": town,
            "y": 8.0 - 0.8 * need - 1.5 * treated + rng.normal(0.0, 1.0, n),
            "w": rng.integers(1, 4, n).astype(float),
            "site": [f"s{i % 17:02d}" for i in range(n)],
            "place": np.where(rng.random(n) < 0.5, "a", "b"),
        }
    )


def numbers(made, data: pd.DataFrame, **roles) -> list[float]:
    sample = Sample.from_frame(data, **{**ROLES, **roles})
    found = made.estimate(sample, scale=Scale.RELATIVE, rng=np.random.default_rng(1))
    interval = found.effect.interval(0.95)
    return [found.effect.value, found.effect.std_error, interval.low, interval.high]


@pytest.mark.parametrize("roles", [{}, {"cluster": "site", "stratum": "place"}], ids=str)
@pytest.mark.parametrize(
    "made",
    # Few people in a cell, and few comparators in a stratum: rules of how many are about people.
    [CoarsenedExact(), PropensityMatching(variance="score-given", replace=True)],
    ids=lambda e: e.name,
)
@pytest.mark.parametrize("seed", [2, 16])
def test_frequency_weights_are_repeated_rows(made, roles, seed):
    data = frame(seed)
    longer = data.loc[data.index.repeat(data["w"].astype(int))].reset_index(drop=True)
    longer["unit"] = [f"v{i:04d}" for i in range(len(longer))]
    short = numbers(made, data, weight="w", weight_kind="frequency", **roles)
    assert short == pytest.approx(numbers(made, longer, **roles), rel=1e-9)


@pytest.mark.parametrize("name", ["inverse-probability", "entropy-balancing", "doubly-robust"])
def test_stated_chances_that_are_not_read_are_told(name):
    data = frame(5).assign(chance=lambda d: np.where(d.place == "a", 0.4, 0.6))
    data["known"] = data["chance"]

    def told(**more) -> set[str]:
        roles = {**ROLES, "design": "rct", "assignment_probability": "chance", **more}
        found = estimator(name).estimate(
            Sample.from_frame(data, **roles),
            scale=Scale.DIFFERENCE,
            rng=np.random.default_rng(1),
        )
        return {note.key for note in found.notes}

    assert "matched.stated-chances" in told()
    assert "matched.stated-chances" not in told(stratum="place")
    assert "matched.stated-chances" not in told(covariates=["need", "town", "known"])


@pytest.mark.parametrize("bins", ["sturges", "scott"])
def test_cells_do_not_depend_on_the_unit_of_sampling_weights(bins):
    data = frame(5)
    larger = data.assign(w=1000.0 * data["w"])
    told = {"weight": "w", "weight_kind": "sampling"}
    made = CoarsenedExact(bins=bins)
    assert numbers(made, larger, **told) == pytest.approx(numbers(made, data, **told), rel=1e-9)


BY_PERSON = [
    ("inverse-probability", {}),
    ("entropy-balancing", {}),
    ("overlap-weighting", {}),
]
BY_SET = [
    ("propensity-matching", {"replace": True}),
    ("mahalanobis-matching", {"bias_adjusted": False}),
]


def half_as_alike(what: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """Nobody has an effect; among those in need, comparison people alone are seen for longer."""
    rng = np.random.default_rng(4)
    need = rng.integers(0, 2, 600).astype(float)
    treated = (rng.random(600) < 0.3 + 0.3 * need).astype(int)
    y = 10.0 - 5.0 * need + rng.normal(size=600)
    more = (treated == 0) & (need == 1.0)
    data = pd.DataFrame({"unit": np.arange(600), "treated": treated, "need": need, "y": y})
    if what == "lost":
        data.loc[(treated == 1) & (need == 1.0) & (rng.random(600) < 0.5), "y"] = np.nan
        return data, {"missing_outcome": "attrited"}
    data["w"] = np.where(more, 3.0, 1.0)
    if what == "time":
        return data.assign(y=data.y * data.w), {"exposure": "w"}
    return data, {"weight": "w", "weight_kind": "precision"}


@pytest.mark.parametrize(
    ("name", "settings", "what"),
    [(*one, what) for one in BY_PERSON for what in ("lost", "time", "precision")]
    + [(*one, "time") for one in BY_SET],
)
def test_groups_that_are_not_alike_as_outcomes_count_are_told(name, settings, what):
    data, roles = half_as_alike(what)

    def told(**more) -> dict[str, Message]:
        sample = Sample.from_frame(data, **{**ROLES, "covariates": ["need"], **more})
        made = estimator(name, **settings)
        found = made.estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1))
        return {note.key: note for note in found.notes}

    note = told(**roles)["matched.counted-apart"]
    assert note.values["covariate"] == "need"
    assert note.values["gap"] > 0.1
    if what != "lost":
        assert "matched.counted-apart" not in told()


def test_those_within_bounds_who_were_not_measured_are_not_counted_as_outside():
    data = frame(5)
    data.loc[data.index[::6], "y"] = np.nan
    sample = Sample.from_frame(data, **ROLES, missing_outcome="attrited")
    made = estimator("inverse-probability", trim=0.25)
    found = made.estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1))
    assert found.target.values["units"] < found.target.values["everyone"]
    assert "who were measured" in found.target.text.en
    assert "qui ont été mesurées" in found.target.text.fr
