"""Effects of a service that starts at different dates, from clean comparisons only.

References
----------
Callaway and Sant'Anna (2021), Difference-in-differences with multiple time periods. *Journal of
Econometrics* 225(2). doi:10.1016/j.jeconom.2020.12.001
Sant'Anna and Zhao (2020), Doubly robust difference-in-differences estimators. *Journal of
Econometrics* 219(1). doi:10.1016/j.jeconom.2020.06.003
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from impacteval.estimators.did.effect import Told, build
from impacteval.estimators.did.group_time import words
from impacteval.estimators.did.group_time.card import CALLAWAY_SANTANNA
from impacteval.estimators.did.group_time.cells import compute_cells
from impacteval.estimators.did.group_time.found import Found, averages_of
from impacteval.estimators.did.group_time.plan import plan_cohort
from impacteval.estimators.did.group_time.told import check_formed, lost_pairs, notes, told_target
from impacteval.estimators.did.panel import read_panel
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.estimators.did.panel import Panel
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample
    from impacteval.values import Message


@dataclass(frozen=True, slots=True)
class CallawaySantAnna:
    """The effect on the served of a service rolled out in steps.

    Every starting date and period is compared on its own with units that the service has not
    reached, and the effects are then averaged.

    Parameters
    ----------
    control : {"never", "not_yet"}
        Who is compared with: units never served, or also those that are not served yet.
    method : {"dr", "ipw", "reg"}
        How covariates are allowed for: doubly robust, by weights, by regression. Without
        covariates all three are one.
    aggregation : {"simple", "group", "calendar", "dynamic"}
        Over what effects are averaged: served unit-periods; starting dates, each counted by its
        size; periods; times since the start.
    base : {"varying", "universal"}
        Before the service, each period against the one before it, or all against the last one
        before the service. Effects on the served do not depend on it.
    anticipation : float
        For how long before its start the service may be felt, in the unit of the periods.
    balance : float, optional
        In effects by time since the start, keep starting dates seen for so long, and times up to
        then.
    earliest, latest : float, optional
        First and last time since the start among those effects.
    unbalanced : {"pairs", "cross_sections"}
        Where units lack periods: changes of the units measured in both periods of a comparison,
        or all rows as cross-sections.
    weigh_by : {"served", "cohort"}
        What an effect counts for in averages: the rows served in the period, or all units of the
        starting date. The same in balanced panels.
    inference : {"analytic", "multiplier"}
        Errors from influence functions, the same on every run, or from draws of multipliers.
    draws : int
        Number of draws.
    multiplier : {"rademacher", "mammen"}
        Law of the multipliers.

    Examples
    --------
    Two units start in 2002 and rise by 2 more than the two that never do:

    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> frame = pd.DataFrame({
    ...     "unit": np.repeat(["a", "b", "c", "d"], 2), "year": [2001, 2002] * 4,
    ...     "start": np.repeat([2002, 2002, np.nan, np.nan], 2),
    ...     "y": [1.0, 4.0, 2.0, 6.0, 1.0, 2.0, 3.0, 5.0],
    ... })
    >>> sample = Sample.from_frame(
    ...     frame, design="did", outcome="y", unit="unit", period="year", adopted="start"
    ... )
    >>> found = CallawaySantAnna().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> round(found.effect.value, 6), round(found.effect.std_error, 6)
    (2.0, 0.5)
    """

    name: ClassVar[str] = "callaway-santanna"
    card: ClassVar[MethodCard] = CALLAWAY_SANTANNA

    control: Literal["never", "not_yet"] = "never"
    method: Literal["dr", "ipw", "reg"] = "dr"
    aggregation: Literal["simple", "group", "calendar", "dynamic"] = "simple"
    base: Literal["varying", "universal"] = "varying"
    anticipation: float = 0.0
    balance: float | None = None
    earliest: float | None = None
    latest: float | None = None
    unbalanced: Literal["pairs", "cross_sections"] = "pairs"
    weigh_by: Literal["served", "cohort"] = "served"
    inference: Literal["analytic", "multiplier"] = "analytic"
    draws: int = 999
    multiplier: Literal["rademacher", "mammen"] = "rademacher"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.anticipation) and self.anticipation >= 0.0):
            raise ValueError("anticipation must be a number of 0 or more.")
        if self.balance is not None and not self.balance >= 0.0:
            raise ValueError("balance must be a number of 0 or more.")
        if self.draws < 99:
            raise ValueError("draws must be 99 or more.")

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The average effect on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``did``: panel, balanced or not, or repeated cross-sections.
        scale : Scale
            Any of the four. A total adds up over served unit-periods, whatever the aggregation.
        rng : numpy.random.Generator
            Used only with ``inference="multiplier"``.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        panel = read_panel(sample, scale)
        starts = [int(s) for s in np.unique(panel.start)]
        plans = [
            plan_cohort(
                start,
                starts,
                panel.times,
                control=self.control,
                base=self.base,
                anticipation=self.anticipation,
            )
            for start in starts
            if start < panel.n_periods
        ]
        sections = panel.kind == "repeated_cross_section" or (
            not panel.balanced and self.unbalanced == "cross_sections"
        )
        cells = compute_cells(
            panel,
            plans,
            method=self.method,
            weigh_by=self.weigh_by,
            as_cross_sections=sections,
        )
        check_formed(panel, cells)
        averaged = averages_of(
            panel,
            cells,
            balance=self.balance,
            earliest=self.earliest,
            latest=self.latest,
        )
        found = Found(
            panel,
            cells,
            averaged,
            self.anticipation,
            self.inference,
            self.draws,
            self.multiplier,
            rng,
        )
        name = "simple" if scale is Scale.TOTAL else self.aggregation
        average = found.average(name)
        return build(
            estimator=self.name,
            settings=asdict(self),
            panel=panel,
            average=average,
            path=found.path(),
            scale=scale,
            told=Told(
                label="influence functions" if self.inference == "analytic" else "multipliers",
                sentences=self._sentences(panel, found, scale, sections=sections),
                target=told_target(panel, cells, averaged, name),
            ),
            served=found.served,
            tables=found.tables(),
            notes=notes(panel, cells, averaged, anticipation=self.anticipation),
            event_study=found.event_study(),
        )

    def _sentences(
        self, panel: Panel, found: Found, scale: Scale, *, sections: bool
    ) -> tuple[Message, ...]:
        """How the effect was formed, and its error."""
        said = words.formed(self.control, self.anticipation, panel.covariates, self.method)
        if panel.kind == "repeated_cross_section":
            said.append(words.cross_sections())
        elif sections:
            said.append(words.as_cross_sections())
        elif not panel.balanced:
            said.append(words.pairs(lost_pairs(panel, found.cells)))
        if scale is Scale.TOTAL and self.aggregation != "simple":
            said.append(words.total_over_served())
        else:
            said.append(words.aggregation(self.aggregation))
        if self.weigh_by == "cohort" and not panel.balanced:
            said.append(words.by_cohort_size())
        groups, clustered = len(panel.groups), panel.cluster is not None
        if self.inference == "analytic":
            said.append(words.analytic(groups, clustered=clustered))
        else:
            said.append(words.multiplier(groups, self.draws, self.multiplier, clustered=clustered))
        return tuple(said)
