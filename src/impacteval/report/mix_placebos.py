"""What the method finds where nothing was done: other places, fewer places, earlier dates."""

from __future__ import annotations

from impacteval.estimates import CounterfactualEstimate
from impacteval.report import mix_words
from impacteval.report.mix_tables import Writer, label, paths_of, rows_of, table_of
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
from impacteval.values import Text


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
    table = table_of(estimate, "placebos")
    if table is None:
        return None
    rows = [
        PlaceboRow(
            place=label(row["unit"]),
            served=bool(row["served"]),
            effect=write.number(row.get("effect")),
            pre_rmspe=write.number(row.get("pre_rmspe")),
            post_rmspe=write.number(row.get("post_rmspe")),
            ratio=write.own(row.get("ratio")),
            rank=None
            if row.get("rank") is None or row["rank"] != row["rank"]
            else int(row["rank"]),
            kept=bool(row.get("kept", True)),
        )
        for row in rows_of(table)
    ]
    rows.sort(key=lambda row: (not (row.kept or row.served), -_size(row.ratio), row.place))
    served = [row for row in rows if row.served]
    others = [row for row in rows if row.kept and not row.served]
    said: list[Said] = []
    as_large = 0
    left_out = sum(not (row.kept or row.served) for row in rows)
    if len(served) == 1 and served[0].ratio is not None:
        as_large = sum(_size(row.ratio) >= _size(served[0].ratio) for row in others)
        told = mix_words.placebo(len(others), as_large, left_out)
        said = [Said.of(message) for message in told]
    listed = rows[:shown]
    listed += [row for row in served if row not in listed]
    paths, of = _paths(estimate, periods, write, rows, shown)
    return Placebos(
        rows=tuple(listed),
        further=len(rows) - len(listed),
        others=len(others),
        as_large=as_large,
        left_out=left_out,
        tests=_tests(estimate, write),
        paths=paths,
        paths_of=of,
        said=tuple(said),
    )


def _size(ratio: str | None) -> float:
    return float("-inf") if ratio is None else float(ratio)


def _tests(estimate: CounterfactualEstimate, write: Writer) -> tuple[PlaceboTest, ...]:
    table = table_of(estimate, "placebo_test")
    if table is None:
        return ()
    return tuple(
        PlaceboTest(
            test=str(row["test"]),
            statistic=write.own(row.get("statistic")),
            p_value=write.weight(float(row["p_value"])),
            side=str(row.get("side", "two")),
            compared=int(row["compared"]),
            attainable=write.share(row.get("attainable")),
        )
        for row in rows_of(table)
    )


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
    return (*own, *kept), len(own) + len(others)


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
        paths=tuple(paths[place] for place in listed if place in paths),
        said=Said.of(mix_words.leave_one_out(list(own.values()), unit)),
    )


def in_time(
    estimate: CounterfactualEstimate, periods: tuple[str, ...], write: Writer
) -> InTime | None:
    """Earlier dates, as if the service had begun then; None without the table."""
    table = table_of(estimate, "in_time")
    if table is None or "start" not in table:
        return None
    rows: dict[str, InTimeRow] = {}
    for row in rows_of(table):
        start = label(row["start"])
        rows.setdefault(
            start,
            InTimeRow(
                start=start,
                effect=write.number(row.get("effect")),
                pre_rmspe=write.number(row.get("pre_rmspe")),
                p_value=write.share(row.get("p_value")),
            ),
        )
    paths = {}
    if "period" in table and "gap" in table:
        paths = paths_of(table, periods, "start", "gap", write)
    return InTime(
        rows=tuple(rows.values()),
        paths=tuple(paths.values()),
        said=Said.of(mix_words.in_time(len(rows))),
    )
