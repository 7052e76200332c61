"""How hot each device got in each run, what it resisted, and how long it was throttled."""

import json
from collections.abc import Iterator

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from collectors.trace.records import Note
from ecoanalysis.energy.integral import Floats
from ecoanalysis.energy.phases import INFER_PHASES, Phases, read_phases
from ecoanalysis.energy.rc_fit import RcFit, fit_rc
from ecoanalysis.store.frame import frame

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
_COLUMNS = (
    "temperature_c",
    "fan_ratio",
    "clock_hz",
    "throttle_power_ns",
    "throttle_thermal_ns",
    "throttle_bits",
)
THERMAL_BITS, POWER_BITS = 0x20 | 0x40, 0x04 | 0x80  # NVML clock-event reasons
_STEADY_C_PER_S = 1.0 / 30.0
_NEAR_LIMIT_C = 5.0
# Leakage adds up to 0.7 % of power a degree (DOMAIN §F): from 10 °C on it can pass for an effect.
_CONFOUNDED_C = 10.0
_LEAKAGE_PER_C = 0.007


def heat_rows(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return one row per run and device that has a temperature or throttling, with `HEAT_ROWS`.

    Over the inference (the whole run where no phase is marked as such): mean, peak, rise above the run's own
    idle phase, margin to the limit where the device states one (`temperature_limit_c` in its `extra`).
    R_th = (T − T_idle)/(P − P_idle) over the last third of the inference where the temperature is steady there
    (|dT/dt| < 1 °C in 30 s), with the chosen energy's mean powers. τ as in `rc_fit`. Throttled time by cause
    from the driver's nanosecond counters, else from the sampled reasons, which miss short events.
    """
    phases = read_phases(con)
    limits = _limits(con)
    powers = _powers(con)
    found = frame(
        con,
        f"""SELECT run_id, device_id, t_ns, {", ".join(f"{name}::DOUBLE AS {name}" for name in _COLUMNS)}
        FROM sample WHERE temperature_c IS NOT NULL OR throttle_power_ns IS NOT NULL
            OR throttle_thermal_ns IS NOT NULL OR throttle_bits IS NOT NULL
        ORDER BY run_id, device_id, t_ns""",
    )
    rows = []
    for (run_id, device_id), series in found.group_by("run_id", "device_id", maintain_order=True):
        key = (int(str(run_id)), int(str(device_id)))
        if key[0] in phases:
            rows.append((*key, *_row(series, phases[key[0]], limits.get(key[1]), powers.get(key, {}))))
    return pl.DataFrame(rows, HEAT_ROWS, orient="row")


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


def _row(
    series: pl.DataFrame, phases: Phases, limit_c: float | None, powers: dict[str, float]
) -> tuple[object, ...]:
    """Return one row of `HEAT_ROWS` after its ids. `powers`: mean powers [W] and energy [J] of the series."""
    t_s = (series["t_ns"].to_numpy() - phases.origin_ns) / 1e9
    values = {name: series[name].to_numpy() for name in _COLUMNS}
    span = np.searchsorted(phases.edges_s, t_s, side="right") - 1
    span = np.clip(span, 0, len(phases.names) - 1)
    names = np.array(phases.names)
    hot = np.isin(names, INFER_PHASES)[span] if np.isin(names, INFER_PHASES).any() else names[span] != "idle"
    read = np.isfinite(values["temperature_c"])
    idle_c = _mean(values["temperature_c"][read & (names[span] == "idle")])
    inferring = values["temperature_c"][read & hot]
    mean_c = _mean(inferring)
    peak_c = float(inferring.max()) if inferring.size else None
    rise_c = peak_c - idle_c if peak_c is not None and idle_c is not None else None
    steady, steady_c = _steady(t_s[read & hot], inferring)
    edge = _edge(t_s, read & hot, values)
    margin_c = limit_c - peak_c if limit_c is not None and peak_c is not None else None
    near_s = _near_limit(t_s[read & hot], inferring, limit_c)
    thermal_s, power_s, source = _throttled(t_s[hot], {name: column[hot] for name, column in values.items()})
    active_w = powers["infer_w"] - powers["idle_w"] if {"infer_w", "idle_w"} <= powers.keys() else 0.0
    resists = steady and idle_c is not None and steady_c is not None and active_w > 0
    r_th = (steady_c - idle_c) / active_w if resists and steady_c is not None and idle_c is not None else None
    per_c = powers["infer_j"] / rise_c if rise_c is not None and rise_c >= 1 and "infer_j" in powers else None
    return (
        *(idle_c, mean_c, peak_c, rise_c, margin_c, near_s, _mean(values["fan_ratio"][hot]), steady, r_th),
        *(edge.tau_s, edge.final_c, edge.residual_c, edge.gate, thermal_s, power_s, source, per_c),
        int(read.sum()),
    )


def _edge(t_s: Floats, hot: NDArray[np.bool_], values: dict[str, Floats]) -> RcFit:
    """Return the fit of the first uninterrupted stretch of inference."""
    at = np.flatnonzero(hot)
    if at.size == 0:
        return RcFit("no temperature was read")
    breaks = np.flatnonzero(np.diff(at) > 1)
    stretch = at[: breaks[0] + 1] if breaks.size else at
    return fit_rc(
        t_s[stretch],
        values["temperature_c"][stretch],
        values["fan_ratio"][stretch],
        values["clock_hz"][stretch],
    )


def _steady(t_s: Floats, temperature_c: Floats) -> tuple[bool, float | None]:
    """Return whether the last third is steady, and its mean temperature [°C]."""
    count = t_s.size // 3
    if count < 5:
        return False, None
    slope = float(np.polyfit(t_s[-count:], temperature_c[-count:], 1)[0])
    return abs(slope) < _STEADY_C_PER_S, float(temperature_c[-count:].mean())


def _near_limit(t_s: Floats, temperature_c: Floats, limit_c: float | None) -> float | None:
    """Return the time within 5 °C of the limit [s]."""
    if limit_c is None or t_s.size < 2:
        return None
    near = temperature_c[:-1] > limit_c - _NEAR_LIMIT_C
    return float(np.diff(t_s)[near].sum())


def _throttled(t_s: Floats, values: dict[str, Floats]) -> tuple[float | None, float | None, str | None]:
    """Return the time throttled for heat and for power [s], and where it is read from."""
    thermal_s, power_s = (_counted(values[name]) for name in ("throttle_thermal_ns", "throttle_power_ns"))
    if thermal_s is not None or power_s is not None:
        return thermal_s, power_s, "counter"
    bits = values["throttle_bits"]
    read = np.isfinite(bits)
    if read.sum() < 2:
        return None, None, None
    h_s, flags = np.diff(t_s[read]), bits[read][1:].astype(np.int64)
    thermal, power = (float(h_s[(flags & mask) != 0].sum()) for mask in (THERMAL_BITS, POWER_BITS))
    return thermal, power, "sampled reasons"


def _counted(counter_ns: Floats) -> float | None:
    known = counter_ns[np.isfinite(counter_ns)]
    return float(np.maximum(np.diff(known), 0.0).sum()) / 1e9 if known.size > 1 else None


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


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
