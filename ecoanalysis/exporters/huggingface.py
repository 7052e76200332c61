"""The `co2_eq_emissions` block of a Hugging Face model card: grams, with how they came about."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.exporters.selected import BOUNDARIES, Selection, counted_devices, known_region


def write_huggingface(selection: Selection, folder: Path) -> list[Path]:
    """Write one YAML block per model; return the paths. Raises `EcoError` when no CO2 is known.

    `emissions` is grams of CO2e for all the measured items of one boundary, the widest that was metered: the
    card's field has no per-item form, so `source` says how many items they are.
    """
    rows = selection.rows.with_columns(co2_g=pl.col("co2_g_per_item") * pl.col("items_count")).filter(
        pl.col("co2_g") > 0
    )
    if rows.is_empty():
        raise EcoError(
            "no CO2 is known of these measurements",
            "run eco report --region … first, and choose rows with a known number of items",
        )
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for (model,), of_model in rows.group_by("model", maintain_order=True):
        path = folder / f"co2_eq_emissions-{_safe(str(model))}.yaml"
        path.write_text(block_of(of_model))
        paths.append(path)
    return paths


def block_of(rows: pl.DataFrame) -> str:
    """Return the YAML block of one model's measurements: of the widest boundary among them."""
    order = list(BOUNDARIES)
    boundary = max(rows["boundary"].unique().to_list(), key=order.index)
    kept = rows.filter(pl.col("boundary") == boundary)
    first = kept.row(0, named=True)
    counts = kept.group_by("item_unit", maintain_order=True).agg(pl.col("items_count").sum()).iter_rows()
    items = ", ".join(f"{count:g} × {unit}" for unit, count in counts)
    stages = dict.fromkeys("training" if task == "training" else "none: inference" for task in kept["task"])
    said: dict[str, Any] = {
        "emissions": float(f"{float(kept['co2_g'].sum()):.6g}"),
        "source": f"ecoanalysis: {items} in {kept.height} measurements, {BOUNDARIES[boundary]}, "
        f"{', '.join(kept['basis'].unique(maintain_order=True))}; {first['co2_g_per_kwh']:g} g/kWh, "
        f"PUE {first['site_pue']:g}",
        "training_type": ", ".join(stages),
        "geographical_location": known_region(first),
        "hardware_used": ", ".join(counted_devices(kept)),
    }
    return "co2_eq_emissions:\n" + "".join(
        f"  {name}: {json.dumps(value, ensure_ascii=False)}\n"
        for name, value in said.items()
        if value is not None
    )


def _safe(name: str) -> str:
    """Return a file name of a model's name."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)[:100]
