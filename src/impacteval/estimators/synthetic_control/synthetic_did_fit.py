"""Synthetic difference-in-differences on arrays: weights of places, weights of periods, effects.

One call answers for the real roll-out or for many that stand in its stead (placebos, resamples,
places left out): a row of each array is one roll-out.

References
----------
Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Synthetic difference-in-differences.
*American Economic Review* 111(12). doi:10.1257/aer.20190159
Clarke, Pailanir, Athey and Imbens (2023), Synthetic difference in differences estimation.
arXiv:2301.11859 (several dates of adoption; covariates)
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control.synthetic_did_weights import best_weights, ratio

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Part = TypeVar("Part", "Weights", "Effects")


# Numbers held at a time: 32 MB an array.
HELD = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Rollout:
    """Who was served when, and what everyone had.

    Attributes
    ----------
    y : array, shape (U, T)
        Outcomes.
    x : array, shape (U, T, k)
        Covariates; k may be zero.
    donors : array of int, shape (J,)
        Rows that are never served.
    served : array of int, shape (N,)
        Rows that are.
    start : array of int, shape (N,)
        First served period of each.
    weight : array, shape (N, T)
        What each served unit-period counts for.
    """

    y: Floats
    x: Floats
    donors: Ints
    served: Ints
    start: Ints
    weight: Floats

    @property
    def starts(self) -> Ints:
        """The dates of adoption in order, shape (A,)."""
        return np.unique(self.start)

    @property
    def n_periods(self) -> int:
        """Number of periods, T."""
        return int(self.y.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Roll-outs in the stead of the real one.

    Attributes
    ----------
    who : array of int, shape (K, N)
        Row that stands in each served place.
    times : array, shape (K, N)
        How often that place counts.
    donors : array, shape (K, J)
        How often each donor does; zero where it may have no weight.
    """

    who: Ints
    times: Floats
    donors: Floats

    @classmethod
    def real(cls, rollout: Rollout) -> Draws:
        """The roll-out as it was, K = 1."""
        return cls(
            rollout.served[None, :],
            np.ones((1, len(rollout.served))),
            np.ones((1, len(rollout.donors))),
        )

    def __len__(self) -> int:
        return len(self.who)

    def part(self, first: int, last: int) -> Draws:
        """Some of them."""
        return Draws(self.who[first:last], self.times[first:last], self.donors[first:last])


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Weights of places and of periods of each roll-out and date of adoption.

    Attributes
    ----------
    units : array, shape (K, A, J)
        Of the donors; sum one.
    periods : array, shape (K, A, T)
        Of the periods from before; sum one, zero from the date on.
    gap, relative_gap : array, shape (K, A, 2)
        Duality gaps of both fits: units, periods.
    noise : array, shape (K, A)
        Standard deviation of the donors' changes from one period to the next, before the date.
    """

    units: Floats
    periods: Floats
    gap: Floats
    relative_gap: Floats
    noise: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Effects of each roll-out by date of adoption and period.

    Attributes
    ----------
    effect : array, shape (K, A, T)
        Before a date, how far the served were from their mix, from the same level.
    mass : array, shape (K, A, T)
        What is served, in the weight of the served; zero before a date.
    size : array, shape (K, A)
        What each date counts for in all.
    """

    effect: Floats
    mass: Floats
    size: Floats

    def over(self, inside: Bools) -> Floats:
        """The average over the served unit-periods of some periods, shape (K,)."""
        mass = np.where(inside, self.mass, 0.0)
        top = (mass * self.effect).sum(axis=(1, 2))
        return ratio(top, mass.sum(axis=(1, 2)))

    def by_period(self) -> Floats:
        """The average over those served in each period, shape (K, T); NaN where nobody is."""
        return ratio((self.mass * self.effect).sum(axis=1), self.mass.sum(axis=1))

    def by_event_time(self, starts: Ints) -> tuple[Ints, Floats]:
        """Periods since adoption, and the average over the dates at each, shape (K, E)."""
        n_periods = self.effect.shape[2]
        times = np.arange(-int(starts.max()), n_periods - int(starts.min()))
        top = np.zeros((len(self.effect), len(times)))
        mass = np.zeros_like(top)
        for a, start in enumerate(starts.tolist()):
            place = np.arange(n_periods) - start - int(times[0])
            # Before a date all of it counts at all times alike, as nobody is served.
            on = np.arange(n_periods) >= start
            weight = np.where(on, self.mass[:, a], self.size[:, a, None])
            top[:, place] += weight * self.effect[:, a]
            mass[:, place] += weight
        held = np.flatnonzero((mass > 0.0).any(axis=0))
        return times[held], ratio(top, mass)[:, held]


