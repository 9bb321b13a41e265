"""Validation errors as sentences: what is wrong, where, and what is allowed."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from impacteval.errors import Problem
from impacteval.files.kinds import FileModel
from impacteval.files.places import KeyPath, Locate


def translated(
    caught: ValidationError, model: type[BaseModel], locate: Locate, kind: str
) -> list[Problem]:
    problems: list[Problem] = []
    for path, what, fix, at_key in sentences(caught, model, locate, kind):
        line, column = locate.key(path) if at_key else locate(path)
        problems.append(Problem(what, fix, locate.file, line, column))
    return problems


def sentences(
    caught: ValidationError, model: type[BaseModel], locate: Locate, kind: str
) -> Iterator[tuple[KeyPath, str, str, bool]]:
    """Every error with its path, what is wrong, what to do, and whether its place is the key."""
    found = caught.errors(include_url=False)
    for item in found:
        path, context = item["loc"], item.get("ctx", {})
        if item["type"] == "too_short" and any(
            len(other["loc"]) > len(path) and other["loc"][: len(path)] == path for other in found
        ):
            continue  # pydantic counts only the entries that are right
        if path == ("format",):
            continue  # said already, and better
        if item["type"] == "located":
            for relative, what, fix in context["problems"]:
                yield (*path, *relative), what, fix, False
            continue
        if item["type"] == "extra_forbidden":
            yield path, *_unknown_key(model, path, locate, kind), True
            continue
        yield path, *_sentence(item, model, locate, kind), False


def _dotted(path: KeyPath) -> str:
    text = ""
    for key in path:
        text += f"[{key + 1}]" if isinstance(key, int) else (f".{key}" if text else key)
    return f"`{text}`" if text else "The file"


def _sentence(item: Any, model: type[BaseModel], locate: Locate, kind: str) -> tuple[str, str]:
    path, context, given = item["loc"], item.get("ctx", {}), item.get("input")
    name = _dotted(locate.known(path))
    if item["type"] == "missing":
        inside = f" in {name}" if locate.known(path) else ""
        return f"The key `{path[-1]}` is missing{inside}.", _what_for(model, path)
    if item["type"] == "value":
        return f"{name}: {context['what']}", context["fix"]
    if given is None and item["type"] != "literal_error":
        return f"{name} has no value.", _what_for(model, path) or "Write one, or remove the key."
    match item["type"]:
        case "literal_error":
            return _word(item, model, locate, kind)
        case "string_type":
            return f"{name} must be a text, not {_shape(given)}.", ""
        case "model_type" | "dict_type" | "model_attributes_type" | "mapping_type":
            allowed = _allowed(_models_at(model, path))
            if allowed == ["en", "fr"]:
                return (
                    f"{name} must be given in both languages.",
                    "Write {en: ..., fr: ...}, or the two keys en and fr on lines of their own.",
                )
            return (
                f"{name} must be a block of keys and values, not {_shape(given)}.",
                f"Allowed keys: {', '.join(allowed)}." if allowed else "",
            )
        case "tuple_type" | "list_type":
            return f"{name} must be a list, not {_shape(given)}.", "Begin each entry with `- `."
        case "too_short":
            return f"{name} needs at least one entry.", ""
        case "too_long":
            return f"{name} has too many entries.", f"At most {context.get('max_length')}."
    return f"{name}: {item['msg']}.", ""


def _word(item: Any, model: type[BaseModel], locate: Locate, kind: str) -> tuple[str, str]:
    name, given = _dotted(locate.known(item["loc"])), item.get("input")
    allowed = re.findall(r"'([^']*)'", str(item.get("ctx", {}).get("expected", "")))
    for owner in _models_at(model, item["loc"][:-1]):
        if issubclass(owner, FileModel):
            later = owner.LATER_WORDS.get(str(item["loc"][-1]), frozenset())
            if isinstance(given, str) and given in later:
                return (
                    f"This version cannot execute `{given}` under {name}{_RELIES[kind == 'contract']}.",
                    (f"Allowed: {', '.join(allowed)}."),
                )
    if not isinstance(given, str):
        what = "no value" if given is None else _shape(given)
        return f"{name} has {what} where one word is expected.", f"Allowed: {', '.join(allowed)}."
    return (
        f"{name}: {given[:40]!r} is not allowed here.",
        f"{_near(given, allowed)}Allowed: {', '.join(allowed)}.",
    )


_RELIES = {True: ", so a contract that relies on it cannot be priced", False: ""}


def _unknown_key(
    model: type[BaseModel], path: KeyPath, locate: Locate, kind: str
) -> tuple[str, str]:
    key = str(path[-1])
    owners = _models_at(model, path[:-1])
    allowed = _allowed(owners)
    for owner in owners:
        if issubclass(owner, FileModel):
            if key in owner.ELSEWHERE:
                return f"The key `{key}` does not belong here.", owner.ELSEWHERE[key]
            if key in owner.LATER:
                return f"This version cannot execute `{key}`{_RELIES[kind == 'contract']}.", (
                    f"Allowed keys here: {', '.join(allowed)}."
                )
    inside = locate.known(path[:-1])
    where = f" in {_dotted(inside)}" if inside else ""
    return (
        f"The key `{key[:40]}` is not known{where}.",
        f"{_near(key, allowed)}Allowed: {', '.join(allowed)}.",
    )


def _near(word: str, allowed: Sequence[str]) -> str:
    close = difflib.get_close_matches(word[:60], allowed, n=1, cutoff=0.6)
    return f"Did you mean `{close[0]}`? " if close else ""


def _shape(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a block of keys"
    if isinstance(value, list | tuple):
        return "a list"
    return "nothing" if value is None else f"{str(value)[:40]!r}"


def _names(model: type[BaseModel]) -> dict[str, Any]:
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _allowed(models: Sequence[type[BaseModel]]) -> list[str]:
    return list(dict.fromkeys(name for model in models for name in _names(model)))


def _what_for(model: type[BaseModel], path: KeyPath) -> str:
    """What a missing key is for, from the description of its field."""
    for owner in _models_at(model, path[:-1]):
        info = _names(owner).get(str(path[-1]))
        if info is not None and info.description:
            return f"It says {info.description}."
    return ""


def _models_at(model: type[BaseModel], path: KeyPath) -> list[type[BaseModel]]:
    """The models that may stand at that path; names that validation added are stepped over."""
    current: list[Any] = [model]
    for key in path:
        following: list[Any] = []
        for kind in current:
            following += list(_step(kind, key))
        if following:
            current = [leaf for kind in following for leaf in _leaves(kind)]
    return [kind for kind in current if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _step(kind: Any, key: str | int) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        info = _names(kind).get(str(key))
        if info is not None:
            yield info.annotation
        elif kind.__name__ == key:
            yield kind
    elif get_origin(kind) in (tuple, list) and isinstance(key, int):
        yield get_args(kind)[0]
    elif get_origin(kind) is dict and not isinstance(key, int):
        yield get_args(kind)[1]


def _leaves(kind: Any) -> Iterator[Any]:
    """Inside optional, annotated and union types."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _leaves(get_args(kind)[0])
    elif origin is Union or origin is types.UnionType:
        for part in get_args(kind):
            yield from _leaves(part)
    elif kind is not type(None):
        yield kind
