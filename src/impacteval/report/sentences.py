"""The sentences of page 1, as messages in both languages with their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from impacteval.contract.units import effect_kind
from impacteval.values import Message, Text, written

OPERATORS: Mapping[str, Text] = {
    "at_least": Text(en="at least", fr="au moins"),
    "more_than": Text(en="more than", fr="plus de"),
    "at_most": Text(en="at most", fr="au plus"),
    "less_than": Text(en="less than", fr="moins de"),
}

_HIGHER = Text(en="higher than without the programme", fr="de plus que sans le programme")
_LOWER = Text(en="lower than without the programme", fr="de moins que sans le programme")
_MORE = Text(
    en="more in total than without the programme", fr="de plus au total que sans le programme"
)
_FEWER = Text(
    en="fewer in total than without the programme", fr="de moins au total que sans le programme"
)
_COUNTED = Text(en="counted and verified", fr="comptés et vérifiés")
_SD = Text(en="standard deviations", fr="écarts-types")
PERCENT = Text(en="%", fr="%")


@dataclass(frozen=True)
class Wording:
    """How the numbers of one outcome are said.

    Attributes
    ----------
    effect, better : str
        The contract's effect and direction.
    unit : Text
        Unit of the contract's number; ``PERCENT`` for percentages.
    """

    effect: str
    better: str
    unit: Text

    @property
    def percent(self) -> bool:
        """Whether the contract's number is a percentage."""
        return effect_kind(self.effect).percent

    def direction(self, value: Decimal) -> Text:
        """Which way a contract number points, in words."""
        kind = effect_kind(self.effect)
        if not kind.counterfactual:
            return _COUNTED
        up = (value >= 0) == (self.better == "higher")
        if self.effect == "total_units":
            return _MORE if up else _FEWER
        return _HIGHER if up else _LOWER


def contract_unit(effect: str, unit: Text | None) -> Text:
    """The unit of the contract's number."""
    if effect_kind(effect).percent:
        return PERCENT
    if effect == "difference_in_sd":
        return _SD
    return unit or Text(en="units", fr="unités")


def _digits(value: Decimal, other: Decimal | None) -> str:
    """The format that tells a number from its threshold: more decimals only when needed."""
    if other is None or value == other or round(value, 2) != round(other, 2):
        return ""
    for decimals in range(3, 7):
        if round(value, decimals) != round(other, decimals):
            return str(decimals)
    return "6"


def _number(name: str, wording: Wording, digits: str) -> str:
    return f"{{{name}:in_percent{digits}}}" if wording.percent else f"{{{name}:number{digits}}}"


def _quantity(name: str, wording: Wording, digits: str) -> str:
    shown = _number(name, wording, digits)
    return shown if wording.percent else f"{shown} {{unit}}"


