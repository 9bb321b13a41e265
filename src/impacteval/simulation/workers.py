"""Work in blocks, on as many workers as joblib is configured for around the call.

Workers are ambient: ``with joblib.parallel_config(n_jobs=2): simulate(...)``. Without such a
configuration blocks run one after the other. Each block has a seed of its own, so
the result is the same to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

_T = TypeVar("_T")


def mapped(function: Callable[..., _T], calls: Sequence[tuple[Any, ...]]) -> Iterator[_T]:
    """``function(*call)`` for each call, in their order.

    Parameters
    ----------
    function : callable
        A function of a module, so that another process can find it.
    calls : sequence of tuple
        The arguments of each call.

    Examples
    --------
    >>> list(mapped(max, [(1, 2), (4, 3)]))
    [2, 4]
    """
    if len(calls) < 2:
        yield from (function(*call) for call in calls)
        return
    import joblib

    work: Iterable[Any] = (joblib.delayed(function)(*call) for call in calls)
    yield from joblib.Parallel(return_as="generator")(work)
