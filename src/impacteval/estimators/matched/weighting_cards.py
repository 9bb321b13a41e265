"""The cards of the weighting estimators, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

ALL_MEASURED = Text(
    en="Everything that makes people likelier to be served and also matters for the outcome is among the covariates. Nothing in the data can show that this holds.",
    fr="Tout ce qui rend des personnes plus susceptibles d'être servies et compte aussi pour l'indicateur figure parmi les covariables. Rien dans les données ne peut montrer que c'est le cas.",
)
LIKE = Text(
    en="For every kind of person there was a chance of being served and a chance of not being served.",
    fr="Pour chaque type de personne, il était possible d'être servie comme de ne pas l'être.",
)
BEFORE = Text(
    en="Covariates were measured before the programme could change them.",
    fr="Les covariables ont été mesurées avant que le programme ne puisse les modifier.",
)
LOST = Text(
    en="Those whose outcome was not measured are like the measured ones of their group who share their covariates and weight, and among people who share them as many are lost of the served as of the others; so it is for time at risk and precision. Weights are formed before outcomes, from everyone: where those measured are no longer alike the report says so.",
    fr="Les personnes dont l'indicateur n'a pas été mesuré ressemblent aux personnes mesurées de leur groupe qui ont les mêmes covariables et le même poids, et parmi celles qui les partagent il manque autant de personnes servies que des autres ; de même pour le temps d'exposition et la précision. Les poids sont formés avant les résultats, sur tout le monde : lorsque les personnes mesurées ne se ressemblent plus, le rapport le dit.",
)
NO_INTERFERENCE = Text(
    en="The programme changed nothing for those who were not served, and what happens to a person does not depend on who else is served outside the same cluster.",
    fr="Le programme n'a rien changé pour les personnes non servies, et ce qui arrive à une personne ne dépend pas de qui d'autre est servi hors de sa grappe.",
)
SCORE_RIGHT = Text(
    en="The logit of being served on the covariates is right: it has no terms for curvature or for combinations of covariates beyond those that the plan names as covariates.",
    fr="Le logit du fait d'être servi sur les covariables est exact : il ne contient de courbure ou de combinaisons de covariables que celles que le plan d'analyse déclare comme covariables.",
)
CERTAIN = Text(
    en="Where covariates tell without error who was served, there is nobody to compare with and the estimate is refused.",
    fr="Lorsque les covariables disent sans erreur qui a été servi, il n'y a personne à qui comparer et l'estimation est refusée.",
)
FEW_CLUSTERS = Text(
    en="Errors by cluster need a few dozen clusters, and the service given to several of them: with one place served, the interval covers chance between people only.",
    fr="Les erreurs par grappe supposent quelques dizaines de grappes, dont plusieurs servies : avec un seul lieu servi, l'intervalle ne couvre que le hasard entre personnes.",
)

INVERSE_PROBABILITY = MethodCard(
    title=Text(
        en="Weighting by the chance of being served",
        fr="Pondération par la probabilité d'être servi",
    ),
    description=Text(
        en="Estimates from characteristics known before the programme how likely each person was to be served, and compares the served with the others counted in proportion to how likely they were: someone who could well have been served counts for more. Weights of a group are divided by their sum (Hajek). By default the effect is about those served; with the estimand ate, about everyone, both groups being weighted. Multiplying a group's weights by one number, as stabilised weights do, changes nothing here.",
        fr="Estime, d'après des caractéristiques connues avant le programme, la probabilité que chacun avait d'être servi, puis compare les personnes servies aux autres, comptées à proportion de cette probabilité : une personne qui aurait bien pu être servie compte davantage. Les poids d'un groupe sont divisés par leur somme (Hajek). Par défaut, l'effet concerne les personnes servies ; avec l'option ate, tout le monde, les deux groupes étant alors pondérés. Multiplier les poids d'un groupe par un même nombre, comme le font les poids stabilisés, ne change rien ici.",
    ),
    assumptions=(ALL_MEASURED, LIKE, SCORE_RIGHT, BEFORE, NO_INTERFERENCE, LOST),
    limits=(
        Text(
            en="A few people with a large weight can carry the result: how many equally weighted people a group is worth, and the largest share of one person, are printed. Above half, the plan must say why the method is used; practically all is refused.",
            fr="Quelques personnes de poids élevé peuvent porter le résultat : le nombre de personnes de même poids que vaut un groupe et la plus grande part d'une seule personne sont imprimés. Au-delà de la moitié, le plan d'analyse doit dire pourquoi la méthode est employée ; la quasi-totalité est refusée.",
        ),
        CERTAIN,
        Text(
            en="Trimming changes whom the effect is about; the interval takes the bounds and who lies within them as given. A score that the plan gives is taken as known.",
            fr="Écarter des personnes (trim) change la population concernée ; l'intervalle tient pour donnés les bornes et ceux qui s'y trouvent. Un score fourni par le plan est tenu pour connu.",
        ),
        FEW_CLUSTERS,
        Text(
            en="Measured with 40 to 1,200 people or 20 to 120 clusters: the 95% interval of a difference holds the truth in 94.6% to 97.1% of samples, that of a ratio in 94.0% to 97.0%. Where scores come close to 0 and 1 both hold in 90.2% to 91.1% only, even with 1,000 people, a standardised effect in 86.5% to 90.3%, and nearly all misses are on the side of the plain difference: a lower bound at 95% held in 86.0% to 87.8% of samples in which the service went to those who would have fared better anyway. Use overlap-weighting or entropy-balancing there. For skewed outcomes a standardised effect covers 91.8% to 92.3%; for everyone (ate), with 40 people, the lower bound of a ratio at 95% holds in 92.6%.",
            fr="Mesuré avec 40 à 1 200 personnes ou 20 à 120 grappes : l'intervalle à 95 % d'une différence contient la vraie valeur dans 94,6 % à 97,1 % des échantillons, celui d'un rapport dans 94,0 % à 97,0 %. Lorsque des scores approchent 0 et 1, les deux ne la contiennent que dans 90,2 % à 91,1 % des cas, même avec 1 000 personnes, un effet standardisé dans 86,5 % à 90,3 %, et presque toutes les erreurs sont du côté de la différence brute : une borne inférieure à 95 % n'a tenu que dans 86,0 % à 87,8 % des échantillons où le service allait à ceux qui s'en seraient mieux sortis de toute façon. Préférez alors overlap-weighting ou entropy-balancing. Pour des indicateurs asymétriques, un effet standardisé couvre 91,8 % à 92,3 % ; pour tout le monde (ate), avec 40 personnes, la borne inférieure d'un rapport à 95 % tient dans 92,6 % des cas.",
        ),
    ),
    references=(
        "Hirano, Imbens and Ridder (2003), Econometrica 71(4), doi:10.1111/1468-0262.00442",
        "Lunceford and Davidian (2004), Statistics in Medicine 23(19), doi:10.1002/sim.1903",
        "Crump, Hotz, Imbens and Mitnik (2009), Biometrika 96(1), doi:10.1093/biomet/asn055",
    ),
    designs=("matched", "rct"),
    scales=tuple(Scale),
    handles=("missing_outcome",),
)

OVERLAP_WEIGHTING = MethodCard(
    title=Text(
        en="Weighting towards those who could have gone either way",
        fr="Pondération vers ceux dont le sort était incertain",
    ),
    description=Text(
        en="Estimates from characteristics known before the programme how likely each person was to be served, and counts everyone by the chance of having been in the other group. People who were bound to be served, or bound not to be, hardly count; no weight is above one, and the averages of the characteristics are exactly alike in both groups. The effect is about people who could as well have been served as not.",
        fr="Estime, d'après des caractéristiques connues avant le programme, la probabilité que chacun avait d'être servi, et compte chacun selon la probabilité d'avoir été dans l'autre groupe. Les personnes presque sûres d'être servies, ou de ne pas l'être, ne comptent guère ; aucun poids ne dépasse un, et les moyennes des caractéristiques sont exactement les mêmes dans les deux groupes. L'effet concerne les personnes qui auraient pu être servies comme ne pas l'être.",
    ),
    assumptions=(ALL_MEASURED, SCORE_RIGHT, BEFORE, NO_INTERFERENCE, LOST),
    limits=(
        Text(
            en="The effect is neither that on the served nor that on everyone: a contract that pays for those served cannot be read from it unless effects are alike. There is no total.",
            fr="L'effet n'est ni celui sur les personnes servies ni celui sur tout le monde : un contrat qui paie pour les personnes servies ne peut s'y lire que si les effets sont les mêmes. Il n'y a pas de total.",
        ),
        CERTAIN,
        FEW_CLUSTERS,
        Text(
            en="Measured with 40 to 1,200 people or 20 to 120 clusters, also where scores come close to 0 and 1: the 95% interval of a difference holds the truth in 94.4% to 95.5% of samples, that of a ratio in 93.8% to 95.8%, that of a standardised effect in 93.8% to 95.5%; for skewed outcomes a standardised effect covers 92.4%.",
            fr="Mesuré avec 40 à 1 200 personnes ou 20 à 120 grappes, y compris lorsque des scores approchent 0 et 1 : l'intervalle à 95 % d'une différence contient la vraie valeur dans 94,4 % à 95,5 % des échantillons, celui d'un rapport dans 93,8 % à 95,8 %, celui d'un effet standardisé dans 93,8 % à 95,5 % ; pour des indicateurs asymétriques, un effet standardisé couvre 92,4 %.",
        ),
    ),
    references=(
        "Li, Morgan and Zaslavsky (2018), Journal of the American Statistical Association 113(521), doi:10.1080/01621459.2016.1260466",
        "Li, Thomas and Li (2019), American Journal of Epidemiology 188(1), doi:10.1093/aje/kwy201",
    ),
    designs=("matched", "rct"),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.STANDARDISED),
    handles=("missing_outcome",),
)

ENTROPY_BALANCING = MethodCard(
    title=Text(
        en="Weighting to the same averages (entropy balancing)",
        fr="Pondération à moyennes égales (équilibrage entropique)",
    ),
    description=Text(
        en="Gives those who were not served weights with which the averages of their characteristics are exactly those of the served, and chooses the most even weights that do so. With moments=2 variances are alike as well. By default the effect is about those served; with the estimand ate both groups are given the averages of everyone. No model of who is served has to be checked: likeness is exact, and printed with the proof that the weights solve the problem.",
        fr="Donne aux personnes non servies des poids avec lesquels les moyennes de leurs caractéristiques sont exactement celles des personnes servies, et choisit les poids les plus égaux qui y parviennent. Avec moments=2, les variances aussi sont les mêmes. Par défaut, l'effet concerne les personnes servies ; avec l'option ate, les deux groupes reçoivent les moyennes de l'ensemble. Il n'y a pas de modèle du fait d'être servi à vérifier : la ressemblance est exacte, et imprimée avec la preuve que les poids résolvent le problème.",
    ),
    assumptions=(
        ALL_MEASURED,
        LIKE,
        Text(
            en="What would have happened follows the covariates in straight lines (with moments=2, curves), or the log odds of being served do; one of the two is enough for the effect on the served. For the effect on everyone it is the outcomes that must.",
            fr="Ce qui serait advenu suit les covariables en ligne droite (avec moments=2, en courbe), ou bien la log-cote d'être servi le fait ; l'un des deux suffit pour l'effet sur les personnes servies. Pour l'effet sur tout le monde, c'est le cas des indicateurs qui compte.",
        ),
        BEFORE,
        NO_INTERFERENCE,
        LOST,
    ),
    limits=(
        Text(
            en="Where no weights give the others the averages of the target, the estimate is refused and the covariates are named.",
            fr="Lorsqu'aucune pondération ne donne aux autres les moyennes visées, l'estimation est refusée et les covariables sont nommées.",
        ),
        Text(
            en="A few people with a large weight can carry the result: how many equally weighted people a group is worth, and the largest share of one person, are printed. Above half, the plan must say why the method is used; practically all is refused.",
            fr="Quelques personnes de poids élevé peuvent porter le résultat : le nombre de personnes de même poids que vaut un groupe et la plus grande part d'une seule personne sont imprimés. Au-delà de la moitié, le plan d'analyse doit dire pourquoi la méthode est employée ; la quasi-totalité est refusée.",
        ),
        FEW_CLUSTERS,
        Text(
            en="Measured with 40 to 1,200 people or 20 to 120 clusters: the 95% interval of a difference holds the truth in 93.3% to 96.1% of samples, that of a ratio in 93.2% to 96.2%. Weights met averages alone, so that the comparison group's spread was not that of the target: where scores come close to 0 and 1, a standardised effect covers 89.3% to 90.3% for the served and 81.0% to 90.8% for everyone; for skewed outcomes 91.1% to 92.6%; with 60 clusters its lower bound at 95% holds in 91.9% (ate). With 40 people 2% to 5% of samples had no answer.",
            fr="Mesuré avec 40 à 1 200 personnes ou 20 à 120 grappes : l'intervalle à 95 % d'une différence contient la vraie valeur dans 93,3 % à 96,1 % des échantillons, celui d'un rapport dans 93,2 % à 96,2 %. Les poids n'ont égalisé que les moyennes, si bien que la dispersion du groupe de comparaison n'était pas celle de la population visée : lorsque des scores approchent 0 et 1, un effet standardisé couvre 89,3 % à 90,3 % pour les personnes servies et 81,0 % à 90,8 % pour tout le monde ; pour des indicateurs asymétriques, 91,1 % à 92,6 % ; avec 60 grappes, sa borne inférieure à 95 % tient dans 91,9 % des cas (ate). Avec 40 personnes, 2 % à 5 % des échantillons sont restés sans réponse.",
        ),
    ),
    references=(
        "Hainmueller (2012), Political Analysis 20(1), doi:10.1093/pan/mpr025",
        "Zhao and Percival (2017), Journal of Causal Inference 5(1), doi:10.1515/jci-2016-0010",
    ),
    designs=("matched", "rct"),
    scales=tuple(Scale),
    handles=("missing_outcome",),
)
