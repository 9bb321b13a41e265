"""What gates over the whole payment, watched outcomes, equity and baselines must say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from impacteval.contract.composed import can_be_owed
from impacteval.contract.model import Contract
from impacteval.contract.payment import EquityBonus, Gate, Precondition, leaves
from impacteval.contract.standing import Floor
from impacteval.contract.stop_checks import near
from impacteval.contract.units import right_way
from impacteval.files import Percent, plain
from impacteval.files.kinds import Relative


def standing_problems(contract: Contract) -> Iterator[Relative]:
    """Everything that does not make sense beside the payment itself."""
    yield from _gates(contract)
    yield from _watch(contract)
    yield from _equity(contract)
    for name in contract.baseline:
        if name not in contract.outcomes:
            yield (
                ("baseline", name),
                f"`{name}` is not an outcome of this contract.",
                near(name, contract.outcomes),
            )


def _gates(contract: Contract) -> Iterator[Relative]:
    for k, gate in enumerate(contract.gates):
        for inner, leaf in leaves(contract.payment):
            if gate.per == "group" and leaf.per != "group":
                yield (
                    ("gates", k, "per"),
                    (
                        f"The gate `{gate.name}` is judged by group, and the clause `{leaf.name}` "
                        "behind it is not."
                    ),
                    "Read both by group, or the gate over everybody.",
                )
            if can_be_owed(leaf):
                yield (
                    ("payment", *inner),
                    (
                        f"The clause `{leaf.name}` can be negative, and all payment stands behind "
                        f"the gate `{gate.name}`: a shut gate would wipe a penalty out."
                    ),
                    "Put a `gate` in the payment before the other clauses alone.",
                )


def _watch(contract: Contract) -> Iterator[Relative]:
    if contract.watch is None:
        return
    paid = {leaf.outcome for leaf in contract.clauses}
    designs = {
        contract.outcomes[name].counterfactual.design for name in paid & {*contract.outcomes}
    }
    for name, times in Counter(contract.watched).items():
        if times > 1:
            yield ("watch", "outcomes"), f"`{name}` is watched {times} times.", "Name it once."
    for k, name in enumerate(contract.watched):
        place = ("watch", "outcomes", k)
        if name not in contract.outcomes:
            what = f"`{name}` is not an outcome of this contract."
            yield place, what, near(name, contract.outcomes)
        elif name in paid:
            yield (
                place,
                f"`{name}` is watched, and a clause compares it: what is watched is never paid.",
                "Take it out of `watch`, or out of the payment and the gates.",
            )
        elif designs and contract.outcomes[name].counterfactual.design not in designs:
            yield (
                place,
                (
                    f"`{name}` is watched with another design than the results that are paid: "
                    f"{contract.outcomes[name].counterfactual.design}."
                ),
                f"Watched outcomes are estimated with the same design: {', '.join(sorted(designs))}.",
            )


def _equity(contract: Contract) -> Iterator[Relative]:
    clauses = {leaf.name: leaf for leaf in contract.clauses}
    for name, group in contract.equity.items():
        path = ("equity", name)
        if group.share is not None:
            limit = group.share.limit
            where = (*path, "share", limit.operator)
            if not isinstance(limit.threshold, Percent) or not 0 <= limit.threshold <= 100:
                yield (
                    where,
                    f"`{name}` should make up {plain(limit.threshold)}, which is not a percentage.",
                    "Write for example at_least: 40%.",
                )
            if limit.operator not in ("at_least", "more_than"):
                yield where, f"`{name}` is to be reached, not avoided.", "Write at_least."
        if group.floor is not None:
            yield from _floor(contract, (*path, "floor"), group.floor)
        if group.paid_through is None:
            continue
        leaf = clauses.get(group.paid_through)
        place = (*path, "paid_through")
        if leaf is None:
            what = f"`{group.paid_through}` is not a clause of this contract."
            yield place, what, near(group.paid_through, clauses)
        elif not isinstance(leaf, EquityBonus | Gate | Precondition):
            yield (
                place,
                f"`{leaf.name}` is neither an equity bonus nor a gate.",
                "Name the clause that depends on who is reached.",
            )


def _floor(contract: Contract, path: tuple[str | int, ...], floor: Floor) -> Iterator[Relative]:
    outcome = contract.outcomes.get(floor.outcome)
    place = (*path, "outcome")
    if outcome is None:
        what = f"`{floor.outcome}` is not an outcome of this contract."
        yield place, what, near(floor.outcome, contract.outcomes)
    elif not right_way(outcome.effect, outcome.better, "at_least"):
        yield (
            (*path, "at_least"),
            f"More of `{floor.outcome}` is worse, so it has no floor.",
            "Name an outcome of which more is better, or whose effect is a reduction.",
        )
