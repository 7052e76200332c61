"""The measurements that an export is about, with their impact and score."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.impact.factor import SETTING, UNKNOWN
from ecoanalysis.store.frame import frame
from ecoanalysis.store.queries import measurements

if TYPE_CHECKING:
    import duckdb

BOUNDARIES = {
    "board": "accelerator boards only",
    "package": "CPU packages only",
    "module": "CPU and GPU module",
    "dram": "memory only",
    "platform": "platform (psys)",
    "node": "everything metered in the machine",
    "wall": "the machine at the wall",
}


_COLUMNS = (
    "model", "task", "framework", "precision", "batch_size", "device", "boundary", "basis", "item_unit", "dataset",
    "run_id", "result_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of `measurement` with configuration, source, impact and score; `con` for the rest."""

    con: "duckdb.DuckDBPyConnection"
    rows: pl.DataFrame


def known_region(row: dict[str, Any]) -> str | None:
    """Return the region of a measurement's impact, None where nobody said one or only its intensity."""
    region = row["region"]
    return None if region in (None, "", UNKNOWN, SETTING) else str(region)


def counted_devices(rows: pl.DataFrame) -> list[str]:
    """Return the devices of measurements with how many worked together: "8 × NVIDIA H100 SXM5 80GB"."""
    pairs = rows.select(pl.col("devices_count").fill_null(1), "device").unique(maintain_order=True)
    return [device if count == 1 else f"{count} × {device}" for count, device in pairs.iter_rows()]


def select(con: "duckdb.DuckDBPyConnection", where: str | None) -> Selection:
    """Return the measurements in use that fulfil an SQL condition; raises `EcoError` when there is none."""
    import duckdb

    try:
        found = measurements(con, where)
    except duckdb.Error as error:
        raise EcoError(
            f"--where: {str(error).splitlines()[0][:120]}",
            f"for example --where \"boundary = 'wall'\"; columns: {', '.join(_COLUMNS)}",
        ) from error
    reasons, found = found["excluded"].drop_nulls(), found.filter(pl.col("excluded").is_null())
    if found.is_empty() and reasons.len():
        counts = reasons.value_counts(sort=True, name="count").iter_rows()
        raise EcoError(
            f"{reasons.len()} measurements, none in use: {', '.join(f'{why} ({count})' for why, count in counts)}",
            "eco export parquet writes them all the same; how many items they are of: eco import --set items=…",
        )
    if found.is_empty():
        raise EcoError(
            "no measurement to export", "eco combine or eco import first, then eco report; or another --where"
        )
    impact = frame(con, "SELECT * FROM impact").drop("basis").rename({"pue": "site_pue"})
    score = frame(con, "SELECT * FROM score")
    joined = found.join(impact, left_on="id", right_on="measurement_id", how="left", maintain_order="left")
    return Selection(
        con, joined.join(score, left_on="id", right_on="measurement_id", how="left", maintain_order="left")
    )
