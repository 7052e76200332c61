"""A selection of measurements named on a command line: a column's value, or a database."""

from difflib import get_close_matches
from pathlib import Path

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.precisions import find_precision
from ecoanalysis.store.database import open_database
from ecoanalysis.studies.frame import load

_NEAR = 3


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
        chosen = frame.filter(pl.col(column.strip()).cast(pl.String) == value.strip())
        if chosen.is_empty() and frame.height:
            raise _no_such(frame, column.strip(), value.strip())
        frame = chosen
    return frame


def _no_such(frame: pl.DataFrame, column: str, value: str) -> EcoError:
    """Return the error for a value that no measurement has, with those that are most like it, else the commonest."""
    counts = frame[column].cast(pl.String).drop_nulls().value_counts(sort=True)
    there = counts[column].to_list()
    folded = {name.casefold(): name for name in reversed(there)}
    known = find_precision(value) if column == "precision" else None
    wanted = (known.name if known else value).casefold()
    longer = [
        name for key, name in folded.items() if wanted in key
    ]  # with its maker before it, its tuning behind it
    near = [folded[wanted]] if wanted in folded else sorted(longer, key=len)
    near = near or [folded[key] for key in get_close_matches(wanted, folded, n=_NEAR)]
    hint = (
        f"did you mean {', '.join(near[:_NEAR])}?" if near else f"the commonest: {', '.join(there[:_NEAR])}"
    )
    return EcoError(f"no measurement has {column}={value}", hint)
