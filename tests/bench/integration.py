"""Integration of 10 million samples: seconds a million, and memory, beside a plain grouped sum of the same table."""

import resource
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import duckdb
import polars as pl

from ecoanalysis.energy.estimate import specification_curve
from ecoanalysis.energy.phase_energy import integrate_all
from ecoanalysis.store.database import open_database

RUNS, DEVICES, SAMPLES = 250, 4, 8_000
LONG_SAMPLES = 2_000_000


def run() -> list[str]:
    """Return lines: the plain sum, the integration of many runs and of one long run, and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        con = open_database(Path(folder) / "bench.duckdb")
        _fill(con)
        count = RUNS * DEVICES * SAMPLES + LONG_SAMPLES
        began, began_cpu = perf_counter(), process_time()
        con.execute("SELECT run_id, device_id, sum(power_w) FROM sample GROUP BY ALL").fetchall()
        plain_s = process_time() - began_cpu
        plain_wall_s = perf_counter() - began
        began, began_cpu = perf_counter(), process_time()
        rows, _ = integrate_all(con, specification_curve)
        spent_s, wall_s = process_time() - began_cpu, perf_counter() - began
        counted = rows.filter(pl.col("method") == "counter")
        worst_w = counted.select((pl.col("mean_power_w") - 100).abs().max()).item()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        f"{count:,} samples, {RUNS * DEVICES + 1} series, {rows.height} phase energies",
        f"plain grouped sum: {plain_s:.2f} s CPU, {plain_wall_s:.2f} s",
        (
            f"integration by counter and power: {spent_s:.2f} s CPU, {wall_s:.2f} s, "
            f"{spent_s / count * 1e6:.2f} s a million"
        ),
        f"largest error of a counter's power: {worst_w:.1e} W of 100 W; peak memory {peak_mb:.0f} MB",
    ]


def _fill(con: duckdb.DuckDBPyConnection) -> None:
    """Write runs of known power, 100 W, as counters with noise-free powers, and one long run."""
    con.execute("INSERT INTO recording (id, host) VALUES (1, 'bench')")
    con.execute(
        f"INSERT INTO device (id, recording_id, kind, name, boundary, sensor, update_period_s, energy_wrap_j) "
        f"SELECT d, 1, 'gpu', 'gpu', 'board', 'nvml', 0.1, 65536 FROM range({DEVICES}) AS t(d)"
    )
    for first, runs, devices, samples in ((0, RUNS, DEVICES, SAMPLES), (RUNS, 1, 1, LONG_SAMPLES)):
        con.execute(
            f"INSERT INTO run (id, recording_id, config_id, start_t_ns, end_t_ns, status) "
            f"SELECT {first} + r, 1, 1, 0, {samples - 1} * 100000000::BIGINT, 'ok' FROM range({runs}) AS t(r)"
        )
        con.execute(
            f"INSERT INTO mark SELECT {first} + r, p * {samples} // 4 * 100000000::BIGINT, "
            f"['idle', 'load', 'infer', 'cooldown'][p + 1], 1 FROM range({runs}) AS t(r), range(4) AS u(p)"
        )
        con.execute(
            f"INSERT INTO sample (run_id, device_id, t_ns, power_w, energy_j) "
            f"SELECT {first} + i // {devices * samples}, i // {samples} % {devices}, "
            f"(i % {samples}) * 100000000::BIGINT, 100, (i % {samples}) * 10 % 65536 "
            f"FROM range({runs * devices * samples}) AS t(i)"
        )
