"""Files that people write: YAML read with a place for every value, and the kinds of values in them."""

from impacteval.files.kinds import (
    Bool,
    Count,
    Decimals,
    FileModel,
    ListOfWords,
    MaybePercent,
    NonBlank,
    NotNegative,
    Number,
    PartialDate,
    Percent,
    PlainWords,
    Positive,
    Slug,
    Table,
    Words,
    fail,
    plain,
    refuse,
)
from impacteval.files.places import Locate
from impacteval.files.reader import read_yaml

__all__ = [
    "Bool",
    "Count",
    "Decimals",
    "FileModel",
    "ListOfWords",
    "Locate",
    "MaybePercent",
    "NonBlank",
    "NotNegative",
    "Number",
    "PartialDate",
    "Percent",
    "PlainWords",
    "Positive",
    "Slug",
    "Table",
    "Words",
    "fail",
    "plain",
    "read_yaml",
    "refuse",
]
