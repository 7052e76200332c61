"""An import landed in the database, once per content: rows in bulk, samples sorted."""

import tempfile
from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path
from time import time_ns
from typing import Any

import duckdb
import polars as pl

from collectors.trace.records import Config, Device, Mark, Note, Recording, Run
from ecoanalysis import __version__
from ecoanalysis.store.imported import SAMPLE_SCHEMA, Entry, Imported, Source, schema_of
from ecoanalysis.store.ledger import (
    KEPT,
    LEFT_OUT,
    READ,
    landed_entries,
    refuse_other_sums,
    row_entries,
    write_entries,
)
from ecoanalysis.store.transaction import transaction

_SOURCE = "id, path, sha256, format, dataset, name, licence, citation, url, "
_STAMP = "imported_utc_ns, rows_count, tool_version"
_SORT_MEMORY = "384MiB"
# What is there already stays: devices and configurations that sources share, runs of a package read again.
# Tables in the order of landing: what belongs to a run lands before it, so that "already there" means before.
_ABSENT = {
    "mark": "run_id NOT IN (SELECT id FROM run)",
    "sample": "run_id NOT IN (SELECT id FROM run)",
    "note": "coalesce(run_id NOT IN (SELECT id FROM run), result_id NOT IN (SELECT id FROM result), true)",
    **{
        name: f"id NOT IN (SELECT id FROM {name})"
        for name in ("recording", "device", "config", "run", "result")
    },
}


def is_ingested(con: duckdb.DuckDBPyConnection, source_id: int) -> bool:
    """Say whether a source with this content is in the database."""
    return con.execute("SELECT 1 FROM source WHERE id = ?", [source_id]).fetchall() != []


def ingest(
    con: duckdb.DuckDBPyConnection,
    imported: Imported,
    *,
    imported_utc_ns: int | None = None,
    anew: bool = False,
) -> bool:
    """Land an import in one transaction; return False, and change nothing, when its content is there already.

    `anew` takes what is there of the same content out, in the same transaction, and lands it as it is read now.
    Samples stream through a temporary Parquet file and are sorted by DuckDB, so memory stays bounded.
    """
    source = imported.source
    if is_ingested(con, source.id) and not anew:
        return False
    with tempfile.TemporaryDirectory(prefix="eco-import-") as name:
        folder = Path(name)
        files = {
            table: _written(frame, folder / f"{table}.parquet") for table, frame in _tables(imported).items()
        }
        files["sample"] = _write_samples(imported.samples, folder)
        con.execute(
            f"SET memory_limit = '{_SORT_MEMORY}'; SET enable_progress_bar = false"
        )  # longer sorts go to disk
        try:
            with transaction(con):
                if anew:
                    _remove(con, source.id)
                known = {one.id for one in imported.more_sources if is_ingested(con, one.id)}
                for one in (source, *imported.more_sources):
                    _land_source(con, one, imported_utc_ns or time_ns())
                for table in _ABSENT:
                    _land(con, table, files[table])
                landed = landed_entries(con, files["result"], files["sample"])
                refuse_other_sums(landed, imported.stated)
                write_entries(con, [*row_entries(source.id, imported.rows), *_new(imported, landed, known)])
        finally:
            con.execute("RESET memory_limit")
    return True


def _new(imported: Imported, landed: list[Entry], known: set[int]) -> list[Entry]:
    """Return the sums of the sources that were not there before; of an export's, what it states of their rows too."""
    rows = [entry for entry in imported.stated if entry.entry in (READ, KEPT, LEFT_OUT)]
    return [entry for entry in (*rows, *landed) if entry.source_id not in known]


def _tables(imported: Imported) -> dict[str, pl.DataFrame]:
    """Return the frames of an import by table, without its samples."""
    records: dict[str, tuple[type, tuple[Any, ...]]] = {
        "recording": (Recording, imported.recordings), "device": (Device, imported.devices),
        "run": (Run, imported.runs), "mark": (Mark, imported.marks), "note": (Note, imported.notes),
    }  # fmt: skip
    frames = {
        table: pl.DataFrame([astuple(row) for row in rows], schema_of(record), orient="row", strict=False)
        for table, (record, rows) in records.items()
    }
    return frames | {"config": _config_frame(imported), "result": imported.results}


def _land_source(con: duckdb.DuckDBPyConnection, source: Source, imported_utc_ns: int) -> None:
    """Insert a source that is not there yet."""
    if is_ingested(con, source.id):
        return
    con.execute(
        f"INSERT INTO source ({_SOURCE}{_STAMP}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [source.id, source.path, source.sha256, source.format, source.dataset, source.name, source.licence,
         source.citation, source.url, imported_utc_ns, source.rows_count, __version__],
    )  # fmt: skip


def _config_frame(imported: Imported) -> pl.DataFrame:
    """Return configurations with their ids, which are hashes of their content unless an export brings its own."""
    schema: dict[str, type[pl.DataType]] = {"id": pl.Int64, **schema_of(Config)}
    ids = imported.config_ids or tuple(config.id for config in imported.configs)
    rows = [(id_, *astuple(config)) for id_, config in zip(ids, imported.configs, strict=True)]
    return pl.DataFrame(rows, schema, orient="row", strict=False)


def _write_samples(chunks: Iterable[pl.DataFrame], folder: Path) -> list[str]:
    """Write each chunk of samples as a Parquet file; return their paths."""
    files = []
    for number, chunk in enumerate(chunks):
        path = folder / f"samples-{number:06d}.parquet"
        chunk.select(pl.col(name).cast(kind) for name, kind in SAMPLE_SCHEMA.items()).write_parquet(
            path, compression="lz4"
        )
        files.append(str(path))
    return files


def _written(frame: pl.DataFrame, path: Path) -> list[str]:
    """Write a frame as Parquet, which DuckDB reads fastest; return its path, none for an empty frame."""
    if frame.is_empty():
        return []
    frame.write_parquet(path, compression="uncompressed")
    return [str(path)]


def _land(con: duckdb.DuckDBPyConnection, table: str, files: list[str]) -> None:
    """Insert files into a table by column name, without what is there already; samples are sorted."""
    if not files:
        return
    order = "ORDER BY run_id, device_id, t_ns" if table == "sample" else ""
    con.execute(
        f'INSERT INTO "{table}" BY NAME SELECT * FROM read_parquet(?) WHERE {_ABSENT[table]} {order}', [files]
    )


def forget(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Remove a source and everything that only it brought; derived tables are stale until they are rebuilt."""
    with transaction(con):
        _remove(con, source_id)


def _remove(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Delete the rows of a source, inside an open transaction."""
    of_source = "SELECT id FROM recording WHERE source_id = ?"
    runs = f"SELECT id FROM run WHERE recording_id IN ({of_source})"
    for table in ("sample", "mark"):
        con.execute(f"DELETE FROM {table} WHERE run_id IN ({runs})", [source_id])
    con.execute(f"DELETE FROM run WHERE recording_id IN ({of_source})", [source_id])
    con.execute(f"DELETE FROM device WHERE recording_id IN ({of_source})", [source_id])
    for table in ("recording", "result", "note", "ledger"):
        con.execute(f"DELETE FROM {table} WHERE source_id = ?", [source_id])
    con.execute("DELETE FROM source WHERE id = ?", [source_id])
