"""Sample frames of the declared schema from the columns that a format has."""

import polars as pl

from ecoanalysis.importers.contract import SAMPLE_SCHEMA


def samples_frame(run_id: int, device_id: int, t_ns: pl.Series, **columns: pl.Series) -> pl.DataFrame:
    """Return samples of one device in one run; columns not given are null, rows without a time are dropped."""
    given = {"t_ns": t_ns.alias("t_ns")} | {name: column.alias(name) for name, column in columns.items()}
    frame = pl.DataFrame(list(given.values()))
    ids = [pl.lit(run_id, pl.Int64).alias("run_id"), pl.lit(device_id, pl.Int64).alias("device_id")]
    return complete(frame.with_columns(ids)).filter(pl.col("t_ns").is_not_null())


def complete(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with all columns of `SAMPLE_SCHEMA`, in its order and types."""
    return frame.select(
        pl.col(name).cast(kind, strict=False) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in SAMPLE_SCHEMA.items()
    )
