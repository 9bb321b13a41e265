"""The card of the comparison at a line, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

REGRESSION_DISCONTINUITY = MethodCard(
    title=Text(
        en="Comparison at a cutoff (regression discontinuity)",
        fr="Comparaison à un seuil (régression sur discontinuité)",
    ),
    description=Text(
        en="People on one side of a cutoff are served, those on the other are not, and nothing else changes there. A line is fitted to outcomes on each side, to people near the cutoff, and the effect is the jump between both. How near is chosen by the data or given; the bias of a straight line is estimated and taken off, and the interval counts that in (robust bias-corrected).",
        fr="Les personnes d'un côté d'un seuil sont servies, celles de l'autre non, et rien d'autre n'y change. De chaque côté, une droite est ajustée aux résultats des personnes proches du seuil, et l'effet est le saut entre les deux. La distance retenue est choisie par les données ou indiquée ; le biais de la droite est estimé et retiré, et l'intervalle en tient compte (correction robuste du biais).",
    ),
    assumptions=(
        Text(
            en="The cutoff alone decides who is served, and nothing else that matters for the outcome begins or ends there.",
            fr="Le seuil seul décide de qui est servi, et rien d'autre de ce qui compte pour l'indicateur n'y commence ni n'y finit.",
        ),
        Text(
            en="Nobody can place themselves, or be placed, just on the side they wish. The diagnostic density-at-cutoff looks for traces of it.",
            fr="Personne ne peut se placer, ni être placé, juste du côté souhaité. Le diagnostic density-at-cutoff en cherche les traces.",
        ),
        Text(
            en="Without the programme, outcomes would follow the running variable without a jump.",
            fr="Sans le programme, les résultats suivraient la variable d'affectation sans saut.",
        ),
        Text(
            en="Those whose outcome was not measured are like the measured ones of their side who stand as near the line.",
            fr="Les personnes dont l'indicateur n'a pas été mesuré ressemblent à celles de leur côté, mesurées, qui sont aussi proches du seuil.",
        ),
    ),
    limits=(
        Text(
            en="The effect is that on people at the line. People far from it may gain more or less: a contract that pays for everyone served can be read from it only if effects are alike. There is no total.",
            fr="L'effet est celui sur les personnes situées au seuil. Celles qui en sont loin peuvent gagner plus ou moins : un contrat qui paie pour toutes les personnes servies ne peut s'y lire que si les effets sont les mêmes. Il n'y a pas de total.",
        ),
        Text(
            en="Where the treatment column contradicts the cutoff (a fuzzy design), where cutoffs differ, and where fewer than ten people or clusters stand near the line on a side, the estimate is refused. Covariates are not used.",
            fr="Lorsque la colonne de traitement contredit le seuil (plan flou), que les seuils diffèrent, ou que moins de dix personnes ou grappes d'un côté sont proches du seuil, l'estimation est refusée. Les covariables ne sont pas utilisées.",
        ),
        Text(
            en="Measured with 500 to 2,000 people, or 25 to 60 clusters: the 95% interval of a difference holds the truth in 93.8% to 95.2% of samples, that of a ratio in 93.3% to 97.2%. With 150 people they hold in 91.9% and 92.1%. Where outcomes bend sharply near the line (the elections of Lee, and the counties of Ludwig and Miller) they hold in 92.7% to 93.2% and 91.7% to 93.2%, and most misses lie on one side, so that a lower bound at 95% holds in 90.8% to 92.0% and 89.0% to 91.1% only. A heaped running variable is told; with few values the interval is too sure.",
            fr="Mesuré avec 500 à 2 000 personnes, ou 25 à 60 grappes : l'intervalle à 95 % d'une différence contient la vraie valeur dans 93,8 % à 95,2 % des échantillons, celui d'un rapport dans 93,3 % à 97,2 %. Avec 150 personnes, ils la contiennent dans 91,9 % et 92,1 % des cas. Lorsque les résultats s'infléchissent nettement près du seuil (les élections de Lee, les comtés de Ludwig et Miller), ils la contiennent dans 92,7 % à 93,2 % et 91,7 % à 93,2 % des cas, et la plupart des erreurs sont du même côté : une borne inférieure à 95 % ne tient que dans 90,8 % à 92,0 % et 89,0 % à 91,1 % des cas. Une variable d'affectation arrondie est signalée ; avec peu de valeurs, l'intervalle est trop sûr de lui.",
        ),
    ),
    references=(
        "Calonico, Cattaneo and Titiunik (2014), Econometrica 82(6), doi:10.3982/ECTA11757",
        "Calonico, Cattaneo and Farrell (2020), The Econometrics Journal 23(2), doi:10.1093/ectj/utz022",
        "Cattaneo, Idrobo and Titiunik (2020), Cambridge University Press, doi:10.1017/9781108684606",
    ),
    designs=("regression_discontinuity",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE),
)
