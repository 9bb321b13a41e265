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
            en="Every place must be measured in every period, and the service stays once it has begun.",
            fr="Chaque lieu doit être mesuré à chaque période, et le service demeure une fois commencé.",
        ),
    ),
    references=(
        "Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), American Economic Review 111(12), doi:10.1257/aer.20190159",
        "Clarke, Pailanir, Athey and Imbens (2023), arXiv:2301.11859",
    ),
    designs=("synthetic_control",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
)
