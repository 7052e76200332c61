"""How hot each device got in each run, what it resisted, and how long it was throttled."""

import json
from collections.abc import Iterator

import duckdb
import numpy as np
import polars as pl

from collectors.trace.records import Note
from ecoanalysis.energy.heat_meter import HEAT_COLUMNS, HeatMeter
from ecoanalysis.energy.integral import Floats
from ecoanalysis.energy.phases import INFER_PHASES, read_phases
from ecoanalysis.energy.rc_fit import RcFit, fit_rc
from ecoanalysis.energy.series import BATCH_ROWS, read_series

HEAT_ROWS: dict[str, type[pl.DataType]] = {
    "run_id": pl.Int64,
    "device_id": pl.Int64,
    "idle_c": pl.Float64,
    "mean_c": pl.Float64,
    "peak_c": pl.Float64,
    "rise_c": pl.Float64,
    "margin_c": pl.Float64,
    "near_limit_s": pl.Float64,
    "fan_ratio": pl.Float64,
    "steady": pl.Boolean,
    "r_th_c_per_w": pl.Float64,
    "tau_s": pl.Float64,
    "final_c": pl.Float64,
    "residual_c": pl.Float64,
    "fit_gate": pl.String,
    "throttle_thermal_s": pl.Float64,
    "throttle_power_s": pl.Float64,
    "throttle_source": pl.String,
    "energy_per_c_j": pl.Float64,
    "samples_count": pl.Int64,
}
_WARM = "coalesce(temperature_c, throttle_power_ns, throttle_thermal_ns, throttle_bits) IS NOT NULL"
_STEADY_C_PER_S = 1.0 / 30.0
# Leakage adds up to 0.7 % of power a degree (DOMAIN §F): from 10 °C on it can pass for an effect.
_CONFOUNDED_C = 10.0
_LEAKAGE_PER_C = 0.007


def heat_rows(con: duckdb.DuckDBPyConnection, batch_rows: int = BATCH_ROWS) -> pl.DataFrame:
    """Return one row per run and device that has a temperature or throttling, with `HEAT_ROWS`.

    Over the inference (the whole run where no phase is marked as such): mean, peak, rise above the run's own
    idle phase, margin to the limit where the device states one (`temperature_limit_c` in its `extra`).
    R_th = (T − T_idle)/(P − P_idle) over the last third of the inference where the temperature is steady there
    (|dT/dt| < 1 °C in 30 s), with the chosen energy's mean powers. τ as in `rc_fit`. Throttled time by cause
    from the driver's nanosecond counters, else from the sampled reasons, which miss short events. Of a run that took
    turns with others only mean and peak are known: the rest is the heat of all of them.
    Memory is bounded by `batch_rows`; steadiness and τ of a longer series than `KEPT_READINGS` see every k-th reading.
    """
    phases, limits, powers = read_phases(con), _limits(con), _powers(con)
    rows = []
    meter: HeatMeter | None = None
    for piece in read_series(con, batch_rows, columns=HEAT_COLUMNS, where=_WARM):
        if piece.run_id not in phases:
            continue
        meter = meter or HeatMeter(phases[piece.run_id], limits.get(piece.device_id))
        meter.add(piece)
        if piece.last:
            key = (piece.run_id, piece.device_id)
            rows.append((*key, *_row(meter, powers.get(key, {}))))
            meter = None
    return pl.DataFrame(rows, HEAT_ROWS, orient="row").sort("run_id", "device_id")


def confounded_notes(con: duckdb.DuckDBPyConnection) -> Iterator[Note]:
    """Give a note per device whose runs differ so much in temperature that leakage could pass for an effect."""
    for device_id, name, low_c, high_c in con.execute(
        """SELECT device_id, any_value(name), min(mean_c), max(mean_c) FROM heat
        JOIN device ON device.id = device_id WHERE mean_c IS NOT NULL GROUP BY device_id
        HAVING max(mean_c) - min(mean_c) >= ? ORDER BY device_id""",
        [_CONFOUNDED_C],
    ).fetchall():
        share = _LEAKAGE_PER_C * (high_c - low_c)
        yield Note(
            "energy_temperature_confounded",
            f"{name}: runs were at {low_c:.0f} to {high_c:.0f} °C; leakage alone may make a difference of up to "
            f"{share:.0%} between the coldest and the hottest",
            severity="warning",
            hint="interleave what is compared, or let the device cool down between runs",
            device_id=device_id,
        )


