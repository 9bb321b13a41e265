"""The arrays that estimators compute with."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from impacteval.sample.codes import Bools, Codes, Floats, Ints, frozen
from impacteval.sample.designs import DesignRule
from impacteval.sample.table import Table


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BlindMatrix:
    """Every column of a sample but the outcome; read-only, rows in canonical order.

    Attributes
    ----------
    n : int
        Rows.
    treatment : float64 array, shape (n,), or None
        0/1; None when the design has none. Where only the offer is known, whether anything
        was offered.
    X : float64 array, shape (n, k)
        Covariates, in the order they were named.
    covariate_names : tuple of str
    unit : Codes
        Row numbers from 1 where units have no label.
    period, cluster, assignment_cluster, stratum, pair, group, subgroup, assignment : Codes or None
    adopted : Codes or None
        Adoption dates; code -1 is never.
    cohort : int64 array, shape (n,), or None
        Index into ``period.labels`` of the first period at or after adoption; -1 never,
        ``len(period.labels)`` when adoption comes after the last period.
    weight, exposure, assigned, received, running, cutoff, dose, spillover, assignment_probability
        float64 arrays, shape (n,), or None.
    weight_kind : str or None
        ``sampling``, ``frequency`` or ``precision``; None without weights.
    """

    n: int
    treatment: Floats | None
    X: Floats
    covariate_names: tuple[str, ...]
    unit: Codes
    period: Codes | None = None
    cluster: Codes | None = None
    assignment_cluster: Codes | None = None
    stratum: Codes | None = None
    pair: Codes | None = None
    group: Codes | None = None
    subgroup: Codes | None = None
    assignment: Codes | None = None
    adopted: Codes | None = None
    cohort: Ints | None = None
    weight: Floats | None = None
    weight_kind: str | None = None
    exposure: Floats | None = None
    assigned: Floats | None = None
    received: Floats | None = None
    running: Floats | None = None
    cutoff: Floats | None = None
    dose: Floats | None = None
    spillover: Floats | None = None
    assignment_probability: Floats | None = None

    @classmethod
    def of(cls, table: Table, rule: DesignRule) -> BlindMatrix:
        """The columns of a table under that design."""
        columns: dict[str, Any] = {**table.labels, **table.numbers}
        columns["treatment"] = table.treatment(rule)
        return cls(
            n=len(table),
            X=table.covariates,
            covariate_names=table.roles.covariates,
            unit=table.unit,
            cohort=table.cohort,
            weight_kind=table.roles.weight_kind if "weight" in columns else None,
            **columns,
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Matrix(BlindMatrix):
    """Every column of a single-outcome sample; read-only, rows in canonical order.

    Attributes
    ----------
    y : float64 array, shape (n,)
        The outcome; NaN where it was not measured (only with ``missing_outcome="attrited"``).
    measured : bool array, shape (n,)
        Where the outcome was measured.
    audited : float64 array, shape (n,), or None
        What a re-check of the case found; NaN where it was not checked again.
    """

    y: Floats
    measured: Bools
    audited: Floats | None = None

    @classmethod
    def with_outcome(
        cls, table: Table, rule: DesignRule, y: Floats, audited: Floats | None = None
    ) -> Matrix:
        """The columns of a table under that design, with one outcome and its audit."""
        blind = BlindMatrix.of(table, rule)
        return cls(
            **{f.name: getattr(blind, f.name) for f in fields(blind)},
            y=y,
            measured=frozen(~np.isnan(y)),
            audited=audited,
        )
