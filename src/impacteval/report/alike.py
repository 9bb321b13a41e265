"""A comparison with similar people as the record writes it, from the tables of an estimate.

Told only where the table is there: ``arms`` with ``used``, ``balance`` after matching, ``score_overlap``,
``unmatched_profile``. Nobody is named: people's own weights stay with the estimate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from impacteval.estimates import CounterfactualEstimate
from impacteval.files import Words
from impacteval.report import alike_words
from impacteval.report.mix_tables import known, rows_of, table_of
from impacteval.report.record_alike import (
    Alike,
    AlikeGroup,
    AlikeRow,
    LeftOutProfile,
    OverlapRow,
)
from impacteval.report.record_values import Both, Said
from impacteval.values import LEAST_SHOWN, Message, significant, written


def alike_facts(
    estimate: CounterfactualEstimate | None,
    names: Mapping[str, Words],
    *,
    people: bool,
) -> Alike | None:
    """Who is compared with whom; None where people were not chosen or weighted to be alike.

    Parameters
    ----------
    estimate : CounterfactualEstimate or None
        The estimate with its tables.
    names : mapping of covariate to Words
        What the plan calls covariates for people.
    people : bool
        Whether the units are people, of whom small numbers are not described.
    """
    balance, arms = table_of(estimate, "balance"), table_of(estimate, "arms")
    if balance is None or arms is None or "difference_after" not in balance or "used" not in arms:
        return None
    groups = tuple(
        AlikeGroup(
            served=row["arm"] == "programme",
            n=row["n"],
            used=row["used"],
            effective=written(significant(float(row["effective"]))),
        )
        for row in rows_of(arms)
    )
    rows = tuple(_balance_row(row, names) for row in rows_of(balance))
    own, others = groups
    out = own.n - own.used
    hidden = people and 0 < out < LEAST_SHOWN
    profile = table_of(estimate, "unmatched_profile")
    return Alike(
        groups=groups,
        balance=rows,
        overlap=tuple(_overlap(estimate)),
        left_out=out,
        left_out_hidden=hidden,
        left_out_profile=()
        if profile is None or hidden or not out
        else tuple(_left_out(row, names) for row in rows_of(profile)),
        said=tuple(Said.of(m) for m in _said(own, others, rows, names)),
        cautions=tuple(Said.of(m) for m in _cautions(own, rows, out)),
    )


def _balance_row(row: Mapping[str, Any], names: Mapping[str, Words]) -> AlikeRow:
    return AlikeRow(
        covariate=row["covariate"],
        plain_name=_plain(row["covariate"], names),
        **{
            name: _number(row[name])
            for name in ("served", "comparison_before", "served_after", "comparison_after")
        },
        difference_before=_share(row["difference_before"]),
        difference_after=_share(row["difference_after"]),
        ratio_after=_number(row["ratio_after"]),
    )


def _left_out(row: Mapping[str, Any], names: Mapping[str, Words]) -> LeftOutProfile:
    return LeftOutProfile(
        covariate=row["covariate"],
        plain_name=_plain(row["covariate"], names),
        inside=_number(row["inside"]),
        outside=_number(row["outside"]),
        difference=_share(row["difference"]),
    )


def _overlap(estimate: CounterfactualEstimate | None) -> list[OverlapRow]:
    table = table_of(estimate, "score_overlap")
    if table is None:
        return []
    sums = {g: math.fsum(float(v) for v in table[g]) or 1.0 for g in ("served", "comparison")}
    return [
        OverlapRow(
            low=written(significant(float(row["low"]))),
            high=written(significant(float(row["high"]))),
            served=written(significant(float(row["served"]) / sums["served"], 1.0)),
            comparison=written(significant(float(row["comparison"]) / sums["comparison"], 1.0)),
        )
        for row in rows_of(table)
    ]


def _said(
    own: AlikeGroup, others: AlikeGroup, rows: tuple[AlikeRow, ...], names: Mapping[str, Words]
) -> list[Message]:
    found = [alike_words.compared(own.n, own.used, others.n, others.used, float(others.effective))]
    told = [row for row in rows if row.difference_after is not None]
    before = [
        abs(float(row.difference_before)) for row in rows if row.difference_before is not None
    ]
    if told and before:
        far = max(told, key=lambda row: abs(float(row.difference_after or 0)))
        named = names.get(far.covariate)
        covariate = far.covariate if named is None else named.text()
        after = abs(float(far.difference_after or 0))
        found.append(alike_words.likeness(max(before), after, covariate))
    return found


def _cautions(own: AlikeGroup, rows: tuple[AlikeRow, ...], out: int) -> list[Message]:
    found = []
    if out:
        found.append(alike_words.left_out(out, own.n))
    far = [abs(float(row.difference_after)) for row in rows if row.difference_after is not None]
    unlike = [value for value in far if value > alike_words.ALIKE]
    if unlike:
        found.append(alike_words.unlike(len(unlike), max(unlike)))
    return found


def _plain(covariate: str, names: Mapping[str, Words]) -> Both | None:
    named = names.get(covariate)
    return None if named is None else Both.of(named.text())


def _number(value: Any) -> str | None:
    return written(significant(float(value))) if known(value) else None


def _share(value: Any) -> str | None:
    return written(significant(float(value), 1.0)) if known(value) else None
