"""What `dose-response` says to people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text


def no_dose() -> Message:
    """How much was received is not said."""
    return Message(
        "dose.no-dose",
        Text(
            en="This method looks at how much was received. Name the role dose, or use difference-in-differences.",
            fr="Cette méthode examine combien a été reçu. Indiquez le rôle dose, ou utilisez difference-in-differences.",
        ),
    )


def covariates() -> Message:
    """The method takes none."""
    return Message(
        "dose.covariates",
        Text(
            en="This method uses no covariates. Leave them out of the plan, or use difference-in-differences without doses.",
            fr="Cette méthode n'utilise pas de covariables. Retirez-les du plan, ou utilisez difference-in-differences sans doses.",
        ),
    )


def not_two_periods(periods: int) -> Message:
    """More than one before and one after."""
    return Message(
        "dose.not-two-periods",
        Text(
            en="Doses are compared over one period before and one after, and the data have {periods:int}. Choose the two periods in the plan.",
            fr="Les doses se comparent sur une période avant et une période après, or les données en comptent {periods:int}. Choisissez ces deux périodes dans le plan.",
        ),
        {"periods": periods},
    )


def contradiction(served: int, others: int) -> Message:
    """Treatment and dose say different things."""
    return Message(
        "dose.contradiction",
        Text(
            en="In the later period {served:int} served {served:plural:unit has|units have} no dose above zero and {others:int} {others:plural:unit|units} that {others:plural:is|are} not served {others:plural:has|have} one. Correct the treatment or the dose.",
            fr="Dans la seconde période, {served:int} {served:plural:unité servie n'a|unités servies n'ont} pas de dose supérieure à zéro et {others:int} {others:plural:unité non servie en a|unités non servies en ont} une. Corrigez le traitement ou la dose.",
        ),
        {"served": served, "others": others},
    )


def too_few_doses(doses: int, functions: int) -> Message:
    """The basis asks for more than was received."""
    return Message(
        "dose.too-few-doses",
        Text(
            en="The served received {doses:int} different {doses:plural:dose|doses}, and the curve has {functions:int} coefficients. Lower degree or knots, or state basis: levels.",
            fr="Les unités servies ont reçu {doses:int} {doses:plural:dose différente|doses différentes}, et la courbe a {functions:int} coefficients. Réduisez degree ou knots, ou indiquez basis: levels.",
        ),
        {"doses": doses, "functions": functions},
    )


def levels_alone(levels: int) -> Message:
    """Levels that one independent unit received."""
    return Message(
        "dose.levels-alone",
        Text(
            en="{levels:int} {levels:plural:dose was|doses were} received by a single independent unit: how much it varies there cannot be known. Use basis: spline.",
            fr="{levels:int} {levels:plural:dose n'a été reçue|doses n'ont été reçues} que par une seule unité indépendante : la variation y est inconnue. Utilisez basis: spline.",
        ),
        {"levels": levels},
    )


def not_followed(units: int) -> Message:
    """Units seen in one of the two periods only."""
    return Message(
        "dose.not-followed",
        Text(
            en="{units:int} {units:plural:unit was|units were} measured in one of the two periods only and {units:plural:tells|tell} nothing about change; the served among them are not in the effect.",
            fr="{units:int} {units:plural:unité n'a été mesurée|unités n'ont été mesurées} qu'à l'une des deux périodes et ne {units:plural:dit|disent} rien de l'évolution ; celles qui sont servies ne sont pas comprises dans l'effet.",
        ),
        {"units": units},
    )


def strong() -> Message:
    """What the slopes assume besides."""
    return Message(
        "dose.strong-parallel-trends",
        Text(
            en="The tables by dose compare people who received different doses. That a slope is the effect of more dose needs more than parallel trends: those who received little would have gained from more what those who received more gained. Where people choose their dose by what it brings them, that fails; the average effect does not need it.",
            fr="Les tables par dose comparent des personnes ayant reçu des doses différentes. Lire une pente comme l'effet d'une dose accrue demande plus que des tendances parallèles : celles qui ont peu reçu auraient gagné à recevoir plus ce qu'ont gagné celles qui ont reçu plus. Si chacun choisit sa dose selon ce qu'elle lui apporte, c'est faux ; l'effet moyen n'en a pas besoin.",
        ),
    )


def target(units: int) -> Message:
    """The served, at the doses that they received."""
    return Message(
        "target.dose",
        Text(
            en="The units that were served, at the doses that they received: {units:int} units.",
            fr="Les unités servies, aux doses qu'elles ont reçues : {units:int} unités.",
        ),
        {"units": units},
    )


def method(basis: str) -> Message:
    """The average and the curve."""
    how = {
        "spline": (
            "a B-spline in the dose",
            "une B-spline de la dose",
        ),
        "levels": (
            "a mean of its own for each dose",
            "une moyenne propre à chaque dose",
        ),
    }[basis]
    return Message(
        f"method.dose-{basis}",
        Text(
            en=f"The mean change of the served less that of those who received nothing; by dose, the former are fitted by {how[0]}.",
            fr=f"L'évolution moyenne des unités servies moins celle des unités n'ayant rien reçu ; selon la dose, les premières sont ajustées par {how[1]}.",
        ),
    )


def errors(groups: int, *, clustered: bool) -> Message:
    """Which standard error."""
    who = ("clusters", "grappes") if clustered else ("units", "unités")
    return Message(
        "method.dose-errors",
        Text(
            en=f"Standard errors from the influence of the {{groups:int}} {who[0]}; intervals from the normal law.",
            fr=f"Erreurs types par l'influence des {{groups:int}} {who[1]} ; intervalles selon la loi normale.",
        ),
        {"groups": groups},
    )
