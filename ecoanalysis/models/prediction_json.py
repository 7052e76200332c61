"""Predictions as JSON and CSV: what `eco predict --json` prints, described by `prediction.schema.json`."""

import csv
import io
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from ecoanalysis.errors import EcoError
from ecoanalysis.models.prediction import Prediction

_CSV = ("model", "device", "devices_count", "precision", "batch_size", "framework", "task", "item_unit", "estimator",
        "half_width_ratio", "coverage", "error")  # fmt: skip
_QUANTITIES = ("energy_j_per_item", "co2_g_per_item", "water_l_per_item", "ess_per_1000_items")


def schema_text() -> str:
    """Return the JSON schema of the output."""
    return files("ecoanalysis.models").joinpath("prediction.schema.json").read_text(encoding="utf-8")


def as_record(found: Prediction | EcoError, asked: dict[str, Any]) -> dict[str, Any]:
    """Return an answer as the schema has it; a refusal as what was asked, the reason and the hint."""
    if isinstance(found, EcoError):
        return {"asked": {k: v for k, v in asked.items() if v}, "error": found.message, "hint": found.hint}
    config = found.configuration
    return {
        "model": config.facts.name, "device": config.device.name, "precision": config.precision,
        "batch_size": config.batch_size, "devices_count": config.devices_count, "item_unit": config.item_unit,
        "framework": config.stack, "task": config.task,
        "energy_j_per_item": asdict(found.energy), "co2_g_per_item": asdict(found.co2),
        "water_l_per_item": asdict(found.water), "ess_per_1000_items": asdict(found.ess),
        "estimator": found.estimator, "tiers": list(found.tiers), "half_width_ratio": found.half_width_ratio,
        "coverage": found.coverage, "groups_count": found.groups_count, "calibration": found.calibration,
        "anchors_count": found.anchors_count, "place": found.place, "terms": dict(found.terms),
        "nearest": list(found.nearest), "assumed": list(found.assumed), "warnings": list(found.warnings),
    }  # fmt: skip


def as_csv(records: list[dict[str, Any]]) -> str:
    """Return records as CSV: one row each, each quantity with its low and high; a refused row has its reason."""
    names = [part for name in _QUANTITIES for part in (name, f"{name}_low", f"{name}_high")]
    text = io.StringIO()
    writer = csv.DictWriter(text, [*_CSV[:8], *names, *_CSV[8:], "tiers", "warnings"], lineterminator="\n")
    writer.writeheader()
    for record in records:
        row = {name: record.get(name, record.get("asked", {}).get(name)) for name in _CSV}
        for name in _QUANTITIES:
            quantity = record.get(name) or {}
            row |= {
                name: quantity.get("value"),
                f"{name}_low": quantity.get("low"),
                f"{name}_high": quantity.get("high"),
            }
        row["tiers"] = "; ".join(record.get("tiers", []))
        row["warnings"] = "; ".join([*record.get("assumed", []), *record.get("warnings", [])])
        writer.writerow(row)
    return text.getvalue()
