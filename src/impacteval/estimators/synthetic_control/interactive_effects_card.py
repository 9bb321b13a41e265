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
    limits=(Text(en="LIMITS", fr="LIMITES"),),
    references=(
        "Bai (2009), Econometrica 77(4), doi:10.3982/ECTA6135",
        "Xu (2017), Political Analysis 25(1), doi:10.1017/pan.2016.2",
        "Gobillon and Magnac (2016), Review of Economics and Statistics 98(3), doi:10.1162/REST_a_00537",
    ),
    designs=("synthetic_control",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
)
