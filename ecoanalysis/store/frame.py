"""What a query returns, as a polars frame."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import duckdb


def frame(con: "duckdb.DuckDBPyConnection", sql: str, parameters: Sequence[object] = ()) -> pl.DataFrame:
    """Return what a query returns, as a polars frame; no pyarrow needed.

    `x * 1.0` is DECIMAL in DuckDB: write `x::DOUBLE`. Raises `EcoError` where the database's file is cut short.
    """
    import duckdb

    relation = con.sql(sql, params=list(parameters)) if parameters else con.sql(sql)
    try:
        return pl.DataFrame(_Stream(relation))
    except duckdb.IOException as error:
        if "read enough bytes" not in str(error):
            raise
        from ecoanalysis.store.database import damaged, path_of

        raise damaged(path_of(con), "its end is missing") from error


class _Stream:
    """An Arrow stream without its relation's type.

    polars caches the type of what it is given for the life of the process; the type of DuckDB's relation
    then outlives DuckDB's module, which prints forty lines of "leaked instances" when the process ends.
    """

    def __init__(self, relation: "duckdb.DuckDBPyRelation") -> None:
        self._relation = relation

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._relation.__arrow_c_stream__(requested_schema)


def insert(con: "duckdb.DuckDBPyConnection", table: str, rows: pl.DataFrame) -> None:
    """Append a frame to a table by column name, in the frame's order; no pyarrow needed."""
    if rows.is_empty():
        return
    typed = rows.select(pl.exclude(pl.Null))  # polars' Null has no validity bitmap; a missing column is NULL
    con.register("incoming_rows", _Rows(typed))
    try:
        con.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM incoming_rows')
    finally:
        con.unregister("incoming_rows")


class _Rows:
    """A frame as the bare Arrow stream that DuckDB reads; a polars frame itself it would ask pyarrow for."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self._rows = rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._rows.__arrow_c_stream__(requested_schema)
