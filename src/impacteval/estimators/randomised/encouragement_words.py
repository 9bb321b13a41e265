"""What `encouragement` says to people: refusals, notes, target and method, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.values import Message, Scale, Text


def _said(key: str, en: str, fr: str, **values: object) -> Message:
    return Message(f"encouragement.{key}", Text(en=en, fr=fr), values)


# --- refusals ---------------------------------------------------------------------------------


def offers_of_several_sizes() -> Message:
    """An offer in amounts in a method that compares two arms."""
    return _said(
        "several-sizes",
        "The offer has several sizes, and this method compares two arms. Use encouragement, or a column that is 1 where anything was offered.",
        "L'offre prend plusieurs valeurs, et cette méthode compare deux groupes. Utilisez encouragement, ou une colonne valant 1 dès que quelque chose a été proposé.",
    )


def no_received() -> Message:
    """Nothing says who took the programme up."""
    return _said(
        "no-received",
        "This method needs to know who was offered the programme and who took it up. Name both columns, assigned and received; where everyone did as assigned, use difference-in-means.",
        "Cette méthode doit savoir à qui le programme a été proposé et qui l'a suivi. Indiquez les deux colonnes, assigned et received ; si chacun a suivi son affectation, utilisez difference-in-means.",
    )


def no_take_up(moved: float) -> Message:
    """The offer did not raise take-up."""
    return _said(
        "no-take-up",
        "The offer did not raise take-up (the difference is {moved:number}), so there is nobody whose participation it changed. Use difference-in-means for the effect of the offer.",
        "L'offre n'a pas augmenté la participation (l'écart est de {moved:number}) : il n'y a personne dont elle ait changé la participation. Utilisez difference-in-means pour l'effet de l'offre.",
        moved=moved,
    )


def weak(strength: float, weakest: float) -> Message:
    """A first stage too weak for the usual interval."""
    return _said(
        "weak",
        "The offer moved take-up too little to say what taking part did: the strength of the first stage is F = {strength:number1}, and at least {weakest:number1} is asked for. Use difference-in-means for the effect of the offer, or interval: anderson_rubin, which is right at any strength.",
        "L'offre a trop peu modifié la participation pour dire ce que celle-ci a changé : la force de la première étape est F = {strength:number1}, et il en faut au moins {weakest:number1}. Utilisez difference-in-means pour l'effet de l'offre, ou interval: anderson_rubin, valable quelle que soit cette force.",
        strength=strength,
        weakest=weakest,
    )


def relative_amount() -> Message:
    """A relative effect of one unit of take-up."""
    return _said(
        "relative-amount",
        "Take-up is an amount, so what the same people would have had without the programme is not known, and neither is a relative effect. Use the scale difference, or a column that says whether they took it up.",
        "La participation est une quantité : on ignore ce que les mêmes personnes auraient obtenu sans le programme, et donc l'effet relatif. Utilisez l'échelle de la différence, ou une colonne qui dit si elles ont participé.",
    )


def relative_not_positive(observed: float, counterfactual: float) -> Message:
    """A ratio needs two positive means."""
    return _said(
        "relative-not-positive",
        "A relative effect needs two positive means; those of the compliers are estimated as {observed:number} with the programme and {counterfactual:number} without it. Use the scale difference.",
        "Un effet relatif suppose deux moyennes positives ; celles des compliants sont estimées à {observed:number} avec le programme et {counterfactual:number} sans lui. Utilisez l'échelle de la différence.",
        observed=observed,
        counterfactual=counterfactual,
    )


def collinear(names: Sequence[str]) -> Message:
    """Covariates that add nothing."""
    shown = ", ".join(names[:5])
    return _said(
        "collinear",
        "These covariates are constant, or a combination of the offer, the strata and the covariates before them: {names:text}. Remove them from the plan.",
        "Ces covariables sont constantes, ou combinaison de l'offre, des strates et des covariables précédentes : {names:text}. Retirez-les du plan d'analyse.",
        names=f"{shown}, …" if len(names) > 5 else shown,
    )


def too_many_covariates(units: int, coefficients: int) -> Message:
    """Fewer units than coefficients."""
    return _said(
        "too-many-covariates",
        "There are {units:int} units for {coefficients:int} coefficients. Use fewer covariates.",
        "Il y a {units:int} unités pour {coefficients:int} coefficients. Utilisez moins de covariables.",
        units=units,
        coefficients=coefficients,
    )


# --- notes ------------------------------------------------------------------------------------


def strength(value: float, weakest: float) -> Message:
    """How strong the first stage is."""
    return _said(
        "strength",
        "Strength of the first stage: F = {strength:number1} (below {weakest:number1} the usual interval is refused).",
        "Force de la première étape : F = {strength:number1} (en dessous de {weakest:number1}, l'intervalle usuel est refusé).",
        strength=value,
        weakest=weakest,
    )


def full_compliance() -> Message:
    """Take-up follows the offer without exception."""
    return _said(
        "full-compliance",
        "Take-up follows the offer without exception, so the effect of taking part is that of the offer.",
        "La participation suit l'offre sans exception : l'effet de la participation est celui de l'offre.",
    )


def below_strength(weakest: float) -> Message:
    """The set is right at any strength; the estimate itself is not."""
    return _said(
        "weak-point",
        "The first stage is weak (F below {weakest:number1}): the Anderson-Rubin set is right all the same, but the estimate itself is not to be relied on, and it has no standard error.",
        "La première étape est faible (F inférieur à {weakest:number1}) : l'ensemble d'Anderson-Rubin reste valable, mais l'estimation elle-même n'est pas fiable et n'a pas d'erreur type.",
        weakest=weakest,
    )


def weak_total(weakest: float) -> Message:
    """The total is right at any strength; the compliers' means are not."""
    return _said(
        "weak-total",
        "The first stage is weak (F below {weakest:number1}): the total, which is that of the offer, is right all the same, but the compliers' means are not to be relied on.",
        "La première étape est faible (F inférieur à {weakest:number1}) : le total, qui est celui de l'offre, reste valable, mais les moyennes des compliants ne sont pas fiables.",
        weakest=weakest,
    )


