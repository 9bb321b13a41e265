"""Open ways against two other ways to the same answer: the moral graph, and networkx and dowhy."""

from __future__ import annotations

import warnings
from itertools import chain, combinations

import networkx as nx
import numpy as np
import pytest

from impacteval.plan.paths import Causes, sufficient


def causes(text: str) -> Causes:
    """A graph from ``a>b c>d``."""
    return Causes(tuple(tuple(edge.split(">")) for edge in text.split()))  # type: ignore[misc]


@pytest.fixture(scope="module")
def dowhy_graph():
    """dowhy's own functions on graphs."""
    with warnings.catch_warnings():
        # Its source has escapes that Python warns of when it compiles it for the first time.
        for kind in (DeprecationWarning, SyntaxWarning):
            warnings.filterwarnings("ignore", "invalid escape sequence", kind)
        from dowhy import graph
        from dowhy.causal_identifier import auto_identifier
    return graph, auto_identifier


def drawn_graphs(count: int):
    """Graphs by lot of six things, some hidden, with an arrow from one end to the other."""
    rng = np.random.default_rng(12)
    names = [f"v{k}" for k in range(6)]
    for _ in range(count):
        edges = [pair for pair in combinations(names, 2) if rng.random() < 0.45]
        start, end = (names[k] for k in sorted(rng.choice(6, 2, replace=False)))
        if (start, end) not in edges:
            edges.append((start, end))
        order = rng.permutation(len(edges))
        hidden = {n for n in names if n not in (start, end) and rng.random() < 0.25}
        yield Causes(tuple(edges[k] for k in order)), start, end, hidden, names


def subsets(names):
    return chain.from_iterable(combinations(names, k) for k in range(len(names) + 1))


def test_what_is_open_is_what_networkx_and_dowhy_say(dowhy_graph, monkeypatch):
    graph, identifier = dowhy_graph
    # dowhy 0.12 asks networkx for a name that it has dropped.
    monkeypatch.setattr(nx.algorithms, "d_separated", nx.is_d_separator, raising=False)
    kind = identifier.BackdoorAdjustment.BACKDOOR_EXHAUSTIVE
    closed = asked = 0
    for own, start, end, hidden, names in drawn_graphs(60):
        peer = nx.DiGraph()
        peer.add_nodes_from(names)
        peer.add_edges_from(own.edges)
        cut = peer.copy()
        cut.remove_edges_from([*peer.out_edges(start)])
        ways = graph.get_backdoor_paths(peer, [start], [end])
        measured = [n for n in names if n not in hidden]
        free = [n for n in measured if n not in own.after(start)]
        valid = set()
        for held in map(frozenset, subsets([n for n in free if n != end])):
            found = not [*own.back_doors(start, end, held)]
            assert found == own.without_effects_of(start).separated(start, end, held)
            assert found == nx.is_d_separator(cut, {start}, {end}, set(held))
            theirs = graph.check_valid_backdoor_set(
                peer, [start], [end], held, backdoor_paths=ways, dseparation_algo="naive"
            )
            assert found == theirs["is_dseparated"]
            asked, closed = asked + 1, closed + found
            if found:
                valid.add(held)
        # dowhy lists sets without what is tied to neither end; each of its sets is one of ours.
        listed = identifier.identify_backdoor(
            peer, [start], [end], measured, kind, dseparation_algo="naive"
        )
        assert {frozenset(s["backdoor_set"]) for s in listed} <= valid
        assert bool(listed) == bool(valid)
        best = sufficient(own, start, end, measured)
        assert (best is not None) == bool(valid)
        assert best is None or best in valid
    assert 0.2 < closed / asked < 0.95  # both answers are common, so that either could be wrong


@pytest.mark.parametrize(
    ("text", "held", "ways"),
    [
        ("n>t n>y t>y", "", ["t <- n -> y"]),
        ("n>t n>y t>y", "n", []),
        # Two causes meet: closed, until the meeting, or what follows from it, is held fixed.
        ("u>t u>m w>m w>y t>y", "", []),
        ("u>t u>m w>m w>y t>y", "m", ["t <- u -> m <- w -> y"]),
        ("u>t u>m w>m w>y m>d t>y", "d", ["t <- u -> m <- w -> y"]),
        ("u>t u>m w>m w>y m>d t>y", "d u", []),
        ("u>m m>t w>m w>y t>y", "", ["t <- m <- w -> y"]),
        ("u>m m>t w>m w>y t>y", "m", []),
        ("t>m m>y t>y", "", []),
    ],
)
def test_ways_that_are_known_by_heart(text, held, ways):
    own = causes(text)
    found = own.back_doors("t", "y", frozenset(held.split()))
    assert [own.written(path) for path in found] == ways


def test_a_circle_is_shown_as_it_goes_round():
    assert causes("a>b b>c c>a").cycle() == ("a", "b", "c", "a")
    assert causes("a>b b>c a>c").cycle() is None


def test_the_shortest_way_along_arrows():
    own = causes("t>a a>b b>y t>c c>y")
    assert own.way("t", "y") == ("t", "c", "y")
    assert own.way("y", "t") is None
    assert own.after("a") == {"a", "b", "y"}
    assert own.before("c") == {"c", "t"}


def test_a_graph_of_very_many_ways_is_answered():
    """Every one of twenty things acts on all after it: more ways than anyone could list."""
    names = [f"v{k:02d}" for k in range(20)]
    own = Causes(tuple(combinations(names, 2)))
    assert 2_000 <= len([*own.back_doors("v18", "v19", frozenset())]) <= 18 * 2_000
    assert not [*own.back_doors("v18", "v19", frozenset(names[:18]))]
