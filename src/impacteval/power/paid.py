"""What a contract pays for the estimates of a declared design."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.contract.model import Contract
from impacteval.contract.readings import Given
from impacteval.errors import Problem, UsageError
from impacteval.estimates import CounterfactualEstimate
from impacteval.pricing.kernel import price_draws
from impacteval.simulation.assumed import Assumed
from impacteval.simulation.engine import asked_of
from impacteval.simulation.readings import AnswerReader
from impacteval.simulation.registered import asked_answers, few_places
from impacteval.values import Message, Question, Scale

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PaidBy:
    """A contract that compares one number, which the design estimates.

    Attributes
    ----------
    contract : Contract
        The contract.
    outcome : str
        Its outcome.
    effect, better, design : str
        Of the outcome, in the contract's words.
    questions : tuple of Question
        What its evidence rule asks of the estimate.
    """

    contract: Contract
    outcome: str
    effect: str
    better: str
    design: str
    questions: tuple[Question, ...]

    @property
    def scale(self) -> Scale:
        """The estimator's scale."""
        return self._assumed.scale

    @property
    def _assumed(self) -> Assumed:
        return Assumed(self.outcome, "all", self.effect, self.better, self.design)  # type: ignore[arg-type]  # the contract has checked the word

    def answers(self, found: CounterfactualEstimate | Message) -> Mapping[Question, float]:
        """Answers of one estimate, in contract units; NaN where there is none.

        As in a verdict, few treated places leave nothing but the estimate to be used, unless the
        contract names the method.
        """
        named = self.contract.outcomes[self.outcome].counterfactual.method is not None
        places = 0 if isinstance(found, Message) else found.treated_clusters
        return asked_answers(
            found,
            self.questions,
            self._assumed,
            uncertain=not few_places(places, named),
            contract=self.contract,
        )

    def paid(self, answers: Sequence[Mapping[Question, float]]) -> Floats:
        """The payment for each estimate, shape (draws,); NaN where it stays open.

        Raises
        ------
        UsageError
            When an amount is not published.
        """
        columns = {q: np.array([row[q] for row in answers]) for q in self.questions}
        reader = AnswerReader(self.contract, {(self.outcome, "all"): columns})
        priced = price_draws(self.contract, reader, Given(), draws=len(answers))
        money = np.array(priced.total.value, dtype=np.float64)
        if priced.total.hidden is not None:
            raise UsageError(
                Problem(
                    "The contract does not publish what it pays, so there is no average payment.",
                    "Leave the contract out.",
                )
            )
        if priced.total.open is not None:
            money[priced.total.open] = math.nan
        return money


def paid_by(contract: Contract) -> PaidBy:
    """The payment of a contract that compares one number of everyone.

    Parameters
    ----------
    contract : Contract
        The contract.

    Raises
    ------
    UsageError
        When it compares several numbers: `impacteval.simulate` prices those.

    Examples
    --------
    >>> from impacteval.contract import load_contract
    >>> paid_by(load_contract("studies/nsw-job-training")).outcome
    'earnings_1978'
    """
    asked = asked_of(contract)
    if len(asked) != 1 or asked[0].group != "all":
        names = ", ".join(f"{a.outcome} ({a.group})" for a in asked)
        raise UsageError(
            Problem(
                f"This contract compares several numbers ({names}), and a design estimates one.",
                "Use impacteval simulate, which draws them together.",
            )
        )
    outcome = contract.outcomes[asked[0].outcome]
    return PaidBy(
        contract,
        asked[0].outcome,
        outcome.effect,
        outcome.better,
        outcome.counterfactual.design,
        asked[0].questions,
    )
