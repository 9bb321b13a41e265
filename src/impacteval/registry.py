"""Finds estimators by entry point and builds them from settings.

Ours come through the same door as anyone else's (see `impacteval.plugin`). Nothing is imported
until it is used: names come from the metadata of the installed packages, and an estimator's
module is loaded when that estimator is built or described.

Examples
--------
>>> from impacteval.registry import names
>>> "difference-in-means" in names()
True
"""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from impacteval.errors import PluginError, Problem, UsageError
from impacteval.plugin import (
    ENTRY_POINT_GROUP,
    Estimator,
    contract_breaches,
    settings_model,
)

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@dataclass(frozen=True, slots=True)
class Registered:
    """One estimator that is installed.

    Attributes
    ----------
    name : str
        The name plans use.
    package, version : str
        The distribution that declares it, and its version.
    target : str
        Where its class is, as ``module:Class``.
    """

    name: str
    package: str
    version: str
    target: str

    @property
    def cls(self) -> type[Estimator]:
        """The class, imported and held against the estimator contract.

        Raises
        ------
        PluginError
            When the module cannot be imported or the class breaks the contract.
        """
        return _load(self)


def _load(entry: Registered) -> type[Estimator]:
    from importlib.metadata import EntryPoint

    try:
        loaded = EntryPoint(entry.name, entry.target, ENTRY_POINT_GROUP).load()
    except Exception as error:
        raise PluginError(
            f"The estimator {entry.name!r} cannot be loaded from {entry.target}: "
            f"{type(error).__name__}: {error}.",
            package=entry.package,
        ) from error
    breaches = list(contract_breaches(loaded))
    declared = getattr(loaded, "name", None)
    if isinstance(declared, str) and declared != entry.name:
        breaches.append(f"its class calls itself {declared!r}.")
    if breaches:
        raise PluginError(
            f"The estimator {entry.name!r} breaks the estimator contract: {' '.join(breaches)}",
            package=entry.package,
        )
    found: type[Estimator] = loaded
    return found


def entries() -> tuple[Registered, ...]:
    """Every estimator that is installed, in alphabetical order; none is imported.

    Raises
    ------
    PluginError
        When two packages offer one name: which of them would answer must not depend on the
        order of installation.
    """
    return _entries(tuple(sys.path))


@cache
def _entries(_path: tuple[str, ...]) -> tuple[Registered, ...]:
    # Keyed by the import path, so that a path changed while running is seen.
    from importlib.metadata import entry_points

    return _distinct(_registered(point) for point in entry_points(group=ENTRY_POINT_GROUP))


def _registered(point: EntryPoint) -> Registered:
    package = point.dist
    return Registered(
        name=point.name,
        package=package.name if package else "unknown",
        version=package.version if package else "unknown",
        target=point.value,
    )


def _distinct(found: Iterable[Registered]) -> tuple[Registered, ...]:
    by_name: dict[str, list[Registered]] = {}
    for entry in sorted(found, key=lambda e: (e.name, e.package, e.target)):
        by_name.setdefault(entry.name, []).append(entry)
    doubled = [same for same in by_name.values() if len(same) > 1]
    if doubled:
        told = "; ".join(
            f"{same[0].name!r} is offered by {' and by '.join(e.package for e in same)}"
            for same in doubled
        )
        packages = sorted({e.package for same in doubled for e in same})
        raise PluginError(
            f"Two estimators have one name: {told}. Uninstall one of the packages.",
            package=", ".join(packages),
        )
    return tuple(same[0] for same in by_name.values())


def names() -> tuple[str, ...]:
    """The names of every installed estimator, in alphabetical order."""
    return tuple(entry.name for entry in entries())


def entry(name: str) -> Registered:
    """The installed estimator of that name.

    Raises
    ------
    UsageError
        When there is none, with the nearest names.
    """
    known = {e.name: e for e in entries()}
    if name in known:
        return known[name]
    raise UsageError(
        Problem(
            f"There is no estimator named {name!r}.",
            _suggestion(name, known) or f"Installed: {_listed(known)}.",
        )
    )


