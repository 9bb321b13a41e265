"""Checks that an estimator cannot know what it is paid for, and prepares before outcomes."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from impacteval.plugin import Estimator, Prepares
from impacteval.testing.bench import SEED, Bench, fingerprint, require

# Where money, verdicts and the words about them live.
FORBIDDEN = ("contract", "decide", "pricing", "report", "render")


def imports(estimator: Estimator) -> None:
    """No module of the estimator reaches the contract, the decision or the report.

    The source is read, so that imports inside functions count. Followed are the estimator's own
    package, impacteval, packages that depend on impacteval, and modules of no package at all.
    """
    start = type(estimator).__module__
    strangers = _strangers() - {start.partition(".")[0]}
    seen: dict[str, str] = {}
    queue = [(start, start)]
    while queue:
        module, path = queue.pop()
        if module in seen:
            continue
        seen[module] = path
        part = module.split(".")[1] if module.startswith("impacteval.") else ""
        require(part not in FORBIDDEN, f"it reaches {module} through {path}.")
        if module.partition(".")[0] not in strangers and module != "impacteval":
            queue += [(found, f"{path} -> {found}") for found in _imported(module)]


@cache
def _strangers() -> frozenset[str]:
    """Top-level modules that cannot know impacteval: the standard library, and packages that
    do not depend on it."""
    known: set[str] = set(sys.stdlib_module_names)
    for module, packages in metadata.packages_distributions().items():
        needed = [need for name in set(packages) for need in metadata.requires(name) or ()]
        if module != "impacteval" and not any(need.startswith("impacteval") for need in needed):
            known.add(module)
    return frozenset(known)


def _imported(module: str) -> Iterator[str]:
    """Modules that the source of `module` names in an import, anywhere but for type checking."""
    source, package = _source(module)
    if source is None:
        return
    tree = ast.parse(source)
    faces: set[str] = set()
    for node in _running_code(tree):
        match node:
            case ast.Import(names=found):
                for alias in found:
                    yield alias.name
                    if alias.name == "impacteval":
                        faces.add(alias.asname or "impacteval")
            case ast.ImportFrom(module=base, names=found, level=level):
                start = _absolute(base or "", level, package)
                for alias in found:
                    yield _home(start, alias.name)
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if _imports_by_name(node):
                yield _absolute(name.lstrip("."), len(name) - len(name.lstrip(".")), package)
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in faces:
                yield _home("impacteval", attribute)


def _imports_by_name(call: ast.Call) -> bool:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("import_module", "__import__", "find_spec", "run_module")


def _running_code(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node except those under ``if TYPE_CHECKING``, which never run."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for other in node.orelse:
                yield other
                yield from _running_code(other)
            continue
        yield node
        yield from _running_code(node)


def _source(module: str) -> tuple[str | None, str]:
    loaded = sys.modules.get(module)
    spec = getattr(loaded, "__spec__", None)
    if spec is None:
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            return None, ""
    origin = getattr(loaded, "__file__", None) or (spec.origin if spec else None)
    if not origin or not origin.endswith(".py"):
        return None, ""
    is_package = Path(origin).name == "__init__.py"
    return Path(origin).read_text(encoding="utf-8"), (
        module if is_package else module.rpartition(".")[0]
    )


def _absolute(name: str, level: int, package: str) -> str:
    if not level:
        return name
    base = package.split(".")
    base = base[: len(base) - level + 1]
    return ".".join([*base, name] if name else base)


def _home(module: str, name: str) -> str:
    """The module that ``from module import name`` really gives: a submodule, or where the face
    of impacteval takes the name from."""
    if module.partition(".")[0] != "impacteval":
        return module if not _is_module(f"{module}.{name}") else f"{module}.{name}"
    if _is_module(f"{module}.{name}"):
        return f"{module}.{name}"
    if module == "impacteval":
        try:
            value: Any = getattr(importlib.import_module("impacteval"), name)
        except (AttributeError, ImportError):
            return module
        return str(getattr(value, "__module__", None) or module)
    return module


def _is_module(name: str) -> bool:
    if name in sys.modules:
        return True
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def no_frame(bench: Bench) -> None:
    """`to_frame` is for people: an estimator that reads it could not run on a database."""
    from impacteval.sample import BlindSample, Sample

    called: list[str] = []

    def refuse(*_args: object, **_keywords: object) -> None:
        called.append("to_frame")
        raise AssertionError("the estimator calls to_frame.")

    sample = bench.known.sample()
    with patch.object(Sample, "to_frame", refuse), patch.object(BlindSample, "to_frame", refuse):
        for scale in bench.scales:
            bench.estimate(sample, scale)
    require(not called, "the estimator calls to_frame and hides that it failed.")


def prepare_is_blind(bench: Bench) -> None:
    """Other outcomes, the same preparation: before and after the estimator has seen them."""
    own = bench.estimator
    assert isinstance(own, Prepares)
    y = bench.known.columns["y"]
    order = np.random.default_rng(SEED).permutation(len(y))
    other = bench.known.with_column("y", y[order] + 1.0).sample()

    def prepared(sample: Any) -> str:
        return str(own.prepare(sample.blind, rng=np.random.default_rng(SEED)).digest)

    first = prepared(bench.sample)
    require(prepared(other) == first, "with outcomes exchanged, the preparation is another one.")
    for sample in (bench.sample, other):
        bench.estimate(sample, bench.scales[0])
        again = prepared(sample)
        require(again == first, "after an estimate, the preparation is another one.")


def prepared_is_used(bench: Bench) -> None:
    """A frozen preparation is what the estimate uses, and making it here gives the same."""
    own = bench.estimator
    assert isinstance(own, Prepares)
    preparation = own.prepare(bench.sample.blind, rng=np.random.default_rng(SEED))
    sample = bench.sample.prepared(preparation)

    def refuse(*_args: object, **_keywords: object) -> None:
        raise AssertionError("the estimator prepares again what is already prepared and frozen.")

    for scale, bare in bench.estimates.items():
        with patch.object(type(own), "prepare", refuse):
            found = bench.estimate(sample, scale)
        require(
            bench.random or fingerprint(found) == fingerprint(bare),
            f"on {scale} the estimate with its preparation differs from the one without.",
        )


CLASS_CHECKS: tuple[tuple[str, Callable[[Estimator], None]], ...] = (("imports", imports),)
BENCH_CHECKS: tuple[tuple[str, Callable[[Bench], None]], ...] = (("no_frame", no_frame),)
PREPARE_CHECKS: tuple[tuple[str, Callable[[Bench], None]], ...] = (
    ("prepare_is_blind", prepare_is_blind),
    ("prepared_is_used", prepared_is_used),
)
