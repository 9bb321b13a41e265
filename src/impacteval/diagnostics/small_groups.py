"""Which groups are too small to be shown, and which others must go so that they stay unknown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from impacteval.sample import BlindMatrix
from impacteval.sample.codes import Bools, Codes
from impacteval.values import LEAST_SHOWN

Sizes = Mapping[str, tuple[int, ...]]


def hidden_groups(sizes: Sizes, least: int = LEAST_SHOWN) -> frozenset[str]:
    """Groups about which nothing may be shown.

    Parameters
    ----------
    sizes : mapping of group to (people in each arm)
        Groups that together are everybody, none twice.
    least : int
        The fewest people in an arm that may be shown.

    Returns
    -------
    frozenset of str

    Notes
    -----
    The total is known, so one hidden group could be computed as what is left of it. When any
    group is hidden, at least two are, and together they have at least `least` people in every arm
    where the groups allow it: the next smallest ones go too.

    Examples
    --------
    >>> sorted(hidden_groups({"a": (50, 50), "b": (30, 25), "c": (4, 60)}))
    ['b', 'c']
    >>> hidden_groups({"a": (50, 50), "b": (30, 25)})
    frozenset()
    """
    hidden = [group for group, size in sizes.items() if min(size) < least]
    if not hidden:
        return frozenset()
    others = sorted(
        (group for group in sizes if group not in hidden), key=lambda g: (min(sizes[g]), g)
    )
    for group in others:
        together = [sum(arm) for arm in zip(*(sizes[g] for g in hidden), strict=True)]
        if min(together) >= least:  # never of one group alone: it is small in some arm
            break
        hidden.append(group)
    return frozenset(hidden)


def sizes_of(
    rows: BlindMatrix, groups: Codes, counted: Bools | None = None
) -> dict[str, tuple[int, ...]]:
    """People of each group in each arm: those served and the others, or all of them without arms.

    A person is counted once in a group, in whatever many periods they are seen.

    Parameters
    ----------
    rows : BlindMatrix
        The rows of a sample.
    groups : Codes
        The group of each row.
    counted : array of bool, shape (n,), optional
        Rows that count; all of them by default.

    Returns
    -------
    dict of group to (people in each arm)
        Every group that has a row, counted or not.
    """
    every = np.ones(rows.n, dtype=bool) if counted is None else counted
    arms = [every]
    if rows.treatment is not None:
        arms = [every & (rows.treatment == arm) for arm in (1.0, 0.0)]
    found: dict[str, tuple[int, ...]] = {}
    for k, label in enumerate(groups.labels.tolist()):
        inside = groups.codes == k
        if inside.any():
            found[str(label)] = tuple(len(np.unique(rows.unit.codes[inside & arm])) for arm in arms)
    return found


def gives_away(served: int, of: int, others: int, of_others: int) -> bool:
    """Whether a part of the people, or the rest that is left of everybody, is too small to be shown.

    Parameters
    ----------
    served, of : int
        Of those served, how many belong to the part, and how many there are.
    others, of_others : int
        The same among those who were not served.

    Examples
    --------
    >>> gives_away(50, 100, 40, 90), gives_away(95, 100, 40, 90), gives_away(100, 100, 90, 90)
    (False, True, False)
    """
    rest = (of - served, of_others - others)
    return min(served, others) < LEAST_SHOWN or (any(rest) and min(rest) < LEAST_SHOWN)
