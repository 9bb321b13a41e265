"""What a reader must know about `extended-twfe`, with the limits that were measured."""

from __future__ import annotations

from impacteval.estimators.did.imputation_card import ASSUMED, IMPUTABLE, NO_EVENT_STUDY
from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

EXTENDED_TWFE = MethodCard(
    title=Text(
        en="Extended two-way fixed effects", fr="Double effet fixe étendu (two-way fixed effects)"
    ),
    description=Text(
        en="One regression holds levels, effects of periods, and an effect of the service of its own for each group of units that begin together, in each period in which they are served. These effects are averaged over the served. It stays right when the service is rolled out in steps and its effect changes. For counts (model: poisson) and shares (model: logit), trends are parallel in logs or in log odds instead of in levels.",
        fr="Une même régression contient les niveaux, les effets des périodes et un effet du service propre à chaque groupe d'unités démarrées ensemble, à chaque période où elles sont servies. Ces effets sont moyennés sur les unités servies. Elle reste juste quand le service est déployé par étapes et que son effet change. Pour des comptages (model : poisson) et des proportions (model : logit), les tendances sont parallèles en logarithmes ou en logarithmes de cotes plutôt qu'en niveaux.",
    ),
    assumptions=(
        *ASSUMED,
        Text(
            en="With model poisson or logit: parallel trends of the logarithm (or log odds) of the mean, and levels of cohorts instead of units. The outcome need not be Poisson or Bernoulli.",
            fr="Avec model poisson ou logit : tendances parallèles du logarithme (ou du logarithme de la cote) de la moyenne, et niveaux de cohortes au lieu d'unités. L'indicateur n'a pas à suivre une loi de Poisson ou de Bernoulli.",
        ),
    ),
    limits=(
        IMPUTABLE,
        Text(
            en="Parallel trends in levels and in logs are different assumptions: unless the cohorts have the same mean before, at most one of them holds. The plan has to choose before outcomes are seen.",
            fr="Des tendances parallèles en niveaux et en logarithmes sont des hypothèses différentes : sauf si les cohortes ont la même moyenne auparavant, une seule au plus est vraie. Le plan doit choisir avant que les indicateurs soient vus.",
        ),
        Text(
            en="A cohort of a single unit (or cluster) hides its own error: it is named, and the standard error is then too small. Covariates of the served are taken as they are, not as drawn from a population.",
            fr="Une cohorte d'une seule unité (ou grappe) cache sa propre erreur : elle est nommée, et l'erreur type est alors trop petite. Les covariables des unités servies sont prises telles quelles, et non comme tirées d'une population.",
        ),
        Text(
            en="Few units or clusters: with 20 clusters the 95% interval covers 92%, with four units served of forty 85% (one-sided bounds 89% to 90%); with 20 units in three cohorts 93%. With model poisson and counts about 5 of units that differ, 20 units: 92% (lower bound of a difference 90%; in standard deviations 89%); 50 units: 94% (lower bound 92%; in standard deviations 91%).",
            fr="Unités ou grappes peu nombreuses : avec 20 grappes, l'intervalle à 95 % couvre 92 %, avec quatre unités servies sur quarante 85 % (bornes unilatérales de 89 % à 90 %) ; avec 20 unités en trois cohortes, 93 %. Avec model poisson et des comptages d'environ 5 pour des unités dissemblables, 20 unités : 92 % (borne inférieure d'une différence 90 % ; en écarts types 89 %) ; 50 unités : 94 % (borne inférieure 92 % ; en écarts types 91 %).",
        ),
        Text(
            en="With model poisson or logit, differences in trends before the service are not tested here.",
            fr="Avec model poisson ou logit, les écarts de tendance antérieurs au service ne sont pas testés ici.",
        ),
        NO_EVENT_STUDY,
    ),
    references=(
        "Wooldridge (2021), Two-way fixed effects, the two-way Mundlak regression, and difference-in-differences estimators, doi:10.2139/ssrn.3906345",
        "Wooldridge (2023), The Econometrics Journal 26(3), doi:10.1093/ectj/utad016",
    ),
    designs=("did",),
    scales=tuple(Scale),
    handles=("unbalanced", "repeated_cross_section"),
)
