"""The sentences about gates, baskets, rate cards, bonuses and savings, in both languages."""

from __future__ import annotations

from decimal import Decimal

from impacteval.contract.money import ARITHMETIC, Amount, rounded
from impacteval.contract.words import in_percent, told
from impacteval.files import plain
from impacteval.values import Message


def _shown(fraction: Decimal) -> Decimal:
    """A fraction in percent, to two decimals: for the eye, never for the money."""
    return Decimal(plain(rounded(ARITHMETIC.multiply(fraction, Decimal(100)), 2, "half_even")))


def gate_shut(name: str) -> Message:
    """A condition before the clause is not met."""
    return told(
        "gate-shut",
        "The condition {gate:text} that this clause stands behind is not met, so nothing is paid.",
        "La condition {gate:text}, dont dépend cette clause, n’est pas remplie : rien n’est payé.",
        gate=name,
    )


def gate_waits(name: str) -> Message:
    """A condition before the clause is not judged."""
    return told(
        "gate-waits",
        "The condition {gate:text} that this clause stands behind is not settled yet.",
        "La condition {gate:text}, dont dépend cette clause, n’est pas encore tranchée.",
        gate=name,
    )


def part_share(share: Decimal, weight: Decimal) -> Message:
    """How far a part of a basket got."""
    return told(
        "part-share",
        "In the basket this counts for {share:in_percent}, with a weight of {weight:in_percent}.",
        "Dans le panier, cela compte pour {share:in_percent}, avec un poids de {weight:in_percent}.",
        share=_shown(share),
        weight=in_percent(weight),
    )


def basket_waits() -> Message:
    """A basket with an open part is open."""
    return told(
        "basket-waits",
        "The basket is paid as one, and another part of it is not settled yet.",
        "Le panier se paie d’un bloc, et une autre de ses parties n’est pas encore tranchée.",
    )


def no_making_up() -> Message:
    """Surplus of a part does not make up for another."""
    return told(
        "no-making-up",
        "One part falls short, so no other part counts for more than 100%.",
        "Une partie n’est pas entièrement atteinte : aucune autre ne compte pour plus de 100 %.",
    )


def adds_to_basket(amount: Amount) -> Message:
    """What a part adds."""
    if isinstance(amount, Decimal):
        return told(
            "adds-to-basket",
            "This part adds {amount:money}.",
            "Cette partie apporte {amount:money}.",
            amount=amount,
        )
    return told(
        "adds-not-published",
        "What this part adds is not published.",
        "Ce que cette partie apporte n’est pas publié.",
    )


def basket_index(index: Decimal, pay: Amount, total: Amount) -> Message:
    """The index and the payment."""
    if not isinstance(pay, Decimal):
        return told(
            "basket-not-published",
            "The basket reaches {index:in_percent} of its target; the payment at 100% is not published.",
            "Le panier atteint {index:in_percent} de son objectif ; le paiement à 100 % n’est pas publié.",
            index=_shown(index),
        )
    return told(
        "basket-index",
        "The basket reaches {index:in_percent} of its target of {pay:money}: {total:money}.",
        "Le panier atteint {index:in_percent} de son objectif de {pay:money} : {total:money}.",
        index=_shown(index),
        pay=pay,
        total=total,
    )


def card_waits() -> Message:
    """A line of the rate card is open."""
    return told(
        "card-waits",
        "Another line of the rate card is not settled yet, and a ceiling for each person binds them together.",
        "Une autre ligne du barème n’est pas encore tranchée, et un plafond par personne les lie.",
    )


def person_ceiling_not_published() -> Message:
    """The ceiling or a price is not public."""
    return told(
        "person-ceiling-not-published",
        "The ceiling for each person, or a price, is not published, so the amount is not either.",
        "Le plafond par personne, ou un prix, n’est pas publié : le montant ne l’est donc pas non plus.",
    )


def ceiling_out_of_reach(ceiling: Decimal, most: Decimal) -> Message:
    """Nobody can reach the ceiling."""
    return told(
        "ceiling-out-of-reach",
        "Each milestone is paid once, {most:money} at most for one person: the ceiling of {ceiling:money} for each person cannot bind.",
        "Chaque étape est payée une fois, {most:money} au plus par personne : le plafond de {ceiling:money} par personne ne peut pas jouer.",
        most=most,
        ceiling=ceiling,
    )


