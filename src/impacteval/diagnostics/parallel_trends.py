"""How firm an effect is when trends were not parallel, and what a test before the start can see.

Both diagnostics read the event study of the planned estimate. They know no contract: the reference
values beside it are bare effects on the estimate's own scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics import parallel_trends_words as words
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.planned import Planned, needed
from impacteval.estimates import CounterfactualEstimate, Diagnostic, Parts
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.inference.honest import RobustSet, Sensitivity
    from impacteval.inference.honest.moments import Side
    from impacteval.inference.honest.restrictions import Kind
    from impacteval.sample import BlindSample, Sample

Floats = NDArray[np.float64]

HONEST, PRE_TRENDS = "honest-did", "pre-trends"
LEVEL = 0.95
_SAME = 1e-6
"""Numbers nearer to each other than this share of a standard error are one: rounding of sums."""
SIZES: tuple[tuple[Kind, float], ...] = (
    ("relative_magnitudes", 0.0),
    ("relative_magnitudes", 0.5),
    ("relative_magnitudes", 1.0),
    ("relative_magnitudes", 2.0),
    ("smoothness", 0.0),
)
"""Sizes of violation that are shown: of the worst move before, and a drift that goes straight on."""


@dataclass(frozen=True, slots=True, eq=False)
class Trends:
    """The event study of an estimate, as sensitivity reads it.

    Attributes
    ----------
    effects : float64 array, shape (k,)
    covariance : float64 array, shape (k, k)
    before : int
        Number of effects before the reference period.
    weights : float64 array, shape (k - before,)
        Their sum over the later effects is the effect, in the outcome's unit.
    times : float64 array, shape (k,)
        Periods since the reference period.
    size : float
        What one unit of that effect is on the estimate's scale: 1, or the served for totals.
    """

    effects: Floats
    covariance: Floats
    before: int
    weights: Floats
    times: Floats
    size: float

    def sensitivity(self, kind: Kind, *, level: float = LEVEL, side: Side = "two") -> Sensitivity:
        """Put the event study under a restriction."""
        from impacteval.inference.honest import Restriction, Sensitivity

        return Sensitivity(
            self.effects,
            self.covariance,
            self.before,
            self.weights,
            Restriction(kind),
            level=level,
            side=side,
        )

    def robust(
        self, kind: Kind, m: float, *, level: float = LEVEL, side: Side = "two"
    ) -> RobustSet:
        """Set of effects on the estimate's scale."""
        from impacteval.inference.honest import RobustSet

        found = self.sensitivity(kind, level=level, side=side).at(m)
        return RobustSet(m, self.size * found.low, self.size * found.high)

    def breakdown(
        self, kind: Kind, at: float, *, level: float = LEVEL, side: Side = "two"
    ) -> float | None:
        """Largest violation up to which an effect on the estimate's scale stays outside the set."""
        return self.sensitivity(kind, level=level, side=side).breakdown(at / self.size)


def trends_of(estimate: CounterfactualEstimate | Message) -> Trends | Message:
    """Read the event study of an estimate, or say why there is none to read.

    Parameters
    ----------
    estimate : CounterfactualEstimate or Message
        The reason why there is no estimate is passed on.

    Returns
    -------
    Trends or Message
    """
    if isinstance(estimate, Message):
        return estimate
    study = estimate.event_study
    if study is None:
        return words.no_event_study()
    if estimate.scale not in (Scale.DIFFERENCE, Scale.TOTAL):
        return words.other_scale()
    before, after = study.before, study.after
    served = study.served[after]
    if not before.any():
        return words.nothing_before()
    if not served.sum() > 0.0:
        return words.nothing_after()
    times = (study.event_times - study.reference).astype(np.float64)
    steps = np.diff(np.sort(np.append(times, 0.0)))
    if not np.allclose(steps, steps[0], rtol=1e-9):
        return words.gaps()
    if len(study.labels) <= len(times):
        return words.few_clusters(len(study.labels), len(times))
    size = float(served.sum()) if estimate.scale is Scale.TOTAL else 1.0
    mean = size * float(served @ study.effects[after]) / float(served.sum())
    found = estimate.effect
    if abs(mean - found.value) > _SAME * (found.std_error or abs(found.value)):
        return words.other_weights(found.value, mean)
    return Trends(
        study.effects,
        study.covariance,
        int(before.sum()),
        served / served.sum(),
        times / steps[0],
        size,
    )


