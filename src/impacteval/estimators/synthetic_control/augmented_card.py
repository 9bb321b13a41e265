"""What a reader must know about `augmented-synthetic-control`, with the limits that were measured."""

from __future__ import annotations

from impacteval.estimators.synthetic_control.effect import SCALES
from impacteval.plugin import MethodCard
from impacteval.values import Text

AUGMENTED = MethodCard(
    title=Text(en="Augmented synthetic control", fr="Contrôle synthétique augmenté"),
    description=Text(
        en="For a service in one place, or a few, that no mix of other places follows well. First the places never served are mixed, with weights that are shares, so that the mix is as close as possible to the served place before the service. Then a ridge regression of the outcome on earlier outcomes says how much of what the mix still misses would have lasted, and that is taken off. The more the correction predicts periods that were held out, the more of it is used; where it predicts nothing the mix stays as it is. Some places may then count negatively, and the result says how much.",
        fr="Pour un service dans un lieu, ou quelques-uns, qu'aucune combinaison d'autres lieux ne suit bien. On combine d'abord les lieux jamais servis, avec des poids qui sont des parts, pour que la combinaison soit aussi proche que possible du lieu servi avant le service. Une régression ridge de l'indicateur sur ses valeurs antérieures dit ensuite quelle part de l'écart restant aurait duré, et cette part est retirée. Mieux la correction prédit des périodes mises de côté, plus on en retient ; si elle ne prédit rien, la combinaison reste telle quelle. Certains lieux peuvent alors compter négativement, et le résultat dit combien.",
    ),
    assumptions=(
        Text(
            en="Without the service, the served place would have gone on in the same relation to the others as before: what they have in common did not change its weight, and nothing else happened to it alone.",
            fr="Sans le service, le lieu servi aurait gardé avec les autres le même rapport qu'avant : le poids de ce qu'ils ont en commun n'a pas changé, et rien d'autre n'est arrivé à lui seul.",
        ),
        Text(
            en="As far as the correction goes beyond the mix, outcomes of the places go together in a straight line beyond the range that was seen.",
            fr="Dans la mesure où la correction va au-delà de la combinaison, les indicateurs des lieux varient ensemble de façon linéaire au-delà de ce qui a été observé.",
        ),
        Text(
            en="The service in one place changed nothing in the others, and nothing changed in anticipation of it.",
            fr="Le service dans un lieu n'a rien changé dans les autres, et rien n'a changé par anticipation.",
        ),
        Text(
            en="Variance placebo: the served places are not of another kind than the others, so that what is missed there is missed here. Variances jackknife and bootstrap: served places are many and independent. Variance jackknife+: periods after the service are like those before, in any stretch of time.",
            fr="Variance placebo : les lieux servis ne sont pas d'une autre nature que les autres, de sorte que ce que l'on manque là, on le manque ici. Variances jackknife et bootstrap : les lieux servis sont nombreux et indépendants. Variance jackknife+ : les périodes d'après le service ressemblent à celles d'avant, quelle que soit la tranche de temps.",
        ),
    ),
    limits=(
        Text(
            en="No covariate takes the place of periods from before: with few of them a close fit may be chance. Cells must not be missing, and treatment must not end. An effect in standard deviations is not offered.",
            fr="Aucune covariable ne remplace des périodes antérieures : s'il y en a peu, un bon ajustement peut être dû au hasard. Aucune case ne doit manquer, et le traitement ne doit pas s'arrêter. L'effet en écarts types n'est pas proposé.",
        ),
        Text(
            en="Conventions: every period from before is held out in turn to choose the penalty (augsynth passes over the last one), and covariates are never held out with them (augsynth holds stacked ones out as if they were periods). Covariates are stacked with the spread of the outcomes, or residualised, as augsynth does. Several served places are fitted one by one and averaged; pooling them is not offered.",
            fr="Conventions : chaque période antérieure est mise de côté tour à tour pour choisir la pénalité (augsynth saute la dernière), et les covariables ne le sont jamais avec elles (augsynth met de côté celles qu'il empile comme si elles étaient des périodes). Les covariables sont empilées avec la dispersion de l'indicateur, ou résidualisées, comme dans augsynth. Plusieurs lieux servis sont ajustés un par un puis moyennés ; la mise en commun n'est pas proposée.",
        ),
        Text(
            en="Measured with common factors and one of twelve places served, variance placebo: the 95% interval holds the truth in 94.2% of cases, in 94.0% if what is a place's own lasts (0.7 from one period to the next), but only in 82.9% if the served place follows the factors more than any other can: the others are missed by less than it is.",
            fr="Mesuré avec des facteurs communs et un lieu servi sur douze, variance placebo : l'intervalle à 95 % contient la vraie valeur dans 94,2 % des cas, dans 94,0 % si ce qui est propre à un lieu dure (0,7 d'une période à l'autre), mais seulement dans 82,9 % si le lieu servi suit les facteurs plus qu'aucun autre ne le peut : les autres sont manqués de moins que lui.",
        ),
        Text(
            en="Variance jackknife+ with 16 periods from before and an average over four: thirteen stretches, so that no interval at 95% has an end; that at 90% holds the truth in 92.4% of cases, the lower bound at 90% in 87.4%, and in 85.2% if what is a place's own lasts. Variance jackknife with four of sixteen places served is far too cautious: its 95% interval holds the truth in 99.8% of cases; that of variance bootstrap in 99.5%, of variance placebo in 98.9%.",
            fr="Variance jackknife+ avec 16 périodes antérieures et une moyenne sur quatre : treize tranches, si bien qu'aucun intervalle à 95 % n'a de fin ; celui à 90 % contient la vraie valeur dans 92,4 % des cas, la borne basse à 90 % dans 87,4 %, et dans 85,2 % si ce qui est propre à un lieu dure. Variance jackknife avec quatre lieux servis sur seize : bien trop prudente, son intervalle à 95 % contient la vraie valeur dans 99,8 % des cas ; celui de la variance bootstrap dans 99,5 %, de la variance placebo dans 98,9 %.",
        ),
        Text(
            en="With variances placebo and jackknife+ influence values are not given, so that results pooled with others carry an upper bound for their error.",
            fr="Avec les variances placebo et jackknife+, les valeurs d'influence ne sont pas données : un résultat combiné à d'autres porte une borne supérieure de son erreur.",
        ),
    ),
    references=(
        "Ben-Michael, Feller and Rothstein (2021), Journal of the American Statistical Association 116(536), doi:10.1080/01621459.2021.1929245",
        "Barber, Candès, Ramdas and Tibshirani (2021), Annals of Statistics 49(1), doi:10.1214/20-AOS1965",
        "Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), American Economic Review 111(12), doi:10.1257/aer.20190159",
    ),
    designs=("synthetic_control",),
    scales=SCALES,
)
