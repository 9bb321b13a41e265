"""What is said about effects in parts of the people."""

from __future__ import annotations

from impacteval.values import Message, Text

UNFIT = Message(
    "subgroups.unfit",
    Text(
        en="These people alone do not make a sample of the planned design.",
        fr="Ces personnes ne forment pas à elles seules un échantillon du plan d'étude prévu.",
    ),
)
NO_JOINT = Message(
    "subgroups.no-joint",
    Text(
        en=(
            "How the errors of the groups go together is not known with this method, so looking at "
            "several is allowed for by Holm's correction, which holds whatever they do."
        ),
        fr=(
            "Avec cette méthode, on ignore comment les erreurs des groupes vont ensemble : regarder "
            "plusieurs groupes est pris en compte par la correction de Holm, valable dans tous les cas."
        ),
    ),
)
ALONE = Message(
    "subgroups.alone",
    Text(
        en="Fewer than two groups have an estimate, so there is nothing to compare.",
        fr="Moins de deux groupes ont une estimation : il n'y a rien à comparer.",
    ),
)
NO_INFLUENCE = Message(
    "subgroups.no-influence",
    Text(
        en="The method does not say how the errors of the groups go together, so their effects are not compared.",
        fr=(
            "La méthode ne dit pas comment les erreurs des groupes vont ensemble : leurs effets ne sont "
            "pas comparés."
        ),
    ),
)
TOO_FEW = Message(
    "subgroups.too-few",
    Text(
        en="There are too few people or places to compare the effects of so many groups.",
        fr="Il y a trop peu de personnes ou de lieux pour comparer les effets d'autant de groupes.",
    ),
)
_NO_FLOOR = Text(
    en="The method gives no one-sided test, so it does not say whether group “{label:text}” reaches the floor.",
    fr=(
        "La méthode ne donne pas de test unilatéral : elle ne dit pas si le groupe « {label:text} » atteint "
        "le plancher."
    ),
)


def no_floor(label: str) -> Message:
    """The method cannot say whether a group reaches the floor."""
    return Message("subgroups.no-floor", _NO_FLOOR, {"label": label})


_SAME = Text(
    en="In group “{label:text}”, covariates that are the same for everyone adjust nothing and are left out: {covariates:text}.",
    fr=(
        "Dans le groupe « {label:text} », les covariables identiques pour tout le monde n'ajustent rien et "
        "sont laissées de côté : {covariates:text}."
    ),
)


def same_covariates(label: str, names: tuple[str, ...]) -> Message:
    """Covariates that do not vary in a group."""
    return Message("subgroups.same", _SAME, {"label": label, "covariates": ", ".join(names)})
