"""A whole design declared in code: the world, the question, how data are taken, how it is answered.

Four declarations make a design that can be diagnosed: a *model* of the world that draws people
with what would happen to them with the programme and without it, an *inquiry* that says the true
answer, a *data strategy* that assigns and measures, and an *answer strategy*, which is a
registered estimator. `planned` declares all four for a planned trial.

References
----------
Blair, Cooper, Coppock and Humphreys (2019), Declaring and diagnosing research designs. *American
Political Science Review* 113(3). doi:10.1017/S0003055419000194
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.errors import Problem, UsageError
from impacteval.power.trial import PlannedTrial
from impacteval.registry import entry
from impacteval.simulation.assumed import Kind
from impacteval.simulation.data import Measure, study
from impacteval.simulation.layout import Layout
from impacteval.simulation.populations import Population
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.sample import Sample

Floats = NDArray[np.float64]
World = TypeVar("World")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer strategy: a registered estimator, its settings, and the scale of its answer.

    Attributes
    ----------
    estimator : str
        The name it is registered under.
    settings : mapping
        Its settings.
    scale : Scale
        The scale of the effect.
    """

    estimator: str = "difference-in-means"
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    scale: Scale = Scale.DIFFERENCE

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", Scale.parse(self.scale))


@dataclass(frozen=True, slots=True)
class Declaration(Generic[World]):
    """A design that can be diagnosed.

    Attributes
    ----------
    model : callable
        ``model(rng)`` draws a world: people with what would happen to them with the programme
        and without it.
    inquiry : callable
        ``inquiry(world)``, the true answer on the scale of the answer.
    data : callable
        ``data(world, rng)`` assigns, measures, and returns a `Sample`.
    answer : Answer
        The estimator.

    Examples
    --------
    Twenty people with two different effects, ten of whom are drawn by lot:

    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> def model(rng):
    ...     y0 = rng.normal(size=20)
    ...     return pd.DataFrame({"y0": y0, "y1": y0 + np.tile([0.0, 2.0], 10)})
    >>> def inquiry(people):
    ...     return float((people.y1 - people.y0).mean())
    >>> def data(people, rng):
    ...     treated = rng.permutation(np.repeat([0, 1], 10))
    ...     y = np.where(treated, people.y1, people.y0)
    ...     frame = pd.DataFrame({"y": y, "treated": treated})
    ...     return Sample.from_frame(frame, design="rct", outcome="y", treatment="treated")
    >>> design = Declaration(model, inquiry, data)
    >>> design.inquiry(design.model(np.random.default_rng(1)))
    1.0
    """

    model: Callable[[Generator], World]
    inquiry: Callable[[World], float]
    data: Callable[[World, Generator], Sample]
    answer: Answer = field(default_factory=Answer)


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """A world of a planned trial: everyone with both outcomes and both ways of taking part.

    Attributes
    ----------
    without, reached : array, shape (n,)
        The outcome if the programme does not reach the person, and if it does.
    takes : array of bool, shape (2, n)
        Whether it reaches the person when assigned to comparison, and to the programme.
    known : array, shape (n,), or None
        What was known of the person beforehand.
    """

    without: Floats
    reached: Floats
    takes: NDArray[np.bool_]
    known: Floats | None


