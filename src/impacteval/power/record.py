"""What a planned trial can find as plain data for machines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from impacteval.power.plan import PowerPlan
from impacteval.values import significant

FORMAT = "impacteval-power/1"


def to_json(plan: PowerPlan) -> dict[str, Any]:
    """The plan as plain data; numbers have ten significant digits, what is not known is null.

    Examples
    --------
    >>> from impacteval.power.answers import Test
    >>> from impacteval.power.plan import power_plan
    >>> from impacteval.power.trial import PlannedTrial
    >>> from impacteval.simulation.assumed import Kind
    >>> found = to_json(power_plan(PlannedTrial(Kind.NORMAL, 50, 50, sd=1.0), Test(), effect=0.2))
    >>> found["format"], found["found"]["finds"], found["needed"]["served"]
    ('impacteval-power/1', 0.1676754865, 394)
    """
    return {"format": FORMAT, **_plain(plan)}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return float(significant(value)) + 0.0 if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "key") and hasattr(value, "text"):
        return {"en": str(value), "key": value.key}
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return value