def one_sided() -> Message:
    """Nobody took it up without an offer."""
    return _said(
        "one-sided",
        "Nobody took the programme up without being offered it (one-sided non-compliance): the effect is that on those who took part.",
        "Personne n'a suivi le programme sans qu'on le lui propose (non-observance d'un seul côté) : l'effet est celui sur les personnes qui ont participé.",
    )


def two_sided(always: float, never: float) -> Message:
    """Some take it up anyway, some never do."""
    return _said(
        "two-sided",
        "Some take the programme up without an offer ({always:percent}) and some do not with one ({never:percent}). The effect says nothing about them; and it rests on nobody doing the opposite of what is offered, which these data cannot show.",
        "Certains suivent le programme sans qu'on le leur propose ({always:percent}), d'autres ne le suivent pas quand on le leur propose ({never:percent}). L'effet ne dit rien d'eux ; et il suppose que personne ne fait le contraire de ce qui est proposé, ce que ces données ne peuvent montrer.",
        always=always,
        never=never,
    )


def always_with_offer(always: float) -> Message:
    """Everyone takes it up when offered."""
    return _said(
        "always",
        "Everyone who was offered the programme took it up, and {always:percent} of the others did too (one-sided non-compliance). The effect says nothing about people who take part anyway.",
        "Toutes les personnes à qui le programme a été proposé l'ont suivi, ainsi que {always:percent} des autres (non-observance d'un seul côté). L'effet ne dit rien des personnes qui participent de toute façon.",
        always=always,
    )


# --- target and method ------------------------------------------------------------------------


def target(units: int, share: float, *, measured_only: bool, blocked: bool) -> Message:
    """Compliers."""
    measured = (" whose outcome was measured", " dont l'indicateur a été mesuré")
    strata = (", strata weighted by their size", ", strates pondérées par leur taille")
    who = measured if measured_only else ("", "")
    how = strata if blocked else ("", "")
    return Message(
        "target.compliers",
        Text(
            en=f"Compliers: the people who take the programme up if it is offered and not otherwise, {{share:percent}} of the {{units:int}} units assigned{who[0]}{how[0]}. Who they are is not known one by one.",
            fr=f"Les compliants : les personnes qui suivent le programme si on le leur propose et non sinon, soit {{share:percent}} des {{units:int}} unités affectées{who[1]}{how[1]}. On ne sait pas les désigner une à une.",
        ),
        {"units": units, "share": share},
    )


