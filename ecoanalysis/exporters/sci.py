"""The Software Carbon Intensity (ISO/IEC 21031:2024) of each measurement: SCI = ((E · I) + M) / R."""

from pathlib import Path

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.exporters.selected import Selection
from ecoanalysis.impact.embodied import embodied_g
from ecoanalysis.units import J_PER_KWH


def write_sci(selection: Selection, folder: Path) -> list[Path]:
    """Write sci.csv, one rate per measurement [g CO2e per functional unit]; return its path.

    E contains the site's PUE (energy of the facility), I is location-based, R the functional unit (the item).
    M needs the duration of an item and a published figure for the device (its bounds stand beside it: published ones
    differ by 3.5×): where one is missing, M is empty and the rate is of operation only, which the row says. The
    machine around a device is in no row. Raises `EcoError` when no CO2 is known.
    """
    known = selection.rows.filter(pl.col("co2_g_per_item").is_not_null())
    if known.is_empty():
        raise EcoError("no CO2 is known of these measurements", "run eco report --region … first")
    rows = [_rate(row) for row in known.iter_rows(named=True)]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sci.csv"
    pl.DataFrame(rows, infer_schema_length=None).write_csv(path)
    return [path]


def _rate(row: dict[str, object]) -> dict[str, object]:
    """Return the rate of one measurement with its terms."""
    rate = row["throughput_items_per_s"]
    count = int(str(row["devices_count"] or 1))
    one = (
        embodied_g(str(row["device"]), 1 / float(str(rate)))
        if rate is not None and float(str(rate)) > 0
        else None
    )
    embodied, low, high = (
        None if value is None else value * count
        for value in ((one.value, one.low, one.high) if one else (None,) * 3)
    )
    operational = float(str(row["co2_g_per_item"]))
    return {
        "measurement_id": row["id"], "model": row["model"], "precision": row["precision"],
        "device": row["device"], "boundary": row["boundary"], "energy_basis": row["basis"],
        "functional_unit": row["item_unit"],
        "e_kwh_per_unit": _facility_kwh(row), "i_g_per_kwh": row["co2_g_per_kwh"],
        "m_g_per_unit": embodied, "m_low_g_per_unit": low, "m_high_g_per_unit": high,
        "sci_g_per_unit": operational + (embodied or 0.0), "sci_operational_g_per_unit": operational,
        "operational_low_g": row["co2_low_g_per_item"], "operational_high_g": row["co2_high_g_per_item"],
        "region": row["region"], "pue": row["site_pue"],
        "embodied": "unknown: the rate is of operation only" if embodied is None
        else f"of {count} × {row['device']} alone",
    }  # fmt: skip


def _facility_kwh(row: dict[str, object]) -> float:
    """Return the energy of an item at the facility's meter [kWh]: with the site's PUE in place of one in it."""
    energy_j, pue, included = (
        float(str(row[name] or 1)) for name in ("energy_per_item_j", "site_pue", "pue_included")
    )
    return energy_j / J_PER_KWH * pue / max(included, 1.0)
