"""The CPU packages: utilisation, clock, temperature, and their energy where RAPL or firmware shows it."""

import json
from dataclasses import replace
from itertools import zip_longest

from collectors.sensors import acpi_power, rapl
from collectors.sensors.acpi_power import AcpiMeter
from collectors.sensors.board_hwmon import cpu_rail_id
from collectors.sensors.cpu_clock import CpuClock
from collectors.sensors.cpu_temperature import Thermometer, package_temperatures
from collectors.sensors.cpu_usage import CpuUsage, PsutilUsage
from collectors.sensors.edge import Edge, device_id
from collectors.sensors.place import container, virtualization
from collectors.sensors.rapl import Zone
from collectors.sensors.sensor import Found, Reading
from collectors.sensors.sensor_error import gain_error
from collectors.sensors.topology import Package, cpu_model, cpu_vendor, packages
from collectors.trace.records import Device, Note

_USAGE_S = 0.1  # ten ticks of the kernel's clock


class CpuSensor:
    """A CPU package. With neither a RAPL zone nor a meter it has no energy, only what drives an estimate."""

    def __init__(
        self,
        device: Device,
        usage: CpuUsage | PsutilUsage,
        clock: CpuClock | None,
        temperature: Thermometer | None,
        zone: Zone | None,
        notes: tuple[Note, ...],
        meter: AcpiMeter | None = None,
    ) -> None:
        self.device, self.notes = device, notes
        self._usage, self._clock, self._temperature = usage, clock, temperature
        self._zone, self._meter = zone, meter
        self.slowest_s = zone.slowest_s if zone else None

    @property
    def fastest_s(self) -> float:
        """Half the update period: the counter's, or that of the utilisation."""
        return 0.5 * (self.device.update_period_s or _USAGE_S)

    def read_fast(self) -> Reading:
        """Read the raw energy counter, or firmware's mean power, and the utilisation."""
        energy_j = self._zone.energy_j() if self._zone else None
        power_avg_w = self._meter.power_w() if self._meter else None
        return Reading(energy_j=energy_j, power_avg_w=power_avg_w, util_ratio=self._usage.read())

    def read_slow(self) -> Reading:
        """Read the mean clock and the package's temperature."""
        clock_hz = self._clock.read_hz() if self._clock else None
        temperature_c = self._temperature.read_c() if self._temperature else None
        return Reading(clock_hz=clock_hz, temperature_c=temperature_c)

    def close(self) -> None:
        """Close the files."""
        self._usage.close()
        thermometer = self._temperature.file if self._temperature else None
        counter = self._zone.file if self._zone else None
        power = self._meter.file if self._meter else None
        for part in (self._clock, thermometer, counter, power):
            if part is not None:
                part.close()


def probe(edge: Edge) -> Found:
    """Return a sensor for each package, or for each die where RAPL meters dies."""
    if not (edge.procfs / "stat").exists():
        return Found() if edge.system == "Darwin" else _probe_elsewhere(edge)  # powermetrics.py has Apple's
    zones = [zone for zone in rapl.zones(edge) if zone.name.startswith("package")]
    readable = [zone for zone in zones if zone.file]
    places = packages(edge)
    temperatures = package_temperatures(edge)
    vendor = cpu_vendor(edge)
    pairs = _pair(places, zones)
    sensors = tuple(
        _sensor(
            edge, index, package, zone, temperatures[index] if index < len(temperatures) else None, len(pairs)
        )
        for index, (package, zone) in enumerate(pairs)
    )
    notes: tuple[Note, ...] = ()
    if not zones and any(_is_unmetered(sensor.device) for sensor in sensors):
        notes = (rapl.explain_absence(edge, virtualization(edge), container(edge), vendor),)
    elif len(readable) < len(zones):
        refused = next(zone for zone in zones if not zone.file)
        notes = (rapl.explain_refusal(refused, container(edge)),)
    virtual = virtualization(edge)
    if readable and virtual not in (None, "none"):
        notes = (*notes, rapl.explain_guest(virtual))
    if vendor == "amd" and readable:
        text = "AMD's RAPL covers package and cores, not DRAM; before Zen 3 it is modelled, not measured"
        notes = (*notes, Note("rapl_amd", text))
    return Found(sensors, (*notes, *_same_counter(readable)))


