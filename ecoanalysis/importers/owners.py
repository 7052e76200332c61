"""Whose the rows of a log are: a log of several devices has a row for each of them at each time."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from ecoanalysis.importers.headings import heading

_SHARED = 0.25  # of the rows: from here on several stand for one time
# Words of columns that say which device a row is of, best first, and of columns that name it.
_OWNERS = (
    "uuid", "gpu uuid", "index", "gpu index", "gpu id", "gpu idx", "gpuid", "device index", "device id", "card", "gpu",
    "device", "sensor id", "sensor name", "sensor", "gpu name", "device name", "name", "host", "hostname", "node",
)  # fmt: skip
_NAMES = ("gpu name", "device name", "sensor name", "name", "gpu model", "model name")


@dataclass(frozen=True, slots=True)
class Owner:
    """A device of a log: which rows are its own, and what the log calls it; `index` where it is numbered."""

    rows: pl.Series
    name: str
    index: int | None


def shared_times(t_s: pl.Series) -> bool:
    """Say whether several rows stand for each time."""
    known = t_s.drop_nulls()
    return known.len() > 0 and known.len() - known.n_unique() > _SHARED * known.len()


def owner_column(frame: pl.DataFrame, t_s: pl.Series) -> str | None:
    """Return the column that tells the rows of one time apart, None where none does."""
    words = {" ".join(heading(name).words): name for name in frame.columns}
    for candidate in (words[name] for name in _OWNERS if name in words):
        pairs = pl.DataFrame([t_s.alias("t"), frame[candidate].alias("owner")]).drop_nulls()
        if pairs["owner"].n_unique() > 1 and pairs.height - pairs.n_unique() <= _SHARED * pairs.height:
            return candidate
    return None


def owners(frame: pl.DataFrame, column: str, *, as_said: bool) -> Iterator[Owner]:
    """Yield the devices that a column tells apart, `as_said` there, or else under the names that another has."""
    words = {" ".join(heading(name).words): name for name in frame.columns}
    named = column if as_said else next((words[name] for name in _NAMES if name in words), column)
    for said in frame[column].drop_nulls().unique(maintain_order=True):
        rows = (frame[column] == said).fill_null(False)
        text, name = str(said).strip(), str(frame[named].filter(rows)[0]).strip()
        number = int(text) if text.isdecimal() and len(text) < 4 else None
        numbered = name.isdecimal() and not as_said
        yield Owner(rows, f"{heading(column).words[0]} {name}" if numbered else name, number)


def once_each(t_s: pl.Series, values: pl.Series) -> bool:
    """Say whether all rows of a time say the same: it is one reading, written beside each device."""
    pairs = pl.DataFrame([t_s.alias("t"), values.alias("value")]).drop_nulls()
    return pairs.n_unique() <= pairs["t"].n_unique() * 1.02


def told_of_several(t_s: pl.Series) -> bool:
    """Say whether each time has the same number of rows, above one: rows of as many devices, not of one often read."""
    counts = t_s.drop_nulls().value_counts(sort=False)["count"]
    usual = counts.mode().max()
    return isinstance(usual, int) and usual > 1 and int((counts == usual).sum()) >= 0.9 * counts.len()
