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
from ecoanalysis.store.imported import SAMPLE_SCHEMA, Imported, schema_of

_SOURCE = "id, path, sha256, format, dataset, name, licence, citation, url, "
_STAMP = "imported_utc_ns, rows_count, tool_version"
# Tables whose rows several sources may share: a row that is there stays.
_SHARED = ("device", "config")


def is_ingested(con: duckdb.DuckDBPyConnection, source_id: int) -> bool:
    """Say whether a source with this content is in the database."""
    return con.execute("SELECT 1 FROM source WHERE id = ?", [source_id]).fetchall() != []


def ingest(con: duckdb.DuckDBPyConnection, imported: Imported, *, imported_utc_ns: int | None = None) -> bool:
    """Land an import in one transaction; return False, and change nothing, when its content is there already.

    Samples stream through a temporary Parquet file and are sorted by DuckDB, so memory stays bounded.
    """
    source = imported.source
    if is_ingested(con, source.id):
        return False
    with tempfile.TemporaryDirectory(prefix="eco-import-") as name:
        folder = Path(name)
        files = _write_samples(imported.samples, folder)
        con.execute("BEGIN")
        try:
            con.execute(
                f"INSERT INTO source ({_SOURCE}{_STAMP}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [source.id, source.path, source.sha256, source.format, source.dataset, source.name,
                source.licence, source.citation, source.url, imported_utc_ns or time_ns(), source.rows_count,
                __version__],
            )  # fmt: skip
            for table, record, rows in _tables(imported):
                _land(
                    con, table, pl.DataFrame([astuple(row) for row in rows], schema_of(record), orient="row",
                    strict=False), folder,
                )  # fmt: skip
            _land(con, "config", _config_frame(imported.configs), folder)
            _land(con, "result", imported.results, folder)
            if files:
                columns = ", ".join(SAMPLE_SCHEMA)
                order = "ORDER BY run_id, device_id, t_ns"
                con.execute(
                    f"INSERT INTO sample ({columns}) SELECT {columns} FROM read_parquet(?) {order}", [files]
                )
            con.execute("COMMIT")
        except BaseException:
            con.execute("ROLLBACK")
            raise
    return True


def _tables(imported: Imported) -> list[tuple[str, type, tuple[Any, ...]]]:
    """Return the records of an import by table."""
    return [
        ("recording", Recording, imported.recordings),
        ("device", Device, imported.devices),
        ("run", Run, imported.runs),
        ("mark", Mark, imported.marks),
        ("note", Note, imported.notes),
    ]


def _config_frame(configs: tuple[Config, ...]) -> pl.DataFrame:
    """Return configurations with their ids, which are hashes of their content."""
    schema: dict[str, type[pl.DataType]] = {"id": pl.Int64, **schema_of(Config)}
    return pl.DataFrame(
        [(config.id, *astuple(config)) for config in configs], schema, orient="row", strict=False
    )


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


def _land(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame, folder: Path) -> None:
    """Insert a frame into a table by column name, in the frame's order."""
    if frame.is_empty():
        return
    path = folder / f"{table}.parquet"
    frame.write_parquet(path, compression="uncompressed")
    columns = ", ".join(f'"{name}"' for name in frame.columns)
    known = f'WHERE id NOT IN (SELECT id FROM "{table}")' if table in _SHARED else ""
    con.execute(
        f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM read_parquet(?) {known}', [str(path)]
    )


def forget(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Remove a source and everything that only it brought; derived tables are stale until they are rebuilt."""
    of_source = "SELECT id FROM recording WHERE source_id = ?"
    runs = f"SELECT id FROM run WHERE recording_id IN ({of_source})"
    con.execute("BEGIN")
    for table in ("sample", "mark"):
        con.execute(f"DELETE FROM {table} WHERE run_id IN ({runs})", [source_id])
    con.execute(f"DELETE FROM run WHERE recording_id IN ({of_source})", [source_id])
    con.execute(f"DELETE FROM device WHERE recording_id IN ({of_source})", [source_id])
    for table in ("recording", "result", "note"):
        con.execute(f"DELETE FROM {table} WHERE source_id = ?", [source_id])
    con.execute("DELETE FROM source WHERE id = ?", [source_id])
    con.execute("COMMIT")
