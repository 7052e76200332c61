"""`eco datasets`: public data sets that we can read."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecoanalysis.settings import load_settings

if TYPE_CHECKING:
    from ecoanalysis.importers.catalogue import Dataset


@click.group(invoke_without_command=True)
@click.pass_context
def datasets(context: click.Context) -> None:
    """List the public data sets that we can read, or fetch one.

    \b
    eco datasets
    eco datasets fetch mlenergy_v3
    eco datasets fetch luccioni_co2_inference --mirror /path/to/copies
    """
    if context.invoked_subcommand is not None:
        return
    from ecoanalysis.importers.catalogue import datasets as catalogue

    for dataset in catalogue():
        how = "fetch" if dataset.downloadable else "mirror only"
        summed = sum(file.sha256 is not None for file in dataset.files)
        size = dataset.size_bytes
        shown = f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"
        known = f"{shown} of known size, checksums of {summed} of {len(dataset.files)} files"
        click.echo(f"{dataset.name}  [{how}, {known}]\n    {dataset.title}")
        click.echo(f"    {dataset.boundary}; {dataset.licence}; {dataset.url} @ {dataset.commit[:8]}")


@datasets.command()
@click.argument("name")
@click.option("--mirror", type=click.Path(path_type=Path), help="A local copy instead of the network.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("data/datasets"),
    show_default=True,
    help="Where downloads go.",
)
@click.option("--database", type=click.Path(path_type=Path), help="The database. [data/eco.duckdb]")
def fetch(name: str, mirror: Path | None, folder: Path, database: Path | None) -> None:
    """Get a data set, verify its checksums and import it. Its licence is yours to keep."""
    from ecoanalysis.importers.catalogue import download, find_dataset, from_mirror

    dataset = find_dataset(name)
    taken = from_mirror(dataset, mirror) if mirror is not None else download(dataset, folder / dataset.name)
    paths, unverified = taken
    if unverified:
        trust = "taken as they are" if mirror is not None else "trusted by their commit"
        click.echo(f"warning: no checksum is known for {', '.join(unverified)}: {trust}", err=True)
    there = {path.name for path in paths}
    missing = [file.name for file in dataset.files if file.name not in there]
    if missing:
        named = ", ".join(missing[:4]) + " …" * (len(missing) > 4)
        click.echo(
            f"warning: {len(missing)} of its {len(dataset.files)} files are not there: {named}", err=True
        )
    click.echo(
        f"{dataset.name}: {len(paths)} of {len(dataset.files)} files; licence: {dataset.licence}; "
        f"cite: {dataset.citation}"
    )
    _import(dataset, paths, database)


def _import(dataset: "Dataset", paths: list[Path], database: Path | None) -> None:
    """Land the files of a data set, then look for traps; raises what the first file that is none of ours says."""
    from ecoanalysis.commands.import_ import refresh
    from ecoanalysis.importers.landing import land
    from ecoanalysis.importers.read import CompanionError

    settings = load_settings(database=database)
    done = land(paths, settings.database, origin=dataset.origin)
    try:
        findings = refresh(done.con, settings) if done.con is not None and done.landed else None
    finally:
        if done.con is not None:
            done.con.close()
    found = "" if findings is None else f"; {findings} findings in the database (eco check)"
    click.echo(f"{done.landed} files imported with {done.rows_count} rows, {done.known} already there{found}")
    wrong = next((error for _, error in done.refused if not isinstance(error, CompanionError)), None)
    if wrong:
        raise wrong
