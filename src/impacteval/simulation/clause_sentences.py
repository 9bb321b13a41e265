"""How often each clause is met by chance, and missed by what works, in both languages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from impacteval.contract.model import Contract
from impacteval.simulation.characteristics import Simulation
from impacteval.simulation.saying import clause_text, in_hundred, say
from impacteval.values import Message, significant


def clause_sentences(contract: Contract, found: Simulation) -> list[Message]:
    """For each clause: how often noise passes it, and how often what works falls short of it.

    Groups about which the same is said stand in one sentence.
    """
    if found.varies is None:
        return []
    told: dict[tuple[Any, ...], list[str]] = {}
    for k, clause in enumerate(found.nothing.clauses):
        series = [payment.clauses[k] for payment in found.own.payments]
        if len({c.truth for c in series}) < 2:
            continue  # its true effect is held
        worst = max((c for c in series if not c.passes), key=lambda c: c.met, default=None)
        reached = [c for c in series if c.passes]
        key = (
            clause.name,
            in_hundred(clause.met),
            None if worst is None else (in_hundred(worst.met), significant(worst.truth)),
            tuple((in_hundred(c.wrong), significant(c.truth)) for c in reached[:1] + reached[-1:]),
            clause.passes,
        )
        told.setdefault(key, []).append(clause.group)
    said = [
        sentence
        for key, groups in told.items()
        for sentence in _clause_sentences(contract, groups, found.nothing_at, *key)
    ]
    return [*said, *_not_reached(contract, found)]


def _not_reached(contract: Contract, found: Simulation) -> list[Message]:
    """Clauses that nobody is left for, because earlier ones have paid: it is no failure."""
    last = found.own.payments[-1]
    return [
        say(
            "not-reached",
            "{clause}: not reached {times:number} {times:plural:time|times} in 100 when the true "
            "effect is {at:number}, because earlier clauses have paid already.",
            "{clause} : sans objet {times:number} fois sur 100 quand l'effet réel est de "
            "{at:number}, parce que des clauses antérieures ont déjà payé.",
            clause=clause_text(contract, c.name, [c.group]),
            times=in_hundred(c.not_for_payment),
            at=significant(c.truth),
        )
        for c in last.clauses
        if c.not_for_payment >= 0.005
    ]


def _clause_sentences(
    contract: Contract,
    groups: list[str],
    nothing: float | None,
    name: str,
    noise: Decimal,
    worst: tuple[Decimal, Decimal] | None,
    reached: tuple[tuple[Decimal, Decimal], ...],
    passes: bool,
) -> list[Message]:
    clause = clause_text(contract, name, groups)
    said: list[Message] = []
    if worst is not None and not passes and nothing is not None:
        near = float(worst[1]) != nothing
        said.append(
            say(
                "below" if near else "noise",
                "{clause}: met {noise:number} {noise:plural:time|times} in 100 if the programme "
                "does nothing"
                + (
                    ", and {worst:number} when the true effect is {at:number}, which falls short."
                    if near
                    else "."
                ),
                "{clause} : remplie {noise:number} fois sur 100 si le programme n'a aucun effet"
                + (
                    ", et {worst:number} fois quand l'effet réel est de {at:number}, ce qui ne suffit "
                    "pas."
                    if near
                    else "."
                ),
                clause=clause,
                noise=noise,
                **({"worst": worst[0], "at": worst[1]} if near else {}),
            )
        )
    if reached:
        (missed, at), (best, far) = reached[0], reached[-1]
        further = far != at
        said.append(
            say(
                "above" if further else "reached",
                "{clause}: not met {missed:number} {missed:plural:time|times} in 100 when the "
                "true effect is {at:number}, which is enough"
                + (", and {best:number} when it is {far:number}." if further else "."),
                "{clause} : non remplie {missed:number} fois sur 100 quand l'effet réel est de "
                "{at:number}, ce qui suffit"
                + (", et {best:number} fois quand il est de {far:number}." if further else "."),
                clause=clause,
                missed=missed,
                at=at,
                **({"best": best, "far": far} if further else {}),
            )
        )
    return said
