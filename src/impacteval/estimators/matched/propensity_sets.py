"""The sets of those measured, and what means and errors of matching on a score are made of."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.matched import messages
from impacteval.estimators.matched import propensity_words as words
from impacteval.estimators.matched.balance import drifted
from impacteval.estimators.matched.people import Comparison, People
from impacteval.inference.matched_sets import MatchedSets
from impacteval.inference.score_matching import Scored
from impacteval.values import Message

Floats = NDArray[np.float64]

# Strata have levels of their own in errors by row where there are so many comparators in each, and no
# more strata than this; otherwise what strata have in common counts as chance, which is too much.
PER_STRATUM, MOST_STRATA = 10.0, 50


def size_of(people: People) -> Floats:
    """What each row counts for in a mean, its copies included and time at risk not."""
    own = people.own * people.copies
    return own if people.exposure is None else own / people.exposure


def measured_sets(
    comparison: Comparison, sets: MatchedSets
) -> tuple[MatchedSets, tuple[Message, ...]]:
    """The sets of those who were measured, precision counted; and what to say of the others."""
    people, measured = comparison.people, comparison.measured
    # More precise comparators count for more in their set; sampling weights do so already.
    factor = np.where(measured, size_of(people) / people.counts, 0.0)
    if comparison.complete and bool((factor == factor[0]).all()):
        return sets, ()
    found = sets.reweighted(factor)
    if comparison.complete:
        return found, ()
    used = (sets.usage(np.ones(people.n)) > 0.0) & ~measured
    gone = ~measured[sets.served]
    if not used.any() and not gone.any():
        return found, ()
    served = float(people.copies[sets.served][gone].sum())
    return found, (
        words.lost(
            round(served), round(float(people.copies[used].sum())), sets.count - found.count
        ),
    )


def apart_by_time(
    comparison: Comparison, sets: MatchedSets, part: Floats, before: Floats
) -> tuple[Message, ...]:
    """That sets are alike person by person and not by the time at risk that their outcomes count for."""
    people = comparison.people
    if people.exposure is None:
        return ()
    counted = sets.weights(size_of(people) * part) * people.exposure
    found = drifted(people, before, counted, by="served")
    return () if found is None else (messages.counted_apart(*found),)


def basis_of(people: People, scored: Scored, sets: MatchedSets) -> Floats:
    """Powers of the linear score, and levels of strata where each has comparators enough."""
    use = sets.usage(np.ones(people.n))
    inside = use > 0.0
    share = use / use.sum()
    centre = float(share @ scored.reach)
    unit = math.sqrt(float(share @ (scored.reach - centre) ** 2)) or 1.0
    z = (scored.reach - centre) / unit
    powers = 3 if float(people.copies[inside].sum()) >= 10.0 * PER_STRATUM else 1
    basis = np.vander(z, powers + 1, increasing=True)
    if people.stratum is None:
        return basis
    codes, labels = people.stratum.codes, people.stratum.labels
    if len(labels) > MOST_STRATA or float(people.copies[inside].sum()) < PER_STRATUM * len(labels):
        return basis
    return np.column_stack([basis, np.eye(len(labels))[:, 1:][codes]])
