"""Results in the terminal: tables and sparklines."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from ecoanalysis.records import Basis, Quantity
from ecoanalysis.report.cells import label
from ecoanalysis.report.model import Trace
from ecoanalysis.report.numbers import count, text
from ecoanalysis.report.quantities import carbon, energy, score, water

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], width: int = 60, top: float | None = None) -> str:
    """Return values as bars from zero to `top` (their largest); a gap is a space. Each bar is its stretch's largest."""
    if not values:
        return ""
    step = max(1, -(-len(values) // width))
    stretches = [[v for v in values[at : at + step] if v is not None] for at in range(0, len(values), step)]
    highest = top or max((max(part) for part in stretches if part), default=0.0)
    if highest <= 0:
        return "".join(_BARS[0] if part else " " for part in stretches)
    return "".join(_BARS[min(7, int(max(part) / highest * 7.999))] if part else " " for part in stretches)


def ranking(cells: pl.DataFrame, limit: int, width: int) -> "Table":
    """Return configurations in the order given as a table for `width` characters; estimates carry ≈."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Configuration", overflow="fold", min_width=24)
    names = ("Energy per item", "CO₂e per 1,000", "Water per 1,000", "ESS")
    kept = [0, 1, 2, 3] if width >= 118 else [0, 1] if width < 88 else [0, 1, 3]
    for place in kept:
        table.add_column(names[place], justify="right", no_wrap=True)
    several = cells["device"].n_unique() > 1
    for row in cells.head(limit).iter_rows(named=True):
        numbers = (energy(row), carbon(row), water(row), score(row))
        name = label(row) + (f" on {row['device']}" if several else "")
        table.add_row(_plain(name), *(text(numbers[place]) for place in kept))
    return table


def run_view(
    run: dict[str, Any], phases: pl.DataFrame, notes: pl.DataFrame, trace: Trace | None
) -> "RenderableType":
    """Return one run: what it was, its phases with their energies, its shape over time, its notes."""
    from rich.console import Group

    parts: list[RenderableType] = [_head(run), _phases(phases)]
    if trace is not None:
        parts += _shape(trace)
    for row in notes.head(8).iter_rows(named=True):
        parts.append(_plain(f"note: {row['text']}" + (f" ({row['hint']})" if row["hint"] else "")))
    return Group(*parts)


def _head(run: dict[str, Any]) -> "RenderableType":
    """Return what was run."""
    from collectors.trace.records import format_id

    batch = "" if run["batch_size"] is None else f", batch {run['batch_size']:g}"
    items = "" if run["items_count"] is None else f", {count(run['items_count'])} {run['item_unit']}s"
    return _plain(
        f"run {format_id(int(run['id']))}: {run['model']} {run['precision'] or ''}{batch} with {run['framework']}"
        f"{items}; {run['status']} on {run['host']}\n"
    )


def _phases(phases: pl.DataFrame) -> "Table":
    """Return the energies of the phases."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Phase", "Device"):
        table.add_column(name, no_wrap=True, max_width=26)
    for name in ("Duration", "Energy", "Mean power", "Utilisation"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in phases.filter(pl.col("chosen"), ~pl.col("phase").is_in(["unmarked", "end"])).iter_rows(
        named=True
    ):
        basis: Basis = row["basis"] or "assumed"
        joule = Quantity(row["energy_j"], "J", basis, row["boundary"], row["low_j"], row["high_j"])
        used = "–" if row["util_ratio"] is None else f"{row['util_ratio']:.0%}"
        power = Quantity(row["mean_power_w"], "W", basis)
        time = Quantity(row["duration_s"], "s", "measured")
        table.add_row(
            _plain(row["phase"]),
            _plain(row["device"]),
            text(time),
            text(joule),
            text(power),
            used,
        )
    return table


def _shape(trace: Trace) -> "list[RenderableType]":
    """Return a sparkline per device: power, or utilisation where no power was read."""
    lines: list[RenderableType] = [_plain("")]
    for series in trace.series:
        powers = [v for v in series.high_w if v is not None]
        if powers:
            lines.append(_plain(f"{series.device}: {sparkline(series.high_w)} up to {max(powers):.4g} W"))
        elif any(v is not None for v in series.util_ratio):
            lines.append(
                _plain(f"{series.device}: {sparkline(series.util_ratio, top=1.0)} utilisation, 0 to 100 %")
            )
    return lines


def _plain(value: object) -> "RenderableType":
    """Return text in which brackets are brackets, and terminal control characters are gone."""
    from rich.text import Text

    return Text("".join(c for c in str(value) if c >= " " or c == "\n"))
