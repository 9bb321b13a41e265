"""impacteval: from an outcomes contract and data to a verdict that a stranger can re-run.

Examples
--------
>>> import impacteval as ie
>>> sorted(ie.__all__)[:4]
['Sample', '__version__', 'contract_as_of', 'estimator']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from impacteval.adjudicated import price
    from impacteval.contract import contract_as_of, load_contract
    from impacteval.plan import load_plan
    from impacteval.registry import estimator
    from impacteval.render import write
    from impacteval.sample import Sample
    from impacteval.simulation import simulate
    from impacteval.study import load_study
    from impacteval.verification import verify

__version__ = "0.1.0"

# The face is lazy: reading a contract must not wait for pandas, and the modules that decide
# about money must stay importable without any numerical library.
_HOME = {
    "Sample": "impacteval.sample",
    "contract_as_of": "impacteval.contract",
    "estimator": "impacteval.registry",
    "load_contract": "impacteval.contract",
    "load_plan": "impacteval.plan",
    "load_study": "impacteval.study",
    "price": "impacteval.adjudicated",
    "simulate": "impacteval.simulation",
    "verify": "impacteval.verification",
    "write": "impacteval.render",
}

__all__ = [
    "Sample",
    "__version__",
    "contract_as_of",
    "estimator",
    "load_contract",
    "load_plan",
    "load_study",
    "price",
    "simulate",
    "verify",
    "write",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'impacteval' has no attribute {name!r}") from None
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
