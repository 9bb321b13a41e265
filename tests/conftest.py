"""A synthetic study of two cohorts, built afresh for each test that alters it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from two_cohorts_study import TwoCohorts

# A slow machine is no fault of the code, and the same commit must give the same answer twice.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")
# Under a change to the code, one example that fails says enough: it need not be made smaller.
settings.register_profile(
    "mutation", parent=settings.get_profile("steady"), phases=[Phase.explicit, Phase.generate]
)


@pytest.fixture(scope="session")
def two_cohorts_in() -> type[TwoCohorts]:
    """Makes the synthetic study in a folder."""
    return TwoCohorts


@pytest.fixture
def two_cohorts(tmp_path: Path) -> TwoCohorts:
    """The synthetic study, not written yet."""
    return TwoCohorts(tmp_path / "two-cohorts")


@pytest.fixture(scope="session")
def two_cohorts_report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The report of the synthetic study as it stands. Read only."""
    return TwoCohorts(tmp_path_factory.mktemp("session") / "two-cohorts").run()
