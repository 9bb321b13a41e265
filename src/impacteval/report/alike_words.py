"""What reports say about comparisons with similar people, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text

ALIKE = 0.1
"""A standardised difference up to this is commonly taken for likeness (Austin 2009)."""
FAR = 0.25
"""Beyond this, what is done about the rest depends on the model (Rubin 2001; Stuart 2010)."""

DESIGN = (
    Text(
        en=(
            "Nobody drew lots. People who were not served and who resemble those served in everything "
            "that was measured show what would have happened otherwise. That they also resemble them in what "
            "was not measured is assumed."
        ),
        fr=(
            "Il n'y a pas eu de tirage au sort. Des personnes non servies, semblables aux bénéficiaires en tout "
            "ce qui a été mesuré, montrent ce qui se serait passé autrement. On suppose qu'elles leur "
            "ressemblent aussi en ce qui n'a pas été mesuré."
        ),
    ),
    Text(
        en="{served:int} served, compared with {others:int} others.",
        fr="{served:int} bénéficiaires, comparés à {others:int} autres.",
    ),
)


def compared(served: int, used: int, others: int, used_others: int, effective: float) -> Message:
    """Who is in the comparison."""
    return Message(
        "alike.compared",
        Text(
            en="Of {served:int} served, {used:int} are compared; of {others:int} others in the data, {used_others:int} are used. Since some count more than others, they tell as much as {effective:int} people of equal weight.",
            fr="Sur {served:int} bénéficiaires, {used:int} sont comparés ; sur {others:int} autres personnes des données, {used_others:int} sont utilisées. Comme certaines comptent plus que d'autres, elles renseignent autant que {effective:int} personnes de même poids.",
        ),
        {
            "served": served,
            "used": used,
            "others": others,
            "used_others": used_others,
            "effective": round(effective),
        },
    )


def likeness(before: float, after: float, covariate: object) -> Message:
    """How far the two groups still are from each other."""
    return Message(
        "alike.largest",
        Text(
            en="The largest difference between the two groups was {before:number} standard deviations in the data as they are; in the comparison it is {after:number} ({covariate:text}).",
            fr="Le plus grand écart entre les deux groupes était de {before:number} écart-type dans les données telles quelles ; dans la comparaison il est de {after:number} ({covariate:text}).",
        ),
        {"before": before, "after": after, "covariate": covariate},
    )


def unlike(count: int, largest: float) -> Message:
    """Groups that still differ."""
    worst = largest > FAR
    return Message(
        "alike.far" if worst else "alike.unlike",
        Text(
            en="{count:int} {count:plural:characteristic still differs|characteristics still differ} by more than {limit:number} standard deviations"
            + (
                ", the largest by more than {far:number}: the result then rests on what was assumed about it, and not on people who are alike."
                if worst
                else ", which is commonly taken as the limit of likeness ({far:number} being far beyond it)."
            ),
            fr="{count:int} {count:plural:caractéristique diffère encore|caractéristiques diffèrent encore} de plus de {limit:number} écart-type"
            + (
                ", la plus éloignée de plus de {far:number} : le résultat repose alors sur ce que l'on suppose et non sur des personnes semblables."
                if worst
                else ", limite couramment retenue pour parler de ressemblance ({far:number} étant très au-delà)."
            ),
        ),
        {"count": count, "limit": ALIKE, "far": FAR},
    )


def left_out(count: int, of: int) -> Message:
    """Served people without anybody comparable."""
    return Message(
        "alike.left-out",
        Text(
            en="For {count:int} of {of:int} served nobody comparable was found. The result says nothing about them.",
            fr="Pour {count:int} bénéficiaires sur {of:int}, personne de comparable n'a été trouvé. Le résultat ne dit rien à leur sujet.",
        ),
        {"count": count, "of": of},
    )
