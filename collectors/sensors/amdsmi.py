"""AMD GPUs, through AMD SMI (ROCm's Python package `amdsmi`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeGuard

from collectors.sensors.edge import Edge, device_id
from collectors.sensors.meter import Meter
from collectors.sensors.sensor import Found, Reading
from collectors.sensors.sensor_error import gain_error
from collectors.trace.records import Device, Note

_UNSUPPORTED = (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)  # what it writes for "not there", where not "N/A"
# What loading raises: the package is missing; ROCm's library is (KeyError, from its own loader); the two differ in age.
LOAD_ERRORS = (ImportError, KeyError, AttributeError, OSError)


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

    def facts(self, function: str) -> dict[str, float]:
        """Return what is a number in the dictionary that a call returns; {} where it is refused or missing."""
        answer = self.ask(function)
        if not isinstance(answer, dict):
            return {}
        return {key: float(value) for key, value in answer.items() if _is_number(value)}

    def of_kind(self, function: str, enumeration: str, *names: str) -> Any:
        """Return what a call says of the first of an enumeration's names that this release has."""
        kinds = getattr(self.library, enumeration, None)
        kind = next((getattr(kinds, name) for name in names if hasattr(kinds, name)), None)
        return None if kind is None else self.ask(function, kind)


def probe(edge: Edge) -> Found:
    """Return a sensor for each AMD GPU; nothing, and no note, where AMD SMI is not installed."""
    try:
        library = edge.load_amdsmi()
    except LOAD_ERRORS:
        return Found()
    try:
        library.amdsmi_init()
        handles = library.amdsmi_get_processor_handles()
    except library.AmdSmiException as error:
        note = Note(
            "amdsmi_failed", f"AMD SMI is installed but does not start: {error}", "warning", "amd-smi list"
        )
        return Found((), (note,))
    boards = [AmdCalls(library, handle) for handle in handles]
    uids = [_uid(calls, index) for index, calls in enumerate(boards)]
    seen = visible(edge.environ, uids)
    return Found(tuple(_meter(edge, calls, index, uids[index], seen) for index, calls in enumerate(boards)))


def visible(environ: Mapping[str, str], uids: Sequence[str]) -> set[str]:
    """Return the ids of the GPUs that the workload can see.

    ROCR_VISIBLE_DEVICES (indices, or GPU- and the id's last 16 digits) narrows what HIP counts from 0, and
    HIP_VISIBLE_DEVICES, or CUDA_VISIBLE_DEVICES in its place, narrows the rest; the first entry that is neither
    ends a list (ROCm documentation, GPU isolation).
    """
    left = _narrowed(list(uids), environ.get("ROCR_VISIBLE_DEVICES"))
    own = environ.get("HIP_VISIBLE_DEVICES", environ.get("CUDA_VISIBLE_DEVICES"))
    return set(_narrowed(left, own))


def _narrowed(uids: list[str], text: str | None) -> list[str]:
    if text is None:
        return uids
    chosen = []
    for entry in (part.strip() for part in text.split(",")):
        digits = entry.removeprefix("GPU-").lower()
        named = [uid for uid in uids if digits != entry.lower() and uid.replace("-", "").endswith(digits)]
        if entry.isdigit() and int(entry) < len(uids):
            named = [uids[int(entry)]]
        if not named:
            break
        chosen.append(named[0])
    return chosen


def _meter(edge: Edge, calls: AmdCalls, index: int, uid: str, seen: set[str]) -> Meter:
    device = _device(edge, calls, index, uid, seen)
    notes = []
    if device.boundary == "module":
        text = "power is that of the whole module, CPU and GPU together: do not add CPU energy to it"
        notes.append(Note("gpu_module_scope", text, "warning"))
    if device.energy_source == "none":
        text = "no power: of a board's dies (MI250X) and partitions (CPX) only the first shows it, for all of them"
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


def _uid(calls: AmdCalls, index: int) -> str:
    serial = (calls.ask("amdsmi_get_gpu_asic_info") or {}).get("asic_serial")
    return str(calls.ask("amdsmi_get_gpu_device_uuid") or serial or index)


