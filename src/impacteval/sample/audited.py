"""The column of an audit: what a re-check of some of the cases found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impacteval.sample import records
from impacteval.sample.codes import Floats
from impacteval.sample.findings import Findings, did_you_mean
from impacteval.sample.frame import clean_numbers
from impacteval.sample.numbers import read_numbers

if TYPE_CHECKING:
    import pandas as pd

DESIGNS = ("count",)


def check_audited(
    name: str | None, outcomes: tuple[str, ...], design: str, found: Findings
) -> None:
    """An audit goes with a count of cases, and has a column of its own."""
    if name is None:
        return
    if design not in DESIGNS:
        found.add(
            f"design {design!r} has no audit of cases (column {name!r}).",
            f"audited=... goes with design {DESIGNS[0]!r}.",
        )
    if name in outcomes:
        found.add(
            f"column {name!r} is both the outcome and what the audit found.",
            "Keep the claim in one column and the finding in another.",
        )


def read_audit(
    df: pd.DataFrame, name: str | None, outcomes: tuple[str, ...], design: str, found: Findings
) -> dict[str, Floats]:
    """The column of the audit as float64, NaN where a case was not checked again."""
    check_audited(name, outcomes, design, found)
    if name is None or not len(df):
        return {}
    times = list(df.columns).count(name)
    if times != 1:
        found.add(
            f"there is no column {name!r} (for audited)."
            if times == 0
            else f"column {name!r} (for audited) is there {times} times.",
            did_you_mean(name, df.columns) if times == 0 else "Give each column a name of its own.",
        )
        return {}
    clean = clean_numbers(read_numbers(df[name]), name, "audited", found)
    if clean is None:
        return {}
    values, missing = clean
    found.record(records.audited(name, int((~missing).sum()), len(values)))
    return {name: np.where(missing, np.nan, values)}
