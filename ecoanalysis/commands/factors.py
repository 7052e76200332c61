"""`eco factors`: the carbon, water and PUE factors, with where they come from."""

import json
from collections.abc import Iterable
from dataclasses import asdict

import click

from ecoanalysis.impact.embodied import embodied_factor
from ecoanalysis.impact.factor import Factor, table_factors, unknown_region
from ecoanalysis.impact.place import find_place
from ecoanalysis.settings import load_settings


@click.command()
@click.argument("region", required=False)
@click.option("--site", help="A site of the PUE and water tables: desktop, google, …")
@click.option("--pue", type=float, help="The PUE of your site.")
@click.option("--device", help="Show this device's embodied carbon too.")
@click.option("--all", "everything", is_flag=True, help="List every region and site.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def factors(
    region: str | None,
    site: str | None,
    pue: float | None,
    device: str | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Show the factors that turn energy into carbon and water, with source, year and interval.

    REGION is a country code (FRA), a country's name, WORLD, or a US state (US-CA). Without one: those in use, from
    eco.toml and the environment.
    """
    shown = _everything() if everything else _in_use(region, site, pue, device)
    if as_json:
        click.echo(
            json.dumps(
                [{"use": use, **asdict(factor)} for use, factor in shown], indent=2, ensure_ascii=False
            )
        )
        return
    if everything:
        _list(shown)
        return
    for use, factor in shown:
        _print(use, factor)
    click.echo("Change them: --region FRA --pue 1.2 on any command, or region, pue, site in eco.toml.")


def _in_use(
    region: str | None, site: str | None, pue: float | None, device: str | None
) -> list[tuple[str, Factor]]:
    """Return the factors that the settings and flags name."""
    settings = load_settings(region=region, site=site, pue=pue)
    place = find_place(settings)
    shown = [("carbon of the electricity", place.carbon), ("water of the electricity", place.ewif)]
    for kind in ("desktop", "datacenter"):
        shown += [(f"PUE, {kind}", place.pue[kind]), (f"water on site, {kind}", place.wue[kind])]
    if place.pue["desktop"] == place.pue["datacenter"]:
        shown = [(use, factor) for use, factor in shown if "PUE, desktop" not in use]
    if device:
        embodied = embodied_factor(device)
        if embodied is None:
            raise unknown_region("embodied", device)
        shown.append(("embodied carbon", embodied))
    return shown


def _everything() -> list[tuple[str, Factor]]:
    """Return every factor of the tables."""
    shown: list[tuple[str, Factor]] = []
    tables: Iterable[tuple[str, str, str | None]] = (
        ("carbon", "carbon", None),
        ("PUE", "pue", None),
        ("water of the electricity", "water", "electricity"),
        ("water by fuel", "water", "fuel"),
        ("water on site", "water", "site"),
        ("embodied carbon", "embodied", None),
    )
    for use, table, kind in tables:
        shown += [(use, factor) for factor in table_factors(table, kind)]
    return shown


def _list(shown: list[tuple[str, Factor]]) -> None:
    """Print one line per factor, under a heading per use."""
    last = ""
    for use, factor in shown:
        if use != last:
            click.echo(f"{use} [{factor.unit}]")
            last = use
        width = f"{factor.low:g} to {factor.high:g}"
        click.echo(
            f"  {factor.region:<42} {factor.value:>9g}  {width:<20} {factor.year or '':<5} {factor.name}"
        )


def _print(use: str, factor: Factor) -> None:
    """Print one factor with its provenance."""
    width = "exact" if factor.low == factor.high else f"{factor.low:g} to {factor.high:g}"
    year = f", {factor.year}" if factor.year else ""
    click.echo(
        f"{use}: {factor.value:g} {'' if factor.unit == 'ratio' else factor.unit} ({width}; {factor.status})"
    )
    click.echo(f"    {factor.name}{year}. {factor.source}" + (f" <{factor.url}>" if factor.url else ""))
    if factor.note:
        click.echo(f"    {factor.note}" + (f". Licence: {factor.licence}" if factor.licence else ""))
