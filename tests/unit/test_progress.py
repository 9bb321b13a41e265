"""Progress is silent unless somebody listens, and never leaks out of its block."""

from __future__ import annotations

from impacteval.progress import ProgressEvent, listen, step


def test_the_innermost_listener_hears() -> None:
    outer: list[ProgressEvent] = []
    inner: list[ProgressEvent] = []
    with listen(outer.append):
        step("a")
        with listen(inner.append):
            step("b", 1, 2)
        step("c")
    step("nobody")
    assert [e.name for e in outer] == ["a", "c"]
    assert inner == [ProgressEvent("b", 1, 2)]
