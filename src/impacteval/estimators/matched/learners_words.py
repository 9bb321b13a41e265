"""What the learners say to people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text


def _said(key: str, en: str, fr: str, **values: object) -> Message:
    return Message(f"learners.{key}", Text(en=en, fr=fr), values)


# --- refusals ---------------------------------------------------------------------------------


def too_few(served: int, others: int, needed: int) -> Message:
    """Nothing is learned from a handful."""
    return _said(
        "too-few",
        "{served:int} people were served and {others:int} were not; models that foretell people whom they did not see need at least {needed:int} of each. Use doubly-robust or a method of matching.",
        "{served:int} personnes ont été servies et {others:int} ne l'ont pas été ; des modèles qui prédisent des personnes qu'ils n'ont pas vues en demandent au moins {needed:int} de chaque sorte. Utilisez doubly-robust ou une méthode d'appariement.",
        served=served,
        others=others,
        needed=needed,
    )


def thin_parts(folds: int, fewest: int, needed: int) -> Message:
    """Without one part, too few are left to learn from."""
    return _said(
        "thin-parts",
        "In {folds:int} parts, some part leaves only {fewest:int} people of a group to learn from, or is empty, and at least {needed:int} are needed for these covariates. Use fewer parts (folds) or fewer covariates; clusters stay together, so that few of them make few parts.",
        "En {folds:int} parties, l'une ne laisse que {fewest:int} personnes d'un groupe dont apprendre, ou est vide, et il en faut au moins {needed:int} pour ces covariables. Utilisez moins de parties (folds) ou moins de covariables ; les grappes restent entières, de sorte que peu de grappes font peu de parties.",
        folds=folds,
        fewest=fewest,
        needed=needed,
    )


def unseen_trees(people: int, trees: int) -> Message:
    """Some person was drawn by every tree."""
    return _said(
        "unseen-trees",
        "{people:int} people were drawn by each of the {trees:int} trees, so that no tree can foretell their effect without having seen them. Use more trees.",
        "{people:int} personnes ont été tirées par chacun des {trees:int} arbres : aucun ne peut prédire leur effet sans les avoir vues. Utilisez davantage d'arbres.",
        people=people,
        trees=trees,
    )


# --- notes ------------------------------------------------------------------------------------


def clipped(people: int, clip: float) -> Message:
    """Chances too near an edge to be divided by."""
    return _said(
        "clipped",
        "{people:int} people's covariates all but decide whether they were served; their chance was taken as no nearer than {clip:number} to certainty, and the effect rests on the model of outcomes for them.",
        "Pour {people:int} personnes, les covariables décident presque du fait d'être servies ; leur probabilité n'a pas été prise à moins de {clip:number} de la certitude, et l'effet repose pour elles sur le modèle du résultat.",
        people=people,
        clip=clip,
    )


def groups_beyond_covariates() -> Message:
    """Groups that covariates do not tell apart."""
    return _said(
        "groups-beyond-covariates",
        "The groups of the table by group are not told apart by the covariates: their effects compare people alike in the covariates, of whatever group. Name the groups among the covariates as well if they matter.",
        "Les groupes du tableau par groupe ne se distinguent pas par les covariables : leurs effets comparent des personnes semblables par les covariables, quel que soit leur groupe. Indiquez aussi les groupes parmi les covariables s'ils comptent.",
    )


# --- how it was done --------------------------------------------------------------------------

_BY = {
    "linear": Text(en="lines", fr="des modèles linéaires"),
    "forest": Text(en="random forests", fr="des forêts aléatoires"),
}
_SCORE = {
    "linear": Text(en="a logit", fr="un logit"),
    "forest": Text(en="a random forest", fr="une forêt aléatoire"),
}


def models(outcome: str, score: str, *, folds: int, repeats: int) -> Message:
    """What was learned by what, and how often people were dealt out."""
    by, chance = _BY[outcome], _SCORE[score]
    return _said(
        "models",
        f"Outcomes were learned by {by.en} and the chance of being served by {chance.en}; people were dealt out into {{folds:int}} parts, {{repeats:int}} {{repeats:plural:time|times}}, and each was foretold by models fitted on the other parts (econml).",
        f"Les résultats ont été appris par {by.fr} et la probabilité d'être servi par {chance.fr} ; les personnes ont été réparties en {{folds:int}} parties, {{repeats:int}} fois, et chacune a été prédite par des modèles ajustés sur les autres parties (econml).",
        folds=folds,
        repeats=repeats,
    )


def averaged_over(repeats: int) -> Message:
    """Several partitions make one figure."""
    return _said(
        "averaged",
        "The figure is the mean over those {repeats:int} partitions, so that no single one decides; what each gives alone is in the table of partitions.",
        "Le chiffre est la moyenne sur ces {repeats:int} répartitions, afin qu'aucune ne décide seule ; ce que chacune donne à elle seule figure dans le tableau des répartitions.",
        repeats=repeats,
    )


def mended() -> Message:
    """The doubly robust mean."""
    return _said(
        "mended",
        "Means are doubly robust: what models foretell of outcomes is mended by the outcomes of people like them, so that the effect is right if either model is.",
        "Les moyennes sont doublement robustes : ce que les modèles prédisent des résultats est corrigé par les résultats de personnes semblables, si bien que l'effet est juste si l'un des deux modèles l'est.",
    )


def residuals() -> Message:
    """The partially linear coefficient."""
    return _said(
        "residuals",
        "The effect is the slope of what the model of outcomes leaves unexplained on what the model of being served leaves: one effect for all, which, where effects differ, is their mean weighted by how open it was whether a person was served.",
        "L'effet est la pente de ce que le modèle du résultat laisse inexpliqué sur ce que laisse le modèle du fait d'être servi : un même effet pour tous et, là où les effets diffèrent, leur moyenne pondérée par le degré d'incertitude quant au fait d'être servi.",
    )


def grown(trees: int) -> Message:
    """The causal forest."""
    return _said(
        "grown",
        "Effects by covariates are those of a causal forest of {trees:int} honest trees, each person's from trees that did not draw them.",
        "Les effets selon les covariables sont ceux d'une forêt causale de {trees:int} arbres honnêtes, chaque personne étant prédite par les arbres qui ne l'ont pas tirée.",
        trees=trees,
    )


def law(clusters: int | None) -> Message:
    """Where the degrees of freedom come from, and how clusters were kept together."""
    if clusters is None:
        return _said(
            "law",
            "Errors take the models as known, which the parts and the mending allow; the interval is Student's t with as many degrees of freedom as the smaller group has people, less one.",
            "Les erreurs prennent les modèles pour connus, ce que permettent les parties et la correction ; l'intervalle est celui de Student, avec autant de degrés de liberté que le plus petit groupe compte de personnes, moins un.",
        )
    return _said(
        "law-clusters",
        "Clusters stay in one part, and errors are summed within {clusters:int} of them; they take the models as known, and the interval is Student's t with as many degrees of freedom as the smaller group has clusters, less one.",
        "Les grappes restent dans une même partie, et les erreurs sont sommées au sein de {clusters:int} d'entre elles ; elles prennent les modèles pour connus, et l'intervalle est celui de Student, avec autant de degrés de liberté que le plus petit groupe compte de grappes, moins un.",
        clusters=clusters,
    )
