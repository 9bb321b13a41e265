"""Did the offer decide who took part, and did the comparison group stay without the programme?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.balance import NO_ARMS, NO_BLOCK
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.randomised import assignment_of, differences, unit_rows
from impacteval.diagnostics.randomised import taken as rows_of
from impacteval.estimates import Diagnostic, Parts
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.diagnostics.randomised import Assignment
    from impacteval.sample import BlindSample, Sample

Floats = NDArray[np.float64]

COMPLIANCE, CONTAMINATION = "compliance", "contamination"

_NOT_KNOWN = Message(
    "take-up.not-known",
    Text(
        en="The sample does not say who received the programme (column received).",
        fr="L'échantillon ne dit pas qui a reçu le programme (colonne received).",
    ),
)
_AMOUNTS = Message(
    "take-up.amounts",
    Text(
        en="What was offered or received is an amount, so it cannot be said who did otherwise "
        "than assigned.",
        fr="Ce qui a été proposé ou reçu est une quantité : on ne peut dire qui a fait autrement "
        "que son affectation.",
    ),
)
_COMPLIANCE = Text(
    en="{served:percent} of those assigned to the programme received it and {others:percent} of "
    "the others: the offer moved {moved:percent}, and {gap:percent} did not do as assigned.",
    fr="{served:percent} des personnes affectées au programme l'ont reçu, et {others:percent} des "
    "autres : l'offre a changé la participation de {moved:percent}, et {gap:percent} n'ont pas "
    "suivi leur affectation.",
)
_NONE = Text(
    en="Nobody assigned to comparison received the programme ({n:int} people).",
    fr="Personne, parmi les {n:int} personnes affectées à la comparaison, n'a reçu le programme.",
)
_SOME = Text(
    en="{received:int} of the {n:int} people assigned to comparison received the programme all "
    "the same ({share:percent}).",
    fr="{received:int} des {n:int} personnes affectées à la comparaison ont tout de même reçu le "
    "programme ({share:percent}).",
)


def _read(sample: Sample | BlindSample) -> tuple[Assignment, Floats] | Message:
    """Who was assigned and who ever received the programme, one row a unit."""
    read = assignment_of(sample)
    if read is None:
        return NO_ARMS
    every, matrix = read
    if matrix.received is None or matrix.assigned is None:
        return _NOT_KNOWN
    both = np.concatenate([matrix.received, matrix.assigned])
    if not np.isin(both, (0.0, 1.0)).all():
        return _AMOUNTS
    ever = np.zeros(len(matrix.unit.labels))
    np.maximum.at(ever, matrix.unit.codes, matrix.received)
    rows = unit_rows(matrix)
    return rows_of(every, rows), ever[matrix.unit.codes[rows]]


def _by_arm(people: Assignment, received: Floats) -> Parts:
    sides = (people.arm, ~people.arm)
    return Parts(
        {
            "arms": {
                "arm": ["treated", "comparison"],
                "n": [int(side.sum()) for side in sides],
                "received": [int(received[side].sum()) for side in sides],
                "share": [_share(people, received, side) for side in sides],
            }
        }
    )


def _share(people: Assignment, received: Floats, side: NDArray[np.bool_]) -> float:
    mass = people.mass[side]
    total = math.fsum(mass.tolist())
    return math.fsum((mass * received[side]).tolist()) / total if total else math.nan


def compliance(
    sample: Sample | BlindSample, *, limit: float | None = None, rng: Generator | None = None
) -> Diagnostic:
    """How far take-up falls short of the assignment.

    The statistic is one minus the difference between the arms in the share that received the
    programme, strata weighted by size and weights respected: 0 when everyone did as assigned, 1
    when the offer moved nobody. Everyone assigned counts, measured or not; in a panel, whoever
    ever received it. No chance that a sound study fails is given: take-up is a fact about these
    people, not a draw.

    Parameters
    ----------
    sample : Sample or BlindSample
        With roles ``assigned`` and ``received``, both 0/1.
    limit : float, optional
        The largest shortfall that passes, as a share: 0.4 asks that the offer moved 60 points.
    rng : Generator, optional
        Not used: nothing is drawn.

    Returns
    -------
    Diagnostic
        Parts: ``arms`` (``arm, n, received, share``).

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame({"z": [0] * 4 + [1] * 4, "d": [0, 0, 0, 1, 1, 1, 1, 0], "y": range(8)})
    >>> sample = Sample.from_frame(df, design="rct", outcome="y", assigned="z", received="d")
    >>> found = compliance(sample, limit=0.4)
    >>> found.statistic, found.status.value
    (0.5, 'failed')
    """
    limit = checked_limit(COMPLIANCE, limit)
    read = _read(sample)
    if isinstance(read, Message):
        return not_applicable(COMPLIANCE, limit, read)
    people, received = read
    found = differences(received[:, None], people)
    if found is None:
        return not_applicable(COMPLIANCE, limit, NO_BLOCK)
    moved = float(found.values[0])
    said = {
        "served": _share(people, received, people.arm),
        "others": _share(people, received, ~people.arm),
        "moved": moved,
        "gap": 1.0 - moved,
    }
    return Diagnostic(
        COMPLIANCE,
        status_of(1.0 - moved, limit),
        1.0 - moved,
        limit,
        Message("compliance.moved", _COMPLIANCE, said),
        parts=_by_arm(people, received),
    )


def contamination(
    sample: Sample | BlindSample, *, limit: float | None = None, rng: Generator | None = None
) -> Diagnostic:
    """Share of those assigned to comparison who received the programme all the same.

    Weights are respected; everyone assigned counts, measured or not; in a panel, whoever ever
    received it.

    Parameters
    ----------
    sample : Sample or BlindSample
        With roles ``assigned`` and ``received``, both 0/1.
    limit : float, optional
        The largest share that passes.
    rng : Generator, optional
        Not used: nothing is drawn.

    Returns
    -------
    Diagnostic
        Parts: ``arms`` (``arm, n, received, share``).

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame({"z": [0] * 4 + [1] * 4, "d": [0, 0, 0, 1, 1, 1, 1, 0], "y": range(8)})
    >>> sample = Sample.from_frame(df, design="rct", outcome="y", assigned="z", received="d")
    >>> contamination(sample, limit=0.25).status.value
    'passed'
    """
    limit = checked_limit(CONTAMINATION, limit)
    read = _read(sample)
    if isinstance(read, Message):
        return not_applicable(CONTAMINATION, limit, read)
    people, received = read
    others = ~people.arm
    share = _share(people, received, others)
    if math.isnan(share):
        return not_applicable(CONTAMINATION, limit, NO_BLOCK)
    n, reached = int(others.sum()), int(received[others].sum())
    explanation = (
        Message("contamination.some", _SOME, {"received": reached, "n": n, "share": share})
        if reached
        else Message("contamination.none", _NONE, {"n": n})
    )
    return Diagnostic(
        CONTAMINATION,
        status_of(share, limit),
        share,
        limit,
        explanation,
        parts=_by_arm(people, received),
    )
