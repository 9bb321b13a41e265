"""Seeds of steps depend on what the step is, and on nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from impacteval.study.seeds import step_rng, step_seed

words = st.text(max_size=6)


def test_the_seed_is_fixed_for_ever() -> None:
    # A change here would move every draw of every locked study.
    assert f"{step_seed(7, 'reconvictions', 'all', 'estimate'):032x}" == (
        "40049a41746a75bf69b670678bacc9d9"
    )


@given(st.tuples(words, words, words), st.tuples(words, words, words))
def test_different_steps_have_different_seeds(
    a: tuple[str, str, str], b: tuple[str, str, str]
) -> None:
    assert (step_seed(1, *a) == step_seed(1, *b)) == (a == b)


def test_the_plan_seed_matters_and_draws_repeat() -> None:
    first = step_rng(1, "y", "all", "estimate").random(4).tolist()
    assert step_rng(1, "y", "all", "estimate").random(4).tolist() == first
    assert step_rng(2, "y", "all", "estimate").random(4).tolist() != first