def clause_sentence(
    wording: Wording,
    *,
    plain_name: Text,
    group: Text | None,
    verdict: str,
    value: Decimal | None,
    compared_bound: bool,
    unproved: Message | None = None,
    operator: str | None,
    threshold: Decimal | None,
    per_unit: Decimal | None,
    pays: bool = True,
    on_average: bool = False,
    amount: str | None,
    currency: str,
    reason: Message | None,
) -> Message:
    """The verdict on one clause, in one sentence for the payer.

    Parameters
    ----------
    wording : Wording
        How the numbers of the outcome are said.
    value : Decimal or None
        The number that was compared.
    compared_bound : bool
        Whether that number is a lower bound and not the estimate itself.
    unproved : Message or None
        What a rule about certainty adds to the estimate.
    per_unit : Decimal or None
        The price of a unit above the threshold, for a clause that pays by the unit.
    pays : bool
        False for a condition that other clauses stand behind.
    on_average : bool
        Whether the clause pays an average, met or not.
    amount : str or None
        The amount as text, ``"not_published"``, or None while open.
    reason : Message or None
        Why the clause cannot be judged.
    """
    values: dict[str, object] = {"clause": plain_name, "currency": currency}
    en, fr = "{clause}: ", "{clause} : "
    if group is not None:
        values["clause_group"] = group
        en, fr = "{clause}, {clause_group}: ", "{clause}, {clause_group} : "
    if verdict in ("cannot_be_judged", "not_for_payment"):
        said = reason or _NOTHING_YET
        word = _UNJUDGED[verdict]
        text = Text(en=f"{en}{word.en}. {said.text.en}", fr=f"{fr}{word.fr}. {said.text.fr}")
        return Message(f"clause.{verdict}", text, {**said.values, **values})
    if value is None and reason is not None:
        return _without_number(verdict, pays, amount, reason, values, Text(en=en, fr=fr))
    digits = ""
    if value is not None and value.is_finite():
        digits = _digits(value, threshold)
        result = _result(wording, value, digits, compared_bound)
        values |= result.values
        en, fr = en + result.text.en, fr + result.text.fr
        if unproved is not None:
            values |= unproved.values
            en, fr = f"{en} {unproved.text.en}", f"{fr} {unproved.text.fr}"
    else:
        unknown = _NO_BOUND if value is not None else _WHATEVER
        en, fr = en + unknown.en, fr + unknown.fr
    if per_unit is not None and threshold is not None:
        values |= {"price": f"{written(per_unit)} {currency}", "threshold": threshold}
        asked = _number("threshold", wording, digits)
        en += f" The contract pays {{price:money}} for each unit above {asked}: "
        fr += f" Le contrat paie {{price:money}} par unité au-delà de {asked} : "
    elif operator is not None and threshold is not None:
        values |= {"operator": OPERATORS[operator], "threshold": threshold}
        asked = _number("threshold", wording, digits)
        en += f" The contract asks for {{operator}} {asked}: "
        fr += f" Le contrat demande {{operator}} {asked} : "
    if not pays:
        follows = _OPENS if verdict == "met" else _SHUTS
        en, fr = en + follows.en, fr + follows.fr
    elif on_average and amount is not None and reason is None:
        mean = _AVERAGE_HIDDEN if amount == "not_published" else _AVERAGE
        if amount != "not_published":
            values["amount"] = amount
        if per_unit is None:
            en, fr = en + _REACHED[verdict].en, fr + _REACHED[verdict].fr
        en, fr = en + mean.en, fr + mean.fr
    elif verdict == "met" and amount is not None and reason is not None and _is_zero(amount):
        values |= reason.values
        en, fr = f"{en}met. {reason.text.en}", f"{fr}condition remplie. {reason.text.fr}"
    elif verdict == "met" and amount == "not_published":
        en += "met; the amount is not published."
        fr += "condition remplie ; le montant n'est pas publié."
    elif verdict == "met" and amount is None:
        en += "met; what it pays is open."
        fr += "condition remplie ; le montant reste en suspens."
    elif verdict == "met":
        values["amount"] = amount
        en += "pays {amount:money}." if per_unit is not None else "met, pays {amount:money}."
        fr += (
            "à payer, {amount:money}."
            if per_unit is not None
            else "condition remplie, à payer : {amount:money}."
        )
    elif amount is not None and not _is_zero(amount):
        # A part of a basket, a floor is owed, or a penalty, although the condition is not met.
        values["amount"] = amount
        en += "not met, amount {amount:money}."
        fr += "condition non remplie, montant : {amount:money}."
    else:
        en += "not met, pays nothing."
        fr += "condition non remplie, rien à payer."
    return Message(f"clause.{verdict}", Text(en=en, fr=fr), values)


def _without_number(
    verdict: str,
    pays: bool,
    amount: str | None,
    reason: Message,
    values: Mapping[str, object],
    lead: Text,
) -> Message:
    """A verdict that the contract gives without a number: its reason, then what follows."""
    told: dict[str, object] = {**reason.values, **values}
    if not pays:
        follows = _OPENS if verdict == "met" else _SHUTS
    elif verdict != "met":
        follows = Text(en="not met, pays nothing.", fr="condition non remplie, rien à payer.")
    elif amount == "not_published":
        follows = Text(
            en="paid; the amount is not published.", fr="à payer ; le montant n'est pas publié."
        )
    elif amount is None:
        follows = Text(
            en="met; what it pays is open.",
            fr="condition remplie ; le montant reste en suspens.",
        )
    elif _is_zero(amount):
        follows = Text(en="nothing to pay here.", fr="rien à payer ici.")
    else:
        told["amount"] = amount
        follows = Text(en="pays {amount:money}.", fr="à payer : {amount:money}.")
    text = Text(
        en=f"{lead.en}{follows.en} {reason.text.en}", fr=f"{lead.fr}{follows.fr} {reason.text.fr}"
    )
    return Message(f"clause.{verdict}", text, told)


_OPENS = Text(
    en="met, so the clauses that stand behind it can pay.",
    fr="condition remplie : les clauses qui en dépendent peuvent payer.",
)
_SHUTS = Text(
    en="not met, so the clauses that stand behind it pay nothing.",
    fr="condition non remplie : les clauses qui en dépendent ne paient rien.",
)


_REACHED = {
    "met": Text(en="met by the estimate; ", fr="condition remplie par l'estimation ; "),
    "not_met": Text(en="not met by the estimate; ", fr="condition non remplie par l'estimation ; "),
}
_AVERAGE = Text(
    en="on average over what the true effect may be, the contract pays {amount:money}.",
    fr="en moyenne sur ce que l'effet réel peut être, le contrat paie {amount:money}.",
)
_AVERAGE_HIDDEN = Text(
    en="the average that is paid either way is not published.",
    fr="la moyenne payée dans les deux cas n'est pas publiée.",
)


