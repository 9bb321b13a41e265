"""What a reader must know about `interactive-fixed-effects`, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

INTERACTIVE_EFFECTS = MethodCard(
    title=Text(en="Common factors", fr="Facteurs communs"),
    description=Text(
        en="For a service that began in one place or a few, where no mix of the other places looks like those served: they may be the largest, the poorest, or react most to what happens to all. What moves all places together (a recession, a fashion, a change of prices) is read from the places never served, as a few common factors; how strongly each served place follows them is read from its own past. What it would have had without the service is its level plus the factors as it follows them.",
        fr="Pour un service qui a commencé dans un ou quelques lieux auxquels aucune combinaison des autres ne ressemble : ils sont peut-être les plus grands, les plus pauvres, ou réagissent le plus à ce qui arrive à tous. Ce qui fait bouger tous les lieux ensemble (une récession, une mode, un changement de prix) est lu sur les lieux jamais servis, sous la forme de quelques facteurs communs ; la force avec laquelle chaque lieu servi les suit est lue sur son propre passé. Ce qu'il aurait eu sans le service est son niveau, plus les facteurs tels qu'il les suit.",
    ),
    assumptions=(
        Text(
            en="What moves the places is a few factors common to all, and each place follows them in the same way before and after the service began.",
            fr="Ce qui fait bouger les lieux tient à quelques facteurs communs à tous, et chaque lieu les suit de la même façon avant et après le début du service.",
        ),
        Text(
            en="The factors that matter after the start already moved the places before it, and places never served follow them too.",
            fr="Les facteurs qui comptent après le démarrage faisaient déjà bouger les lieux auparavant, et les lieux jamais servis les suivent aussi.",
        ),
        Text(
            en="What happens to each place besides is of the same kind in served places and others (with inference: placebo: and of the same size), and the service changed nothing in places that did not have it, nor before it began.",
            fr="Ce qui arrive par ailleurs à chaque lieu est de même nature dans les lieux servis et les autres (avec inference : placebo : et de même ampleur), et le service n'a rien changé dans les lieux qui ne l'avaient pas, ni avant de commencer.",
        ),
    ),
    limits=(
        Text(
            en="With one place served, the 95% interval held the truth in 94.0% of cases with 20 places, 94.9% with 40, 95.0% with eight periods before the service (and is then about five times as long), 95.7% where shocks last, 96.3% where factors drift, 95.0% and 94.9% where the place follows the factors far more strongly than the others, 95.6% where places vary unequally and 94.2% where the one served varies twice as much. With five of 25 served: 93.3%, 93.8% at three dates, 92.9% beyond the others and 93.3% where those served vary twice as much.",
            fr="Avec un lieu servi, l'intervalle à 95 % contenait la vraie valeur dans 94,0 % des cas avec 20 lieux, 94,9 % avec 40, 95,0 % avec huit périodes antérieures au service (et il est alors environ cinq fois plus long), 95,7 % quand les chocs durent, 96,3 % quand les facteurs dérivent, 95,0 % et 94,9 % quand le lieu suit les facteurs bien plus fortement que les autres, 95,6 % quand les lieux varient inégalement et 94,2 % quand le lieu servi varie deux fois plus. Avec cinq servis sur 25 : 93,3 %, 93,8 % à trois dates, 92,9 % au-delà des autres et 93,3 % quand ceux qui sont servis varient deux fois plus.",
        ),
        Text(
            en="With inference: placebo, which takes noise to be alike everywhere, the interval is shorter (by 7% with 20 places, by half with eight periods before) and holds the truth in 94.0% and 94.3% of cases; where the one place served varies twice as much as the others, in 67.5% only.",
            fr="Avec inference : placebo, qui suppose le bruit partout semblable, l'intervalle est plus court (de 7 % avec 20 lieux, de moitié avec huit périodes antérieures) et contient la vraie valeur dans 94,0 % et 94,3 % des cas ; quand le seul lieu servi varie deux fois plus que les autres, dans 67,5 % seulement.",
        ),
        Text(
            en="With inference: jackknife the 95% interval held the truth in 96.3% of cases with five of 25 served and in 95.3% where those served vary twice as much. The number of factors is held as it was chosen.",
            fr="Avec inference : jackknife, l'intervalle à 95 % contenait la vraie valeur dans 96,3 % des cas avec cinq lieux servis sur 25 et dans 95,3 % quand ceux-ci varient deux fois plus. Le nombre de facteurs reste celui qui a été choisi.",
        ),
        Text(
            en="A factor that begins with the service counts as its effect: nothing before it tells how the served place follows. The number of factors can decide the answer; the table cross_validation shows how well each predicts.",
            fr="Un facteur qui apparaît avec le service compte comme son effet : rien, auparavant, ne dit comment le lieu servi le suit. Le nombre de facteurs peut décider de la réponse ; le tableau cross_validation montre la qualité de prédiction de chacun.",
        ),
        Text(
            en="No p-value is below one over the number of placebos and one: with 20 places never served 1 in 21, and with fewer than 19 no interval at 95% has ends. Places are compared one by one: data whose places were assigned in groups are refused. With few periods before the service the standard error, a root mean square over placebos, is far larger than what the interval shows; the interval is the answer.",
            fr="Aucune valeur p n'est inférieure à un sur le nombre de placebos plus un : avec 20 lieux jamais servis, 1 sur 21, et avec moins de 19 aucun intervalle à 95 % n'a de bornes. Les lieux sont comparés un à un : des données dont les lieux ont été affectés par groupes sont refusées. Avec peu de périodes antérieures au service, l'erreur type, moyenne quadratique sur les placebos, dépasse de loin ce que montre l'intervalle ; c'est l'intervalle qui répond.",
        ),
        Text(
            en="Cells may not be missing, and covariates must vary over time. Factors come from places never served alone (Xu 2017); the variant that also reads them from the served places' past (Gobillon and Magnac 2016) is not offered. Influence values are given with inference: jackknife only.",
            fr="Aucune case ne peut manquer, et les covariables doivent varier dans le temps. Les facteurs sont lus sur les seuls lieux jamais servis (Xu 2017) ; la variante qui les lit aussi sur le passé des lieux servis (Gobillon et Magnac 2016) n'est pas proposée. Les valeurs d'influence ne sont données qu'avec inference : jackknife.",
        ),
    ),
    references=(
        "Bai (2009), Econometrica 77(4), doi:10.3982/ECTA6135",
        "Xu (2017), Political Analysis 25(1), doi:10.1017/pan.2016.2",
        "Gobillon and Magnac (2016), Review of Economics and Statistics 98(3), doi:10.1162/REST_a_00537",
    ),
    designs=("synthetic_control",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
)
