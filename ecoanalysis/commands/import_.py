"""`eco import`: other tools' logs and published results, into the database."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecoanalysis.errors import EcoError
from ecoanalysis.settings import Settings, load_settings

if TYPE_CHECKING:
    import duckdb

    from ecoanalysis.importers.contract import Imported, Options

_SHOWN_NOTES = 6


@click.command(name="import")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "form", help="Read as this format instead of recognising it.")
@click.option("--tz", help="Time zone of times that carry none, for example Europe/Berlin.")
@click.option(
    "--column", "columns", multiple=True, metavar="OURS=THEIRS[:UNIT]", help="Map a column (generic formats)."
)
@click.option(
    "--set", "said", multiple=True, metavar="NAME=VALUE",
    help="Say what the files leave open: items=1000, model=bert-base, precision=fp16, task=…, batch_size=….",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be read and what is doubtful; write nothing.")
@click.option("--formats", is_flag=True, help="List the formats.")
@click.option("--database", type=click.Path(path_type=Path), help="The database. [data/eco.duckdb]")
def import_(
    paths: tuple[Path, ...],
    form: str | None,
    tz: str | None,
    columns: tuple[str, ...],
    said: tuple[str, ...],
    dry_run: bool,
    formats: bool,
    database: Path | None,
) -> int:
    """Read other tools' logs and published results.

    PATHS are files or folders. The format is recognised by content. Importing the same content again changes nothing.

    \b
    eco import emissions.csv
    eco import --tz Europe/Berlin gpu.csv
    eco import --set items=1000 --set model=bert-base --set precision=fp16 emissions.csv
    eco import --format generic --column time=ts --column power_w=watts:mW meter.csv
    """
    from ecoanalysis.importers.contract import Options

    if formats:
        _list_formats()
        return 0
    if not paths:
        raise EcoError(
            "nothing to import", "name files or folders: eco import PATH…; formats: eco import --formats"
        )
    options = Options(
        format=form,
        tz=tz,
        columns=_pairs("--column", columns, "power_w=watts:mW"),
        said=_pairs("--set", said, "items=1000"),
    )
    if dry_run:
        _rehearse(paths, options)
        return 0
    return int(_land(paths, options, database))


def _rehearse(paths: tuple[Path, ...], options: "Options") -> None:
    """Print what the files would become; raises `EcoError` when none can be read."""
    read = sum(_describe(path, options) for path in _files(paths))
    click.echo(f"{read} file{'s' * (read != 1)} would be imported; nothing written")
    if not read:
        raise EcoError("no file that we can read", "formats: eco import --formats")


def _files(paths: tuple[Path, ...]) -> list[Path]:
    """Return the files to read; raises `EcoError` for a path that is not there."""
    from ecoanalysis.importers.read import walk

    for path in paths:
        if not path.exists():
            raise EcoError(f"no such file or folder: {path}", "check the path")
    return list(walk(paths))


def _land(paths: tuple[Path, ...], options: "Options", database: Path | None) -> bool:
    """Land the files, then look for traps in all that is there; return whether one that was named cannot be read."""
    from ecoanalysis.importers.landing import land
    from ecoanalysis.importers.read import CompanionError

    settings = load_settings(database=database)
    files = _files(paths)
    done = land(files, settings.database, options, _tell)
    try:
        strange = [(path, error) for path, error in done.refused if not isinstance(error, CompanionError)]
        if done.con is None and done.refused:
            first = done.refused[0][1]
            alone = len(files) == 1
            raise EcoError(first.message if alone else f"nothing to import: {first.message}", first.hint)
        for _, error in strange:
            hint = f" ({error.hint})" if error.hint else ""
            click.echo(f"skipped  {error.message}{hint}", err=True)
        if done.along:
            click.echo(
                f"{done.along} file{'s' * (done.along != 1)} only explain others, read along with them"
            )
        if done.con is not None and done.landed:
            findings = refresh(done.con, settings)
            click.echo(f"checks: {findings} finding{'s' * (findings != 1)} (eco check shows them)")
    finally:
        if done.con is not None:
            done.con.close()
    click.echo(f"{done.landed} imported, {done.known} already there; next: eco report")
    return any(path in paths for path, _ in strange)


def refresh(con: "duckdb.DuckDBPyConnection", settings: Settings) -> int:
    """Run the checks and rebuild what is derived, after an import; return the number of findings."""
    from ecoanalysis.impact.rebuild import rebuild
    from ecoanalysis.importers.checks.run import write_checks
    from ecoanalysis.models.power_curve import curve_for

    findings = len(write_checks(con))
    rebuild(con, settings, curve_for(settings, con))
    return findings


def _tell(imported: "Imported", new: bool) -> None:
    """Print what was read."""
    click.echo(_line("imported" if new else "known   ", imported))
    if new:
        _show_notes(imported)
    elif any(note.code == "said_at_import" for note in imported.notes):
        click.echo("         it stays as it was imported: what --set says goes into a new --database only")


def _describe(path: Path, options: "Options") -> int:
    """Print what a file would become; return 1 when it can be read."""
    from ecoanalysis.importers.read import read

    try:
        imported = read(path, options)
    except EcoError as error:
        hint = f" ({error.hint})" if error.hint else ""
        click.echo(f"skipped  {error.message}{hint}", err=True)
        return 0
    samples = sum(chunk.height for chunk in imported.samples)
    click.echo(_line("readable", imported))
    click.echo(f"         {len(imported.runs)} runs, {samples} samples, {imported.results.height} results")
    _show_notes(imported)
    return 1


def _line(verb: str, imported: "Imported") -> str:
    """Return one line about an import."""
    source = imported.source
    return f"{verb}  {source.path}  {source.format}  {source.rows_count} rows"


def _show_notes(imported: "Imported") -> None:
    """Print the first notes of an import."""
    shown = sorted(imported.notes, key=lambda note: ("error", "warning", "info").index(note.severity))
    for note in shown[:_SHOWN_NOTES]:
        hint = f" ({note.hint})" if note.hint else ""
        click.echo(f"         {note.severity}: {note.text}{hint}")
    if len(shown) > _SHOWN_NOTES:
        click.echo(f"         … and {len(shown) - _SHOWN_NOTES} more notes: eco check")


def _pairs(option: str, words: tuple[str, ...], example: str) -> dict[str, str]:
    """Return NAME -> VALUE of the words of an option; raises `EcoError` for what is not a pair."""
    pairs = [word.partition("=") for word in words]
    for name, sign, value in pairs:
        if not (name and sign and value):
            raise EcoError(f"{option} {name}{sign}{value} is not a pair", f"for example {option} {example}")
    return {name: value for name, _, value in pairs}


def _list_formats() -> None:
    """Print the formats."""
    from ecoanalysis.importers.formats import IMPORTERS

    for name, importer in IMPORTERS.items():
        click.echo(f"{name:20} {importer.TITLE}")
