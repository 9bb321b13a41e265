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
        Text(
            en="Units whose outcome was not measured are left out and counted; nothing is done about the difference this may make.",
            fr="Les unités dont le résultat n'a pas été mesuré sont écartées et comptées ; rien ne corrige la différence que cela peut faire.",
        ),
        Text(
            en="One period only; matched pairs of clusters and strata with fewer than two clusters in an arm are refused. Below four degrees of freedom the approximation itself is in doubt, and the estimate says so, as it does when an arm has fewer than six clusters.",
            fr="Une seule période ; les paires de grappes appariées et les strates ayant moins de deux grappes dans un groupe sont refusées. En dessous de quatre degrés de liberté, l'approximation elle-même est incertaine, et l'estimation le signale, comme elle signale un groupe de moins de six grappes.",
        ),
        Text(
            en="CR1, which many programmes print, is too small with few or unequal clusters: its 95% interval holds the truth in 90.4% of trials with six clusters of unequal size an arm, in 89.8% with ten, in 87.9% with four served of twenty, and in 87.5% with eighteen in three strata; CR2, the default, in 93.9%, 93.7%, 96.5% and 95.7%.",
            fr="CR1, qu'affichent de nombreux logiciels, est trop petite avec des grappes peu nombreuses ou inégales : son intervalle à 95 % contient la vraie valeur dans 90,4 % des essais avec six grappes de tailles inégales par groupe, 89,8 % avec dix, 87,9 % avec quatre grappes servies sur vingt, et 87,5 % avec dix-huit en trois strates ; CR2, choix par défaut, dans 93,9 %, 93,7 %, 96,5 % et 95,7 %.",
        ),
        Text(
            en="CR3 errs on the safe side: in the last two of these trials its 95% interval holds the truth in 98.5% and 98.7%.",
            fr="CR3 pèche par prudence : dans les deux derniers de ces essais, son intervalle à 95 % contient la vraie valeur dans 98,5 % et 98,7 % des cas.",
        ),
        Text(
            en="Four clusters served of twenty, and those served vary twice as much: the 95% interval of the wild bootstrap holds the truth in 91.5% of trials (relative effect: 91.5%), that of CR1 in 83.8%; adjusted for a covariate, the lower 95% bound of a relative effect by CR2 in 92.3%.",
            fr="Quatre grappes servies sur vingt, dont les résultats varient deux fois plus : l'intervalle à 95 % du bootstrap sauvage contient la vraie valeur dans 91,5 % des essais (effet relatif : 91,5 %), celui de CR1 dans 83,8 % ; avec ajustement sur une covariable, la borne inférieure à 95 % d'un effet relatif par CR2 dans 92,3 %.",
        ),
        Text(
            en="Effects in standard deviations of a skewed outcome: the 95% interval holds the truth in 92.5% of trials with ten clusters an arm, its upper bound in 91.5%; with thirty clusters the upper bound in 92.0%. Adjusted for a covariate: 92.1%, 91.6% and 91.7%; with every cluster counting as one, the upper bounds in 91.6% and 92.3%.",
            fr="Effets en écarts types d'un résultat asymétrique : l'intervalle à 95 % contient la vraie valeur dans 92,5 % des essais avec dix grappes par groupe, sa borne supérieure dans 91,5 % ; avec trente grappes, la borne supérieure dans 92,0 %. Avec ajustement sur une covariable : 92,1 %, 91,6 % et 91,7 % ; si chaque grappe compte pour une, les bornes supérieures dans 91,6 % et 92,3 %.",
        ),
        Text(
            en="The wild bootstrap answers differences, totals and relative effects, not effects in standard deviations, which cannot be imposed as a null. With few clusters its p-values take few values: with eight there are 256 patterns of signs, no two-sided p-value is below 2 in 256, and an interval at a higher level has no end.",
            fr="Le bootstrap sauvage traite les différences, les totaux et les effets relatifs, non les effets en écarts types, qui ne peuvent être imposés comme hypothèse nulle. Avec peu de grappes, ses valeurs p sont peu nombreuses : huit grappes donnent 256 configurations de signes, aucune valeur p bilatérale n'est inférieure à 2 sur 256, et un intervalle de niveau supérieur n'a pas de fin.",
        ),
        Text(
            en="Covariates have one slope for both arms. That takes out noise where the arms are of like size or the effect hardly changes with the covariates, and may add some where neither holds; covariates of clusters cost as many clusters as they are.",
            fr="Les covariables ont une pente commune aux deux groupes. Cela réduit le bruit si les groupes sont de taille proche ou si l'effet varie peu avec les covariables, et peut en ajouter sinon ; chaque covariable de grappe coûte une grappe.",
        ),
        Text(
            en="A total is not given when every cluster counts as one: it is a sum over people. Means of clusters need clusters that lie whole in one arm and one stratum.",
            fr="Aucun total n'est donné si chaque grappe compte pour une : c'est une somme sur des personnes. Les moyennes de grappes supposent des grappes entièrement dans un groupe et une strate.",
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
