"""The opened analysis database: raw tables migrated, derived tables present."""

import hashlib
from pathlib import Path

import duckdb

from collectors.trace import schema as trace_schema
from ecoanalysis.errors import EcoError
from ecoanalysis.store.schema import DERIVED_TABLES, MIGRATIONS
from ecoanalysis.store.transaction import transaction

_GATHER = "eco combine, or eco import FILE"


def open_database(path: Path | str, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Return a connection to the analysis database at `path`, brought to the newest schema.

    A writable open creates the file, and its folder, when there is none. `:memory:` is a database of its own.
    Raises `EcoError` when a file to read is missing, is a folder, empty, not a database, damaged, a trace,
    in use by another process, or of another version.
    """
    if str(path) == ":memory:":
        con = duckdb.connect()
        prepare(con)
        return con
    path = Path(path)
    _refuse_bad_file(path, read_only)
    con = _connect(path, read_only)
    try:
        _refuse_foreign_tables(con, path)
        if read_only:
            _refuse_other_version(con, path)
        else:
            prepare(con)
    except BaseException:
        con.close()
        raise
    return con


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Bring an open, writable connection to the newest schema; derived tables of another shape are emptied.

    Raises `EcoError` when the database was written by a newer version.
    """
    _refuse_newer(con, "this database")
    trace_schema.migrate(con)
    con.execute("CREATE TABLE IF NOT EXISTS store_schema (version INTEGER, name VARCHAR)")
    for number, step in enumerate(MIGRATIONS[_version(con) :], start=_version(con) + 1):
        with transaction(con):
            step.apply(con)
            con.execute("INSERT INTO store_schema VALUES (?, ?)", [number, step.name])
    con.execute("CREATE TABLE IF NOT EXISTS derived_schema (digest VARCHAR)")
    if _derived_digest(con) != _DIGEST:
        con.execute(DERIVED_TABLES)
        con.execute("DELETE FROM derived_schema")
        con.execute("INSERT INTO derived_schema VALUES (?)", [_DIGEST])


def has_tables(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Return whether the open database has a table of that name."""
    return bool(_value(con, f"SELECT count(*) FROM duckdb_tables() WHERE table_name = '{name}'"))


_DIGEST = hashlib.sha256(DERIVED_TABLES.encode()).hexdigest()[:16]


def _refuse_bad_file(path: Path, read_only: bool) -> None:
    """Raise for what DuckDB would refuse with a message of its own."""
    if path.is_dir():
        raise EcoError(f"{path} is a folder, not a database", f"name a file in it: {path / 'eco.duckdb'}")
    if not path.exists():
        if read_only:
            raise EcoError(f"no database at {path}", f"make one: {_GATHER}")
        path.parent.mkdir(parents=True, exist_ok=True)
    elif path.stat().st_size == 0:
        raise EcoError(f"{path} is empty, not a database", f"remove it: rm {path}; then {_GATHER}")


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Return DuckDB's connection, its refusals turned into errors that say what to do."""
    try:
        return duckdb.connect(str(path), read_only=read_only)
    except duckdb.IOException as error:
        text = str(error)
        if "lock" in text:
            raise EcoError(f"{path} is in use by another process", "wait for it, or close it") from error
        if "not a valid DuckDB" in text:
            raise EcoError(
                f"{path} is not a DuckDB database", f"check the path, or make one: {_GATHER}"
            ) from error
        if "Permission denied" in text:
            raise EcoError(f"{path}: permission denied", f"check its rights: ls -l {path}") from error
        if "Read-only file system" in text:
            raise EcoError(
                f"{path} lies where nothing may be written", f"name another: --database {path.name}"
            ) from error
        raise damaged(path, text) from error
    except duckdb.Error as error:  # a wrong checksum is raised as the base class
        raise damaged(path, str(error)) from error


def path_of(con: duckdb.DuckDBPyConnection) -> Path:
    """Return where the open database lies."""
    return Path(
        str(_value(con, "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"))
    )


def damaged(path: Path, text: str) -> EcoError:
    """Return the error for a database whose bytes are wrong, or whose version DuckDB does not read."""
    first = text.strip().splitlines()[0][:160] if text.strip() else "no reason given"
    return EcoError(
        f"{path} cannot be read: {first}",
        f"it can be rebuilt from the traces: mv {path} {path}.damaged; then {_GATHER}",
    )


def _refuse_foreign_tables(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise when the file is a trace, or a database of something else: neither is written to."""
    if has_tables(con, "store_schema"):
        return
    if has_tables(con, "trace_schema"):
        raise EcoError(f"{path} is a trace, not an analysis database", f"gather it: eco combine {path}")
    if _value(con, "SELECT count(*) FROM duckdb_tables()"):
        raise EcoError(
            f"{path} is a database of something else", "name another file: --database data/eco.duckdb"
        )


def _refuse_newer(con: duckdb.DuckDBPyConnection, what: str) -> None:
    """Raise when a newer version of the tool wrote the analysis tables."""
    if _version(con) > len(MIGRATIONS):
        raise EcoError(
            f"{what} has schema {_version(con)}; this version reads up to {len(MIGRATIONS)}",
            "update: pip install --upgrade ecoanalysis",
        )


def _refuse_other_version(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise when a database opened to read is not of this version."""
    _refuse_newer(con, str(path))
    behind = trace_schema.version(con) < len(trace_schema.MIGRATIONS) or _version(con) < len(MIGRATIONS)
    if trace_schema.version(con) > len(trace_schema.MIGRATIONS):
        raise EcoError(f"{path} was written by a newer version", "update: pip install --upgrade ecoanalysis")
    if behind or _derived_digest(con) != _DIGEST:
        raise EcoError(
            f"{path} was written by an older version", f"bring it up to date: eco combine --database {path}"
        )


def _version(con: duckdb.DuckDBPyConnection) -> int:
    """Return the number of analysis migrations applied, 0 for none."""
    if not has_tables(con, "store_schema"):
        return 0
    return int(str(_value(con, "SELECT coalesce(max(version), 0) FROM store_schema")))


def _derived_digest(con: duckdb.DuckDBPyConnection) -> str | None:
    """Return the digest of the derived tables' definition in this database, None for none."""
    if not has_tables(con, "derived_schema"):
        return None
    digest = _value(con, "SELECT max(digest) FROM derived_schema")
    return None if digest is None else str(digest)


def _value(con: duckdb.DuckDBPyConnection, sql: str) -> object:
    """Return the one value of a query, read to its end: an unread result blocks the connection."""
    rows = con.execute(sql).fetchall()
    return rows[0][0] if rows else None