def _is_unmetered(device: Device) -> bool:
    """Whether nothing meters a package: no sensor of its own, and no rail that feeds it."""
    return device.energy_source == "none" and device.parent_id is None


def _pair(places: tuple[Package, ...], zones: list[Zone]) -> list[tuple[Package, Zone | None]]:
    """Give each package its zone; where RAPL meters more parts than there are packages, dies share the CPUs."""
    if len(zones) <= len(places):
        return list(zip_longest(places, zones))
    each = max(1, len(zones) // len(places))
    return [(places[min(index // each, len(places) - 1)], zone) for index, zone in enumerate(zones)]


def _sensor(
    edge: Edge, index: int, package: Package, zone: Zone | None, temperature: Thermometer | None, count: int
) -> CpuSensor:
    metered = zone if zone and zone.file else None
    meter = None if metered else acpi_power.of_socket(edge, index)
    clock = CpuClock(edge, package.cpus)
    vendor = cpu_vendor(edge)
    sensor = "rapl" if metered else acpi_power.SENSOR if meter else "procfs"
    gain, basis = gain_error(sensor, vendor or "") if metered or meter else (None, None)
    extra = {
        "cpus": len(package.cpus),
        "gain_error_basis": basis,
        "zone": zone.name if zone else None,
        "temperature_limit_c": temperature.limit_c if temperature else None,
    }
    device = Device(
        id=device_id(edge, "cpu", index),
        recording_id=None,
        kind="cpu",
        name=cpu_model(edge) or "CPU",
        boundary="package",
        sensor=sensor,
        index=index,
        vendor_uid=zone.name if zone else f"package-{package.id}",
        tdp_w=zone.max_power_w if zone else None,
        power_limit_w=zone.limit_w if zone else None,
        cores_count=len(package.cpus) or None,
        parent_id=None if metered or meter else cpu_rail_id(edge),
        energy_source="counter" if metered else "power" if meter else "none",
        update_period_s=rapl.UPDATE_S if metered else meter.interval_s if meter else None,
        averaging_window_s=meter.interval_s if meter else None,
        energy_wrap_j=metered.wrap_j if metered else None,
        gain_error_ratio=gain,
        extra=json.dumps({key: value for key, value in extra.items() if value is not None}),
    )
    usage = CpuUsage(edge, package.cpus if count > 1 else None)
    notes = _missing(clock, temperature, virtualization(edge))
    return CpuSensor(device, usage, clock, temperature, metered, notes, meter)


def _missing(clock: CpuClock, temperature: Thermometer | None, virtual: str | None) -> tuple[Note, ...]:
    notes = []
    if not clock.found:
        notes.append(Note("cpu_clock_absent", "the kernel shows no CPU clock (no cpufreq)"))
    if temperature is None:
        hint = "sudo modprobe coretemp   # AMD: k10temp" if virtual in (None, "none") else None
        notes.append(Note("cpu_temperature_absent", "the kernel shows no CPU temperature", hint=hint))
    return tuple(notes)


def _same_counter(zones: list[Zone]) -> tuple[Note, ...]:
    """Some two-die processors show the energy of the whole on each die (Threadripper 1950X)."""
    shown = [zone.energy_j() for zone in zones]
    for index, energy_j in enumerate(shown[1:], 1):
        if energy_j > 0 and abs(energy_j - shown[0]) < 1e-4 * energy_j:
            text = (
                f"{zones[0].name} and {zones[index].name} show the same energy: one sensor may be shown twice"
            )
            return (
                Note("rapl_duplicate", text, "warning", "compare the sum with a wall meter before using it"),
            )
    return ()


def _probe_elsewhere(edge: Edge) -> Found:
    """The CPU of a system without /proc: utilisation by psutil, no energy."""
    device = Device(
        device_id(edge, "cpu", 0),
        None,
        "cpu",
        cpu_model(edge) or "CPU",
        "package",
        "psutil",
        vendor_uid="package-0",
    )
    import psutil

    device = replace(device, cores_count=psutil.cpu_count())
    text = "no RAPL counters: this system is not Linux"
    note = Note("rapl_absent", text, "warning", rapl.VIRTUAL_FIX)
    return Found((CpuSensor(device, PsutilUsage(), None, None, None, ()),), (note,))
