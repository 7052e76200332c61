"""What stored results were made from: the program's code and the raw tables, as digests."""

import hashlib
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_RAW = ("run", "sample", "mark", "device", "config", "recording", "source", "result")
_PACKAGES = (Path(__file__).parents[1], Path(__file__).parents[2] / "collectors" / "trace")
_KINDS = (".py", ".csv", ".json")
_LIBRARIES = ("altair", "duckdb", "numpy", "polars", "scikit-learn", "scipy", "statsmodels")


@cache
def code_digest() -> str:
    """Return the hash of the analysis: its code, its factor tables, its fits, the versions of what computes."""
    digest = hashlib.sha256(repr([sys.version, *map(version, _LIBRARIES)]).encode())
    for package in _PACKAGES:
        for path in sorted(path for path in package.rglob("*") if path.suffix in _KINDS):
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def raw_digest(con: "duckdb.DuckDBPyConnection", derived_notes: tuple[str, ...]) -> str:
    """Return the hash of the raw tables' rows, whatever their order.

    Notes whose code begins with one of `derived_notes` are left out: a rebuild writes them itself.
    """
    kept = " AND ".join(f"NOT starts_with(code, '{prefix}')" for prefix in derived_notes)
    tables = [*_RAW, f"(FROM note WHERE {kept})"]
    sums = " UNION ALL ".join(
        f"SELECT {place}, count(*), sum(hash(t)::HUGEINT) FROM {table} AS t"
        for place, table in enumerate(tables)
    )
    rows = con.execute(f"SELECT * FROM ({sums}) ORDER BY 1").fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()
