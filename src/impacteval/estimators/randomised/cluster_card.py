"""What a reader must know about `cluster-randomised`, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

CLUSTER_RANDOMISED = MethodCard(
    title=Text(en="Trial of clusters", fr="Essai par grappes"),
    description=Text(
        en="Compares those assigned to the programme with those assigned to comparison by lot, where whole places, schools or classes were assigned or where people in one place resemble each other. What counts for the uncertainty is how much the clusters differ, and how many there are: a thousand people in ten villages are nearer to ten observations than to a thousand. Covariates may be adjusted for, with one slope for all; where the lot was drawn within strata, the comparison is made within each and averaged by size.",
        fr="Compare les personnes affectées au programme à celles affectées à la comparaison par tirage au sort, lorsque des lieux, écoles ou classes entiers ont été tirés au sort ou que les personnes d'un même lieu se ressemblent. L'incertitude tient à ce qui distingue les grappes et à leur nombre : mille personnes dans dix villages valent plutôt dix observations que mille. Un ajustement sur covariables est possible, avec une pente commune ; si le tirage a eu lieu par strates, la comparaison se fait dans chacune, puis on en prend la moyenne selon leur taille.",
    ),
    assumptions=(
        Text(
            en="Chance alone decided which clusters, or which people within them, were assigned to the programme, within strata where there are strata.",
            fr="Seul le hasard a décidé quelles grappes, ou quelles personnes en leur sein, étaient affectées au programme, au sein des strates s'il y en a.",
        ),
        Text(
            en="Clusters are independent of each other: the programme in one changed nothing in another.",
            fr="Les grappes sont indépendantes les unes des autres : le programme mis en œuvre dans l'une n'a rien changé dans une autre.",
        ),
        Text(
            en="Who is counted in a cluster does not depend on its assignment, and outcomes were measured alike in both groups; where some were not measured, those lost are like those found.",
            fr="Les personnes comptées dans une grappe ne dépendent pas de l'affectation de celle-ci, et les résultats ont été mesurés de la même manière dans les deux groupes ; lorsque certains manquent, les perdus ressemblent aux retrouvés.",
        ),
    ),
    limits=(
        Text(
            en="It answers what being assigned did, not what taking part did.",
            fr="Il dit l'effet de l'affectation au programme, non celui de la participation effective.",
        ),
    ),
    references=(
        "Bell and McCaffrey (2002), Survey Methodology 28(2)",
        "Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36(4), doi:10.1080/07350015.2016.1247004",
        "Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90(3), doi:10.1162/rest.90.3.414",
        "Roodman, Nielsen, MacKinnon and Webb (2019), Stata Journal 19(1), doi:10.1177/1536867X19830877",
        "MacKinnon and Webb (2018), Econometrics Journal 21(2), doi:10.1111/ectj.12107",
        "Webb (2023), Canadian Journal of Economics 56(3), doi:10.1111/caje.12661",
        "Donner and Klar (2000), Design and Analysis of Cluster Randomization Trials in Health Research",
        "Eldridge, Ashby and Kerry (2006), International Journal of Epidemiology 35(5), doi:10.1093/ije/dyl129",
    ),
    designs=("rct",),
    scales=tuple(Scale),
)
