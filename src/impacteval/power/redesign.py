"""Every combination of changes to a planned trial, each diagnosed.

References
----------
Blair, Cooper, Coppock and Humphreys (2019), Declaring and diagnosing research designs. *American
Political Science Review* 113(3). doi:10.1017/S0003055419000194
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from impacteval.errors import Problem, UsageError
from impacteval.power.answers import Test
from impacteval.power.declare import Answer, planned
from impacteval.power.diagnose import DRAWS, Diagnosis, diagnose
from impacteval.power.paid import PaidBy
from impacteval.power.trial import PlannedTrial


@dataclass(frozen=True, slots=True)
class Redesigned:
    """One design of a grid with its diagnosis.

    Attributes
    ----------
    changed : mapping of str to value
        What this design changes.
    diagnosis : Diagnosis
        What it does.
    """

    changed: Mapping[str, Any]
    diagnosis: Diagnosis


def redesign(
    trial: PlannedTrial,
    effect: float,
    grid: Mapping[str, Sequence[Any]],
    *,
    answer: Answer | None = None,
    draws: int = DRAWS,
    seed: int = 1,
    test: Test | None = None,
    contract: PaidBy | None = None,
) -> tuple[Redesigned, ...]:
    """Diagnose every combination of a grid of changes to a planned trial.

    Parameters
    ----------
    trial : PlannedTrial
        What stays as it is where the grid says nothing.
    effect : float
        The true effect, unless the grid has ``effect``.
    grid : mapping of str to sequence
        Values to try by field of `PlannedTrial`; ``effect`` and ``estimator`` may be among them.
    answer, draws, seed, test, contract
        As in `planned` and `diagnose`. Every design meets the same seeds, so that differences
        between designs are not luck.

    Returns
    -------
    tuple of Redesigned
        In the order of the grid, the last key fastest.

    Raises
    ------
    UsageError
        For a key that is no field, or a combination that cannot be.

    Examples
    --------
    >>> from impacteval.simulation.assumed import Kind
    >>> trial = PlannedTrial(Kind.NORMAL, 50, 50, sd=1.0)
    >>> found = redesign(trial, 0.5, {"served": [25, 100]}, draws=100)
    >>> [dict(each.changed) for each in found]
    [{'served': 25}, {'served': 100}]
    >>> found[0].diagnosis["power"].value < found[1].diagnosis["power"].value
    True
    """
    base = Answer(scale=trial.scale) if answer is None else answer
    found = []
    for changed, own in combinations_of(trial, grid):
        name = changed.get("estimator", base.estimator)
        settings = base.settings if name == base.estimator else {}
        chosen = Answer(name, settings, own.scale)
        design = planned(own, float(changed.get("effect", effect)), chosen)
        diagnosis = diagnose(
            design, draws=draws, seed=seed, test=test, better=own.better, contract=contract
        )
        found.append(Redesigned(changed, diagnosis))
    return tuple(found)


def combinations_of(
    trial: PlannedTrial, grid: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[Mapping[str, Any], PlannedTrial]]:
    """Every combination of a grid with its trial; `redesign` says what may stand in it."""
    if not grid:
        return
    fields = set(PlannedTrial.__dataclass_fields__)
    unknown = sorted(set(grid) - fields - {"effect", "estimator"})
    if unknown:
        raise UsageError(
            Problem(
                f"A planned trial has no {', '.join(map(repr, unknown))}.",
                f"Known: effect, estimator, {', '.join(sorted(fields))}.",
            )
        )
    for values in product(*grid.values()):
        changed = dict(zip(grid, values, strict=True))
        try:
            yield changed, replace(trial, **{k: v for k, v in changed.items() if k in fields})
        except ValueError as error:
            told = ", ".join(f"{k} = {v}" for k, v in changed.items())
            raise UsageError(
                Problem(f"With {told}: {error}", "Leave it out of the grid.")
            ) from None
