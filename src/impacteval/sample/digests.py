"""The digest of data: exact, and the same for the same content on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from impacteval.canonical import canonical_json
from impacteval.sample.codes import Codes, Floats
from impacteval.sample.table import Table

# Labels of these roles may be pseudonyms; where their order was declared, the order is the
# content, and the digest depends on no key.
_IDENTITIES = frozenset({"unit", "cluster", "assignment_cluster", "stratum", "pair"})


def data_digest(design: str, table: Table, outcomes: Mapping[str, Floats], **facts: Any) -> str:
    """``sha256:`` digest of columns in canonical row order.

    Input data are exact, so their bits count (results, which are not, are rounded before they
    are hashed). Minus zero and the many NaN do not occur: both are made one when read.
    """
    hasher = hashlib.sha256()

    def text(value: Any) -> None:
        hasher.update(canonical_json(value).encode() + b"\n")

    def codes(role: str, value: Codes) -> None:
        hidden = value.declared_order and role in _IDENTITIES
        text([role, len(value.labels) if hidden else value.labels.tolist()])
        hasher.update(value.codes.astype("<i8").tobytes())

    # How never was written is not content; who never adopted is, and stands in the codes.
    roles = replace(table.roles, never=None)
    text({"format": "impacteval-sample/1", "design": design, "roles": roles, **facts})
    codes("unit", table.unit)
    for role in sorted(table.labels):
        codes(role, table.labels[role])
    for role in sorted(table.numbers):
        text([role])
        hasher.update(table.numbers[role].astype("<f8").tobytes())
    hasher.update(table.covariates.astype("<f8").tobytes(order="C"))
    for name in sorted(outcomes):
        text([name])
        hasher.update(outcomes[name].astype("<f8").tobytes())
    return "sha256:" + hasher.hexdigest()
