"""What a reader must know about the learners, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

_ALL_MEASURED = Text(
    en="Everything that decided who was served and also bears on the outcome is among the covariates: between people alike in them, it was as good as chance. No model makes up for what was not measured.",
    fr="Tout ce qui a décidé de qui a été servi et pèse aussi sur le résultat figure parmi les covariables : entre personnes semblables à leur égard, ce fut comme le hasard. Aucun modèle ne remplace ce qui n'a pas été mesuré.",
)
_BEFORE = Text(
    en="Covariates were measured before the service, or could not be changed by it.",
    fr="Les covariables ont été mesurées avant le service, ou ne pouvaient en être modifiées.",
)
_OVERLAP = Text(
    en="Among people alike in the covariates some were served and some were not. Nobody is left out to make it so: chances nearer to certainty than the setting clip are held there, and how many is told.",
    fr="Parmi les personnes semblables par les covariables, certaines ont été servies et d'autres non. Personne n'est écarté pour qu'il en soit ainsi : les probabilités plus proches de la certitude que le réglage clip y sont retenues, et leur nombre est indiqué.",
)
_EITHER = Text(
    en="The model of outcomes or that of the chance of being served comes close to the truth, the product of their errors being small beside the error of chance.",
    fr="Le modèle du résultat ou celui de la probabilité d'être servi s'approche de la vérité, le produit de leurs erreurs étant petit devant l'erreur due au hasard.",
)
_CLUSTERS = Text(
    en="Clusters stay whole when people are dealt out, and errors are summed by cluster; with few of them, degrees of freedom are few, and the interval is only approximate.",
    fr="Les grappes restent entières dans la répartition, et les erreurs sont sommées par grappe ; quand elles sont peu nombreuses, les degrés de liberté le sont aussi, et l'intervalle n'est qu'approché.",
)
_SEED = Text(
    en="How people are dealt out is drawn by lot: another seed gives another figure. The table of partitions says by how much; the figure is their mean.",
    fr="La répartition des personnes est tirée au sort : une autre graine donne un autre chiffre. Le tableau des répartitions dit de combien ; le chiffre est leur moyenne.",
)
_NOT_BLIND = Text(
    en="There is no step before outcomes are seen: nobody is chosen or paired, and the lot by which people are dealt out shows nothing that could be checked. Copies of a row (frequency weights) are foretold together.",
    fr="Il n'y a pas d'étape avant que les résultats soient vus : personne n'est choisi ni apparié, et le sort qui répartit les personnes ne montre rien qui puisse être vérifié. Les copies d'une ligne (poids de fréquence) sont prédites ensemble.",
)
_EXTRA = Text(
    en='It needs the extra causal-ml (pip install "impacteval[causal-ml]"), and at least thirty people in either group.',
    fr="Elle demande le complément causal-ml (pip install « impacteval[causal-ml] »), et au moins trente personnes dans chaque groupe.",
)
_RATES = Text(
    en="With time at risk, or weights, both models count people by it: the chance of being served is that of a unit of exposure.",
    fr="Avec un temps d'exposition, ou des poids, les deux modèles comptent les personnes d'après eux : la probabilité d'être servi est celle d'une unité d'exposition.",
)
_DML = "Chernozhukov, Chetverikov, Demirer, Duflo, Hansen, Newey and Robins (2018), Econometrics Journal 21(1), doi:10.1111/ectj.12097"
_ECONML = "econml 0.17, PyWhy, https://github.com/py-why/EconML"

_MEASURED_DR = Text(
    en="Coverage of the 95% interval with lines and one partition, 200 to 1,000 people: 94.3 to 96.0% for a difference wherever either model is right, with rates, sampling weights and 20 or 40 clusters too. Where both outcomes and chances bend and lines follow neither, 0.3%: use forests there, or curved covariates. In standard deviations, where only the model of outcomes is right, 90.2%, and with thin overlap a one-sided 90% upper bound holds in 83.7%: the spread is that of the others as weighted.",
    fr="Couverture de l'intervalle à 95 % avec des modèles linéaires et une seule répartition, de 200 à 1 000 personnes : de 94,3 à 96,0 % pour une différence dès que l'un des deux modèles est juste, y compris avec des taux, des poids de sondage et 20 ou 40 grappes. Quand résultats et probabilités sont tous deux courbes et que des droites ne suivent ni les uns ni les autres, 0,3 % : utilisez alors des forêts, ou des covariables courbes. En écarts types, quand seul le modèle du résultat est juste, 90,2 %, et avec un recouvrement mince une borne supérieure unilatérale à 90 % tient dans 83,7 % des cas : la dispersion est celle des autres personnes telles que pondérées.",
)

DR_LEARNER = MethodCard(
    title=Text(en="Doubly robust learner", fr="Apprentissage doublement robuste"),
    description=Text(
        en="Two things are learned from the data: what people's outcomes would be without the service and with it, and how likely each was to be served. Every person is foretold by models fitted on other people. What the models foretell is then mended by what people like them really had, so that the effect is right if either model is. It also says for whom the effect is larger.",
        fr="Deux choses sont apprises des données : ce que seraient les résultats des personnes sans le service et avec lui, et la probabilité de chacune d'être servie. Chaque personne est prédite par des modèles ajustés sur d'autres. Ce que les modèles prédisent est ensuite corrigé par ce que des personnes semblables ont réellement obtenu, si bien que l'effet est juste si l'un des deux modèles l'est. La méthode dit aussi pour qui l'effet est plus grand.",
    ),
    assumptions=(_ALL_MEASURED, _BEFORE, _OVERLAP, _EITHER),
    limits=(_MEASURED_DR, _SEED, _CLUSTERS, _RATES, _NOT_BLIND, _EXTRA),
    references=(
        "Robins, Rotnitzky and Zhao (1994), Journal of the American Statistical Association 89(427), doi:10.1080/01621459.1994.10476818",
        _DML,
        "Kennedy (2023), Electronic Journal of Statistics 17(2), doi:10.1214/23-EJS2157",
        _ECONML,
    ),
    designs=("matched", "rct"),
    scales=tuple(Scale),
)

_MEASURED_DML = Text(
    en="Coverage of the 95% interval of the partially linear model with lines and one partition, 200 to 1,000 people whose effects differ: 94.2 to 95.7% for a difference wherever the model of outcomes or that of chances is right, with rates, sampling weights and 20 or 40 clusters too. Where both bend and lines follow neither, 0.4%: use forests there, or curved covariates. In standard deviations, where chances bend, a one-sided 90% lower bound holds in 86.3%.",
    fr="Couverture de l'intervalle à 95 % du modèle partiellement linéaire avec des modèles linéaires et une seule répartition, de 200 à 1 000 personnes dont les effets diffèrent : de 94,2 à 95,7 % pour une différence dès que le modèle du résultat ou celui des probabilités est juste, y compris avec des taux, des poids de sondage et 20 ou 40 grappes. Quand les deux sont courbes et que des droites ne suivent ni l'un ni l'autre, 0,4 % : utilisez alors des forêts, ou des covariables courbes. En écarts types, quand les probabilités sont courbes, une borne inférieure unilatérale à 90 % tient dans 86,3 % des cas.",
)

DOUBLE_ML = MethodCard(
    title=Text(en="Double machine learning", fr="Double apprentissage automatique"),
    description=Text(
        en="What covariates foretell of the outcome and of being served is learned and taken away from both, each person being foretold by models fitted on other people; the effect is the slope between what is left. It is about people who could as well have been served as not. With model interactive, outcomes are learned for each group, and the effect is that on the served or on everyone.",
        fr="Ce que les covariables prédisent du résultat et du fait d'être servi est appris puis retranché de l'un et de l'autre, chaque personne étant prédite par des modèles ajustés sur d'autres ; l'effet est la pente entre ce qui reste. Il porte sur les personnes qui auraient pu être servies comme ne pas l'être. Avec le modèle interactive, les résultats sont appris pour chaque groupe, et l'effet est celui sur les personnes servies ou sur toutes.",
    ),
    assumptions=(
        _ALL_MEASURED,
        _BEFORE,
        Text(
            en="Of the partially linear model: the effect is the same for all, or the mean wanted is the one weighted by how open it was whether a person was served. Where effects differ between people, it is neither the effect on those served nor that on everyone.",
            fr="Pour le modèle partiellement linéaire : l'effet est le même pour tous, ou la moyenne voulue est celle pondérée par le degré d'incertitude quant au fait d'être servi. Quand les effets diffèrent entre personnes, ce n'est ni l'effet sur les personnes servies ni celui sur toutes.",
        ),
        _EITHER,
    ),
    limits=(
        Text(
            en="No total is given. Relative and standardised effects of the partially linear model are held against the mean of the same people without the service, which takes the effect as one for all; where effects differ much, the effect itself stays right and that mean is approximate.",
            fr="Aucun total n'est donné. Les effets relatifs et standardisés du modèle partiellement linéaire sont rapportés à la moyenne des mêmes personnes sans le service, qui prend l'effet pour le même chez tous ; s'ils diffèrent beaucoup, l'effet lui-même reste juste et cette moyenne est approchée.",
        ),
        _MEASURED_DML,
        _SEED,
        _CLUSTERS,
        _RATES,
        _NOT_BLIND,
        _EXTRA,
    ),
    references=(
        "Robinson (1988), Econometrica 56(4), doi:10.2307/1912705",
        _DML,
        "Crump, Hotz, Imbens and Mitnik (2009), Biometrika 96(1), doi:10.1093/biomet/asn055",
        _ECONML,
    ),
    designs=("matched", "rct"),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.STANDARDISED),
)

_MEASURED_FOREST = Text(
    en="Coverage was measured on few samples, for a fit takes a second: of the 95% interval for a difference among 400 people with lines beneath the trees 95.5% (400 samples, give or take 1.1 points), with the forests of the default settings 99.0% (100 samples, give or take 2.2). On bent outcomes, with clusters and by other settings it was not measured.",
    fr="La couverture a été mesurée sur peu d'échantillons, car un ajustement prend une seconde : pour l'intervalle à 95 % d'une différence parmi 400 personnes, 95,5 % avec des modèles linéaires sous les arbres (400 échantillons, à 1,1 point près), et 99,0 % avec les forêts des réglages par défaut (100 échantillons, à 2,2 points près). Sur des résultats courbes, avec des grappes et pour d'autres réglages, elle n'a pas été mesurée.",
)

CAUSAL_FOREST = MethodCard(
    title=Text(en="Causal forest", fr="Forêt causale"),
    description=Text(
        en="Many trees divide people, by covariates, into groups whose effects differ, each tree finding its groups on some people and their effects on others. Before, what covariates foretell of the outcome and of being served is learned and taken away. The effects are averaged over those served, or everyone, and mended by what people like them really had, so that the average does not rest on the trees alone. It also says for whom the effect is larger.",
        fr="De nombreux arbres divisent les personnes, d'après les covariables, en groupes dont les effets diffèrent, chaque arbre trouvant ses groupes sur certaines personnes et leurs effets sur d'autres. Auparavant, ce que les covariables prédisent du résultat et du fait d'être servi est appris et retranché. Les effets sont moyennés sur les personnes servies, ou sur toutes, et corrigés par ce que des personnes semblables ont réellement obtenu, si bien que la moyenne ne repose pas sur les seuls arbres. La méthode dit aussi pour qui l'effet est plus grand.",
    ),
    assumptions=(_ALL_MEASURED, _BEFORE, _OVERLAP, _EITHER),
    limits=(
        Text(
            en="The standard error is that of the doubly robust mean. The one econml gives with the mean of effects by covariates adds up the errors of single people as if they went together, and can be many times too large; its mean over the served mends the model of those served only, and is not used.",
            fr="L'erreur type est celle de la moyenne doublement robuste. Celle qu'econml donne avec la moyenne des effets selon les covariables additionne les erreurs des personnes comme si elles allaient ensemble, et peut être bien trop grande ; sa moyenne sur les personnes servies ne corrige que le modèle de celles-ci, et n'est pas utilisée.",
        ),
        Text(
            en="Trees draw people, not clusters: a person's effect is foretold by trees that may have drawn others of the same cluster. What is taken away beforehand is learned with clusters kept whole.",
            fr="Les arbres tirent des personnes, non des grappes : l'effet d'une personne est prédit par des arbres qui ont pu en tirer d'autres de la même grappe. Ce qui est retranché auparavant est appris en gardant les grappes entières.",
        ),
        _MEASURED_FOREST,
        _SEED,
        _CLUSTERS,
        _RATES,
        _NOT_BLIND,
        _EXTRA,
    ),
    references=(
        "Athey, Tibshirani and Wager (2019), Annals of Statistics 47(2), doi:10.1214/18-AOS1709",
        "Athey and Wager (2019), Observational Studies 5(2), doi:10.1353/obs.2019.0001",
        "Wager and Athey (2018), Journal of the American Statistical Association 113(523), doi:10.1080/01621459.2017.1319839",
        _ECONML,
    ),
    designs=("matched", "rct"),
    scales=tuple(Scale),
)
