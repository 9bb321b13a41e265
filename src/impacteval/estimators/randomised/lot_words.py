"""What randomisation inference says to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.randomised.messages import _listed
from impacteval.values import Message, Scale, Text

# --- refusals ---------------------------------------------------------------------------------


def standardised() -> Message:
    """Why there is no effect in standard deviations."""
    return Message(
        "lot.standardised",
        Text(
            en="Inverting a randomisation test gives no interval in standard deviations: the test takes the effect to be the same for everyone, the comparison group's standard deviation has a sampling error that no assignment shows, and both together would have to be guessed. Use the scale difference, or difference-in-means.",
            fr="L'inversion d'un test par permutation ne donne pas d'intervalle en écarts types : le test suppose un effet identique pour tous, l'écart type du groupe de comparaison a une erreur d'échantillonnage qu'aucune affectation ne révèle, et il faudrait deviner les deux ensemble. Utilisez l'échelle de la différence, ou difference-in-means.",
        ),
    )


def measured_apart() -> Message:
    """Several outcomes, not measured on the same units."""
    return Message(
        "lot.measured-apart",
        Text(
            en="The outcomes were not all measured on the same units, so one set of assignments cannot answer for all. Keep the units on which every outcome was measured, or estimate each outcome by itself.",
            fr="Les indicateurs n'ont pas tous été mesurés sur les mêmes unités : un même jeu d'affectations ne peut répondre pour tous. Gardez les unités où chaque indicateur a été mesuré, ou estimez chaque indicateur séparément.",
        ),
    )


def cluster_in_strata() -> Message:
    """A cluster that lies in several strata."""
    return Message(
        "lot.cluster-in-strata",
        Text(
            en="Some clusters that were assigned lie in more than one stratum or pair, so the lot cannot have been drawn within them. Correct the strata, or leave them out if the lot was drawn over all clusters.",
            fr="Certaines grappes affectées appartiennent à plusieurs strates ou paires : le tirage n'a pas pu se faire en leur sein. Corrigez les strates, ou retirez-les si le tirage a porté sur l'ensemble des grappes.",
        ),
    )


def pair_in_strata() -> Message:
    """A pair that lies in several strata."""
    return Message(
        "lot.pair-in-strata",
        Text(
            en="Some pairs lie in more than one stratum. A pair is drawn within one stratum: correct the column of either.",
            fr="Certaines paires appartiennent à plusieurs strates. Une paire est tirée au sein d'une seule strate : corrigez l'une des deux colonnes.",
        ),
    )


def one_armed(names: Sequence[str], total: int) -> Message:
    """Strata or pairs without one of the arms."""
    return Message(
        "lot.one-armed",
        Text(
            en="In {empty:int} of {total:int} strata or pairs nobody measured is left in one of the arms: {names:text}. Merge them in a way that was fixed before the outcomes were seen, or leave them out by a rule that the plan states.",
            fr="Dans {empty:int} strates ou paires sur {total:int}, il ne reste personne de mesuré dans l'un des groupes : {names:text}. Regroupez-les selon une règle fixée avant de voir les résultats, ou écartez-les selon une règle inscrite dans le plan d'analyse.",
        ),
        {"empty": len(names), "total": total, "names": _listed(names)},
    )


def thin(names: Sequence[str], total: int) -> Message:
    """Strata whose arms are too small for a standard error."""
    return Message(
        "lot.thin",
        Text(
            en="A studentised statistic needs two units assigned at least in each arm of each stratum; {thin:int} of {total:int} strata have fewer: {names:text}. State studentised: false, or declare the strata as pairs if each holds one unit of either arm.",
            fr="Une statistique studentisée exige au moins deux unités affectées dans chaque groupe de chaque strate ; {thin:int} strates sur {total:int} en ont moins : {names:text}. Indiquez studentised: false, ou déclarez les strates comme paires si chacune compte une unité de chaque groupe.",
        ),
        {"thin": len(names), "total": total, "names": _listed(names)},
    )


def single(arm: int) -> Message:
    """One unit alone in an arm, without strata."""
    return Message(
        "lot.single",
        Text(
            en="A studentised statistic needs two units assigned at least in each arm; one arm has {arm:int}. State studentised: false.",
            fr="Une statistique studentisée exige au moins deux unités affectées dans chaque groupe ; l'un des groupes en compte {arm:int}. Indiquez studentised: false.",
        ),
        {"arm": arm},
    )


def collinear(names: Sequence[str]) -> Message:
    """Covariates that add nothing."""
    return Message(
        "lot.collinear",
        Text(
            en="These covariates are constant within strata or a combination of the others: {names:text}. Remove them from the plan.",
            fr="Ces covariables sont constantes au sein des strates ou combinaison des autres : {names:text}. Retirez-les du plan d'analyse.",
        ),
        {"names": _listed(names)},
    )


def too_many_covariates(units: int, covariates: int) -> Message:
    """Fewer units assigned than the adjustment needs."""
    return Message(
        "lot.too-many-covariates",
        Text(
            en="{units:int} units were assigned, too few to adjust for {covariates:int} covariates besides the strata. Use fewer covariates.",
            fr="{units:int} unités ont été affectées, trop peu pour ajuster sur {covariates:int} covariables en plus des strates. Utilisez moins de covariables.",
        ),
        {"units": units, "covariates": covariates},
    )


def decided_by_covariates() -> Message:
    """Covariates that all but tell who was assigned."""
    return Message(
        "lot.decided-by-covariates",
        Text(
            en="The covariates all but tell who was assigned to the programme, so that nothing is left to compare. Use only covariates from before the lot was drawn, and fewer of them.",
            fr="Les covariables révèlent presque qui a été affecté au programme : il ne reste rien à comparer. N'utilisez que des covariables antérieures au tirage, et moins nombreuses.",
        ),
    )


def unknown_balance(names: Sequence[str]) -> Message:
    """Covariates of the balance rule that the sample does not have."""
    return Message(
        "lot.unknown-balance",
        Text(
            en="The lot is said to have been drawn again for balance on covariates that the sample does not name: {names:text}. Name them among the covariates.",
            fr="Le tirage aurait été répété pour équilibrer des covariables que l'échantillon n'indique pas : {names:text}. Nommez-les parmi les covariables.",
        ),
        {"names": _listed(names)},
    )


def balance_singular() -> Message:
    """A balance rule on covariates that do not vary by themselves."""
    return Message(
        "lot.balance-singular",
        Text(
            en="One of the covariates on which the lot was balanced does not vary within strata, or is a combination of the others. Leave it out of balance_on.",
            fr="L'une des covariables d'équilibrage du tirage ne varie pas au sein des strates, ou est une combinaison des autres. Retirez-la de balance_on.",
        ),
    )


def unbalanced(distance: float, limit: float) -> Message:
    """The realised assignment breaks its own rule."""
    return Message(
        "lot.unbalanced",
        Text(
            en="The assignment that was drawn has a Mahalanobis distance of {distance:number2} between the arms, beyond the limit of {limit:number2} under which it would have been drawn again. Check balance_limit and balance_on against the protocol.",
            fr="L'affectation réalisée présente une distance de Mahalanobis de {distance:number2} entre les groupes, au-delà de la limite de {limit:number2} à partir de laquelle le tirage aurait été refait. Vérifiez balance_limit et balance_on au regard du protocole.",
        ),
        {"distance": distance, "limit": limit},
    )


def too_rare(tries: int) -> Message:
    """No draw satisfies the balance rule."""
    return Message(
        "lot.too-rare",
        Text(
            en="Of {tries:int} assignments in a row none was balanced within balance_limit. The rule is too strict to be drawn again; give the assignments that were drawn as a column of the sample.",
            fr="Sur {tries:int} affectations consécutives, aucune ne respectait balance_limit. La règle est trop stricte pour être retirée au sort ; fournissez les affectations tirées dans une colonne de l'échantillon.",
        ),
        {"tries": tries},
    )


def listed_and_balanced() -> Message:
    """Two descriptions of one lot."""
    return Message(
        "lot.listed-and-balanced",
        Text(
            en="The sample names the possible assignments, and the settings a balance rule to draw them. Keep one of the two.",
            fr="L'échantillon indique les affectations possibles, et les réglages une règle d'équilibre pour les tirer. Gardez l'un des deux.",
        ),
    )


def listed_missing() -> Message:
    """A setting about a column that is not there."""
    return Message(
        "lot.listed-missing",
        Text(
            en='The setting listed is "all", and the sample has no column with the role assignment that lists the possible assignments.',
            fr="Le réglage listed vaut « all », mais l'échantillon n'a pas de colonne de rôle assignment qui énumère les affectations possibles.",
        ),
    )


def listed_shape() -> Message:
    """A column of assignments that cannot be read."""
    return Message(
        "lot.listed-shape",
        Text(
            en="The column of possible assignments (role assignment) holds for each unit a text of 0 and 1, one character for each assignment, of the same length for all units.",
            fr="La colonne des affectations possibles (rôle assignment) contient pour chaque unité un texte de 0 et de 1, un caractère par affectation, de même longueur pour toutes les unités.",
        ),
    )


def listed_apart() -> Message:
    """Members of one cluster with other assignments."""
    return Message(
        "lot.listed-apart",
        Text(
            en="The possible assignments differ between members of one cluster, though clusters were assigned as a whole. Give all members the same text.",
            fr="Les affectations possibles diffèrent entre membres d'une même grappe, alors que les grappes ont été affectées en entier. Donnez le même texte à tous les membres.",
        ),
    )


def listed_empty_arm(place: int) -> Message:
    """An assignment that leaves a stratum without an arm."""
    return Message(
        "lot.listed-empty-arm",
        Text(
            en="Assignment {place:int} of those listed leaves too few units in an arm of some stratum (or pair) to compute the statistic. Leave it out only if the lot excluded it, or state studentised: false.",
            fr="L'affectation {place:int} de la liste laisse trop peu d'unités dans un groupe d'une strate (ou paire) pour calculer la statistique. Ne la retirez que si le tirage l'excluait, ou indiquez studentised: false.",
        ),
        {"place": place},
    )


def realised_not_listed() -> Message:
    """A list of all assignments without the one that was drawn."""
    return Message(
        "lot.realised-not-listed",
        Text(
            en="The assignment that was drawn is not among those listed as all that were possible. Check the order of the units in the list.",
            fr="L'affectation réalisée ne figure pas parmi celles qui sont données comme les seules possibles. Vérifiez l'ordre des unités dans la liste.",
        ),
    )


def realised_impossible(names: Sequence[str]) -> Message:
    """Units that are never where they were."""
    return Message(
        "lot.realised-impossible",
        Text(
            en="In none of the listed assignments are these units in the arm they were in: {names:text}. Check the order of the units in the list.",
            fr="Aucune des affectations listées ne place ces unités dans le groupe où elles étaient : {names:text}. Vérifiez l'ordre des unités dans la liste.",
        ),
        {"names": _listed(names)},
    )


def listed_unequal(blocked: bool) -> Message:
    """Listed assignments in which units differ in their chances."""
    where = Text(
        en="within a stratum" if blocked else "between units",
        fr="au sein d'une strate" if blocked else "d'une unité à l'autre",
    )
    return Message(
        "lot.listed-unequal",
        Text(
            en=f"In the listed assignments the share that goes to the programme differs {where.en}, and a comparison of means would be biased. Name the strata within which it is the same.",
            fr=f"Dans les affectations listées, la part qui va au programme varie {where.fr} : une comparaison de moyennes serait biaisée. Indiquez les strates où elle est constante.",
        ),
    )


# --- notes ------------------------------------------------------------------------------------


def clusters_taken() -> Message:
    """Clusters of errors that were each in one arm."""
    return Message(
        "lot.clusters-taken",
        Text(
            en="Every cluster is in one arm as a whole, so clusters are taken as what was assigned, though the plan names no such level.",
            fr="Chaque grappe est tout entière dans un seul groupe : les grappes sont tenues pour ce qui a été affecté, bien que le plan n'indique pas ce niveau.",
        ),
    )


def clusters_ignored() -> Message:
    """Clusters of errors when units were assigned."""
    return Message(
        "lot.clusters-ignored",
        Text(
            en="Units were assigned one by one within clusters; the test follows the assignment, and outcomes that go together within clusters do not matter for it.",
            fr="Les unités ont été affectées une à une au sein des grappes ; le test suit l'affectation, et la ressemblance des résultats au sein des grappes n'y change rien.",
        ),
    )


def outside(level: float) -> Message:
    """An estimate outside its own confidence set."""
    return Message(
        "lot.outside",
        Text(
            en="The estimate lies outside its own confidence set at {level:percent}: the set takes the effect to be a constant share for everyone, which these data do not bear out.",
            fr="L'estimation se situe hors de son propre ensemble de confiance à {level:percent} : celui-ci suppose un effet proportionnel identique pour tous, ce que ces données ne confirment pas.",
        ),
        {"level": level},
    )


# --- method -----------------------------------------------------------------------------------


def formed(strata: int, *, paired: bool, covariates: tuple[str, ...]) -> Message:
    """How the effect was formed."""
    if paired:
        en = "Differences within each of {strata:int} pairs, averaged by the size of the pairs"
        fr = "Différences au sein de chacune des {strata:int} paires, moyennées selon la taille des paires"
    elif strata > 1:
        en = "Differences in means within each of {strata:int} strata, averaged by the size of the strata whatever the share assigned in each"
        fr = "Différences de moyennes au sein de chacune des {strata:int} strates, moyennées selon la taille des strates, quelle que soit la part affectée dans chacune"
    else:
        en = "The mean of those assigned to the programme minus the mean of those assigned to comparison"
        fr = "Moyenne des unités affectées au programme moins moyenne des unités affectées à la comparaison"
    if covariates:
        en += ", after taking out once, without regard to the arm, what {covariates:text} say of the outcome under the hypothesis tested"
        fr += ", après avoir retiré une fois, sans égard au groupe, ce que {covariates:text} disent du résultat sous l'hypothèse testée"
    values: dict[str, object] = {}
    if paired or strata > 1:
        values["strata"] = strata
    if covariates:
        values["covariates"] = ", ".join(covariates)
    return Message("method.lot-formed", Text(en=f"{en}.", fr=f"{fr}."), values)


def statistic(*, studentised: bool, paired: bool) -> Message:
    """What was compared between assignments."""
    if studentised and not paired:
        return Message(
            "method.lot-studentised",
            Text(
                en="Assignments are compared by this difference over its standard error, so that the test also holds on average when effects differ between people.",
                fr="Les affectations sont comparées par cette différence rapportée à son erreur type, de sorte que le test vaut aussi en moyenne lorsque les effets diffèrent d'une personne à l'autre.",
            ),
        )
    if studentised:
        return Message(
            "method.lot-paired",
            Text(
                en="Assignments are compared by this difference; over pairs its standard error puts them in the same order.",
                fr="Les affectations sont comparées par cette différence ; avec des paires, la rapporter à son erreur type donne le même ordre.",
            ),
        )
    return Message(
        "method.lot-plain",
        Text(
            en="Assignments are compared by this difference itself. The test supposes the effect is the same for everyone.",
            fr="Les affectations sont comparées par cette différence même. Le test suppose un effet identique pour tous.",
        ),
    )


def exact(assignments: int) -> Message:
    """All assignments were looked at."""
    return Message(
        "method.lot-exact",
        Text(
            en="All {assignments:int} assignments that the lot could have given were compared; the p-value is the share at least as extreme as the one that was drawn, itself included.",
            fr="Les {assignments:int} affectations que le tirage pouvait donner ont toutes été comparées ; la valeur p est la part de celles qui sont au moins aussi extrêmes que l'affectation réalisée, celle-ci comprise.",
        ),
        {"assignments": assignments},
    )


def sampled(draws: int) -> Message:
    """Some assignments were drawn."""
    return Message(
        "method.lot-sampled",
        Text(
            en="{draws:int} assignments were drawn by the same lot; the p-value counts those at least as extreme as the one that was drawn, and that one, among all of them and one.",
            fr="{draws:int} affectations ont été tirées selon le même procédé ; la valeur p compte celles qui sont au moins aussi extrêmes que l'affectation réalisée, plus celle-ci, rapportées à leur nombre plus un.",
        ),
        {"draws": draws},
    )


def balanced(limit: float, names: Sequence[str]) -> Message:
    """The lot was drawn again until balanced."""
    return Message(
        "method.lot-balanced",
        Text(
            en="As in the trial, assignments whose arms differ in {names:text} by a Mahalanobis distance above {limit:number2} are drawn again.",
            fr="Comme dans l'essai, les affectations dont les groupes diffèrent sur {names:text} d'une distance de Mahalanobis supérieure à {limit:number2} sont retirées au sort.",
        ),
        {"limit": limit, "names": ", ".join(names)},
    )


def inverted(scale: Scale, served: float) -> Message:
    """How the set of effects comes about."""
    if scale is Scale.RELATIVE:
        return Message(
            "method.lot-relative",
            Text(
                en="The interval holds every relative effect that the same test does not reject, the effect being the same share of each outcome without the programme.",
                fr="L'intervalle réunit tous les effets relatifs que le même test ne rejette pas, l'effet étant une même part de chaque résultat sans le programme.",
            ),
        )
    if scale is Scale.TOTAL:
        return Message(
            "method.lot-total",
            Text(
                en="The interval holds every effect that the same test does not reject, the same for everyone, times {served:number}, the size of the served group.",
                fr="L'intervalle réunit tous les effets, identiques pour tous, que le même test ne rejette pas, multipliés par {served:number}, la taille du groupe servi.",
            ),
            {"served": served},
        )
    return Message(
        "method.lot-difference",
        Text(
            en="The interval holds every effect that the same test does not reject, the effect being the same for everyone.",
            fr="L'intervalle réunit tous les effets que le même test ne rejette pas, l'effet étant identique pour tous.",
        ),
    )
