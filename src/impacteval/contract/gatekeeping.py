"""Several chances to be paid by luck: Holm's family, and clauses that are tested one after another."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator

from impacteval.contract.calendar import looks
from impacteval.contract.composed import can_be_owed
from impacteval.contract.model import POOLED, Contract
from impacteval.contract.payment import FirstOf, Leaf, terms
from impacteval.contract.rules import level_of
from impacteval.files.kinds import Relative


def levelled(contract: Contract) -> tuple[Leaf, ...]:
    """The clauses whose rule has a level, in the order of the file."""
    return tuple(
        leaf
        for leaf in contract.clauses
        if (rule := leaf.decide_on or contract.decide_on) is not None and level_of(rule) is not None
    )


def chain(contract: Contract) -> tuple[Leaf, ...]:
    """The clauses that are tested one after another, in their order; empty without gatekeeping."""
    if contract.multiplicity != "gatekeeping":
        return ()
    if not contract.gatekeeping:
        return levelled(contract)
    named = {leaf.name: leaf for leaf in contract.clauses}
    return tuple(named[name] for name in contract.gatekeeping)


def before(contract: Contract, leaf: Leaf, group: str) -> tuple[tuple[Leaf, tuple[str, ...]], ...]:
    """What must be met before a clause is tested for a group: earlier clauses and their groups.

    Two clauses that judge each group by itself follow one another within the group; else every
    group of the earlier clause must have met it.
    """
    found: list[tuple[Leaf, tuple[str, ...]]] = []
    for earlier in chain(contract):
        if earlier.name == leaf.name:
            return tuple(found)
        within = earlier.per == "group" and leaf.per == "group"
        found.append((earlier, (group,) if within else contract.compared_groups(earlier)))
    return ()


def several_chances_problems(contract: Contract) -> Iterator[Relative]:
    """Why Holm or gatekeeping cannot be read against this contract."""
    if contract.gatekeeping and contract.multiplicity != "gatekeeping":
        yield (
            ("gatekeeping",),
            "An order of clauses is given, and `multiplicity` is not gatekeeping.",
            "Write `multiplicity: gatekeeping`, or remove the order.",
        )
        return
    if contract.multiplicity == "holm":
        yield from _holm(contract)
    if contract.multiplicity == "gatekeeping":
        yield from _gatekeeping(contract)


def _holm(contract: Contract) -> Iterator[Relative]:
    if not levelled(contract):
        yield (
            ("multiplicity",),
            "`holm` shares a level out, and no clause has a rule with a level.",
            "Remove `multiplicity`, or choose a rule with a level.",
        )
    paying = [look.name for look in looks(contract) if look.pays]
    if len(paying) > 1:
        yield (
            ("multiplicity",),
            (
                f"Results are judged at several dates ({', '.join(paying)}), and `holm` compares "
                "all of them at once."
            ),
            "Write `multiplicity: bonferroni`.",
        )
    pools_move = "paid" in (contract.pool_excludes or ())
    if pools_move and any(
        contract.compared_groups(leaf) == (POOLED,) for leaf in levelled(contract)
    ):
        yield (
            ("multiplicity",),
            (
                "Groups that were paid leave the pool, so what is tested depends on what was paid, "
                "and `holm` needs to know every test beforehand."
            ),
            "Write `multiplicity: bonferroni`, or take `paid` out of `pool_excludes`.",
        )


def _gatekeeping(contract: Contract) -> Iterator[Relative]:
    names = [leaf.name for leaf in contract.clauses]
    with_level = [leaf.name for leaf in levelled(contract)]
    said = contract.gatekeeping
    if not with_level:
        yield (
            ("multiplicity",),
            "`gatekeeping` keeps a level, and no clause has a rule with a level.",
            "Remove `multiplicity`, choose a rule with a level, or put the clauses behind a gate.",
        )
        return
    wrong = False
    for k, name in enumerate(said):
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"Did you mean `{close[0]}`? " if close else ""
            yield (
                ("gatekeeping", k),
                f"`{name}` is not a clause of this contract.",
                f"{hint}Known: {', '.join(names)}.",
            )
            wrong = True
    for name, times in Counter(said).items():
        if times > 1:
            yield ("gatekeeping",), f"`{name}` stands {times} times in the order.", "Keep one."
            wrong = True
    left = [name for name in with_level if said and name not in said]
    if left:
        yield (
            ("gatekeeping",),
            f"The order leaves out {', '.join(left)}, whose rule has a level.",
            "Give every clause with a level its place.",
        )
    if wrong:
        return
    order = chain(contract)
    tested = {leaf.name for leaf in order}
    for inner, term in terms(contract.payment):
        if isinstance(term.term, FirstOf):
            inside = [c.name for c in term.term.clauses if c.name in tested]
            if len(inside) > 1:
                yield (
                    ("payment", *inner, "first_of"),
                    (
                        f"The first of {', '.join(inside)} that is met pays, and gatekeeping tests "
                        "each of them only once the ones before it are met: the second could never "
                        "pay."
                    ),
                    "Choose another `multiplicity`, or `sum` in place of `first_of`.",
                )
    paths = {leaf.name: path for path, leaf in contract.places()}
    for leaf in order[:-1]:
        if _pool_moves(contract, leaf):
            yield (
                paths[leaf.name],
                (
                    f"Groups that were paid leave the pool of `{leaf.name}`, so what it tests depends "
                    "on what was paid, and clauses are tested only once it is met."
                ),
                f"Put `{leaf.name}` last in `gatekeeping`, or take `paid` out of `pool_excludes`.",
            )
    for leaf in order[1:]:
        if can_be_owed(leaf):
            yield (
                paths[leaf.name],
                (
                    f"The clause `{leaf.name}` can be negative, and it is tested only once others "
                    "are met: a shut gate would wipe a penalty out."
                ),
                "Put it first in `gatekeeping`, or give it a rule without a level.",
            )


def _pool_moves(contract: Contract, leaf: Leaf) -> bool:
    """Whether clauses before this one may pay groups, which then leave the pool that it reads."""
    return (
        "paid" in (contract.pool_excludes or ())
        and contract.compared_groups(leaf) == (POOLED,)
        and any(
            leaf in term.term.clauses[1:]
            for _, term in terms(contract.payment)
            if isinstance(term.term, FirstOf)
        )
    )
