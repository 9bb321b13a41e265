"""Estimators broken on purpose, each in one place, with the check that is meant to catch it."""

from __future__ import annotations

import contextlib
import math
import random
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from reference import CARD, Arm, Reference

from impacteval.errors import NotIdentified
from impacteval.estimates import (
    Effect,
    Influence,
    LogRatioT,
    MeansInfluence,
    Parts,
    Period,
    StudentT,
)
from impacteval.sample import Preparation
from impacteval.values import Interval, Message, Scale, Side, Tail, Text

CAUGHT_BY: dict[type, str] = {}


def caught_by(check: str):
    """Register a broken estimator with the name of the check that must fail."""

    def remember(cls: type) -> type:
        CAUGHT_BY[cls] = check
        return cls

    return remember


# --- the number itself ------------------------------------------------------------------------


@caught_by("recovers")
@dataclass(frozen=True)
class WrongSign(Reference):
    def arms(self, matrix):
        served, other = super().arms(matrix)
        return other, served


@caught_by("recovers")
@dataclass(frozen=True)
class Shrunk(Reference):
    def arms(self, matrix):
        served, other = super().arms(matrix)
        return replace(served, mean=0.8 * served.mean + 0.2 * other.mean), other


class KnowsEveryRole(Reference):
    """Answers samples with roles that it ignores."""

    ignored: ClassVar[tuple[str, ...]] = ()

    def check(self, matrix, scale):
        bare = dict.fromkeys(self.ignored)
        super().check(replace(matrix, **bare), scale)


@caught_by("recovers")
@dataclass(frozen=True)
class IgnoresStrata(KnowsEveryRole):
    ignored = ("stratum",)


@caught_by("recovers")
@dataclass(frozen=True)
class IgnoresWeights(KnowsEveryRole):
    ignored = ("weight",)


@caught_by("recovers")
@dataclass(frozen=True)
class IgnoresExposure(KnowsEveryRole):
    ignored = ("exposure",)


@caught_by("coverage_difference")
@dataclass(frozen=True)
class IgnoresClusters(KnowsEveryRole):
    ignored = ("cluster", "assignment_cluster")


@caught_by("scales_agree")
@dataclass(frozen=True)
class RelativeToObserved(Reference):
    """Divides by the observed mean and invents a counterfactual that goes with it."""

    def finish(self, estimate):
        if estimate.scale is not Scale.RELATIVE:
            return estimate
        share = 1.0 - estimate.counterfactual / estimate.observed
        log, error = math.log1p(share), estimate.effect.distribution.scale
        effect = Effect(share, LogRatioT(log, error), math.exp(log) * error)
        without = estimate.observed / (1.0 + share)
        return replace(
            estimate,
            effect=effect,
            counterfactual=without,
            periods=(replace(estimate.periods[0], counterfactual=without),),
            influence=None,
        )


@caught_by("scale")
@dataclass(frozen=True)
class FloorInDollars(Reference):
    """A floor under the error in the outcome's own unit."""

    def arm(self, y):
        found = super().arm(y)
        return replace(found, errors=found.errors + np.sign(found.errors) * 1e-4)


@caught_by("shift")
@dataclass(frozen=True)
class Clips(Reference):
    """Winsorises at a round number."""

    def arm(self, y):
        return super().arm(np.minimum(y, 9.0))


# --- how sure it says it is -------------------------------------------------------------------


class ErrorTimes(Reference):
    """Every error multiplied by a factor."""

    factor: ClassVar[float] = 1.0

    def arm(self, y):
        found = super().arm(y)
        return replace(found, errors=found.errors * self.factor)


@caught_by("coverage_difference")
@dataclass(frozen=True)
class ErrorTooSmall(ErrorTimes):
    factor = 1.0 / math.sqrt(2.0)


@caught_by("coverage_difference")
@dataclass(frozen=True)
class ErrorTooLarge(ErrorTimes):
    factor = 1.3


@caught_by("coverage_difference")
@dataclass(frozen=True)
class PooledVariance(Reference):
    def arms(self, matrix):
        arms = super().arms(matrix)
        both = [arm.y - arm.mean for arm in arms]
        pooled = sum(float(b @ b) for b in both) / (sum(map(len, both)) - 2)
        served, other = (
            replace(arm, errors=arm.errors * math.sqrt(pooled / len(arm.y) / arm.variance))
            if arm.variance
            else arm
            for arm in arms
        )
        return served, other


@caught_by("small_samples")
@dataclass(frozen=True)
class NormalForStudent(Reference):
    def df(self, parts, n):
        return math.inf


