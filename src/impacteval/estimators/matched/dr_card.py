"""What a reader must know about doubly robust comparisons, with the limits that were measured."""

from __future__ import annotations

from impacteval.estimators.randomised.cards import MEASURED, NO_INTERFERENCE
from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

DOUBLY_ROBUST = MethodCard(
    title=Text(
        en="Two models, one of which must be right (doubly robust)",
        fr="Deux modèles, dont un doit être juste (doublement robuste)",
    ),
    description=Text(
        en="Predicts, from the outcomes of those not served, what those served would have had without the programme, then corrects the prediction by its own errors among people not served, weighted so that they resemble the served. One model says who is served, the other how people fare; if either is right, so is the average. People are shared out by lot into parts, and the models used for a part are fitted on the others, so that nobody's outcome predicts itself. Lots, scores and weights are frozen before outcomes are seen.",
        fr="Prédit, d'après les résultats des personnes non servies, ce que les personnes servies auraient eu sans le programme, puis corrige cette prédiction de ses propres erreurs parmi les personnes non servies, pondérées pour ressembler aux servies. Un modèle dit qui est servi, l'autre ce que deviennent les personnes ; si l'un des deux est juste, la moyenne l'est aussi. Les personnes sont réparties au sort en plusieurs parts, et les modèles utilisés pour une part sont ajustés sur les autres : le résultat de personne ne se prédit lui-même. Tirage, scores et poids sont figés avant que les résultats soient vus.",
    ),
    assumptions=(
        Text(
            en="Among people with the same covariates (and in the same stratum), who was served has nothing to do with how they would have fared: nothing that was not measured decided both.",
            fr="Parmi les personnes qui ont les mêmes covariables (et dans la même strate), le fait d'être servi n'a rien à voir avec ce qu'elles seraient devenues : rien de non mesuré n'a décidé des deux.",
        ),
        Text(
            en="Everyone whom the effect is about could have gone unserved (and, for the effect on everyone, could have been served).",
            fr="Toutes les personnes dont on mesure l'effet auraient pu ne pas être servies (et, pour l'effet sur tout le monde, auraient pu l'être).",
        ),
        Text(
            en="The model of who is served (a logit) or the model of the outcome (a line, a logit or a log link in each group) is right, in the covariates that the plan names.",
            fr="Le modèle du fait d'être servi (un logit) ou le modèle du résultat (une droite, un logit ou un lien log dans chaque groupe) est juste, avec les covariables que nomme le plan.",
        ),
        NO_INTERFERENCE,
        MEASURED,
    ),
    limits=(
        Text(
            en="If both models are wrong, so is the answer, and nothing here shows it: look at the balance, and at alternative analyses named in the plan.",
            fr="Si les deux modèles sont faux, la réponse l'est aussi, et rien ici ne le montre : regardez l'équilibre des groupes, et les autres analyses nommées dans le plan.",
        ),
        Text(en="LIMITS", fr="LIMITES"),
    ),
    references=(
        "Robins, Rotnitzky and Zhao (1994), Journal of the American Statistical Association 89(427), doi:10.1080/01621459.1994.10476818",
        "Chernozhukov, Chetverikov, Demirer, Duflo, Hansen, Newey and Robins (2018), Econometrics Journal 21(1), doi:10.1111/ectj.12097",
        "Bang and Robins (2005), Biometrics 61(4), doi:10.1111/j.1541-0420.2005.00377.x",
        "MacKinnon and White (1985), Journal of Econometrics 29(3), doi:10.1016/0304-4076(85)90158-7",
    ),
    designs=("matched", "rct"),
    scales=tuple(Scale),
    handles=("missing_outcome",),
)
