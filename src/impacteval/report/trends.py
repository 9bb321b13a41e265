"""What differing trends could do to the verdict, in contract units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

from impacteval.contract import Contract, units
from impacteval.decide import Decision
from impacteval.estimates import CounterfactualEstimate
from impacteval.report.findings import Breakdown, Finding, TrendSet
from impacteval.report.losses import unit_after
from impacteval.report.record_trends import BreakdownRow, TrendFacts, TrendRow
from impacteval.report.record_values import Both, Range, Said
from impacteval.report.sentences import text_of
from impacteval.report.verdicts import flips, verdicts_of
from impacteval.values import Message, Text, significant, written

_BREAKS = Text(
    en="{threshold:number}{unit:text}: the answer stands as long as the two groups, without the service, "
    "would have drifted apart from one period to the next by at most {times:number} times their worst "
    "drift before the start.",
    fr="{threshold:number}{unit:text} : la réponse tient tant que les deux groupes, sans le service, ne se "
    "seraient pas écartés d'une période à la suivante de plus de {times:number} fois leur pire dérive "
    "d'avant le début.",
)
# At which level and side, as contracts state them.
_READ = {
    "one": Text(
        en=" Read on the bound at {level:percent}, one-sided.",
        fr=" Lecture sur la borne à {level:percent}, unilatérale.",
    ),
    "two": Text(
        en=" Read on the interval at {level:percent}, two-sided.",
        fr=" Lecture sur l'intervalle à {level:percent}, bilatéral.",
    ),
}
_INSIDE = Text(
    en="{threshold:number}{unit:text}: even had the two groups moved alike, the 95% interval holds this "
    "number, so chance alone could account for the answer.",
    fr="{threshold:number}{unit:text} : même si les deux groupes avaient évolué de la même façon, "
    "l'intervalle à 95 % contient ce nombre : le hasard seul pourrait expliquer la réponse.",
)
_NEVER = Text(
    en="{threshold:number}{unit:text}: no drift in proportion to what was seen before the start changes the "
    "answer.",
    fr="{threshold:number}{unit:text} : aucune dérive proportionnée à ce qui a été vu avant le début ne "
    "change la réponse.",
)


def trend_facts(
    finding: Finding,
    contract: Contract,
    alternatives: Mapping[tuple[str, str, str], Decision],
    decision: Decision,
) -> TrendFacts | None:
    """Sets and breakdown values of one finding, where they were asked for.

    Parameters
    ----------
    finding : Finding
        The finding.
    contract : Contract
        For its units.
    alternatives : mapping of (outcome, group, name) to Decision
        What would be decided at the worse end of each set.
    decision : Decision
        The binding decision.
    """
    check, estimate = finding.trends, finding.estimate
    if check is None or estimate is None:
        return None
    binding = verdicts_of(decision)

    def row(found: TrendSet) -> TrendRow:
        again = alternatives.get((finding.outcome, finding.group, found.name))
        verdicts = {} if again is None else verdicts_of(again)
        return TrendRow(
            restriction=found.restriction,
            m=written(significant(found.m)),
            title=Both.of(found.title),
            interval=_range(found, finding, estimate, contract),
            verdicts=verdicts,
            flips=flips(verdicts, binding),
        )

    unit = unit_after(contract, finding.outcome)
    return TrendFacts(
        sets=tuple(row(found) for found in check.sets),
        breakdowns=tuple(
            BreakdownRow(
                threshold=written(found.at),
                worst_moves=_size(found.worst_moves),
                bend=_size(found.bend),
                level=written(found.level),
                sides=found.sides,
                said=Said.of(_said(found, unit)),
            )
            for found in check.breakdowns
        ),
    )


def _size(value: float | None) -> str | None:
    if value is None or math.isinf(value):
        return None
    return written(significant(value))


def _said(found: Breakdown, unit: Text) -> Message:
    times = found.worst_moves
    values = {"threshold": found.at, "unit": unit}
    if times is None or times == 0.0:
        return Message("trends.inside", _INSIDE, values)
    read = _READ[found.sides]
    values = {**values, "level": found.level}
    key, text = "trends.never", _NEVER
    if not math.isinf(times):
        key, text = "trends.breaks", _BREAKS
        values["times"] = significant(times, digits=3)
    said = Text(en=text.en + read.en, fr=text.fr + read.fr)
    return Message(f"{key}-{found.sides}", said, values)


def _range(
    found: TrendSet, finding: Finding, estimate: CounterfactualEstimate, contract: Contract
) -> Range:
    outcome = contract.outcomes[finding.outcome]
    reference = units.magnitude(
        outcome.effect, estimate.effect.value, estimate.observed, estimate.counterfactual
    )
    ends = sorted(
        units.to_decimal(outcome.effect, outcome.better, end, reference=reference)
        for end in (found.interval.low, found.interval.high)
    )
    return Range(
        low=text_of(ends[0]),
        high=text_of(ends[1]),
        level=written(Decimal(str(found.interval.level))),
        side="two",
        method=found.interval.method,
    )
