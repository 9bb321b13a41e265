"""What `triple-difference` says to people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text

# --- refusals ---------------------------------------------------------------------------------


def no_subgroup() -> Message:
    """Nobody is said to be eligible or not."""
    return Message(
        "triple.no-subgroup",
        Text(
            en="This method compares those whom the service is for with others of the same places. Name the role subgroup: a column with two values, eligible or not.",
            fr="Cette méthode compare les personnes visées par le service à d'autres des mêmes lieux. Indiquez le rôle subgroup : une colonne à deux valeurs, éligible ou non.",
        ),
    )


def not_two_subgroups(names: str, count: int) -> Message:
    """One value, or more than two."""
    return Message(
        "triple.not-two-subgroups",
        Text(
            en="The role subgroup must have two values, eligible or not; here there {count:plural:is|are} {count:int} ({names:text}).",
            fr="Le rôle subgroup doit avoir deux valeurs, éligible ou non ; ici, il y en a {count:int} ({names:text}).",
        ),
        {"names": names, "count": count},
    )


def subgroup_moves(units: int) -> Message:
    """Eligible in one period, not in another."""
    return Message(
        "triple.subgroup-moves",
        Text(
            en="{units:int} {units:plural:unit changes|units change} subgroup over time. Whether somebody is eligible must be settled before the service begins: state it as of the first period.",
            fr="{units:int} {units:plural:unité change|unités changent} de sous-groupe au fil du temps. L'éligibilité doit être fixée avant le début du service : indiquez celle de la première période.",
        ),
        {"units": units},
    )


def both_served(names: str) -> Message:
    """Both subgroups stand as served, and nothing says which one is eligible."""
    return Message(
        "triple.both-served",
        Text(
            en="Both subgroups ({names:text}) stand in the data as served, so that the data do not tell which one the service is for. If the dates say when each place began, state the setting eligible; if the others were served too, they cannot be compared with.",
            fr="Les deux sous-groupes ({names:text}) figurent comme servis : les données ne disent pas lequel le service vise. Si les dates indiquent quand chaque lieu a commencé, précisez le réglage eligible ; si les autres ont été servis aussi, ils ne peuvent servir de comparaison.",
        ),
        {"names": names},
    )


def eligible_not_there(eligible: str, names: str) -> Message:
    """The setting names no value of the role."""
    return Message(
        "triple.eligible-not-there",
        Text(
            en="The setting eligible is {eligible:text}, and the subgroups are {names:text}.",
            fr="Le réglage eligible vaut {eligible:text}, et les sous-groupes sont {names:text}.",
        ),
        {"eligible": eligible, "names": names},
    )


def eligible_not_served(eligible: str, other: str) -> Message:
    """The setting names the subgroup that nobody serves."""
    return Message(
        "triple.eligible-not-served",
        Text(
            en="The setting eligible is {eligible:text}, but only {other:text} is served in the data. Correct the setting or the subgroup.",
            fr="Le réglage eligible vaut {eligible:text}, mais seul {other:text} est servi dans les données. Corrigez le réglage ou le sous-groupe.",
        ),
        {"eligible": eligible, "other": other},
    )


def no_place() -> Message:
    """Who is not eligible belongs to no place."""
    return Message(
        "triple.no-place",
        Text(
            en="Only the eligible stand in the data as served, so that nothing tells which of the others live in places that began the service. Name the role group: the place of each unit.",
            fr="Seules les personnes éligibles figurent comme servies : rien ne dit lesquelles des autres vivent dans un lieu qui a commencé le service. Indiquez le rôle group : le lieu de chaque unité.",
        ),
    )


def place_not_whole(places: int, names: str) -> Message:
    """Eligible units of one place begin at different dates, or some never."""
    return Message(
        "triple.place-not-whole",
        Text(
            en="In {places:int} {places:plural:place|places} ({names:text}) the eligible do not all begin together. A place begins as a whole: state when it began for all its eligible units, or name smaller places.",
            fr="Dans {places:int} {places:plural:lieu|lieux} ({names:text}), les unités éligibles ne commencent pas toutes ensemble. Un lieu commence en bloc : indiquez sa date pour toutes ses unités éligibles, ou nommez des lieux plus petits.",
        ),
        {"places": places, "names": names},
    )


def no_comparison(control: str) -> Message:
    """No place to compare with."""
    return Message(
        "triple.no-comparison",
        Text(
            en="No place without the service has both eligible and other units in the periods that are needed (control: {control:text}). Add places that are served later or never, or state control: not_yet.",
            fr="Aucun lieu sans le service n'a à la fois des unités éligibles et d'autres dans les périodes requises (control: {control:text}). Ajoutez des lieux servis plus tard ou jamais, ou indiquez control: not_yet.",
        ),
        {"control": control},
    )


def no_others(cohort: str) -> Message:
    """Places that began together have only eligible units."""
    return Message(
        "triple.no-others",
        Text(
            en="The places that began in {cohort:text} lack eligible or other units in a period that is needed. Leave these places out of the data, or add their other units.",
            fr="Aux lieux qui ont commencé en {cohort:text}, il manque des unités éligibles ou d'autres dans une période requise. Écartez ces lieux des données, ou ajoutez leurs autres unités.",
        ),
        {"cohort": cohort},
    )


def no_reference(cohort: str, anticipation: int) -> Message:
    """The service, or its announcement, was there from the first period."""
    return Message(
        "triple.no-reference",
        Text(
            en="The places that began in {cohort:text} have no period before the service and the {anticipation:int} {anticipation:plural:period|periods} in which it was anticipated. Leave these places out of the data, or add earlier periods.",
            fr="Les lieux qui ont commencé en {cohort:text} n'ont pas de période antérieure au service et {anticipation:plural:à la|aux} {anticipation:int} {anticipation:plural:période|périodes} où il était anticipé. Écartez ces lieux des données, ou ajoutez des périodes antérieures.",
        ),
        {"cohort": cohort, "anticipation": anticipation},
    )


def collinear(names: str, cohort: str, period: str) -> Message:
    """Covariates that say the same twice."""
    return Message(
        "triple.collinear",
        Text(
            en="Among the places that began in {cohort:text} and those they are compared with in {period:text}, covariates are combinations of others: {names:text}. Leave them out.",
            fr="Parmi les lieux qui ont commencé en {cohort:text} et ceux auxquels on les compare en {period:text}, des covariables sont des combinaisons des autres : {names:text}. Retirez-les.",
        ),
        {"names": names, "cohort": cohort, "period": period},
    )


def separated(cohort: str, period: str) -> Message:
    """Covariates that tell the eligible of the served places without fail."""
    return Message(
        "triple.separated",
        Text(
            en="The covariates tell the served of the places that began in {cohort:text} from those they are compared with in {period:text} without fail, so that nobody like them is left to compare with. Use fewer covariates, or method: reg.",
            fr="Les covariables distinguent à coup sûr les unités servies des lieux qui ont commencé en {cohort:text} de celles auxquelles on les compare en {period:text} : il ne reste personne de semblable. Prenez moins de covariables, ou method: reg.",
        ),
        {"cohort": cohort, "period": period},
    )


def weights_not_told_apart(cohort: str, period: str, count: int) -> Message:
    """More comparisons than independent units to weigh them by."""
    return Message(
        "triple.weights-not-told-apart",
        Text(
            en="The {count:int} comparisons of the places that began in {cohort:text} cannot be weighted by their errors in {period:text}: there are too few independent units. State combine: size, or control: never.",
            fr="Les {count:int} comparaisons des lieux qui ont commencé en {cohort:text} ne peuvent être pondérées par leurs erreurs en {period:text} : trop peu d'unités sont indépendantes. Indiquez combine: size, ou control: never.",
        ),
        {"cohort": cohort, "period": period, "count": count},
    )


def regression_needs_one_start(starts: int) -> Message:
    """The regression compares with the already served."""
    return Message(
        "triple.regression-needs-one-start",
        Text(
            en="Places begin at {starts:int} dates, and one regression would compare late places with early ones that are served already. Use method: dr.",
            fr="Les lieux commencent à {starts:int} dates, et une seule régression comparerait les derniers aux premiers, déjà servis. Utilisez method: dr.",
        ),
        {"starts": starts},
    )


def regression_collinear(names: str) -> Message:
    """Covariates that the cells already hold."""
    return Message(
        "triple.regression-collinear",
        Text(
            en="In the regression, covariates are combinations of others, or of place, eligibility and period: {names:text}. Leave them out.",
            fr="Dans la régression, des covariables sont des combinaisons des autres, ou du lieu, de l'éligibilité et de la période : {names:text}. Retirez-les.",
        ),
        {"names": names},
    )


# --- concerns ---------------------------------------------------------------------------------


def regression_with_covariates(names: str) -> Message:
    """Covariates in one regression."""
    return Message(
        "triple.regression-with-covariates",
        Text(
            en="With method: ols the covariates ({names:text}) stand in one regression. Where trends go with them and they differ between eligible and others, that is biased; method: dr is not.",
            fr="Avec method: ols, les covariables ({names:text}) entrent dans une seule régression. Si les tendances en dépendent et qu'elles diffèrent entre éligibles et autres, elle est biaisée ; method: dr ne l'est pas.",
        ),
        {"names": names},
    )


# --- notes ------------------------------------------------------------------------------------


def place_dates(units: int, eligible: str) -> Message:
    """Dates were read as those of places."""
    return Message(
        "triple.place-dates",
        Text(
            en="Dates were read as those of whole places: {units:int} {units:plural:unit|units} of the other subgroup {units:plural:stands|stand} in the data as served and {units:plural:counts|count} as not served, since the plan says that the service is for {eligible:text} only.",
            fr="Les dates ont été lues comme celles de lieux entiers : {units:int} {units:plural:unité|unités} de l'autre sous-groupe {units:plural:figure|figurent} comme {units:plural:servie et compte|servies et comptent} comme non {units:plural:servie|servies}, puisque selon le plan le service ne vise que {eligible:text}.",
        ),
        {"units": units, "eligible": eligible},
    )


def always_places(units: int) -> Message:
    """Places that were served from the first period on."""
    return Message(
        "triple.always-places",
        Text(
            en="{units:int} {units:plural:unit lives|units live} in places that were served from the first period on: without a period from before {units:plural:it is|they are} neither measured nor compared with.",
            fr="{units:int} {units:plural:unité vit|unités vivent} dans des lieux servis dès la première période : sans période antérieure, {units:plural:elle n'est ni mesurée ni prise|elles ne sont ni mesurées ni prises} comme comparaison.",
        ),
        {"units": units},
    )


def errors_within_places() -> Message:
    """Units are taken as independent although places were served."""
    return Message(
        "triple.errors-within-places",
        Text(
            en="Errors are those between units: what moved the eligible of a whole place at once, other than the service, is not in them. Name the place as cluster where there are enough places.",
            fr="Les erreurs sont celles entre unités : ce qui a touché d'un coup les personnes éligibles d'un lieu entier, hors du service, n'y figure pas. Indiquez le lieu comme cluster s'il y a assez de lieux.",
        ),
    )


def not_followed(rows: int) -> Message:
    """Rows without the row they would be compared with."""
    return Message(
        "triple.not-followed",
        Text(
            en="{rows:int} {rows:plural:row has|rows have} no row of the same unit in the reference period and {rows:plural:tells|tell} nothing about change; the others stand for {rows:plural:it|them}.",
            fr="{rows:int} {rows:plural:ligne n'a|lignes n'ont} pas de ligne de la même unité à la période de référence et ne {rows:plural:dit|disent} rien de l'évolution ; les autres en tiennent lieu.",
        ),
        {"rows": rows},
    )


def served_without_comparison(names: str, rows: int) -> Message:
    """Served rows in periods in which nobody is left to compare with."""
    return Message(
        "triple.served-without-comparison",
        Text(
            en="In {names:text} no place is left to compare with: {rows:int} served unit-{rows:plural:period is|periods are} not in the effect.",
            fr="En {names:text}, il ne reste aucun lieu auquel comparer : {rows:int} {rows:plural:unité-période servie n'est pas comprise|unités-périodes servies ne sont pas comprises} dans l'effet.",
        ),
        {"names": names, "rows": rows},
    )


def thin_cells(names: str, cells: int) -> Message:
    """A group of units that has one independent unit."""
    return Message(
        "triple.thin-cells",
        Text(
            en="{cells:int} {cells:plural:group has|groups have} a single independent unit ({names:text}): how much {cells:plural:it varies|they vary} cannot be known and the error is understated.",
            fr="{cells:int} {cells:plural:groupe n'a|groupes n'ont} qu'une unité indépendante ({names:text}) : {cells:plural:sa variation|leur variation} est inconnue et l'erreur est sous-estimée.",
        ),
        {"names": names, "cells": cells},
    )


# --- target and method ------------------------------------------------------------------------


def target(eligible: str, units: int, periods: int) -> Message:
    """The eligible of the places that began."""
    return Message(
        "target.triple",
        Text(
            en="Those of subgroup {eligible:text} in the places that began the service, in the periods in which they had it: {units:int} units, {periods:int} periods.",
            fr="Les unités du sous-groupe {eligible:text} des lieux qui ont commencé le service, pendant les périodes où elles l'ont eu : {units:int} unités, {periods:int} périodes.",
        ),
        {"eligible": eligible, "units": units, "periods": periods},
    )


_WAYS = {
    "dr": (
        "with the change predicted from covariates and the comparison units weighted to resemble the served, right when either is",
        "l'évolution étant prédite par les covariables et les unités de comparaison pondérées pour ressembler aux unités servies, ce qui est juste dès que l'un des deux l'est",
    ),
    "ipw": (
        "with the comparison units weighted to resemble the served",
        "les unités de comparaison étant pondérées pour ressembler aux unités servies",
    ),
    "reg": (
        "with the change predicted from covariates",
        "l'évolution étant prédite par les covariables",
    ),
}


def three_terms(method: str, covariates: tuple[str, ...]) -> Message:
    """The three comparisons, each adjusted to the served."""
    en = "The change of the served eligible units is compared with that of the other units of their places, that of eligible units elsewhere, and that of other units elsewhere: the first two differences less the third"
    fr = "L'évolution des unités éligibles servies est comparée à celle des autres unités de leurs lieux, à celle des unités éligibles d'ailleurs et à celle des autres unités d'ailleurs : les deux premières différences moins la troisième"
    if not covariates:
        return Message("method.three-terms", Text(en=f"{en}.", fr=f"{fr}."))
    how = _WAYS[method]
    return Message(
        f"method.three-terms-{method}",
        Text(
            en=f"{en}; each is taken at the covariates of the served ({{covariates:text}}), {how[0]}.",
            fr=f"{fr} ; chacune est prise aux covariables des unités servies ({{covariates:text}}), {how[1]}.",
        ),
        {"covariates": ", ".join(covariates)},
    )


def one_regression(covariates: tuple[str, ...]) -> Message:
    """Olden and Moen's regression."""
    en = "Least squares on place, eligibility and period with every product of two of them"
    fr = "Moindres carrés sur le lieu, l'éligibilité et la période avec tous leurs produits deux à deux"
    more = (", and on {covariates:text}", ", et sur {covariates:text}") if covariates else ("", "")
    return Message(
        "method.triple-regression" + ("-adjusted" if covariates else ""),
        Text(
            en=f"{en}{more[0]}; the effect is the product of all three after the start.",
            fr=f"{fr}{more[1]} ; l'effet est le produit des trois après le début.",
        ),
        {"covariates": ", ".join(covariates)} if covariates else {},
    )


