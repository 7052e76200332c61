"""An open trace, whatever state its file is in."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.trace.errors import EcoError
from collectors.trace.schema import MIGRATIONS, STORAGE_VERSION, migrate, version
from collectors.trace.segment import is_segment
from collectors.trace.writer import quoted

if TYPE_CHECKING:
    import duckdb

_MAGIC_AT = 8  # DuckDB's own magic bytes follow its block checksum
_RECORD_HINT = "record one: eco-collect run -- COMMAND"


@contextmanager
def readable_trace(path: Path) -> Iterator[Path]:
    """Give the path of a finished DuckDB file of the newest schema with this trace in it, to open read-only.

    A finished trace is given as it is. A trace of an older schema is migrated in a copy; an unfinished one
    (a segment, or a trace that is only a segment yet) is landed in a copy, with the runs that were open
    marked truncated, or left `running` when its recorder still lives. Copies go when the context ends.
    Raises `EcoError` when there is no such file, or it is empty, damaged, newer, or not a trace.
    """
    found = _existing(path)
    if not is_segment(found) and _schema(found) == len(MIGRATIONS):
        yield found
        return
    with tempfile.TemporaryDirectory(prefix="eco-trace-") as folder:
        copy = Path(folder) / f"{path.stem}.duckdb"
        if is_segment(found):
            from collectors.trace.land import land_copy

            land_copy(found, copy)
        else:
            _migrated(found, copy)
        yield copy


def open_trace(path: Path) -> "duckdb.DuckDBPyConnection":
    """Return a read-only connection to a trace; copies and errors as in `readable_trace`."""
    import duckdb

    with readable_trace(path) as ready:
        return duckdb.connect(str(ready), read_only=True)  # an unlinked copy lives on until it is closed


def _existing(path: Path) -> Path:
    segment = path.with_suffix(".segment")
    found = path if path.exists() else segment
    if not found.exists():
        raise EcoError(f"no such file: {path}", _RECORD_HINT)
    if found.is_dir():
        raise EcoError(f"{path} is a folder, not a trace", f"name a file in it, or: eco combine {path}")
    if not os.access(found, os.R_OK):
        raise EcoError(f"{found} cannot be read", f"check its rights: ls -l {found}")
    if found.stat().st_size == 0:
        raise EcoError(f"{found} is empty", f"delete it and {_RECORD_HINT}")
    return found


def _schema(path: Path) -> int:
    """Return the schema version of a finished trace file; `EcoError` when it is not one."""
    import duckdb

    with path.open("rb") as file:
        if file.read(_MAGIC_AT + 4)[_MAGIC_AT:] != b"DUCK":
            raise EcoError(f"{path} is not a trace (nor any DuckDB file)", "other formats: eco import FILE")
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            have = version(con)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise EcoError(f"{path} is damaged: {reason}", "restore it from a copy, or record again") from error
    if have == 0:
        raise EcoError(f"{path} is a DuckDB file but not a trace", "other formats: eco import FILE")
    if have > len(MIGRATIONS):
        raise EcoError(
            f"{path} has trace schema {have}; this version reads up to {len(MIGRATIONS)}",
            "update: pip install --upgrade ecoanalysis",
        )
    return have


def _migrated(path: Path, copy: Path) -> None:
    import duckdb

    with duckdb.connect() as con:
        con.execute(f"ATTACH {quoted(path)} AS older (READ_ONLY)")
        con.execute(f"ATTACH {quoted(copy)} AS trace (STORAGE_VERSION '{STORAGE_VERSION}')")
        con.execute("COPY FROM DATABASE older TO trace")
        con.execute("USE trace")
        migrate(con)
        con.execute("USE memory; DETACH trace")
