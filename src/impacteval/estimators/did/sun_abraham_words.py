"""What `sun-abraham` says to people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text


def last_cohort(date: str, units: int) -> Message:
    """No unit is never served: those served last stand in for them."""
    return Message(
        "sun-abraham.last-cohort",
        Text(
            en="Nobody stays without the service: the {units:int} units served last ({date:text}) are the reference until then, and periods from then on are left out, as are their own effects.",
            fr="Personne ne reste sans le service : les {units:int} unités servies en dernier ({date:text}) servent de référence jusque-là ; les périodes suivantes sont écartées, ainsi que leurs propres effets.",
        ),
        {"date": date, "units": units},
    )


def not_determined(cells: int, rows: int) -> Message:
    """Served cells that the rows do not determine."""
    return Message(
        "sun-abraham.not-determined",
        Text(
            en="The effect of {cells:int} served groups and periods ({rows:int} rows) cannot be told: nobody there was measured in the period before the start, or nobody is left to compare with. They are not in the averages.",
            fr="L'effet de {cells:int} groupes et périodes servis ({rows:int} lignes) ne peut être déterminé : personne n'y a été mesuré à la période précédant le démarrage, ou il ne reste personne à qui comparer. Ils ne sont pas dans les moyennes.",
        ),
        {"cells": cells, "rows": rows},
    )


def nothing_determined() -> Message:
    """No effect at all."""
    return Message(
        "sun-abraham.nothing-determined",
        Text(
            en="No group that begins the service was measured both in the period before the start and after it, so no effect can be told.",
            fr="Aucun groupe qui commence le service n'a été mesuré à la fois à la période précédant le démarrage et ensuite : aucun effet n'est déterminable.",
        ),
    )


def uneven() -> Message:
    """Periods that are not the same distance apart."""
    return Message(
        "sun-abraham.uneven",
        Text(
            en="The periods are not equally far apart; event time counts periods.",
            fr="Les périodes ne sont pas régulièrement espacées ; le temps depuis le démarrage est compté en périodes.",
        ),
    )


def formed(covariates: tuple[str, ...]) -> Message:
    """How the effect was formed."""
    en = "Least squares with a level for each unit and each period and an effect for each starting date in each period but the one before it, averaged as the served count in them"
    fr = "Moindres carrés avec un niveau par unité et par période et un effet pour chaque date de démarrage à chaque période sauf celle qui la précède, moyennés selon ce que les unités servies y pèsent"
    if not covariates:
        return Message("method.sun-abraham", Text(en=f"{en}.", fr=f"{fr}."))
    return Message(
        "method.sun-abraham-covariates",
        Text(en=f"{en}; covariates: {{covariates:text}}.", fr=f"{fr} ; covariables : {{covariates:text}}."),
        {"covariates": ", ".join(covariates)},
    )  # fmt: skip


def errors(groups: int, level: str, df: float, *, estimated: bool, variance: str) -> Message:
    """Which standard error."""
    who = ("clusters", "grappes") if level == "cluster" else ("units", "unités")
    shares = (
        (
            "the shares of the starting dates count as drawn",
            "les parts des dates de démarrage comptent comme tirées au hasard",
        )
        if estimated
        else (
            "the shares of the starting dates count as known",
            "les parts des dates de démarrage comptent comme connues",
        )
    )
    if variance == "cr1":
        return Message(
            "method.sun-abraham-errors-cr1",
            Text(
                en=f"Standard error: CR1 over {{groups:int}} {who[0]}, as programmes usually print it; {shares[0]}. Student's t with {{df:number1}} degrees of freedom.",
                fr=f"Erreur type : CR1 sur {{groups:int}} {who[1]}, telle que les logiciels l'affichent d'ordinaire ; {shares[1]}. Loi de Student à {{df:number1}} degrés de liberté.",
            ),
            {"groups": groups, "df": df},
        )
    return Message(
        "method.sun-abraham-errors",
        Text(
            en=f"Standard error over {{groups:int}} {who[0]} from their influence, corrected for small groups; {shares[0]}. Student's t with {{df:number1}} degrees of freedom (Satterthwaite's approximation).",
            fr=f"Erreur type sur {{groups:int}} {who[1]} d'après leur influence, corrigée pour petits groupes ; {shares[1]}. Loi de Student à {{df:number1}} degrés de liberté (approximation de Satterthwaite).",
        ),
        {"groups": groups, "df": df},
    )
