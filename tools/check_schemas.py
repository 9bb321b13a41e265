"""Keep the JSON Schemas that the package ships in step with the models they describe.

    python tools/check_schemas.py --check     exit 1 when a schema differs from its model
    python tools/check_schemas.py --write     write every schema

Editors complete and check a file with its schema; other programmes read the record with it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from impacteval.contract.loader import schema as contract_schema
from impacteval.notebook import Published
from impacteval.plan import plan_schema
from impacteval.report.record import record_schema
from impacteval.simulation.record import schema as simulation_schema
from impacteval.simulation.scenario_file import schema as scenario_schema

ROOT = Path(__file__).resolve().parents[1]
DIALECT = "https://json-schema.org/draft/2020-12/schema"

SCHEMAS: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "impacteval-contract/1": ("src/impacteval/contract/schema.json", contract_schema),
    "impacteval-plan/1": ("src/impacteval/study/plan.schema.json", plan_schema),
    "impacteval-verdict/1": ("src/impacteval/report/schema.json", record_schema),
    "impacteval-scenario/1": ("src/impacteval/simulation/scenario.schema.json", scenario_schema),
    "impacteval-simulation/1": ("src/impacteval/simulation/schema.json", simulation_schema),
    "impacteval-published/1": (
        "src/impacteval/notebook/schema.json",
        Published.model_json_schema,
    ),
}


def text_of(kind: str) -> str:
    """The file that holds the schema of that kind of file."""
    schema = {"$schema": DIALECT, "$id": kind} | SCHEMAS[kind][1]()
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--check", action="store_true")
    choice.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)

    faults = []
    for kind, (name, _) in SCHEMAS.items():
        file, wanted = root / name, text_of(kind)
        if options.write:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(wanted, encoding="utf-8", newline="\n")
        elif not file.exists():
            faults.append(f"{name} is missing.")
        elif file.read_text(encoding="utf-8") != wanted:
            faults.append(f"{name} differs from the model of {kind}.")
    for fault in faults:
        print(fault, "Run python tools/check_schemas.py --write.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
