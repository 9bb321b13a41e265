"""Many random versions of the data, and the planned estimator on each of them.

Each draw has a seed of its own, so that results are the same on however many workers joblib is
configured for around the call. Where the planned estimator offers the effects of many draws at once
(`impacteval.plugin.Redrawn`), it is asked for these first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.planned import Planned
from impacteval.diagnostics.reruns import average, rerun
from impacteval.errors import Problem, UsageError
from impacteval.estimates import CounterfactualEstimate, Parts, Rerun
from impacteval.progress import step
from impacteval.values import Message, Scale, Text

if TYPE_CHECKING:
    from numpy.random import Generator, SeedSequence

    from impacteval.plugin import Draws
    from impacteval.sample import Sample

Floats = NDArray[np.float64]

DRAWS = 100
"""So many draws where a plan states none."""
LEAST, MOST = 20, 10_000
_SEED = 20260219
_AT_ONCE = 4_000_000
"""So many numbers of a block of draws are held at a time."""

Make = Callable[[int, "Generator"], "Sample"]
"""The changed sample of a draw, from its number and its generator."""
Many = Callable[[Sequence[tuple[int, "Generator"]]], "Draws"]
"""The changes of many draws as arrays, from the same."""
_BLOCKS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What the planned estimator found on each draw.

    Attributes
    ----------
    whole : CounterfactualEstimate
        The planned estimate, on the scale on which draws compare.
    values : array, shape (draws,)
        The effects; NaN where a draw has none.
    reruns : tuple of Rerun
        The same runs, for whoever decides again; empty where totals are planned, of which only
        averages compare.
    reason : Message or None
        Why a draw has no effect, the first of them.
    """

    whole: CounterfactualEstimate
    values: Floats
    reruns: tuple[Rerun, ...]
    reason: Message | None

    @property
    def done(self) -> Floats:
        """The effects that there are."""
        found: Floats = self.values[np.isfinite(self.values)]
        return found

    def table(self) -> dict[str, list[Any]]:
        """One row a draw: ``draw, effect``."""
        return {
            "draw": list(range(1, len(self.values) + 1)),
            "effect": [float(v) if np.isfinite(v) else None for v in self.values],
        }


def checked_draws(name: str, draws: int) -> int:
    """The setting ``draws``.

    Raises
    ------
    UsageError
        When it is no whole number from 20 to 10,000.
    """
    if isinstance(draws, bool) or not isinstance(draws, int) or not LEAST <= draws <= MOST:
        raise UsageError(
            Problem(
                f"The setting `draws` of diagnostic {name!r} cannot be {draws!r}.",
                f"Write a whole number from {LEAST} to {MOST:,}.",
            )
        )
    return draws


def seeds_of(rng: Generator | None, draws: int) -> list[SeedSequence]:
    """A seed for each draw."""
    base: Any = (rng or np.random.default_rng(_SEED)).bit_generator.seed_seq
    found: list[SeedSequence] = base.spawn(draws)
    return found


def redraw(
    name: str,
    sample: Sample,
    planned: Planned,
    make: Make,
    seeds: Sequence[SeedSequence],
    *,
    title: Text,
    many: Many | None = None,
) -> Drawn | Message:
    """The planned estimator on every draw.

    Parameters
    ----------
    name : str
        Of the diagnostic; with the number of the draw it names each run.
    sample : Sample
        The planned one.
    planned : Planned
    make : callable
        The changed sample of a draw, from its number (from 0) and its generator.
    seeds : sequence of SeedSequence
        One a draw.
    title : Text
        What is changed, for people.
    many : callable, optional
        The same changes as arrays, for estimators that offer the effects of many draws at once.

    Returns
    -------
    Drawn or Message
        Why there is no planned estimate to compare with.
    """
    whole = whole_of(name, sample, planned)
    if isinstance(whole, Message):
        return whole
    scale = whole.scale
    told = planned.scale is not Scale.TOTAL
    fast = None if many is None else _at_once(sample, planned, many, seeds, scale)
    if fast is not None:

        def formed(k: int) -> Callable[[], CounterfactualEstimate | Message]:
            return lambda: _one(name, planned, make, k, seeds[k], scale)

        runs = tuple(Rerun(f"{k + 1}", title, formed(k), True) for k in range(len(seeds)))
        return Drawn(whole, fast, runs if told else (), None)
    results = list(_each(name, planned, make, seeds, scale))
    values = [np.nan if isinstance(r, Message) else r.effect.value for r in results]
    reasons = [r for r in results if isinstance(r, Message)]
    runs = tuple(Rerun(f"{k + 1}", title, r, True) for k, r in enumerate(results))
    return Drawn(whole, np.array(values), runs if told else (), reasons[0] if reasons else None)


def whole_of(name: str, sample: Sample, planned: Planned) -> CounterfactualEstimate | Message:
    """The planned estimate, on the scale on which more and fewer people compare."""
    if isinstance(planned.estimate, Message):
        return planned.estimate
    scale = average(planned.estimate.scale)
    if scale is planned.estimate.scale:
        return planned.estimate
    return planned.again(sample, f"{name} whole", scale=scale)


def _at_once(
    sample: Sample, planned: Planned, many: Many, seeds: Sequence[SeedSequence], scale: Scale
) -> Floats | None:
    if planned.effects is None or sample.structure.kind != "cross_section":
        return None
    block = max(1, _AT_ONCE // max(1, len(sample)))
    found = []
    for begin in range(0, len(seeds), block):
        numbered = [
            (k, np.random.default_rng(seeds[k]))
            for k in range(begin, min(begin + block, len(seeds)))
        ]
        values = planned.effects(sample, many(numbered), scale=scale)
        if values is None:
            return None
        found.append(values)
    return np.concatenate(found)


def _one(
    name: str, planned: Planned, make: Make, k: int, seed: SeedSequence, scale: Scale
) -> CounterfactualEstimate | Message:
    """One draw; without what only the planned estimate is asked for."""
    result = rerun(
        planned, lambda: make(k, np.random.default_rng(seed)), f"{name} {k + 1}", scale=scale
    )
    if isinstance(result, Message):
        return result
    return replace(result, influence=None, parts=Parts({}), event_study=None, certificate=None)


def _block(
    name: str, planned: Planned, make: Make, first: int, seeds: Sequence[SeedSequence], scale: Scale
) -> list[CounterfactualEstimate | Message]:
    return [_one(name, planned, make, first + j, seed, scale) for j, seed in enumerate(seeds)]


def _each(
    name: str, planned: Planned, make: Make, seeds: Sequence[SeedSequence], scale: Scale
) -> Iterator[CounterfactualEstimate | Message]:
    import joblib

    size = -(-len(seeds) // _BLOCKS)
    calls = [
        joblib.delayed(_block)(name, planned, make, begin, seeds[begin : begin + size], scale)
        for begin in range(0, len(seeds), size)
    ]
    done = 0
    for results in joblib.Parallel(return_as="generator")(calls):
        done += len(results)
        step(name, done, len(seeds))
        yield from results
