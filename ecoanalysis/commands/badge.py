"""`eco badge`: a label card as SVG."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecoanalysis.errors import EcoError
from ecoanalysis.settings import load_settings

if TYPE_CHECKING:
    import polars as pl

    from ecoanalysis.report.badge import Card
    from ecoanalysis.settings import Settings


@click.command()
@click.argument("model", required=False)
@click.option("--device", help="Only on this device (part of its name).")
@click.option("--precision", help="Only at this precision.")
@click.option("--region", help="Where it ran: ISO code such as FRA.")
@click.option("--pue", type=float, help="Power usage effectiveness of the site.")
@click.option("--output", type=click.Path(path_type=Path), help="The SVG to write. [reports/badge-MODEL.svg]")
@click.option(
    "--verify",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Check a card instead of drawing one.",
)
@click.option("--database", type=click.Path(path_type=Path), help="The database. [data/eco.duckdb]")
def badge(
    model: str | None,
    device: str | None,
    precision: str | None,
    output: Path | None,
    verify: Path | None,
    **flags: object,
) -> None:
    """Draw a label card of MODEL's least energy per item: J, gCO2e and litres with intervals, date, region, hash.

    \b
    eco badge mlp --region FRA
    eco badge --verify reports/badge-mlp.svg
    """
    from ecoanalysis.report.badge import check_card, draw_card

    if verify is not None:
        card = check_card(verify.read_text(encoding="utf-8"))
        click.echo(f"{verify}: unchanged; {card.model} on {card.device}, {card.energy} per {card.item}")
        return
    if model is None:
        raise EcoError("which model?", "eco badge MODEL; their names: eco top")
    card = _card(load_settings(**flags), model, device, precision)
    name = "".join(c if c.isalnum() else "-" for c in card.model)[:60]
    path = output or Path("reports") / f"badge-{name}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(draw_card(card), encoding="utf-8")
    click.echo(str(path))


def _card(settings: "Settings", model: str, device: str | None, precision: str | None) -> "Card":
    """Return the card of the model's least energy per item. Raises `EcoError` where there is none."""
    from ecoanalysis.report.badge import Card
    from ecoanalysis.report.context import load_context
    from ecoanalysis.report.numbers import text
    from ecoanalysis.report.quantities import carbon, energy, water
    from ecoanalysis.store.database import open_database

    con = open_database(settings.database, read_only=True)
    try:
        context = load_context(con, settings)
    finally:
        con.close()
    row = _least(context.cells, model, device, precision)
    return Card(
        model=str(row["model"]),
        device=str(row["device"]),
        precision=str(row["precision"] or ""),
        item=str(row["item_unit"]),
        energy=text(energy(row)),
        carbon=text(carbon(row)),
        water=text(water(row)),
        region=context.place.carbon.name,
        basis=str(row["basis"]),
        boundary=str(row["boundary"]),
        date=_day(row["started_utc_ns"]),
        factors_hash=str(row["factors_hash"]),
    )


def _least(cells: "pl.DataFrame", model: str, device: str | None, precision: str | None) -> dict[str, Any]:
    """Return the configuration of a model with the least energy per item. Raises `EcoError` where there is none."""
    import polars as pl

    from ecoanalysis.report.cells import thriftiest

    found = cells.filter(pl.col("model").str.to_lowercase() == model.lower())
    if device:
        found = found.filter(pl.col("device").str.to_lowercase().str.contains(device.lower(), literal=True))
    if precision:
        found = found.filter(pl.col("precision") == precision)
    if found.is_empty():
        known = ", ".join(sorted({str(name) for name in cells["model"].to_list()})[:5])
        raise EcoError(f"no measurement of {model!r} fits", f"measured are: {known}, …; see eco top")
    return thriftiest(found)


def _day(utc_ns: int | None) -> str:
    """Return the day of a time, empty for none."""
    return "" if utc_ns is None else datetime.fromtimestamp(utc_ns / 1e9, UTC).strftime("%Y-%m-%d")