def several_comparisons(combine: str) -> Message:
    """Places that begin at different dates are compared with one by one."""
    how = {
        "optimal": (
            "averaged with the weights that make the error smallest",
            "moyennées avec les poids qui rendent l'erreur minimale",
        ),
        "size": (
            "averaged by the number of their eligible units",
            "moyennées selon le nombre de leurs unités éligibles",
        ),
    }[combine]
    return Message(
        f"method.triple-comparisons-{combine}",
        Text(
            en=f"Places that begin later are compared with date by date, never pooled, and the comparisons are {how[0]}.",
            fr=f"Les lieux qui commencent plus tard servent de comparaison date par date, sans jamais être réunis, et les comparaisons sont {how[1]}.",
        ),
    )


def errors(groups: int, *, clustered: bool, regression: bool) -> Message:
    """Which standard error."""
    who = ("clusters", "grappes") if clustered else ("units", "unités")
    what = (
        (
            "clustered by the {groups:int} " + who[0] + ", CR1",
            "par {groups:int} " + who[1] + ", CR1",
        )
        if regression
        else (
            "from the influence of the {groups:int} " + who[0],
            "par l'influence des {groups:int} " + who[1],
        )
    )
    tail = (
        (
            "Student's t with one degree of freedom less than these.",
            "loi de Student, à un degré de liberté de moins que leur nombre.",
        )
        if regression
        else ("the normal law.", "loi normale.")
    )
    return Message(
        "method.triple-errors" + ("-regression" if regression else ""),
        Text(
            en=f"Standard errors {what[0]}; intervals from {tail[0]}",
            fr=f"Erreurs types {what[1]} ; intervalles selon la {tail[1]}",
        ),
        {"groups": groups},
    )
