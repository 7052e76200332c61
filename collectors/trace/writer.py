"""A finished trace file from records."""

from collections.abc import Iterable
from pathlib import Path

from collectors.trace.errors import EcoError
from collectors.trace.records import Config, Device, Mark, Note, Recording, Run, Sample
from collectors.trace.schema import STORAGE_VERSION, migrate
from collectors.trace.tables import Record, insert, load_samples, spool_samples

# Bytes. Small blocks make a short trace 0.2 instead of 3 MB; in a long one they cost 24 bytes a sample.
_SMALL_BLOCK, _BLOCK = 16_384, 262_144
_FEW_SAMPLES = 100_000


def write_trace(
    path: Path,
    *,
    recording: Recording,
    devices: Iterable[Device] = (),
    configs: Iterable[Config] = (),
    runs: Iterable[Run] = (),
    marks: Iterable[Mark] = (),
    samples: Iterable[Sample] = (),
    notes: Iterable[Note] = (),
) -> Path:
    """Write one complete trace file and return its path.

    Samples are stored sorted by (run, device, t_ns), marks by (run, t_ns). The file appears under its name
    only when it is complete, and is then read-only. Raises `EcoError` when the path is taken (a trace is
    never overwritten) or cannot be written.
    """
    ordered = sorted(marks, key=lambda mark: (mark.run_id, mark.t_ns))
    tables: dict[str, Iterable[Record]] = {
        "recording": [recording],
        "device": devices,
        "config": {config.id: config for config in configs}.values(),
        "run": runs,
        "mark": ordered,
        "note": notes,
    }
    if path.exists():
        raise EcoError(f"{path} exists; a trace is never overwritten", "give another path, or delete it")
    return _write(path, tables, samples)


def _write(path: Path, tables: dict[str, Iterable[Record]], samples: Iterable[Sample]) -> Path:
    unfinished = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        _fill(unfinished, tables, samples)
        unfinished.chmod(0o444)
        unfinished.rename(path)
    except OSError as error:
        raise EcoError(f"cannot write {path}: {error}", "check the folder's rights and the disk") from error
    finally:
        for leftover in (unfinished, unfinished.with_name(unfinished.name + ".wal")):
            leftover.unlink(missing_ok=True)
    return path


def _fill(path: Path, tables: dict[str, Iterable[Record]], samples: Iterable[Sample]) -> None:
    import duckdb

    spool = path.with_suffix(".csv")
    try:
        small = spool_samples(samples, spool) < _FEW_SAMPLES
        layout = f"BLOCK_SIZE {_SMALL_BLOCK if small else _BLOCK}, STORAGE_VERSION '{STORAGE_VERSION}'"
        with duckdb.connect() as con:
            con.execute("SET threads = 1")
            con.execute(f"ATTACH {quoted(path)} AS trace ({layout}); USE trace")
            migrate(con)
            con.execute("BEGIN")
            for table, records in tables.items():
                insert(con, table, records)
            load_samples(con, spool)
            con.execute("COMMIT; CHECKPOINT trace; USE memory; DETACH trace")
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        full = "No space left on device"
        raise OSError(full if full in str(error) else str(error).splitlines()[0]) from error
    finally:
        spool.unlink(missing_ok=True)


def quoted(path: Path) -> str:
    """Return a path as an SQL string literal."""
    return "'" + str(path).replace("'", "''") + "'"
