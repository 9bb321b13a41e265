"""The full engine: data are drawn, the registered estimator is run, its answers are read.

Nothing is assumed about how estimates scatter: ratios keep their skew, counts their ties, small
samples their Student's t, few clusters their doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from impacteval.analysis.pool import pool
from impacteval.contract.model import Contract
from impacteval.contract.rules import CombineRule
from impacteval.decide import Compared
from impacteval.errors import PluginError, Problem, UsageError
from impacteval.estimates import CounterfactualEstimate
from impacteval.registry import entry
from impacteval.simulation.answers import answers
from impacteval.simulation.assumed import Assumed
from impacteval.simulation.averages import averages, spread_draws, stake
from impacteval.simulation.drawn import Drawn, joined_data
from impacteval.simulation.engine import Answers
from impacteval.simulation.estimates import (
    Estimates,
    from_moments,
    from_rows,
    pooled,
    pooled_sums,
)
from impacteval.simulation.growth import at_settlement, new_at
from impacteval.simulation.laws import families
from impacteval.simulation.pilot import Pilot
from impacteval.simulation.registered import (
    Method,
    answers_apart,
    asked_answers,
    differences,
    few_places,
    reference,
    run,
)
from impacteval.simulation.scenario import Scenario
from impacteval.study.seeds import step_rng
from impacteval.values import ExpectedPayment, Message, PointEstimate, Question, Scale

if TYPE_CHECKING:
    from impacteval.inference import Variance

Floats = NDArray[np.float64]
Found = CounterfactualEstimate | Message

MOST = 0.9999  # share of an arm in one cluster above which the estimator refuses
CHECKED, FEWEST, CHECKED_PEOPLE = 20, 3, 60_000
"""Studies of each call that go through the registered estimator besides the fast formulas: twenty,
or fewer so that no more than so many people are run twice, but three at least."""


@dataclass(frozen=True, slots=True)
class FullEngine:
    """An engine that runs the estimator that will be run.

    Attributes
    ----------
    methods : mapping of outcome to Method
        The estimator of each outcome; the difference in means where none is given.
    known : mapping of outcome to float
        Share of its variance that a covariate explains which is known beforehand, for estimators
        that adjust; no covariate where none is given.
    pilots : tuple of Pilot
        People to draw from, in place of distributions, each for its own outcomes.
    checked : int
        How many studies of each call are run twice where there are fast formulas: by them, and
        by the registered estimator. Fewer where studies are large (see `CHECKED`).

    Notes
    -----
    The difference in means has fast formulas for all studies at once (`estimates`); a difference
    from the registered estimator beyond 1e-10 ends the run. Every other estimator is run study by
    study.
    """

    methods: Mapping[str, Method] = field(default_factory=dict, hash=False)
    known: Mapping[str, float] = field(default_factory=dict, hash=False)
    pilots: tuple[Pilot, ...] = field(default=(), hash=False)
    checked: int = CHECKED

    def method(self, outcome: str) -> Method:
        """The estimator of an outcome."""
        return self.methods.get(outcome, Method())

    def __call__(
        self,
        scenario: Scenario,
        effect: float,
        asked: tuple[Compared, ...],
        rng: np.random.Generator,
        draws: int,
    ) -> Answers:
        """Answers to everything that is asked, from data with that true effect.

        Parameters
        ----------
        scenario : Scenario
            What is assumed.
        effect : float
            The true effect of the outcome that varies, in contract units.
        asked : tuple of Compared
            Each number with its questions; a pool with its groups.
        rng : numpy.random.Generator
            The only source of chance.
        draws : int
            How many studies.

        Returns
        -------
        mapping of (outcome, group) to mapping of Question to array of shape (draws,)
            NaN where a study cannot be judged.

        Raises
        ------
        UsageError
            With everything for which no data can be drawn.
        PluginError
            When the fast formulas and the registered estimator differ.
        """
        return next(self._grown((scenario,), (scenario,), effect, asked, (rng,), draws))

    def grow(
        self,
        scenario: Scenario,
        effect: float,
        asked: tuple[Compared, ...],
        rngs: Sequence[np.random.Generator],
        draws: int,
    ) -> Iterator[Answers]:
        """Answers at each settlement of a contract that judges everybody so far.

        The data of those who are new at a settlement are drawn once; the estimator is run on them and
        on all before them. What correlates the estimates of two settlements is the data they share.

        Parameters
        ----------
        scenario : Scenario
            What is assumed, with the shares of everybody that its settlements judge.
        effect, asked, draws
            As for a call.
        rngs : sequence of numpy.random.Generator
            One for each settlement.

        Yields
        ------
        mapping of (outcome, group) to mapping of Question to array of shape (draws,)
            One for each settlement, in their order.
        """
        times = range(len(scenario.so_far))
        fresh = [new_at(scenario, k) for k in times]
        seen = [at_settlement(scenario, k) for k in times]
        return self._grown(fresh, seen, effect, asked, rngs, draws)

    def _grown(
        self,
        fresh: Sequence[Scenario],
        seen: Sequence[Scenario],
        effect: float,
        asked: tuple[Compared, ...],
        rngs: Sequence[np.random.Generator],
        draws: int,
    ) -> Iterator[Answers]:
        problems = list(_unanswerable(seen[0].contract))
        if problems:
            raise UsageError(problems)
        seeds = [int(rng.integers(2**63)) for rng in rngs]
        laws = [families(scenario, effect, self.known, self.pilots) for scenario in fresh]
        gathered = [_Gathered() for _ in seen]
        for same in zip(*laws, strict=True):
            # All times of a study are held at once, so there is room for fewer studies.
            room = max(1, min(family.together for family in same) // len(same))
            chunks = zip(
                *(f.draw(s, draws, room) for f, s in zip(same, seeds, strict=True)), strict=True
            )
            done = 0
            for parts in chunks:
                for k, (scenario, seed) in enumerate(zip(seen, seeds, strict=True)):
                    data = {
                        key: joined_data([part[key] for part in parts[: k + 1]]) for key in parts[0]
                    }
                    for outcome in same[0].outcomes:
                        wanted = [c for c in asked if c.outcome == outcome]
                        mine = {g: drawn for (o, g), drawn in data.items() if o == outcome}
                        part = _Part(self, scenario, outcome, mine, wanted, seed, done)
                        gathered[k].add(part.answers())
                done += len(next(iter(parts[0].values())))
        for each in gathered:
            yield each.answers(asked)


class _Gathered:
    """Answers of some studies at a time, put together."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], dict[Question, list[Floats]]] = {}

    def add(self, answered: Mapping[tuple[str, str], Mapping[Question, Floats]]) -> None:
        for key, by_question in answered.items():
            into = self._found.setdefault(key, {q: [] for q in by_question})
            for question, values in by_question.items():
                into[question].append(values)

    def answers(self, asked: tuple[Compared, ...]) -> Answers:
        return {
            (c.outcome, c.group): {
                q: np.concatenate(values) for q, values in self._found[c.outcome, c.group].items()
            }
            for c in asked
        }


