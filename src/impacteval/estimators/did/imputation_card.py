"""What a reader must know about `imputation`, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

ASSUMED = (
    Text(
        en="Without the service, the outcomes of all units would have moved in parallel from period to period (given the covariates, where there are any), in all the periods before and after.",
        fr="Sans le service, les indicateurs de toutes les unités auraient évolué parallèlement de période en période (à covariables données, s'il y en a), pendant toutes les périodes, avant comme après.",
    ),
    Text(
        en="The service changes nothing before it begins, but for the periods of anticipation that the plan declares.",
        fr="Le service ne change rien avant de commencer, sauf pendant les périodes d'anticipation que le plan déclare.",
    ),
    Text(
        en="Units (clusters, where these are named) do not influence each other, and what drives the outcomes of one is independent of the others.",
        fr="Les unités (les grappes, si elles sont indiquées) ne s'influencent pas, et ce qui meut les indicateurs de l'une est indépendant des autres.",
    ),
    Text(
        en="In repeated cross-sections, where a level for each cohort stands in place of one for each unit: who is measured in a cohort does not change over time in ways that matter for the outcome.",
        fr="En coupes répétées, où un niveau par cohorte remplace celui de chaque unité : la composition d'une cohorte mesurée ne change pas dans le temps d'une manière qui compte pour l'indicateur.",
    ),
)

SKEWED = Text(
    en="Effects in standard deviations of very skewed outcomes: with 50 units, lognormal levels and noise, the 95% interval covers about 87% (lower bound 88%); with 200 about 91% (lower bound 90%).",
    fr="Effets en écarts types d'un indicateur très asymétrique : avec 50 unités, niveaux et bruit lognormaux, l'intervalle à 95 % couvre environ 87 % (borne inférieure 88 %) ; avec 200, environ 91 % (borne inférieure 90 %).",
)
IMPUTABLE = Text(
    en="Served units that were not seen before the service, and periods in which nobody is unserved, cannot be answered for: they are counted, left out, and the target says so.",
    fr="Les unités servies non observées avant le service, et les périodes où toutes sont servies, restent sans réponse : elles sont comptées, écartées, et la cible le dit.",
)
NO_EVENT_STUDY = Text(
    en="Differences before the service come from another fit than the effects, which are measured against all earlier periods together and not against one: the two are not one event study, and sensitivity to diverging trends (honest-did) is not computed from them. Use callaway-santanna with a universal base, or sun-abraham, for that.",
    fr="Les écarts antérieurs au service viennent d'un autre ajustement que les effets, qui sont mesurés par rapport à toutes les périodes antérieures ensemble et non à une seule : ils ne forment pas une même étude d'événement, et la sensibilité à des tendances divergentes (honest-did) n'en est pas tirée. Utilisez pour cela callaway-santanna avec une base universelle, ou sun-abraham.",
)

IMPUTATION = MethodCard(
    title=Text(
        en="Difference-in-differences by imputation", fr="Différence de différences par imputation"
    ),
    description=Text(
        en="Levels of units and effects of periods are learnt only from rows where nobody is served yet. They say what each served unit would have had in each period without the service. The effect is the average of what was observed minus that. It stays right when the service is rolled out in steps and its effect differs between units and over time.",
        fr="Les niveaux des unités et les effets des périodes ne sont appris que sur les lignes où personne n'est encore servi. Ils disent ce que chaque unité servie aurait eu à chaque période sans le service. L'effet est la moyenne de ce qui a été observé moins cela. Il reste juste quand le service est déployé par étapes et que son effet diffère selon les unités et dans le temps.",
    ),
    assumptions=ASSUMED,
    limits=(
        IMPUTABLE,
        Text(
            en="The standard error takes effects as alike within a cohort and period; where they are not, it is too large rather than too small. A cohort of a single unit (or cluster) hides its own error: it is named, and the standard error is then too small.",
            fr="L'erreur type suppose des effets semblables dans une même cohorte et une même période ; s'ils ne le sont pas, elle est trop grande plutôt que trop petite. Une cohorte d'une seule unité (ou grappe) cache sa propre erreur : elle est nommée, et l'erreur type est alors trop petite.",
        ),
        Text(
            en="Few units or clusters: the standard error is that of many. With 20 units in three cohorts, 20 clusters, or ten units served of twenty, the 95% interval covers 91% (one-sided bounds about 93%); with four units served of forty 84% (88% to 90%). From 50 units or 60 clusters on it covers 93% to 95%. With leave_out: true it covers 92% to 94% in those small designs and 91% with four units served (bounds 92% to 94%): prefer it where a bound or a test decides.",
            fr="Unités ou grappes peu nombreuses : l'erreur type est celle des grands nombres. Avec 20 unités en trois cohortes, 20 grappes, ou dix unités servies sur vingt, l'intervalle à 95 % couvre 91 % (bornes unilatérales environ 93 %) ; avec quatre unités servies sur quarante, 84 % (de 88 % à 90 %). À partir de 50 unités ou de 60 grappes, il couvre de 93 % à 95 %. Avec leave_out : true, il couvre de 92 % à 94 % dans ces petits plans et 91 % avec quatre unités servies (bornes de 92 % à 94 %) : préférez-le si une borne ou un test décide.",
        ),
        SKEWED,
        NO_EVENT_STUDY,
    ),
    references=(
        "Borusyak, Jaravel and Spiess (2024), Review of Economic Studies 91(6), doi:10.1093/restud/rdae007",
    ),
    designs=("did",),
    scales=tuple(Scale),
    handles=("unbalanced", "repeated_cross_section"),
)
