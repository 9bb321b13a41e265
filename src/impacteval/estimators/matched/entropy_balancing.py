"""People weighted so that averages are exactly alike.

References
----------
Hainmueller (2012), Entropy balancing for causal effects. *Political Analysis* 20(1).
doi:10.1093/pan/mpr025
Zhao and Percival (2017), Entropy balancing is doubly robust. *Journal of Causal Inference* 5(1).
doi:10.1515/jci-2016-0010
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.matched import messages
from impacteval.estimators.matched import weighting_words as words
from impacteval.estimators.matched.entropy import Balanced, balanced, unmet
from impacteval.estimators.matched.people import People, read_comparison, read_people
from impacteval.estimators.matched.score import columns_of
from impacteval.estimators.matched.weighting import (
    Weighted,
    balance_by,
    check_covariates,
    estimate_weighted,
    frozen_step,
    frozen_tables,
    frozen_values,
    heavy_concerns,
    settings_table,
)
from impacteval.estimators.matched.weighting_cards import ENTROPY_BALANCING
from impacteval.estimators.matched.weights import balancing_sides
from impacteval.inference import collinear_columns
from impacteval.inference.regression import orthonormal
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import BlindSample, Preparation, Sample

Floats = NDArray[np.float64]

# Largest remaining imbalance, in standard deviations, with which weights are used.
REACHED = 1e-8


@dataclass(frozen=True, slots=True)
class EntropyBalancing:
    """The served against others weighted to have exactly their averages.

    Parameters
    ----------
    estimand : {"att", "ate"}
        Effect on the served, or on everyone (then both groups are weighted).
    moments : {1, 2}
        Balance averages, or averages of squares as well, and so variances.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> frame = pd.DataFrame({
    ...     "treated": [1, 1, 1, 0, 1, 0, 0, 0], "poor": [1, 1, 1, 1, 0, 0, 0, 0],
    ...     "y": [5.0, 6.0, 7.0, 4.0, 9.0, 7.0, 8.0, 9.0],
    ... })
    >>> sample = Sample.from_frame(
    ...     frame, design="matched", outcome="y", treatment="treated", covariates=["poor"]
    ... )
    >>> found = EntropyBalancing().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )

    Of the four served three are poor; among the others one is, who counts three times:

    >>> round(found.observed, 6), round(found.counterfactual, 6)
    (6.75, 5.0)
    >>> found.certificate["largest_imbalance"] < 1e-12
    True
    """

    name: ClassVar[str] = "entropy-balancing"
    card: ClassVar[MethodCard] = ENTROPY_BALANCING

    estimand: Literal["att", "ate"] = "att"
    moments: Literal[1, 2] = 1

    def prepare(self, blind: BlindSample, *, rng: np.random.Generator) -> Preparation:
        """Weights and balance, before outcomes.

        Parameters
        ----------
        blind : BlindSample
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            As `estimate`.
        """
        from impacteval.estimates import Parts
        from impacteval.sample import Preparation

        people = read_people(blind)
        check_covariates(people)
        x, names = balanced_columns(people, self.moments)
        weight, fits = balance_step(people, x, names, self.estimand)
        tables = frozen_tables(
            people,
            people.counts * weight,
            balance_by(self.estimand),
            np.ones(people.n, dtype=bool),
        )
        arms = ("comparison",) if self.estimand == "att" else ("comparison", "served")
        tables["multipliers"] = {
            "group": [arm for arm in arms for _ in names],
            "term": list(names) * len(arms),
            "multiplier": [float(v) for fit in fits for v in fit.multipliers],
        }
        tables["certificate"] = {
            "group": list(arms),
            "largest_imbalance": [float(fit.imbalance) for fit in fits],
            "dual_gap": [float(fit.gap) for fit in fits],
            "steps": [fit.steps for fit in fits],
        }
        tables["settings"] = settings_table(self)
        return Preparation("weights", Parts(tables), made_by=self.name)

    def concerns(self, blind: BlindSample) -> tuple[Message, ...]:
        """That one person carries most of the weight of a group."""
        try:
            people = read_people(blind)
            weighted, _ = self._weighted(people, blind, np.random.default_rng(0))
        except NotIdentified:
            return ()  # told where the estimate is asked for
        return heavy_concerns(people, weighted.weight(people))

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``matched`` or ``rct``, one period, a covariate or strata.
        scale : Scale
            Any of the four; a total is that of the served (estimand ``att``).
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When no weights give a group the averages of the target (the covariates are named), when
            one person has practically all the weight, and where the core of the family refuses.
        """
        scale = Scale.parse(scale)
        people = read_people(sample)
        weighted, certificate = self._weighted(people, sample, rng)
        comparison = read_comparison(sample, scale, people)
        complete = comparison.complete
        rows = comparison.measured & (people.served if self.estimand == "att" else True)
        units = round(float(people.copies[rows].sum()))
        target = (
            messages.target_served(units, measured_only=not complete)
            if self.estimand == "att"
            else messages.target_everyone(units, measured_only=not complete)
        )
        strata = None if people.stratum is None else len(people.stratum.labels)
        return estimate_weighted(
            estimator=self.name,
            settings={"estimand": self.estimand, "moments": self.moments},
            comparison=comparison,
            weighted=weighted,
            scale=scale,
            target=target,
            formed=[
                words.by_balance(
                    self.estimand, people.covariates, strata, squares=self.moments == 2
                )
            ],
            certificate=certificate,
        )

    def _weighted(
        self, people: People, sample: BlindSample | Sample, rng: np.random.Generator
    ) -> tuple[Weighted, dict[str, Any]]:
        frozen = frozen_step(self, sample, rng)
        _, held = frozen_values(people, frozen.tables, "weights", "weight")
        x, _ = balanced_columns(people, self.moments)
        sides = balancing_sides(
            x, people.counts, people.served, held / people.counts, self.estimand
        )
        weighted = Weighted(sides, self.estimand, True, np.ones(people.n, dtype=bool))
        return weighted, _certificate(people, x, weighted, frozen.tables.plain()["certificate"])


