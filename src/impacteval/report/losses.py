"""What the loss of people could do to the verdict, in contract units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal

from impacteval.contract import Contract, units
from impacteval.decide import Decision
from impacteval.report.findings import Finding, Loss
from impacteval.report.record_findings import LossRow, LostRow
from impacteval.report.record_values import Both, Range, Said
from impacteval.report.sentences import contract_unit, text_of
from impacteval.report.verdicts import contract_value, flips, verdicts_of
from impacteval.values import Message, Text, significant, written

LEAST_SHOWN = 10
"""An average over fewer people is not shown."""

_BETWEEN = (
    "{title}: the effect lies between {low:number} and {high:number}{unit}; ",
    "{title} : l'effet est compris entre {low:number} et {high:number}{unit} ; ",
)
_ENDINGS: Mapping[str, tuple[str, str]] = {
    "same": (
        "every verdict is the same at both ends.",
        "tous les verdicts sont les mêmes aux deux bornes.",
    ),
    "low": (
        "at the lower end a verdict would be another one.",
        "à la borne inférieure un verdict serait différent.",
    ),
    "high": (
        "at the upper end a verdict would be another one.",
        "à la borne supérieure un verdict serait différent.",
    ),
    "both": (
        "at both ends a verdict would be another one.",
        "aux deux bornes un verdict serait différent.",
    ),
    "unpaid": (
        "no verdict depends on it.",
        "aucun verdict n'en dépend.",
    ),
}
_NONE = (
    "{title}: no bounds. ",
    "{title} : pas de bornes. ",
)


def loss_rows(
    finding: Finding,
    contract: Contract,
    alternatives: Mapping[tuple[str, str, str], Decision],
    decision: Decision,
) -> tuple[LossRow, ...]:
    """One row for each assumption, where people were lost.

    Parameters
    ----------
    finding : Finding
        The finding.
    contract : Contract
        For its units.
    alternatives : mapping of (outcome, group, name) to Decision
        What would be decided at each end.
    decision : Decision
        The binding decision.
    """
    return tuple(
        _row(finding, loss, contract, alternatives, decision)
        for loss in finding.losses
        if loss.lost
    )


def lost_rows(finding: Finding) -> Iterator[LostRow]:
    """Who was lost, covariate by covariate, from the check of attrition when it was run.

    Averages over fewer than ten people are left out, and what they could be computed from: they
    would say who these people are.
    """
    names = finding.analysis.covariate_names
    for check in finding.diagnostics:
        if check.diagnostic.name != "attrition" or "who" not in check.diagnostic.parts:
            continue
        arms = check.diagnostic.parts.columns("arms")
        missing = dict(zip(arms["arm"], arms["missing"], strict=True))
        people = dict(zip(arms["arm"], arms["n"], strict=True))
        # Beside the average of everyone assigned, that of the measured would tell that of the lost.
        sizes = {
            f"{kind}_{arm}": min(n - missing[arm], missing[arm] or n)
            if kind == "measured"
            else missing[arm]
            for arm, n in people.items()
            for kind in ("lost", "measured")
        }
        table = check.diagnostic.parts.columns("who")
        for k, covariate in enumerate(table["covariate"]):
            named = names.get(covariate)
            told = {
                key: _number(table[key][k]) if n >= LEAST_SHOWN else None
                for key, n in sizes.items()
            }
            yield LostRow(
                covariate=covariate,
                plain_name=Both.of(named.text()) if named else None,
                p_value=_number(table["p_value"][k]),
                **told,
            )


def _number(value: float | None) -> str | None:
    if value is None or not math.isfinite(value):
        return None
    return written(significant(float(value)))


def _row(
    finding: Finding,
    loss: Loss,
    contract: Contract,
    alternatives: Mapping[tuple[str, str, str], Decision],
    decision: Decision,
) -> LossRow:
    low, high = loss.worse.estimate, loss.better.estimate
    title = Both.of(loss.title)
    if low is None or high is None:
        why = loss.worse.reason or loss.better.reason
        assert why is not None, "an end without an estimate says why"
        text = Text(en=_NONE[0] + why.text.en, fr=_NONE[1] + why.text.fr)
        said = Message("losses.none", text, {**why.values, "title": loss.title})
        return LossRow(
            kind=loss.kind,
            title=title,
            low=None,
            high=None,
            interval=None,
            verdicts_low={},
            verdicts_high={},
            flips=False,
            reason=Said.of(why),
            said=Said.of(said),
            notes=(),
        )
    binding = verdicts_of(decision)
    ends = [
        alternatives.get((finding.outcome, finding.group, end.name))
        for end in (loss.worse, loss.better)
    ]
    verdicts = [{} if found is None else verdicts_of(found) for found in ends]
    moved = [flips(found, binding) for found in verdicts]
    ending = {(False, False): "same", (True, False): "low", (False, True): "high"}.get(
        (moved[0], moved[1]), "both"
    )
    if not any(verdicts):
        ending = "unpaid"
    values = {
        "title": loss.title,
        "low": contract_value(low, contract, finding.outcome),
        "high": contract_value(high, contract, finding.outcome),
        "unit": unit_after(contract, finding.outcome),
    }
    en, fr = (a + b for a, b in zip(_BETWEEN, _ENDINGS[ending], strict=True))
    return LossRow(
        kind=loss.kind,
        title=title,
        low=written(contract_value(low, contract, finding.outcome)),
        high=written(contract_value(high, contract, finding.outcome)),
        interval=_interval(finding, loss, contract),
        verdicts_low=verdicts[0],
        verdicts_high=verdicts[1],
        flips=any(moved),
        reason=None,
        said=Said.of(Message(f"losses.{ending}", Text(en=en, fr=fr), values)),
        notes=tuple(Said.of(note) for note in loss.notes),
    )


def unit_after(contract: Contract, name: str) -> Text:
    """The contract's unit as it stands after a number."""
    outcome = contract.outcomes[name]
    unit = contract_unit(outcome.effect, outcome.unit.text() if outcome.unit else None)
    return Text(en=unit.en if unit.en.startswith("%") else f" {unit.en}", fr=f" {unit.fr}")


def _interval(finding: Finding, loss: Loss, contract: Contract) -> Range | None:
    found, estimate = loss.interval, loss.worse.estimate
    if found is None or estimate is None:
        return None
    outcome = contract.outcomes[finding.outcome]
    reference = units.magnitude(
        outcome.effect, estimate.effect.value, estimate.observed, estimate.counterfactual
    )
    ends = sorted(
        units.to_decimal(outcome.effect, outcome.better, end, reference=reference)
        for end in (found.low, found.high)
    )
    return Range(
        low=text_of(ends[0]),
        high=text_of(ends[1]),
        level=written(Decimal(str(found.level))),
        side="two",
        method=found.method,
    )


_DOUBT = Text(
    en="Some people were lost, and that alone could change the verdict on {outcome}: see “{heading}” "
    "in section 7.",
    fr="Des personnes ont été perdues, et cela seul pourrait changer le verdict sur {outcome} : voir "
    "« {heading} » dans la partie 7.",
)
HEADING = Text(
    en="What the loss of people could do",
    fr="Ce que la perte de personnes pourrait changer",
)


def loss_warning(outcome: Text) -> Message:
    """Page 1 says when the mildest assumption, that losses go one way, leaves a verdict open."""
    return Message("warning.losses", _DOUBT, {"outcome": outcome, "heading": HEADING})
