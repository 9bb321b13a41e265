"""Data drawn from a pilot: rows of real people drawn with replacement, the effect imposed on them.

The pilot's people are the population: its distribution, its correlations between outcomes, what
its covariates explain and how alike people of one cluster are stay as they are. The effect is
imposed on those served so that their population mean is exactly the one asked for.

References
----------
Efron and Tibshirani (1993), *An Introduction to the Bootstrap*, chapter 8.
Davison and Hinkley (1997), *Bootstrap Methods and their Application*, section 3.8 (clusters, then
people within them).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.errors import DataError, Problem
from impacteval.simulation.assumed import Assumed, Kind
from impacteval.simulation.drawn import Drawn
from impacteval.simulation.layout import Layout
from impacteval.study.seeds import step_rng
from impacteval.values import Scale

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROOM = 2_000_000  # numbers held in memory at once


@dataclass(frozen=True, slots=True, eq=False)
class Pilot:
    """People as they are without the programme.

    Attributes
    ----------
    outcomes : mapping of str to array, shape (n,)
        By the contract's name.
    covariates : mapping of str to array, shape (n,)
        What was known beforehand.
    cluster : array of int, shape (n,), or None
        Cluster of each, from 0.
    """

    outcomes: Mapping[str, Floats]
    covariates: Mapping[str, Floats] = field(default_factory=dict)
    cluster: Ints | None = None

    @classmethod
    def from_frame(
        cls,
        df: pd.DataFrame,
        *,
        outcomes: Mapping[str, str],
        covariates: Iterable[str] = (),
        cluster: str | None = None,
    ) -> Pilot:
        """Read a frame of one row a person; the frame is never altered.

        Parameters
        ----------
        df : DataFrame
            The pilot.
        outcomes : mapping of str to str
            Column of each outcome, by the contract's name of it.
        covariates : iterable of str, optional
            Columns known beforehand.
        cluster : str, optional
            Column of the cluster.

        Raises
        ------
        DataError
            With every problem: columns that are missing, values that are missing or no numbers.

        Examples
        --------
        >>> import pandas as pd
        >>> pilot = Pilot.from_frame(pd.DataFrame({"y": [0, 1, 1, 0]}), outcomes={"jobs": "y"})
        >>> pilot.settings("jobs")
        {'kind': 'binary', 'baseline': '0.5'}
        """
        numbers = {**{v: v for v in outcomes.values()}, **{c: c for c in covariates}}
        problems: list[Problem] = []
        wanted = [*numbers, *([cluster] if cluster else [])]
        absent = [c for c in dict.fromkeys(wanted) if c not in df.columns]
        problems += [
            Problem(f"The pilot has no column {c!r}.", f"Its columns: {', '.join(map(str, df))}.")
            for c in absent
        ]
        read = {c: _numbers(df, c, problems) for c in numbers if c not in absent}
        places = None
        if cluster and cluster not in absent:
            lost = int(df[cluster].isna().sum())
            if lost:
                what = f"Column {cluster!r} of the pilot: {lost} people have no cluster."
                problems.append(Problem(what, "Nothing is filled in: give each one."))
            else:
                named = df[cluster].astype(str).to_numpy()
                places = np.unique(named, return_inverse=True)[1].astype(np.int64)
        if len(df) < 2:
            problems.append(
                Problem(f"A pilot of {len(df)} people is too small.", "Give 2 or more.")
            )
        if problems:
            raise DataError(problems)
        return cls(
            {name: read[column] for name, column in outcomes.items()},
            {c: read[c] for c in covariates},
            places,
        )

    @property
    def n(self) -> int:
        """How many people."""
        return len(next(iter(self.outcomes.values())))

    def kind(self, outcome: str) -> Kind:
        """What was measured: yes or no, whole numbers, or anything."""
        y = self.outcomes[outcome]
        if bool(np.isin(y, (0.0, 1.0)).all()):
            return Kind.BINARY
        whole = bool((y == np.floor(y)).all()) and float(y.min()) >= 0.0
        return Kind.COUNT if whole else Kind.NORMAL

    def settings(self, outcome: str) -> dict[str, str]:
        """What the pilot says about an outcome, as settings of a scenario."""
        y, kind = self.outcomes[outcome], self.kind(outcome)
        found = {"kind": str(kind), "baseline": _written(float(y.mean()))}
        if kind is Kind.NORMAL:
            found["sd"] = _written(float(y.std()))
        if kind is Kind.COUNT:
            found["variance_over_mean"] = _written(float(y.var() / y.mean()))
        alike = self.icc(outcome)
        if alike > 0.0:
            found["icc"] = _written(alike)
        return found

    def icc(self, outcome: str) -> float:
        """How alike people of one cluster are: the analysis of variance estimate, 0 at least."""
        if self.cluster is None:
            return 0.0
        y, sizes = self.outcomes[outcome], np.bincount(self.cluster)
        clusters, n = len(sizes), self.n
        if clusters < 2 or n == clusters:
            return 0.0
        means = np.bincount(self.cluster, weights=y) / sizes
        between = float((sizes * (means - y.mean()) ** 2).sum()) / (clusters - 1)
        within = float(((y - means[self.cluster]) ** 2).sum()) / (n - clusters)
        size = (n - float((sizes**2).sum()) / n) / (clusters - 1)
        whole = between + (size - 1.0) * within
        return max(0.0, (between - within) / whole) if whole > 0.0 else 0.0

    def of(self, assumed: Assumed) -> Assumed:
        """The same assumption with the pilot's own mean and spread, to their last digit."""
        y = self.outcomes[assumed.outcome]
        mean = float(y.mean())
        return replace(
            assumed,
            kind=self.kind(assumed.outcome),
            baseline=mean,
            sd=float(y.std()),
            variance_over_mean=float(y.var()) / mean if mean > 0.0 else None,
        )

    def people(self, layout: Layout, rng: Generator, draws: int) -> Ints:
        """Who is drawn: rows of the pilot, shape (draws, n of the layout).

        Without clusters each person is as likely as any other. With clusters, a cluster is drawn
        in proportion to its people, and people within it, so that the population is the same.
        """
        if layout.cluster is None:
            return rng.integers(0, self.n, (draws, layout.n))
        assert self.cluster is not None
        places = int(layout.cluster.max()) + 1
        sizes = np.bincount(self.cluster)
        # Proportional to size: the cluster of a person drawn at random.
        chosen = self.cluster[rng.integers(0, self.n, (draws, places))][:, layout.cluster]
        order = np.argsort(self.cluster, kind="stable")
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        within = np.floor(rng.random(chosen.shape) * sizes[chosen]).astype(np.int64)
        found: Ints = order[first[chosen] + within]
        return found