def _device(edge: Edge, calls: AmdCalls, index: int, uid: str, seen: set[str]) -> Device:
    market_name = (calls.ask("amdsmi_get_gpu_asic_info") or {}).get("market_name")
    name = "AMD GPU" if market_name in (None, "", "N/A") else str(market_name)
    first = _fast(calls)
    has_power = first.power_w is not None or first.power_avg_w is not None
    source = "counter" if first.energy_j is not None else "power" if has_power else "none"
    caps_uw = calls.facts("amdsmi_get_power_cap_info")
    limit_uw, default_uw = caps_uw.get("power_cap"), caps_uw.get("default_power_cap")
    kind = (
        "datacenter_gpu" if "Instinct" in name or "MI" in name else "consumer_gpu" if "RX" in name else "gpu"
    )
    return Device(
        id=device_id(edge, "amdsmi", uid),
        recording_id=None,
        kind=kind,
        name=name,
        boundary="module" if "MI300A" in name else "board",  # a GPU with CPU cores: one power for both
        sensor="amdsmi",
        index=index,
        vendor_uid=uid,
        tdp_w=default_uw / 1e6 if default_uw else None,
        power_limit_w=limit_uw / 1e6 if limit_uw else None,
        memory_bytes=_memory(calls, "amdsmi_get_gpu_memory_total"),
        energy_source=source,
        gain_error_ratio=gain_error("amdsmi")[0] if source != "none" else None,
        visible=uid in seen,
    )


def _fast(calls: AmdCalls) -> Reading:
    counter = calls.facts("amdsmi_get_energy_count")
    ticks = counter.get("energy_accumulator", counter.get("power"))  # "power" before ROCm 6.4
    resolution_uj = counter.get("counter_resolution")
    watts = calls.facts("amdsmi_get_power_info")
    instant_w, mean_w = watts.get("current_socket_power"), watts.get("average_socket_power")
    if not (instant_w or mean_w):
        instant_w = watts.get("socket_power")  # from ROCm 7 on: whichever of the two the board has
    activity = calls.facts("amdsmi_get_gpu_activity")
    busy, traffic = activity.get("gfx_activity"), activity.get("umc_activity")
    return Reading(
        power_w=instant_w or None,
        power_avg_w=mean_w or None,
        energy_j=ticks * resolution_uj * 1e-6 if ticks and resolution_uj else None,
        util_ratio=busy / 100 if busy is not None else None,
        mem_util_ratio=traffic / 100 if traffic is not None else None,
    )


def _slow(calls: AmdCalls) -> Reading:
    return Reading(
        memory_bytes=_memory(calls, "amdsmi_get_gpu_memory_usage"),
        clock_hz=_clock(calls, "GFX"),
        mem_clock_hz=_clock(calls, "MEM"),
        temperature_c=_temperature(calls, "HOTSPOT", "JUNCTION", "EDGE"),
        mem_temperature_c=_temperature(calls, "VRAM", "HBM_0"),
    )


def _memory(calls: AmdCalls, function: str) -> int | None:
    value = calls.of_kind(function, "AmdSmiMemoryType", "VRAM")
    return int(value) if _is_number(value) else None


def _clock(calls: AmdCalls, kind: str) -> float | None:
    answer = calls.of_kind("amdsmi_get_clock_info", "AmdSmiClkType", kind) or {}
    mhz = answer.get("clk", answer.get("cur_clk"))  # "cur_clk" before ROCm 6.1
    return float(mhz) * 1e6 if _is_number(mhz) else None


def _temperature(calls: AmdCalls, *places: str) -> float | None:
    library = calls.library
    kinds = library.AmdSmiTemperatureType
    for kind in (getattr(kinds, place) for place in places if hasattr(kinds, place)):
        value = calls.ask("amdsmi_get_temp_metric", kind, library.AmdSmiTemperatureMetric.CURRENT)
        if _is_number(value) and value:
            return float(value)
    return None


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and value not in _UNSUPPORTED
