"""What a proposal says to the parties, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from impacteval.pricing.advice import Holds, OutOfReach, Proposal, Stakes
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
        The proposal, the check one step below, what was tried where that needs saying, then the
        payer, then those who are paid.
    """
    risk = _Risk(found.holds, currency, decimals)
    if found.holds == "money":
        parties = (_payer_average(found, risk), _others_average(found, risk))
    else:
        parties = (_payer(found, currency, decimals), _others(found, currency, decimals))
    return (_proposed(found, risk), *_below(found, risk), *_tried(found), *parties)


@dataclass(frozen=True, slots=True)
class _Risk:
    """How what is held is written: as times in 100, or as money."""

    holds: Holds
    currency: str
    decimals: int

    def __call__(self, number: float) -> Decimal:
        if self.holds == "chance":
            return _in_hundred(number)
        return _money(number, self.decimals)

    @property
    def place(self) -> str:
        """The kind of a place for it in a sentence."""
        return "number" if self.holds == "chance" else "money"

    def of(self, stakes: Stakes) -> Decimal:
        """What the draws say, their error left out."""
        if self.holds == "chance":
            return self(stakes.false_payment)
        assert stakes.expected_when_nothing is not None
        return self(stakes.expected_when_nothing)

    @property
    def values(self) -> dict[str, Any]:
        """What every sentence with that place needs besides."""
        return {"currency": self.currency} if self.holds == "money" else {}

    def times(self, name: str) -> tuple[str, str]:
        """A place with what follows it, in both languages."""
        if self.holds == "chance":
            return f"{{{name}:number}} times in 100", f"{{{name}:number}} fois sur 100"
        return f"{{{name}:money}} on average", f"{{{name}:money}} en moyenne"


def out_of_reach(found: OutOfReach, currency: str = "", decimals: int = 2) -> Message:
    """No threshold, or no sample, in the range holds the risk."""
    risk = _Risk(found.holds, currency, decimals)
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
    (most_en, most_fr), (left_en, left_fr) = risk.times("limit"), risk.times("risk")
    added_en = added_fr = ""
    if found.before.at_most is not None:
        added_en = ", the error of the simulation added"
        added_fr = ", erreur de simulation ajoutée"
    paid_fr = "payé" if found.holds == "chance" else "payé en moyenne"
    left_fr, most_fr = left_fr.removesuffix(" en moyenne"), most_fr.removesuffix(" en moyenne")
    return _say(
        f"out-of-reach-{found.what}" + ("-money" if found.holds == "money" else ""),
        f"A programme without effect is to be paid at most {most_en}, and {en} "
        f"holds that: there it is still paid {left_en}{added_en}.",
        f"Un programme sans effet ne doit être {paid_fr} que {most_fr} au plus, et {fr} "
        f"n’y suffit : il y est encore {paid_fr} {left_fr}{added_fr}.",
        limit=risk(found.limit),
        furthest=furthest,
        risk=risk(found.risk),
        **risk.values,
    )


