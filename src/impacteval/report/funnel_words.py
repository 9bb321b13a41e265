"""What the report says of everyone eligible."""

from __future__ import annotations

from impacteval.values import LEAST_SHOWN, Message, Text

TABLE = Message("funnel.table", Text(en="In the table of everyone concerned", fr="Dans la table de toutes les personnes concernées"))  # fmt: skip
RULE = Text(
    en="Left out by the rule on `{column}`: {because}",
    fr="Écartées par la règle sur « {column} » : {because}",
)
ELIGIBLE = Message("funnel.eligible", Text(en="Eligible", fr="Éligibles"))
REFERRED = Message("funnel.referred", Text(en="Referred", fr="Orientées"))
ACCEPTED = Message("funnel.accepted", Text(en="Taken on", fr="Prises en charge"))
MEASURED = {
    True: Message("funnel.measured", Text(en="Of everyone eligible, outcome known", fr="Parmi toutes les personnes éligibles, résultat connu")),
    False: Message("funnel.measured-of-accepted", Text(en="Of those taken on, outcome known", fr="Parmi les personnes prises en charge, résultat connu")),
}  # fmt: skip

HIDDEN = Message(
    "funnel.hidden",
    Text(
        en="Some counts are not shown: beside the others they would tell a group of fewer than {least:int} "
        "people.",
        fr="Certains effectifs ne sont pas montrés : à côté des autres, ils feraient connaître un groupe "
        "de moins de {least:int} personnes.",
    ),
    {"least": LEAST_SHOWN},
)
OUTSIDE = Text(
    en="{what} although the rules leave them out: {n:int}.",
    fr="{what} bien que les règles les écartent : {n:int}.",
)
OUTSIDE_HIDDEN = Text(
    en="{what} although the rules leave them out: some, too few to be counted here.",
    fr="{what} bien que les règles les écartent : quelques-unes, trop peu pour être comptées ici.",
)
WERE_REFERRED = Text(en="Referred", fr="Orientées")
WERE_ACCEPTED = Text(en="Taken on", fr="Prises en charge")
ELSEWHERE = Text(
    en="Rows of the table that belong to no group that is judged: {n:int}.",
    fr="Lignes de la table qui n'appartiennent à aucun groupe jugé : {n:int}.",
)
LINKED = Text(
    en="{whose} here and those served in the analysis of “{outcome}” are the same {n:int} people.",
    fr="{whose} ici et les personnes servies dans l'analyse de « {outcome} » sont les mêmes {n:int} "
    "personnes.",
)
NOT_LINKED = Text(
    en="{whose} here and those served in the analysis of “{outcome}” are not the same people: {here} only "
    "here, {there} only there.",
    fr="{whose} ici et les personnes servies dans l'analyse de « {outcome} » ne sont pas les mêmes : "
    "{here} seulement ici, {there} seulement là.",
)
EVERYONE = Text(en="Everyone eligible", fr="Les personnes éligibles")
TAKEN_ON = Text(en="Those taken on", fr="Les personnes prises en charge")
FEW = Text(
    en=f"1 to {LEAST_SHOWN - 1}",
    fr=f"1 à {LEAST_SHOWN - 1}",
)

_LEFT = {
    ("referred", False): Text(en="Those never referred", fr="Les personnes jamais orientées"),
    ("accepted", False): Text(en="Those referred and not taken on", fr="Les personnes orientées et non prises en charge"),
    ("accepted", True): Text(en="Those not taken on", fr="Les personnes non prises en charge"),
    ("measured", False): Text(en="Those whose outcome is not known", fr="Les personnes dont le résultat n'est pas connu"),
}  # fmt: skip
_DIFFER = Text(
    en="{left} differ most from those who went on in “{covariate}”: {largest:number} standard deviations; a "
    "lot among them would give {expected:number} on average. Taken together, the profile differs as "
    "much in {p:percent} of such lots.",
    fr="{left} diffèrent le plus de celles qui ont continué par « {covariate} » : {largest:number} "
    "écart-type ; un tirage au sort parmi elles en donnerait {expected:number} en moyenne. Dans son "
    "ensemble, le profil diffère autant dans {p:percent} de ces tirages.",
)
_TOO_FEW = Text(
    en="{left}, or those who went on, are too few to be shown.",
    fr="{left}, ou celles qui ont continué, sont trop peu nombreuses pour être montrées.",
)
_NOBODY = Text(en="{left}: nobody.", fr="{left} : aucune.")
_ALIKE = Text(
    en="{left} do not differ from the others in anything the profile holds, or it holds too little.",
    fr="{left} ne diffèrent des autres par rien de ce que contient le profil, ou il en contient trop peu.",
)


_NOT_TAKEN_ON = (
    "of the {n:int} people eligible, {left:int} were not taken on (section 3).",
    "sur les {n:int} personnes éligibles, {left:int} n'ont pas été prises en charge (partie 3).",
)


def not_taken_on(group: Text | None, left: int, n: int) -> Message:
    """How many of those eligible were not taken on."""
    en, fr = _NOT_TAKEN_ON
    values: dict[str, object] = {"left": left, "n": n}
    if group is None:
        en, fr = en[0].upper() + en[1:], fr[0].upper() + fr[1:]
    else:
        values["group"] = group
        en, fr = f"{{group}}: {en}", f"{{group}} : {fr}"
    return Message("left-out.not-taken-on", Text(en=en, fr=fr), values)


def who(step: str, from_referral: bool) -> Text:
    """Those left out at a step."""
    return _LEFT[step, from_referral]


def differ(
    step: str, from_referral: bool, covariate: Text, largest: float, expected: float, p: float
) -> Message:
    """How unlike those left out are."""
    return Message(
        "funnel.differ",
        _DIFFER,
        {
            "left": who(step, from_referral),
            "covariate": covariate,
            "largest": largest,
            "expected": expected,
            "p": p,
        },
    )


def too_few(step: str, from_referral: bool) -> Message:
    """Too few to be shown."""
    return Message("funnel.too-few", _TOO_FEW, {"left": who(step, from_referral)})


def nobody(step: str, from_referral: bool) -> Message:
    """Nobody was left out."""
    return Message("funnel.nobody", _NOBODY, {"left": who(step, from_referral)})


def alike(step: str, from_referral: bool) -> Message:
    """Nothing to tell them apart by."""
    return Message("funnel.alike", _ALIKE, {"left": who(step, from_referral)})


def not_known(name: Text) -> Text:
    """A characteristic that is not known of everyone."""
    return Text(en=f"{name.en}, known or not", fr=f"{name.fr}, connu ou non")
