"""The sentences about settlements, looks in between, and what was settled before."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from impacteval.contract.calendar import Look
from impacteval.contract.dates import first_day, last_day
from impacteval.contract.money import Amount
from impacteval.values import Message, Status, Text


def sat(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"sittings.{key}", Text(en=en, fr=fr), values)


VERDICTS = {
    Status.MET: Text(en="met", fr="condition remplie"),
    Status.NOT_MET: Text(en="not met", fr="condition non remplie"),
    Status.CANNOT_BE_JUDGED: Text(en="cannot be judged", fr="ne peut pas être jugé"),
    Status.NOT_FOR_PAYMENT: Text(en="not for payment", fr="ne donne pas lieu à paiement"),
}


def elsewhere(look: Look, others: Sequence[Look]) -> Message:
    """The clause belongs to other settlements."""
    if not others:
        return sat(
            "never",
            "No settlement of the calendar judges this clause, so it stays open.",
            "Aucune échéance du calendrier ne juge cette clause, qui reste donc ouverte.",
        )
    coming = [other for other in others if last_day(other.date) >= first_day(look.date)]
    if not coming:
        return sat(
            "judged-before",
            "This clause was judged at “{there}” ({date:date}), and the ledger does not say with what "
            "verdict, so it stays open here.",
            "Cette clause a été jugée à « {there} » ({date:date}), et le registre ne dit pas avec quel "
            "verdict ; elle reste donc ouverte ici.",
            there=others[-1].name,
            date=others[-1].date,
        )
    other = coming[0]
    return sat(
        "elsewhere",
        "This clause is not judged at “{here}” but at “{there}” ({date:date}), so it stays open here.",
        "Cette clause n’est pas jugée à l’échéance « {here} » mais à « {there} » ({date:date}) ; elle "
        "reste ouverte ici.",
        here=look.name,
        there=other.name,
        date=other.date,
    )


def too_early(look: Look, group: str | None, ends: str) -> Message:
    """The outcome's window is still open."""
    if group is None:
        return sat(
            "too-early",
            "It is too early: results are complete on {ends:date} at the earliest, after this date "
            "({date:date}).",
            "Il est trop tôt : les résultats ne sont complets que le {ends:date}, après cette échéance "
            "({date:date}).",
            ends=ends,
            date=look.date,
        )
    return sat(
        "too-early-group",
        "It is too early for {group:text}: results are complete on {ends:date} at the earliest, after "
        "this date ({date:date}).",
        "Il est trop tôt pour {group:text} : les résultats ne sont complets que le "
        "{ends:date}, après cette échéance ({date:date}).",
        group=group,
        ends=ends,
        date=look.date,
    )


def settled_before(name: str, date: str, verdict: Status) -> Message:
    """The clause was settled at an earlier date and pays nothing more."""
    return sat(
        "before",
        "This was settled before, at “{name}” ({date:date}): {verdict}. Nothing more is paid for it.",
        "Ceci a déjà été réglé, à « {name} » ({date:date}) : {verdict}. Rien de plus n’est dû à ce "
        "titre.",
        name=name,
        date=date,
        verdict=VERDICTS[verdict],
    )


_WHAT = {
    "interim": Text(
        en="“{name}” ({date:date}) is a look declared in advance",
        fr="« {name} » ({date:date}) est une lecture intermédiaire annoncée",
    ),
    "milestone": Text(
        en="“{name}” ({date:date}) is a dated report",
        fr="« {name} » ({date:date}) est un point d’étape daté",
    ),
}


def only_a_look(look: Look, would_be: Status | None) -> Message:
    """Nothing is paid at this look, and what the verdict would be."""
    what = _WHAT[look.kind]
    if would_be is None:
        return sat(
            f"look.{look.kind}",
            f"{what.en}, from which no payment follows.",
            f"{what.fr}, qui ne donne lieu à aucun paiement.",
            name=look.name,
            date=look.date,
        )
    return sat(
        f"look-verdict.{look.kind}",
        f"{what.en}. The verdict would be: {{verdict}}.",
        f"{what.fr}. Le verdict serait : {{verdict}}.",
        name=look.name,
        date=look.date,
        verdict=VERDICTS[would_be],
    )


def share_of_level(look: Look, share: Decimal) -> Message:
    """The level that this look may use up."""
    return sat(
        "share",
        "Several looks can pay for the same result. Of what may go wrong, “{name}” may use up "
        "{share:percent2}, so its level is stricter than the one written.",
        "Plusieurs lectures peuvent payer pour un même résultat. Du risque d’erreur, « {name} » peut "
        "utiliser {share:percent2} : son niveau est plus strict que celui qui est écrit.",
        name=look.name,
        share=share,
    )


_WHY = {
    "cumulative": Text(
        en="what was paid before is taken off",
        fr="les paiements antérieurs sont déduits",
    ),
    "ceiling": Text(
        en="what was paid before uses up the ceiling",
        fr="les paiements antérieurs entament le plafond",
    ),
    "first_of": Text(
        en="who was paid before is not paid again",
        fr="les groupes déjà payés ne le sont pas une seconde fois",
    ),
    "look": Text(
        en="what an earlier look paid is not paid again",
        fr="ce qu’une lecture antérieure a payé ne l’est pas une seconde fois",
    ),
}


def depends(name: str, why: Sequence[str], before: Sequence[Look]) -> Message:
    """The amount cannot be said, because it depends on earlier payments that nobody states."""
    reasons = [_WHY[word] for word in why]
    return sat(
        "depends",
        "No amount can be said for “{name}”: {why}, and nobody states what was paid at these dates: "
        "{before:text}. Write them in ledger.yaml, with `payments: []` if there was none.",
        "Aucun montant ne peut être donné pour « {name} » : {why}, et rien n’indique ce qui a été payé "
        "à ces dates : {before:text}. Les inscrire dans ledger.yaml, avec `payments: []` s’il n’y en a "
        "pas eu.",
        name=name,
        why=Text(en=" and ".join(r.en for r in reasons), fr=" et ".join(r.fr for r in reasons)),
        before=", ".join(look.name for look in before),
    )


def record_missing(clause: str, before: Sequence[str]) -> Message:
    """The ledger has the payment and not which clauses it was for."""
    return sat(
        "record-missing",
        "The ledger has a payment at {before:text} and does not say for which clauses and groups, so "
        "nobody can tell whether {clause:text} was paid already. Write `clauses:` beside the payment.",
        "Le registre porte un paiement à {before:text} sans dire pour quelles clauses et quels groupes : "
        "nul ne peut dire si {clause:text} a déjà été payé. Écrire `clauses:` à côté du paiement.",
        clause=clause,
        before=", ".join(before),
    )


def whatever_before() -> Message:
    """Nothing is due, whatever was paid before."""
    return sat(
        "whatever-before",
        "Nothing is due, whatever was paid before.",
        "Rien n’est dû, quels qu’aient été les paiements antérieurs.",
    )


def carried(settlement: str, amount: Amount) -> Message:
    """A correction of an earlier settlement falls due here."""
    if not isinstance(amount, Decimal):
        return sat(
            "carried-not-published",
            "The correction of “{name}” falls due here, and its amount is not published.",
            "La correction de « {name} » est due ici, et son montant n’est pas publié.",
            name=settlement,
        )
    return sat(
        "carried",
        "The correction of “{name}” falls due here: {amount:money}.",
        "La correction de « {name} » est due ici : {amount:money}.",
        name=settlement,
        amount=amount,
    )
