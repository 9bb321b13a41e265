"""People weighted by the inverse of the chance of being where they are.

References
----------
Hajek (1971), Comment on an essay on the logical foundations of survey sampling. In *Foundations of
Statistical Inference*.
Hirano, Imbens and Ridder (2003), Efficient estimation of average treatment effects using the
estimated propensity score. *Econometrica* 71(4). doi:10.1111/1468-0262.00442
Lunceford and Davidian (2004), Stratification and weighting via the propensity score in estimation of
causal treatment effects. *Statistics in Medicine* 23(19). doi:10.1002/sim.1903
Crump, Hotz, Imbens and Mitnik (2009), Dealing with limited overlap in estimation of average
treatment effects. *Biometrika* 96(1). doi:10.1093/biomet/asn055
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.matched import messages
from impacteval.estimators.matched import weighting_words as words
from impacteval.estimators.matched.people import FEWEST, People, read_comparison, read_people
from impacteval.estimators.matched.redraws import weighted_effects
from impacteval.estimators.matched.score import columns_of, fit_score
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
from impacteval.estimators.matched.weighting_cards import INVERSE_PROBABILITY
from impacteval.estimators.matched.weights import Target, score_sides
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import Draws, MethodCard
    from impacteval.sample import BlindSample, Preparation, Sample

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class InverseProbability:
    """The served against others who count by how likely they were to be served (Hajek).

    Parameters
    ----------
    estimand : {"att", "ate"}
        Effect on the served, or on everyone.
    trim : float or (float, float), optional
        Leave out people whose score is below the first and above the second of these bounds; one
        number is that distance from 0 and from 1. The score is fitted again to those who are left,
        and the effect is about them. By default nobody is left out.
    stabilised : bool
        Show weights multiplied by the share of people in each group (``parts["inverse_weights"]``).
        A Hajek mean is divided by its own sum of weights, so that the estimate is the same.
    score : str, optional
        The covariate that holds the score, taken as known. By default it is estimated by a logit on
        all covariates, with a level for each stratum.

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
    >>> found = InverseProbability().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )

    Of the four served three are poor; among the others one is, who counts three times:

    >>> round(found.observed, 6), round(found.counterfactual, 6)
    (6.75, 5.0)
    """

    name: ClassVar[str] = "inverse-probability"
    card: ClassVar[MethodCard] = INVERSE_PROBABILITY

    estimand: Literal["att", "ate"] = "att"
    trim: float | tuple[float, float] | list[float] | None = None
    stabilised: bool = False
    score: str | None = None

    def __post_init__(self) -> None:
        self._bounds()

    def prepare(self, blind: BlindSample, *, rng: np.random.Generator) -> Preparation:
        """Scores, weights and balance, before outcomes.

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
        found = score_step(people, self.estimand, self._bounds(), self.score)
        found["settings"] = settings_table(self)
        return Preparation("weights", Parts(found), made_by=self.name)

    def concerns(self, blind: BlindSample) -> tuple[Message, ...]:
        """That one person carries most of the weight of a group."""
        try:
            people = read_people(blind)
            weighted = self._weighted(people, blind, np.random.default_rng(0))
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
            When covariates tell without error who was served, when one person has practically all
            the weight, and where the core of the family refuses.
        """
        scale = Scale.parse(scale)
        people = read_people(sample)
        weighted = self._weighted(people, sample, rng)
        comparison = read_comparison(sample, scale, people)
        inside, everyone = weighted.inside, round(float(people.copies.sum()))
        whole = bool(inside.all())
        rows = comparison.measured & inside & (people.served if self.estimand == "att" else True)
        units = round(float(people.copies[rows].sum()))
        if not whole:
            of = people.copies[people.served].sum() if self.estimand == "att" else everyone
            target = words.target_trimmed(
                self.estimand, units, round(float(of)), measured_only=not comparison.complete
            )
        elif self.estimand == "att":
            target = messages.target_served(units, measured_only=not comparison.complete)
        else:
            target = messages.target_everyone(units, measured_only=not comparison.complete)
        strata = None if people.stratum is None else len(people.stratum.labels)
        formed = (
            words.by_score(self.estimand, people.covariates, strata)
            if self.score is None
            else words.by_given_score(self.estimand, self.score)
        )
        bounds = self._bounds()
        notes = []
        if bounds is not None:
            own = people.served
            gone = [float(people.copies[~inside & group].sum()) for group in (own, ~own)]
            notes.append(words.left_out(round(gone[0]), round(gone[1]), *bounds))
        return estimate_weighted(
            estimator=self.name,
            settings={
                "estimand": self.estimand,
                "trim": self.trim,
                "stabilised": self.stabilised,
                "score": self.score,
            },
            comparison=comparison,
            weighted=weighted,
            scale=scale,
            target=target,
            formed=[formed],
            notes=tuple(notes),
            tables={"inverse_weights": self._shown(people, weighted)},
        )

    def redrawn(self, sample: Sample, draws: Draws, *, scale: Scale) -> Floats | None:
        """Effects of many draws at once, see `impacteval.plugin.Redrawn`."""
        if self.trim is not None or self.score is not None:
            return None
        return weighted_effects(sample, draws, scale, self.estimand)

    def _bounds(self) -> tuple[float, float] | None:
        if self.trim is None:
            return None
        given = self.trim
        low, high = (given, 1.0 - given) if isinstance(given, int | float) else _two(given)
        if not 0.0 <= low < high <= 1.0:
            raise UsageError(
                f"trim is {given}: it must be a share below one half, or two bounds, the lower one "
                "first, between 0 and 1."
            )
        return float(low), float(high)

    def _weighted(
        self, people: People, sample: BlindSample | Sample, rng: np.random.Generator
    ) -> Weighted:
        frozen = frozen_step(self, sample, rng)
        inside, chance = frozen_values(people, frozen.tables, "score", "score")
        return score_weighted(people, inside, chance, self.estimand, known=self.score is not None)

    def _shown(self, people: People, weighted: Weighted) -> dict[str, Any]:
        """Weights before they are divided by their sum."""
        rows = np.flatnonzero(weighted.inside)
        weight = weighted.sides[0].weight + weighted.sides[1].weight
        if self.stabilised:
            counted = np.where(weighted.inside, people.counts, 0.0)
            share = float(counted[people.served].sum() / counted.sum())
            part = np.where(people.served, share, 1.0 - share)
            # The served count one each where the effect is about them: odds are held against odds.
            weight = weight * (part if self.estimand == "ate" else part / share)
        return {
            "unit": people.unit[rows].tolist(),
            "served": people.served[rows].tolist(),
            "score": chance_of(weighted)[rows].tolist(),
            "weight": weight[rows].tolist(),
        }


def _two(given: tuple[float, float] | list[float]) -> tuple[float, float]:
    if len(given) != 2:
        raise UsageError(f"trim has {len(given)} values: give one share, or two bounds.")
    return given[0], given[1]


def chance_of(weighted: Weighted) -> Floats:
    """The score, where weights come from one."""
    assert weighted.chance is not None
    return weighted.chance


def score_weighted(
    people: People, inside: Bools, chance: Floats, target: Target, *, known: bool = False
) -> Weighted:
    """Both groups weighted by a frozen score.

    Parameters
    ----------
    people : People
    inside : array of bool, shape (n,)
        Who was not trimmed.
    chance : array, shape (n,)
        Score of those inside; anything elsewhere.
    target, known
        See `score_sides`.
    """
    whole = bool(inside.all())
    e = np.where(inside, chance, 0.5)
    if known:
        x = np.empty((people.n, 0))
    else:
        columns = columns_of(people if whole else people.taken(inside)).values
        x = np.zeros((people.n, columns.shape[1]))
        x[inside] = columns
    counts = np.where(inside, people.counts, 0.0)
    sides = score_sides(x, counts, people.served, e, target, known=known)
    return Weighted(sides, target, not known, inside, np.where(inside, chance, 0.0))


def score_step(
    people: People, target: Target, bounds: tuple[float, float] | None, score: str | None
) -> dict[str, Any]:
    """The tables that are frozen: ``score``, ``weights``, ``balance``, ``counts`` and more.

    Raises
    ------
    NotIdentified
        When there is no covariate, covariates are collinear or tell who was served, a score that
        was given is no chance, or too few people are left within the bounds.
    """
    check_covariates(people)
    inside = np.ones(people.n, dtype=bool)
    fitted = None
    if score is not None:
        chance = _given(people, score)
    else:
        fitted = fit_score(people)
        chance = fitted.chance
    first = chance
    if bounds is not None:
        inside = (chance >= bounds[0]) & (chance <= bounds[1])
        _check_left(people, inside)
        if score is None and not inside.all():
            # Fitted again: weights shall balance those who are left.
            fitted = fit_score(people.taken(inside))
            chance = np.zeros(people.n)
            chance[inside] = fitted.chance
    # Weights alone: nothing here asks for the model behind them.
    weight = score_weighted(people, inside, chance, target, known=True).weight(people)
    rows = np.flatnonzero(inside)
    tables = {
        "score": {"unit": people.keys[rows].tolist(), "score": chance[rows].tolist()},
        **frozen_tables(people, weight, balance_by(target), inside),
    }
    if fitted is not None:
        tables["coefficients"] = fitted.table()
    if not inside.all():
        gone = np.flatnonzero(~inside)
        tables["unmatched"] = {"unit": people.keys[gone].tolist(), "score": first[gone].tolist()}
    return tables


def _given(people: People, name: str) -> Floats:
    if name not in people.covariates:
        raise NotIdentified(words.score_unknown(name))
    chance = people.x[:, people.covariates.index(name)]
    wrong = ~((chance > 0.0) & (chance < 1.0))
    if wrong.any():
        low, high = float(chance.min()), float(chance.max())
        raise NotIdentified(words.score_out_of_range(name, int(wrong.sum()), low, high))
    return chance


def _check_left(people: People, inside: Bools) -> None:
    served = int(people.copies[inside & people.served].sum())
    others = int(people.copies[inside & ~people.served].sum())
    if min(served, others) < FEWEST:
        raise NotIdentified(words.trimmed_away(served, others))
