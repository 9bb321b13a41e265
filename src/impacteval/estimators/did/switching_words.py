"""What `de-chaisemartin-dhaultfoeuille` says to people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text

# --- refusals ---------------------------------------------------------------------------------


def covariates() -> Message:
    """The method takes none."""
    return Message(
        "switching.covariates",
        Text(
            en="This method compares units with the same treatment before, and uses no covariates. Leave them out of the plan, or use callaway-santanna where the service stays once begun.",
            fr="Cette méthode compare des unités ayant eu le même traitement et n'utilise pas de covariables. Retirez-les du plan, ou utilisez callaway-santanna si le service demeure une fois commencé.",
        ),
    )


def nobody_switches(switchers: str) -> Message:
    """Nobody changes in the direction asked for."""
    return Message(
        "switching.nobody-switches",
        Text(
            en="No unit that was measured before and after changes its treatment in the direction asked for (switchers: {switchers:text}).",
            fr="Aucune unité mesurée avant et après ne change de traitement dans le sens demandé (switchers: {switchers:text}).",
        ),
        {"switchers": switchers},
    )


def nobody_stays() -> Message:
    """Nobody keeps the treatment that the switchers had."""
    return Message(
        "switching.nobody-stays",
        Text(
            en="No unit keeps the treatment that those who change had before, long enough to compare with. Add units that change later or never.",
            fr="Aucune unité ne conserve assez longtemps le traitement qu'avaient celles qui changent pour servir de comparaison. Ajoutez des unités qui changent plus tard ou jamais.",
        ),
    )


def no_dose_left() -> Message:
    """The change adds up to nothing."""
    return Message(
        "switching.no-dose",
        Text(
            en="In the periods that can be compared, those who change receive no more (or less) than before, so that there is no unit of treatment to divide by.",
            fr="Dans les périodes comparables, les unités qui changent ne reçoivent ni plus ni moins qu'avant : il n'y a pas d'unité de traitement par laquelle diviser.",
        ),
    )


def relative_dose() -> Message:
    """Per unit of dose there is no mean without it."""
    return Message(
        "switching.relative-dose",
        Text(
            en="The effect is per unit of dose, and a relative effect needs a service that is on or off. Use the scale difference or total.",
            fr="L'effet est donné par unité de dose, et un effet relatif suppose un service présent ou absent. Utilisez l'échelle de la différence ou du total.",
        ),
    )


# --- notes ------------------------------------------------------------------------------------


def unknown_switch(units: int) -> Message:
    """Units that changed while they were not seen."""
    return Message(
        "switching.unknown-switch",
        Text(
            en="{units:int} {units:plural:unit|units} changed treatment in a period in which {units:plural:it was|they were} not measured: when is not known, and {units:plural:it is|they are} left out.",
            fr="{units:int} {units:plural:unité a changé|unités ont changé} de traitement pendant une période non mesurée : la date est inconnue, et {units:plural:elle est écartée|elles sont écartées}.",
        ),
        {"units": units},
    )


def other_status_quo(units: int) -> Message:
    """Units that began with a treatment from which nobody counted changes."""
    return Message(
        "switching.other-status-quo",
        Text(
            en="{units:int} {units:plural:unit|units} began with a treatment from which nobody changes in the direction asked for: {units:plural:it is|they are} neither measured nor compared with.",
            fr="{units:int} {units:plural:unité avait|unités avaient} au départ un traitement dont personne ne change dans le sens demandé : {units:plural:elle n'est ni mesurée ni prise|elles ne sont ni mesurées ni prises} comme comparaison.",
        ),
        {"units": units},
    )


def crossed(units: int) -> Message:
    """Doses that rose and then fell below where they began, or the reverse."""
    return Message(
        "switching.crossed",
        Text(
            en="{units:int} {units:plural:unit|units} first received more than before and later less, or the reverse: {units:plural:its|their} periods from then on are not in the effect.",
            fr="{units:int} {units:plural:unité a|unités ont} d'abord reçu plus qu'avant puis moins, ou l'inverse : {units:plural:ses|leurs} périodes à partir de là ne sont pas comprises dans l'effet.",
        ),
        {"units": units},
    )


def not_compared(rows: int) -> Message:
    """Unit-periods after the change without a comparison, or after a gap."""
    return Message(
        "switching.not-compared",
        Text(
            en="{rows:int} unit-{rows:plural:period|periods} after the change {rows:plural:is|are} not in the effect: nobody was left to compare with, or the treatment in between was not seen.",
            fr="{rows:int} {rows:plural:unité-période postérieure au changement n'est pas comprise|unités-périodes postérieures au changement ne sont pas comprises} dans l'effet : il ne restait personne à qui comparer, ou le traitement intermédiaire n'a pas été observé.",
        ),
        {"rows": rows},
    )


def stopped(units: int) -> Message:
    """Served units that stop again, whose later periods count as consequences."""
    return Message(
        "switching.stopped",
        Text(
            en="In {units:int} {units:plural:unit|units} the service stopped again. What is left of it afterwards counts as its effect, and is credited to the periods in which it was there.",
            fr="Dans {units:int} {units:plural:unité|unités}, le service s'est arrêté ensuite. Ce qui en reste après compte comme son effet et est imputé aux périodes où il était présent.",
        ),
        {"units": units},
    )


def alone(cohorts: int) -> Message:
    """Groups of one unit or cluster."""
    return Message(
        "switching.alone",
        Text(
            en="{cohorts:int} {cohorts:plural:group|groups} of units with the same change {cohorts:plural:has|have} a single independent unit: {cohorts:plural:its|their} variation is taken about the mean of those {cohorts:plural:it is|they are} compared with.",
            fr="{cohorts:int} {cohorts:plural:groupe|groupes} d'unités au même changement {cohorts:plural:n'a|n'ont} qu'une unité indépendante : {cohorts:plural:sa|leur} variation est prise autour de la moyenne commune avec les unités de comparaison.",
        ),
        {"cohorts": cohorts},
    )


# --- target and method ------------------------------------------------------------------------


_WHO = {
    "on": (
        "Units that began the service, per period in which they had it",
        "Les unités qui ont commencé le service, par période où elles l'ont eu",
    ),
    "off": (
        "Units whose service stopped, per period in which they went without it: what the service would have done",
        "Les unités dont le service s'est arrêté, par période passée sans lui : ce que le service aurait fait",
    ),
    "both": (
        "Units that began the service or whose service stopped, per period of service more or less",
        "Les unités qui ont commencé le service ou dont le service s'est arrêté, par période de service en plus ou en moins",
    ),
}


def target(switchers: str, units: int, dose: float) -> Message:
    """Whose effect, and per what."""
    who = _WHO[switchers]
    return Message(
        f"target.switching-{switchers}",
        Text(
            en=f"{who[0]}: {{units:int}} units, {{dose:number}} periods of service or units of dose.",
            fr=f"{who[1]} : {{units:int}} unités, {{dose:number}} périodes de service ou unités de dose.",
        ),
        {"units": units, "dose": dose},
    )


def method(control: str) -> Message:
    """Actual against status quo."""
    who = {
        "not_yet": (
            "that had the same treatment at the start and have not changed by then",
            "qui avaient le même traitement au départ et n'ont pas encore changé",
        ),
        "never": (
            "that had the same treatment at the start and never change",
            "qui avaient le même traitement au départ et ne changent jamais",
        ),
    }[control]
    return Message(
        f"method.switching-{control}",
        Text(
            en=f"From the period before a unit's first change to each later one, its change is compared with that of units {who[0]}. The sum of these effects is divided by the periods of service (or units of dose) more than at the start.",
            fr=f"De la période précédant le premier changement d'une unité à chaque période suivante, son évolution est comparée à celle d'unités {who[1]}. La somme de ces effets est divisée par les périodes de service (ou unités de dose) en plus par rapport au départ.",
        ),
    )


def predicted() -> Message:
    """Where service stopped, the mean with it is predicted."""
    return Message(
        "method.switching-predicted",
        Text(
            en="Where the service stopped, the mean with it is the predicted one and the mean without it the observed one.",
            fr="Là où le service s'est arrêté, la moyenne avec lui est prédite et la moyenne sans lui est observée.",
        ),
    )


def errors(groups: int, *, clustered: bool) -> Message:
    """Which standard error."""
    who = ("clusters", "grappes") if clustered else ("units", "unités")
    return Message(
        "method.switching-errors",
        Text(
            en=f"Standard errors from the {{groups:int}} {who[0]}, about the mean of those with the same change, with n - 1 in each group; intervals from the normal law.",
            fr=f"Erreurs types à partir des {{groups:int}} {who[1]}, autour de la moyenne de celles au même changement, avec n - 1 dans chaque groupe ; intervalles selon la loi normale.",
        ),
        {"groups": groups},
    )
