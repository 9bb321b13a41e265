"""The decision: a verdict for each clause, and the money that follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

from impacteval.contract.calendar import Look
from impacteval.contract.clauses import IfNotJudged
from impacteval.contract.correcting import Correction
from impacteval.contract.escrow import Contested
from impacteval.contract.model import Contract
from impacteval.contract.money import ARITHMETIC, NOT_PUBLISHED, Amount, add
from impacteval.contract.payment import Leaf
from impacteval.contract.readings import NOTHING_GIVEN, Given, Row, Settled, Tranche
from impacteval.contract.rules import PointRule, Rule
from impacteval.contract.terms import NOTHING
from impacteval.contract.terms import price as settle
from impacteval.decide.evidence import Found
from impacteval.decide.questions import effective_rule, rule_problems, rule_text
from impacteval.decide.reader import Reader
from impacteval.decide.sittings import assumed, at_sitting
from impacteval.decide.stops import StopResult
from impacteval.errors import UsageError
from impacteval.values import Evidence, Message, Status, Text

if TYPE_CHECKING:
    from impacteval.decide.amended import BothWays

ADJUDICATED = "adjudicated"


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """What is said about one clause and one group.

    Attributes
    ----------
    name, group, outcome : str
        The clause, whom it reads (``"all"`` without groups, ``"pooled"``), what it reads.
    value : Decimal or None
        The number compared, in contract units, rounded as the contract says; under
        ``chance_at_least`` the estimate. None when it is not known as one number.
    exact : Decimal or None
        The same before the contract's rounding.
    estimate : Decimal or None
        The point estimate, whatever the rule.
    operator, threshold
        The comparison that decided; of several steps the furthest reached, or else the first.
    verdict : Status or None
        None while the clause is open.
    amount : Decimal, NOT_PUBLISHED or None
        None while nothing is decided, never 0.
    reason : Message or None
        Why there is no verdict or no amount.
    steps : tuple of Message
        From the evidence to the money, in order.
    rule : str
        The rule applied, with its level and sides.
    would_be : Status or None
        The verdict that would stand if the decision were for payment.
    if_not_judged : IfNotJudged or None
        What the contract says should the clause stay unjudged.
    pool : tuple of str
        The groups that were pooled; empty unless `group` is ``"pooled"``.
    pays : bool
        False for a condition that other clauses stand behind and that pays nothing itself.
    applied : Rule or None
        The rule itself, at the level at which this number was read.
    """

    name: str
    group: str
    outcome: str
    value: Decimal | None
    exact: Decimal | None
    estimate: Decimal | None
    operator: str
    threshold: Decimal
    verdict: Status | None
    amount: Amount | None
    reason: Message | None
    steps: tuple[Message, ...]
    rule: str
    would_be: Status | None = None
    if_not_judged: IfNotJudged | None = None
    pool: tuple[str, ...] = ()
    pays: bool = True
    applied: Rule | None = None


@dataclass(frozen=True, slots=True)
class PayerAmount:
    """What one payer pays of what is due."""

    payer: Text
    amount: Amount


@dataclass(frozen=True, slots=True)
class Decision:
    """Verdicts and money.

    Attributes
    ----------
    currency : str
        The contract's.
    clauses : tuple of ClauseResult
        One for each clause and group, in the order of the file.
    due_now : Decimal, NOT_PUBLISHED or None
        What the judged clauses pay, under the ceiling. None when it depends on earlier payments
        that nobody states.
    total : Decimal, NOT_PUBLISHED or None
        The same once every clause is judged; None until then.
    cap : Decimal, NOT_PUBLISHED or None
        The ceiling over the whole payment.
    steps : tuple of Message
        Sums and ceilings, in order.
    already_paid : Decimal, NOT_PUBLISHED or None
        What was paid at earlier settlements; None when nobody says.
    cap_left : Decimal, NOT_PUBLISHED or None
        What is left of the ceiling once this is paid.
    split : tuple of PayerAmount
        What each payer pays of what is due.
    tranches : tuple of Tranche
        Who gets back what of the capital.
    look : Look or None
        The settlement, look or milestone that was judged, where the calendar names one.
    correction : Correction or None
        What follows when this settles an earlier settlement anew; `due_now` is then the part of the
        difference that is owed now, below 0 when it is owed back.
    dispute : Contested or None
        How `due_now` divides into what is payable now and what is held while it is contested.
    amended : BothWays or None
        The same by the contract as it was signed, where it was amended.
    stops : tuple of StopResult
        Every stop trigger: quiet, fired or not to be told.
    """

    currency: str
    clauses: tuple[ClauseResult, ...]
    due_now: Amount | None
    total: Amount | None
    cap: Amount | None
    steps: tuple[Message, ...] = ()
    already_paid: Amount | None = None
    cap_left: Amount | None = None
    split: tuple[PayerAmount, ...] = ()
    tranches: tuple[Tranche, ...] = ()
    look: Look | None = None
    correction: Correction | None = None
    dispute: Contested | None = None
    amended: BothWays | None = None
    stops: tuple[StopResult, ...] = ()

    def clause(self, name: str, group: str | None = None) -> ClauseResult:
        """The result of a clause; `group` may be left out when the clause has one."""
        found = [c for c in self.clauses if c.name == name and group in (None, c.group)]
        if len(found) != 1:
            known = ", ".join(f"{c.name} ({c.group})" for c in self.clauses)
            raise UsageError(f"{len(found)} results answer to clause {name!r}. Known: {known}.")
        return found[0]

    def to_json(self) -> dict[str, Any]:
        """Plain data for machines: money as text, open as None."""
        more: dict[str, Any] = {}
        if self.split:
            more["split"] = [
                {"payer": part.payer.en, "amount": money_text(part.amount)} for part in self.split
            ]
        if self.stops:
            more["stops"] = [result.to_json() for result in self.stops]
        if self.tranches:
            more["waterfall"] = [
                {
                    "name": tranche.name,
                    "lent": money_text(tranche.amount),
                    "repaid": money_text(tranche.repaid),
                    "gain": money_text(tranche.gain),
                    "loss": money_text(tranche.loss),
                    "guaranteed": money_text(tranche.guaranteed),
                    "lost": money_text(tranche.lost),
                }
                for tranche in self.tranches
            ]
        if self.look is not None:
            more["settlement"] = self.look.name
        if self.correction is not None:
            more["correction"] = _correction(self.correction)
        if self.dispute is not None:
            more["payable_now"] = money_text(self.dispute.payable_now)
            more["in_escrow"] = money_text(self.dispute.held)
            more["dispute"] = _dispute(self.dispute)
        if self.amended is not None:
            more |= self.amended.to_json()
        return {
            "currency": self.currency,
            "due_now": money_text(self.due_now),
            "total": money_text(self.total),
            "clauses": [
                {
                    "name": c.name,
                    "group": c.group,
                    "outcome": c.outcome,
                    "value": _plain_number(c.value),
                    "operator": c.operator,
                    "threshold": _plain_number(c.threshold),
                    "verdict": None if c.verdict is None else c.verdict.value,
                    "amount": money_text(c.amount),
                    "steps": [str(step) for step in c.steps],
                    **_would_be(c),
                }
                for c in self.clauses
            ],
            **more,
        }


def money_text(amount: Amount | None) -> str | None:
    """An amount as text: digits, ``"not_published"``, or None while open."""
    if amount is None:
        return None
    if isinstance(amount, Decimal):
        return format(amount, "f")
    return NOT_PUBLISHED.value


def _correction(found: Correction) -> dict[str, Any]:
    return {
        "settlement": found.settlement,
        "found": found.found,
        "paid": money_text(found.paid),
        "comes_to": money_text(found.comes_to),
        "difference": money_text(found.difference),
        "owed": money_text(found.owed),
        "owed_by": found.owed_by,
        "due_at": found.due_at,
        "due_on": found.due_on,
        "verdict_corrected": found.receipt,
        "reason": str(found.reason),
    }


def _dispute(found: Contested) -> dict[str, Any]:
    return {
        "state": found.state,
        "raised": found.raised,
        "until": found.until,
        "by": found.by,
        "returned": money_text(found.returned),
        "paid": money_text(found.paid),
        "reason": str(found.reason),
    }


def _would_be(clause: ClauseResult) -> dict[str, str]:
    """The verdict that would stand if the decision were for payment, where it is another one."""
    other = clause.would_be is not None and clause.would_be is not clause.verdict
    return {"would_be": str(clause.would_be)} if other else {}


def _plain_number(number: Decimal | None) -> int | float | None:
    """A JSON number. An infinite bound has none and is told in the steps."""
    if number is None or not number.is_finite():
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def decide(
    contract: Contract,
    evidence: Iterable[Evidence],
    *,
    people: Mapping[str, int] | None = None,
    rule: Rule | None = None,
    not_for_payment: Message | None = None,
    given: Given = NOTHING_GIVEN,
) -> Decision:
    """Judge every clause and add up the money.

    Parameters
    ----------
    contract : Contract
        The contract.
    evidence : iterable of Evidence
        Numbers in contract units, one for each (outcome, group) that is known. A clause without
        evidence is open.
    people : mapping, optional
        People per group, over what the contract says.
    rule : Rule, optional
        A rule in place of the contract's own, for the table of verdicts under other rules.
    not_for_payment : Message, optional
        Why this is an interim look or a draft. Then nothing is due, and each clause keeps the
        verdict it would have in `would_be`.
    given : Given, optional
        What the settlement brings besides results, such as earlier payments.

    Returns
    -------
    Decision

    Raises
    ------
    UsageError
        When `rule` cannot be read against this contract.
    KeyError
        When evidence lacks the answer to a question the rule asks.
    """
    if rule is not None and (wrong := rule_problems(contract, (rule,))):
        raise UsageError(wrong)
    decision = decide_by(
        contract,
        evidence,
        people,
        lambda leaf: effective_rule(contract, leaf, rule),
        rule_text,
        given=given,
    )
    return decision if not_for_payment is None else _draft(decision, contract, not_for_payment)


def decide_by(
    contract: Contract,
    evidence: Iterable[Evidence],
    people: Mapping[str, int] | None,
    rule_of: Callable[[Leaf], Rule],
    name_of: Callable[[Rule], str],
    *,
    typed: bool = False,
    given: Given = NOTHING_GIVEN,
) -> Decision:
    """Judge under the rule that `rule_of` gives for a clause, named by `name_of`.

    `typed` says that the numbers were given by hand and not estimated; `given` is what the
    settlement brings besides results.
    """
    found = _by_key(evidence)
    sizes = {name: g.people for name, g in contract.groups.items() if g.people is not None}
    sizes |= dict(people or {})
    # The caller's own precision and rounding must not reach a payment.
    with localcontext(ARITHMETIC):
        read = Reader(contract, found, sizes, rule_of, typed=typed, given=given)
        settled = settle(contract, read, replace(assumed(given), people=sizes))
    clauses = {leaf.name: leaf for leaf in contract.clauses}
    made = _assembled(contract, settled, clauses, read, rule_of, name_of)
    return at_sitting(contract, _settled(contract, made, settled, given), given.at)


def _by_key(evidence: Iterable[Evidence]) -> Found:
    found: dict[tuple[str, str], Evidence] = {}
    for item in evidence:
        if (item.outcome, item.group) in found:
            raise ValueError(f"Two pieces of evidence about {item.outcome}, {item.group}.")
        found[item.outcome, item.group] = item
    return found


def _assembled(
    contract: Contract,
    settled: Settled,
    clauses: Mapping[str, Leaf],
    read: Reader,
    rule_of: Callable[[Leaf], Rule],
    name_of: Callable[[Rule], str],
) -> Decision:
    def result(row: Row) -> ClauseResult:
        leaf, key = clauses[row.name], (row.name, row.group)
        estimate = read.estimates.get(key)
        rule = read.rules.get(key) or rule_of(leaf)
        instead = key in read.replaced
        if estimate is None and isinstance(rule, PointRule) and not instead:
            estimate = row.exact
        return ClauseResult(
            name=row.name,
            group=row.group,
            outcome=row.outcome,
            value=row.value,
            exact=row.exact,
            estimate=estimate,
            operator=row.operator,
            threshold=row.threshold,
            verdict=row.verdict,
            amount=row.amount,
            reason=row.reason,
            steps=row.steps,
            rule=name_of(rule),
            would_be=row.verdict,
            if_not_judged=leaf.if_not_judged,
            pool=read.pools.get(key, ()),
            pays=row.pays,
            applied=rule,
        )

    cap = contract.payment.cap
    return Decision(
        currency=contract.currency,
        clauses=tuple(result(row) for row in settled.rows),
        due_now=_in_decimals(contract, settled.due_now),
        total=None if settled.total is None else _in_decimals(contract, settled.total),
        cap=None if cap is None else _in_decimals(contract, cap.amount),
        steps=settled.steps if read.order is None else (read.order, *settled.steps),
        stops=read.stops,
    )


def _settled(contract: Contract, made: Decision, settled: Settled, given: Given) -> Decision:
    """The decision with its place among the payments, its payers and its lenders."""
    earlier = given.already_paid
    parts = contract.payment.split or ()
    with localcontext(ARITHMETIC):
        return replace(
            made,
            already_paid=None if earlier is None else _in_decimals(contract, earlier),
            cap_left=_cap_left(contract, made, earlier),
            split=tuple(
                PayerAmount(part.payer.text(), _in_decimals(contract, amount))
                for part, amount in zip(parts, settled.split, strict=True)
            ),
            tranches=tuple(
                Tranche(
                    t.name,
                    contract.round_money(t.amount),
                    *(
                        None if a is None else _in_decimals(contract, a)
                        for a in (t.repaid, t.gain, t.loss, t.guaranteed, t.lost)
                    ),
                )
                for t in settled.tranches
            ),
        )


def _cap_left(contract: Contract, made: Decision, earlier: Amount | None) -> Amount | None:
    cap = contract.payment.cap
    if cap is None or made.cap is None:
        return None
    used: list[Amount] = [NOTHING if made.due_now is None else made.due_now]
    if cap.over == "contract" and earlier is not None:
        used.append(earlier)
    total = add(used)
    if not isinstance(made.cap, Decimal) or not isinstance(total, Decimal):
        return NOT_PUBLISHED
    return _in_decimals(contract, made.cap - total)


def _in_decimals(contract: Contract, amount: Amount) -> Amount:
    """Sums of rounded amounts and ceilings, written with the contract's decimals."""
    return contract.round_money(amount) if isinstance(amount, Decimal) else amount


def _draft(decision: Decision, contract: Contract, why: Message) -> Decision:
    clauses = tuple(
        replace(
            clause,
            verdict=Status.NOT_FOR_PAYMENT,
            amount=None,
            reason=why,
            steps=(*clause.steps, why),
        )
        for clause in decision.clauses
    )
    nothing = contract.round_money(Decimal(0))
    return replace(
        decision,
        clauses=clauses,
        due_now=nothing,
        total=None,
        steps=(why,),
        cap_left=None,
        split=(),
        tranches=(),
        correction=None,
        dispute=None,
    )
