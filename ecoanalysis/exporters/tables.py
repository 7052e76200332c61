"""Every table as Parquet or CSV, with a data-package manifest that holds their hashes."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ecoanalysis import __version__

if TYPE_CHECKING:
    import duckdb

RAW = ("source", "recording", "device", "config", "run", "mark", "sample", "note", "result")
DERIVED = ("phase_energy", "measurement", "impact", "score")
MANIFEST = "datapackage.json"
_TYPES = {"BIGINT": "integer", "INTEGER": "integer", "DOUBLE": "number", "BOOLEAN": "boolean"}


def write_tables(
    con: "duckdb.DuckDBPyConnection",
    folder: Path,
    kind: str,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Path]:
    """Write all tables as `kind` (parquet or csv) into a folder, and the manifest; return the paths.

    Rows are in the order of their ids, so equal data give equal hashes. The manifest is a Data Package
    (Frictionless, 2024): resources with schema, bytes and SHA-256, licences of the imported sources.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths, resources = [], []
    for table in (*RAW, *DERIVED):
        path = folder / f"{table}.{kind}"
        options = (
            "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 200000"
            if kind == "parquet"
            else "FORMAT csv, HEADER"
        )
        con.execute(
            f"COPY (SELECT * FROM \"{table}\" ORDER BY ALL) TO '{str(path).replace(chr(39), chr(39) * 2)}' ({options})"
        ).fetchall()
        resources.append(_resource(con, table, path))
        paths.append(path)
    manifest = {
        "name": "ecoanalysis-export",
        "profile": "data-package",
        "created": now().isoformat(timespec="seconds"),
        "version": __version__,
        "resources": resources,
        "licenses": [{"name": "see sources"}],
        "sources": _sources(con),
    }
    path = folder / MANIFEST
    path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    return [*paths, path]


def _resource(con: "duckdb.DuckDBPyConnection", table: str, path: Path) -> dict[str, object]:
    """Return the manifest's entry of a table."""
    fields = con.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
        [table],
    ).fetchall()
    count = con.execute(f'SELECT count(*) FROM "{table}"').fetchall()[0][0]
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "name": table,
        "path": path.name,
        "format": path.suffix[1:],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256}",
        "rows": count,
        "schema": {"fields": [{"name": name, "type": _TYPES.get(kind, "string")} for name, kind in fields]},
    }


def _sources(con: "duckdb.DuckDBPyConnection") -> list[dict[str, str]]:
    """Return the sources with their licences, unknown fields left out: whoever passes the package on needs them."""
    rows = con.execute(
        "SELECT name, url, licence, citation, sha256 FROM source ORDER BY dataset, name, id"
    ).fetchall()
    names = ("title", "path", "license", "citation", "sha256")
    return [{name: text for name, text in zip(names, row, strict=True) if text} for row in rows]
