"""What an estimator has against its own use on a sample, before outcomes are seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from impacteval.errors import DataError, ImpactEvalError, PluginError, Problem, UsageError
from impacteval.plugin import Concerned
from impacteval.registry import entry as registered
from impacteval.registry import estimator, settings_problems
from impacteval.study.rows import blind_sample_of
from impacteval.values import Message

if TYPE_CHECKING:
    import pandas as pd

    from impacteval.files import Locate
    from impacteval.plan import Analysis, EstimatorSpec
    from impacteval.sample import BlindSample

FIX = (
    "Choose another estimator, or say why this one is used all the same under "
    "`justification: {en: ..., fr: ...}` beside its name: the report prints both."
)


def concerns_of(spec: EstimatorSpec, blind: BlindSample) -> tuple[Message, ...]:
    """The concerns of a planned estimator about a sample; most estimators have none.

    Parameters
    ----------
    spec : EstimatorSpec
        The estimator and its settings.
    blind : BlindSample
        The sample without outcomes.

    Raises
    ------
    PluginError
        When the estimator fails, or gives something that is no message.
    """
    own = estimator(spec.name, **spec.settings)
    if not isinstance(own, Concerned):
        return ()
    package = registered(spec.name).package
    where = f"The estimator {spec.name!r}, asked for its concerns,"
    try:
        found = tuple(own.concerns(blind))
    except ImpactEvalError:
        raise
    except Exception as error:
        raise PluginError(
            f"{where} failed: {type(error).__name__}: {error}.", package=package
        ) from error
    if strange := [said for said in found if not isinstance(said, Message)]:
        raise PluginError(
            f"{where} gave {type(strange[0]).__name__}, not a Message.", package=package
        )
    return found


def unjustified(
    name: str, analysis: Analysis, rows: pd.DataFrame, blind: BlindSample, locate: Locate
) -> Iterator[Problem]:
    """Concerns of the planned estimators that the plan gives no reason for.

    Parameters
    ----------
    name : str
        Name of the analysis in the plan.
    analysis : Analysis
        The planned analysis.
    rows : DataFrame
        The rows of one group, without outcomes.
    blind : BlindSample
        The sample that they make for the analysis itself.
    locate : Locate
        Finds the line of a key of the plan.
    """
    yield from _of_one(analysis.estimator, blind, ("analyses", name, "estimator"), locate)
    for k, other in enumerate(analysis.robustness):
        place = ("analyses", name, "robustness", k)
        changed = other.columns.changed
        try:
            own = blind_sample_of(analysis, rows, overrides=changed) if changed else blind
        except DataError as error:
            yield from (locate.problem((*place, "columns"), p.what, p.fix) for p in error.problems)
            continue
        yield from _of_one(other.estimator, own, (*place, "estimator"), locate)


def _usable(spec: EstimatorSpec, blind: BlindSample) -> bool:
    """Whether it can be asked: an unknown name, setting or design is a problem told elsewhere."""
    try:
        fits = blind.design in registered(spec.name).cls.card.designs
        return fits and not settings_problems(spec.name, spec.settings)
    except UsageError:
        return False


def _of_one(
    spec: EstimatorSpec, blind: BlindSample, place: tuple[str | int, ...], locate: Locate
) -> Iterator[Problem]:
    if spec.justification is not None or not _usable(spec, blind):
        return
    for concern in concerns_of(spec, blind):
        yield locate.problem(
            (*place, "name"),
            f"`{spec.name}` has a concern about these data, and the plan states no reason for its "
            f"use: {concern}",
            FIX,
        )
