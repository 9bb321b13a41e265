"""The sentences about effects by group."""

from __future__ import annotations

from decimal import Decimal

from impacteval.values import Message, Text

_DIFFER = Text(
    en=(
        "Are the effects different? Yes: they differ by more than chance alone would explain "
        "(p = {p_value:number})."
    ),
    fr=(
        "Les effets sont-ils différents ? Oui : le hasard seul n'explique pas de tels écarts "
        "(p = {p_value:number})."
    ),
)
_ALIKE = Text(
    en=(
        "Are the effects different? Nothing shows it: chance alone would explain such gaps "
        "(p = {p_value:number}). That does not prove that they are the same."
    ),
    fr=(
        "Les effets sont-ils différents ? Rien ne le montre : le hasard seul expliquerait de tels écarts "
        "(p = {p_value:number}). Cela ne prouve pas qu'ils soient identiques."
    ),
)
_SEVERAL = {
    "max_t": Text(
        en=(
            "Looking at {looks:int} groups finds something by chance more often than looking at one. "
            "The adjusted p-values allow for it, from how the errors of the groups go together. All "
            "intervals hold the truth at once with confidence {level:percent}."
        ),
        fr=(
            "Regarder {looks:int} groupes fait trouver quelque chose par hasard plus souvent que d'en "
            "regarder un seul. Les valeurs p ajustées en tiennent compte, d'après la façon dont les "
            "erreurs des groupes vont ensemble. Tous les intervalles contiennent la vérité à la fois "
            "avec une confiance de {level:percent}."
        ),
    ),
    "holm": Text(
        en=(
            "Looking at {looks:int} groups finds something by chance more often than looking at one. "
            "The adjusted p-values allow for it (Holm). All intervals hold the truth at once with "
            "confidence {level:percent} or more (Bonferroni)."
        ),
        fr=(
            "Regarder {looks:int} groupes fait trouver quelque chose par hasard plus souvent que d'en "
            "regarder un seul. Les valeurs p ajustées en tiennent compte (Holm). Tous les intervalles "
            "contiennent la vérité à la fois avec une confiance de {level:percent} ou plus "
            "(Bonferroni)."
        ),
    ),
    "bonferroni": Text(
        en=(
            "Looking at {looks:int} groups finds something by chance more often than looking at one. "
            "The adjusted p-values allow for it. All intervals hold the truth at once with "
            "confidence {level:percent} or more (both Bonferroni)."
        ),
        fr=(
            "Regarder {looks:int} groupes fait trouver quelque chose par hasard plus souvent que d'en "
            "regarder un seul. Les valeurs p ajustées en tiennent compte. Tous les intervalles "
            "contiennent la vérité à la fois avec une confiance de {level:percent} ou plus "
            "(Bonferroni dans les deux cas)."
        ),
    ),
}
_HIDDEN = Text(
    en=(
        "{hidden:int} {hidden:plural:group is|groups are} not shown: fewer than {least:int} people with "
        "the programme or without it, or another group so small could be computed from the total."
    ),
    fr=(
        "{hidden:int} {hidden:plural:groupe n'est pas montré|groupes ne sont pas montrés} : moins de "
        "{least:int} personnes avec le programme ou sans lui, ou bien un autre groupe aussi petit pourrait "
        "être calculé à partir du total."
    ),
)
_ALL_REACH = Text(
    en=(
        "Every group reaches the floor of {floor:exact}{unit}: this is shown (the weakest group has "
        "p = {p_value:number})."
    ),
    fr=(
        "Chaque groupe atteint le plancher de {floor:exact}{unit} : c'est établi (le groupe le plus "
        "faible a p = {p_value:number})."
    ),
)
_NOT_ALL_REACH = Text(
    en=(
        "That every group reaches the floor of {floor:exact}{unit} is not shown (the weakest group "
        "has p = {p_value:number})."
    ),
    fr=(
        "Que chaque groupe atteigne le plancher de {floor:exact}{unit} n'est pas établi (le groupe le "
        "plus faible a p = {p_value:number})."
    ),
)

_RATIOS = Text(
    en=(
        "These are relative effects. With very skewed outcomes in groups of 24 to 400 people, looks "
        "that should mislead 5 times in 100 misled {low:number1} to {high:number1} times when this was "
        "measured."
    ),
    fr=(
        "Ce sont des effets relatifs. Avec des résultats très dissymétriques dans des groupes de 24 à "
        "400 personnes, des examens qui devraient tromper 5 fois sur 100 ont trompé de {low:number1} à "
        "{high:number1} fois quand cela a été mesuré."
    ),
)


def ratios() -> Message:
    """How far looks at relative effects can mislead, as measured."""
    return Message("subgroups.ratios", _RATIOS, {"low": Decimal("7.3"), "high": Decimal("8.5")})


def differ(p_value: Decimal) -> Message:
    """The effects are different."""
    return Message("subgroups.differ", _DIFFER, {"p_value": p_value})


def alike(p_value: Decimal) -> Message:
    """Nothing shows that the effects are different."""
    return Message("subgroups.alike", _ALIKE, {"p_value": p_value})


def several(multiplicity: str, looks: int, level: Decimal) -> Message:
    """How looking at several groups was allowed for."""
    values = {"looks": looks, "level": level}
    return Message(f"subgroups.{multiplicity}", _SEVERAL[multiplicity], values)


def hidden(groups: int, least: int) -> Message:
    """How many groups are not shown, and why."""
    return Message("subgroups.hidden", _HIDDEN, {"hidden": groups, "least": least})


def all_reach(floor: Decimal, unit: Text, p_value: Decimal, shown: bool) -> Message:
    """Whether all groups reach the floor."""
    spaced = Text(
        en=unit.en if unit.en.startswith("%") else f" {unit.en}",
        fr=f" {unit.fr}",
    )
    key, text = ("all-reach", _ALL_REACH) if shown else ("not-all-reach", _NOT_ALL_REACH)
    return Message(f"subgroups.{key}", text, {"floor": floor, "unit": spaced, "p_value": p_value})
