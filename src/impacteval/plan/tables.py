"""Where the data of a plan come from, and which column plays which role."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, FiniteFloat, model_validator

from impacteval.files import (
    FileModel,
    NonBlank,
    PlainWords,
    refuse,
)


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[
    tuple[NonBlank, ...],
    BeforeValidator(_names, json_schema_input_type=NonBlank | list[NonBlank]),
]


Format = Literal["csv", "parquet", "stata", "spss", "excel"]

SUFFIXES: Mapping[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".dta": "stata",
    ".sav": "spss",
    ".zsav": "spss",
    ".xlsx": "excel",
    ".xlsm": "excel",
}


class TableSpec(FileModel):
    """Where one table comes from and how it is written.

    Either ``file`` (CSV, Parquet, Stata, SPSS or Excel, inside the study folder) or ``package``
    and ``name`` (data that an installed package ships).

    Attributes
    ----------
    format : str, optional
        ``csv``, ``parquet``, ``stata``, ``spss`` or ``excel``; from the suffix when not stated.
    separator, decimal, encoding : str
        How a text file is written.
    missing : tuple of str
        Words that stand for a missing value; an empty cell always does.
    sheet : str, optional
        Sheet of a workbook that has several.
    labels : str, optional
        For Stata and SPSS columns read as text that carry value labels: ``codes`` or ``text``.

    Examples
    --------
    >>> TableSpec(file="people.csv", separator=";", decimal=",").resolved_format
    'csv'
    """

    file: NonBlank | None = None
    package: NonBlank | None = None
    name: NonBlank | None = None
    format: Format | None = None
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    encoding: NonBlank = "utf-8"
    missing: Annotated[
        tuple[str, ...], BeforeValidator(_names, json_schema_input_type=str | list[str])
    ] = ()
    sheet: NonBlank | None = None
    labels: Literal["codes", "text"] | None = None
    licence: PlainWords | None = None
    note: PlainWords | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        from_package = self.package is not None or self.name is not None
        if (self.file is not None) == from_package:
            refuse(
                [((), "A table has one source.", "Write either `file`, or `package` and `name`.")]
            )
        if from_package and (self.package is None or self.name is None):
            refuse([((), "Data of a package need both `package` and `name`.", "Add the other.")])
        if self.separator == self.decimal:
            refuse(
                [
                    (
                        ("separator",),
                        "The separator and the decimal mark cannot be the same character.",
                        "Look at the file: columns separated by ; often go with decimal: ','.",
                    )
                ]
            )
        if self.file is not None and self.resolved_format is None:
            refuse(
                [
                    (
                        ("file",),
                        f"The suffix of {self.file!r} does not tell the format.",
                        "Write format: csv, parquet, stata, spss or excel.",
                    )
                ]
            )
        return self

    @property
    def resolved_format(self) -> Format | None:
        """The stated format, or that of the suffix; None when neither tells."""
        if self.file is None or self.format is not None:
            return self.format
        return SUFFIXES.get(Path(self.file).suffix.lower())

    @property
    def shown(self) -> str:
        """The table's name in messages."""
        return self.file if self.file is not None else f"{self.package}.{self.name}"


class Columns(FileModel):
    """Which column plays which role. Only these columns are ever read."""

    outcome: NonBlank = Field(description="the column of the outcome")
    unit: NonBlank | None = None
    period: NonBlank | None = None
    treatment: NonBlank | None = None
    adopted: NonBlank | None = None
    never: str | None = None
    assigned: NonBlank | None = None
    received: NonBlank | None = None
    cluster: NonBlank | None = None
    assignment_cluster: NonBlank | None = None
    stratum: NonBlank | None = None
    pair: NonBlank | None = None
    group: NonBlank | None = None
    subgroup: NonBlank | None = None
    weight: NonBlank | None = None
    weight_kind: Literal["sampling", "frequency", "precision"] | None = None
    exposure: NonBlank | None = None
    running: NonBlank | None = None
    # What reads as a number is the cutoff itself, not the name of a column.
    cutoff: FiniteFloat | NonBlank | None = Field(default=None, union_mode="left_to_right")
    spillover: NonBlank | None = None
    assignment_probability: NonBlank | None = None
    audited: NonBlank | None = None
    covariates: Names = ()

    @model_validator(mode="after")
    def _stated(self) -> Self:
        if (self.adopted is None) != (self.never is None):
            refuse(
                [
                    (
                        ("adopted",),
                        "`adopted` and `never` go together: a lost date must not make a control.",
                        "Write `never: blank`, or the value that means never.",
                    )
                ]
            )
        if (self.weight is None) != (self.weight_kind is None):
            refuse(
                [
                    (
                        ("weight",),
                        "`weight` and `weight_kind` go together.",
                        "Write weight_kind: sampling, frequency or precision.",
                    )
                ]
            )
        return self

    @property
    def read(self) -> tuple[str, ...]:
        """Every column named, once, in a fixed order."""
        single = [
            value
            for key, value in self
            if isinstance(value, str) and key not in ("never", "weight_kind")
        ]
        return tuple(dict.fromkeys([*single, *self.covariates]))


class OtherColumns(FileModel):
    """The roles that a robustness analysis changes."""

    treatment: NonBlank | None = None
    adopted: NonBlank | None = None
    cluster: NonBlank | None = None
    assignment_cluster: NonBlank | None = None
    stratum: NonBlank | None = None
    covariates: Names | None = None

    @property
    def changed(self) -> dict[str, Any]:
        """Only the roles that are named."""
        return {key: value for key, value in self if value is not None}
