"""The kinds of values that stand in files people write, each typed from its text.

YAML's own typing is not used: it reads ``no`` as false and ``1e3`` as text, and it turns an
amount of money into a binary fraction. Here every scalar arrives as text and its field says
what it is. Every refusal is one sentence that says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from impacteval.values import Text

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,12})?")
_PARTIAL_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_SLUG = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")

Relative = tuple[tuple[str | int, ...], str, str]


class FileModel(BaseModel):
    """Base of everything read from a file: frozen, and no key it does not know.

    Subclasses may name keys that a later version executes (``LATER``), words of a field that a
    later version executes (``LATER_WORDS``), and keys that do not belong here for a reason worth
    a sentence (``ELSEWHERE``).
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=False, hide_input_in_errors=True
    )

    LATER: ClassVar[frozenset[str]] = frozenset()
    LATER_WORDS: ClassVar[Mapping[str, frozenset[str]]] = MappingProxyType({})
    ELSEWHERE: ClassVar[Mapping[str, str]] = MappingProxyType({})


def refuse(problems: Iterable[Relative]) -> None:
    """Raise one validation error that carries every problem with its place relative to the model.

    Parameters
    ----------
    problems : iterable of (path, what, fix)
        Nothing is raised when there is none.
    """
    found = list(problems)
    if found:
        text = "\n".join(f"{what} {fix}".strip() for _, what, fix in found)
        raise PydanticCustomError("located", "{text}", {"text": text, "problems": found})


def fail(what: str, fix: str = "") -> PydanticCustomError:
    """The error of one value: what is wrong and what to write instead."""
    return PydanticCustomError("value", "{what} {fix}", {"what": what, "fix": fix})


class Percent(Decimal):
    """A number that was written with a percent sign."""


def read_number(value: Any) -> Decimal:
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, float | int) and not isinstance(value, bool):
        value = repr(value)
    if not isinstance(value, str):
        raise fail("A number is expected here.", "Write it in digits, such as 12.5.")
    text = value.strip()
    percent = text.endswith("%")
    digits = text[:-1].rstrip() if percent else text
    if _NUMBER.fullmatch(digits):
        return Percent(digits) if percent else Decimal(digits)
    raise fail(
        f"{text[:40]!r} is not a number.",
        "Write digits with a point for decimals and no thousands separators, such as 5290000 "
        "or 15.12 (at most 15 digits before the point and 12 after).",
    )


def _unmarked(value: Decimal) -> Decimal:
    if isinstance(value, Percent):
        raise fail(f"'{value}%' has a percent sign.", "Write the plain number here.")
    return value


def _whole(value: Any) -> int:
    number = _unmarked(read_number(value))
    if number != int(number) or number < 0:
        raise fail(f"'{number}' is not a whole number.", "Write a count such as 936.")
    return int(number)


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise fail(f"{str(value)[:40]!r} is neither true nor false.", "Write true or false.")


def _partial_date(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    match = _PARTIAL_DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is not None:
        year, month, day = (int(part) if part else 1 for part in match.groups())
        try:
            date(year, month, day)
        except ValueError:
            match = None
    if match is None:
        raise fail(
            f"{str(value)[:40]!r} is not a date.", "Write 2014, 2014-04 or 2014-04-30 (year first)."
        )
    return match.group(0)


def _slug(value: Any) -> str:
    if not isinstance(value, str) or not _SLUG.fullmatch(value):
        raise fail(
            f"{str(value)[:40]!r} cannot be a name.",
            "Use small letters, digits and _ or -, beginning with a letter.",
        )
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise fail("The text is empty.", "Write at least one word.")
    return value.strip()


NonBlank = Annotated[str, AfterValidator(_not_blank)]
MaybePercent = Annotated[
    Decimal,
    PlainValidator(read_number),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?[0-9.]+ ?%$"}]}
    ),
]
Number = Annotated[
    Decimal,
    PlainValidator(read_number),
    AfterValidator(_unmarked),
    WithJsonSchema({"type": "number"}),
]
Count = Annotated[int, PlainValidator(_whole), WithJsonSchema({"type": "integer", "minimum": 0})]


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise fail(f"{plain(value)} is not above 0.", "Write a number above 0.")
    return value


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise fail(f"{plain(value)} is below 0.", "Write 0 or more.")
    return value


def _few(value: int) -> int:
    if value > 12:
        raise fail(f"{value} decimals are too many.", "Write 12 or fewer.")
    return value


# pydantic's own bounds do not reach behind a validator of ours, so these are spelled out.
Positive = Annotated[Number, AfterValidator(_positive)]
NotNegative = Annotated[Number, AfterValidator(_not_negative)]
Decimals = Annotated[Count, AfterValidator(_few)]
Bool = Annotated[bool, PlainValidator(_bool), WithJsonSchema({"type": "boolean"})]
Slug = Annotated[
    str,
    PlainValidator(_slug),
    WithJsonSchema({"type": "string", "pattern": f"^{_SLUG.pattern}$"}),
]
PartialDate = Annotated[
    str,
    PlainValidator(_partial_date),
    WithJsonSchema({"type": ["string", "integer"], "description": "2014, 2014-04 or 2014-04-30"}),
]


class Words(FileModel):
    """A text for people in both languages."""

    en: NonBlank = Field(description="in English")
    fr: NonBlank = Field(description="in French")

    def __getitem__(self, language: str) -> str:
        return self.fr if language == "fr" else self.en

    def __str__(self) -> str:
        return self.en

    def text(self) -> Text:
        """The same as a `Text`; braces that people wrote stay braces."""

        def escape(words: str) -> str:
            return words.replace("{", "{{").replace("}", "}}")

        return Text(en=escape(self.en), fr=escape(self.fr))


def _one_text(value: Any) -> Any:
    return {"en": value, "fr": value} if isinstance(value, str) else value


PlainWords = Annotated[
    Words,
    BeforeValidator(
        _one_text,
        json_schema_input_type=str | Words,
    ),
]
"""A text that may be one string (a proper name, a citation) and then reads the same in both."""


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | Mapping) else value


ListOfWords = Annotated[
    tuple[PlainWords, ...],
    BeforeValidator(_as_list, json_schema_input_type=str | list[str | Words] | Words),
]

T = TypeVar("T")


def _read_only(value: dict[str, T]) -> Mapping[str, T]:
    return MappingProxyType(value)


Table = Annotated[
    dict[Slug, T],
    AfterValidator(_read_only),
    PlainSerializer(dict),
]
"""A read-only mapping from names to values."""


def plain(number: Decimal) -> str:
    """A number as people write it: no exponent, no superfluous zeros.

    Examples
    --------
    >>> plain(Decimal("1E+3")), plain(Decimal("7.50")), plain(Decimal("-0"))
    ('1000', '7.5', '0')
    """
    if not number.is_finite():
        return str(number)
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
