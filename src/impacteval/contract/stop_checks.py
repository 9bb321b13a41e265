"""What a stop trigger must say so that it can be read in one way only."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from impacteval.contract.composed import can_be_owed
from impacteval.contract.model import Contract
from impacteval.contract.payment import leaves
from impacteval.contract.stopping import Trigger
from impacteval.contract.units import effect_kind, right_way
from impacteval.files import Percent, plain
from impacteval.files.kinds import Relative


def near(word: str, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1)
    return f"{f'Did you mean `{close[0]}`? ' if close else ''}Known: {', '.join(known) or 'none'}."


def stop_problems(contract: Contract) -> Iterator[Relative]:
    """Why the stop triggers of a contract cannot be read in one way only."""
    for name, trigger in contract.stop_when.items():
        path = ("stop_when", name)
        yield from _direction(contract, path, name, trigger)
        yield from _clauses(contract, path, name, trigger)


def _direction(
    contract: Contract, path: tuple[str, ...], name: str, trigger: Trigger
) -> Iterator[Relative]:
    limit, key = trigger.limit, trigger.kind
    if key == "when":
        of = trigger.of
        assert of is not None
        if of not in contract.outcomes:
            what = f"`{of}` is not an outcome of this contract."
            yield (*path, "when", of), what, near(of, contract.outcomes)
            return
        outcome = contract.outcomes[of]
        where = (*path, "when", of, limit.operator)
        if right_way(outcome.effect, outcome.better, limit.operator):
            yield (
                where,
                f"The trigger `{name}` would fire when `{of}` goes well.",
                "Turn the operator round: the contract's number is larger when things are better.",
            )
        if isinstance(limit.threshold, Percent) and not effect_kind(outcome.effect).percent:
            yield (
                where,
                f"`{of}` is counted in units, and the trigger compares it with {limit.threshold}%.",
                "Write a number in the outcome's units.",
            )
        if of in contract.watched and trigger.moves_money:
            yield (
                (*path, "then"),
                f"`{of}` is watched and never moves money, and the trigger would.",
                "Write `then: report`, or take the outcome out of `watch`.",
            )
        return
    inside = (*path, key, trigger.of) if key == "reach" and trigger.of else (*path, key)
    upward = limit.operator in ("at_least", "more_than")
    if upward != (key == "missing_share"):
        yield (
            (*inside, limit.operator),
            f"The trigger `{name}` would fire when all is well.",
            "Turn the operator round.",
        )
    share = key in ("missing_share", "reach")
    if share != isinstance(limit.threshold, Percent):
        told = "a share, and has no percent sign" if share else "a count, not a percentage"
        yield (
            (*inside, limit.operator),
            f"The trigger `{name}` compares {told}.",
            "Write for example 20%." if share else "Write for example 400.",
        )
    if not 0 <= limit.threshold <= (100 if share else limit.threshold):
        yield (
            (*inside, limit.operator),
            f"{plain(limit.threshold)} cannot be reached.",
            "Write 0 to 100%." if share else "Write 0 or more.",
        )
    known = contract.equity if key == "reach" else contract.outcomes
    if trigger.of is not None and trigger.of not in known:
        where = inside if key == "reach" else (*path, "outcome")
        kind = "named under `equity`" if key == "reach" else "an outcome of this contract"
        yield where, f"`{trigger.of}` is not {kind}.", near(trigger.of, known)


def _clauses(
    contract: Contract, path: tuple[str, ...], name: str, trigger: Trigger
) -> Iterator[Relative]:
    names = [leaf.name for leaf in contract.clauses]
    for k, clause in enumerate(trigger.clauses):
        if clause not in names:
            what = f"`{clause}` is not a clause of this contract."
            yield (*path, "clauses", k), what, near(clause, names)
    if trigger.clauses and not trigger.moves_money:
        yield (
            (*path, "clauses"),
            f"The trigger `{name}` is only reported, so it holds no clause.",
            "Remove `clauses`, or say under `then` what happens to them.",
        )
    if trigger.then != "pay_nothing":
        return
    for _, leaf in leaves(contract.payment):
        if can_be_owed(leaf) and leaf.name in (trigger.clauses or names):
            yield (
                (*path, "then"),
                (
                    f"The clause `{leaf.name}` can be negative: the trigger `{name}` would wipe a "
                    "penalty out."
                ),
                "Name the other clauses under `clauses`, or write `then: withhold`.",
            )
    cumulative = contract.payment.cumulative
    if cumulative is not None and cumulative.clawback:
        yield (
            (*path, "then"),
            (
                f"The trigger `{name}` would make all results since the beginning worth nothing, "
                "and take earlier payments back."
            ),
            "Write `then: withhold`.",
        )
