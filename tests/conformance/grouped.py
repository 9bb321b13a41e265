"""Checks by repetition share their draws: one test for them, so that one process draws them."""

from __future__ import annotations

from impacteval.plugin import Estimator
from impacteval.testing import Check, estimator_checks


def _repeats(check: Check) -> bool:
    return check.name.startswith("coverage_") or check.name in ("small_samples", "null")


def grouped(estimator: Estimator) -> list[tuple[str, list[Check]]]:
    """Every check of an estimator: alone, or with the others that repeat on the same design."""
    together: dict[str, list[Check]] = {}
    for check in estimator_checks(estimator):
        key = f"calibration[{check.design}]" if _repeats(check) else str(check)
        together.setdefault(key, []).append(check)
    return list(together.items())


def failures(checks: list[Check]) -> list[str]:
    """What each check that fails says."""
    told = []
    for check in checks:
        try:
            check()
        except AssertionError as error:
            told.append(f"{check}: {error}")
    return told
