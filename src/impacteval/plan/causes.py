"""What causes what, as the plan draws it, and what that means for the covariates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from impacteval.files import FileModel, NonBlank, PlainWords, fail, refuse
from impacteval.plan.paths import Causes, Path, sufficient
from impacteval.plan.tables import Columns, Names

Relative = tuple[tuple[str | int, ...], str, str]
Kind = Literal["service", "outcome", "held", "measured", "hidden"]

ARROW = "->"
MOST_THINGS = 40
"""Things in a graph: what a reader can follow, and what fits on a page."""
DESIGNS = ("matched", "rct")
"""Designs whose effect rests on what covariates hold fixed, or on a lot."""


class Arrow(FileModel):
    """One cause and what it acts on: ``need -> work``, or ``{hidden: drive, causes: [a, b]}``."""

    cause: NonBlank | None = None
    hidden: NonBlank | None = Field(default=None, description="a cause that nobody measured")
    causes: Annotated[Names, Field(min_length=1)] = Field(description="what it acts on")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.cause is None) == (self.hidden is None):
            refuse([((), "An arrow begins at one thing.", "Write `hidden: name`, or `a -> b`.")])
        return self

    @property
    def start(self) -> str:
        """Where it begins."""
        return self.cause or self.hidden or ""


def _arrow(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.replace("→", ARROW).split(ARROW)]
    if len(parts) != 2 or not all(parts) or "<-" in value:
        raise fail(
            f"{value[:60]!r} is not an arrow.",
            "Write `cause -> effect`, one arrow a line, or `{hidden: name, causes: [...]}`.",
        )
    return {"cause": parts[0], "causes": [parts[1]]}


class CausalGraph(FileModel):
    """What causes what, by the names of columns.

    Attributes
    ----------
    edges : tuple of Arrow
        Arrows from causes to what they act on.
    measured : tuple of str
        Things in the graph that were measured and are not columns of this analysis.
    names : mapping
        What things are called for people, where the plan does not say it already.
    """

    edges: Annotated[
        tuple[
            Annotated[Arrow, BeforeValidator(_arrow, json_schema_input_type=NonBlank | Arrow)], ...
        ],
        Field(min_length=1, description="arrows, such as need -> work"),
    ]
    measured: Names = ()
    names: dict[str, PlainWords] = Field(default_factory=dict)

    @property
    def hidden(self) -> tuple[str, ...]:
        """Causes that nobody measured."""
        return tuple(dict.fromkeys(a.hidden for a in self.edges if a.hidden is not None))

    @property
    def causes(self) -> Causes:
        """The graph itself."""
        return Causes(tuple((a.start, effect) for a in self.edges for effect in a.causes))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A graph with the part that each thing plays in an analysis.

    Attributes
    ----------
    causes : Causes
    service, outcome : str
        The column of the service, and that of the outcome.
    held : tuple of str
        Covariates and strata.
    hidden : tuple of str
    """

    causes: Causes
    service: str
    outcome: str
    held: tuple[str, ...]
    hidden: tuple[str, ...]

    @property
    def measured(self) -> frozenset[str]:
        """Everything measured that could be held fixed."""
        return frozenset(self.causes.nodes) - {self.service, self.outcome, *self.hidden}

    def kind(self, node: str) -> Kind:
        """The part that a thing plays."""
        if node == self.service:
            return "service"
        if node == self.outcome:
            return "outcome"
        if node in self.hidden:
            return "hidden"
        return "held" if node in self.held else "measured"

    def open_ways(self) -> tuple[Path, ...]:
        """Back doors that the covariates leave open, or open."""
        held = frozenset(self.held) & set(self.causes.nodes)
        return tuple(self.causes.back_doors(self.service, self.outcome, held))

    def untestable(self) -> tuple[Path, ...]:
        """Open back doors that nothing measured can close: the effect rests on their being weak."""
        return tuple(path for path in self.open_ways() if self._mended(path) is None)

    def problems(self) -> Iterator[tuple[str, str, str]]:
        """Covariates that the graph forbids or asks for: (column or empty, what, fix)."""
        after = self.causes.after(self.service) - {self.service}
        follow = [column for column in self.held if column in after]
        for column in follow:
            yield column, *self._follows(column)
        if follow:
            return  # what they open besides closes with them
        seen: set[str] = set()
        # What mends several ways is told once, with the shortest of them.
        for path in sorted(self.open_ways(), key=len):
            mended = self._mended(path)
            if mended is not None and mended[2] not in seen:
                seen.add(mended[2])
                yield mended

    def _follows(self, column: str) -> tuple[str, str]:
        here = self.causes.way(self.service, column)
        assert here is not None
        on = self.causes.way(column, self.outcome)
        if on is not None:
            return (
                (
                    f"`{column}` is a covariate, and by the graph the service works through it: "
                    f"{self.causes.written((*here, *on[1:]))}. Among people alike in it, that part of "
                    "the effect is gone."
                ),
                f"Remove `{column}` from the covariates.",
            )
        return (
            (
                f"`{column}` is a covariate, and by the graph it follows from the service: "
                f"{self.causes.written(here)}. People alike in it after the service were not alike before."
            ),
            f"Remove `{column}` from the covariates.",
        )

    def _mended(self, path: Path) -> tuple[str, str, str] | None:
        """What closes an open way: (column or empty, what, fix); None where nothing measured does."""
        way = self.causes.written(path)
        meetings = self.causes.meetings(path)
        if meetings:
            openers = self._openers(meetings)
            if not self._may_go(openers):
                return None
            named = _listed(openers)
            first = meetings[0]
            ends = [path[path.index(first) - 1], path[path.index(first) + 1]]
            return (
                openers[0],
                (
                    f"Holding {named} fixed ties the service to the outcome by a way that is closed "
                    f"without it: {way}. Both `{ends[0]}` and `{ends[1]}` act on `{first}`, so that among "
                    "people alike in it, one tells of the other."
                ),
                f"Remove {named} from the covariates{self._or(path)}.",
            )
        closers = self._closers(path)
        if not closers:
            return None
        ties, are = ("ties", "is") if len(closers) == 1 else ("tie", "are")
        return (
            "",
            (
                f"By the graph {_listed(closers)} {ties} the service to the outcome and {are} not held "
                f"fixed: {way}."
            ),
            f"Add {_listed(closers, 'or')} to the covariates.",
        )

    def _openers(self, meetings: tuple[str, ...]) -> tuple[str, ...]:
        after = self.causes.after(*meetings)
        return tuple(column for column in self.held if column in after)

    def _closers(self, path: Path) -> tuple[str, ...]:
        barred = {*self.hidden, *self.causes.after(self.service), *self.causes.meetings(path)}
        return tuple(n for n in path[1:-1] if n not in barred and n not in self.held)

    def _may_go(self, openers: tuple[str, ...]) -> bool:
        """Whether covariates that open a way can be left out, or the way closed by another one."""
        if sufficient(self.causes, self.service, self.outcome, self.measured) is not None:
            return True
        rest = tuple(column for column in self.held if column not in openers)
        other = Drawn(self.causes, self.service, self.outcome, rest, self.hidden)
        return not any(other._closers(p) for p in other.open_ways() if not self.causes.meetings(p))

    def _or(self, path: Path) -> str:
        closers = self._closers(path)
        return f", or add {_listed(closers, 'or')}, which stands on that way" if closers else ""