def within(values: Floats) -> Floats:
    """Values of a panel (J, T, k) without the means of each unit and of each period."""
    own = values - values.mean(axis=1, keepdims=True)
    found: Floats = own - own.mean(axis=0)
    return found


def adjusted(rollout: Rollout, draws: Draws) -> tuple[Floats, Floats]:
    r"""Outcomes without what goes with the covariates among the donors.

    The slopes are those of least squares with an effect of each unit and of each period on the
    donors' rows, all periods ("projected" in Clarke et al.); they are found anew for each roll-out,
    from its own donors. Everyone's outcome is then taken at covariates of zero.

    Parameters
    ----------
    rollout : Rollout
    draws : Draws

    Returns
    -------
    y : array, shape (K, U, T), or (1, U, T) without covariates
    slopes : array, shape (K, k)
    """
    k = rollout.x.shape[2]
    if not k:
        return rollout.y[None], np.zeros((len(draws), 0))
    own = np.concatenate([rollout.x, rollout.y[:, :, None]], axis=2)[rollout.donors]
    own = own - own.mean(axis=1, keepdims=True)
    each = np.einsum("jta,jtb->jab", own, own)
    count = draws.donors.sum(axis=1)
    total = np.einsum("kj,jab->kab", draws.donors, each)
    mean = np.einsum("kj,jta->kta", draws.donors, own) / count[:, None, None]
    cross = total - count[:, None, None] * np.einsum("kta,ktb->kab", mean, mean)
    left, right = cross[:, :k, :k], cross[:, :k, k]
    # A covariate that does not vary within these donors has no slope.
    slopes = (np.linalg.pinv(left, rcond=1e-10, hermitian=True) @ right[:, :, None])[:, :, 0]
    return rollout.y - np.einsum("utk,dk->dut", rollout.x, slopes), slopes


def adjustment(rollout: Rollout) -> Floats:
    """Outcomes of the real roll-out at covariates of zero, shape (U, T)."""
    found: Floats = adjusted(rollout, Draws.real(rollout))[0][0]
    return found


