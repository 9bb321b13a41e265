"""What a sample says about itself, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text


def _message(key: str, en: str, fr: str, **values: object) -> Message:
    return Message(f"sample.{key}", Text(en=en, fr=fr), values)


def float32(columns: str) -> Message:
    """Single-precision columns were read through their shortest decimal text."""
    return _message(
        "float32",
        "Stored in single precision and read through the shortest decimal text: {columns:text}.",
        "Colonnes stockées en simple précision et lues par leur écriture décimale la plus courte : {columns:text}.",
        columns=columns,
    )


def offer(column: str) -> Message:
    """The compared arms are the offer."""
    return _message(
        "offer",
        "The arms compared are the offer as it was assigned (column {column:text}), whatever was received.",
        "Les groupes comparés sont ceux de l’attribution (colonne {column:text}), quel que soit le service reçu.",
        column=column,
    )


def amounts(column: str, role: str, largest: float) -> Message:
    """What was offered or taken up is an amount, not yes or no."""
    said = {
        "assigned": (
            "Column {column:text} (assigned) holds amounts of up to {largest:number}; the arms are those who were offered anything and those who were offered nothing.",
            "La colonne {column:text} (assigned) contient des quantités allant jusqu’à {largest:number} ; les groupes sont ceux à qui quelque chose a été proposé et ceux à qui rien ne l’a été.",
        ),
        "received": (
            "Column {column:text} (received) holds amounts of up to {largest:number}, not yes or no.",
            "La colonne {column:text} (received) contient des quantités allant jusqu’à {largest:number}, et non oui ou non.",
        ),
    }[role]
    return _message(f"amounts-{role}", *said, column=column, largest=largest)


def text_periods(column: str) -> Message:
    """Periods given as text of whole numbers."""
    return _message(
        "text-periods",
        "The periods in column {column:text} are text of whole numbers and were read as numbers.",
        "Les périodes de la colonne {column:text}, du texte ne contenant que des entiers, ont été lues comme des nombres.",
        column=column,
    )


def never_treated(n: int, column: str) -> Message:
    """How many units never adopt."""
    return _message(
        "never-treated",
        "Units that never adopt, according to column {column:text}: {n:int}.",
        "Unités qui n’adoptent jamais le programme, d’après la colonne {column:text} : {n:int}.",
        n=n,
        column=column,
    )


def outside_window(before: int, between: int, after: int) -> Message:
    """Adoption dates that are not among the observed periods."""
    return _message(
        "adoption-outside",
        "Adoption dates that are not an observed period: {before:int} units before the first period, {between:int} between two periods (treated from the next), {after:int} after the last.",
        "Dates d’adoption hors des périodes observées : {before:int} unités avant la première, {between:int} entre deux périodes (traitées à partir de la suivante), {after:int} après la dernière.",
        before=before,
        between=between,
        after=after,
    )


def weights(column: str, kind: str) -> Message:
    """What the weights are."""
    french = {"sampling": "sondage", "frequency": "fréquence", "precision": "précision"}[kind]
    return _message(
        f"weights.{kind}",
        "Weights in column {column:text} are " + kind + " weights.",
        "Les poids de la colonne {column:text} sont des poids de " + french + ".",
        column=column,
    )


def zero_weights(n: int) -> Message:
    """Rows that count for nothing."""
    return _message(
        "zero-weights",
        "Rows with weight zero: {n:int}.",
        "Lignes de poids nul : {n:int}.",
        n=n,
    )


def covariate_gaps(column: str, missing: int, n: int) -> Message:
    """Cells of a covariate that are missing and kept so."""
    return _message(
        "covariate-gaps",
        "Covariate {column:text} was not measured in {missing:int} of {n:int} rows; these cells stay empty and are never filled.",
        "La covariable {column:text} n’a pas été mesurée dans {missing:int} lignes sur {n:int} ; ces cases restent vides et ne sont jamais remplies.",
        column=column,
        missing=missing,
        n=n,
    )


def attrition(outcome: str, missing: int, n: int) -> Message:
    """Outcomes that were not measured."""
    return _message(
        "attrition",
        "Outcome {outcome:text} was not measured in {missing:int} of {n:int} rows; they are kept and marked.",
        "Le résultat {outcome:text} n’a pas été mesuré pour {missing:int} lignes sur {n:int} ; elles sont conservées et signalées.",
        outcome=outcome,
        missing=missing,
        n=n,
    )


def one_armed(role: str, blocks: int, of: int) -> Message:
    """Strata or pairs in which only one arm occurs."""
    en, fr = {"stratum": ("strata", "strates"), "pair": ("pairs", "paires")}[role]
    return _message(
        f"one-armed-{role}",
        "Only one arm occurs in {blocks:int} of the {of:int} " + en + ".",
        "Un seul groupe est présent dans {blocks:int} des {of:int} " + fr + ".",
        blocks=blocks,
        of=of,
    )


def unmatched(blind: int, outcomes: int) -> Message:
    """What a join left unmatched on each side."""
    return _message(
        "unmatched",
        "Joining the outcomes left {blind:int} rows of the prepared sample without an outcome row, and {outcomes:int} outcome rows that belong to nobody in the sample.",
        "Après rapprochement, {blind:int} lignes de l’échantillon préparé n’ont pas de ligne de résultat, et {outcomes:int} lignes de résultat ne correspondent à personne dans l’échantillon.",
        blind=blind,
        outcomes=outcomes,
    )


def cross_section(rows: int) -> Message:
    """One row a unit."""
    return _message(
        "structure.cross-section",
        "{rows:int} units, each measured once.",
        "{rows:int} unités, mesurées une fois chacune.",
        rows=rows,
    )


def panel(rows: int, units: int, periods: int, balanced: bool) -> Message:
    """Units seen again and again."""
    en, fr = ("Balanced", "équilibré") if balanced else ("Unbalanced", "non équilibré")
    return _message(
        "structure.panel" if balanced else "structure.unbalanced-panel",
        en + " panel: {units:int} units, {periods:int} periods, {rows:int} rows.",
        "Panel " + fr + " : {units:int} unités, {periods:int} périodes, {rows:int} lignes.",
        units=units,
        periods=periods,
        rows=rows,
    )


def repeated(rows: int, periods: int) -> Message:
    """New units in each period."""
    return _message(
        "structure.repeated-cross-section",
        "Repeated cross-section: {periods:int} periods, {rows:int} rows, each unit seen once.",
        "Coupes transversales répétées : {periods:int} périodes, {rows:int} lignes, chaque unité observée une seule fois.",
        periods=periods,
        rows=rows,
    )


def audited(column: str, checked: int, n: int) -> Message:
    """How many cases were checked again."""
    return _message(
        "audited",
        "Cases that were checked again, according to column {column:text}: {checked:int} of {n:int}.",
        "Dossiers contrôlés une seconde fois, d’après la colonne {column:text} : {checked:int} sur {n:int}.",
        column=column,
        checked=checked,
        n=n,
    )
