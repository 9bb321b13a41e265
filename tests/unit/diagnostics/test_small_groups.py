"""No hidden group may be computed from what is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impacteval.diagnostics.small_groups import gives_away, hidden_groups

SIZES = st.dictionaries(
    st.sampled_from("abcdefgh"), st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1
)


@given(SIZES, st.sampled_from([10, 20]))
def test_what_is_left_of_the_total_is_never_small(sizes, least) -> None:
    hidden = hidden_groups(sizes, least)
    assert all(g in hidden for g, size in sizes.items() if min(size) < least)
    shown = set(sizes) - hidden
    if hidden and shown:
        # Total less everything shown, arm by arm.
        rest = [
            sum(size[arm] for size in sizes.values()) - sum(sizes[g][arm] for g in shown)
            for arm in (0, 1)
        ]
        assert len(hidden) > 1
        assert min(rest) >= least


@given(SIZES)
def test_nobody_is_hidden_without_need(sizes) -> None:
    """Of the groups that are large enough, the smallest go first, and none too many."""
    hidden = hidden_groups(sizes)
    small = [g for g, size in sizes.items() if min(size) < 10]
    assert bool(hidden) == bool(small)
    extra = sorted((g for g in hidden if g not in small), key=lambda g: (min(sizes[g]), g))
    large = sorted((g for g in sizes if g not in small), key=lambda g: (min(sizes[g]), g))
    assert extra == large[: len(extra)]
    if extra:
        before = [*small, *extra[:-1]]
        together = [sum(sizes[g][arm] for g in before) for arm in (0, 1)]
        assert len(before) == 1 or min(together) < 10


def test_two_small_groups_whose_sum_is_small_take_a_third() -> None:
    sizes = {"a": (3, 30), "b": (4, 30), "c": (25, 30), "d": (40, 40)}
    assert hidden_groups(sizes) == {"a", "b", "c"}


def test_two_small_groups_whose_sum_is_not_small_stand_alone() -> None:
    sizes = {"a": (6, 30), "b": (4, 30), "c": (25, 30), "d": (40, 40)}
    assert hidden_groups(sizes) == {"a", "b"}


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        ((10, 20, 10, 20), False),
        ((9, 20, 10, 20), True),
        ((10, 20, 9, 20), True),
        ((11, 20, 10, 20), True),  # the others: nine served
        ((10, 20, 11, 20), True),
        ((20, 20, 20, 20), False),  # everybody
        ((20, 20, 15, 20), True),  # the rest: five, none of them served
    ],
)
def test_a_part_and_the_rest_of_the_people(counts, wanted) -> None:
    assert gives_away(*counts) is wanted
