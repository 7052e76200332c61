"""The frames that models, studies and the report read from the database."""

from collections.abc import Sequence

import duckdb
import polars as pl

from ecoanalysis.store.frame import frame

_CONFIG_COLUMNS: dict[str, type[pl.DataType]] = {
    "task": pl.String,
    "model": pl.String,
    "framework": pl.String,
    "precision": pl.String,
    "nominal_batch_size": pl.Float64,
    "modality": pl.String,
    "family": pl.String,
    "framework_version": pl.String,
    "scenario": pl.String,
    "variant": pl.String,
    "input_shape": pl.String,
    "input_tokens": pl.Float64,
    "output_tokens": pl.Float64,
    "steps": pl.Int32,
    "frames": pl.Int32,
    "threads": pl.Int32,
    "accelerators_count": pl.Int32,
    "parallelism": pl.String,
    "params_count": pl.Int64,
    "active_params_count": pl.Int64,
    "weight_bytes": pl.Int64,
    "flops_per_item": pl.Float64,
    "bytes_per_item": pl.Float64,
    "facts_source": pl.String,
    "task_dataset": pl.String,
    "config_extra": pl.String,
}
_RENAMED = {"nominal_batch_size": "batch_size", "task_dataset": "dataset", "config_extra": "extra"}

# One flat row per measurement: the columns of `measurement`, then of its config (whose batch size is the
# nominal one, whose dataset is the task's), then of its source.
MEASUREMENT_SCHEMA: dict[str, type[pl.DataType]] = {
    "id": pl.Int64,
    "run_id": pl.Int64,
    "result_id": pl.Int64,
    "source_id": pl.Int64,
    "dataset": pl.String,
    "config_id": pl.Int64,
    "device": pl.String,
    "device_kind": pl.String,
    "devices_count": pl.Int32,
    "boundary": pl.String,
    "basis": pl.String,
    "method": pl.String,
    "idle_treatment": pl.String,
    "item_unit": pl.String,
    "items_count": pl.Float64,
    "phase": pl.String,
    "duration_s": pl.Float64,
    "energy_j": pl.Float64,
    "energy_per_item_j": pl.Float64,
    "low_per_item_j": pl.Float64,
    "high_per_item_j": pl.Float64,
    "net_energy_per_item_j": pl.Float64,
    "workload_energy_per_item_j": pl.Float64,
    "scope": pl.String,
    "idle_power_w": pl.Float64,
    "idle_source": pl.String,
    "mean_power_w": pl.Float64,
    "throughput_items_per_s": pl.Float64,
    "latency_s": pl.Float64,
    "batch_size": pl.Float64,
    "quality_value": pl.Float64,
    "quality_metric": pl.String,
    "repeat": pl.Int32,
    "started_utc_ns": pl.Int64,
    "temperature_c": pl.Float64,
    "host": pl.String,
    "pue_included": pl.Float64,
    "excluded": pl.String,
    "row_number": pl.Int64,
    "sensor": pl.String,
    **_CONFIG_COLUMNS,
    "source_name": pl.String,
    "licence": pl.String,
    "citation": pl.String,
    "source_path": pl.String,
}
_SOURCE_COLUMNS = {"source_name": "name", "licence": "licence", "citation": "citation", "source_path": "path"}


def measurements(
    con: duckdb.DuckDBPyConnection, where: str | None = None, parameters: Sequence[object] = ()
) -> pl.DataFrame:
    """Return the measurements, one flat row each, sorted by id, with the columns of `MEASUREMENT_SCHEMA`.

    `where` is an SQL condition over those columns, its `?` filled from `parameters`:
    `measurements(con, "boundary = 'board' AND excluded IS NULL")`. Rows that are out of use are present: their
    `excluded` says why. Energies in J, per item of `item_unit`.
    """
    condition = f"WHERE {where}" if where else ""
    found = frame(con, f"SELECT * FROM ({_FLAT}) {condition} ORDER BY id", parameters)
    return found.select(pl.col(name).cast(dtype) for name, dtype in MEASUREMENT_SCHEMA.items())


