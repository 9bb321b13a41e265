"""What a reader must know about coarsened exact matching."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

ALL_MEASURED = Text(
    en="Among people with the same characteristics, who was served had nothing else to do with how they would have fared: everything that mattered for both was measured before the programme and is among the covariates. No data can show this.",
    fr="Parmi des personnes de mêmes caractéristiques, le fait d'être servi n'avait par ailleurs rien à voir avec ce qu'elles seraient devenues : tout ce qui comptait pour les deux a été mesuré avant le programme et figure parmi les covariables. Aucune donnée ne peut le montrer.",
)
NO_INTERFERENCE = Text(
    en="The programme changed nothing for comparators, and one person's outcome does not depend on whether another was served.",
    fr="Le programme n'a rien changé pour les personnes de comparaison, et le résultat d'une personne ne dépend pas du fait qu'une autre soit servie.",
)
MEASURED_ALIKE = Text(
    en="Outcomes were measured alike for both; where some are missing, within a cell those lost are like those found.",
    fr="Les résultats ont été mesurés de la même manière des deux côtés ; lorsque certains manquent, au sein d'une cellule les perdus ressemblent aux retrouvés.",
)

COARSENED_EXACT = MethodCard(
    title=Text(en="Coarsened exact matching", fr="Appariement exact sur covariables regroupées"),
    description=Text(
        en="Cuts each characteristic into few values, such as age into five bands, and compares the served with those who have exactly the same values in all of them. Comparators are weighted so that each such cell counts as it does among the served. Those served for whom nobody has the same values are left out, counted and described; the effect is then about those served who could be matched.",
        fr="Regroupe chaque caractéristique en peu de valeurs, comme l'âge en cinq tranches, et compare les personnes servies à celles qui ont exactement les mêmes valeurs pour toutes. Les personnes de comparaison sont pondérées pour que chacune de ces cellules compte comme parmi les personnes servies. Les personnes servies dont personne ne partage les valeurs sont écartées, comptées et décrites ; l'effet porte alors sur celles qui ont pu être appariées.",
    ),
    assumptions=(
        ALL_MEASURED,
        Text(
            en="The cutpoints keep apart people whose outcomes differ in level: what still differs inside a cell is not corrected. Its size is bounded by the plan, not by the data: no matched pair differs in any characteristic by more than the width of a band, and cutting one finer never makes another worse (monotonic imbalance bounding).",
            fr="Les bornes séparent les personnes dont les résultats diffèrent de niveau : ce qui diffère encore dans une cellule n'est pas corrigé. Son ampleur est bornée par le plan, non par les données : aucune paire ne diffère sur une caractéristique de plus que la largeur d'une tranche, et découper l'une plus finement n'en dégrade jamais une autre (déséquilibre borné de façon monotone).",
        ),
        NO_INTERFERENCE,
        MEASURED_ALIKE,
    ),
    limits=(
        Text(
            en="Many characteristics or narrow bands leave many served without a match, and the effect on those left out is not known. Default bands (equal widths by Sturges' rule) know nothing of the subject: state cutpoints that mean something, before outcomes are seen.",
            fr="Beaucoup de caractéristiques ou des tranches étroites laissent beaucoup de personnes servies sans appariement, et l'effet sur celles-ci n'est pas connu. Les tranches par défaut (largeurs égales, règle de Sturges) ignorent tout du sujet : indiquez des bornes qui ont un sens, avant de voir les résultats.",
        ),
        Text(
            en="What varies inside a band is not corrected, and an interval does not know of it. Where level and chance of being served go with finely measured characteristics inside default bands too, the 95% interval of a difference held the truth in 93.3% of cases with 600 served against 1,650, its one-sided upper bound in 89.7%: more people make it no better, narrower bands do. Effects in standard deviations: the upper bound in 91.9% with 120 against 330.",
            fr="Ce qui varie à l'intérieur d'une tranche n'est pas corrigé, et l'intervalle l'ignore. Lorsque le niveau et la chance d'être servi suivent aussi, à l'intérieur des tranches par défaut, des caractéristiques mesurées finement, l'intervalle à 95 % d'une différence contenait la vraie valeur dans 93,3 % des cas avec 600 personnes servies contre 1 650, sa borne supérieure unilatérale dans 89,7 % : davantage de personnes n'y changent rien, des tranches plus étroites si. Effets en écarts types : la borne supérieure dans 91,9 % avec 120 contre 330.",
        ),
        Text(
            en="A comparator who is alone in a cell (or a cluster that is) tells nothing of how outcomes vary there: the nearest ones elsewhere stand in, which errs on the side of caution.",
            fr="Une personne de comparaison seule dans une cellule (ou une grappe seule) ne dit rien de la dispersion des résultats : les plus proches ailleurs la remplacent, par prudence.",
        ),
        Text(
            en="Effects in standard deviations: with a very skewed outcome (lognormal, 120 against 330) the one-sided 95% upper bound held the truth in 90.2% of cases; with twelve clusters the one-sided 90% upper bound in 86.5%.",
            fr="Effets en écarts types : avec un résultat très asymétrique (lognormal, 120 contre 330), la borne supérieure unilatérale à 95 % contenait la vraie valeur dans 90,2 % des cas ; avec douze grappes, la borne supérieure unilatérale à 90 % dans 86,5 %.",
        ),
        Text(
            en="The error is that of an effect on people like those served; for these very people it is too large rather than too small where the effect differs between cells.",
            fr="L'erreur est celle d'un effet sur des personnes comme celles servies ; pour ces personnes mêmes, elle est plutôt trop grande que trop petite si l'effet diffère entre cellules.",
        ),
    ),
    references=(
        "Iacus, King and Porro (2012), Political Analysis 20(1), doi:10.1093/pan/mpr013",
        "Iacus, King and Porro (2011), Journal of the American Statistical Association 106(493), doi:10.1198/jasa.2011.tm09599",
        "Abadie and Imbens (2006), Econometrica 74(1), doi:10.1111/j.1468-0262.2006.00655.x",
    ),
    designs=("matched",),
    scales=tuple(Scale),
    handles=("missing_outcome",),
)
