"""What a reader must know about each method, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

RANDOMISED = Text(
    en="Chance alone decided who was assigned to the programme, within strata where there are strata, at the level of clusters where clusters were assigned.",
    fr="Seul le hasard a décidé qui était affecté au programme, au sein des strates s'il y en a, au niveau des grappes si ce sont elles qui ont été tirées au sort.",
)
NO_INTERFERENCE = Text(
    en="The programme changed nothing for those assigned to comparison, and one person's outcome does not depend on another's assignment outside the same cluster.",
    fr="Le programme n'a rien changé pour le groupe de comparaison, et le résultat d'une personne ne dépend pas de l'affectation d'une autre hors de sa grappe.",
)
MEASURED = Text(
    en="Outcomes were measured alike in both groups; where some were not measured, those lost are like those found.",
    fr="Les résultats ont été mesurés de la même manière dans les deux groupes ; lorsque certains manquent, les perdus ressemblent aux retrouvés.",
)

ATTRITION = Text(
    en="Units whose outcome was not measured are left out and counted; nothing is done about the difference this may make.",
    fr="Les unités dont le résultat n'a pas été mesuré sont écartées et comptées ; rien ne corrige la différence que cela peut faire.",
)
NO_PAIRS = Text(
    en="One period only; matched pairs and strata with a single unit or cluster in an arm are refused. Below four degrees of freedom (very few clusters) the approximation itself is in doubt, and the estimate says so.",
    fr="Une seule période ; les paires appariées et les strates ne comptant qu'une unité ou une grappe dans un groupe sont refusées. En dessous de quatre degrés de liberté (très peu de grappes), l'approximation elle-même est incertaine, et l'estimation le signale.",
)

_FINE = Text(
    en="One period only. Matched pairs, and strata with a single unit or cluster in an arm, get their error from how pairs or strata differ from each other: too large rather than too small where the effect differs between them. A single such stratum, or one that outweighs all others of its kind, is refused. Below four degrees of freedom (very few clusters) the approximation itself is in doubt, and the estimate says so.",
    fr="Une seule période. Les paires appariées et les strates ne comptant qu'une unité ou une grappe dans un groupe tirent leur erreur de ce qui distingue les paires ou les strates entre elles : plutôt trop grande que trop petite si l'effet varie de l'une à l'autre. Une seule strate de ce genre, ou une qui pèse plus que toutes les autres, est refusée. En dessous de quatre degrés de liberté (très peu de grappes), l'approximation elle-même est incertaine, et l'estimation le signale.",
)

DIFFERENCE_IN_MEANS = MethodCard(
    title=Text(en="Difference in means", fr="Différence de moyennes"),
    description=Text(
        en="Compares the average outcome of those assigned to the programme with that of those assigned to comparison by lot. Where the lot was drawn within strata or pairs, the comparison is made within each and averaged by size. The uncertainty comes from how much outcomes vary within the groups, or between clusters when whole clusters were assigned.",
        fr="Compare le résultat moyen des unités affectées par tirage au sort au programme à celui des unités affectées à la comparaison. Si le tirage a eu lieu par strates ou par paires, la comparaison se fait dans chacune, puis on en prend la moyenne selon leur taille. L'incertitude vient de la dispersion des résultats au sein des groupes, ou entre grappes si des grappes entières ont été tirées au sort.",
    ),
    assumptions=(RANDOMISED, NO_INTERFERENCE, MEASURED),
    limits=(
        Text(
            en="It answers what being assigned did, not what taking part did.",
            fr="Elle dit l'effet de l'affectation au programme, non celui de la participation effective.",
        ),
        ATTRITION,
        _FINE,
        Text(
            en="Few and very skewed outcomes, such as earnings: with 15 people an arm the 95% interval of a relative effect holds the truth in 91.8% of trials, and with 60 against 20 people that of a difference in 91.5%, its one-sided upper bound in 87.7%.",
            fr="Résultats peu nombreux et très asymétriques, comme des revenus : avec 15 personnes par groupe, l'intervalle à 95 % d'un effet relatif contient la vraie valeur dans 91,8 % des essais ; avec 60 personnes contre 20, celui d'une différence dans 91,5 %, sa borne supérieure unilatérale dans 87,7 %.",
        ),
        Text(
            en="Effects in standard deviations of a skewed outcome: the 95% interval holds the truth in 91.9% of trials with 15 people an arm, in 92.4% with 50 and in 93.0% with 200; its one-sided upper bound in 89.5%, 90.6% and 92.7%.",
            fr="Effets en écarts types d'un résultat asymétrique : l'intervalle à 95 % contient la vraie valeur dans 91,9 % des essais avec 15 personnes par groupe, 92,4 % avec 50 et 93,0 % avec 200 ; sa borne supérieure unilatérale dans 89,5 %, 90,6 % et 92,7 %.",
        ),
        Text(
            en="Pairs with a very skewed outcome: with 30 pairs the 95% interval of a relative effect holds the truth in 91.7% of trials, the one-sided upper bound of a difference in 91.4%; effects in standard deviations in 89.8% with 30 pairs and 91.7% with 150.",
            fr="Paires et résultat très asymétrique : avec 30 paires, l'intervalle à 95 % d'un effet relatif contient la vraie valeur dans 91,7 % des essais, la borne supérieure unilatérale d'une différence dans 91,4 % ; pour des effets en écarts types, 89,8 % avec 30 paires et 91,7 % avec 150.",
        ),
        Text(
            en="Where the effect differs from person to person, the standard error is too large rather than too small for the people assigned: with 100 people and yes-or-no outcomes the 95% interval of a relative effect covers 97.8%.",
            fr="Lorsque l'effet varie d'une personne à l'autre, l'erreur type est plutôt trop grande que trop petite pour les personnes affectées : avec 100 personnes et un résultat binaire, l'intervalle à 95 % d'un effet relatif couvre 97,8 %.",
        ),
    ),
    references=(
        "Neyman (1923/1990), Statistical Science 5(4), doi:10.1214/ss/1177012031",
        "Samii and Aronow (2012), Statistics & Probability Letters 82(2), doi:10.1016/j.spl.2011.10.024",
        "Welch (1947), Biometrika 34, doi:10.1093/biomet/34.1-2.28",
        "Imai (2008), Statistics in Medicine 27(24), doi:10.1002/sim.3337",
        "Imai, King and Nall (2009), Statistical Science 24(1), doi:10.1214/08-STS274",
        "Pashley and Miratrix (2021), Journal of Educational and Behavioral Statistics 46(3), doi:10.3102/1076998620946272",
        "Bell and McCaffrey (2002), Survey Methodology 28(2)",
        "Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36(4), doi:10.1080/07350015.2016.1247004",
    ),
    designs=("rct",),
    scales=tuple(Scale),
)

LIN = MethodCard(
    title=Text(
        en="Difference in means adjusted for covariates (Lin)",
        fr="Différence de moyennes ajustée sur covariables (Lin)",
    ),
    description=Text(
        en="Predicts, separately in each group, the outcome from characteristics known before the lot was drawn, and compares the two predictions for everyone assigned. The comparison stays the one that the lot makes fair; the characteristics only take out noise.",
        fr="Prédit, séparément dans chaque groupe, le résultat à partir de caractéristiques connues avant le tirage au sort, et compare les deux prédictions pour toutes les unités affectées. La comparaison reste celle que le tirage rend équitable ; les caractéristiques ne font que réduire le bruit.",
    ),
    assumptions=(
        RANDOMISED,
        NO_INTERFERENCE,
        MEASURED,
        Text(
            en="The covariates were fixed before assignment, and were chosen before the outcomes were seen.",
            fr="Les covariables étaient fixées avant l'affectation, et ont été choisies avant de voir les résultats.",
        ),
    ),
    limits=(
        Text(
            en="It answers what being assigned did, not what taking part did.",
            fr="Il dit l'effet de l'affectation au programme, non celui de la participation effective.",
        ),
        ATTRITION,
        NO_PAIRS,
        Text(
            en="The standard error takes the characteristics of those assigned as given: it is about these people. For a wider population it is too small where the effect changes with the covariates: with 60 against 20 people and slopes three times as steep in one arm, the 95% interval covers 92.0% to 92.2%.",
            fr="L'erreur type considère comme données les caractéristiques des personnes affectées : elle porte sur ces personnes. Pour une population plus large, elle est trop petite si l'effet varie avec les covariables : avec 60 personnes contre 20 et des pentes trois fois plus fortes dans un groupe, l'intervalle à 95 % couvre de 92,0 % à 92,2 %.",
        ),
        Text(
            en="Few and very skewed outcomes, such as earnings: with 15 people an arm the 95% interval of a relative effect holds the truth in 91.8% of trials, and with 60 against 20 people that of a difference in 90.3%, its one-sided upper bound in 87.0%.",
            fr="Résultats peu nombreux et très asymétriques, comme des revenus : avec 15 personnes par groupe, l'intervalle à 95 % d'un effet relatif contient la vraie valeur dans 91,8 % des essais ; avec 60 personnes contre 20, celui d'une différence dans 90,3 %, sa borne supérieure unilatérale dans 87,0 %.",
        ),
        Text(
            en="Effects in standard deviations of a skewed outcome: the 95% interval holds the truth in 91.4% of trials with 15 people an arm, in 92.0% with 50 and in 93.0% with 200; its one-sided upper bound in 89.4%, 90.9% and 92.5%.",
            fr="Effets en écarts types d'un résultat asymétrique : l'intervalle à 95 % contient la vraie valeur dans 91,4 % des essais avec 15 personnes par groupe, 92,0 % avec 50 et 93,0 % avec 200 ; sa borne supérieure unilatérale dans 89,4 %, 90,9 % et 92,5 %.",
        ),
        Text(
            en="Covariates chosen after seeing the outcomes make every figure here meaningless; the plan must name them before the lock.",
            fr="Des covariables choisies après avoir vu les résultats privent de sens tous ces chiffres ; le plan doit les nommer avant le verrouillage.",
        ),
    ),
    references=(
        "Lin (2013), Annals of Applied Statistics 7(1), doi:10.1214/12-AOAS583",
        "Freedman (2008), Advances in Applied Mathematics 40(2), doi:10.1016/j.aam.2006.12.003",
        "Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36(4), doi:10.1080/07350015.2016.1247004",
    ),
    designs=("rct",),
    scales=tuple(Scale),
)
