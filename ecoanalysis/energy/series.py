"""The samples of the database as series, one device in one run at a time, in bounded memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.energy.integral import Floats
from ecoanalysis.store.frame import frame

ENERGY_COLUMNS = (
    "sensor_t_ns",
    "power_w",
    "power_avg_w",
    "energy_j",
    "util_ratio",
    "process_ratio",
    "temperature_c",
    "mem_util_ratio",
    "clock_hz",
)
_WITHIN = "run_id = ? AND device_id = ? AND t_ns >= ? AND t_ns < ?"
_KEYS = ("run_id", "device_id", "t_ns")
BATCH_ROWS = 500_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Successive samples of one device in one run, NaN where nothing was read; a long series comes in pieces.

    `last` is set on the last piece of its series.
    """

    run_id: int
    device_id: int
    t_ns: NDArray[np.int64]
    values: dict[str, Floats]
    last: bool


def read_series(
    con: duckdb.DuckDBPyConnection,
    batch_rows: int = BATCH_ROWS,
    columns: tuple[str, ...] = ENERGY_COLUMNS,
    where: str = "true",
) -> Iterator[Piece]:
    """Give every series of the database, piece by piece, the pieces of a series in the order of time.

    At most `batch_rows` samples are in memory, whatever a run's length; `where` is an SQL condition on them.
    The order is checked in the pass, not trusted: rows that lie out of order are sorted, where a plain pass
    would give wrong energies silently.
    """
    groups = con.execute(
        f"SELECT run_id, count(*), min(rowid), max(rowid) FROM sample WHERE {where} "
        "GROUP BY run_id ORDER BY min(rowid)"
    ).fetchall()
    rows = _Rows(con, columns, where)
    batch: list[tuple[int, int, int, int]] = []
    for group in groups:
        if group[1] > batch_rows:
            yield from _long_run(rows, group[0], batch_rows)
            continue
        if batch and sum(item[1] for item in batch) + group[1] > batch_rows:
            yield from _whole_runs(rows, batch)
            batch = []
        batch.append(group)
    if batch:
        yield from _whole_runs(rows, batch)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The samples that are asked for: columns as floats, of the rows that a condition lets through."""

    con: duckdb.DuckDBPyConnection
    columns: tuple[str, ...]
    where: str

    def of(self, condition: str, given: Sequence[object]) -> pl.DataFrame:
        """Return those of the rows that meet a further condition."""
        asked = ", ".join(f"{name}::DOUBLE AS {name}" for name in self.columns)
        sql = f"SELECT run_id, device_id, t_ns, {asked} FROM sample WHERE ({self.where}) AND {condition}"
        return frame(self.con, sql, given)


def _whole_runs(rows: _Rows, groups: list[tuple[int, int, int, int]]) -> Iterator[Piece]:
    """Give the series of runs that fit in one batch."""
    low, high = min(group[2] for group in groups), max(group[3] for group in groups)
    alone = high - low + 1 == sum(group[1] for group in groups)
    where = "" if alone else " AND list_contains(?::BIGINT[], run_id)"
    given = [low, high] if alone else [low, high, [group[0] for group in groups]]
    yield from split(rows.of(f"rowid BETWEEN ? AND ?{where}", given))


def _long_run(rows: _Rows, run_id: int, batch_rows: int) -> Iterator[Piece]:
    """Give the series of one run, each cut in stretches of time that hold a batch."""
    devices = rows.con.execute(
        f"SELECT device_id, count(*), min(t_ns), max(t_ns) FROM sample WHERE ({rows.where}) AND run_id = ? "
        "GROUP BY device_id ORDER BY device_id",
        [run_id],
    ).fetchall()
    for device_id, rows_count, first_ns, last_ns in devices:
        stretches = list(
            _stretches(rows, (run_id, device_id), (first_ns, last_ns + 1), rows_count, batch_rows)
        )
        for stretch in stretches:
            piece = rows.of(_WITHIN, [run_id, device_id, *stretch])
            yield from split(piece, last=stretch is stretches[-1])


def _stretches(
    rows: _Rows, series: tuple[int, int], span_ns: tuple[int, int], rows_count: int, batch_rows: int
) -> Iterator[tuple[int, int]]:
    """Give the stretches of time, end excluded, that hold about a batch each; where rows crowd, finer ones."""
    cuts = np.linspace(*span_ns, -(-rows_count // batch_rows) + 1).astype(np.int64)
    cuts[-1] = span_ns[1]
    for start, end in pairwise(cuts.tolist()):
        given = [*series, start, end]
        sql = f"SELECT count(*) FROM sample WHERE ({rows.where}) AND {_WITHIN}"
        (held,) = rows.con.execute(sql, given).fetchall()[0]
        if held > 2 * batch_rows and end - start > 1:
            yield from _stretches(rows, series, (start, end), held, batch_rows)
        elif held:
            yield start, end


def split(rows: pl.DataFrame, *, last: bool = True) -> Iterator[Piece]:
    """Give the series in a frame of samples, sorted where they are not."""
    run, device, t_ns = (rows[name].to_numpy() for name in _KEYS)
    if t_ns.size == 0:
        return
    new_run, new_device = np.diff(run) != 0, np.diff(device) != 0
    starts = np.flatnonzero(new_run | new_device) + 1
    backwards = (np.diff(t_ns) < 0) & ~(new_run | new_device)
    heads = np.concatenate(([0], starts))
    keys = np.stack((run[heads], device[heads]))
    if backwards.any() or np.unique(keys, axis=1).shape[1] < heads.size:
        yield from split(rows.sort("run_id", "device_id", "t_ns", maintain_order=True), last=last)
        return
    values = {name: rows[name].to_numpy() for name in rows.columns if name not in _KEYS}
    for start, end in zip(heads, np.concatenate((starts, [t_ns.size])), strict=True):
        yield Piece(
            run_id=int(run[start]),
            device_id=int(device[start]),
            t_ns=t_ns[start:end],
            values={name: column[start:end] for name, column in values.items()},
            last=last,
        )
