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

import inspect
import sys
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, get_type_hints, runtime_checkable

from impacteval.values import Message, Scale, Text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pydantic import BaseModel

    from impacteval.estimates import CounterfactualEstimate
    from impacteval.sample import BlindSample, Preparation, Sample

PLUGIN_API = 1
ENTRY_POINT_GROUP = "impacteval.estimators"

ESTIMANDS = ("everyone_eligible", "participants")
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
        Whether it answers one-sided questions, with whatever settings; see `Directed`.
    uncertainty : bool
        Whether it has any uncertainty at all.
    estimands : tuple of str
        Whose effect it can be, as contracts say it: ``everyone_eligible`` (where some did not do
        as assigned, the effect of the offer), ``participants``, or either.
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
    estimands: tuple[str, ...] = ESTIMANDS
    plugin_api: int = PLUGIN_API

    def __post_init__(self) -> None:
        object.__setattr__(self, "scales", tuple(Scale.parse(s) for s in self.scales))
        for name in ("assumptions", "limits", "references", "designs", "scales"):
            if not getattr(self, name):
                raise ValueError(f"A method card needs at least one entry under {name!r}.")
        unknown = set(self.handles) - HANDLES
        if unknown:
            raise ValueError(f"handles {sorted(unknown)} not known. Allowed: {sorted(HANDLES)}.")
        if not self.estimands or not set(self.estimands) <= set(ESTIMANDS):
            raise ValueError(f"estimands {self.estimands} not known. Allowed: {list(ESTIMANDS)}.")


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


@runtime_checkable
class Concerned(Protocol):
    """What an estimator offers besides when some data make its use a matter for reasons."""

    def concerns(self, blind: BlindSample) -> tuple[Message, ...]:
        """Why it should not be used on these data without a reason that the plan states.

        Outcome-blind, so that `check` can refuse before outcomes are seen: the pattern of adoption,
        the number of clusters. Empty where there is nothing to say. What makes an estimate
        impossible is no concern but `NotIdentified`.
        """
        ...


@runtime_checkable
class Directed(Protocol):
    """What an estimator offers besides when its settings decide if it answers one-sided questions."""

    @property
    def directional(self) -> bool:
        """Whether it does with these settings; without this, the card says so for all."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Many changed versions of one cross-section, as arrays over its rows in canonical order.

    Attributes
    ----------
    treatment : array, shape (draws, n), or None
        The service dealt out anew.
    counts : array, shape (draws, n), or None
        How often each row counts: 0 or 1 for a part of the rows, more where they are drawn with
        replacement. A row that counts twice is two rows of two units.
    covariates : array, shape (draws, n, k), or None
        Further covariates.
    """

    treatment: NDArray[np.float64] | None = None
    counts: NDArray[np.float64] | None = None
    covariates: NDArray[np.float64] | None = None


@runtime_checkable
class Redrawn(Protocol):
    """What an estimator offers besides when it has the effects of many draws at once.

    The diagnostics that draw the data many times ask for it first; without it, and where it gives
    None, they estimate each draw by itself. It has no say in what is found: the effects are those of
    `estimate` on each changed sample, to rounding.
    """

    def redrawn(self, sample: Sample, draws: Draws, *, scale: Scale) -> NDArray[np.float64] | None:
        """The effect of each draw, shape (draws,); NaN where a draw has none.

        None where this sample, scale or kind of draw is not for it. The arm, the strata and the
        score, where there is one, are those of each draw, never of the planned sample.
        """
        ...


def answers_sides(estimator: Estimator) -> bool:
    """Whether an estimator, with its settings, answers one-sided questions.

    Parameters
    ----------
    estimator : Estimator
        An instance.

    Returns
    -------
    bool
        Its own word where its settings decide (`Directed`), else that of its card.
    """
    return estimator.directional if isinstance(estimator, Directed) else estimator.card.directional


def contract_breaches(cls: type) -> tuple[str, ...]:
    """Everything that keeps a class from being an estimator, without running it.

    The registry refuses a class with breaches, and the conformance kit checks the same list, so
    that passing the kit means being accepted.

    Parameters
    ----------
    cls : type
        The class an entry point names.

    Returns
    -------
    tuple of str
        One sentence each; empty when the class fits.

    Examples
    --------
    >>> contract_breaches(int)[0]
    'int is not a dataclass: its settings must be the fields of a frozen dataclass.'
    """
    if not isinstance(cls, type):
        return (f"{cls!r} is not a class.",)
    found = [*_settings_breaches(cls), *_member_breaches(cls)]
    return tuple(found)


