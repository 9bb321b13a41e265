"""One canonical text and one digest for every result, the same on every machine.

Floats are written to 10 significant digits (arrays: of their largest magnitude), because
estimates differ in the fifteenth digit between processors; keys are sorted; nothing depends on
the order in which a mapping was filled.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from impacteval.values import significant, written


def canonical(value: Any, reference: float | None = None) -> Any:
    """Turn a value into JSON-ready plain data with canonical numbers.

    Parameters
    ----------
    value : any
        Dataclasses, mappings, sequences, numbers, numpy arrays, enums, dates, text.
    reference : float, optional
        Magnitude that fixes the digits kept of the floats inside.

    Examples
    --------
    >>> canonical({"b": 1.0000000000001, "a": (1, Decimal("2.50"))})
    {'a': [1, '2.50'], 'b': '1'}
    """
    if value is None or (isinstance(value, bool | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return canonical(value.value)
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        return written(value)
    if isinstance(value, float):
        return "nan" if math.isnan(value) else written(significant(value, reference))
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        own = getattr(value, "__canonical__", None)
        if own is not None:
            return canonical(own())
        return {
            "kind": type(value).__name__,
            **{f.name: canonical(getattr(value, f.name)) for f in fields(value) if f.compare},
        }
    if isinstance(value, Mapping):
        return {str(k): canonical(value[k]) for k in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [canonical(v) for v in value]
    if isinstance(value, set | frozenset):
        return sorted((canonical(v) for v in value), key=str)
    if hasattr(value, "tolist"):
        return _array(value)
    raise TypeError(f"{type(value).__name__} has no canonical form.")


def _array(array: Any) -> Any:
    plain = array.tolist()
    if not isinstance(plain, list):
        return canonical(plain)
    largest = max((abs(x) for x in _floats(plain) if math.isfinite(x)), default=0.0)

    def walk(item: Any) -> Any:
        if isinstance(item, list):
            return [walk(v) for v in item]
        return canonical(item, largest or None) if isinstance(item, float) else canonical(item)

    return walk(plain)


def _floats(item: Any) -> list[float]:
    if isinstance(item, list):
        return [x for v in item for x in _floats(v)]
    return [item] if isinstance(item, float) else []


def canonical_json(value: Any) -> str:
    """The canonical text: sorted keys, no spaces, UTF-8 letters kept."""
    return json.dumps(canonical(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(value: Any) -> str:
    """``sha256:`` and the hexadecimal digest of the canonical text.

    Examples
    --------
    >>> digest({"a": 0.1 + 0.2}) == digest({"a": 0.3})
    True
    """
    return "sha256:" + hashlib.sha256(canonical_json(value).encode()).hexdigest()
