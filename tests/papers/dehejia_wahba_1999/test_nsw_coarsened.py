"""The 185 men of the National Supported Work sample against 15,992 of the Current Population Survey.

Effects and numbers of people are those of MatchIt 4.5.1 in R 4.2.2, method cem on age, educ, black, hisp,
marr, nodegree, re74 and re75, with cutpoints of 0 (exact) for those with two values. The experiment's own
figure is 1,794.
"""

from __future__ import annotations

import causaldata
import numpy as np
import pandas as pd
import pytest

from impacteval.estimators.matched.coarsened_exact import CoarsenedExact
from impacteval.sample import Sample


@pytest.fixture(scope="module")
def sample():
    nsw = causaldata.nsw_mixtape.load_pandas().data
    data = pd.concat([nsw[nsw.treat == 1], causaldata.cps_mixtape.load_pandas().data])
    return Sample.from_frame(
        data.reset_index(drop=True),
        design="matched",
        outcome="re78",
        treatment="treat",
        covariates=["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"],
    )


@pytest.mark.parametrize(
    ("cutpoints", "effect", "served", "others"),
    [
        ({}, 3627.633799973039, 87, 300),
        (
            {
                "age": (20.0, 25.0, 30.0, 40.0),
                "educ": (8.5, 11.5),
                "re74": (1.0, 5000.0, 15000.0),
                "re75": (1.0, 5000.0, 15000.0),
            },
            720.359216592784,
            150,
            1604,
        ),
    ],
)
def test_effect_and_people(sample, cutpoints, effect, served, others):
    got = CoarsenedExact(cutpoints).estimate(
        sample, scale="difference", rng=np.random.default_rng(0)
    )
    assert got.effect.value == pytest.approx(effect, rel=1e-12)
    assert (got.n_treated, got.n_comparison) == (served, others)
