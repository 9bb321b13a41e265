"""Triple differences: the eligible and the others, in places that began and in places that did not.

References
----------
Ortiz-Villavicencio and Sant'Anna (2025), Better understanding triple differences estimators.
arXiv:2505.09942
Olden and Moen (2022), The triple difference estimator. *Econometrics Journal* 25(3).
doi:10.1093/ectj/utac010
Gruber (1994), The incidence of mandated maternity benefits. *American Economic Review* 84(3).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from impacteval.estimators.did import triple_words as words
from impacteval.estimators.did.cell_averages import Cells, average, event_study
from impacteval.estimators.did.effect import PathPoint, Told, build
from impacteval.estimators.did.triple_card import TRIPLE_DIFFERENCE
from impacteval.estimators.did.triple_cells import How, triple_cells
from impacteval.estimators.did.triple_read import Triple, read_triple
from impacteval.estimators.did.triple_regression import regression_cells
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import BlindSample, Sample


@dataclass(frozen=True, slots=True)
class TripleDifference:
    """The effect on the eligible of places that began a service.

    Parameters
    ----------
    method : {"dr", "ipw", "reg", "ols"}
        How covariates are used: doubly robust, weighting, regression of changes; or one regression
        with every product of two of place, eligibility and period, for one starting date. All the
        same without covariates in a balanced panel of two periods.
    control : {"never", "not_yet"}
        Places to compare with: those that never begin, or also those that have not begun yet.
    anticipation : int
        Periods before the start in which the service was already acted upon.
    eligible : str or int or None
        The subgroup that the service is for; None to see it from who is served.
    combine : {"optimal", "size"}
        How comparisons with several starting dates are averaged: by their errors, or by size.

    Examples
    --------
    Two places and two years. Young people of place b are served from 2002 on:

    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> rows = []
    >>> for k in range(40):
    ...     place, young = "ab"[k % 2], k // 2 % 2
    ...     for year in (2001, 2002):
    ...         served = int(place == "b" and young and year == 2002)
    ...         y = k % 5 + (year == 2002) * (1 + 2 * young + (place == "b") + 0.1 * (k % 7))
    ...         rows.append((k, year, place, young, served, y + 3.0 * served))
    >>> frame = pd.DataFrame(rows, columns=["id", "year", "place", "young", "on", "y"])
    >>> sample = Sample.from_frame(
    ...     frame, design="did", outcome="y", unit="id", period="year", treatment="on",
    ...     group="place", subgroup="young",
    ... )
    >>> found = TripleDifference().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> 2.5 < found.effect.value < 3.5
    True
    """

    name: ClassVar[str] = "triple-difference"
    card: ClassVar[MethodCard] = TRIPLE_DIFFERENCE

    method: Literal["dr", "ipw", "reg", "ols"] = "dr"
    control: Literal["never", "not_yet"] = "never"
    anticipation: int = 0
    eligible: str | int | None = None
    combine: Literal["optimal", "size"] = "optimal"

    def __post_init__(self) -> None:
        if self.anticipation < 0:
            raise ValueError("anticipation must be a number of periods, 0 or more.")

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on the eligible who were served, on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``did`` with the roles ``subgroup`` and ``group`` (the place).
        scale : Scale
            Any of the four.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        triple = read_triple(sample, scale, self.eligible)
        if self.method == "ols":
            cells, studied = regression_cells(triple, self.anticipation)
            notes: tuple[Message, ...] = ()
            several = False
            reference: int | float | None = _reference(triple, self.anticipation)
            tables: dict[str, dict[str, Any]] = {"group_time": _cell_table(triple, cells)}
            df = len(triple.panel.groups) - 1.0
        else:
            how = How(self.method, self.control, self.anticipation, self.combine)
            found = triple_cells(triple, how)
            cells = studied = found.cells
            tables, notes, several = found.tables, found.notes, found.several
            reference, df = found.reference, math.inf
        table, study = event_study(studied, triple.panel, reference, df)
        return self._estimate(
            triple, cells, scale, several, df, {**tables, "event_study": table}, notes, study
        )

    def concerns(self, blind: BlindSample) -> tuple[Message, ...]:
        """One regression with covariates takes trends at those of everyone, not of the served."""
        if self.method == "ols" and blind.roles.covariates:
            return (words.regression_with_covariates(", ".join(blind.roles.covariates)),)
        return ()

    def _estimate(
        self,
        triple: Triple,
        cells: Cells,
        scale: Scale,
        several: bool,
        df: float,
        tables: dict[str, dict[str, Any]],
        notes: tuple[Message, ...],
        study: Any,
    ) -> CounterfactualEstimate:
        panel = triple.panel
        after = cells.after
        inside = (cells.row >= 0) & after[cells.row]
        path = [
            PathPoint(t, average(cells, after & (cells.period == t), panel), int(n))
            for t, n in enumerate(np.bincount(panel.period[inside], minlength=panel.n_periods))
            if n
        ]
        return build(
            estimator=self.name,
            settings=asdict(self),
            panel=panel,
            average=average(cells, after, panel),
            path=path,
            scale=scale,
            told=self._told(triple, cells, several, df),
            served=float(panel.size[inside].sum()),
            df=df,
            tables={**tables, "groups": groups_table(triple)},
            notes=notes,
            event_study=study,
            compared=triple.eligible,
        )

    def _told(self, triple: Triple, cells: Cells, several: bool, df: float) -> Told:
        panel = triple.panel
        regression = self.method == "ols"
        inside = (cells.row >= 0) & cells.after[cells.row]
        sentences = [
            words.one_regression(panel.covariates)
            if regression
            else words.three_terms(self.method, panel.covariates),
            words.several_comparisons(self.combine) if several else None,
            words.errors(
                len(panel.groups), clustered=panel.cluster is not None, regression=regression
            ),
        ]
        return Told(
            label="CR1" if regression else "influence",
            sentences=tuple(s for s in sentences if s is not None),
            target=words.target(
                triple.name,
                len(np.unique(panel.unit[inside])),
                len(np.unique(panel.period[inside])),
            ),
        )


def groups_table(triple: Triple) -> dict[str, Any]:
    """Who is compared: one row a starting date of places and eligible or not."""
    panel = triple.panel
    labels: list[Any] = [*panel.periods.tolist(), None]
    table: dict[str, list[Any]] = {"cohort": [], "eligible": [], "units": [], "rows": []}
    own = np.arange(len(panel.labels)) if panel.cluster is None else panel.cluster.codes
    clusters: list[int] = []
    for start in np.unique(triple.enabled).tolist():
        for eligible in (True, False):
            inside = (triple.enabled == start) & (triple.eligible == eligible)
            table["cohort"].append(labels[start])
            table["eligible"].append(eligible)
            table["units"].append(int(inside.sum()))
            table["rows"].append(int(inside[panel.unit].sum()))
            clusters.append(len(np.unique(own[inside])))
    return {**table, "clusters": clusters}


def _reference(triple: Triple, anticipation: int) -> int | float:
    g = int(triple.cohorts[0])
    found = triple.panel.event_time(g, g - 1 - anticipation)
    return int(found) if found == round(found) else found


def _cell_table(triple: Triple, cells: Cells) -> dict[str, Any]:
    """The effects of the regression by period."""
    panel = triple.panel
    labels = panel.periods.tolist()
    inside = cells.row >= 0
    served = np.bincount(cells.row[inside], minlength=len(cells.start))
    rows = np.bincount(panel.period, minlength=panel.n_periods)[cells.period]
    return {
        "cohort": [labels[s] for s in cells.start],
        "period": [labels[t] for t in cells.period],
        "effect": cells.effect,
        "std_error": np.linalg.norm(cells.influence, axis=1),
        "n_treated": served,
        "n_comparison": rows - served,
    }
