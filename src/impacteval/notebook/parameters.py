"""Parameters of a notebook: typed, declared in one cell, and refused when unknown or mistyped.

A study declares them in a cell tagged ``parameters`` that holds simple assignments only::

    # %% tags=["parameters"]
    level: float = 0.95
    subgroup = "all"

The type is the one written, or that of the value.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from impacteval.errors import Problem, StudyError, UsageError
from impacteval.notebook.twin import PARAMETERS_TAG, Cell, read_cells, source_of

Value = bool | int | float | str

_TYPES: dict[str, type[bool] | type[int] | type[float] | type[str]] = {
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
}
_EXAMPLE = "Write `name: type = value` with a type among bool, int, float and str."


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter: its name, the name of its type, and the value it has by default."""

    name: str
    type_name: str
    default: Value


def declared(cells: tuple[Cell, ...], file: str) -> dict[str, Parameter]:
    """The parameters that the tagged cell declares, in its order; none without such a cell.

    Raises
    ------
    StudyError
        The cell holds something else than simple assignments; every fault is listed.
    """
    tagged = [cell for cell in cells if cell.kind == "code" and PARAMETERS_TAG in cell.tags]
    if not tagged:
        return {}
    if len(tagged) > 1:
        where = tagged[1].line
        raise StudyError(
            Problem("Two cells are tagged `parameters`.", "Keep one of the two.", file, where, 1)
        )
    cell = tagged[0]
    try:
        statements = ast.parse(cell.text).body
    except SyntaxError as error:
        line = cell.line + (error.lineno or 1) - 1
        raise StudyError(
            Problem("The cell of parameters is not valid Python.", _EXAMPLE, file, line, 1)
        ) from None
    found: dict[str, Parameter] = {}
    problems: list[Problem] = []
    for statement in statements:
        line = cell.line + statement.lineno - 1
        parameter = _parameter(statement)
        if isinstance(parameter, str):
            problems.append(Problem(parameter, _EXAMPLE, file, line, statement.col_offset + 1))
        elif parameter.name in found:
            what = f"The parameter `{parameter.name}` is declared twice."
            problems.append(Problem(what, "Keep one of the two.", file, line, 1))
        else:
            found[parameter.name] = parameter
    if problems:
        raise StudyError(problems)
    return found


def _parameter(statement: ast.stmt) -> Parameter | str:
    """The parameter that a statement declares, or what is wrong with it."""
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id=type_name), value=node):
            if type_name not in _TYPES:
                return f"The parameter `{name}` has a type that is not known, `{type_name}`."
        case ast.Assign(targets=[ast.Name(id=name)], value=node):
            type_name = ""
        case _:
            return "A cell of parameters holds simple assignments only."
    if node is None:
        return f"The parameter `{name}` has no value."
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return f"The value of the parameter `{name}` is not a plain number or text."
    type_name = type_name or type(value).__name__
    fitted = fit(value, type_name) if type_name in _TYPES else None
    if fitted is None:
        return f"The value of the parameter `{name}` is not of type {type_name}."
    return Parameter(name, type_name, fitted)


def fit(value: object, type_name: str) -> Value | None:
    """The value as that type, or None when it is not of it. A whole number is a float too."""
    wanted = _TYPES[type_name]
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if wanted is int and isinstance(value, bool):
        return None
    if not isinstance(value, wanted):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def typed_parameters(study: Path | str, pairs: Iterable[str]) -> dict[str, Value]:
    """Read ``name=value`` pairs, as typed at a command line, by the types the study declares.

    Raises
    ------
    UsageError
        A pair without ``=``, an unknown name, a name given twice or a value of another type;
        every fault is listed.
    """
    source = source_of(study)
    known = declared(read_cells(source), source.as_posix())
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            problems.append(Problem(f"{pair!r} is not a parameter.", "Write name=value."))
        elif name not in known:
            problems.append(_unknown(name, known))
        elif name in values:
            problems.append(Problem(f"The parameter {name!r} is given twice."))
        else:
            value = _from_text(text.strip(), known[name].type_name)
            if value is None:
                problems.append(_mistyped(known[name], text.strip()))
            else:
                values[name] = value
    if problems:
        raise UsageError(problems)
    return values


def _from_text(text: str, type_name: str) -> Value | None:
    if type_name == "str":
        return text
    if type_name == "bool":
        return {"true": True, "false": False}.get(text.lower())
    try:
        return fit(int(text) if type_name == "int" else float(text), type_name)
    except ValueError:
        return None


def checked(values: Mapping[str, object], known: Mapping[str, Parameter]) -> dict[str, Value]:
    """The values given, each of the type its parameter declares.

    Raises
    ------
    UsageError
        An unknown name or a value of another type; every fault is listed.
    """
    fitted: dict[str, Value] = {}
    problems: list[Problem] = []
    for name, value in values.items():
        if name not in known:
            problems.append(_unknown(name, known))
            continue
        good = fit(value, known[name].type_name)
        if good is None:
            problems.append(_mistyped(known[name], value))
        else:
            fitted[name] = good
    if problems:
        raise UsageError(problems)
    return fitted


def _unknown(name: str, known: Mapping[str, Parameter]) -> Problem:
    allowed = ", ".join(known) if known else "none; the notebook declares no parameters"
    return Problem(f"The notebook has no parameter {name!r}.", f"Allowed: {allowed}.")


def _mistyped(parameter: Parameter, value: object) -> Problem:
    return Problem(
        f"The parameter {parameter.name!r} must be of type {parameter.type_name}, not {value!r}.",
        f"Its value by default is {parameter.default!r}.",
    )


def assignments(values: Mapping[str, Value], known: Mapping[str, Parameter]) -> str:
    """Source of the cell that sets the values given, in the order of their declaration."""
    return "\n".join(
        f"{name}: {known[name].type_name} = {values[name]!r}" for name in known if name in values
    )
