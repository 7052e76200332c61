"""`eco validate`: test the energy models on held-out groups."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import polars as pl

_SHOWN = ("champion", "timed", "physics", "ecologits", "roofline", "loglinear", "mixed", "constant")


@click.command()
@click.option(
    "--db", type=click.Path(dir_okay=False, path_type=Path), help="The database.  [data/eco.duckdb]"
)
@click.option(
    "--split", "chosen", multiple=True, help="inside, batch, task, arch, family, precision, device, stack."
)
@click.option("--kind", "kinds", multiple=True, help="token, image, request, sample.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the table as CSV.")
@click.option(
    "--all", "everything", is_flag=True, help="Show every blend, not the champion and the baselines only."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def validate(
    db: Path | None,
    chosen: tuple[str, ...],
    kinds: tuple[str, ...],
    out: Path | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Hold out groups (architectures, families, devices …), predict them, and show how far off and how sure.

    Intervals are calibrated on the other groups; baselines see the same rows. Takes some minutes.
    """
    import polars as pl

    from ecoanalysis.errors import EcoError
    from ecoanalysis.models.splits import TIERS
    from ecoanalysis.models.validate import validate as run
    from ecoanalysis.settings import load_settings
    from ecoanalysis.store.database import open_database
    from ecoanalysis.store.queries import measurements

    database = db or load_settings().database
    if not database.is_file():
        raise EcoError(f"no database at {database}", "eco combine, or eco import FILE")
    if unknown := set(chosen) - set(TIERS):
        raise EcoError(
            f"unknown split {', '.join(sorted(unknown))}", f"--split with one of: {', '.join(TIERS)}"
        )
    table = run(measurements(open_database(database, read_only=True)), tiers=chosen or TIERS, kinds=kinds)
    if table.is_empty():
        raise EcoError("too few measurements to hold any out: 60 of one kind are needed", "eco import FILE")
    if out:
        table.write_csv(out)
    if as_json:
        click.echo(table.fill_nan(None).write_json())
    else:
        _print(table if everything else table.filter(pl.col("estimator").is_in(_SHOWN)))


def _print(shown: "pl.DataFrame") -> None:
    """Print one paragraph per data set and split."""
    for (dataset, kind, split), rows in shown.group_by("dataset", "kind", "split", maintain_order=True):
        click.echo(
            f"{dataset} · J per {kind} · {split}: {rows['n'][0]} rows, {rows['groups_count'][0]} groups"
        )
        for row in rows.iter_rows(named=True):
            click.echo(_line(row))


def _line(row: dict[str, object]) -> str:
    """Return one estimator's line."""

    def share(name: str) -> str:
        value = row[name]
        return f"{value:7.1%}" if isinstance(value, float) and value == value else "      –"

    width = row["width"]
    factor = f"{width:5.2f}" if isinstance(width, float) else "    –"
    return (
        f"  {row['estimator']!s:<17}MdAPE{share('mdape')}  MAPE{share('mape')}  R² {row['r2']:6.3f}  within 2×"
        f"{share('within_2x')}  bias {row['bias_ratio']:5.2f}  90 % covers{share('coverage')} at ×/÷{factor}"
        f"  order{share('order')}  regret{share('regret')}"
    )
