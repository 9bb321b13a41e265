"""What a reader must know about `two-way-fixed-effects`."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

TWO_WAY_FIXED_EFFECTS = MethodCard(
    title=Text(en="Two-way fixed effects", fr="Effets fixes doubles"),
    description=Text(
        en="Gives every unit its own level and every period its own, and takes what is left of the difference between served and not served as the effect. It is what most published studies did. When all begin at one date it is the plain difference of changes; when they begin at several dates it also takes units already served as a comparison, and mixes effects with weights that nobody chose, some of them negative. Both are counted here.",
        fr="Donne un niveau propre à chaque unité et à chaque période, et prend pour effet ce qui reste de l'écart entre servis et non servis. C'est ce qu'ont fait la plupart des études publiées. Si tous commencent à une même date, c'est la simple différence des évolutions ; s'ils commencent à plusieurs dates, la méthode prend aussi pour référence des unités déjà servies et mélange les effets avec des poids que personne n'a choisis, certains négatifs. Les deux sont comptés ici.",
    ),
    assumptions=(
        Text(
            en="Without the service all units would have moved in parallel.",
            fr="Sans le service, toutes les unités auraient évolué parallèlement.",
        ),
        Text(
            en="The effect is the same for everyone and at all times since the start, or all begin at one date.",
            fr="L'effet est le même pour tous et à tout moment depuis le démarrage, ou tous commencent à la même date.",
        ),
        Text(
            en="Nobody changed in advance, and the service changed nothing for others.",
            fr="Personne n'a changé par anticipation, et le service n'a rien changé pour les autres.",
        ),
    ),
    limits=(
        Text(
            en="With several dates and effects that grow, the number can be far from every effect there is, even of the other sign. The plan must state why it is used all the same.",
            fr="Avec plusieurs dates et des effets croissants, le nombre peut être loin de tous les effets réels, voire de signe contraire. Le plan doit dire pourquoi la méthode est tout de même utilisée.",
        ),
        Text(
            en="The path and the total use the one effect for all served periods: they are right only where the effect is constant.",
            fr="La trajectoire et le total appliquent ce seul effet à toutes les périodes servies : ils ne sont justes que si l'effet est constant.",
        ),
        Text(
            en="Covariates are those of the row and are added with one slope; those that the service changes take part of the effect away. Covariates that do not change over time are given a slope in each period.",
            fr="Les covariables sont celles de la ligne, avec une seule pente ; celles que le service modifie emportent une partie de l'effet. Celles qui ne varient pas dans le temps ont une pente par période.",
        ),
        Text(
            en="Four units served of forty: the 95% interval holds the truth in 85.9% of trials with the usual clustered error (cr1), in 95.6% with cr2, which is what is used where fewer than ten units are served or never served.",
            fr="Quatre unités servies sur quarante : l'intervalle à 95 % contient la vraie valeur dans 85,9 % des essais avec l'erreur par grappes usuelle (cr1), dans 95,6 % avec cr2, celle qui est retenue si moins de dix unités sont servies ou ne le sont jamais.",
        ),
        Text(
            en="Effects in standard deviations of a skewed outcome, fifty units: the 95% interval (variance cr2) holds the truth in 88.5% of trials, its lower bound in 88.6%; effects in the outcome's own units in 94.6%.",
            fr="Effets en écarts types d'un résultat asymétrique, cinquante unités : l'intervalle à 95 % (variance cr2) contient la vraie valeur dans 88,5 % des essais, sa borne inférieure dans 88,6 % ; les effets dans l'unité du résultat dans 94,6 %.",
        ),
        Text(
            en="In repeated cross-sections levels are those of groups with one starting date.",
            fr="Avec des échantillons répétés, les niveaux sont ceux des groupes de même date de démarrage.",
        ),
    ),
    references=(
        "Goodman-Bacon (2021), Journal of Econometrics 225(2), doi:10.1016/j.jeconom.2021.03.014",
        "de Chaisemartin and D'Haultfoeuille (2020), American Economic Review 110(9), doi:10.1257/aer.20181169",
        "Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36(4), doi:10.1080/07350015.2016.1247004",
    ),
    designs=("did",),
    scales=tuple(Scale),
    handles=("unbalanced", "repeated_cross_section"),
)
