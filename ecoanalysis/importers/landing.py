"""Files into the database, one after the other: read, landed, let go, so that a folder of any size fits in memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Entry, Imported, Options, Source
from ecoanalysis.importers.read import SAID, CompanionError, read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from ecoanalysis.store.ledger import entries_of


@dataclass(slots=True)
class Landing:
    """What became of files: `landed` are new, `renewed` of those said anew, `known` were there, `along` explain others.

    `source_ids` are those of the landed.
    """

    landed: int = 0
    renewed: int = 0
    known: int = 0
    along: int = 0
    rows_count: int = 0
    source_ids: list[int] = field(default_factory=list)
    refused: list[tuple[Path, EcoError]] = field(default_factory=list)
    con: duckdb.DuckDBPyConnection | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears of an import while it goes on.

    `begun` hears of each file before it is read, `samples` of the number in each chunk of a log that lands, `told` of
    what was read, what became of it (imported, renewed, known), what the user had said of it before, and its ledger.
    """

    begun: Callable[[Path], None] = lambda path: None
    samples: Callable[[int], None] = lambda count: None
    told: Callable[[Imported, str, frozenset[str], list[Entry]], None] = lambda *_: None


def land(
    paths: Iterable[Path],
    database: Path,
    options: Options | None = None,
    listener: Listener | None = None,
    origin: Callable[[Source], Source] = lambda source: source,
) -> Landing:
    """Read and land files.

    `origin` adds to a source what is known of it beyond its file: licence, citation, address.

    The database is opened at the first file that can be read, so a folder of nothing makes none; the caller closes
    `con`. What cannot be read is in `refused`; the others are landed. Content that is there stays as it is, unless
    the user now says of it what was not said before: then it is landed anew, in the place of the old.
    """
    done, listener = Landing(), listener or Listener()
    for path in paths:
        listener.begun(path)
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
        before = _said_before(done.con, imported.source.id)
        became = _land(done.con, before, replace(imported, samples=_heard(imported.samples, listener)))
        done.landed += became != "known"
        done.renewed += became == "renewed"
        done.known += became == "known"
        if became != "known":
            done.rows_count += imported.source.rows_count
            done.source_ids.append(imported.source.id)
        listener.told(imported, became, before, entries_of(done.con, imported.source.id))
    return done


def _land(con: duckdb.DuckDBPyConnection, before: frozenset[str], imported: Imported) -> str:
    """Land one import, of which `before` was said; return imported, renewed or known."""
    if ingest(con, imported):
        return "imported"
    said = {note.text for note in imported.notes if note.code in SAID}
    if said and said != before:
        ingest(con, imported, anew=True)
        return "renewed"
    return "known"


def _said_before(con: duckdb.DuckDBPyConnection, source_id: int) -> frozenset[str]:
    """Return what the user said of a source when it was imported."""
    rows = con.execute(
        "SELECT text FROM note WHERE source_id = ? AND list_contains(?, code)", [source_id, list(SAID)]
    )
    return frozenset(text for (text,) in rows.fetchall())


def _heard(chunks: Iterable[pl.DataFrame], listener: Listener) -> Iterator[pl.DataFrame]:
    """Yield chunks of samples and tell of each."""
    for chunk in chunks:
        listener.samples(chunk.height)
        yield chunk
