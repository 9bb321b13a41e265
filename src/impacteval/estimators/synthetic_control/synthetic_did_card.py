"""What a reader must know about `synthetic-did`, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

SYNTHETIC_DID = MethodCard(
    title=Text(
        en="Synthetic difference-in-differences", fr="Différence de différences synthétique"
    ),
    description=Text(
        en="For a service that began in one place or several while others went without. The places never served are mixed, with weights, so that the mix moves with the served places before the service, whatever its level; the periods before are weighted too, so that they resemble those after. What the served places gained is their change between those periods, less the change of the mix. It needs less of the data than difference-in-differences, which takes all places and periods alike, and than synthetic control, which must match the level as well.",
        fr="Pour un service qui a commencé dans un ou plusieurs lieux tandis que d'autres n'en avaient pas. Les lieux jamais servis sont combinés, avec des poids, de sorte que la combinaison bouge comme les lieux servis avant le service, quel que soit son niveau ; les périodes d'avant sont pondérées elles aussi, pour ressembler à celles d'après. Ce que les lieux servis ont gagné est leur évolution entre ces périodes, moins celle de la combinaison. La méthode demande moins aux données que la différence de différences, qui prend tous les lieux et périodes également, et que le contrôle synthétique, qui doit aussi retrouver le niveau.",
    ),
    assumptions=(
        Text(
            en="Without the service, the served places would have changed as the mix did: what moves places over time moves the mix and the served alike.",
            fr="Sans le service, les lieux servis auraient évolué comme la combinaison : ce qui fait bouger les lieux dans le temps fait bouger de même la combinaison et les lieux servis.",
        ),
        Text(
            en="Places are independent of each other: the service in one changed nothing in another, and nothing changed in anticipation of it.",
            fr="Les lieux sont indépendants les uns des autres : le service dans l'un n'a rien changé dans un autre, et rien n'a changé par anticipation.",
        ),
        Text(
            en="With variance placebo: chance moves the served places as it moves the others. With jackknife and bootstrap: many places are served, and are like draws from a larger number of places.",
            fr="Avec la variance placebo : le hasard fait bouger les lieux servis comme les autres. Avec jackknife et bootstrap : beaucoup de lieux sont servis, comme tirés d'un plus grand nombre de lieux.",
        ),
    ),
    limits=(
        Text(
            en="Variance placebo measures chance on the places never served. If the shocks of five served places of forty vary twice as much as those of the others, the 95% interval holds the truth in 71.2% of cases; where twenty of sixty are served it is longer than needed (97.7%).",
            fr="La variance placebo mesure le hasard sur les lieux jamais servis. Si les chocs de cinq lieux servis sur quarante varient deux fois plus que ceux des autres, l'intervalle à 95 % contient la vraie valeur dans 71,2 % des cas ; quand vingt lieux sur soixante sont servis, il est plus long que nécessaire (97,7 %).",
        ),
        Text(
            en="One served place and few others: with twenty places the 95% interval of variance placebo holds the truth in 92.2% of cases, with forty in 94.8%, with forty and eight periods from before in 94.0%, with forty and shocks that last in 93.5%. With five served of twenty it is 95.0%, with five of forty 92.8%, with six of forty from three dates on 94.3%.",
            fr="Un lieu servi et peu d'autres : avec vingt lieux, l'intervalle à 95 % de la variance placebo contient la vraie valeur dans 92,2 % des cas, avec quarante dans 94,8 %, avec quarante et huit périodes d'avant dans 94,0 %, avec quarante et des chocs durables dans 93,5 %. Avec cinq lieux servis sur vingt, on trouve 95,0 %, avec cinq sur quarante 92,8 %, avec six sur quarante à partir de trois dates 94,3 %.",
        ),
        Text(
            en="A place that follows common movements as none but the furthest of the others do is not followed well by any mix, and the penalty on weights holds the mix back: the 95% interval holds the truth in 89.5% of cases. The certificate tells the miss beside that of the others' own mixes.",
            fr="Un lieu qui suit les mouvements communs comme seuls les plus éloignés des autres n'est bien suivi par aucune combinaison, et la pénalité sur les poids retient celle-ci : l'intervalle à 95 % contient la vraie valeur dans 89,5 % des cas. Le certificat indique l'écart d'avant le service à côté de celui des combinaisons des autres lieux.",
        ),
        Text(
            en="Variance jackknife keeps the weights and is too short: the 95% interval for a difference holds the truth in 88.0% of cases with five served of twenty, in 89.3% with five of forty, in 92.1% with twenty of sixty, in 91.0% with six of forty from three dates on. Variance bootstrap: 96.5% with five of twenty, 94.0% with five of forty (95.7% if their shocks vary twice as much), 95.4% with twenty of sixty, 95.3% with six of forty from three dates on; up to 98.4% for relative effects. Both need at least two served places, jackknife two from each date; for relative effects they count the differences between served places besides.",
            fr="La variance jackknife garde les poids et donne des intervalles trop courts : l'intervalle à 95 % d'une différence contient la vraie valeur dans 88,0 % des cas avec cinq lieux servis sur vingt, 89,3 % avec cinq sur quarante, 92,1 % avec vingt sur soixante, 91,0 % avec six sur quarante à partir de trois dates. Variance bootstrap : 96,5 % avec cinq sur vingt, 94,0 % avec cinq sur quarante (95,7 % si leurs chocs varient deux fois plus), 95,4 % avec vingt sur soixante, 95,3 % avec six sur quarante à partir de trois dates ; jusqu'à 98,4 % pour un effet relatif. Toutes deux exigent au moins deux lieux servis, jackknife deux à chaque date ; pour un effet relatif, elles comptent en plus les différences entre lieux servis.",
        ),
        Text(
            en="Every place must be measured in every period, and the service stays once it has begun. Groups of places that were assigned together, or whose errors go together, are to be followed as groups. An effect in standard deviations is not answered. Influence values are given by variance jackknife only: with the others, results pooled with others carry an upper bound for their error.",
            fr="Chaque lieu doit être mesuré à chaque période, et le service demeure une fois commencé. Les groupes de lieux affectés ensemble, ou dont les erreurs vont de pair, doivent être suivis comme groupes. Il n'est pas répondu en écarts types. Seule la variance jackknife donne les valeurs d'influence : avec les autres, un résultat combiné porte une borne supérieure de son erreur.",
        ),
        Text(
            en="Conventions: variances of placebos and resamples divide by their number, as the R package does. Penalties are found anew in each, as the paper's algorithms say; the package keeps the real one (California: standard error 9.3684, and 9.3712 in its way). Covariates are taken out with slopes from the places never served, not in a joint search. Weights are at the optimum: the package stops early, and prints -15.6038 for California where the optimum gives -15.6054.",
            fr="Conventions : les variances des placebos et des rééchantillons divisent par leur nombre, comme le paquet R. Les pénalités sont recalculées dans chacun, comme le disent les algorithmes de l'article ; le paquet garde la vraie (Californie : erreur type 9,3684, et 9,3712 à sa manière). Les covariables sont ôtées avec des pentes tirées des lieux jamais servis, sans recherche conjointe. Les poids sont à l'optimum : le paquet s'arrête avant, et imprime -15,6038 pour la Californie là où l'optimum donne -15,6054.",
        ),
    ),
    references=(
        "Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), American Economic Review 111(12), doi:10.1257/aer.20190159",
        "Clarke, Pailanir, Athey and Imbens (2023), arXiv:2301.11859",
    ),
    designs=("synthetic_control",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
)
