"""What a graph of causes forbids among the covariates, what it asks for, and what it must assume."""

from __future__ import annotations

from itertools import combinations

import pytest

from impacteval.plan import CausalGraph, Columns, drawn
from impacteval.plan.causes import MOST_THINGS, graph_problems

COLUMNS = {"outcome": "y", "treatment": "t", "unit": "id"}


def graph(*edges: object, measured: tuple[str, ...] = ()) -> CausalGraph:
    return CausalGraph.model_validate({"edges": list(edges), "measured": list(measured)})


def problems(own: CausalGraph, *covariates: str, others=None, **columns: str):
    read = Columns.model_validate({**COLUMNS, **columns, "covariates": list(covariates)})
    return graph_problems(own, read, "matched", others or {})


def told(own: CausalGraph, *covariates: str, **columns: str) -> list[str]:
    return [f"{what} {fix}" for _, what, fix in problems(own, *covariates, **columns)]


def assumed(own: CausalGraph, *covariates: str) -> list[str]:
    read = Columns.model_validate({**COLUMNS, "covariates": list(covariates)})
    found = drawn(own, read, tuple(covariates))
    return [found.causes.written(path) for path in found.untestable()]


HIDDEN = {"hidden": "u", "causes": ["t", "y"]}


def test_arrows_are_written_as_a_person_would():
    own = graph("a -> t", "a→ y", "t->y", HIDDEN)
    assert own.causes.edges == (("a", "t"), ("a", "y"), ("t", "y"), ("u", "t"), ("u", "y"))
    assert own.hidden == ("u",)


def test_what_suffices_is_accepted():
    own = graph("a -> t", "a -> y", "t -> y")
    assert told(own, "a") == []
    assert assumed(own, "a") == []


def test_a_common_cause_left_out_is_asked_for_once_for_each_way():
    own = graph("a -> t", "a -> y", "b -> t", "b -> c", "c -> y", "t -> y", measured=("b", "c"))
    found = told(own, "a")
    assert found == [
        (
            "By the graph `b` and `c` tie the service to the outcome and are not held fixed: "
            "t <- b -> c -> y. Add `b` or `c` to the covariates."
        )
    ]
    assert told(own, "a", "c") == []


def test_a_hidden_common_cause_is_assumed_and_not_refused():
    own = graph("a -> t", "a -> y", "t -> y", HIDDEN)
    assert told(own, "a") == []
    assert assumed(own, "a") == ["t <- u -> y"]


def test_a_hidden_cause_behind_a_measured_one_is_closed_by_it():
    own = graph({"hidden": "u", "causes": ["t", "a"]}, "a -> y", "t -> y")
    assert told(own, "a") == []
    assert assumed(own, "a") == []
    (said,) = told(
        graph({"hidden": "u", "causes": ["t", "a"]}, "a -> y", "t -> y", measured=("a",))
    )
    assert "Add `a` to the covariates." in said


def test_what_the_service_changes_cannot_close_a_way():
    """A hidden cause of being served also acts on what the service changes: nothing closes that."""
    own = graph({"hidden": "u", "causes": ["t", "m"]}, "t -> m", "m -> y", measured=("m",))
    assert told(own) == []
    assert assumed(own) == ["t <- u -> m -> y"]
    (said,) = told(own, "m")
    assert "the service works through it: t -> m -> y" in said


@pytest.mark.parametrize(
    ("covariate", "what"),
    [("m", "works through it: t -> m -> y"), ("d", "it follows from the service: t -> m -> d")],
)
def test_what_follows_from_the_service_may_not_be_held_fixed(covariate, what):
    own = graph("t -> m", "m -> y", "m -> d", measured=("m", "d"))
    (said,) = told(own, covariate)
    assert what in said
    assert f"Remove `{covariate}`" in said


def test_what_follows_from_the_outcome_follows_from_the_service():
    (said,) = told(graph("t -> y", "y -> d"), "d")
    assert "it follows from the service: t -> y -> d" in said


M = ({"hidden": "u", "causes": ["t", "m"]}, {"hidden": "w", "causes": ["m", "y"]}, "t -> y")


def test_a_meeting_that_opens_a_way_is_refused_by_its_name_and_its_consequence():
    (said,) = told(graph(*M), "m")
    assert "t <- u -> m <- w -> y. Both `u` and `w` act on `m`" in said
    assert said.endswith("Remove `m` from the covariates.")
    (said,) = told(graph(*M, "m -> d", measured=("m",)), "d")
    assert said.startswith("Holding `d` fixed ties")
    assert told(graph(*M, measured=("m",))) == []


def test_a_way_that_was_opened_may_be_closed_by_another_measured_thing():
    own = graph(
        {"hidden": "u", "causes": ["t", "m"]}, "w -> m", "w -> y", "t -> y", measured=("w",)
    )
    (said,) = told(own, "m")
    assert said.endswith("or add `w`, which stands on that way.")
    assert told(own, "m", "w") == []


def test_where_every_choice_leaves_a_way_it_is_assumed_instead_of_refused():
    """A common cause in which two hidden causes meet: held fixed it opens, left alone it is open."""
    own = graph(*M, "m -> t", "m -> y", measured=("m",))
    assert told(own, "m") == []
    assert assumed(own, "m") == ["t <- u -> m <- w -> y"]
    (said,) = told(own)
    assert "Add `m`" in said


def test_strata_are_held_fixed_as_covariates_are():
    own = graph("a -> t", "a -> y", "t -> y")
    assert told(own, stratum="a") == []
    assert len(told(graph("t -> y"), stratum="a")) == 1


def test_covariates_of_another_analysis_are_held_to_the_graph_in_their_own_place():
    own = graph("a -> t", "a -> y", "t -> y", "t -> m", measured=("m",))
    (found,) = problems(own, "a", others={2: ("a", "m")})
    assert found[0] == ("robustness", 2, "columns", "covariates", 1)
    (left,) = problems(own, "a", others={0: ()})
    assert left[0] == ("robustness", 0, "columns", "covariates")
    assert "Add `a`" in left[2]


def test_what_was_received_is_the_service_where_it_is_told():
    read = Columns.model_validate(
        {"outcome": "y", "assigned": "z", "received": "r", "covariates": ["a"]}
    )
    own = graph("z -> r", "r -> y", "a -> r", "a -> y")
    assert graph_problems(own, read, "rct", {}) == []
    assert drawn(own, read, ("a",)).service == "r"


def test_a_graph_that_nobody_can_follow_is_refused():
    names = ["t", "y", *(f"v{k}" for k in range(MOST_THINGS))]
    own = graph(*(f"{a} -> {b}" for a, b in combinations(names, 2)), measured=tuple(names[2:]))
    (said,) = told(own)
    assert f"nobody can follow more than {MOST_THINGS}" in said


def test_the_part_that_each_thing_plays():
    own = graph("a -> t", "a -> y", "t -> m", "m -> y", HIDDEN, measured=("m",))
    found = drawn(own, Columns.model_validate({**COLUMNS, "covariates": ["a"]}), ("a",))
    kinds = {node: found.kind(node) for node in found.causes.nodes}
    assert kinds == {"a": "held", "t": "service", "y": "outcome", "m": "measured", "u": "hidden"}
