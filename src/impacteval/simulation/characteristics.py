"""What a simulation finds, as values: how often each verdict, how much money, how sure.

Chances are shares of draws. Money is in the contract's currency as a plain number, because it is a
mean or a quantile and not an amount that anybody is owed; where the contract does not publish an
amount there is no money, and the chances stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from impacteval.pricing.advice import OutOfReach, Proposal
from impacteval.values import Text

ADVICE_DRAWS = 100_000
"""The most draws from which a proposal is found."""
PRIOR_DRAWS = 10_000
"""The same where an average over a normal prior is worked out in each draw, which takes long."""

Money = float | Literal["not_published"] | None
"""A mean or a quantile of money; None while the payment is open in some draws."""


@dataclass(frozen=True, slots=True)
class StepChance:
    """How often one comparison of a clause is the furthest that holds."""

    operator: str
    threshold: float
    chance: float


@dataclass(frozen=True, slots=True)
class ClauseChances:
    """How often a clause says what about one group, at one true effect.

    Attributes
    ----------
    name, group, outcome : str
        The clause, whom it reads, what it reads.
    truth : float
        The true effect on the number it compares, in contract units.
    passes : bool
        Whether the truth itself passes the clause's first comparison.
    met, not_met, cannot_be_judged, not_for_payment : float
        Chances of each verdict at one settlement, the last where settlements share their data;
        they add up to 1.
    wrong : float
        The chance of the verdict that the truth does not deserve: met although the truth falls
        short, or not met although it passes.
    steps : tuple of StepChance
        How often each step is the furthest one reached.
    ties : float
        How often the number compared is exactly a threshold: then "at least" and "more than"
        differ.
    """

    name: str
    group: str
    outcome: str
    truth: float
    passes: bool
    met: float
    not_met: float
    cannot_be_judged: float
    not_for_payment: float
    wrong: float
    steps: tuple[StepChance, ...]
    ties: float = 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """What one payer pays on average."""

    name: Text
    mean: Money


@dataclass(frozen=True, slots=True)
class Lender:
    """What one layer of the capital gets back and loses on average."""

    name: str
    lent: float
    back: Money
    lost: Money


@dataclass(frozen=True, slots=True)
class AtSettlement:
    """What one settlement of a contract pays that judges everybody so far.

    Attributes
    ----------
    so_far : float
        The share of everybody whose data it judges.
    pays, takes_back : float
        How often something is paid there, and how often money goes back.
    expected : Money
        What is paid there on average; below 0 where more is taken back.
    """

    so_far: float
    pays: float
    takes_back: float
    expected: Money


@dataclass(frozen=True, slots=True)
class Payment:
    """What is paid at one true effect, over all settlements together.

    Attributes
    ----------
    effect : float
        The true effect of the outcome that varies, in contract units.
    clauses : tuple of ClauseChances
        Each clause and group.
    paid : float
        The chance that anything is paid.
    open : float
        The chance that the payment stays open because something cannot be judged.
    expected, expected_error : Money
        The mean payment and its simulation error (one standard error).
    low, median, high : Money
        5, 50 and 95 in 100 payments are at most this.
    payers, lenders
        Who pays and who lends, on average.
    settlements : tuple of AtSettlement
        Of settlements that judge everybody so far, each of them; then a clause's chances are those
        at the last one.
    beyond_last : Money
        How much more is paid on average than the last settlement alone would have paid, because
        what earlier ones paid too much stays paid. Of other contracts None.
    """

    effect: float
    clauses: tuple[ClauseChances, ...]
    paid: float
    open: float
    expected: Money
    expected_error: Money
    low: Money
    median: Money
    high: Money
    payers: tuple[Share, ...] = ()
    lenders: tuple[Lender, ...] = ()
    settlements: tuple[AtSettlement, ...] = ()
    beyond_last: Money = None


@dataclass(frozen=True, slots=True)
class UnderRule:
    """The contract's payments under one evidence rule.

    Attributes
    ----------
    rule : str
        The rule in the contract's words; ``"as the contract says"`` has `own` set.
    own : bool
        Whether it is the contract's own.
    payments : tuple of Payment
        One for each true effect, smallest first.
    """

    rule: str
    own: bool
    payments: tuple[Payment, ...]

    def at(self, effect: float) -> Payment:
        """The payment at that true effect of the grid."""
        return next(p for p in self.payments if p.effect == effect)


@dataclass(frozen=True, slots=True)
class Needed:
    """How large a sample is needed to tell one effect from nothing.

    Attributes
    ----------
    effect : float
        The true effect in contract units.
    power : float
        How often the sample as assumed finds it.
    times : float or None
        By how much the sample must be multiplied to find it as often as asked.
    people, comparison : int or None
        That many people served and compared with, where sizes were given.
    curve : tuple of (float, float)
        How often samples of so many times the size find it.
    """

    effect: float
    power: float
    times: float | None
    people: int | None
    comparison: int | None
    curve: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Precision:
    """How precisely one number is measured.

    Attributes
    ----------
    outcome, group : str
        Which number; ``"pooled"`` for a pool.
    std_error : float
        Where the programme does nothing, in contract units.
    df : float or None
        Degrees of freedom; None when the standard error is known.
    detectable : float
        The smallest true effect that a two-sided test at `level` finds with chance `power`.
    level, power : float
        Of that test.
    needed : tuple of Needed
        For each threshold of the contract.
    """

    outcome: str
    group: str
    std_error: float
    df: float | None
    detectable: float
    level: float
    power: float
    needed: tuple[Needed, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """How far two engines are apart at one true effect, under the contract's own rule.

    Attributes
    ----------
    effect : float
        The true effect of the outcome that varies, in contract units.
    paid_normal, paid_full : float
        The chance that anything is paid, by each engine.
    expected_normal, expected_full : Money
        The mean payment, by each engine.
    """

    effect: float
    paid_normal: float
    paid_full: float
    expected_normal: Money
    expected_full: Money


HopedBy = Literal["given", "largest_tried"]
"""Who says what is hoped for: whoever asked, or nobody, and then it is the largest effect tried."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One proposal, and the true effect that is hoped for.

    Attributes
    ----------
    hoped : float
        In contract units: what "works as hoped" means.
    moved : int
        How many thresholds move together; 0 for a sample.
    found : Proposal or OutOfReach
        The proposal, or that there is none.
    draws : int
        How many draws it was found from.
    hoped_by : str
        ``given``, or ``largest_tried`` where it is an assumption that nobody stated.
    limit_share : float or None
        Where the limit is an average payment that was worked out, the share of what is paid on
        average now if the programme works as hoped.
    """

    hoped: float
    moved: int
    found: Proposal | OutOfReach
    draws: int
    hoped_by: HopedBy = "given"
    limit_share: float | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A true effect that does not vary, in contract units."""

    outcome: str
    group: str
    effect: float