def drawn(graph: CausalGraph, columns: Columns, covariates: tuple[str, ...]) -> Drawn:
    """The graph with what an analysis reads from which column, and those covariates."""
    held = (*covariates, *((columns.stratum,) if columns.stratum else ()))
    return Drawn(
        graph.causes,
        service_of(columns) or "",
        columns.outcome,
        tuple(dict.fromkeys(held)),
        graph.hidden,
    )


def service_of(columns: Columns) -> str | None:
    """The column that says who was served."""
    return columns.treatment or columns.received or columns.assigned


def graph_problems(
    graph: CausalGraph,
    columns: Columns,
    design: str,
    others: Mapping[int, tuple[str, ...]],
) -> list[Relative]:
    """Everything wrong with a graph, or with the covariates by it, with its place in the analysis.

    Parameters
    ----------
    graph : CausalGraph
    columns : Columns
        Roles of the analysis.
    design : str
    others : mapping of int to tuple of str
        Covariates of each robustness analysis that has its own, by its place.
    """
    service = service_of(columns)
    if design not in DESIGNS or service is None:
        return [
            (
                ("graph",),
                f"Design {design} does not rest on what is held fixed, so a graph decides nothing here.",
                "Draw graphs for designs matched and rct, with a column `treatment`.",
            )
        ]
    wrong = [*_names(graph, columns, others), *_shape(graph, service, columns)]
    if wrong:
        return wrong
    found: list[Relative] = []
    used = drawn(graph, columns, columns.covariates)
    found += _covariates(used, columns.covariates, ("columns", "covariates"), _covers(graph, used))
    for k, covariates in others.items():
        own = drawn(graph, columns, covariates)
        place = ("robustness", k, "columns", "covariates")
        found += _covariates(own, covariates, place, _covers(graph, own))
    return found


