"""What the method finds where nothing was done: other places, fewer places, earlier dates."""

from __future__ import annotations

import math
from typing import Any, Literal

from impacteval.estimates import CounterfactualEstimate
from impacteval.report import mix_words
from impacteval.report.mix_tables import Writer, known, label, paths_of, rows_of, table_of
from impacteval.report.record_mix import (
    InTime,
    InTimeRow,
    LeaveOneOut,
    LeftOutRow,
    PlaceboRow,
    Placebos,
    PlaceboTest,
    PlacePath,
)
from impacteval.report.record_values import Said
from impacteval.values import Message, Text

By = Literal["ratio", "effect", "other"]
CHOSEN = ("rmspe-ratio", "signed-ratio", "placement", "placement, sampled", "in-space placebo")
"""Tests that compare ways to choose which places are served; others compare periods."""


def placebos(
    estimate: CounterfactualEstimate, periods: tuple[str, ...], write: Writer, *, shown: int
) -> Placebos | None:
    """Each place as if it had been the served one; None without the table.

    Where there are more places than are shown, the listing is cut after the largest ratios, and the
    paths are taken evenly through the order, so that they look as all of them would.

    Parameters
    ----------
    estimate : CounterfactualEstimate
        With the table `placebos`, and `placebo_paths` and `placebo_test` where there are any.
    periods : tuple of str
        Of the paths.
    write : Writer
    shown : int
        How many places are listed and drawn.
    """
    table, tests = table_of(estimate, "placebos"), _tests(estimate, write)
    if table is None and not tests:
        return None
    rows = [] if table is None else [_row(row, write) for row in rows_of(table)]
    served = [row for row in rows if row.served]
    others = [row for row in rows if row.kept and not row.served]
    by, as_large, said = _said(tests, served, others)
    rows.sort(key=lambda row: (not (row.kept or row.served), -_size(row, by), row.place))
    left_out = sum(not (row.kept or row.served) for row in rows)
    if left_out:
        said.append(mix_words.left_out(left_out))
    listed = rows[:shown]
    # The served place is always among them; of very many served ones, some.
    listed += [row for row in rows[shown:] if row.served][: shown // 4]
    paths, of = _paths(estimate, periods, write, rows, shown)
    return Placebos(
        by=by,
        rows=tuple(listed),
        further=len(rows) - len(listed),
        others=len(others),
        as_large=as_large,
        left_out=left_out,
        tests=tests,
        paths=paths,
        paths_of=of,
        said=tuple(Said.of(message) for message in said),
    )


def _row(row: dict[str, Any], write: Writer) -> PlaceboRow:
    kept = bool(row.get("kept", True))
    rank = row.get("rank")
    return PlaceboRow(
        place=label(row["unit"]),
        served=bool(row["served"]),
        effect=write.number(row.get("effect")),
        pre_rmspe=write.number(row.get("pre_rmspe")),
        post_rmspe=write.number(row.get("post_rmspe")),
        ratio=write.own(row.get("ratio")),
        endless=row.get("ratio") is not None and float(row["ratio"]) == math.inf,
        # A place that is not compared has no rank among those that are.
        rank=int(rank) if kept and rank is not None and known(rank) else None,
        kept=kept,
    )


def _said(
    tests: tuple[PlaceboTest, ...], served: list[PlaceboRow], others: list[PlaceboRow]
) -> tuple[By, int, list[Message]]:
    """What places are ordered by, how many show as large a change, and the sentence about it.

    The count is that of the test whose p-value is printed: where the table does not give it, the
    p-value does.
    """
    test = next((test for test in tests if test.side == "two"), None)
    by: By = "ratio"
    if test is not None and "ratio" not in test.test:
        by = "effect" if "effect" in test.test or "placement" in test.test else "other"
    if len(served) != 1:
        found = None if test is None else _whole(float(test.p_value) * test.compared)
        if test is None or found is None or test.test not in CHOSEN:
            return by, 0, []
        return by, found, [mix_words.placements(test.compared, found)]
    own = _size(served[0], by)
    as_large = sum(_size(row, by) >= own for row in others)
    if test is not None:
        told = _whole(float(test.p_value) * (len(others) + 1))
        if told is None:
            return "other", 0, []
        if told - 1 != as_large:
            by, as_large = "other", told - 1
    return by, as_large, [mix_words.placebo(by, len(others), as_large)]


def _whole(count: float) -> int | None:
    """The whole number that a share of places stands for, if it is one."""
    nearest = round(count)
    return nearest if nearest >= 1 and abs(count - nearest) < 1e-6 * max(1.0, count) else None


def _size(row: PlaceboRow, by: By) -> float:
    """What places are ordered by; a ratio without end is larger than any."""
    if by == "effect":
        return -math.inf if row.effect is None else abs(float(row.effect))
    if row.endless:
        return math.inf
    return -math.inf if row.ratio is None else float(row.ratio)


def _tests(estimate: CounterfactualEstimate, write: Writer) -> tuple[PlaceboTest, ...]:
    table = table_of(estimate, "placebo_test")
    if table is None:
        return ()
    return tuple(
        PlaceboTest(
            test=str(row["test"]),
            statistic=(
                row["statistic"]
                if isinstance(row.get("statistic"), str)
                else write.own(row.get("statistic"))
            ),
            p_value=write.weight(float(row["p_value"])),
            side=str(row.get("side", "two")),
            compared=_compared(int(row["compared"]), row.get("attainable")),
            attainable=write.share(row.get("attainable")),
        )
        for row in rows_of(table)
    )


def _compared(told: int, attainable: Any) -> int:
    """How many are compared, the real one among them: some methods count only the others."""
    if not known(attainable) or float(attainable) <= 0.0:
        return told
    return told + 1 if abs(1.0 / float(attainable) - (told + 1)) < 1e-6 * told else told


def _paths(
    estimate: CounterfactualEstimate,
    periods: tuple[str, ...],
    write: Writer,
    rows: list[PlaceboRow],
    shown: int,
) -> tuple[tuple[PlacePath, ...], int]:
    """Gaps of the served place and of those compared, in the order of the rows; how many there are."""
    table = table_of(estimate, "placebo_paths")
    if table is None:
        return (), 0
    found = paths_of(table, periods, "unit", "gap", write)
    served = [row.place for row in rows if row.served and row.place in found]
    others = [row.place for row in rows if row.kept and not row.served and row.place in found]
    step = -(-len(others) // shown) if others else 1
    kept = [found[place] for place in others[::step]]
    own = [found[place].model_copy(update={"served": True}) for place in served]
    if not own:
        # The table may hold the others alone; the served place's own gap is that of the history.
        own = _own_gap(estimate, periods, write, rows)
    return (*own[:shown], *kept), len(own) + len(others)


def _own_gap(
    estimate: CounterfactualEstimate,
    periods: tuple[str, ...],
    write: Writer,
    rows: list[PlaceboRow],
) -> list[PlacePath]:
    path = table_of(estimate, "path")
    named = [row.place for row in rows if row.served]
    if path is None or len(named) != 1:
        return []
    gaps = {label(row["period"]): write.number(row["gap"]) for row in rows_of(path)}
    return [PlacePath(place=named[0], served=True, values=tuple(gaps.get(p) for p in periods))]


def leave_one_out(
    estimate: CounterfactualEstimate,
    periods: tuple[str, ...],
    unit: Text,
    write: Writer,
    *,
    shown: int,
) -> LeaveOneOut | None:
    """The effect when one place may not be used; None without the table."""
    table = table_of(estimate, "leave_one_out")
    if table is None:
        return None
    own = {label(row["unit"]): float(row["effect"]) for row in rows_of(table)}
    ordered = sorted(own, key=lambda place: (own[place], place))
    # The ends of the range are what the reader is told: they stay whatever is cut.
    half = shown // 2
    listed = ordered if len(ordered) <= shown else [*ordered[:half], *ordered[-half:]]
    paths: dict[str, PlacePath] = {}
    drawn = table_of(estimate, "leave_one_out_paths")
    if drawn is not None:
        paths = paths_of(drawn, periods, "unit", "counterfactual", write)
    return LeaveOneOut(
        rows=tuple(
            LeftOutRow(place=place, effect=write.number(own[place]) or "0") for place in listed
        ),
        further=len(ordered) - len(listed),
        paths=tuple(paths[place] for place in listed if place in paths),
        said=Said.of(mix_words.leave_one_out(list(own.values()), unit)),
    )


def in_time(
    estimate: CounterfactualEstimate, periods: tuple[str, ...], write: Writer
) -> InTime | None:
    """Earlier dates, as if the service had begun then; None without the table.

    The table holds a path for each date (column ``start``), or one path whose column ``served`` tells
    the periods after the date. What is not in it is computed from the gaps.
    """
    table = table_of(estimate, "in_time")
    if table is None or "gap" not in table or "period" not in table:
        return None
    dated: dict[str, list[dict[str, Any]]] = {}
    whole = list(rows_of(table))
    began = next((row["period"] for row in whole if float(row.get("served", 0)) > 0), None)
    for row in whole:
        start = row.get("start", began)
        if start is not None:
            dated.setdefault(label(start), []).append(row)
    if not dated:
        return None
    paths = [
        PlacePath(place=start, values=_over(periods, own, write)) for start, own in dated.items()
    ]
    return InTime(
        rows=tuple(_earlier(start, own, write) for start, own in dated.items()),
        paths=tuple(paths),
        said=Said.of(mix_words.in_time(len(dated))),
    )


def _over(
    periods: tuple[str, ...], rows: list[dict[str, Any]], write: Writer
) -> tuple[str | None, ...]:
    gaps = {label(row["period"]): write.number(row["gap"]) for row in rows}
    return tuple(gaps.get(period) for period in periods)


def _earlier(start: str, rows: list[dict[str, Any]], write: Writer) -> InTimeRow:
    """One earlier date: the mean gap since, the typical gap before."""
    first = rows[0]
    effect, before = first.get("effect"), first.get("pre_rmspe")
    place = [label(row["period"]) for row in rows].index(start)
    gaps = [float(row["gap"]) for row in rows]
    if effect is None and gaps[place:]:
        effect = math.fsum(gaps[place:]) / len(gaps[place:])
    if before is None and gaps[:place]:
        before = math.sqrt(math.fsum(gap**2 for gap in gaps[:place]) / place)
    return InTimeRow(
        start=start,
        effect=write.number(effect),
        pre_rmspe=write.number(before),
        p_value=write.share(first.get("p_value")),
    )