@dataclass(frozen=True, slots=True)
class Simulation:
    """Operating characteristics of a contract.

    Attributes
    ----------
    contract, digest : str
        Which contract.
    currency : str
        Of all money.
    engine : str
        ``normal`` or ``full``.
    varies : str or None
        The outcome whose true effect varies; None when all are held.
    held : tuple of Held
        The true effects that do not vary.
    draws, seed : int
        How many settlements were drawn for each effect and rule, and from which seed.
    settlements : int
        How many settlements are counted together.
    marks : tuple of float
        Where what the contract pays changes, in contract units.
    rules : tuple of UnderRule
        The contract's own rule first, then the usual others.
    precision : tuple of Precision
        One for each number that is compared.
    gaps : tuple of Gap
        Where both engines ran.
    advice : tuple of Advice
        What would hold the risk of a false payment, when asked.
    quiet : tuple of str
        Stop triggers that move money and that nothing here tells: they are taken to stay quiet.
    nothing_at : float or None
        Where the programme changes nothing: an effect of 0, or what is counted anyway. None while
        nothing says what would be counted without the programme.
    so_far : tuple of float
        Of a cumulative contract with several settlements, the share of everybody whose data each of
        them judges; empty where each has data of its own.
    """

    contract: str
    digest: str
    currency: str
    engine: str
    varies: str | None
    held: tuple[Held, ...]
    draws: int
    seed: int
    settlements: int
    marks: tuple[float, ...]
    rules: tuple[UnderRule, ...]
    precision: tuple[Precision, ...]
    gaps: tuple[Gap, ...] = ()
    advice: tuple[Advice, ...] = ()
    quiet: tuple[str, ...] = ()
    nothing_at: float | None = 0.0
    so_far: tuple[float, ...] = ()

    @property
    def own(self) -> UnderRule:
        """Under the contract's own rule."""
        return self.rules[0]

    @property
    def nothing(self) -> Payment:
        """What is paid when the programme does nothing.

        For noise alone; with `nothing_at` None it is what a count of 0 is paid.
        """
        return self.own.at(self.nothing_at or 0.0)
