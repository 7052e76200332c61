"""The energy of every device in every phase of every run, by every way, with notes on what is doubtful."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from collectors.trace.records import BETWEEN_TURNS, Note
from ecoanalysis.energy.bounds import SensorBound, sensor_bound
from ecoanalysis.energy.doubts import series_notes
from ecoanalysis.energy.estimate import Host, PowerCurve
from ecoanalysis.energy.integral import Floats, Integral
from ecoanalysis.energy.meter import LADDER, Meter, Metering
from ecoanalysis.energy.phases import read_phases
from ecoanalysis.energy.series import read_series

CurveOf = Callable[[Host], PowerCurve | None]

PHASE_ROWS: dict[str, type[pl.DataType]] = {
    "run_id": pl.Int64,
    "device_id": pl.Int64,
    "phase": pl.String,
    "start_t_ns": pl.Int64,
    "end_t_ns": pl.Int64,
    "duration_s": pl.Float64,
    "items_count": pl.Int64,
    "energy_j": pl.Float64,
    "low_j": pl.Float64,
    "high_j": pl.Float64,
    "basis": pl.String,
    "method": pl.String,
    "rank": pl.Int8,
    "boundary": pl.String,
    "resolution_bound_j": pl.Float64,
    "gain_bound_ratio": pl.Float64,
    "mean_power_w": pl.Float64,
    "peak_power_w": pl.Float64,
    "util_ratio": pl.Float64,
    "process_ratio": pl.Float64,
    "temperature_c": pl.Float64,
    "samples_count": pl.Int64,
    "gap_s": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class MeteredDevice:
    """A device as the integration sees it."""

    id: int
    boundary: str
    bound: SensorBound
    wrap_j: float | None
    limit_w: float | None
    averages: bool
    lag_s: float
    host: Host


@dataclass(frozen=True, slots=True)
class _Span:
    """Sums over the spans of each phase of a run; `codes` numbers a span's phase, `names` the phases."""

    names: tuple[str, ...]
    codes: NDArray[np.int64]
    duration_s: Floats


def integrate_all(con: duckdb.DuckDBPyConnection, curve_of: CurveOf) -> tuple[pl.DataFrame, list[Note]]:
    """Return a row per run, device, phase and method, with `PHASE_ROWS`, and the notes on doubtful series.

    One pass over the samples, in bounded memory. `curve_of` gives the power curve of a device that may have no
    energy sensor. An energy is None where over a tenth of the phase is not covered by readings.
    """
    devices, phases = _read_devices(con), read_phases(con)
    rows: list[tuple[object, ...]] = []
    notes: list[Note] = []
    curves: dict[Host, PowerCurve | None] = {}
    meter: Meter | None = None
    for piece in read_series(con):
        device, run = devices.get(piece.device_id), phases.get(piece.run_id)
        if device is None or run is None:
            continue
        if device.host not in curves:
            curves[device.host] = curve_of(device.host)
        if meter is None:
            metering = Metering(
                device.bound.update_period_s,
                device.wrap_j,
                device.limit_w,
                curves[device.host],
                device.averages,
                device.lag_s,
            )
            meter = Meter(run, metering)
        meter.add(piece)
        if piece.last:
            found = meter.finished()
            rows.extend(_phase_rows(piece.run_id, device, meter, found))
            notes.extend(series_notes(piece.run_id, device.id, run, found, device.bound.update_period_s))
            meter = None
    return pl.DataFrame(rows, PHASE_ROWS, orient="row"), notes


def _phase_rows(
    run_id: int, device: MeteredDevice, meter: Meter, found: dict[str, Integral]
) -> Iterator[tuple[object, ...]]:
    """Give the rows of one series: per method, per phase; one row without energy where there is no method.

    The time between a run's turns has no row: what the machine spent there, it spent on others.
    """
    phases = meter.phases
    names = tuple(dict.fromkeys(phases.names))
    codes: NDArray[np.int64] = np.array([names.index(name) for name in phases.names], dtype=np.int64)
    duration_s = np.asarray(np.bincount(codes, np.diff(phases.edges_s), len(names)), dtype=np.float64)
    span = _Span(names, codes, duration_s)
    means = [
        _phase_mean(meter, quantity, span) for quantity in ("util_ratio", "process_ratio", "temperature_c")
    ]
    methods: list[str | None] = [method for method in LADDER if method in found]
    for method in methods or [None]:
        columns = _energy_columns(device, found, method, span) if method else {}
        for k in np.flatnonzero(span.duration_s > 0):
            if names[k] == BETWEEN_TURNS:
                continue
            yield (
                run_id,
                device.id,
                names[k],
                *phases.span_ns(names[k]),
                float(span.duration_s[k]),
                phases.items.get(names[k]),
                *_figures(device, method, {name: _known(column[k]) for name, column in columns.items()}),
                *(_known(mean[k]) for mean in means),
                int(columns["count"][k]) if columns else 0,
                float(columns["gap"][k]) if columns else None,
            )


