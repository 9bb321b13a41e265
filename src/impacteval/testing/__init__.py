"""The estimator contract as executable checks, and samples whose truth is known.

Whoever writes an estimator runs this in the tests of their own package::

    import pytest
    from impacteval.testing import estimator_checks
    from my_package import MyEstimator

    @pytest.mark.parametrize("check", estimator_checks(MyEstimator()), ids=str)
    def test_estimator_contract(check):
        check()

Every check has a name and fails with one sentence. The estimators of impacteval pass the same
checks, and estimators broken on purpose are each caught by the check that is meant for them
(``tests/conformance`` in the source tree).
"""

from impacteval.testing import counts as _counts  # registers its samples
from impacteval.testing import did as _did  # registers its samples
from impacteval.testing import did_dose as _did_dose  # registers its samples
from impacteval.testing import did_switching as _did_switching  # registers its samples
from impacteval.testing import did_triple as _did_triple  # registers its samples
from impacteval.testing import matched as _matched  # registers its samples
from impacteval.testing import rct as _rct  # registers its samples
from impacteval.testing import (
    rct_offers as _rct_offers,
)  # registers its samples, after the plain ones
from impacteval.testing import (
    regression_discontinuity as _discontinuity,
)  # registers its samples
from impacteval.testing import synthetic as _synthetic  # registers its samples
from impacteval.testing.kit import Check, CheckResult, estimator_checks, run_checks
from impacteval.testing.samples import KnownSample, SampleMaker, known_samples, register

del _counts, _did, _did_dose, _did_switching, _did_triple, _discontinuity, _matched, _rct
del _rct_offers, _synthetic

__all__ = [
    "Check",
    "CheckResult",
    "KnownSample",
    "SampleMaker",
    "estimator_checks",
    "known_samples",
    "register",
    "run_checks",
]
