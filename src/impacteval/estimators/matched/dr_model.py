"""Both models of a doubly robust comparison, on people in an order that depends on no name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.matched import dr_words as words
from impacteval.estimators.matched.dr_folds import Places
from impacteval.estimators.matched.people import Comparison, People
from impacteval.estimators.matched.score import LOOK, Columns, Score
from impacteval.inference import (
    ArmMeans,
    Family,
    collinear_columns,
    fit_glm,
    predicted,
    separated,
)
from impacteval.inference._arrays import group_sums
from impacteval.inference.aipw import (
    Chance,
    Estimand,
    Mean,
    Outcome,
    chances,
    mean_of_target,
    odds,
    plain_mean,
)
from impacteval.inference.left_out import told_apart, without_each

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# People of a group beyond the coefficients of its model, when a fold is left out, without which
# errors are not told apart from chance; measured in docs/reference/coverage/doubly-robust.md.
SPARE = 10


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeModel:
    """The outcome model of one group on all its people.

    Attributes
    ----------
    family : {"gaussian", "binomial", "poisson"}
    coefficients : array, shape (p,)
    predicted : array, shape (n,)
        For everyone, by place.
    residual : array, shape (n,)
        Over the root of one minus leverage; by place, zero for others.
    counts : array, shape (n,)
        What each place counts for in the fit, zero for others.
    """

    family: Family
    coefficients: Floats
    predicted: Floats
    residual: Floats
    counts: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """What one way of sharing people out into folds gives; arrays by place.

    Attributes
    ----------
    arms : ArmMeans
        Influence by label of `People.labels`.
    chance : array, shape (n,)
        Chance of being served, by the score fitted without one's fold.
    weight : array, shape (n,)
        What each counts for in its group's comparison, before outcomes.
    loads : array, shape (n,)
        What each outcome is multiplied by in the mean of its group.
    fold : array of int, shape (n,)
    """

    arms: ArmMeans
    chance: Floats
    weight: Floats
    loads: Floats
    fold: Ints

    @property
    def difference(self) -> float:
        """The effect."""
        return float(self.arms.means[1] - self.arms.means[0])

    @property
    def variance(self) -> float:
        """The variance of the effect."""
        psi = self.arms.influence
        return float(((psi[1] - psi[0]) ** 2).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """What is decided without outcomes, and may be frozen.

    Attributes
    ----------
    score : Score
        Of everyone.
    kind : array of int, shape (n,)
        Who is alike in all that is known, see `kinds`.
    folds : tuple of arrays of int, shape (n,)
        By repeat, the fold of each place.
    without : tuple of arrays, shape (folds, p)
        By repeat, coefficients of the score without each fold.
    """

    score: Score
    kind: Ints
    folds: tuple[Ints, ...]
    without: tuple[Floats, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """All that was computed.

    Attributes
    ----------
    score : Score
    models : mapping of group to OutcomeModel
    splits : tuple of Split
        One a repeat.
    used : int
        The median one.
    where : Places
    kept : array of bool, shape (n,)
        Who is not left out by the score.
    """

    score: Score
    models: Mapping[int, OutcomeModel]
    splits: tuple[Split, ...]
    used: int
    where: Places
    kept: Bools

    @property
    def chosen(self) -> Split:
        """The split that is used."""
        return self.splits[self.used]

    @property
    def weight(self) -> Floats:
        """What each row counts for in its group's comparison, shape (n,), as `People`."""
        return self.where.back(self.chosen.weight)

    @property
    def arms(self) -> ArmMeans:
        """The means of the median split; its influence is stretched to the median variance.

        To the variance of each split its squared distance from the median effect is added, so that
        what the lot moved is in the error.
        """
        chosen = self.chosen
        if len(self.splits) == 1 or not chosen.variance > 0.0:
            return chosen.arms
        away = [s.variance + (s.difference - chosen.difference) ** 2 for s in self.splits]
        stretch = float(np.sqrt(np.median(away) / chosen.variance))
        return replace(chosen.arms, spelled=chosen.arms.influence * stretch)