def runs(con: duckdb.DuckDBPyConnection, where: str | None = None) -> pl.DataFrame:
    """Return the runs with their configuration and recording, newest first.

    Columns: those of `run`, of `config` (its `id` is `config_id`, `extra` is `config_extra`), and `host`, `os`,
    `cpu_model`, `cpu_count`, `virtualization`, `container`, `tool_version` of the recording.
    """
    condition = f"WHERE {where}" if where else ""
    return frame(
        con,
        f"""SELECT * FROM (
            SELECT run.*, config.* EXCLUDE (id, extra), config.extra AS config_extra, host, os, cpu_model,
                   cpu_count, virtualization, container, tool_version, source_id
            FROM run JOIN config ON config.id = config_id JOIN recording ON recording.id = recording_id)
        {condition} ORDER BY started_utc_ns DESC NULLS LAST, id""",
    )


def notes(con: duckdb.DuckDBPyConnection, where: str | None = None) -> pl.DataFrame:
    """Return the notes, the gravest first, with the name of their device."""
    condition = f"WHERE {where}" if where else ""
    return frame(
        con,
        f"""SELECT * FROM (
            SELECT note.*, device.name AS device FROM note LEFT JOIN device ON device.id = device_id)
        {condition}
        ORDER BY CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, code, run_id, t_ns, text""",
    )


def devices(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return the devices of all recordings with their host."""
    return frame(
        con,
        """SELECT device.*, host FROM device LEFT JOIN recording ON recording.id = recording_id
        ORDER BY host, kind, index, device.id""",
    )


def recordings(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return the recordings, newest first."""
    return frame(con, "SELECT * FROM recording ORDER BY started_utc_ns DESC NULLS LAST, id")


def sources(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return the imported files, with their licences, and the `regions` that their results name, null for none."""
    return frame(
        con,
        """SELECT source.*, regions FROM source LEFT JOIN (
            SELECT source_id, list(DISTINCT region ORDER BY region) AS regions FROM result
            WHERE region IS NOT NULL GROUP BY source_id) ON source_id = source.id
        ORDER BY dataset, path, source.id""",
    )


def samples(con: duckdb.DuckDBPyConnection, run_id: int, device_id: int | None = None) -> pl.DataFrame:
    """Return the samples of a run, or of one device in it, in the order of device and time."""
    given = [run_id] if device_id is None else [run_id, device_id]
    extra = "" if device_id is None else "AND device_id = ?"
    return frame(con, f"SELECT * FROM sample WHERE run_id = ? {extra} ORDER BY device_id, t_ns", given)


def marks(con: duckdb.DuckDBPyConnection, run_id: int) -> pl.DataFrame:
    """Return the marks of a run in the order of time."""
    return frame(con, "SELECT * FROM mark WHERE run_id = ? ORDER BY t_ns", [run_id])


def phase_energies(con: duckdb.DuckDBPyConnection, run_id: int | None = None) -> pl.DataFrame:
    """Return the phase energies of a run, or of all, with the device's name, kind and sensor.

    Several rows may stand for one device and phase, one per basis; the best of them is `chosen`.
    """
    condition, given = ("WHERE run_id = ?", [run_id]) if run_id is not None else ("", [])
    return frame(
        con,
        f"""SELECT phase_energy.*, device.name AS device, kind AS device_kind, sensor
        FROM phase_energy LEFT JOIN device ON device.id = device_id {condition}
        ORDER BY run_id, start_t_ns, phase, boundary, device_id, chosen DESC, basis""",
        given,
    )


def heat(con: duckdb.DuckDBPyConnection, run_id: int | None = None) -> pl.DataFrame:
    """Return the heat rows of a run, or of all, with the device's name and kind; columns as in the table `heat`."""
    condition, given = ("WHERE run_id = ?", [run_id]) if run_id is not None else ("", [])
    return frame(
        con,
        f"""SELECT heat.*, device.name AS device, kind AS device_kind FROM heat
        LEFT JOIN device ON device.id = device_id {condition} ORDER BY run_id, device_id""",
        given,
    )


def _flat_sql() -> str:
    """Return the query of the flat measurement table."""
    config = ", ".join(f"config.{_RENAMED.get(name, name)} AS {name}" for name in _CONFIG_COLUMNS)
    source = ", ".join(f"source.{column} AS {name}" for name, column in _SOURCE_COLUMNS.items())
    return f"""SELECT measurement.*, {config}, {source} FROM measurement
        LEFT JOIN config ON config.id = measurement.config_id
        LEFT JOIN source ON source.id = measurement.source_id"""


_FLAT = _flat_sql()
