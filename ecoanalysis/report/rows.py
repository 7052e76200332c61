"""The rows of a chart, kept by columns: what the static drawing, the live chart and the cache read."""

import json
import math
from dataclasses import dataclass
from typing import Any

import polars as pl


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of equal length as JSON text. Altair hands them through unread, and names them by this text."""

    columns: str

    def __str__(self) -> str:
        return self.columns

    def listed(self) -> str:
        """Return the rows as a JSON list of objects, as Vega reads them."""
        columns = json.loads(self.columns)
        return as_json([dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)])


def rows_of(frame: pl.DataFrame) -> Rows:
    """Return a frame's rows: numbers with six digits, None for what is missing or not finite."""
    return Rows(as_json({column.name: _values(column) for column in frame}))


def as_json(content: object) -> str:
    """Return content as the shortest JSON."""
    return json.dumps(content, allow_nan=False, separators=(",", ":"), ensure_ascii=False)


def _values(column: pl.Series) -> list[Any]:
    """Return a column as JSON takes it."""
    if column.dtype.is_float():
        return [None if v is None or not math.isfinite(v) else float(f"{v:.6g}") for v in column.to_list()]
    return column.to_list()
