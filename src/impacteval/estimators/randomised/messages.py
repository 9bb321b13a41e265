"""What the estimators of trials say to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.values import Message, Text


def listed_names(names: Sequence[str], most: int = 5) -> str:
    """The first few names, and a sign that there are more.

    Examples
    --------
    >>> listed_names(["north", "south", "west"], most=2)
    'north, south, …'
    """
    shown = ", ".join(names[:most])
    return f"{shown}, …" if len(names) > most else shown


# --- refusals ---------------------------------------------------------------------------------


def not_a_trial(design: str) -> Message:
    """The sample is of another design."""
    return Message(
        "randomised.not-a-trial",
        Text(
            en="This method is for randomised trials, and the sample's design is {design:text}. Choose a method for that design.",
            fr="Cette méthode s'applique aux essais randomisés, or le plan de l'échantillon est {design:text}. Choisissez une méthode adaptée à ce plan.",
        ),
        {"design": design},
    )


def several_periods(periods: int) -> Message:
    """A panel in a method for one period."""
    return Message(
        "randomised.several-periods",
        Text(
            en="The sample holds {periods:int} periods and this method compares one. Choose one period, or average the periods of each unit before the analysis.",
            fr="L'échantillon couvre {periods:int} périodes et cette méthode n'en compare qu'une. Choisissez une période, ou calculez la moyenne de chaque unité avant l'analyse.",
        ),
        {"periods": periods},
    )


def pairs() -> Message:
    """Matched pairs."""
    return Message(
        "randomised.pairs",
        Text(
            en="The sample declares matched pairs, and this method has no standard error for pairs. Ignoring them would misstate the uncertainty.",
            fr="L'échantillon déclare des paires appariées, et cette méthode n'a pas d'erreur type pour les paires. Les ignorer fausserait l'incertitude.",
        ),
    )


def relative_in_logs() -> Message:
    """A ratio of logarithms means nothing."""
    return Message(
        "randomised.relative-in-logs",
        Text(
            en="The outcome is in logarithms, so a relative effect would be a ratio of logarithms. Use the scale difference, or the outcome before taking logarithms.",
            fr="L'indicateur est en logarithmes : un effet relatif serait un rapport de logarithmes. Utilisez l'échelle de la différence, ou l'indicateur avant passage au logarithme.",
        ),
    )


def relative_not_positive(observed: float, counterfactual: float) -> Message:
    """A ratio needs two positive means."""
    return Message(
        "randomised.relative-not-positive",
        Text(
            en="A relative effect needs two positive means; here they are {observed:number} with the programme and {counterfactual:number} without it. Use the scale difference.",
            fr="Un effet relatif suppose deux moyennes positives ; elles valent ici {observed:number} avec le programme et {counterfactual:number} sans lui. Utilisez l'échelle de la différence.",
        ),
        {"observed": observed, "counterfactual": counterfactual},
    )


def two_ways() -> Message:
    """Clusters of errors and of assignment that cut across each other."""
    return Message(
        "randomised.two-way-clusters",
        Text(
            en="The clusters in which errors are correlated and the clusters that were randomised cut across each other. Name one level that contains the other.",
            fr="Les grappes où les erreurs sont corrélées et les grappes tirées au sort se recoupent. Indiquez un niveau qui contient l'autre.",
        ),
    )


def unequal_probabilities(blocked: bool) -> Message:
    """Assignment probabilities that differ between comparable units."""
    where = Text(
        en="within a stratum" if blocked else "between units",
        fr="au sein d'une strate" if blocked else "d'une unité à l'autre",
    )
    return Message(
        "randomised.unequal-probabilities",
        Text(
            en=f"The probability of being assigned differs {where.en}, and a comparison of means would be biased. Name the strata within which it is the same.",
            fr=f"La probabilité d'être affecté au programme varie {where.fr} : une comparaison de moyennes serait biaisée. Indiquez les strates où elle est constante.",
        ),
    )


def arm_too_small(programme: int, comparison: int, clustered: bool) -> Message:
    """An arm with one unit or one cluster."""
    unit = Text(en="clusters" if clustered else "units", fr="grappes" if clustered else "unités")
    return Message(
        "randomised.arm-too-small",
        Text(
            en=f"Each arm needs two {unit.en} at least for a standard error; there are {{programme:int}} in the programme and {{comparison:int}} in comparison.",
            fr=f"Il faut au moins deux {unit.fr} dans chaque groupe pour une erreur type ; il y en a {{programme:int}} dans le programme et {{comparison:int}} dans la comparaison.",
        ),
        {"programme": programme, "comparison": comparison},
    )


def strata_too_small(names: Sequence[str], total: int, clustered: bool) -> Message:
    """Strata in which an arm has one unit or one cluster, or none."""
    unit = Text(en="clusters" if clustered else "units", fr="grappes" if clustered else "unités")
    return Message(
        "randomised.strata-too-small",
        Text(
            en=f"Each stratum needs two {unit.en} at least in each arm; {{thin:int}} of {{total:int}} strata have fewer: {{names:text}}. Merge strata in a way that was fixed before the outcomes were seen.",
            fr=f"Chaque strate doit compter au moins deux {unit.fr} dans chaque groupe ; {{thin:int}} strates sur {{total:int}} en ont moins : {{names:text}}. Regroupez les strates selon une règle fixée avant de voir les résultats.",
        ),
        {"thin": len(names), "total": total, "names": listed_names(names)},
    )


def all_the_weight(name: str) -> Message:
    """One unit or cluster that outweighs the rest of its arm."""
    return Message(
        "randomised.all-the-weight",
        Text(
            en="Practically all the weight of one group compared lies on {name:text}, so there is nothing to tell how uncertain its mean is. Check the weights.",
            fr="Presque tout le poids de l'un des groupes comparés porte sur {name:text} : rien ne permet d'évaluer l'incertitude de sa moyenne. Vérifiez les poids.",
        ),
        {"name": name},
    )


def no_variation() -> Message:
    """Outcomes without any variation."""
    return Message(
        "randomised.no-variation",
        Text(
            en="The outcome does not vary within the groups compared, so the data hold no standard error.",
            fr="L'indicateur ne varie pas au sein des groupes comparés : les données ne permettent aucune erreur type.",
        ),
    )


def no_spread() -> Message:
    """A comparison group whose outcome is constant."""
    return Message(
        "randomised.no-spread",
        Text(
            en="The outcome does not vary in the comparison group, so an effect in its standard deviations does not exist.",
            fr="L'indicateur ne varie pas dans le groupe de comparaison : un effet en écarts types n'existe pas.",
        ),
    )


def no_covariates() -> Message:
    """An adjustment without covariates."""
    return Message(
        "randomised.no-covariates",
        Text(
            en="This method adjusts for covariates and the sample names none. Name them, or use difference-in-means.",
            fr="Cette méthode ajuste sur des covariables et l'échantillon n'en indique aucune. Indiquez-les, ou utilisez difference-in-means.",
        ),
    )


def collinear(names: Sequence[str], programme: bool) -> Message:
    """Covariates that add nothing in an arm."""
    arm = Text(
        en="programme" if programme else "comparison",
        fr="du programme" if programme else "de comparaison",
    )
    return Message(
        "randomised.collinear",
        Text(
            en=f"In the {arm.en} group these covariates are constant or a combination of the ones before them: {{names:text}}. Remove them from the plan.",
            fr=f"Dans le groupe {arm.fr}, ces covariables sont constantes ou combinaison des précédentes : {{names:text}}. Retirez-les du plan d'analyse.",
        ),
        {"names": listed_names(names)},
    )


def too_many_covariates(units: int, coefficients: int, programme: bool) -> Message:
    """Fewer units than coefficients in an arm."""
    arm = Text(
        en="programme" if programme else "comparison",
        fr="du programme" if programme else "de comparaison",
    )
    return Message(
        "randomised.too-many-covariates",
        Text(
            en=f"The {arm.en} group has {{units:int}} units for {{coefficients:int}} coefficients. Use fewer covariates, or difference-in-means.",
            fr=f"Le groupe {arm.fr} compte {{units:int}} unités pour {{coefficients:int}} coefficients. Utilisez moins de covariables, ou difference-in-means.",
        ),
        {"units": units, "coefficients": coefficients},
    )


def leverage(names: Sequence[str]) -> Message:
    """Units that the regression fits exactly whatever their outcome."""
    return Message(
        "randomised.leverage-one",
        Text(
            en="The adjustment fits these units exactly whatever their outcome, so it has no standard error: {names:text}. A covariate singles them out; remove it.",
            fr="L'ajustement reproduit exactement ces unités quel que soit leur résultat, et n'a donc pas d'erreur type : {names:text}. Une covariable les isole ; retirez-la.",
        ),
        {"names": listed_names(names)},
    )


def one_cluster_decides() -> Message:
    """A contrast that a cluster determines by itself."""
    return Message(
        "randomised.one-cluster-decides",
        Text(
            en="Part of the adjusted effect is determined by one cluster alone, so its error cannot be estimated. Use fewer covariates, or merge strata.",
            fr="Une partie de l'effet ajusté est déterminée par une seule grappe : son erreur ne peut être estimée. Utilisez moins de covariables, ou regroupez des strates.",
        ),
    )


# --- notes ------------------------------------------------------------------------------------


def not_measured(*, programme: int, comparison: int) -> Message:
    """Units without an outcome, left out and counted."""
    return Message(
        "randomised.not-measured",
        Text(
            en="The outcome was not measured for {programme:int} units of the programme and {comparison:int} of the comparison group; they are left out of this estimate.",
            fr="L'indicateur n'a pas été mesuré pour {programme:int} unités du programme et {comparison:int} du groupe de comparaison ; elles ne comptent pas dans cette estimation.",
        ),
        {"programme": programme, "comparison": comparison},
    )


def weightless(units: int) -> Message:
    """Units whose weight is zero."""
    return Message(
        "randomised.weight-zero",
        Text(
            en="{units:int} units have a weight of zero and do not count.",
            fr="{units:int} unités ont un poids nul et ne comptent pas.",
        ),
        {"units": units},
    )


def offer() -> Message:
    """Some did not receive what they were assigned."""
    return Message(
        "randomised.offer",
        Text(
            en="The effect is that of being assigned to the programme, whoever took it up.",
            fr="L'effet est celui de l'affectation au programme, que celui-ci ait été suivi ou non.",
        ),
    )


def dispersion(ratio: float) -> Message:
    """How much more the counts vary than Poisson counts would."""
    return Message(
        "randomised.dispersion",
        Text(
            en="The counts vary {ratio:number2} times as much as independent random events would (dispersion ratio); the standard error takes this into account.",
            fr="Les comptages varient {ratio:number2} fois autant que des événements aléatoires indépendants (rapport de dispersion) ; l'erreur type en tient compte.",
        ),
        {"ratio": ratio},
    )


def few_clusters(df: float) -> Message:
    """Degrees of freedom so low that Satterthwaite's approximation itself is in doubt."""
    return Message(
        "randomised.few-clusters",
        Text(
            en="The clusters leave only {df:number1} degrees of freedom. Below four the approximation itself is in doubt.",
            fr="Les grappes ne laissent que {df:number1} degrés de liberté. En dessous de quatre, l'approximation elle-même est incertaine.",
        ),
        {"df": df},
    )


