"""AMD GPUs, through AMD SMI (ROCm's Python package `amdsmi`)."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from collectors.sensors.edge import Edge, device_id
from collectors.sensors.meter import Meter
from collectors.sensors.sensor import Found, Reading
from collectors.sensors.sensor_error import gain_error
from collectors.trace.records import Device, Note

_UNSUPPORTED = (None, "N/A", 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)  # what amdsmi writes for "not there"


@dataclass(slots=True)
class AmdCalls:
    """Asks one GPU; what fails is None, whatever the reason."""

    library: ModuleType
    handle: object

    def ask(self, function: str, *arguments: object) -> Any:
        """Return what the call returns, None where it is refused or missing."""
        call = getattr(self.library, function, None)
        if call is None:
            return None
        try:
            return call(self.handle, *arguments)
        except self.library.AmdSmiException:
            return None

    def number(self, function: str, *keys: str) -> float | None:
        """Return the first of the keys that a call's dictionary has a number for."""
        answer = self.ask(function)
        for key in keys:
            value = answer.get(key) if isinstance(answer, dict) else None
            if value not in _UNSUPPORTED and isinstance(value, int | float):
                return float(value)
        return None


def probe(edge: Edge) -> Found:
    """Return a sensor for each AMD GPU; nothing, and no note, where AMD SMI is not installed."""
    try:
        library = edge.load_amdsmi()
    except (ImportError, KeyError):  # its own loader raises KeyError where ROCm's library is missing
        return Found()
    try:
        library.amdsmi_init()
        handles = library.amdsmi_get_processor_handles()
    except library.AmdSmiException as error:
        note = Note(
            "amdsmi_failed", f"AMD SMI is installed but does not start: {error}", "warning", "amd-smi list"
        )
        return Found((), (note,))
    return Found(
        tuple(_meter(edge, AmdCalls(library, handle), index) for index, handle in enumerate(handles))
    )


def _meter(edge: Edge, calls: AmdCalls, index: int) -> Meter:
    device = _device(edge, calls, index)
    notes = []
    if device.energy_source == "none":
        text = "no power: on two-die boards (MI250X) the first die shows the power of both"
        notes.append(Note("gpu_power_absent", text, "warning", "amd-smi metric --power"))
    elif device.energy_source == "counter":
        text = (
            "AMD's energy counter had a wrong scale in some ROCm releases: compare it with integrated power"
        )
        notes.append(Note("amd_counter", text))
    return Meter(
        device,
        fast=lambda: _fast(calls),
        slow=lambda: _slow(calls),
        notes=tuple(notes),
        unknown_s=0.1,
    )


def _device(edge: Edge, calls: AmdCalls, index: int) -> Device:
    facts = calls.ask("amdsmi_get_gpu_asic_info") or {}
    name = str(facts.get("market_name") or "AMD GPU")
    uid = str(calls.ask("amdsmi_get_gpu_device_uuid") or facts.get("asic_serial") or index)
    first = _fast(calls)
    has_power = first.power_w is not None or first.power_avg_w is not None
    source = "counter" if first.energy_j is not None else "power" if has_power else "none"
    limit_uw = calls.number("amdsmi_get_power_cap_info", "power_cap")
    default_uw = calls.number("amdsmi_get_power_cap_info", "default_power_cap")
    kind = (
        "datacenter_gpu" if "Instinct" in name or "MI" in name else "consumer_gpu" if "RX" in name else "gpu"
    )
    return Device(
        id=device_id(edge, "amdsmi", uid),
        recording_id=None,
        kind=kind,
        name=name,
        boundary="board",
        sensor="amdsmi",
        index=index,
        vendor_uid=uid,
        tdp_w=default_uw / 1e6 if default_uw else None,
        power_limit_w=limit_uw / 1e6 if limit_uw else None,
        memory_bytes=_memory(calls, "amdsmi_get_gpu_memory_total"),
        energy_source=source,
        gain_error_ratio=gain_error("amdsmi")[0] if source != "none" else None,
    )


def _fast(calls: AmdCalls) -> Reading:
    counter = calls.ask("amdsmi_get_energy_count") or {}
    ticks = counter.get("energy_accumulator", counter.get("power"))  # "power" before ROCm 6.4
    energy_j = None
    if ticks not in _UNSUPPORTED and ticks and counter.get("counter_resolution"):
        energy_j = ticks * counter["counter_resolution"] * 1e-6  # resolution in µJ
    busy = calls.number("amdsmi_get_gpu_activity", "gfx_activity")
    traffic = calls.number("amdsmi_get_gpu_activity", "umc_activity")
    return Reading(
        power_w=calls.number("amdsmi_get_power_info", "current_socket_power") or None,
        power_avg_w=calls.number("amdsmi_get_power_info", "average_socket_power") or None,
        energy_j=energy_j,
        util_ratio=busy / 100 if busy is not None else None,
        mem_util_ratio=traffic / 100 if traffic is not None else None,
    )


def _slow(calls: AmdCalls) -> Reading:
    return Reading(
        memory_bytes=_memory(calls, "amdsmi_get_gpu_memory_usage"),
        clock_hz=_clock(calls, "GFX"),
        mem_clock_hz=_clock(calls, "MEM"),
        temperature_c=_temperature(calls, "HOTSPOT"),
        mem_temperature_c=_temperature(calls, "VRAM"),
    )


def _memory(calls: AmdCalls, function: str) -> int | None:
    value = calls.ask(function, calls.library.AmdSmiMemoryType.VRAM)
    return int(value) if isinstance(value, int) and value not in _UNSUPPORTED else None


def _clock(calls: AmdCalls, kind: str) -> float | None:
    answer = calls.ask("amdsmi_get_clock_info", getattr(calls.library.AmdSmiClkType, kind)) or {}
    mhz = answer.get("clk", answer.get("cur_clk"))
    return mhz * 1e6 if isinstance(mhz, int | float) and mhz not in _UNSUPPORTED else None


def _temperature(calls: AmdCalls, place: str) -> float | None:
    library = calls.library
    kind = getattr(library.AmdSmiTemperatureType, place)
    value = calls.ask("amdsmi_get_temp_metric", kind, library.AmdSmiTemperatureMetric.CURRENT)
    return float(value) if isinstance(value, int | float) and value not in _UNSUPPORTED else None
