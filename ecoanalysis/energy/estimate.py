"""A power curve over utilisation, for a device without an energy sensor."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from ecoanalysis.energy.integral import Floats
from ecoanalysis.identity.devices import find_device


@dataclass(frozen=True, slots=True)
class Load:
    """What a curve is drawn over: utilisation, or an index of 0..1 with the clock, memory activity and warmth in it.

    index = (1 − memory_share − warm_share) · util · (clock / full_clock_hz)^clock_exponent
    + memory_share · memory utilisation + warm_share · (temperature − cool_c) / (hot_c − cool_c).
    """

    clock_exponent: float = 0.0
    full_clock_hz: float = 1.0
    memory_share: float = 0.0
    warm_share: float = 0.0
    cool_c: float = 0.0
    hot_c: float = 1.0

    def of(self, values: Mapping[str, Floats]) -> Floats:
        """Return the index at samples of util_ratio and the channels that it uses; NaN where one was not read."""
        index = np.clip(values["util_ratio"], 0.0, 1.0)
        if self.clock_exponent:
            index = index * (values["clock_hz"] / self.full_clock_hz) ** self.clock_exponent
        index = (1 - self.memory_share - self.warm_share) * index
        if self.memory_share:
            index = index + self.memory_share * values["mem_util_ratio"]
        if self.warm_share:
            warm = (values["temperature_c"] - self.cool_c) / (self.hot_c - self.cool_c)
            index = index + self.warm_share * np.clip(warm, 0.0, 1.0)
        return np.clip(index, 0.0, 1.0)


UTILISATION = Load()


@dataclass(frozen=True, slots=True)
class PowerCurve:
    """Power of a device over its load, linear between the points, with an interval.

    `util_ratio` (of the `load`) ascending in 0..1; `power_w`, `low_w`, `high_w` [W] at these points. `method` names
    where it is from: `specification` for what a data sheet or a class of devices lets one expect, `fitted` for a model
    fitted to measured devices. `note` says what was assumed.
    """

    util_ratio: tuple[float, ...]
    power_w: tuple[float, ...]
    low_w: tuple[float, ...]
    high_w: tuple[float, ...]
    method: str
    note: str
    load: Load = UTILISATION

    def power(self, util_ratio: Floats) -> tuple[Floats, Floats, Floats]:
        """Return power, its low and its high bound [W] at loads (0..1)."""
        low, mid, high = (
            np.interp(util_ratio, self.util_ratio, w) for w in (self.low_w, self.power_w, self.high_w)
        )
        return mid, low, high


@dataclass(frozen=True, slots=True)
class Host:
    """What is known of the machine that a device sits in: a device without a sensor is estimated from it."""

    kind: str  # of the device, as in `collectors.trace.Device`
    name: str
    tdp_w: float | None
    threads_count: int | None  # logical processors that this system sees
    virtualization: str | None
    container: str | None
    cpu_quota_ratio: float | None  # of the processors seen, what a quota grants
    memory_bytes: float | None = None  # of a memory device


def specification_curve(host: Host) -> PowerCurve | None:
    """Return the curve that the data sheet of a CPU lets one expect; of a memory, its size; None for others.

    With a known TDP: P = TDP · f(u), f hedged between the published curves (DOMAIN §B.2: Teads, Fan 2007),
    and the share of the package's threads that a virtual machine sees, or that a container's quota grants. Else
    watts per thread of the cloud processors that Cloud Carbon Footprint derived from SPECpower. Measured against
    RAPL such curves miss by 10–140 % (DOMAIN §B.2), so the interval is that of what 95 % of SPECpower's servers draw
    above idle, on any idle power from 5 to 45 % of TDP; wider still where the processor had to be guessed.
    Coefficients: `tables/power_curves.csv`.
    """
    if host.kind == "memory" and host.memory_bytes:
        size_gb = host.memory_bytes / 1e9
        return _curve("memory", size_gb, f"{size_gb:.3g} GB of memory, whatever its load", "its size")
    if host.kind != "cpu":
        return None
    spec = find_device(host.name)
    tdp_w = (spec.tdp_w if spec else None) or host.tdp_w
    threads = host.threads_count or 1
    virtual = host.virtualization not in (None, "", "none") or host.cpu_quota_ratio is not None
    package_threads = spec and (spec.threads_count or (2 * spec.cores_count if spec.cores_count else None))
    granted = threads * (min(host.cpu_quota_ratio, 1.0) if host.cpu_quota_ratio else 1.0)
    if tdp_w and (package_threads or not virtual):
        if virtual:
            packages = granted / (package_threads or threads)
            reason = f"{granted:g} of {package_threads} threads of {host.name}"
        else:
            packages = max(1.0, round(threads / package_threads)) if package_threads else 1.0
            reason = f"{packages:g} × {host.name}"
        return _curve("tdp", tdp_w * packages, f"{tdp_w:g} W TDP, {reason}")
    return _curve("thread", granted, f"{granted:g} threads of an unknown processor ({host.name})")


def _curve(name: str, scale: float, reason: str, basis: str = "utilisation") -> PowerCurve:
    """Return one curve of the table, scaled."""
    rows = [row for row in _table() if row["curve"] == name]
    columns = {
        column: tuple(float(row[column]) * scale for row in rows) for column in ("factor", "low", "high")
    }
    return PowerCurve(
        util_ratio=tuple(float(row["util_ratio"]) for row in rows),
        power_w=columns["factor"],
        low_w=columns["low"],
        high_w=columns["high"],
        method="specification",
        note=f"estimated from {basis}: {reason}; curve: {rows[0]['source']}",
    )


@cache
def _table() -> list[dict[str, str]]:
    text = (files("ecoanalysis.energy") / "tables" / "power_curves.csv").read_text()
    return list(csv.DictReader(text.splitlines()))
