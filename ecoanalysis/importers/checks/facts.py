"""The frames that checks read: each result with its device's data sheet, each series of samples in one row."""

from dataclasses import dataclass

import duckdb
import polars as pl

from ecoanalysis.identity.devices import find_device
from ecoanalysis.store.frame import frame

PREFIX = "check_"  # notes of the checks bear this prefix, and are made anew each time

_RESULTS = """
SELECT result.id AS result_id, result.source_id, source.dataset, source.format, source.name AS source_name,
    source.imported_utc_ns, result.row_number, result.label, result.boundary, result.basis, result.item_unit,
    result.energy_j, result.energy_per_item_j, result.duration_s, result.items_count, result.mean_power_w,
    result.throughput_items_per_s, result.batch_size_mean, result.started_utc_ns, result.config_id,
    result.co2_g_reported, result.latency_s, result.method, config.output_tokens,
    TRY_CAST(json_extract(result.extra, '$.util_ratio') AS DOUBLE) AS util_ratio,
    coalesce(TRY_CAST(json_extract(result.extra, '$.metered_s') AS DOUBLE), result.duration_s) AS metered_s,
    result.device_id, device.name AS device, device.sensor, config.task, config.model,
    config.framework, config.precision, config.batch_size, config.active_params_count, config.params_count,
    coalesce(TRY_CAST(json_extract(result.extra, '$.devices_count') AS INTEGER), config.accelerators_count, 1)
        AS devices_count
FROM result JOIN source ON source.id = result.source_id JOIN config ON config.id = result.config_id
LEFT JOIN device ON device.id = result.device_id
ORDER BY source.imported_utc_ns, result.source_id, row_number, result.id
"""
_SERIES = """
SELECT run_id, device_id, any_value(device.name) AS device, any_value(device.kind) AS kind,
    any_value(device.boundary) AS boundary, any_value(recording.source_id) AS source_id,
    count(*) AS samples_count, count(DISTINCT t_ns) AS times_count,
    count(power_w) AS readings_count, count(*) FILTER (power_w < 0) AS negative_count,
    avg(power_w) AS mean_w, median(power_w) AS middle_w, min(power_w) AS least_w, max(power_w) AS peak_w,
    avg(util_ratio) AS util_mean_ratio, max(util_ratio) - min(util_ratio) AS util_span_ratio
FROM sample JOIN device ON device.id = sample.device_id
LEFT JOIN recording ON recording.id = device.recording_id
GROUP BY run_id, device_id ORDER BY run_id, device_id
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at.

    `results`: one row per imported result. `series`: one row per run and device that has samples: how many, their
    powers [W] and utilisation. `con`: for the rest.
    """

    con: duckdb.DuckDBPyConnection
    results: pl.DataFrame
    series: pl.DataFrame


def load_facts(con: duckdb.DuckDBPyConnection) -> Facts:
    """Return the facts of an open database, devices joined with their data sheets by name."""
    results = frame(con, _RESULTS)
    names = results["device"].unique().drop_nulls().to_list()
    specs = {name: find_device(name) for name in names}
    rows = [(name, spec.tdp_w, spec.max_w) for name, spec in specs.items() if spec]
    sheet = pl.DataFrame(rows, {"device": pl.String, "tdp_w": pl.Float64, "max_w": pl.Float64}, orient="row")
    joined = results.join(sheet, on="device", how="left", maintain_order="left")
    return Facts(con, joined, frame(con, _SERIES))
