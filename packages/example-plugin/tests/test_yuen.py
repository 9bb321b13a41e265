"""The arithmetic against an independent implementation."""

import numpy as np
import pytest
from impacteval_example_plugin import TrimmedMeans
from scipy import stats

from impacteval.errors import UsageError
from impacteval.registry import entry, estimator
from impacteval.sample import Sample


def _sample(seed: int = 3) -> tuple[Sample, np.ndarray, np.ndarray]:
    import pandas as pd

    rng = np.random.default_rng(seed)
    served, other = rng.lognormal(1.0, 0.5, 23), rng.lognormal(0.8, 0.9, 31)
    df = pd.DataFrame({"d": [1] * 23 + [0] * 31, "y": np.concatenate([served, other])})
    return Sample.from_frame(df, design="rct", outcome="y", treatment="d"), served, other


@pytest.mark.parametrize("trim", [0.0, 0.1, 0.2, 0.3])
def test_it_is_the_trimmed_t_test_of_scipy(trim):
    # scipy.stats.ttest_ind(equal_var=False, trim=...) implements Yuen (1974).
    sample, served, other = _sample()
    expected = stats.ttest_ind(served, other, equal_var=False, trim=trim)
    low, high = expected.confidence_interval(0.9)
    found = TrimmedMeans(trim=trim).estimate(
        sample, scale="difference", rng=np.random.default_rng(0)
    )
    assert found.effect.p_value() == pytest.approx(expected.pvalue, rel=1e-10)
    assert found.effect.interval(0.9).low == pytest.approx(low, rel=1e-10)
    assert found.effect.interval(0.9).high == pytest.approx(high, rel=1e-10)
    assert found.observed == pytest.approx(stats.trim_mean(served, trim), rel=1e-12)
    assert found.counterfactual == pytest.approx(stats.trim_mean(other, trim), rel=1e-12)


def test_it_is_built_from_a_plan_through_the_entry_point():
    assert estimator("trimmed-means", trim=0.1) == TrimmedMeans(trim=0.1)
    assert entry("trimmed-means").package == "impacteval-example-plugin"
    with pytest.raises(UsageError, match=r"trim must be at least 0 and below 0\.5"):
        estimator("trimmed-means", trim=0.5)
