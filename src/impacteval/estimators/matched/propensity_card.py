"""What a reader must know about `propensity-matching`."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

PROPENSITY_MATCHING = MethodCard(
    title=Text(en="Propensity score matching", fr="Appariement sur le score de propension"),
    description=Text(
        en="Sums up what was measured before the programme in one number, the chance of being served, and compares each person served with the people not served whose chance was nearest. Who is compared with whom is decided without outcomes, and can be frozen before they are seen. Whoever among the served has nobody near enough is left out and described. Of the others, the mean outcome with the programme stands against the mean of their comparators, who may be several each, events counted over their time at risk where there is any.",
        fr="Résume ce qui a été mesuré avant le programme en un seul nombre, la probabilité d'être servi, et compare chaque personne servie aux personnes non servies dont la probabilité était la plus proche. Qui est comparé à qui se décide sans les résultats, et peut être figé avant qu'on ne les voie. Les personnes servies sans comparaison assez proche sont écartées et décrites. Pour les autres, le résultat moyen avec le programme est mis en regard de la moyenne des personnes de comparaison, une ou plusieurs pour chacune, les événements étant rapportés au temps d'exposition s'il y en a un.",
    ),
    assumptions=(
        Text(
            en="Given the covariates, who was served has nothing to do with what would have become of people without the programme: whatever decided both was measured. Balance on the covariates cannot prove it; sensitivity analyses tell how much would have to be missing.",
            fr="À covariables égales, le fait d'être servi est sans rapport avec ce que les personnes seraient devenues sans le programme : tout ce qui a décidé des deux a été mesuré. L'équilibre des covariables ne peut le prouver ; les analyses de sensibilité disent ce qu'il faudrait avoir manqué.",
        ),
        Text(
            en="Covariates are from before the programme, which cannot have changed them.",
            fr="Les covariables datent d'avant le programme, qui n'a pas pu les modifier.",
        ),
        Text(
            en="The logit orders people rightly by their chance of being served. Balance after matching, printed in the report, shows where it does not.",
            fr="Le modèle logit classe correctement les personnes selon leur probabilité d'être servies. L'équilibre après appariement, imprimé dans le rapport, montre où ce n'est pas le cas.",
        ),
        Text(
            en="One person's service does not change another one's outcome.",
            fr="Le service reçu par une personne ne change pas le résultat d'une autre.",
        ),
    ),
    limits=(
        Text(
            en="The effect is about the served who were matched. With a caliper, or where nobody is used twice, some may be left out: the report says how many and who they are. A total is theirs alone.",
            fr="L'effet porte sur les personnes servies qui ont été appariées. Avec un écart maximal, ou sans réutilisation, certaines peuvent être écartées : le rapport dit combien et qui elles sont. Un total ne compte qu'elles.",
        ),
        Text(
            en="Pairs are near, not equal: what is left of the difference between them stays in the result. It is little where comparators abound. Where one in three is served and nobody is used twice, the 95% interval holds the truth in 93.6% of trials, its bound on the side of what is left in 90.0%; with ten comparators each where one in eight is served, in 94.1% and 91.1%. Take fewer each, or let them serve again.",
            fr="Les paires sont proches, non identiques : ce qui reste d'écart entre elles demeure dans le résultat. C'est peu lorsque les personnes de comparaison abondent. Quand une personne sur trois est servie, sans réutilisation, l'intervalle à 95 % contient la vraie valeur dans 93,6 % des essais, sa borne du côté de cet écart dans 90,0 % ; avec dix personnes de comparaison pour chacune quand une sur huit est servie, dans 94,1 % et 91,1 %. Prenez-en moins pour chacune, ou permettez leur réutilisation.",
        ),
        Text(
            en="Errors by cluster need several clusters of either kind; what else happened to a place that is served as a whole is not in the interval when few places are.",
            fr="Les erreurs par grappe supposent plusieurs grappes de chaque sorte ; ce qui est arrivé d'autre à un lieu servi en bloc n'est pas dans l'intervalle lorsque peu de lieux le sont.",
        ),
        Text(
            en="Covariates measured with missing values are not filled in, and outcomes that were not measured take their person out of the pairs.",
            fr="Les valeurs manquantes des covariables ne sont pas complétées, et une personne dont le résultat n'a pas été mesuré sort des paires.",
        ),
    ),
    references=(
        "Rosenbaum and Rubin (1983), Biometrika 70(1), doi:10.1093/biomet/70.1.41",
        "Austin (2011), Pharmaceutical Statistics 10(2), doi:10.1002/pst.433",
        "Abadie and Imbens (2006), Econometrica 74(1), doi:10.1111/j.1468-0262.2006.00655.x",
        "Abadie and Imbens (2016), Econometrica 84(2), doi:10.3982/ECTA11293",
        "Abadie and Spiess (2022), Journal of the American Statistical Association 117(538), doi:10.1080/01621459.2020.1840383",
    ),
    designs=("matched",),
    scales=tuple(Scale),
    handles=("missing_outcome",),
)
