"""Randomisation tests in exact fractions, one assignment and one null at a time."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product


def assignments(strata: list[list[int]], treated: list[int]):
    """Every assignment as the set of units in the programme."""
    parts = [combinations(units, k) for units, k in zip(strata, treated, strict=True)]
    for chosen in product(*[list(part) for part in parts]):
        yield frozenset(unit for part in chosen for unit in part)


def statistic(totals, weights, strata, shares, programme, studentised):
    """The difference, and its squared standard error (one where it is not wanted)."""
    top, square = Fraction(0), Fraction(0)
    for units, share in zip(strata, shares, strict=True):
        means = []
        for arm in (True, False):
            inside = [u for u in units if (u in programme) == arm]
            weight = sum(weights[u] for u in inside)
            mean = Fraction(sum(totals[u] for u in inside)) / weight
            means.append(mean)
            if studentised:
                count = len(inside)
                spread = sum((totals[u] - mean * weights[u]) ** 2 for u in inside)
                square += share**2 * Fraction(count, count - 1) * spread / weight**2
        top += share * (means[0] - means[1])
    return top, square if studentised else Fraction(1)


def paired(totals, weights, strata, shares, programme):
    """The difference over pairs and its squared standard error."""
    apart = []
    for units, share in zip(strata, shares, strict=True):
        (one,) = [u for u in units if u in programme]
        (other,) = [u for u in units if u not in programme]
        apart.append(share * (totals[one] / weights[one] - totals[other] / weights[other]))
    count, top = len(apart), sum(apart)
    square = Fraction(count, count - 1) * sum((a - top / count) ** 2 for a in apart)
    return top, square


def at_least(one, other):
    """Whether ``one[0] / sqrt(one[1])`` is at least ``other[0] / sqrt(other[1])``, exactly.

    Where the square is zero the ratio is infinite, or zero with the difference.
    """
    (a, s), (b, t) = one, other
    left, right = a * abs(a) * t, b * abs(b) * s
    return left >= right


def p_values(untreated, weights, strata, shares, realised, treated, studentised, pairs=False):
    """The p-values of one null (two-sided, greater, less), from its untreated outcomes.

    `untreated` holds the sum of each unit assigned; everything is a fraction.
    """
    how = (
        (lambda z: paired(untreated, weights, strata, shares, z))
        if pairs
        else (lambda z: statistic(untreated, weights, strata, shares, z, studentised))
    )
    own = how(realised)
    every = [how(z) for z in assignments(strata, treated)]
    size = (abs(own[0]), own[1])
    two = sum(at_least((abs(a), s), size) for a, s in every)
    greater = sum(at_least(each, own) for each in every)
    less = sum(at_least((-a, s), (-own[0], own[1])) for a, s in every)
    return tuple(Fraction(c, len(every)) for c in (two, greater, less))
