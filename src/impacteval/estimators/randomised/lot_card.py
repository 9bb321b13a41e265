"""What a reader must know about randomisation inference, with the limits that were measured."""

from __future__ import annotations

from impacteval.estimators.randomised.cards import ATTRITION, MEASURED
from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

RANDOMISATION_INFERENCE = MethodCard(
    title=Text(en="Randomisation inference", fr="Inférence par permutation"),
    description=Text(
        en="Asks how often the lot alone would have produced a difference as large as the one observed, had the programme changed nothing: the comparison is made again under every other assignment that the lot could have given, or under many of them drawn in the same way. The interval holds every effect that is not rejected by the same test. No formula for the spread of outcomes is needed, only knowledge of how the lot was drawn.",
        fr="Demande à quelle fréquence le tirage au sort aurait produit à lui seul une différence aussi grande que celle observée, si le programme n'avait rien changé : la comparaison est refaite sous toutes les autres affectations que le tirage pouvait donner, ou sous un grand nombre d'entre elles tirées de la même façon. L'intervalle réunit tous les effets que le même test ne rejette pas. Aucune formule sur la dispersion des résultats n'est nécessaire : il suffit de savoir comment le tirage a été fait.",
    ),
    assumptions=(
        Text(
            en="The lot was drawn as described: so many of each stratum, whole clusters where clusters were assigned, one of each pair, drawn again until balanced where that was done, every such assignment as likely as another.",
            fr="Le tirage a été fait comme décrit : tant d'unités par strate, des grappes entières si l'on a affecté des grappes, une unité de chaque paire, tirage répété jusqu'à l'équilibre le cas échéant, chacune de ces affectations étant aussi probable qu'une autre.",
        ),
        Text(
            en="The p-value is exact if the effect tested is the same for everyone (on scale relative: the same share of everyone's outcome). If effects differ, a studentised test of no effect on average holds in large samples, a plain one does not.",
            fr="La valeur p est exacte si l'effet testé est identique pour tous (en relatif : une même part du résultat de chacun). Si les effets diffèrent, un test studentisé d'un effet moyen nul vaut pour de grands échantillons ; un test simple, non.",
        ),
        MEASURED,
    ),
    limits=(
        Text(
            en="It answers what being assigned did, not what taking part did.",
            fr="Elle dit l'effet de l'affectation au programme, non celui de la participation effective.",
        ),
        ATTRITION,
        Text(
            en="With few possible assignments no small p-value can be reached: among 70 the smallest is 1/70, and no level above 98.5% has a bounded interval.",
            fr="Lorsque peu d'affectations sont possibles, aucune petite valeur p ne peut être atteinte : sur 70, la plus petite est 1/70, et aucun niveau au-delà de 98,5 % n'a d'intervalle borné.",
        ),
        Text(
            en="The set need not be one interval, and on scale relative with covariates the estimate may lie outside its own set; the estimate then says so. Effects in standard deviations are refused: the assignment says nothing of the sampling error of a standard deviation.",
            fr="L'ensemble n'est pas forcément un intervalle unique et, en relatif avec covariables, l'estimation peut se situer hors de son propre ensemble ; l'estimation le signale alors. Les effets en écarts types sont refusés : l'affectation ne dit rien de l'erreur d'échantillonnage d'un écart type.",
        ),
        Text(
            en="Few and very skewed outcomes, such as earnings, of which the test says only that the effect is the same for everyone: with 60 against 20 people the 95% interval of a difference that grows with the outcome holds the truth in 92.7% of trials, its one-sided upper bound in 92.3% and at 90% in 86.8%.",
            fr="Résultats peu nombreux et très asymétriques, comme des revenus, pour lesquels le test suppose l'effet identique pour tous : avec 60 personnes contre 20, l'intervalle à 95 % d'une différence qui croît avec le résultat contient la vraie valeur dans 92,7 % des essais, sa borne supérieure unilatérale dans 92,3 %, et à 90 % dans 86,8 %.",
        ),
    ),
    references=(
        "Fisher (1935), The Design of Experiments, Oliver and Boyd",
        "Freedman and Lane (1983), Journal of Business & Economic Statistics 1(4), doi:10.1080/07350015.1983.10509354",
        "Wu and Ding (2021), Journal of the American Statistical Association 116(536), doi:10.1080/01621459.2020.1750415",
        "Morgan and Rubin (2012), Annals of Statistics 40(2), doi:10.1214/12-AOS1008",
        "Westfall and Young (1993), Resampling-Based Multiple Testing, Wiley",
        "Romano and Wolf (2016), Statistics & Probability Letters 113, doi:10.1016/j.spl.2016.02.012",
    ),
    designs=("rct",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
)
