"""The sentences about what the loss of people could do."""

from __future__ import annotations

from collections.abc import Mapping

from impacteval.values import Message, Text

TITLES: Mapping[str, Text] = {
    "one_way": Text(
        en="Losing people goes one way (Lee bounds)",
        fr="Les pertes vont dans un seul sens (bornes de Lee)",
    ),
    "one_way_within": Text(
        en="Losing people goes one way among like people (Lee bounds, tightened)",
        fr="Les pertes vont dans un seul sens entre semblables (bornes de Lee resserrées)",
    ),
    "either_way": Text(
        en="Losing people goes any way (Horowitz-Manski trimming)",
        fr="Les pertes vont dans un sens quelconque (troncature de Horowitz-Manski)",
    ),
    "worst_case": Text(
        en="Nothing is assumed about those lost (worst case, Manski)",
        fr="Rien n'est supposé sur les personnes perdues (pire cas, Manski)",
    ),
}
"""What each assumption is called in tables."""

_TARGETS: Mapping[str, Text] = {
    "worst_case": Text(
        en="Everyone assigned, measured or not.",
        fr="Toutes les personnes tirées au sort, mesurées ou non.",
    ),
    "other": Text(
        en="Those who are measured with the programme and without it.",
        fr="Les personnes qui sont mesurées avec le programme comme sans lui.",
    ),
}
_METHODS: Mapping[str, Text] = {
    "one_way": Text(
        en="The arm that kept more people gives up the surplus from one end of its outcomes, then "
        "from the other (Lee 2009).",
        fr="Le groupe qui a gardé plus de personnes cède l'excédent à une extrémité de ses "
        "résultats, puis à l'autre (Lee 2009).",
    ),
    "one_way_within": Text(
        en="Within each cell of people alike before the programme, the arm that kept more of them "
        "gives up the surplus from one end of its outcomes, then from the other; the cells are "
        "averaged (Lee 2009).",
        fr="Dans chaque cellule de personnes semblables avant le programme, le groupe qui en a gardé "
        "plus cède l'excédent à une extrémité de ses résultats, puis à l'autre ; les cellules sont "
        "moyennées (Lee 2009).",
    ),
    "either_way": Text(
        en="Both arms are trimmed to those who are surely measured in either (Horowitz and Manski "
        "1995; Zhang and Rubin 2003).",
        fr="Les deux groupes sont tronqués à ceux qui sont sûrement mesurés dans l'un et l'autre "
        "(Horowitz et Manski 1995 ; Zhang et Rubin 2003).",
    ),
    "worst_case": Text(
        en="Every missing outcome stands at one end of its range, then at the other (Manski 1990; "
        "Horowitz and Manski 2000).",
        fr="Chaque résultat manquant est placé à une extrémité de son étendue, puis à l'autre "
        "(Manski 1990 ; Horowitz et Manski 2000).",
    ),
}


def _message(key: str, en: str, fr: str, **values: object) -> Message:
    return Message(f"losses.{key}", Text(en=en, fr=fr), values)


def target(kind: str) -> Message:
    """Whom the bounds are about."""
    return Message(f"losses.target.{kind}", _TARGETS.get(kind, _TARGETS["other"]))


def method(kind: str) -> Message:
    """How the bounds are formed."""
    return Message(f"losses.method.{kind}", _METHODS[kind])


# --- why there are none ---------------------------------------------------------------------------


def not_a_trial() -> Message:
    """Bounds rest on the draw."""
    return _message(
        "not-a-trial",
        "These bounds rest on a draw by lot, and this design has none.",
        "Ces bornes reposent sur un tirage au sort, et ce dispositif n'en a pas.",
    )


def several_periods() -> Message:
    """Bounds are of one measurement."""
    return _message(
        "several-periods",
        "The sample holds several periods, and these bounds are of one measurement.",
        "L'échantillon couvre plusieurs périodes, et ces bornes portent sur une seule mesure.",
    )


def rates() -> Message:
    """Rates by exposure are not trimmed."""
    return _message(
        "rates",
        "Bounds are not offered for rates by exposure: trimming people would trim exposure with them.",
        "Les bornes ne sont pas proposées pour des taux par exposition : écarter des personnes "
        "écarterait aussi leur exposition.",
    )


def precision() -> Message:
    """Weights that count no people."""
    return _message(
        "precision",
        "The weights say how exactly each outcome was measured and not how many people it stands for, so "
        "no share of people can be trimmed by them.",
        "Les poids disent avec quelle précision chaque résultat a été mesuré et non combien de personnes "
        "il représente : aucune part des personnes ne peut être écartée d'après eux.",
    )


