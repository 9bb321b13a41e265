"""Difference-in-differences where the served received different amounts, over two periods.

References
----------
Callaway, Goodman-Bacon and Sant'Anna (2024), Difference-in-differences with a continuous treatment.
NBER working paper 32117. doi:10.3386/w32117
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.did import dose_words as words
from impacteval.estimators.did import messages
from impacteval.estimators.did.dose_card import DOSE_RESPONSE
from impacteval.estimators.did.dose_effect import (
    Basis,
    DoseFit,
    TooFewDoses,
    dose_fit,
    level_basis,
    spline_basis,
)
from impacteval.estimators.did.effect import Average, PathPoint, Told, build, weighted_mean
from impacteval.estimators.did.event_tables import reach
from impacteval.estimators.did.panel import Panel, read_panel
from impacteval.estimators.did.triple_read import without
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Matrix, Sample

Floats = NDArray[np.float64]
# Where the curve is told: these shares of the served received no more.
_SHARES = np.arange(1, 10) / 10.0


@dataclass(frozen=True, slots=True)
class DoseResponse:
    """The average effect on the served at the doses that they received, and the curve by dose.

    Parameters
    ----------
    basis : {"spline", "levels"}
        How effects go with the dose: a B-spline, or a mean of its own for each dose.
    degree, knots : int
        Of the spline: its degree, and interior knots at quantiles of the doses received.

    Examples
    --------
    Five villages over two years; those served received 1, 2 and 3 visits, worth 2 each:

    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> visits = [0, 0, 1, 2, 3, 1, 2, 3]
    >>> rows = [
    ...     (v, year, int(dose > 0 and year == 2002), dose * (year == 2002),
    ...      v % 3 + (year == 2002) * (1 + 2 * dose + 0.1 * (v % 2)))
    ...     for v, dose in enumerate(visits) for year in (2001, 2002)
    ... ]
    >>> sample = Sample.from_frame(
    ...     pd.DataFrame(rows, columns=["village", "year", "on", "visits", "y"]), design="did",
    ...     outcome="y", unit="village", period="year", treatment="on", dose="visits",
    ... )
    >>> found = DoseResponse(degree=1).estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> round(found.effect.value, 6), round(float(found.parts["slope"]["effect"][0]), 6)
    (4.0, 2.0)
    """

    name: ClassVar[str] = "dose-response"
    card: ClassVar[MethodCard] = DOSE_RESPONSE

    basis: Literal["spline", "levels"] = "spline"
    degree: int = 3
    knots: int = 0

    def __post_init__(self) -> None:
        if self.degree < 1 or self.knots < 0:
            raise ValueError("degree must be 1 or more and knots 0 or more.")

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The average effect on the served, on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``did``, two periods, units followed, role ``dose``.
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
        panel, dose, notes = read_doses(sample, scale)
        own = changes_of(panel)
        basis = self._basis(dose[own.served])
        try:
            fit = dose_fit(own.change, dose, own.served, own.weight, basis)
        except TooFewDoses:
            distinct = len(np.unique(dose[own.served]))
            raise NotIdentified(words.too_few_doses(distinct, basis.size)) from None
        average = average_of(panel, own, fit)
        tables = curves(panel, basis, fit, self._doses(dose[own.served]))
        if self.basis == "levels":
            notes = (*notes, *_alone(panel, dose, own.served))
        clustered = panel.cluster is not None
        return build(
            estimator=self.name,
            settings=asdict(self),
            panel=panel,
            average=average,
            path=[PathPoint(1, average, int(own.served.sum()))],
            scale=scale,
            told=Told(
                label="influence",
                sentences=(
                    words.method(self.basis),
                    words.errors(len(panel.groups), clustered=clustered),
                ),
                target=words.target(int(own.served.sum())),
            ),
            tables=tables,
            notes=(*notes, words.strong()),
        )

    def _basis(self, dose: Floats) -> Basis:
        if self.basis == "levels":
            return level_basis(dose)
        distinct = len(np.unique(dose))
        if distinct < self.degree + 1 + self.knots:
            raise NotIdentified(words.too_few_doses(distinct, self.degree + 1 + self.knots))
        return spline_basis(dose, self.degree, self.knots)

    def _doses(self, dose: Floats) -> Floats:
        return np.unique(dose if self.basis == "levels" else np.quantile(dose, _SHARES))


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """Changes of units over two periods, each of shape (U,)."""

    change: Floats
    weight: Floats
    served: NDArray[np.bool_]


def changes_of(panel: Panel) -> Followed:
    """After minus before, with the weights of after."""
    table = panel.dense(panel.y)
    weight = np.ones(len(panel.y)) if panel.weight is None else panel.weight
    return Followed(table[:, 1] - table[:, 0], panel.dense(weight)[:, 1].copy(), ~panel.never)


def average_of(panel: Panel, own: Followed, fit: DoseFit) -> Average:
    """The effect on the served and their observed mean."""
    weight = np.where(panel.served, 1.0 if panel.weight is None else panel.weight, 0.0)
    observed, influence = weighted_mean(panel, weight)
    return Average(fit.effect, observed, panel.by_group(fit.effect_influence), influence)


def read_doses(sample: Sample, scale: Scale) -> tuple[Panel, Floats, tuple[Message, ...]]:
    """A panel of two periods, the dose of each unit, and notes.

    Raises
    ------
    NotIdentified
        When there is no dose, when there are covariates or other than two periods, when units are
        not followed, and when treatment and dose contradict each other.
    """
    matrix = sample.matrix()
    if sample.design == "did":
        if matrix.dose is None:
            raise NotIdentified(words.no_dose())
        if matrix.covariate_names:
            raise NotIdentified(words.covariates())
        if sample.structure.kind == "repeated_cross_section":
            raise NotIdentified(messages.repeated_cross_sections())
        if sample.structure.n_periods != 2:
            raise NotIdentified(words.not_two_periods(sample.structure.n_periods))
    panel = read_panel(sample, scale)
    notes: tuple[Message, ...] = ()
    seen = np.bincount(panel.unit, minlength=len(panel.labels)) == 2
    if not seen.all():
        notes = (words.not_followed(int((~seen).sum())),)
        panel = _of_units(matrix, panel, seen)
    dose = _doses(matrix, panel)
    served = ~panel.never
    wrong = int((served & ~(dose > 0.0)).sum()), int((~served & (dose > 0.0)).sum())
    if any(wrong):
        raise NotIdentified(words.contradiction(*wrong))
    if not served.any():
        raise NotIdentified(messages.nobody_served())
    if served.all():
        raise NotIdentified(messages.nobody_to_compare())
    return panel, dose, notes


def _doses(matrix: Matrix, panel: Panel) -> Floats:
    """Dose of each unit in the later period, shape (U,)."""
    assert matrix.period is not None
    assert matrix.dose is not None
    own = np.full(len(matrix.unit.labels), np.nan)
    later = matrix.period.codes == 1
    own[matrix.unit.codes[later]] = matrix.dose[later]
    found: Floats = own[np.isin(matrix.unit.labels, panel.labels)]
    return found


def _of_units(matrix: Matrix, panel: Panel, kept: NDArray[np.bool_]) -> Panel:
    """The units that were measured twice, and the places among them that were served."""
    smaller, _ = without(panel, ~kept)
    own = np.unique(smaller.unit[smaller.served])
    if matrix.assignment_cluster is None:
        return replace(smaller, treated_clusters=len(own))
    place = np.empty(len(matrix.unit.labels), dtype=np.int64)
    place[matrix.unit.codes] = matrix.assignment_cluster.codes
    there = place[np.isin(matrix.unit.labels, smaller.labels[own])]
    return replace(smaller, treated_clusters=len(np.unique(there)))


def _alone(panel: Panel, dose: Floats, served: NDArray[np.bool_]) -> tuple[Message, ...]:
    group = np.arange(len(dose)) if panel.cluster is None else panel.cluster.codes
    levels = np.unique(dose[served])
    counts = [len(np.unique(group[served & (dose == level)])) for level in levels]
    alone = sum(n == 1 for n in counts)
    return (words.levels_alone(alone),) if alone else ()


def curves(panel: Panel, basis: Basis, fit: DoseFit, doses: Floats) -> dict[str, dict[str, Any]]:
    """Tables by dose: effects, slopes, and the average slope.

    Returns
    -------
    dict
        ``dose_response`` and ``slopes`` (``dose, effect, std_error, low, high, band_low,
        band_high``), ``slope`` (``effect, std_error, low, high``).
    """
    beta = panel.by_group(fit.beta_influence)
    found: dict[str, dict[str, Any]] = {}
    for name, rows in (("dose_response", basis.values(doses)), ("slopes", basis.slopes(doses))):
        effect, influence = rows @ fit.beta, rows @ beta
        error = np.linalg.norm(influence, axis=1)
        one, all_at_once = reach(influence)
        found[name] = {
            "dose": doses,
            "effect": effect,
            "std_error": error,
            "low": effect - one * error,
            "high": effect + one * error,
            "band_low": effect - all_at_once * error,
            "band_high": effect + all_at_once * error,
        }
    own = panel.by_group(fit.slope_influence)
    error = float(np.linalg.norm(own))
    one, _ = reach(own[None, :])
    found["slope"] = {
        "effect": [fit.slope],
        "std_error": [error],
        "low": [fit.slope - one * error],
        "high": [fit.slope + one * error],
    }
    return found
