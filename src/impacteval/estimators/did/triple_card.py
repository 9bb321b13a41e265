"""What a reader must know about `triple-difference`, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

TRIPLE_DIFFERENCE = MethodCard(
    title=Text(
        en="Triple difference: eligible and others, served places and elsewhere",
        fr="Triple différence : éligibles et autres, lieux servis et ailleurs",
    ),
    description=Text(
        en="Some places began a service that is meant for part of their people only. The method takes the change of those it is meant for, and removes from it what also changed for the other people of the same places, and what changed for such people in places without the service, beyond what changed for the others there. What moves a whole place, and what moves all eligible people everywhere, is thereby removed; the answer is the effect on the eligible people of the served places.",
        fr="Certains lieux ont commencé un service destiné à une partie seulement de leur population. La méthode prend l'évolution des personnes visées et en retire ce qui a changé aussi pour les autres habitants des mêmes lieux, ainsi que ce qui a changé pour de telles personnes dans les lieux sans le service, au-delà de ce qui y a changé pour les autres. Ce qui touche un lieu entier, et ce qui touche partout toutes les personnes éligibles, est ainsi écarté ; la réponse est l'effet sur les personnes éligibles des lieux servis.",
    ),
    assumptions=(
        Text(
            en="Without the service, the gap between eligible and other people would have changed by the same amount in places that began and in those they are compared with, among people alike in the covariates. Trends themselves may differ from place to place, and between eligible and others.",
            fr="Sans le service, l'écart entre personnes éligibles et autres aurait évolué de la même façon dans les lieux qui ont commencé et dans ceux auxquels on les compare, entre personnes semblables par les covariables. Les tendances elles-mêmes peuvent différer d'un lieu à l'autre, et entre éligibles et autres.",
        ),
        Text(
            en="People who are not eligible gain or lose nothing from the service, in their own place or elsewhere. Any effect on them is taken off the effect on the eligible.",
            fr="Les personnes non éligibles ne gagnent ni ne perdent rien au service, dans leur lieu comme ailleurs. Tout effet sur elles est retranché de celui sur les éligibles.",
        ),
        Text(
            en="Nobody becomes eligible, or moves to another place, because of the service, and nobody acts on it before it begins, beyond the periods stated as anticipation.",
            fr="Personne ne devient éligible ni ne change de lieu à cause du service, et personne n'en tient compte avant son début, hors des périodes déclarées comme anticipation.",
        ),
        Text(
            en="For every kind of served person there are some like them, by the covariates, in each of the three comparison groups.",
            fr="Pour chaque type de personne servie, il s'en trouve de semblables, par les covariables, dans chacun des trois groupes de comparaison.",
        ),
    ),
    limits=(
        Text(
            en="Each of the three comparisons is taken at the covariates of the served. The difference between two ordinary difference-in-differences is not, and is biased where trends go with covariates that differ between eligible and others; method: ols adds covariates to one regression and shares that bias.",
            fr="Chacune des trois comparaisons est prise aux covariables des personnes servies. La différence entre deux doubles différences ordinaires ne l'est pas, et elle est biaisée lorsque les tendances dépendent de covariables qui diffèrent entre éligibles et autres ; method: ols ajoute les covariables à une seule régression et partage ce biais.",
        ),
        Text(
            en="Three comparisons have the error of three: the interval is wider than that of a difference-in-differences, which is right only where trends of whole places are the same.",
            fr="Trois comparaisons ont l'erreur de trois : l'intervalle est plus large que celui d'une double différence, qui n'est juste que si les tendances des lieux entiers sont les mêmes.",
        ),
        Text(
            en="Where the units are people and few places were served, errors are those between people; what else happened to the eligible of a whole place is not in them. Name the place as cluster where there are many.",
            fr="Lorsque les unités sont des personnes et que peu de lieux ont été servis, les erreurs sont celles entre personnes ; ce qui est arrivé par ailleurs aux éligibles d'un lieu entier n'y figure pas. Indiquez le lieu comme cluster s'il y en a beaucoup.",
        ),
        Text(
            en="Intervals are those of large samples. With places as clusters, half of which begin, the 95% interval of a difference covers 91.0% with 20 places and 93.5% with 50, its one-sided lower bound 92.0% and 94.5%; with 40 places and comparisons of several dates its 90% interval covers 87.2%. With 120 units of which one in five lives where the service began its 90% interval covers 87.1%. Yes or no, 400 units: the lower bound of a relative effect covers 98.1% and its upper bound 93.0%. An effect in standard deviations with 60 units: its lower bound covers 92.5%.",
            fr="Les intervalles sont ceux de grands échantillons. Avec les lieux comme grappes, dont la moitié commence, l'intervalle à 95 % d'une différence couvre 91,0 % avec 20 lieux et 93,5 % avec 50, sa borne inférieure unilatérale 92,0 % et 94,5 % ; avec 40 lieux et des comparaisons à plusieurs dates, son intervalle à 90 % couvre 87,2 %. Avec 120 unités dont une sur cinq vit là où le service a commencé, son intervalle à 90 % couvre 87,1 %. Résultat binaire, 400 unités : la borne inférieure d'un effet relatif couvre 98,1 % et sa borne supérieure 93,0 %. Effet en écarts types avec 60 unités : sa borne inférieure couvre 92,5 %.",
        ),
        Text(
            en="Units that were not measured in the reference period tell nothing about change; those of the same date that were stand for them, and they are counted.",
            fr="Les unités non mesurées à la période de référence ne disent rien de l'évolution ; celles de la même date qui l'ont été en tiennent lieu, et elles sont comptées.",
        ),
    ),
    references=(
        "Ortiz-Villavicencio and Sant'Anna (2025), Better understanding triple differences estimators, arXiv:2505.09942",
        "Olden and Moen (2022), The triple difference estimator, Econometrics Journal 25(3), doi:10.1093/ectj/utac010",
        "Sant'Anna and Zhao (2020), Doubly robust difference-in-differences estimators, Journal of Econometrics 219(1), doi:10.1016/j.jeconom.2020.06.003",
    ),
    designs=("did",),
    scales=tuple(Scale),
    handles=("unbalanced", "repeated_cross_section"),
)
