"""The sentences that tell how a number became money, in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from impacteval.contract.money import ARITHMETIC, Amount, rounded
from impacteval.files import plain
from impacteval.values import Message, Text

_EN = {
    "at_least": "at least",
    "more_than": "more than",
    "at_most": "at most",
    "less_than": "less than",
}
_FR = {
    "at_least": "supérieur ou égal à",
    "more_than": "supérieur à",
    "at_most": "inférieur ou égal à",
    "less_than": "inférieur à",
}


def _say(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"terms.{key}", Text(en=en, fr=fr), values)


def in_percent(fraction: Decimal) -> Decimal:
    """A fraction times a hundred, every digit kept: a chance just short must not look enough.

    Examples
    --------
    >>> in_percent(Decimal("0.7999999999")), in_percent(Decimal("0.90"))
    (Decimal('79.99999999'), Decimal('90'))
    """
    return Decimal(plain(ARITHMETIC.multiply(fraction, Decimal(100))))


def _shown(fraction: Decimal) -> Decimal:
    """A fraction in percent, to two decimals: for the eye, never for the money."""
    return Decimal(plain(rounded(ARITHMETIC.multiply(fraction, Decimal(100)), 2, "half_even")))


def compares(value: Decimal, operator: str, threshold: Decimal, holds: bool) -> Message:
    """Whether the condition holds."""
    return _say(
        f"{operator}.{'holds' if holds else 'fails'}",
        f"{{value:exact}} is {'' if holds else 'not '}{_EN[operator]} {{threshold:exact}}.",
        f"{{value:exact}} {'est' if holds else 'n’est pas'} {_FR[operator]} {{threshold:exact}}.",
        value=value,
        threshold=threshold,
    )


def confident(confidence: Decimal, operator: str, threshold: Decimal, asked: Decimal) -> Message:
    """Whether the confidence suffices."""
    enough = confidence >= asked
    return _say(
        f"{operator}.{'confident' if enough else 'not-confident'}",
        f"Confidence that the effect is {_EN[operator]} {{threshold:exact}}: {{confidence:exact}}%; "
        f"the contract asks for {{asked:exact}}%, so the condition "
        f"{'holds' if enough else 'does not hold'}.",
        f"Confiance que l’effet soit {_FR[operator]} {{threshold:exact}} : {{confidence:exact}} % ; "
        f"le contrat demande {{asked:exact}} %, donc la condition "
        f"{'est' if enough else 'n’est pas'} remplie.",
        confidence=in_percent(confidence),
        threshold=threshold,
        asked=in_percent(asked),
    )


def gate_closed() -> Message:
    """The test against zero was not passed."""
    return _say(
        "gate-closed",
        "The result does not differ significantly from zero in the better direction, so no "
        "condition holds.",
        "Le résultat ne diffère pas significativement de zéro dans le bon sens : aucune condition "
        "n’est remplie.",
    )


def no_bound(holds: bool) -> Message:
    """The number compared is infinite."""
    return _say(
        f"no-bound.{'holds' if holds else 'fails'}",
        "The data give no bound in this direction at this level, so the condition "
        f"{'holds' if holds else 'does not hold'}.",
        "Les données ne donnent aucune borne dans ce sens à ce niveau : la condition "
        f"{'est' if holds else 'n’est pas'} remplie.",
    )


def whatever_weights(low: Decimal, high: Decimal) -> Message:
    """A pooled number is known only between two."""
    return _say(
        "whatever-weights",
        "The groups’ sizes are not given; whatever they are, the pooled result lies between "
        "{low:exact} and {high:exact}.",
        "Les effectifs des groupes ne sont pas donnés ; quels qu’ils soient, le résultat groupé "
        "se situe entre {low:exact} et {high:exact}.",
        low=low,
        high=high,
    )


def weights_matter(low: Decimal, high: Decimal) -> Message:
    """A pooled number is needed and not known."""
    return _say(
        "weights-matter",
        "The groups’ sizes are not given, and the answer depends on them: the pooled result lies "
        "between {low:exact} and {high:exact}.",
        "Les effectifs des groupes ne sont pas donnés, et la réponse en dépend : le résultat "
        "groupé se situe entre {low:exact} et {high:exact}.",
        low=low,
        high=high,
    )


def unbounded() -> Message:
    """The number is infinite and the term has no end in that direction."""
    return _say(
        "unbounded",
        "The bound to be paid by the unit is infinite: the data cannot bound the effect at this "
        "level.",
        "La borne à payer à l’unité est infinie : les données ne bornent pas l’effet à ce niveau.",
    )


def pays(amount: Amount) -> Message:
    """The amount of a clause."""
    if isinstance(amount, Decimal):
        return _say("pays", "Amount: {amount:money}.", "Montant : {amount:money}.", amount=amount)
    return _say(
        "pays-not-published",
        "The clause pays an amount that is not published.",
        "La clause paie un montant qui n’est pas publié.",
    )


def by_the_unit(
    pay: Decimal, per_unit: Decimal, value: Decimal, start: Decimal, amount: Decimal
) -> Message:
    """Fixed part plus price times units; parts that are nothing are left out."""
    fixed = "{pay:money} + " if pay else ""
    units = "({value:exact} − {start:exact})" if start else "{value:exact}"
    sentence = f"{fixed}{{per_unit:money}} × {units} = {{amount:money}}."
    return _say(
        f"by-the-unit{'.fixed' if pay else ''}{'.start' if start else ''}",
        sentence,
        sentence,
        pay=pay,
        per_unit=per_unit,
        value=value,
        start=start,
        amount=amount,
    )


def floored(floor: Decimal) -> Message:
    """The floor binds."""
    return _say(
        "floor",
        "The amount is not below the floor of {floor:money}.",
        "Le montant ne descend pas sous le plancher de {floor:money}.",
        floor=floor,
    )


def ceilinged(ceiling: Decimal) -> Message:
    """The ceiling of a clause binds."""
    return _say(
        "ceiling",
        "The amount stops at the ceiling of {ceiling:money}.",
        "Le montant s’arrête au plafond de {ceiling:money}.",
        ceiling=ceiling,
    )


def rounded_to(amount: Decimal) -> Message:
    """The contract's rounding of money changed the amount."""
    return _say(
        "money-rounded",
        "Rounded as the contract says: {amount:money}.",
        "Arrondi comme le prévoit le contrat : {amount:money}.",
        amount=amount,
    )