def no_spread() -> Message:
    """No bounds in standard deviations."""
    return _message(
        "standardised",
        "Bounds are not offered in standard deviations: the spread of the comparison group is itself "
        "among what those lost could change.",
        "Les bornes ne sont pas proposées en écarts-types : la dispersion du groupe de comparaison "
        "fait elle-même partie de ce que les personnes perdues pourraient changer.",
    )


def logs() -> Message:
    """No ratio of logs."""
    return _message(
        "logs",
        "The outcome is a logarithm, and a relative effect of it means nothing.",
        "Le résultat est un logarithme, et un effet relatif n'y a pas de sens.",
    )


def no_arm() -> Message:
    """Nobody measured in an arm."""
    return _message(
        "no-arm",
        "Nobody was measured in one of the arms, so nothing bounds the effect.",
        "Personne n'a été mesuré dans l'un des groupes : rien ne borne l'effet.",
    )


def two_ways() -> Message:
    """Errors in two ways."""
    return _message(
        "two-ways",
        "Clusters of correlation and of assignment cut across each other, so errors cannot be computed.",
        "Les grappes de corrélation et de tirage se croisent : les erreurs ne peuvent être calculées.",
    )


def too_few(clustered: bool) -> Message:
    """A single piece has no spread."""
    return _message(
        "too-few",
        "Bounds need two {what} in each arm to know their error.",
        "Les bornes exigent deux {what} dans chaque groupe pour connaître leur erreur.",
        what=Text(en="clusters", fr="grappes") if clustered else Text(en="people", fr="personnes"),
    )


def empty_cell(rows: int) -> Message:
    """A cell lacks an arm."""
    return _message(
        "empty-cell",
        "One of the cells ({n:int} {n:plural:row|rows}) has nobody in one of the arms: tighten "
        "within fewer characteristics.",
        "L'une des cellules ({n:int} {n:plural:ligne|lignes}) n'a personne dans l'un des groupes : "
        "resserrez avec moins de caractéristiques.",
        n=rows,
    )


def unbounded() -> Message:
    """Perhaps nobody is always measured."""
    return _message(
        "unbounded",
        "So many are missing that perhaps nobody would be measured both with the programme and "
        "without it: nothing bounds the effect.",
        "Il manque tant de résultats que peut-être personne ne serait mesuré avec le programme comme "
        "sans lui : rien ne borne l'effet.",
    )


def not_positive() -> Message:
    """No ratio of means that are not positive."""
    return _message(
        "not-positive",
        "At one end a mean is zero or below, and a relative effect needs both above zero.",
        "À l'une des bornes une moyenne est nulle ou négative, et un effet relatif les exige positives.",
    )


def no_variation() -> Message:
    """No error to compute."""
    return _message(
        "no-variation",
        "What is left of the outcome does not vary, so bounds have no error.",
        "Ce qui reste du résultat ne varie pas : les bornes n'ont pas d'erreur.",
    )


# --- what was done --------------------------------------------------------------------------------


def trimmed_one(share: float, treated: bool) -> Message:
    """How much of which arm was trimmed."""
    who = (
        Text(en="with the programme", fr="avec le programme")
        if treated
        else Text(en="in the comparison", fr="de comparaison")
    )
    return _message(
        "trimmed-one",
        "Trimmed: {share:percent} of those measured {who}.",
        "Part écartée : {share:percent} des personnes mesurées {who}.",
        share=share,
        who=who,
    )


def trimmed_both(treated: float, comparison: float) -> Message:
    """How much of both arms was trimmed."""
    return _message(
        "trimmed-both",
        "Trimmed: {treated:percent} of those measured with the programme, {comparison:percent} of "
        "those measured in the comparison.",
        "Part écartée : {treated:percent} des personnes mesurées avec le programme, "
        "{comparison:percent} de celles de comparaison.",
        treated=treated,
        comparison=comparison,
    )


def cells(count: int, empty: int) -> Message:
    """How many cells there are, and how many say nothing."""
    return _message(
        "cells",
        "{n:int} {n:plural:cell|cells}, of which {empty:int} without anybody surely measured in "
        "either arm.",
        "{n:int} {n:plural:cellule|cellules}, dont {empty:int} sans personne de sûrement mesuré dans "
        "les deux groupes.",
        n=count,
        empty=empty,
    )


def other_way(count: int, of: int, share: float) -> Message:
    """Cells that lost people the other way."""
    return _message(
        "other-way",
        "In {n:int} of {of:int} cells ({share:percent} of the people) the losses go the other way "
        "than in most: one way for all is doubtful, and each cell was trimmed its own way.",
        "Dans {n:int} des {of:int} cellules ({share:percent} des personnes), les pertes vont dans "
        "l'autre sens que dans la plupart : un seul sens pour tous est douteux, et chaque cellule a "
        "été tronquée dans le sien.",
        n=count,
        of=of,
        share=share,
    )
