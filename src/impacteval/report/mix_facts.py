"""A mix of places as the record writes it, from the tables that an estimate carries.

Each part is told only where its table is there: `path`, `weights`, `time_weights`, `placebos`,
`placebo_paths`, `placebo_test`, `leave_one_out`, `leave_one_out_paths`, `in_time`, `units`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from impacteval.estimates import CounterfactualEstimate
from impacteval.report import mix_words
from impacteval.report.mix_placebos import in_time, leave_one_out, placebos
from impacteval.report.mix_tables import (
    Table,
    Writer,
    known,
    label,
    path_periods,
    rows_of,
    table_of,
)
from impacteval.report.record_mix import (
    Fit,
    HistoryRow,
    Mix,
    MixUnit,
    PeriodWeight,
    PlaceWeight,
    Weights,
)
from impacteval.report.record_values import Said
from impacteval.values import Message, Text

SHOWN = 40
"""More places than this are cut, and said to be cut."""
TOP = 3
"""Places named in the row of each of several served ones."""


def mix_facts(estimate: CounterfactualEstimate | None, unit: Text) -> Mix | None:
    """What stands for the served place had it not been served; None without such a table.

    Parameters
    ----------
    estimate : CounterfactualEstimate or None
        The estimate with its tables.
    unit : Text
        The outcome's own unit, in which all tables are.
    """
    path = table_of(estimate, "path")
    if estimate is None or path is None:
        return None
    write = Writer(max(abs(estimate.observed), abs(estimate.counterfactual)))
    history = tuple(_history(path, write))
    per_place = _per_place(estimate)
    several = len(per_place) > 1 or len(_units(estimate)) > 1
    mixed = _mixed(estimate, per_place)
    periods = path_periods(estimate, path)
    times, time_further = _time_weights(estimate, write)
    units = _unit_rows(estimate, per_place, write) if several else []
    return Mix(
        history=history,
        path_periods=periods,
        weights=_weights(mixed, write, several=len(per_place) > 1),
        time_weights=tuple(times),
        time_further=time_further,
        fit=_fit(estimate, history, unit, mixed, write, several=several),
        placebos=placebos(estimate, periods, write, shown=SHOWN),
        leave_one_out=leave_one_out(estimate, periods, unit, write, shown=SHOWN),
        in_time=in_time(estimate, periods, write),
        units=tuple(units[:SHOWN]),
        units_further=len(units[SHOWN:]),
    )


def _history(path: Table, write: Writer) -> list[HistoryRow]:
    """Every period. The band is that of the places served by then: of all of them, or not told."""
    found = []
    for row in rows_of(path):
        whole = float(row["served"]) == 1.0
        found.append(
            HistoryRow(
                period=label(row["period"]),
                observed=write.number(row["observed"]),
                counterfactual=write.number(row["counterfactual"]),
                gap=write.number(row["gap"]),
                low=write.number(row.get("low")) if whole else None,
                high=write.number(row.get("high")) if whole else None,
                served=write.share(row["served"]) or "0",
            )
        )
    return found


# --- weights ----------------------------------------------------------------------------------


def _per_place(estimate: CounterfactualEstimate) -> Mapping[str, dict[str, float]]:
    """The mix of each served place that has its own, or of each date of beginning, by its name."""
    table = table_of(estimate, "weights")
    found: dict[str, dict[str, float]] = {}
    apart = next((c for c in ("served", "cohort") if table is not None and c in table), None)
    if table is None or apart is None:
        return found
    for row in rows_of(table):
        found.setdefault(label(row[apart]), {})[label(row["unit"])] = float(row["weight"])
    return found


def _mixed(
    estimate: CounterfactualEstimate, per_place: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    """The weight of each place: that of the one mix, or its mean over the mixes of several."""
    table = table_of(estimate, "weights")
    if table is None:
        return {}
    if not per_place:
        return {label(row["unit"]): float(row["weight"]) for row in rows_of(table)}
    names = dict.fromkeys(name for own in per_place.values() for name in own)
    return {
        name: math.fsum(own.get(name, 0.0) for own in per_place.values()) / len(per_place)
        for name in names
    }


def _heaviest(weights: Mapping[str, float]) -> list[tuple[str, float]]:
    """Those that weigh something, heaviest first, and by name where they weigh alike."""
    held = [(name, w) for name, w in weights.items() if abs(w) >= mix_words.NO_WEIGHT]
    return sorted(held, key=lambda pair: (-abs(pair[1]), pair[0]))


def _weights(mixed: Mapping[str, float], write: Writer, *, several: bool) -> Weights | None:
    if not mixed:
        return None
    held = _heaviest(mixed)
    shown, cut = held[:SHOWN], held[SHOWN:]
    without = len(mixed) - len(held)
    return Weights(
        places=tuple(PlaceWeight(place=name, weight=write.weight(w)) for name, w in shown),
        without=without,
        further=len(cut),
        further_weight=write.weight(math.fsum(w for _, w in cut)),
        several=several,
        said=Said.of(mix_words.made_of(held, without, several=several)),
    )


def _time_weights(
    estimate: CounterfactualEstimate, write: Writer
) -> tuple[list[PeriodWeight], int]:
    """The periods that weigh something, in order of time, and how many of the lightest are cut."""
    table = table_of(estimate, "time_weights")
    held = [
        row
        for row in (rows_of(table) if table is not None else ())
        if abs(float(row["weight"])) >= mix_words.NO_WEIGHT
    ]
    heaviest = sorted(range(len(held)), key=lambda k: -abs(float(held[k]["weight"])))[:SHOWN]
    found = [
        PeriodWeight(
            period=label(held[k]["period"]),
            weight=write.weight(float(held[k]["weight"])),
            began=None if held[k].get("cohort") is None else label(held[k]["cohort"]),
        )
        for k in sorted(heaviest)
    ]
    return found, len(held) - len(found)


# --- fit --------------------------------------------------------------------------------------


def _fit(
    estimate: CounterfactualEstimate,
    history: tuple[HistoryRow, ...],
    unit: Text,
    mixed: Mapping[str, float],
    write: Writer,
    *,
    several: bool,
) -> Fit | None:
    proof: Mapping[str, Any] | None = estimate.certificate
    if not proof:
        return None
    proof = {
        name: value
        for name, value in proof.items()
        if isinstance(value, str | bool) or known(value)
    }
    before = sum(float(row.served) == 0.0 for row in history)
    held = _heaviest(mixed)
    heaviest = held[0] if held and not several else None
    return Fit(
        pre_rmspe=write.number(proof.get("pre_rmspe")),
        others_median=write.number(proof.get("donors_median_pre_rmspe")),
        gap=write.small(proof.get("gap")),
        relative_gap=write.small(proof.get("relative_gap")),
        sum_of_weights=write.share(proof.get("sum_of_weights")),
        smallest_weight=write.share(proof.get("smallest_weight")),
        largest_weight=write.share(proof.get("largest_weight")),
        solutions=proof.get("solutions"),
        outside_hull=proof.get("outside_hull"),
        said=tuple(Said.of(m) for m in mix_words.fit(proof, unit, before, several=several)),
        cautions=tuple(Said.of(m) for m in _cautions(estimate, proof, heaviest)),
    )


def _cautions(
    estimate: CounterfactualEstimate,
    proof: Mapping[str, Any],
    heaviest: tuple[str, float] | None,
) -> list[Message]:
    """What the method itself warns of, and what it does not."""
    own = {note.key: note for note in estimate.notes if note.key in mix_words.WARNED.values()}
    found = [
        message
        for message in mix_words.cautions(proof, heaviest)
        if mix_words.WARNED.get(message.key) not in own
    ]
    return [*own.values(), *found]


# --- several served places ----------------------------------------------------------------------


def _units(estimate: CounterfactualEstimate) -> list[dict[str, Any]]:
    table = table_of(estimate, "units")
    return [] if table is None else list(rows_of(table))


def _unit_rows(
    estimate: CounterfactualEstimate,
    per_place: Mapping[str, Mapping[str, float]],
    write: Writer,
) -> list[MixUnit]:
    found = []
    for row in _units(estimate):
        place = label(row["unit"])
        own = _heaviest(per_place.get(place, {}))
        start = row.get("start")
        found.append(
            MixUnit(
                place=place,
                start=None if start is None else label(start),
                effect=write.number(row.get("effect")),
                low=write.number(row.get("low")),
                high=write.number(row.get("high")),
                p_value=write.share(row.get("p_value")),
                pre_rmspe=write.number(row.get("pre_rmspe")),
                weights=tuple(
                    PlaceWeight(place=name, weight=write.weight(w)) for name, w in own[:TOP]
                ),
                mixed=len(own),
            )
        )
    return found