def already_paid(groups: Iterable[str]) -> Message:
    """An earlier clause has paid."""
    names = ", ".join(groups)
    return _say(
        "already-paid",
        "An earlier clause has paid for {groups:text}, so this one is not reached and pays nothing.",
        "Une clause précédente a payé pour {groups:text} : celle-ci n’est pas atteinte et ne paie "
        "rien.",
        groups=names,
    )


def earlier_open() -> Message:
    """An earlier clause is not settled."""
    return _say(
        "earlier-open",
        "An earlier clause is not settled yet, and it decides whether this one pays.",
        "Une clause précédente n’est pas encore tranchée, et elle décide si celle-ci paie.",
    )


def pool_open() -> Message:
    """An earlier clause decides who is pooled."""
    return _say(
        "pool-open",
        "An earlier clause is not settled yet, and it decides which groups are pooled here.",
        "Une clause précédente n’est pas encore tranchée, et elle décide quels groupes sont réunis "
        "ici.",
    )


def left_out(groups: Iterable[str]) -> Message:
    """Groups left out of the pool."""
    return _say(
        "left-out",
        "Left out of the pool: {groups:text}.",
        "Hors du groupement : {groups:text}.",
        groups=", ".join(groups),
    )


def summed(total: Amount, count: int) -> Message:
    """The sum over clauses."""
    if isinstance(total, Decimal):
        return _say(
            "sum",
            "Sum of {count:int} judged amounts: {total:money}.",
            "Somme de {count:int} montants jugés : {total:money}.",
            count=count,
            total=total,
        )
    return _say(
        "sum-not-published",
        "One of the {count:int} judged amounts is not published, so their sum is not either.",
        "L’un des {count:int} montants jugés n’est pas publié : leur somme ne l’est donc pas non plus.",
        count=count,
    )


def cap_applied(cap: Amount, after: Amount) -> Message:
    """The ceiling over a payment."""
    if not isinstance(cap, Decimal):
        return _say(
            "cap-not-published",
            "The ceiling over the payment is not published.",
            "Le plafond du paiement n’est pas publié.",
        )
    if not isinstance(after, Decimal):
        return _say(
            "cap",
            "The ceiling over the payment is {cap:money}.",
            "Le plafond du paiement est de {cap:money}.",
            cap=cap,
        )
    return _say(
        "cap-after",
        "Under the ceiling of {cap:money} this comes to {after:money}.",
        "Sous le plafond de {cap:money}, cela fait {after:money}.",
        cap=cap,
        after=after,
    )


# --- gates, baskets, rate cards, bonuses -------------------------------------------------------


