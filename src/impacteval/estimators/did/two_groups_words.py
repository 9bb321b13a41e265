"""What `difference-in-differences` says to people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text


def staggered(dates: int) -> Message:
    """Several starting dates."""
    return Message(
        "did.staggered",
        Text(
            en="Units begin the service at {dates:int} different dates, and this method compares one group before and after one date. Use callaway-santanna, imputation, sun-abraham or extended-twfe.",
            fr="Les unités commencent le service à {dates:int} dates différentes, or cette méthode compare un groupe avant et après une seule date. Utilisez callaway-santanna, imputation, sun-abraham ou extended-twfe.",
        ),
        {"dates": dates},
    )


def collinear(names: tuple[str, ...], where: tuple[str, str]) -> Message:
    """Covariates that add nothing among some rows."""
    return Message(
        "did.collinear",
        Text(
            en=f"Among {where[0]}, {{names:text}} can be computed from the intercept and the other covariates, so that no adjustment is defined. Leave it out.",
            fr=f"Parmi {where[1]}, {{names:text}} se déduit de la constante et des autres covariables : l'ajustement n'est pas défini. Retirez cette covariable.",
        ),
        {"names": ", ".join(names)},
    )


def separated() -> Message:
    """Covariates that tell who is served."""
    return Message(
        "did.separated",
        Text(
            en="The covariates tell without error who is served, so that nobody comparable is left for some of the served. Leave out the covariate that decides, or compare by regression (method reg), which extrapolates.",
            fr="Les covariables désignent sans erreur qui est servi : certaines unités servies n'ont aucun équivalent. Retirez la covariable qui décide, ou comparez par régression (méthode reg), qui extrapole.",
        ),
    )


def nobody_in_both(before: str, after: str) -> Message:
    """No comparison unit in two periods."""
    return Message(
        "did.nobody-in-both",
        Text(
            en="Served units were measured in {before:text} and {after:text}, and no comparison unit was measured in both, so their change has nothing to be compared with.",
            fr="Des unités servies ont été mesurées en {before:text} et {after:text}, mais aucune unité de comparaison ne l'a été aux deux dates : leur évolution n'a pas de référence.",
        ),
        {"before": before, "after": after},
    )


def no_change_seen() -> Message:
    """No served unit on both sides of the start."""
    return Message(
        "did.no-change-seen",
        Text(
            en="No served unit was measured both before and after the service began, so no change can be measured. Declare repeated cross-sections if other people were measured in each period.",
            fr="Aucune unité servie n'a été mesurée à la fois avant et après le début du service : aucune évolution n'est mesurable. Si d'autres personnes ont été mesurées à chaque période, déclarez des échantillons répétés.",
        ),
    )


def alone(served: bool, *, clusters: bool) -> Message:
    """One unit or cluster makes up a side."""
    what = ("cluster", "grappe") if clusters else ("unit", "unité")
    side = ("the served", "des servies") if served else ("the comparison", "de comparaison")
    return Message(
        "did.alone",
        Text(
            en=f"A single independent {what[0]} makes up {side[0]} side in a period, so the data cannot tell how much such changes vary. Use a method for few treated groups, or synthetic control.",
            fr=f"Une seule {what[1]} indépendante constitue le côté {side[1]} à une période : les données ne disent pas combien de telles évolutions varient. Utilisez une méthode pour peu de groupes traités, ou le contrôle synthétique.",
        ),
    )


def without_change(served: int, other: int) -> Message:
    """Units seen on one side only."""
    return Message(
        "did.without-change",
        Text(
            en="{served:int} served and {other:int} other units were not measured on both sides of the start; without a change they do not count.",
            fr="{served:int} unités servies et {other:int} autres n'ont pas été mesurées des deux côtés du démarrage ; sans évolution mesurable, elles ne comptent pas.",
        ),
        {"served": served, "other": other},
    )


def gaps() -> Message:
    """An unbalanced panel."""
    return Message(
        "did.gaps",
        Text(
            en="Units are missing in some periods, or their weights change: each period after is compared with each period before among units measured in both, and the comparisons are averaged as the served count in them.",
            fr="Des unités manquent à certaines périodes, ou leurs poids changent : chaque période après est comparée à chaque période avant parmi les unités mesurées aux deux, et ces comparaisons sont moyennées selon ce que les unités servies y pèsent.",
        ),
    )


def composition() -> Message:
    """Rows of an unbalanced panel compared as they are."""
    return Message(
        "did.composition",
        Text(
            en="Units are missing in some periods, and this regression compares rows as they are: where those missing have other levels, the change of composition is taken for an effect. Method dr follows units.",
            fr="Des unités manquent à certaines périodes, et cette régression compare les lignes telles quelles : si les absentes ont d'autres niveaux, le changement de composition passe pour un effet. La méthode dr suit les unités.",
        ),
    )


def moving_covariates(names: tuple[str, ...]) -> Message:
    """Covariates that change within units."""
    return Message(
        "did.moving-covariates",
        Text(
            en="{names:text} changes over time; its value in the last period before the service is used, which the service cannot have changed.",
            fr="{names:text} varie dans le temps ; sa valeur à la dernière période avant le service est retenue, que le service n'a pas pu modifier.",
        ),
        {"names": ", ".join(names)},
    )


def overlap(largest: float, units: int) -> Message:
    """Comparison units that are almost certain to have been served."""
    return Message(
        "did.overlap",
        Text(
            en="{units:int} comparison {units:plural:unit has|units have} a fitted chance of being served above 95% (largest {largest:percent}) and {units:plural:weighs|weigh} heavily in the comparison: look at who {units:plural:it is|they are}.",
            fr="{units:int} {units:plural:unité|unités} de comparaison {units:plural:a|ont} une probabilité ajustée d'être servie supérieure à 95 % (au plus {largest:percent}) et {units:plural:pèse|pèsent} lourd dans la comparaison : voyez {units:plural:laquelle|lesquelles}.",
        ),
        {"largest": largest, "units": units},
    )


def formed(method: str, covariates: tuple[str, ...], *, repeated: bool) -> Message:
    """How the effect was formed."""
    change = (
        (
            "The change of the served from before to after the start, less the change of the comparison units",
            "Évolution des unités servies entre l'avant et l'après, moins celle des unités de comparaison",
        )
        if not repeated
        else (
            "The change in the mean of the served group from before to after the start, less the change in the comparison group; other units in each period",
            "Évolution de la moyenne du groupe servi entre l'avant et l'après, moins celle du groupe de comparaison ; d'autres unités à chaque période",
        )
    )
    how = {
        "none": ("", ""),
        "dr": (
            ", weighted to be like the served (logit on {covariates:text}) and regressed on the same; right if either model is (Sant'Anna and Zhao)",
            ", pondérées pour ressembler aux servies (logit sur {covariates:text}) et régressées sur les mêmes variables ; juste si l'un des deux modèles l'est (Sant'Anna et Zhao)",
        ),
        "ipw": (
            ", weighted to be like the served (logit on {covariates:text}, weights that sum to one)",
            ", pondérées pour ressembler aux servies (logit sur {covariates:text}, poids de somme un)",
        ),
        "reg": (
            ", as a regression on {covariates:text} predicts it for the served",
            ", telle qu'une régression sur {covariates:text} la prédit pour les servies",
        ),
    }
    if method == "ols":
        return Message(
            "method.did-ols",
            Text(
                en="Least squares of all rows on the served group, the periods and the served group after the start; covariates added: {covariates:text}.",
                fr="Moindres carrés sur toutes les lignes : groupe servi, périodes, groupe servi après le démarrage ; covariables ajoutées : {covariates:text}.",
            ),
            {"covariates": ", ".join(covariates) or "-"},
        )
    kind = method if covariates else "none"
    values = {"covariates": ", ".join(covariates)} if covariates else {}
    return Message(
        f"method.did-{kind}",
        Text(en=f"{change[0]}{how[kind][0]}.", fr=f"{change[1]}{how[kind][1]}."),
        values,
    )


def errors(groups: int, level: str, df: float, *, influence: bool) -> Message:
    """Which standard error and degrees of freedom."""
    who = ("clusters", "grappes") if level == "cluster" else ("units", "unités")
    kind = (
        (
            "from the influence of each on the whole estimate, models included, with small-sample factors",
            "d'après l'influence de chacune sur toute l'estimation, modèles compris, avec correction pour petits échantillons",
        )
        if influence
        else (
            "corrected for small samples (HC2; CR2 for clusters)",
            "corrigée pour petits échantillons (HC2 ; CR2 par grappes)",
        )
    )
    return Message(
        "method.did-errors",
        Text(
            en=f"Standard error over {{groups:int}} independent {who[0]}, {kind[0]}; Student's t with {{df:number1}} degrees of freedom (Satterthwaite's approximation).",
            fr=f"Erreur type sur {{groups:int}} {who[1]} indépendantes, {kind[1]} ; loi de Student à {{df:number1}} degrés de liberté (approximation de Satterthwaite).",
        ),
        {"groups": groups, "df": df},
    )