def _is_zero(amount: str) -> bool:
    return amount != "not_published" and Decimal(amount) == 0


GATE_CLOSED = Message(
    "clause.gate-closed",
    Text(
        en="It does not pass the contract's test against no effect, so it counts for nothing.",
        fr="Il ne passe pas le test prévu au contrat contre l'absence d'effet : il ne compte pas.",
    ),
)


def confidence_sentence(confidence: Decimal, asked: Decimal) -> Message:
    """How sure one is of a condition, and how sure the contract wants to be."""
    return Message(
        "clause.confidence",
        Text(
            en=(
                "The confidence that the effect reaches the threshold is {confidence:percent}, and "
                "the contract wants {confidence_asked:percent}."
            ),
            fr=(
                "La confiance que l'effet atteigne le seuil est de {confidence:percent}, et le "
                "contrat exige {confidence_asked:percent}."
            ),
        ),
        {"confidence": confidence, "confidence_asked": asked},
    )


_NOTHING_YET = Message(
    "clause.nothing-yet", Text(en="No result yet.", fr="Pas encore de résultat.")
)
_UNJUDGED: Mapping[str, Text] = {
    "not_for_payment": Text(en="not for payment", fr="ne donne pas lieu à paiement"),
    "cannot_be_judged": Text(en="cannot be judged", fr="ne peut pas être jugé"),
}
_NO_BOUND = Text(
    en="the data give no bound at the level that the contract asks for.",
    fr="les données ne donnent pas de borne au niveau que demande le contrat.",
)
_WHATEVER = Text(
    en="the answer is the same whatever the sizes of the groups.",
    fr="la réponse est la même quels que soient les effectifs des groupes.",
)


def _result(wording: Wording, value: Decimal, digits: str, bound: bool) -> Message:
    """What was compared, in words."""
    if value == 0 and not bound:
        return Message(
            "clause.result.nothing",
            Text(
                en="no difference from what would have happened without the programme.",
                fr="aucune différence avec ce qui se serait passé sans le programme.",
            ),
        )
    shown = _quantity("value", wording, digits)
    values = {"value": abs(value), "unit": wording.unit, "direction": wording.direction(value)}
    if bound:
        return Message(
            "clause.result.bound",
            Text(
                en=f"the lower confidence bound is {shown} {{direction}}.",
                fr=f"la borne de confiance inférieure est de {shown} {{direction}}.",
            ),
            values,
        )
    return Message(
        "clause.result.estimate",
        Text(en=f"{shown} {{direction}}.", fr=f"{shown} {{direction}}."),
        values,
    )


def distance_sentence(
    wording: Wording,
    *,
    met: bool,
    inclusive: bool,
    distance: Decimal,
    total: Decimal | None,
    total_unit: Text | None,
    served: int,
) -> Message:
    """How close the answer was, in natural units.

    Parameters
    ----------
    inclusive : bool
        Whether the condition still holds exactly where it turns.
    distance : Decimal
        Compared number minus threshold, in contract units.
    total : Decimal or None
        The change of the outcome, added up over everyone served, that turns the answer.
    total_unit : Text or None
        The unit of such a sum, where the contract names it.
    served : int
        People or units served.
    """
    values: dict[str, object] = {"distance": abs(distance), "unit": wording.unit}
    digits = "" if abs(distance) >= Decimal("0.01") else "6"
    # Two percentages lie points apart, not percent; in French the plural begins at 2.
    points = "point" if abs(distance) < Decimal("1.995") else "points"
    en_unit, fr_unit = (
        (" percentage points", f" {points} de pourcentage")
        if wording.percent or wording.effect == "verified_percent"
        else (" {unit}",) * 2
    )
    en_shown, fr_shown = (f"{{distance:number{digits}}}{end}" for end in (en_unit, fr_unit))
    if met:
        en = f"The result clears the threshold by {en_shown}."
        fr = f"Le résultat dépasse le seuil de {fr_shown}."
        if distance == 0:
            en, fr = (
                "The result is exactly on the threshold.",
                "Le résultat est exactement sur le seuil.",
            )
            values = {}
    else:
        en = f"The result misses the threshold by {en_shown}."
        fr = f"Il manque {fr_shown} pour atteindre le seuil."
        if distance == 0:
            en = "The result is exactly on the threshold, which the contract does not count as reached."
            fr = "Le résultat est exactement sur le seuil, que le contrat ne considère pas comme atteint."
            values = {}
    if total is not None and total != 0:
        # Whole ones, and enough of them: 4.3 events are five; and where ten would lead just to a
        # threshold that still counts as reached, it takes eleven to miss it.
        enough = abs(total).to_integral_value(rounding=ROUND_CEILING)
        if enough == abs(total) and met == inclusive:
            enough += 1
        values |= {"total": enough, "served": served}
        shown_total = "{total:number0}"
        if total_unit is not None:
            values["total_unit"] = total_unit
            shown_total += " {total_unit}"
        lower = met == (wording.better == "higher")
        way = Text(en="lower", fr="inférieur") if lower else Text(en="higher", fr="supérieur")
        en += (
            f" Added up over the {{served:int}} served, a total {way.en} by {shown_total} would "
            "have changed the answer."
        )
        fr += (
            f" Additionné sur les {{served:int}} bénéficiaires, un total {way.fr} de {shown_total} "
            "aurait changé la réponse."
        )
    return Message("clause.distance", Text(en=en, fr=fr), values)


