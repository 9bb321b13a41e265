"""Which engine: estimates taken to be normal, data drawn in full, or both held side by side."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.errors import Problem
from impacteval.simulation.characteristics import Gap, Payment
from impacteval.simulation.full import FullEngine

ENGINES = ("normal", "full", "both")


def engine_problems(engine: str, data: FullEngine | None) -> Iterator[Problem]:
    """Why that engine cannot run."""
    if engine not in ENGINES:
        yield Problem(f"There is no engine {engine!r}.", f"Allowed: {', '.join(ENGINES)}.")
    elif engine == "normal" and data is not None:
        yield Problem(
            "An estimator, a covariate or pilot data matter only where data are drawn.",
            "Write --engine full or --engine both, or leave them out.",
        )


def gap_of(normal: Payment, full: Payment) -> Gap:
    """How far the two engines are apart at one true effect."""
    return Gap(
        effect=full.effect,
        paid_normal=normal.paid,
        paid_full=full.paid,
        expected_normal=normal.expected,
        expected_full=full.expected,
    )
