"""GPUs that the kernel itself meters: Intel's energy counter (i915, xe), AMD's power where AMD SMI is missing."""

from pathlib import Path

from collectors.sensors.amdsmi import LOAD_ERRORS
from collectors.sensors.edge import Edge, device_id
from collectors.sensors.kernel_file import KernelFile, list_folder, open_number, read_number, read_text
from collectors.sensors.meter import Meter
from collectors.sensors.sensor import Found, Reading
from collectors.sensors.sensor_error import gain_error
from collectors.trace.records import Device, Note

_GUARD_S = 60.0  # i915 unwraps a 32-bit counter only when it is read: keep reading (kernel, i915 hwmon)


def probe(edge: Edge) -> Found:
    """Return a sensor for each such GPU. Intel's energy1 is the card's, energy2 of xe the chip's: the card counts."""
    meters: list[Meter] = []
    for folder in list_folder(edge.sysfs / "class/hwmon"):
        name = read_text(folder / "name")
        if name in ("i915", "xe"):
            meter = _intel(edge, folder, name, len(meters))
        elif name == "amdgpu" and not _has_amdsmi(edge):
            meter = _amd(edge, folder, len(meters))
        else:
            continue
        if meter is not None:
            meters.append(meter)
    return Found(tuple(meters))


def _intel(edge: Edge, folder: Path, driver: str, index: int) -> Meter | None:
    counter = open_number(folder / "energy1_input")
    if counter is None:
        return None
    limit_uw = read_number(folder / "power1_max") or read_number(folder / "power1_cap")
    tdp_uw = read_number(folder / "power1_rated_max")
    temperature = open_number(folder / "temp1_input") or open_number(folder / "temp2_input")  # xe: from 2 on
    device = Device(
        device_id(edge, "hwmon", driver, str(folder.resolve())),
        None,
        "gpu",
        f"Intel GPU ({driver})",
        "board",
        "intel-hwmon",
        index,
        vendor_uid=folder.name,
        driver=driver,
        tdp_w=tdp_uw / 1e6 if tdp_uw else None,
        power_limit_w=limit_uw / 1e6 if limit_uw else None,
        energy_source="counter",
        gain_error_ratio=gain_error("intel-gpu")[0],
    )
    return Meter(
        device,
        fast=lambda: Reading(energy_j=counter.read_int() / 1e6),
        slow=lambda: Reading(temperature_c=_celsius(temperature)),
        end=lambda: _close(counter, temperature),
        slowest_s=_GUARD_S,
        unknown_s=0.01,
    )


def _amd(edge: Edge, folder: Path, index: int) -> Meter | None:
    instant, mean = open_number(folder / "power1_input"), open_number(folder / "power1_average")
    if instant is None and mean is None:
        return None
    temperature, clock = open_number(folder / "temp1_input"), open_number(folder / "freq1_input")
    card = folder / "device"
    busy, used = open_number(card / "gpu_busy_percent"), open_number(card / "mem_info_vram_used")
    device = _amd_device(edge, folder, index)
    text = "graphics within the processor: its power is that of the whole processor, which has it already"
    return Meter(
        device,
        fast=lambda: Reading(
            power_w=_scaled(instant, 1e-6), power_avg_w=_scaled(mean, 1e-6), util_ratio=_scaled(busy, 0.01)
        ),
        slow=lambda: Reading(
            memory_bytes=used.read_int() if used else None,
            clock_hz=_scaled(clock, 1.0),
            temperature_c=_celsius(temperature),
        ),
        end=lambda: _close(instant, mean, temperature, clock, busy, used),
        notes=(Note("gpu_integrated", text),) if device.parent_id else (),
        unknown_s=0.1,
    )


def _amd_device(edge: Edge, folder: Path, index: int) -> Device:
    card = folder / "device"
    limit_uw, tdp_uw = read_number(folder / "power1_cap"), read_number(folder / "power1_cap_default")
    integrated = read_text(folder / "in1_label") == "vddnb"  # only processors with graphics have this rail
    return Device(
        device_id(edge, "hwmon", "amdgpu", str(folder.resolve())),
        None,
        "gpu",
        read_text(card / "product_name") or f"AMD {'integrated ' if integrated else ''}GPU (amdgpu)",
        "board",
        "amd-hwmon",
        index,
        vendor_uid=read_text(card / "unique_id") or folder.name,
        driver="amdgpu",
        tdp_w=tdp_uw / 1e6 if tdp_uw else None,
        power_limit_w=limit_uw / 1e6 if limit_uw else None,
        parent_id=device_id(edge, "cpu", 0) if integrated else None,
        memory_bytes=read_number(card / "mem_info_vram_total"),
        energy_source="power",
        gain_error_ratio=gain_error("amdsmi")[0],
    )


def _has_amdsmi(edge: Edge) -> bool:
    """Whether AMD SMI loads, starts and shows a GPU: else the kernel's own readings are better than none."""
    try:
        library = edge.load_amdsmi()
    except LOAD_ERRORS:
        return False
    try:
        library.amdsmi_init()
        return bool(library.amdsmi_get_processor_handles())
    except library.AmdSmiException:
        return False


def _scaled(file: KernelFile | None, unit: float) -> float | None:
    return file.read_int() * unit if file else None


def _celsius(file: KernelFile | None) -> float | None:
    return _scaled(file, 1e-3)


def _close(*files: KernelFile | None) -> None:
    for file in files:
        if file:
            file.close()
