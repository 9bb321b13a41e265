"""The part of a record that holds its run against another one."""

from __future__ import annotations

from typing import Literal

from impacteval.report.record_values import Frozen, Said


class ComparedRow(Frozen):
    """One verdict, amount or number, as each of the two runs has it."""

    what: Said
    kind: Literal["verdict", "amount", "status", "number"]
    here: str | None
    there: str | None
    apart: str | None
    """How far apart two numbers are; None where they are none."""
    agrees: bool
    result: bool
    """Whether the payment rests on it; other numbers stand here only where they differ."""


class Compared(Frozen):
    """This run beside another: what agrees, and what could explain what does not."""

    study: str
    """The other run's study."""
    digest: str
    """Of the other run's record."""
    tolerance: str
    """Numbers agree up to this share of the largest number of their kind in a finding."""
    agree: bool
    headline: Said
    standing: Said
    """Which of the two was run as it was locked."""
    compared: int
    """How many verdicts, amounts and numbers both runs state."""
    differing: int
    rows: tuple[ComparedRow, ...]
    circumstances: tuple[Said, ...]
    """What the runs do not share: contract, data, plan, seed, software."""
