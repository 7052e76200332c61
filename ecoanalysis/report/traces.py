"""Recorded runs as min–max pyramids: what the trace viewer draws, never what is integrated."""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from collectors.trace.records import format_id
from ecoanalysis.report.model import Series, Trace
from ecoanalysis.report.own_time import Gaps, between_turns, own_s
from ecoanalysis.report.throttling import THROTTLE_COLUMNS, throttled
from ecoanalysis.store.frame import frame

if TYPE_CHECKING:
    import duckdb

_BUCKETS = 32_000  # of one run, shared by its devices: below that, every sample is kept
_RUNS = 12


def load_traces(
    con: "duckdb.DuckDBPyConnection", run_ids: list[int], devices: dict[int, str]
) -> tuple[Trace, ...]:
    """Return the traces of some runs, `devices` naming device ids; runs without samples are left out.

    Times are the run's own: what lies between the turns of a run that took turns with others is cut out.

    Buckets hold an equal number of samples, so that none loses its smallest or largest power.
    """
    found = (
        _trace(con, run_id, devices, _BUCKETS if place == 0 else _BUCKETS // 8)
        for place, run_id in enumerate(run_ids[:_RUNS])
    )
    return tuple(trace for trace in found if trace is not None)


def _trace(
    con: "duckdb.DuckDBPyConnection", run_id: int, devices: dict[int, str], buckets: int
) -> Trace | None:
    """Return one run's trace, None when it has no samples."""
    sizes = frame(
        con,
        """SELECT device_id, count(*) AS n, min(t_ns) AS first, max(t_ns) AS last FROM sample WHERE run_id = ?
        AND (power_w IS NOT NULL OR power_avg_w IS NOT NULL OR util_ratio IS NOT NULL OR energy_j IS NOT NULL)
        GROUP BY device_id ORDER BY device_id""",
        [run_id],
    )
    if sizes.is_empty():
        return None
    start = int(sizes["first"].min())  # type: ignore[arg-type]
    share = max(500, buckets // sizes.height)
    gaps = between_turns(con, run_id)
    series = tuple(
        _series(
            con,
            run_id,
            int(row["device_id"]),
            devices,
            start,
            int(row["n"]),
            -(-int(row["n"]) // share),
            gaps,
        )
        for row in sizes.iter_rows(named=True)
    )
    last = np.array([sizes["last"].max()], dtype=np.float64)
    end = float(own_s(last, start, gaps)[0])
    title = frame(
        con,
        "SELECT model, precision, batch_size FROM run JOIN config ON config.id = config_id WHERE run.id = ?",
        [run_id],
    )
    name = _named(*title.row(0)) if title.height else format_id(run_id)
    return Trace(format_id(run_id), name, series, _phases(con, run_id, start, end, gaps))


def _named(model: str, precision: str | None, batch: float | None) -> str:
    """Return what a run was of, as configurations are called."""
    parts = (model, precision, None if batch is None else f"batch {batch:g}")
    return " · ".join(part for part in parts if part and part != "unknown") or "a run that names no model"


def _series(
    con: "duckdb.DuckDBPyConnection",
    run_id: int,
    device_id: int,
    devices: dict[int, str],
    start: int,
    n: int,
    per: int,
    gaps: Gaps,
) -> Series:
    """Return one device's pyramid level of `per` samples a bucket; power from the counter where none was read."""
    samples = _samples(con, run_id, device_id, start, gaps)
    rows = _buckets(samples, per)
    columns: dict[str, Any] = {name: _short(rows[name]) for name in rows.columns[1:]}
    return Series(
        devices.get(device_id, "device"),
        n,
        per,
        rows["t_s"].round(4).to_list(),
        **columns,
        throttled=throttled(samples),
    )


def _samples(
    con: "duckdb.DuckDBPyConnection", run_id: int, device_id: int, start: int, gaps: Gaps
) -> pl.DataFrame:
    """Return a device's samples in a run by time, `own_s` being the run's own, `waited` marking those after a wait."""
    samples = frame(
        con,
        f"""SELECT t_ns, coalesce(power_w, power_avg_w) AS p, energy_j, util_ratio, temperature_c,
        {", ".join(THROTTLE_COLUMNS)} FROM sample WHERE run_id = ? AND device_id = ?""",
        [run_id, device_id],
    )
    # they lie in the order in which they were taken: asking DuckDB for it costs more than reading them
    if not samples["t_ns"].is_sorted():
        samples = samples.sort("t_ns", maintain_order=True)
    t_ns = samples["t_ns"].to_numpy().astype(np.float64)
    return samples.with_columns(
        own_s=pl.Series(own_s(t_ns, start, gaps)),
        waited=pl.Series(np.diff(np.searchsorted(gaps[1], t_ns, side="right"), prepend=0) > 0),
    )


def _short(column: pl.Series) -> list[float | None]:
    """Return numbers with five digits, None for what is missing."""
    values: list[float | None] = column.round_sig_figs(5).to_list()
    return values


def _buckets(samples: pl.DataFrame, per: int) -> pl.DataFrame:
    """Return one row per `per` samples: its first own time [s], least, mean and most power, other means.

    Power from a counter is that since the sample before, which after a wait is what others used: none is given.
    """
    step_ns = pl.when(~pl.col("waited")).then(pl.col("t_ns").diff().replace(0, None))
    counted = 1e9 * pl.col("energy_j").diff() / step_ns
    power = pl.coalesce("p", counted)
    return (
        samples.with_columns(p=pl.when(power >= 0).then(power))
        .group_by(pl.int_range(pl.len()) // per, maintain_order=True)
        .agg(
            t_s=pl.col("own_s").min(),
            low_w=pl.col("p").min(),
            mean_w=pl.col("p").mean(),
            high_w=pl.col("p").max(),
            util_ratio=pl.col("util_ratio").mean(),
            temperature_c=pl.col("temperature_c").mean(),
        )
        .drop("literal")
    )


def _phases(
    con: "duckdb.DuckDBPyConnection", run_id: int, start: int, end_s: float, gaps: Gaps
) -> tuple[tuple[str, float, float], ...]:
    """Return the phases as (name, start s, end s): each holds until the next one of another name."""
    marks = frame(con, "SELECT t_ns, phase FROM mark WHERE run_id = ? ORDER BY t_ns, rowid", [run_id]).rows()
    phases: list[tuple[str, float, float]] = []
    at_s = own_s(np.array([mark[0] for mark in marks], dtype=np.float64), start, gaps)
    for at, (_, phase) in zip(np.maximum(at_s, 0.0).tolist(), marks, strict=True):
        if phases:
            name, began, _ = phases[-1]
            if name == phase:
                continue
            phases[-1] = (name, began, round(at, 4))
        phases.append((phase, round(at, 4), round(end_s, 4)))
    return tuple(phase for phase in phases if phase[0] != "end" and phase[2] > phase[1])


def drawn(trace: Trace, points: int = 400) -> pl.DataFrame:
    """Return a trace as a frame for the printed figure: at most `points` rows a device."""
    frames = []
    for series in trace.series:
        count = len(series.t_s)
        step = -(-count // points)
        rows = pl.DataFrame(
            {
                name: getattr(series, name)
                for name in ("t_s", "low_w", "mean_w", "high_w", "util_ratio", "temperature_c")
            },
            schema=dict.fromkeys(
                ("t_s", "low_w", "mean_w", "high_w", "util_ratio", "temperature_c"), pl.Float64
            ),
        ).with_columns(bucket=pl.int_range(pl.len()) // step)
        frames.append(
            rows.group_by("bucket", maintain_order=True)
            .agg(
                pl.col("t_s").min(),
                pl.col("low_w").min(),
                pl.col("mean_w").mean(),
                pl.col("high_w").max(),
                pl.col("util_ratio").mean(),
                pl.col("temperature_c").mean(),
            )
            .drop("bucket")
            .with_columns(device=pl.lit(series.device))
        )
    return pl.concat(frames)
