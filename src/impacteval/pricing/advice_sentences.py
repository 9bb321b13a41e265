"""What a proposal says to the parties, in both languages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from impacteval.pricing.advice import OutOfReach, Proposal
from impacteval.values import Message, Text, significant


def _say(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"advice.{key}", Text(en=en, fr=fr), values)


def _in_hundred(chance: float) -> Decimal:
    """A chance as times in 100: one decimal, or two digits of what is left below 1 and above 99."""
    times = 100.0 * chance
    if 99.95 <= times < 100.0:
        return 100 - significant(100.0 - times, digits=2)
    if times == 0.0 or abs(times) >= 1.0:
        return significant(round(times, 1))
    return significant(times, digits=2)


def _money(amount: float, decimals: int) -> Decimal:
    return significant(round(amount, 0 if abs(amount) >= 100.0 else decimals) + 0.0)


def proposal_sentences(found: Proposal, currency: str, decimals: int) -> tuple[Message, ...]:
    """What is proposed, and what each party gives up.

    Parameters
    ----------
    found : Proposal
        The proposal.
    currency : str
        The contract's currency.
    decimals : int
        The decimals of an amount.

    Returns
    -------
    tuple of Message
        The proposal, the check one step below, then the payer, then those who are paid.
    """
    return (
        _proposed(found),
        *_below(found),
        _payer(found, currency, decimals),
        _others(found, currency, decimals),
    )


def out_of_reach(found: OutOfReach) -> Message:
    """No threshold, or no sample, in the range holds the risk."""
    en = (
        "no threshold up to {furthest:exact}"
        if found.what == "threshold"
        else ("no sample of up to {furthest:int} people")
    )
    fr = (
        "aucun seuil jusqu’à {furthest:exact}"
        if found.what == "threshold"
        else ("aucun échantillon jusqu’à {furthest:int} personnes")
    )
    furthest: Any = found.furthest if found.what == "threshold" else int(found.furthest)
    return _say(
        f"out-of-reach-{found.what}",
        f"A programme without effect is to be paid at most {{limit:number}} times in 100, and {en} "
        "holds that: there it is still paid {risk:number} times in 100.",
        f"Un programme sans effet ne doit être payé que {{limit:number}} fois sur 100 au plus, et {fr} "
        "n’y suffit : il y est encore payé {risk:number} fois sur 100.",
        limit=_in_hundred(found.limit),
        furthest=furthest,
        risk=_in_hundred(found.risk),
    )


def _proposed(found: Proposal) -> Message:
    values: dict[str, Any] = {
        "limit": _in_hundred(found.limit),
        "now": found.now,
        "at": found.at,
        "before": _in_hundred(found.before.false_payment),
        "after": _in_hundred(found.after.false_payment),
    }
    if found.what == "sample":
        values |= {"now": int(found.now), "at": int(found.at)}
    key = f"{found.found}-{found.what}"
    place = "exact" if found.what == "threshold" else "int"
    thing_en, thing_fr = {
        "threshold": (f"a threshold of {{at:{place}}}", f"un seuil de {{at:{place}}}"),
        "sample": (
            f"{{at:{place}}} people served",
            f"{{at:{place}}} personnes accompagnées",
        ),
    }[found.what]
    risk_en = "a programme without effect is paid {after:number} times in 100, at most {limit:number} as asked"
    risk_fr = "un programme sans effet est payé {after:number} fois sur 100, au plus {limit:number} comme demandé"
    if found.found == "keep":
        del values["now"], values["before"]
        return _say(
            key,
            f"With {thing_en}, as planned, {risk_en}.",
            f"Avec {thing_fr}, comme prévu, {risk_fr}.",
            **values,
        )
    instead_en = f"instead of {{now:{place}}}"
    instead_fr = f"au lieu de {{now:{place}}}"
    if found.found == "loosen":
        return _say(
            key,
            f"With {thing_en} {instead_en}, {risk_en}; now it is {{before:number}} times in 100, less than asked.",
            f"Avec {thing_fr} {instead_fr}, {risk_fr} ; aujourd’hui c’est {{before:number}} fois sur 100, "
            "moins que demandé.",
            **values,
        )
    return _say(
        key,
        f"With {thing_en} {instead_en}, {risk_en}; now it is {{before:number}} times in 100.",
        f"Avec {thing_fr} {instead_fr}, {risk_fr} ; aujourd’hui c’est {{before:number}} fois sur 100.",
        **values,
    )


def _below(found: Proposal) -> tuple[Message, ...]:
    if found.below is None:
        return ()
    step: Any = found.step if found.what == "threshold" else int(found.step)
    nearer_en, nearer_fr = {
        "threshold": (
            "With a threshold milder by {step:exact}",
            "Avec un seuil moins strict de {step:exact}",
        ),
        "sample": ("With one person fewer", "Avec une personne de moins"),
    }[found.what]
    values = {} if found.what == "sample" else {"step": step}
    return (
        _say(
            f"below-{found.what}",
            f"{nearer_en} it would be paid {{below:number}} times in 100.",
            f"{nearer_fr}, il serait payé {{below:number}} fois sur 100.",
            below=_in_hundred(found.below),
            **values,
        ),
    )


def _payer(found: Proposal, currency: str, decimals: int) -> Message:
    """What the payer gains against noise, and what it may cost: a good programme left unpaid."""
    before, after = found.before, found.after
    values: dict[str, Any] = {
        "before": _in_hundred(before.false_payment),
        "after": _in_hundred(after.false_payment),
        "works_before": _in_hundred(before.paid_when_it_works),
        "works_after": _in_hundred(after.paid_when_it_works),
    }
    en = (
        "The payer: a programme without effect is paid {before:number} times in 100 now and "
        "{after:number} then; one that works as hoped is paid {works_before:number} times now and "
        "{works_after:number} then"
    )
    fr = (
        "Le payeur : un programme sans effet est payé {before:number} fois sur 100 aujourd’hui et "
        "{after:number} avec la proposition ; un programme qui tient ses promesses est payé {works_before:number} fois "
        "aujourd’hui et {works_after:number} avec la proposition"
    )
    if before.expected_when_nothing is None or after.expected_when_nothing is None:
        return _say("payer", f"{en}.", f"{fr}.", **values)
    return _say(
        "payer-money",
        f"{en}. On average it pays {{noise_before:money}} for a programme without effect now, and "
        "{noise_after:money} then.",
        f"{fr}. En moyenne il verse {{noise_before:money}} pour un programme sans effet aujourd’hui, et "
        "{noise_after:money} avec la proposition.",
        currency=currency,
        noise_before=_money(before.expected_when_nothing, decimals),
        noise_after=_money(after.expected_when_nothing, decimals),
        **values,
    )


def _others(found: Proposal, currency: str, decimals: int) -> Message:
    """What investors and provider give up, or gain."""
    gives_up = found.others_lose
    values: dict[str, Any] = {"chance": _in_hundred(abs(gives_up))}
    if gives_up > 0:
        key = "others-lose"
        en = "Investors and provider: a programme that works as hoped goes unpaid {chance:number} more times in 100"
        fr = (
            "Les investisseurs et l’opérateur : un programme qui tient ses promesses reste impayé "
            "{chance:number} fois de plus sur 100"
        )
    elif gives_up < 0:
        key = "others-gain"
        en = "Investors and provider: a programme that works as hoped is paid {chance:number} more times in 100"
        fr = (
            "Les investisseurs et l’opérateur : un programme qui tient ses promesses est payé "
            "{chance:number} fois de plus sur 100"
        )
    else:
        key, values = "others-same", {}
        en = "Investors and provider: a programme that works as hoped is paid as often as now"
        fr = (
            "Les investisseurs et l’opérateur : un programme qui tient ses promesses est payé aussi "
            "souvent qu’aujourd’hui"
        )
    before, after = found.before.expected_when_it_works, found.after.expected_when_it_works
    if before is None or after is None:
        return _say(key, f"{en}.", f"{fr}.", **values)
    return _say(
        f"{key}-money",
        f"{en}, and receives {{paid_before:money}} on average now, {{paid_after:money}} then.",
        f"{fr}, et reçoit en moyenne {{paid_before:money}} aujourd’hui, {{paid_after:money}} avec la proposition.",
        currency=currency,
        paid_before=_money(before, decimals),
        paid_after=_money(after, decimals),
        **values,
    )
