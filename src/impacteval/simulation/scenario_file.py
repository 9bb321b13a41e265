"""The scenario as people write it: a YAML file, settings typed on the command line, or both."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from impacteval.contract.ledger import SignedAmount
from impacteval.errors import Problem, UsageError
from impacteval.files import (
    Count,
    FileModel,
    Locate,
    NotNegative,
    Number,
    PlainWords,
    Positive,
    Slug,
    Table,
    fail,
    read_yaml,
)
from impacteval.files.explain import translated
from impacteval.files.places import Node

FORMAT = "impacteval-scenario/1"


def _share(value: Decimal) -> Decimal:
    if not 0 <= value <= 1:
        raise fail(f"{value} is not between 0 and 1.", "Write a share such as 0.05.")
    return value


def _correlation(value: Decimal) -> Decimal:
    if not -1 <= value <= 1:
        raise fail(f"{value} is not a correlation.", "Write a number from -1 to 1.")
    return value


def _some(value: int) -> int:
    if value < 1:
        raise fail("0 is too few.", "Write 1 or more.")
    return value


Share = Annotated[Number, AfterValidator(_share)]
Correlation = Annotated[Number, AfterValidator(_correlation)]
AtLeastOne = Annotated[Count, AfterValidator(_some)]


class NumberAssumed(FileModel):
    """What is assumed about one number that the contract compares."""

    people: AtLeastOne | None = Field(default=None, description="how many people are served")
    comparison: AtLeastOne | None = Field(
        default=None, description="how many people they are compared with"
    )
    kind: Literal["normal", "binary", "count"] | None = Field(
        default=None, description="what is measured for a person: normal, binary or count"
    )
    baseline: Number | None = Field(
        default=None, description="the mean for a person without the programme"
    )
    sd: Positive | None = Field(
        default=None, description="the standard deviation between people of a normal outcome"
    )
    variance_over_mean: Positive | None = Field(
        default=None, description="the variance of a count divided by its mean"
    )
    clusters: AtLeastOne | None = Field(
        default=None, description="how many clusters the people served live in"
    )
    comparison_clusters: AtLeastOne | None = Field(
        default=None, description="how many clusters the people compared with live in"
    )
    cluster_cv: NotNegative | None = Field(
        default=None, description="the coefficient of variation of the clusters' sizes"
    )
    icc: Share | None = Field(
        default=None, description="the correlation of two people of one cluster"
    )
    std_error: NotNegative | None = Field(
        default=None,
        description="the standard error in contract units, in place of all that gives one",
    )
    effect: Number | None = Field(
        default=None, description="the true effect in contract units, held at this number"
    )


class OutcomeAssumed(NumberAssumed):
    """What is assumed about an outcome; a group may differ from it."""

    groups: Table[NumberAssumed] = Field(default_factory=dict, validate_default=True)


class Together(FileModel):
    """How estimates go together by chance."""

    groups: Correlation = Field(
        default=Decimal(0), description="between the estimates of two groups"
    )
    outcomes: Correlation = Field(
        default=Decimal(0), description="between the estimates of two outcomes"
    )


class ScenarioFile(FileModel):
    """What is assumed before a contract is signed."""

    format: Literal["impacteval-scenario/1"] = Field(description="the format of the file")
    contract: Slug | None = Field(default=None, description="the id of the contract")
    title: PlainWords | None = None
    outcomes: Table[OutcomeAssumed] = Field(
        default_factory=dict, validate_default=True, description="what is assumed, by outcome"
    )
    correlation: Together = Field(default_factory=Together)
    effects: tuple[Number, ...] = Field(
        default=(), description="the true effects to try, in contract units"
    )
    settlements: AtLeastOne = Field(default=1, description="how many settlements there are")
    so_far: tuple[Share, ...] = Field(
        default=(),
        description="of a cumulative contract or of looks at growing data, the share of everybody whose "
        "data each judges, 1 at the last; as the contract declares for looks, else equal steps",
    )
    other_money: Table[SignedAmount] = Field(
        default_factory=dict,
        validate_default=True,
        description="what others pay for the same results at each settlement, by name",
    )


def load_scenario(path: str | Path) -> ScenarioFile:
    """Read a scenario.

    Parameters
    ----------
    path : path
        A file that begins with ``format: impacteval-scenario/1``.

    Raises
    ------
    UsageError
        With every problem found, each with file, line and column.
    """
    return read_yaml(path, ScenarioFile, kind="scenario", error=UsageError)[0]


_KEYS = tuple(NumberAssumed.model_fields)


def with_settings(
    base: ScenarioFile | None,
    settings: Mapping[str, str],
    held: Mapping[str, str] | None = None,
    effects: str | None = None,
    settlements: int | None = None,
) -> ScenarioFile:
    """A scenario with settings typed over it, in the grammar of the command line.

    Parameters
    ----------
    base : ScenarioFile, optional
        What a file says.
    settings : mapping of str to str
        ``{"outcome.people": "936", "outcome.group.sd": "2"}``; ``correlation.groups``,
        ``correlation.outcomes`` and ``other_money.NAME`` are read too.
    held : mapping of str to str, optional
        True effects that do not vary, by ``outcome`` or ``outcome.group``.
    effects : str, optional
        True effects to try, with commas between them.
    settlements : int, optional
        How many settlements.

    Raises
    ------
    UsageError
        With everything that cannot be read.

    Examples
    --------
    >>> found = with_settings(None, {"jobs.std_error": "4.6"}, effects="0, 5")
    >>> found.outcomes["jobs"].std_error, found.effects
    (Decimal('4.6'), (Decimal('0'), Decimal('5')))
    """
    data: dict[str, Any] = {"format": FORMAT}
    if base is not None:
        data = base.model_dump(exclude_unset=True)
    problems: list[Problem] = []
    for name, value in settings.items():
        if name == "so_far":
            data["so_far"] = [part.strip() for part in value.strip("()[] ").split(",")]
            continue
        path = _path(name)
        if path is None:
            what = f"{name!r} does not name an assumption."
            fix = f"Write OUTCOME.KEY or OUTCOME.GROUP.KEY, where KEY is one of {', '.join(_KEYS)}."
            problems.append(Problem(what, fix))
        else:
            _put(data, path, value)
    for name, value in (held or {}).items():
        _put(data, (*_under(name.split(".")), "effect"), value)
    if effects is not None:
        data["effects"] = [part.strip() for part in effects.split(",")]
    if settlements is not None:
        data["settlements"] = settlements
    locate = Locate("", _node(data))
    try:
        made = ScenarioFile.model_validate(data)
    except ValidationError as caught:
        problems += translated(caught, ScenarioFile, locate, "scenario")
        made = None
    if problems or made is None:
        raise UsageError([Problem(p.what, p.fix) for p in problems])
    return made


def _path(name: str) -> tuple[str, ...] | None:
    words = name.split(".")
    if words[0] in ("correlation", "other_money") and len(words) == 2:
        return tuple(words)
    if len(words) not in (2, 3) or words[-1] not in _KEYS:
        return None
    return (*_under(words[:-1]), words[-1])


def _under(words: list[str]) -> tuple[str, ...]:
    if len(words) == 1:
        return ("outcomes", words[0])
    return ("outcomes", words[0], "groups", ".".join(words[1:]))


def _put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        data[key] = dict(data.get(key) or {})
        data = data[key]
    data[path[-1]] = value


def _node(value: Any) -> Node:
    """What was typed as a tree of places, none of which has a line."""
    children: dict[str | int, Node] = {}
    if isinstance(value, Mapping):
        children = {key: _node(item) for key, item in value.items()}
    elif isinstance(value, list | tuple):
        children = {k: _node(item) for k, item in enumerate(value)}
    return Node(value, (0, 0), children)


def schema() -> dict[str, Any]:
    """The JSON Schema of scenario files."""
    return ScenarioFile.model_json_schema(mode="validation")