def scores_without(people: People, score: Score, where: Places, fold: Ints, folds: int) -> Floats:
    """Coefficients of the score without each fold, shape (folds, p).

    Parameters
    ----------
    people : People
    score : Score
        Of everyone.
    where : Places
    fold : array of int, shape (n,)
        By place.
    folds : int

    Raises
    ------
    NotIdentified
        When those who are left do not determine it.
    """
    if folds == 1:
        return score.coefficients[None]
    x = score.columns.values[where.order]
    served = people.treatment[where.order].astype(np.float64)
    found = without_each(
        x,
        served,
        "binomial",
        weight=people.counts[where.order],
        fold=fold,
        folds=folds,
        start=score.coefficients,
    )
    if not found.determined.all():
        raise NotIdentified(words.thin_score())
    far = np.abs(x @ found.coefficients.T).max(axis=0) > LOOK
    for k in np.flatnonzero(far | ~found.converged):
        inside = fold != k
        if separated(x[inside], served[inside], "binomial"):
            raise NotIdentified(words.separated_fold())
        if not found.converged[k]:
            raise NotIdentified(words.no_score_fold())
    return found.coefficients


def family_of(comparison: Comparison, asked: str) -> Family:
    """The family asked for, when outcomes allow it; or the one that fits the outcomes.

    Raises
    ------
    NotIdentified
        For a logit of outcomes that are not from 0 to 1, or a log link of negative ones.
    """
    y = comparison.y[comparison.measured]
    share, natural = bool(((y >= 0) & (y <= 1)).all()), bool((y >= 0).all())
    if asked == "logit" and not share:
        raise NotIdentified(words.not_a_share(float(y.min()), float(y.max())))
    if asked == "poisson" and not natural:
        raise NotIdentified(words.negative(float(y.min())))
    named: dict[str, Family] = {"linear": "gaussian", "logit": "binomial", "poisson": "poisson"}
    if asked in named:
        return named[asked]
    if comparison.people.exposure is not None:
        return "poisson" if natural else "gaussian"
    if np.isin(y, (0.0, 1.0)).all():
        return "binomial"
    return "poisson" if natural and bool((y == np.floor(y)).all()) else "gaussian"


def fit_outcome(
    comparison: Comparison,
    columns: Columns,
    where: Places,
    group: int,
    family: Family,
    kept: Bools,
    folds: int,
) -> OutcomeModel:
    """The outcome model of one group on everyone in it who is kept and was measured.

    Parameters
    ----------
    comparison : Comparison
    columns : Columns
    where : Places
    group : {0, 1}
    family : {"gaussian", "binomial", "poisson"}
    kept : array of bool, shape (n,)
        In the order of `People`.
    folds : int

    Raises
    ------
    NotIdentified
        When the group is too small for the model, or has no finite fit.
    """
    people = comparison.people
    inside = (kept & comparison.measured & (people.treatment == group))[where.order]
    x = columns.values[where.order][inside]
    y = comparison.y[where.order][inside]
    weight, copies = people.own[where.order][inside], people.copies[where.order][inside]
    check_size(people, where, inside, x.shape[1], group, folds)
    gram = (x * (weight * copies)[:, None]).T @ x
    # Only where columns are hardly told apart are they looked at one by one.
    plain = bool(told_apart(gram[None], 1e-6)[0])
    extra = () if plain else collinear_columns(x[:, 1:], weight * copies)
    if extra:
        raise NotIdentified(words.thin_group(group, [columns.names[1 + j] for j in extra]))
    beta, leverage, finite = (
        _line(x, y, weight, copies, gram)
        if plain and family == "gaussian"
        else _curve(x, y, family, weight, copies)
    )
    if family != "gaussian" and (not finite or float(np.abs(x @ beta).max()) > LOOK):
        if separated(x, y, family):
            raise NotIdentified(words.separated_outcome(group))
        if not finite:
            raise NotIdentified(words.no_outcome_model())
    residual, counts = np.zeros(people.n), np.zeros(people.n)
    # A person whose outcome alone determines a coefficient leaves no residual to tell errors by.
    spare = np.maximum(1.0 - leverage, 1e-9)
    everyone, _ = predicted(family, columns.values[where.order] @ beta)
    residual[inside] = (y - everyone[inside]) / np.sqrt(spare)
    counts[inside] = weight * copies
    return OutcomeModel(family, beta, everyone, residual, counts)


