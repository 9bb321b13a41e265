"""What every part of a record is made of: texts in both languages, amounts, ranges."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from impacteval.values import Message, Text

Verdict = Literal["met", "not_met", "cannot_be_judged", "not_for_payment"]
Money = str
"""An amount as text, ``"not_published"``; an open amount is null."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Both(Frozen):
    """A text in both languages."""

    en: str
    fr: str

    @classmethod
    def of(cls, text: Text) -> Both:
        """From a `Text` without places; doubled braces become the braces they stand for."""
        if text.places("en"):
            raise ValueError(f"The text {text.en!r} has places and must be said as a message.")
        return cls(en=text.en.format(), fr=text.fr.format())


class Said(Frozen):
    """A message: its key, its sentence in both languages with places, the values that fill them.

    Values are text or whole numbers; a value that is itself a text in both languages stands as
    ``{"en": ..., "fr": ...}``.
    """

    key: str
    en: str
    fr: str
    values: dict[str, str | int | Both] = {}

    @classmethod
    def of(cls, message: Message) -> Said:
        """From a `Message`; floats and decimals become text with 10 significant digits."""
        from impacteval.values import significant, written

        def plain(value: Any) -> str | int | Both:
            if isinstance(value, Text):
                return Both.of(value)
            if isinstance(value, bool):
                return str(value).lower()
            if isinstance(value, float):
                return written(significant(value))
            if isinstance(value, int):
                return value
            return str(value)

        return cls(
            key=message.key,
            en=message.text.en,
            fr=message.text.fr,
            values={k: plain(v) for k, v in message.values.items()},
        )


class Range(Frozen):
    """An interval with its own level, side and method. Infinite ends are null."""

    low: str | None
    high: str | None
    level: str
    side: Literal["two", "lower", "upper"]
    method: str
    pieces: tuple[tuple[str | None, str | None], ...] = Field(
        default=(), exclude_if=lambda found: not found
    )
    """Where it is several stretches and not one, each of them; `low` and `high` span them all."""
