"""Changes to the code about money, one at a time: what they are, and how one is put in force.

`mutmut` says which changes there are. Each is kept as the new text of one function, and put in
force in a running process by giving the function its new code: whoever holds the function, holds
the changed one, and nothing is imported twice.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import inspect
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import create_mutations, deep_replace, group_by_top_level_node
from mutmut.mutation.trampoline_templates import mangle_function_name

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"


@dataclass(frozen=True)
class Mutant:
    """One change to one function.

    `name` is mutmut's. `lines` are those of the statement that changes, in `source`, the file as it
    was read: a test that runs none of them cannot notice. `first` and `last` bound the function,
    `text` replaces it.
    """

    name: str
    module: str
    function: str
    lines: frozenset[int]
    first: int
    last: int
    text: str
    before: str
    after: str
    source: str = field(repr=False)

    @property
    def place(self) -> str:
        """The function within the package, as `decide.holm._steps`."""
        return f"{self.module.removeprefix('impacteval.')}.{self.function}"

    @property
    def key(self) -> str:
        """The same for the same change of the same text, whatever its number."""
        told = "\0".join((self.module, self.function, self.before, self.after, self.text))
        return hashlib.sha256(told.encode()).hexdigest()[:20]


def _told() -> dict[str, list[str]]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        told: dict[str, list[str]] = tomllib.load(file)["tool"]["mutation"]
    return told


def sources() -> list[Path]:
    """The files that `[tool.mutation]` names."""
    skip = {ROOT / name for name in _told()["except"]}
    return sorted({path for pattern in _told()["files"] for path in ROOT.glob(pattern)} - skip)


def tests() -> list[str]:
    """The folders of tests that `[tool.mutation]` names."""
    return _told()["tests"]


def module_of(path: Path) -> str:
    """The name by which a source file is imported."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def mutants(path: Path) -> list[Mutant]:
    """Every change that mutmut makes to one file, in its order."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    module, mutations, _, _ = create_mutations(str(path), source)
    where = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    tree = ast.parse(source)
    grouped = group_by_top_level_node(mutations)
    found: list[Mutant] = []
    for (owner, function), (_, node) in zip(_of_cst(module), _of_ast(tree), strict=True):
        first = _first_line(node)
        last = node.end_lineno or node.lineno
        before = _rendered(function, owner)
        if before != "\n".join(lines[first - 1 : last]):
            raise AssertionError(f"{path}:{first}: the function is not rendered as it stands.")
        stem = mangle_function_name(name=function.name.value, class_name=owner)
        for number, mutation in enumerate(grouped.get(function, ()), 1):
            changed = deep_replace(function, mutation.original_node, mutation.mutated_node)
            assert isinstance(changed, cst.FunctionDef)
            text = _rendered(changed, owner)
            old, new = _difference(before, text)
            at = where[mutation.original_node]
            found.append(
                Mutant(
                    name=f"{module_of(path)}.{stem}__mutmut_{number}",
                    module=module_of(path),
                    function=f"{owner}.{function.name.value}" if owner else function.name.value,
                    lines=frozenset(_statement(node, at.start.line, at.end.line)),
                    first=first,
                    last=last,
                    text=text,
                    before=old,
                    after=new,
                    source=source,
                )
            )
    return found


def _of_cst(module: cst.Module) -> Iterator[tuple[str | None, cst.FunctionDef]]:
    for part in module.body:
        if isinstance(part, cst.FunctionDef):
            yield None, part
        elif isinstance(part, cst.ClassDef) and isinstance(part.body, cst.IndentedBlock):
            for method in part.body.body:
                if isinstance(method, cst.FunctionDef):
                    yield part.name.value, method


def _of_ast(tree: ast.Module) -> Iterator[tuple[str | None, ast.FunctionDef]]:
    for part in tree.body:
        if isinstance(part, ast.FunctionDef):
            yield None, part
        elif isinstance(part, ast.ClassDef):
            for method in part.body:
                if isinstance(method, ast.FunctionDef):
                    yield part.name, method


def _rendered(function: cst.FunctionDef, owner: str | None) -> str:
    """The text of a function from its first decorator on, indented as a method where it is one."""
    bare = function.with_changes(leading_lines=())
    if owner is None:
        return cst.Module([bare]).code.rstrip("\n")
    body = cst.IndentedBlock([bare])
    code = cst.Module([cst.ClassDef(name=cst.Name("_"), body=body)]).code
    return code.rstrip("\n").split("\n", 1)[1]


def _difference(before: str, after: str) -> tuple[str, str]:
    """The lines that go and those that come, each on one line."""
    told = list(unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=0))[2:]
    old = " ".join(x[1:].strip() for x in told if x.startswith("-"))
    new = " ".join(x[1:].strip() for x in told if x.startswith("+"))
    return old, new


def _statement(function: ast.FunctionDef, first: int, last: int) -> Iterable[int]:
    """The lines of the smallest statement around some lines, or of its head when it has a body."""
    inside: ast.stmt = function
    for node in ast.walk(function):
        if (
            isinstance(node, ast.stmt)
            and node.lineno <= first
            and last <= (node.end_lineno or 0)
            and node.lineno >= inside.lineno
        ):
            inside = node
    end = inside.end_lineno or inside.lineno
    match inside:
        case ast.FunctionDef():
            return range(inside.body[0].lineno, end + 1)
        case ast.If() | ast.While() | ast.For() | ast.With() if last < inside.body[0].lineno:
            return range(inside.lineno, max(inside.lineno, inside.body[0].lineno - 1) + 1)
    return range(inside.lineno, end + 1)


def changed_source(mutant: Mutant) -> str:
    """The whole file with the change in it."""
    lines = mutant.source.split("\n")
    lines[mutant.first - 1 : mutant.last] = mutant.text.split("\n")
    return "\n".join(lines)


def put_in_force(mutant: Mutant) -> None:
    """Give the function its changed code, in this process."""
    module = importlib.import_module(mutant.module)
    function = _function(module, mutant.function)
    source = changed_source(mutant)
    compiled = compile(source, function.__code__.co_filename, "exec", dont_inherit=True)
    function.__code__ = next(
        code
        for code in _codes(compiled)
        if code.co_firstlineno == mutant.first and code.co_qualname == mutant.function
    )
    if function.__defaults__ or function.__kwdefaults__:
        _give_defaults(function, source, mutant.first, vars(module))


def _give_defaults(function: FunctionType, source: str, first: int, names: dict[str, Any]) -> None:
    wanted = next(node for _, node in _of_ast(ast.parse(source)) if _first_line(node) == first)

    def valued(node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), "<default>", "eval"), names)

    function.__defaults__ = tuple(map(valued, wanted.args.defaults)) or None
    named = zip(wanted.args.kwonlyargs, wanted.args.kw_defaults, strict=True)
    function.__kwdefaults__ = {arg.arg: valued(node) for arg, node in named if node is not None}


def _first_line(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _codes(part)


def _function(module: object, name: str) -> FunctionType:
    held: Any = module
    for part in name.split("."):
        held = vars(held)[part]
    match held:
        case property():
            held = held.fget
        case staticmethod() | classmethod():
            held = held.__func__
        case functools.cached_property():
            held = held.func
    found: Callable[..., Any] = inspect.unwrap(held)
    assert isinstance(found, FunctionType), f"{name} is not a function"
    return found