def _settings_breaches(cls: type) -> list[str]:
    name = cls.__name__
    if not is_dataclass(cls):
        return [
            f"{name} is not a dataclass: its settings must be the fields of a frozen dataclass."
        ]
    found = []
    if not cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]  # set by dataclass()
        found.append(f"{name} is not frozen: write @dataclass(frozen=True).")
    found += [
        f"{name} cannot be built without settings: {f.name!r} has no default."
        for f in fields(cls)
        if f.init and f.default is MISSING and f.default_factory is MISSING
    ]
    try:
        settings_model(cls).model_json_schema()
    except Exception as error:
        found.append(f"the settings of {name} have no JSON schema: {error}")
    return found


def _member_breaches(cls: type) -> list[str]:
    found = []
    name, card = getattr(cls, "name", None), getattr(cls, "card", None)
    if not (isinstance(name, str) and name):
        found.append(f"{cls.__name__}.name must be the estimator's name, not {name!r}.")
    if not isinstance(card, MethodCard):
        found.append(f"{cls.__name__}.card must be a MethodCard, not {type(card).__name__}.")
    elif card.plugin_api != PLUGIN_API:
        found.append(
            f"{cls.__name__} was written for plugin_api {card.plugin_api}, "
            f"and this impacteval offers plugin_api {PLUGIN_API}."
        )
    estimate = getattr(cls, "estimate", None)
    if not callable(estimate):
        found.append(f"{cls.__name__} has no estimate method.")
    elif not _takes(estimate, ("sample",), ("scale", "rng")):
        found.append(f"{cls.__name__}.estimate must take (self, sample, *, scale, rng).")
    prepare = getattr(cls, "prepare", None)
    if prepare is not None and not (callable(prepare) and _takes(prepare, ("blind",), ("rng",))):
        found.append(f"{cls.__name__}.prepare must take (self, blind, *, rng).")
    concerns = getattr(cls, "concerns", None)
    if concerns is not None and not (callable(concerns) and _takes(concerns, ("blind",), ())):
        found.append(f"{cls.__name__}.concerns must take (self, blind).")
    redrawn = getattr(cls, "redrawn", None)
    if redrawn is not None and not (
        callable(redrawn) and _takes(redrawn, ("sample", "draws"), ("scale",))
    ):
        found.append(f"{cls.__name__}.redrawn must take (self, sample, draws, *, scale).")
    return found


def _takes(method: Any, positional: tuple[str, ...], keywords: tuple[str, ...]) -> bool:
    """Whether ``method(self, *positional, **keywords)`` is a legal call."""
    try:
        inspect.signature(method).bind(None, *positional, **dict.fromkeys(keywords))
    except (TypeError, ValueError):
        return False
    return True


@cache
def settings_model(cls: type) -> type[BaseModel]:
    """The pydantic model of an estimator's settings: strict, unknown settings forbidden.

    A dataclass of the standard library cannot carry pydantic's configuration without being
    altered, so the model is built beside it from the same fields, annotations and defaults.
    """
    from pydantic import ConfigDict, Field, create_model

    hints = _setting_hints(cls)
    wanted: dict[str, Any] = {
        f.name: (
            hints[f.name],
            Field(default_factory=f.default_factory)
            if f.default_factory is not MISSING
            else f.default
            if f.default is not MISSING
            else ...,
        )
        for f in fields(cls)
        if f.init
    }
    return create_model(
        cls.__name__,
        __config__=ConfigDict(
            strict=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
        ),
        __module__=cls.__module__,
        **wanted,
    )


def _setting_hints(cls: type) -> dict[str, Any]:
    """The types of the settings only: ``ClassVar[MethodCard]`` may name what is imported for
    type checking alone."""
    names = {f.name for f in fields(cls)}
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        own = {k: v for k, v in vars(base).get("__annotations__", {}).items() if k in names}
        holder = type("Holder", (), {"__annotations__": own})
        scope = vars(sys.modules[base.__module__])
        hints |= get_type_hints(holder, scope, dict(vars(base)), include_extras=True)
    return hints
