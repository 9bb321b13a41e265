"""The planned estimate, as the checks get it that look at it or run its estimator again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from impacteval.errors import UsageError
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from impacteval.estimates import CounterfactualEstimate, Rerun
    from impacteval.plugin import Draws
    from impacteval.sample import Sample


class Again(Protocol):
    """Runs the planned estimator on other data, another scale or with a changed setting."""

    def __call__(
        self,
        sample: Sample,
        step: str,
        *,
        scale: Scale | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> CounterfactualEstimate | Message:
        """The estimate, or the reason why these data have none.

        `step` names the run, so that its draws are its own; `settings` are changes of the planned
        ones.
        """


class Effects(Protocol):
    """The effects of the planned estimator on many draws at once, see `impacteval.plugin.Redrawn`."""

    def __call__(self, sample: Sample, draws: Draws, *, scale: Scale) -> NDArray[np.float64] | None:
        """One effect a draw; None where each draw is to be estimated by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """What was planned and found, without a word on what is paid for it.

    Attributes
    ----------
    estimate : CounterfactualEstimate or Message
        The planned estimate, or the reason why there is none.
    again : callable
        Runs the planned estimator again, see `Again`.
    at : tuple of float
        Bare reference values on the scale of the estimate. What stands at them is not known here.
    settings : mapping
        The estimator's settings as planned, those left at their defaults included.
    better : str
        ``higher`` or ``lower``: which outcomes are the good ones; empty where that is not known.
    others : tuple of Rerun
        The other planned analyses of the same number.
    effects : callable, optional
        The effects of many draws at once, where the estimator offers that, see `Effects`.
    """

    estimate: CounterfactualEstimate | Message
    again: Again
    at: tuple[float, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    better: str = ""
    others: tuple[Rerun, ...] = ()
    effects: Effects | None = None

    @property
    def scale(self) -> Scale | None:
        """The planned scale; None where there is no estimate."""
        return None if isinstance(self.estimate, Message) else self.estimate.scale


def needed(name: str, planned: Planned | None) -> Planned:
    """The planned estimate, which this diagnostic cannot do without.

    Raises
    ------
    UsageError
        When it was not given.
    """
    if planned is None:
        raise UsageError(f"The diagnostic {name!r} needs the planned estimate: planned=...")
    return planned
