"""`eco import`: other tools' logs and published results, into the database."""

import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecoanalysis.commands.telling import Telling
from ecoanalysis.errors import EcoError
from ecoanalysis.settings import Settings, load_settings

if TYPE_CHECKING:
    import duckdb

    from collectors.trace.records import Note
    from ecoanalysis.importers.contract import Options
    from ecoanalysis.importers.landing import Landing

_SHOWN_FILES = 20


@click.command(name="import")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "form", help="Read as this format instead of recognising it.")
@click.option("--tz", help="Time zone of times that carry none, for example Europe/Berlin or +02:00.")
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

    PATHS are files or folders. The format is recognised by content. Importing the same content again changes nothing,
    unless you say more about it (--set, --tz, --column, --format): then it is read anew.

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
    """Print what the files would become, by landing them in a database that is thrown away.

    Raises `EcoError` when none can be read.
    """
    from ecoanalysis.commands.brought import energies
    from ecoanalysis.commands.check import show_findings
    from ecoanalysis.importers.landing import land

    with tempfile.TemporaryDirectory(prefix="eco-import-") as folder:
        settings = load_settings(database=Path(folder) / "eco.duckdb")
        telling = Telling("readable")
        done = land(_files(paths), settings.database, options, telling.listener())
        telling.end()
        _tell_refused(done)
        if done.con is None:
            raise EcoError("no file that we can read", "formats: eco import --formats")
        with done.con as con:
            findings = refresh(con, settings)
            _bulleted(energies(con, done.source_ids))
            click.echo(f"checks: {len(findings)} finding{'s' * (len(findings) != 1)}")
            show_findings(con, only="starts_with(code, 'check_')")
        click.echo(f"{done.landed} file{'s' * (done.landed != 1)} would be imported; nothing written")


def _files(paths: tuple[Path, ...]) -> list[Path]:
    """Return the files to read; raises `EcoError` for a path that is not there, or a folder with nothing in it."""
    from ecoanalysis.importers.read import walk

    for path in paths:
        if not path.exists():
            raise EcoError(f"no such file or folder: {path}", _near(path))
    files = list(walk(paths))
    if not files:
        raise EcoError(f"no file in {', '.join(map(str, paths))}", "name a folder with files in it")
    return files


def _near(path: Path) -> str:
    """Return the name beside a path that is most like it, else how to look."""
    from difflib import get_close_matches

    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder}; check the path"
    near = get_close_matches(path.name, [found.name for found in folder.iterdir()], n=1)
    return f"did you mean {folder / near[0]}?" if near else f"see what there is: ls {folder}"


def _land(paths: tuple[Path, ...], options: "Options", database: Path | None) -> bool:
    """Land the files, then look for traps in all that is there; return whether one that was named cannot be read."""
    from ecoanalysis.importers.landing import land
    from ecoanalysis.importers.read import CompanionError

    settings = load_settings(database=database)
    files = _files(paths)
    telling = Telling("imported")
    done = land(files, settings.database, options, telling.listener())
    telling.end()
    try:
        if done.con is None:
            first = next(
                (e for _, e in done.refused if not isinstance(e, CompanionError)), done.refused[0][1]
            )
            many = f"none of {len(files)} files can be read; the first: " if len(files) > 1 else ""
            raise EcoError(f"{many}{first.message}", first.hint)
        _tell_refused(done)
        _tell_end(done, settings, database)
    finally:
        if done.con is not None:
            done.con.close()
    return any(path in paths and not isinstance(error, CompanionError) for path, error in done.refused)


def _tell_refused(done: "Landing") -> None:
    """Print what could not be read, and how many files only explain others."""
    from ecoanalysis.importers.read import CompanionError

    strange = [error for _, error in done.refused if not isinstance(error, CompanionError)]
    for error in strange[:_SHOWN_FILES]:
        click.echo(f"skipped   {error.message} ({error.hint})", err=True)
    if len(strange) > _SHOWN_FILES:
        click.echo(f"skipped   … and {len(strange) - _SHOWN_FILES} more files", err=True)
    if done.along:
        click.echo(f"{done.along} file{'s' * (done.along != 1)} only explain others, read along with them")


def _tell_end(done: "Landing", settings: Settings, database: Path | None) -> None:
    """Run the checks, and print what came in, what it leaves open, and the next command."""
    from ecoanalysis.commands.brought import database_words, energies, left_open, next_report

    assert done.con is not None
    named = database_words(database)
    if done.landed:
        findings = refresh(done.con, settings)
        _tell_changes(findings, done.source_ids)
        _bulleted(energies(done.con, done.source_ids))
        _bulleted(left_open(done.con, done.source_ids, named))
        click.echo(
            f"checks: {len(findings)} finding{'s' * (len(findings) != 1)} in all that is there: eco check{named}"
        )
    anew = f" ({done.renewed} anew, by what is said of it now)" if done.renewed else ""
    next_one = next_report(done.con, done.source_ids, named) if done.landed else f"eco report{named}"
    click.echo(f"{done.landed} imported{anew}, {done.known} already there; next: {next_one}")


def _bulleted(lines: list[str]) -> None:
    """Print lines as a list."""
    for line in lines:
        click.echo(f"  · {line}")


def refresh(con: "duckdb.DuckDBPyConnection", settings: Settings) -> "list[Note]":
    """Run the checks and rebuild what is derived, after an import; return the findings."""
    from ecoanalysis.impact.rebuild import rebuild
    from ecoanalysis.importers.checks.run import write_checks
    from ecoanalysis.models.power_curve import curve_for

    findings = write_checks(con)
    rebuild(con, settings, curve_for(settings, con))
    return findings


def _tell_changes(findings: "list[Note]", landed: Collection[int]) -> None:
    """Print which of the files that landed were imported before with other content."""
    for note in findings:
        if note.code == "check_changed_file" and note.source_id in landed:
            click.echo(f"{note.severity}: {note.text} ({note.hint})")


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
