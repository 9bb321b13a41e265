"""What a reader must know about `encouragement`, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

ENCOURAGEMENT = MethodCard(
    title=Text(
        en="Effect of taking part, where the offer was drawn by lot",
        fr="Effet de la participation, lorsque l'offre a été tirée au sort",
    ),
    description=Text(
        en="Some people were offered the programme by lot; not all of them took it up, and some others may have. The method divides what the offer changed in outcomes by what it changed in take-up. The answer is the effect of taking part on those whose participation the offer decided (the compliers), and on nobody else.",
        fr="Le programme a été proposé à certaines personnes par tirage au sort ; toutes ne l'ont pas suivi, et d'autres ont pu le suivre. La méthode divise ce que l'offre a changé dans les résultats par ce qu'elle a changé dans la participation. La réponse est l'effet de la participation sur les personnes dont l'offre a décidé la participation (les compliants), et sur elles seules.",
    ),
    assumptions=(
        Text(
            en="Chance alone decided who was offered the programme, within strata where there are strata, at the level of clusters where clusters were drawn.",
            fr="Seul le hasard a décidé à qui le programme serait proposé, au sein des strates s'il y en a, au niveau des grappes si ce sont elles qui ont été tirées au sort.",
        ),
        Text(
            en="The offer changes outcomes only through take-up: being offered does nothing to those whose take-up it leaves as it is.",
            fr="L'offre ne change les résultats qu'à travers la participation : elle ne fait rien aux personnes dont elle ne change pas la participation.",
        ),
        Text(
            en="Nobody does the opposite of what is offered: no one takes part because it was not offered, or stays away because it was. The data cannot show whether this holds.",
            fr="Personne ne fait le contraire de ce qui est proposé : nul ne participe parce qu'on ne le lui propose pas, ni ne renonce parce qu'on le lui propose. Les données ne peuvent le montrer.",
        ),
        Text(
            en="One person's outcome does not depend on another's take-up outside the same cluster; outcomes and take-up were measured alike for all.",
            fr="Le résultat d'une personne ne dépend pas de la participation d'une autre hors de sa grappe ; résultats et participation ont été mesurés de la même manière pour tous.",
        ),
    ),
    limits=(
        Text(
            en="Compliers cannot be named one by one, and another offer would have other compliers. The effect on everyone who was offered stands in the table `offer`.",
            fr="On ne peut désigner les compliants un à un, et une autre offre en aurait d'autres. L'effet sur toutes les personnes visées figure dans la table `offer`.",
        ),
        Text(
            en="Where the offer moved take-up little (F of the first stage below 10, unless set otherwise) the usual interval is not to be trusted and is refused. That is a crude guard. With 200 people who take part for reasons that go with the outcome, 25% of them compliers (F about 21), the 95% interval of a difference covers 93.8% and its one-sided lower bound 90.3%; with 15% compliers (F about 9) the intervals that are not refused cover 82.1%. With interval: anderson_rubin, which is right at any strength and may be unbounded, they cover 95.0% and 95.1%: agree on it in advance where a bound or a test decides and F may be below a hundred. The total is that of the offer and is not refused for weakness: its 95% interval covers 94.9% to 97.1% in these designs.",
            fr="Lorsque l'offre a peu modifié la participation (F de la première étape inférieur à 10, sauf autre réglage), l'intervalle usuel n'est pas fiable et il est refusé. C'est une protection grossière. Avec 200 personnes qui participent pour des raisons liées au résultat, dont 25 % de compliants (F d'environ 21), l'intervalle à 95 % d'une différence couvre 93,8 % et sa borne inférieure unilatérale 90,3 % ; avec 15 % de compliants (F d'environ 9), les intervalles non refusés couvrent 82,1 %. Avec interval: anderson_rubin, valable quelle que soit cette force et parfois non borné, ils couvrent 95,0 % et 95,1 % : convenez-en d'avance si une borne ou un test décide et que F peut être inférieur à cent. Le total est celui de l'offre et n'est pas refusé pour faiblesse : son intervalle à 95 % couvre de 94,9 % à 97,1 % dans ces plans.",
        ),
        Text(
            en="With interval: anderson_rubin, where the offer moves practically nobody two trials in five are refused because take-up did not rise, and in the others the one-sided 95% lower bound covers 91.5%.",
            fr="Avec interval: anderson_rubin, lorsque l'offre ne fait bouger presque personne, deux essais sur cinq sont refusés parce que la participation n'a pas augmenté, et dans les autres la borne inférieure unilatérale à 95 % couvre 91,5 %.",
        ),
        Text(
            en="Few and very skewed outcomes, such as earnings: with 50 people an arm and 60% compliers the one-sided 95% upper bound of a relative effect covers 92.3%, and the 95% interval of an effect in standard deviations 92.3%, its upper bound 90.1% (93.0% and 91.8% with 200 an arm). With 100 people and yes-or-no outcomes the 95% interval of a relative effect covers 97.6%.",
            fr="Résultats peu nombreux et très asymétriques, comme des revenus : avec 50 personnes par groupe et 60 % de compliants, la borne supérieure unilatérale à 95 % d'un effet relatif couvre 92,3 %, et l'intervalle à 95 % d'un effet en écarts types 92,3 %, sa borne supérieure 90,1 % (93,0 % et 91,8 % avec 200 par groupe). Avec 100 personnes et un résultat binaire, l'intervalle à 95 % d'un effet relatif couvre 97,6 %.",
        ),
        Text(
            en="An offer that did not raise take-up is refused. Units whose outcome was not measured are left out and counted.",
            fr="Une offre qui n'a pas augmenté la participation est refusée. Les unités dont le résultat n'a pas été mesuré sont écartées et comptées.",
        ),
        Text(
            en="One period only; matched pairs, and strata with a single unit or cluster in an arm, are refused.",
            fr="Une seule période ; les paires appariées, et les strates ne comptant qu'une unité ou une grappe dans un groupe, sont refusées.",
        ),
        Text(
            en="Where take-up is an amount, the effect is that of one unit more, averaged over people and amounts with weights that the offer decides; it has no relative scale.",
            fr="Si la participation est une quantité, l'effet est celui d'une unité de plus, en moyenne sur les personnes et les quantités avec des poids que l'offre détermine ; il n'a pas d'échelle relative.",
        ),
    ),
    references=(
        "Imbens and Angrist (1994), Econometrica 62(2), doi:10.2307/2951620",
        "Angrist, Imbens and Rubin (1996), Journal of the American Statistical Association 91(434), doi:10.1080/01621459.1996.10476902",
        "Angrist and Imbens (1995), Journal of the American Statistical Association 90(430), doi:10.1080/01621459.1995.10476535",
        "Abadie (2002), Journal of the American Statistical Association 97(457), doi:10.1198/016214502753479419",
        "Anderson and Rubin (1949), Annals of Mathematical Statistics 20(1), doi:10.1214/aoms/1177730090",
        "Andrews, Stock and Sun (2019), Annual Review of Economics 11, doi:10.1146/annurev-economics-080218-025643",
        "Staiger and Stock (1997), Econometrica 65(3), doi:10.2307/2171753",
    ),
    designs=("rct",),
    scales=tuple(Scale),
    estimands=("participants",),
)
