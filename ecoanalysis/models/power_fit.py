"""The fitted power models as plain data: constants in JSON, read without any fitting library."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prior:
    """A server's power from its data sheet: standardisation, coefficients (design × levels), departures, residuals.

    `known_*` and `new_*` bound ln(true ÷ predicted) at 95 %, by level, for held-out servers of known architectures and
    for held-out architectures.
    """

    box: bool
    mean: Array
    sd: Array
    quad_mean: Array
    quad_sd: Array
    coefficients: Array
    effects: dict[str, Array]
    known_low: Array
    known_high: Array
    new_low: Array
    new_high: Array


@dataclass(frozen=True, slots=True)
class CpuFit:
    """The shipped fit of servers: with the box described and without, and the shape between two readings."""

    chip: Prior
    box: Prior
    shape_constant: Array
    shape_slope: Array
    shape_low: Array
    shape_high: Array
    servers_count: int
    source: str


@dataclass(frozen=True, slots=True)
class GpuFit:
    """The shipped fit of GPUs.

    `per_device` are the coefficients of devices that were measured, over the terms of `power_gpu.terms`; `area_law`
    and `tdp_law` the one constant for others, `idle_factor` that of their idle power [W per √(W · GB)]; `low` and
    `high` bound ln(true ÷ predicted) at 95 % for an unseen device.
    """

    per_device: dict[str, Array]
    idle_w: dict[str, float]
    area_law: float
    tdp_law: float
    idle_factor: float
    low: float
    high: float
    device_low: float
    device_high: float
    source: str


@cache
def load_cpu_fit() -> CpuFit:
    """Return the fit of servers that ships."""
    return cpu_from_json(_read("power_cpu"))


@cache
def load_gpu_fit() -> GpuFit:
    """Return the fit of GPUs that ships."""
    raw = _read("power_gpu")
    raw["per_device"] = {name: np.array(row) for name, row in raw["per_device"].items()}
    return GpuFit(**raw)


def cpu_from_json(raw: dict[str, Any]) -> CpuFit:
    """Return a fit of servers from its plain data."""
    arrays = {name: np.array(value) for name, value in raw.items() if name.startswith("shape")}
    return CpuFit(
        chip=_prior(raw["chip"]),
        box=_prior(raw["box"]),
        servers_count=int(raw["servers_count"]),
        source=str(raw["source"]),
        **arrays,
    )


def to_json(fit: CpuFit | GpuFit | Prior, digits: int = 5) -> dict[str, Any]:
    """Return a fit as plain data, numbers rounded to `digits` significant digits."""
    found: dict[str, Any] = {}
    for name in fit.__dataclass_fields__:
        found[name] = _plain(getattr(fit, name), digits)
    return found


def _plain(value: Any, digits: int) -> Any:
    """Return a value of a fit as JSON has it."""
    if isinstance(value, Prior):
        return to_json(value, digits)
    if isinstance(value, np.ndarray):
        return [_plain(item, digits) for item in value.tolist()]
    if isinstance(value, dict):
        return {key: _plain(item, digits) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, digits) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    return value


def _prior(raw: dict[str, Any]) -> Prior:
    """Return a prior from its plain data."""
    effects = {name: np.array(rows) for name, rows in raw["effects"].items()}
    rest = {name: np.array(value) for name, value in raw.items() if name not in ("effects", "box")}
    return Prior(box=bool(raw["box"]), effects=effects, **rest)


def _read(name: str) -> dict[str, Any]:
    """Return the plain data of `fits/<name>.json`."""
    text = files("ecoanalysis.models").joinpath("fits", f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
