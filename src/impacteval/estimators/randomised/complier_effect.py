"""From what the offer moved to the estimate that a report prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    Influence,
    LogRatioT,
    Parts,
    Period,
    RatioTest,
    StudentT,
    TestInversion,
)
from impacteval.estimators.randomised import encouragement_words as words
from impacteval.estimators.randomised import messages, wording
from impacteval.estimators.randomised.complier_tables import tables
from impacteval.estimators.randomised.effect import DOUBTFUL, ROUNDING, spread_of
from impacteval.estimators.randomised.offers import (
    OUTCOME,
    TAKE_UP,
    WITH,
    WITHOUT,
    Moved,
    OfferFit,
)
from impacteval.estimators.randomised.trial import Trial, is_binary
from impacteval.inference import ArmMeans, ScaledEffect, Spread, on_scale
from impacteval.values import ConfidenceSet, Message, Scale, Tail

Floats = NDArray[np.float64]
Correction = Literal["hc1", "hc2", "hc3"]


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """Everything the estimate is made of.

    Attributes
    ----------
    trial : Trial
        The rows.
    offer, received : array, shape (n,)
        What was offered and what was taken up.
    received_name : str
        The column of what was taken up.
    fit : OfferFit
        Outcome and take-up fitted on the offer.
    moved : Moved
        What the offer moved, with joint influence.
    binary : bool
        Whether take-up is yes or no.
    """

    trial: Trial
    offer: Floats
    received: Floats
    received_name: str
    fit: OfferFit
    moved: Moved
    binary: bool

    @property
    def take_up(self) -> float:
        """How much one unit of offer moved take-up."""
        return float(self.moved.values[TAKE_UP])

    @property
    def strength(self) -> float:
        """F of the first stage; infinite where take-up follows the offer without exception."""
        squares = float((self.moved.influence[TAKE_UP] ** 2).sum())
        size = max(1.0, float(np.abs(self.received).max()))
        return float("inf") if squares <= (ROUNDING * size) ** 2 else self.take_up**2 / squares

    @property
    def served(self) -> float:
        """Offers made: people (or exposure) who were offered, each times what was offered."""
        return float((self.trial.size * self.offer).sum())

    @property
    def arms(self) -> ArmMeans:
        """Compliers' means, or those of the served with one unit more and less."""
        if self.binary:
            return self.moved.complier_arms()
        trial = self.trial
        inside = trial.treatment == 1
        weight = np.ones(len(trial.y)) if trial.weight is None else trial.weight
        weight = (weight if trial.copies is None else weight * trial.copies)[inside]
        return self.moved.unit_arms(np.asarray((weight * trial.y[inside]).sum() / weight.sum()))


def build(
    read: Read,
    *,
    scale: Scale,
    variance: Correction,
    anderson_rubin: bool,
    weakest: float,
    rule: str,
    estimator: str,
) -> CounterfactualEstimate:
    """The estimate on a scale.

    Parameters
    ----------
    read : Read
        Rows and fits.
    scale : Scale
        The scale of the effect.
    variance : str
        Which standard error.
    anderson_rubin : bool
        Whether intervals come from the test of Anderson and Rubin.
    weakest : float
        F below which the estimate is refused, or called unreliable.
    rule : str
        Which degrees of freedom (see `wording.degrees`).
    estimator : str
        Name for the result.

    Raises
    ------
    NotIdentified
        When the offer did not raise take-up, or not enough; when the outcome does not vary; when
        the scale does not exist for these means.
    """
    trial = read.trial
    size = max(1.0, float(np.abs(read.received).max()))
    if not read.take_up > ROUNDING * size:
        raise NotIdentified(words.no_take_up(read.take_up))
    weak = read.strength < weakest
    # The offer's total is no ratio: Student's t is right for it at any strength, and refusing it
    # where take-up looks weak would select trials by a number that goes with the outcome.
    if weak and not anderson_rubin and scale is not Scale.TOTAL:
        raise NotIdentified(words.weak(read.strength, weakest))
    arms = read.arms
    plain = on_scale(arms, Scale.DIFFERENCE)
    counterfactual, observed = (float(m) for m in arms.means)
    largest = max(float(np.abs(trial.y).max()), abs(observed), abs(counterfactual))
    if not float(plain.std_error) > ROUNDING * largest:
        raise NotIdentified(messages.no_variation())
    if scale is Scale.RELATIVE and not (observed > 0 and counterfactual > 0):
        raise NotIdentified(words.relative_not_positive(observed, counterfactual))
    spread = spread_of(trial) if scale is Scale.STANDARDISED else None
    found = _scaled(read, arms, scale, spread)
    df = float(found.df)
    clustered = trial.cluster is not None
    label = wording.variance_label(variance, clustered)
    inverts = anderson_rubin and scale is not Scale.TOTAL
    distribution: StudentT | LogRatioT | TestInversion
    if inverts:
        distribution = inversion(read, found, scale, spread, label)
    elif found.log_ratio is not None and found.log_std_error is not None:
        distribution = LogRatioT(float(found.log_ratio), float(found.log_std_error), df, label)
    else:
        distribution = StudentT(float(found.value), float(found.std_error), df, label)
    # The delta method has nothing to say about a ratio whose denominator may be zero.
    vague = inverts and weak
    low, high = _band(read, plain, label, inverted=anderson_rubin or weak)
    groups = trial.unit if trial.cluster is None else trial.cluster.labels
    said = [
        words.formed(
            None if trial.stratum is None else len(trial.stratum.labels), trial.covariates
        ),
        wording.weights(trial.weight_kind, rate=trial.exposure is not None),
        wording.errors(variance, len(groups) if clustered else None),
        wording.degrees(rule, df),
        words.scaled(
            scale,
            rate=trial.exposure is not None,
            served=read.served,
            spread=None if spread is None else float(spread.value),
        ),
        words.inverted(label) if inverts else None,
    ]
    return CounterfactualEstimate(
        estimator=estimator,
        outcome=trial.outcome,
        scale=scale,
        design=trial.design,
        target=_target(read),
        effect=Effect(float(found.value), distribution, None if vague else float(found.std_error)),
        observed=observed,
        counterfactual=counterfactual,
        periods=(
            Period(
                trial.period,
                observed,
                counterfactual,
                low=observed - high,
                high=observed - low,
                n=trial.count(1),
            ),
        ),
        n_treated=trial.count(1),
        n_comparison=trial.count(0),
        treated_clusters=trial.treated_clusters,
        influence=None
        if vague
        else Influence(groups, found.influence, "cluster" if clustered else "unit"),
        parts=Parts(
            tables(
                trial,
                read.offer,
                read.received,
                read.fit,
                read.moved,
                arms,
                strength=read.strength,
                ratio=_ratio(read, plain, Scale.DIFFERENCE, None, Tail.TWO),
                variance=variance,
                binary=read.binary,
            )
        ),
        notes=tuple(_notes(read, rule, df, weakest, scale)),
        method=messages.joined(f"method.{estimator}", [s for s in said if s is not None]),
        settings={
            "variance": variance,
            "interval": "anderson_rubin" if anderson_rubin else "wald",
            "weakest": weakest,
        },
    )


