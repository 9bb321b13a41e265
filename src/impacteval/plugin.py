"""The one door for estimators, ours and others'.

An estimator is a frozen dataclass whose fields are its settings, with a ``name``, a ``card``
and an ``estimate`` method. Nothing has to be inherited. Its distribution declares it under the
entry point group ``impacteval.estimators``::

    [project.entry-points."impacteval.estimators"]
    my-estimator = "my_package:MyEstimator"

Examples
--------
>>> from dataclasses import dataclass
>>> from impacteval.plugin import PLUGIN_API
>>> PLUGIN_API
1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from impacteval.values import Scale, Text

if TYPE_CHECKING:
    import numpy as np

    from impacteval.estimates import CounterfactualEstimate
    from impacteval.sample import BlindSample, Preparation, Sample

PLUGIN_API = 1
ENTRY_POINT_GROUP = "impacteval.estimators"

HANDLES = frozenset({"missing_outcome", "unbalanced", "repeated_cross_section"})


@dataclass(frozen=True, slots=True)
class MethodCard:
    """What a reader and a payer must know about a method. Reports cannot be built without it.

    Attributes
    ----------
    title : Text
        Short name in both languages.
    description : Text
        One plain paragraph: what the method does.
    assumptions : tuple of Text
        What must be true for the number to mean what it says.
    limits : tuple of Text
        Where the method fails or its coverage falls short, with figures where measured.
    references : tuple of str
        Papers, with DOI where there is one.
    designs : tuple of str
        Designs it can be used with.
    scales : tuple of Scale
        Scales it offers.
    handles : tuple of str
        Among ``missing_outcome``, ``unbalanced``, ``repeated_cross_section``.
    directional : bool
        Whether it answers one-sided questions.
    uncertainty : bool
        Whether it has any uncertainty at all.
    plugin_api : int
        The version of this contract it was written for.
    """

    title: Text
    description: Text
    assumptions: tuple[Text, ...]
    limits: tuple[Text, ...]
    references: tuple[str, ...]
    designs: tuple[str, ...]
    scales: tuple[Scale, ...]
    handles: tuple[str, ...] = ()
    directional: bool = True
    uncertainty: bool = True
    plugin_api: int = PLUGIN_API

    def __post_init__(self) -> None:
        object.__setattr__(self, "scales", tuple(Scale.parse(s) for s in self.scales))
        for name in ("assumptions", "limits", "references", "designs", "scales"):
            if not getattr(self, name):
                raise ValueError(f"A method card needs at least one entry under {name!r}.")
        unknown = set(self.handles) - HANDLES
        if unknown:
            raise ValueError(f"handles {sorted(unknown)} not known. Allowed: {sorted(HANDLES)}.")


@runtime_checkable
class Estimator(Protocol):
    """What an estimator offers. A frozen dataclass that fits this shape is an estimator."""

    name: ClassVar[str]
    card: ClassVar[MethodCard]

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """Estimate the effect on `scale`; raise `NotIdentified` when the data cannot answer."""
        ...


@runtime_checkable
class Prepares(Protocol):
    """What an estimator offers besides when it has an outcome-blind step."""

    def prepare(self, blind: BlindSample, *, rng: np.random.Generator) -> Preparation:
        """Pairs, weights or scores, made without outcomes and frozen."""
        ...