def gate_shut(name: str) -> Message:
    """A condition before the clause is not met."""
    return _say(
        "gate-shut",
        "The condition {gate:text} that this clause stands behind is not met, so nothing is paid.",
        "La condition {gate:text}, dont dépend cette clause, n’est pas remplie : rien n’est payé.",
        gate=name,
    )


def gate_waits(name: str) -> Message:
    """A condition before the clause is not judged."""
    return _say(
        "gate-waits",
        "The condition {gate:text} that this clause stands behind is not settled yet.",
        "La condition {gate:text}, dont dépend cette clause, n’est pas encore tranchée.",
        gate=name,
    )


def part_share(share: Decimal, weight: Decimal) -> Message:
    """How far a part of a basket got."""
    return _say(
        "part-share",
        "In the basket this counts for {share:in_percent}, with a weight of {weight:in_percent}.",
        "Dans le panier, cela compte pour {share:in_percent}, avec un poids de {weight:in_percent}.",
        share=_shown(share),
        weight=in_percent(weight),
    )


def basket_waits() -> Message:
    """A basket with an open part is open."""
    return _say(
        "basket-waits",
        "The basket is paid as one, and another part of it is not settled yet.",
        "Le panier se paie d’un bloc, et une autre de ses parties n’est pas encore tranchée.",
    )


def no_making_up() -> Message:
    """Surplus of a part does not make up for another."""
    return _say(
        "no-making-up",
        "One part falls short, so no other part counts for more than 100%.",
        "Une partie n’est pas entièrement atteinte : aucune autre ne compte pour plus de 100 %.",
    )


def adds_to_basket(amount: Amount) -> Message:
    """What a part adds."""
    if isinstance(amount, Decimal):
        return _say(
            "adds-to-basket",
            "This part adds {amount:money}.",
            "Cette partie apporte {amount:money}.",
            amount=amount,
        )
    return _say(
        "adds-not-published",
        "What this part adds is not published.",
        "Ce que cette partie apporte n’est pas publié.",
    )


def basket_index(index: Decimal, pay: Amount, total: Amount) -> Message:
    """The index and the payment."""
    if not isinstance(pay, Decimal):
        return _say(
            "basket-not-published",
            "The basket reaches {index:in_percent} of its target; the payment at 100% is not published.",
            "Le panier atteint {index:in_percent} de son objectif ; le paiement à 100 % n’est pas publié.",
            index=_shown(index),
        )
    return _say(
        "basket-index",
        "The basket reaches {index:in_percent} of its target of {pay:money}: {total:money}.",
        "Le panier atteint {index:in_percent} de son objectif de {pay:money} : {total:money}.",
        index=_shown(index),
        pay=pay,
        total=total,
    )


def card_waits() -> Message:
    """A line of the rate card is open."""
    return _say(
        "card-waits",
        "Another line of the rate card is not settled yet, and a ceiling for each person binds them together.",
        "Une autre ligne du barème n’est pas encore tranchée, et un plafond par personne les lie.",
    )


def person_ceiling_not_published() -> Message:
    """The ceiling or a price is not public."""
    return _say(
        "person-ceiling-not-published",
        "The ceiling for each person, or a price, is not published, so the amount is not either.",
        "Le plafond par personne, ou un prix, n’est pas publié : le montant ne l’est donc pas non plus.",
    )


def ceiling_out_of_reach(ceiling: Decimal, most: Decimal) -> Message:
    """Nobody can reach the ceiling."""
    return _say(
        "ceiling-out-of-reach",
        "Each milestone is paid once, {most:money} at most for one person: the ceiling of {ceiling:money} for each person cannot bind.",
        "Chaque étape est payée une fois, {most:money} au plus par personne : le plafond de {ceiling:money} par personne ne peut pas jouer.",
        most=most,
        ceiling=ceiling,
    )


def claims_needed(ceiling: Decimal) -> Message:
    """Counts do not say who reached what."""
    return _say(
        "claims-needed",
        "Counts alone do not say who reached what, and nobody brings more than {ceiling:money}: the claims of each person are needed.",
        "Les nombres seuls ne disent pas qui a atteint quoi, et personne ne rapporte plus de {ceiling:money} : il faut les demandes de paiement par personne.",
        ceiling=ceiling,
    )


def person_ceilings(people: int, ceiling: Decimal, lost: Decimal, total: Decimal) -> Message:
    """What the ceilings of persons hold back."""
    return _say(
        "person-ceilings",
        "{people:int} {people:plural:person is|people are} beyond the ceiling of {ceiling:money} for each person; {lost:money} is not paid, which leaves {total:money}.",
        "{people:int} {people:plural:personne dépasse|personnes dépassent} le plafond de {ceiling:money} par personne ; {lost:money} n’est pas payé, ce qui laisse {total:money}.",
        people=people,
        ceiling=ceiling,
        lost=lost,
        total=total,
    )


