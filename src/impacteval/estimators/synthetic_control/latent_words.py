"""What the methods that estimate common factors say to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.synthetic_control.messages import some
from impacteval.values import Message, Text


def _said(key: str, en: str, fr: str, **values: object) -> Message:
    return Message(key, Text(en=en, fr=fr), values)


# --- refusals ---------------------------------------------------------------------------------


def few_to_place(donors: int, served: int, fewest: int) -> Message:
    """Too few units to stand in for the served and leave others."""
    return _said(
        "sc.few-to-place",
        "Chance is measured by placing the service on {served:int} of the {donors:int} places never served, and at least {fewest:int} must be left besides. Add places that were not served, or use the setting inference: jackknife where several places are served.",
        "Le hasard se mesure en plaçant le service sur {served:int} des {donors:int} lieux jamais servis, et il doit en rester au moins {fewest:int}. Ajoutez des lieux non servis, ou utilisez le réglage inference : jackknife lorsque plusieurs lieux sont servis.",
        served=served,
        donors=donors,
        fewest=fewest,
    )


def one_served() -> Message:
    """The jackknife has nothing to leave out."""
    return _said(
        "sc.one-served",
        "Leaving out one place at a time tells nothing where one served place has all the weight. Leave out the setting inference.",
        "Retirer un lieu à la fois n'apprend rien quand un seul lieu servi porte tout le poids. Retirez le réglage inference.",
    )


def rank_too_large(rank: int, room: int, before: int, donors: int) -> Message:
    """More factors than periods or units can tell."""
    return _said(
        "sc.rank-too-large",
        "{rank:int} {rank:plural:factor|factors} cannot be read from {before:int} {before:plural:period|periods} before the service and {donors:int} places: {room:int} at most. Lower the setting rank, or add earlier periods or places.",
        "{rank:int} {rank:plural:facteur ne peut|facteurs ne peuvent} être lus sur {before:int} {before:plural:période antérieure|périodes antérieures} au service et {donors:int} lieux : {room:int} au plus. Baissez le réglage rank, ou ajoutez des périodes antérieures ou des lieux.",
        rank=rank,
        before=before,
        donors=donors,
        room=room,
    )


def factors_alike(rank: int) -> Message:
    """Factors that cannot be told apart before the service."""
    return _said(
        "sc.factors-alike",
        "In the periods before the service the {rank:int} common {rank:plural:factor does|factors do} not vary, or cannot be told apart, so that nobody knows how the served places follow {rank:plural:it|them}. Lower the setting rank, or add earlier periods.",
        "Pendant les périodes antérieures au service, {rank:plural:le facteur commun ne varie pas|les {rank:int} facteurs communs ne varient pas ou ne se distinguent pas}, si bien qu'on ne sait comment les lieux servis {rank:plural:le suivent|les suivent}. Baissez le réglage rank, ou ajoutez des périodes antérieures.",
        rank=rank,
    )


def flat_covariates(names: Sequence[str]) -> Message:
    """Covariates that levels and periods already say."""
    return _said(
        "sc.flat-covariates",
        "Levels of places and of periods already say all that {names:text} {count:plural:says|say}: here covariates must vary within places over time, and not alike everywhere. Leave {count:plural:it|them} out.",
        "Les niveaux des lieux et des périodes disent déjà tout ce que {count:plural:dit|disent} {names:text} : ici, une covariable doit varier dans le temps au sein des lieux, et pas partout de la même façon. Retirez-{count:plural:la|les}.",
        names=some(names),
        count=len(names),
    )


def collinear_covariates(names: Sequence[str]) -> Message:
    """Covariates that repeat each other."""
    return _said(
        "sc.collinear-covariates",
        "Among {names:text} at least one repeats the others once levels of places and periods are taken out. Leave it out.",
        "Parmi {names:text}, l'une au moins répète les autres une fois retirés les niveaux des lieux et des périodes. Retirez-la.",
        names=some(names),
    )


def not_settled() -> Message:
    """Slopes without a solution."""
    return _said(
        "sc.not-settled",
        "The slopes of the covariates cannot be told from the common factors. Leave covariates out, or lower the setting rank.",
        "Les pentes des covariables ne se distinguent pas des facteurs communs. Retirez des covariables, ou baissez le réglage rank.",
    )


def no_covariates() -> Message:
    """The completion of tables takes none."""
    return _said(
        "sc.completion-covariates",
        "matrix-completion takes no covariates. Leave them out, or use interactive-fixed-effects.",
        "matrix-completion n'admet pas de covariables. Retirez-les, ou utilisez interactive-fixed-effects.",
    )


def exact_before() -> Message:
    """A fit without a miss."""
    return _said(
        "sc.exact-before",
        "The served places are met exactly before the service, so that placebos cannot be compared by how they were met. Use the setting inference: placebo.",
        "Les lieux servis sont reproduits exactement avant le service : les placebos ne peuvent être comparés selon leur ajustement. Utilisez le réglage inference : placebo.",
    )


def apart() -> Message:
    """Observed cells that do not tie units and periods together."""
    return _said(
        "sc.cells-apart",
        "So many cells are missing that the levels of some places and periods cannot be compared with the others'. Leave out places or periods that are hardly measured.",
        "Il manque tant de cases que les niveaux de certains lieux et périodes ne peuvent être comparés aux autres. Écartez les lieux ou les périodes à peine mesurés.",
    )


# --- notes ------------------------------------------------------------------------------------


def missing_told(cells: int, all_cells: int) -> Message:
    """Cells that were not measured."""
    return _said(
        "sc.missing-told",
        "{cells:int} of {all:int} cells of places and periods have no outcome. They have no say in the fit, nor in the effect.",
        "{cells:int} des {all:int} cases de lieux et de périodes n'ont pas d'indicateur. Elles n'interviennent ni dans l'ajustement ni dans l'effet.",
        cells=cells,
        all=all_cells,
    )


def hidden_some(folds: int, donors: int) -> Message:
    """Only some units are hidden in turn."""
    return _said(
        "sc.hidden-some",
        "The penalty is chosen on {folds:int} of the {donors:int} places never served, drawn at random.",
        "La pénalité est choisie sur {folds:int} des {donors:int} lieux jamais servis, tirés au sort.",
        folds=folds,
        donors=donors,
    )


def few_placebos(compared: int) -> Message:
    """No interval at 95%."""
    return _said(
        "sc.few-placebos",
        "Only {compared:int} placebos can be compared, so that no p-value is below 1 in {of:int} and an interval at 95% has no ends.",
        "Seuls {compared:int} placebos peuvent être comparés : aucune valeur p n'est inférieure à 1 sur {of:int}, et un intervalle à 95 % n'a pas de bornes.",
        compared=compared,
        of=compared + 1,
    )


def extrapolated(smallest: float) -> Message:
    """Donors with negative weights."""
    return _said(
        "sc.factors-extrapolated",
        "Some places count negatively in what would have happened (down to {smallest:number}): the served places lie beyond what a mix of the others can reach, and the result rests on the factors there.",
        "Certains lieux comptent négativement dans ce qui serait arrivé (jusqu'à {smallest:number}) : les lieux servis sont hors de portée d'une combinaison des autres, et le résultat y repose sur les facteurs.",
        smallest=smallest,
    )


# --- method -----------------------------------------------------------------------------------


def factors(rank: int, donors: int, *, given: bool) -> Message:
    """How the counterfactual is formed."""
    how = (
        ("as given", "nombre donné")
        if given
        else (
            "the number that best predicts each period before the service from the others",
            "nombre qui prédit le mieux chaque période antérieure au service à partir des autres",
        )
    )
    return _said(
        "method.factors",
        f"What would have happened is a level of each place, a level of each period and {{rank:int}} common {{rank:plural:factor|factors}} ({how[0]}), read from the {{donors:int}} places never served; how each served place follows them is read from its own periods before the service.",
        f"Ce qui serait arrivé est fait d'un niveau par lieu, d'un niveau par période et de {{rank:int}} {{rank:plural:facteur commun|facteurs communs}} ({how[1]}), lus sur les {{donors:int}} lieux jamais servis ; la façon dont chaque lieu servi les suit est lue sur ses propres périodes antérieures au service.",
        rank=rank,
        donors=donors,
    )


def slopes_of(names: Sequence[str]) -> Message:
    """Covariates beside the factors."""
    return _said(
        "method.factors-covariates",
        "Slopes of {names:text} are those of the places never served.",
        "Les pentes de {names:text} sont celles des lieux jamais servis.",
        names=some(names),
    )


def completed(share: float, *, given: bool) -> Message:
    """How the table is completed."""
    how = (
        ("as given", "comme indiqué")
        if given
        else (
            "the one that best predicts the same periods of places never served, each hidden in turn",
            "celle qui prédit le mieux les mêmes périodes des lieux jamais servis, cachés tour à tour",
        )
    )
    return _said(
        "method.completion",
        f"What would have happened is a level of each place, a level of each period and a table of patterns in common, fitted to all cells without the service; patterns are shrunk by a penalty of {{share:number}} of the one that leaves none ({how[0]}).",
        f"Ce qui serait arrivé est fait d'un niveau par lieu, d'un niveau par période et d'un tableau de régularités communes, ajustés à toutes les cases sans service ; les régularités sont réduites par une pénalité de {{share:number}} de celle qui n'en laisse aucune ({how[1]}).",
        share=share,
    )


def ranked(compared: int, *, every: bool, over: str) -> Message:
    """How chance is measured by placebos."""
    whose = (
        ("all {compared:int} placements", "les {compared:int} placements possibles")
        if every
        else ("{compared:int} drawn placements", "{compared:int} placements tirés")
    )
    by = {
        "studentised": (
            ", each over what it was missed by before the service",
            ", chacun rapporté à l'écart d'avant le service",
        ),
        "placebo": (
            ", each over what its distance from the other places makes of noise",
            ", chacun rapporté à ce que sa distance aux autres lieux fait du bruit",
        ),
        "bare": ("", ""),
    }[over]
    return _said(
        "method.latent-placebos",
        f"Chance is measured by placing the same dates on places never served: the effect is ranked among {whose[0]}{by[0]}. The interval holds all effects that this test does not reject.",
        f"Le hasard se mesure en plaçant les mêmes dates sur des lieux jamais servis : l'effet est classé parmi {whose[1]}{by[1]}. L'intervalle contient tous les effets que ce test ne rejette pas.",
        compared=compared,
    )


def left_out(served: int, donors: int) -> Message:
    """How chance is measured by leaving out."""
    return _said(
        "method.latent-jackknife",
        "The standard error is that of the jackknife: the effect is computed again without each of {served:int} served places and {donors:int} never served, and Student's t has Satterthwaite's degrees of freedom.",
        "L'erreur type est celle du jackknife : l'effet est recalculé sans chacun des {served:int} lieux servis et des {donors:int} jamais servis, et la loi de Student a les degrés de liberté de Satterthwaite.",
        served=served,
        donors=donors,
    )
