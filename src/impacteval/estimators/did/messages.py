"""What the estimators of roll-outs say to people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text

# --- refusals ---------------------------------------------------------------------------------


def not_a_roll_out(design: str) -> Message:
    """The sample is of another design."""
    return Message(
        "did.not-a-roll-out",
        Text(
            en="This method compares changes over time, and the sample's design is {design:text}. Use design did, or a method for that design.",
            fr="Cette méthode compare des évolutions dans le temps, or le plan de l'échantillon est {design:text}. Utilisez le plan did, ou une méthode adaptée à ce plan.",
        ),
        {"design": design},
    )


def frequency_weights() -> Message:
    """Weights that stand for several identical units."""
    return Message(
        "did.frequency-weights",
        Text(
            en="Frequency weights are not used with panels: which of the identical units are the same over time is not known. Write one row for each unit and period, or state sampling weights.",
            fr="Les poids de fréquence ne s'utilisent pas avec un panel : on ne sait pas quelles unités identiques sont les mêmes au fil du temps. Écrivez une ligne par unité et par période, ou déclarez des poids de sondage.",
        ),
    )


def start_unknown() -> Message:
    """Repeated cross-sections whose treated group is not marked before the start."""
    return Message(
        "did.start-unknown",
        Text(
            en="Each unit is seen once, so a treatment column does not tell which units of earlier periods belong to the places served later. Name the role adopted, or assignment_cluster.",
            fr="Chaque unité n'est observée qu'une fois : une colonne de traitement ne dit pas quelles unités des périodes antérieures appartiennent aux lieux servis ensuite. Indiquez le rôle adopted, ou assignment_cluster.",
        ),
    )


def treatment_ends(units: int) -> Message:
    """Treatment that is taken away again."""
    return Message(
        "did.treatment-ends",
        Text(
            en="In {units:int} {units:plural:unit|units} treatment ends again, and this method is for services that stay once they have begun. Cut the data before the service ends, or use a method for services that stop.",
            fr="Dans {units:int} {units:plural:unité|unités}, le traitement s'arrête ensuite, et cette méthode suppose un service qui demeure une fois commencé. Coupez les données avant la fin du service, ou utilisez une méthode pour les services interrompus.",
        ),
        {"units": units},
    )


def nobody_served() -> Message:
    """No unit begins within the periods."""
    return Message(
        "did.nobody-served",
        Text(
            en="No unit that was measured before the service begins it within the periods of the data, so there is no change to measure.",
            fr="Aucune unité mesurée avant le service ne le commence pendant les périodes des données : il n'y a pas d'évolution à mesurer.",
        ),
    )


def nobody_to_compare() -> Message:
    """All units begin in the same period."""
    return Message(
        "did.nobody-to-compare",
        Text(
            en="All units are served from the same period on, and nobody is left to compare with. Add units that are served later or never.",
            fr="Toutes les unités sont servies à partir de la même période, et il ne reste personne à qui comparer. Ajoutez des unités servies plus tard ou jamais.",
        ),
    )


def repeated_cross_sections() -> Message:
    """A method that follows units."""
    return Message(
        "did.repeated-cross-sections",
        Text(
            en="This method follows the same units over time, and here each unit is seen once. Name the unit role, or use difference-in-differences or callaway-santanna.",
            fr="Cette méthode suit les mêmes unités dans le temps, or chaque unité n'est observée qu'une fois ici. Indiquez le rôle unit, ou utilisez difference-in-differences ou callaway-santanna.",
        ),
    )


def no_baseline_spread() -> Message:
    """Nothing to standardise by."""
    return Message(
        "did.no-baseline-spread",
        Text(
            en="The outcome of the comparison units does not vary in the last period before the service, so there is no standard deviation to express the effect in. Use the scale difference.",
            fr="L'indicateur des unités de comparaison ne varie pas dans la dernière période avant le service : il n'y a pas d'écart type pour exprimer l'effet. Utilisez l'échelle de la différence.",
        ),
    )


# --- notes ------------------------------------------------------------------------------------


def not_measured(served: int, other: int) -> Message:
    """Rows without an outcome, left out and counted."""
    return Message(
        "did.not-measured",
        Text(
            en="The outcome was not measured in {served:int} served and {other:int} other rows; they are left out of this estimate.",
            fr="L'indicateur n'a pas été mesuré dans {served:int} lignes servies et {other:int} autres ; elles ne comptent pas dans cette estimation.",
        ),
        {"served": served, "other": other},
    )


def served_later(units: int) -> Message:
    """Units whose service begins after the data end."""
    return Message(
        "did.served-later",
        Text(
            en="{units:int} {units:plural:unit begins|units begin} the service only after the last period and {units:plural:counts|count} as never served.",
            fr="{units:int} {units:plural:unité commence|unités commencent} le service après la dernière période et {units:plural:compte|comptent} comme jamais {units:plural:servie|servies}.",
        ),
        {"units": units},
    )


def always_served(units: int) -> Message:
    """Units without a period from before."""
    return Message(
        "did.always-served",
        Text(
            en="{units:int} {units:plural:unit was|units were} served from the first period on: without a period from before {units:plural:it is|they are} neither measured nor compared with.",
            fr="{units:int} {units:plural:unité est servie|unités sont servies} dès la première période : sans période antérieure, {units:plural:elle n'est ni mesurée ni prise|elles ne sont ni mesurées ni prises} comme comparaison.",
        ),
        {"units": units},
    )


def single_unit_cohorts(names: str, cohorts: int) -> Message:
    """Cohorts of one unit or cluster, whose own error cannot be known."""
    return Message(
        "did.single-unit-cohorts",
        Text(
            en="{cohorts:int} starting {cohorts:plural:date has|dates have} a single independent unit ({names:text}): the error of {cohorts:plural:its|their} own effects cannot be told from these data and is understated.",
            fr="{cohorts:int} {cohorts:plural:date de démarrage n'a|dates de démarrage n'ont} qu'une unité indépendante ({names:text}) : l'erreur de {cohorts:plural:ses|leurs} effets propres ne peut être connue par ces données et elle est sous-estimée.",
        ),
        {"names": names, "cohorts": cohorts},
    )


# --- target and method ------------------------------------------------------------------------


def target(units: int, periods: int) -> Message:
    """The served unit-periods."""
    return Message(
        "target.served-unit-periods",
        Text(
            en="The units that were served, in the periods in which they were: {units:int} units, {periods:int} periods.",
            fr="Les unités servies, pendant les périodes où elles l'ont été : {units:int} unités, {periods:int} périodes.",
        ),
        {"units": units, "periods": periods},
    )


def relative() -> Message:
    """What the relative scale divides by."""
    return Message(
        "method.did-relative",
        Text(
            en="The relative effect divides by what the served would have had without the service; its interval is that of the log ratio, with the sampling error of both means.",
            fr="L'effet relatif est rapporté à ce que les unités servies auraient eu sans le service ; son intervalle est celui du logarithme du rapport, avec l'erreur d'échantillonnage des deux moyennes.",
        ),
    )


def total(served: float, *, rate: bool) -> Message:
    """What the total multiplies by."""
    size = (
        ("the exposure of the served unit-periods", "l'exposition des unités-périodes servies")
        if rate
        else ("the size of the served unit-periods", "la taille des unités-périodes servies")
    )
    return Message(
        "method.did-total",
        Text(
            en=f"The total is the average effect times {{served:number}}, {size[0]}.",
            fr=f"Le total est l'effet moyen multiplié par {{served:number}}, {size[1]}.",
        ),
        {"served": served},
    )


def standardised(spread: float) -> Message:
    """What the standardised scale divides by."""
    return Message(
        "method.did-standardised",
        Text(
            en="The effect is in standard deviations of the comparison units in the last period before anyone was served ({spread:number}, n - 1 in the denominator), whose own sampling error is included.",
            fr="L'effet est exprimé en écarts types des unités de comparaison dans la dernière période avant tout service ({spread:number}, dénominateur n - 1), dont l'erreur d'échantillonnage est comprise.",
        ),
        {"spread": spread},
    )
