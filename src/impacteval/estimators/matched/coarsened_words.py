"""What coarsened exact matching says to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.randomised.messages import listed_names
from impacteval.values import Message, Text

# --- refusals ---------------------------------------------------------------------------------


def nothing_to_match_on() -> Message:
    """Neither covariates nor strata."""
    return Message(
        "coarsened.nothing",
        Text(
            en="People are matched who have the same characteristics, and the sample names neither covariates nor strata. Name what was measured before the programme and is related to who was served.",
            fr="On apparie des personnes aux mêmes caractéristiques, et l'échantillon n'indique ni covariables ni strates. Indiquez ce qui a été mesuré avant le programme et qui est lié au fait d'être servi.",
        ),
    )


def no_such_covariates(names: Sequence[str], known: Sequence[str]) -> Message:
    """Cutpoints of what is no covariate."""
    return Message(
        "coarsened.no-such-covariates",
        Text(
            en="Cutpoints are stated for {names:text}, which the sample does not have among its covariates ({known:text}). Correct the name under cutpoints, or add the covariate to the plan.",
            fr="Des bornes sont indiquées pour {names:text}, qui ne figure pas parmi les covariables de l'échantillon ({known:text}). Corrigez le nom sous cutpoints, ou ajoutez la covariable au plan d'analyse.",
        ),
        {"names": listed_names(names), "known": listed_names(known) or "-"},
    )


def too_few_matched(served: int, others: int, *, clustered: bool) -> Message:
    """Cells with both hold too few people."""
    what = Text(en="clusters", fr="grappes") if clustered else Text(en="people", fr="personnes")
    return Message(
        "coarsened.too-few",
        Text(
            en=f"Cells that hold both served and comparators have {{served:int}} served and {{others:int}} comparison {what.en} in all; two of each are needed. Use fewer covariates or coarser cutpoints.",
            fr=f"Les cellules où se trouvent à la fois des personnes servies et de comparaison comptent en tout {{served:int}} {what.fr} du côté servi et {{others:int}} du côté de la comparaison ; il en faut deux de chaque. Utilisez moins de covariables ou des bornes plus grossières.",
        ),
        {"served": served, "others": others},
    )


# --- notes ------------------------------------------------------------------------------------


def left_out(served: int, of: int, others: int) -> Message:
    """Who has nobody to be compared with."""
    return Message(
        "coarsened.left-out",
        Text(
            en="{served:int} of {of:int} served have nobody with the same characteristics to be compared with, and are left out: the table unmatched_profile shows how they differ. {others:int} comparators resemble none of the served and count for nothing.",
            fr="{served:int} des {of:int} personnes servies n'ont personne de mêmes caractéristiques à qui être comparées, et sont écartées : le tableau unmatched_profile montre en quoi elles diffèrent. {others:int} personnes de comparaison ne ressemblent à aucune personne servie et ne comptent pas.",
        ),
        {"served": served, "of": of, "others": others},
    )


def not_in_preparation(rows: int) -> Message:
    """People that the frozen preparation does not know."""
    return Message(
        "coarsened.not-prepared",
        Text(
            en="{rows:int} {rows:plural:person is|people are} not in the frozen preparation and {rows:plural:counts|count} for nothing.",
            fr="{rows:int} {rows:plural:personne ne figure|personnes ne figurent} pas dans la préparation figée et ne {rows:plural:compte|comptent} pas.",
        ),
        {"rows": rows},
    )


def doubtful(df: float) -> Message:
    """Very few degrees of freedom."""
    return Message(
        "coarsened.doubtful",
        Text(
            en="The standard error rests on {df:number} degrees of freedom: below four the approximation itself is in doubt.",
            fr="L'erreur type repose sur {df:number} degrés de liberté : en dessous de quatre, l'approximation elle-même est incertaine.",
        ),
        {"df": df},
    )


# --- how it was done --------------------------------------------------------------------------


def formed(cells: int) -> Message:
    """How the two means were formed."""
    return Message(
        "method.coarsened",
        Text(
            en="People were put into cells with the same coarsened characteristics; in {cells:int} of them there are both served and comparators. The mean of the served is compared with that of the comparators, weighted so that each cell counts as it does among the served.",
            fr="Les personnes ont été rangées en cellules de mêmes caractéristiques regroupées ; {cells:int} d'entre elles contiennent à la fois des personnes servies et de comparaison. La moyenne des personnes servies est comparée à celle des personnes de comparaison, pondérées pour que chaque cellule compte comme parmi les personnes servies.",
        ),
        {"cells": cells},
    )


def errors(alone: int) -> Message:
    """Where the standard error comes from."""
    base = Text(
        en="Errors come from how outcomes vary within cells among comparators, and among the served about their cell's comparators; how effects differ between cells counts as chance.",
        fr="Les erreurs viennent de la dispersion des résultats au sein des cellules pour la comparaison et, pour les personnes servies, autour des personnes de comparaison de leur cellule ; la différence des effets entre cellules compte comme du hasard.",
    )
    if not alone:
        return Message("method.coarsened-errors", base)
    return Message(
        "method.coarsened-errors-alone",
        Text(
            en=f"{base.en} {{alone:int}} {{alone:plural:comparator stands|comparators stand}} alone in a cell, where nothing tells how outcomes vary: the difference from the nearest comparators elsewhere is used, which is too large rather than too small.",
            fr=f"{base.fr} {{alone:int}} {{alone:plural:personne de comparaison est seule|personnes de comparaison sont seules}} dans une cellule, où rien ne dit la dispersion des résultats : on y utilise l'écart aux personnes de comparaison les plus proches ailleurs, plutôt trop grand que trop petit.",
        ),
        {"alone": alone},
    )


def law(df: float) -> Message:
    """Which law the interval has."""
    return Message(
        "method.coarsened-law",
        Text(
            en="The interval rests on Student's law with {df:number} degrees of freedom (Welch and Satterthwaite).",
            fr="L'intervalle repose sur la loi de Student à {df:number} degrés de liberté (Welch et Satterthwaite).",
        ),
        {"df": df},
    )
