"""Another analysis of a number, or the same one on other data, as the record writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from impacteval.contract import Contract, units
from impacteval.decide import Decision, money_text
from impacteval.errors import NotAnswerable
from impacteval.estimates import CounterfactualEstimate
from impacteval.report.findings import Alternative, DiagnosticFinding, Finding, Method
from impacteval.report.record_findings import DecidedAgain, RobustnessRow
from impacteval.report.record_values import Both, Range, Said
from impacteval.report.run import Run
from impacteval.report.sentences import text_of
from impacteval.report.verdicts import contract_value, flips, verdicts_of
from impacteval.values import ConfidenceSet, Interval, Message, Text, written


def robustness_row(
    finding: Finding,
    alternative: Alternative,
    contract: Contract,
    alternatives: Mapping[tuple[str, str, str], Decision],
    decision: Decision,
) -> RobustnessRow:
    """One row: the number in contract units, and what would be decided on it.

    Parameters
    ----------
    finding : Finding
        The planned analysis.
    alternative : Alternative
        The other one.
    contract : Contract
        For its units.
    alternatives : mapping of (outcome, group, name) to Decision
        What would be decided on each.
    decision : Decision
        The binding decision.
    """
    estimate = alternative.estimate
    value = interval = None
    if estimate is not None:
        value = written(contract_value(estimate, contract, finding.outcome))
        interval = range_of(estimate, contract, finding.outcome, 0.95, "two")
    again = None
    if estimate is not None:
        again = alternatives.get((finding.outcome, finding.group, alternative.name))
    verdicts = verdicts_of(again) if again is not None else {}
    binding = verdicts_of(decision)
    # Whatever an outcome that no clause pays comes to, what is due stays as it is.
    paid = any(clause.outcome == finding.outcome for clause in contract.clauses)
    decided = again if paid or estimate is None else decision
    return RobustnessRow(
        name=alternative.name,
        title=Both.of(alternative.title),
        estimate=value,
        interval=interval,
        verdicts=verdicts,
        due_now=money_text(decided.due_now) if decided is not None else None,
        # An analysis that cannot answer changes no decision: it is told as not applicable.
        flips=flips(verdicts, binding),
        reason=Said.of(alternative.reason) if alternative.reason else None,
        concerns=tuple(Said.of(said) for said in alternative.method.concerns),
        justification=stated_reason(alternative.method),
    )


def decided_again(
    finding: Finding,
    check: DiagnosticFinding,
    alternatives: Mapping[tuple[str, str, str], Decision],
    decision: Decision,
) -> DecidedAgain | None:
    """How many runs of a check would change a verdict; None where it runs nothing again."""
    if not check.reruns:
        return None
    binding, due = verdicts_of(decision), decision.due_now
    answered = [run for run in check.reruns if run.estimate is not None]
    found = [alternatives.get((finding.outcome, finding.group, run.name)) for run in answered]
    again = [one for one in found if one is not None]
    return DecidedAgain(
        runs=len(check.reruns),
        answered=len(answered),
        flips=sum(flips(verdicts_of(one), binding) for one in again),
        other_amounts=sum(
            due is not None and one.due_now is not None and one.due_now != due for one in again
        ),
        drawn=sum(run.drawn for run in check.reruns),
    )


def stated_reason(method: Method) -> Both | None:
    """The plan's reason, where there is a concern that it answers."""
    said = method.justification
    return Both.of(said) if method.concerns and said is not None else None


def range_of(
    estimate: CounterfactualEstimate, contract: Contract, outcome: str, level: float, side: str
) -> Range | None:
    """An interval of an estimate in contract units."""
    described = contract.outcomes[outcome]
    effect, better = described.effect, described.better
    turned = units.factor(effect, better) < 0
    raw_side = {"lower": "upper", "upper": "lower"}.get(side, side) if turned else side
    try:
        raw: Interval | ConfidenceSet = estimate.effect.interval(level, raw_side)
    except NotAnswerable:
        return None
    if isinstance(raw, ConfidenceSet) and raw.empty:
        return None
    reference = units.magnitude(
        effect, estimate.effect.value, estimate.observed, estimate.counterfactual
    )

    def ends(*raw_ends: float) -> tuple[str | None, str | None]:
        low, high = sorted(
            units.to_decimal(effect, better, end, reference=reference) for end in raw_ends
        )
        return text_of(low), text_of(high)

    low, high = ends(raw.low, raw.high)
    pieces = raw.pieces if isinstance(raw, ConfidenceSet) and len(raw.pieces) > 1 else ()
    return Range(
        low=low,
        high=high,
        level=written(Decimal(str(level))),
        side=side,
        method=raw.method,
        # A unit that points the other way turns their order too.
        pieces=tuple(ends(*piece) for piece in (reversed(pieces) if turned else pieces)),
    )


HEADING = Text(
    en="Checks, and whether the decision would change",
    fr="Les contrôles, et si la décision changerait",
)
_HINGES = Text(
    en="The verdict on {outcome} hinges on part of the data: a check that runs the same analysis again "
    "({check:text}) would change it. See “{heading}” in section 7.",
    fr="Le verdict sur {outcome} tient à une partie des données : un contrôle qui refait la même analyse "
    "({check:text}) le changerait. Voir « {heading} » dans la partie 7.",
)


_MOST = Text(
    en="On most runs of a check ({check:text}) the verdict on {outcome} would be another one. See "
    "“{heading}” in section 7.",
    fr="Dans la plupart des calculs d'un contrôle ({check:text}), le verdict sur {outcome} serait différent. "
    "Voir «\u00a0{heading}\u00a0» dans la partie 7.",
)


def hinges(run: Run) -> Iterator[Message]:
    """Page 1 says which paid outcomes hinge on part of the data, once for each check.

    Of random draws of a close result some always fall on the other side: that most of them do is
    another matter, and is told as such.
    """
    contract, binding = run.contract, verdicts_of(run.decision)
    paid = {clause.outcome for clause in contract.clauses}
    told: dict[tuple[str, Text, bool], None] = {}
    for finding in run.findings.values():
        for check in finding.diagnostics if finding.outcome in paid else ():
            changed = [
                rerun.drawn
                for rerun in check.reruns
                if (again := run.alternatives.get((finding.outcome, finding.group, rerun.name)))
                is not None
                and flips(verdicts_of(again), binding)
            ]
            if not all(changed) or 2 * len(changed) > len(check.reruns):
                told.setdefault((finding.outcome, check.title, all(changed)))
    for outcome, title, drawn in told:
        values = {
            "outcome": contract.outcomes[outcome].plain_name.text(),
            "check": title,
            "heading": HEADING,
        }
        if drawn:
            yield Message("warning.most-runs", _MOST, values)
        else:
            yield Message("warning.hinges", _HINGES, values)
