"""Two runs side by side: whether they agree, and what could explain it where they do not.

A run is its record, so nothing is estimated again: whoever has two ``verdict.json`` files can
compare them, and needs no data for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from impacteval.canonical import digest
from impacteval.report import compared_words as words
from impacteval.report.circumstances import circumstances, same_contract, standing
from impacteval.report.record import ClauseRow, Record
from impacteval.report.record_compared import Compared, ComparedRow
from impacteval.report.record_findings import FindingFacts
from impacteval.report.record_values import Both, Said
from impacteval.values import Message, Text, written

Key = TypeVar("Key")
Item = TypeVar("Item")

TOLERANCE = Decimal("1e-9")
"""One unit of the last of the ten digits that a record writes."""


def compare(here: Record, there: Record, tolerance: Decimal = TOLERANCE) -> Compared:
    """Hold one run against another.

    Parameters
    ----------
    here, there : Record
        The two runs, as `load_record` reads them.
    tolerance : Decimal
        Two numbers agree when they are no further apart than this share of the largest number of
        the same unit in the same finding. Verdicts and amounts must be the same whatever it is.

    Returns
    -------
    Compared
        Runs agree when every verdict, amount and number that both state agrees, when no result
        stands in one run alone, and when the contract is the same. Other data, another plan, seed
        or version are told beside that, and by themselves no disagreement.

    Raises
    ------
    ValueError
        The tolerance is negative or no finite number.
    """
    if not tolerance.is_finite() or tolerance < 0:
        raise ValueError(f"A tolerance is a finite number from 0, not {tolerance}.")
    found = _rows(here, there, tolerance)
    rows = [row for row in found if row.here is not None or row.there is not None]
    apart = [row for row in rows if not row.agrees]
    contract = same_contract(here, there)
    return Compared(
        study=there.study.id,
        digest=digest(there.model_copy(update={"compared": None}).model_dump(mode="json")),
        tolerance=written(tolerance),
        agree=contract and not apart,
        headline=_headline(apart, len(rows), tolerance, contract=contract),
        standing=Said.of(standing(here, there)),
        compared=len(rows),
        differing=len(apart),
        rows=tuple(row for row in rows if row.result or not row.agrees),
        circumstances=tuple(circumstances(here, there)),
    )


def _headline(
    apart: list[ComparedRow], compared: int, tolerance: Decimal, *, contract: bool
) -> Said:
    values = {"n": compared, "differing": len(apart), "tolerance": written(tolerance)}
    if not contract:
        return Said.of(Message("compared.contract", words.OTHER_CONTRACT, values))
    if not apart:
        exact = tolerance <= TOLERANCE
        text = words.AGREE_EXACTLY if exact else words.AGREE
        return Said.of(Message("compared.agree", text, values))
    if any(row.kind in ("verdict", "amount") for row in apart):
        return Said.of(Message("compared.decision", words.OTHER_DECISION, values))
    return Said.of(Message("compared.numbers", words.OTHER_NUMBERS, values))


# --- verdicts and amounts ---------------------------------------------------------------------


def _rows(here: Record, there: Record, tolerance: Decimal) -> Iterator[ComparedRow]:
    yield from _money(here, there)
    clauses = _paired(
        {(c.name, c.group): c for c in here.page_one.clauses},
        {(c.name, c.group): c for c in there.page_one.clauses},
    )
    for one, other in clauses:
        yield from _clause(one, other)
    found = _paired(
        {(f.outcome, f.group): f for f in here.findings},
        {(f.outcome, f.group): f for f in there.findings},
    )
    for mine, theirs in found:
        yield from _finding(mine, theirs, tolerance)


def _paired(
    here: Mapping[Key, Item], there: Mapping[Key, Item]
) -> Iterator[tuple[Item | None, Item | None]]:
    """What stands under the same key in both, in the order of the first and then of the second."""
    for key in dict.fromkeys([*here, *there]):
        yield here.get(key), there.get(key)


def _money(here: Record, there: Record) -> Iterator[ComparedRow]:
    mine, theirs = here.page_one.money, there.page_one.money
    for text, a, b in (
        (words.DUE_NOW, mine.due_now, theirs.due_now),
        (words.TOTAL, mine.total, theirs.total),
    ):
        amounts = [amount or "open" for amount in (a, b)]
        if mine.currency != theirs.currency:
            amounts = [
                amount if amount in ("open", "not_published") else f"{amount} {box.currency}"
                for amount, box in zip(amounts, (mine, theirs), strict=True)
            ]
        yield _plain("amount", Said.of(Message("compared.what", text)), *amounts)


def _clause(here: ClauseRow | None, there: ClauseRow | None) -> Iterator[ComparedRow]:
    shown = here or there
    assert shown is not None
    title = shown.title or shown.plain_name
    whose = _whose(title, shown.group_name)
    yield _plain(
        "verdict",
        _what(whose, words.VERDICT),
        here.verdict if here else None,
        there.verdict if there else None,
    )
    yield _plain(
        "amount",
        _what(whose, words.AMOUNT),
        (here.amount or "open") if here else None,
        (there.amount or "open") if there else None,
    )


def _plain(kind: str, what: Said, here: str | None, there: str | None) -> ComparedRow:
    return ComparedRow.model_validate(
        {
            "what": what,
            "kind": kind,
            "here": here,
            "there": there,
            "apart": None,
            "agrees": here == there,
            "result": True,
        }
    )


# --- numbers ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Number:
    """One number of a finding, as text, with what it is and the unit that it is in."""

    name: Text
    value: str | None
    unit: str
    result: bool = False
    of: Both | None = None
    kind: str = "number"


def _finding(
    here: FindingFacts | None, there: FindingFacts | None, tolerance: Decimal
) -> Iterator[ComparedRow]:
    shown = here or there
    assert shown is not None
    whose = _whose(shown.plain_name, shown.group_name)
    mine, theirs = (dict(_numbers(f)) if f else {} for f in (here, there))
    sizes: dict[str, Decimal] = {"%": Decimal(100), "chance": Decimal(1)}
    for number in (*mine.values(), *theirs.values()):
        if number.kind == "number" and number.value is not None:
            size = abs(Decimal(number.value))
            sizes[number.unit] = max(sizes.get(number.unit, Decimal(0)), size)
    for one, other in _paired(mine, theirs):
        named = one or other
        assert named is not None
        if not named.result and (one is None or other is None):
            continue  # a check or another analysis that one of the plans does not have
        a, b = one.value if one else None, other.value if other else None
        what = _what(whose, named.name, named.of)
        if named.kind == "status":
            yield _plain("status", what, a, b).model_copy(update={"result": named.result})
            continue
        gap = None if a is None or b is None else abs(Decimal(a) - Decimal(b))
        near = a == b if gap is None else gap <= tolerance * sizes[named.unit]
        yield ComparedRow(
            what=what,
            kind="number",
            here=a,
            there=b,
            apart=None if gap is None else written(gap.normalize()),
            agrees=near,
            result=named.result,
        )


def _numbers(finding: FindingFacts) -> Iterator[tuple[tuple[str, ...], _Number]]:
    """Every number of a finding that a second run must reproduce, each under a key."""
    # Of a ratio in percent ten digits are kept of the hundred, of a difference of the means.
    own = "%" if finding.scale == "relative" else "contract"
    means = own if finding.scale == "difference" else "outcome"
    status = _Number(words.STATUS, finding.status, "", result=True, kind="status")
    yield ("status",), status
    yield ("estimate",), _Number(words.EFFECT, finding.estimate, own, result=True)
    yield ("observed",), _Number(words.OBSERVED, finding.observed, means, result=True)
    without = _Number(words.COUNTERFACTUAL, finding.counterfactual, means, result=True)
    yield ("counterfactual",), without
    yield ("std_error",), _Number(words.STD_ERROR, finding.std_error, own, result=True)
    for key, name, n in (
        ("n_treated", words.SERVED, finding.n_treated),
        ("n_comparison", words.COMPARISON, finding.n_comparison),
    ):
        yield (key,), _Number(name, str(n), key, result=True)
    for found in finding.intervals:
        which = (found.level, found.side)
        yield ("low", *which), _Number(words.LOW, found.low, own, of=_level(found.level))
        yield ("high", *which), _Number(words.HIGH, found.high, own, of=_level(found.level))
    yield ("p_value",), _Number(words.P_VALUE, finding.p_value, "chance")
    for period in finding.periods:
        of = Both(en=period.period, fr=period.period)
        yield ("observed", period.period), _Number(words.OBSERVED, period.observed, means, of=of)
        there = _Number(words.COUNTERFACTUAL, period.counterfactual, means, of=of)
        yield ("counterfactual", period.period), there
    yield from _checks(finding, own)


def _checks(finding: FindingFacts, own: str) -> Iterator[tuple[tuple[str, ...], _Number]]:
    for check in finding.diagnostics:
        unit = f"check {check.name}"
        value = _Number(words.STATISTIC, check.statistic, unit, of=check.title)
        yield ("check", check.name), value
        status = _Number(words.CHECK, check.status, "", of=check.title, kind="status")
        yield ("status", check.name), status
    for other in finding.robustness:
        yield ("other", other.name), _Number(words.EFFECT, other.estimate, own, of=other.title)


def _level(level: str) -> Both:
    percent = written((Decimal(level) * 100).normalize())
    return Both(en=f"{percent}% interval", fr=f"intervalle à {percent} %")


def _whose(name: Both, group: Both | None) -> Both:
    if group is None:
        return name
    return Both(en=f"{name.en}, {group.en}", fr=f"{name.fr}, {group.fr}")


def _what(whose: Both, name: Text, of: Both | None = None) -> Said:
    parts: Iterable[tuple[str, Both]] = (
        (("whose", whose), ("of", of)) if of else (("whose", whose),)
    )
    lead = Text(en="{whose}, {of}: ", fr="{whose}, {of} : ") if of else words.LEAD
    text = Text(en=lead.en + name.en, fr=lead.fr + name.fr)
    return Said(key="compared.what", en=text.en, fr=text.fr, values=dict(parts))
