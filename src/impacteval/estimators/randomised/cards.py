"""What a reader must know about each method, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

_RANDOMISED = Text(
    en="Chance alone decided who was assigned to the programme, within strata where there are strata, at the level of clusters where clusters were assigned.",
    fr="Seul le hasard a décidé qui était affecté au programme, au sein des strates s'il y en a, au niveau des grappes si ce sont elles qui ont été tirées au sort.",
)
_NO_INTERFERENCE = Text(
    en="The programme changed nothing for those assigned to comparison, and one person's outcome does not depend on another's assignment outside the same cluster.",
    fr="Le programme n'a rien changé pour le groupe de comparaison, et le résultat d'une personne ne dépend pas de l'affectation d'une autre hors de sa grappe.",
)
_MEASURED = Text(
    en="Outcomes were measured alike in both groups; where some were not measured, those lost are like those found.",
    fr="Les résultats ont été mesurés de la même manière dans les deux groupes ; lorsque certains manquent, les perdus ressemblent aux retrouvés.",
)

DIFFERENCE_IN_MEANS = MethodCard(
    title=Text(en="Difference in means", fr="Différence de moyennes"),
    description=Text(
        en="Compares the average outcome of those assigned to the programme with that of those assigned to comparison by lot. Where the lot was drawn within strata, the comparison is made within each and averaged by size. The uncertainty comes from how much outcomes vary within the groups, or between clusters when whole clusters were assigned.",
        fr="Compare le résultat moyen des unités affectées par tirage au sort au programme à celui des unités affectées à la comparaison. Si le tirage a eu lieu par strates, la comparaison se fait dans chacune, puis on en prend la moyenne selon leur taille. L'incertitude vient de la dispersion des résultats au sein des groupes, ou entre grappes si des grappes entières ont été tirées au sort.",
    ),
    assumptions=(_RANDOMISED, _NO_INTERFERENCE, _MEASURED),
    limits=(
        Text(
            en="It answers what being assigned did, not what taking part did.",
            fr="Elle dit l'effet de l'affectation au programme, non celui de la participation effective.",
        ),
    ),
    references=(
        "Neyman (1923/1990), Statistical Science 5(4), doi:10.1214/ss/1177012031",
        "Samii and Aronow (2012), Statistics & Probability Letters 82(2), doi:10.1016/j.spl.2011.10.024",
        "Welch (1947), Biometrika 34, doi:10.1093/biomet/34.1-2.28",
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
        _RANDOMISED,
        _NO_INTERFERENCE,
        _MEASURED,
        Text(
            en="The covariates were fixed before assignment, and were chosen before the outcomes were seen.",
            fr="Les covariables étaient fixées avant l'affectation, et ont été choisies avant de voir les résultats.",
        ),
    ),
    limits=(
        Text(
            en="The standard error takes the covariates of those assigned as given: it is about these people, not about a wider population.",
            fr="L'erreur type considère comme données les covariables des unités affectées : elle porte sur ces personnes, non sur une population plus large.",
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
