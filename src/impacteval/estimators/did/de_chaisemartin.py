"""Services that begin and may stop again: intertemporal effects of a first change of treatment.

References
----------
de Chaisemartin and D'Haultfoeuille (2024), Difference-in-differences estimators of intertemporal
treatment effects. *Review of Economics and Statistics*. doi:10.1162/rest_a_01414
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import EventStudy
from impacteval.estimators.did import switching_words as words
from impacteval.estimators.did.effect import Average, PathPoint, Told, build
from impacteval.estimators.did.event_tables import event_study_table
from impacteval.estimators.did.switching_card import SWITCHING
from impacteval.estimators.did.switching_effect import Cell, cells
from impacteval.estimators.did.switching_read import Changes, read_changes
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DeChaisemartinDHaultfoeuille:
    """The effect of a period of service on units whose service begins and may stop again.

    Parameters
    ----------
    switchers : {"on", "off", "both"}
        Whose first change counts: those for whom the service begins (or the dose rises), those for
        whom it stops (or falls), or both.
    control : {"not_yet", "never"}
        Units to compare with: all that have not changed yet, or those that never do.
    horizons : int or None
        Periods after the first change, its own included; None for all.
    placebos : int or None
        Periods before it in which there should be no effect; None for all.

    Examples
    --------
    Six units over three years; the service lifts two of them by 2 in the year it is there:

    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> rows = [
    ...     (u, t, int(u < 2 and t == 2002), u + 0.1 * t * (u % 3) + 2.0 * (u < 2 and t == 2002))
    ...     for u in range(6) for t in (2001, 2002, 2003)
    ... ]
    >>> sample = Sample.from_frame(
    ...     pd.DataFrame(rows, columns=["unit", "year", "on", "y"]),
    ...     design="did", outcome="y", unit="unit", period="year", treatment="on",
    ... )
    >>> found = DeChaisemartinDHaultfoeuille().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> 1.5 < found.effect.value < 2.5
    True
    """

    name: ClassVar[str] = "de-chaisemartin-dhaultfoeuille"
    card: ClassVar[MethodCard] = SWITCHING

    switchers: Literal["on", "off", "both"] = "on"
    control: Literal["not_yet", "never"] = "not_yet"
    horizons: int | None = None
    placebos: int | None = None

    def __post_init__(self) -> None:
        if self.horizons is not None and self.horizons < 1:
            raise ValueError("horizons must be 1 or more, or None for all.")
        if self.placebos is not None and self.placebos < 0:
            raise ValueError("placebos must be 0 or more, or None for all.")

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect of a period of service (or a unit of dose) on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``did``, units followed over time.
        scale : Scale
            Any of the four; ``relative`` where the service is on or off.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        changes = read_changes(sample, scale, self.switchers)
        panel = changes.panel
        found = cells(
            changes.data,
            never=self.control == "never",
            horizons=self.horizons,
            placebos=self.placebos,
        )
        after = [cell for cell in found if cell.horizon > 0]
        if not after:
            raise NotIdentified(words.nobody_stays())
        if not sum(cell.dose for cell in after) > 0.0:
            raise NotIdentified(words.no_dose_left())
        study, counts = event_study(found, panel.groups)
        own = panel.start < panel.n_periods
        sentences = [
            words.method(self.control),
            words.predicted() if any(cell.sign < 0 for cell in after) else None,
            words.errors(len(panel.groups), clustered=panel.cluster is not None),
        ]
        return build(
            estimator=self.name,
            settings=asdict(self),
            panel=panel,
            average=per_dose(after),
            path=_path(after, self.switchers),
            scale=scale,
            told=Told(
                label="influence",
                sentences=tuple(s for s in sentences if s is not None),
                target=words.target(
                    self.switchers, int(own.sum()), sum(cell.dose_size for cell in after)
                ),
            ),
            served=sum(cell.dose_size for cell in after),
            tables={
                "group_time": _cell_table(changes, found),
                "event_study": event_study_table(study, counts),
                "normalised": normalised(after),
            },
            notes=self._notes(changes, after),
            event_study=study,
            compared=_off_at_the_start(changes),
        )

    def _notes(self, changes: Changes, after: Sequence[Cell]) -> tuple[Message, ...]:
        panel, data = changes.panel, changes.data
        notes: list[Message] = []
        rows = int(panel.served.sum())
        if self.horizons is not None:
            late = panel.period >= panel.start[panel.unit] + self.horizons
            rows -= int((panel.served & late).sum())
        lost = rows - sum(cell.n for cell in after)
        if lost:
            notes.append(words.not_compared(lost))
        inside = data.cohort >= 0
        later = np.arange(panel.n_periods) >= data.first[:, None]
        base = data.dose[np.arange(len(inside)), np.maximum(data.first - 1, 0)]
        again = (later & (data.dose == base[:, None])).any(axis=1) & inside
        if again.any() and self.switchers == "on":
            notes.append(words.stopped(int(again.sum())))
        alone = len({cell.cohort for cell in after if cell.alone})
        if alone:
            notes.append(words.alone(alone))
        return tuple(notes)


def per_dose(after: Sequence[Cell]) -> Average:
    """Sum of the effects over the treatment received beyond the status quo.

    Parameters
    ----------
    after : sequence of Cell
        Cells from the first change on.

    Returns
    -------
    Average
        Effects are turned by the sign of the change. The observed mean is that with the treatment,
        which is predicted where treatment fell.
    """
    dose = sum(cell.dose for cell in after)
    effect = sum(cell.sign * cell.weight * cell.effect for cell in after) / dose
    influence = sum_of(cell.sign * cell.weight / dose * cell.influence for cell in after)
    observed = 0.0
    parts = []
    for cell in after:
        fell = cell.weight if cell.sign < 0 else 0.0
        observed += (cell.with_dose + fell * cell.sign * cell.effect) / dose
        parts.append((cell.with_dose_influence + fell * cell.sign * cell.influence) / dose)
    return Average(effect, observed, influence, sum_of(parts))


def sum_of(parts: Any) -> Floats:
    """Sum of arrays of one shape."""
    found: Floats = np.sum(list(parts), axis=0)
    return found


def event_study(
    found: Sequence[Cell], groups: NDArray[Any]
) -> tuple[EventStudy, NDArray[np.int64]]:
    """Effects by periods since the first change, turned by its sign, and units behind each.

    Parameters
    ----------
    found : sequence of Cell
        Cells before and after.
    groups : array, shape (m,)
        Labels of the influence.
    """
    times = sorted({_event_time(cell) for cell in found})
    effects, influence, served, counts = [], [], [], []
    for time in times:
        own = [cell for cell in found if _event_time(cell) == time]
        total = sum(cell.weight for cell in own)
        effects.append(sum(c.sign * c.weight * c.effect for c in own) / total)
        influence.append(sum_of(c.sign * c.weight / total * c.influence for c in own))
        served.append(total if time >= 0 else 0.0)
        counts.append(sum(cell.n for cell in own))
    study = EventStudy(
        np.array(times), np.array(effects), np.array(influence), groups, -1, np.array(served)
    )
    return study, np.array(counts)


def _event_time(cell: Cell) -> int:
    """0 in the period of the change, -1 in the reference period, before it -2 and so on."""
    return cell.horizon - 1


def normalised(after: Sequence[Cell]) -> dict[str, Any]:
    """Effects by periods since the first change over the treatment added up since then.

    Returns
    -------
    dict
        Columns ``event_time, effect, std_error, dose, n``: `dose` is what was received more, on
        average, from the change up to that period.
    """
    table: dict[str, list[Any]] = {
        name: [] for name in ("event_time", "effect", "std_error", "dose", "n")
    }
    for time in sorted({_event_time(cell) for cell in after}):
        own = [cell for cell in after if _event_time(cell) == time]
        received = sum(cell.cumulative for cell in own)
        total = sum(cell.weight for cell in own)
        effect = sum(c.sign * c.weight * c.effect for c in own)
        error = float(np.linalg.norm(sum_of(c.sign * c.weight * c.influence for c in own)))
        table["event_time"].append(time)
        table["effect"].append(effect / received if received > 0 else math.nan)
        table["std_error"].append(error / received if received > 0 else math.nan)
        table["dose"].append(received / total)
        table["n"].append(sum(cell.n for cell in own))
    return table


def _path(after: Sequence[Cell], switchers: str) -> list[PathPoint]:
    """Those whose service began (or stopped, with ``off``), period by period since then."""
    turned = -1.0 if switchers == "off" else 1.0
    own = [cell for cell in after if cell.sign == turned] or list(after)
    points = []
    for period in sorted({cell.period for cell in own}):
        here = [cell for cell in own if cell.period == period]
        total = sum(cell.weight for cell in here)
        average = Average(
            sum(c.weight * c.effect for c in here) / total,
            sum(c.weight * c.observed for c in here) / total,
            sum_of(c.weight / total * c.influence for c in here),
            sum_of(c.weight / total * c.observed_influence for c in here),
        )
        points.append(PathPoint(period, average, sum(cell.n for cell in here)))
    return points


def _off_at_the_start(changes: Changes) -> NDArray[np.bool_] | None:
    """Units without the service at the start, among which outcomes are spread; None for all."""
    panel, data = changes.panel, changes.data
    if not changes.binary:
        return None
    seen = np.isfinite(data.dose)
    off = data.dose[np.arange(len(seen)), seen.argmax(axis=1)] == 0.0
    return off if (off & panel.never).any() else None


def _cell_table(changes: Changes, found: Sequence[Cell]) -> dict[str, Any]:
    """Every group with the same first change in every period; before it, the mirrored ones."""
    labels: list[Any] = changes.panel.periods.tolist()
    data = changes.data
    starts = {}
    for cell in found:
        unit = int(np.flatnonzero(data.cohort == cell.cohort)[0])
        starts[cell.cohort] = (data.dose[unit, cell.first - 1], data.dose[unit, cell.first])
    places = [c.period if c.horizon > 0 else c.first - 1 + c.horizon for c in found]
    return {
        "cohort": [labels[cell.first] for cell in found],
        "period": [labels[place] for place in places],
        "from": [float(starts[cell.cohort][0]) for cell in found],
        "to": [float(starts[cell.cohort][1]) for cell in found],
        "effect": [cell.effect for cell in found],
        "std_error": [float(np.linalg.norm(cell.influence)) for cell in found],
        "n_treated": [cell.n for cell in found],
        "n_comparison": [cell.n_comparison for cell in found],
    }
