"""What terms that are put together must say so that they can be read in one way only."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from impacteval.contract.clauses import BonusMalus, Linear
from impacteval.contract.model import Contract
from impacteval.contract.money import add
from impacteval.contract.payment import (
    Basket,
    EquityBonus,
    Gate,
    Leaf,
    RateCard,
    leaves,
    terms,
)
from impacteval.files import plain
from impacteval.files.kinds import Relative

Path = tuple[str | int, ...]


def composed_problems(contract: Contract) -> Iterator[Relative]:
    """Everything that does not make sense in a term as a whole."""
    for inner, term in terms(contract.payment):
        path: Path = ("payment", *inner)
        match term.term:
            case Basket() as basket:
                yield from _basket((*path, "basket"), basket)
            case RateCard() as card:
                yield from _card((*path, "rate_card"), card)
            case Gate() as gate:
                yield from _gate((*path, "gate"), gate)
            case EquityBonus() as bonus:
                yield from _bonus((*path, "equity_bonus"), bonus)
            case BonusMalus() as clause if clause.full_at <= clause.dead_band:
                yield (
                    (*path, "bonus_malus", "full_at"),
                    (
                        f"The whole bonus of `{clause.name}` is reached {plain(clause.full_at)} from "
                        f"the target, inside the dead band of {plain(clause.dead_band)}."
                    ),
                    "Put `full_at` beyond `dead_band`.",
                )
            case _:
                pass
    yield from _whole(contract)
    yield from _grants(contract)
    for inner, leaf in leaves(contract.payment):
        if getattr(leaf, "by_people", False) and leaf.per != "group":
            yield (
                ("payment", *inner, "by_people"),
                f"The clause `{leaf.name}` counts the people of each group and is not read by group.",
                "Write `per: group`, or a fixed number under `people`.",
            )


def _whole(contract: Contract) -> Iterator[Relative]:
    """What bounds, splits and passes on the payment as a whole."""
    found = list(terms(contract.payment))
    for inner, term in found[1:]:
        for key in ("net_of", "cumulative", "split"):
            if getattr(term, key) is not None:
                yield (
                    ("payment", *inner, key),
                    f"`{key}` concerns the payment as a whole, and stands inside it.",
                    "Move it to the outermost term.",
                )
    whole = contract.payment
    capped = [("payment", *inner, "cap") for inner, term in found if term.cap is not None]
    meets = (("netting", whole.net_of, "net_of"), ("clawback", whole.cumulative, "cumulative"))
    for word, bound, key in meets:
        missing = [w for w in ("ceiling", word) if w not in contract.order]
        if bound is not None and capped and missing:
            yield (
                ("payment", key),
                (
                    f"A ceiling meets `{key}`, and the result depends on which comes first: `order` "
                    f"does not name {' and '.join(missing)}."
                ),
                "Write `order:` with the operations as the contract has them.",
            )
    bounds = contract.bounds
    first = bounds.index("ceiling") < bounds.index("clawback")
    for inner, term in found:
        of_each = term.cap is not None and term.cap.over == "settlement"
        if whole.cumulative is not None and of_each and (inner or first):
            yield (
                ("payment", *inner, "cap", "over"),
                (
                    "A ceiling over one settlement cannot bind what results are worth since the "
                    "beginning."
                ),
                "Write `over: contract`, or put the outermost ceiling after clawback in `order`.",
            )
    if whole.split is not None:
        shares = [part.share for part in whole.split]
        total = add(shares)
        if isinstance(total, Decimal) and total != 1:
            yield (
                ("payment", "split"),
                f"The shares of the payers add up to {plain(total)}, not to 1.",
                "Mend the shares.",
            )
    if contract.waterfall is not None:
        for inner, leaf in leaves(contract.payment):
            if can_be_owed(leaf):
                yield (
                    ("payment", *inner),
                    (
                        f"The clause `{leaf.name}` can be negative, and a waterfall passes on what "
                        "was received."
                    ),
                    "Give the clause a floor of 0, or take the waterfall away.",
                )


def _basket(path: Path, basket: Basket) -> Iterator[Relative]:
    whole = add(part.weight for part in basket.parts)
    if whole != Decimal(1):
        assert isinstance(whole, Decimal)
        yield (
            (*path, "parts"),
            f"The weights of the basket add up to {plain(whole)}, not to 1.",
            "Mend the weights.",
        )
    for k, part in enumerate(basket.parts):
        where = (*path, "parts", k)
        if part.full_at <= part.zero_at:
            yield (
                (*where, "full_at"),
                (
                    f"The part `{part.name}` counts fully at {plain(part.full_at)}, which is not "
                    f"beyond {plain(part.zero_at)}, where it begins to count."
                ),
                "Put `full_at` beyond `zero_at`.",
            )
        if part.per == "group":
            yield (
                (*where, "per"),
                f"The part `{part.name}` is read by group, and a basket has one number for each part.",
                "Write `per: pooled`.",
            )


def _card(path: Path, card: RateCard) -> Iterator[Relative]:
    if card.person_ceiling is None:
        return
    outcomes = [line.outcome for line in card.lines]
    for k, line in enumerate(card.lines):
        if line.per is not None:
            yield (
                (*path, "lines", k, "per"),
                (
                    "A ceiling for each person binds everything a person reached together, and the "
                    f"line `{line.name}` is read by {line.per}."
                ),
                "Take the ceiling away, or price this card in a contract without groups.",
            )
        if line.outcome in outcomes[:k]:
            yield (
                (*path, "lines", k, "outcome"),
                f"Two lines of a card with a ceiling for each person price `{line.outcome}`.",
                "Give it one price.",
            )


def _gate(path: Path, gate: Gate) -> Iterator[Relative]:
    for inner, leaf in leaves(gate.opens):
        where = (*path, "opens", *inner)
        if gate.per == "group" and leaf.per != "group":
            yield (
                where,
                (
                    f"The gate `{gate.name}` is judged by group, and the clause `{leaf.name}` behind "
                    "it is not."
                ),
                "Read both by group, or the gate over everybody.",
            )
        if can_be_owed(leaf):
            yield (
                where,
                (
                    f"The clause `{leaf.name}` can be negative, and it stands behind the gate "
                    f"`{gate.name}`: a shut gate would wipe a penalty out."
                ),
                "Put the penalty beside the gate, in a `sum`.",
            )
    for inner, term in terms(gate.opens):
        if term.grant is not None:
            yield (
                (*path, "opens", *inner, "grant"),
                (
                    f"The grant `{term.grant.name}` is paid whatever the results, and it stands "
                    f"behind the gate `{gate.name}`."
                ),
                "Put the grant beside the gate, in a `sum`.",
            )


def _grants(contract: Contract) -> Iterator[Relative]:
    """A grant goes by a name of its own, as a clause does."""
    taken = [leaf.name for leaf in contract.clauses]
    for inner, term in terms(contract.payment):
        if term.grant is None:
            continue
        if contract.gates:
            yield (
                ("payment", *inner, "grant"),
                (
                    f"The grant `{term.grant.name}` is paid whatever the results, and the whole "
                    f"payment stands behind the gate `{contract.gates[0].name}`."
                ),
                "Write the gate as a term before the clauses, beside the grant, in a `sum`.",
            )
        if term.grant.name in taken:
            yield (
                ("payment", *inner, "grant", "name"),
                f"The grant `{term.grant.name}` has the name of another part of the payment.",
                "Give it a name of its own.",
            )
        taken.append(term.grant.name)


def can_be_owed(leaf: Leaf) -> bool:
    """Whether the amount of a clause can be negative."""
    if isinstance(leaf, Linear):
        return leaf.floor is None or leaf.floor < 0
    return isinstance(leaf, BonusMalus)


def _bonus(path: Path, bonus: EquityBonus) -> Iterator[Relative]:
    if bonus.percent is not None and bonus.per == "group":
        yield (
            (*path, "per"),
            (
                f"The bonus `{bonus.name}` is a percentage of a whole term, and it is read by group: "
                "it would be paid once for each."
            ),
            "Write `per: pooled`, or an amount under `pay`.",
        )
