"""Every estimator that is installed passes the kit, ours and the example plugin's."""

from __future__ import annotations

import pytest

from impacteval.registry import estimator, names
from impacteval.testing import estimator_checks

CHECKS = [(name, check) for name in names() for check in estimator_checks(estimator(name))]


@pytest.mark.parametrize("check", [c for _, c in CHECKS], ids=[f"{n}: {c}" for n, c in CHECKS])
def test_an_installed_estimator_keeps_the_contract(check):
    check()