def fit(rollout: Rollout, draws: Draws, weights: Weights | None = None) -> tuple[Weights, Effects]:
    """Weights and effects of each roll-out.

    Parameters
    ----------
    rollout : Rollout
    draws : Draws
    weights : Weights, optional
        Weights of the real roll-out to be kept (those of units renormalised over the donors that
        are left), instead of being found anew.

    Returns
    -------
    Weights, Effects

    Notes
    -----
    Roll-outs are taken so many at a time that their outcomes stay below a fixed size: memory grows
    with the weights that are returned, and not with outcomes times roll-outs.
    """
    chunk = max(1, HELD // rollout.y.size)
    parts = [
        _fit(rollout, draws.part(first, first + chunk), weights)
        for first in range(0, len(draws), chunk)
    ]
    if len(parts) == 1:
        return parts[0]
    return _joined([w for w, _ in parts]), _joined([e for _, e in parts])


def _joined(parts: list[Part]) -> Part:
    """Several sets of roll-outs as one."""
    names = [field.name for field in fields(parts[0])]
    return type(parts[0])(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
    )


def _fit(rollout: Rollout, draws: Draws, weights: Weights | None) -> tuple[Weights, Effects]:
    y, _ = adjusted(rollout, draws)
    starts = rollout.starts
    k, a, t = len(draws), len(starts), rollout.n_periods
    found = Weights(
        np.zeros((k, a, len(rollout.donors))),
        np.zeros((k, a, t)),
        np.zeros((k, a, 2)),
        np.zeros((k, a, 2)),
        np.zeros((k, a)),
    )
    effects = Effects(np.zeros((k, a, t)), np.zeros((k, a, t)), np.zeros((k, a)))
    for place, start in enumerate(starts.tolist()):
        cohort = _Cohort.of(rollout, draws, y, start)
        if weights is None:
            _find(found, place, cohort)
        else:
            _keep(found, place, cohort, weights)
        units, periods = found.units[:, place], found.periods[:, place, :start]
        effects.effect[:, place] = cohort.effects(units, periods)
        effects.mass[:, place] = cohort.mass
        effects.size[:, place] = cohort.mass.sum(axis=1)
    return found, effects


@dataclass(frozen=True, slots=True, eq=False)
class _Cohort:
    """Those who begin at one date, in each roll-out, and the donors.

    Attributes
    ----------
    start : int
    pool : array, shape (K or 1, J, T)
        Donors' outcomes.
    times : array, shape (K, J)
        How often each donor counts.
    path : array, shape (K, T)
        Mean of the served: before the date with what each counts for in all, from it on with
        what it counts for in the period.
    own : array, shape (K, N_a, T)
        Outcome of each.
    share : array, shape (K, N_a, T)
        What each counts for in the means of `path`.
    mass : array, shape (K, T)
        What they count for in each period; zero before the date.
    count : array, shape (K,)
        Their number.
    """

    start: int
    pool: Floats
    times: Floats
    path: Floats
    own: Floats
    share: Floats
    mass: Floats
    count: Floats

    @classmethod
    def of(cls, rollout: Rollout, draws: Draws, y: Floats, start: int) -> _Cohort:
        """The cohort of that date."""
        slots = np.flatnonzero(rollout.start == start)
        times, who = draws.times[:, slots], draws.who[:, slots]
        row = np.arange(len(draws))[:, None] if len(y) > 1 else np.zeros((1, 1), dtype=np.int64)
        own = y[row, who]
        on = np.arange(rollout.n_periods) >= start
        weight = np.where(on, rollout.weight[slots], 0.0)
        mass = times[:, :, None] * weight
        whole = mass.sum(axis=(1, 2))
        # Served places that count for nothing are still followed, each like the others.
        share = np.where(whole[:, None] > 0.0, mass.sum(axis=2), times)
        share = _part(share, axis=1)
        at = np.where(mass.sum(axis=1)[:, None, :] > 0.0, mass, share[:, :, None])
        at = _part(np.where(on, at, share[:, :, None]), axis=1)
        return cls(
            start=start,
            pool=y[:, rollout.donors],
            times=draws.donors,
            path=(at * own).sum(axis=1),
            own=own,
            share=at,
            mass=mass.sum(axis=1),
            count=times.sum(axis=1),
        )

    @property
    def after(self) -> Floats:
        """Donors' mean over the served periods, as these count, shape (K, J)."""
        mass = self.mass[:, self.start :]
        share = _part(np.where(mass.sum(axis=1, keepdims=True) > 0.0, mass, 1.0), axis=1)
        found: Floats = (self.pool[:, :, self.start :] @ share[:, :, None])[:, :, 0]
        return found

    def effects(self, units: Floats, periods: Floats) -> Floats:
        """Observed minus counterfactual in each period, shape (K, T)."""
        shared = len(self.pool) == 1
        mix = units @ self.pool[0] if shared else (units[:, None, :] @ self.pool)[:, 0]
        apart = (self.share * (self.own[:, :, : self.start] @ periods[:, :, None])).sum(axis=1)
        level = (periods * mix[:, : self.start]).sum(axis=1)
        found: Floats = self.path - apart - mix + level[:, None]
        return found


def counted_as(rollout: Rollout) -> Floats:
    """What each served place counts for among those of its date, shape (N,)."""
    on = np.arange(rollout.n_periods) >= rollout.start[:, None]
    mass = np.where(on, rollout.weight, 0.0).sum(axis=1)
    found = np.empty(len(mass))
    for start in rollout.starts.tolist():
        held = rollout.start == start
        own = mass[held] if mass[held].any() else np.ones(int(held.sum()))
        found[held] = own / own.sum()
    return found


def _part(values: Floats, axis: int) -> Floats:
    """Values as parts of their sum; zero where that is zero."""
    total = values.sum(axis=axis, keepdims=True)
    found: Floats = np.divide(values, total, out=np.zeros_like(values), where=total > 0.0)
    return found


def _find(found: Weights, place: int, cohort: _Cohort) -> None:
    """Find the weights of one date."""
    start, served = cohort.start, cohort.path.shape[1] - cohort.start
    best = best_weights(
        cohort.pool[:, :, :start],
        cohort.times,
        path=cohort.path[:, :start],
        after=cohort.after,
        size=cohort.count * served,
    )
    here = cohort.count > 0.0
    found.noise[:, place] = best.noise
    found.units[here, place] = best.units.weights
    found.periods[here, place, :start] = best.periods.weights
    found.gap[here, place] = np.column_stack([best.units.gap, best.periods.gap])
    found.relative_gap[here, place] = np.column_stack(
        [best.units.relative_gap, best.periods.relative_gap]
    )


def _keep(found: Weights, place: int, cohort: _Cohort, weights: Weights) -> None:
    """Keep the real weights of one date, over the donors that are left."""
    found.units[:, place] = _part(cohort.times * weights.units[0, place], axis=1)
    found.periods[:, place] = weights.periods[0, place]
    found.noise[:, place] = weights.noise[0, place]
