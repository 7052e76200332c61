"""Energies of whole records that count no items: what files of trackers and loggers say when nobody says how many."""

from typing import Any

import polars as pl

from ecoanalysis.energy.measurement import assumed_gain_ratio
from ecoanalysis.impact.assess import assess
from ecoanalysis.records import Basis, Quantity
from ecoanalysis.report.context import Context
from ecoanalysis.report.model import Cell, Column, Prose, Section, See, Table
from ecoanalysis.report.quantities import carbon, water

_ROWS = 200
_KEYS = (
    "dataset",
    "model",
    "device",
    "devices_count",
    "device_kind",
    "boundary",
    "basis",
    "method",
    "pue_included",
)
_COLUMNS = (
    *(Column("Data"), Column("Device"), Column("Boundary, basis")),
    *(Column(name, "right") for name in ("Records", "Duration", "Energy", "CO₂e", "Water")),
)


def build(context: Context) -> tuple[Section, ...]:
    """Return the section, none where every energy is one per item."""
    if context.uncounted.is_empty():
        return ()
    rows = totals(context)
    table = Table(
        "uncounted",
        "Energies of whole records",
        "Sums over records, with 95 % bounds of their sensor, or of the estimate. One boundary contains another: they "
        "are never added up. ≈ marks what rests on an estimate or an assumption.",
        _COLUMNS,
        tuple(_cells(row) for row in rows.head(_ROWS).iter_rows(named=True)),
        rows.height,
        article_rows=6,
    )
    lead = (
        "These energies are of whole records: nothing says how many items were answered with them, so they have no "
        "energy per item, no score, and no part in the figures and studies. To give them one, import the file again "
        "with what it leaves open: eco import --set items=1000 --set model=NAME FILE."
    )
    return (Section("uncounted", "Energies without items", (Prose(lead), See((), (table.id,)), table)),)


def as_items(frame: pl.DataFrame) -> pl.DataFrame:
    """Return energies of records as energies per item, one record being the item, with the bounds of their sensor."""
    pairs = frame.select("boundary", "basis").rows()
    gain = pl.Series([assumed_gain_ratio(*pair) for pair in pairs], dtype=pl.Float64)
    energy = frame["energy_j"]
    return frame.with_columns(
        energy_per_item_j=energy, low_per_item_j=energy * (1 - gain), high_per_item_j=energy * (1 + gain)
    )


def totals(context: Context) -> pl.DataFrame:
    """Return the sums of energy and time by data set, model, device, boundary, basis and method, with their impact.

    The bounds of records of one sensor are added: they share its error. Columns as `assess` and `quantities` take them.
    """
    grouped = (
        as_items(context.uncounted)
        .group_by(list(_KEYS))
        .agg(
            pl.len().alias("repeats"),
            pl.col("energy_per_item_j", "low_per_item_j", "high_per_item_j").sum(),
            pl.when(pl.col("duration_s").null_count() == 0)
            .then(pl.col("duration_s").sum())
            .alias("duration_s"),
            pl.col("idle_treatment").first(),
        )
    )
    ordered = grouped.sort(_KEYS, nulls_last=True).with_row_index("measurement_id")
    rows = ordered.with_columns(pl.col("measurement_id").cast(pl.Int64))
    impact = assess(rows, context.place).rename({"basis": "impact_basis"})
    return rows.join(impact, on="measurement_id", maintain_order="left")


def _cells(row: dict[str, Any]) -> tuple[Cell, ...]:
    """Return the cells of one sum."""
    basis: Basis = row["basis"] or "estimated"
    note = f"{row['method'] or 'method not stated'}; sum of {row['repeats']} records"
    bounds = row["low_per_item_j"], row["high_per_item_j"]
    joules = Quantity(row["energy_per_item_j"], "J", basis, row["boundary"], *bounds, note=note)
    seconds = Quantity(row["duration_s"], "s", "measured", None)
    count = (
        f"{row['devices_count']} × " if (row["devices_count"] or 1) > 1 and row["boundary"] == "board" else ""
    )
    named = f"{count}{row['device'] or 'not named'}"
    name = named if row["model"] in (None, "unknown") else f"{named}, {row['model']}"
    words = (row["dataset"], name, f"{row['boundary']}, {basis}")
    return (*words, int(row["repeats"]), seconds, joules, carbon(row, 1.0), water(row, 1.0))
