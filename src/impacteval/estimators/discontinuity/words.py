"""What a comparison at a line says to people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Scale, Text

# --- refusals ---------------------------------------------------------------------------------


def no_scale(scale: Scale) -> str:
    """A scale that this effect does not have."""
    return (
        f"scale {scale.value} is not offered by regression-discontinuity: the effect is about people at the "
        "line, of whom there is no total and no spread. Write difference or relative."
    )


def another_design(design: str) -> Message:
    """The sample is of another design."""
    return Message(
        "discontinuity.another-design",
        Text(
            en="This method compares people on both sides of a cutoff, and the sample's design is {design:text}. Choose a method for that design.",
            fr="Cette méthode compare des personnes de part et d'autre d'un seuil, or le plan de l'échantillon est {design:text}. Choisissez une méthode adaptée à ce plan.",
        ),
        {"design": design},
    )


def strata() -> Message:
    """Strata or pairs, which have no part in this method."""
    return Message(
        "discontinuity.strata",
        Text(
            en="Strata and pairs have no part in a comparison at a line. Leave the role out of the plan, or estimate each stratum by itself as a group.",
            fr="Les strates et les paires n'ont pas de place dans une comparaison à un seuil. Retirez ce rôle du plan d'analyse, ou estimez chaque strate séparément, en tant que groupe.",
        ),
    )


def several_lines(lines: int) -> Message:
    """Not one cutoff."""
    return Message(
        "discontinuity.several-lines",
        Text(
            en="The sample has {lines:int} different cutoffs, and the effect is that at one. Estimate each by itself, as a group.",
            fr="L'échantillon comporte {lines:int} seuils différents, or l'effet est celui à un seuil. Estimez chacun séparément, en tant que groupe.",
        ),
        {"lines": lines},
    )


def fuzzy(unserved: int, served: int) -> Message:
    """The line did not decide alone who was served."""
    return Message(
        "discontinuity.fuzzy",
        Text(
            en="The line did not decide alone who was served: {unserved:int} people on the side that is served were not, and {served:int} on the other side were. A jump then is not the effect of the service, and this method does not divide it by the jump in service. Check the cutoff; without the treatment column the jump is the effect of the offer.",
            fr="Le seuil n'a pas décidé seul de qui était servi : {unserved:int} personnes du côté servi ne l'ont pas été, et {served:int} de l'autre côté l'ont été. Un saut n'est alors pas l'effet du service, et cette méthode ne le divise pas par le saut de la participation. Vérifiez le seuil ; sans la colonne de traitement, le saut est l'effet de la proposition.",
        ),
        {"unserved": unserved, "served": served},
    )


def at_the_line(people: int) -> Message:
    """Only people exactly on the line contradict it."""
    return Message(
        "discontinuity.at-the-line",
        Text(
            en="{people:int} {people:plural:person|people} exactly at the cutoff {people:plural:stands|stand} on the other side in the treatment column. The setting side says to which side the line itself belongs: at_or_above and at_or_below serve it, above and below do not.",
            fr="{people:int} {people:plural:personne située|personnes situées} exactement au seuil {people:plural:figure|figurent} de l'autre côté dans la colonne de traitement. L'option side dit à quel côté appartient le seuil lui-même : at_or_above et at_or_below le servent, above et below non.",
        ),
        {"people": people},
    )


def other_side() -> Message:
    """The other side is served."""
    return Message(
        "discontinuity.other-side",
        Text(
            en="By the treatment column the other side of the cutoff is served. Turn the setting side: at_or_above for above, at_or_below or below for below.",
            fr="D'après la colonne de traitement, c'est l'autre côté du seuil qui est servi. Inversez l'option side : at_or_above ou above pour le dessus, at_or_below ou below pour le dessous.",
        ),
    )


def too_few(served: int, others: int, fewest: int, *, clustered: bool) -> Message:
    """Too few people, or clusters, near the line."""
    who = ("clusters", "grappes") if clustered else ("people", "personnes")
    return Message(
        "discontinuity.too-few" + ("-clusters" if clustered else ""),
        Text(
            en=f"Near the line there are {{served:int}} {who[0]} on the side that is served and {{others:int}} on the other; {{fewest:int}} on each are needed. A wider bandwidth uses more, at the price of people who are less alike.",
            fr=f"Près du seuil se trouvent {{served:int}} {who[1]} du côté servi et {{others:int}} de l'autre ; il en faut {{fewest:int}} de chaque côté. Une fenêtre plus large en utilise davantage, au prix de personnes moins semblables.",
        ),
        {"served": served, "others": others, "fewest": fewest},
    )


def too_few_values() -> Message:
    """A curve needs more distinct distances than there are."""
    return Message(
        "discontinuity.too-few-values",
        Text(
            en="Near the line the running variable takes too few different values on a side for a curve. Use a wider bandwidth or a finer measure.",
            fr="Près du seuil, la variable d'affectation prend trop peu de valeurs différentes d'un côté pour y ajuster une courbe. Élargissez la fenêtre ou utilisez une mesure plus fine.",
        ),
    )


def no_bandwidth() -> Message:
    """The data cannot say how far to go from the line."""
    return Message(
        "discontinuity.no-bandwidth",
        Text(
            en="The data cannot tell how far from the line people should be used: a side has too few different values of the running variable, or too few clusters. Give the setting bandwidth, or use a finer measure.",
            fr="Les données ne permettent pas de dire jusqu'à quelle distance du seuil utiliser des personnes : un côté a trop peu de valeurs différentes de la variable d'affectation, ou trop peu de grappes. Indiquez l'option bandwidth, ou utilisez une mesure plus fine.",
        ),
    )


# --- notes ------------------------------------------------------------------------------------


def heaped(served: int, others: int, share: float) -> Message:
    """Many people share a value of the running variable."""
    return Message(
        "discontinuity.heaped",
        Text(
            en="Many people share a value of the running variable: there are {served:int} different values on the side that is served and {others:int} on the other, and on one side up to {share:percent} of people add none. The curve between values is assumed; with few values the interval is too sure.",
            fr="Beaucoup de personnes partagent une même valeur de la variable d'affectation : il y a {served:int} valeurs différentes du côté servi et {others:int} de l'autre, et d'un côté jusqu'à {share:percent} des personnes n'en ajoutent aucune. La courbe entre les valeurs est supposée ; avec peu de valeurs, l'intervalle est trop sûr de lui.",
        ),
        {"served": served, "others": others, "share": share},
    )


# --- whom, and how ----------------------------------------------------------------------------


def target(line: float, bandwidth: float, served: int, others: int) -> Message:
    """Whom the effect is about."""
    return Message(
        "target.at-the-line",
        Text(
            en="People exactly at the line ({line:number}), not those served on average: told from {served:int} served and {others:int} others within {reach:number} of it",
            fr="Les personnes exactement au seuil ({line:number}), et non les bénéficiaires en moyenne : d'après {served:int} servies et {others:int} autres à moins de {reach:number}",
        ),
        {"line": line, "reach": bandwidth, "served": served, "others": others},
    )


def formed(polynomial: int, kernel: str) -> Message:
    """What is compared."""
    curve = ("straight line", "une droite") if polynomial == 1 else ("parabola", "une parabole")
    how = {
        "triangular": ("the nearer, the more they count", "comptant d'autant plus qu'elles en sont proches"),
        "epanechnikov": ("the nearer, the more they count (Epanechnikov)", "comptant d'autant plus qu'elles en sont proches (Epanechnikov)"),
        "uniform": ("all counting alike", "comptant toutes autant"),
    }[kernel]  # fmt: skip
    return Message(
        f"method.at-line-{polynomial}-{kernel}",
        Text(
            en=f"On each side of the line a {curve[0]} is fitted to people near it, {how[0]}; the effect is the jump between both at the line, less the bias that a curve of the next order shows.",
            fr=f"De chaque côté du seuil, {curve[1]} est ajustée aux personnes proches, {how[1]} ; l'effet est le saut entre les deux au seuil, diminué du biais que révèle une courbe d'un degré de plus.",
        ),
    )


def bandwidth(main: float, *, chosen: bool) -> Message:
    """How near is near."""
    if chosen:
        text = Text(
            en="Near is within {main:number} of the line: the distance with the smallest mean squared error (Calonico, Cattaneo and Titiunik 2014).",
            fr="Proche veut dire à moins de {main:number} du seuil : la distance dont l'erreur quadratique moyenne est la plus petite (Calonico, Cattaneo et Titiunik 2014).",
        )
    else:
        text = Text(
            en="Near is within {main:number} of the line, as the plan says.",
            fr="Proche veut dire à moins de {main:number} du seuil, comme le dit le plan d'analyse.",
        )
    return Message(f"method.line-bandwidth-{'chosen' if chosen else 'given'}", text, {"main": main})


def errors(clusters: int | None) -> Message:
    """Which standard error and which law."""
    if clusters is None:
        return Message(
            "method.line-errors",
            Text(
                en="Standard error: robust, from each person's three nearest neighbours on the same side, and counting that the bias was estimated. The interval rests on the normal law.",
                fr="Erreur type : robuste, d'après les trois plus proches voisins de chaque personne du même côté, et tenant compte de l'estimation du biais. L'intervalle repose sur la loi normale.",
            ),
        )
    return Message(
        "method.line-errors-clusters",
        Text(
            en="Standard error: summed within {clusters:int} clusters (CR1), and counting that the bias was estimated. Student's t with two degrees of freedom fewer than there are clusters.",
            fr="Erreur type : sommée au sein de {clusters:int} grappes (CR1), et tenant compte de l'estimation du biais. Loi de Student avec deux degrés de liberté de moins que de grappes.",
        ),
        {"clusters": clusters},
    )
