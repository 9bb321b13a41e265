"""What a reader must know about ancova and cuped, with the limits that were measured."""

from __future__ import annotations

from impacteval.estimators.randomised.cards import (
    ATTRITION,
    MEASURED,
    NO_INTERFERENCE,
    NO_PAIRS,
    RANDOMISED,
)
from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

CHOSEN_BEFORE = Text(
    en="The covariates were fixed before assignment, and were chosen before the outcomes were seen.",
    fr="Les covariables étaient fixées avant l'affectation, et ont été choisies avant de voir les résultats.",
)
OFFER = Text(
    en="It answers what being assigned did, not what taking part did.",
    fr="Elle dit l'effet de l'affectation au programme, non celui de la participation effective.",
)
CHOSEN_AFTER = Text(
    en="Covariates chosen after seeing the outcomes make every figure here meaningless; the plan must name them before the lock.",
    fr="Des covariables choisies après avoir vu les résultats privent de sens tous ces chiffres ; le plan doit les nommer avant le verrouillage.",
)

ANCOVA = MethodCard(
    title=Text(en="Analysis of covariance", fr="Analyse de covariance"),
    description=Text(
        en="Predicts the outcome from the group a unit was assigned to and from characteristics known before the lot was drawn, with the same slopes in both groups, and compares the two groups at the average characteristics of everyone assigned. Where the lot was drawn within strata, each has a level of its own and counts by its size.",
        fr="Prédit le résultat à partir du groupe d'affectation et de caractéristiques connues avant le tirage au sort, avec les mêmes pentes dans les deux groupes, et compare ceux-ci aux caractéristiques moyennes de toutes les unités affectées. Si le tirage a eu lieu par strates, chacune a son propre niveau et compte selon sa taille.",
    ),
    assumptions=(RANDOMISED, NO_INTERFERENCE, MEASURED, CHOSEN_BEFORE),
    limits=(
        OFFER,
        ATTRITION,
        NO_PAIRS,
        Text(
            en="It can be less precise than no adjustment (Freedman 2008): when the groups differ in size and the effect goes with the covariates. Lin's method cannot, in large samples, and is the better choice with unequal groups. The standard error stays valid.",
            fr="Elle peut être moins précise que l'absence d'ajustement (Freedman 2008) : quand les groupes sont de tailles différentes et que l'effet varie avec les covariables. La méthode de Lin ne le peut pas, dans les grands échantillons, et lui est préférable si les groupes sont inégaux. L'erreur type reste valable.",
        ),
        Text(
            en="With strata of unequal shares the textbook regression answers for another population, because it gives more weight to strata that are split evenly. Here units are weighted so that strata count by their size; the estimate shows the textbook figure beside it.",
            fr="Avec des strates de parts inégales, la régression des manuels répond pour une autre population, car elle donne plus de poids aux strates partagées également. Ici les unités sont pondérées pour que les strates comptent selon leur taille ; l'estimation indique à côté le chiffre des manuels.",
        ),
        Text(
            en="Few and very skewed outcomes, such as earnings: with 60 against 20 people the 95% interval of a difference holds the truth in 91.1% of trials, its one-sided upper bound in 87.8%. Effects in standard deviations of such an outcome: 91.5% with 15 people an arm, 92.0% with 50.",
            fr="Résultats peu nombreux et très asymétriques, comme des revenus : avec 60 personnes contre 20, l'intervalle à 95 % d'une différence contient la vraie valeur dans 91,1 % des essais, sa borne supérieure unilatérale dans 87,8 %. Effets en écarts types d'un tel résultat : 91,5 % avec 15 personnes par groupe, 92,0 % avec 50.",
        ),
        CHOSEN_AFTER,
    ),
    references=(
        "Freedman (2008), Advances in Applied Mathematics 40(2), doi:10.1016/j.aam.2006.12.003",
        "Lin (2013), Annals of Applied Statistics 7(1), doi:10.1214/12-AOAS583",
        "Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36(4), doi:10.1080/07350015.2016.1247004",
    ),
    designs=("rct",),
    scales=tuple(Scale),
)

CUPED = MethodCard(
    title=Text(
        en="Difference in means less what was foreseeable (CUPED)",
        fr="Différence de moyennes, diminuée de ce qui était prévisible (CUPED)",
    ),
    description=Text(
        en="Takes from each outcome the part that a measurement from before the programme foretold, in the same way in both groups, and compares the averages of what is left. As the lot makes the earlier measurement alike in both groups on average, this takes out noise and no effect.",
        fr="Retire de chaque résultat la part qu'une mesure antérieure au programme laissait prévoir, de la même façon dans les deux groupes, et compare les moyennes du reste. Comme le tirage au sort rend la mesure antérieure semblable en moyenne dans les deux groupes, on retire du bruit et non de l'effet.",
    ),
    assumptions=(
        RANDOMISED,
        NO_INTERFERENCE,
        MEASURED,
        Text(
            en="The covariates were measured before the programme began, and were chosen before the outcomes were seen.",
            fr="Les covariables ont été mesurées avant le début du programme, et choisies avant de voir les résultats.",
        ),
    ),
    limits=(
        OFFER,
        ATTRITION,
        NO_PAIRS,
        Text(
            en="The slope is estimated with the effect still in the outcomes, and takes a share of the effect with it: one over the number of units, for each covariate. An effect of ten standard errors is short by a tenth of one with a hundred units a covariate. With fifty or fewer the estimate is refused; ancova and Lin's method have no such share.",
            fr="La pente est estimée alors que l'effet est encore dans les résultats, et en retire une part : un sur le nombre d'unités, pour chaque covariable. Un effet de dix erreurs types est sous-estimé d'un dixième d'erreur type avec cent unités par covariable. Avec cinquante ou moins, l'estimation est refusée ; l'analyse de covariance et la méthode de Lin ne retirent rien.",
        ),
        Text(
            en="With groups of unequal size and effects that go with the covariate it can be less precise than no adjustment.",
            fr="Avec des groupes de tailles inégales et des effets qui varient avec la covariable, elle peut être moins précise que l'absence d'ajustement.",
        ),
        Text(
            en="Few and very skewed outcomes, such as earnings: with 60 against 20 people the 95% interval of a difference holds the truth in 91.5% of trials, its one-sided upper bound in 87.8%. Effects in standard deviations of such an outcome: 92.3% with 50 people an arm, 89.7% with 60 against 20.",
            fr="Résultats peu nombreux et très asymétriques, comme des revenus : avec 60 personnes contre 20, l'intervalle à 95 % d'une différence contient la vraie valeur dans 91,5 % des essais, sa borne supérieure unilatérale dans 87,8 %. Effets en écarts types d'un tel résultat : 92,3 % avec 50 personnes par groupe, 89,7 % avec 60 contre 20.",
        ),
        CHOSEN_AFTER,
    ),
    references=(
        "Deng, Xu, Kohavi and Walker (2013), WSDM 2013, doi:10.1145/2433396.2433413",
        "Freedman (2008), Advances in Applied Mathematics 40(2), doi:10.1016/j.aam.2006.12.003",
    ),
    designs=("rct",),
    scales=tuple(Scale),
)
