"""`eco validate`: test the energy models on held-out groups, and store what was found."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecoanalysis.errors import EcoError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import polars as pl

    from ecoanalysis.models.held_out import HeldOut
    from ecoanalysis.models.validation import Validation, Watch

_SHOWN = ("champion", "timed", "physics", "ecologits", "roofline", "loglinear", "mixed", "constant")


@click.command()
@click.option(
    "--database",
    "--db",
    "db",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The database.  [data/eco.duckdb]",
)
@click.option(
    "--split",
    "chosen",
    multiple=True,
    help="inside, combination, batch, task, arch, family, precision, device, stack.",
)
@click.option("--kind", "kinds", multiple=True, help="token, image, request, sample.")
@click.option("--licensed", multiple=True, metavar="LICENCE", help="Only rows of these licences.")
@click.option("--power", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER",
              help="Test the power models on SPECpower and the TU Berlin GPUs in this folder instead.")  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the table as CSV.")
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path),
              help="Where to store the validation.  [fits/validation.json beside the database]")  # fmt: skip
@click.option(
    "--all", "everything", is_flag=True, help="Show every blend, not the champion and the baselines only."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def validate(
    db: Path | None, chosen: tuple[str, ...], kinds: tuple[str, ...], licensed: tuple[str, ...], power: Path | None,
    out: Path | None, record: Path | None, everything: bool, as_json: bool,
) -> None:  # fmt: skip
    """Hold out groups (architectures, families, devices …), predict them, and show how far off and how sure.

    Intervals are calibrated on the other groups; baselines see the same rows. Takes some minutes. A run over all
    splits is stored beside the fits: the report and `eco predict` show it.
    """
    import polars as pl

    from ecoanalysis.models.splits import TIERS

    if unknown := set(chosen) - set(TIERS):
        raise EcoError(
            f"unknown split {', '.join(sorted(unknown))}", f"--split with one of: {', '.join(TIERS)}"
        )
    if power:
        table = _power_table(power)
    else:
        stored = record or (None if chosen or kinds else Path())
        table = _configurations(db, chosen or TIERS, kinds, licensed, stored)
    if out:
        table.write_csv(out)
    if as_json:
        click.echo(table.fill_nan(None).write_json())
    elif power:
        _print_power(table)
    else:
        _print(table if everything else table.filter(pl.col("estimator").is_in(_SHOWN)))


def _configurations(
    db: Path | None, tiers: tuple[str, ...], kinds: tuple[str, ...], licensed: tuple[str, ...], record: Path | None
) -> "pl.DataFrame":  # fmt: skip
    """Return the metrics of a run over the database; stored at `record`, or beside the database for an empty path."""
    import polars as pl

    from ecoanalysis.models.learning_curve import learning_curve
    from ecoanalysis.models.validate import validate as run
    from ecoanalysis.models.validation import Watch
    from ecoanalysis.settings import load_settings
    from ecoanalysis.store.database import open_database
    from ecoanalysis.store.queries import measurements

    database = db or load_settings().database
    if not database.is_file():
        raise EcoError(f"no database at {database}", "eco combine, or eco import FILE")
    rows = measurements(open_database(database, read_only=True))
    if licensed:
        rows = rows.filter(pl.col("licence").is_in(list(licensed)))
    watch = Watch()
    table = run(rows, tiers=tiers, kinds=kinds, seen=_telling(watch))
    if table.is_empty():
        raise EcoError("too few measurements to hold any out: 60 of one kind are needed", "eco import FILE")
    if record is not None:
        path = database.parent / "fits" / "validation.json" if record == Path() else record
        _store(watch, table, learning_curve(rows, kinds), rows, path)
    return table


def _telling(watch: "Watch") -> "Callable[[pl.DataFrame, HeldOut, np.ndarray, np.ndarray], None]":
    """Return what keeps each split and says on the error channel that it is done, how well, and how long it took."""
    import numpy as np

    started = time.monotonic()

    def seen(frame: "pl.DataFrame", held: "HeldOut", champion: "np.ndarray", widths: "np.ndarray") -> None:
        watch.seen(frame, held, champion, widths)
        last = watch.coverage[-1]
        off = float(np.median(np.abs(np.expm1(champion - held.measured))))
        click.echo(
            f"{time.monotonic() - started:6.0f} s  {last['kind']}, {last['dataset']}, {last['split']}: "
            f"{off:.1%} off on {last['n']} rows of {last['groups_count']} groups",
            err=True,
        )

    return seen


def _store(
    watch: "Watch", table: "pl.DataFrame", curve: "pl.DataFrame", rows: "pl.DataFrame", path: Path
) -> None:
    """Store the validation with its learning curve; say which champions changed."""
    from datetime import UTC, datetime

    from ecoanalysis.models.validation import read_validation, write_validation

    before = read_validation(path) if path.is_file() else None
    found = watch.record(table, curve, rows, f"{datetime.now(UTC):%Y-%m-%d}")
    write_validation(found, path)
    click.echo(f"stored: {path}", err=True)
    for line in _changes(before, found):
        click.echo(line, err=True)


def _changes(before: "Validation | None", found: "Validation") -> list[str]:
    """Return which champions another choice replaced since the last validation."""
    if before is None or before.data == found.data:
        return []
    lines = ["the data changed since the last validation; champions were chosen again:"]
    for kind, champions in found.champions.items():
        for tier, name in champions.items():
            was = before.champions.get(kind, {}).get(tier)
            if was != name:
                lines.append(f"  {kind}, {tier}: {name} (was {was or 'none'}): eco fit uses it")
    return lines if lines[1:] else [lines[0].replace("were chosen again:", "stay as they were")]


def _power_table(folder: Path) -> "pl.DataFrame":
    """Return the trials of the power models as a table."""
    from dataclasses import asdict

    import polars as pl

    from ecoanalysis.models.power_check import check_cpu, check_gpu

    return pl.DataFrame(
        [asdict(trial) for trial in check_cpu(folder) + check_gpu(folder)], infer_schema_length=None
    )


def _print_power(table: "pl.DataFrame") -> None:
    """Print one line per trial of the power models."""
    for row in table.iter_rows(named=True):
        covered = row["coverage_ratio"]
        sure = f"  95 % covers {covered:.1%} at ×/÷ {row['width_ratio']:.2f}" if covered is not None else ""
        click.echo(
            f"{row['data']} · {row['split']:<38} {row['estimator']:<33} MdAPE {row['mdape_pct']:5.2f} %  "
            f"{row['rows_count']} rows, {row['groups_count']} groups{sure}"
        )


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
