"""Who of everyone eligible was counted, and how far each of them came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from impacteval.plan import Condition
from impacteval.sample import Funnel
from impacteval.sample.codes import Bools


@dataclass(frozen=True, slots=True)
class Linked:
    """Those whom the funnel and an analysis both should hold, and do not.

    Attributes
    ----------
    entry, outcome : str
        The analysis.
    only_here : int
        In the funnel and not among those served in the analysis.
    only_there : int
        Served in the analysis and not in the funnel.
    """

    entry: str
    outcome: str
    only_here: int
    only_there: int


@dataclass(frozen=True, eq=False)
class FunnelFinding:
    """Everyone eligible of one group, and how many rows of the table led there.

    Attributes
    ----------
    group : str
        A group of the contract; ``"all"`` for everyone together.
    funnel : Funnel
    rows : int
        Rows of the table that belong to the group.
    rules : tuple of (Condition, int)
        Each rule of who is eligible, and how many are left after it.
    outside_referred, outside_accepted : int
        Of those whom the rules leave out, how many were referred or taken on all the same.
    elsewhere : int
        Rows of the whole table that belong to no group that is judged.
    everyone : bool
        Whether the contract counts everyone eligible, or those who took part.
    parts : mapping of name to bool array, shape (n,)
        Who of those eligible belongs to a part of the people that the contract names.
    links : tuple of Linked
        Where an analysis is about other people than the funnel.
    """

    group: str
    funnel: Funnel
    rows: int
    rules: tuple[tuple[Condition, int], ...]
    outside_referred: int
    outside_accepted: int
    elsewhere: int
    everyone: bool
    parts: Mapping[str, Bools] = field(default_factory=dict)
    links: tuple[Linked, ...] = ()