@caught_by("coverage_relative")
@dataclass(frozen=True)
class DividesTheDifference(Reference):
    """The difference's interval divided by the control mean, as if that mean were known."""

    def finish(self, estimate):
        if estimate.scale is not Scale.RELATIVE:
            return estimate
        found, cf = estimate.effect, estimate.counterfactual
        ratio = 1.0 + found.value
        n = estimate.n_treated
        plus, minus = estimate.influence.values[:n], estimate.influence.values[n:] / ratio
        error = math.sqrt(float(np.sum(plus**2) + np.sum(minus**2)))
        assert cf > 0
        return replace(
            estimate,
            effect=Effect(found.value, StudentT(found.value, error), error),
            influence=None,
        )


@caught_by("coverage_standardised")
@dataclass(frozen=True)
class KnowsTheSpread(Reference):
    """Divides by the comparison's standard deviation as if it had no error."""

    def effect(self, scale, served, other):
        if scale is not Scale.STANDARDISED:
            return super().effect(scale, served, other)
        effect, values = super().effect(Scale.DIFFERENCE, served, other)
        spread = float(np.std(other.y, ddof=1))
        found = effect.distribution
        smaller = StudentT(found.centre / spread, found.scale / spread, found.df)
        return Effect(smaller.centre, smaller, smaller.scale), (
            values[0] / spread,
            values[1] / spread,
        )


@caught_by("null")
@dataclass(frozen=True)
class SureOfSmallEffects(Reference):
    """Halves the error of whatever is not plainly there."""

    def arms(self, matrix):
        served, other = super().arms(matrix)
        error = math.sqrt(served.variance + other.variance)
        if error and abs(served.mean - other.mean) < 3.5 * error:
            served = replace(served, errors=served.errors / 2)
            other = replace(other, errors=other.errors / 2)
        return served, other


@dataclass(frozen=True, slots=True)
class NinetyWhateverIsAsked(StudentT):
    def interval(self, level, side="two"):
        ninety = StudentT.interval(self, 0.9, side)
        return Interval(ninety.low, ninety.high, level=level, side=side, method=ninety.method)


@dataclass(frozen=True, slots=True)
class HalfLevelOnOneSide(StudentT):
    """Takes the end of the two-sided interval for the one-sided bound."""

    def interval(self, level, side="two"):
        if Side(side) is Side.TWO:
            return StudentT.interval(self, level, side)
        return StudentT.interval(self, (1.0 + level) / 2.0, side)


@dataclass(frozen=True, slots=True)
class TailsSwapped(StudentT):
    def p_value(self, null=0.0, side="two"):
        other = {Tail.GREATER: Tail.LESS, Tail.LESS: Tail.GREATER, Tail.TWO: Tail.TWO}
        return StudentT.p_value(self, null, other[Tail(side)])


class OtherDistribution(Reference):
    """Answers from another kind of distribution than it should."""

    kind: ClassVar[type[StudentT]] = StudentT

    def finish(self, estimate):
        d = estimate.effect.distribution
        if not isinstance(d, StudentT):
            return estimate
        effect = estimate.effect
        return replace(
            estimate,
            effect=Effect(effect.value, self.kind(d.centre, d.scale, d.df), effect.std_error),
        )


@caught_by("intervals")
@dataclass(frozen=True)
class AnotherLevel(OtherDistribution):
    kind = NinetyWhateverIsAsked


@caught_by("intervals")
@dataclass(frozen=True)
class OneSidedIsTwoSided(OtherDistribution):
    kind = HalfLevelOnOneSide


@caught_by("intervals")
@dataclass(frozen=True)
class SwappedTails(OtherDistribution):
    kind = TailsSwapped


@caught_by("invariants")
@dataclass(frozen=True)
class ForeignDistribution(OtherDistribution):
    kind = NinetyWhateverIsAsked


@caught_by("invariants")
@dataclass(frozen=True)
class ErrorOfAnotherTale(Reference):
    """Prints a standard error that its intervals do not use."""

    def finish(self, estimate):
        effect = replace(estimate.effect, std_error=estimate.effect.std_error / 2)
        return replace(estimate, effect=effect, influence=None)


# --- what it does with the data ---------------------------------------------------------------


@caught_by("every_row_counts")
@dataclass(frozen=True)
class DropsARow(Reference):
    """Leaves out the first served unit and counts it all the same."""

    def arms(self, matrix):
        served, other = super().arms(matrix)
        return self.arm(served.y[1:]), other


@caught_by("counts")
@dataclass(frozen=True)
class CountsFewer(Reference):
    def finish(self, estimate):
        return replace(estimate, n_comparison=estimate.n_comparison - 1)


@caught_by("missing_outcomes")
@dataclass(frozen=True)
class TakesMissingForZero(Reference):
    def measured(self, matrix):
        return replace(matrix, y=np.nan_to_num(matrix.y)) if not matrix.measured.all() else matrix