def planned(
    trial: PlannedTrial, effect: float, answer: Answer | None = None
) -> Declaration[People]:
    """The design of a planned trial when that effect is true.

    Parameters
    ----------
    trial : PlannedTrial
        The trial.
    effect : float
        On those whom the programme reaches, on the trial's scale, raw.
    answer : Answer, optional
        The estimator; the difference in means on the trial's scale by default.

    Returns
    -------
    Declaration
        Whose truth is that of the population that people are drawn from. Who takes part and who
        is lost does not depend on outcomes. People come in the order of the arms, each drawn
        anew, which is the lot.

    Raises
    ------
    UsageError
        When people cannot have such outcomes, or the estimator answers another question.

    Examples
    --------
    >>> from impacteval.simulation.assumed import Kind
    >>> design = planned(PlannedTrial(Kind.NORMAL, 30, 30, sd=1.0), 0.5)
    >>> sample = design.data(design.model(np.random.default_rng(1)), np.random.default_rng(2))
    >>> sample.design, len(sample.to_frame())
    ('rct', 60)
    """
    chosen = Answer(scale=trial.scale) if answer is None else answer
    _check(trial, effect, chosen)
    layout = trial.layout
    shift = trial.shift(effect)
    try:
        laws = [
            study(layout, [Measure(p, p, trial.icc, trial.between, trial.explained)], None, ["y"])
            for p in (trial.population, _shifted(trial, shift))
        ]
    except ValueError as error:
        raise UsageError(Problem(str(error), "Mend what is assumed.")) from None

    def model(rng: Generator) -> People:
        seed = rng.integers(2**63)
        # The same scores for both outcomes: a person prone to one is prone to the other.
        both = [law.people(np.random.default_rng(seed), 1) for law in laws]
        drawn = rng.random(layout.n)
        takes = np.stack([drawn < trial.take_up[1], drawn < trial.take_up[0]])
        x = both[0].x
        return People(both[0].y[0, 0], both[1].y[0, 0], takes, None if x is None else x[0])

    def inquiry(people: People) -> float:
        return trial.estimated(effect)

    def data(people: People, rng: Generator) -> Sample:
        return _sample(trial, layout, people, rng)

    return Declaration(model, inquiry, data, chosen)


def _shifted(trial: PlannedTrial, shift: float) -> Population:
    own = trial.population
    mean = own.mean + shift
    if trial.kind is Kind.BINARY:
        mean = min(max(mean, 0.0), 1.0)  # a hair beyond its end is at its end
    elif trial.kind is Kind.COUNT:
        mean = max(mean, 0.0)
    return Population(own.kind, mean, own.spread)


def _check(trial: PlannedTrial, effect: float, answer: Answer) -> None:
    found = []
    if not trial.possible(effect):
        found.append(
            Problem(
                f"An effect of {effect:g} is impossible: people would have an impossible mean.",
                "Give another one, or mend the baseline.",
            )
        )
    if answer.scale is not trial.scale:
        found.append(
            Problem(
                f"The trial is planned on scale {trial.scale} and the answer is on {answer.scale}.",
                "Give both the same scale.",
            )
        )
    card = entry(answer.estimator).cls.card
    if "rct" not in card.designs:
        found.append(
            Problem(
                f"The estimator {answer.estimator!r} is for data of the design "
                f"{' or '.join(card.designs)}, and these are trials.",
                "Choose an estimator of trials: impacteval estimators.",
            )
        )
    elif answer.scale not in card.scales:
        found.append(
            Problem(
                f"The estimator {answer.estimator!r} does not answer on scale {answer.scale}.",
                f"It answers on: {', '.join(card.scales)}.",
            )
        )
    if found:
        raise UsageError(found)


def _sample(trial: PlannedTrial, layout: Layout, people: People, rng: Generator) -> Sample:
    import pandas as pd

    from impacteval.sample import Sample

    arm = layout.treatment
    takes = np.where(arm == 1, people.takes[1], people.takes[0])
    y = np.where(takes, people.reached, people.without)
    roles: dict[str, Any] = {"outcome": "y", "unit": "unit"}
    columns: dict[str, Any] = {"unit": np.arange(layout.n), "arm": arm}
    if any(trial.lost):
        share = np.where(arm == 1, trial.lost[0], trial.lost[1])
        y = np.where(rng.random(layout.n) < share, np.nan, y)
        roles["missing_outcome"] = "attrited"
    columns["y"] = y
    if trial.take_up == (1.0, 0.0) and not trial.participants:
        roles["treatment"] = "arm"
    else:
        columns["received"] = takes.astype(np.int64)
        roles |= {"assigned": "arm", "received": "received"}
    if layout.cluster is not None:
        columns["cluster"] = layout.cluster
        roles |= {"cluster": "cluster", "assignment_cluster": "cluster"}
    if layout.block is not None:
        columns["block"] = layout.block
        roles["stratum"] = "block"
    if people.known is not None:
        columns["known"] = people.known
        roles["covariates"] = ["known"]
    return Sample.from_frame(pd.DataFrame(columns), design="rct", source="simulated", **roles)
