"""What a reader must know about `callaway-santanna`, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

CALLAWAY_SANTANNA = MethodCard(
    title=Text(
        en="Staggered roll-out, compared start by start",
        fr="Déploiement échelonné, comparé démarrage par démarrage",
    ),
    description=Text(
        en="For a service that starts at different dates in different places. For each starting date and each period, the change since the last period before the service is compared with the change of units that the service has not reached, never with units that are served already; these effects are then averaged, over served unit-periods unless another average is asked for. Where trends depend on characteristics of the units, these are allowed for by a prediction of the change, by weights from a propensity score, or by both, so that one of the two may be wrong.",
        fr="Pour un service qui démarre à des dates différentes selon les lieux. Pour chaque date de démarrage et chaque période, l'évolution depuis la dernière période avant le service est comparée à celle d'unités que le service n'a pas atteintes, jamais à celle d'unités déjà servies ; ces effets sont ensuite pris en moyenne, sur les unités-périodes servies sauf si une autre moyenne est demandée. Lorsque les évolutions dépendent de caractéristiques des unités, celles-ci sont prises en compte par une prédiction de l'évolution, par des poids issus d'un score de propension, ou par les deux, si bien que l'un des deux peut être faux.",
    ),
    assumptions=(
        Text(
            en="Without the service, the served would have changed as the comparison units did, among units with the same covariates where there are covariates. Equal changes before the service make this credible and do not prove it.",
            fr="Sans le service, les unités servies auraient évolué comme les unités de comparaison, à covariables égales s'il y en a. Des évolutions égales avant le service rendent cela crédible sans le prouver.",
        ),
        Text(
            en="The service is not felt before its start, or at most for as long as anticipation says, and does not reach comparison units.",
            fr="Le service ne se fait pas sentir avant son démarrage, ou au plus pendant la durée d'anticipation indiquée, et n'atteint pas les unités de comparaison.",
        ),
        Text(
            en="Once begun, the service stays. Covariates are not changed by it: their values are those of the base period.",
            fr="Une fois commencé, le service demeure. Il ne modifie pas les covariables : leurs valeurs sont celles de la période de base.",
        ),
        Text(
            en="With covariates, for every kind of served unit there are comparison units like it.",
            fr="Avec des covariables, pour chaque type d'unité servie il existe des unités de comparaison semblables.",
        ),
        Text(
            en="Units, or clusters, are independent of each other, and there are many of them on both sides.",
            fr="Les unités, ou les grappes, sont indépendantes les unes des autres, et nombreuses des deux côtés.",
        ),
    ),
    limits=(
        Text(
            en="Errors rest on many units or clusters in each group of starting dates. A starting date with a single one has no error of its own, and is marked.",
            fr="Les erreurs supposent de nombreuses unités ou grappes par date de démarrage. Une date de démarrage qui n'en compte qu'une n'a pas d'erreur propre, ce qui est signalé.",
        ),
        Text(
            en="Few served units: with four of forty the 95% interval of a difference holds the truth in 84.5% of samples, that of a relative effect in 84.8%, of one in standard deviations in 86.5%; the lower 95% bound of a difference in 89.6%, the upper in 88.6%. With ten served and ten not, 91.9%; with twenty clusters in three groups, 92.0%; with twenty units in three groups and an average over times since the start, 92.3%. From fifty units in three groups on, 94% to 95%. Below six places served, use few-treated.",
            fr="Peu d'unités servies : avec quatre sur quarante, l'intervalle à 95 % d'une différence contient la vraie valeur dans 84,5 % des échantillons, celui d'un effet relatif dans 84,8 %, d'un effet en écarts types dans 86,5 % ; la borne inférieure à 95 % d'une différence dans 89,6 %, la borne supérieure dans 88,6 %. Avec dix unités servies et dix non servies, 91,9 % ; avec vingt grappes en trois groupes, 92,0 % ; avec vingt unités en trois groupes et une moyenne sur les durées depuis le démarrage, 92,3 %. À partir de cinquante unités en trois groupes, de 94 % à 95 %. En dessous de six lieux servis, utilisez few-treated.",
        ),
        Text(
            en="Effects in standard deviations of a skewed outcome: the 95% interval holds the truth in 88.3% of samples of 50 units and in 90.7% with 200, its lower bound in 88.5% and 89.8%. With 300 units and covariates whose square was left out of the regression, the lower 95% bound of a relative effect holds in 92.4%.",
            fr="Effets en écarts types d'un résultat asymétrique : l'intervalle à 95 % contient la vraie valeur dans 88,3 % des échantillons de 50 unités et dans 90,7 % avec 200, sa borne inférieure dans 88,5 % et 89,8 %. Avec 300 unités et des covariables dont le carré manque à la régression, la borne inférieure à 95 % d'un effet relatif dans 92,4 %.",
        ),
        Text(
            en="Effects that nobody is left to compare with, such as those of the last starting date where everyone is served in the end, cannot be estimated: they are listed, left out, and the target says so.",
            fr="Les effets pour lesquels il ne reste personne à qui comparer, comme ceux de la dernière date de démarrage si tous finissent par être servis, ne peuvent être estimés : ils sont listés, écartés, et la cible le dit.",
        ),
        Text(
            en="In an unbalanced panel each comparison uses the units measured in both of its periods, and the others with the same start are taken to be like them. Nothing is trimmed where comparison units look almost sure to be served; that is counted and told.",
            fr="Dans un panel non équilibré, chaque comparaison porte sur les unités mesurées à ses deux périodes, et les autres de même démarrage sont supposées leur ressembler. Rien n'est écarté lorsque des unités de comparaison paraissent presque sûres d'être servies ; cela est compté et signalé.",
        ),
    ),
    references=(
        "Callaway and Sant'Anna (2021), Journal of Econometrics 225(2), doi:10.1016/j.jeconom.2020.12.001",
        "Sant'Anna and Zhao (2020), Journal of Econometrics 219(1), doi:10.1016/j.jeconom.2020.06.003",
        "Abadie (2005), Review of Economic Studies 72(1), doi:10.1111/0034-6527.00321",
        "Heckman, Ichimura and Todd (1997), Review of Economic Studies 64(4), doi:10.2307/2971733",
    ),
    designs=("did",),
    scales=tuple(Scale),
    handles=("missing_outcome", "unbalanced", "repeated_cross_section"),
)
