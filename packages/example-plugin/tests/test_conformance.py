"""All that an author of an estimator needs to write: the contract, checked."""

import pytest
from impacteval_example_plugin import TrimmedMeans

from impacteval.testing import estimator_checks


@pytest.mark.parametrize("check", estimator_checks(TrimmedMeans()), ids=str)
def test_estimator_contract(check):
    check()
