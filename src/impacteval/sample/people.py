"""A frame for people to look at; nothing computes from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.sample.codes import Floats
from impacteval.sample.table import Table

if TYPE_CHECKING:
    import pandas as pd


def readable_frame(table: Table, outcomes: Mapping[str, Floats]) -> pd.DataFrame:
    """A fresh frame with the caller's column names, rows in canonical order."""
    import pandas as pd

    roles, columns = table.roles, dict[str, Any]()
    for role, name in roles.used:
        if role == "unit":
            columns[name] = table.unit.values
        elif role == "adopted":
            dates = table.labels[role]
            choices: list[Any] = [*dates.labels.tolist(), None]  # code -1, the last: never
            columns[name] = np.array(choices, dtype=object)[dates.codes]
        elif role in table.labels:
            columns.setdefault(name, table.labels[role].values)
        elif role in table.numbers:
            columns[name] = table.numbers[role]
    for k, name in enumerate(roles.covariates):
        columns[name] = table.covariates[:, k]
    columns.update(outcomes)
    index = pd.Index(table.source_row, name="row")
    return pd.DataFrame({name: np.array(values) for name, values in columns.items()}, index=index)
