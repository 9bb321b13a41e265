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
    limits=(Text(en="LIMITS", fr="LIMITES"),),
    references=(
        "Athey, Bayati, Doudchenko, Imbens and Khosravi (2021), Journal of the American Statistical Association 116(536), doi:10.1080/01621459.2021.1891924",
        "Mazumder, Hastie and Tibshirani (2010), Journal of Machine Learning Research 11",
    ),
    designs=("synthetic_control",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
    handles=("unbalanced",),
)
