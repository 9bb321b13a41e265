"""What a reader must know about chance measured over time, with the limits that were measured."""

from __future__ import annotations

from impacteval.values import Text

ASSUMPTIONS = (
    Text(
        en="With inference conformal: once the effect is taken out, a served period is one like the others; exact where periods are exchangeable, with or without a mix that fits. With t-test: gaps between the place and its mix are stable over time. With prediction: the noise of the periods before tells that of the periods after, and other weights would have fitted them nearly as well.",
        fr="Avec inference conformal : une fois l'effet retiré, une période servie est semblable aux autres ; exact si les périodes sont échangeables, que la combinaison s'ajuste ou non. Avec t-test : les écarts entre le lieu et sa combinaison sont stables dans le temps. Avec prediction : le bruit des périodes d'avant renseigne sur celui des périodes d'après, et d'autres poids s'y seraient presque aussi bien ajustés.",
    ),
)

LIMITS = (
    Text(
        en="Conformal sets of an average compare blocks as long as the served periods: with nineteen periods from before and twelve served, no set above 50% has an end. Ask for a shorter window, or read the sets of single periods. Measured: 94.7% to 96.5% at a nominal 95%, lasting shocks included; 86.7% to 87.3% where factors drift without end and no mix follows them.",
        fr="Les ensembles conformes d'une moyenne comparent des blocs aussi longs que les périodes servies : avec dix-neuf périodes antérieures et douze servies, aucun ensemble au-delà de 50 % n'a de bornes. Demandez une fenêtre plus courte, ou lisez les ensembles par période. Mesuré : de 94,7 % à 96,5 % pour 95 % annoncés, chocs persistants compris ; de 86,7 % à 87,3 % si les facteurs dérivent sans fin et qu'aucune combinaison ne les suit.",
    ),
    Text(
        en="The debiased t-test with three folds has two degrees of freedom: wide, and as sure as it says where gaps around the mix are stable. Measured: 94.3% to 95.7% at a nominal 95%, lasting shocks included; where factors drift without end 90.7% to 93.4% for a place that some mix follows, and 86.5% to 91.8% for one that none does.",
        fr="Le test t débiaisé avec trois blocs a deux degrés de liberté : large, et aussi sûr qu'annoncé si les écarts à la combinaison sont stables. Mesuré : de 94,3 % à 95,7 % pour 95 % annoncés, chocs persistants compris ; si les facteurs dérivent sans fin, de 90,7 % à 93,4 % pour un lieu qu'une combinaison suit, et de 86,5 % à 91,8 % pour un lieu qu'aucune ne suit.",
    ),
    Text(
        en="Prediction intervals at a nominal 95% held the truth 90.2% to 91.8% of the time on the panels measured, with 20 and with 50 periods from before; at a nominal 90%, 88.2% to 90.0%. One served place only, without an intercept or a penalty.",
        fr="Les intervalles de prédiction annoncés à 95 % ont contenu la vérité de 90,2 % à 91,8 % du temps sur les panels mesurés, avec 20 comme avec 50 périodes antérieures ; annoncés à 90 %, de 88,2 % à 90,0 %. Un seul lieu servi, sans constante ni pénalité.",
    ),
)

REFERENCES = (
    "Chernozhukov, Wüthrich and Zhu (2021), Journal of the American Statistical Association 116(536), doi:10.1080/01621459.2021.1920957",
    "Chernozhukov, Wüthrich and Zhu (2025), A t-test for synthetic controls, arXiv:1812.10820",
    "Cattaneo, Feng and Titiunik (2021), Journal of the American Statistical Association 116(536), doi:10.1080/01621459.2021.1979561",
)