def balanced_columns(people: People, moments: int) -> tuple[Floats, tuple[str, ...]]:
    """What is balanced: level, strata, covariates, and their squares where asked for.

    A square that is a combination of the rest, such as that of yes or no, is left out: it is
    balanced with them.

    Raises
    ------
    NotIdentified
        When covariates are collinear.
    """
    columns = columns_of(people)
    if moments == 1:
        return columns.values, columns.names
    k = len(people.covariates)
    first = columns.values.shape[1]
    squares = columns.values[:, first - k :] ** 2
    both = np.column_stack([columns.values, squares])
    extra = set(collinear_columns(both[:, 1:], people.counts))
    kept = [j for j in range(both.shape[1]) if j - 1 not in extra]
    names = (*columns.names, *(f"{name} squared" for name in people.covariates))
    return both[:, kept], tuple(names[j] for j in kept)


def balance_step(
    people: People, x: Floats, names: tuple[str, ...], estimand: str
) -> tuple[Floats, list[Balanced]]:
    """Weights of all, one for those who are the target, and the fits: comparison first.

    Raises
    ------
    NotIdentified
        When a group cannot have the averages of the target.
    """
    own = people.served
    goal = np.where(own, people.counts, 0.0) if estimand == "att" else people.counts
    target = goal @ x
    weight, fits = np.ones(people.n), []
    for arm, inside in ((0, ~own), (1, own)):
        if arm == 1 and estimand == "att":
            continue
        fit = _solved(x, np.where(inside, people.counts, 0.0), target, names, served=arm == 1)
        weight = np.where(inside, fit.weight, weight)
        fits.append(fit)
    return weight, fits


def _solved(
    x: Floats, base: Floats, target: Floats, names: tuple[str, ...], *, served: bool
) -> Balanced:
    """The weights of one group; what makes them impossible is named without squares."""
    inside = base > 0.0
    # Columns that do not vary, or only together, in the group leave directions that no weights can
    # move: the target must not differ along them.
    flat = set(collinear_columns(x[inside][:, 1:], base[inside]))
    kept = [0, *(j for j in range(1, x.shape[1]) if j - 1 not in flat)]
    # Solved on uncorrelated columns, such as make squares and cubes of one covariate harmless.
    _, turn = orthonormal(x[:, kept] * np.sqrt(base)[:, None])
    turn = turn * np.sign(np.diag(turn))[:, None] / np.sqrt(base.sum())
    white, goal = (np.linalg.solve(turn.T, side.T).T for side in (x[:, kept], target[kept]))
    fit = balanced(white, base, goal)
    missed = np.abs((base * fit.weight) @ x - target) / target[0]
    if bool(fit.converged) and float(missed.max()) <= REACHED and not flat:
        return replace(fit, multipliers=np.linalg.solve(turn, fit.multipliers))
    found = unmet(x[inside][:, 1:], target[1:] / target[0])
    if not found:
        raise NotIdentified(words.not_solved())
    told = dict.fromkeys(names[j + 1].removesuffix(" squared") for j in found)
    raise NotIdentified(words.out_of_reach(list(told), served=served))


def _certificate(
    people: People, x: Floats, weighted: Weighted, table: dict[str, Any]
) -> dict[str, Any]:
    """How well the weights that are used balance, computed from them anew."""
    own = people.served
    goal = np.where(own, people.counts, 0.0) if weighted.estimand == "att" else people.counts
    target = goal @ x
    gradients = [
        ((people.counts * side.weight) @ x - target) / target[0]
        for side in weighted.sides
        if side.model is not None
    ]
    return {
        "largest_imbalance": max(float(np.abs(g).max()) for g in gradients),
        "gradient_norm": max(float(np.linalg.norm(g)) for g in gradients),
        "dual_gap": max(float(v) for v in table["dual_gap"]),
        "steps": max(int(v) for v in table["steps"]),
        "solver": "newton",
    }
