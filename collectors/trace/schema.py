"""The schema of a trace file, as an ordered list of migrations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.trace.errors import EcoError

if TYPE_CHECKING:
    import duckdb

STORAGE_VERSION = "v1.2.0"  # the oldest DuckDB that must still open our files

RAW_TABLES = ("recording", "device", "config", "run", "mark", "sample", "note")

_CREATE = """
CREATE TABLE recording (           -- a recording process on one machine, or one imported log
    id BIGINT PRIMARY KEY, host VARCHAR NOT NULL, started_utc_ns BIGINT, ended_utc_ns BIGINT,
    tool VARCHAR, tool_version VARCHAR, os VARCHAR, python VARCHAR, cpu_model VARCHAR, cpu_count INTEGER,
    memory_bytes BIGINT, virtualization VARCHAR, container VARCHAR, cpu_quota_ratio DOUBLE,
    clock_offset_ns BIGINT, job_id VARCHAR, policy VARCHAR, source_id BIGINT);
CREATE TABLE device (              -- a metered device in a recording
    id BIGINT PRIMARY KEY, recording_id BIGINT, kind VARCHAR NOT NULL, name VARCHAR NOT NULL,
    boundary VARCHAR NOT NULL, sensor VARCHAR NOT NULL, index INTEGER, vendor_uid VARCHAR, parent_id BIGINT,
    architecture VARCHAR, driver VARCHAR, tdp_w DOUBLE, power_limit_w DOUBLE, memory_bytes BIGINT,
    cores_count INTEGER, energy_source VARCHAR, update_period_s DOUBLE, averaging_window_s DOUBLE,
    energy_wrap_j DOUBLE, gain_error_ratio DOUBLE, visible BOOLEAN, extra VARCHAR);
CREATE TABLE config (              -- what was run; id = hash of the content
    id BIGINT PRIMARY KEY, task VARCHAR, model VARCHAR, framework VARCHAR, precision VARCHAR,
    batch_size DOUBLE, modality VARCHAR, family VARCHAR, framework_version VARCHAR, item_unit VARCHAR,
    scenario VARCHAR, variant VARCHAR, input_shape VARCHAR, input_tokens DOUBLE, output_tokens DOUBLE,
    steps INTEGER, frames INTEGER, threads INTEGER, accelerators_count INTEGER, parallelism VARCHAR,
    params_count BIGINT, active_params_count BIGINT, weight_bytes BIGINT, flops_per_item DOUBLE,
    bytes_per_item DOUBLE, facts_source VARCHAR, dataset VARCHAR, extra VARCHAR);
CREATE TABLE run (                 -- one repeat of a configuration
    id BIGINT PRIMARY KEY, recording_id BIGINT NOT NULL, config_id BIGINT NOT NULL, repeat INTEGER,
    command VARCHAR, started_utc_ns BIGINT, ended_utc_ns BIGINT, start_t_ns BIGINT, end_t_ns BIGINT,
    exit_code INTEGER, status VARCHAR, items_count BIGINT, quality_value DOUBLE, quality_metric VARCHAR,
    scope VARCHAR, policy VARCHAR, extra VARCHAR);
CREATE TABLE mark (                -- a phase begins or goes on
    run_id BIGINT NOT NULL, t_ns BIGINT NOT NULL, phase VARCHAR NOT NULL, items_count BIGINT);
CREATE TABLE sample (              -- one device at one tick, sorted by run, device, t_ns
    run_id BIGINT NOT NULL, device_id BIGINT NOT NULL, t_ns BIGINT NOT NULL, sensor_t_ns BIGINT,
    power_w DOUBLE, power_avg_w DOUBLE, energy_j DOUBLE, util_ratio DOUBLE, mem_util_ratio DOUBLE,
    memory_bytes BIGINT, clock_hz DOUBLE, mem_clock_hz DOUBLE, temperature_c DOUBLE,
    mem_temperature_c DOUBLE, fan_ratio DOUBLE, throttle_bits BIGINT, throttle_power_ns BIGINT,
    throttle_thermal_ns BIGINT, process_ratio DOUBLE, process_memory_bytes BIGINT);
CREATE TABLE note (                -- why something is missing or doubtful
    code VARCHAR NOT NULL, text VARCHAR NOT NULL, severity VARCHAR, hint VARCHAR, recording_id BIGINT,
    run_id BIGINT, result_id BIGINT, source_id BIGINT, device_id BIGINT, t_ns BIGINT);
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema. A released entry is never edited: a change is a new entry at the end."""

    name: str
    apply: Callable[["duckdb.DuckDBPyConnection"], object]


MIGRATIONS = (Migration("raw tables", lambda con: con.execute(_CREATE)),)


def version(con: "duckdb.DuckDBPyConnection") -> int:
    """Return the schema version of an open database: the number of migrations applied, 0 for none."""
    found = con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'trace_schema'").fetchone()
    if not found:
        return 0
    row = con.execute("SELECT coalesce(max(version), 0) FROM trace_schema").fetchone()
    return int(row[0]) if row else 0


def migrate(con: "duckdb.DuckDBPyConnection") -> None:
    """Bring an open, writable database to the newest schema; each step is one transaction.

    Raises `EcoError` when the file was written by a newer version of the tool.
    """
    have = version(con)
    if have > len(MIGRATIONS):
        raise EcoError(
            f"this file has trace schema {have}; this version reads up to {len(MIGRATIONS)}",
            "update: pip install --upgrade ecoanalysis",
        )
    if have == len(MIGRATIONS):
        return
    con.execute("CREATE TABLE IF NOT EXISTS trace_schema (version INTEGER, name VARCHAR)")
    for number, step in enumerate(MIGRATIONS[have:], start=have + 1):
        con.execute("BEGIN")
        step.apply(con)
        con.execute("INSERT INTO trace_schema VALUES (?, ?)", [number, step.name])
        con.execute("COMMIT")
