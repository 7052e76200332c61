"""Traces gathered into the analysis database, each run once."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from collectors.trace.reader import readable_trace
from collectors.trace.writer import quoted
from ecoanalysis.errors import EcoError
from ecoanalysis.store.database import has_tables
from ecoanalysis.store.transaction import transaction

_RUN_TABLES = ("sample", "mark")
# What tells two states of one run apart: a run that went on after the last combine is taken again.
_RUN_STATE = """
    SELECT run.id, status, end_t_ns, items_count,
           (SELECT count(*) FROM {schema}mark WHERE run_id = run.id) AS marks,
           coalesce(samples, 0) AS samples
    FROM {schema}run
    LEFT JOIN (SELECT run_id, count(*) AS samples FROM {schema}sample {only} GROUP BY run_id) AS counted
    ON counted.run_id = run.id {only_runs}"""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one trace brought. `problem` and `hint` are set when it could not be read; then it brought nothing.

    `runs_known` were in the database already; `runs_renewed` had gone on since; `runs_open` are not finished:
    their recording still goes on, or broke off.
    """

    path: Path
    runs_added: int = 0
    runs_renewed: int = 0
    runs_known: int = 0
    runs_open: int = 0
    samples_count: int = 0
    problem: str | None = None
    hint: str | None = None


def combine(con: duckdb.DuckDBPyConnection, trace_paths: Iterable[Path]) -> list[Gathered]:
    """Gather traces, named or in folders, into the open database; return what each brought.

    Idempotent: a run comes in once, by its id; a run that was unfinished is replaced when its trace has more.
    Any number of machines may be gathered. Traces are read only; one that cannot be read is reported in the
    answer while the others are gathered. Raises `EcoError` for a path that is not there.
    """
    gathered = []
    own = con.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchall()
    for path, named in _trace_files(trace_paths):
        if str(path.resolve()) == own[0][0] and not named:
            continue  # the analysis database, in the folder of the traces
        try:
            found = _gather(con, path)
        except EcoError as error:
            found = Gathered(path, problem=error.message, hint=error.hint)
        if found is not None or named:
            gathered.append(
                found
                or Gathered(
                    path,
                    problem=f"{path} is an analysis database, not a trace",
                    hint="combine the traces that it was made from",
                )
            )
    return gathered


def _trace_files(paths: Iterable[Path]) -> Iterable[tuple[Path, bool]]:
    """Give each trace of files and folders once, and whether it was named; segments only without their trace."""
    seen: set[Path] = set()
    for path in map(Path, paths):
        if path.is_dir():
            found = [*path.rglob("*.duckdb"), *path.rglob("*.segment")]
            candidates = [file for file in sorted(found) if not file.name.startswith(".")]
        elif path.exists() or path.with_suffix(".segment").exists():
            candidates = [path]
        else:
            raise EcoError(f"no such file or folder: {path}", "record one: eco-collect run -- COMMAND")
        for file in candidates:
            known = file.with_suffix(".duckdb").resolve()
            if known not in seen:
                seen.add(known)
                yield file, not path.is_dir()


def _gather(con: duckdb.DuckDBPyConnection, path: Path) -> Gathered | None:
    """Take what is new in one trace, in one transaction; None for an analysis database."""
    with readable_trace(path) as ready:
        con.execute(f"ATTACH {quoted(ready)} AS incoming (READ_ONLY)")
        try:
            if _is_database(con):
                return None
            with transaction(con):
                return _merge(con, path)
        except duckdb.Error as error:
            if "Corrupt" not in str(error) and not isinstance(error, duckdb.IOException):
                raise
            reason = str(error).splitlines()[0]
            raise EcoError(
                f"{path} is damaged: {reason}", "restore it from a copy, or record again"
            ) from error
        finally:
            con.execute("DETACH incoming")


