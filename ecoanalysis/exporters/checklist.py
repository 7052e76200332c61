"""A paragraph for a paper's reproducibility checklist: what ran on what, energy, carbon, how it was obtained."""

from pathlib import Path

import polars as pl

from ecoanalysis import __version__
from ecoanalysis.exporters.selected import BOUNDARIES, Selection, counted_devices, known_region
from ecoanalysis.impact.embodied import embodied_g
from ecoanalysis.impact.factor import SETTING, find_factor
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
    boundary, bases = rows["boundary"][0], rows["basis"].unique(maintain_order=True).to_list()
    verb = "measured" if set(bases) <= {"measured", "derived"} else "estimated"
    work = "training" if rows["task"].eq("training").all() else "inference"
    return (
        f"The energy of {work} was {verb} {_how(rows)} on {_named(counted_devices(rows))}{_drivers(rows, selection)} "
        f"({BOUNDARIES.get(boundary, boundary)}; {', '.join(bases)}): {rows.height} values of "
        f"{rows['config_id'].n_unique()} configurations, models {_list(rows, 'model')}, precisions "
        f"{_list(rows, 'precision')}, frameworks {_list(rows, 'framework')}, batch sizes "
        f"{_range(rows, 'batch_size')}{_tokens(rows)}.{_total(rows)}"
        f"{_carbon(rows, selection)}{_failed(rows, selection)}"
    )


def _tokens(rows: pl.DataFrame) -> str:
    """Return the range of tokens in and out, where the work has any."""
    if rows.select(pl.all_horizontal(pl.col("input_tokens", "output_tokens").is_null().all())).item():
        return ""
    return f", tokens in {_range(rows, 'input_tokens')}, out {_range(rows, 'output_tokens')}"


def _how(rows: pl.DataFrame) -> str:
    """Return by what the energies came about: our recordings, or what their source says."""
    if rows["result_id"].is_null().all():
        return f"with ecoanalysis {__version__}"
    return f"by {_list(rows, 'method')} (read with ecoanalysis {__version__})"


def _total(rows: pl.DataFrame) -> str:
    """Return the sentence on the energy of all of them, with the interval of one."""
    energy = rows["energy_j"].drop_nulls()
    if not energy.len():
        return ""
    value = rows["energy_per_item_j"]
    low, high = rows["low_per_item_j"] / value, rows["high_per_item_j"] / value
    bounds = f" (interval of one value {_percent(low)} to {_percent(high)} in the median)"
    who = "They" if energy.len() == rows.height else f"The {energy.len()} of them with a total"
    return f" {who} took {float(energy.sum()) / J_PER_KWH:.4g} kWh{bounds if low.drop_nulls().len() else ''}."


def _carbon(rows: pl.DataFrame, selection: Selection) -> str:
    """Return the sentence on carbon and water, with the factors, and which of them are assumed."""
    co2 = (rows["co2_g_per_item"] * rows["items_count"]).drop_nulls()
    if not co2.len():
        return " Carbon: not assessed."
    first = rows.filter(pl.col("co2_g_per_kwh").is_not_null()).row(0, named=True)
    water = (rows["water_l_per_item"] * rows["items_count"]).drop_nulls()
    drunk = f" and {float(water.sum()):.3g} l of water" if water.len() else ""
    factor = find_factor("carbon", first["region"])
    source = f": {factor.source}" + (f", {factor.year}" if factor.year else "") if factor else ""
    unknown = "an intensity as set" if first["region"] == SETTING else "place unknown: the world's mean"
    assumed = selection.con.execute("SELECT 1 FROM note WHERE code = 'impact_pue_unknown'").fetchall()
    pue = f"{'an assumed' if assumed else 'a'} PUE of {first['site_pue']:g}"
    return (
        f" At {first['co2_g_per_kwh']:g} g CO2e/kWh ({known_region(first) or unknown}, location-based{source}) and "
        f"{pue} this is {float(co2.sum()):.4g} g CO2e{drunk}. {_embodied(rows)}"
    )


def _embodied(rows: pl.DataFrame) -> str:
    """Return the sentence on what making the devices cost: bounds, for published figures differ by 3.5×."""
    low = high = 0.0
    for device, count, duration in rows.select("device", "devices_count", "duration_s").iter_rows():
        share = embodied_g(device, duration or 0.0)
        if share.low is None or share.high is None or not duration:
            return "The embodied impact of the hardware is not in it."
        low, high = low + share.low * (count or 1), high + share.high * (count or 1)
    return f"The devices' share of their embodied impact, {low:.2g} to {high:.2g} g CO2e, comes on top."


def _drivers(rows: pl.DataFrame, selection: Selection) -> str:
    """Return the drivers of the devices, where the recordings name them."""
    found = selection.con.execute(
        "SELECT DISTINCT driver FROM device WHERE driver IS NOT NULL AND recording_id IN "
        "(SELECT recording_id FROM run WHERE id IN (SELECT unnest(?))) ORDER BY driver",
        [rows["run_id"].drop_nulls().unique().to_list()],
    ).fetchall()
    return f" (driver {', '.join(driver for (driver,) in found)})" if found else ""


def _failed(rows: pl.DataFrame, selection: Selection) -> str:
    """Return the share of runs that failed in the recordings of these measurements: checklists ask for them."""
    if rows["run_id"].is_null().all():
        return ""
    failed, total = selection.con.execute(
        "SELECT count(*) FILTER (status IN ('failed', 'truncated')), count(*) FROM run WHERE recording_id IN "
        "(SELECT recording_id FROM run WHERE id IN (SELECT unnest(?)))",
        [rows["run_id"].drop_nulls().unique().to_list()],
    ).fetchall()[0]
    return f" {failed} of {total} runs failed or broke off." if total else ""


def _percent(ratio: pl.Series) -> str:
    """Return the median of a ratio as a deviation from 1."""
    found = ratio.drop_nulls().to_list()
    return f"{sorted(found)[len(found) // 2] - 1:+.0%}"


def _list(rows: pl.DataFrame, column: str) -> str:
    """Return the values of a column, the first few by name."""
    return _named([str(value) for value in rows[column].drop_nulls().unique(maintain_order=True)])


def _named(values: list[str], limit: int = 6) -> str:
    """Return the first few of some names."""
    more = f" and {len(values) - limit} more" if len(values) > limit else ""
    return ", ".join(values[:limit]) + more or "unknown"


def _range(rows: pl.DataFrame, column: str) -> str:
    """Return least to greatest of a column."""
    values = rows[column].drop_nulls().to_list()
    if not values:
        return "not stated"
    return f"{min(values):g}" if min(values) == max(values) else f"{min(values):g} to {max(values):g}"
