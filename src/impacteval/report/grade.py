"""What kind of evidence a design gives, and how far it can be trusted at best.

The ceiling by design follows the Maryland Scientific Methods Scale as used by the What Works
Centre for Local Economic Growth. The evaluator may lower a grade, never raise it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from impacteval.values import Message, Text

FEW_TREATED = 6
"""Below this many treated places, chance between places cannot be told from the effect."""


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade on the five-point scale, the kind of evidence and why this grade."""

    kind: Message
    grade: int
    why: Message


_KIND: Mapping[str, tuple[int, Text]] = {
    "rct": (
        5,
        Text(
            en="Randomised trial: chance alone decided who was offered the programme.",
            fr="Essai randomisé : seul le hasard a décidé à qui le programme était proposé.",
        ),
    ),
    "did": (
        3,
        Text(
            en="Before-and-after comparison with a comparison group.",
            fr="Comparaison avant-après avec un groupe de comparaison.",
        ),
    ),
    "synthetic_control": (
        3,
        Text(
            en="Comparison with a weighted mix of similar places.",
            fr="Comparaison avec une combinaison pondérée de lieux semblables.",
        ),
    ),
    "matched": (
        3,
        Text(
            en="Comparison with similar people who were not served.",
            fr="Comparaison avec des personnes semblables qui n'ont pas été accompagnées.",
        ),
    ),
    # Whoever stands at a line cannot tell on which side chance put them: next to a lot, and the scale's
    # authors give it 4 where nobody can choose a side.
    "regression_discontinuity": (
        4,
        Text(
            en="Comparison of people on both sides of a cutoff that decided who was served.",
            fr="Comparaison de personnes de part et d'autre d'un seuil qui a décidé de qui était servi.",
        ),
    ),
    # The most that a design without a comparison group can reach: an earlier period's people.
    "count": (
        2,
        Text(
            en="Comparison with people of an earlier period: whatever else has changed since counts as an effect.",
            fr="Comparaison avec des personnes d'une période antérieure : tout ce qui a changé depuis compte comme un effet.",
        ),
    ),
}
_WITHOUT: Mapping[str, Text] = {
    "figure": Text(
        en="Comparison with a stated figure: whether it is what would have happened otherwise cannot be checked.",
        fr="Comparaison avec un chiffre indiqué : on ne peut vérifier qu'il est ce qui se serait passé autrement.",
    ),
    "nothing": Text(
        en="Verified count without any comparison: what would have happened otherwise was not estimated.",
        fr="Décompte vérifié, sans comparaison : ce qui se serait passé autrement n'a pas été estimé.",
    ),
}
_LOWEST = Message(
    "grade.lowest",
    Text(
        en="{grade:int} out of 5 is the lowest on the Maryland scale, which grades comparisons and has no place for a number that is compared with nobody.",
        fr="{grade:int} sur 5 est le plus bas de l'échelle du Maryland, qui note des comparaisons et n'a pas de place pour un nombre qui n'est comparé à personne.",
    ),
    {"grade": 1},
)

_CEILING = Message(
    "grade.ceiling",
    Text(
        en="{grade:int} out of 5 is the most this design can reach on the Maryland scale.",
        fr="{grade:int} sur 5 est le maximum que ce type d'étude peut atteindre sur l'échelle du Maryland.",
    ),
    {"grade": 0},
)
_LOWERED = Message(
    "grade.few-places",
    Text(
        en=(
            "Lowered by one: the programme was assigned to only {places:int} {places:plural:place|places}, so what else "
            "happened there cannot be told from the effect."
        ),
        fr=(
            "Abaissée d'un point : le programme n'a été attribué qu'à {places:int} {places:plural:lieu|lieux}, si bien que ce qui "
            "s'y est passé par ailleurs ne se distingue pas de l'effet."
        ),
    ),
    {"places": 0},
)


_BY_EVALUATOR = Text(
    en="Lowered to {grade:int} by the evaluator: {because}",
    fr="Abaissée à {grade:int} par l'évaluateur : {because}",
)


def ceiling_of(design: str) -> int:
    """The highest grade a design can reach.

    Examples
    --------
    >>> ceiling_of("rct"), ceiling_of("regression_discontinuity"), ceiling_of("matched")
    (5, 4, 3)
    """
    return _KIND[design][0]


def grade(
    design: str,
    treated_clusters: int,
    *,
    lowered: int | None = None,
    because: Text | None = None,
    against: str | None = None,
) -> Grade:
    """The grade of a design with that many treated units of assignment.

    Parameters
    ----------
    design : str
        Design of the sample.
    treated_clusters : int
        Treated units at the level where the service was assigned.
    lowered : int, optional
        The highest grade that the evaluator stands for; it lowers and never raises.
    because : Text, optional
        Why the evaluator lowered it.
    against : str, optional
        What the effect is held against: ``data``, a ``figure`` or ``nothing``. Where it is not
        said, nothing vouches that a count is compared.

    Examples
    --------
    >>> grade("rct", 185).grade, grade("rct", 3).grade, grade("matched", 900).grade
    (5, 4, 3)
    >>> reason = Text(en="The draw was not observed.", fr="Le tirage n'a pas été observé.")
    >>> grade("rct", 185, lowered=4, because=reason).grade
    4
    >>> grade("matched", 900, lowered=5, because=reason).grade
    3
    >>> [grade("count", 900, against=x).grade for x in ("data", "figure", "nothing")]
    [2, 1, 1]
    """
    given = _by_design(design, treated_clusters, against)
    if lowered is None or because is None or lowered >= given.grade:
        return given
    why = Message(
        "grade.by-evaluator", _BY_EVALUATOR, {"grade": max(1, lowered), "because": because}
    )
    return Grade(given.kind, max(1, lowered), why)


def _by_design(design: str, treated_clusters: int, against: str | None) -> Grade:
    against = against or ("nothing" if design == "count" else "data")
    if design == "count" and against in _WITHOUT:
        return Grade(Message(f"grade.kind.{design}-{against}", _WITHOUT[against]), 1, _LOWEST)
    ceiling, words = _KIND[design]
    kind = Message(f"grade.kind.{design}", words)
    if treated_clusters < FEW_TREATED:
        why = Message(_LOWERED.key, _LOWERED.text, {"places": treated_clusters})
        return Grade(kind, max(1, ceiling - 1), why)
    return Grade(kind, ceiling, Message(_CEILING.key, _CEILING.text, {"grade": ceiling}))
