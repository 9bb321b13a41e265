"""Named tidy frames inside a result that nobody can alter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class Parts(Mapping[str, "pd.DataFrame"]):
    """Named tidy frames. Each look builds a fresh frame, so nobody can alter a result.

    Parameters
    ----------
    tables : mapping of name to mapping of column to values
        Columns of one table have one length.
    """

    __slots__ = ("_tables",)

    def __init__(self, tables: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        frozen: dict[str, Mapping[str, tuple[Any, ...]]] = {}
        for name, columns in (tables or {}).items():
            plain = {
                str(column): tuple(values.tolist() if hasattr(values, "tolist") else values)
                for column, values in columns.items()
            }
            if len({len(values) for values in plain.values()}) > 1:
                raise ValueError(f"The columns of part {name!r} differ in length.")
            frozen[name] = MappingProxyType(plain)
        self._tables: Mapping[str, Mapping[str, tuple[Any, ...]]] = MappingProxyType(frozen)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ({name: dict(columns) for name, columns in self._tables.items()},)

    def __getitem__(self, name: str) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame({k: list(v) for k, v in self._tables[name].items()})

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def columns(self, name: str) -> Mapping[str, tuple[Any, ...]]:
        """The raw columns of one table, read-only."""
        return self._tables[name]

    def plain(self) -> dict[str, dict[str, list[Any]]]:
        """Everything as plain data, for the record."""
        return {n: {k: list(v) for k, v in t.items()} for n, t in self._tables.items()}
