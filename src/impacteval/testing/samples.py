"""Samples whose truth is known, a family for each design.

A `SampleMaker` draws a sample from a stated law, with an effect of a stated size. The kit has
makers for the designs that are built in; whoever writes an estimator for another design passes
makers of their own to `estimator_checks` or adds them with `register`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.plugin import ESTIMANDS

if TYPE_CHECKING:
    import pandas as pd

    from impacteval.sample import Sample


def _every(estimator: object) -> bool:
    """The truth does not depend on the estimator's settings."""
    return True


@dataclass(frozen=True)
class KnownSample:
    """Data, the part each column plays, and the effect that made them.

    Attributes
    ----------
    columns : mapping of str to array, shape (n,)
        The data; the outcome stands under ``"y"`` and the unit under ``"unit"``.
    roles : mapping
        Keywords of `Sample.from_frame`.
    truth : mapping of str to float
        The true effect by scale; a scale is absent where the law leaves its meaning open.
    treated_clusters : int
        Treated units at the level of assignment.
    against : str
        What the effect is held against: ``data``, a ``figure`` that the estimator was told, or
        ``nothing`` (a list of claims, each 0 or 1).
    """

    columns: Mapping[str, NDArray[Any]]
    roles: Mapping[str, Any]
    truth: Mapping[str, float]
    treated_clusters: int
    against: str = "data"

    def frame(self) -> pd.DataFrame:
        """A fresh frame of the data."""
        import pandas as pd

        return pd.DataFrame({name: np.array(values) for name, values in self.columns.items()})

    def sample(self) -> Sample:
        """The sample as an estimator sees it."""
        from impacteval.sample import Sample

        return Sample.from_frame(self.frame(), **self.roles)

    def with_column(self, name: str, values: NDArray[Any]) -> KnownSample:
        """The same data with one column replaced."""
        return replace(self, columns=MappingProxyType({**self.columns, name: values}))

    def with_roles(self, **roles: Any) -> KnownSample:
        """The same data with some keywords of `Sample.from_frame` added."""
        return replace(self, roles=MappingProxyType({**self.roles, **roles}))

    def taken(self, order: NDArray[np.int64]) -> KnownSample:
        """The same rows in another order."""
        return replace(
            self, columns=MappingProxyType({k: v[order] for k, v in self.columns.items()})
        )


@dataclass(frozen=True)
class SampleMaker:
    """A law that samples are drawn from.

    Attributes
    ----------
    name : str
        What is special about it: ``plain``, ``strata``, ``clusters`` ...
    design : str
        The design of its samples.
    draw : callable (rng, lift) -> KnownSample
        `lift` is the effect as a share of the mean without the programme; 0 is no effect.
    lift : float
        The effect used where there is one.
    replications : int
        Samples drawn to measure coverage; 0 where only the estimate itself is checked.
    small : bool
        Whether it is a handful, where a normal approximation shows.
    estimands : tuple of str
        Whose effect `truth` is, as on a card: only estimators that estimate nothing else are
        tried on it.
    suits : callable (estimator) -> bool
        Whether the truth is that of an estimator with those settings; one that was told what
        to compare with has another truth on the same data.
    """

    name: str
    design: str
    draw: Callable[[np.random.Generator, float], KnownSample]
    lift: float = -0.4
    replications: int = 0
    small: bool = False
    estimands: tuple[str, ...] = ESTIMANDS
    suits: Callable[[object], bool] = _every

    def __call__(self, seed: int, lift: float | None = None) -> KnownSample:
        """The sample of that seed."""
        return self.draw(np.random.default_rng(seed), self.lift if lift is None else lift)


_MAKERS: dict[str, tuple[SampleMaker, ...]] = {}


def register(*makers: SampleMaker) -> None:
    """Add known-truth samples of a design, the plainest first.

    An estimator may refuse samples whose roles it cannot honour (`NotIdentified` or
    `UsageError`); the first that it answers is the one that most checks use.
    """
    for maker in makers:
        known = tuple(m for m in _MAKERS.get(maker.design, ()) if m.name != maker.name)
        _MAKERS[maker.design] = (*known, maker)


def known_samples(design: str) -> tuple[SampleMaker, ...]:
    """The makers of that design, the plainest first; empty when there are none.

    Examples
    --------
    >>> [maker.name for maker in known_samples("rct")][:2]
    ['plain', 'small']
    """
    return _MAKERS.get(design, ())
