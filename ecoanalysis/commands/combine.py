"""`eco combine`: traces gathered into one database."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecoanalysis.errors import EcoError
from ecoanalysis.settings import load_settings

if TYPE_CHECKING:
    from ecoanalysis.store.combine import Gathered


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--database", type=click.Path(path_type=Path), help="The database. [data/eco.duckdb]")
def combine(paths: tuple[Path, ...], database: Path | None) -> None:
    """Gather traces into one database, each run once, and work out their energies.

    PATHS are trace files or folders of them [data/traces]: your own, or copied from any number of machines.
    Combining again takes only what is new. Traces are never changed.

    \b
    eco combine
    eco combine data/traces /mnt/cluster/traces
    """
    from ecoanalysis.impact.rebuild import refresh
    from ecoanalysis.models.power_curve import curve_for
    from ecoanalysis.store.combine import combine as gather
    from ecoanalysis.store.database import open_database

    settings = load_settings(database=database)
    if not paths and (settings.traces.exists() or not settings.database.exists()):
        paths = (settings.traces,)  # a database of imports alone is worked out without
    for path in paths:  # before a database is made
        if not path.exists() and not path.with_suffix(".segment").exists():
            raise EcoError(f"no traces at {path}", "record one: eco-collect run -- COMMAND")
    con = open_database(settings.database)
    try:
        gathered = gather(con, paths)
        refresh(
            con, settings, curve_for(settings, con)
        )  # a database of an older program has lost what it derived
    finally:
        con.close()
    refused = [found for found in gathered if found.problem]
    _print(gathered, settings.database if len(refused) < len(gathered) or not refused else None)
    if refused:
        raise EcoError(
            f"{len(refused)} of {len(gathered)} traces could not be read", refused[0].hint or "see above"
        )


def _print(gathered: "list[Gathered]", database: Path | None) -> None:
    """Say what each trace brought, then the total in the database; None where nothing could be read."""
    for found in gathered:
        if found.problem:
            click.echo(f"left out: {found.problem}", err=True)
            continue
        parts = [
            f"{count} {word}"
            for count, word in (
                (found.runs_added, "new"),
                (found.runs_renewed, "renewed"),
                (found.runs_known, "known"),
                (found.runs_open, "unfinished"),
            )
            if count
        ]
        click.echo(f"{found.path}: {', '.join(parts) or 'no runs'}")
    if database is None:
        return
    added = sum(found.runs_added for found in gathered)
    samples = sum(found.samples_count for found in gathered)
    click.echo(f"{database}: {added} runs added, {samples} samples")
    click.echo("next: eco report")
