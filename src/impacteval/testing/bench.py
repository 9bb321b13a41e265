"""Where an estimator is put to the test: its samples, its runs, and what it answered.

Samples and replications are drawn once and shared by the checks that read them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.canonical import digest
from impacteval.errors import InputError, NotAnswerable, NotIdentified
from impacteval.plugin import Estimator
from impacteval.testing.samples import KnownSample, SampleMaker
from impacteval.values import Message, Scale, Side, Tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impacteval.estimates import CounterfactualEstimate, Effect
    from impacteval.sample import Sample

SEED = 20240229
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)


def require(holds: bool, what: str) -> None:
    """Fail the check with that sentence unless it holds."""
    if not holds:
        raise AssertionError(what)


def close(a: float, b: float, size: float = 0.0, tolerance: float = 1e-7) -> bool:
    """Whether two floats are the same number but for rounding on the way."""
    return abs(a - b) <= tolerance * max(abs(a), abs(b), size, 1e-12)


@dataclass(frozen=True)
class Run:
    """One replication on one scale: the true effect and what was answered."""

    truth: float
    effect: Effect


class Bench:
    """One estimator and the samples of one of its designs.

    Parameters
    ----------
    estimator : Estimator
        The estimator, with the settings to be tested.
    design : str
        One of the designs on its card.
    makers : tuple of SampleMaker
        The plainest first.
    """

    def __init__(self, estimator: Estimator, design: str, makers: tuple[SampleMaker, ...]) -> None:
        self.estimator = estimator
        self.design = design
        self.makers = makers
        self._runs: dict[tuple[str, float], dict[Scale, tuple[Run, ...]]] = {}

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The scales the card declares; against a figure none in standard deviations of a group."""
        declared = self.estimator.card.scales
        if self.against != "figure":
            return declared
        return tuple(scale for scale in declared if scale is not Scale.STANDARDISED)

    @cached_property
    def answered(self) -> tuple[SampleMaker, ...]:
        """The makers whose samples the estimator does not refuse."""
        found = tuple(maker for maker in self.makers if not self._refuses(maker))
        require(bool(found), "every known-truth sample of the design is refused.")
        return found

    @cached_property
    def known(self) -> KnownSample:
        """One sample of the plainest kind that is answered."""
        return self.answered[0](SEED)

    @cached_property
    def sample(self) -> Sample:
        """That sample as the estimator sees it."""
        return self.known.sample()

    def estimate(self, sample: Sample, scale: str, seed: int = SEED) -> CounterfactualEstimate:
        """Run the estimator once, with a generator of its own."""
        return self.estimator.estimate(sample, scale=Scale(scale), rng=np.random.default_rng(seed))

    @cached_property
    def estimates(self) -> dict[Scale, CounterfactualEstimate]:
        """The sample on every declared scale."""
        return {scale: self.estimate(self.sample, scale) for scale in self.scales}

    @cached_property
    def against(self) -> str:
        """What its effects are held against; ``data`` where every sample is refused."""
        for maker in self.makers:
            try:
                refused = self._refuses(maker)
            except Exception:  # an estimator that breaks is told so by each of its checks
                refused = False
            if not refused:
                return maker(SEED).against
        return "data"

    @cached_property
    def random(self) -> bool:
        """Whether the seed has any influence: then only the estimate survives relabelling."""
        scale = self.scales[0]
        other = self.estimate(self.sample, scale, seed=SEED + 1)
        return fingerprint(other) != fingerprint(self.estimates[scale])

    def _refuses(self, maker: SampleMaker) -> bool:
        try:
            self.estimate(maker(SEED).sample(), self.estimator.card.scales[0])
        except (NotIdentified, InputError):
            return True
        return False

    def replications(
        self, maker: SampleMaker, lift: float | None = None
    ) -> dict[Scale, tuple[Run, ...]]:
        """Every declared scale whose truth is known, over the maker's replications."""
        lift = maker.lift if lift is None else lift
        key = (maker.name, lift)
        if key not in self._runs:
            self._runs[key] = self._replicate(maker, lift)
        return self._runs[key]

    def _replicate(self, maker: SampleMaker, lift: float) -> dict[Scale, tuple[Run, ...]]:
        runs: dict[Scale, list[Run]] = {s: [] for s in self.scales}
        for seed in range(SEED + 1, SEED + 1 + maker.replications):
            known = maker(seed, lift)
            # Rows of a cross-section need no names to be counted: reading them would take longer
            # than the estimate.
            nameless = known if "period" in known.roles else known.with_roles(unit=None)
            sample = nameless.sample()
            for scale in self.scales:
                if scale in known.truth:
                    effect = self.estimate(sample, scale, seed).effect
                    runs[scale].append(Run(known.truth[scale], effect))
        return {scale: tuple(found) for scale, found in runs.items() if found}


def fingerprint(estimate: CounterfactualEstimate) -> str:
    """Everything an estimate says, in one digest: also its intervals, p-values and influence."""
    effect = estimate.effect
    answers: list[Any] = []
    spread = effect.std_error or 1.0
    for side in Side:
        for level in LEVELS:
            try:
                found = effect.interval(level, side)
            except NotAnswerable as error:
                answers.append(error.reason.key)
            else:
                answers.append([found.low, found.high, found.method])
    for tail in Tail:
        for null in (0.0, effect.value - spread, effect.value + spread):
            try:
                answers.append(effect.p_value(null, tail))
            except NotAnswerable as error:
                answers.append(error.reason.key)
    influence = estimate.influence
    return digest(
        {
            "estimate": estimate.digest,
            "answers": answers,
            "influence": influence
            and [influence.level, influence.labels.tolist(), influence.values],
            "means": influence
            and influence.means
            and [influence.means.observed, influence.means.counterfactual],
            "method": estimate.method and [estimate.method.key, dict(estimate.method.values)],
            "certificate": estimate.certificate,
        }
    )


def messages(estimate: CounterfactualEstimate) -> tuple[Message, ...]:
    """Every text for people in an estimate."""
    found = [estimate.target, *estimate.notes]
    if estimate.method is not None:
        found.append(estimate.method)
    return tuple(found)


def arrays(value: Any, path: str = "matrix") -> dict[str, NDArray[Any]]:
    """Every array inside a dataclass of arrays, by its path."""
    if isinstance(value, np.ndarray):
        return {path: value}
    if is_dataclass(value) and not isinstance(value, type):
        found: dict[str, NDArray[Any]] = {}
        for f in fields(value):
            found |= arrays(getattr(value, f.name), f"{path}.{f.name}")
        return found
    return {}
