"""From a scenario to the laws that data are drawn from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import Problem, UsageError
from impacteval.simulation.assumed import Assumed, Kind
from impacteval.simulation.data import Measure, Study, study
from impacteval.simulation.drawn import Drawn
from impacteval.simulation.layout import COMPARISON, PROGRAMME, Layout
from impacteval.simulation.pilot import Pilot, PilotFamily
from impacteval.simulation.populations import Population
from impacteval.simulation.scenario import Scenario
from impacteval.study.seeds import step_rng
from impacteval.values import Design, Scale

Floats = NDArray[np.float64]

# Numbers held in memory at once, and so how many studies are drawn together.
_ROOM = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Outcomes of the same people, in every group, whose data are drawn together.

    Attributes
    ----------
    outcomes : tuple of str
        One outcome, or several that are correlated.
    studies : mapping of group to Study
        The law of each group.
    shared : int
        People who are compared with every group.
    """

    outcomes: tuple[str, ...]
    studies: Mapping[str, Study]
    shared: int = 0

    @property
    def tallied(self) -> bool:
        """Whether it is enough to count how often each value occurs."""
        return all(law.tallied for law in self.studies.values())

    @property
    def together(self) -> int:
        """How many studies are drawn together."""
        each = 1
        for law in self.studies.values():
            people = law.layout.n * len(law.measures)
            if self.tallied:
                people = max(m.population(a).above().size for m in law.measures for a in (0, 1)) + 1
            each = max(each, people)
        return max(1, _ROOM // each)

    def draw(
        self, seed: int, draws: int, together: int | None = None
    ) -> Iterator[Mapping[tuple[str, str], Drawn]]:
        """Data of `draws` studies by (outcome, group), some at a time.

        Parameters
        ----------
        seed : int
            Each group has a generator of its own, derived from it and from names.
        draws : int
            How many studies.
        together : int, optional
            How many at a time; as many as there is room for by default.
        """
        some = together or self.together
        name = "+".join(self.outcomes)
        rngs = {group: step_rng(seed, name, group, "data") for group in self.studies}
        common = step_rng(seed, name, "", "people compared with every group")
        for start in range(0, draws, some):
            yield self._chunk(rngs, common, min(some, draws - start))

    def _chunk(
        self, rngs: Mapping[str, np.random.Generator], common: np.random.Generator, draws: int
    ) -> dict[tuple[str, str], Drawn]:
        found: dict[tuple[str, str], Drawn] = {}
        first = next(iter(self.studies.values()))
        if self.tallied:
            shared = first.tallies(common, draws, COMPARISON, self.shared) if self.shared else None
            for k, (group, law) in enumerate(self.studies.items()):
                own = law.layout.compared - self.shared
                tallies = (
                    law.tallies(rngs[group], draws, COMPARISON, own),
                    law.tallies(rngs[group], draws, PROGRAMME, law.layout.served),
                )
                found[self.outcomes[0], group] = Drawn(
                    k, law.layout, tallies=tallies, shared=self.shared, common=shared
                )
            return found
        rows = first.compared(common, draws, self.shared) if self.shared else None
        for k, (group, law) in enumerate(self.studies.items()):
            people = law.people(rngs[group], draws)
            if rows is not None:
                people.y[..., : self.shared] = rows
            known = {} if people.x is None else {"known": people.x}
            for j, outcome in enumerate(self.outcomes):
                found[outcome, group] = Drawn(
                    k, law.layout, people.y[j], shared=self.shared, covariates=known
                )
        return found


def families(
    scenario: Scenario,
    effect: float,
    known: Mapping[str, float] | None = None,
    pilots: Sequence[Pilot] = (),
) -> tuple[Family | PilotFamily, ...]:
    """The laws of all data at a true effect, in the order of the scenario.

    Parameters
    ----------
    scenario : Scenario
        What is assumed.
    effect : float
        The true effect of the outcome that varies, in contract units.
    known : mapping of outcome to float, optional
        Share of its variance that a covariate explains which is known beforehand.
    pilots : sequence of Pilot, optional
        People to draw from, each for the outcomes that it has.

    Raises
    ------
    UsageError
        With everything for which no data can be drawn, all at once.
    """
    problems = [p for a in scenario.numbers.values() for p in _undrawable(a)]
    if problems:
        raise UsageError(list(dict.fromkeys(problems)))
    outcomes = tuple(dict.fromkeys(outcome for outcome, _ in scenario.numbers))
    piloted = [(p, tuple(o for o in outcomes if o in p.outcomes)) for p in pilots]
    others = tuple(o for o in outcomes if not any(o in of for _, of in piloted))
    joint = [others] if scenario.between_outcomes else [(outcome,) for outcome in others]
    found: list[Family | PilotFamily] = []
    for pilot, members in piloted:
        try:
            if members:
                found.append(_from_pilot(scenario, members, effect, pilot))
        except ValueError as error:
            problems.append(Problem(f"{' and '.join(members)}: {error}", _MEND))
    for members in filter(None, joint):
        try:
            found.append(_family(scenario, members, effect, known or {}))
        except ValueError as error:
            problems.append(Problem(f"{' and '.join(members)}: {error}", _MEND))
    if problems:
        raise UsageError(problems)
    return tuple(found)


_MEND = "Mend what is assumed, or use --engine normal."


def _undrawable(assumed: Assumed) -> Iterator[Problem]:
    where = assumed.outcome if assumed.group == "all" else f"{assumed.outcome}.{assumed.group}"
    if assumed.counted_only or not assumed.compares_people:
        yield Problem(
            f"{where}: full simulation needs people to compare with, and the contract has none "
            f"(design {assumed.design}).",
            "Use --engine normal.",
        )
    elif assumed.sample_design in (Design.SYNTHETIC_CONTROL, Design.DID):
        yield Problem(
            f"{where}: full simulation draws people measured once, and the design "
            f"{assumed.design} compares over time.",
            "Use --engine normal.",
        )
    elif assumed.std_error is not None:
        yield Problem(
            f"{where}: a standard error does not say what data to draw.",
            "Give people, comparison, kind, baseline and spread in its place, or use "
            "--engine normal.",
        )


def _family(
    scenario: Scenario, outcomes: tuple[str, ...], effect: float, known: Mapping[str, float]
) -> Family:
    groups = tuple(dict.fromkeys(g for o, g in scenario.numbers if o in outcomes))
    studies = {}
    for group in groups:
        numbers = [scenario.numbers[o, group] for o in outcomes if (o, group) in scenario.numbers]
        if len(numbers) < len(outcomes):
            raise ValueError(
                "outcomes that go together must be read for the same groups, and one of them is "
                f"not read for {group}."
            )
        studies[group] = _study(numbers, effect, scenario.between_outcomes, known)
    if not scenario.between_groups or len(groups) == 1:
        return Family(outcomes, studies)
    return Family(outcomes, studies, _shared(studies, scenario.between_groups))


def _from_pilot(
    scenario: Scenario, outcomes: tuple[str, ...], effect: float, pilot: Pilot
) -> PilotFamily:
    """The law of people drawn from a pilot; ValueError where the pilot cannot give them."""
    if scenario.between_groups:
        raise ValueError("correlated groups are not drawn from a pilot.")
    layouts: dict[str, Layout] = {}
    numbers: dict[tuple[str, str], Assumed] = {}
    for (outcome, group), assumed in scenario.numbers.items():
        if outcome not in outcomes:
            continue
        layout = _layout(assumed)
        if layouts.setdefault(group, layout) != layout:
            raise ValueError(
                "the outcomes of a pilot are those of the same people, and their numbers of people "
                "or clusters differ."
            )
        if (layout.clusters is None) != (pilot.cluster is None):
            raise ValueError(
                "the scenario and the pilot must both have clusters, or neither of them."
            )
        own = numbers[outcome, group] = pilot.of(assumed)
        if own.scale is Scale.RELATIVE and not (own.baseline or 0.0) > 0.0:
            raise ValueError("a relative effect needs a pilot whose mean is above 0.")
        if not own.possible(own.truth(effect)):
            raise ValueError(
                f"a true effect of {own.truth(effect):g} is impossible for people like the pilot's."
            )
    missing = {(o, g) for o in outcomes for g in layouts} - set(numbers)
    if missing:
        raise ValueError("the outcomes of a pilot must be read for the same groups.")
    return PilotFamily(pilot, outcomes, layouts, numbers, effect)


def _study(
    numbers: list[Assumed], effect: float, together: float, known: Mapping[str, float]
) -> Study:
    layouts = {_layout(assumed) for assumed in numbers}
    if len(layouts) > 1:
        raise ValueError(
            "outcomes that go together must be measured for the same people, and their numbers "
            "of people or clusters differ."
        )
    correlation = np.full((len(numbers), len(numbers)), together)
    np.fill_diagonal(correlation, 1.0)
    measures = [replace(measure_of(a, effect), known=known.get(a.outcome, 0.0)) for a in numbers]
    return study(layouts.pop(), measures, correlation, [a.outcome for a in numbers])


def _layout(assumed: Assumed) -> Layout:
    assert assumed.people is not None
    assert assumed.comparison is not None
    clusters = None
    if assumed.clusters is not None:
        assert assumed.comparison_clusters is not None
        clusters = (assumed.clusters, assumed.comparison_clusters)
    return Layout(assumed.people, assumed.comparison, clusters, assumed.cluster_cv)


def measure_of(assumed: Assumed, effect: float) -> Measure:
    """The two populations whose effect is exactly the true one.

    Parameters
    ----------
    assumed : Assumed
        What is assumed of one number.
    effect : float
        The true effect of the outcome that varies, in contract units.

    Raises
    ------
    ValueError
        When people cannot have such an outcome, such as a probability above 1.

    Examples
    --------
    >>> jobs = Assumed("jobs", "all", "difference", "higher", "rct", kind=Kind.BINARY, baseline=0.3)
    >>> measure_of(jobs, 0.1).after.mean
    0.4
    """
    after, before = assumed.means(assumed.truth(effect))
    kind = assumed.kind or Kind.NORMAL
    spread = {Kind.NORMAL: assumed.sd, Kind.COUNT: assumed.variance_over_mean}.get(kind)
    if kind is not Kind.NORMAL:
        after = _at_its_end(after, kind)
    made = [Population(kind, mean, 1.0 if spread is None else spread) for mean in (before, after)]
    return Measure(made[0], made[1], icc=assumed.icc)


def _at_its_end(mean: float, kind: Kind) -> float:
    """A mean that arithmetic takes a hair beyond its end is at its end."""
    for end in (0.0, 1.0) if kind is Kind.BINARY else (0.0,):
        if abs(mean - end) < 1e-12:
            return end
    return mean


def _shared(studies: Mapping[str, Study], wanted: float) -> int:
    """How many people have to be compared with every group for estimates to correlate as stated.

    Where nothing works: two estimates have the covariance of the means over the people that both
    are compared with.
    """
    laws = list(studies.values())
    if any(measure.known for law in laws for measure in law.measures):
        raise ValueError("correlated groups are not drawn with what is known beforehand.")
    if any(law.layout.clusters is not None for law in laws):
        raise ValueError("correlated groups are not drawn for people in clusters.")
    if any(law.measures[0].before != laws[0].measures[0].before for law in laws):
        raise ValueError("correlated groups need the same baseline, and theirs differ.")
    sizes = [(law.layout.served, law.layout.compared) for law in laws]
    each = [
        1.0 / (b * d) / math.sqrt((1.0 / a + 1.0 / b) * (1.0 / c + 1.0 / d))
        for (a, b), (c, d) in combinations(sizes, 2)
    ]
    by_one = sum(each) / len(each)
    most = min(b for _, b in sizes)
    people = round(wanted / by_one)
    if not 0 <= people <= most:
        raise ValueError(
            "data of groups go together only through people that both are compared with, which "
            f"gives estimates a correlation from 0 to {most * by_one:.3g}, and {wanted:g} was asked "
            "for."
        )
    return people
