"""`eco show`: one run in the terminal."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecoanalysis.errors import EcoError
from ecoanalysis.settings import load_settings

if TYPE_CHECKING:
    import polars as pl


@click.command()
@click.argument("run", default="latest")
@click.option("--database", type=click.Path(path_type=Path), help="The database. [data/eco.duckdb]")
def show(run: str, database: Path | None) -> None:
    """Show one run: phases, energies with intervals, power over time, notes.

    RUN is the beginning of a run's id, or latest.

    \b
    eco show
    eco show 5cf6a1
    """
    from rich.console import Console

    from collectors.trace.records import format_id
    from ecoanalysis.report.terminal import run_view
    from ecoanalysis.report.traces import device_names, load_traces
    from ecoanalysis.store import queries
    from ecoanalysis.store.database import open_database

    con = open_database(load_settings(database=database).database, read_only=True)
    try:
        chosen = _choose(queries.runs(con), run)
        run_id = int(chosen["id"])
        traces = load_traces(con, [run_id], device_names(queries.devices(con)))
        notes = queries.notes(con, f"run_id = {run_id}")
        view = run_view(chosen, queries.phase_energies(con, run_id), notes, traces[0] if traces else None)
    finally:
        con.close()
    Console(highlight=False).print(view)
    click.echo(f"\nall of them: eco top; the page: eco report (run {format_id(run_id)})")


def _choose(runs: "pl.DataFrame", wanted: str) -> dict[str, Any]:
    """Return the run that was asked for. Raises `EcoError` for none, or several."""
    from collectors.trace.records import format_id

    if runs.is_empty():
        raise EcoError(
            "the database holds no run that was sampled",
            "results that were imported: eco top, eco report; a run: eco-collect suite quick, then eco combine",
        )
    if wanted == "latest":
        return runs.row(0, named=True)
    found = [
        row for row in runs.iter_rows(named=True) if format_id(int(row["id"])).startswith(wanted.lower())
    ]
    if len(found) != 1:
        newest = ", ".join(format_id(int(run_id)) for run_id in runs["id"].head(3))
        what = "no run" if not found else f"{len(found)} runs"
        raise EcoError(
            f"{what} with an id that begins with {wanted!r}", f"give more of it; the newest: {newest}"
        )
    return found[0]