@caught_by("row_order")
@dataclass(frozen=True)
class NeighbourVariance(Reference):
    """A variance from successive differences: right on average, another one in another order."""

    def arm(self, y):
        found = super().arm(y)
        if not found.variance:
            return found
        successive = float(np.mean(np.diff(y) ** 2)) / 2 / len(y)
        return replace(found, errors=found.errors * math.sqrt(successive / found.variance))


@caught_by("row_order")
@dataclass(frozen=True)
class InfluenceUnderOtherNames(Reference):
    def finish(self, estimate):
        found = estimate.influence
        return replace(estimate, influence=Influence(np.sort(found.labels), found.values))


@caught_by("mirror")
@dataclass(frozen=True)
class InfluenceWithoutSign(Reference):
    """Reproduces the standard error, and gives every covariance the wrong sign or size."""

    def finish(self, estimate):
        found = estimate.influence
        return replace(estimate, influence=Influence(found.labels, np.abs(found.values)))


@caught_by("influence")
@dataclass(frozen=True)
class InfluenceOfNobody(Reference):
    def finish(self, estimate):
        names = np.array([f"x{k}" for k in range(estimate.influence.labels.size)])
        return replace(estimate, influence=Influence(names, estimate.influence.values))


@caught_by("means")
@dataclass(frozen=True)
class MeansInTotals(Reference):
    """On scale total, gives the influence on both sums where that on both means belongs."""

    def finish(self, estimate):
        if estimate.scale is not Scale.TOTAL:
            return estimate
        own = estimate.influence
        first = np.arange(own.values.size) < estimate.n_treated
        means = MeansInfluence(np.where(first, own.values, 0.0), np.where(first, 0.0, -own.values))
        return replace(estimate, influence=replace(own, means=means))


@caught_by("determinism")
@dataclass(frozen=True)
class GlobalRandomness(Reference):
    def arm(self, y):
        return super().arm(y + 1e-6 * random.gauss(0.0, 1.0) * float(np.std(y)))


@caught_by("sample_untouched")
@dataclass(frozen=True)
class AltersTheSample(Reference):
    def check(self, matrix, scale):
        super().check(matrix, scale)
        owner = matrix.y if matrix.y.base is None else matrix.y.base
        owner.setflags(write=True)
        matrix.y.setflags(write=True)
        matrix.y[0] += 1e-3


@caught_by("sample_untouched")
@dataclass(frozen=True)
class LeavesTheSampleOpen(Reference):
    def check(self, matrix, scale):
        super().check(matrix, scale)
        owner = matrix.y if matrix.y.base is None else matrix.y.base
        owner.setflags(write=True)
        matrix.y.setflags(write=True)


@caught_by("no_frame")
@dataclass(frozen=True)
class ReadsTheFrame(Reference):
    def estimate(self, sample, *, scale, rng):
        sample.to_frame()
        return super().estimate(sample, scale=scale, rng=rng)


@caught_by("no_frame")
@dataclass(frozen=True)
class ReadsTheFrameInSecret(Reference):
    def estimate(self, sample, *, scale, rng):
        with contextlib.suppress(AssertionError):
            sample.to_frame()
        return super().estimate(sample, scale=scale, rng=rng)


@caught_by("imports")
@dataclass(frozen=True)
class KnowsThePrice(Reference):
    def finish(self, estimate):
        import peeking

        return peeking.rounded(estimate)


# --- preparation ------------------------------------------------------------------------------


class Preparing(Reference):
    """Prepares nothing but a list of units, and uses it."""

    def prepare(self, blind, *, rng):
        return Preparation("units", Parts({"units": {"unit": blind.matrix().unit.values}}), "x")

    def estimate(self, sample, *, scale, rng):
        if sample.preparation is None:
            sample = sample.prepared(self.prepare(sample.blind, rng=rng))
        return super().estimate(sample, scale=scale, rng=rng)


@dataclass(frozen=True)
class PreparesWell(Preparing):
    """Not broken: the teeth test demands that it passes."""


SEEN: dict[str, float] = {}


@caught_by("prepare_is_blind")
@dataclass(frozen=True)
class RemembersOutcomes(Preparing):
    def prepare(self, blind, *, rng):
        made = super().prepare(blind, rng=rng)
        return replace(made, made_by=f"x {SEEN.get('mean', 0.0):.6f}")

    def estimate(self, sample, *, scale, rng):
        SEEN["mean"] = float(np.mean(sample.matrix().y))
        return super().estimate(sample, scale=scale, rng=rng)


@caught_by("prepared_is_used")
@dataclass(frozen=True)
class PreparesAgain(Preparing):
    def estimate(self, sample, *, scale, rng):
        made = self.prepare(sample.blind, rng=rng)
        return super().estimate(sample.prepared(made), scale=scale, rng=rng)


