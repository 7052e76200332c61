"""`eco fit`: refit the energy models on your own data."""

import math
from pathlib import Path

import click


@click.command()
@click.option(
    "--db", type=click.Path(dir_okay=False, path_type=Path), help="The database.  [data/eco.duckdb]"
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of fits.  [fits/current.json beside the database]",
)
@click.option(
    "--licensed",
    multiple=True,
    metavar="LICENCE",
    help="Only rows of these licences, for fits that you give away.",
)
def fit(db: Path | None, out: Path | None, licensed: tuple[str, ...]) -> None:
    """Fit every model, choose the best per kind of extrapolation, calibrate the intervals on held-out groups.

    Takes a minute or two per thousand measurements; `eco predict` uses the result from then on.
    """
    import polars as pl

    from ecoanalysis.errors import EcoError
    from ecoanalysis.models.fit import write_book
    from ecoanalysis.models.train import train
    from ecoanalysis.settings import load_settings
    from ecoanalysis.store.database import open_database
    from ecoanalysis.store.queries import measurements

    database = db or load_settings().database
    if not database.is_file():
        raise EcoError(f"no database at {database}", "eco combine, or eco import FILE")
    rows = measurements(open_database(database, read_only=True))
    if licensed:
        rows = rows.filter(pl.col("licence").is_in(list(licensed)))
    book = train(rows)
    target = out or database.parent / "fits" / "current.json"
    write_book(book, target)
    for kind, intervals in book.intervals.items():
        fitted = book.fits[kind]
        click.echo(f"{kind}: {len(fitted.measurement_ids)} measurements")
        for tier, interval in intervals.items():
            if interval["method"] == "assumed":
                continue
            coverage = "not tested" if interval["coverage"] is None else f"{interval['coverage']:.0%}"
            blend = fitted.values.get("champions", {}).get(tier, "timed")
            click.echo(
                f"  {tier:<10} {blend:<16} median error {interval['mdape']:.1%}, 90 % interval ×/÷ "
                f"{math.exp(interval['half_width']):.2f}, coverage {coverage}, {interval['groups_count']} groups"
            )
    click.echo(f"{target}: from {'; '.join(book.attribution) or 'own recordings'}")
