"""What can be measured on this machine, quantity by quantity, with the reason and the cure where it cannot."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from collectors.calibration.book import Calibrated
from collectors.machine import Edge, Machine, discover
from collectors.quantity_text import scaled
from collectors.sensors.kernel_file import read_text
from collectors.sensors.nvml_gpu import NvmlGpu
from collectors.sensors.sensor import Reading, Sensor
from collectors.trace.records import Device, Note, Recording

MEASURED, ESTIMATED, UNAVAILABLE = "measured", "estimated", "unavailable"
_READS = 5
_SETTLE_S = 0.03  # three ticks of the kernel's clock: the first utilisation needs one
_TIGHT_DISK_BYTES = 1 << 30

# quantity -> (column of a reading, kinds of device that have it, codes of the notes that explain its absence)
_QUANTITIES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "utilisation": ("util_ratio", ("cpu", "gpu"), ("gpu_utilization_unsupported", "gpu_mig")),
    "memory use": ("memory_bytes", ("memory", "gpu"), ("gpu_memory_unsupported", "memory_use_unsplit")),
    "clock": ("clock_hz", ("cpu", "gpu"), ("cpu_clock_absent", "gpu_clock_unsupported")),
    "temperature": (
        "temperature_c",
        ("cpu", "gpu"),
        ("cpu_temperature_absent", "gpu_temperature_unsupported"),
    ),
    "memory temp.": ("mem_temperature_c", ("gpu",), ("gpu_memory_temperature_unsupported",)),
    "fan": ("fan_ratio", ("gpu",), ("gpu_fan_unsupported",)),
    "throttling": ("throttle_bits", ("gpu",), ("gpu_throttle_reasons_unsupported",)),
}
_ENERGY_CODES = (
    "rapl_permission",
    "rapl_masked",
    "rapl_absent",
    "rapl_unreadable",
    "gpu_power_absent",
    "gpu_counter_absent",
    "dram_unmetered",
    "mig_power_absent",
    "powermetrics_refused",
)
_ESTIMATES = {"memory": "from its size, a factor of 3 between methods"}


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity of one device: status, how it is obtained, why not better, and what to do about it."""

    name: str
    status: str
    how: str | None = None
    why: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class SurveyedDevice:
    """One device. `read_us` is what one fast read costs [µs]; `processes` are others' on a GPU (pid, name)."""

    device: Device
    quantities: tuple[Quantity, ...]
    read_us: float | None
    warnings: tuple[Note, ...] = ()
    processes: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything that `eco-collect doctor` says."""

    recording: Recording
    devices: tuple[SurveyedDevice, ...]
    notes: tuple[Note, ...]
    disk_free_bytes: int | None
    took_s: float = field(default=0.0, compare=False)

    @property
    def statuses(self) -> set[str]:
        """How the energies of this machine come about: what is summed to the node."""
        return {
            each.status
            for entry in self.devices
            for each in entry.quantities
            if each.name == "energy" and entry.device.parent_id is None
        }


def survey(edge: Edge, folder: Path, sleep: Callable[[float], None] = time.sleep) -> Survey:
    """Read every sensor a few times and say what came of it; well under a second."""
    began_s = time.perf_counter()
    machine = discover(edge)
    sleep(_SETTLE_S)
    devices = tuple(_look(edge, machine, sensor) for sensor in machine.sensors)
    for sensor in machine.sensors:
        sensor.close()
    told = {code for entry in devices for each in entry.quantities if each.why for code in _ENERGY_CODES}
    notes = tuple(note for note in machine.notes if note.code not in told)
    return Survey(machine.recording, devices, notes, _disk_free(folder), time.perf_counter() - began_s)


def _look(edge: Edge, machine: Machine, sensor: Sensor) -> SurveyedDevice:
    notes = {note.code: note for note in (*machine.notes, *sensor.notes)}
    try:
        fast, read_us = _time_reads(sensor)
        slow = sensor.read_slow()
    except OSError as error:
        gone = Quantity("energy", UNAVAILABLE, why=f"it cannot be read: {error}")
        return SurveyedDevice(sensor.device, (gone,), None)
    quantities = [_energy(sensor.device, fast, notes)]
    family = _family(sensor.device.kind)
    plain = [
        _plain(name, column, codes, fast, slow, notes)
        for name, (column, families, codes) in _QUANTITIES.items()
        if family in families
    ]
    whole = sensor.device.parent_id is None
    quantities += [each for each in plain if whole or each.status == MEASURED]  # of a part: what there is
    explained = {code for _, _, codes in _QUANTITIES.values() for code in codes} | set(_ENERGY_CODES)
    warnings = tuple(note for note in sensor.notes if note.severity != "info" and note.code not in explained)
    return SurveyedDevice(sensor.device, tuple(quantities), read_us, warnings, _processes(edge, sensor))


def _time_reads(sensor: Sensor) -> tuple[Reading, float]:
    """Return the best reading of some, and the median time of one [µs]."""
    merged, times = sensor.read_fast(), []
    for _ in range(_READS):
        began_ns = time.perf_counter_ns()
        reading = sensor.read_fast()
        times.append(time.perf_counter_ns() - began_ns)
        if reading.util_ratio is not None or merged.util_ratio is None:
            merged = reading if merged.util_ratio is None else merged
    return merged, median(times) / 1e3


def _energy(device: Device, fast: Reading, notes: dict[str, Note]) -> Quantity:
    found = [notes[code] for code in _ENERGY_CODES if code in notes and _concerns(code, device)]
    if device.energy_source == "counter" and fast.energy_j is not None:
        return Quantity("energy", MEASURED, _counter_text(device))
    why = found[0].text if found else None
    fix = found[0].hint if found else None
    if device.energy_source == "power":
        every = f", every {scaled(device.update_period_s, 's')}" if device.update_period_s else ""
        return Quantity("energy", MEASURED, f"power, integrated{every}{_gain_text(device)}", why, fix)
    if device.energy_source == "counter":
        return Quantity(
            "energy", UNAVAILABLE, None, "the counter is there and shows nothing", "eco-collect doctor"
        )
    if device.parent_id is not None:
        return Quantity("energy", UNAVAILABLE, None, why or "in the reading of what it is part of", fix)
    how = (
        "from its size, a factor of 3 between methods"
        if device.kind == "memory"
        else "from utilisation, ±50 % or worse"
    )
    return Quantity("energy", ESTIMATED, how, why, fix)


def _plain(
    name: str, column: str, codes: tuple[str, ...], fast: Reading, slow: Reading, notes: dict[str, Note]
) -> Quantity:
    value = getattr(fast, column)
    value = getattr(slow, column) if value is None else value
    if value is not None:
        return Quantity(name, MEASURED, _value_text(column, value))
    found = next((notes[code] for code in codes if code in notes), None)
    return Quantity(
        name, UNAVAILABLE, None, found.text if found else "it shows none now", found.hint if found else None
    )


def _counter_text(device: Device) -> str:
    parts = ["counter"]
    if device.update_period_s:
        parts.append(f"every {scaled(device.update_period_s, 's')}")
    if device.energy_wrap_j:
        wrap = f"wraps at {scaled(device.energy_wrap_j, 'J')}"
        if device.tdp_w:
            wrap += f" ({device.energy_wrap_j / device.tdp_w / 60:.0f} min at {device.tdp_w:g} W)"
        parts.append(wrap)
    return ", ".join(parts) + _gain_text(device)


def _gain_text(device: Device) -> str:
    return f", sensor ±{100 * device.gain_error_ratio:.2g} %" if device.gain_error_ratio else ""


def _value_text(column: str, value: float) -> str:
    if column.endswith("_ratio"):
        return f"now {100 * value:.0f} %"
    if column.endswith("_hz"):
        return f"now {scaled(value, 'Hz')}"
    if column.endswith("_c"):
        return f"now {value:.0f} °C"
    return f"now {scaled(value, 'B')}" if column.endswith("_bytes") else "reasons and time"


def _family(kind: str) -> str:
    return "gpu" if kind.endswith("gpu") or kind == "accelerator" else kind


def _concerns(code: str, device: Device) -> bool:
    family = _family(device.kind)
    owner = {"rapl": "cpu", "powermetrics": "cpu", "dram": "memory", "gpu": "gpu", "mig": "gpu"}[
        code.split("_")[0]
    ]
    return owner == family


def _processes(edge: Edge, sensor: Sensor) -> tuple[tuple[int, str], ...]:
    inner = sensor.inner if isinstance(sensor, Calibrated) else sensor
    if not isinstance(inner, NvmlGpu):
        return ()
    running = inner.processes()
    return tuple(
        (pid, read_text(edge.procfs / str(pid) / "comm") or "another container's") for pid, _ in running
    )


def _disk_free(folder: Path) -> int | None:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