def _covariates(
    used: Drawn,
    covariates: tuple[str, ...],
    place: tuple[str | int, ...],
    missing: tuple[str, ...],
) -> Iterator[Relative]:
    if missing:
        named = _listed(missing)
        yield (
            (*place, covariates.index(missing[0])) if missing[0] in covariates else place,
            f"The graph says nothing of {named}, which the analysis holds fixed.",
            "Draw what it acts on and what acts on it, or remove it from the covariates.",
        )
        return
    for column, what, fix in used.problems():
        at = (*place, covariates.index(column)) if column in covariates else place
        yield at, what, fix


def _covers(graph: CausalGraph, used: Drawn) -> tuple[str, ...]:
    """What is held fixed and stands nowhere in the graph."""
    nodes = set(graph.causes.nodes)
    return tuple(column for column in used.held if column not in nodes)


def _names(
    graph: CausalGraph, columns: Columns, others: Mapping[int, tuple[str, ...]]
) -> Iterator[Relative]:
    """Names that nothing bears, or two things."""
    read = (*columns.read, *(c for own in others.values() for c in own))
    known = tuple(dict.fromkeys((*read, *graph.measured, *graph.hidden)))
    for k, arrow in enumerate(graph.edges):
        for name in (arrow.start, *arrow.causes):
            if name in known:
                continue
            near = get_close_matches(name, known, n=1)
            yield (
                ("graph", "edges", k),
                f"`{name}` is neither a column of this analysis nor named as hidden or measured."
                + (f" Did you mean `{near[0]}`?" if near else ""),
                (
                    f"Columns: {', '.join(read)}. Name others under `graph: {{measured: [...]}}`, or "
                    "as {hidden: name, causes: [...]}."
                ),
            )
    for k, arrow in enumerate(graph.edges):
        if arrow.hidden is not None and arrow.hidden in (*read, *graph.measured):
            yield (
                ("graph", "edges", k),
                f"`{arrow.hidden}` is said to be hidden, and it is measured.",
                f"Write `{arrow.hidden} -> ...`, or give the hidden cause another name.",
            )
    nodes = graph.causes.nodes
    for k, name in enumerate(graph.measured):
        if name not in nodes:
            yield (
                ("graph", "measured", k),
                f"`{name}` is named as measured, and no arrow begins or ends there.",
                "Draw its arrows, or remove it.",
            )
    for name in graph.names:
        if name not in nodes:
            yield (
                ("graph", "names", name),
                f"`{name}` is given a name, and no arrow begins or ends there.",
                f"Things in the graph: {', '.join(nodes)}.",
            )


def _shape(graph: CausalGraph, service: str, columns: Columns) -> Iterator[Relative]:
    """Too many things, arrows twice or round in a circle, none from the service to the outcome."""
    things = len(graph.causes.nodes)
    if things > MOST_THINGS:
        yield (
            ("graph", "edges"),
            f"The graph names {things} things, and nobody can follow more than {MOST_THINGS}.",
            "Draw things that act alike as one.",
        )
        return
    seen: set[tuple[str, str]] = set()
    for k, arrow in enumerate(graph.edges):
        for effect in arrow.causes:
            if effect == arrow.start:
                yield (
                    ("graph", "edges", k),
                    f"`{effect}` cannot be its own cause.",
                    "Remove the arrow.",
                )
            elif (arrow.start, effect) in seen:
                yield (
                    ("graph", "edges", k),
                    f"The arrow from `{arrow.start}` to `{effect}` stands twice.",
                    "Remove one.",
                )
            seen.add((arrow.start, effect))
    causes = Causes(tuple(edge for edge in graph.causes.edges if edge[0] != edge[1]))
    if (round_about := causes.cycle()) is not None:
        last = (round_about[-2], round_about[-1])
        place = next(
            k for k, a in enumerate(graph.edges) if a.start == last[0] and last[1] in a.causes
        )
        yield (
            ("graph", "edges", place),
            f"Causes go round in a circle: {' -> '.join(round_about)}.",
            (
                "What comes later cannot act on what came before: remove one of these arrows, or name "
                "both times as two things."
            ),
        )
        return
    if not causes.effects_of(service):
        yield (
            ("graph", "edges"),
            f"By the graph the service (`{service}`) acts on nothing, so there is no effect to find.",
            f"Draw what it acts on, such as `{service} -> {columns.outcome}`.",
        )
    elif causes.way(service, columns.outcome) is None:
        yield (
            ("graph", "edges"),
            (
                f"By the graph nothing leads from the service (`{service}`) to the outcome "
                f"(`{columns.outcome}`), so there is no effect to find."
            ),
            f"Draw it: `{service} -> {columns.outcome}`, or through what it works.",
        )


def _listed(names: tuple[str, ...], last: str = "and") -> str:
    shown = [f"`{name}`" for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {last} {shown[-1]}"
