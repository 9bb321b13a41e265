"""What the estimators of this family say to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.values import Message, Text

# Names in a sentence before the rest is only counted.
NAMED = 3


def some(names: Sequence[str]) -> str:
    """The first few names, and dots for the rest."""
    return ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")


# --- refusals ---------------------------------------------------------------------------------


def another_design(design: str) -> Message:
    """The sample is of another design."""
    return Message(
        "sc.another-design",
        Text(
            en="This method mixes places that were not served, and the sample's design is {design:text}. Use design synthetic_control, or a method for that design.",
            fr="Cette méthode combine des lieux non servis, or le plan de l'échantillon est {design:text}. Utilisez le plan synthetic_control, ou une méthode adaptée à ce plan.",
        ),
        {"design": design},
    )


def seen_once() -> Message:
    """Units that are not followed."""
    return Message(
        "sc.seen-once",
        Text(
            en="Each unit is seen once, and this method follows the same places over time. Write one row for each place and period, and name the role unit.",
            fr="Chaque unité n'est observée qu'une fois, or cette méthode suit les mêmes lieux dans le temps. Écrivez une ligne par lieu et par période, et indiquez le rôle unit.",
        ),
    )


def frequency_weights() -> Message:
    """Weights that stand for several identical units."""
    return Message(
        "sc.frequency-weights",
        Text(
            en="Frequency weights are not used here: each row is one place in one period. State the size of places as sampling weights, or as exposure.",
            fr="Les poids de fréquence ne s'utilisent pas ici : chaque ligne est un lieu à une période. Déclarez la taille des lieux comme poids de sondage, ou comme exposition.",
        ),
    )


def treatment_ends() -> Message:
    """Treatment that is taken away again."""
    return Message(
        "sc.treatment-ends",
        Text(
            en="In some places treatment ends again, and this method is for services that stay once they have begun. Cut the data before the service ends.",
            fr="Dans certains lieux, le traitement s'arrête ensuite, et cette méthode suppose un service qui demeure une fois commencé. Coupez les données avant la fin du service.",
        ),
    )


def nobody_served() -> Message:
    """No unit begins within the periods."""
    return Message(
        "sc.nobody-served",
        Text(
            en="No place that was measured before the service begins it within the periods of the data, so there is nothing to measure.",
            fr="Aucun lieu mesuré avant le service ne le commence pendant les périodes des données : il n'y a rien à mesurer.",
        ),
    )


def few_donors(donors: int, fewest: int) -> Message:
    """Too few units to mix."""
    return Message(
        "sc.few-donors",
        Text(
            en="{donors:int} {donors:plural:place is|places are} never served, and a mix needs at least {fewest:int}. Add places that were not served, or use a method that compares changes over time.",
            fr="{donors:int} {donors:plural:lieu n'est jamais servi|lieux ne sont jamais servis}, or il en faut au moins {fewest:int} pour une combinaison. Ajoutez des lieux non servis, ou utilisez une méthode qui compare des évolutions.",
        ),
        {"donors": donors, "fewest": fewest},
    )


def few_before(names: Sequence[str], periods: int, fewest: int) -> Message:
    """Too few periods from before the service."""
    return Message(
        "sc.few-before",
        Text(
            en="{count:int} served {count:plural:place|places} ({names:text}) {count:plural:has|have} {periods:int} {periods:plural:period|periods} from before the service, and at least {fewest:int} are needed to see how well a mix follows a place. Add earlier periods, or use a method that compares changes over time.",
            fr="{count:int} {count:plural:lieu servi n'a|lieux servis n'ont} que {periods:int} {periods:plural:période|périodes} d'avant le service ({names:text}), or il en faut au moins {fewest:int} pour voir si une combinaison suit un lieu. Ajoutez des périodes antérieures, ou utilisez une méthode qui compare des évolutions.",
        ),
        {"names": some(names), "count": len(names), "periods": periods, "fewest": fewest},
    )


def missing_cells(cells: Sequence[str], count: int) -> Message:
    """Cells without an outcome."""
    return Message(
        "sc.missing-cells",
        Text(
            en="The outcome is missing in {count:int} {count:plural:cell|cells} of places and periods ({cells:text}{more:text}). One hole can change which places are mixed, and the answer with it: complete the data, or leave out those places or periods and say so.",
            fr="L'indicateur manque dans {count:int} {count:plural:case|cases} de lieux et de périodes ({cells:text}{more:text}). Un seul trou peut changer les lieux combinés, et la réponse avec eux : complétez les données, ou écartez ces lieux ou ces périodes en le disant.",
        ),
        {"cells": ", ".join(cells), "count": count, "more": ", …" if count > len(cells) else ""},
    )


def missing_covariates(names: Sequence[str], count: int) -> Message:
    """Cells without a covariate."""
    return Message(
        "sc.missing-covariates",
        Text(
            en="Covariates are missing in {count:int} {count:plural:cell|cells} of places and periods ({names:text}), and this method needs them in every one. Leave them out, or use synthetic-control with predictors, which are averages over the periods measured.",
            fr="Des covariables manquent dans {count:int} {count:plural:case|cases} de lieux et de périodes ({names:text}), or cette méthode en a besoin partout. Retirez-les, ou utilisez synthetic-control avec predictors, qui sont des moyennes sur les périodes mesurées.",
        ),
        {"names": some(names), "count": count},
    )


def constant() -> Message:
    """Outcomes that do not vary."""
    return Message(
        "sc.constant",
        Text(
            en="The outcome is the same in every place and period, so there is nothing to compare.",
            fr="L'indicateur est le même dans tous les lieux et à toutes les périodes : il n'y a rien à comparer.",
        ),
    )


def sizes(names: Sequence[str]) -> Message:
    """Places of quite another size, or in another unit."""
    return Message(
        "sc.sizes",
        Text(
            en="In {count:int} {count:plural:place|places} ({names:text}) the outcome is more than a million times that of the middle place: the digits do not suffice, and a unit may have been mistaken. Check the unit, measure per head, or leave out those places and say so.",
            fr="Dans {count:int} {count:plural:lieu|lieux} ({names:text}), l'indicateur dépasse un million de fois celui du lieu médian : les chiffres ne suffisent pas, et une unité de mesure est peut-être erronée. Vérifiez l'unité, mesurez par habitant, ou écartez ces lieux en le disant.",
        ),
        {"names": some(names), "count": len(names)},
    )


def empty_window() -> Message:
    """No served period in the window."""
    return Message(
        "sc.empty-window",
        Text(
            en="No place is served within the periods of window. Name periods after the service began.",
            fr="Aucun lieu n'est servi pendant les périodes de window. Indiquez des périodes postérieures au début du service.",
        ),
    )


# --- notes ------------------------------------------------------------------------------------


def grouped(role: str, groups: int, units: int) -> Message:
    """Errors or assignment at a coarser level than the places that are followed."""
    return Message(
        "sc.grouped",
        Text(
            en="The role {role:text} puts the {units:int} places into {groups:int} groups, and this method lets chance fall on each place by itself. Follow the groups instead: sum or average their places, one row for each group and period.",
            fr="Le rôle {role:text} réunit les {units:int} lieux en {groups:int} groupes, or cette méthode fait jouer le hasard lieu par lieu. Suivez plutôt les groupes : additionnez ou moyennez leurs lieux, une ligne par groupe et par période.",
        ),
        {"role": role, "groups": groups, "units": units},
    )


def weightless_rows(rows: int) -> Message:
    """Rows of served places that weigh nothing."""
    return Message(
        "sc.weightless-rows",
        Text(
            en="{rows:int} {rows:plural:row|rows} of served places {rows:plural:has|have} a weight of zero and {rows:plural:does|do} not count in the effect.",
            fr="{rows:int} {rows:plural:ligne|lignes} de lieux servis {rows:plural:a|ont} un poids nul et ne {rows:plural:compte|comptent} pas dans l'effet.",
        ),
        {"rows": rows},
    )


def weightless_donors(units: int) -> Message:
    """Units never served that weigh nothing in some periods, and are compared all the same."""
    return Message(
        "sc.weightless-donors",
        Text(
            en="{units:int} {units:plural:place|places} never served {units:plural:has|have} a weight of zero and {units:plural:is|are} compared all the same: weights say what served places count for. Leave {units:plural:it|them} out of the data if {units:plural:it is|they are} not to be compared.",
            fr="{units:int} {units:plural:lieu jamais servi a|lieux jamais servis ont} un poids nul et {units:plural:sert|servent} quand même à la comparaison : les poids disent ce que comptent les lieux servis. Si {units:plural:ce lieu ne doit pas être comparé, retirez-le|ces lieux ne doivent pas être comparés, retirez-les} des données.",
        ),
        {"units": units},
    )


def served_later(units: int) -> Message:
    """Units whose service begins after the data end."""
    return Message(
        "sc.served-later",
        Text(
            en="{units:int} {units:plural:place begins|places begin} the service only after the last period and {units:plural:counts|count} as never served.",
            fr="{units:int} {units:plural:lieu commence|lieux commencent} le service après la dernière période et {units:plural:compte|comptent} comme jamais {units:plural:servi|servis}.",
        ),
        {"units": units},
    )


def always_served(units: int) -> Message:
    """Units without a period from before."""
    return Message(
        "sc.always-served",
        Text(
            en="{units:int} {units:plural:place was|places were} served from the first period on and {units:plural:is|are} left out: without a period from before {units:plural:it is|they are} neither measured nor mixed.",
            fr="{units:int} {units:plural:lieu est servi|lieux sont servis} dès la première période et {units:plural:écarté|écartés} : sans période antérieure, {units:plural:il n'est ni mesuré ni combiné|ils ne sont ni mesurés ni combinés}.",
        ),
        {"units": units},
    )


# --- target and method ------------------------------------------------------------------------


def target(units: Sequence[str], periods: int) -> Message:
    """The served unit-periods that the effect is about."""
    return Message(
        "target.served-places",
        Text(
            en="The places that were served, in the periods in which they were: {count:int} {count:plural:place|places} ({names:text}), {periods:int} {periods:plural:period|periods}.",
            fr="Les lieux servis, pendant les périodes où ils l'ont été : {count:int} {count:plural:lieu|lieux} ({names:text}), {periods:int} {periods:plural:période|périodes}.",
        ),
        {"count": len(units), "names": some(units), "periods": periods},
    )


def within(first: str, last: str) -> Message:
    """Only some of the served periods count."""
    return Message(
        "method.sc-window",
        Text(
            en="The effect is about the periods {first:text} to {last:text} only.",
            fr="L'effet ne porte que sur les périodes {first:text} à {last:text}.",
        ),
        {"first": first, "last": last},
    )


def relative() -> Message:
    """What the relative scale divides by."""
    return Message(
        "method.sc-relative",
        Text(
            en="The relative effect divides by what the served places would have had without the service; what they did have is taken as it happened.",
            fr="L'effet relatif est rapporté à ce que les lieux servis auraient eu sans le service ; ce qu'ils ont eu est pris tel quel.",
        ),
    )


def total(served: float, *, rate: bool) -> Message:
    """What the total multiplies by."""
    size = (
        ("the exposure of the served places over these periods", "l'exposition des lieux servis")
        if rate
        else ("the size of the served places over these periods", "la taille des lieux servis")
    )
    return Message(
        "method.sc-total",
        Text(
            en=f"The total adds up the effects of these periods: the average times {{served:number}}, {size[0]}.",
            fr=f"Le total additionne les effets de ces périodes : la moyenne multipliée par {{served:number}}, {size[1]} sur ces périodes.",
        ),
        {"served": served},
    )
