"""From a roll-out to clean comparisons, and from these to the averages that a result is made of.

`stacked` and `local-projections` differ in which units they call clean, in whether they want the same units
at all times since the start, and in what each comparison counts for. The rest stands here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimates import EventStudy
from impacteval.estimators.did import clean_words as words
from impacteval.estimators.did import messages
from impacteval.estimators.did.effect import Average, PathPoint
from impacteval.estimators.did.event_tables import event_study_table
from impacteval.estimators.did.long_changes import (
    Comparison,
    Mixture,
    Wide,
    average,
    by_size,
    by_variance,
    compare,
    mixed,
)
from impacteval.estimators.did.panel import Bools, Floats, Ints, Panel
from impacteval.estimators.randomised.messages import listed_names
from impacteval.inference import welch_satterthwaite
from impacteval.values import Message

Control = Literal["not_yet", "never"]
Window = Literal["open", "own", "common"]


@dataclass(frozen=True, slots=True)
class Rules:
    """How comparisons are made.

    Attributes
    ----------
    control : {"not_yet", "never"}
        Which units are clean: not served until then, or never.
    anticipation : int
        Periods before the start in which the service may already show.
    before, after : int or None
        How many periods before the base, and how many after the start; None for all that there are.
    window : {"open", "own", "common"}
        Whether units are compared wherever they can be; the same ones throughout the window of each
        starting date; or that, with one window for all of them.
    regression : bool
        Whether an average is the coefficient of one regression, or counts served rows alike.
    pooled : bool
        Whether the outcomes after the start are averaged before they are compared.
    mean_base : bool
        Whether outcomes are compared with the mean of all periods before the start.
    """

    control: Control = "not_yet"
    anticipation: int = 0
    before: int | None = None
    after: int | None = None
    window: Window = "open"
    regression: bool = False
    pooled: bool = False
    mean_base: bool = False


@dataclass(frozen=True, eq=False)
class CleanComparisons:
    """The comparisons of a roll-out and their averages.

    Attributes
    ----------
    panel : Panel
        The rows.
    rules : Rules
        How they are made.
    comparisons : tuple of Comparison
        One starting date in one period each, before the start and after it.
    pooled : tuple of Comparison
        One starting date each over all periods after its start, where these are averaged first.
    trimmed : tuple of int
        Starting periods that lack a window of the length asked for.
    """

    panel: Panel
    rules: Rules
    comparisons: tuple[Comparison, ...]
    pooled: tuple[Comparison, ...]
    trimmed: tuple[int, ...]

    @classmethod
    def of(cls, panel: Panel, rules: Rules) -> CleanComparisons:
        """Make the comparisons of a roll-out.

        Raises
        ------
        NotIdentified
            When units are not followed, or no comparison after a start can be formed.
        """
        if panel.kind == "repeated_cross_section":
            raise NotIdentified(messages.repeated_cross_sections())
        starts = [int(s) for s in np.unique(panel.start) if s < panel.n_periods]
        usable = [s for s in starts if s - 1 - rules.anticipation >= 0]
        if not usable:
            raise NotIdentified(words.nothing_before(rules.anticipation))
        rules = _common(panel, usable, rules) if rules.window == "common" else rules
        fits = [s for s in usable if _fits(panel, s, rules)]
        wide = Wide.of(panel)
        found = [c for s in fits for c in _comparisons(wide, s, rules)]
        pooled = [
            _pooled(wide, s, rules)
            for s in fits
            if rules.pooled and s + (rules.after or 0) < panel.n_periods
        ]
        made = cls(
            panel, rules, tuple(found), tuple(pooled), tuple(s for s in starts if s not in fits)
        )
        columns = sorted({c.column for c in (*found, *pooled) if c.column is not None})
        if columns and not made.after.any():
            raise NotIdentified(words.no_slope_at_all(listed_names(columns)))
        if not made.after.any() or (rules.pooled and not any(c.formed for c in pooled)):
            whole = rules.window != "open" or rules.pooled
            raise NotIdentified(words.nothing_clean(rules.after if whole else None))
        return made

    # --- which comparisons -------------------------------------------------------------------

    @cached_property
    def formed(self) -> Bools:
        """Which comparisons have an effect, shape (c,)."""
        return np.array([c.formed for c in self.comparisons], dtype=bool)

    @cached_property
    def steps(self) -> Ints:
        """Periods since the start of each comparison, shape (c,)."""
        return np.array([c.period - c.start for c in self.comparisons], dtype=np.int64)

    @cached_property
    def after(self) -> Bools:
        """Formed comparisons of served periods, shape (c,)."""
        found: Bools = self.formed & (self.steps >= 0)
        return found

    def _mixture(self, used: Bools) -> Mixture:
        rule = by_variance if self.rules.regression else by_size
        return rule(self.comparisons, used)

    # --- averages ----------------------------------------------------------------------------

    @cached_property
    def by_step(self) -> dict[int, Average]:
        """The average by periods since the start, in order."""
        return {int(h): self._at(int(h)) for h in np.unique(self.steps[self.formed])}

    def _at(self, step: int) -> Average:
        used = self.formed & (self.steps == step)
        behind = [c for c, u in zip(self.comparisons, used, strict=True) if u]
        found = average(self.panel, self.comparisons, self._mixture(used))
        return self._corrected(found, behind, [step])

    @cached_property
    def overall(self) -> Average:
        """The average over served unit-periods."""
        if self.rules.pooled:
            used = np.array([c.formed for c in self.pooled])
            rule = by_variance if self.rules.regression else by_size
            return self._corrected(
                average(self.panel, self.pooled, rule(self.pooled, used)),
                self.behind,
                None if self.rules.after is None else range(self.rules.after + 1),
            )
        if not self.rules.regression:
            return average(self.panel, self.comparisons, by_size(self.comparisons, self.after))
        steps = [h for h in self.by_step if h >= 0]
        size = np.array([self._size(h) for h in steps])
        return mixed([self.by_step[h] for h in steps], size / size.sum())

    def _corrected(
        self, found: Average, behind: Sequence[Comparison], steps: Sequence[int] | None
    ) -> Average:
        """As regressions correct for few clusters, where the average is the coefficient of one."""
        if not self.rules.regression:
            return found
        rows, levels, groups = _regression(self.panel, self.rules, behind, steps)
        factor = _cr1(groups, rows, 1 + levels)
        return Average(
            found.effect,
            found.observed,
            found.effect_influence * factor,
            found.observed_influence * factor,
        )

    def _groups(self, units: Ints) -> Ints:
        cluster = self.panel.cluster
        return units if cluster is None else cluster.codes[units]

    def _size(self, step: int) -> float:
        used = self.formed & (self.steps == step)
        return float(sum(c.size for c, u in zip(self.comparisons, used, strict=True) if u))

    @property
    def behind(self) -> tuple[Comparison, ...]:
        """The comparisons that the overall average is made of."""
        if self.rules.pooled:
            return tuple(c for c in self.pooled if c.formed)
        return tuple(c for c, u in zip(self.comparisons, self.after, strict=True) if u)

    @property
    def served_size(self) -> float:
        """Size of the served unit-periods that the overall average is about."""
        return float(sum(c.served_size for c in self.behind))

    @property
    def served_rows(self) -> int:
        """How many they are."""
        return sum(c.n * c.periods for c in self.behind)

    @cached_property
    def df(self) -> float:
        """Degrees of freedom of the overall average."""
        served, behind = self._marked(served=True), self._marked(served=False)
        if self.rules.regression:
            groups = int(behind.sum())
            return groups - 1.0 if groups > 1 else math.inf
        pull = self.overall.effect_influence
        sides = [side for side in (served, behind & ~served) if side.any()]
        variances = np.array([float((pull[side] ** 2).sum()) for side in sides])
        degrees = np.array([max(float(side.sum()) - 1.0, 1.0) for side in sides])
        return float(welch_satterthwaite(variances, degrees)) if variances.any() else math.inf

    def _marked(self, *, served: bool) -> Bools:
        """Units or clusters that stand behind the overall average, or are served in it, shape (m,)."""
        units = np.zeros(len(self.panel.labels), dtype=bool)
        for c in self.behind:
            units[c.units[: c.n] if served else c.units] = True
        if self.panel.cluster is None:
            return units
        found = np.zeros(len(self.panel.groups), dtype=bool)
        found[self.panel.cluster.codes[units]] = True
        return found

    def path(self) -> list[PathPoint]:
        """The served period by period; every served row counts alike."""
        periods = np.array([c.period for c in self.comparisons])
        found = []
        for t in np.unique(periods[self.after]):
            used = self.after & (periods == t)
            n = sum(c.n for c, u in zip(self.comparisons, used, strict=True) if u)
            found.append(
                PathPoint(int(t), average(self.panel, self.comparisons, by_size(self.comparisons, used)), n)
            )  # fmt: skip
        return found

    # --- tables ------------------------------------------------------------------------------

    def event_time(self, step: int) -> float:
        """Time since the start, in the unit of the periods where these are evenly spaced."""
        gaps = np.diff(self.panel.times)
        even = len(gaps) == 0 or bool((gaps == gaps[0]).all())
        return float(step * gaps[0]) if even and len(gaps) else float(step)

    def event_study(self) -> EventStudy | None:
        """Effects by time since the start, all against the base period; None with a mean base."""
        if self.rules.mean_base:
            return None
        steps = list(self.by_step)
        return EventStudy(
            _whole([self.event_time(h) for h in steps]),
            np.array([self.by_step[h].effect for h in steps]),
            np.stack([self.by_step[h].effect_influence for h in steps]),
            self.panel.groups,
            _whole([self.event_time(-1 - self.rules.anticipation)])[0].item(),
            np.array([self._size(h) if h >= 0 else 0.0 for h in steps]),
        )

    def tables(self) -> dict[str, Any]:
        """Effects by starting date and period, and by time since the start."""
        labels: list[Any] = self.panel.periods.tolist()
        cells = [c for c in self.comparisons if c.formed]
        tables: dict[str, Any] = {
            "group_time": {
                "cohort": [labels[c.start] for c in cells],
                "period": [labels[c.period] for c in cells],
                "effect": [c.effect for c in cells],
                "std_error": [self._error(c) for c in cells],
                "n_treated": [c.n for c in cells],
                "n_comparison": [c.n_others for c in cells],
            }
        }
        study = self.event_study()
        if study is not None:
            counts = np.array(
                [sum(c.n for c in cells if c.period - c.start == h) for h in self.by_step]
            )
            tables["event_study"] = event_study_table(study, counts, self.df)
        return tables

    def _error(self, one: Comparison) -> float:
        if self.panel.cluster is None:
            return float(np.linalg.norm(one.corrected))
        codes = self.panel.cluster.codes[one.units]
        return float(np.linalg.norm(np.bincount(codes, weights=one.corrected)))

    def notes(self) -> tuple[Message, ...]:
        """What is left out, counted."""
        labels, said = self.panel.periods, []
        if self.trimmed:
            names = listed_names([str(labels[s]) for s in self.trimmed])
            said.append(words.trimmed(names, len(self.trimmed)))
        columns = sorted({c.column for c in self.comparisons if c.column is not None})
        if columns:
            said.append(words.no_slope(listed_names(columns)))
        alone = [
            s
            for s in sorted({c.start for c in self.behind})
            if len(np.unique(self._groups(np.flatnonzero(self.panel.start == s)))) == 1
        ]
        if alone:
            names = listed_names([str(labels[s]) for s in alone])
            said.append(messages.single_unit_cohorts(names, len(alone)))
        return tuple(said)

    def target(self) -> Message | None:
        """Whose effect it is, where it is not that of all served unit-periods alike."""
        rows, answered = int(self.panel.served.sum()), self.served_rows
        if self.rules.regression:
            return words.target_by_variance(answered, rows)
        return None if answered == rows else words.target_answered(answered, rows)


def _common(panel: Panel, starts: Sequence[int], rules: Rules) -> Rules:
    """The rules with the longest window that every starting date has, where none is stated."""
    lead = [s - 1 - rules.anticipation for s in starts]
    reach = [_end(panel, s, replace(rules, after=None)) - s for s in starts]
    if len(starts) > 1 and not (panel.start == panel.n_periods).any():
        reach = reach[:-1]  # nobody is clean beside the last who begin
    return replace(
        rules,
        after=max(min(reach), 0) if rules.after is None else rules.after,
        before=min(lead) if rules.before is None else rules.before,
    )


def _fits(panel: Panel, start: int, rules: Rules) -> bool:
    """Whether a starting date has the window, where units are followed through one."""
    if rules.window == "open":
        return True
    after, before = rules.after or 0, rules.before or 0
    return start + after < panel.n_periods and start - 1 - rules.anticipation - before >= 0


def _end(panel: Panel, start: int, rules: Rules) -> int:
    """The last period of the window of a starting date."""
    last = panel.n_periods - 1
    if rules.after is not None:
        return min(start + rules.after, last)
    if (panel.start == panel.n_periods).any():
        return last
    # Somebody is clean until the last of all begin.
    return max(int(panel.start.max()) - rules.anticipation - 1, start)


def _clean(panel: Panel, until: int, rules: Rules) -> Bools:
    """Units that the service, with its anticipation, has not reached by a period."""
    if rules.control == "never":
        return np.asarray(panel.start == panel.n_periods)
    return np.asarray(panel.start > min(until + rules.anticipation, panel.n_periods - 1))


def _comparisons(wide: Wide, start: int, rules: Rules) -> list[Comparison]:
    panel, base = wide.panel, start - 1 - rules.anticipation
    whole = rules.window != "open"
    last = _end(panel, start, rules) if whole or rules.after is not None else panel.n_periods - 1
    first = 0 if rules.before is None else max(base - rules.before, 0)
    needed: Bools = np.ones(len(panel.labels), dtype=bool)
    if whole:
        needed = np.asarray(wide.there[:, first : last + 1].all(axis=1))
    before = range(base + 1) if rules.mean_base else [base]
    return [
        compare(
            wide,
            start,
            [t],
            before,
            _clean(panel, last if whole else max(t, start), rules),
            needed,
        )
        for t in range(start if rules.mean_base else first, last + 1)
        if t != base
    ]


def _pooled(wide: Wide, start: int, rules: Rules) -> Comparison:
    panel, last = wide.panel, _end(wide.panel, start, rules)
    base = start - 1 - rules.anticipation
    return compare(
        wide,
        start,
        range(start, last + 1),
        range(base + 1) if rules.mean_base else [base],
        _clean(panel, last, rules),
        np.ones(len(panel.labels), dtype=bool),
    )


def _regression(
    panel: Panel, rules: Rules, behind: Sequence[Comparison], steps: Sequence[int] | None
) -> tuple[int, int, int]:
    """Rows, levels of periods and clusters of the regression of which an average is the coefficient.

    A local projection has a row for every clean unit and every period, those in which nobody begins
    included: they add nothing to the coefficient and count all the same. A stack has its windows.
    """
    groups = np.arange(len(panel.labels)) if panel.cluster is None else panel.cluster.codes
    if rules.window != "open" or steps is None:
        units = np.unique(np.concatenate([c.units for c in behind]))
        return sum(len(c.units) for c in behind), len(behind), len(np.unique(groups[units]))
    there = ~np.isnan(panel.dense(panel.y))
    seen = np.zeros(len(panel.labels), dtype=bool)
    rows = levels = 0
    for t in range(1 + rules.anticipation, panel.n_periods):
        at = [t + h for h in steps]
        if at[0] < 0 or at[-1] >= panel.n_periods:
            continue
        earlier = range(t - rules.anticipation) if rules.mean_base else [t - 1 - rules.anticipation]
        inside: Bools = np.asarray(
            (_clean(panel, max(at[-1], t), rules) | (panel.start == t))
            & there[:, [*at, *earlier]].all(axis=1)
        )
        rows += int(inside.sum())
        levels += bool(inside.any())
        np.logical_or(seen, inside, out=seen)
    return rows, levels, len(np.unique(groups[seen]))


def _cr1(groups: int, rows: int, parameters: int) -> float:
    """Root of G / (G - 1) times (n - 1) / (n - k)."""
    if groups < 2 or rows <= parameters:
        return 1.0
    return math.sqrt(groups / (groups - 1.0) * (rows - 1.0) / (rows - parameters))


def _whole(times: Sequence[float]) -> Floats | Ints:
    """Times as whole numbers where they are."""
    values = np.asarray(times, dtype=np.float64)
    whole = np.rint(values)
    return whole.astype(np.int64) if (whole == values).all() else values
