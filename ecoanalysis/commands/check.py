"""`eco check`: look for traps in the data."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecoanalysis.settings import load_settings

if TYPE_CHECKING:
    import duckdb

_GRAVITY = ("error", "warning", "info")
_DOUBTS = "starts_with(code, 'check_') OR (note.severity <> 'info' AND note.source_id IS NOT NULL)"


@click.command()
@click.option("--database", type=click.Path(path_type=Path), help="The database. [data/eco.duckdb]")
@click.option("--strict", is_flag=True, help="Exit 1 when there is a warning or an error.")
@click.option("--all", "everything", is_flag=True, help="Show every finding, and the notes of the imports.")
def check(database: Path | None, strict: bool, everything: bool) -> int:
    """Look for traps in the data: unit slips, modelled parts, copies, wrong labels, clocks.

    Findings become notes: they show in the report. Results with an error are out of use.
    """
    from ecoanalysis.importers.checks.run import CHECKS, write_checks
    from ecoanalysis.store.database import open_database

    settings = load_settings(database=database)
    open_database(settings.database, read_only=True).close()  # a clear error when there is none yet
    con = open_database(settings.database)
    try:
        notes = write_checks(con)
        click.echo(f"{len(CHECKS)} checks over {_counts(con)}: {len(notes)} finding{'s' * (len(notes) != 1)}")
        show_findings(con, everything)
        if any(note.severity == "error" for note in notes):
            click.echo("results with an error are out of use after the next eco report")
    finally:
        con.close()
    return int(strict and any(note.severity in _GRAVITY[:2] for note in notes))


def _counts(con: "duckdb.DuckDBPyConnection") -> str:
    """Return what was looked at, in words."""
    row = con.execute("SELECT (SELECT count(*) FROM result), (SELECT count(*) FROM run)").fetchone() or (0, 0)
    return f"{row[0]} results and {row[1]} runs"


def show_findings(con: "duckdb.DuckDBPyConnection", everything: bool = False, only: str = _DOUBTS) -> None:
    """Print the findings by code and source: all notes, or one example of each of `only`, an SQL condition."""
    where = "" if everything else f"WHERE {only}"
    rows = con.execute(
        f"""SELECT note.severity, code, coalesce(source.dataset || ' / ' || source.name, 'own data'), text, hint
        FROM note LEFT JOIN source ON source.id = note.source_id {where}
        ORDER BY code, 3, note.run_id, note.result_id, text"""
    ).fetchall()
    counts = Counter((severity, code, source) for severity, code, source, _, _ in rows)
    shown: set[tuple[str, str, str]] = set()
    for severity, code, source, text, hint in sorted(rows, key=lambda row: _GRAVITY.index(row[0])):
        key = (severity, code, source)
        if key in shown and not everything:
            continue
        shown.add(key)
        many = f" ({counts[key]}×)" if counts[key] > 1 and not everything else ""
        click.echo(
            f"{severity:8} {code}{many}  {source}\n         {text}" + (f"\n         → {hint}" if hint else "")
        )
