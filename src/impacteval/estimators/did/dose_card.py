"""What a reader must know about `dose-response`."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

DOSE_RESPONSE = MethodCard(
    title=Text(en="Difference-in-differences by dose", fr="Double différence selon la dose"),
    description=Text(
        en="The served received different amounts of a service: hours, visits, money. The method compares their change from before to after with the change of those who received nothing. The effect is the average over the served, at the doses that they received; tables show it dose by dose, and how steep it is.",
        fr="Les unités servies ont reçu des quantités différentes d'un service : heures, visites, argent. La méthode compare leur évolution d'avant à après à celle des unités n'ayant rien reçu. L'effet est la moyenne sur les unités servies, aux doses qu'elles ont reçues ; des tables le montrent dose par dose, avec sa pente.",
    ),
    assumptions=(
        Text(
            en="Without the service, the served would have changed like those who received nothing, whatever dose they received.",
            fr="Sans le service, les unités servies auraient évolué comme celles n'ayant rien reçu, quelle que soit la dose reçue.",
        ),
        Text(
            en="Nobody acts on the service before it begins, and one unit's dose changes nothing for another.",
            fr="Personne ne réagit au service avant son début, et la dose d'une unité ne change rien pour une autre.",
        ),
        Text(
            en="For the slopes only: those who received one dose would have had, at another, the effect of those who received that other dose (strong parallel trends). The data cannot show whether this holds.",
            fr="Pour les pentes seulement : celles qui ont reçu une dose auraient eu, à une autre, l'effet de celles qui ont reçu cette autre dose (tendances parallèles fortes). Les données ne peuvent le montrer.",
        ),
    ),
    limits=(
        Text(
            en="A slope read without strong parallel trends mixes the effect of more dose with the difference between those who receive little and much. No payment should hang on it without a reason for that assumption.",
            fr="Une pente lue sans tendances parallèles fortes mêle l'effet d'une dose accrue et la différence entre celles qui reçoivent peu et beaucoup. Aucun paiement ne devrait en dépendre sans justifier cette hypothèse.",
        ),
        Text(
            en="Intervals are those of large samples. An effect in standard deviations with 40 units, half of them served: its 95% interval covers 92.4% and its one-sided upper bound 92.5%. With 20 places as clusters, half of them served, the 95% interval of a relative effect covers 92.6%, of one in standard deviations 92.4%, of the average slope 90.9% (its one-sided lower bound 91.6%); with 20 served among 100 units that of the average slope covers 92.1%.",
            fr="Les intervalles sont ceux de grands échantillons. Effet en écarts types avec 40 unités, dont la moitié servies : son intervalle à 95 % couvre 92,4 % et sa borne supérieure unilatérale 92,5 %. Avec 20 lieux comme grappes, dont la moitié servis, l'intervalle à 95 % d'un effet relatif couvre 92,6 %, celui d'un effet en écarts types 92,4 %, celui de la pente moyenne 90,9 % (sa borne inférieure unilatérale 91,6 %) ; avec 20 unités servies sur 100, celui de la pente moyenne couvre 92,1 %.",
        ),
        Text(
            en="Two periods, units followed over time, no covariates. A spline is a smooth curve and rounds off a threshold; at the smallest and largest doses it is uncertain.",
            fr="Deux périodes, unités suivies dans le temps, sans covariables. Une spline est une courbe lisse qui arrondit un seuil ; aux doses extrêmes elle est incertaine.",
        ),
    ),
    references=(
        "Callaway, Goodman-Bacon and Sant'Anna (2024), Difference-in-differences with a continuous treatment, NBER working paper 32117, doi:10.3386/w32117",
    ),
    designs=("did",),
    scales=tuple(Scale),
)