def _line(
    x: Floats, y: Floats, weight: Floats, copies: Floats, gram: Floats
) -> tuple[Floats, Floats, bool]:
    """Coefficients and leverages of single copies, by products where columns are well apart."""
    held = weight * copies
    beta: Floats = np.asarray(np.linalg.solve(gram, (held * y) @ x), dtype=np.float64)
    beta = beta + np.linalg.solve(gram, (held * (y - x @ beta)) @ x)
    half = np.linalg.solve(np.linalg.cholesky(gram), x.T)
    leverage: Floats = np.asarray(weight * (half**2).sum(axis=0), dtype=np.float64)
    return beta, leverage, True


def _curve(
    x: Floats, y: Floats, family: Family, weight: Floats, copies: Floats
) -> tuple[Floats, Floats, bool]:
    fit = fit_glm(x, y, family, weight=weight, copies=copies)
    return fit.regression.coefficients, fit.regression.leverages, bool(fit.converged)


def check_size(
    people: People, where: Places, inside: Bools, columns: int, group: int, folds: int
) -> None:
    """Enough people, or clusters, beyond the coefficients when a fold is left out."""
    held = float(people.copies[where.order][inside].sum())
    if people.cluster is not None:
        held = float(len(np.unique(where.item[inside])))
        columns = 0
    left = held if folds == 1 else held - np.ceil(held / folds)
    if left < columns + SPARE:
        needed = columns + SPARE
        if folds > 1:
            needed = int(np.ceil(needed * folds / (folds - 1)))
        clustered = people.cluster is not None
        raise NotIdentified(words.too_few(group, round(held), needed, clustered=clustered))


def split(
    comparison: Comparison,
    score: Score,
    where: Places,
    outcomes: tuple[OutcomeModel | None, OutcomeModel],
    fold: Ints,
    without: Floats,
    estimand: Estimand,
    kept: Bools,
) -> Split:
    """Both means for one way of sharing people out.

    Parameters
    ----------
    comparison : Comparison
    score : Score
        Of everyone.
    where : Places
    outcomes : (OutcomeModel or None, OutcomeModel)
        Of the served, where it is needed, and of the others.
    fold : array of int, shape (n,)
        By place.
    without : array, shape (folds, p)
        Coefficients of the score without each fold.
    estimand : {"att", "ate"}
    kept : array of bool, shape (n,)
        In the order of `People`.
    """
    people, order = comparison.people, where.order
    folds = len(without)
    x, served, y = score.columns.values[order], people.treatment[order], comparison.y[order]
    counts = people.counts[order]
    chance = Chance(x, served, without, score.chance[order], score.information, counts)
    base = np.where(kept & comparison.measured, people.own * people.copies, 0.0)[order]
    target: Floats = np.where(served == 1, base, 0.0) if estimand == "att" else base

    def mean(group: int, model: OutcomeModel | None) -> Mean:
        if model is None:
            return plain_mean(y, target)
        fitted = without_each(
            x,
            y,
            model.family,
            weight=model.counts,
            fold=fold,
            folds=folds,
            start=model.coefficients,
        )
        if not fitted.determined.all():
            raise NotIdentified(words.thin_fold(group))
        inside = model.counts > 0.0
        far = np.abs(x[inside] @ fitted.coefficients.T).max(axis=0) > LOOK
        doubtful = (
            np.zeros(folds, dtype=bool) if model.family == "gaussian" else far | ~fitted.converged
        )
        for k in np.flatnonzero(doubtful):
            rows = inside & (fold != k) if folds > 1 else inside
            if not fitted.converged[k] or separated(x[rows], y[rows], model.family):
                raise NotIdentified(words.separated_outcome(group))
        outcome = Outcome(x, model.family, fitted, model.predicted, model.residual, model.counts)
        return mean_of_target(y, base, target, group, estimand, chance, outcome, fold)

    served_mean, other_mean = mean(1, outcomes[0]), mean(0, outcomes[1])
    e = chances(chance, fold)
    times = np.where(served == 1, odds(e, 1, estimand)[0], odds(e, 0, estimand)[0])
    columns = x.shape[1]
    return Split(
        arms=_arms(
            comparison,
            where,
            (other_mean, served_mean),
            target > 0.0,
            (columns, 1 if outcomes[0] is None else columns),
        ),
        chance=e,
        weight=np.where(kept[order], counts * times, 0.0),
        loads=other_mean.loads + served_mean.loads,
        fold=fold,
    )


