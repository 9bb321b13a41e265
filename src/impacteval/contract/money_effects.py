"""Effects that are money: present values and savings that an evaluator computed.

The contract does not discount, price or convert anything. The evaluator computes an amount in the
contract's currency for each unit, from the measure that the contract describes, and the contract
compares the difference that the programme made to it: for one unit, or in total. So the unit of
such an outcome is money, and the file says of whom.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from impacteval.contract.saying import say, unit_of
from impacteval.contract.units import effect_kind
from impacteval.files.kinds import Relative
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from impacteval.contract.model import Contract, Outcome


def money_problems(contract: Contract) -> Iterator[Relative]:
    """What an effect in money leaves open, and what another effect says about money for nothing."""
    for name, outcome in contract.outcomes.items():
        if effect_kind(outcome.effect).money:
            yield from _unsaid(contract.currency, name, outcome)
        elif outcome.money_is is not None:
            yield (
                ("outcomes", name, "money_is"),
                f"`money_is` concerns effects in money, and `{name}` is judged as {outcome.effect}.",
                "Remove it, or write effect: present_value or cost_saving.",
            )


def _unsaid(currency: str, name: str, outcome: Outcome) -> Iterator[Relative]:
    if outcome.money_is is None:
        yield (
            ("outcomes", name, "effect"),
            f"`{outcome.effect}` is an amount of money, and `{name}` does not say for whom.",
            "Write `money_is: per_unit` or `money_is: in_total`.",
        )
    if outcome.unit is None:
        yield (
            ("outcomes", name, "effect"),
            f"`{outcome.effect}` is an amount of money, and `{name}` does not say its unit.",
            f"Write `unit:` with the currency, such as {currency} per household.",
        )
        return
    said = outcome.unit.text()
    if any(currency not in words.split() for words in (said.en, said.fr)):
        yield (
            ("outcomes", name, "unit"),
            (
                f"`{outcome.effect}` is an amount of money in {currency}, and the unit of `{name}` "
                "does not name that currency in every language."
            ),
            f"Write it in the unit, such as {currency} per household.",
        )


def compared_as_money(outcome: Outcome, noun: Text) -> Message:
    """Which amount of money the contract compares, and who computes it."""
    unit = unit_of(outcome)
    if outcome.effect == "present_value":
        return say(
            "compares-present-value",
            "The contract compares an amount of money, in {unit}: the present value of its {noun} against what would have happened without the programme, as the evaluator computes it.",
            "Le contrat regarde une somme d'argent, en {unit} : la valeur actuelle de sa {noun} par rapport à ce qui se serait passé sans le programme, telle que l'évaluateur la calcule.",
            noun=noun,
            unit=unit,
        )
    return say(
        "compares-cost-saving",
        "The contract compares an amount of money, in {unit}: what is saved against what would have been spent without the programme, as the evaluator computes it.",
        "Le contrat regarde une somme d'argent, en {unit} : ce qui est économisé par rapport à ce qui aurait été dépensé sans le programme, tel que l'évaluateur le calcule.",
        unit=unit,
    )
