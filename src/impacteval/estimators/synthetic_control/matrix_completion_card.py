"""What a reader must know about `matrix-completion`, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

MATRIX_COMPLETION = MethodCard(
    title=Text(en="Completed table", fr="Tableau complété"),
    description=Text(
        en="For a service that began in some places while others went without. Outcomes stand in a table of places and periods, with the cells that the service reached left blank. The blanks are filled from what all other cells have in common: a level of each place, a level of each period, and patterns that many places share. Patterns are shrunk, so that what only a few cells show is not taken for a pattern; by how much is chosen by blanking places never served in the same way and seeing how well they are filled in.",
        fr="Pour un service qui a commencé dans certains lieux tandis que d'autres n'en avaient pas. Les indicateurs forment un tableau de lieux et de périodes, où les cases atteintes par le service restent vides. Ces vides sont remplis à partir de ce que toutes les autres cases ont en commun : un niveau par lieu, un niveau par période, et des régularités partagées par de nombreux lieux. Ces régularités sont réduites, pour ne pas prendre pour telles ce que seules quelques cases montrent ; l'ampleur de la réduction est choisie en vidant de la même façon des lieux jamais servis et en voyant s'ils sont bien remplis.",
    ),
    assumptions=(
        Text(
            en="Without the service, outcomes are levels of places and periods plus a few patterns that places share, and each place follows these in the same way before and after.",
            fr="Sans le service, les indicateurs sont des niveaux de lieux et de périodes, plus quelques régularités que les lieux partagent et que chacun suit de la même façon avant et après.",
        ),
        Text(
            en="What happens to each place besides is of the same kind in served places and others (with inference: placebo: and of the same size), and the service changed nothing in places that did not have it, nor before it began.",
            fr="Ce qui arrive par ailleurs à chaque lieu est de même nature dans les lieux servis et les autres (avec inference : placebo : et de même ampleur), et le service n'a rien changé dans les lieux qui ne l'avaient pas, ni avant de commencer.",
        ),
        Text(
            en="That a cell is missing has nothing to do with what it would have shown.",
            fr="Qu'une case manque est sans rapport avec ce qu'elle aurait montré.",
        ),
    ),
    limits=(
        Text(
            en="With one of 20 places served and twelve periods before, the 95% interval held the truth in 94.4% of cases (2,000 panels each). With a penalty of 0.15, near the one chosen there: 95.5%, and 89.6% where the place served varies twice as much as the others; with five of 25 served 94.6%, and with inference: jackknife 94.8%. How the choice of the penalty bears on these others was not measured.",
            fr="Avec un lieu servi sur 20 et douze périodes antérieures, l'intervalle à 95 % contenait la vraie valeur dans 94,4 % des cas (2 000 panels chaque fois). Avec une pénalité de 0,15, proche de celle qui y est choisie : 95,5 %, et 89,6 % quand le lieu servi varie deux fois plus que les autres ; avec cinq servis sur 25, 94,6 %, et avec inference : jackknife 94,8 %. L'incidence du choix de la pénalité sur ces autres cas n'a pas été mesurée.",
        ),
        Text(
            en="A place that follows what all have in common far more strongly than the others is pulled back towards them: there the 95% interval held the truth in 58.4% of cases. Use interactive-fixed-effects for such a place.",
            fr="Un lieu qui suit bien plus fortement que les autres ce que tous ont en commun est ramené vers eux : l'intervalle à 95 % y contenait la vraie valeur dans 58,4 % des cas. Utilisez interactive-fixed-effects pour un tel lieu.",
        ),
        Text(
            en="A pattern that begins with the service counts as its effect: nothing before it tells how the served place follows.",
            fr="Une régularité qui apparaît avec le service compte comme son effet : rien, auparavant, ne dit comment le lieu servi la suit.",
        ),
        Text(
            en="No p-value is below one over the number of placebos and one: with 20 places never served 1 in 21, and with fewer than 19 no interval at 95% has ends. Places are compared one by one: data whose places were assigned in groups are refused.",
            fr="Aucune valeur p n'est inférieure à un sur le nombre de placebos plus un : avec 20 lieux jamais servis, 1 sur 21, et avec moins de 19 aucun intervalle à 95 % n'a de bornes. Les lieux sont comparés un à un : des données dont les lieux ont été affectés par groupes sont refusées.",
        ),
        Text(
            en="No covariates. The penalty is chosen on hidden places as a whole, not on single cells drawn at random as in the paper; the placebos and the jackknife keep it. With more than a hundred places never served, a hundred of them are drawn to choose it. Influence values are given with inference: jackknife only.",
            fr="Pas de covariables. La pénalité est choisie sur des lieux cachés en bloc, et non sur des cases isolées tirées au sort comme dans l'article ; les placebos et le jackknife la conservent. Au-delà de cent lieux jamais servis, cent d'entre eux sont tirés pour la choisir. Les valeurs d'influence ne sont données qu'avec inference : jackknife.",
        ),
    ),
    references=(
        "Athey, Bayati, Doudchenko, Imbens and Khosravi (2021), Journal of the American Statistical Association 116(536), doi:10.1080/01621459.2021.1891924",
        "Mazumder, Hastie and Tibshirani (2010), Journal of Machine Learning Research 11",
    ),
    designs=("synthetic_control",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
    handles=("unbalanced",),
)