def _is_database(con: duckdb.DuckDBPyConnection) -> bool:
    sql = "SELECT 1 FROM duckdb_tables() WHERE database_name = 'incoming' AND table_name = 'store_schema'"
    return bool(con.execute(sql).fetchall())


def _merge(con: duckdb.DuckDBPyConnection, path: Path) -> Gathered:
    """Insert the runs that are new or went on, with their recordings, devices, configurations and notes."""
    incoming = _RUN_STATE.format(schema="incoming.", only="", only_runs="")
    only = "WHERE run_id IN (SELECT id FROM incoming.run)"
    present = _RUN_STATE.format(
        schema="", only=only, only_runs="WHERE run.id IN (SELECT id FROM incoming.run)"
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE taken AS
        SELECT a.id, b.id IS NOT NULL AS renewed, a.samples FROM ({incoming}) AS a LEFT JOIN ({present}) AS b
        ON a.id = b.id WHERE b.id IS NULL
           OR (a.status, a.end_t_ns, a.items_count, a.marks, a.samples)
              IS DISTINCT FROM (b.status, b.end_t_ns, b.items_count, b.marks, b.samples)"""
    )
    # A finished run is never replaced by a shorter state of itself: an older copy of a live file.
    con.execute(
        """DELETE FROM taken USING run, incoming.run AS new WHERE taken.id = run.id AND new.id = run.id
        AND run.status NOT IN ('running', 'truncated') AND new.status IN ('running', 'truncated')"""
    )
    for table in _RUN_TABLES:
        con.execute(f"DELETE FROM {table} WHERE run_id IN (SELECT id FROM taken WHERE renewed)")
    con.execute("DELETE FROM run WHERE id IN (SELECT id FROM taken WHERE renewed)")
    _merge_shared(con)
    con.execute("INSERT INTO run BY NAME SELECT * FROM incoming.run WHERE id IN (SELECT id FROM taken)")
    for table, order in (("mark", "run_id, t_ns"), ("sample", "run_id, device_id, t_ns")):
        con.execute(
            f"INSERT INTO {table} BY NAME SELECT * FROM incoming.{table} "
            f"WHERE run_id IN (SELECT id FROM taken) ORDER BY {order}"
        )
    return _counted(con, path)


def _merge_shared(con: duckdb.DuckDBPyConnection) -> None:
    """Insert what runs share: recordings (their newest state), devices, configurations, notes."""
    con.execute(
        "DELETE FROM recording WHERE id IN (SELECT id FROM incoming.recording WHERE ended_utc_ns IS NOT NULL)"
    )
    for table in ("recording", "device", "config"):
        con.execute(
            f"INSERT INTO {table} BY NAME SELECT * FROM incoming.{table} "
            f"WHERE id NOT IN (SELECT id FROM {table})"
        )
    of_recording = """recording_id IN (SELECT id FROM incoming.recording)
        OR run_id IN (SELECT id FROM incoming.run) OR device_id IN (SELECT id FROM incoming.device)"""
    con.execute(
        f"INSERT INTO note BY NAME SELECT * FROM incoming.note EXCEPT SELECT * FROM note WHERE {of_recording}"
    )


def _counted(con: duckdb.DuckDBPyConnection, path: Path) -> Gathered:
    """Return the counts of a merge from the table of what was taken."""
    rows = con.execute(
        """SELECT count(*) FILTER (NOT renewed), count(*) FILTER (renewed), coalesce(sum(samples), 0),
            (SELECT count(*) FROM incoming.run),
            (SELECT count(*) FROM incoming.run WHERE status IN ('running', 'truncated')) FROM taken"""
    ).fetchall()
    added, renewed, samples, total, unfinished = (int(value) for value in rows[0])
    return Gathered(path, added, renewed, total - added - renewed, unfinished, samples)


def has_traces(con: duckdb.DuckDBPyConnection) -> bool:
    """Return whether the database holds a run, recorded here or imported."""
    return has_tables(con, "run") and bool(con.execute("SELECT 1 FROM run LIMIT 1").fetchall())
