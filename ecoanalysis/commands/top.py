"""`eco top`: configurations ranked in the terminal."""

from pathlib import Path

import click

from ecoanalysis.errors import EcoError
from ecoanalysis.settings import load_settings

_COLUMNS = {"energy": "energy_per_item_j", "co2": "co2_g_per_item", "water": "water_l_per_item", "ess": "ess"}


@click.command()
@click.option(
    "--by", type=click.Choice(list(_COLUMNS)), default="energy", show_default=True, help="What to rank by."
)
@click.option("--worst", is_flag=True, help="The worst first.")
@click.option("-n", "--limit", type=click.IntRange(1), default=15, show_default=True, help="How many.")
@click.option("--where", help="SQL condition on measurements: \"device_kind = 'cpu'\".")
@click.option("--region", help="Where it ran: ISO code such as FRA.")
@click.option("--pue", type=float, help="Power usage effectiveness of the site.")
@click.option("--database", type=click.Path(path_type=Path), help="The database. [data/eco.duckdb]")
def top(by: str, worst: bool, limit: int, where: str | None, **flags: object) -> None:
    """Rank the configurations by energy, carbon, water or ESS, each item unit and boundary by itself.

    \b
    eco top
    eco top --by ess --where "model LIKE 'mlp%'"
    """
    import polars as pl
    from rich.console import Console

    from ecoanalysis.report.context import load_context
    from ecoanalysis.report.terminal import ranking
    from ecoanalysis.store.database import open_database

    settings = load_settings(**flags)
    con = open_database(settings.database, read_only=True)
    try:
        context = load_context(con, settings, where=where)
    finally:
        con.close()
    cells = context.cells
    if cells.is_empty():
        raise _nothing_to_rank(context.uncounted.height)
    console = Console(highlight=False)
    down = worst != (by == "ess")
    counts = (
        cells.group_by("item_unit", "boundary").len().sort(["len", "item_unit"], descending=[True, False])
    )
    for unit, boundary, size in counts.rows():
        part = cells.filter(pl.col("item_unit") == unit, pl.col("boundary").eq_missing(pl.lit(boundary)))
        ordered = part.sort(_COLUMNS[by], "measurement_id", descending=[down, False], nulls_last=True)
        console.print(
            f"\nper {unit}, {boundary} boundary: {min(limit, size)} of {size}, {'worst' if worst else 'best'} first",
            markup=False,
        )
        console.print(ranking(ordered, limit, console.width))


def _nothing_to_rank(records: int) -> EcoError:
    """Return the error where no energy is one per item; `records` have one that counts no items."""
    if records:
        return EcoError(
            f"{records} energies are of whole records, none per item",
            "eco report shows them; say the items: eco import --set items=1000 FILE",
        )
    return EcoError("no run has an energy per item", "eco-collect suite quick, then eco combine")
