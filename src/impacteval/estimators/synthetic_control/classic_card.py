"""What a reader must know about `synthetic-control`, with the limits that were measured."""

from __future__ import annotations

from impacteval.estimators.synthetic_control.over_time_card import (
    ASSUMPTIONS,
    LIMITS,
    REFERENCES,
)
from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

SYNTHETIC_CONTROL = MethodCard(
    title=Text(en="Synthetic control", fr="Contrôle synthétique"),
    description=Text(
        en="For a service that began in one place, or a few, of many that are followed over time. What the served place would have had without the service is read from a weighted mean of places that never had it, chosen so that it follows the served place as closely as possible in all periods before the service. The difference after the service began is the effect. How much of it may be chance is seen by pretending, for each other place in turn, that it was the one served.",
        fr="Pour un service qui a commencé dans un lieu, ou quelques-uns, parmi beaucoup d'autres suivis dans le temps. Ce que le lieu servi aurait connu sans le service se lit sur une moyenne pondérée de lieux qui ne l'ont jamais eu, choisie pour suivre le lieu servi d'aussi près que possible pendant toutes les périodes d'avant. La différence après le début du service est l'effet. La part possible du hasard se voit en faisant comme si chacun des autres lieux avait été servi à son tour.",
    ),
    assumptions=(
        Text(
            en="A mix that followed the served place before the service would have gone on following it: what moves places moves the mix alike.",
            fr="Une combinaison qui suivait le lieu servi avant le service aurait continué à le suivre : ce qui fait évoluer les lieux fait évoluer de même la combinaison.",
        ),
        Text(
            en="The served place lies among the others: some mix of them comes close to it in the periods before the service.",
            fr="Le lieu servi se situe parmi les autres : une combinaison d'entre eux s'en approche pendant les périodes d'avant le service.",
        ),
        Text(
            en="The service changed nothing in the places it is compared with, and nothing changed in anticipation of it.",
            fr="Le service n'a rien changé dans les lieux de comparaison, et rien n'a changé par anticipation.",
        ),
        Text(
            en="For the p-value and the interval of placebos (the default): any of the places might as well have been the served one, and the effect tested is the same in all served periods.",
            fr="Pour la valeur p et l'intervalle des placebos (par défaut) : n'importe lequel des lieux aurait aussi bien pu être servi, et l'effet testé est le même à toutes les périodes servies.",
        ),
        *ASSUMPTIONS,
    ),
    limits=(
        Text(
            en="No p-value is below one over the number of places (with several served: over the number of ways to choose them). With fewer than 20 places no interval at 95% has an end.",
            fr="Aucune valeur p n'est inférieure à un sur le nombre de lieux (s'il y en a plusieurs de servis : sur le nombre de façons de les choisir). Avec moins de 20 lieux, aucun intervalle à 95 % n'a de fin.",
        ),
        Text(
            en="The rank of the root mean square ratio has no direction: it answers no one-sided question. Set statistic to signed-ratio for those.",
            fr="Le rang du rapport des écarts quadratiques n'a pas de direction : il ne répond à aucune question unilatérale. Pour celles-ci, choisissez statistic signed-ratio.",
        ),
        Text(
            en="A served place beyond all others (higher, lower, or moving in a way that no mix has) is missed before the service already, and the estimate says so; an intercept helps where only its level is beyond them.",
            fr="Un lieu servi au-delà de tous les autres (plus haut, plus bas, ou évoluant comme aucune combinaison) est déjà mal suivi avant le service, et l'estimation le signale ; une constante aide si seul son niveau les dépasse.",
        ),
        Text(
            en="Where donors outnumber the periods before the service the fit may be exact and the weights one choice among many: the estimate says so, and gives no uncertainty when the real fit is exact. A penalty makes weights unique.",
            fr="Lorsque les donneurs sont plus nombreux que les périodes d'avant, l'ajustement peut être exact et les poids un choix parmi d'autres : l'estimation le signale, et ne donne pas d'incertitude si l'ajustement réel est exact. Une pénalité rend les poids uniques.",
        ),
        Text(
            en="Every place must be measured in every period: a single missing cell of the outcome is refused, since it can change which places are mixed. Without predictors the outcomes before the service alone are used, not covariates. An effect in standard deviations is not answered.",
            fr="Chaque lieu doit être mesuré à chaque période : une seule case manquante de l'indicateur est refusée, car elle peut changer les lieux combinés. Sans prédicteurs, seuls les indicateurs d'avant le service servent, non les covariables. Il n'est pas répondu en écarts types.",
        ),
        Text(
            en="With predictors the mix matches averages of them, weighted so that it follows the outcome before the service. Many such weights lead to nearly the same mix, and the search for the best has many local ends: those it reached stand in the table starts, the closest mix that predictors leave aside in the certificate. Predictors measured after the service began are refused.",
            fr="Avec des prédicteurs, la combinaison en reproduit des moyennes, pondérées de façon qu'elle suive l'indicateur d'avant le service. Beaucoup de ces pondérations mènent presque à la même combinaison, et la recherche de la meilleure a beaucoup d'arrivées locales : celles qu'elle a atteintes figurent dans la table starts, et la combinaison la plus proche sans égard aux prédicteurs dans le certificat. Les prédicteurs mesurés après le début du service sont refusés.",
        ),
        Text(
            en="With several served places each is mixed from those never served, while the test mixes every place from all others on the periods before anyone was served, with the effect tested taken out, so that all are treated alike; the interval need not be centred on the estimate.",
            fr="Avec plusieurs lieux servis, chacun est combiné à partir de ceux jamais servis, tandis que le test combine chaque lieu à partir de tous les autres sur les périodes où personne n'était servi, l'effet testé étant retiré, afin que tous soient traités de même ; l'intervalle n'est pas forcément centré sur l'estimation.",
        ),
        Text(
            en="Measured on 2,000 panels of common factors for each case: with 20 places and more, where any might as well have been the served one, placebo tests reject the true effect at 10% in 7.2% to 11.2% of cases and at 5% in 2.2% to 6.2%. Where the served place lies 3 above others that differ by 2 in level, an effect of 1 is missed by 2.2 on average and the 90% interval has no end in 88.9% of cases; with an intercept it is missed by 0.003, and the interval always ends. Where it moves twice as much as any other may, the 90% interval has no end in 17.5%.",
            fr="Mesuré sur 2 000 panels à facteurs communs dans chaque cas : avec 20 lieux ou plus, lorsque chacun aurait aussi bien pu être servi, les tests placebo rejettent l'effet vrai à 10 % dans 7,2 % à 11,2 % des cas et à 5 % dans 2,2 % à 6,2 %. Lorsque le lieu servi se situe 3 au-dessus d'autres dont les niveaux diffèrent de 2, un effet de 1 est manqué de 2,2 en moyenne et l'intervalle à 90 % n'a pas de fin dans 88,9 % des cas ; avec une constante, il est manqué de 0,003 et l'intervalle a toujours une fin. Lorsqu'il évolue deux fois plus que tout autre ne le peut, l'intervalle à 90 % n'a pas de fin dans 17,5 % des cas.",
        ),
        *LIMITS,
    ),
    references=(
        "Abadie and Gardeazabal (2003), American Economic Review 93(1), doi:10.1257/000282803321455188",
        "Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105(490), doi:10.1198/jasa.2009.ap08746",
        "Becker and Kloessner (2018), Econometrics and Statistics 5, doi:10.1016/j.ecosta.2017.08.002",
        "Malo, Eskelinen, Zhou and Kuosmanen (2024), Computational Economics 64, doi:10.1007/s10614-023-10471-7",
        "Firpo and Possebom (2018), Journal of Causal Inference 6(2), doi:10.1515/jci-2016-0026",
        "Ben-Michael, Feller and Rothstein (2022), Journal of the Royal Statistical Society B 84(2), doi:10.1111/rssb.12448",
        "Abadie (2021), Journal of Economic Literature 59(2), doi:10.1257/jel.20191450",
        "Abadie and L'Hour (2021), Journal of the American Statistical Association 116(536), doi:10.1080/01621459.2021.1971535",
        *REFERENCES,
    ),
    designs=("synthetic_control",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
)