def _scaled(read: Read, arms: ArmMeans, scale: Scale, spread: Spread | None) -> ScaledEffect:
    """The complier effect on its scale; the total is that of the offers made."""
    if scale is Scale.TOTAL:
        return on_scale(read.moved.offer_arms(), scale, served=read.served)
    return on_scale(arms, scale, spread=spread)


def inversion(
    read: Read, found: ScaledEffect, scale: Scale, spread: Spread | None, label: str
) -> TestInversion:
    """The effect's distribution by the test of Anderson and Rubin."""
    two, greater, less = (_ratio(read, found, scale, spread, tail) for tail in Tail)
    return TestInversion(two, greater, less, f"Anderson-Rubin, {label}")


def _ratio(
    read: Read, found: ScaledEffect, scale: Scale, spread: Spread | None, tail: Tail
) -> RatioTest:
    """The effect as a ratio whose denominator is what the offer moved.

    Degrees of freedom are those at the estimate, so that the set is exactly quadratic.
    """
    values, influence = read.moved.values, read.moved.influence
    top, psi = values[OUTCOME], influence[OUTCOME]
    under, phi = values[TAKE_UP], influence[TAKE_UP]
    shift, floor = 0.0, -np.inf
    if scale is Scale.RELATIVE:
        top, psi, under, phi = values[WITH], influence[WITH], -values[WITHOUT], -influence[WITHOUT]
        shift, floor = 1.0, -1.0
    elif scale is Scale.STANDARDISED:
        assert spread is not None  # computed on this scale; for mypy
        phi = spread.value * phi + under * spread.influence
        under = under * spread.value
    return RatioTest(
        numerator=float(top),
        denominator=float(under),
        variance=float((psi**2).sum()),
        covariance=float((psi * phi).sum()),
        denominator_variance=float((phi**2).sum()),
        df=float(found.df),
        tail=tail,
        shift=shift,
        floor=float(floor),
    )


def _band(read: Read, plain: ScaledEffect, label: str, *, inverted: bool) -> tuple[float, float]:
    """The 95% interval of the difference, NaN where it has no ends."""
    if not inverted:
        band = StudentT(float(plain.value), float(plain.std_error), float(plain.df)).interval(0.95)
        return band.low, band.high
    found: ConfidenceSet = inversion(read, plain, Scale.DIFFERENCE, None, label).interval(0.95)
    return (found.low, found.high) if found.bounded else (np.nan, np.nan)


def _target(read: Read) -> Message:
    trial = read.trial
    units = trial.count(0) + trial.count(1)
    if read.binary and is_binary(read.offer):
        return words.target(
            units,
            read.take_up,
            measured_only=not trial.complete,
            blocked=trial.stratum is not None,
        )
    return words.target_amount(units, read.received_name, offered=not is_binary(read.offer))


def _notes(read: Read, rule: str, df: float, weakest: float, scale: Scale) -> Iterator[Message]:
    # The trial's own note says that the effect is that of the offer, which it is not here.
    yield from (note for note in read.trial.notes if note.key != "randomised.offer")
    if np.isfinite(read.strength):
        yield words.strength(read.strength, weakest)
    else:
        yield words.full_compliance()
    if read.strength < weakest:
        yield words.weak_total(weakest) if scale is Scale.TOTAL else words.below_strength(weakest)
    if read.binary and is_binary(read.offer) and np.isfinite(read.strength):
        arm = read.trial.treatment
        always = float(read.moved.levels[TAKE_UP])
        never = 1.0 - always - read.take_up
        if not read.received[arm == 0].any():
            yield words.one_sided()
        elif read.received[arm == 1].all():
            yield words.always_with_offer(always)
        else:
            yield words.two_sided(always, never)
    if rule == "satterthwaite" and df < DOUBTFUL:
        yield messages.few_clusters(df)
