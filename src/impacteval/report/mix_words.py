"""What is said of a mix of places, in plain words and both languages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from impacteval.values import Message, Text

DESIGN = (
    Text(
        en=(
            "No single place is quite like the one served. Others that were not served are combined so "
            "that together they move as the served place did before the service began; how they moved "
            "since shows what would have happened there without it."
        ),
        fr=(
            "Aucun lieu n'est tout à fait comme celui qui a été servi. D'autres, qui ne l'ont pas été, sont "
            "combinés de sorte qu'ensemble ils évoluent comme le lieu servi avant le début du service ; "
            "leur évolution depuis montre ce qui s'y serait passé sans lui."
        ),
    ),
    Text(
        en=(
            "{served:int} served {served:plural:place|places}, compared with a combination of "
            "{others:int} {others:plural:other place|other places}."
        ),
        fr=(
            "{served:int} {served:plural:lieu servi comparé|lieux servis comparés} à une combinaison de "
            "{others:int} {others:plural:autre lieu|autres lieux}."
        ),
    ),
)
"""What shows what would have happened otherwise, and how many are compared."""

NO_WEIGHT = 0.0005
"""A weight below this reads as 0.0% and carries no part of the result that a reader can see."""
DOMINATES = 0.5
"""From this weight on one place decides more of the mix than all others together."""
WARNED = {
    "mix.many": "sc.many-solutions",
    "mix.outside": "sc.outside-hull",
    "mix.dominates": "sc.one-donor",
    "mix.twins": "sc.duplicates",
}
"""Warnings that a method may give itself, with names of places; they stand in the place of ours."""
PROVED = 1e-6
"""A fit whose proof leaves no more than this share open is the closest for every purpose."""


def _message(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"mix.{key}", Text(en=en, fr=fr), values)


# --- the weights ------------------------------------------------------------------------------


def made_of(weights: list[tuple[str, float]], without: int, *, several: bool) -> Message:
    """Of which places the mix is made, in a sentence: all of them, or the three heaviest.

    Parameters
    ----------
    weights : list of (place, weight)
        Those that weigh something, heaviest first.
    without : int
        Places that could have been used and were not.
    several : bool
        Whether each weight is a mean over the mixes of several served places.
    """
    values: dict[str, Any] = {"n": len(weights), "without": without}
    told = weights if len(weights) <= 5 else weights[:3]
    for k, (place, weight) in enumerate(told):
        values |= {f"place_{k}": place, f"weight_{k}": weight}
    parts = [f"{{place_{k}:text}} ({{weight_{k}:percent}})" for k in range(len(told))]
    en, fr = (_listed(parts, last) for last in ("and", "et"))
    if not told:
        return _message(
            "weights-none",
            "No place has a weight that could be shown.",
            "Aucun lieu n'a de poids qui puisse être montré.",
        )
    lead_en, lead_fr = "The mix is made of", "La combinaison est faite de"
    if several:
        lead_en = "Taken together, the mixes are made of"
        lead_fr = "Prises ensemble, les combinaisons sont faites de"
    if len(told) < len(weights):
        en = f"{lead_en} {{n:int}} places, above all {en}."
        fr = f"{lead_fr} {{n:int}} lieux, surtout {fr}."
    else:
        en = f"{lead_en} {{n:int}} {{n:plural:place|places}}: {en}."
        fr = f"{lead_fr} {{n:int}} {{n:plural:lieu|lieux}} : {fr}."
    if without:
        en += " {without:int} {without:plural:other has|others have} no weight in it."
        fr += " {without:int} {without:plural:autre n'y a|autres n'y ont} aucun poids."
    return Message("mix.weights", Text(en=en, fr=fr), values)


def _listed(parts: list[str], last: str) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


# --- the fit ----------------------------------------------------------------------------------


def fit(
    certificate: Mapping[str, Any], unit: Text, before: int, *, several: bool
) -> Iterator[Message]:
    """How well the mix followed the place before, and that no other follows it better.

    Parameters
    ----------
    certificate : mapping
        Of the estimate.
    unit : Text
        The outcome's own.
    before : int
        Periods from before the service.
    several : bool
        Whether several places are served.
    """
    own, others = certificate.get("pre_rmspe"), certificate.get("donors_median_pre_rmspe")
    if own is not None:
        values: dict[str, Any] = {"own": own, "unit": unit, "before": before}
        if several:
            en = (
                "In the periods before the service, the served places and their mixes were typically "
                "{own:number} apart ({unit})."
            )
            fr = (
                "Sur les périodes qui précèdent le service, les lieux servis et leurs combinaisons "
                "s'écartaient typiquement de {own:number} ({unit})."
            )
        else:
            en = (
                "In the {before:int} periods before the service, the served place and its mix were "
                "typically {own:number} apart ({unit})."
            )
            fr = (
                "Sur les {before:int} périodes qui précèdent le service, le lieu servi et sa combinaison "
                "s'écartaient typiquement de {own:number} ({unit})."
            )
        if others is not None:
            values["others"] = others
            en += (
                " For the other places, each followed by a mix of the rest in the same way, the middle "
                "value is {others:number}."
            )
            fr += (
                " Pour les autres lieux, chacun suivi de même par une combinaison des autres, la valeur "
                "médiane est de {others:number}."
            )
        yield Message("mix.fit", Text(en=en, fr=fr), values)
    open_share = certificate.get("relative_gap")
    if open_share is None:
        return
    if open_share <= PROVED:
        # The digits of rounding say nothing; a power of ten that is surely reached does.
        parts = 10 ** (9 if open_share <= 0 else min(9, _digits(float(open_share))))
        yield _message(
            "proved",
            "That no other weights follow it more closely is proved: what could still be gained is less "
            "than one part in {parts:int} of the squared gaps.",
            "Qu'aucun autre jeu de poids ne le suive de plus près est prouvé : ce qui pourrait encore "
            "être gagné est inférieur à une part sur {parts:int} des écarts au carré.",
            parts=parts,
        )


def _digits(share: float) -> int:
    """How many whole powers of ten a share lies under one.

    Examples
    --------
    >>> _digits(3e-8)
    7
    """
    return math.floor(-math.log10(share))


def cautions(
    certificate: Mapping[str, Any], heaviest: tuple[str, float] | None
) -> Iterator[Message]:
    """What a reader must know before relying on the mix.

    Parameters
    ----------
    certificate : mapping
        Of the estimate.
    heaviest : tuple of (place, weight), optional
        The heaviest place, where there is one mix.
    """
    open_share = certificate.get("relative_gap")
    if open_share is not None and open_share > PROVED:
        yield _message(
            "unproved",
            "It is not proved that these weights are the best: others could lower the squared gaps before "
            "the service by up to {share:percent6}.",
            "Il n'est pas prouvé que ces poids soient les meilleurs : d'autres pourraient réduire les écarts "
            "au carré d'avant le service de {share:percent6} au plus.",
            share=open_share,
        )
    if certificate.get("solutions") == "many":
        yield _message(
            "many",
            "Other weights follow the served place before the service just as well. The weights shown are "
            "one solution among many, and the others may tell another story of what came after.",
            "D'autres poids suivent tout aussi bien le lieu servi avant le service. Les poids montrés sont "
            "une solution parmi d'autres, et celles-ci peuvent raconter autrement la suite.",
        )
    if certificate.get("outside_hull"):
        yield _message(
            "outside",
            "The served place lies outside the range of the others: no mix of them could follow it "
            "exactly, and part of the gap after the start may be that misfit.",
            "Le lieu servi sort du champ des autres : aucune combinaison ne pouvait le suivre exactement, et "
            "une partie de l'écart d'après le début peut venir de ce défaut d'ajustement.",
        )
    smallest = certificate.get("smallest_weight")
    if smallest is not None and smallest <= -NO_WEIGHT:
        yield _message(
            "negative",
            "Some places count negatively in the mix: the comparison reaches beyond what any of them did.",
            "Certains lieux comptent négativement dans la combinaison : la comparaison va au-delà de ce "
            "qu'aucun d'eux n'a connu.",
        )
    if heaviest is not None and heaviest[1] >= DOMINATES:
        yield _message(
            "dominates",
            "One place, {place:text}, makes up {share:percent} of the mix: whatever else happened there "
            "counts as if it would have happened in the served place.",
            "Un seul lieu, {place:text}, forme {share:percent} de la combinaison : tout ce qui s'y est "
            "passé par ailleurs compte comme si cela s'était passé dans le lieu servi.",
            place=heaviest[0],
            share=heaviest[1],
        )


# --- placebos ---------------------------------------------------------------------------------


def placebo(by: str, others: int, as_large: int) -> Message:
    """The placebo test in words.

    Parameters
    ----------
    by : str
        What is compared: ``ratio``, ``effect`` or ``other``.
    others, as_large : int
        Places that were compared, and how many of them show as large a change.
    """
    extreme = ("as large a change", "un changement aussi grand")
    if by == "other":
        extreme = ("at least as unusual a result", "un résultat au moins aussi inhabituel")
    beside = (
        (
            ", measured against how closely each was followed before",
            ", rapporté à la précision avec laquelle chacun était suivi avant",
        )
        if by == "ratio"
        else ("", "")
    )
    if others == 1:
        would = ("it would have shown", "il aurait montré")
        if as_large == 0:
            would = ("it would not have shown", "il n'aurait pas montré")
        start = (
            "Had we pretended that the one other place was the one served",
            "Si l'on avait fait comme si le seul autre lieu était le lieu servi",
        )
    else:
        would = (
            "{as_large:int} of them would have shown",
            "{as_large:int} d'entre eux {as_large:plural:aurait|auraient} montré",
        )
        if as_large == 0:
            would = ("none of them would have shown", "aucun n'aurait montré")
        start = (
            "Had we pretended, in turn, that each of the other {others:int} places was the one served",
            "Si l'on avait fait comme si chacun des {others:int} autres lieux, tour à tour, était servi",
        )
    en, fr = (f"{start[k]}, {would[k]} {extreme[k]}{beside[k]}." for k in (0, 1))
    return _message(f"placebo-{by}", en, fr, others=others, as_large=as_large)


def placements(compared: int, as_large: int) -> Message:
    """The same where several places are served together."""
    return _message(
        "placements",
        "Of {compared:int} ways to choose which places are the ones served, {as_large:int} "
        "{as_large:plural:shows|show} at least as large a change; the real one is among them.",
        "Sur {compared:int} façons de choisir quels lieux sont les lieux servis, {as_large:int} "
        "{as_large:plural:montre|montrent} un changement au moins aussi grand, la vraie comprise.",
        compared=compared,
        as_large=as_large,
    )


def left_out(places: int) -> Message:
    """Which places were left out of the placebo test."""
    return _message(
        "placebo-left-out",
        "{places:int} {places:plural:place was|places were} left out of this comparison: "
        "{places:plural:its mix|their mixes} had followed {places:plural:it|them} too badly before the "
        "start.",
        "{places:int} {places:plural:lieu a été écarté|lieux ont été écartés} de cette comparaison : "
        "{places:plural:sa combinaison le suivait|leurs combinaisons les suivaient} trop mal avant le "
        "début.",
        places=places,
    )


# --- leave-one-out and in-time ----------------------------------------------------------------


def leave_one_out(effects: list[float], unit: Text) -> Message:
    """The range of effects when one place may not be used."""
    return _message(
        "leave-one-out",
        "Without any one of the {n:int} places, in turn, the effect lies between {low:number} and "
        "{high:number} ({unit}).",
        "Sans l'un des {n:int} lieux, tour à tour, l'effet est compris entre {low:number} et "
        "{high:number} ({unit}).",
        n=len(effects),
        low=min(effects),
        high=max(effects),
        unit=unit,
    )


def in_time(n: int) -> Message:
    """What is asked of earlier dates."""
    return _message(
        "in-time",
        "What would have been found had we pretended that the service began earlier, at "
        "{n:plural:a date at which|dates at which} nothing began: it is no effect, and shows how far the "
        "method can be off.",
        "Ce qu'on aurait trouvé en faisant comme si le service avait commencé plus tôt, à "
        "{n:plural:une date où|des dates où} rien ne commençait : ce n'est pas un effet, et cela montre de "
        "combien la méthode peut se tromper.",
        n=n,
    )
