"""Two groups, before and after one starting date.

References
----------
Sant'Anna and Zhao (2020), Doubly robust difference-in-differences estimators. *Journal of
Econometrics* 219(1). doi:10.1016/j.jeconom.2020.06.003
Card and Krueger (1994), Minimum wages and employment. *American Economic Review* 84(4).
Bertrand, Duflo and Mullainathan (2004), How much should we trust differences-in-differences
estimates? *Quarterly Journal of Economics* 119(1). doi:10.1162/003355304772839588
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.did import two_groups_words as words
from impacteval.estimators.did.changes import Changes, NobodyLeft, Setting, changes
from impacteval.estimators.did.effect import Average, PathPoint, Told, build
from impacteval.estimators.did.panel import Bools, Floats, Ints, Panel, read_panel
from impacteval.estimators.did.rows_regression import clustered, fit_rows, superfluous
from impacteval.estimators.did.small_sample import Correction, correction
from impacteval.estimators.did.two_groups_card import DIFFERENCE_IN_DIFFERENCES
from impacteval.estimators.did.two_groups_tables import tables_of
from impacteval.inference.drdid import CannotFit, Method
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample

# Chance of being served above which comparison units are pointed out.
_NEARLY_CERTAIN = 0.95


@dataclass(frozen=True, slots=True)
class DifferenceInDifferences:
    """The change of those served less the change of those who were not.

    Parameters
    ----------
    method : {"dr", "ipw", "reg", "ols"}
        What covariates are used for: doubly robust (Sant'Anna and Zhao), weights, a regression of
        changes, or the regression of textbooks with covariates added. Without covariates the
        first three are the same, and so is the last in balanced panels.

    Examples
    --------
    Two served units rise by 3 and 5, two others by 1 and 2:

    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> table = pd.DataFrame({
    ...     "who": list("aabbccdd"), "year": [1, 2] * 4, "on": [0, 1, 0, 1, 0, 0, 0, 0],
    ...     "y": [1.0, 4.0, 2.0, 7.0, 1.0, 2.0, 3.0, 5.0],
    ... })
    >>> sample = Sample.from_frame(
    ...     table, design="did", outcome="y", unit="who", period="year", treatment="on"
    ... )
    >>> found = DifferenceInDifferences().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> found.effect.value, round(found.effect.std_error, 6)
    (2.5, 1.118034)
    """

    name: ClassVar[str] = "difference-in-differences"
    card: ClassVar[MethodCard] = DIFFERENCE_IN_DIFFERENCES

    method: Literal["dr", "ipw", "reg", "ols"] = "dr"

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on the served on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``did``, one starting date.
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
        panel = read_panel(sample, scale)
        start, found = fit_two_groups(panel, self.method)
        return _built(panel, start, found, scale, self.name, self.method)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was estimated, in influence of units or clusters, corrected for small samples.

    Effects and means are those of `Changes`: pooled, then by period.
    """

    effect: Floats
    influence: Floats
    observed: Floats
    observed_influence: Floats
    against: Floats
    against_influence: Floats
    counts: Ints
    size: float
    df: float
    conventions: Callable[[], Iterator[tuple[str, float, float]]]
    notes: tuple[Message, ...]

    @property
    def averages(self) -> list[Average]:
        """Pooled, then by period."""
        parts = (self.effect, self.observed, self.influence, self.observed_influence)
        return [Average(float(e), float(o), p, q) for e, o, p, q in zip(*parts, strict=True)]


def fit_two_groups(panel: Panel, method: Method | Literal["ols"]) -> tuple[int, Found]:
    """Place of the first served period, and what was estimated.

    Parameters
    ----------
    panel : Panel
        The rows.
    method : str
        As in `DifferenceInDifferences`.

    Raises
    ------
    NotIdentified
        When there are several starting dates, or the data cannot answer.
    """
    starts = np.unique(panel.start[panel.start < panel.n_periods])
    if len(starts) > 1:
        raise NotIdentified(words.staggered(len(starts)))
    start = int(starts[0])
    treated = panel.start == start
    if method == "ols":
        return start, _by_rows(panel, start, treated)
    x, moving = _covariates(panel, start)
    found = _by_change(Setting(panel, start, treated, x, method))
    if moving:
        found = replace(found, notes=(words.moving_covariates(moving), *found.notes))
    return start, found


def _by_change(setting: Setting) -> Found:
    panel, treated = setting.panel, setting.treated
    try:
        found = changes(setting)
    except CannotFit as error:
        raise NotIdentified(_cannot_fit(panel, error)) from error
    except NobodyLeft as error:
        early, late = (str(panel.periods[t]) for t in (error.before, error.after))
        raise NotIdentified(words.nobody_in_both(early, late)) from error
    if not math.isfinite(found.effect[0]):
        raise NotIdentified(words.no_change_seen())
    fixed = _correction(setting, found)
    return Found(
        effect=found.effect,
        influence=fixed.influence(found.influence),
        observed=found.observed,
        observed_influence=fixed.influence(found.observed_influence),
        against=found.against,
        against_influence=fixed.influence(found.against_influence),
        counts=found.counts,
        size=found.size,
        df=fixed.df(found.influence[0]),
        conventions=partial(_conventions, panel, setting.start, treated, found),
        notes=tuple(_notes(setting, found)),
    )


def _correction(setting: Setting, found: Changes) -> Correction:
    """The sides of the comparison; in repeated cross-sections, before and after apart."""
    panel, treated = setting.panel, setting.treated
    cell = treated.astype(np.int64)
    arm = np.array([0, 1])
    if panel.kind == "repeated_cross_section":
        cell = 2 * cell + (panel.period >= setting.start)
        arm = np.arange(4) if panel.cluster is None else np.array([0, 0, 1, 1])
    # A regression costs the comparison units one more each; in `dr`, also where others are served.
    columns = 0 if setting.method == "ipw" else setting.x.shape[1]
    both = setting.method == "dr" and panel.kind == "repeated_cross_section"
    sides = np.arange(len(arm)) < len(arm) // 2
    spent = np.where(sides | both, columns, 0).astype(np.float64)
    fixed = correction(panel, cell, found.weight, arm=arm, spent=spent)
    if fixed.alone is not None:
        served = fixed.alone >= len(arm) // 2
        raise NotIdentified(words.alone(served, clusters=panel.cluster is not None))
    return fixed


def _by_rows(panel: Panel, start: int, treated: Bools) -> Found:
    on = treated[panel.unit]
    after = panel.period >= start
    extra = superfluous(panel, on, after)
    if extra:
        raise NotIdentified(words.collinear(extra, _EVERYONE))
    afters = np.arange(start, panel.n_periods)
    others = np.delete(np.arange(panel.n_periods), start - 1)
    present = np.array([bool((on & (panel.period == t)).any()) for t in range(panel.n_periods)])
    pooled = fit_rows(panel, on, (on & after)[:, None].astype(float), covariates=True)
    unit_cell = treated.astype(np.int64)
    if panel.kind == "repeated_cross_section":
        unit_cell = 2 * unit_cell + (panel.period >= start)
    arm = np.arange(int(unit_cell.max()) + 1)
    weight = np.ones(len(panel.y)) if panel.weight is None else panel.weight
    fixed = correction(panel, unit_cell, panel.by_unit(weight), arm=arm)
    if fixed.alone is not None:
        served = fixed.alone >= len(arm) // 2
        raise NotIdentified(words.alone(served, clusters=panel.cluster is not None))

    def by_period(periods: Ints) -> tuple[Floats, Floats]:
        effect = np.full(len(periods), np.nan)
        influence = np.zeros((len(periods), len(panel.groups)))
        here = present[periods]
        if here.any():
            columns = on[:, None] & (panel.period[:, None] == periods[here])
            fit = fit_rows(panel, on, columns.astype(float), covariates=True)
            effect[here], influence[here] = fit.effect, fit.influence()
        return effect, influence

    each, each_influence = by_period(afters)
    against, against_influence = by_period(others)
    masks = [on & after, *(on & (panel.period == t) for t in afters)]
    observed, own = _means(panel, weight, masks)
    counts = np.empty((2, panel.n_periods), dtype=np.int64)
    for side in (0, 1):
        counts[side] = np.bincount(panel.period[on == bool(side)], minlength=panel.n_periods)
    df = pooled.degrees()
    return Found(
        effect=np.append(pooled.effect, each),
        influence=np.vstack([pooled.influence(), each_influence]),
        observed=observed,
        observed_influence=fixed.influence(own),
        against=against,
        against_influence=against_influence,
        counts=counts,
        size=float(panel.size[on & after].sum()),
        df=df,
        conventions=pooled.conventions,
        notes=() if panel.balanced or panel.kind != "panel" else (words.composition(),),
    )


def _means(panel: Panel, weight: Floats, masks: list[Bools]) -> tuple[Floats, Floats]:
    """Weighted means over rows and the influence of each unit."""
    found, influence = np.full(len(masks), np.nan), np.zeros((len(masks), len(panel.labels)))
    for k, mask in enumerate(masks):
        if mask.any():
            share = weight * mask / (weight * mask).sum()
            found[k] = share @ panel.y
            influence[k] = panel.by_unit(share * (panel.y - found[k]))
    return found, influence


# --- what is told ---------------------------------------------------------------------------------

_EVERYONE = ("all rows", "toutes les lignes")
_WHERE = {
    "all": ("the units compared", "les unités comparées"),
    "comparison": ("the comparison units", "les unités de comparaison"),
    "comparison before": (
        "the comparison units before the service",
        "les unités de comparaison avant le service",
    ),
    "comparison after": (
        "the comparison units after the start",
        "les unités de comparaison après le démarrage",
    ),
    "served before": ("the served group before", "le groupe servi avant le service"),
    "served after": ("the served group after the start", "le groupe servi après le démarrage"),
}


def _cannot_fit(panel: Panel, error: CannotFit) -> Message:
    if error.reason == "separated":
        return words.separated()
    names = tuple(panel.covariates[k] for k in error.columns)
    return words.collinear(names, _WHERE[error.cell])


def _covariates(panel: Panel, start: int) -> tuple[Floats, tuple[str, ...]]:
    """Covariates of units in their last period before the service, and which ones change.

    Units that were not measured before have those of their first period; they have no change and
    do not count. In repeated cross-sections each row has its own.
    """
    if panel.kind == "repeated_cross_section" or not panel.covariates:
        return panel.x, ()
    units = len(panel.labels)
    first = np.searchsorted(panel.unit, np.arange(units))
    before = np.bincount(panel.unit[panel.period < start], minlength=units)
    x = panel.x[first + np.maximum(before - 1, 0)]
    moves = (panel.x != x[panel.unit]).any(axis=0)
    return x, tuple(n for n, m in zip(panel.covariates, moves, strict=True) if m)


def _notes(setting: Setting, found: Changes) -> Iterator[Message]:
    panel, treated = setting.panel, setting.treated
    if panel.kind == "panel" and not setting.constant:
        yield words.gaps()
    if panel.kind == "panel":
        out = ~_both_sides(panel, setting.start)
        if out.any():
            yield words.without_change(int((out & treated).sum()), int((out & ~treated).sum()))
    if found.propensity is not None:
        chance = np.where(treated, 0.0, np.nan_to_num(found.propensity))
        crowd = int((chance > _NEARLY_CERTAIN).sum())
        if crowd:
            yield words.overlap(float(chance.max()), crowd)


def _both_sides(panel: Panel, start: int) -> Bools:
    units = len(panel.labels)
    before = np.bincount(panel.unit[panel.period < start], minlength=units)
    after = np.bincount(panel.unit[panel.period >= start], minlength=units)
    return (before > 0) & (after > 0)


def _conventions(
    panel: Panel, start: int, treated: Bools, found: Changes
) -> Iterator[tuple[str, float, float]]:
    """Without small-sample factors, with the plain one; and what regressions of rows print."""
    psi = panel.by_group(found.influence[0])
    m = len(panel.groups)
    plain = float(np.linalg.norm(psi))
    yield "influence", plain, math.inf
    yield "influence_plain_factor", plain * math.sqrt(m / (m - 1.0)), m - 1.0
    if panel.covariates:
        return  # the regression of rows would be another estimate
    if panel.kind == "panel":
        rows, columns = float(len(panel.y)), panel.n_periods + 2.0
        if panel.balanced and panel.weight is None and rows > columns:
            # Of a regression with clusters the sums of squares are those of the influence.
            stata = m / (m - 1.0) * (rows - 1.0) / (rows - columns)
            yield "ols_cr1", plain * math.sqrt(stata), m - 1.0
    elif panel.n_periods == 2:
        on = treated[panel.unit]
        effects = (on & (panel.period >= start))[:, None].astype(float)
        yield from fit_rows(panel, on, effects, covariates=False).conventions()


def _built(
    panel: Panel, start: int, found: Found, scale: Scale, name: str, method: str
) -> CounterfactualEstimate:
    average, path = _averages(start, found)
    repeated = panel.kind == "repeated_cross_section"
    influence = bool(panel.covariates) and method != "ols"
    label = "CR2" if panel.cluster is not None or (clustered(panel) and method == "ols") else "HC2"
    study, tables = tables_of(
        panel,
        start,
        effect=found.effect,
        influence=found.influence,
        against=found.against,
        against_influence=found.against_influence,
        counts=found.counts,
        df=found.df,
        conventions=found.conventions(),
    )
    told = Told(
        "influence" if influence else label,
        (
            words.formed(method, panel.covariates, repeated=repeated),
            words.errors(len(panel.groups), panel.level, found.df, influence=influence),
        ),
    )
    return build(
        estimator=name,
        settings={"method": method},
        panel=panel,
        average=average,
        path=path,
        scale=scale,
        told=told,
        served=found.size,
        df=found.df,
        tables=tables,
        notes=found.notes,
        event_study=study,
    )


def _averages(start: int, found: Found) -> tuple[Average, list[PathPoint]]:
    averages = found.averages
    path = [
        PathPoint(start + k, average, int(found.counts[1, start + k]))
        for k, average in enumerate(averages[1:])
        if math.isfinite(average.effect)
    ]
    return averages[0], path
