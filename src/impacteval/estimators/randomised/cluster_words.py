"""What `cluster-randomised` says to people, in both languages; its card is in `cluster_card`."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.values import Message, Text

# --- refusals ---------------------------------------------------------------------------------


def no_clusters() -> Message:
    """A sample without clusters."""
    return Message(
        "cluster.none",
        Text(
            en="This method is for trials in which whole clusters were assigned or outcomes go together within them, and the sample names no clusters. Name them, or use difference-in-means.",
            fr="Cette méthode s'applique aux essais où des grappes entières ont été tirées au sort ou dont les résultats se ressemblent au sein des grappes, et l'échantillon n'en indique aucune. Indiquez-les, ou utilisez difference-in-means.",
        ),
    )


def not_whole() -> Message:
    """Means of clusters that lie in several arms or strata."""
    return Message(
        "cluster.not-whole",
        Text(
            en="Some clusters lie in both arms, or in several strata, so they cannot be compared by their means. Use the analysis of individuals.",
            fr="Certaines grappes se trouvent dans les deux groupes, ou dans plusieurs strates : on ne peut les comparer par leurs moyennes. Utilisez l'analyse des individus.",
        ),
    )


def no_total() -> Message:
    """A sum over people of an effect per cluster."""
    return Message(
        "cluster.no-total",
        Text(
            en="A total adds up the effects on people, and here every cluster counts as one whatever its size. Use target individual for a total.",
            fr="Un total additionne les effets sur les personnes, or chaque grappe compte ici pour une quelle que soit sa taille. Pour un total, choisissez la cible « individual ».",
        ),
    )


def wild_standardised() -> Message:
    """A scale on which the wild bootstrap cannot impose a null."""
    return Message(
        "cluster.wild-standardised",
        Text(
            en="An effect in standard deviations is no restriction on means, so the wild cluster bootstrap cannot impose it as a null. Use variance cr2, or the scale difference.",
            fr="Un effet en écarts types n'est pas une contrainte sur des moyennes : le bootstrap sauvage par grappes ne peut l'imposer comme hypothèse nulle. Utilisez variance cr2, ou l'échelle de la différence.",
        ),
    )


def collinear(names: Sequence[str]) -> Message:
    """Covariates that add nothing beside arms and strata."""
    return Message(
        "cluster.collinear",
        Text(
            en="These covariates are constant, or a combination of arms, strata and the covariates before them: {names:text}. Remove them from the plan.",
            fr="Ces covariables sont constantes, ou combinaison des groupes, des strates et des covariables précédentes : {names:text}. Retirez-les du plan d'analyse.",
        ),
        {"names": ", ".join(names)},
    )


def too_many_coefficients(rows: int, coefficients: int, *, means: bool) -> Message:
    """As many coefficients as rows."""
    unit = ("clusters", "grappes") if means else ("units", "unités")
    return Message(
        "cluster.too-many-coefficients",
        Text(
            en=f"There are {{rows:int}} {unit[0]} for {{coefficients:int}} coefficients. Use fewer covariates.",
            fr=f"Il y a {{rows:int}} {unit[1]} pour {{coefficients:int}} coefficients. Utilisez moins de covariables.",
        ),
        {"rows": rows, "coefficients": coefficients},
    )


# --- notes ------------------------------------------------------------------------------------


def few_in_an_arm(programme: int, comparison: int, *, wild: bool) -> Message:
    """So few clusters in an arm that errors are themselves in doubt."""
    more = (
        " The wild bootstrap then seldom rejects anything, or rejects too often where the few clusters are unlike the others.",
        " Le bootstrap sauvage ne rejette alors presque jamais, ou rejette trop souvent si ces quelques grappes diffèrent des autres.",
    )
    extra = more if wild else ("", "")
    return Message(
        "cluster.few-in-an-arm",
        Text(
            en=f"The programme was in {{programme:int}} clusters and the comparison in {{comparison:int}}. With fewer than six in an arm, what happened in one place weighs on the result, and its error is known only roughly.{extra[0]}",
            fr=f"Le programme a touché {{programme:int}} grappes et la comparaison {{comparison:int}}. Avec moins de six dans un groupe, ce qui s'est passé dans un lieu pèse sur le résultat, et son erreur n'est connue qu'approximativement.{extra[1]}",
        ),
        {"programme": programme, "comparison": comparison},
    )


def both_arms(clusters: int) -> Message:
    """Clusters with people in both arms."""
    return Message(
        "cluster.both-arms",
        Text(
            en="In {clusters:int} clusters some were assigned to the programme and some to comparison; errors allow for what the people of a cluster have in common, across arms too.",
            fr="Dans {clusters:int} grappes, certains ont été affectés au programme et d'autres à la comparaison ; l'erreur tient compte de ce que les personnes d'une grappe ont en commun, entre les groupes aussi.",
        ),
        {"clusters": clusters},
    )


# --- target and method ------------------------------------------------------------------------


def target_clusters(units: int, clusters: int, *, measured_only: bool) -> Message:
    """Everyone assigned, every cluster counting as one."""
    who = (
        (" whose outcome was measured", " dont l'indicateur a été mesuré")
        if measured_only
        else ("", "")
    )
    return Message(
        "target.every-cluster",
        Text(
            en=f"Everyone assigned, to the programme or to comparison{who[0]}: {{units:int}} units in {{clusters:int}} clusters, each cluster counting as one.",
            fr=f"Toutes les unités affectées, au programme ou à la comparaison{who[1]} : {{units:int}} unités dans {{clusters:int}} grappes, chaque grappe comptant pour une.",
        ),
        {"units": units, "clusters": clusters},
    )


def formed(
    covariates: tuple[str, ...], strata: int | None, *, means: bool, each_as_one: bool
) -> Message:
    """How the effect was formed."""
    what = (
        ("means of clusters", "moyennes des grappes")
        if means
        else ("outcomes of individuals", "résultats des individus")
    )
    en, fr = f"Least squares on the {what[0]}", f"Moindres carrés sur les {what[1]}"
    if means:
        weight = (
            (", each cluster counting as one", ", chaque grappe comptant pour une")
            if each_as_one
            else (", weighted by size", ", pondérées par la taille")
        )
    else:
        weight = (
            (", each cluster counting as one", ", chaque grappe comptant pour une")
            if each_as_one
            else ("", "")
        )
    en, fr = en + weight[0], fr + weight[1]
    if covariates:
        en += ", adjusted for {covariates:text} with one slope for all"
        fr += ", ajustés sur {covariates:text} avec une pente commune"
        if means:
            fr = fr.replace("ajustés", "ajustées")
    values: dict[str, str | int] = {"covariates": ", ".join(covariates)} if covariates else {}
    if strata is not None:
        en += "; differences of the arms in each of {strata:int} strata, averaged with the sizes of the strata as weights"
        fr += " ; différences entre groupes dans chacune des {strata:int} strates, moyennées selon la taille des strates"
        values["strata"] = strata
    return Message("method.clusters", Text(en=f"{en}.", fr=f"{fr}."), values)


def wild(clusters: int, draws: int, *, every: bool, webb: bool) -> Message:
    """The test whose inversion gives the interval."""
    points = (
        ("Webb's six points", "les six points de Webb")
        if webb
        else ("plus or minus one", "plus ou moins un")
    )
    count = (
        ("all {draws:int} patterns", "l'ensemble des {draws:int} configurations")
        if every
        else ("{draws:int} draws", "{draws:int} tirages")
    )
    return Message(
        "method.wild",
        Text(
            en=f"Interval and p-values: wild cluster bootstrap with the null imposed, {{clusters:int}} clusters, multipliers {points[0]}, {count[0]}; the statistic is the estimate's distance from the null over its clustered standard error, and the interval holds every null that is not rejected. The standard error printed is CR2.",
            fr=f"Intervalle et valeurs p : bootstrap sauvage par grappes sous l'hypothèse nulle, {{clusters:int}} grappes, multiplicateurs {points[1]}, {count[1]} ; la statistique est l'écart de l'estimation à l'hypothèse nulle rapporté à son erreur type par grappes, et l'intervalle contient toute hypothèse qui n'est pas rejetée. L'erreur type affichée est CR2.",
        ),
        {"clusters": clusters, "draws": draws},
    )


def wild_relative() -> Message:
    """What the null is on the relative scale."""
    return Message(
        "method.wild-relative",
        Text(
            en="On the relative scale a null is that the mean with the programme is one plus the effect times the mean without it.",
            fr="Sur l'échelle relative, l'hypothèse nulle est que la moyenne avec le programme vaut un plus l'effet, fois la moyenne sans lui.",
        ),
    )
