"""A selection of measurements named on a command line: a column's value, or a database."""

from pathlib import Path

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.store.database import open_database
from ecoanalysis.studies.frame import load


def select(text: str, database: Path, where: str | None = None) -> pl.DataFrame:
    """Return the measurements that `text` names: `column=value[,column=value…]` of `database`, or all of a database.

    Raises `EcoError` for a column that measurements do not have, or a database that is not there.
    """
    is_file = "=" not in text or Path(text).is_file()
    with open_database(Path(text) if is_file else database, read_only=True) as con:
        frame = load(con, where)
    if is_file:
        return frame
    for part in text.split(","):
        column, _, value = part.partition("=")
        if column.strip() not in frame.columns:
            raise EcoError(
                f"measurements have no column {column.strip()!r}",
                "for example model, device, precision, framework, host, dataset, task, nominal_batch_size, variant",
            )
        frame = frame.filter(pl.col(column.strip()).cast(pl.String) == value.strip())
    return frame
