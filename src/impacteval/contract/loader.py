"""From a file to a `Contract`, and the JSON Schema that editors use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from impacteval.contract.model import Contract
from impacteval.errors import ContractError
from impacteval.files import Locate, read_yaml


def _context(data: dict[str, Any]) -> dict[str, Any]:
    return {"currency": data.get("currency")}


def load_contract(path: str | Path) -> Contract:
    """Read a contract.

    Parameters
    ----------
    path : path
        A file that begins with ``format: impacteval-contract/1``, or a folder that holds a
        ``contract.yaml``.

    Returns
    -------
    Contract

    Raises
    ------
    ContractError
        With every problem found, each with file, line and column.
    """
    return load_contract_with_places(path)[0]


def load_contract_with_places(path: str | Path) -> tuple[Contract, Locate]:
    """The contract and the places of its parts in the file, for checks that come later."""
    file = Path(path)
    if file.is_dir():
        file /= "contract.yaml"
    return read_yaml(file, Contract, kind="contract", error=ContractError, context=_context)


def schema() -> dict[str, Any]:
    """The JSON Schema of contract files. The copy in the package is held to it by a test."""
    found = Contract.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "impacteval-contract/1",
        **found,
    }


def schema_text() -> str:
    """The schema as the file in the package has it."""
    return json.dumps(schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
