"""A CSV with CodeCarbon's columns, for tools that read its emissions.csv."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from ecoanalysis import __version__
from ecoanalysis.errors import EcoError
from ecoanalysis.exporters.selected import Selection, known_region
from ecoanalysis.store.frame import frame
from ecoanalysis.units import J_PER_KWH

_WHOLE = ("node", "wall", "module", "platform", "unknown")  # what contains the parts, the narrowest first
_BASES = ("measured", "derived", "estimated", "assumed")
_PARTS = {"cpu": "package", "gpu": "board", "ram": "dram"}


def write_codecarbon(selection: Selection, folder: Path) -> list[Path]:
    """Write emissions.csv with a row per recorded run or row of an imported file; return its path.

    Energies are kWh of the equipment: `pue` is 1, for ours contain none; emissions (kg) do contain the site's.
    The sum is of the boundary around the parts, where one was metered; the phases of a run add up, and where
    one's energy is unknown, so is the run's; columns that we do not know are empty, never 0. The last columns are
    ours: what the sum is of, and whether it and its parts were measured. Raises `EcoError` when no total energy is
    known.
    """
    added = _phases_added(_keyed(selection.rows, selection))
    known = added.filter(pl.col("energy_j").is_not_null())
    if known.is_empty():
        raise EcoError(
            "these measurements state no total energy", 'choose recorded runs: --where "run_id IS NOT NULL"'
        )
    rows = [
        _row(int(str(key)), {row["boundary"]: row for row in parts.iter_rows(named=True)})
        for (key,), parts in known.group_by("key", maintain_order=True)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "emissions.csv"
    pl.DataFrame(rows, infer_schema_length=None).write_csv(path)
    return [path]


def _keyed(rows: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    """Return the measurements with the `key` of their row: what was measured at once, each boundary once.

    CPU, GPU and their sum in one row of a file are one row again: apart they would be counted twice.
    """
    places = frame(selection.con, "SELECT id AS result_id, row_number FROM result")
    joined = rows.join(places, on="result_id", how="left", maintain_order="left")
    at_once = ("run_id", "source_id", "row_number", "config_id")
    again = pl.int_range(pl.len()).over(*at_once, "boundary")
    own = pl.coalesce("run_id", "result_id")
    return joined.with_columns(again=again).with_columns(key=own.first().over(*at_once, "again"))


def _phases_added(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row per key and boundary: prefill and decode of a run add up, unknown where one of them is."""
    sums = ("energy_j", "duration_s", "co2_g")
    apart = rows.with_columns(co2_g=pl.col("co2_g_per_item") * pl.col("items_count"))
    power = pl.col("energy_j").sum() / pl.col("duration_s").sum()
    return apart.group_by("key", "boundary", maintain_order=True).agg(
        pl.exclude("key", "boundary", "mean_power_w", *sums).first(),
        *(pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).alias(name) for name in sums),
        pl.when(pl.len() > 1).then(power).otherwise(pl.col("mean_power_w").first()).alias("mean_power_w"),
    )


def _row(run_id: int, parts: dict[str, dict[str, Any]]) -> dict[str, object]:
    """Return the row of one run from its measurements by boundary."""
    whole = next((parts[name] for name in _WHOLE if name in parts), None) or _summed([*parts.values()])
    emissions = _times(whole["co2_g"], 1.0, 1e-3)
    by_part = {part: parts.get(boundary, {}) for part, boundary in _PARTS.items()}
    return {
        "timestamp": _ended(whole), "project_name": whole["model"], "run_id": f"{run_id:016x}",
        "duration": whole["duration_s"], "emissions": emissions,
        "emissions_rate": _times(emissions, 1.0, 1 / whole["duration_s"]) if whole["duration_s"] else None,
        **{f"{part}_power": row.get("mean_power_w") for part, row in by_part.items()},
        **{f"{part}_energy": _times(row.get("energy_j"), 1.0, 1 / J_PER_KWH) for part, row in by_part.items()},
        "energy_consumed": whole["energy_j"] / J_PER_KWH, "country_iso_code": known_region(whole),
        "codecarbon_version": f"ecoanalysis {__version__}", "gpu_count": by_part["gpu"].get("devices_count"),
        "gpu_model": by_part["gpu"].get("device"), "cpu_model": by_part["cpu"].get("device"),
        "tracking_mode": "machine", "pue": 1.0, "energy_boundary": whole["boundary"], "energy_basis": whole["basis"],
        **{f"{part}_basis": row.get("basis") for part, row in by_part.items()},
    }  # fmt: skip


def _summed(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the first part with the energy and CO2 of all, the node's by the weakest basis; CO2 may be unknown."""
    masses = [part["co2_g"] for part in parts]
    weakest = max((part["basis"] for part in parts), key=_BASES.index)
    whole = {"boundary": "node", "basis": weakest} if len(parts) > 1 else {}
    return (
        parts[0]
        | whole
        | {
            "energy_j": sum(part["energy_j"] for part in parts),
            "co2_g": None if None in masses else sum(masses),
        }
    )


def _times(value: float | None, other: float | None, factor: float) -> float | None:
    """Return the product, None when a part is unknown."""
    return None if value is None or other is None else value * other * factor


def _ended(row: dict[str, object]) -> str | None:
    """Return the end in UTC, as CodeCarbon writes times."""
    started, duration = row["started_utc_ns"], row["duration_s"]
    if started is None:
        return None
    return datetime.fromtimestamp(int(str(started)) / 1e9 + float(str(duration or 0)), UTC).strftime(
        "%Y-%m-%dT%H:%M:%S"
    )