def counts_below_ceiling(ceiling: Decimal, most: Decimal) -> Message:
    """With these counts nobody can reach the ceiling."""
    return told(
        "counts-below-ceiling",
        "With these counts one person can bring {most:money} at most: the ceiling of {ceiling:money} for each person binds nobody.",
        "Avec ces nombres, une personne peut rapporter {most:money} au plus : le plafond de {ceiling:money} par personne ne retient rien.",
        most=most,
        ceiling=ceiling,
    )


def claims_needed(ceiling: Decimal) -> Message:
    """Counts do not say who reached what."""
    return told(
        "claims-needed",
        "Counts alone do not say who reached what, and nobody brings more than {ceiling:money}: the claims of each person are needed.",
        "Les nombres seuls ne disent pas qui a atteint quoi, et personne ne rapporte plus de {ceiling:money} : il faut les demandes de paiement par personne.",
        ceiling=ceiling,
    )


def person_ceilings(people: int, ceiling: Decimal, lost: Decimal, total: Decimal) -> Message:
    """What the ceilings of persons hold back."""
    return told(
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
    return told(
        "repeated-claims",
        "Each milestone is paid once for a person: {count:int} repeated {count:plural:claim is|claims are} not counted.",
        "Chaque étape n’est payée qu’une fois par personne : {count:int} {count:plural:demande répétée n’est pas comptée|demandes répétées ne sont pas comptées}.",
        count=count,
    )


def in_dead_band(away: Decimal, band: Decimal) -> Message:
    """Too close to the target to matter."""
    return told(
        "in-dead-band",
        "{away:exact} from the target lies inside the dead band of {band:exact} on either side: nothing is paid and nothing is owed.",
        "Un écart de {away:exact} par rapport à l’objectif reste dans la bande neutre de {band:exact} de part et d’autre : rien n’est payé et rien n’est dû.",
        away=away,
        band=band,
    )


def beyond_not_published(above: bool) -> Message:
    """Beyond the dead band with an unknown amount."""
    if above:
        return told(
            "bonus-not-published",
            "The result is beyond the dead band; the bonus is not published.",
            "Le résultat dépasse la bande neutre ; le bonus n’est pas publié.",
        )
    return told(
        "malus-not-published",
        "The result is below the dead band; the penalty is not published.",
        "Le résultat est sous la bande neutre ; le malus n’est pas publié.",
    )


def beyond_dead_band(away: Decimal, band: Decimal, full: Decimal, most: Decimal) -> Message:
    """Bonus or penalty."""
    if abs(away) >= full or not away.is_finite():
        return told(
            "whole-bonus" if away > 0 else "whole-malus",
            f"At {{full:exact}} or more {'above' if away > 0 else 'below'} the target the whole "
            f"{'bonus' if away > 0 else 'penalty'} is due: {{most:money}}.",
            f"À {{full:exact}} ou plus {'au-dessus' if away > 0 else 'au-dessous'} de l’objectif, "
            f"tout le {'bonus' if away > 0 else 'malus'} est dû : {{most:money}}.",
            full=full,
            most=most,
        )
    return told(
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
    return told(
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
    return told(
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
    return told(
        "people-unknown",
        "The saving counts for each person, and the number of people is not given.",
        "L’économie se compte par personne, et le nombre de personnes n’est pas donné.",
    )


def base_open() -> Message:
    """A percentage of something that is not known."""
    return told(
        "base-open",
        "The bonus is a percentage of a payment that is not settled yet.",
        "Le bonus est un pourcentage d’un paiement qui n’est pas encore tranché.",
    )


def percent_of(percent: Decimal, base: Decimal, amount: Decimal) -> Message:
    """A percentage of another term."""
    return told(
        "percent-of",
        "{percent:exact}% of {base:money} is {amount:money}.",
        "{percent:exact} % de {base:money} font {amount:money}.",
        percent=percent,
        base=base,
        amount=amount,
    )
