"""Sentences about groups that a clause judges together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from impacteval.contract.payment import FirstOf, Leaf, terms
from impacteval.contract.saying import called, names, say
from impacteval.values import Message

if TYPE_CHECKING:
    from impacteval.contract.model import Contract


def pool_sentences(contract: Contract, clause: Leaf) -> Iterator[Message]:
    """Which groups the clause judges together, how they become one number, who is left out."""
    who = {"clause": called(clause), "groups": names(contract, contract.pool_groups())}
    match contract.pools_by(clause.outcome):
        case "mean_of_effects":
            yield say(
                "pooled",
                "Clause “{clause}” judges these groups together, each weighing by its number of people: {groups}.",
                "La clause « {clause} » juge ces groupes ensemble, chacun pesant selon son nombre de personnes : {groups}.",
                **who,
            )
        case "ratio_of_sums":
            yield say(
                "pooled-sums",
                "Clause “{clause}” judges these groups together: everything that happened in them against "
                "everything that would have happened, so that a group weighs by its number of people and "
                "by how much would have happened to each: {groups}.",
                "La clause « {clause} » juge ces groupes ensemble : tout ce qui s'y est passé rapporté à "
                "tout ce qui s'y serait passé, si bien qu'un groupe pèse selon son nombre de personnes et "
                "selon ce qui serait arrivé à chacune : {groups}.",
                **who,
            )
        case "total":
            yield say(
                "pooled-total",
                "Clause “{clause}” judges these groups together, their results added up: {groups}.",
                "La clause « {clause} » juge ces groupes ensemble, leurs résultats additionnés : {groups}.",
                **who,
            )
    if "paid" in (contract.pool_excludes or ()):
        yield say(
            "pool-excludes-paid",
            "A group that another clause has already paid is left out of them.",
            "Un groupe qu'une autre clause a déjà payé n'y est pas compté.",
        )
    elif _group_before(contract, clause):
        yield say(
            "pool-keeps-paid",
            "A group that another clause has already paid still counts among them.",
            "Un groupe qu'une autre clause a déjà payé y compte toujours.",
        )


def _group_before(contract: Contract, clause: Leaf) -> bool:
    """Whether a clause that is judged by group may have paid before this one is read."""
    for _, term in terms(contract.payment):
        if isinstance(term.term, FirstOf) and clause in term.term.clauses:
            earlier = term.term.clauses[: term.term.clauses.index(clause)]
            return any(other.per == "group" for other in earlier)
    return False
