"""A paragraph for a paper's reproducibility checklist: what ran on what, energy, carbon, how it was obtained."""

from pathlib import Path

import polars as pl

from ecoanalysis import __version__
from ecoanalysis.exporters.selected import BOUNDARIES, Selection
from ecoanalysis.units import J_PER_KWH


def write_checklist(selection: Selection, folder: Path) -> list[Path]:
    """Write checklist.txt with one paragraph per boundary: boundaries are never added; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "checklist.txt"
    parts = [
        paragraph(rows, selection)
        for _, rows in selection.rows.group_by("dataset", "boundary", maintain_order=True)
    ]
    path.write_text("\n\n".join(parts) + "\n")
    return [path]


def paragraph(rows: pl.DataFrame, selection: Selection) -> str:
    """Return the sentences on the measurements of one data set at one boundary."""
    boundary = rows["boundary"][0]
    energy = rows["energy_j"].drop_nulls()
    low, high = (
        rows["low_per_item_j"] / rows["energy_per_item_j"],
        rows["high_per_item_j"] / rows["energy_per_item_j"],
    )
    spread = (
        f" (interval of one measurement {_percent(low)} to {_percent(high)} in the median)"
        if low.drop_nulls().len()
        else ""
    )
    total = f" They took {float(energy.sum()) / J_PER_KWH:.4g} kWh{spread}." if energy.len() else ""
    return (
        f"Inference was measured with ecoanalysis {__version__} on {_list(rows, 'device')} "
        f"({BOUNDARIES.get(boundary, boundary)}; {_list(rows, 'basis')}): {rows.height} measurements of "
        f"{rows['config_id'].n_unique()} configurations, models {_list(rows, 'model')}, precisions "
        f"{_list(rows, 'precision')}, frameworks {_list(rows, 'framework')}, batch sizes "
        f"{_range(rows, 'batch_size')}, tokens in {_range(rows, 'input_tokens')}, out "
        f"{_range(rows, 'output_tokens')}.{total}{_carbon(rows)}{_failed(selection)}"
    )


def _carbon(rows: pl.DataFrame) -> str:
    """Return the sentence on carbon and water, with the factors."""
    co2 = (rows["co2_g_per_item"] * rows["items_count"]).drop_nulls()
    if not co2.len():
        return " Carbon: not assessed."
    first = rows.filter(pl.col("co2_g_per_kwh").is_not_null()).row(0, named=True)
    water = (rows["water_l_per_item"] * rows["items_count"]).drop_nulls()
    drunk = f" and {float(water.sum()):.3g} l of water" if water.len() else ""
    return (
        f" At {first['co2_g_per_kwh']:g} g CO2e/kWh ({first['region']}, location-based) and a PUE of "
        f"{first['site_pue']:g} this is {float(co2.sum()):.4g} g CO2e{drunk}; embodied impact is not in it."
    )


def _failed(selection: Selection) -> str:
    """Return the share of runs that failed: checklists ask for them."""
    failed, total = selection.con.execute(
        "SELECT count(*) FILTER (status IN ('failed', 'truncated')), count(*) FROM run"
    ).fetchall()[0]
    return f" {failed} of {total} runs failed or broke off." if total else ""


def _percent(ratio: pl.Series) -> str:
    """Return the median of a ratio as a deviation from 1."""
    found = ratio.drop_nulls().to_list()
    return f"{sorted(found)[len(found) // 2] - 1:+.0%}"


def _list(rows: pl.DataFrame, column: str, limit: int = 6) -> str:
    """Return the values of a column, the first few by name."""
    values = [str(value) for value in rows[column].drop_nulls().unique(maintain_order=True)]
    return (
        ", ".join(values[:limit]) + (f" and {len(values) - limit} more" if len(values) > limit else "")
        or "unknown"
    )


def _range(rows: pl.DataFrame, column: str) -> str:
    """Return least to greatest of a column."""
    values = rows[column].drop_nulls().to_list()
    if not values:
        return "not stated"
    return f"{min(values):g}" if min(values) == max(values) else f"{min(values):g} to {max(values):g}"
