"""Randomisation inference: the lot itself as the only source of chance.

References
----------
Fisher (1935), *The Design of Experiments*; Wu and Ding (2021), Randomization tests for weak null
hypotheses in randomized experiments. *Journal of the American Statistical Association* 116(536).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import CounterfactualEstimate, Effect, Influence, Parts, Period
from impacteval.estimators.randomised import lot_words as words
from impacteval.estimators.randomised import messages, wording
from impacteval.estimators.randomised.lot import Lot, read_lot
from impacteval.estimators.randomised.lot_card import RANDOMISATION_INFERENCE
from impacteval.estimators.randomised.permuted import (
    ROUNDING,
    Permuted,
    arm_means,
    permuted,
    scheme_of,
)
from impacteval.inference import ArmMeans, on_scale
from impacteval.inference.stepdown import raw_p_values, romano_wolf, westfall_young
from impacteval.values import ConfidenceSet, Interval, Scale

if TYPE_CHECKING:
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample
    from impacteval.values import Message


@dataclass(frozen=True, slots=True)
class RandomisationInference:
    """Compares the assignment that was drawn with the others the lot could have given.

    Parameters
    ----------
    draws : int
        Assignments to draw; all are compared instead when there are no more than these and the
        realised one.
    studentised : bool
        Whether assignments are compared by the difference over its standard error.
    balance_on : tuple of str
        Covariates on which the lot was drawn again until balanced; all covariates when empty.
    balance_limit : float, optional
        Largest Mahalanobis distance of the arms that was accepted.
    listed : {"drawn", "all"}
        What the column with the role ``assignment`` holds, if there is one: for each unit a text
        of 0 and 1, one character for each assignment, ``drawn`` from the lot or ``all`` there
        are.

    Examples
    --------
    Eight units, four of them in the programme (Huntington-Klein and Barrett 2021, ``ri``):

    >>> import numpy as np, pandas as pd
    >>> from impacteval.sample import Sample
    >>> frame = pd.DataFrame({"y": [10, 5, 16, 3, 5, 7, 8, 10], "d": [1, 1, 1, 1, 0, 0, 0, 0]})
    >>> sample = Sample.from_frame(frame, design="rct", outcome="y", treatment="d")
    >>> found = RandomisationInference(studentised=False).estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> found.effect.value, round(70 * found.effect.p_value())
    (1.0, 60)
    """

    name: ClassVar[str] = "randomisation-inference"
    card: ClassVar[MethodCard] = RANDOMISATION_INFERENCE

    draws: int = 9999
    studentised: bool = True
    balance_on: tuple[str, ...] = ()
    balance_limit: float | None = None
    listed: Literal["drawn", "all"] = "drawn"

    def __post_init__(self) -> None:
        if self.draws < 19:
            raise UsageError(
                f"draws must be 19 at least, not {self.draws}: fewer cannot reach the 5% level."
            )
        if self.balance_limit is not None and not self.balance_limit > 0.0:
            raise UsageError(f"balance_limit must be positive, not {self.balance_limit}.")
        if self.balance_on and self.balance_limit is None:
            raise UsageError("balance_on needs balance_limit, the largest distance accepted.")

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "draws": self.draws,
            "studentised": self.studentised,
            "balance_on": list(self.balance_on),
            "balance_limit": self.balance_limit,
            "listed": self.listed,
        }

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale` with the set of effects that the test does not reject.

        Parameters
        ----------
        sample : Sample
            Design ``rct``, one period, one outcome.
        scale : Scale
            ``difference``, ``relative`` or ``total``.
        rng : numpy.random.Generator
            Draws the assignments, where they are too many to be compared one by one.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        sample.matrix()  # one outcome, or the sample says so
        (found,) = self._estimates(sample, Scale.parse(scale), rng)
        return found

    def estimate_joint(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> dict[str, CounterfactualEstimate]:
        """The effect on each of several outcomes, from the same assignments.

        Parameters
        ----------
        sample : Sample
            Design ``rct``, one period, the outcomes measured on the same units.
        scale, rng
            As in `estimate`.

        Returns
        -------
        dict of str to CounterfactualEstimate
            By outcome. ``parts["adjusted"]`` of each holds the p-values of the hypothesis of no
            effect at all for every outcome: by itself, and adjusted for there being several
            after Westfall and Young and after Romano and Wolf.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        found = self._estimates(sample, Scale.parse(scale), rng)
        return {estimate.outcome: estimate for estimate in found}

    def _estimates(
        self, sample: Sample, scale: Scale, rng: np.random.Generator
    ) -> list[CounterfactualEstimate]:
        lot = read_lot(sample, scale)
        scheme = scheme_of(
            lot,
            studentised=self.studentised,
            balance_on=self.balance_on,
            balance_limit=self.balance_limit,
            every=self.listed == "all",
        )
        means = arm_means(lot)
        if scale is Scale.RELATIVE:
            for _, (counterfactual, observed) in means:
                if not (observed > 0 and counterfactual > 0):
                    raise NotIdentified(
                        messages.relative_not_positive(float(observed), float(counterfactual))
                    )
        found = permuted(
            lot, scale, draws=self.draws, studentised=self.studentised, scheme=scheme, rng=rng
        )
        adjusted = _adjusted(lot, found) if len(lot.outcomes) > 1 else None
        return [
            self._built(lot, found, scale, k, arms, pair, adjusted)
            for k, (arms, pair) in enumerate(means)
        ]

    def _built(
        self,
        lot: Lot,
        found: Permuted,
        scale: Scale,
        k: int,
        arms: ArmMeans | None,
        means: np.ndarray[Any, np.dtype[np.float64]],
        adjusted: dict[str, Any] | None,
    ) -> CounterfactualEstimate:
        counterfactual, observed = (float(m) for m in means)
        distribution = found.inversion(k, scale, lot.served, _label(found))
        value = observed - counterfactual
        if scale is Scale.RELATIVE:
            value = observed / counterfactual - 1.0
        elif scale is Scale.TOTAL:
            value *= lot.served
        error, influence = None, None
        if arms is not None:
            scaled = on_scale(arms, scale, served=lot.served)
            size = float(np.abs(lot.y[k]).max())
            if float(on_scale(arms, Scale.DIFFERENCE).std_error) > ROUNDING * size:
                error = float(scaled.std_error)
                influence = Influence(lot.labels, scaled.influence, lot.level)
        effect = Effect(value, distribution, error)
        band = effect.interval(0.95)
        low, high = _band(band, scale, lot.served, observed)
        notes = list(lot.notes)
        if not band.low <= value <= band.high and not np.isnan(band.low):
            notes.append(words.outside(0.95))
        if scale is Scale.TOTAL and float(np.ptp(lot.treated / lot.sizes)) > 1e-9:
            notes.append(messages.unequal_shares())
        tables: dict[str, dict[str, Any]] = {
            "arms": _arms_table(lot, k, arms, means),
            "test": {
                "assignments": [found.assignments],
                "exact": [found.exact],
                "p_two": [effect.p_value(0.0)],
                "p_greater": [effect.p_value(0.0, "greater")],
                "p_less": [effect.p_value(0.0, "less")],
            },
        }
        if adjusted is not None:
            tables["adjusted"] = adjusted
        return CounterfactualEstimate(
            estimator=self.name,
            outcome=lot.outcomes[k],
            scale=scale,
            design=lot.design,
            target=messages.target(
                sum(lot.people), measured_only=not lot.complete, blocked=bool(lot.strata)
            ),
            effect=effect,
            observed=observed,
            counterfactual=counterfactual,
            periods=(
                Period(lot.period, observed, counterfactual, low=low, high=high, n=lot.people[1]),
            ),
            n_treated=lot.people[1],
            n_comparison=lot.people[0],
            treated_clusters=int(lot.treated.sum()),
            influence=influence,
            parts=Parts(tables),
            notes=tuple(notes),
            method=messages.joined(f"method.{self.name}", self._method(lot, found, scale)),
            settings=self._settings,
        )

    def _method(self, lot: Lot, found: Permuted, scale: Scale) -> list[Message]:
        said = [
            words.formed(lot.sizes.size, paired=lot.paired, covariates=lot.covariates),
            wording.weights(lot.weight_kind, rate=lot.rate),
            words.statistic(studentised=self.studentised, paired=lot.paired),
            words.exact(found.assignments) if found.exact else words.sampled(found.assignments),
        ]
        if self.balance_limit is not None:
            said.append(words.balanced(self.balance_limit, self.balance_on or lot.covariates))
        said.append(words.inverted(scale, lot.served))
        return [sentence for sentence in said if sentence is not None]


