"""What a reader must know about `stacked` and `local-projections`."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

_PARALLEL = Text(
    en="Without the service, the served would have changed as the units they are compared with did over the same time (given the covariates, where there are any). Data from before can contradict this, and cannot prove it.",
    fr="Sans le service, les unités servies auraient évolué comme celles auxquelles elles sont comparées sur la même période (à covariables égales, s'il y en a). Les données antérieures peuvent contredire cette hypothèse, non la prouver.",
)
_ALONE = Text(
    en="Nobody changed because the service was coming, beyond the anticipation that is allowed for, and the service changed nothing for the units compared with.",
    fr="Personne n'a changé par anticipation au-delà de celle qui est admise, et le service n'a rien changé pour les unités de comparaison.",
)
_STAYS = Text(
    en="A service that has begun stays.",
    fr="Un service commencé demeure.",
)
_FOLLOWED = Text(
    en="Units are followed: where each is seen once, the method refuses.",
    fr="Les unités sont suivies : si chacune n'est vue qu'une fois, la méthode refuse.",
)
_FEW = Text(
    en="Errors are summed by unit, or by cluster where the sample names one; what else happened where few places start together is not in the interval.",
    fr="Les erreurs sont additionnées par unité, ou par grappe si l'échantillon en nomme ; ce qui est arrivé d'autre là où peu de lieux démarrent ensemble n'est pas dans l'intervalle.",
)
_VARIANCE = Text(
    en="With weighting: variance the average is that of a regression: starting dates count by how sharply they can be compared, which is the effect on the served only where it is the same for all.",
    fr="Avec weighting : variance, la moyenne est celle d'une régression : les dates de démarrage comptent selon la netteté de leur comparaison, et ce n'est l'effet sur les unités servies que s'il est le même pour toutes.",
)

_SKEWED = Text(
    en="On scale standardised, intervals are too short where outcomes are skewed and units few: of 50 units with lognormal outcomes, those at 95% held the truth in 90% of 4,000 draws.",
    fr="À l'échelle standardised, les intervalles sont trop courts quand les résultats sont asymétriques et les unités peu nombreuses : avec 50 unités aux résultats lognormaux, ceux à 95 % contenaient la vérité dans 90 % de 4 000 tirages.",
)

STACKED = MethodCard(
    title=Text(en="Stacked difference-in-differences", fr="Différence de différences empilée"),
    description=Text(
        en="Makes of every starting date a small study of its own: those who began then, and units that the service does not reach within the same window of time, before and after. The studies are stacked, and their effects averaged so that every served unit and period counts alike. Nobody who was served earlier ever stands in for someone who was not.",
        fr="Fait de chaque date de démarrage une petite étude : les unités qui ont commencé alors, et des unités que le service n'atteint pas dans la même fenêtre de temps, avant et après. Les études sont empilées, et leurs effets moyennés pour que chaque unité et période servie compte autant. Aucune unité servie plus tôt ne tient lieu d'unité non servie.",
    ),
    assumptions=(_PARALLEL, _ALONE, _STAYS),
    limits=(
        Text(
            en="Where the plan states a window, only served periods within it count, and only starting dates that have all of it; where it states none, starting dates differ in how long they are seen, and effects at different times are not of the same ones.",
            fr="Si le plan fixe une fenêtre, seules comptent ses périodes servies et les dates de démarrage qui l'ont en entier ; s'il n'en fixe pas, les dates de démarrage sont observées plus ou moins longtemps, et les effets à des délais différents ne portent pas sur les mêmes.",
        ),
        Text(
            en="Units that miss a period of the window are left out of it.",
            fr="Les unités à qui manque une période de la fenêtre en sont exclues.",
        ),
        _FOLLOWED,
        _VARIANCE,
        _FEW,
        _SKEWED,
    ),
    references=(
        "Cengiz, Dube, Lindner and Zipperer (2019), Quarterly Journal of Economics 134(3), doi:10.1093/qje/qjz014",
        "Wing, Freedman and Hollingsworth (2024), NBER Working Paper 32054, doi:10.3386/w32054",
    ),
    designs=("did",),
    scales=tuple(Scale),
    handles=("unbalanced",),
)

LOCAL_PROJECTIONS = MethodCard(
    title=Text(
        en="Local projections difference-in-differences",
        fr="Différence de différences par projections locales",
    ),
    description=Text(
        en="For each time since the service began, compares how outcomes changed from just before it with how they changed over the same time among units that the service had not reached by then. The effects of all starting dates and times are averaged so that every served unit and period counts alike.",
        fr="Pour chaque délai depuis le début du service, compare l'évolution des résultats depuis la période qui précède à celle d'unités que le service n'avait pas encore atteintes. Les effets de toutes les dates de démarrage et de tous les délais sont moyennés pour que chaque unité et période servie compte autant.",
    ),
    assumptions=(_PARALLEL, _ALONE, _STAYS),
    limits=(
        Text(
            en="Who is compared changes with the time since the start, unless same_units asks for the same ones at all times: effects at different times are then not of the same starting dates.",
            fr="Les unités comparées changent avec le délai, sauf si same_units impose les mêmes à tous les délais : les effets à des délais différents ne portent alors pas sur les mêmes dates de démarrage.",
        ),
        Text(
            en="With base: mean, trends that diverged long before the service move the effect too; in return chance in a single period counts for less.",
            fr="Avec base : mean, des évolutions qui divergeaient longtemps avant le service déplacent aussi l'effet ; en échange, le hasard d'une seule période compte moins.",
        ),
        _FOLLOWED,
        _VARIANCE,
        _FEW,
        _SKEWED,
    ),
    references=(
        "Dube, Girardi, Jorda and Taylor (2025), Journal of Applied Econometrics, doi:10.1002/jae.70000",
        "Callaway and Sant'Anna (2021), Journal of Econometrics 225(2), doi:10.1016/j.jeconom.2020.12.001",
    ),
    designs=("did",),
    scales=tuple(Scale),
    handles=("unbalanced",),
)
