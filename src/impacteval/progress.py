"""Progress of long work: one listener per context, silent unless somebody listens.

Progress is ambient on purpose: it is never a setting, never in a digest, and cannot change a
number.

Examples
--------
>>> from impacteval.progress import listen, step
>>> heard = []
>>> with listen(lambda event: heard.append((event.name, event.done, event.total))):
...     step("draws", 10, 100)
>>> heard
[('draws', 10, 100)]
>>> step("nobody hears this")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """One step of work.

    Attributes
    ----------
    name : str
        What is being done.
    done, total : int
        How much of it is done, and of how much (0: unknown).
    about : tuple of str
        What a `span` of work is about, so that a listener can tell how long it took; empty for
        steps within one.
    ended : bool
        Whether the span ends here.
    """

    name: str
    done: int = 0
    total: int = 0
    about: tuple[str, ...] = ()
    ended: bool = False


Listener = Callable[[ProgressEvent], None]

_listener: ContextVar[Listener | None] = ContextVar("impacteval_progress", default=None)


@contextmanager
def listen(listener: Listener) -> Iterator[None]:
    """Send every step taken inside the ``with`` block to `listener`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def step(name: str, done: int = 0, total: int = 0) -> None:
    """Tell the listener, if there is one, that work has reached this point."""
    listener = _listener.get()
    if listener is not None:
        listener(ProgressEvent(name, done, total))


@contextmanager
def span(name: str, *about: str) -> Iterator[None]:
    """Tell the listener when a piece of work begins and when it ends.

    Nothing is measured here: a listener that wants to know how long it took looks at its own clock.

    Examples
    --------
    >>> heard = []
    >>> with listen(lambda event: heard.append((event.about, event.ended))):
    ...     with span("checking balance", "earnings", "balance"):
    ...         pass
    >>> heard
    [(('earnings', 'balance'), False), (('earnings', 'balance'), True)]
    """
    listener = _listener.get()
    if listener is None:
        yield
        return
    listener(ProgressEvent(name, about=about))
    try:
        yield
    finally:
        listener(ProgressEvent(name, about=about, ended=True))