def _arms(
    comparison: Comparison,
    where: Places,
    means: tuple[Mean, Mean],
    target: Bools,
    columns: tuple[int, int],
) -> ArmMeans:
    people, order = comparison.people, where.order
    copies = people.copies[order]
    targeted = float(copies[target].sum())
    # Who belongs to the target is a draw as well: n over n - 1 for what is centred at a mean.
    drawn = np.sqrt(targeted / (targeted - 1.0))
    whole = np.stack([drawn * mean.target + mean.sampled for mean in means])
    rows = np.empty_like(whole)
    rows[:, order] = whole / np.sqrt(copies)
    influence = people.gathered(rows)
    if people.cluster is not None:
        used = len(np.unique(people.cluster.codes[comparison.measured]))
        influence = influence * np.sqrt(used / (used - 1.0))
    held = np.stack([mean.loads for mean in means])
    loads = np.empty_like(held)
    loads[:, order] = held
    spare = _Spare.of(comparison, loads, columns)
    return ArmMeans(
        np.array([mean.value for mean in means]),
        influence,
        lambda contrast: spare.degrees(contrast, influence),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Spare:
    """Degrees of freedom of the squares in each group, and to which group each label belongs.

    Attributes
    ----------
    group : array of int, shape (m,)
        0 or 1; 2 for clusters of both.
    degrees_of : array, shape (3,)
    """

    group: Ints
    degrees_of: Floats

    @classmethod
    def of(cls, comparison: Comparison, loads: Floats, columns: tuple[int, int]) -> _Spare:
        people = comparison.people
        found = np.full(3, np.inf)
        if people.cluster is None:
            group = people.treatment
            for arm in (0, 1):
                own = loads[arm][group == arm]
                copies = people.copies[group == arm]
                n = float(copies[own != 0.0].sum())
                alike = _as_many(own / copies, copies)
                found[arm] = max(1.0, alike * (n - columns[arm]) / n)
            return cls(group, found)
        codes, labels = people.cluster.codes, len(people.cluster.labels)
        any_served = group_sums(people.served.astype(np.float64), codes, labels) > 0.0
        any_other = group_sums((~people.served).astype(np.float64), codes, labels) > 0.0
        group = np.where(any_served & any_other, 2, any_served.astype(np.int64))
        pulls = group_sums(np.abs(loads), codes, labels)
        for kind in (0, 1, 2):
            own = np.sqrt((pulls[:, group == kind] ** 2).sum(axis=0))
            if own.any():
                found[kind] = max(1.0, _as_many(own, np.ones(len(own))) - 1.0)
        return cls(group, found)

    def degrees(self, contrast: Floats, influence: Floats) -> Floats:
        """Satterthwaite's, of a sum of variances."""
        squares = (contrast @ influence) ** 2
        parts = np.array([float(squares[self.group == kind].sum()) for kind in (0, 1, 2)])
        return np.asarray(parts.sum() ** 2 / (parts**2 / self.degrees_of).sum())


def _as_many(loads: Floats, copies: Floats) -> float:
    """How many equal loads have squares as spread out as these (Kish, of squares)."""
    squares = loads**2
    return float((copies @ squares) ** 2 / (copies @ squares**2))
