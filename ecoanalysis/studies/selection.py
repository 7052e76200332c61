"""A selection of measurements named on a command line: a column's value, or a database."""

from pathlib import Path

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.store.database import open_database
from ecoanalysis.studies.frame import load


def select(text: str, database: Path, where: str | None = None) -> pl.DataFrame:
    """Return the measurements that `text` names: `column=value` of `database`, or all of a database file."""
    column, equals, value = text.partition("=")
    path = database if equals else Path(text)
    with open_database(path, read_only=True) as con:
        frame = load(con, where)
    if not equals:
        return frame
    if column not in frame.columns:
        raise EcoError(f"measurements have no column {column!r}", f"one of: {', '.join(frame.columns)}")
    return frame.filter(pl.col(column).cast(pl.String) == value)
