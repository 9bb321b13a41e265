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
        Text(
            en="It adjusts for what was measured. How strong a trait that was not would have to be is what e-value and robustness-value ask.",
            fr="Il tient compte de ce qui a été mesuré. Quelle force devrait avoir un trait qui ne l'a pas été, e-value et robustness-value le demandent.",
        ),
        Text(
            en="For those served, differences, ratios and totals hold their word in every case measured, with one model wrong, weak overlap, skewed outcomes, 20 sites or 50 people (95% intervals hold the truth in 93.9% to 96.0% of samples). For everyone, upper bounds are too low with 400 people and very skewed outcomes (at 95% they hold in 92.3% for a difference and in 90.8% for a ratio); with 50 people 90% intervals of ratios are too wide (93.3%) and half of the samples are refused.",
            fr="Pour les personnes servies, différences, rapports et totaux tiennent parole dans tous les cas mesurés, avec un modèle faux, un faible recouvrement, des résultats asymétriques, 20 sites ou 50 personnes (les intervalles à 95 % contiennent la vraie valeur dans 93,9 % à 96,0 % des échantillons). Pour tout le monde, les bornes supérieures sont trop basses avec 400 personnes et des résultats très asymétriques (à 95 %, elles tiennent dans 92,3 % pour une différence et dans 90,8 % pour un rapport) ; avec 50 personnes, les intervalles à 90 % des rapports sont trop larges (93,3 %) et la moitié des échantillons sont refusés.",
        ),
        Text(
            en="Effects in standard deviations divide by the standard deviation of those not served as weighted by the score alone, whose error is not counted. With a right score the 90% interval holds the truth in 86.5% of samples with 100 people and in 86.4% with weak overlap (800 people), the 95% interval in 92.5% with 60 sites served whole, and the upper 95% bound in 90.3% with skewed outcomes. With a wrong score the 95% interval may miss altogether: 0.9% of samples, where that of the difference holds the truth in 94.2%.",
            fr="Les effets en écarts types divisent par l'écart type des personnes non servies pondérées par le score seul, dont l'erreur n'est pas comptée. Si le score est juste, l'intervalle à 90 % contient la vraie valeur dans 86,5 % des échantillons de 100 personnes et dans 86,4 % avec un faible recouvrement (800 personnes), l'intervalle à 95 % dans 92,5 % avec 60 sites servis entiers, et la borne supérieure à 95 % dans 90,3 % avec des résultats asymétriques. Si le score est faux, l'intervalle à 95 % peut manquer tout à fait : 0,9 % des échantillons, alors que celui de la différence contient la vraie valeur dans 94,2 %.",
        ),
        Text(
            en="A group with fewer than ten people (or clusters) beyond the coefficients of its model, once a part is left out, is refused.",
            fr="Un groupe qui compte moins de dix personnes (ou grappes) de plus que son modèle n'a de coefficients, une fois une part écartée, est refusé.",
        ),
        Text(
            en="Errors count who happened to be in the data. In a trial drawn within strata of fixed sizes whose effects differ they are too large.",
            fr="Les erreurs tiennent compte de qui se trouve dans les données. Dans un essai tiré dans des strates de taille fixée dont les effets diffèrent, elles sont trop grandes.",
        ),
        Text(
            en="Another lot gives a slightly other result, the more so the fewer people there are; the setting repeats takes the median of several and counts what the lot moves.",
            fr="Un autre tirage donne un résultat légèrement différent, d'autant plus que les personnes sont peu nombreuses ; le réglage repeats prend la médiane de plusieurs tirages et compte ce qu'ils font varier.",
        ),
        Text(
            en="People whose outcome was not measured are in the score, and in nothing else; nothing is done about the difference this may make.",
            fr="Les personnes dont le résultat n'a pas été mesuré entrent dans le score, et dans rien d'autre ; rien ne corrige la différence que cela peut faire.",
        ),
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
