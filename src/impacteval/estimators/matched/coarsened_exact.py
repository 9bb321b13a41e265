"""Coarsened exact matching.

References
----------
Iacus, King and Porro (2012), Causal inference without balance checking: coarsened exact matching.
*Political Analysis* 20(1). doi:10.1093/pan/mpr013
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import Parts
from impacteval.estimators.matched import coarsened_words as words
from impacteval.estimators.matched import messages
from impacteval.estimators.matched.balance import balance_table, profile_table
from impacteval.estimators.matched.coarsened_card import COARSENED_EXACT
from impacteval.estimators.matched.coarsening import (
    Bins,
    Cut,
    cell_weights,
    cells_of,
    check_cuts,
    coarsen,
    coarsening_table,
    held_together,
    imbalance_table,
)
from impacteval.estimators.matched.effect import build
from impacteval.estimators.matched.people import (
    FEWEST,
    Comparison,
    People,
    read_comparison,
    read_people,
)
from impacteval.inference.post_strata import PostStrata, post_stratified
from impacteval.inference.scales import DIFFERENCE, ArmMeans
from impacteval.sample import Preparation
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import BlindSample, Sample

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Below these degrees of freedom Satterthwaite's approximation is itself in doubt.
DOUBTFUL = 4.0


@dataclass(frozen=True, slots=True)
class CoarsenedExact:
    """Comparison of people who are alike in every characteristic, after these were cut into few values.

    Parameters
    ----------
    cutpoints : mapping, optional
        For each covariate named: cutpoints that rise (a value at one belongs above it), a number of
        bins of equal width, or ``"exact"``.
    bins : {"sturges", "scott"} or int
        How many bins of equal width the other covariates get. One with no more different values than
        that is compared exactly.

    Examples
    --------
    >>> import numpy as np
    >>> from impacteval.testing.matched import plain
    >>> sample = plain(np.random.default_rng(1), -0.2).sample()
    >>> found = CoarsenedExact().estimate(sample, scale="difference", rng=np.random.default_rng(1))
    >>> round(found.effect.value, 2), len(found.parts["cells"])
    (-1.77, 8)
    """

    name: ClassVar[str] = "coarsened-exact"
    card: ClassVar[MethodCard] = COARSENED_EXACT

    cutpoints: dict[str, Cut] = field(default_factory=dict, hash=False)
    bins: Bins = "sturges"

    def __post_init__(self) -> None:
        # What was handed in may be altered later; settings may not.
        plain = {
            str(k): tuple(v) if isinstance(v, list | tuple) else v
            for k, v in self.cutpoints.items()
        }
        object.__setattr__(self, "cutpoints", plain)
        check_cuts(plain, self.bins)

    @property
    def settings(self) -> dict[str, Any]:
        """As in a plan."""
        cuts = {k: list(v) if isinstance(v, tuple) else v for k, v in self.cutpoints.items()}
        return {"cutpoints": cuts, "bins": self.bins}

    def _deciding(self, people: People) -> dict[str, list[Any]]:
        """What decides who is compared with whom."""
        told = {**self.settings, "covariates": people.covariates}
        return {"setting": list(told), "value": [str(value) for value in told.values()]}

    def _made(self, frozen: Preparation, people: People) -> bool:
        """Whether a preparation is of this method with these settings."""
        if frozen.made_by != self.name or "settings" not in set(frozen.tables):
            return False
        stated = frozen.tables.columns("settings")
        return {k: list(v) for k, v in stated.items()} == self._deciding(people)

    def prepare(self, blind: BlindSample, *, rng: np.random.Generator) -> Preparation:
        """Cells and weights, before outcomes are seen.

        Parameters
        ----------
        blind : BlindSample
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When nobody can be matched; the reason says what to do.
        """
        people = read_people(blind)
        cuts = coarsen(people, self.cutpoints, self.bins)
        cell = held_together(people, cells_of(people, cuts))
        _check_matched(people, cell)
        weight = cell_weights(people, cell)
        inside = cell >= 0
        lost = people.served & ~inside
        return Preparation(
            "weights",
            Parts(
                {
                    "weights": {
                        "unit": people.keys[inside].tolist(),
                        "served": people.served[inside].tolist(),
                        "weight": weight[inside].tolist(),
                    },
                    "membership": {
                        "unit": people.keys.tolist(),
                        "cell": np.where(inside, cell + 1, 0).tolist(),
                    },
                    "balance": balance_table(people, weight),
                    "coarsening": coarsening_table(cuts),
                    "imbalance": imbalance_table(people, weight),
                    "unmatched": {"unit": people.keys[lost].tolist()},
                    "unmatched_profile": profile_table(people, people.served & inside, lost),
                    "counts": _counts(people, cell),
                    "settings": self._deciding(people),
                }
            ),
            self.name,
        )

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on those served who could be matched.

        Parameters
        ----------
        sample : Sample
            Design ``matched``, one period, with covariates or strata. Its preparation is used where it
            has one.
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
        people = read_people(sample)
        comparison = read_comparison(sample, scale, people)
        frozen = sample.preparation
        if frozen is None or not self._made(frozen, people):
            frozen = self.prepare(sample.blind, rng=rng)
        prepared, strangers = _cells(people, frozen)
        cell = held_together(people, np.where(comparison.measured, prepared, -1))
        _check_matched(people, cell)
        found, arms = two_means(comparison, cell)
        df = float(arms.degrees(DIFFERENCE))
        inside = cell >= 0
        matched, served = (
            round(float(people.copies[people.served & comparison.measured & rows].sum()))
            for rows in (inside, np.ones(people.n, dtype=bool))
        )
        others = round(float(people.copies[~people.served & comparison.measured & ~inside].sum()))
        notes: list[Message] = []
        if matched < served or others:
            notes.append(words.left_out(served - matched, served, others))
        if strangers:
            notes.append(words.not_in_preparation(strangers))
        if df < DOUBTFUL:
            notes.append(words.doubtful(df))
        clusters = None if people.cluster is None else people.cluster.labels
        sentences = [words.formed(len(found.share)), words.errors(int(found.alone.sum()))]
        if clusters is not None:
            sentences.append(messages.clustered(len(clusters)))
        tables = {
            name: frozen.tables.columns(name)
            for name in ("coarsening", "imbalance", "unmatched_profile", "counts")
            if name in frozen.tables
        }
        return build(
            estimator=self.name,
            settings=self.settings,
            comparison=comparison,
            arms=arms,
            weight=cell_weights(people, cell),
            scale=scale,
            target=(
                messages.target_served(served, measured_only=not comparison.complete)
                if matched == served
                else messages.target_matched(matched, served)
            ),
            label="HC2 by cell" if clusters is None else "CR2 by cell",
            sentences=[*sentences, words.law(df)],
            served_size=float(people.size[people.served & inside].sum()),
            tables={
                **tables,
                "cells": _cell_table(comparison, cell, found),
                "membership": {
                    "unit": people.unit[inside].tolist(),
                    "cell": (cell[inside] + 1).tolist(),
                },
            },
            notes=tuple(notes),
        )


def _cells(people: People, frozen: Preparation) -> tuple[Ints, int]:
    """The cell of each row by the preparation, -1 for none, and how many rows it does not know."""
    table = frozen.tables.columns("membership")
    known = {str(k): int(c) for k, c in zip(table["unit"], table["cell"], strict=True)}
    found = np.array([known.get(str(key), -1) for key in people.keys.tolist()], dtype=np.int64)
    return found - 1, int((found < 0).sum())


def two_means(comparison: Comparison, cell: Ints) -> tuple[PostStrata, ArmMeans]:
    """Means of the served and of those who stand for them, with errors by person or by cluster.

    Parameters
    ----------
    comparison : Comparison
    cell : array of int, shape (n,)
        From `held_together`; -1 for those who were not measured.
    """
    people = comparison.people
    share = people.counts / people.counts.sum()
    away = people.x - share @ people.x
    unit = np.sqrt(share @ away**2)
    found = post_stratified(
        comparison.y,
        people.served,
        cell,
        people.own,
        copies=people.copies,
        cluster=None if people.cluster is None else people.cluster.codes,
        place=away / np.where(unit > 0.0, unit, 1.0),
        apart=None if people.stratum is None else people.stratum.codes,
        known=comparison.measured,
    )
    if people.cluster is None:
        return found, found.arms()
    codes, size = people.cluster.codes, len(people.cluster.labels)

    def held(rows: NDArray[np.bool_]) -> Ints:
        return (np.bincount(codes[rows & (cell >= 0)], minlength=size) > 0).astype(np.int64)

    return found, found.arms(people.gathered, held(people.served) + 2 * held(~people.served))


def _check_matched(people: People, cell: Ints) -> None:
    """Two people, or clusters, at least on either side."""

    def held(group: NDArray[np.bool_]) -> int:
        rows = group & (cell >= 0)
        if people.cluster is None:
            return round(float(people.copies[rows].sum()))
        return len(np.unique(people.cluster.codes[rows]))

    served, others = held(people.served), held(~people.served)
    if min(served, others) < FEWEST:
        clustered = people.cluster is not None
        raise NotIdentified(words.too_few_matched(served, others, clustered=clustered))


def _counts(people: People, cell: Ints) -> dict[str, list[Any]]:
    inside = cell >= 0

    def number(rows: NDArray[np.bool_]) -> int:
        return round(float(people.copies[rows].sum()))

    told = {
        "served": number(people.served),
        "comparison": number(~people.served),
        "matched": number(people.served & inside),
        "comparators_used": number(~people.served & inside),
        "cells": int(cell.max()) + 1,
    }
    return {"what": list(told), "n": list(told.values())}


def _cell_table(comparison: Comparison, cell: Ints, found: PostStrata) -> dict[str, list[Any]]:
    """One row a cell: how many of each, its share of the served, and both means."""
    people, size = comparison.people, len(found.share)

    def number(rows: NDArray[np.bool_]) -> list[int]:
        kept = rows & (cell >= 0)
        held = np.bincount(cell[kept], weights=people.copies[kept], minlength=size)
        return [round(v) for v in held.tolist()]

    return {
        "cell": list(range(1, size + 1)),
        "served": number(people.served),
        "comparison": number(~people.served),
        "share": found.share.tolist(),
        "served_mean": found.served_means.tolist(),
        "comparison_mean": found.comparison_means.tolist(),
        "difference": (found.served_means - found.comparison_means).tolist(),
    }
