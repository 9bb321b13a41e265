"""What a reader must know about `de-chaisemartin-dhaultfoeuille`."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

SWITCHING = MethodCard(
    title=Text(
        en="Effects of services that begin and may stop again",
        fr="Effets de services qui commencent et peuvent s'arrêter",
    ),
    description=Text(
        en="Services may begin, stop and begin again. From the period before a unit's first change on, the method compares its outcomes with those of units that had the same treatment before and have not changed by then. What it finds in all later periods, also after the service has stopped, is added up and divided by the periods in which the service was there: the effect of one period of service, with its consequences as long as they were seen.",
        fr="Un service peut commencer, s'arrêter et reprendre. À partir de la période précédant le premier changement d'une unité, la méthode compare ses résultats à ceux d'unités ayant eu le même traitement et qui n'ont pas encore changé. Ce qu'elle trouve dans toutes les périodes suivantes, y compris après l'arrêt du service, est additionné puis divisé par le nombre de périodes où le service était présent : l'effet d'une période de service, avec ses suites tant qu'elles ont été observées.",
    ),
    assumptions=(
        Text(
            en="With the same treatment as at the start, those who changed and those who did not would have changed alike in outcome, among units that began with the same treatment.",
            fr="Au même traitement qu'au départ, les unités qui ont changé et les autres auraient connu la même évolution, parmi celles qui avaient le même traitement initial.",
        ),
        Text(
            en="Nobody acts on a change of treatment before it happens, and one unit's treatment changes nothing for another.",
            fr="Personne ne réagit à un changement de traitement avant qu'il ait lieu, et le traitement d'une unité ne change rien pour une autre.",
        ),
        Text(
            en="What units had before the first period of the data has no bearing on how they change afterwards.",
            fr="Ce que les unités ont reçu avant la première période des données ne joue pas sur leur évolution ultérieure.",
        ),
    ),
    limits=(
        Text(
            en="Effects are those of the whole path since the first change, against no change at all. What one more period would do to somebody who has had several is not told apart from what the earlier ones still do.",
            fr="Les effets sont ceux de tout le parcours depuis le premier changement, par rapport à l'absence de changement. On ne distingue pas ce que ferait une période de plus de ce que font encore les précédentes.",
        ),
        Text(
            en="No covariates, no repeated cross-sections. Units served from the first period on are compared only with one another; with switchers: on they are left out and counted.",
            fr="Ni covariables ni coupes transversales répétées. Les unités servies dès la première période ne sont comparées qu'entre elles ; avec switchers: on, elles sont écartées et comptées.",
        ),
        Text(
            en="With a dose that has several levels the effect is per unit of dose, averaged over what was received; it does not say what another dose would do.",
            fr="Avec une dose à plusieurs niveaux, l'effet est donné par unité de dose, en moyenne sur ce qui a été reçu ; il ne dit pas ce que ferait une autre dose.",
        ),
        Text(
            en="Intervals are those of large samples. An effect in standard deviations with 19 units, 7 of them never served: its 95% interval covers 92.5% and its one-sided lower bound 92.3%; with 114 units and skewed outcomes its 90% interval covers 87.0%. Differences, relative effects and totals keep their level from 19 units on.",
            fr="Les intervalles sont ceux de grands échantillons. Effet en écarts types avec 19 unités, dont 7 jamais servies : son intervalle à 95 % couvre 92,5 % et sa borne inférieure unilatérale 92,3 % ; avec 114 unités et des résultats asymétriques, son intervalle à 90 % couvre 87,0 %. Différences, effets relatifs et totaux conservent leur niveau dès 19 unités.",
        ),
        Text(
            en="Where treatment is not seen between the change and a later period, that period is left out and counted.",
            fr="Si le traitement n'a pas été observé entre le changement et une période ultérieure, cette période est écartée et comptée.",
        ),
    ),
    references=(
        "de Chaisemartin and D'Haultfoeuille (2024), Difference-in-differences estimators of intertemporal treatment effects, Review of Economics and Statistics, doi:10.1162/rest_a_01414",
        "de Chaisemartin and D'Haultfoeuille (2020), Two-way fixed effects estimators with heterogeneous treatment effects, American Economic Review 110(9), doi:10.1257/aer.20181169",
    ),
    designs=("did",),
    scales=tuple(Scale),
    handles=("unbalanced",),
)