def _label(found: Permuted) -> str:
    kind = "all" if found.exact else "draws of"
    return f"randomisation test inverted, {kind} {found.assignments} assignments"


def _band(
    band: Interval | ConfidenceSet, scale: Scale, served: float, observed: float
) -> tuple[float, float]:
    """The counterfactual mean that the set allows; NaN on both ends when it has no such bounds."""
    if not (np.isfinite(band.low) and np.isfinite(band.high)):
        return float("nan"), float("nan")
    if scale is Scale.RELATIVE:
        if band.low <= -1.0:
            return float("nan"), float("nan")
        return observed / (1.0 + band.high), observed / (1.0 + band.low)
    per = served if scale is Scale.TOTAL else 1.0
    return observed - band.high / per, observed - band.low / per


def _arms_table(
    lot: Lot, k: int, arms: ArmMeans | None, means: np.ndarray[Any, np.dtype[np.float64]]
) -> dict[str, Any]:
    order = (1, 0)
    weights = [lot.weight * (lot.treatment == arm) for arm in order]
    table: dict[str, Any] = {
        "arm": ["programme", "comparison"],
        "n": [lot.people[arm] for arm in order],
        "assigned": [int((lot.realised == arm).sum()) for arm in order],
        "mean": [float(w @ lot.y[k] / w.sum()) for w in weights],
        "adjusted_mean": [float(means[arm]) for arm in order],
    }
    if arms is not None:
        errors = np.sqrt((arms.influence**2).sum(axis=-1))
        table["std_error"] = [float(errors[arm]) for arm in order]
    return table


def _adjusted(lot: Lot, found: Permuted) -> dict[str, Any]:
    """p-values of no effect at all on every outcome, adjusted for there being several."""
    statistics = np.abs(found.statistics(found.none))
    if found.own.square is None:
        # Differences of several outcomes are put on one footing by their spread over the lot.
        statistics /= np.sqrt((statistics**2).mean(axis=1, keepdims=True))
    raw, stepped, largest = (f(statistics) for f in (raw_p_values, westfall_young, romano_wolf))
    return {
        "outcome": list(lot.outcomes),
        "p_value": raw,
        "westfall_young": stepped,
        "romano_wolf": largest,
    }
