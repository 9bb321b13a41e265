"""One place in two spellings: labels that a person would read as the same."""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from impacteval.sample.codes import Codes
from impacteval.sample.findings import Findings, counted
from impacteval.sample.table import Table

# Places and groups; units besides, where they are followed over time.
_PLACES = ("cluster", "assignment_cluster", "stratum", "pair", "group", "subgroup")
_BETWEEN = re.compile(r"[\W_]+")
_SHOWN = 3


def plain(label: str) -> str:
    """A label without case, accents, and whatever stands between its words.

    Examples
    --------
    >>> plain("Côte-d'Or") == plain("COTE  D’OR"), plain("North 1") == plain("North 2")
    (True, False)
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", label) if not unicodedata.combining(c))
    return _BETWEEN.sub(" ", bare.casefold()).strip()


def alike(codes: Codes) -> list[tuple[int, ...]]:
    """Places of labels that read the same, one tuple a name, in order; numbers never do."""
    if codes.labels.dtype != object or codes.declared_order:
        return []
    found: dict[str, list[int]] = {}
    for place, label in enumerate(codes.labels.tolist()):
        # Labels made of signs alone, such as + and -, say different things.
        if key := plain(str(label)):
            found.setdefault(key, []).append(place)
    return [tuple(places) for places in found.values() if len(places) > 1]


def check_spellings(table: Table, found: Findings) -> None:
    """Refuse places in two spellings: each would count as a place of its own.

    Units are named in two spellings where the two are never seen in the same period: a unit that is
    followed under two names would be two units that are each lost for a while. The order of
    pseudonyms is declared, which is how they are known here; nothing can be read from them.
    """
    for role in _PLACES:
        codes = table.labels.get(role)
        if codes is not None:
            _tell(getattr(table.roles, role), role, codes, alike(codes), found)
    if table.roles.unit is not None and table.structure.kind == "panel":
        twice = [places for places in alike(table.unit) if _apart(table, places)]
        _tell(table.roles.unit, "unit", table.unit, twice, found)


def _apart(table: Table, places: tuple[int, ...]) -> bool:
    assert table.period is not None  # a panel has periods; for mypy
    periods = table.period.codes[np.isin(table.unit.codes, places)]
    return len(np.unique(periods)) == len(periods)


def _tell(
    column: str | None, role: str, codes: Codes, twice: list[tuple[int, ...]], found: Findings
) -> None:
    if not twice:
        return
    shown = "; ".join(
        " and ".join(repr(str(codes.labels[place])) for place in places)
        for places in twice[:_SHOWN]
    )
    more = f"; and {len(twice) - _SHOWN:,} more" if len(twice) > _SHOWN else ""
    found.add(
        f"column {column!r} ({role}) writes {counted(len(twice), 'name')} in several spellings: "
        f"{shown}{more}.",
        "Write each in one way: two spellings count as two, and every error would be wrong.",
    )
