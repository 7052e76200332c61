"""A table as named columns: all that a prediction needs, where importing a data-frame library would take longer."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Table(Protocol):
    """What estimators predict from: `Columns`, or a polars frame."""

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""

    @property
    def height(self) -> int:
        """The number of rows."""

    def __getitem__(self, name: str, /) -> Any:
        """Return a column: numpy makes an array of it, and it can be iterated."""


class Columns:
    """Rows as columns. A row that lacks a name of another has None there."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        names = dict.fromkeys(name for row in rows for name in row)
        self._values = {name: [row.get(name) for row in rows] for name in names}
        self.columns, self.height = list(names), len(rows)

    def __getitem__(self, name: str) -> list[Any]:
        return self._values[name]


def matrix(table: Table, prefix: str) -> tuple[NDArray[np.float64], list[str]]:
    """Return the columns that begin with `prefix` as an array (rows × columns), with their names without it."""
    names = [name for name in table.columns if name.startswith(prefix)]
    return numbers(table, names), [name.removeprefix(prefix) for name in names]


def numbers(table: Table, names: Sequence[str]) -> NDArray[np.float64]:
    """Return the named columns as an array (rows × columns); NaN where there is none."""
    found = np.empty((table.height, len(names)))
    for at, name in enumerate(names):
        found[:, at] = np.asarray(table[name], dtype=float)
    return found
