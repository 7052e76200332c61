"""The main memory: how much of it is used, and its energy where RAPL meters DRAM."""

from dataclasses import dataclass

from collectors.sensors import rapl
from collectors.sensors.edge import Edge, device_id
from collectors.sensors.kernel_file import KernelFile, list_folder, read_text
from collectors.sensors.rapl import Zone
from collectors.sensors.sensor import Found, Reading
from collectors.sensors.sensor_error import gain_error
from collectors.sensors.topology import cpu_vendor
from collectors.trace.records import Device, Note

_HEAD_BYTES = 256  # of /proc/meminfo: total, free and available come first; all of it takes twice as long


@dataclass(slots=True)
class MemorySensor:
    """The memory of the machine, or of one of its packages."""

    device: Device
    notes: tuple[Note, ...]
    file: KernelFile | None
    zone: Zone | None

    @property
    def slowest_s(self) -> float | None:
        """The wrap guard of the counter."""
        return self.zone.slowest_s if self.zone else None

    @property
    def fastest_s(self) -> float:
        """Half the counter's update period; half a second without a counter: use changes slowly."""
        return 0.5 * rapl.UPDATE_S if self.zone else 0.5

    def read_fast(self) -> Reading:
        """Read the raw energy counter."""
        return Reading(energy_j=self.zone.energy_j()) if self.zone else Reading()

    def read_slow(self) -> Reading:
        """Read the bytes in use: all that is not available to a new program."""
        if self.file is None:
            return Reading()
        facts = _facts(self.file.read().decode(errors="replace"))
        total, used = facts.get("MemTotal"), _used(facts)
        if not total or used is None:
            return Reading()
        return Reading(memory_bytes=used, mem_util_ratio=min(1.0, used / total))

    def close(self) -> None:
        """Close the files."""
        for file in (self.file, self.zone and self.zone.file):
            if file:
                file.close()


def memory_bytes(edge: Edge) -> int | None:
    """Return the size of the main memory."""
    text = read_text(edge.procfs / "meminfo")
    if text is None:
        import psutil

        return int(psutil.virtual_memory().total)
    return _facts(text).get("MemTotal")


def probe(edge: Edge) -> Found:
    """Return one memory; one for each DRAM zone where there are several."""
    zones = [zone for zone in rapl.zones(edge) if zone.name == "dram" and zone.file]
    nodes = [path for path in list_folder(edge.sysfs / "devices/system/node") if path.name[4:].isdigit()]
    if len(zones) < 2:
        paths = [edge.procfs / "meminfo"]
    elif len(nodes) == len(zones):
        paths = [node / "meminfo" for node in nodes]
    else:
        paths = []
    sensors = []
    for index in range(max(1, len(zones))):
        try:
            file = KernelFile(paths[index], 8192 if len(paths) > 1 else _HEAD_BYTES) if paths else None
        except OSError:
            file = None
        zone = zones[index] if zones else None
        if file or zone:
            sensors.append(MemorySensor(_device(edge, index, file, zone), _missing(zone, file), file, zone))
    return Found(tuple(sensors))


def _device(edge: Edge, index: int, file: KernelFile | None, zone: Zone | None) -> Device:
    facts = _facts(file.read().decode(errors="replace")) if file else {}
    return Device(
        id=device_id(edge, "memory", index),
        recording_id=None,
        kind="memory",
        name="main memory",
        boundary="dram",
        sensor="rapl" if zone else "procfs",
        index=index,
        vendor_uid=zone.path.name if zone else "memory",
        memory_bytes=facts.get("MemTotal"),
        energy_source="counter" if zone else "none",
        update_period_s=rapl.UPDATE_S if zone else None,
        energy_wrap_j=zone.wrap_j if zone else None,
        gain_error_ratio=gain_error("rapl-dram", cpu_vendor(edge) or "")[0] if zone else None,
    )


def _missing(zone: Zone | None, file: KernelFile | None) -> tuple[Note, ...]:
    notes = []
    if zone is None:
        notes.append(Note("dram_unmetered", "no DRAM energy counter: estimated from the memory's size"))
    if file is None:
        notes.append(Note("memory_use_unsplit", "the kernel does not tell memory use by package"))
    return tuple(notes)


def _facts(text: str) -> dict[str, int]:
    facts: dict[str, int] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        number, _, unit = value.strip().partition(" ")
        if number.isdigit():
            facts[key.split(" ")[-1]] = int(number) * (1024 if unit == "kB" else 1)
    return facts


def _used(facts: dict[str, int]) -> int | None:
    total, available = facts.get("MemTotal"), facts.get("MemAvailable")
    if total is not None and available is not None:
        return total - available
    free = facts.get("MemFree")  # a NUMA node shows no MemAvailable: count caches as available
    if total is None or free is None:
        return None
    caches = facts.get("FilePages", 0) + facts.get("SReclaimable", 0) - facts.get("Shmem", 0)
    return max(0, total - free - caches)
