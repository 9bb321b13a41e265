"""Checks by repetition share their draws: one test for them, so that one process draws them."""

from __future__ import annotations

from dataclasses import replace

from impacteval.plugin import Estimator
from impacteval.testing import Check, estimator_checks, known_samples


def _repeats(check: Check) -> bool:
    return check.name.startswith("coverage_") or check.name in ("small_samples", "null")


def grouped(estimator: Estimator, most: int | None = None) -> list[tuple[str, list[Check]]]:
    """Every check of an estimator: alone, or with the others that repeat on the same design.

    `most` is the number of samples drawn by checks that repeat; margins widen with fewer.
    """
    samples = None
    if most is not None:
        samples = [
            replace(maker, replications=min(maker.replications, most))
            for design in estimator.card.designs
            for maker in known_samples(design)
        ]
    together: dict[str, list[Check]] = {}
    for check in estimator_checks(estimator, samples=samples):
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
