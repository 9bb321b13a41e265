"""What is assumed about a trial before there are data: arms, outcome, clusters, losses, take-up."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from impacteval.simulation.assumed import Kind
from impacteval.simulation.layout import Layout
from impacteval.simulation.populations import Population, faults
from impacteval.values import Scale

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class PlannedTrial:
    """A two-arm trial as it is planned.

    Attributes
    ----------
    kind : Kind
        What is measured for a person: normal, yes or no, counts.
    served, compared : int
        People assigned to the programme and to comparison.
    baseline : float
        Mean for a person whom the programme does not reach, in the outcome's own units.
    sd : float or None
        Standard deviation between people, of a normal outcome.
    variance_over_mean : float or None
        Of a count; 1 for independent events that strike all alike.
    scale : Scale
        The scale of effect and threshold.
    better : {"higher", "lower"}
        Which direction is better.
    clusters : (int, int) or None
        Clusters assigned to the programme and to comparison; None when people were assigned.
    icc : float
        Correlation of the outcome between two people of one cluster (of one block).
    cluster_cv : float
        Coefficient of variation of the clusters' sizes.
    blocks : int
        Blocks that the lot was drawn within; 1 for none.
    between : float
        Share of the outcome's variance that lies between blocks.
    explained : float
        Share of the outcome's variance that covariates known beforehand explain, for an estimator
        that adjusts for them.
    lost : (float, float)
        Share of the people of each arm, programme first, whose outcome will not be measured.
    take_up : (float, float)
        Share of the people of each arm, programme first, whom the programme reaches.
    participants : bool
        Whether the number compared is the effect on those whom the assignment made take part,
        rather than the effect of being assigned.

    Raises
    ------
    ValueError
        With everything that cannot be, one sentence each; `problems` lists them.

    Examples
    --------
    >>> trial = PlannedTrial(Kind.NORMAL, served=50, compared=50, sd=1.0)
    >>> trial.means(0.2)
    (0.2, 0.0)
    """

    kind: Kind
    served: int
    compared: int
    baseline: float = 0.0
    sd: float | None = None
    variance_over_mean: float | None = None
    scale: Scale = Scale.DIFFERENCE
    better: Better = "higher"
    clusters: tuple[int, int] | None = None
    icc: float = 0.0
    cluster_cv: float = 0.0
    blocks: int = 1
    between: float = 0.0
    explained: float = 0.0
    lost: tuple[float, float] = (0.0, 0.0)
    take_up: tuple[float, float] = (1.0, 0.0)
    participants: bool = False

    def __post_init__(self) -> None:
        found = problems(self)
        if found:
            raise ValueError(" ".join(found))

    @property
    def sign(self) -> float:
        """1 where higher is better, else -1."""
        return 1.0 if self.better == "higher" else -1.0

    @property
    def reached(self) -> float:
        """How much the assignment changes the share of people whom the programme reaches."""
        return self.take_up[0] - self.take_up[1]

    @property
    def population(self) -> Population:
        """People whom the programme does not reach."""
        spread = {Kind.NORMAL: self.sd, Kind.COUNT: self.variance_over_mean}.get(self.kind)
        return Population(self.kind, self.baseline, 1.0 if spread is None else spread)

    @property
    def layout(self) -> Layout:
        """Who is in the trial, before anybody is lost."""
        return Layout(self.served, self.compared, self.clusters, self.cluster_cv, self.blocks)

    def shift(self, effect: float) -> float:
        """What the programme changes for a person whom it reaches, in the outcome's own units.

        Parameters
        ----------
        effect : float
            On the trial's scale, about those whom the programme reaches; raw, whatever is better.
        """
        match self.scale:
            case Scale.DIFFERENCE:
                return effect
            case Scale.RELATIVE:
                return effect * self.baseline
            case Scale.TOTAL:
                return effect / self.served
            case Scale.STANDARDISED:
                return effect * self.population.sd

    def means(self, effect: float) -> tuple[float, float]:
        """Means of programme and comparison arm, in the outcome's own units."""
        shift = self.shift(effect)
        served, compared = (self.baseline + share * shift for share in self.take_up)
        return served, compared

    def estimated(self, effect: float) -> float:
        """The true value of the number that is estimated when that is the effect on those reached.

        Examples
        --------
        An effect of 10 on the six in ten whom the programme reaches is one of 6 on everyone:

        >>> trial = PlannedTrial(Kind.NORMAL, 50, 50, sd=20.0, take_up=(0.6, 0.0))
        >>> trial.estimated(10.0), replace(trial, participants=True).estimated(10.0)
        (6.0, 10.0)
        """
        if self.participants:
            return effect
        served, compared = self.means(effect)
        match self.scale:
            case Scale.DIFFERENCE:
                return served - compared
            case Scale.RELATIVE:
                return served / compared - 1.0
            case Scale.TOTAL:
                return (served - compared) * self.served
            case Scale.STANDARDISED:
                return (served - compared) / self.population.sd

    def possible(self, effect: float) -> bool:
        """Whether people can have the means that this effect would give them."""
        if not math.isfinite(effect):
            return False
        reached = self.baseline + self.shift(effect)
        ends = (reached, *self.means(effect))
        if self.kind is Kind.BINARY:
            found = all(-1e-12 <= mean <= 1.0 + 1e-12 for mean in ends)
        elif self.kind is Kind.COUNT:
            found = all(mean >= -1e-12 for mean in ends)
        else:
            found = True
        return found and (self.scale is not Scale.RELATIVE or min(self.means(effect)) > 0.0)

    def times(self, factor: float) -> PlannedTrial:
        """The same trial with that many times the people (or the clusters), rounded up."""
        clusters = self.clusters
        if clusters is not None:
            clusters = (_up(clusters[0] * factor), _up(clusters[1] * factor))
            people = tuple(
                _up(n / k * new)
                for n, k, new in zip(
                    (self.served, self.compared), self.clusters or (1, 1), clusters, strict=True
                )
            )
        else:
            people = (_up(self.served * factor), _up(self.compared * factor))
        return replace(self, served=people[0], compared=people[1], clusters=clusters)


