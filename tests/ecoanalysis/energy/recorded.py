"""A database with one scripted recording in it, for the tests of the integration."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

import duckdb
import polars as pl

from collectors.trace import Config, Device, Mark, Note, Recording, Run, Sample
from ecoanalysis.energy.measurement import build
from ecoanalysis.store.database import open_database
from ecoanalysis.store.frame import frame, insert

SECOND = 1_000_000_000
START = 5_000 * SECOND  # a monotonic clock that has been going for a while
CONFIG = Config(task="t", model="m", framework="f", precision="fp32", batch_size=8)
RECORDING = Recording(1, "host", started_utc_ns=10**18, ended_utc_ns=10**18 + 1, cpu_count=8)
RAPL = Device(1, 1, "cpu", "cpu", "package", "rapl", energy_source="counter", update_period_s=0.001)
NVML = Device(2, 1, "datacenter_gpu", "gpu", "board", "nvml", update_period_s=0.1, gain_error_ratio=0.05)


def at(t_s: float) -> int:
    """The monotonic time of a second of the run."""
    return START + round(t_s * SECOND)


def run(run_id: int = 1, end_s: float = 10.0, **changes: object) -> Run:
    made = Run(run_id, 1, CONFIG.id, started_utc_ns=10**18, start_t_ns=at(0), end_t_ns=at(end_s), status="ok")
    return replace(made, **changes)  # type: ignore[arg-type]


def marks(*phases: tuple[float, str] | tuple[float, str, int], run_id: int = 1) -> list[Mark]:
    return [Mark(run_id, at(mark[0]), *mark[1:]) for mark in phases]


def powers(device: Device, points: Iterable[tuple[float, float]], run_id: int = 1) -> list[Sample]:
    return [Sample(run_id, device.id, at(t), power_w=power) for t, power in points]


def counters(device: Device, points: Iterable[tuple[float, float]], run_id: int = 1) -> list[Sample]:
    return [Sample(run_id, device.id, at(t), energy_j=energy) for t, energy in points]


def database(
    *,
    devices: Sequence[Device],
    samples: Iterable[Sample],
    marks: Iterable[Mark] = (),
    runs: Sequence[Run] = (),
    recording: Recording = RECORDING,
    configs: Sequence[Config] = (CONFIG,),
    notes: Sequence[Note] = (),
) -> duckdb.DuckDBPyConnection:
    """A built database in memory; one run of 10 s when none is given."""
    con = open_database(":memory:")
    land(con, "recording", [asdict(recording)])
    land(con, "device", [asdict(device) for device in devices])
    land(con, "config", [{"id": config.id, **asdict(config)} for config in configs])
    land(con, "run", [asdict(item) for item in runs or [run()]])
    land(con, "mark", [asdict(mark) for mark in marks])
    land(con, "sample", [asdict(sample) for sample in samples])
    land(con, "note", [asdict(note) for note in notes])
    build(con)
    return con


def land(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, object]]) -> None:
    insert(con, table, pl.DataFrame(rows, infer_schema_length=None))


def energies(con: duckdb.DuckDBPyConnection, where: str = "chosen") -> dict[str, float | None]:
    """Chosen energy by phase, of the only device or the condition's."""
    found = frame(con, f"SELECT phase, energy_j FROM phase_energy WHERE {where} ORDER BY start_t_ns")
    assert found["phase"].n_unique() == found.height, found
    return dict(found.iter_rows())


def codes(con: duckdb.DuckDBPyConnection) -> list[str]:
    return frame(con, "SELECT code FROM note ORDER BY code")["code"].to_list()