def honest_did(
    sample: Sample | BlindSample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
) -> Diagnostic:
    """How large a violation of parallel trends changes the answer (Rambachan and Roth 2023).

    The statistic is the worst move before the start as a share of the move after it that would
    bring what is asked for into the 95% set: one over the breakdown value, 0.5 when the answer
    stands up to twice the worst move. Of several values asked for, the one that breaks first counts.

    Parameters
    ----------
    sample : Sample or BlindSample
        Not read: everything is in the estimate.
    limit : float, optional
        The largest share that passes.
    rng : Generator, optional
        Not used: nothing is drawn.
    planned : Planned
        Its estimate has an event study, on scale ``difference`` or ``total``; its reference values
        are what is asked for. No effect is taken where there is no other.

    Returns
    -------
    Diagnostic
        Parts: ``sets`` (``restriction, m, low, high``) and ``breakdown`` (``at, restriction,
        breakdown``; a missing number where `at` is inside without any violation).
    """
    limit = checked_limit(HONEST, limit)
    known = needed(HONEST, planned)
    trends = trends_of(known.estimate)
    if isinstance(trends, Message):
        return not_applicable(HONEST, limit, trends)
    # Every number is also held against no effect; what is asked for is what counts here.
    asked = tuple(value for value in known.at if value != 0.0) or (0.0,)
    kinds: tuple[Kind, Kind] = ("relative_magnitudes", "smoothness")
    broken = [(value, kind, trends.breakdown(kind, value)) for value in asked for kind in kinds]
    sets = [(kind, trends.robust(kind, m)) for kind, m in SIZES]
    parts = Parts(
        {
            "sets": {
                "restriction": [kind for kind, _ in sets],
                "m": [found.m for _, found in sets],
                "low": [found.low for _, found in sets],
                "high": [found.high for _, found in sets],
            },
            "breakdown": {
                "at": [value for value, _, _ in broken],
                "restriction": [kind for _, kind, _ in broken],
                "breakdown": [math.nan if m is None else m for _, _, m in broken],
            },
        }
    )
    relative = [m for _, kind, m in broken if kind == "relative_magnitudes"]
    if any(m is None or m == 0.0 for m in relative):
        found = not_applicable(HONEST, limit, words.inside())
        return Diagnostic(found.name, found.status, None, limit, found.explanation, parts=parts)
    least = min(m for m in relative if m is not None)
    statistic = 0.0 if math.isinf(least) else 1.0 / least
    said = words.never() if math.isinf(least) else words.breaks(least)
    return Diagnostic(HONEST, status_of(statistic, limit), statistic, limit, said, parts=parts)


def pre_trends(
    sample: Sample | BlindSample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
) -> Diagnostic:
    """A joint test of the effects before the start, with what it can see (Roth 2022).

    The statistic is the confidence that trends differed: one less the p-value.

    Parameters
    ----------
    sample : Sample or BlindSample
        Not read: everything is in the estimate.
    limit : float, optional
        The largest confidence that passes, such as 0.95.
    rng : Generator, optional
        Not used: nothing is drawn.
    planned : Planned
        Its estimate has an event study, on scale ``difference`` or ``total``.

    Returns
    -------
    Diagnostic
        Parts: ``power`` (``target, slope, bias, bias_after_passing``): slopes of a steady drift
        that the test finds with that chance, how far the drift moves the effect, and how far on
        average among the samples in which no single effect before the start is significant.
    """
    from impacteval.inference.pretrends import joint_test, passing, slope_for_power

    limit = checked_limit(PRE_TRENDS, limit)
    trends = trends_of(needed(PRE_TRENDS, planned).estimate)
    if isinstance(trends, Message):
        return not_applicable(PRE_TRENDS, limit, trends)
    early = slice(trends.before)
    sigma = trends.covariance[early, early]
    test = joint_test(trends.effects[early], sigma)
    rows: dict[str, list[Any]] = {"target": [], "slope": [], "bias": [], "bias_after_passing": []}
    for target in (0.5, 0.8):
        slope = slope_for_power(trends.times[early], sigma, target, kind="joint")
        drift = slope * trends.times
        passed = passing(trends.effects, trends.covariance, trends.before, drift)
        rows["target"].append(target)
        rows["slope"].append(slope)
        rows["bias"].append(trends.size * float(trends.weights @ drift[trends.before :]))
        after = passed.mean_after_passing[trends.before :]
        rows["bias_after_passing"].append(trends.size * float(trends.weights @ after))
    confidence = 1.0 - test.p_value
    return Diagnostic(
        PRE_TRENDS,
        status_of(confidence, limit),
        confidence,
        limit,
        words.before(test.p_value, rows["slope"][0], rows["bias"][0]),
        expected=0.5,
        chance_sound_fails=None if limit is None else max(0.0, 1.0 - limit),
        parts=Parts({"power": rows}),
    )