def repeated_claims(count: int) -> Message:
    """Milestones claimed again."""
    return _say(
        "repeated-claims",
        "Each milestone is paid once for a person: {count:int} repeated {count:plural:claim is|claims are} not counted.",
        "Chaque étape n’est payée qu’une fois par personne : {count:int} {count:plural:demande répétée n’est pas comptée|demandes répétées ne sont pas comptées}.",
        count=count,
    )


def in_dead_band(away: Decimal, band: Decimal) -> Message:
    """Too close to the target to matter."""
    return _say(
        "in-dead-band",
        "{away:exact} from the target lies inside the dead band of {band:exact} on either side: nothing is paid and nothing is owed.",
        "Un écart de {away:exact} par rapport à l’objectif reste dans la bande neutre de {band:exact} de part et d’autre : rien n’est payé et rien n’est dû.",
        away=away,
        band=band,
    )


def beyond_not_published(above: bool) -> Message:
    """Beyond the dead band with an unknown amount."""
    if above:
        return _say(
            "bonus-not-published",
            "The result is beyond the dead band; the bonus is not published.",
            "Le résultat dépasse la bande neutre ; le bonus n’est pas publié.",
        )
    return _say(
        "malus-not-published",
        "The result is below the dead band; the penalty is not published.",
        "Le résultat est sous la bande neutre ; le malus n’est pas publié.",
    )


def beyond_dead_band(away: Decimal, band: Decimal, full: Decimal, most: Decimal) -> Message:
    """Bonus or penalty."""
    if abs(away) >= full or not away.is_finite():
        return _say(
            "whole-bonus" if away > 0 else "whole-malus",
            f"At {{full:exact}} or more {'above' if away > 0 else 'below'} the target the whole "
            f"{'bonus' if away > 0 else 'penalty'} is due: {{most:money}}.",
            f"À {{full:exact}} ou plus {'au-dessus' if away > 0 else 'au-dessous'} de l’objectif, "
            f"tout le {'bonus' if away > 0 else 'malus'} est dû : {{most:money}}.",
            full=full,
            most=most,
        )
    return _say(
        "bonus" if away > 0 else "malus",
        f"{{most:money}} × ({{away:exact}} − {{band:exact}}) / ({{full:exact}} − {{band:exact}}) is "
        f"the {'bonus' if away > 0 else 'penalty'}.",
        f"{{most:money}} × ({{away:exact}} − {{band:exact}}) / ({{full:exact}} − {{band:exact}}) : "
        f"c’est le {'bonus' if away > 0 else 'malus'}.",
        most=most,
        away=abs(away),
        band=band,
        full=full,
    )


def no_saving() -> Message:
    """Nothing was saved."""
    return _say(
        "no-saving",
        "There is no saving to share, and a loss is not shared.",
        "Il n’y a pas d’économie à partager, et une perte ne se partage pas.",
    )


def share_of_saving(
    saving: Decimal, value: Decimal, people: Decimal, share: Decimal, amount: Decimal
) -> Message:
    """Share times saving times units times people."""
    times = " × {people:int}" if people != 1 else ""
    said = f"{{share:in_percent}} × {{saving:money}} × {{value:exact}}{times} = {{amount:money}}."
    return _say(
        f"share-of-saving{'.people' if times else ''}",
        said,
        said,
        share=in_percent(share),
        saving=saving,
        value=value,
        people=int(people),
        amount=amount,
    )


def people_unknown() -> Message:
    """A saving by people whose number is not known."""
    return _say(
        "people-unknown",
        "The saving counts for each person, and the number of people is not given.",
        "L’économie se compte par personne, et le nombre de personnes n’est pas donné.",
    )


def base_open() -> Message:
    """A percentage of something that is not known."""
    return _say(
        "base-open",
        "The bonus is a percentage of a payment that is not settled yet.",
        "Le bonus est un pourcentage d’un paiement qui n’est pas encore tranché.",
    )


def percent_of(percent: Decimal, base: Decimal, amount: Decimal) -> Message:
    """A percentage of another term."""
    return _say(
        "percent-of",
        "{percent:exact}% of {base:money} is {amount:money}.",
        "{percent:exact} % de {base:money} font {amount:money}.",
        percent=percent,
        base=base,
        amount=amount,
    )
