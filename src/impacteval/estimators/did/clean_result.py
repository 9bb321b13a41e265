"""From clean comparisons to the estimate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from impacteval.estimators.did import clean_words as words
from impacteval.estimators.did.clean_comparisons import CleanComparisons, Rules
from impacteval.estimators.did.effect import Told, build
from impacteval.estimators.did.panel import read_panel
from impacteval.estimators.randomised.messages import listed_names
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.sample import Sample


def check_window(before: int | None, after: int | None, anticipation: int) -> None:
    """Numbers of periods are 0 or more.

    Raises
    ------
    ValueError
        When one is not.
    """
    for name, value in (("before", before), ("after", after), ("anticipation", anticipation)):
        if value is not None and value < 0:
            raise ValueError(f"{name} must be a number of periods, 0 or more.")


def estimate_of(
    name: str,
    settings: Mapping[str, Any],
    rules: Rules,
    told: Callable[[CleanComparisons], tuple[Message, ...]],
    sample: Sample,
    scale: Scale,
) -> CounterfactualEstimate:
    """Read the sample, compare, average, and build the result.

    Parameters
    ----------
    name, settings
        Of the estimator.
    rules : Rules
        How comparisons are made.
    told : callable
        From the comparisons to the sentences on how they were made.
    sample, scale
        As in `estimate`.
    """
    scale = Scale.parse(scale)
    panel = read_panel(sample, scale)
    found = CleanComparisons.of(panel, rules)
    said = list(told(found))
    if panel.covariates:
        said.append(words.adjusted(listed_names(list(panel.covariates))))
    if rules.anticipation:
        said.append(words.anticipated(rules.anticipation))
    clustered = panel.cluster is not None
    said.append(words.errors(len(panel.groups), clustered=clustered, regression=rules.regression))
    kind = "CR1" if rules.regression else "influence functions"
    return build(
        estimator=name,
        settings=settings,
        panel=panel,
        average=found.overall,
        path=found.path(),
        scale=scale,
        told=Told(f"{kind}, clustered" if clustered else kind, tuple(said), found.target()),
        served=found.served_size,
        df=found.df,
        tables=found.tables(),
        notes=found.notes(),
        event_study=found.event_study(),
    )
