"""What is known of a diagnostic before it is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from impacteval.estimates import Diagnostic
from impacteval.values import Text


@dataclass(frozen=True, slots=True)
class DiagnosticEntry:
    """One diagnostic: its name in plans and contracts, what people read, and how to run it.

    Attributes
    ----------
    name : str
        The name plans and contracts use.
    title : Text
        A short name.
    question : Text
        The question it answers.
    statistic : Text
        What is held against the limit, with its unit.
    run : callable
        The one signature: ``run(sample, *, limit=None, rng=None) -> Diagnostic``, with the settings
        as keywords, and ``planned=...`` (see `impacteval.diagnostics.planned.Planned`) where
        `planned` says so.
    settings : tuple of str
        What a plan may state besides the limit.
    planned : bool
        Whether it looks at the planned estimate, or runs its estimator again.
    outcomes : str
        The setting that names further outcome columns, which the sample then carries; empty for none.
    funnel : bool
        Whether it looks at everyone eligible, `impacteval.sample.Funnel`.
    watched : bool
        Whether it looks at outcomes that are watched and not paid.
    """

    name: str
    title: Text
    question: Text
    statistic: Text
    run: Callable[..., Diagnostic]
    settings: tuple[str, ...] = ()
    planned: bool = False
    outcomes: str = ""
    funnel: bool = False
    watched: bool = False
