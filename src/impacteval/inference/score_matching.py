"""Matched sets on a score, and the proof that they are what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints
from impacteval.inference.matched_sets import Around, MatchedSets, Pools
from impacteval.inference.score_greedy import greedy
from impacteval.inference.score_nearest import Choice, nearest, residuals_around
from impacteval.inference.score_patterns import Patterns, patterns_of, tolerance_of


class Weighed(Protocol):
    """People of whom is known how many each row stands for."""

    @property
    def counts(self) -> Floats:
        """How many people each row stands for, shape (n,)."""
        ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scored:
    """People as matching sees them.

    Attributes
    ----------
    served : array of bool, shape (n,)
    score : array, shape (n,)
        What is near is near on this.
    reach : array, shape (n,)
        What calipers are held against; increases with `score`.
    counts : array, shape (n,)
        How many people a row stands for.
    copies : array, shape (n,)
        How many of those are in the data.
    stratum : array of int, shape (n,), or None
        From 0; comparisons stay within.
    """

    served: Bools
    score: Floats
    reach: Floats
    counts: Floats
    copies: Floats
    stratum: Ints | None = None

    @property
    def strata(self) -> int:
        """How many there are."""
        return 1 if self.stratum is None else int(self.stratum.max()) + 1

    @property
    def tolerance(self) -> float:
        """How far apart equal scores may be."""
        return tolerance_of(self.score)

    def patterns(self, inside: Bools) -> Patterns:
        """The patterns of a group."""
        return patterns_of(
            inside, self.score, self.reach, self.copies, self.stratum, self.strata, self.tolerance
        )


@dataclass(frozen=True, slots=True, eq=False)
class ScoreMatch:
    """Who is compared with whom.

    Attributes
    ----------
    sets : MatchedSets
        With pools where comparators are alike.
    part : array, shape (n,)
        Which part of a served row was matched: 0 or 1, or in between where some, but not all, of
        several people alike were.
    most_uses : float
        For how many of those served a comparator serves, at most.
    """

    sets: MatchedSets
    part: Floats
    most_uses: float


def match_on_score(
    people: Scored,
    *,
    ratio: int,
    replace: bool,
    caliper: float | None,
    ties: bool,
    within: Bools | None = None,
) -> ScoreMatch:
    """The nearest comparators of each person served.

    Parameters
    ----------
    people : Scored
    ratio : int
        How many for each, at most.
    replace : bool
        Whether a comparator may serve again (`nearest`), or once (`greedy`).
    caliper : float or None
        How far apart ``reach`` may be.
    ties : bool
        See `nearest`; without replacement nobody is taken beyond `ratio`.
    within : array of bool, shape (n,), optional
        Who takes part, such as those of common support.

    Examples
    --------
    >>> people = Scored(
    ...     served=np.array([True, True, False, False]),
    ...     score=np.array([0.5, 0.6, 0.55, 0.3]),
    ...     reach=np.array([0.5, 0.6, 0.55, 0.3]),
    ...     counts=np.ones(4),
    ...     copies=np.ones(4),
    ... )
    >>> found = match_on_score(people, ratio=1, replace=False, caliper=0.1, ties=True)
    >>> found.part.tolist(), found.sets.served.tolist(), found.sets.others.tolist()
    ([0.0, 1.0, 0.0, 0.0], [1], [2])
    """
    inside = np.ones(len(people.score), dtype=bool) if within is None else within
    own = people.patterns(people.served & inside)
    other = people.patterns(~people.served & inside)
    if replace:
        chosen = nearest(
            own, other, ratio=ratio, caliper=caliper, ties=ties, tolerance=people.tolerance
        )
    else:
        chosen = greedy(own, other, ratio=ratio, caliper=caliper, tolerance=people.tolerance)
    part = np.zeros(len(people.score))
    of, rows = own.of, own.rows
    share = np.zeros(own.count)
    share[chosen.own] = chosen.matched / own.people[chosen.own]
    part[rows] = share[of]
    return ScoreMatch(
        sets_of_patterns(people, own, other, chosen),
        part,
        most_uses(own, other, chosen, replace=replace),
    )


def sets_of_patterns(
    people: Weighed, own: Patterns, other: Patterns, chosen: Choice
) -> MatchedSets:
    """Each row of a pattern served gets the comparators of its pattern."""
    sizes = np.diff(own.start)[chosen.own]
    owner = np.repeat(np.arange(len(chosen.own)), sizes)
    first = np.repeat(own.start[chosen.own] - (np.cumsum(sizes) - sizes), sizes)
    served = own.rows[first + np.arange(len(owner))] if len(owner) else np.zeros(0, dtype=np.int64)
    width = np.diff(chosen.start)[owner]
    ends = np.append(0, np.cumsum(width)).astype(np.int64)
    entry = np.repeat(chosen.start[owner] - ends[:-1], width) + np.arange(ends[-1])
    # People drawn with chances of their own count for those whom they stand for.
    each = (other.sums(people.counts) / other.people)[chosen.other]
    amount = chosen.taken * each
    total = np.add.reduceat(amount, chosen.start[:-1]) if len(amount) else amount
    weight = (amount / np.repeat(total, np.diff(chosen.start)))[entry]
    named = chosen.other[entry]
    used = np.zeros(other.count, dtype=bool)
    used[chosen.other] = True
    if bool((np.diff(other.start)[used] == 1).all()):
        return MatchedSets(served, ends, other.rows[other.start[named]], weight)
    number = np.cumsum(used) - 1
    of, rows = other.of, other.rows
    pool = np.full(len(people.counts), -1, dtype=np.int64)
    share = np.zeros(len(people.counts))
    held = used[of]
    pool[rows[held]] = number[of[held]]
    share[rows[held]] = (people.counts[rows] / other.sums(people.counts)[of])[held]
    return MatchedSets(served, ends, number[named], weight, Pools(pool, share))


def most_uses(own: Patterns, other: Patterns, chosen: Choice, *, replace: bool) -> float:
    """For how many people each comparator serves, those of a pattern sharing, at most."""
    # With replacement each person of a pattern takes the same people anew.
    times = own.people[chosen.own] if replace else np.ones(len(chosen.own))
    taken = chosen.taken * np.repeat(times, np.diff(chosen.start))
    uses = np.bincount(chosen.other, weights=taken, minlength=other.count)
    return float((uses / other.people).max(initial=0.0)) if other.count else 0.0


def common_support(people: Scored) -> Bools:
    """Who lies where both groups have people: between the larger of the smallest scores and the
    smaller of the largest, in each stratum.

    Returns
    -------
    array of bool, shape (n,)

    References
    ----------
    Dehejia and Wahba (1999), Causal effects in nonexperimental studies. *Journal of the American
    Statistical Association* 94(448). doi:10.1080/01621459.1999.10473858
    """
    codes = (
        np.zeros(len(people.score), dtype=np.int64) if people.stratum is None else people.stratum
    )
    low, high = np.full((2, people.strata), np.inf), np.full((2, people.strata), -np.inf)
    for group, inside in enumerate((people.served, ~people.served)):
        np.minimum.at(low[group], codes[inside], people.score[inside])
        np.maximum.at(high[group], codes[inside], people.score[inside])
    slack = people.tolerance
    return np.asarray(
        (people.score >= low.max(axis=0)[codes] - slack)
        & (people.score <= high.min(axis=0)[codes] + slack)
    )


def around_on_score(people: Scored, sets: MatchedSets, counts: Floats, neighbours: int) -> Around:
    """Residuals of comparators around those nearest on the score, for `matched_arms`.

    Parameters
    ----------
    people : Scored
    sets : MatchedSets
        Only comparators in sets have residuals.
    counts : array, shape (n,)
        What each row counts for among neighbours; zero for those not measured.
    neighbours : int
        How many.

    Returns
    -------
    callable
        From a variable, shape (n,), to residuals, zero for others. Who is alone in a stratum is
        held against those nearest in other strata.
    """
    inside = ~people.served & (counts > 0.0)
    rows = np.flatnonzero(sets.usage(np.ones(len(counts))) > 0.0)

    def residuals(values: Floats) -> Floats:
        found = residuals_around(
            people.patterns(inside), counts, people.copies, rows, values,
            neighbours=neighbours, tolerance=people.tolerance,
        )  # fmt: skip
        alone = np.flatnonzero(np.isnan(found))
        if alone.size:
            everywhere = patterns_of(
                inside, people.score, people.reach, people.copies, None, 1, people.tolerance
            )
            wider = residuals_around(
                everywhere, counts, people.copies, alone, values,
                neighbours=neighbours, tolerance=people.tolerance,
            )  # fmt: skip
            found[alone] = np.nan_to_num(wider[alone])
        return found

    return residuals


def certify(people: Scored, sets: MatchedSets) -> dict[str, float]:
    """What the sets are, measured on the sets themselves: distances and strata.

    Returns
    -------
    mapping
        ``largest_distance`` on the score, ``largest_reach`` on what the caliper is held against,
        ``across_strata`` (sets with a comparator of another stratum), ``most_in_a_set``, and
        ``weights_off_one`` (how far from one the weights of a set sum at most).
    """
    if not sets.count:
        return dict.fromkeys(
            ("largest_distance", "largest_reach", "across_strata", "most_in_a_set", "weights_off_one"),
            0.0,
        )  # fmt: skip
    of = sets.of
    low, high = _extremes(sets, people.score)
    low_reach, high_reach = _extremes(sets, people.reach)
    at, at_reach = people.score[sets.served][of], people.reach[sets.served][of]
    across = 0
    if people.stratum is not None:
        first, last = _extremes(sets, people.stratum.astype(np.float64))
        own = people.stratum[sets.served][of]
        across = len(np.unique(of[(first != own) | (last != own)]))
    members = np.ones(len(sets.others))
    if sets.pools is not None:
        held = sets.pools.of[sets.pools.of >= 0]
        members = np.bincount(held).astype(np.float64)[sets.others]
    whole = np.bincount(of, weights=sets.weight)
    return {
        "largest_distance": float(np.maximum(at - low, high - at).max()),
        "largest_reach": float(np.maximum(at_reach - low_reach, high_reach - at_reach).max()),
        "across_strata": float(across),
        "most_in_a_set": float(np.bincount(of, weights=members).max()),
        "weights_off_one": float(np.abs(whole - 1.0).max()),
    }


def _extremes(sets: MatchedSets, values: Floats) -> tuple[Floats, Floats]:
    """Smallest and largest value among the people of each entry."""
    if sets.pools is None:
        found = values[sets.others]
        return found, found
    inside = sets.pools.of >= 0
    m = int(sets.pools.of.max()) + 1
    low, high = np.full(m, np.inf), np.full(m, -np.inf)
    np.minimum.at(low, sets.pools.of[inside], values[inside])
    np.maximum.at(high, sets.pools.of[inside], values[inside])
    return low[sets.others], high[sets.others]
