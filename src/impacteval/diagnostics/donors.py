"""Does the effect rest on one of the places that stand for the served one? Each is left out in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.planned import Planned, needed
from impacteval.diagnostics.reruns import average, rerun, table_of
from impacteval.estimates import CounterfactualEstimate, Diagnostic, Parts, Rerun
from impacteval.values import Message, Scale, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Sample

LEAVE_ONE_OUT_DONORS = "leave-one-out-donors"
MOST = 60
"""The heaviest so many donors are each left out; the others of a dense mix have little to say."""

_NO_WEIGHTS = Message(
    "donors.no-weights",
    Text(
        en="The planned method does not mix places with weights, so none can be left out of a mix.",
        fr="La méthode prévue ne combine pas de lieux pondérés : aucun ne peut être retiré d'une "
        "combinaison.",
    ),
)
_FOUND = Text(
    en="Leaving out one donor with a weight at a time ({n:int}), the effect lies between {low:number} "
    "and {high:number} instead of {whole:number}; {most:text} moves it most.",
    fr="En laissant de côté un donneur pondéré à la fois ({n:int}), l'effet est compris entre "
    "{low:number} et {high:number} au lieu de {whole:number} ; {most:text} le déplace le plus.",
)
_CROSSES = Text(
    en=" Without one of them it would lie on the other side of zero or of a value that it is held "
    "against.",
    fr=" Sans l'un d'eux, il se trouverait de l'autre côté de zéro ou d'une valeur à laquelle il est "
    "comparé.",
)
_STAYS = Text(
    en=" It always lies on the same side of zero and of the values that it is held against.",
    fr=" Il reste toujours du même côté de zéro et des valeurs auxquelles il est comparé.",
)


def leave_one_out_donors(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
) -> Diagnostic:
    """How far the effect moves when one of the places that are mixed is left out.

    Places without a weight move nothing. The statistic is the largest move, whatever its sign, on the
    planned scale (where totals are planned, of the average effect). Of more than 60 donors with a
    weight the heaviest 60 are left out.

    Parameters
    ----------
    sample : Sample
        Of design ``synthetic_control``.
    limit : float, optional
        The largest move that passes, raw, on the planned scale.
    rng : Generator, optional
        Not used: nothing is drawn.
    planned : Planned
        The planned estimate, with a table ``weights``.

    Returns
    -------
    Diagnostic
        Parts: ``left_out`` (``unit, weight, effect, std_error, low, high, p_value, n_treated, reason,
        move``). Its `reruns` are those without the donors that move it most, one on either side.

    Raises
    ------
    UsageError
        When `planned` is missing.

    Examples
    --------
    See ``tests/unit/diagnostics/test_leave_one_out_donors.py``.

    References
    ----------
    Abadie, Diamond and Hainmueller (2015), Comparative politics and the synthetic control method.
    *American Journal of Political Science* 59(2). doi:10.1111/ajps.12116
    """
    name = LEAVE_ONE_OUT_DONORS
    limit, known = checked_limit(name, limit), needed(name, planned)
    if isinstance(known.estimate, Message):
        return not_applicable(name, limit, known.estimate)
    weights = _heaviest(known.estimate)
    if not weights:
        return not_applicable(name, limit, _NO_WEIGHTS)
    scale = average(known.estimate.scale)
    whole: CounterfactualEstimate | Message = known.estimate
    if scale is not known.estimate.scale:
        whole = known.again(sample, f"{name} whole", scale=scale)
    if isinstance(whole, Message):
        return not_applicable(name, limit, whole)
    unit = sample.matrix().unit
    labels = unit.labels.astype(str)
    results = []
    for donor in weights:
        kept = labels[unit.codes] != donor
        results.append(
            rerun(known, lambda kept=kept: sample.part(kept), f"{name} {donor}", scale=scale)  # type: ignore[misc]
        )
    if all(isinstance(result, Message) for result in results):
        return not_applicable(name, limit, next(r for r in results if isinstance(r, Message)))
    return _judged(weights, results, whole, known, limit)


def _heaviest(estimate: CounterfactualEstimate) -> dict[str, float]:
    """Donors with a weight in some mix and their largest one, the heaviest first."""
    if "weights" not in estimate.parts:
        return {}
    table = estimate.parts.columns("weights")
    if not {"unit", "weight"} <= set(table):
        return {}
    found: dict[str, float] = {}
    for unit, weight in zip(table["unit"], table["weight"], strict=True):
        if weight != 0.0 and abs(weight) > abs(found.get(str(unit), 0.0)):
            found[str(unit)] = float(weight)
    order = sorted(found, key=lambda unit: (-abs(found[unit]), unit))
    return {unit: found[unit] for unit in order[:MOST]}


def _judged(
    weights: dict[str, float],
    results: list[CounterfactualEstimate | Message],
    whole: CounterfactualEstimate,
    planned: Planned,
    limit: float | None,
) -> Diagnostic:
    name, centre = LEAVE_ONE_OUT_DONORS, whole.effect.value
    labels = list(weights)
    moves = [None if isinstance(r, Message) else r.effect.value - centre for r in results]
    effects = [r.effect.value for r in results if not isinstance(r, Message)]
    sizes = [-1.0 if move is None else abs(move) for move in moves]
    place = int(np.argmax(sizes))
    marks = (0.0, *(planned.at if whole is planned.estimate else ()))
    crossed = any((e >= mark) != (centre >= mark) for e in effects for mark in marks)
    ending = _CROSSES if crossed else _STAYS
    values: dict[str, Any] = {
        "n": len(effects),
        "low": min(effects),
        "high": max(effects),
        "whole": centre,
        "most": labels[place],
    }
    table = dict(table_of("unit", labels, results))
    table |= {"weight": list(weights.values()), "move": moves}
    held = [(move, k) for k, move in enumerate(moves) if move is not None]
    shown = sorted({min(held)[1], max(held)[1]})
    return Diagnostic(
        name,
        status_of(sizes[place], limit),
        sizes[place],
        limit,
        Message(
            f"{name}.{'crosses' if crossed else 'stays'}",
            Text(en=_FOUND.en + ending.en, fr=_FOUND.fr + ending.fr),
            values,
        ),
        parts=Parts({"left_out": table}),
        # Averages beside a planned total would be read as totals.
        reruns=()
        if planned.scale is Scale.TOTAL
        else tuple(Rerun(labels[k], _title(labels[k]), results[k]) for k in shown),
    )


def _title(label: str) -> Text:
    plain = label.replace("{", "{{").replace("}", "}}")
    return Text(en=f"Without {plain}", fr=f"Sans {plain}")


DONORS = DiagnosticEntry(
    LEAVE_ONE_OUT_DONORS,
    Text(en="One donor less", fr="Un donneur en moins"),
    Text(
        en="Does the effect rest on one of the places that stand for the served one?",
        fr="L'effet repose-t-il sur un seul des lieux qui représentent le lieu servi ?",
    ),
    Text(
        en="Largest move of the effect when one donor with a weight is left out, on the planned scale",
        fr="Plus grand déplacement de l'effet sans un des donneurs pondérés, sur l'échelle prévue",
    ),
    leave_one_out_donors,
    planned=True,
)