def _row(meter: HeatMeter, powers: dict[str, float]) -> tuple[object, ...]:
    """Return one row of `HEAT_ROWS` after its ids. `powers`: mean powers [W] and energy [J] of the series."""
    t_s, temperature_c, fan_ratio, clock_hz = meter.curve.rows.T
    idle_c, peak_c = meter.idle.value, meter.peak_c
    rise_c = peak_c - idle_c if peak_c is not None and idle_c is not None and meter.alone else None
    steady, steady_c = _steady(t_s, temperature_c)
    edge = RcFit("no temperature was read")
    if t_s.size:
        until = np.searchsorted(t_s, meter.edge_end_s, side="right")
        edge = fit_rc(t_s[:until], temperature_c[:until], fan_ratio[:until], clock_hz[:until])
    margin_c = meter.limit_c - peak_c if meter.limit_c is not None and peak_c is not None else None
    near_s = meter.near_limit_s if meter.limit_c is not None and meter.hot.count > 1 and meter.alone else None
    told = meter.throttled_s if meter.alone else {}
    source = next((name for name in ("counter", "sampled reasons") if name in told), None)
    thermal_s, power_s = meter.throttled_s[source] if source else (None, None)
    active_w = powers["infer_w"] - powers["idle_w"] if {"infer_w", "idle_w"} <= powers.keys() else 0.0
    resists = steady and meter.alone and idle_c is not None and steady_c is not None and active_w > 0
    r_th = (steady_c - idle_c) / active_w if resists and steady_c is not None and idle_c is not None else None
    per_c = powers["infer_j"] / rise_c if rise_c is not None and rise_c >= 1 and "infer_j" in powers else None
    return (
        *(idle_c, meter.hot.value, peak_c, rise_c, margin_c, near_s, meter.fan.value, steady, r_th),
        *(edge.tau_s, edge.final_c, edge.residual_c, edge.gate, thermal_s, power_s, source, per_c),
        meter.readings_count,
    )


def _steady(t_s: Floats, temperature_c: Floats) -> tuple[bool, float | None]:
    """Return whether the last third is steady, and its mean temperature [°C]."""
    count = t_s.size // 3
    if count < 5:
        return False, None
    slope = float(np.polyfit(t_s[-count:], temperature_c[-count:], 1)[0])
    return abs(slope) < _STEADY_C_PER_S, float(temperature_c[-count:].mean())


def _limits(con: duckdb.DuckDBPyConnection) -> dict[int, float]:
    """Return the temperature limit of the devices that state one [°C]."""
    rows = con.execute("SELECT id, extra FROM device WHERE extra IS NOT NULL").fetchall()
    stated = {device_id: json.loads(extra).get("temperature_limit_c") for device_id, extra in rows}
    return {device_id: float(limit_c) for device_id, limit_c in stated.items() if limit_c is not None}


def _powers(con: duckdb.DuckDBPyConnection) -> dict[tuple[int, int], dict[str, float]]:
    """Return mean inference and idle power [W] and inference energy [J] of each series, measured ones only."""
    asked = ", ".join(f"'{name}'" for name in INFER_PHASES)
    rows = con.execute(
        f"""SELECT run_id, device_id, sum(energy_j) / sum(duration_s), any_value(idle_power_w), sum(energy_j)
        FROM phase_energy WHERE chosen AND basis = 'measured' AND energy_j IS NOT NULL AND phase IN ({asked})
        GROUP BY ALL"""
    ).fetchall()
    names = ("infer_w", "idle_w", "infer_j")
    return {
        (row[0], row[1]): {
            name: value for name, value in zip(names, row[2:], strict=True) if value is not None
        }
        for row in rows
    }
