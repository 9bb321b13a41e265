"""What `two-way-fixed-effects` says to people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text

LEVELS = (
    "the rows, once units and periods have their levels",
    "les lignes, une fois retirés les niveaux des unités et des périodes",
)


def staggered(dates: int) -> Message:
    """Why the method needs a reason."""
    return Message(
        "two-way.staggered",
        Text(
            en="The service begins at {dates:int} different dates. Two-way fixed effects then also compare late starters with units already served, whose own effects enter with the wrong sign; callaway-santanna, imputation and sun-abraham do not.",
            fr="Le service commence à {dates:int} dates différentes. Les effets fixes doubles comparent alors aussi les derniers servis à des unités déjà servies, dont les propres effets comptent à contresens ; callaway-santanna, imputation et sun-abraham ne le font pas.",
        ),
        {"dates": dates},
    )


def nothing_left() -> Message:
    """Treatment that levels explain."""
    return Message(
        "two-way.nothing-left",
        Text(
            en="Once each unit and each period has its level, nothing is left of who is served when: no unit begins while another does not. Add units that are served later or never, and periods from before.",
            fr="Une fois donné un niveau à chaque unité et à chaque période, il ne reste rien de qui est servi quand : aucune unité ne commence pendant qu'une autre ne commence pas. Ajoutez des unités servies plus tard ou jamais, et des périodes antérieures.",
        ),
    )


def one_decides() -> Message:
    """A unit or cluster that the estimate hangs on."""
    return Message(
        "two-way.one-decides",
        Text(
            en="A single unit or cluster determines the effect by itself, so the data cannot tell how much it varies. Use a method for few treated groups, or synthetic control.",
            fr="Une seule unité ou grappe détermine l'effet à elle seule : les données ne disent pas combien il varie. Utilisez une méthode pour peu de groupes traités, ou le contrôle synthétique.",
        ),
    )


def by_period(names: tuple[str, ...]) -> Message:
    """Covariates that unit levels hold already."""
    return Message(
        "two-way.by-period",
        Text(
            en="{names:text} does not change within units, whose levels hold it already; it is given a slope of its own in each period, so that trends may go with it.",
            fr="{names:text} ne varie pas au sein des unités, dont les niveaux la contiennent déjà ; cette covariable a une pente propre à chaque période, de sorte que les évolutions peuvent en dépendre.",
        ),
        {"names": ", ".join(names)},
    )


def forbidden(count: int, weight: float) -> Message:
    """Comparisons with units already served."""
    return Message(
        "two-way.forbidden",
        Text(
            en="{count:int} of the comparisons behind this number {count:plural:takes|take} units already served as if they were not; their weight is {share:percent}.",
            fr="{count:int} des comparaisons qui composent ce nombre {count:plural:prend|prennent} pour référence des unités déjà servies ; leur poids est de {share:percent}.",
        ),
        {"count": count, "share": weight},
    )


def negative(cells: int, of: int, weight: float) -> Message:
    """Served cells that count against themselves."""
    return Message(
        "two-way.negative",
        Text(
            en="{cells:int} of {of:int} served groups and periods {cells:plural:counts|count} with a negative weight (together {total:number}, all weights summing to one): effects there push the number the other way.",
            fr="{cells:int} des {of:int} groupes et périodes servis {cells:plural:compte|comptent} avec un poids négatif (au total {total:number}, la somme de tous valant un) : leurs effets poussent le nombre dans l'autre sens.",
        ),
        {"cells": cells, "of": of, "total": weight},
    )


def no_bacon() -> Message:
    """Where the decomposition is not exact."""
    return Message(
        "two-way.no-decomposition",
        Text(
            en="The decomposition into comparisons of two groups is exact only in balanced panels with constant weights and no covariates; it is not shown.",
            fr="La décomposition en comparaisons de deux groupes n'est exacte que pour un panel équilibré, à poids constants et sans covariables ; elle n'est pas montrée.",
        ),
    )


def target(units: int, periods: int) -> Message:
    """Whose effect it is."""
    return Message(
        "target.two-way",
        Text(
            en="The served unit-periods ({units:int} units, {periods:int} periods), weighted by the method and not by their number; the same as their average only where the effect is one for all.",
            fr="Les unités-périodes servies ({units:int} unités, {periods:int} périodes), pondérées par la méthode et non par leur nombre ; c'est leur moyenne seulement si l'effet est le même pour toutes.",
        ),
        {"units": units, "periods": periods},
    )


def formed(covariates: tuple[str, ...], *, repeated: bool) -> Message:
    """How the effect was formed."""
    levels = (
        ("each unit and each period", "chaque unité et chaque période")
        if not repeated
        else (
            "each group of one starting date and each period",
            "chaque groupe de même date de démarrage et chaque période",
        )
    )
    if not covariates:
        return Message(
            "method.two-way",
            Text(
                en=f"Least squares with a level for {levels[0]}, and one effect of being served.",
                fr=f"Moindres carrés avec un niveau pour {levels[1]}, et un seul effet du service.",
            ),
        )
    return Message(
        "method.two-way-covariates",
        Text(
            en=f"Least squares with a level for {levels[0]}, {{covariates:text}}, and one effect of being served.",
            fr=f"Moindres carrés avec un niveau pour {levels[1]}, {{covariates:text}}, et un seul effet du service.",
        ),
        {"covariates": ", ".join(covariates)},
    )


def errors(groups: int, level: str, df: float, *, rows: bool, variance: str) -> Message:
    """Which standard error."""
    who = ("clusters", "grappes") if level == "cluster" else ("units", "unités")
    corrected = variance == "cr2"
    kind = ("HC" if rows else "CR") + ("2" if corrected else "1")
    after = ("approximation de Satterthwaite", "Satterthwaite's approximation")
    if not corrected:
        after = ("la correction usuelle des logiciels", "the usual correction of programmes")
    return Message(
        f"method.two-way-errors-{variance}",
        Text(
            en=f"Standard error: {kind} over {{groups:int}} {who[0]}; Student's t with {{df:number1}} degrees of freedom ({after[1]}).",
            fr=f"Erreur type : {kind} sur {{groups:int}} {who[1]} ; loi de Student à {{df:number1}} degrés de liberté ({after[0]}).",
        ),
        {"groups": groups, "df": df},
    )
