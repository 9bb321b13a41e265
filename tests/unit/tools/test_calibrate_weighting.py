"""What is measured is what the estimators compute."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified
from impacteval.estimates import LogRatioT
from impacteval.registry import estimator
from impacteval.sample import Sample
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parents[3] / "tools"))

from calibrate_similar import LAWS, designs
from calibrate_weighting import METHODS

SETTINGS = {
    "inverse-probability": ("inverse-probability", {}),
    "inverse-probability-ate": ("inverse-probability", {"estimand": "ate"}),
    "overlap-weighting": ("overlap-weighting", {}),
    "entropy-balancing": ("entropy-balancing", {}),
    "entropy-balancing-ate": ("entropy-balancing", {"estimand": "ate"}),
}
TRIED = ("plain, n = 40", "rates, n = 300", "sampling weights, n = 400", "clusters, 20")


def sample_of(trials, k: int) -> Sample:
    frame = pd.DataFrame(trials.x[k], columns=["a", "b", "c"])
    frame = frame.assign(y=trials.y[k], treated=trials.treatment[k])
    roles = {}
    if trials.weight is not None:
        frame, roles = frame.assign(w=trials.weight[k]), {"weight": "w"}
    if trials.exposure is not None:
        frame, roles = frame.assign(time=trials.exposure[k]), {"exposure": "time"}
    if trials.cluster is not None:
        frame, roles = frame.assign(site=trials.cluster), {"cluster": "site"}
    return Sample.from_frame(
        frame,
        design="matched",
        outcome="y",
        treatment="treated",
        covariates=["a", "b", "c"],
        **roles,
    )


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
@pytest.mark.parametrize("design", [d for d in designs() if d.name in TRIED], ids=lambda d: d.name)
def test_a_replication_is_what_the_estimator_says(method, design):
    name, settings = SETTINGS[method.name]
    own, k = estimator(name, **settings), 1
    trials = design.draw(np.random.default_rng(7), 3)
    sample = sample_of(trials, k)
    for scale in method.scales:
        found = method.measure(trials, scale)
        try:
            effect = own.estimate(sample, scale=scale, rng=np.random.default_rng(1)).effect
        except NotIdentified:
            assert np.isnan(found.centre[k])
            continue
        law = effect.distribution
        centre, error = law.centre, law.scale
        if isinstance(law, LogRatioT):
            centre, error = law.log_ratio, law.scale
        assert found.centre[k] == pytest.approx(centre, rel=1e-7)
        assert found.error[k] == pytest.approx(error, rel=1e-7)
        assert found.df[k] == pytest.approx(law.df, rel=1e-6)


@pytest.mark.parametrize("law", [law for _, law, _ in LAWS[:8]])
def test_the_truth_is_that_of_very_many_people(law):
    rng = np.random.default_rng(3)
    n = 400_000
    x = np.column_stack([rng.standard_normal((n, 2)), rng.random(n) < 0.4]).astype(float)
    e, (m0, m1) = law.chance(x), law.means(x)
    for target, (difference, relative, standardised) in law.truths().items():
        held = {"att": e, "ate": np.ones(n), "overlap": e * (1.0 - e)}[target] * law.time(x)
        held = held / held.sum()
        low, effect = held @ m0, held @ (m1 - m0)
        sd = np.sqrt(held @ (law.spread(m0, np.zeros(n)) ** 2 + (m0 - low) ** 2))
        assert (difference, relative, standardised) == pytest.approx(
            (effect, effect / low, effect / sd), rel=0.02
        )
        assert law.chance(x).mean() == pytest.approx(0.42, abs=0.1)


def test_every_scale_of_a_card_is_measured():
    for method in METHODS:
        name, settings = SETTINGS[method.name]
        scales = set(estimator(name, **settings).card.scales)
        if settings.get("estimand") == "ate":
            scales -= {Scale.TOTAL}
        assert set(method.scales) == scales
