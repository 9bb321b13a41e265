"""What a reader must know about `few-treated`, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

FEW_TREATED = MethodCard(
    title=Text(en="Few places served", fr="Peu de lieux servis"),
    description=Text(
        en="For a service that began in one place or a few while many like them went without. What a served place gained is its change from before the service to after it, less the change of the places never served over the same periods. How much of that may be chance is not read from the served places, which are too few to tell, but from the others: their whole course over time is put in the served places' stead, and one sees how large an effect would have appeared where there was none. Smaller places vary more than larger ones, and that is taken into account.",
        fr="Pour un service qui a commencé dans un ou quelques lieux tandis que beaucoup d'autres semblables n'en avaient pas. Ce qu'un lieu servi a gagné est son évolution entre l'avant et l'après, moins celle des lieux jamais servis sur les mêmes périodes. La part possible du hasard ne se lit pas sur les lieux servis, trop peu nombreux pour le dire, mais sur les autres : on met leur trajectoire entière à la place de celle des lieux servis, et l'on voit quel effet serait apparu là où il n'y en avait aucun. Les petits lieux varient plus que les grands, et il en est tenu compte.",
    ),
    assumptions=(
        Text(
            en="Without the service, the served places would have changed as the places never served did, but for shocks of the kind that those had too.",
            fr="Sans le service, les lieux servis auraient évolué comme les lieux jamais servis, à des chocs près, de même nature que ceux qu'ont connus ces derniers.",
        ),
        Text(
            en="Places vary alike once their size is taken into account (with inference conley-taber: whatever their size; with randomisation: any place might have been dealt any of the dates). Good and bad years may follow each other in any way.",
            fr="Les lieux varient de la même façon une fois leur taille prise en compte (avec l'inférence conley-taber : quelle que soit leur taille ; avec randomisation : chaque lieu aurait pu recevoir chacune des dates). Les bonnes et les mauvaises années peuvent se suivre de n'importe quelle manière.",
        ),
        Text(
            en="Places are independent of each other: the service in one changed nothing in another, and nothing changed in anticipation of it.",
            fr="Les lieux sont indépendants les uns des autres : le service dans l'un n'a rien changé dans un autre, et rien n'a changé par anticipation.",
        ),
        Text(
            en="The effect tested is the same in all served places and periods (on scale relative: the same share).",
            fr="L'effet testé est le même dans tous les lieux et périodes servis (en relatif : une même part).",
        ),
    ),
    limits=(
        Text(
            en="A served place that is of another kind than the others, or was chosen because it was about to change, is beyond this method: nothing in the data of one place can tell. If two served places of fifty vary twice as much as the others for reasons other than size, the 95% interval holds the truth in 71.4% of cases; that of inference randomisation with studentised, for two served places and more, in 93.8%, and it is longer than needed elsewhere (97.7% with five of fifty).",
            fr="Un lieu servi d'une autre nature que les autres, ou choisi parce qu'il allait changer, échappe à cette méthode : rien, dans les données d'un seul lieu, ne peut le dire. Si deux lieux servis sur cinquante varient deux fois plus que les autres pour des raisons étrangères à leur taille, l'intervalle à 95 % contient la vraie valeur dans 71,4 % des cas ; celui de l'inférence randomisation avec studentised, à partir de deux lieux servis, dans 93,8 %, mais il est plus long que nécessaire ailleurs (97,7 % avec cinq sur cinquante).",
        ),
        Text(
            en="Served places that are the smallest or the largest of all: their spread is extrapolated, and the estimate says so. With the smallest of 20 served the 95% interval holds the truth in 90.2% of cases, with the smallest of 50 in 91.6%, the largest of 50 in 93.9%, the five smallest of 50 in 93.7%, the five largest in 94.4%, the one-sided 95% bounds of these last in 89.2% and 90.4%. Without the correction for size (conley-taber): 80.6% with the smallest of 50, 98.7% with the largest.",
            fr="Lieux servis les plus petits ou les plus grands de tous : leur variabilité est extrapolée, et l'estimation le signale. Si le plus petit de 20 est servi, l'intervalle à 95 % contient la vraie valeur dans 90,2 % des cas, le plus petit de 50 dans 91,6 %, le plus grand de 50 dans 93,9 %, les cinq plus petits de 50 dans 93,7 %, les cinq plus grands dans 94,4 %, et les bornes unilatérales à 95 % de ces derniers dans 89,2 % et 90,4 %. Sans correction selon la taille (conley-taber) : 80,6 % avec le plus petit de 50, 98,7 % avec le plus grand.",
        ),
        Text(
            en="No p-value is below one over the number of ways in which the service could be placed: with one served of twenty places 1 in 20, and no level above 95% has a bounded interval.",
            fr="Aucune valeur p n'est inférieure à un sur le nombre de façons de répartir le service : un lieu servi sur vingt donne 1 sur 20, et aucun niveau supérieur à 95 % n'a d'intervalle borné.",
        ),
        Text(
            en="The wild cluster bootstrap is offered where no served place starts alone, and not for relative effects. Its 95% interval holds the truth in 100.0% of cases with two served of twenty places alike, in 96.5% with five of twenty and in 96.2% with five of fifty; below six served places the estimate says that it is not to be relied on.",
            fr="Le bootstrap sauvage par grappes est proposé lorsqu'aucun lieu servi ne démarre seul, et non pour les effets relatifs. Son intervalle à 95 % contient la vraie valeur dans 100,0 % des cas avec deux lieux servis sur vingt de même taille, 96,5 % avec cinq sur vingt et 96,2 % avec cinq sur cinquante ; en dessous de six lieux servis, l'estimation signale qu'il ne faut pas s'y fier.",
        ),
        Text(
            en="No covariates. Every place must have someone measured in every period, and places start as a whole. An effect in standard deviations is not answered. Influence values are not given, so that results pooled with others carry an upper bound for their error.",
            fr="Pas de covariables. Chaque lieu doit compter quelqu'un de mesuré à chaque période, et les lieux démarrent en bloc. Il n'est pas répondu en écarts types. Les valeurs d'influence ne sont pas données : un résultat combiné à d'autres porte une borne supérieure de son erreur.",
        ),
        Text(
            en="Conventions: placements are drawn without replacement, the real one among them, and the mean of the other places is part of each placebo; the variance by size is fitted on places never served, so that the set of effects is exact. Ferman and Pinto fit it on all places under the hypothesis and draw with replacement; the two agree in large samples.",
            fr="Conventions : les répartitions sont tirées sans remise, la vraie comprise, et la moyenne des autres lieux entre dans chaque placebo ; la variance selon la taille est ajustée sur les lieux jamais servis, de sorte que l'ensemble des effets est exact. Ferman et Pinto l'ajustent sur tous les lieux sous l'hypothèse et tirent avec remise ; les deux s'accordent en grand échantillon.",
        ),
    ),
    references=(
        "Conley and Taber (2011), Review of Economics and Statistics 93(1), doi:10.1162/REST_a_00049",
        "Ferman and Pinto (2019), Review of Economics and Statistics 101(3), doi:10.1162/rest_a_00759",
        "MacKinnon and Webb (2018), Econometrics Journal 21(2), doi:10.1111/ectj.12107",
        "MacKinnon and Webb (2020), Journal of Econometrics 218(2), doi:10.1016/j.jeconom.2020.04.024",
        "Bertrand, Duflo and Mullainathan (2004), Quarterly Journal of Economics 119(1), doi:10.1162/003355304772839588",
    ),
    designs=("did",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
    handles=("repeated_cross_section",),
)
