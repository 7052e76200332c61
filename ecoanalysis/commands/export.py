"""`eco export`: tables and standard formats."""

from pathlib import Path

import click

from ecoanalysis.errors import EcoError
from ecoanalysis.settings import load_settings

_FORMATS = ("parquet", "csv", "boamps", "huggingface", "codecarbon", "sci", "checklist")


@click.command()
@click.argument("form", metavar="FORMAT", type=click.Choice(_FORMATS))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("export"),
    show_default=True,
    help="A new or empty folder.",
)
@click.option(
    "--where", help="SQL condition on the measurements, for example \"boundary = 'wall' AND model = 'gpt2'\"."
)
@click.option("--database", type=click.Path(path_type=Path), help="The database. [data/eco.duckdb]")
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
def export(form: str, out: Path, where: str | None, database: Path | None, force: bool) -> None:
    """Write what is measured as tables or in a standard format.

    \b
    parquet        every table, with a data-package manifest (hashes, licences); eco import reads it back
    csv            the same tables for other readers
    boamps         a BoAmps report per measurement, checked against its schema
    huggingface    the co2_eq_emissions block of a model card, grams
    codecarbon     an emissions.csv with CodeCarbon's columns
    sci            the Software Carbon Intensity per functional unit (ISO/IEC 21031)
    checklist      a paragraph for a paper's reproducibility checklist
    """
    from ecoanalysis.exporters.formats import EXPORTERS, TABLES
    from ecoanalysis.exporters.selected import select
    from ecoanalysis.exporters.tables import write_tables
    from ecoanalysis.store.database import open_database

    if out.is_dir() and any(out.iterdir()) and not force:
        raise EcoError(f"{out} is not empty", "name a new folder with --out, or say --force")
    if form in TABLES and where:
        raise EcoError("--where chooses measurements; tables are written whole", "leave --where out")
    con = open_database(load_settings(database=database).database, read_only=True)
    try:
        paths = write_tables(con, out, form) if form in TABLES else EXPORTERS[form](select(con, where), out)
    finally:
        con.close()
    names = ", ".join(path.name for path in paths[:4]) + " …" * (len(paths) > 4)
    click.echo(f"{len(paths)} file{'s' * (len(paths) != 1)} in {out}: {names}")