def _numbers(df: pd.DataFrame, column: str, problems: list[Problem]) -> Floats:
    import pandas as pd

    found = pd.to_numeric(df[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    lost = int(df[column].isna().sum())
    wrong = int((~np.isfinite(found)).sum()) - lost
    if lost:
        problems.append(
            Problem(
                f"Column {column!r} of the pilot: {lost} values are missing.",
                "Nothing is filled in: give a pilot of people who were measured.",
            )
        )
    if wrong > 0:
        problems.append(Problem(f"Column {column!r} of the pilot: {wrong} values are no numbers."))
    return found


def _written(value: float) -> str:
    return format(round(value, 12), "f") if abs(value) < 1e-4 else repr(round(value, 12))


def imposed(
    y: Floats, kind: Kind, scale: Scale, means: tuple[float, float], rng: Generator
) -> Floats:
    """Outcomes of people served, whose population mean moves as the effect says.

    Parameters
    ----------
    y : array
        Outcomes without the programme.
    kind : Kind
        Yes-or-no outcomes stay so, by changing some people's answer; whole numbers stay whole, by
        sparing some events or adding some; other outcomes move together.
    scale : Scale
        On ``relative`` other outcomes are multiplied, else they are shifted.
    means : (float, float)
        Of the population with the programme and without it.
    rng : Generator
        Who changes.

    Returns
    -------
    array, shape of `y`
    """
    after, before = means
    if after == before:
        return y
    if kind is Kind.NORMAL:
        return y * (after / before) if scale is Scale.RELATIVE else y + (after - before)
    if after < before:
        return rng.binomial(y.astype(np.int64), after / before).astype(np.float64)
    if kind is Kind.BINARY:
        gained = rng.random(y.shape) < (after - before) / (1.0 - before)
        return np.maximum(y, gained.astype(np.float64))
    times, rest = divmod(after / before - 1.0, 1.0)
    more: Floats = y * (1.0 + times) + rng.binomial(y.astype(np.int64), rest)
    return more


@dataclass(frozen=True, slots=True, eq=False)
class PilotFamily:
    """Outcomes of people drawn from a pilot, in every group.

    Attributes
    ----------
    pilot : Pilot
        Whom they are drawn from.
    outcomes : tuple of str
        Outcomes of the same people.
    layouts : mapping of group to Layout
        Who is in each group.
    numbers : mapping of (outcome, group) to Assumed
        With the pilot's own means.
    effect : float
        The true effect of the outcome that varies.
    """

    pilot: Pilot
    outcomes: tuple[str, ...]
    layouts: Mapping[str, Layout]
    numbers: Mapping[tuple[str, str], Assumed]
    effect: float

    @property
    def together(self) -> int:
        """How many studies are drawn together."""
        columns = len(self.outcomes) + len(self.pilot.covariates)
        return max(1, _ROOM // max(layout.n * columns for layout in self.layouts.values()))

    def draw(
        self, seed: int, draws: int, together: int | None = None
    ) -> Iterator[Mapping[tuple[str, str], Drawn]]:
        """Data of `draws` studies by (outcome, group), some at a time."""
        name = "+".join(self.outcomes)
        rngs = {group: step_rng(seed, name, group, "pilot") for group in self.layouts}
        room = together or self.together
        for start in range(0, draws, room):
            some = min(room, draws - start)
            found: dict[tuple[str, str], Drawn] = {}
            for k, (group, layout) in enumerate(self.layouts.items()):
                found |= self._group(k, group, layout, rngs[group], some)
            yield found

    def _group(
        self, k: int, group: str, layout: Layout, rng: Generator, draws: int
    ) -> dict[tuple[str, str], Drawn]:
        people = self.pilot.people(layout, rng, draws)
        covariates = {name: values[people] for name, values in self.pilot.covariates.items()}
        found = {}
        for outcome in self.outcomes:
            own = self.numbers[outcome, group]
            y = self.pilot.outcomes[outcome][people]
            served = y[:, layout.compared :]
            assert own.kind is not None
            means = own.means(own.truth(self.effect))
            y[:, layout.compared :] = imposed(served, own.kind, own.scale, means, rng)
            found[outcome, group] = Drawn(k, layout, y, covariates=covariates)
        return found