def unequal_shares() -> Message:
    """The total applies everyone's average effect to a served group of another make-up."""
    return Message(
        "randomised.unequal-shares",
        Text(
            en="The share assigned to the programme differs between strata. The total multiplies the average effect among everyone assigned, strata weighted by size, by the size of the served group.",
            fr="La part affectée au programme varie selon les strates. Le total multiplie l'effet moyen parmi toutes les unités affectées, strates pondérées par leur taille, par la taille du groupe servi.",
        ),
    )


# --- target and method ------------------------------------------------------------------------


def target(units: int, *, measured_only: bool, blocked: bool) -> Message:
    """Everyone assigned."""
    measured = (" whose outcome was measured", " dont l'indicateur a été mesuré")
    strata = (", strata weighted by their size", ", strates pondérées par leur taille")
    who = measured if measured_only else ("", "")
    how = strata if blocked else ("", "")
    return Message(
        "target.everyone-assigned",
        Text(
            en=f"Everyone assigned, to the programme or to comparison{who[0]}: {{units:int}} units{how[0]}.",
            fr=f"Toutes les unités affectées, au programme ou à la comparaison{who[1]} : {{units:int}} unités{how[1]}.",
        ),
        {"units": units},
    )


def joined(key: str, sentences: Sequence[Message]) -> Message:
    """Several sentences as one message; no two may use one name for different values."""
    values = {name: value for sentence in sentences for name, value in sentence.values.items()}
    return Message(
        key,
        Text(
            en=" ".join(sentence.text.en for sentence in sentences),
            fr=" ".join(sentence.text.fr for sentence in sentences),
        ),
        values,
    )
