"""The tables that the analysis adds to a trace's raw tables."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# Raw: written once per import, migrated, never rebuilt.
SOURCE_TABLES = """
CREATE TABLE IF NOT EXISTS source (     -- one imported file or data set
    id BIGINT PRIMARY KEY, path VARCHAR, sha256 VARCHAR, format VARCHAR, dataset VARCHAR, name VARCHAR,
    licence VARCHAR, citation VARCHAR, url VARCHAR, imported_utc_ns BIGINT, rows_count BIGINT,
    tool_version VARCHAR);
CREATE TABLE IF NOT EXISTS result (     -- an energy without samples, as its source states it
    id BIGINT PRIMARY KEY, source_id BIGINT NOT NULL, row_number BIGINT, config_id BIGINT NOT NULL,
    device_id BIGINT, label VARCHAR, started_utc_ns BIGINT, duration_s DOUBLE, items_count DOUBLE,
    item_unit VARCHAR, energy_j DOUBLE, energy_per_item_j DOUBLE, low_per_item_j DOUBLE,
    high_per_item_j DOUBLE, mean_power_w DOUBLE, throughput_items_per_s DOUBLE, latency_s DOUBLE,
    batch_size_mean DOUBLE, quality_value DOUBLE, quality_metric VARCHAR, boundary VARCHAR, basis VARCHAR,
    method VARCHAR, idle_treatment VARCHAR, pue_included DOUBLE, repeats_count INTEGER, region VARCHAR,
    co2_g_reported DOUBLE, extra VARCHAR);
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the analysis tables. A released entry is never edited: a change is a new entry at the end."""

    name: str
    apply: Callable[["duckdb.DuckDBPyConnection"], object]


LEDGER_TABLE = """
CREATE TABLE IF NOT EXISTS ledger (     -- what became of a source: its rows, and the sums that landed by boundary
    source_id BIGINT NOT NULL, entry VARCHAR NOT NULL, name VARCHAR, rows_count BIGINT NOT NULL, energy_j DOUBLE,
    span_s DOUBLE);
"""

MIGRATIONS = (
    Migration("source and result", lambda con: con.execute(SOURCE_TABLES)),
    Migration("ledger", lambda con: con.execute(LEDGER_TABLE)),
)

# Derived: dropped and rebuilt whenever raw tables, factors or settings change.
DERIVED_TABLES = """
CREATE OR REPLACE TABLE phase_energy (  -- energy of one device in one phase of one run
    run_id BIGINT, device_id BIGINT, phase VARCHAR, start_t_ns BIGINT, end_t_ns BIGINT, duration_s DOUBLE,
    items_count BIGINT, energy_j DOUBLE, low_j DOUBLE, high_j DOUBLE, net_energy_j DOUBLE,
    idle_power_w DOUBLE, idle_source VARCHAR, workload_energy_j DOUBLE, basis VARCHAR, method VARCHAR,
    boundary VARCHAR, resolution_bound_j DOUBLE,
    gain_bound_ratio DOUBLE, mean_power_w DOUBLE, peak_power_w DOUBLE, util_ratio DOUBLE,
    process_ratio DOUBLE, temperature_c DOUBLE, samples_count BIGINT, gap_s DOUBLE, chosen BOOLEAN);
CREATE OR REPLACE TABLE measurement (   -- an energy per item: what everything compares and predicts
    id BIGINT, run_id BIGINT, result_id BIGINT, source_id BIGINT, dataset VARCHAR, config_id BIGINT,
    device VARCHAR, device_kind VARCHAR, devices_count INTEGER, boundary VARCHAR, basis VARCHAR,
    method VARCHAR, idle_treatment VARCHAR, item_unit VARCHAR, items_count DOUBLE, phase VARCHAR,
    duration_s DOUBLE, energy_j DOUBLE, energy_per_item_j DOUBLE, low_per_item_j DOUBLE,
    high_per_item_j DOUBLE, net_energy_per_item_j DOUBLE, workload_energy_per_item_j DOUBLE, scope VARCHAR,
    idle_power_w DOUBLE, idle_source VARCHAR, mean_power_w DOUBLE,
    throughput_items_per_s DOUBLE, latency_s DOUBLE, batch_size DOUBLE, quality_value DOUBLE,
    quality_metric VARCHAR, repeat INTEGER, started_utc_ns BIGINT, temperature_c DOUBLE, host VARCHAR,
    pue_included DOUBLE, excluded VARCHAR, row_number BIGINT, sensor VARCHAR);
CREATE OR REPLACE TABLE heat (          -- how hot one device got in one run
    run_id BIGINT, device_id BIGINT, idle_c DOUBLE, mean_c DOUBLE, peak_c DOUBLE, rise_c DOUBLE,
    margin_c DOUBLE, near_limit_s DOUBLE, fan_ratio DOUBLE, steady BOOLEAN, r_th_c_per_w DOUBLE,
    tau_s DOUBLE, final_c DOUBLE, residual_c DOUBLE, fit_gate VARCHAR, throttle_thermal_s DOUBLE,
    throttle_power_s DOUBLE, throttle_source VARCHAR, energy_per_c_j DOUBLE, samples_count BIGINT);
CREATE OR REPLACE TABLE impact (        -- carbon and water of a measurement under the settings' factors
    measurement_id BIGINT, region VARCHAR, co2_g_per_kwh DOUBLE, pue DOUBLE, wue_l_per_kwh DOUBLE,
    ewif_l_per_kwh DOUBLE, co2_g_per_item DOUBLE, co2_low_g_per_item DOUBLE, co2_high_g_per_item DOUBLE,
    water_onsite_l_per_item DOUBLE, water_offsite_l_per_item DOUBLE, water_l_per_item DOUBLE,
    water_low_l_per_item DOUBLE, water_high_l_per_item DOUBLE, basis VARCHAR, factors_hash VARCHAR);
CREATE OR REPLACE TABLE score (         -- ESS and its interval, null where CO2 or parameters are missing
    measurement_id BIGINT, qf_convention VARCHAR, qf DOUBLE, params_kind VARCHAR, params_source VARCHAR,
    effective_params_m DOUBLE, ess DOUBLE, ess_low DOUBLE, ess_high DOUBLE, ess_run DOUBLE,
    undefined_because VARCHAR);
CREATE OR REPLACE TABLE derived_from (  -- of which raw rows, code and settings the energies were made
    digest VARCHAR);
"""