def _up(value: float) -> int:
    # The factor is a float: a hair over a whole number is that number.
    return math.ceil(value - 1e-6)


def problems(trial: PlannedTrial) -> list[str]:
    """Everything that cannot be, one sentence each.

    Examples
    --------
    >>> try:
    ...     PlannedTrial(Kind.BINARY, 50, 50, baseline=1.5)
    ... except ValueError as error:
    ...     print(error)
    A probability of 1.5 lies outside 0 to 1.
    """
    found: list[str] = []
    found += [
        f"{name} must be 2 people or more, not {getattr(trial, name)}."
        for name in ("served", "compared")
        if getattr(trial, name) < 2
    ]
    if trial.kind is Kind.NORMAL and trial.sd is None:
        found.append("A normal outcome needs sd, the standard deviation between people.")
    if trial.kind is Kind.COUNT and trial.variance_over_mean is None:
        found.append("A count needs variance_over_mean: 1 for independent events, more otherwise.")
    if trial.kind is not Kind.NORMAL and trial.sd is not None:
        found.append(f"sd belongs to a normal outcome; the spread of a {trial.kind} follows.")
    if trial.kind is not Kind.COUNT and trial.variance_over_mean is not None:
        found.append("variance_over_mean belongs to a count.")
    if not found:
        spread = {Kind.NORMAL: trial.sd, Kind.COUNT: trial.variance_over_mean}.get(trial.kind)
        found += faults(trial.kind, trial.baseline, 1.0 if spread is None else spread)
    for name in ("icc", "between", "explained"):
        share = getattr(trial, name)
        if not 0.0 <= share < 1.0:
            found.append(
                f"A share of {share:g} for {name} is none: give a number from 0 to below 1."
            )
    if trial.icc + trial.between + trial.explained > 1.0:
        found.append("icc, between and explained are parts of one variance and exceed all of it.")
    for name, (first, second), most in (
        ("lost", trial.lost, 1.0),
        ("take_up", trial.take_up, None),
    ):
        for share in (first, second):
            if not (0.0 <= share <= 1.0) or share == most:
                found.append(f"A share of {share:g} for {name} is none: give a number from 0 to 1.")
    if trial.reached <= 0.0:
        found.append("The assignment must bring more people into the programme: see take_up.")
    if trial.clusters is None:
        for name in ("icc", "cluster_cv"):
            if getattr(trial, name):
                found.append(f"{name} belongs to a trial of clusters: say how many there are.")
    elif min(trial.clusters) < 2:
        found.append("A trial of clusters needs 2 in each arm at least.")
    if trial.cluster_cv < 0.0:
        found.append("cluster_cv cannot be negative.")
    if trial.between and trial.blocks == 1:
        found.append("between belongs to a trial with blocks: say how many there are.")
    if trial.scale is Scale.RELATIVE and not trial.baseline > 0.0:
        found.append("A relative effect needs a baseline above 0.")
    if trial.better not in ("higher", "lower"):
        found.append(f"better is 'higher' or 'lower', not {trial.better!r}.")
    if not found:
        found += Layout.faults(_bare_layout(trial))
        found += _thin(trial)
    return found


def _bare_layout(trial: PlannedTrial) -> Layout:
    layout = object.__new__(Layout)
    for name, value in (
        ("served", trial.served),
        ("compared", trial.compared),
        ("clusters", trial.clusters),
        ("cv", trial.cluster_cv),
        ("blocks", trial.blocks),
    ):
        object.__setattr__(layout, name, value)
    return layout


def _thin(trial: PlannedTrial) -> list[str]:
    """Blocks that would leave an arm with fewer than two units or clusters."""
    places = trial.clusters or (trial.served, trial.compared)
    if min(places) < 2 * trial.blocks:
        what = "people" if trial.clusters is None else "clusters"
        return [f"{trial.blocks} blocks need 2 {what} in each arm of each, and there are fewer."]
    return []
