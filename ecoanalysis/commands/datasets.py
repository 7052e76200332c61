"""`eco datasets`: public data sets that we can read."""

from pathlib import Path

import click

from ecoanalysis.settings import load_settings


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
        known = f"{dataset.size_bytes / 1e6:.1f} MB of known size, checksums of {summed} of {len(dataset.files)} files"
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
    click.echo(f"{dataset.name}: {len(paths)} files; licence: {dataset.licence}; cite: {dataset.citation}")
    _import(paths, database)


def _import(paths: list[Path], database: Path | None) -> None:
    """Land the files of a data set, then look for traps; raises what the first file that is none of ours says."""
    from ecoanalysis.commands.import_ import refresh
    from ecoanalysis.importers.landing import land
    from ecoanalysis.importers.read import CompanionError

    settings = load_settings(database=database)
    done = land(paths, settings.database)
    try:
        wrong = next((error for _, error in done.refused if not isinstance(error, CompanionError)), None)
        if wrong:
            raise wrong
        findings = len(refresh(done.con, settings)) if done.con is not None and done.landed else 0
    finally:
        if done.con is not None:
            done.con.close()
    click.echo(
        f"{done.landed} files imported with {done.rows_count} rows, {done.known} already there; "
        f"{findings} findings (eco check)"
    )
