"""What is said of matched pairs and of strata with a single unit or cluster in an arm."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.randomised.messages import listed_names
from impacteval.values import Message, Text


def _unit(clustered: bool) -> Text:
    return Text(en="cluster" if clustered else "unit", fr="grappe" if clustered else "unité")


# --- refusals ---------------------------------------------------------------------------------


def not_pairs(names: Sequence[str], total: int, clustered: bool) -> Message:
    """Pairs that do not hold one unit or cluster in each arm."""
    unit = _unit(clustered)
    return Message(
        "randomised.not-pairs",
        Text(
            en=f"A pair holds one {unit.en} in each arm; {{odd:int}} of {{total:int}} pairs do not: {{names:text}}. Correct the pairs, or name larger groups as strata.",
            fr=f"Une paire compte une {unit.fr} dans chaque groupe ; {{odd:int}} paires sur {{total:int}} n'en comptent pas ainsi : {{names:text}}. Corrigez les paires, ou déclarez les groupes plus grands comme strates.",
        ),
        {"odd": len(names), "total": total, "names": listed_names(names)},
    )


def one_pair() -> Message:
    """Fewer than two complete pairs."""
    return Message(
        "randomised.one-pair",
        Text(
            en="Fewer than two complete pairs are left, and the uncertainty is read from how pairs differ.",
            fr="Il reste moins de deux paires complètes, or l'incertitude se lit dans ce qui distingue les paires entre elles.",
        ),
    )


def one_pair_has_all(name: str) -> Message:
    """A pair with practically all the weight."""
    return Message(
        "randomised.one-pair-has-all",
        Text(
            en="Practically all the weight lies on pair {name:text}, so there is nothing to tell how uncertain the effect is. Check the weights.",
            fr="Presque tout le poids porte sur la paire {name:text} : rien ne permet d'évaluer l'incertitude de l'effet. Vérifiez les poids.",
        ),
        {"name": name},
    )


def blocks_cut_clusters(paired: bool) -> Message:
    """Clusters that reach beyond one pair, or beyond one thin stratum."""
    block = (
        ("pair", "paire") if paired else ("stratum with one unit or cluster in an arm", "strate")
    )
    more = "" if paired else " ne comptant qu'une unité ou une grappe dans un groupe"
    return Message(
        "randomised.blocks-cut-clusters",
        Text(
            en=f"Clusters in which errors are correlated reach beyond one {block[0]}. The uncertainty would be read from how these differ, as if they were independent. Name a level of clusters that lies within them.",
            fr=f"Des grappes aux erreurs corrélées débordent d'une {block[1]}{more}. L'incertitude se lirait dans ce qui les distingue, comme si elles étaient indépendantes. Indiquez un niveau de grappes qui y soit contenu.",
        ),
    )


def pairs_cut_strata() -> Message:
    """Pairs across strata."""
    return Message(
        "randomised.pairs-cut-strata",
        Text(
            en="Some pairs lie in two strata. A pair is drawn within one stratum: correct the pairs or the strata.",
            fr="Certaines paires relèvent de deux strates. Une paire est tirée au sein d'une seule strate : corrigez les paires ou les strates.",
        ),
    )


def empty_arm(names: Sequence[str], total: int) -> Message:
    """Strata without anyone in an arm."""
    return Message(
        "randomised.empty-arm",
        Text(
            en="In {empty:int} of {total:int} strata an arm holds nobody: {names:text}. The effect there cannot be told. Merge strata in a way that was fixed before the outcomes were seen.",
            fr="Dans {empty:int} strates sur {total:int}, un groupe est vide : {names:text}. L'effet y est inconnaissable. Regroupez les strates selon une règle fixée avant de voir les résultats.",
        ),
        {"empty": len(names), "total": total, "names": listed_names(names)},
    )


def one_thin_stratum(name: str, clustered: bool) -> Message:
    """A single thin stratum, or one that outweighs the other thin ones."""
    unit = _unit(clustered)
    return Message(
        "randomised.one-thin-stratum",
        Text(
            en=f"Stratum {{name:text}} has a single {unit.en} in an arm and holds more than half of all such strata together, so there is nothing to compare it with. Merge it in a way that was fixed before the outcomes were seen.",
            fr=f"La strate {{name:text}} ne compte qu'une {unit.fr} dans un groupe et pèse plus de la moitié de toutes les strates de ce genre : rien ne permet de la comparer. Regroupez-la selon une règle fixée avant de voir les résultats.",
        ),
        {"name": name},
    )


def only_one_variance() -> Message:
    """Another standard error than the one there is for these blocks."""
    return Message(
        "randomised.only-one-variance",
        Text(
            en='Matched pairs, and strata with a single unit or cluster in an arm, have one standard error: leave variance at "hc2".',
            fr="Les paires appariées et les strates ne comptant qu'une unité ou une grappe dans un groupe n'ont qu'une erreur type : laissez variance à \"hc2\".",
        ),
    )


# --- notes and method -------------------------------------------------------------------------


def broken_pairs(pairs: int, units: int) -> Message:
    """Pairs left out because one of the two does not count."""
    return Message(
        "randomised.broken-pairs",
        Text(
            en="{pairs:int} pairs are incomplete, because one of the two was not measured or has no weight; they are left out, and with them {units:int} units that were measured.",
            fr="{pairs:int} paires sont incomplètes, l'une des deux unités n'ayant pas été mesurée ou n'ayant aucun poids ; elles sont écartées, et avec elles {units:int} unités mesurées.",
        ),
        {"pairs": pairs, "units": units},
    )


def thin(strata: int, total: int, clustered: bool) -> Message:
    """How many strata have a single unit or cluster in an arm."""
    unit = _unit(clustered)
    return Message(
        "randomised.thin-strata",
        Text(
            en=f"{{strata:int}} of {{total:int}} strata have a single {unit.en} in an arm. Their part of the standard error is read from how they differ from each other, and is too large rather than too small where the effect differs between them.",
            fr=f"{{strata:int}} strates sur {{total:int}} ne comptent qu'une {unit.fr} dans un groupe. Leur part de l'erreur type se lit dans ce qui les distingue ; elle est plutôt trop grande que trop petite si l'effet varie de l'une à l'autre.",
        ),
        {"strata": strata, "total": total},
    )


def paired_difference(pairs: int) -> Message:
    """How the difference was formed."""
    return Message(
        "method.paired-difference",
        Text(
            en="Differences within each of {pairs:int} pairs, averaged with the sizes of the pairs as weights.",
            fr="Différences au sein de chacune des {pairs:int} paires, moyennées selon la taille des paires.",
        ),
        {"pairs": pairs},
    )


def paired_errors(clustered: bool) -> Message:
    """Which standard error pairs have."""
    source = ("Imai, King and Nall", "Imai, King et Nall") if clustered else ("Imai", "Imai")
    return Message(
        "method.paired-errors",
        Text(
            en=f"Standard error: from how the pairs differ from each other ({source[0]}), never too small on average.",
            fr=f"Erreur type : tirée de ce qui distingue les paires entre elles ({source[1]}), jamais trop petite en moyenne.",
        ),
    )


def fine_errors(strata: int, clustered: bool) -> Message:
    """Which standard error strata have when some are thin."""
    usual = ("CR2", "CR2") if clustered else ("HC2, Neyman's", "HC2, celle de Neyman")
    return Message(
        "method.fine-errors",
        Text(
            en=f"Standard error: {usual[0]}, in strata with two in each arm; from how the {{thin:int}} others differ from each other (Pashley and Miratrix).",
            fr=f"Erreur type : {usual[1]}, dans les strates comptant au moins deux unités ou grappes par groupe ; pour les {{thin:int}} autres, tirée de ce qui les distingue entre elles (Pashley et Miratrix).",
        ),
        {"thin": strata},
    )


def degrees(rule: str, df: float) -> Message:
    """Which degrees of freedom: ``pairs`` or ``fine``."""
    named = {
        "pairs": ("pairs minus one", "paires moins une"),
        "fine": ("Welch and Satterthwaite's approximation", "approximation de Welch-Satterthwaite"),
    }[rule]
    return Message(
        f"method.df-{rule}",
        Text(
            en=f"Student's t with {{df:number1}} degrees of freedom ({named[0]}).",
            fr=f"Loi de Student à {{df:number1}} degrés de liberté ({named[1]}).",
        ),
        {"df": df},
    )


def target(units: int, pairs: int, *, measured_only: bool) -> Message:
    """Everyone in a complete pair."""
    whole = (" complete", " complètes") if measured_only else ("", "")
    return Message(
        "target.everyone-paired",
        Text(
            en=f"Everyone assigned in{whole[0]} pairs: {{units:int}} units in {{pairs:int}} pairs, pairs weighted by their size.",
            fr=f"Toutes les unités affectées dans des paires{whole[1]} : {{units:int}} unités dans {{pairs:int}} paires, pondérées par leur taille.",
        ),
        {"units": units, "pairs": pairs},
    )
