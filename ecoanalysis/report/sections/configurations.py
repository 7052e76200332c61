"""All configurations: the explorer with its printed table, and the factors of every region."""

from collections.abc import Callable
from typing import Any

import polars as pl

from ecoanalysis.impact.factor import UNKNOWN, table_factors
from ecoanalysis.report.cells import commonest, label
from ecoanalysis.report.context import Context
from ecoanalysis.report.model import Block, Cell, Column, Explorer, Prose, Section, See, Table
from ecoanalysis.report.numbers import count, kept, text
from ecoanalysis.report.quantities import carbon, energy, score, water

_TABLE_ROWS = 40
_UNITS = 3
_FEW = 8  # configurations: of fewer the table says it better


def build(context: Context) -> tuple[Section, ...]:
    """Return the section, none without a configuration."""
    return (Section("configurations", "All configurations", _table(context)),) if context.cells.height else ()


def _table(context: Context) -> tuple[Block, ...]:
    """Return the explorer with its printed table; a column that says the same in every row is left out."""
    cells = context.cells
    lowest = cells if cells.height <= _TABLE_ROWS else _lowest(cells)
    alike = {
        name
        for name, column in (("device", "device"), ("item", "item_unit"), ("boundary", "boundary"))
        if cells[column].n_unique() == 1
    }
    shown = tuple(name for name in _COLUMNS if name not in alike)
    rows = tuple(tuple(_CELLS[name](row) for name in shown) for row in lowest.iter_rows(named=True))
    columns = tuple(_COLUMNS[name] for name in shown)
    said = [f"one {unit} is an item" for unit in cells["item_unit"].unique().to_list() if "item" in alike]
    said += [f"all on {device}" for device in cells["device"].unique().to_list() if "device" in alike]
    said += [
        f"all of the {name} boundary" for name in cells["boundary"].unique().to_list() if "boundary" in alike
    ]
    caption = (
        f"Means over runs with 95 % intervals{'; ' if said else ''}{', '.join(said)}. ≈ marks what rests on an "
        "estimate or an assumption, – is unknown."
    )
    cut = (
        "the thriftiest of each model, of each item at its commonest boundary"
        if lowest.height < cells.height
        else ""
    )
    table = Table("configurations", "Configurations", caption, columns, rows, cells.height, cut=cut)
    lead = (
        "Every number says how it was obtained: choose it. Filter, sort and search work on all configurations; the "
        "address keeps what you chose. Another region recomputes carbon, water and ESS in the page."
    )
    explorer = Explorer(table, shown, cells, regions())
    return (Prose(_middle(cells)), Prose(lead, on_screen=True), See((), (table.id,)), explorer)


def _middle(cells: pl.DataFrame) -> str:
    """Return between which configurations the middle half of the energies lies, in a sentence."""
    part, unit, boundary = commonest(cells)
    ordered = part.sort("energy_per_item_j", "measurement_id")
    places = [round(share * (part.height - 1)) for share in (0.25, 0.5, 0.75)]
    low, median, high = (text(energy(ordered.row(place, named=True))) for place in places)
    if part.height < _FEW:
        return f"{count(cells.height)} configurations, with the energy, carbon, water and score of each."
    return kept(
        f"The middle half of the {count(part.height)} configurations with an energy per {unit} ({boundary}) lies "
        f"between {low} and {high}, the median at {median}."
    )


_COLUMNS = {
    "label": Column("Configuration", width="wide"),
    "device": Column("Device"),
    "item": Column("Item"),
    "boundary": Column("Boundary"),
    "energy": Column("Energy per item", "right"),
    "co2": Column("CO₂e per 1,000", "right"),
    "water": Column("Water per 1,000", "right"),
    "ess": Column("ESS", "right"),
    "runs": Column("Runs", "right"),
}
_CELLS: dict[str, Callable[[dict[str, Any]], Cell]] = {
    "label": label,
    "device": lambda row: str(row["device"]),
    "item": lambda row: str(row["item_unit"]),
    "boundary": lambda row: str(row["boundary"]),
    "energy": energy,
    "co2": carbon,
    "water": water,
    "ess": score,
    "runs": lambda row: int(row["repeats"]),
}


def _lowest(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the thriftiest configuration of each model, of the commonest item units, units and energies in order.

    Of a unit the commonest boundary: across boundaries there is no thriftiest.
    """
    units = (
        cells.group_by("item_unit").len().sort(["len", "item_unit"], descending=[True, False]).head(_UNITS)
    )
    each = -(-_TABLE_ROWS // units.height)
    parts = [commonest(cells.filter(pl.col("item_unit") == unit))[0] for unit in units["item_unit"]]
    ordered = [part.sort("energy_per_item_j", "measurement_id") for part in parts]
    return pl.concat([part.unique("model", keep="first", maintain_order=True).head(each) for part in ordered])


def regions() -> pl.DataFrame:
    """Return the regions with both factors: code, name, and value with bounds of each."""
    water_of = {f.region: f for f in table_factors("water", "electricity")}
    rows = []
    for factor in table_factors("carbon"):
        other = water_of.get(factor.region) or water_of[UNKNOWN]
        rows.append(
            {
                "region": factor.region,
                "name": factor.name,
                "co2": factor.value,
                "co2_up": factor.up,
                "co2_down": factor.down,
                "ewif": other.value,
                "ewif_up": other.up,
                "ewif_down": other.down,
                "assumed": factor.status == "assumed",
            }
        )
    return pl.DataFrame(rows).sort("name")
