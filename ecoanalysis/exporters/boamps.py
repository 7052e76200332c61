"""BoAmps reports (Boavizta, AFNOR SPEC 2314), one per measurement, checked against the schema."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from ecoanalysis import __version__
from ecoanalysis.errors import EcoError
from ecoanalysis.exporters.selected import BOUNDARIES, Selection, known_region
from ecoanalysis.units import J_PER_KWH

_NAMESPACE = uuid.UUID(
    "3f1b8a52-6c1e-5a6e-9f0e-2d6a3f6f9b10"
)  # ours: reports of the same measurement have the same id
_DATA_TYPES = {"text": "text", "vision": "image", "audio": "audio", "tabular": "tabular"}


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 4) of a report."""
    found: dict[str, Any] = json.loads(
        files("ecoanalysis.exporters").joinpath("boamps_schema.json").read_text()
    )
    return found


def write_boamps(
    selection: Selection, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> list[Path]:
    """Write a report per measurement of known total energy; return the paths. Raises `EcoError` when none is.

    `now` gives the time of publication, in UTC.
    """
    import jsonschema

    checker = jsonschema.Draft4Validator(schema())
    known = selection.rows.filter(pl.col("energy_j").is_not_null())
    if known.is_empty():
        raise EcoError(
            "BoAmps needs a total energy, and these measurements state one per item only",
            'choose recorded runs: --where "run_id IS NOT NULL"',
        )
    folder.mkdir(parents=True, exist_ok=True)
    paths, published = [], now().strftime("%Y-%m-%d %H:%M:%S")
    for row in known.iter_rows(named=True):
        report = report_of(row, published)
        problem = next(iter(checker.iter_errors(report)), None)
        if problem is not None:
            raise EcoError(
                f"the BoAmps report of measurement {row['id']} breaks its schema: {problem.message[:120]}",
                "this is our bug: please report it",
            )
        path = folder / f"boamps_report_{report['header']['reportId']}.json"
        path.write_text(json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        paths.append(path)
    return paths


def report_of(row: dict[str, Any], published: str) -> dict[str, Any]:
    """Return the report of one measurement; what is unknown is left out. `powerConsumption` is kWh."""
    when = _when(row)
    header = {
        "formatVersion": "0.1", "formatVersionSpecificationUri": "https://github.com/Boavizta/BoAmps/tree/main/model",
        "reportId": str(uuid.uuid5(_NAMESPACE, str(row["id"]))), "reportStatus": "draft",
        "licensing": row["licence"], "reportDatetime": published,
        "publisher": {"confidentialityLevel": "internal"},
    }  # fmt: skip
    report = {
        "header": header, "task": _task(row), "measures": [_measure(row, when)], "quality": _quality(row),
        "infrastructure": _infrastructure(row), "environment": _environment(row),
    }  # fmt: skip
    known: dict[str, Any] = _without_none(report)
    return known


def _when(row: dict[str, Any]) -> str | None:
    """Return the start in UTC, as BoAmps writes times."""
    started = row["started_utc_ns"]
    return datetime.fromtimestamp(started / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S") if started else None


def _measure(row: dict[str, Any], when: str | None) -> dict[str, Any]:
    """Return the measure: its energy, by which meter, and whether a meter it was."""
    boundary, how = row["boundary"], f"{row['basis']}: {row['method']}"
    metered_wall = boundary == "wall" and row["basis"] in ("measured", "derived")
    return {
        "measurementMethod": "wattmeter" if metered_wall else "ecoanalysis", "version": __version__,
        "measurementDuration": row["duration_s"], "measurementDateTime": when,
        "powerConsumption": row["energy_j"] / J_PER_KWH,
        "cpuTrackingMode": None if metered_wall or boundary == "board" else how,
        "gpuTrackingMode": None if metered_wall or boundary in ("package", "dram") else how,
    }  # fmt: skip


def _environment(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return the place, None when nobody said one."""
    region = known_region(row)
    return {"country": region, "powerSourceCarbonIntensity": row["co2_g_per_kwh"]} if region else None


def _quality(row: dict[str, Any]) -> str | None:
    """Return BoAmps' grade of the interval: within 10 %, 25 %, 50 %; it has none for a wider one."""
    spread = _half_width(row)
    if spread is None:
        return None
    grades = {0.1: "high", 0.25: "medium", 0.5: "low"}
    return next((grade for most, grade in grades.items() if spread <= most), None)


def _half_width(row: dict[str, Any]) -> float | None:
    """Return half the width of the interval, relative."""
    low, high, value = row["low_per_item_j"], row["high_per_item_j"], row["energy_per_item_j"]
    return None if low is None or high is None or not value else float((high - low) / 2 / value)


def _task(row: dict[str, Any]) -> dict[str, Any]:
    """Return the task: what ran, on what, how often."""
    params = row["params_count"]
    accuracy = row["quality_value"] if row["quality_metric"] in ("accuracy", "top1") else None
    where, trains = BOUNDARIES.get(row["boundary"], row["boundary"]), row["task"] == "training"
    return {
        "taskStage": "training" if trains else "inference",
        "taskFamily": row["task"],
        "nbRequest": None if row["item_unit"] == "token" or trains else row["items_count"],
        "measuredAccuracy": accuracy if accuracy is not None and 0 <= accuracy <= 1 else None,
        "algorithms": [
            {
                "algorithmName": row["family"],
                "foundationModelName": row["model"],
                "framework": row["framework"],
                "quantization": row["precision"],
                "frameworkVersion": row["framework_version"],
                "parametersNumber": None if params is None else params / 1e9,
            }
        ],
        "dataset": _dataset(row),
        "taskDescription": f"one item is one {row['item_unit']}; boundary: {row['boundary']}, {where}; "
        f"{row['idle_treatment']} of idle; basis: {row['basis']}; batch size {row['batch_size']}",
    }


def _dataset(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was processed: the tokens made, those of a mean request, else the items that came in.

    The standard wants, for inference, "the average size of the data sent for a single inference".
    """
    if row["item_unit"] == "token":
        return [{"dataUsage": "output", "dataType": "token", "dataQuantity": row["items_count"]}]
    sides = {"input": row["input_tokens"], "output": row["output_tokens"]}
    tokens = [
        {"dataUsage": usage, "dataType": "token", "dataQuantity": count}
        for usage, count in sides.items()
        if count is not None
    ]
    kind = _DATA_TYPES.get(row["modality"] or "", "other")
    counted = {"dataType": kind, "dataQuantity": row["items_count"], "shape": row["input_shape"]}
    return tokens or [{"dataUsage": "input", **counted}]


def _infrastructure(row: dict[str, Any]) -> dict[str, Any]:
    """Return the infrastructure; a wall's component is what computes behind it."""
    kind = str(row["device_kind"] or "other")
    component = {
        "componentName": row["device"], "nbComponent": row["devices_count"] or 1,
        "componentType": "gpu" if "gpu" in kind else "cpu" if kind == "cpu" else kind,
    }  # fmt: skip
    return {"infraType": "other", "components": [component]}


def _without_none(node: Any) -> Any:
    """Return a JSON tree without the keys that are None."""
    if isinstance(node, dict):
        return {key: _without_none(value) for key, value in node.items() if value is not None}
    return [_without_none(value) for value in node] if isinstance(node, list) else node
