"""Power of a GPU over its utilisation: a curve per measured device, one law for devices nobody measured.

For an unseen device: P = idle + c · util · √(die area · (TDP − idle)), at most TDP. Watts that a kernel can draw grow
with the silicon that it can fill and with what the board may dissipate; the law has one constant. Without a reading,
idle = k · √(TDP · memory): memory is refreshed and silicon leaks whether or not anything runs.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from ecoanalysis.energy.estimate import PowerCurve
from ecoanalysis.identity.devices import DeviceSpec, find_device
from ecoanalysis.models.power_fit import Array, GpuFit, load_gpu_fit

# One row per reading: utilisations and the achieved share of the dense peak (0..1), precision, power [W].
READING_SCHEMA: dict[str, type[pl.DataType]] = {
    "device": pl.String,
    "util_ratio": pl.Float64,
    "mem_util_ratio": pl.Float64,
    "mfu_ratio": pl.Float64,
    "precision": pl.String,
    "idle": pl.Boolean,
    "power_w": pl.Float64,
}
_LEVELS = tuple(level / 20 for level in range(21))
_CAPPED = 0.93  # of TDP: above, the power limit rules, and a reading says nothing about the law


@dataclass(frozen=True, slots=True)
class Size:
    """What the law needs of a device: its limit and idle power [W], its die area [mm²] where known."""

    tdp_w: float
    idle_w: float
    die_area_mm2: float | None


def terms(readings: pl.DataFrame) -> Array:
    """Return the design of a device's own curve: hinges of utilisation, memory activity and √MFU, by precision."""
    util, mem = readings["util_ratio"].to_numpy(), readings["mem_util_ratio"].to_numpy()
    root = np.sqrt(np.clip(readings["mfu_ratio"].to_numpy(), 0.0, 2.0))
    half = (readings["precision"] == "bf16").to_numpy().astype(float)
    full = (readings["precision"] == "fp32").to_numpy().astype(float)
    columns = [np.ones(len(util)), util, _over(util, 0.5), _over(util, 0.9)]
    columns += [mem, _over(mem, 0.3), _over(mem, 0.6), root, _over(root, 0.3), _over(root, 0.6)]
    columns += [half, full, half * root, full * root, half * util, full * util, util * mem, util * root]
    return np.column_stack(columns)


def fit_device(readings: pl.DataFrame, ridge: float = 1e-3) -> Array:
    """Return the coefficients of one device's curve by least absolute relative error (iteratively weighted)."""
    d, y = terms(readings), readings["power_w"].to_numpy()
    weight = 1 / y**2
    penalty = ridge * weight.mean() * np.eye(d.shape[1])
    found: Array = np.zeros(d.shape[1])
    for _ in range(40):
        a = (d * weight[:, None]).T
        found = np.asarray(np.linalg.solve(a @ d + penalty, a @ y), dtype=np.float64)
        weight = 1 / (y**2 * np.maximum(np.abs(d @ found / y - 1), 0.003))
    return found


def scale(size: Size) -> float:
    """Return √(die area · (TDP − idle)) of a device, or TDP − idle where its area is not known."""
    room = size.tdp_w - size.idle_w
    return float(np.sqrt(size.die_area_mm2 * room)) if size.die_area_mm2 else room


def law(size: Size, util_ratio: Array, constant: float) -> Array:
    """Return the power [W] that the one-constant law gives at utilisations (0..1), at most TDP."""
    return np.clip(size.idle_w + constant * util_ratio * scale(size), size.idle_w, size.tdp_w)


def fit_law(readings: pl.DataFrame, sizes: dict[str, Size]) -> float:
    """Return the law's constant: least absolute relative error, each device with the same say, the capped left out."""
    x, y, idle, share = [], [], [], []
    for (name,), rows in readings.filter(~pl.col("idle")).group_by("device", maintain_order=True):
        size = sizes[str(name)]
        free = rows.filter(pl.col("power_w") < _CAPPED * size.tdp_w)
        x += (free["util_ratio"] * scale(size)).to_list()
        y += free["power_w"].to_list()
        idle += [size.idle_w] * free.height
        share += [1.0 / rows.height] * free.height
    gain, power, base, say = np.array(x), np.array(y), np.array(idle), np.array(share)
    constant, weight = 0.5, say / power**2
    for _ in range(40):
        constant = float((weight * gain * (power - base)).sum() / (weight * gain**2).sum())
        weight = say / (power**2 * np.maximum(np.abs((base + constant * gain) / power - 1), 0.02))
    return constant


def size_of(spec: DeviceSpec, fit: GpuFit, idle_w: float | None = None) -> Size | None:
    """Return the size of a device, its idle power from a reading or, failing that, from its limit and memory."""
    measured = idle_w or fit.idle_w.get(spec.name) or usual_idle_w(spec, fit.idle_factor)
    if spec.tdp_w is None or measured is None:
        return None
    return Size(spec.tdp_w, measured, spec.die_area_mm2)


def usual_idle_w(spec: DeviceSpec, idle_factor: float) -> float | None:
    """Return the idle power [W] that limit and memory let one expect, None where either is unknown."""
    if spec.tdp_w is None or spec.memory_bytes is None:
        return None
    return idle_factor * idle_scale(spec.tdp_w, spec.memory_bytes)


def idle_scale(tdp_w: float, memory_bytes: float) -> float:
    """Return √(TDP · memory) [√(W · GB)], what idle power is proportional to."""
    return float(np.sqrt(tdp_w * memory_bytes / 1e9))


def board_curve(device: str, idle_w: float | None = None, fit: GpuFit | None = None) -> PowerCurve | None:
    """Return the board power [W] of a GPU over its utilisation, with a 95 % interval, None for one without a TDP.

    `idle_w` is a reading of its idle power: one is worth having. Fitted to five NVIDIA devices in training; for
    other makers the interval is not proven. Utilisation is the share of time with a kernel resident (NVML).
    """
    fit, spec = fit or load_gpu_fit(), find_device(device)
    size = size_of(spec, fit, idle_w) if spec else None
    if spec is None or size is None:
        return None
    constant = fit.area_law if size.die_area_mm2 else fit.tdp_law
    power = law(size, np.array(_LEVELS), constant)
    warn = "" if spec.vendor == "NVIDIA" else "; not proven for this maker"
    return PowerCurve(
        util_ratio=_LEVELS,
        power_w=tuple(power.tolist()),
        low_w=tuple(np.maximum(power * np.exp(fit.low), min(size.idle_w, 0.8 * size.idle_w)).tolist()),
        high_w=tuple((power * np.exp(fit.high)).tolist()),
        method="fitted",
        note=f"{spec.name}: {size.idle_w:.0f} W idle, {size.tdp_w:g} W limit{warn}; {fit.source}",
    )


def device_power(
    readings: pl.DataFrame, device: str, fit: GpuFit | None = None
) -> tuple[Array, Array, Array] | None:
    """Return power, low and high [W] of a device that the fit has measured, at readings of `READING_SCHEMA`.

    None for a device that it has not: see `board_curve`.
    """
    fit, spec = fit or load_gpu_fit(), find_device(device)
    if spec is None or spec.name not in fit.per_device:
        return None
    power = np.maximum(terms(readings) @ fit.per_device[spec.name], 0.5 * fit.idle_w[spec.name])
    return power, power * np.exp(fit.device_low), power * np.exp(fit.device_high)


def _over(values: Array, knot: float) -> Array:
    """Return a hinge: what exceeds the knot."""
    return np.maximum(values - knot, 0.0)
