"""A planned estimate made by any registered estimator, and checks run on it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

import impacteval as ie
from impacteval.diagnostics import Planned, run_diagnostic
from impacteval.errors import NotIdentified
from impacteval.estimates import CounterfactualEstimate
from impacteval.plugin import Redrawn
from impacteval.sample import Sample
from impacteval.values import Message, Scale


def planned_by(
    estimator: Any,
    sample: Sample,
    scale: Scale = Scale.DIFFERENCE,
    *,
    fast: bool = False,
    **more: Any,
) -> Planned:
    """What the analysis hands to a check, for an estimator or its name."""
    built = ie.estimator(estimator) if isinstance(estimator, str) else estimator
    planned_scale = scale

    def again(
        sample: Sample,
        step: str,
        *,
        scale: Scale | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> CounterfactualEstimate | Message:
        rng = np.random.default_rng(zlib.crc32(step.encode()))
        try:
            found: CounterfactualEstimate = built.estimate(
                sample, scale=planned_scale if scale is None else scale, rng=rng
            )
        except NotIdentified as none:
            return none.reason
        return found

    effects = built.redrawn if fast and isinstance(built, Redrawn) else None
    return Planned(again(sample, "estimate"), again, effects=effects, **more)


def checked(name: str, sample: Sample, known: Planned, seed: int = 1, **given: Any) -> Any:
    """A check with its own draws; `limit` apart, what is given are settings."""
    limit = given.pop("limit", None)
    rng = np.random.default_rng(seed)
    return run_diagnostic(name, sample, limit=limit, rng=rng, settings=given, planned=known)
