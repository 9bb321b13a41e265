"""What a reader must know about `sun-abraham`."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

SUN_ABRAHAM = MethodCard(
    title=Text(
        en="Event study by starting date (Sun and Abraham)",
        fr="Étude d'événement par date de démarrage (Sun et Abraham)",
    ),
    description=Text(
        en="For services that begin at several dates. Every starting date has its own effect in every period, measured against the period before it and against units that are never served; these effects are then averaged by how many are served. No unit already served is taken as a comparison, so effects may differ between dates and grow with time.",
        fr="Pour des services qui commencent à plusieurs dates. Chaque date de démarrage a son propre effet à chaque période, mesuré par rapport à la période qui la précède et à des unités jamais servies ; ces effets sont ensuite moyennés selon le nombre de servis. Aucune unité déjà servie ne sert de référence : les effets peuvent différer selon la date et croître avec le temps.",
    ),
    assumptions=(
        Text(
            en="Without the service, units of every starting date would have moved as those never served, from the period before the start on.",
            fr="Sans le service, les unités de chaque date de démarrage auraient évolué comme celles qui ne sont jamais servies, à partir de la période précédant le démarrage.",
        ),
        Text(
            en="Nobody changed in the period before the start because the service was coming, and the service changed nothing for others.",
            fr="Personne n'a changé, à la période précédant le démarrage, par anticipation du service, et le service n'a rien changé pour les autres.",
        ),
    ),
    limits=(
        Text(
            en="All effects rest on the single period before the start: where it is unusual, so is everything else. Methods that use all periods before (imputation) are more precise where trends were parallel throughout.",
            fr="Tous les effets reposent sur la seule période précédant le démarrage : si elle est inhabituelle, tout le reste l'est. Les méthodes qui utilisent toutes les périodes antérieures (imputation) sont plus précises si les évolutions étaient parallèles de bout en bout.",
        ),
        Text(
            en="Where everybody is served in the end, those served last are the reference and their own effects are not measured.",
            fr="Si tous finissent par être servis, les derniers servis servent de référence et leurs propres effets ne sont pas mesurés.",
        ),
        Text(
            en="Covariates are added with one slope, or one in each period where they do not change over time; trends that go with them in another way remain.",
            fr="Les covariables entrent avec une pente, ou une par période si elles ne varient pas dans le temps ; les évolutions qui en dépendent autrement demeurent.",
        ),
        Text(
            en="A starting date with a single independent unit adds to the effect but tells nothing of its own error; the estimate says so.",
            fr="Une date de démarrage ne comptant qu'une unité indépendante contribue à l'effet mais n'apprend rien de sa propre erreur ; l'estimation le signale.",
        ),
        Text(
            en="Four units served of forty: the 95% interval holds the truth in 86.8% of trials with the usual clustered error (cr1), in 93.1% with cr2, which is what is used where fewer than ten units are served or never served.",
            fr="Quatre unités servies sur quarante : l'intervalle à 95 % contient la vraie valeur dans 86,8 % des essais avec l'erreur par grappes usuelle (cr1), dans 93,1 % avec cr2, celle qui est retenue si moins de dix unités sont servies ou ne le sont jamais.",
        ),
        Text(
            en="Effects in standard deviations of a skewed outcome, fifty units: the 95% interval (variance cr2) holds the truth in 90.0% of trials, its lower bound in 89.6%; effects in the outcome's own units in 95.3%.",
            fr="Effets en écarts types d'un résultat asymétrique, cinquante unités : l'intervalle à 95 % (variance cr2) contient la vraie valeur dans 90,0 % des essais, sa borne inférieure dans 89,6 % ; les effets dans l'unité du résultat dans 95,3 %.",
        ),
        Text(
            en="It follows units: repeated cross-sections are refused.",
            fr="Elle suit les unités : les échantillons répétés sont refusés.",
        ),
    ),
    references=(
        "Sun and Abraham (2021), Journal of Econometrics 225(2), doi:10.1016/j.jeconom.2020.09.006",
        "Bell and McCaffrey (2002), Survey Methodology 28(2)",
    ),
    designs=("did",),
    scales=tuple(Scale),
    handles=("unbalanced",),
)