def _proposed(found: Proposal, risk: _Risk) -> Message:
    values: dict[str, Any] = {
        "limit": risk(found.limit),
        "now": found.now,
        "at": found.at,
        "before": risk.of(found.before),
        "after": risk.of(found.after),
        **risk.values,
    }
    if found.what == "sample":
        values |= {"now": int(found.now), "at": int(found.at)}
    key = f"{found.found}-{found.what}" + ("-money" if found.holds == "money" else "")
    place = "exact" if found.what == "threshold" else "int"
    thing_en, thing_fr = {
        "threshold": (f"a threshold of {{at:{place}}}", f"un seuil de {{at:{place}}}"),
        "sample": (
            f"{{at:{place}}} people served",
            f"{{at:{place}}} personnes accompagnées",
        ),
    }[found.what]
    (after_en, after_fr), (before_en, before_fr) = risk.times("after"), risk.times("before")
    added_en = added_fr = ""
    if found.after.at_most is not None:
        values["most"] = risk(found.after.at_most)
        added_en = f" and, with the error of the simulation added, {{most:{risk.place}}}"
        added_fr = f" et, erreur de simulation ajoutée, {{most:{risk.place}}}"
    risk_en = (
        f"a programme without effect is paid {after_en}{added_en}, at most {{limit:{risk.place}}} "
        "as asked"
    )
    risk_fr = (
        f"un programme sans effet est payé {after_fr}{added_fr}, au plus {{limit:{risk.place}}} "
        "comme demandé"
    )
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
            f"With {thing_en} {instead_en}, {risk_en}; now it is {before_en}, less than asked.",
            f"Avec {thing_fr} {instead_fr}, {risk_fr} ; aujourd’hui c’est {before_fr}, "
            "moins que demandé.",
            **values,
        )
    return _say(
        key,
        f"With {thing_en} {instead_en}, {risk_en}; now it is {before_en}.",
        f"Avec {thing_fr} {instead_fr}, {risk_fr} ; aujourd’hui c’est {before_fr}.",
        **values,
    )


def _below(found: Proposal, risk: _Risk) -> tuple[Message, ...]:
    """The step before, where it reads differently from the proposal."""
    if found.below is None or risk(found.below) == risk(found.after.risk(found.holds)):
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
    below_en, below_fr = risk.times("below")
    added_en, added_fr = "", ""
    if found.after.at_most is not None:
        added_en, added_fr = " with that error added", " avec cette erreur"
    return (
        _say(
            f"below-{found.what}" + ("-money" if found.holds == "money" else ""),
            f"{nearer_en} it would be paid {below_en}{added_en}, more than asked.",
            f"{nearer_fr}, il serait payé {below_fr}{added_fr}, plus que demandé.",
            below=risk(found.below),
            **values,
            **risk.values,
        ),
    )


def _tried(found: Proposal) -> tuple[Message, ...]:
    """What was tried, where the search could not rely on a risk that only falls."""
    if not found.scanned:
        return ()
    things_en, things_fr = {
        "threshold": ("thresholds", "seuils"),
        "sample": ("sizes", "tailles"),
    }[found.what]
    all_fr = "tous" if found.what == "threshold" else "toutes"
    those_fr = "celui-là" if found.what == "threshold" else "celle-là"
    return (
        _say(
            f"tried-{found.what}",
            f"Nothing says that stricter is always safer here, so {{n:int}} {things_en} over the "
            "whole range were tried: every one of them from this one on holds the limit. What lies "
            "between them was not tried.",
            "Rien ne dit ici que plus strict soit toujours plus sûr : {n:int} "
            f"{things_fr} ont été essayé{'s' if found.what == 'threshold' else 'es'} sur toute "
            f"l’étendue, et {all_fr} respectent la limite à partir de {those_fr}. Ce qui se trouve "
            "entre les valeurs essayées n’a pas été examiné.",
            n=found.asked,
        ),
    )


def _payer_average(found: Proposal, risk: _Risk) -> Message:
    return _say(
        "payer-average",
        "The payer: on average it pays {before:money} for a programme without effect now, and "
        "{after:money} then.",
        "Le payeur : en moyenne il verse {before:money} pour un programme sans effet aujourd’hui, et "
        "{after:money} avec la proposition.",
        before=risk.of(found.before),
        after=risk.of(found.after),
        **risk.values,
    )


def _others_average(found: Proposal, risk: _Risk) -> Message:
    before, after = found.before.expected_when_it_works, found.after.expected_when_it_works
    assert before is not None
    assert after is not None
    return _say(
        "others-average",
        "Investors and provider: a programme that works as hoped receives {before:money} on average "
        "now, and {after:money} then.",
        "Les investisseurs et l’opérateur : un programme qui tient ses promesses reçoit en moyenne "
        "{before:money} aujourd’hui, et {after:money} avec la proposition.",
        before=risk(before),
        after=risk(after),
        **risk.values,
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
