"""Does a service reach those who were not served, and how far?"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.planned import Planned, needed
from impacteval.diagnostics.reruns import NO_STARTS, average, rerun, table_of, together
from impacteval.diagnostics.spillover import NO_EXPOSURE
from impacteval.errors import Problem, UsageError
from impacteval.estimates import CounterfactualEstimate, Diagnostic, Parts
from impacteval.sample import first_served, with_starts
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Matrix, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SPILLOVER_RINGS = "spillover-rings"
LEVELS = 6
"""Up to so many values of exposure are each a ring of their own."""

_ONE_RING = Message(
    "rings.one",
    Text(
        en="All units without the service stand equally near to it, so there are no rings to compare.",
        fr="Toutes les unités sans service en sont également proches : il n'y a pas d'anneaux à "
        "comparer.",
    ),
)
_FOUND = Text(
    en="Among {n:int} units without the service, in {rings:int} {rings:plural:ring|rings} around it, "
    "the largest effect found is {largest:number} ({name:text}), beside the {far:int} that stand "
    "furthest from it.",
    fr="Parmi {n:int} unités sans service, réparties en {rings:int} {rings:plural:anneau|anneaux} autour "
    "de lui, le plus grand effet trouvé est de {largest:number} ({name:text}), par rapport aux "
    "{far:int} qui en sont les plus éloignées.",
)
_CHANCE = Text(
    en=" Chance alone gives as much in {p:percent} of sound studies; up to {reach:number} cannot be "
    "excluded.",
    fr=" Le seul hasard en donne autant dans {p:percent} des études saines ; jusqu'à {reach:number} "
    "ne peut être exclu.",
)


def spillover_rings(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    rings: Sequence[float] = (),
    measure: str = "exposure",
) -> Diagnostic:
    """The planned estimator on units without the service, ring by ring around it.

    Units that are never served are put in rings by the role `spillover`. The nearer rings are then
    each treated as if they were served, and those that stand furthest away are what they are compared
    with. Where everybody is served in the end, units count until their own service begins. A ring is
    reached when its exposure first is above zero, where exposure changes with time, and when the first
    unit of all is served, where it does not.

    The statistic is the largest effect on a ring, whatever its sign, on the planned scale (where
    totals are planned, the average): as much as a comparison with that ring would be wrong.
    Nobody drew by lot who stands near: rings may move apart for other reasons, and a service that
    reaches everybody alike moves none of them apart.

    Parameters
    ----------
    sample : Sample
        A roll-out with the role `spillover`.
    limit : float, optional
        The largest effect that passes, raw, on the planned scale.
    rng : Generator, optional
        For the 20,000 draws behind `expected` and `chance_sound_fails`.
    planned : Planned
        The planned estimate.
    rings : sequence of float, optional
        Where a new ring begins, ascending. Without it, up to six values of the role are each a ring,
        and of more, thirds of the units are.
    measure : {"exposure", "distance"}
        Whether a larger value of the role means nearer, or further away.

    Returns
    -------
    Diagnostic
        Parts: ``rings`` (``ring, effect, std_error, low, high, p_value, n_treated, reason``),
        nearest last, and ``members`` (``ring, low, high, units, compared_with``).

    Raises
    ------
    UsageError
        When `rings` do not ascend, `measure` is another word, or `planned` is missing.

    Examples
    --------
    See ``tests/unit/diagnostics/test_rings.py``.

    References
    ----------
    Butts (2023), Difference-in-differences with spatial spillovers. arXiv:2105.03737
    """
    limit, known = checked_limit(SPILLOVER_RINGS, limit), needed(SPILLOVER_RINGS, planned)
    cuts = _cuts(rings, measure)
    if isinstance(known.estimate, Message):
        return not_applicable(SPILLOVER_RINGS, limit, known.estimate)
    matrix = sample.matrix()
    start = first_served(matrix)
    if start is None or matrix.period is None:
        return not_applicable(SPILLOVER_RINGS, limit, NO_STARTS)
    if matrix.spillover is None:
        return not_applicable(SPILLOVER_RINGS, limit, NO_EXPOSURE)
    placed = _placed(matrix, start, matrix.spillover, matrix.period.codes, cuts, measure)
    if placed is None:
        return not_applicable(SPILLOVER_RINGS, limit, _ONE_RING)
    scale = average(known.estimate.scale)
    n_periods = len(matrix.period.labels)
    results: list[CounterfactualEstimate | Message] = [
        rerun(
            known,
            lambda ring=ring: with_starts(  # type: ignore[misc]
                sample,
                np.where(placed.ring == ring, placed.reached, n_periods),
                placed.rows & ((placed.ring == ring) | (placed.ring == 0)),
            ),
            f"{SPILLOVER_RINGS} {ring}",
            scale=scale,
        )
        for ring in range(1, len(placed.names))
    ]
    done = [(k, r) for k, r in enumerate(results, start=1) if not isinstance(r, Message)]
    if not done:
        return not_applicable(
            SPILLOVER_RINGS, limit, next(r for r in results if isinstance(r, Message))
        )
    joint = together([r.effect for _, r in done], [r.influence for _, r in done], limit, rng)
    members = placed.members(matrix)
    values: dict[str, Any] = {
        "n": sum(members["units"]),
        "rings": len(done),
        "largest": joint.largest,
        "name": placed.names[done[joint.place][0]],
        "far": members["units"][0],
    }
    key, text = "rings.found", _FOUND
    if joint.p is not None and joint.reach is not None:
        key, text = f"{key}-chance", Text(en=text.en + _CHANCE.en, fr=text.fr + _CHANCE.fr)
        values |= {"p": joint.p, "reach": joint.reach}
    return Diagnostic(
        SPILLOVER_RINGS,
        status_of(joint.largest, limit),
        joint.largest,
        limit,
        Message(key, text, values),
        joint.expected,
        joint.chance,
        Parts({"rings": table_of("ring", placed.names[1:], results), "members": members}),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """Which ring each row's unit stands in; ring 0 is the furthest.

    Attributes
    ----------
    rows : array of bool, shape (n,)
        Rows without the service that count.
    ring, reached : array of int, shape (n,)
        Ring of the row's unit, and place of the period in which it is reached.
    value : array, shape (n,)
        Exposure of the row's unit.
    names : tuple of str
        From the furthest ring to the nearest.
    """

    rows: Bools
    ring: Ints
    reached: Ints
    value: Floats
    names: tuple[str, ...]

    def members(self, matrix: Matrix) -> dict[str, list[Any]]:
        """Who stands in each ring."""
        table: dict[str, list[Any]] = {
            "ring": list(self.names),
            "low": [],
            "high": [],
            "units": [],
            "compared_with": [k == 0 for k in range(len(self.names))],
        }
        for k in range(len(self.names)):
            inside = self.rows & (self.ring == k)
            table["low"].append(float(self.value[inside].min()))
            table["high"].append(float(self.value[inside].max()))
            table["units"].append(len(np.unique(matrix.unit.codes[inside])))
        return table


def _placed(
    matrix: Matrix, start: Ints, near: Floats, period: Ints, cuts: Floats, measure: str
) -> _Placed | None:
    assert matrix.period is not None
    n_periods = len(matrix.period.labels)
    never = start == n_periods
    rows = (never if never.any() else (period < start)) & matrix.measured
    unit, units = matrix.unit.codes, len(matrix.unit.labels)
    sign = 1.0 if measure == "exposure" else -1.0
    # The nearest that a unit ever stood while it was not served.
    most = np.full(units, -np.inf)
    np.maximum.at(most, unit[rows], sign * near[rows])
    value = np.where(np.isfinite(most), most, 0.0)[unit] * sign
    inside = np.unique(unit[rows])
    each = most[inside] * sign
    edges = cuts
    if not len(edges):
        levels = np.unique(each)
        edges = (
            levels[1:] if len(levels) <= LEVELS else np.unique(np.quantile(each, [1 / 3, 2 / 3]))
        )
    place = np.digitize(value, edges)
    used = np.unique(place[rows])
    if len(used) < 2:
        return None
    order = used if measure == "exposure" else used[::-1]
    ring = np.full(len(edges) + 1, -1, dtype=np.int64)
    ring[order] = np.arange(len(order))
    began = int(start[start > 0].min(initial=n_periods))
    reached = np.full(units, began, dtype=np.int64)
    low = np.full(units, np.inf)
    np.minimum.at(low, unit[rows], near[rows])
    moves = low < np.where(np.isfinite(most), most, -np.inf) * sign
    if measure == "exposure" and moves.any():
        first = np.full(units, n_periods, dtype=np.int64)
        on = rows & (near > 0.0)
        np.minimum.at(first, unit[on], period[on])
        reached = np.where(moves, first, reached)
    names = tuple(_name(value[rows & (place == k)]) for k in order)
    return _Placed(rows, ring[place], reached[unit], value, names)


def _name(values: Floats) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"


def _cuts(rings: Sequence[float], measure: str) -> Floats:
    if measure not in ("exposure", "distance"):
        raise UsageError(
            Problem(
                f"The setting `measure` of diagnostic {SPILLOVER_RINGS!r} cannot be {measure!r}.",
                "Write exposure (larger is nearer) or distance (larger is further away).",
            )
        )
    given = list(rings) if isinstance(rings, Sequence) and not isinstance(rings, str) else [None]
    if any(isinstance(r, bool) or not isinstance(r, int | float) for r in given) or any(
        not a < b for a, b in itertools.pairwise(given)
    ):
        raise UsageError(
            Problem(
                f"The setting `rings` of diagnostic {SPILLOVER_RINGS!r} cannot be {rings!r}.",
                "Write the values at which a new ring begins, ascending, such as [5, 10].",
            )
        )
    return np.array(given, dtype=np.float64)
