"""What a reader must know about `two-stage`, with the limits that were measured."""

from __future__ import annotations

from impacteval.estimators.did.imputation_card import ASSUMED, IMPUTABLE, NO_EVENT_STUDY, SKEWED
from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

TWO_STAGE = MethodCard(
    title=Text(
        en="Two-stage difference-in-differences", fr="Différence de différences en deux étapes"
    ),
    description=Text(
        en="The first stage learns levels of units and effects of periods from rows where nobody is served yet. The second averages, over the served, what was observed beyond them. The effect is that of imputation; the standard error is another one, which counts differences in effect between cohorts and periods as chance, as if cohorts had been drawn too.",
        fr="La première étape apprend les niveaux des unités et les effets des périodes sur les lignes où personne n'est encore servi. La seconde fait la moyenne, sur les unités servies, de ce qui a été observé en plus. L'effet est celui de l'imputation ; l'erreur type est différente : elle compte les écarts d'effet entre cohortes et périodes comme dus au hasard, comme si les cohortes avaient elles aussi été tirées.",
    ),
    assumptions=ASSUMED,
    limits=(
        IMPUTABLE,
        Text(
            en="Where effects differ much between cohorts and over time, the standard error is larger than that of imputation for the units that were in fact served.",
            fr="Lorsque les effets diffèrent beaucoup entre cohortes et dans le temps, l'erreur type est plus grande que celle de l'imputation pour les unités effectivement servies.",
        ),
        Text(
            en="Few units or clusters: with 20 units in three cohorts or 20 clusters the 95% interval covers 92% (one-sided bounds about 93%), with ten units served of twenty 91%, with four served of forty 84% (88% to 90%). From 50 units or 60 clusters on it covers 94% to 95%.",
            fr="Unités ou grappes peu nombreuses : avec 20 unités en trois cohortes ou 20 grappes, l'intervalle à 95 % couvre 92 % (bornes unilatérales environ 93 %), avec dix unités servies sur vingt 91 %, avec quatre sur quarante 84 % (de 88 % à 90 %). À partir de 50 unités ou de 60 grappes, il couvre de 94 % à 95 %.",
        ),
        Text(
            en="A cohort of a single unit (or cluster) hides part of its own error and is named.",
            fr="Une cohorte d'une seule unité (ou grappe) cache une partie de sa propre erreur et elle est nommée.",
        ),
        SKEWED,
        NO_EVENT_STUDY,
    ),
    references=(
        "Gardner (2022), Two-stage differences in differences, arXiv:2207.05943",
        "Butts and Gardner (2022), The R Journal 14(3), doi:10.32614/RJ-2022-048",
    ),
    designs=("did",),
    scales=tuple(Scale),
    handles=("unbalanced", "repeated_cross_section"),
)
