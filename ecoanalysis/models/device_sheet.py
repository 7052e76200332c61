"""Facts of the device that a user names: by its name, or by a JSON file with its data sheet."""

import json
from pathlib import Path
from typing import Any

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.device_name import is_share
from ecoanalysis.identity.devices import DeviceSpec, find_device, near_devices
from ecoanalysis.models.json_file import json_object

_KINDS = ("datacenter_gpu", "consumer_gpu", "cpu", "accelerator", "board")
# A key of the file: the field, and what makes it bytes, operations per second, watts.
_NUMBERS = {
    "tdp_w": ("tdp_w", 1.0), "idle_w": ("idle_w", 1.0), "memory_gb": ("memory_bytes", 1e9),
    "bandwidth_gb_per_s": ("bandwidth_bytes_per_s", 1e9), "fp32_tflops": ("fp32_flops", 1e12),
    "fp16_tflops": ("fp16_flops", 1e12), "fp8_tflops": ("fp8_flops", 1e12), "fp4_tflops": ("fp4_flops", 1e12),
    "int8_tops": ("int8_ops", 1e12), "die_mm2": ("die_area_mm2", 1.0),
}  # fmt: skip
_WHOLE = {"year": "year", "cores": "cores_count", "threads": "threads_count"}
_TEXTS = ("name", "vendor", "kind", "architecture")
_NEEDED = ("name", "tdp_w", "memory_gb", "bandwidth_gb_per_s", "fp16_tflops")


def device_facts(answer: str) -> DeviceSpec:
    """Return the data sheet of a device, from its name or a JSON file.

    The file's keys are the columns of our hardware table: name, tdp_w, memory_gb, bandwidth_gb_per_s, fp16_tflops
    (dense), and where known kind, year, idle_w, fp8_tflops, int8_tops, die_mm2 … Raises `EcoError` for an unknown
    name, with near ones, and for a file that lacks a key or holds what is no number.
    """
    if answer.endswith(".json"):
        return _of_sheet(Path(answer))
    found = find_device(answer)
    if found is None and is_share(answer):
        raise EcoError(
            f"{answer!r} is a share of a board: what it draws is not published",
            "--device with the whole board, of which others use the rest, or a JSON file with the share's power",
        )
    if found is None:
        near = ", ".join(near_devices(answer))
        raise EcoError(
            f"unknown device {answer!r}" + (f"; known and alike: {near}" if near else ""),
            f"--device {(near.split(', ')[0] if near else 'H100')!r}, or a JSON file of its data sheet",
        )
    if found.tdp_w is None:
        raise EcoError(f"the power limit of {found.name} is not published", sheet_hint(found))
    return found


def sheet_hint(device: DeviceSpec) -> str:
    """Return how to tell what is unknown of a device: the JSON file to write, with what is known filled in."""
    known = {key: getattr(device, field) for key, (field, _) in _NUMBERS.items() if key in _NEEDED}
    told = {"name": device.name} | {
        key: "?" if value is None else round(value / _NUMBERS[key][1], 4) for key, value in known.items()
    }
    return f"--device sheet.json, with what is ? filled in: {json.dumps(told)}"


def _of_sheet(path: Path) -> DeviceSpec:
    """Return the data sheet that a file states."""
    content = json_object(
        path, example="--device path/to/device.json", remedy='{"name": "…", "tdp_w": 350, …}'
    )
    missing = [key for key in _NEEDED if not content.get(key)]
    if missing:
        raise EcoError(f"{path} lacks {', '.join(missing)}", "they stand in the device's data sheet")
    unknown = sorted(set(content) - set(_NUMBERS) - set(_WHOLE) - set(_TEXTS))
    if unknown:
        known = ", ".join((*_TEXTS, *_NUMBERS, *_WHOLE))
        raise EcoError(f"{path}: unknown keys {', '.join(unknown)}", f"known: {known}")
    kind = content.get("kind", "datacenter_gpu")
    if kind not in _KINDS:
        raise EcoError(f"{path}: unknown kind {kind!r}", f"one of: {', '.join(_KINDS)}")
    return _spec(path, content, str(kind))


def _spec(path: Path, content: dict[str, Any], kind: str) -> DeviceSpec:
    """Return a checked sheet as a record in the units used inside."""
    values: dict[str, Any] = {field: None for field, _ in _NUMBERS.values()} | dict.fromkeys(_WHOLE.values())
    for key, (field, factor) in _NUMBERS.items():
        if content.get(key) is not None:
            values[field] = factor * _positive(path, key, content[key])
    for key, field in _WHOLE.items():
        if content.get(key) is not None:
            values[field] = round(_positive(path, key, content[key]))
    return DeviceSpec(
        name=str(content["name"]), vendor=str(content.get("vendor", "")), kind=kind,
        architecture=content.get("architecture"), max_w=None, base_clock_hz=None, energy_counter=None,
        status="given", source=str(path), url=None, note=None, **values,
    )  # fmt: skip


def _positive(path: Path, key: str, value: Any) -> float:
    """Return a number of a sheet; `EcoError` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise EcoError(f"{path}: {key} is {value!r}, not a positive number", f'"{key}": 350')
    return float(value)