def headline(answer: str, due: str | None, currency: str) -> Message:
    """The answer of page 1 in one line."""
    texts = {
        "pay": Text(
            en="Pay {due:money}: the result earns what each clause of the contract pays for.",
            fr="Payer {due:money} : le résultat satisfait à chaque clause du contrat.",
        ),
        "pay_in_part": Text(
            en="Pay {due:money}: part of what the contract offers has been earned.",
            fr="Payer {due:money} : une partie de ce que le contrat prévoit est acquise.",
        ),
        "do_not_pay": Text(
            en="Do not pay: the result does not reach what the contract asks for.",
            fr="Ne pas payer : le résultat n'atteint pas ce que demande le contrat.",
        ),
        "cannot_be_judged": Text(
            en="Cannot be judged yet: nothing is due, and nothing is refused.",
            fr="Ne peut pas encore être jugé : rien n'est dû, et rien n'est refusé.",
        ),
        "not_for_payment": Text(
            en="Not for payment: this is an interim reading.",
            fr="Ne donne pas lieu à paiement : c'est une lecture intermédiaire.",
        ),
    }
    if answer in ("pay", "pay_in_part") and due == "not_published":
        part = answer == "pay_in_part"
        text = Text(
            en="Pay for the part of the contract whose condition is met. The amount is not published."
            if part
            else "Pay: the contract's condition is met. The amount is not published.",
            fr="Payer la part du contrat dont la condition est remplie. Le montant n'est pas publié."
            if part
            else "Payer : la condition du contrat est remplie. Le montant n'est pas publié.",
        )
        return Message(f"headline.{answer}", text)
    if answer == "cannot_be_judged" and due is None:
        text = Text(
            en="The amount due cannot be said: it depends on earlier payments, which are not known here.",
            fr="Le montant dû ne peut pas être donné : il dépend de paiements antérieurs, qui ne sont "
            "pas connus ici.",
        )
        return Message("headline.amount-unknown", text)
    values = {"due": due if due is not None else "open", "currency": currency}
    text = texts[answer]
    used = {k: v for k, v in values.items() if k == "currency" or "{due" in text.en}
    return Message(f"headline.{answer}", text, used)


CONFIDENCE_NOTE = Message(
    "page1.confidence",
    Text(
        en=(
            "“Confidence” says how well the data support a statement: a study like this one, repeated "
            "many times, would rarely give such support to a statement that is false. It is not the "
            "probability that the programme works."
        ),
        fr=(
            "La « confiance » dit à quel point les données soutiennent une affirmation : une étude comme "
            "celle-ci, répétée de nombreuses fois, soutiendrait rarement autant une affirmation fausse. Ce "
            "n'est pas la probabilité que le programme fonctionne."
        ),
    ),
)


def rounding_sentence(currency: str, decimals: int, mode: str) -> Message:
    """How money is rounded, stated once."""
    halves = {
        "half_up": Text(
            en="a half rounds away from zero", fr="la moitié s'arrondit en s'éloignant de zéro"
        ),
        "half_even": Text(
            en="a half rounds to the even digit", fr="la moitié s'arrondit au chiffre pair"
        ),
    }
    return Message(
        "money.rounding",
        Text(
            en="Amounts in {currency:text} are rounded once, to {decimals:int} decimals; {mode}.",
            fr="Les montants en {currency:text} sont arrondis une seule fois, à {decimals:int} décimales ; {mode}.",
        ),
        {"currency": currency, "decimals": decimals, "mode": halves[mode]},
    )


def text_of(number: Decimal | None) -> str | None:
    """A number as the record writes it; None for an infinite or absent one."""
    return None if number is None or not number.is_finite() else written(number)
