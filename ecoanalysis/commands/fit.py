"""`eco fit`: refit the energy models on your own data."""

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecoanalysis.errors import EcoError

if TYPE_CHECKING:
    import polars as pl

    from ecoanalysis.models.fit import Book


@click.command()
@click.option(
    "--database",
    "--db",
    "db",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The database.  [data/eco.duckdb]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The file of fits.  [fits/current.json beside the database]",
)
@click.option(
    "--licensed",
    multiple=True,
    metavar="LICENCE",
    help="Only rows of these licences, for fits that you give away.",
)
@click.option("--force", is_flag=True, help="Fit again even though the data are those of the last fit.")
@click.option("--power", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER",
              help="Fit the power models to the published data in this folder instead; --out is a folder.")  # fmt: skip
def fit(
    db: Path | None, out: Path | None, licensed: tuple[str, ...], force: bool, power: Path | None
) -> None:
    """Fit every model, choose the best per kind of extrapolation, calibrate the intervals on held-out groups.

    Takes about a minute per thousand configurations; `eco predict` uses the result from then on. The file names the
    measurements it was fitted to and their sources with licences.
    """
    if power:
        _fit_power(power, out)
        return
    from dataclasses import replace

    from ecoanalysis.models.fit import run_ids_of, write_book
    from ecoanalysis.models.train import train
    from ecoanalysis.models.validation import fingerprint
    from ecoanalysis.settings import load_settings

    database = db or load_settings().database
    target = out or database.parent / "fits" / "current.json"
    rows = _measured(database, licensed)
    made_of = fingerprint(rows)
    before = _last(target)
    if before is not None and before.data == made_of and not force:
        click.echo(f"{target}: the data are those of the last fit; nothing to do (--force fits again)")
        return
    started = time.process_time()
    book = train(rows)
    book = replace(book, data=made_of, run_ids=run_ids_of(book, rows))
    write_book(book, target)
    _tell(book, before)
    sources = "; ".join([*book.attribution, *([f"{len(book.run_ids)} own runs"] if book.run_ids else [])])
    click.echo(f"{target}: {time.process_time() - started:.0f} s of CPU, from {sources}")


def _measured(database: Path, licensed: tuple[str, ...]) -> "pl.DataFrame":
    """Return the measurements to learn from. Raises `EcoError` where there are none."""
    import polars as pl

    from ecoanalysis.store.database import open_database
    from ecoanalysis.store.queries import measurements

    if not database.is_file():
        raise EcoError(f"no database at {database}", "eco combine, or eco import FILE")
    rows = measurements(open_database(database, read_only=True))
    if not licensed:
        return rows
    kept = rows.filter(pl.col("licence").is_in(list(licensed)))
    if kept.is_empty():
        known = ", ".join(sorted(rows["licence"].drop_nulls().unique()))
        raise EcoError(f"no row has the licence {', '.join(licensed)}", f"here: {known or 'none is stated'}")
    return kept


def _last(target: Path) -> "Book | None":
    """Return the fits that stand at a path, None where there are none that can be read."""
    from ecoanalysis.models.fit import read_book

    try:
        return read_book(target) if target.is_file() else None
    except EcoError:  # an older layout: it is replaced
        return None


def _tell(book: "Book", before: "Book | None") -> None:
    """Print what was fitted, how well it does on held-out groups, and which champions changed."""
    for kind, intervals in book.intervals.items():
        fitted = book.fits[kind]
        click.echo(f"{kind}: {len(fitted.measurement_ids)} measurements")
        champions = fitted.values.get("champions", {})
        known = before.fits[kind].values.get("champions", {}) if before and kind in before.fits else {}
        for tier, interval in intervals.items():
            if interval["method"] == "assumed":
                continue
            coverage = "not tested" if interval["coverage"] is None else f"{interval['coverage']:.0%}"
            width = math.exp(interval["half_width"])
            blend, was = champions.get(tier, "timed"), known.get(tier)
            changed = f"  (was {was})" if was and was != blend else ""
            click.echo(
                f"  {tier:<11} {blend:<16} median error {interval['mdape']:.1%}, 90 % interval ×/÷ {width:.2f}, "
                f"coverage {coverage}, {interval['groups_count']} groups{changed}"
            )


def _fit_power(data: Path, out: Path | None) -> None:
    """Fit the power models and write them to a folder."""
    from ecoanalysis.models.power_train import write_fits

    target = out or Path()
    target.mkdir(parents=True, exist_ok=True)
    write_fits(data, target)
    click.echo(f"{target}/power_cpu.json, {target}/power_gpu.json: from {data}")
