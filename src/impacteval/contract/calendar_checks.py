"""What makes sense only when the calendar is read with the clauses it judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from impacteval.contract.calendar import Look, earlier_payments, judged, looks, looks_at, place_of
from impacteval.contract.calendar_information import information_problems, spends
from impacteval.contract.money import ARITHMETIC
from impacteval.contract.payment import Gate
from impacteval.contract.rules import level_of
from impacteval.files import plain
from impacteval.files.kinds import Relative

if TYPE_CHECKING:
    from impacteval.contract.model import Contract


def calendar_problems(contract: Contract) -> Iterator[Relative]:
    """Everything in the calendar that could be read in two ways, or not at all."""
    if contract.calendar is None:
        return
    yield from _names(contract)
    wrong = list(_references(contract))
    yield from wrong
    if not wrong:
        yield from _results_so_far(contract)
        yield from information_problems(contract)
        yield from _shares(contract)


def _names(contract: Contract) -> Iterator[Relative]:
    seen = Counter(look.name for look in looks(contract))
    for look in looks(contract):
        if seen[look.name] > 1 and look.kind != "settlement":
            yield (
                place_of(look),
                f"`{look.name}` names two dates of the calendar.",
                "Give each settlement, look and milestone a name of its own.",
            )


def _references(contract: Contract) -> Iterator[Relative]:
    names = [leaf.name for leaf in contract.clauses]
    for look in looks(contract):
        for k, clause in enumerate(look.clauses):
            # Those of settlements are checked with every other reference of the file.
            if look.kind == "interim" and clause not in names:
                yield (
                    place_of(look, "clauses", k),
                    f"`{clause}` is not a clause of this contract.",
                    f"Known: {', '.join(names)}.",
                )
        for k, group in enumerate(look.groups):
            if group not in contract.groups:
                yield (
                    place_of(look, "groups", k),
                    f"`{group}` is not a group of this contract.",
                    f"Known: {', '.join(contract.groups) or 'none'}.",
                )


def _results_so_far(contract: Contract) -> Iterator[Relative]:
    """A payment that counts all results so far must judge all that was judged before."""
    if contract.payment.cumulative is None:
        return
    for look in looks(contract):
        if not look.pays:
            continue
        before = earlier_payments(contract, look)
        missing = sorted(
            {clause for other in before for clause in judged(contract, other)}
            - judged(contract, look)
        )
        if missing:
            yield (
                place_of(look, "clauses"),
                (
                    "A cumulative payment counts every result so far, and this date leaves out what "
                    f"an earlier one judged: {', '.join(missing)}."
                ),
                "List those clauses here too, or leave `clauses` out.",
            )
        read = dict.fromkeys(group for other in before for group in _read(contract, other))
        left_out = [group for group in read if look.groups and group not in look.groups]
        if left_out:
            yield (
                place_of(look, "groups"),
                (
                    "A cumulative payment counts every result so far, and this date leaves out groups "
                    f"that an earlier one judged: {', '.join(left_out)}."
                ),
                "List those groups here too, or leave `groups` out.",
            )


def _read(contract: Contract, look: Look) -> tuple[str, ...]:
    """The groups that a look judges."""
    return look.groups or tuple(contract.groups)


def _shares(contract: Contract) -> Iterator[Relative]:
    """Several looks at one number divide what may go wrong, and say how."""
    for look in looks(contract):
        if look.share is not None and not look.pays:
            yield (
                place_of(look, "alpha_share"),
                f"The look `{look.name}` pays nothing, so it uses up none of the level.",
                "Remove `alpha_share`, or write `pays: true`.",
            )
    done: set[tuple[str, ...]] = set()
    for leaf in contract.clauses:
        if isinstance(leaf, Gate):
            continue
        for group in contract.compared_groups(leaf):
            at = looks_at(contract, leaf.name, group)
            early = [look for look in at if look.kind == "interim"]
            key = tuple(look.name for look in at)
            shared = spends(contract, at) or any(look.share is not None for look in at)
            if not early and not shared:
                continue
            rule = leaf.decide_on or contract.decide_on
            if rule is not None and level_of(rule) is None:
                if (leaf.name, *key) not in done:
                    yield (
                        place_of(early[0] if early else at[0]),
                        (
                            f"Several looks can pay for the clause `{leaf.name}`, and it has no level "
                            "that could be divided among them."
                        ),
                        "Write a rule with a level in `decide_on`, or `pays: false` for the look.",
                    )
                done.add((leaf.name, *key))
                continue
            if key in done:
                continue
            done.add(key)
            yield from _sum(at, declared=spends(contract, at))


def _sum(at: tuple[Look, ...], *, declared: bool) -> Iterator[Relative]:
    names = ", ".join(look.name for look in at)
    silent = [look for look in at if look.share is None]
    if silent:
        yield (
            place_of(silent[0]),
            (
                f"Several looks can pay for the same clause ({names}), and not each one says its share "
                "of the level."
            ),
            "Write `alpha_share` for each of them"
            + (
                "; `impacteval power --looks` prints the numbers."
                if declared
                else "; together they make 1."
            ),
        )
        return
    if declared:
        # What is spent depends on how much of the data the looks share, and is no sum. Whether the
        # shares spend as declared needs the law of growing data: `impacteval.study.looks`.
        return
    total = sum((look.share for look in at if look.share is not None), Decimal(0))
    if total != 1:
        yield (
            place_of(at[0], "alpha_share"),
            f"The shares of the level add up to {plain(total)}, not to 1 ({names}).",
            "Mend the shares.",
        )


def times_judged(contract: Contract, clause: str, group: str) -> Decimal:
    """How often the level of a clause is used up: once, however many looks share it.

    Settlements that share nothing use the whole level each time they judge the clause. Looks at
    growing data that spend the error as declared use it up once.
    """
    at = looks_at(contract, clause, group)
    if spends(contract, at):
        return Decimal(1)
    total = Decimal(0)
    for look in at:
        total = ARITHMETIC.add(total, Decimal(1) if look.share is None else look.share)
    return max(total, Decimal(1))
