"""Mixes that match predictors: averages of covariates and of the outcome over stated periods.

References
----------
Abadie and Gardeazabal (2003), The economic costs of conflict. *American Economic Review* 93(1).
doi:10.1257/000282803321455188
Abadie, Diamond and Hainmueller (2010), Synthetic control methods for comparative case studies.
*Journal of the American Statistical Association* 105(490). doi:10.1198/jasa.2009.ap08746
Abadie, Diamond and Hainmueller (2015), Comparative politics and the synthetic control method.
*American Journal of Political Science* 59(2). doi:10.1111/ajps.12116: cross-validation.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.synthetic_control import predictors_words as words
from impacteval.estimators.synthetic_control.panel import ROUNDING, Panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Period = int | float | str
# What stands for the outcome, whatever its column is called.
OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Predictor:
    """What a mix should match: the average of a column over periods before the service.

    Parameters
    ----------
    name : str
        A covariate, or ``outcome``.
    first, last : int, float or str, optional
        First and last period, both included; in a plan ``from`` and ``to``. All periods before
        the service by default.
    periods : tuple, optional
        The periods themselves instead.

    Examples
    --------
    >>> Predictor("beer", 1984, 1988).label, Predictor("outcome", periods=(1975,)).label
    ('beer (1984 to 1988)', 'outcome (1975)')
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    first: Annotated[Period | None, Field(alias="from")] = None
    last: Annotated[Period | None, Field(alias="to")] = None
    periods: tuple[Period, ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise UsageError("a predictor needs the name of a covariate, or outcome.")
        if self.periods and (self.first is not None or self.last is not None):
            raise UsageError(
                f"predictor {self.name!r} states periods and also from or to. Write one of them."
            )
        told = [str(period) for period in self.periods]
        if len(set(told)) < len(told):
            raise UsageError(f"predictor {self.name!r} names a period twice.")

    @property
    def label(self) -> str:
        """Name and periods, as tables show them."""
        if self.periods:
            return f"{self.name} ({', '.join(str(period) for period in self.periods)})"
        if self.first is None and self.last is None:
            return self.name
        if self.first is None:
            return f"{self.name} (to {self.last})"
        if self.last is None:
            return f"{self.name} (from {self.first})"
        return f"{self.name} ({self.first} to {self.last})"

    @property
    def plain(self) -> str | dict[str, Any]:
        """As a plan writes it."""
        told: dict[str, Any] = {"name": self.name}
        if self.first is not None:
            told["from"] = self.first
        if self.last is not None:
            told["to"] = self.last
        if self.periods:
            told["periods"] = list(self.periods)
        return self.name if len(told) == 1 else told


Given = tuple[str | Predictor, ...]
Weighing = Literal["nested", "cross-validation"] | tuple[float, ...]
LaterPart = Period | None


def read(given: Given) -> tuple[Predictor, ...]:
    """Predictors from their names or entries.

    Raises
    ------
    UsageError
        When one is there twice.
    """
    found = tuple(Predictor(one) if isinstance(one, str) else one for one in given)
    labels = [one.label for one in found]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise UsageError(f"predictors name {', '.join(twice)} twice.")
    return found


def plain(given: Given) -> list[str | dict[str, Any]]:
    """Predictors as a plan writes them."""
    return [one.plain for one in read(given)]


def check_weighing(given: Given, v: Weighing, validation_from: Period | None) -> None:
    """Refuse settings that do not fit together.

    Raises
    ------
    UsageError
        When weights are of another number than the predictors, negative, or all zero, or settings
        of predictors stand without any.
    """
    read(given)
    if not given and (v != "nested" or validation_from is not None):
        raise UsageError("v and validation_from weigh predictors, and there are none.")
    if isinstance(v, tuple):
        if len(v) != len(given):
            raise UsageError(f"v has {len(v)} weights for {len(given)} predictors.")
        if not (all(0.0 <= one < float("inf") for one in v) and sum(v) > 0.0):
            raise UsageError("v needs weights that are not negative and not all zero.")
    if validation_from is not None and v != "cross-validation":
        raise UsageError("validation_from goes with v: cross-validation.")


@dataclass(frozen=True, slots=True, eq=False)
class Averages:
    """Predictors of every unit.

    Attributes
    ----------
    kept : array of int, shape (P,)
        Which of the predictors have any period left.
    values : array, shape (P, U)
        Averages over the periods in which the unit was measured.
    measured, stated : array of int, shapes (P, U) and (P,)
        Periods averaged over, and periods that the predictor states.
    """

    kept: Ints
    values: Floats
    measured: Ints
    stated: Ints


def averages(panel: Panel, predictors: tuple[Predictor, ...], first: int, before: int) -> Averages:
    """Averages over those of the stated periods that lie from `first` on and before `before`.

    Raises
    ------
    NotIdentified
        When a unit has no measured cell of a predictor, or all units have the same value.
    """
    kept, values, measured, stated = [], [], [], []
    for at, one in enumerate(predictors):
        held = held_periods(panel, one)
        held[:first] = held[before:] = False
        if not held.any():
            continue
        cells = column(panel, one.name)[:, held]
        there = ~np.isnan(cells)
        count = there.sum(axis=1)
        if not count.all():
            names = panel.labels[count == 0].astype(str).tolist()
            raise NotIdentified(words.unmeasured(one.label, names))
        mean = np.where(there, cells, 0.0).sum(axis=1) / count
        if not np.ptp(mean) > ROUNDING * float(np.abs(mean).max()):
            raise NotIdentified(words.same_everywhere(one.label))
        kept.append(at)
        values.append(mean)
        measured.append(count)
        stated.append(int(held.sum()))
    if not kept:
        raise NotIdentified(words.none_left(str(panel.periods[before - 1])))
    return Averages(
        np.array(kept), np.array(values), np.array(measured), np.array(stated, dtype=np.int64)
    )


def column(panel: Panel, name: str) -> Floats:
    """A covariate or the outcome, shape (U, T)."""
    if name in panel.covariates:
        return panel.x[:, :, panel.covariates.index(name)]
    return panel.y


def held_periods(panel: Panel, predictor: Predictor) -> Bools:
    """Which periods a predictor states, shape (T,).

    Raises
    ------
    UsageError
        When it names a period that is not in the data.
    """
    held = np.zeros(panel.n_periods, dtype=bool)
    if predictor.periods:
        held[[_place(panel, predictor, one) for one in predictor.periods]] = True
        return held
    first = 0 if predictor.first is None else _place(panel, predictor, predictor.first)
    last = panel.n_periods - 1
    if predictor.last is not None:
        last = _place(panel, predictor, predictor.last)
    if first > last:
        raise UsageError(
            f"predictor {predictor.name!r} ends ({predictor.last!r}) before it begins "
            f"({predictor.first!r})."
        )
    held[first : last + 1] = True
    return held


def _place(panel: Panel, predictor: Predictor, period: Period) -> int:
    labels: list[Any] = panel.periods.tolist()
    found = [k for k, label in enumerate(labels) if label == period or str(label) == str(period)]
    if not found:
        raise UsageError(
            f"predictor {predictor.name!r} names the period {period!r}, which is not in the data: "
            f"these go from {labels[0]!r} to {labels[-1]!r}."
        )
    return found[0]


def check_predictors(panel: Panel, predictors: tuple[Predictor, ...]) -> None:
    """Refuse predictors that are not in the data, or that the service may have moved.

    Raises
    ------
    UsageError
        With every problem at once.
    """
    problems = []
    first = int(panel.start[panel.served].min())
    names = (*panel.covariates, OUTCOME, panel.outcome)
    for one in predictors:
        if one.name not in names:
            near = difflib.get_close_matches(one.name, names, n=2, cutoff=0.6)
            known = ", ".join(repr(name) for name in (*panel.covariates, OUTCOME))
            problems.append(
                f"there is no covariate {one.name!r} for a predictor. "
                + (f"Did you mean {' or '.join(map(repr, near))}?" if near else f"There: {known}.")
            )
            continue
        held = held_periods(panel, one)
        # A window without an end, or none at all, ends where the service begins.
        open_end = not one.periods and one.last is None
        late = np.flatnonzero(held[first:]) + first
        if (late.size and not open_end) or not held[:first].any():
            told = ", ".join(str(panel.periods[k]) for k in late[:3].tolist())
            problems.append(
                f"predictor {one.label!r} is measured after the service began "
                f"({panel.periods[first]}): {told}. What the service may have moved cannot say "
                "what would have been without it."
            )
    if problems:
        raise UsageError(" ".join(problems))


def standardised(values: Floats) -> Floats:
    """Predictors in units of their standard deviation over the units, shape (P, U)."""
    # Taken from the first unit before squaring, so that a large common level costs no digits.
    away = values - values[:, :1]
    return np.asarray(away / away.std(axis=1, ddof=1, keepdims=True))
