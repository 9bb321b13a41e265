"""What the tests of few served places answer: p-values of every null, on a scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import StepFunction, TestInversion
from impacteval.estimators.randomised.messages import no_variation
from impacteval.estimators.randomised.permuted import Permuted
from impacteval.inference.few_groups import (
    Lines,
    Loads,
    Placements,
    placebo_lines,
    placements,
    stacked_nulls,
)
from impacteval.inference.few_groups.rollout import Rollout
from impacteval.inference.permutation import Coefficients
from impacteval.inference.wild import Multipliers, Signs, multipliers, wild_inversion
from impacteval.values import Scale

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Inference = Literal["ferman-pinto", "conley-taber", "randomisation", "wild"]

# A spread this small beside the outcomes is rounding, not variation.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Settings:
    """How chance is measured.

    Attributes
    ----------
    inference : str
    studentised : bool
        Only with ``randomisation``.
    signs : {"rademacher", "webb"}
        Only with ``wild``.
    draws : int
    """

    inference: Inference
    studentised: bool
    signs: Signs
    draws: int


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """An effect with the test of its nulls.

    Attributes
    ----------
    difference : float
        The effect in the outcome's own units.
    observed : float
        Mean outcome of the served, in the periods in which they were.
    distribution : TestInversion
        On the scale asked for.
    compared : int
        Placements or draws.
    exact : bool
        Whether these are all there are.
    """

    difference: float
    observed: float
    distribution: TestInversion
    compared: int
    exact: bool


@dataclass(frozen=True, slots=True, eq=False)
class Chance:
    """The draws, made once, and what they say of the whole effect and of each period.

    Attributes
    ----------
    rollout : Rollout
    settings : Settings
    placed : Placements or None
        None with ``wild``.
    signs : Multipliers or None
        None but with ``wild``.
    """

    rollout: Rollout
    settings: Settings
    placed: Placements | None
    signs: Multipliers | None

    def answer(self, scale: Scale, *, served: float = 1.0, period: int | None = None) -> Answer:
        """The effect on a scale, of all served periods or of one.

        Parameters
        ----------
        scale : Scale
            ``difference``, ``relative`` or ``total``.
        served : float
            What a total multiplies the difference with.
        period : int, optional
            Only what is seen in that period; never studentised, as one place may be all there is.
        """
        if self.signs is not None:
            return self._wild(self.signs, served if scale is Scale.TOTAL else 1.0, period)
        assert self.placed is not None  # one of both is there; for mypy
        placed = self.placed.groups
        relative = scale is Scale.RELATIVE
        u, v = self.rollout.nulls(relative=relative)
        real, loads = self._loads(period)
        plain = placebo_lines(u, v, loads, self.rollout.shares, real[None])
        value = plain.level / plain.slope
        u = u - value * v  # measured from the estimate, at which the real statistic is zero
        studentised = self.settings.studentised and period is None
        own, others = self._lines(u, v, loads, real, [real[None], placed], studentised)
        found = _permuted(others, own, value, exact=self.placed.every, relative=relative)
        difference, observed = self._means(period)
        if not found.unit(0) > ROUNDING * float(np.abs(self.rollout.y).max()):
            raise NotIdentified(no_variation())
        label = f"{self.settings.inference}, {'all' if found.exact else 'draws of'} {len(placed)} placements"
        distribution = found.inversion(0, scale, served, label)
        return Answer(difference, observed, distribution, len(placed), found.exact)

    def placebos(self) -> Floats:
        """What each group would have shown in the place of the only one served, shape (g,).

        Under the hypothesis of no effect; that of the served group is the estimate.
        """
        u, v = self.rollout.nulls(relative=False)
        real, loads = self._loads(None)
        every = np.arange(len(u))[:, None]
        (lines,) = self._lines(u, v, loads, real, [every])
        return lines.level

    def _loads(self, period: int | None) -> tuple[Ints, Loads]:
        if self.settings.inference == "randomisation":
            return self.rollout.moving(period)
        return self.rollout.places(period)

    def _lines(
        self,
        u: Floats,
        v: Floats,
        loads: Loads,
        real: Ints,
        placed: list[Ints],
        studentised: bool = False,
    ) -> list[Lines]:
        """The effects of several sets of placements as lines."""
        variance = None
        if self.settings.inference == "ferman-pinto":
            found = self.rollout.variances(loads, by_size=True)
            variance = self.rollout.variance_table(loads, found)
        return [
            placebo_lines(
                u,
                v,
                loads,
                self.rollout.shares,
                groups,
                variance=variance,
                real=real,
                studentised=studentised,
            )
            for groups in placed
        ]

    def _means(self, period: int | None) -> tuple[float, float]:
        """The effect and the mean outcome of the served, of all served periods or of one."""
        real, loads = self.rollout.places(period)
        line = placebo_lines(
            self.rollout.y, self.rollout.served, loads, self.rollout.shares, real[None]
        )
        (row,), (part,) = loads.of(real[None])
        since = np.maximum(loads.loads[row], 0.0)
        return float(line.level[0]), float(part @ (since * self.rollout.y[real]).sum(axis=1))

    def _wild(self, signs: Multipliers, factor: float, period: int | None) -> Answer:
        real, loads = self.rollout.places(period)
        family = stacked_nulls(self.rollout.y, loads, self.rollout.shares, real)
        if not family.std_error > ROUNDING * float(np.abs(self.rollout.y).max()):
            raise NotIdentified(no_variation())
        found = wild_inversion(family, signs)
        two, greater, less = (
            StepFunction(f.knots * factor, f.at, f.between)
            for f in (found.two, found.greater, found.less)
        )
        difference, observed = self._means(period)
        distribution = TestInversion(two, greater, less, "wild cluster bootstrap")
        return Answer(difference, observed, distribution, len(signs), signs.every)


def chance_of(rollout: Rollout, settings: Settings, rng: np.random.Generator) -> Chance:
    """Draw what the tests compare with; all of it where it is little."""
    if settings.inference == "wild":
        signs = multipliers(len(rollout.y), settings.draws, rng, settings.signs)
        return Chance(rollout, settings, None, signs)
    placed = placements(len(rollout.y), _kinds(rollout, settings), settings.draws, rng)
    return Chance(rollout, settings, placed, None)


def _kinds(rollout: Rollout, settings: Settings) -> Ints:
    """Kind of each place: those of one kind can be exchanged without changing any effect."""
    real, loads = rollout.places()
    if settings.inference == "randomisation":
        told = [rollout.start[real].astype(np.float64)]
    else:
        told = [loads.row[:, 0].astype(np.float64), loads.size[:, 0]]
    if settings.inference == "ferman-pinto" and rollout.inverse is not None:
        told.append((loads.loads[loads.row[:, 0]] ** 2 * rollout.inverse[real]).sum(axis=1))
    _, kinds = np.unique(np.column_stack(told), axis=0, return_inverse=True)
    return kinds.ravel().astype(np.int64)


def _permuted(others: Lines, own: Lines, value: Floats, *, exact: bool, relative: bool) -> Permuted:
    """The lines as the coefficients of a permutation test of one outcome."""

    def shaped(lines: Lines) -> Coefficients:
        square = None if lines.square is None else lines.square[None]
        return Coefficients(lines.level[None], lines.slope[None], square)

    realised = shaped(own)
    return Permuted(
        coefficients=shaped(others),
        own=Coefficients(np.zeros_like(realised.level), realised.slope, realised.square),
        value=value,
        exact=exact,
        assignments=others.level.size,
        none=1.0 if relative else 0.0,
    )


def placebo_table(answer: Answer, settings: Settings) -> dict[str, Any]:
    """The test of no effect, and what it was made of."""
    found = answer.distribution
    return {
        "inference": [settings.inference],
        "compared": [answer.compared],
        "exact": [answer.exact],
        "p_two": [found.p_value(0.0)],
        "p_greater": [found.p_value(0.0, "greater")],
        "p_less": [found.p_value(0.0, "less")],
    }
