"""What a reader must know about `difference-in-differences`."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

DIFFERENCE_IN_DIFFERENCES = MethodCard(
    title=Text(en="Difference-in-differences", fr="Différence de différences"),
    description=Text(
        en="Compares how outcomes changed among those served, from before to after the service began, with how they changed over the same time among others. What the two groups had different from the start drops out; what is left is the effect, as long as both would have moved in parallel without the service. Covariates make the comparison one of like with like: by weighting, by regression, or by both at once, which is right when either is.",
        fr="Compare l'évolution des résultats des unités servies, entre l'avant et l'après du service, à celle d'autres unités sur la même période. Ce qui distinguait les deux groupes au départ disparaît ; le reste est l'effet, pourvu que tous aient évolué parallèlement sans le service. Les covariables permettent de comparer des unités semblables : par pondération, par régression, ou par les deux à la fois, ce qui est juste dès que l'une des deux l'est.",
    ),
    assumptions=(
        Text(
            en="Without the service, the served would have changed as the comparison units did (given the covariates, where there are any). Data from before can contradict this, and cannot prove it.",
            fr="Sans le service, les unités servies auraient évolué comme les unités de comparaison (à covariables égales, s'il y en a). Les données antérieures peuvent contredire cette hypothèse, non la prouver.",
        ),
        Text(
            en="Nobody changed in advance because the service was coming, and the service changed nothing for the comparison units.",
            fr="Personne n'a changé par anticipation du service, et le service n'a rien changé pour les unités de comparaison.",
        ),
        Text(
            en="Everyone served begins at the same date and stays served.",
            fr="Toutes les unités servies commencent à la même date et le restent.",
        ),
        Text(
            en="With repeated cross-sections: the same kind of people are found in each group before and after.",
            fr="Avec des échantillons répétés : chaque groupe comprend le même genre de personnes avant et après.",
        ),
    ),
    limits=(
        Text(
            en="Parallel trends hold on one scale only: parallel in levels, they are not in logarithms or shares. The plan must say on which scale the outcome is measured, and why.",
            fr="Le parallélisme ne vaut que sur une échelle : en niveaux, il exclut celui des logarithmes ou des pourcentages. Le plan doit dire sur quelle échelle le résultat est mesuré, et pourquoi.",
        ),
        Text(
            en="Several starting dates are refused: use a method for staggered roll-outs.",
            fr="Plusieurs dates de démarrage sont refusées : utilisez une méthode pour déploiements échelonnés.",
        ),
        Text(
            en="Errors are clustered by unit, or by cluster where the sample names one; what else happened to a place that starts as a whole is not in the interval when few places are served.",
            fr="Les erreurs sont groupées par unité, ou par grappe si l'échantillon en nomme ; ce qui est arrivé d'autre à un lieu servi en bloc n'est pas dans l'intervalle lorsque peu de lieux sont servis.",
        ),
        Text(
            en="Four units served of forty: the 95% interval holds the truth in 93.3% of trials. Effects in standard deviations of a skewed outcome, twenty-five units a side: the 95% interval in 92.2%, its lower bound in 91.8%.",
            fr="Quatre unités servies sur quarante : l'intervalle à 95 % contient la vraie valeur dans 93,3 % des essais. Effets en écarts types d'un résultat asymétrique, vingt-cinq unités de chaque côté : l'intervalle à 95 % dans 92,2 %, sa borne inférieure dans 91,8 %.",
        ),
        Text(
            en="Covariates are taken from before the service; in repeated cross-sections they are those of the row and must be such as the service cannot change.",
            fr="Les covariables sont celles d'avant le service ; avec des échantillons répétés, ce sont celles de la ligne, et le service ne doit pas pouvoir les modifier.",
        ),
        Text(
            en="Method ols adds covariates to a regression of rows: it is right only where the effect is the same whatever the covariates, and where trends do not go with them.",
            fr="La méthode ols ajoute les covariables à une régression sur les lignes : elle n'est juste que si l'effet ne dépend pas des covariables et si les évolutions n'en dépendent pas non plus.",
        ),
    ),
    references=(
        "Sant'Anna and Zhao (2020), Journal of Econometrics 219(1), doi:10.1016/j.jeconom.2020.06.003",
        "Bertrand, Duflo and Mullainathan (2004), Quarterly Journal of Economics 119(1), doi:10.1162/003355304772839588",
        "Roth and Sant'Anna (2023), Econometrica 91(2), doi:10.3982/ECTA19402",
        "Roth, Sant'Anna, Bilinski and Poe (2023), Journal of Econometrics 235(2), doi:10.1016/j.jeconom.2023.03.008",
    ),
    designs=("did",),
    scales=tuple(Scale),
    handles=("unbalanced", "repeated_cross_section"),
)
