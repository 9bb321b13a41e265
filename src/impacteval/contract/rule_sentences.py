"""The rules that combine designs, average a payment or read an audit, said back in plain sentences."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from impacteval.contract.money import ARITHMETIC
from impacteval.contract.rule_settings import Averaged
from impacteval.contract.rules import VerifiedCountRule
from impacteval.values import Message, Text, written

DESIGN_NAMES = {
    "rct": Text(en="randomised trial", fr="essai randomisé"),
    "did": Text(en="difference-in-differences", fr="double différence"),
    "synthetic_control": Text(en="synthetic control", fr="contrôle synthétique"),
    "matched": Text(en="matched comparison", fr="comparaison appariée"),
    "regression_discontinuity": Text(
        en="regression discontinuity", fr="régression sur discontinuité"
    ),
    "count": Text(en="count", fr="décompte"),
}
"""The designs as people read them."""


def _say(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"contract.{key}", Text(en=en, fr=fr), values)


def _percent(share: Decimal) -> tuple[str, str]:
    number = written(ARITHMETIC.multiply(share, Decimal(100)).normalize())
    return f"{number}%", f"{number.replace('.', ',')} %"


def _list(items: list[str], last: str) -> str:
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def weights_text(weights: dict[str, Decimal]) -> Text:
    """Each design with its weight in percent.

    Examples
    --------
    >>> weights_text({"rct": Decimal("0.8"), "did": Decimal("0.2")}).en
    'randomised trial 80% and difference-in-differences 20%'
    """
    shares = {design: _percent(weight) for design, weight in weights.items()}
    return Text(
        en=_list([f"{DESIGN_NAMES[d].en} {en}" for d, (en, _) in shares.items()], "and"),
        fr=_list([f"{DESIGN_NAMES[d].fr} {fr}" for d, (_, fr) in shares.items()], "et"),
    )


def combine_sentence(weights: dict[str, Decimal], then: Message) -> Message:
    """Which designs weigh how much, and how the combined estimate is read."""
    return _say(
        "rule-combine",
        "The estimates of several designs make one, with weights that the contract fixes: {parts}. "
        "They rest in part on the same people, so the error of the whole is computed from their "
        "joint errors. " + then.text.en,
        "Les estimations de plusieurs méthodes n'en font qu'une, avec des poids que le contrat "
        "fixe : {parts}. Elles reposent en partie sur les mêmes personnes : l'erreur de l'ensemble "
        "se calcule donc à partir de leurs erreurs conjointes. " + then.text.fr,
        parts=weights_text(weights),
        **then.values,
    )


def average_sentence(rule: Averaged) -> Message:
    """Over what the payment is averaged, and what the average is not."""
    en = (
        "What is paid is the average of the payment over what the true effect may be; there is no "
        "all or nothing. "
    )
    fr = (
        "Ce qui est payé est la moyenne du paiement sur ce que l'effet réel peut être ; ce n'est "
        "jamais tout ou rien. "
    )
    if rule.normal is None:
        return _say(
            "rule-average-flat",
            en
            + "Nothing is held likely beforehand (flat prior): each true effect weighs as much as "
            "the study gives it confidence.",
            fr + "Rien n'est tenu pour probable à l'avance (loi a priori uniforme) : chaque effet "
            "réel pèse selon la confiance que l'étude lui accorde.",
        )
    return _say(
        "rule-average-normal",
        en
        + "Beforehand a true effect around {mean:exact} is held likely, with a standard deviation "
        "of {sd:exact} (normal prior, in the contract's units); the study adds to it.",
        fr
        + "À l'avance, on tient pour probable un effet réel autour de {mean:exact}, avec un écart "
        "type de {sd:exact} (loi a priori normale, dans l'unité du contrat) ; l'étude s'y ajoute.",
        mean=written(rule.normal.mean.normalize()),
        sd=written(rule.normal.sd.normalize()),
    )


def average_scope() -> Message:
    """What an average is taken of, and what it is not."""
    return _say(
        "average-scope",
        "The average is taken clause by clause, with the clause's own floor and ceiling, over true "
        "effects that are not rounded; sums, caps and other money are applied to these averages. "
        "Whether a clause is said to be met is read from the estimate and decides no amount. The "
        "sentences on such a clause say what it would pay if the true effect were known.",
        "La moyenne se fait clause par clause, avec le plancher et le plafond de chacune, sur des "
        "effets réels qui ne sont pas arrondis ; les sommes, les plafonds d'ensemble et les "
        "déductions s'appliquent à ces moyennes. Qu'une clause soit dite remplie se lit sur "
        "l'estimation et ne décide d'aucun montant. Les phrases sur une telle clause disent ce "
        "qu'elle paierait si l'effet réel était connu.",
    )


def audit_sentence(rule: VerifiedCountRule) -> Message:
    """What an audit does to a count."""
    limit = rule.verified_count.audit_limit
    if limit is None:
        return _say(
            "rule-audit-elsewhere",
            "What is compared is the verified count. If an audit finds more of it wrong than the "
            "limit that the contract gives the audit, the count is reduced by the whole share found "
            "wrong; up to that limit it stands. Without an audit nothing can be judged.",
            "C'est le décompte vérifié qui est comparé. Si un audit y trouve plus d'erreurs que la "
            "limite que le contrat fixe à l'audit, le décompte est réduit de toute la part trouvée "
            "fausse ; jusqu'à cette limite, il est maintenu. Sans audit, rien ne peut être jugé.",
        )
    return _say(
        "rule-audit",
        "What is compared is the verified count. If an audit finds more than {limit:percent} of it "
        "wrong, the count is reduced by the whole share found wrong; up to that limit it stands. "
        "Without an audit nothing can be judged.",
        "C'est le décompte vérifié qui est comparé. Si un audit y trouve plus de {limit:percent} "
        "d'erreurs, le décompte est réduit de toute la part trouvée fausse ; jusqu'à cette limite, "
        "il est maintenu. Sans audit, rien ne peut être jugé.",
        limit=written(limit.normalize()),
    )


def audit_limit_sentence(limit: Decimal) -> Message:
    """The limit that the contract's audit states."""
    return _say(
        "audit-limit",
        "The audit may find up to {limit:percent} of a count wrong before the count is reduced.",
        "L'audit peut trouver jusqu'à {limit:percent} d'erreurs dans un décompte avant qu'il soit "
        "réduit.",
        limit=written(limit.normalize()),
    )
