"""What the estimators without a comparison say, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from impacteval.values import Message, Text


def _message(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"counts.{key}", Text(en=en, fr=fr), values)


def joined(key: str, sentences: Sequence[Message]) -> Message:
    """Several sentences as one; their values keep apart because each is named once."""
    values: dict[str, Any] = {}
    for sentence in sentences:
        values |= dict(sentence.values)
    return Message(
        key,
        Text(en=" ".join(s.text.en for s in sentences), fr=" ".join(s.text.fr for s in sentences)),
        values,
    )


# --- refusals ---------------------------------------------------------------------------------


def several_periods(periods: int) -> Message:
    """More than one row a case."""
    return _message(
        "several-periods",
        "The data hold {periods:int} periods. This method takes one row for each case; count each period by itself, or choose a method for panels.",
        "Les données couvrent {periods:int} périodes. Cette méthode attend une ligne par dossier ; comptez chaque période à part, ou choisissez une méthode pour données répétées.",
        periods=periods,
    )


def role_unknown(role: str) -> Message:
    """A role that the method would have to ignore."""
    return _message(
        "role-unknown",
        "The plan names a column for {role:text}, which this method cannot take into account. Remove it, or choose another method.",
        "Le plan indique une colonne pour « {role:text} », dont cette méthode ne peut pas tenir compte. Retirez-la, ou choisissez une autre méthode.",
        role=role,
    )


def nothing_measured() -> Message:
    """No case has a value."""
    return _message(
        "nothing-measured",
        "No case has a recorded outcome, so there is nothing to count.",
        "Aucun dossier n'a de résultat enregistré : il n'y a rien à compter.",
    )


def not_whole(cases: int, first: str) -> Message:
    """Counts that are not whole numbers of zero or more."""
    return _message(
        "not-whole",
        "A count needs a whole number of 0 or more for each case; {cases:int} {cases:plural:case has|cases have} something else (the first: {first:text}).",
        "Un décompte suppose pour chaque dossier un nombre entier, 0 ou plus ; {cases:int} {cases:plural:dossier contient|dossiers contiennent} autre chose (le premier : {first:text}).",
        cases=cases,
        first=first,
    )


def not_yes_or_no(cases: int, first: str, audited: bool) -> Message:
    """Values other than 0 and 1 where each case either counts or does not."""
    if audited:
        return _message(
            "not-yes-or-no-audited",
            "An audit says of each case that it counts (1) or does not (0); {cases:int} {cases:plural:case has|cases have} another number (the first: {first:text}). Give each unit that is paid for a row of its own.",
            "Un audit dit de chaque dossier s'il compte (1) ou non (0) ; {cases:int} {cases:plural:dossier contient|dossiers contiennent} un autre nombre (le premier : {first:text}). Donnez une ligne à chaque unité payée.",
            cases=cases,
            first=first,
        )
    return _message(
        "not-yes-or-no",
        "A rate needs 1 for each case that reached the outcome and 0 for each that did not; {cases:int} {cases:plural:case has|cases have} another number (the first: {first:text}).",
        "Un taux suppose 1 pour chaque dossier qui a atteint le résultat et 0 pour chaque autre ; {cases:int} {cases:plural:dossier contient|dossiers contiennent} un autre nombre (le premier : {first:text}).",
        cases=cases,
        first=first,
    )


def nothing_checked(strata: Sequence[str]) -> Message:
    """Claimed cases of which none was checked again."""
    if not strata:
        return _message(
            "nothing-checked",
            "An audit is named, and none of the claimed cases was checked again.",
            "Un audit est annoncé, et aucun des dossiers déclarés n'a été contrôlé une seconde fois.",
        )
    shown = ", ".join(strata[:5]) + (", …" if len(strata) > 5 else "")
    return _message(
        "stratum-not-checked",
        "The audit is read by strata, and in {n:int} of them ({names:text}) no claimed case was checked again: nothing is known about these. Check some, or merge strata in a way that was fixed before the audit.",
        "L'audit se lit par strates, et dans {n:int} d'entre elles ({names:text}) aucun dossier déclaré n'a été contrôlé une seconde fois : on n'en sait rien. Contrôlez-en, ou regroupez des strates selon une règle fixée avant l'audit.",
        n=len(strata),
        names=shown,
    )


def audit_of_clusters() -> Message:
    """An audit drawn by whole clusters."""
    return _message(
        "audit-of-clusters",
        "The plan names clusters, and the exact interval of an audit holds for cases that were drawn one by one. Remove `cluster`; if whole clusters were drawn, this method does not apply.",
        "Le plan indique des grappes, alors que l'intervalle exact d'un audit vaut pour des dossiers tirés un par un. Retirez « cluster » ; si des grappes entières ont été tirées, cette méthode ne convient pas.",
    )


def more_checked_than_claimed(checked: int, cases: int) -> Message:
    """An audit of more cases than there are."""
    return _message(
        "more-checked",
        "The plan says that {checked:int} cases were checked again, and {cases:int} were claimed.",
        "Le plan annonce {checked:int} dossiers contrôlés une seconde fois, alors que {cases:int} ont été déclarés.",
        checked=checked,
        cases=cases,
    )


def too_few(units: int, clustered: bool) -> Message:
    """One unit or cluster."""
    if clustered:
        return _message(
            "too-few-clusters",
            "A standard error needs two clusters at least; there {units:plural:is|are} {units:int}.",
            "Il faut au moins deux grappes pour une erreur type ; il y en a {units:int}.",
            units=units,
        )
    return _message(
        "too-few",
        "A standard error needs two people or cases at least; there {units:plural:is|are} {units:int}.",
        "Il faut au moins deux personnes ou dossiers pour une erreur type ; il y en a {units:int}.",
        units=units,
    )


def no_variation() -> Message:
    """Outcomes without any variation."""
    return _message(
        "no-variation",
        "The outcome never varies, so the data hold no standard error.",
        "Le résultat ne varie jamais : les données ne permettent aucune erreur type.",
    )


def relative_not_positive(observed: float, counterfactual: float) -> Message:
    """A ratio needs two positive numbers."""
    return _message(
        "relative-not-positive",
        "A relative effect needs two positive numbers; here {observed:number} was observed and {counterfactual:number} is what it is compared with. Use the scale difference.",
        "Un effet relatif suppose deux nombres positifs ; ici, {observed:number} a été observé et {counterfactual:number} sert de comparaison. Utilisez l'échelle de la différence.",
        observed=observed,
        counterfactual=counterfactual,
    )


def relative_in_logs() -> Message:
    """A ratio of logarithms means nothing."""
    return _message(
        "relative-in-logs",
        "The outcome is declared in logarithms, whose ratio means nothing. Use the scale difference.",
        "Le résultat est déclaré en logarithmes, dont le rapport n'a pas de sens. Utilisez l'échelle de la différence.",
    )


def no_spread() -> Message:
    """No comparison group from which a standard deviation could come."""
    return _message(
        "no-spread",
        "An effect in standard deviations needs the people of the earlier period, and only a figure is stated. Use the scale difference.",
        "Un effet en écarts types suppose les personnes de la période antérieure, et seul un chiffre est indiqué. Utilisez l'échelle de la différence.",
    )


def constant_baseline() -> Message:
    """Earlier outcomes that are all alike."""
    return _message(
        "constant-baseline",
        "The outcomes of the earlier period are all alike, so an effect in their standard deviations does not exist.",
        "Les résultats de la période antérieure sont tous identiques : un effet en écarts types n'existe pas.",
    )


# --- what an estimate says --------------------------------------------------------------------


def target(cases: int) -> Message:
    """The cases on the list."""
    return _message(
        "target",
        "The {cases:int} cases on the list.",
        "Les {cases:int} dossiers de la liste.",
        cases=cases,
    )


def served(people: int) -> Message:
    """Everyone who was served."""
    return _message(
        "served",
        "Everyone who was served: {people:int}.",
        "Toutes les personnes accompagnées : {people:int}.",
        people=people,
    )


def no_comparison() -> Message:
    """Nothing stands for what would have happened otherwise."""
    return _message(
        "no-comparison",
        "There is no comparison: what would have happened otherwise was not estimated. The zero that stands for it in the tables is where the count begins, not a finding.",
        "Il n'y a pas de comparaison : ce qui se serait passé autrement n'a pas été estimé. Le zéro qui en tient lieu dans les tableaux est le début du décompte, non un constat.",
    )


def counted(claimed: int) -> Message:
    """A count without an audit."""
    return _message(
        "counted",
        "What is recorded for each case was added up: {claimed:int}. Nobody checked cases again, so nothing is known of errors in the records.",
        "Ce qui est enregistré pour chaque dossier a été additionné : {claimed:int}. Personne n'a contrôlé de dossiers une seconde fois : on ne sait rien des erreurs dans les registres.",
        claimed=claimed,
    )


def audited(claimed: int, checked: int, wrong: int, share: float) -> Message:
    """A count with its audit."""
    return _message(
        "audited",
        "Of {claimed:int} claimed cases {checked:int} were checked again, and {wrong:int} of these were found wrong. The count is what was claimed less the share found wrong, {share:percent}.",
        "Sur {claimed:int} dossiers déclarés, {checked:int} ont été contrôlés une seconde fois, et {wrong:int} d'entre eux se sont révélés faux. Le décompte est le nombre déclaré, diminué de la part trouvée fausse, {share:percent}.",
        claimed=claimed,
        checked=checked,
        wrong=wrong,
        share=share,
    )


def exactly(strata: int) -> Message:
    """Where the interval comes from."""
    if strata > 1:
        return _message(
            "exactly-strata",
            "The interval covers which cases the audit happened to draw and nothing else; it is exact in each of {audit_strata:int} strata (hypergeometric), and the strata are put together so that it errs on the wide side (Bonferroni).",
            "L'intervalle couvre le hasard du tirage de l'audit et rien d'autre ; il est exact dans chacune des {audit_strata:int} strates (loi hypergéométrique), et les strates sont réunies de manière à pécher par excès de largeur (Bonferroni).",
            audit_strata=strata,
        )
    return _message(
        "exactly",
        "The interval covers which cases the audit happened to draw and nothing else; it is exact (hypergeometric, cases drawn without replacement).",
        "L'intervalle couvre le hasard du tirage de l'audit et rien d'autre ; il est exact (loi hypergéométrique, tirage sans remise).",
    )


def all_checked() -> Message:
    """An audit of everything."""
    return _message(
        "all-checked",
        "Every claimed case was checked again, so the audit leaves nothing to chance and the count has no interval.",
        "Tous les dossiers déclarés ont été contrôlés une seconde fois : l'audit ne laisse rien au hasard et le décompte n'a pas d'intervalle.",
    )


def at_most_wrong(upper: float) -> Message:
    """The exact upper bound of the share that is wrong."""
    return _message(
        "at-most-wrong",
        "With 95% confidence at most {upper:percent} of the claimed cases are wrong.",
        "Avec une confiance de 95 %, au plus {upper:percent} des dossiers déclarés sont faux.",
        upper=upper,
    )


def found_unclaimed(cases: int) -> Message:
    """Cases that the audit found and nobody claimed."""
    return _message(
        "found-unclaimed",
        "The audit found {cases:int} {cases:plural:case that counts and was|cases that count and were} not claimed. {cases:plural:It was|They were} not added: an audit takes off what is wrong and never adds a claim.",
        "L'audit a trouvé {cases:int} {cases:plural:dossier qui compte et n'avait|dossiers qui comptent et n'avaient} pas été {cases:plural:déclaré|déclarés}. {cases:plural:Il n'a|Ils n'ont} pas été {cases:plural:ajouté|ajoutés} : un audit retranche ce qui est faux et n'ajoute jamais de déclaration.",
        cases=cases,
    )


def not_measured(cases: int) -> Message:
    """Cases without an outcome."""
    return _message(
        "not-measured",
        "Left out because no outcome was recorded: {cases:int}.",
        "Écartés faute de résultat enregistré : {cases:int}.",
        cases=cases,
    )


def against_rate(rate: float) -> Message:
    """A rate stated in advance."""
    return _message(
        "against-rate",
        "The average of those served is compared with {rate:number}, a figure stated in advance and taken as known. The interval covers chance among those served only: how far the figure is from what would have happened otherwise is not in it.",
        "La moyenne des personnes accompagnées est comparée à {rate:number}, un chiffre fixé d'avance et tenu pour connu. L'intervalle ne couvre que le hasard parmi ces personnes : l'écart entre ce chiffre et ce qui se serait passé autrement n'y est pas.",
        rate=rate,
    )


def against_figure(baseline: float) -> Message:
    """A figure of an earlier period, without its data."""
    return _message(
        "against-figure",
        "The average of those served is compared with {baseline:number}, the figure of an earlier period. Its data are not given, so it is taken as known and the interval covers chance among those served only.",
        "La moyenne des personnes accompagnées est comparée à {baseline:number}, le chiffre d'une période antérieure. Ses données ne sont pas fournies : il est tenu pour connu, et l'intervalle ne couvre que le hasard parmi les personnes accompagnées.",
        baseline=baseline,
    )


def against_earlier(people: int) -> Message:
    """The people of an earlier period."""
    return _message(
        "against-earlier",
        "The average of those served is compared with that of {earlier:int} people of an earlier period; the interval covers chance among both.",
        "La moyenne des personnes accompagnées est comparée à celle de {earlier:int} personnes d'une période antérieure ; l'intervalle couvre le hasard dans les deux groupes.",
        earlier=people,
    )


def weak() -> Message:
    """What such a comparison cannot tell."""
    return _message(
        "weak",
        "Nothing tells what the programme did from whatever else differs: other people, other times, or a figure that was too high or too low from the start.",
        "Rien ne distingue ce que le programme a fait de tout ce qui diffère par ailleurs : d'autres personnes, une autre époque, ou un chiffre trop haut ou trop bas dès le départ.",
    )


def errors(clusters: int | None, df: float) -> Message:
    """Where the standard error comes from."""
    if clusters is None:
        return _message(
            "errors",
            "Standard errors from the spread of the outcomes, Student's t with {df:number} degrees of freedom.",
            "Erreurs types tirées de la dispersion des résultats, loi de Student à {df:number} degrés de liberté.",
            df=df,
        )
    return _message(
        "errors-clusters",
        "Standard errors from {clusters:int} clusters (CR2), Student's t with {df:number} degrees of freedom (Satterthwaite).",
        "Erreurs types tirées de {clusters:int} grappes (CR2), loi de Student à {df:number} degrés de liberté (Satterthwaite).",
        clusters=clusters,
        df=df,
    )
