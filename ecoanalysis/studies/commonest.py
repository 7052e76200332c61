"""The rows of a frame that may share an axis."""

import polars as pl

from ecoanalysis.studies.frame import widest


def commonest(frame: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """Return the rows whose `boundary`, and other `keys`, are the commonest; of equally common ones the widest.

    A machine with a counter of its memory has as many energies of the memory as of the whole: the whole speaks.
    """
    if frame.is_empty():
        return frame
    names = ["boundary", *keys]
    counts = frame.group_by(names).len()
    most = widest(counts.filter(pl.col("len") == pl.col("len").max()).with_columns(dataset=pl.lit("")))
    top = most.sort(names, nulls_last=True).row(0, named=True)
    return frame.filter(pl.all_horizontal(pl.col(name).eq_missing(pl.lit(top[name])) for name in names))