def _figures(device: MeteredDevice, method: str | None, at: dict[str, float | None]) -> tuple[object, ...]:
    """Return the columns of `PHASE_ROWS` from energy_j to peak_power_w; all None where there is no method."""
    if method is None:
        return (None, None, None, None, None, len(LADDER), device.boundary, None, None, None, None)
    measured = method in LADDER[:3]
    known = at["energy"] is not None
    return (
        at["energy"],
        at["low"] if known else None,
        at["high"] if known else None,
        "measured" if measured else "estimated",
        method,
        LADDER.index(method),
        device.boundary,
        at["resolution"],
        device.bound.gain_error_ratio if measured else None,
        at["mean"],
        at["peak"],
    )


def _energy_columns(
    device: MeteredDevice, found: dict[str, Integral], method: str, span: _Span
) -> dict[str, Floats]:
    """Return energy, interval, resolution bound, peak, count and gaps per phase by one method.

    Measured: ± the sensor's gain error and the resolution bound in quadrature. Estimated: the curve's own
    interval, widened by the resolution bound.
    """
    integral = found[method]

    def summed(values: Floats) -> Floats:
        return np.asarray(np.bincount(span.codes, values, len(span.names)))

    energy_j, resolution_j = summed(integral.energy_j), integral.sampling_bound_j(span.codes)
    if f"{method} low" in found:
        low_j = summed(found[f"{method} low"].energy_j) - resolution_j
        high_j = summed(found[f"{method} high"].energy_j) + resolution_j
    else:
        half_j = np.hypot(resolution_j, device.bound.gain_error_ratio * energy_j)
        low_j, high_j = energy_j - half_j, energy_j + half_j
    peak_w = np.full(len(span.names), -np.inf)
    np.maximum.at(peak_w, span.codes, integral.peak_w)
    return {
        "energy": energy_j,
        "low": np.maximum(low_j, 0.0),
        "high": high_j,
        "resolution": resolution_j,
        "mean": np.divide(energy_j, span.duration_s, out=np.zeros_like(energy_j), where=span.duration_s > 0),
        "peak": peak_w,
        "count": summed(integral.count.astype(np.float64)),
        "gap": summed(integral.gap_s),
    }


def _phase_mean(meter: Meter, quantity: str, span: _Span) -> Floats:
    total, weight = (np.bincount(span.codes, part, len(span.names)) for part in meter.totals(quantity))
    mean: Floats = np.divide(total, weight, out=np.full(len(span.names), np.nan), where=weight > 0)
    return mean


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _read_devices(con: duckdb.DuckDBPyConnection) -> dict[int, MeteredDevice]:
    """Return every device with its sensor's bounds and its host."""
    rows = con.execute(
        """SELECT device.id, boundary, sensor, update_period_s, averaging_window_s, gain_error_ratio,
            energy_wrap_j, coalesce(power_limit_w, tdp_w), kind, name, tdp_w,
            coalesce(device.cores_count, cpu_count), virtualization, container, cpu_quota_ratio,
            device.memory_bytes
        FROM device LEFT JOIN recording ON recording.id = recording_id"""
    ).fetchall()
    return {
        row[0]: MeteredDevice(
            id=row[0],
            boundary=row[1],
            bound=sensor_bound(
                row[2], update_period_s=row[3], averaging_window_s=row[4], gain_error_ratio=row[5]
            ),
            wrap_j=row[6],
            limit_w=row[7],
            # An analyser at the wall: its readings are means over periods that follow one another.
            averages=row[1] == "wall" and bool(row[3]) and row[3] == row[4],
            # A mean over longer than an update (NVML's of a second) is that of its window's middle.
            lag_s=0.5 * row[4] if row[3] and row[4] and row[4] > row[3] else 0.0,
            host=Host(*row[8:]),
        )
        for row in rows
    }
