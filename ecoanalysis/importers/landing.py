"""Files into the database, one after the other: read, landed, let go, so that a folder of any size fits in memory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options, Source
from ecoanalysis.importers.read import CompanionError, read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest


@dataclass(slots=True)
class Landing:
    """What became of files: `landed` are new, `known` were there, `along` only explain others."""

    landed: int = 0
    known: int = 0
    along: int = 0
    rows_count: int = 0
    refused: list[tuple[Path, EcoError]] = field(default_factory=list)
    con: duckdb.DuckDBPyConnection | None = None


def land(
    paths: Iterable[Path],
    database: Path,
    options: Options | None = None,
    tell: Callable[[Imported, bool], None] = lambda imported, new: None,
    origin: Callable[[Source], Source] = lambda source: source,
) -> Landing:
    """Read and land files; `tell` hears of each that was read, and whether it was new.

    `origin` adds to a source what is known of it beyond its file: licence, citation, address.

    The database is opened at the first file that can be read, so a folder of nothing makes none; the caller closes
    `con`. What cannot be read is in `refused`; the others are landed.
    """
    done = Landing()
    for path in paths:
        try:
            imported = read(path, options)
            imported = replace(imported, source=origin(imported.source))
        except CompanionError as error:
            done.along += 1
            done.refused.append((path, error))
            continue
        except EcoError as error:
            done.refused.append((path, error))
            continue
        done.con = done.con or open_database(database)
        new = ingest(done.con, imported)
        done.landed, done.known = done.landed + new, done.known + (not new)
        done.rows_count += imported.source.rows_count if new else 0
        tell(imported, new)
    return done
