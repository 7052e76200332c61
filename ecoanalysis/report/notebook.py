"""Results as a notebook shows them."""

from dataclasses import dataclass
from html import escape
from pathlib import Path

import polars as pl

from ecoanalysis.report.cells import label
from ecoanalysis.report.numbers import text
from ecoanalysis.report.quantities import carbon, energy, score, water


@dataclass(frozen=True, slots=True)
class Results:
    """Configurations that draw themselves as a table; `cells` is the frame behind it."""

    cells: pl.DataFrame

    def _repr_html_(self) -> str:
        heads = (
            "Configuration",
            "Device",
            "Item",
            "Energy per item",
            "CO₂e per 1,000",
            "Water per 1,000",
            "ESS",
        )
        rows = []
        for row in self.cells.head(50).iter_rows(named=True):
            words = (label(row), str(row["device"]), str(row["item_unit"]))
            numbers = (energy(row), carbon(row), water(row), score(row))
            left = "".join(f'<td style="text-align:left">{escape(word)}</td>' for word in words)
            right = "".join(f'<td title="{escape(q.note or "")}">{escape(text(q))}</td>' for q in numbers)
            rows.append(f"<tr>{left}{right}</tr>")
        head = "".join(f"<th>{name}</th>" for name in heads)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def results(database: Path | str = "data/eco.duckdb", where: str | None = None) -> Results:
    """Return the configurations of a database, for display as the last line of a notebook's cell."""
    from ecoanalysis.report.context import load_context
    from ecoanalysis.settings import load_settings
    from ecoanalysis.store.database import open_database

    settings = load_settings(database=database)
    con = open_database(settings.database, read_only=True)
    try:
        return Results(load_context(con, settings, where=where).cells)
    finally:
        con.close()
