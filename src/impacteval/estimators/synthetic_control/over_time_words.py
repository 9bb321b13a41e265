"""What tests over time, the debiased t-test and prediction intervals say, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text

# --- refusals ---------------------------------------------------------------------------------


def several_dates(dates: int) -> Message:
    """Served places that do not start together."""
    return Message(
        "sc.several-dates",
        Text(
            en="The served places start at {dates:int} different dates, and this way of measuring chance follows them as one, before and after one date. Use inference placebo, or one estimate for each date.",
            fr="Les lieux servis commencent à {dates:int} dates différentes, or cette mesure du hasard les suit comme un seul, avant et après une même date. Utilisez inference placebo, ou une estimation par date.",
        ),
        {"dates": dates},
    )


def weightless_period(period: str) -> Message:
    """A period in which no served place has a weight."""
    return Message(
        "sc.weightless-period",
        Text(
            en="In the period {period:text} no served place has a weight, so that their mean does not exist there. Give them weights in every period from before, or leave out that period.",
            fr="À la période {period:text}, aucun lieu servi n'a de poids : leur moyenne n'y existe pas. Donnez-leur un poids à chaque période antérieure, ou écartez cette période.",
        ),
        {"period": period},
    )


def few_folds(before: int, folds: int) -> Message:
    """Fewer periods from before than folds."""
    return Message(
        "sc.few-folds",
        Text(
            en="The t-test leaves out {folds:int} blocks in turn, and there {before:plural:is|are} only {before:int} {before:plural:period|periods} from before the service. Ask for fewer folds, or add earlier periods.",
            fr="Le test t écarte tour à tour {folds:int} blocs, or il n'y a que {before:int} {before:plural:période|périodes} d'avant le service. Demandez moins de blocs (folds), ou ajoutez des périodes antérieures.",
        ),
        {"before": before, "folds": folds},
    )


def folds_agree() -> Message:
    """No difference between blocks, and so no error."""
    return Message(
        "sc.folds-agree",
        Text(
            en="Every block that is left out gives the same effect to the last digit, so that nothing tells how far chance may move it. Look for outcomes that were filled in or smoothed, or use inference placebo.",
            fr="Chaque bloc écarté donne le même effet au dernier chiffre près : rien ne dit de combien le hasard peut le déplacer. Cherchez des indicateurs imputés ou lissés, ou utilisez inference placebo.",
        ),
    )


def one_place(places: int) -> Message:
    """Several served places, where only one can be predicted."""
    return Message(
        "sc.one-place",
        Text(
            en="{places:int} places are served, and prediction intervals are for one. Use another inference, or one estimate for each place.",
            fr="{places:int} lieux sont servis, or les intervalles de prédiction valent pour un seul. Utilisez une autre inference, ou une estimation par lieu.",
        ),
        {"places": places},
    )


def met_exactly() -> Message:
    """A mix without any miss."""
    return Message(
        "sc.met-exactly",
        Text(
            en="The mix meets the served place exactly in every period from before, so that nothing tells how large the shock of a new period is. Add earlier periods, or use inference conformal.",
            fr="La combinaison rejoint exactement le lieu servi à chaque période antérieure : rien ne dit quelle est l'ampleur du choc d'une nouvelle période. Ajoutez des périodes antérieures, ou utilisez inference conformal.",
        ),
    )


# --- how chance was measured ------------------------------------------------------------------


def conformal(blocks: int, length: int, unused: int) -> Message:
    """The set of average effects that reordering residuals does not reject."""
    if length == 1:
        en = "For each possible effect the mix is fitted anew to all periods with that effect taken out, and the residual of the served period is held against the residuals of {blocks:int} periods from before. The set holds the effects whose residual is not among the largest; its ends are exact."
        fr = "Pour chaque effet possible, la combinaison est recalculée sur toutes les périodes, cet effet retiré, et le résidu de la période servie est comparé à ceux de {blocks:int} périodes antérieures. L'ensemble retient les effets dont le résidu n'est pas parmi les plus grands ; ses bornes sont exactes."
    else:
        en = "For each possible average effect the mix is fitted anew to means over blocks of {length:int} periods with that effect taken out, and the residual of the served block is held against the residuals of {blocks:int} {blocks:plural:block|blocks} from before{unused:text}. The set holds the effects whose residual is not among the largest; its ends are exact."
        fr = "Pour chaque effet moyen possible, la combinaison est recalculée sur des moyennes par blocs de {length:int} périodes, cet effet retiré, et le résidu du bloc servi est comparé à ceux de {blocks:int} {blocks:plural:bloc antérieur|blocs antérieurs}{unused:text}. L'ensemble retient les effets dont le résidu n'est pas parmi les plus grands ; ses bornes sont exactes."
    left = ("", "")
    if unused == 1:
        left = (
            " (the first period fills no block)",
            " (la première période ne remplit aucun bloc)",
        )
    elif unused > 1:
        left = (
            f" (the first {unused} periods fill no block)",
            f" (les {unused} premières périodes ne remplissent aucun bloc)",
        )
    return Message(
        "method.sc-conformal",
        Text(
            en=en.replace("{unused:text}", left[0]),
            fr=fr.replace("{unused:text}", left[1]),
        ),
        {"blocks": blocks, "length": length},
    )


def conformal_sides() -> Message:
    """The statistics of the two-sided and the one-sided question."""
    return Message(
        "method.sc-conformal-sides",
        Text(
            en="Two-sided sets compare the size of residuals, one-sided ones the residuals with their sign.",
            fr="Les ensembles bilatéraux comparent la taille des résidus, les unilatéraux les résidus avec leur signe.",
        ),
    )


def as_one(places: int) -> Message:
    """Several served places, followed as one."""
    return Message(
        "method.sc-as-one",
        Text(
            en="For this the {places:int} served places are followed as one, by their weighted mean in each period.",
            fr="Pour cela, les {places:int} lieux servis sont suivis comme un seul, par leur moyenne pondérée à chaque période.",
        ),
        {"places": places},
    )


def debiased(folds: int, length: int) -> Message:
    """The debiased effect and its t-test."""
    return Message(
        "method.sc-t-test",
        Text(
            en="Blocks of {length:int} {length:plural:period|periods} from before, {folds:int} of them, are left out of the fit in turn. The gap that a mix leaves in its block is its bias and is taken off the gap after the service; the effect is the mean over blocks, and Student's t with {df:int} degrees of freedom measures chance by how these differ. The path of the mix, and the table plug_in, have the effect without this correction.",
            fr="Des blocs de {length:int} {length:plural:période antérieure|périodes antérieures}, au nombre de {folds:int}, sont tour à tour écartés de l'ajustement. L'écart qu'une combinaison laisse dans son bloc est son biais, retranché de l'écart d'après le service ; l'effet est la moyenne sur les blocs, et la loi de Student à {df:int} degrés de liberté mesure le hasard par leurs différences. La trajectoire de la combinaison et la table plug_in portent l'effet sans cette correction.",
        ),
        {"folds": folds, "length": length, "df": folds - 1},
    )


def predicted(simulations: int, shocks: str) -> Message:
    """Prediction intervals."""
    law = {
        "sub-gaussian": Text(
            en="bounded as for a law whose tails are no heavier than the normal one's",
            fr="borné comme pour une loi dont les queues ne sont pas plus lourdes que celles de la loi normale",
        ),
        "location-scale": Text(
            en="read from the residuals, each over its own spread",
            fr="lu sur les résidus, chacun rapporté à sa propre dispersion",
        ),
    }[shocks]
    return Message(
        "method.sc-prediction",
        Text(
            en=f"What would have happened is predicted with two doubts: the weights were chosen on noisy periods, and in each of {{simulations:int}} draws of that noise go as far as still fits; and a new period has a shock of its own, {law.en}. Half of the chance of error goes to each. The average has the shock of one period.",
            fr=f"Ce qui aurait eu lieu est prédit avec deux doutes : les poids ont été choisis sur des périodes bruitées, et vont, à chacun des {{simulations:int}} tirages de ce bruit, aussi loin que l'ajustement le permet ; et une nouvelle période a un choc qui lui est propre, {law.fr}. Chacun reçoit la moitié du risque d'erreur. La moyenne a le choc d'une seule période.",
        ),
        {"simulations": simulations},
    )


# --- notes ------------------------------------------------------------------------------------


def few_blocks(blocks: int, length: int) -> Message:
    """Too few blocks for the usual level."""
    return Message(
        "sc.few-blocks",
        Text(
            en="Blocks of {length:int} {length:plural:period|periods} leave only {blocks:int} from before to compare with, so that no p-value is below 1/{all:int} and a set at a higher level has no ends. A window of fewer periods leaves more blocks; the table period_sets has the set of each period.",
            fr="Des blocs de {length:int} {length:plural:période|périodes} n'en laissent que {blocks:int} d'avant le service pour comparer : aucune valeur p n'est inférieure à 1/{all:int}, et un ensemble à un niveau plus élevé n'a pas de bornes. Une fenêtre (window) plus courte laisse plus de blocs ; la table period_sets donne l'ensemble de chaque période.",
        ),
        {"blocks": blocks, "length": length, "all": blocks + 1},
    )
