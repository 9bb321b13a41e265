"""What `synthetic-did` says to people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from impacteval.estimators.synthetic_control.messages import some
from impacteval.values import Message, Text

# --- refusals ---------------------------------------------------------------------------------


def no_noise() -> Message:
    """Donors that all change alike before the service."""
    return Message(
        "sdid.no-noise",
        Text(
            en="Before the service, the places never served all change by one and the same amount in every period. Any mix of them fits alike, so that their weights cannot be found. Use difference-in-differences.",
            fr="Avant le service, les lieux jamais servis évoluent tous d'un seul et même montant à chaque période. Toute combinaison s'ajuste aussi bien : leurs poids ne peuvent être trouvés. Utilisez difference-in-differences.",
        ),
    )


def no_spread(variance: str) -> Message:
    """A standard error of zero."""
    return Message(
        "sdid.no-spread",
        Text(
            en="What variance {variance:text} compares gives one and the same effect every time, so that chance cannot be measured. Use another variance, or add places that were not served.",
            fr="Ce que compare la variance {variance:text} donne toujours un seul et même effet : le hasard ne peut être mesuré. Utilisez une autre variance, ou ajoutez des lieux non servis.",
        ),
        {"variance": variance},
    )


def few_placebos(donors: int, served: int) -> Message:
    """Not more donors than served."""
    return Message(
        "sdid.few-placebos",
        Text(
            en="{donors:int} {donors:plural:place is|places are} never served and {served:int} {served:plural:is|are}. Placebos put places never served in the stead of those served, and need more of them. Add places that were not served, or, where several places begin at each date, use variance jackknife or bootstrap.",
            fr="{donors:int} {donors:plural:lieu n'est jamais servi|lieux ne sont jamais servis} et {served:int} {served:plural:l'est|le sont}. Les placebos mettent des lieux jamais servis à la place des lieux servis, et il en faut davantage. Ajoutez des lieux non servis ou, si plusieurs lieux commencent à chaque date, utilisez la variance jackknife ou bootstrap.",
        ),
        {"donors": donors, "served": served},
    )


def alone(variance: str, names: Sequence[str]) -> Message:
    """Served places without another one beside them."""
    return Message(
        "sdid.alone",
        Text(
            en="Variance {variance:text} compares served places with each other, and {count:plural:one begins|some begin} alone ({names:text}). Use variance placebo, which compares with places never served.",
            fr="La variance {variance:text} compare les lieux servis entre eux, or {count:plural:l'un commence seul|certains commencent seuls} ({names:text}). Utilisez la variance placebo, qui compare aux lieux jamais servis.",
        ),
        {"variance": variance, "names": some(names), "count": len(names)},
    )


def one_donor(name: str) -> Message:
    """A mix of a single donor, which cannot be left out."""
    return Message(
        "sdid.one-donor",
        Text(
            en="Variance jackknife leaves out each place in turn and keeps the weights, and the whole weight lies on one place ({name:text}): nothing is left to compare with. Use variance placebo.",
            fr="La variance jackknife retire chaque lieu tour à tour en gardant les poids, or tout le poids porte sur un seul lieu ({name:text}) : il ne reste rien à comparer. Utilisez la variance placebo.",
        ),
        {"name": name},
    )


def tangled(names: Sequence[str]) -> Message:
    """Covariates whose slopes cannot be told apart."""
    return Message(
        "sdid.tangled",
        Text(
            en="Within the places never served, the covariates {names:text} say the same as each other, so that what goes with each cannot be told. Leave some out.",
            fr="Au sein des lieux jamais servis, les covariables {names:text} disent la même chose les unes que les autres : ce qui revient à chacune ne peut être démêlé. Retirez-en.",
        ),
        {"names": ", ".join(names)},
    )


def missing_covariates(names: Sequence[str]) -> Message:
    """Covariates with holes."""
    return Message(
        "sdid.missing-covariates",
        Text(
            en="The covariates {names:text} are missing in some places and periods. Complete them, or leave them out.",
            fr="Les covariables {names:text} manquent dans certains lieux et périodes. Complétez-les, ou retirez-les.",
        ),
        {"names": ", ".join(names)},
    )


# --- notes ------------------------------------------------------------------------------------


def constant_covariates(names: Sequence[str]) -> Message:
    """Covariates that are no different from levels and periods."""
    return Message(
        "sdid.constant-covariates",
        Text(
            en="{count:plural:The covariate|The covariates} {names:text} {count:plural:has|have} no say: within the places never served {count:plural:it changes|they change} only as places or periods as a whole do, and both are taken out already.",
            fr="{count:plural:La covariable|Les covariables} {names:text} {count:plural:n'a|n'ont} pas d'influence : au sein des lieux jamais servis, {count:plural:elle ne varie|elles ne varient} que comme les lieux ou les périodes dans leur ensemble, déjà pris en compte.",
        ),
        {"names": ", ".join(names), "count": len(names)},
    )


def few_to_tell(placements: int) -> Message:
    """Few placebos."""
    return Message(
        "sdid.few-to-tell",
        Text(
            en="The standard error rests on {placements:int} placebos only, and is itself uncertain.",
            fr="L'erreur type ne repose que sur {placements:int} placebos, et elle est elle-même incertaine.",
        ),
        {"placements": placements},
    )


def too_few_to_tell(placements: int) -> Message:
    """So few placebos that their spread says nothing."""
    return Message(
        "sdid.too-few-to-tell",
        Text(
            en="There are only {placements:int} placebos, and the spread of so few says nothing: the effect is given without uncertainty. Add places that were not served.",
            fr="Il n'y a que {placements:int} placebos, et la dispersion d'un si petit nombre ne dit rien : l'effet est donné sans incertitude. Ajoutez des lieux non servis.",
        ),
        {"placements": placements},
    )


def few_served(variance: str, served: int) -> Message:
    """Few served places for a variance that compares them."""
    return Message(
        "sdid.few-served",
        Text(
            en="Variance {variance:text} compares {served:int} served places with each other; with so few it tends to be too small. Variance placebo does not depend on how many are served.",
            fr="La variance {variance:text} compare {served:int} lieux servis entre eux ; avec si peu, elle tend à être trop faible. La variance placebo ne dépend pas du nombre de lieux servis.",
        ),
        {"variance": variance, "served": served},
    )


# --- method -----------------------------------------------------------------------------------


def formed(served: int, donors: int, cohorts: int) -> Message:
    """How the effect is formed."""
    en = fr = ""
    if cohorts > 1:
        en = " Each of the {cohorts:int} dates at which the service began has weights of its own, and counts by its served places and periods."
        fr = " Chacune des {cohorts:int} dates de début du service a ses propres poids, et compte selon ses lieux et périodes servis."
    return Message(
        "method.sdid-formed",
        Text(
            en="The change of {places:int} served {places:plural:place|places}, from a weighted mean of the periods before the service to those after it, less the same change in a mix of {donors:int} places never served. The mix is chosen to move with the served places before the service, whatever its level; the periods before are weighted to be like those after among the places never served."
            + en,
            fr="L'évolution de {places:int} {places:plural:lieu servi|lieux servis}, d'une moyenne pondérée des périodes d'avant le service à celles d'après, moins la même évolution dans une combinaison de {donors:int} lieux jamais servis. La combinaison est choisie pour bouger comme les lieux servis avant le service, quel que soit son niveau ; les périodes d'avant sont pondérées pour ressembler à celles d'après parmi les lieux jamais servis."
            + fr,
        ),
        {"places": served, "donors": donors, "cohorts": cohorts},
    )


def adjusted(names: Sequence[str]) -> Message:
    """What covariates do."""
    return Message(
        "method.sdid-adjusted",
        Text(
            en="Outcomes are first adjusted for {covariates:text}, with slopes from the places never served (least squares with an effect of each place and period).",
            fr="Les résultats sont d'abord ajustés pour {covariates:text}, avec des pentes tirées des lieux jamais servis (moindres carrés avec un effet de chaque lieu et de chaque période).",
        ),
        {"covariates": ", ".join(names)},
    )


def placebo(placements: int, *, every: bool) -> Message:
    """The placebo standard error."""
    chosen = (
        Text(en="all {placements:int} ways", fr="toutes les {placements:int} façons")
        if every
        else Text(
            en="{placements:int} ways, drawn by lot,", fr="{placements:int} façons, tirées au sort,"
        )
    )
    return Message(
        "method.sdid-placebo",
        Text(
            en=f"The standard error is the spread of the effects that appear in {chosen.en} of putting places never served in the stead of those served, where there is no effect; the interval is normal.",
            fr=f"L'erreur type est la dispersion des effets qui apparaissent dans {chosen.fr} de mettre des lieux jamais servis à la place des lieux servis, là où il n'y a pas d'effet ; l'intervalle est normal.",
        ),
        {"placements": placements},
    )


def jackknife(places: int) -> Message:
    """The jackknife standard error."""
    return Message(
        "method.sdid-jackknife",
        Text(
            en="The standard error is that of the jackknife: each of the {all:int} places is left out in turn, and the weights of the others are kept; the interval is normal.",
            fr="L'erreur type est celle du jackknife : chacun des {all:int} lieux est retiré tour à tour, et les poids des autres sont gardés ; l'intervalle est normal.",
        ),
        {"all": places},
    )


def bootstrap(draws: int) -> Message:
    """The bootstrap standard error."""
    return Message(
        "method.sdid-bootstrap",
        Text(
            en="The standard error is the spread over {draws:int} draws of whole places with replacement, weights found anew in each; the interval is normal.",
            fr="L'erreur type est la dispersion sur {draws:int} tirages avec remise de lieux entiers, poids recalculés à chaque fois ; l'intervalle est normal.",
        ),
        {"draws": draws},
    )
