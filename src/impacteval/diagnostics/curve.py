"""Do the other planned analyses of the number say the same?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.diagnostics.chance import influence_table, largest_by_chance
from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.planned import Planned, needed
from impacteval.diagnostics.reruns import table_of
from impacteval.estimates import CounterfactualEstimate, Diagnostic, Parts
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Sample

SPECIFICATION_CURVE = "specification-curve"

_NO_OTHERS = Message(
    "specification-curve.no-others",
    Text(
        en="The plan names no other analysis of this number (robustness).",
        fr="Le plan ne nomme aucune autre analyse de ce nombre (robustness).",
    ),
)
_FOUND = Text(
    en="By {n:int} other planned {n:plural:analysis|analyses} the effect lies between {low:number} and "
    "{high:number} instead of {whole:number}; the one furthest away is: {most:text}.",
    fr="D'après {n:int} {n:plural:autre analyse prévue|autres analyses prévues}, l'effet est compris entre "
    "{low:number} et {high:number} au lieu de {whole:number} ; la plus éloignée est : {most:text}.",
)


def specification_curve(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
) -> Diagnostic:
    """How far the other planned analyses of the same number lie from the planned one.

    The statistic is the largest distance, whatever its sign, on the planned scale. `expected` and
    `chance_sound_fails` hold where all of them estimate the same thing, from the influence of the
    differences: they share their data, so that sound analyses lie much closer together than their
    errors alone would say.

    Parameters
    ----------
    sample : Sample
        Not looked at: the analyses were made already.
    limit : float, optional
        The largest distance that passes, raw, on the planned scale.
    rng : Generator, optional
        For the 20,000 draws behind `expected` and `chance_sound_fails`.
    planned : Planned
        The planned estimate, and the `others`.

    Returns
    -------
    Diagnostic
        Parts: ``curve`` (``analysis, effect, std_error, low, high, p_value, n_treated, reason,
        distance``), by effect, the planned one among them. Its `reruns` are the others.

    Raises
    ------
    UsageError
        When `planned` is missing.

    Examples
    --------
    See ``tests/unit/diagnostics/test_specification_curve.py``.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Specification curve analysis. *Nature Human Behaviour* 4.
    doi:10.1038/s41562-020-0912-z
    """
    name = SPECIFICATION_CURVE
    limit, known = checked_limit(name, limit), needed(name, planned)
    whole = known.estimate
    if isinstance(whole, Message):
        return not_applicable(name, limit, whole)
    if not known.others:
        return not_applicable(name, limit, _NO_OTHERS)
    found = [(other, other.found()) for other in known.others]
    done: list[CounterfactualEstimate] = []
    titles: list[Text] = []
    for other, result in found:
        if not isinstance(result, Message):
            done.append(result)
            titles.append(other.title)
    if not done:
        return not_applicable(name, limit, next(r for _, r in found if isinstance(r, Message)))
    distances = [r.effect.value - whole.effect.value for r in done]
    place = int(np.argmax(np.abs(distances)))
    expected = chance = None
    table = influence_table([whole.influence, *(r.influence for r in done)])
    if table is not None:
        apart = table[1:] - table[0]
        expected, chance = largest_by_chance(apart @ apart.T, limit, rng)
    effects = [r.effect.value for r in done]
    values: dict[str, Any] = {
        "n": len(done),
        "low": min(effects),
        "high": max(effects),
        "whole": whole.effect.value,
        "most": titles[place],
    }
    return Diagnostic(
        name,
        status_of(abs(distances[place]), limit),
        abs(distances[place]),
        limit,
        Message(f"{name}.found", _FOUND, values),
        expected,
        chance,
        Parts({"curve": _curve(whole, found)}),
        # They stand in a table of their own.
        tuple(replace(other, result=result, drawn=True) for other, result in found),
    )


def _curve(
    whole: CounterfactualEstimate, found: list[tuple[Any, CounterfactualEstimate | Message]]
) -> dict[str, Any]:
    rows = [("planned", whole), *((other.name, result) for other, result in found)]

    def place(row: tuple[str, CounterfactualEstimate | Message]) -> tuple[bool, float]:
        return isinstance(row[1], Message), (
            0.0 if isinstance(row[1], Message) else row[1].effect.value
        )

    rows.sort(key=place)
    table = dict(table_of("analysis", [name for name, _ in rows], [result for _, result in rows]))
    table["distance"] = [
        None if effect is None else effect - whole.effect.value for effect in table["effect"]
    ]
    return table


CURVE = DiagnosticEntry(
    SPECIFICATION_CURVE,
    Text(en="The other planned analyses", fr="Les autres analyses prévues"),
    Text(
        en="Do the other planned analyses of the number say the same?",
        fr="Les autres analyses prévues du nombre disent-elles la même chose ?",
    ),
    Text(
        en="Largest distance of another planned analysis, on the planned scale",
        fr="Plus grand écart d'une autre analyse prévue, sur l'échelle prévue",
    ),
    specification_curve,
    planned=True,
)
