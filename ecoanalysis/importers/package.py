"""Our own export read back: a data package of Parquet tables, checked against the hashes of its manifest."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from collectors.trace.records import Config, Device, Mark, Note, Recording, Run
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import (
    RESULT_SCHEMA,
    SAMPLE_SCHEMA,
    Entry,
    Imported,
    Options,
    Rows,
    Source,
)
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.frames import parquet_rows, read_parquet
from ecoanalysis.importers.head import Head, sha256_of
from ecoanalysis.importers.mlenergy_timeline import load_json

_Record = TypeVar("_Record")

TITLE = "ecoanalysis data package (eco export parquet)"
LAYOUT = "own"
_FRAMES = ("source", "recording", "device", "config", "run", "mark", "note", "result")
_DERIVED_NOTES = ("energy_", "check_", "impact_")  # made anew
_SAMPLES_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Samples:
    """The samples of a package, in parts, so that memory stays bounded; may be gone through again."""

    path: Path

    def __iter__(self) -> Iterator[pl.DataFrame]:
        try:
            whole = pl.scan_parquet(self.path).select(list(SAMPLE_SCHEMA))
            for begin in range(0, parquet_rows(self.path), _SAMPLES_AT_ONCE):
                yield whole.slice(begin, _SAMPLES_AT_ONCE).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise EcoError(f"{self.path}: not readable as Parquet", "export it again") from error


def sniff(head: Head) -> bool:
    """Say whether it is the manifest of one of our exports."""
    return head.text.lstrip().startswith("{") and '"ecoanalysis-export"' in head.text[:200]


def read(head: Head, options: Options) -> Imported:
    """Return the raw tables with their ids as they were; derived tables are made anew.

    Raises `EcoError` for CSV packages, a missing table, or one whose hash is not the manifest's.
    """
    manifest = load_json(head)
    listed = manifest.get("resources")
    tables = {
        str(one.get("name")): _checked(head.path, one)
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict)
    }
    if missing := {*_FRAMES, "sample"} - set(tables):
        raise EcoError(
            f"{head.path}: no {', '.join(sorted(missing))} in it", "export again: eco export parquet"
        )
    draft = Draft(head, "package", dataset="package", name="ecoanalysis export")
    frames = {name: read_parquet(tables[name]) for name in _FRAMES}
    # Exports from before the ledger have none.
    ledger = _records(Entry, read_parquet(tables["ledger"])) if "ledger" in tables else ()
    rows_count = sum(frame.height for frame in frames.values())
    source = replace(draft.source, rows_count=rows_count)
    samples = _Samples(tables["sample"])
    return replace(_imported(source, frames), rows=Rows(rows_count), stated=ledger, samples=samples)


def _imported(source: Source, frames: dict[str, pl.DataFrame]) -> Imported:
    """Return the records of the tables; notes that are derived are made anew."""
    notes = _records(Note, frames["note"])
    return Imported(
        source=source,
        more_sources=_records(Source, frames["source"]),
        recordings=_records(Recording, frames["recording"]),
        devices=_records(Device, frames["device"]),
        configs=_records(Config, frames["config"]),
        config_ids=tuple(frames["config"]["id"]),
        runs=_records(Run, frames["run"]),
        marks=_records(Mark, frames["mark"]),
        notes=tuple(note for note in notes if not note.code.startswith(_DERIVED_NOTES)),
        results=frames["result"].select([name for name in RESULT_SCHEMA if name in frames["result"].columns]),
    )


def _checked(manifest: Path, resource: dict[str, Any]) -> Path:
    """Return the path of a table whose bytes have the manifest's hash."""
    name = str(resource.get("path"))
    path = manifest.parent / name
    if Path(name).name != name or not path.is_file():
        raise EcoError(f"{manifest}: {name} is not beside it", "keep the files of an export in one folder")
    if path.suffix != ".parquet":
        raise EcoError(
            f"{manifest}: tables are {path.suffix[1:] or 'without suffix'}",
            "only Parquet packages are read back: eco export parquet",
        )
    if resource.get("hash") != f"sha256:{sha256_of(path)}":
        raise EcoError(
            f"{path}: not the bytes that the manifest names",
            "the file was changed or cut: export or copy it again",
        )
    if isinstance(stated := resource.get("rows"), int) and stated != (rows := parquet_rows(path)):
        raise EcoError(f"{path}: {rows} rows, the manifest says {stated}", "export it again")
    return path


def _fields(record: type, row: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a record that a row has."""
    names = record.__dataclass_fields__  # type: ignore[attr-defined]
    return {name: value for name, value in row.items() if name in names}


def _records(record: type[_Record], frame: pl.DataFrame) -> tuple[_Record, ...]:
    """Return the rows of a table as records."""
    return tuple(record(**_fields(record, row)) for row in frame.iter_rows(named=True))
