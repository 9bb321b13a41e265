"""Why randomisation inference cannot answer, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.randomised.messages import listed_names
from impacteval.values import Message, Text


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
        {"empty": len(names), "total": total, "names": listed_names(names)},
    )


def thin(names: Sequence[str], total: int) -> Message:
    """Strata whose arms are too small for a standard error."""
    return Message(
        "lot.thin",
        Text(
            en="A studentised statistic needs two units assigned at least in each arm of each stratum; {thin:int} of {total:int} strata have fewer: {names:text}. State studentised: false, or declare the strata as pairs if each holds one unit of either arm.",
            fr="Une statistique studentisée exige au moins deux unités affectées dans chaque groupe de chaque strate ; {thin:int} strates sur {total:int} en ont moins : {names:text}. Indiquez studentised: false, ou déclarez les strates comme paires si chacune compte une unité de chaque groupe.",
        ),
        {"thin": len(names), "total": total, "names": listed_names(names)},
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
        {"names": listed_names(names)},
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
        {"names": listed_names(names)},
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
        {"names": listed_names(names)},
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
