"""Who is eligible, which places began the service and when: a roll-out read in three ways.

Two ways of writing the data are read. Either the dates are those of *people*: only the eligible
stand as served, and the role ``group`` names everyone's place; a place begins when its eligible
units do. Or the dates are those of *places*: everyone in a place that began stands as served, and
the setting ``eligible`` says whom the service is for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.did import messages, triple_words
from impacteval.estimators.did.panel import Panel, read_panel
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.estimators.randomised.messages import listed_names
from impacteval.inference._arrays import compact
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.sample import Codes, Matrix, Sample

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Triple:
    """A roll-out in places to those of their people who are eligible.

    Attributes
    ----------
    panel : Panel
        The rows. Served are the eligible of places that began; ``start`` of all others is ``T``.
    eligible : array of bool, shape (U,)
        Units that the service is for.
    enabled : array of int, shape (U,)
        Place, among the periods, of the first period with the service where the unit lives; ``T``
        where the place never began.
    name : str
        What the sample calls the eligible.
    """

    panel: Panel
    eligible: Bools
    enabled: Ints
    name: str

    @property
    def cohorts(self) -> Ints:
        """First served periods of the places that began, in order."""
        found: Ints = np.unique(self.enabled[self.enabled < self.panel.n_periods])
        return found


def read_triple(sample: Sample, scale: Scale, eligible: str | int | None) -> Triple:
    """The arrays of a triple difference.

    Parameters
    ----------
    sample : Sample
        Design ``did`` with the role ``subgroup``, and ``group`` where dates are those of people.
    scale : Scale
        The scale asked for.
    eligible : str or int or None
        The subgroup that the service is for; None to see it from who is served.

    Raises
    ------
    NotIdentified
        When it cannot be told who is eligible or which places began, when a place did not begin as
        a whole, and wherever `read_panel` refuses.
    """
    matrix = sample.matrix()
    if sample.design == "did" and matrix.subgroup is None:
        raise NotIdentified(triple_words.no_subgroup())
    panel = read_panel(sample, scale, keep_always=True)
    assert matrix.subgroup is not None  # refused above; for mypy
    used = np.flatnonzero(np.isin(matrix.unit.labels, panel.labels))
    own = _of_units(matrix, matrix.subgroup)
    moved = np.unique(matrix.unit.codes[own[matrix.unit.codes] != matrix.subgroup.codes])
    if len(moved):
        raise NotIdentified(triple_words.subgroup_moves(len(moved)))
    subgroup = own[used]
    name = _eligible(subgroup, matrix.subgroup.labels, panel.start < panel.n_periods, eligible)
    chosen = subgroup == name
    inside = panel.start < panel.n_periods
    notes: list[Message] = []
    if inside[~chosen].any():
        enabled = panel.start
        label = str(matrix.subgroup.labels[name])
        notes.append(triple_words.place_dates(int(inside[~chosen].sum()), label))
    else:
        if matrix.group is None:
            raise NotIdentified(triple_words.no_place())
        enabled = _of_places(
            _of_units(matrix, matrix.group)[used], matrix.group.labels, panel, chosen
        )
    always = enabled == 0
    if always.any():
        notes.append(triple_words.always_places(int(always.sum())))
    served = np.where(chosen, enabled, panel.n_periods)
    panel = replace(panel, start=served, never=served == panel.n_periods)
    panel, kept = without(panel, always)
    _check_places(enabled[kept], panel.n_periods)
    holder = matrix.assignment_cluster or matrix.group
    places = None if holder is None else _of_units(matrix, holder)[used][kept]
    on = np.unique(panel.unit[panel.served])
    if panel.cluster is None:
        notes.append(triple_words.errors_within_places())
    return Triple(
        panel=replace(
            panel,
            treated_clusters=len(on) if places is None else len(np.unique(places[on])),
            notes=(*panel.notes, *notes),
        ),
        eligible=chosen[kept],
        enabled=enabled[kept],
        name=str(matrix.subgroup.labels[name]),
    )


def _of_units(matrix: Matrix, codes: Codes) -> Ints:
    """Code of each unit of the sample: that of its last row."""
    found = np.empty(len(matrix.unit.labels), dtype=np.int64)
    found[matrix.unit.codes] = codes.codes
    return found


def _eligible(
    subgroup: Ints, labels: NDArray[Any], inside: Bools, eligible: str | int | None
) -> int:
    """Code of the subgroup that the service is for."""
    there = np.unique(subgroup)
    names = listed_names([str(labels[k]) for k in there])
    if len(there) != 2:
        raise NotIdentified(triple_words.not_two_subgroups(names, len(there)))
    served = np.unique(subgroup[inside])
    if eligible is None:
        if len(served) > 1:
            raise NotIdentified(triple_words.both_served(names))
        return int(served[0])
    for code in there:
        if str(labels[code]) == str(eligible):
            if code not in served:
                other = str(labels[served[0]])
                raise NotIdentified(triple_words.eligible_not_served(str(eligible), other))
            return int(code)
    raise NotIdentified(triple_words.eligible_not_there(str(eligible), names))


def _of_places(place: Ints, labels: NDArray[Any], panel: Panel, eligible: Bools) -> Ints:
    """Start of each unit's place, from that of its eligible units."""
    first = np.full(len(labels), panel.n_periods, dtype=np.int64)
    np.minimum.at(first, place[eligible], panel.start[eligible])
    apart = eligible & (panel.start != first[place])
    if apart.any():
        names = [str(labels[k]) for k in np.unique(place[apart])]
        raise NotIdentified(triple_words.place_not_whole(len(names), listed_names(names)))
    found: Ints = first[place]
    return found


def without(panel: Panel, left_out: Bools) -> tuple[Panel, Ints]:
    """The panel without some units, and which ones it keeps."""
    kept = np.flatnonzero(~left_out)
    if not left_out.any():
        return panel, kept
    rows = ~left_out[panel.unit]
    unit = (np.cumsum(~left_out) - 1)[panel.unit[rows]]
    cluster = panel.cluster
    if cluster is not None:
        used, codes = compact(cluster.codes[kept])
        cluster = Grouping(codes, cluster.labels[used])
    smaller = replace(
        panel,
        y=panel.y[rows],
        unit=unit,
        period=panel.period[rows],
        start=panel.start[kept],
        never=panel.never[kept],
        x=panel.x[rows],
        weight=None if panel.weight is None else panel.weight[rows],
        size=panel.size[rows],
        cluster=cluster,
        labels=panel.labels[kept],
        balanced=int(rows.sum()) == len(kept) * panel.n_periods,
    )
    return smaller, kept


def _check_places(enabled: Ints, n_periods: int) -> None:
    if not (enabled < n_periods).any():
        raise NotIdentified(messages.nobody_served())
    if len(np.unique(enabled)) < 2:
        raise NotIdentified(messages.nobody_to_compare())