def _unanswerable(contract: Contract) -> Iterator[Problem]:
    """What data of one design cannot answer."""
    for leaf in contract.clauses:
        if isinstance(contract.rule(leaf), CombineRule):
            yield Problem(
                f"The clause {leaf.name} combines the estimates of several designs, and full "
                "simulation draws the data of one.",
                "Use --engine normal.",
            )


def _none(found: Found) -> bool:
    return isinstance(found, Message)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Some studies of one outcome: every group, and the pools."""

    engine: FullEngine
    scenario: Scenario
    outcome: str
    drawn: Mapping[str, Drawn]
    asked: Sequence[Compared]
    seed: int
    start: int

    @property
    def draws(self) -> int:
        return len(next(iter(self.drawn.values())))

    def answers(self) -> Mapping[tuple[str, str], Mapping[Question, Floats]]:
        """By number and question, arrays of shape (draws,)."""
        found = self._fast()
        if found is None:
            return self._registered(self.draws)
        told = {
            (c.outcome, c.group): {
                q: self._answers(c, found[c.outcome, c.group], q) for q in c.questions
            }
            for c in self.asked
        }
        self._compare(found, told, max(0, min(self.draws, self._checked() - self.start)))
        return told

    def _checked(self) -> int:
        """How many studies of the call are run twice: fewer where each has many people."""
        people = sum(data.layout.n for data in self.drawn.values())
        return min(self.engine.checked, max(FEWEST, CHECKED_PEOPLE // people))

    def _answers(self, asked: Compared, found: Estimates, question: Question) -> Floats:
        own = self._assumed(asked)
        if not isinstance(question, PointEstimate) and not self._uncertain(asked):
            return np.full(self.draws, np.nan)
        if isinstance(question, ExpectedPayment):
            spread, at = spread_draws(found, own.effect, own.better)
            return averages(self.scenario.contract, question, spread, at)
        return answers(found, question, effect=own.effect, better=own.better)

    def _assumed(self, asked: Compared) -> Assumed:
        return self.scenario.numbers[self.outcome, (asked.pool or (asked.group,))[0]]

    def _uncertain(self, asked: Compared) -> bool:
        """Whether more than the estimate may be used: enough treated places, or a named method."""
        places = sum(self.drawn[g].layout.places for g in asked.pool or (asked.group,))
        outcome = self.scenario.contract.outcomes[self.outcome]
        return not few_places(places, outcome.counterfactual.method is not None)

    # --- all studies at once -------------------------------------------------------------------

    def _fast(self) -> Mapping[tuple[str, str], Estimates] | None:
        """Estimates by the fast formulas; None where there are none."""
        method = self.engine.method(self.outcome)
        variance = method.settings.get("variance", "hc2")
        if method.name != "difference-in-means" or variance not in ("hc1", "hc2", "hc3"):
            return None
        if set(method.settings) - {"variance"}:
            return None
        scale = self.scenario.numbers[self.outcome, next(iter(self.drawn))].scale
        if any(self._thin(data) for data in self.drawn.values()):
            return None
        groups: dict[str, Estimates] = {}
        for group, data in self.drawn.items():
            layout = data.layout
            if layout.clusters is None and layout.blocks == 1:
                low, high = data.moments(fourth=scale is Scale.STANDARDISED)
                groups[group] = from_moments(low, high, scale, cast("Variance", variance))
            else:
                assert data.rows is not None
                groups[group] = from_rows(data.rows, layout, scale, cast("Variance", variance))
        found = {}
        for each in self.asked:
            if not each.pool:
                found[each.outcome, each.group] = groups[each.group]
                continue
            covariance = self._covariance(groups, each.pool)
            if covariance is None:
                return None
            shares = self._shares(each.pool)
            parts = [groups[g] for g in each.pool]
            how = self.scenario.contract.pools_by(self.outcome)
            together = pooled_sums if how == "ratio_of_sums" else pooled
            found[each.outcome, each.group] = together(parts, shares, covariance)
        return found

    def _thin(self, data: Drawn) -> bool:
        """Whether the estimator refuses, or may refuse, for want of people or clusters."""
        layout = data.layout
        places = layout.clusters or (layout.served, layout.compared)
        return min(places) < 2 * layout.blocks or layout.largest_share > MOST

    def _shares(self, members: tuple[str, ...]) -> list[float]:
        people = self.scenario.people
        whole = sum(people[g] for g in members)
        return [people[g] / whole for g in members]

    def _covariance(
        self, groups: Mapping[str, Estimates], members: tuple[str, ...]
    ) -> Mapping[tuple[int, int], Floats] | None:
        """Covariances through people that groups share; None where there is no formula."""
        found: dict[tuple[int, int], Floats] = {}
        for (i, a), (j, b) in combinations(enumerate(members), 2):
            if not self.drawn[a].shared:
                continue
            one, other = groups[a], groups[b]
            if one.pull is None or other.pull is None:
                return None
            both = self.drawn[a].shared_moments()
            away = (both.mean - one.counterfactual) * (both.mean - other.counterfactual)
            found[i, j] = one.pull * other.pull * (both.second + both.n * away)
        return found

    # --- study by study ------------------------------------------------------------------------

    def _one(self, k: int) -> dict[str, Found]:
        """The registered estimator's answer for study `k`: each group, then each pool asked for."""
        method = self.engine.method(self.outcome)
        built, design = method.build(), method.design()
        found: dict[str, Found] = {}
        for group, data in self.drawn.items():
            rng = step_rng(self.seed, self.outcome, group, f"estimate {self.start + k}")
            assumed = self.scenario.numbers[self.outcome, group]
            found[group] = run(method, built, data.study(k), assumed, rng, design)
        people = self.scenario.people
        how = self.scenario.contract.pool or "mean_of_effects"
        for each in self.asked:
            if each.pool:
                members = {g: found[g] for g in each.pool}
                found[each.group] = pool(members, people, how=how)
        return found

    def _registered(self, draws: int) -> Mapping[tuple[str, str], Mapping[Question, Floats]]:
        found: dict[tuple[str, str], dict[Question, Floats]] = {
            (c.outcome, c.group): {q: np.full(draws, np.nan) for q in c.questions}
            for c in self.asked
        }
        refusals: list[Found] = []
        for k in range(draws):
            estimates = self._one(k)
            refusals += [e for g, e in estimates.items() if g in self.drawn and _none(e)]
            for each in self.asked:
                for question, value in self._asked(each, estimates[each.group]).items():
                    found[each.outcome, each.group][question][k] = value
        if self.start == 0 and len(refusals) == draws * len(self.drawn):
            name = self.engine.method(self.outcome).name
            raise UsageError(
                Problem(
                    f"The estimator {name!r} has no answer on any simulated study of "
                    f"{self.outcome!r}: {refusals[0]}",
                    "Choose another estimator, or mend what is assumed.",
                )
            )
        return found

    def _asked(self, each: Compared, found: Found) -> Mapping[Question, float]:
        own, uncertain = self._assumed(each), self._uncertain(each)
        return asked_answers(
            found, each.questions, own, uncertain=uncertain, contract=self.scenario.contract
        )

    def _compare(
        self,
        found: Mapping[tuple[str, str], Estimates],
        told: Mapping[tuple[str, str], Mapping[Question, Floats]],
        checked: int,
    ) -> None:
        """The first studies again through the registered estimator; PluginError on a difference."""
        for k in range(checked):
            estimates = self._one(k)
            for each in self.asked:
                own = estimates[each.group]
                key = (each.outcome, each.group)
                size = reference(own, self._assumed(each))
                sizes: dict[Question, float] = {
                    q: stake(self.scenario.contract, q, size)
                    for q in each.questions
                    if isinstance(q, ExpectedPayment)
                }
                apart: list[tuple[object, tuple[float, float]]] = [
                    *differences(k, found[key], own).items(),
                    *answers_apart(k, told[key], self._asked(each, own), size, sizes).items(),
                ]
                if apart:
                    name = self.engine.method(self.outcome).name
                    what, (quick, slow) = apart[0]
                    raise PluginError(
                        f"The formulas for many studies and the estimator {name!r} differ on "
                        f"simulated study {self.start + k + 1} of {self.outcome!r}, group "
                        f"{each.group!r}: {what} is {quick!r} by the formulas and {slow!r} by the "
                        "estimator. Nothing was simulated.",
                        package=entry(name).package,
                    )
