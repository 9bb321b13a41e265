"""Periods on an axis: where they stand, where there is a gap, which of them are named."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from impacteval.render import format as fmt

LETTERS_AN_INCH = 12.5
"""How many letters of a label fit into an inch, with a little room."""


def places(labels: Sequence[str]) -> list[float]:
    """Where periods stand in time, the first at 0 and the shortest step 1.

    Years, months, quarters, weeks, dates and whole numbers stand at their distance from each other,
    so that a gap in the data is a gap on the page; of other labels only the order is known.

    Examples
    --------
    >>> places(["2019-10", "2020-01", "2020-07"])
    [0.0, 1.0, 3.0]
    >>> places(["before", "after"])
    [0.0, 1.0]
    """
    found = [_moment(label) for label in labels]
    times = [time for time in found if time is not None]
    steps = [b - a for a, b in pairwise(times)]
    if len(times) < len(labels) or not steps or min(steps) <= 0:
        return [float(k) for k in range(len(labels))]
    return [(time - times[0]) / min(steps) for time in times]


def _moment(label: str) -> float | None:
    """A label as a number on one scale of its own kind."""
    if re.fullmatch(r"-?\d+(\.\d+)?", label):
        return float(label)
    if part := re.fullmatch(r"(\d{4})-?[QT]([1-4])", label):
        return 4.0 * int(part[1]) + int(part[2])
    if part := re.fullmatch(r"(\d{4})-?S([1-2])", label):
        return 2.0 * int(part[1]) + int(part[2])
    if part := re.fullmatch(r"(\d{4})-(\d{2})", label):
        return 12.0 * int(part[1]) + int(part[2])
    try:
        if part := re.fullmatch(r"(\d{4})-W(\d{2})", label):
            return float(date.fromisocalendar(int(part[1]), int(part[2]), 1).toordinal())
        return float(date.fromisoformat(label[:10]).toordinal())
    except ValueError:
        return None


def runs(at: Sequence[float]) -> list[slice]:
    """The stretches without a gap: a line is drawn within each and never across.

    A step of half as much again as the shortest is a gap; months and quarters of unequal length
    in days are none.

    Examples
    --------
    >>> runs([0.0, 1.0, 3.0, 4.0])
    [slice(0, 2, None), slice(2, 4, None)]
    """
    cuts = [k + 1 for k, (a, b) in enumerate(pairwise(at)) if b - a > 1.5]
    return [slice(a, b) for a, b in zip([0, *cuts], [*cuts, len(at)], strict=True)]


def named(
    labels: Sequence[str], at: Sequence[float], language: str, inches: float
) -> tuple[list[float], list[str]]:
    """Which periods are named under an axis of that length, and how: none touches another.

    Long names take two lines, and where even that is too long, fewer periods are named.
    """
    told = [fmt.period(label, language, short=True) for label in labels]
    lines = [textwrap.wrap(text, 16) or [text] for text in told]
    cut = [[*found[:1], f"{found[1]} …"] if len(found) > 2 else found for found in lines]
    widest = max(len(line) for found in cut for line in found) / LETTERS_AN_INCH + 0.12
    span = (at[-1] - at[0]) or 1.0
    apart = widest / inches * span
    kept: list[int] = []
    for k, place in enumerate(at):
        if not kept or place - at[kept[-1]] >= apart:
            kept.append(k)
    # Evenly spaced names are read as a scale; uneven ones as holes.
    if len(at) == span + 1:
        step = max(1, -(-len(at) // max(1, int(span / max(apart, 1e-9)) + 1)))
        kept = list(range(0, len(at), step))
    return [at[k] for k in kept], ["\n".join(cut[k]) for k in kept]
