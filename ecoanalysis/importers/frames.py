"""Frames: samples of the declared schema from the columns that a format has, Parquet files of a bounded size."""

from pathlib import Path

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import SAMPLE_SCHEMA

_MOST_ROWS = 100_000_000  # of a Parquet file that is read whole; a few bytes can claim more


def samples_frame(run_id: int, device_id: int, t_ns: pl.Series, **columns: pl.Series) -> pl.DataFrame:
    """Return samples of one device in one run; columns not given are null, rows without a time are dropped."""
    given = {"t_ns": t_ns.alias("t_ns")} | {name: column.alias(name) for name, column in columns.items()}
    frame = pl.DataFrame(list(given.values()))
    ids = [pl.lit(run_id, pl.Int64).alias("run_id"), pl.lit(device_id, pl.Int64).alias("device_id")]
    return complete(frame.with_columns(ids)).filter(pl.col("t_ns").is_not_null())


def parquet_rows(path: Path) -> int:
    """Return how many rows a Parquet file has by its footer; raises `EcoError` when it is none, or of too many rows."""
    try:
        rows = int(pl.scan_parquet(path).select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise EcoError(f"{path}: not readable as Parquet", "copy or export it again") from error
    if rows > _MOST_ROWS:
        raise EcoError(f"{path}: {rows} rows, more than {_MOST_ROWS}", "split it into several files")
    return rows


def read_parquet(path: Path, columns: list[str] | None = None) -> pl.DataFrame:
    """Return a Parquet file as a frame; raises `EcoError` when it cannot be read, lacks a column, or is too large."""
    parquet_rows(path)
    try:
        return pl.read_parquet(path, columns=columns)
    except (pl.exceptions.PolarsError, OSError) as error:
        first = (str(error).strip().splitlines() or ["?"])[0][:100]
        raise EcoError(f"{path}: not readable as Parquet ({first})", "copy or export it again") from error


def complete(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with all columns of `SAMPLE_SCHEMA`, in its order and types."""
    return frame.select(
        pl.col(name).cast(kind, strict=False) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in SAMPLE_SCHEMA.items()
    )
