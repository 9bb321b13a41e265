"""Counts broken on purpose, each in one place, with the check that is meant to catch it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from broken import caught_by

from impacteval.estimates import (
    Drawn,
    Effect,
    HypergeometricCount,
    LogRatioT,
    NoUncertainty,
    StudentT,
)
from impacteval.estimators.counts.stated import FixedRate, HistoricalBaseline
from impacteval.estimators.counts.verified import VerifiedCount
from impacteval.testing.counts import STATED
from impacteval.values import Scale


def with_effect(found, value, distribution, error):
    """The same estimate with another effect, and the observed mean that goes with it."""
    observed = value if found.scale is Scale.DIFFERENCE else value / found.n_treated
    return replace(
        found,
        effect=Effect(value, distribution, error),
        observed=observed,
        periods=(replace(found.periods[0], observed=observed),),
        influence=None,
    )


class Bent(VerifiedCount):
    """A verified count with a joint: what becomes of the estimate."""

    def bend(self, found):
        return found

    def estimate(self, sample, *, scale, rng):
        found = VerifiedCount.estimate(self, sample, scale=scale, rng=rng)
        return found if found.audit is None else self.bend(found)


@caught_by("recovers")
@dataclass(frozen=True)
class ClaimsStand(Bent):
    """The audit is reported and taken no notice of."""

    def bend(self, found):
        claimed = found.audit.claimed
        return with_effect(found, claimed, NoUncertainty(claimed), None)


@caught_by("audit_takes_off")
@dataclass(frozen=True)
class KnowsTheLimit(Bent):
    """Takes nothing off as long as half of the claims are right: the contract's business."""

    def bend(self, found):
        if found.audit.discrepancy > 0.5:
            return found
        claimed = found.audit.claimed
        return with_effect(found, claimed, NoUncertainty(claimed), None)


@caught_by("small_samples")
@dataclass(frozen=True)
class NormalInterval(Bent):
    """The interval of textbooks, with no width at all where no error was found."""

    def bend(self, found):
        value, error = found.effect.value, found.effect.std_error or 1e-9
        return with_effect(found, value, StudentT(value, error), error)


@caught_by("coverage_total")
@dataclass(frozen=True)
class HalfTheError(Bent):
    def bend(self, found):
        value, error = found.effect.value, 0.5 * (found.effect.std_error or 1e-9)
        return with_effect(found, value, StudentT(value, error), error)


@caught_by("unclaimed_rows")
@dataclass(frozen=True)
class AuditStandsForTheList(Bent):
    """Carries the share found right over to everyone on the list, claimed or not."""

    def bend(self, found):
        audit, n = found.audit, found.n_treated
        per = 1 if found.scale is Scale.TOTAL else n
        law = HypergeometricCount((Drawn(audit.checked - audit.wrong, audit.checked, n),), per)
        return with_effect(found, law.centre, law, law.std_error)


@caught_by("only_the_checked_speak")
@dataclass(frozen=True)
class RoundsTheShare(Bent):
    """Takes off a share rounded to five percent, as a spreadsheet would."""

    def bend(self, found):
        share = round(found.audit.discrepancy * 20.0) / 20.0
        value = found.audit.claimed * (1.0 - share)
        return with_effect(found, value, NoUncertainty(value), None)


@caught_by("no_comparison")
@dataclass(frozen=True)
class InventsAComparison(VerifiedCount):
    """Half would have done it anyway, says nobody."""

    def estimate(self, sample, *, scale, rng):
        found = VerifiedCount.estimate(self, sample, scale=scale, rng=rng)
        half = found.observed / 2.0
        value = half if found.scale is Scale.DIFFERENCE else half * found.n_treated
        return replace(
            found,
            effect=Effect(value, NoUncertainty(value)),
            counterfactual=half,
            against="data",  # held against nothing, such an estimate cannot even be built
            periods=(replace(found.periods[0], counterfactual=half),),
        )


@caught_by("recovers")
@dataclass(frozen=True)
class LumpsStrata(VerifiedCount):
    """Reads an audit that was drawn by strata as if it had been drawn from all together."""

    def estimate(self, sample, *, scale, rng):
        table = sample.table
        labels = {role: codes for role, codes in table.labels.items() if role != "stratum"}
        bare = replace(table, labels=labels, roles=replace(table.roles, stratum=None))
        return VerifiedCount.estimate(self, replace(sample, table=bare), scale=scale, rng=rng)


# --- against a figure ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Told(FixedRate):
    """A fixed rate that was told the figure of the known-truth samples."""

    rate: float | None = field(default=STATED)


@caught_by("shift")
@dataclass(frozen=True)
class FigureFollows(Told):
    """A figure that moves half of the way with what was observed."""

    def estimate(self, sample, *, scale, rng):
        y = sample.matrix().y
        own = STATED + 0.01 * float(np.mean(y) - STATED)
        found = FixedRate(rate=own).estimate(sample, scale=scale, rng=rng)
        return replace(found, settings={"rate": self.rate})


def with_spread(found, times, df):
    """The same estimate with another error or other degrees of freedom."""
    law, error = found.effect.distribution, times * found.effect.std_error
    df = law.df if df is None else df
    if isinstance(law, LogRatioT):
        law = LogRatioT(law.log_ratio, times * law.scale, df)
    else:
        law = StudentT(law.centre, times * law.scale, df)
    return replace(found, effect=Effect(found.effect.value, law, error), influence=None)


@caught_by("coverage_difference")
@dataclass(frozen=True)
class FigureWithAnError(Told):
    """Pretends that the figure was estimated from as many people."""

    def estimate(self, sample, *, scale, rng):
        found = FixedRate.estimate(self, sample, scale=scale, rng=rng)
        return with_spread(found, math.sqrt(2.0), None)


@caught_by("small_samples")
@dataclass(frozen=True)
class NormalForFive(Told):
    def estimate(self, sample, *, scale, rng):
        found = FixedRate.estimate(self, sample, scale=scale, rng=rng)
        return with_spread(found, 1.0, math.inf)


@caught_by("coverage_difference")
@dataclass(frozen=True)
class FigureIgnoresClusters(Told):
    def estimate(self, sample, *, scale, rng):
        table = sample.table
        labels = {role: codes for role, codes in table.labels.items() if role != "cluster"}
        bare = replace(table, labels=labels, roles=replace(table.roles, cluster=None))
        return FixedRate.estimate(self, replace(sample, table=bare), scale=scale, rng=rng)


@caught_by("coverage_difference")
@dataclass(frozen=True)
class BaselineWithoutError(HistoricalBaseline):
    """Has the data of the earlier period and takes their mean as known."""

    name: ClassVar[str] = "baseline-without-error"

    def estimate(self, sample, *, scale, rng):
        found = HistoricalBaseline.estimate(self, sample, scale=scale, rng=rng)
        matrix = sample.matrix()
        served = matrix.y[matrix.treatment == 1]
        own = float(np.std(served, ddof=1)) / math.sqrt(len(served))
        plain = HistoricalBaseline.estimate(self, sample, scale=Scale.DIFFERENCE, rng=rng)
        return with_spread(found, own / plain.effect.std_error, None)