def estimator(name: str, /, **settings: Any) -> Estimator:
    """Build an estimator from its name and its settings.

    Parameters
    ----------
    name : str
        As in a plan, such as ``"difference-in-means"``.
    **settings
        Fields of the estimator, as plain values. Every estimator also takes none.

    Raises
    ------
    UsageError
        For an unknown name, an unknown setting or a value that is not allowed; every problem
        at once.
    PluginError
        When the package that offers the estimator breaks its contract.

    Examples
    --------
    >>> estimator("difference-in-meens")
    Traceback (most recent call last):
    ...
    impacteval.errors.UsageError: There is no estimator named 'difference-in-meens'. Did you mean 'difference-in-means' or 'difference-in-differences'?
    """
    cls = entry(name).cls
    built, problems = _build(name, cls, settings)
    if built is None:
        raise UsageError([problem for _, problem in problems])
    return built


def settings_problems(name: str, settings: Mapping[str, Any]) -> tuple[tuple[str, Problem], ...]:
    """Everything wrong with the settings of a plan entry, each with the setting it is about.

    The setting is ``""`` when the problem is about all of them together. The caller, who knows
    the file, adds the line. Raises `UsageError` when no estimator has that name.
    """
    return _build(name, entry(name).cls, settings)[1]


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of an estimator's settings."""
    return settings_model(entry(name).cls).model_json_schema()


def catalogue() -> list[dict[str, Any]]:
    """What `impacteval estimators` tells: one plain mapping for each installed estimator."""
    return [_described(found) for found in entries()]


def _described(found: Registered) -> dict[str, Any]:
    cls = found.cls
    card = cls.card
    return {
        "name": found.name,
        "package": found.package,
        "version": found.version,
        "title": {"en": card.title.en, "fr": card.title.fr},
        "description": {"en": card.description.en, "fr": card.description.fr},
        "designs": list(card.designs),
        "scales": [str(scale) for scale in card.scales],
        "handles": list(card.handles),
        "estimands": list(card.estimands),
        "settings": settings_model(cls).model_json_schema(),
    }


# --- settings ---------------------------------------------------------------------------------


def _build(
    name: str, cls: type[Estimator], settings: Mapping[str, Any]
) -> tuple[Estimator | None, tuple[tuple[str, Problem], ...]]:
    from pydantic import ValidationError

    model = settings_model(cls)
    known = tuple(model.model_fields)
    problems = [
        (key, _problem(name, key, "is not known.", _known_settings(key, known)))
        for key in settings
        if key not in known
    ]
    plain: dict[str, Any] = {}
    for key in (k for k in settings if k in known):
        try:
            plain[key] = json.loads(json.dumps(settings[key], allow_nan=False))
        except (TypeError, ValueError):
            told = f"cannot be {settings[key]!r}: settings are plain values, as a plan writes them."
            problems.append((key, _problem(name, key, told)))
    values: dict[str, Any] = {}
    try:
        # Read as JSON: a list stands for a tuple and a word for an enumeration, as in a plan
        # file, while text never stands for a number.
        checked = model.model_validate_json(json.dumps(plain), strict=True)
        values = {key: getattr(checked, key) for key in plain}
    except ValidationError as error:
        found = error.errors(include_url=False)
        reported = {key for key, _ in problems}
        problems += [p for p in _readable(name, found) if p[0] not in reported]
    if problems:
        return None, tuple(problems)
    try:
        return cls(**values), ()
    except (ValueError, UsageError) as error:
        return None, (("", Problem(f"The settings of estimator {name!r} do not fit: {error}")),)


def _problem(name: str, key: str, what: str, fix: str = "") -> Problem:
    return Problem(f"Setting {key!r} of estimator {name!r} {what}", fix)


def _known_settings(key: str, known: tuple[str, ...]) -> str:
    if not known:
        return "It takes no settings."
    return _suggestion(key, known) or f"Allowed: {_listed(known)}."


def _readable(name: str, found: Iterable[Mapping[str, Any]]) -> list[tuple[str, Problem]]:
    """One problem a setting: the branches of a union are one fault, not several."""
    told: dict[str, list[str]] = {}
    given: dict[str, Any] = {}
    for detail in found:
        key = str(detail["loc"][0]) if detail["loc"] else ""
        context = detail.get("ctx") or {}
        expected = context.get("expected")
        if expected is not None:
            told.setdefault(key, []).append(f"Allowed: {expected}.")
        else:
            told.setdefault(key, []).append(_sentence(detail["msg"]))
        given.setdefault(key, detail["input"])
    return [
        (key, _problem(name, key, f"cannot be {given[key]!r}.", " ".join(dict.fromkeys(fixes))))
        for key, fixes in told.items()
    ]


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _suggestion(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""


def _listed(known: Iterable[str]) -> str:
    return ", ".join(repr(k) for k in known)
