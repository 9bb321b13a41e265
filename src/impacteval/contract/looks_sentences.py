"""Looks at growing data said back: how they spend the error, and what is expected of each."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from impacteval.contract.calendar import Look
from impacteval.contract.calendar_information import series_of
from impacteval.contract.saying import plain, say
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from impacteval.contract.model import Contract

_EXAMPLE = Decimal("0.95")
_HOW = {
    "obrien_fleming": Text(
        en="early looks use up next to nothing of it (O'Brien-Fleming)",
        fr="les premières n'en utilisent presque rien (O'Brien-Fleming)",
    ),
    "pocock": Text(
        en="each uses up about as much of it (Pocock)",
        fr="chacune en utilise à peu près autant (Pocock)",
    ),
    "always_valid": Text(
        en="the bounds hold however many more looks there are (always valid)",
        fr="les bornes tiennent quel que soit le nombre de lectures à venir (toujours valides)",
    ),
}


def look_sentence(look: Look, share: Decimal) -> Message:
    """What a look at growing data may use up, and how much of the information it is to have."""
    values = {
        "name": look.name,
        "share": plain(100 * share),
        "level": plain(100 * (1 - share * (1 - _EXAMPLE))),
    }
    if look.information == 1:
        return say(
            "look-last-share",
            "“{name}” is the last look at these data. Of what may go wrong, it may use up "
            "{share:exact}%: a level of 95% becomes {level:exact}% there.",
            "« {name} » est la dernière lecture de ces données. Du risque d'erreur, elle peut utiliser "
            "{share:exact} % : un niveau de 95 % y devient {level:exact} %.",
            **values,
        )
    return say(
        "look-share",
        "“{name}” is to have {information:percent} of the information of the last look. Of what may go "
        "wrong, it may use up {share:exact}%: a level of 95% becomes {level:exact}% there.",
        "« {name} » doit disposer de {information:percent} de l'information de la dernière lecture. Du "
        "risque d'erreur, elle peut utiliser {share:exact} % : un niveau de 95 % y devient "
        "{level:exact} %.",
        information=plain(look.information or Decimal(0)),
        **values,
    )


def looks_sentences(contract: Contract) -> Iterator[Message]:
    """How looks spend the error together, and against what their information is held."""
    calendar = contract.calendar
    series = series_of(contract)
    if calendar is None or calendar.spending is None or not series:
        return
    how = _HOW[calendar.spending]
    yield say(
        f"spending-{calendar.spending.replace('_', '-')}",
        "Results are looked at while data grow, and a lucky result at one look is still in the data of "
        "the next. Each look is judged at a stricter level, so that all of them together go wrong no "
        "more often than the rule alone: {how}.",
        "Les résultats sont lus pendant que les données s'accumulent, et un résultat chanceux reste "
        "dans les données de la lecture suivante. Chaque lecture est jugée à un niveau plus strict, "
        "pour qu'ensemble elles ne se trompent pas plus souvent que la règle seule : {how}.",
        how=how,
    )
    if all(sum((look.share or Decimal(0) for look in at), Decimal(0)) > 1 for at in series):
        yield say(
            "spending-sum",
            "That is why the shares add up to more than 100%: most of what could go wrong at one look "
            "could go wrong at the next as well.",
            "C'est pourquoi la somme des parts dépasse 100 % : l'essentiel de ce qui peut tromper une "
            "lecture peut aussi tromper la suivante.",
        )
    if calendar.planned is None:
        return
    for name, error in calendar.planned.std_error.items():
        yield say(
            "planned-error",
            "“{outcome}”: the standard error planned for the last look is {error:number}. Where the "
            "share of the information that is there differs from the stated one by more than "
            "{tolerance:number} percentage points, the report says that the error is no longer exactly kept.",
            "« {outcome} » : l'erreur type prévue à la dernière lecture est de {error:number}. Si la "
            "part d'information disponible s'écarte de plus de {tolerance:number} points de pourcentage de "
            "celle qui est indiquée, le rapport dit que le risque d'erreur n'est plus exactement respecté.",
            outcome=contract.outcomes[name].plain_name.text(),
            error=plain(error),
            tolerance=plain(100 * calendar.planned.tolerance),
        )