# --- what it says -----------------------------------------------------------------------------

ENGLISH = "The difference between the means of the two arms."


@caught_by("card")
@dataclass(frozen=True)
class CardInEnglishOnly(Reference):
    card = replace(CARD, description=Text(en=ENGLISH, fr=ENGLISH))


@caught_by("card")
@dataclass(frozen=True)
class CardWithUnknownFormat(Reference):
    card = replace(
        CARD, limits=(Text(en="Below {n:roman} units.", fr="Sous {n:roman} unités, prudence."),)
    )


@caught_by("texts")
@dataclass(frozen=True)
class NoteInEnglishOnly(Reference):
    def finish(self, estimate):
        return replace(estimate, notes=(Message("note", Text(en=ENGLISH, fr=ENGLISH)),))


@dataclass(frozen=True)
class ConcernedWell(Reference):
    """Not broken: the teeth test demands that it passes."""

    def concerns(self, blind):
        said = Text(en="Only {n:int} rows.", fr="{n:int} lignes seulement.")
        return (Message("few-rows", said, {"n": len(blind)}),)


@caught_by("concerns")
@dataclass(frozen=True)
class ConcernsInEnglishOnly(Reference):
    def concerns(self, blind):
        return (Message("english", Text(en=ENGLISH, fr=ENGLISH)),)


@caught_by("concerns")
@dataclass(frozen=True)
class ConcernsInWords(Reference):
    def concerns(self, blind):
        return ("few rows",)


@caught_by("concerns")
@dataclass(frozen=True)
class ConcernedByTheFirstRow(Reference):
    def concerns(self, blind):
        first = blind.table.source_row[0]
        said = Text(en="It begins with row {n:int}.", fr="Cela commence à la ligne {n:int}.")
        return (Message("first-row", said, {"n": int(first)}),)


@caught_by("contract")
@dataclass(frozen=True)
class ConcernedByOutcomes(Reference):
    def concerns(self, blind, outcomes):
        return ()


@caught_by("contract")
@dataclass
class NotFrozen:
    """Stands alone: a frozen class cannot have an unfrozen child."""

    name: ClassVar[str] = "not-frozen"
    card: ClassVar = CARD
    level: float = 0.95

    def estimate(self, sample, *, scale, rng):
        return Reference().estimate(sample, scale=scale, rng=rng)


@caught_by("contract")
@dataclass(frozen=True)
class TakesSomethingElse(Reference):
    def estimate(self, sample, scale, rng, extra):
        return super().estimate(sample, scale=scale, rng=rng)


@caught_by("settings")
class FrozenInNameOnly(Reference):
    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)


@caught_by("invariants")
@dataclass(frozen=True)
class HidesItsSettings(Reference):
    def finish(self, estimate):
        return replace(estimate, settings={})


@caught_by("invariants")
@dataclass(frozen=True)
class PathOfAnotherMean(Reference):
    def finish(self, estimate):
        (only,) = estimate.periods
        return replace(estimate, periods=(replace(only, counterfactual=only.observed),))


@caught_by("invariants")
@dataclass(frozen=True)
class CounterfactualOutsideItsInterval(Reference):
    def finish(self, estimate):
        o, c = estimate.observed, estimate.counterfactual
        return replace(
            estimate, periods=(Period("all", o, c, c + 1.0, c + 2.0, estimate.n_treated),)
        )


@caught_by("scales")
@dataclass(frozen=True)
class AnswersUndeclaredScales(Reference):
    card = replace(CARD, scales=(Scale.DIFFERENCE,))

    def check(self, matrix, scale):
        Reference().check(matrix, scale)


@caught_by("scales")
@dataclass(frozen=True)
class RatioOfLogarithms(Reference):
    def is_log(self, sample):
        return False


@caught_by("scales")
@dataclass(frozen=True)
class RatioOfNegatives(Reference):
    """Answers a relative effect of negative means by moving them up first."""

    def estimate(self, sample, *, scale, rng):
        try:
            return super().estimate(sample, scale=scale, rng=rng)
        except NotIdentified:
            y = sample.matrix().y
            if np.ptp(y) == 0:
                raise
            moved = replace(sample, outcome_values={sample.outcomes[0]: y - y.min() + 1.0})
            return super().estimate(moved, scale=scale, rng=rng)


@caught_by("not_identified")
@dataclass(frozen=True)
class NumberFromNothing(Reference):
    def arm(self, y):
        found = super().arm(y)
        return found if found.variance else Arm(found.y, found.mean, np.full(len(y), 1e-9))


@caught_by("treated_clusters")
@dataclass(frozen=True)
class NoTreatedClusters(Reference):
    def finish(self, estimate):
        return replace(estimate, treated_clusters=0)