def target_amount(units: int, received: str, *, offered: bool) -> Message:
    """The people whose amount of take-up the offer moved."""
    more = (
        (" The offer itself has several sizes.", " L'offre elle-même prend plusieurs valeurs.")
        if offered
        else ("", "")
    )
    return Message(
        "target.compliers-amount",
        Text(
            en=f"The people among the {{units:int}} units assigned whose take-up the offer moved. The effect is that of one unit more of `{{received:text}}`, averaged over them and over the stretches of take-up that the offer moved.{more[0]}",
            fr=f"Parmi les {{units:int}} unités affectées, les personnes dont l'offre a modifié la participation. L'effet est celui d'une unité de plus de « {{received:text}} », en moyenne sur ces personnes et sur les plages de participation que l'offre a déplacées.{more[1]}",
        ),
        {"units": units, "received": received},
    )


def formed(strata: int | None, covariates: tuple[str, ...]) -> Message:
    """How the effect was formed."""
    en = "The effect of the offer on the outcome divided by its effect on take-up (two-stage least squares with the offer as the instrument)"
    fr = "L'effet de l'offre sur l'indicateur divisé par son effet sur la participation (doubles moindres carrés, l'offre servant d'instrument)"
    values: dict[str, object] = {}
    if strata is not None:
        en += ", both averaged over {strata:int} strata by their size"
        fr += ", tous deux moyennés sur {strata:int} strates selon leur taille"
        values["strata"] = strata
    if covariates:
        en += ", both adjusted for {covariates:text}"
        fr += ", tous deux ajustés sur {covariates:text}"
        values["covariates"] = ", ".join(covariates)
    return _said("formed", f"{en}.", f"{fr}.", **values)


def inverted(label: str) -> Message:
    """The set of Anderson and Rubin."""
    return _said(
        "inverted",
        "Interval of Anderson and Rubin (" + label + "): every effect under which the offer made "
        "no difference beyond what it moved in take-up; right however weak the first stage is, and "
        "one-sided on the ground that the offer can only raise take-up.",
        "Intervalle d'Anderson et Rubin ("
        + label
        + ") : tous les effets compatibles avec une offre "
        "sans autre conséquence que la participation qu'elle suscite ; valable aussi faible que soit "
        "la première étape, et unilatéral au motif que l'offre ne peut qu'augmenter la participation.",
    )


def total(served: float, *, rate: bool) -> Message:
    """What the total is."""
    size = (
        ("the exposure of those offered the programme", "l'exposition des personnes visées")
        if rate
        else ("the offers made", "le nombre d'offres faites")
    )
    return _said(
        "total",
        f"The total is the effect of the offer times {{served:number}}, {size[0]}: the same as the complier effect times the compliers among them.",
        f"Le total est l'effet de l'offre multiplié par {{served:number}}, {size[1]} : c'est aussi l'effet sur les compliants multiplié par leur nombre parmi elles.",
        served=served,
    )


def relative() -> Message:
    """What the relative effect is."""
    return _said(
        "relative",
        "The relative effect is the compliers' mean with the programme over their mean without it, minus one; both are estimated from the offer and enter with their joint sampling error.",
        "L'effet relatif est la moyenne des compliants avec le programme rapportée à leur moyenne sans lui, moins un ; les deux sont estimées à partir de l'offre, avec leur erreur d'échantillonnage conjointe.",
    )


def standardised(spread: float) -> Message:
    """Whose standard deviation."""
    return _said(
        "standardised",
        "The effect is in standard deviations of everyone who was offered nothing ({spread:number}, n - 1 in the denominator), whose own sampling error is included.",
        "L'effet est exprimé en écarts types de l'ensemble des personnes à qui rien n'a été proposé ({spread:number}, dénominateur n - 1), dont l'erreur d'échantillonnage est comprise.",
        spread=spread,
    )


def scaled(scale: Scale, *, rate: bool, served: float, spread: float | None) -> Message | None:
    """What the scale adds; None on the scale difference."""
    match scale:
        case Scale.DIFFERENCE:
            return None
        case Scale.RELATIVE:
            return relative()
        case Scale.TOTAL:
            return total(served, rate=rate)
        case Scale.STANDARDISED:
            assert spread is not None  # computed on this scale; for mypy
            return standardised(spread)
