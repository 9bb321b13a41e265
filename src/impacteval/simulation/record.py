"""A simulation as plain data for machines, and the schema that says what stands in it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from impacteval.simulation.characteristics import Simulation
from impacteval.values import significant, written

FORMAT = "impacteval-simulation/1"


def to_json(found: Simulation) -> dict[str, Any]:
    """The simulation as plain data; numbers have ten significant digits.

    Ten digits are the same on every machine, and no chance or mean is known to more.
    """
    plain = _adapter().dump_python(found, mode="python")
    return {"format": FORMAT, **_plain(plain)}


def schema() -> dict[str, Any]:
    """The JSON Schema of ``simulation.json``."""
    found: dict[str, Any] = _adapter().json_schema(mode="serialization")
    first = {"const": FORMAT, "title": "Format", "type": "string"}
    found["properties"] = {"format": first, **found["properties"]}
    found["required"] = ["format", *found["required"]]
    return found


def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Simulation)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return written(value)
    if isinstance(value, float):
        return float(significant(value)) + 0.0
    return value
