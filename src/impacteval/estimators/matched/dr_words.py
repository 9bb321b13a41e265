"""What a doubly robust comparison says to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.randomised.messages import listed_names
from impacteval.values import Message, Text

LABEL = "AIPW, HC2"
CLUSTERED = "AIPW, HC2, clusters"

_GROUP = {
    1: ("the served", "les personnes servies"),
    0: ("those not served", "les personnes non servies"),
}

# --- refusals ---------------------------------------------------------------------------------


def too_few(group: int, held: int, needed: int, *, clustered: bool) -> Message:
    """A group too small for its outcome model."""
    en, fr = _GROUP[group]
    unit = ("clusters", "grappes") if clustered else ("people", "personnes")
    return Message(
        "doubly-robust.too-few",
        Text(
            en=f"The outcome model of {en} rests on {{held:int}} {unit[0]}, and needs {{needed:int}} at least, with these covariates and folds, for an interval that keeps its word. Use fewer covariates, or folds 1, or another method.",
            fr=f"Le modèle du résultat pour {fr} repose sur {{held:int}} {unit[1]} ; il en faut au moins {{needed:int}}, avec ces covariables et ces parts, pour un intervalle qui tienne parole. Utilisez moins de covariables, ou folds 1, ou une autre méthode.",
        ),
        {"held": held, "needed": needed},
    )


def thin_group(group: int, names: Sequence[str]) -> Message:
    """Covariates that do not vary freely inside one group."""
    en, fr = _GROUP[group]
    return Message(
        "doubly-robust.thin-group",
        Text(
            en=f"Among {en} these covariates (or strata) are constant or a combination of the ones before them, so that an outcome model cannot tell what they do: {{names:text}}. Remove them, or use a method without an outcome model.",
            fr=f"Parmi {fr}, ces covariables (ou strates) sont constantes ou combinaison des précédentes : un modèle du résultat ne peut dire ce qu'elles font : {{names:text}}. Retirez-les, ou utilisez une méthode sans modèle du résultat.",
        ),
        {"names": listed_names(names)},
    )


def thin_fold(group: int) -> Message:
    """A fold without which a covariate does not vary in one group."""
    en, fr = _GROUP[group]
    return Message(
        "doubly-robust.thin-fold",
        Text(
            en=f"Once a part of the people is left out, some covariate (or stratum) no longer varies among {en}. Remove rare covariates, or fit the models on everyone (folds 1).",
            fr=f"Une fois une part des personnes écartée, une covariable (ou une strate) ne varie plus parmi {fr}. Retirez les covariables rares, ou ajustez les modèles sur tout le monde (folds 1).",
        ),
    )


def thin_score() -> Message:
    """A fold without which a covariate does not vary at all."""
    return Message(
        "doubly-robust.thin-score",
        Text(
            en="Once a part of the people is left out, some covariate (or stratum) no longer varies. Remove rare covariates, or fit the models on everyone (folds 1).",
            fr="Une fois une part des personnes écartée, une covariable (ou une strate) ne varie plus. Retirez les covariables rares, ou ajustez les modèles sur tout le monde (folds 1).",
        ),
    )


def separated_fold() -> Message:
    """Covariates that foretell who was served, once a fold is left out."""
    return Message(
        "doubly-robust.separated-fold",
        Text(
            en="Once a part of the people is left out, the covariates tell without error who was served, at least for some of the others. Use fewer covariates, or fit the models on everyone (folds 1).",
            fr="Une fois une part des personnes écartée, les covariables disent sans erreur qui a été servi, au moins pour certaines des autres. Utilisez moins de covariables, ou ajustez les modèles sur tout le monde (folds 1).",
        ),
    )


def no_score_fold() -> Message:
    """A logit without a finite maximum, once a fold is left out."""
    return Message(
        "doubly-robust.no-score-fold",
        Text(
            en="Once a part of the people is left out, the model of who is served has no finite solution. Use fewer covariates, or coarser ones, or fit the models on everyone (folds 1).",
            fr="Une fois une part des personnes écartée, le modèle du fait d'être servi n'a pas de solution finie. Utilisez moins de covariables, ou des covariables plus grossières, ou ajustez les modèles sur tout le monde (folds 1).",
        ),
    )


def separated_outcome(group: int) -> Message:
    """Covariates that foretell the outcome in one group."""
    en, fr = _GROUP[group]
    return Message(
        "doubly-robust.separated-outcome",
        Text(
            en=f"Among {en}, with everyone or once a part is left out, covariates (or strata) foretell some outcomes without error, so that the curve has no finite fit. Use outcome linear, or fewer covariates.",
            fr=f"Parmi {fr}, au complet ou une fois une part écartée, des covariables (ou des strates) laissent prévoir certains résultats sans erreur : la courbe n'a pas d'ajustement fini. Utilisez outcome linear, ou moins de covariables.",
        ),
    )


def no_outcome_model() -> Message:
    """A curve that leaves the range of numbers."""
    return Message(
        "doubly-robust.no-outcome-model",
        Text(
            en="The outcome model could not be fitted: a covariate has values so far apart that its curve leaves the range of numbers. Rescale or transform it, or use outcome linear.",
            fr="Le modèle du résultat n'a pu être ajusté : une covariable a des valeurs si éloignées que sa courbe sort de l'étendue des nombres. Changez son échelle ou transformez-la, ou prenez outcome linear.",
        ),
    )


def not_a_share(low: float, high: float) -> Message:
    """A logit of something else than yes, no, or a share."""
    return Message(
        "doubly-robust.not-a-share",
        Text(
            en="A logit of the outcome needs values from 0 to 1; here they run from {low:number} to {high:number}. Use outcome linear.",
            fr="Un logit du résultat suppose des valeurs de 0 à 1 ; elles vont ici de {low:number} à {high:number}. Utilisez outcome linear.",
        ),
        {"low": low, "high": high},
    )


def negative(low: float) -> Message:
    """A log link of negative outcomes."""
    return Message(
        "doubly-robust.negative",
        Text(
            en="A Poisson model needs outcomes that are not negative; the lowest is {low:number}. Use outcome linear.",
            fr="Un modèle de Poisson suppose des résultats positifs ou nuls ; le plus bas vaut {low:number}. Utilisez outcome linear.",
        ),
        {"low": low},
    )


def all_trimmed(trim: float) -> Message:
    """Nobody left in a group once the edges of the score are left out."""
    return Message(
        "doubly-robust.all-trimmed",
        Text(
            en="With trim {trim:number}, fewer than two people of a group with a measured outcome are left. Use a smaller trim, or another method.",
            fr="Avec trim {trim:number}, il reste moins de deux personnes d'un groupe dont le résultat soit mesuré. Utilisez un trim plus petit, ou une autre méthode.",
        ),
        {"trim": trim},
    )


# --- notes ------------------------------------------------------------------------------------


def trimmed(served: int, people: int) -> Message:
    """How many were left out by their chance of being served."""
    return Message(
        "doubly-robust.trimmed",
        Text(
            en="{people:int} people were left out because their chance of being served is too near to sure, {served:int} of them served. The effect is not about them.",
            fr="{people:int} personnes ont été écartées car leur chance d'être servies est trop proche de la certitude, dont {served:int} servies. L'effet ne les concerne pas.",
        ),
        {"people": people, "served": served},
    )


def heavy(percent: float) -> Message:
    """One person carries much of the comparison."""
    return Message(
        "doubly-robust.heavy",
        Text(
            en="A single person not served carries {percent:number1} percent of the weight of the comparison: few people like the served were left unserved, and the standard error itself is uncertain.",
            fr="Une seule personne non servie porte {percent:number1} pour cent du poids de la comparaison : peu de personnes semblables aux servies sont restées sans service, et l'erreur type est elle-même incertaine.",
        ),
        {"percent": percent},
    )


# --- how it was done --------------------------------------------------------------------------


def formed(estimand: str, covariates: Sequence[str]) -> Message:
    """How the means were formed."""
    names = ", ".join(covariates)
    by = ("on {covariates:text}", "selon {covariates:text}") if names else ("", "")
    if estimand == "att":
        en = f"What those served would have had without the programme is predicted by a model of the outcome among those not served{' ' + by[0] if names else ''}, and corrected by its errors among those not served, weighted by a logit of the chance of being served so that they resemble the served."
        fr = f"Ce que les personnes servies auraient eu sans le programme est prédit par un modèle du résultat parmi les non servies{' ' + by[1] if names else ''}, puis corrigé des erreurs de ce modèle parmi les non servies, pondérées par un logit de la chance d'être servi pour ressembler aux servies."
    else:
        en = f"Outcomes with and without the programme are predicted for everyone by a model in each group{' ' + by[0] if names else ''}, and corrected by its errors, weighted by one over the chance of being in that group (a logit)."
        fr = f"Les résultats avec et sans le programme sont prédits pour tout le monde par un modèle dans chaque groupe{' ' + by[1] if names else ''}, puis corrigés des erreurs de ce modèle, pondérées par l'inverse de la chance d'être dans ce groupe (un logit)."
    return Message(
        f"method.doubly-robust-{estimand}",
        Text(en=en, fr=fr),
        {"covariates": names} if names else {},
    )


def model(family: str) -> Message:
    """The curve of the outcome model."""
    en, fr = {
        "gaussian": ("a straight line", "une droite"),
        "binomial": ("a logit", "un logit"),
        "poisson": ("an exponential curve (log link)", "une courbe exponentielle (lien log)"),
    }[family]
    return Message(
        f"method.doubly-robust-{family}",
        Text(en=f"The outcome model is {en}.", fr=f"Le modèle du résultat est {fr}."),
    )


def shared_out(folds: int, repeats: int, clusters: int | None) -> Message:
    """On whom models were fitted."""
    if folds == 1:
        return Message(
            "method.doubly-robust-whole",
            Text(
                en="Both models are fitted on everyone.",
                fr="Les deux modèles sont ajustés sur tout le monde.",
            ),
        )
    whole = (" (clusters stay whole)", " (les grappes restent entières)") if clusters else ("", "")
    en = f"People were shared out by lot into {{folds:int}} parts{whole[0]}; the models used for a part are fitted on the others."
    fr = f"Les personnes ont été réparties au sort en {{folds:int}} parts{whole[1]} ; les modèles utilisés pour une part sont ajustés sur les autres."
    if repeats == 1:
        return Message("method.doubly-robust-folds", Text(en=en, fr=fr), {"folds": folds})
    return Message(
        "method.doubly-robust-repeats",
        Text(
            en=f"{en} This was done {{repeats:int}} times; the result is the median one, and what the lot moved is in its standard error.",
            fr=f"{fr} Cela a été fait {{repeats:int}} fois ; le résultat est le résultat médian, et ce que le sort a fait varier est compris dans son erreur type.",
        ),
        {"folds": folds, "repeats": repeats},
    )


def errors() -> Message:
    """Which standard error."""
    return Message(
        "method.doubly-robust-errors",
        Text(
            en="The standard error counts the sampling of people and the error of both models, so that it holds when one of them is wrong; residuals are enlarged for what each outcome pulls its own prediction (HC2).",
            fr="L'erreur type tient compte de l'échantillonnage des personnes et de l'erreur des deux modèles : elle vaut si l'un d'eux est faux ; les résidus sont agrandis de ce que chaque résultat tire à lui sa propre prédiction (HC2).",
        ),
    )


def degrees(df: float) -> Message:
    """Degrees of freedom."""
    return Message(
        "method.doubly-robust-degrees",
        Text(
            en="Student's t with {df:number1} degrees of freedom (fewer where weights are unequal).",
            fr="Loi de Student à {df:number1} degrés de liberté (moins si les poids sont inégaux).",
        ),
        {"df": df},
    )


# --- whom the effect is about -----------------------------------------------------------------


def target_trimmed(estimand: str, trim: float, units: int, *, measured_only: bool) -> Message:
    """Those whose chance of being served is not too near to sure."""
    end = (" and measured", " et mesurées") if measured_only else ("", "")
    if estimand == "att":
        en = f"Those served{end[0]} whose chance of being served is at most {{most:percent}} ({{units:int}})"
        fr = f"Les personnes servies{end[1]} dont la chance de l'être est d'au plus {{most:percent}} ({{units:int}})"
        values = {"most": 1.0 - trim, "units": units}
    else:
        en = f"Everyone in the data{end[0]}, served or not, whose chance of being served is from {{least:percent}} to {{most:percent}} ({{units:int}})"
        fr = f"Toutes les personnes des données{end[1]}, servies ou non, dont la chance d'être servies va de {{least:percent}} à {{most:percent}} ({{units:int}})"
        values = {"least": trim, "most": 1.0 - trim, "units": units}
    return Message("target.doubly-robust-trimmed", Text(en=en, fr=fr), values)
