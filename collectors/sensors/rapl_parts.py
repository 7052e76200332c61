"""The RAPL zones of the platform (psys) and of the parts of a package."""

from collectors.sensors import rapl
from collectors.sensors.battery import batteries
from collectors.sensors.edge import Edge, device_id
from collectors.sensors.rapl import Zone
from collectors.sensors.sensor import Found, Reading
from collectors.sensors.sensor_error import gain_error
from collectors.sensors.topology import cpu_vendor
from collectors.trace.records import Device, Note


class ZoneSensor:
    """One zone's counter."""

    def __init__(self, device: Device, zone: Zone) -> None:
        self.device = device
        self.notes: tuple[Note, ...] = ()
        self.slowest_s: float | None = zone.slowest_s
        self._zone = zone

    @property
    def fastest_s(self) -> float:
        """Half a millisecond."""
        return 0.5 * rapl.UPDATE_S

    def read_fast(self) -> Reading:
        """Read the raw energy counter."""
        return Reading(energy_j=self._zone.energy_j())

    def read_slow(self) -> Reading:
        """Nothing beside the counter."""
        return Reading()

    def close(self) -> None:
        """Close the file."""
        if self._zone.file:
            self._zone.file.close()


def probe(edge: Edge) -> Found:
    """Return psys by itself, core and uncore as parts of their package.

    psys (boundary platform) contains packages, DRAM and more: it is never summed with them, as little as a
    wall meter is. While a laptop's battery discharges, its reading contains psys.
    """
    found = rapl.zones(edge)
    order = [zone.path.name for zone in found if zone.name.startswith("package")]
    vendor = cpu_vendor(edge)
    sensors = []
    for zone in found:
        if zone.file is None or zone.name.startswith("package") or zone.name == "dram":
            continue
        device = _device(edge, zone, order, vendor)
        sensors.append(ZoneSensor(device, zone))
    return Found(tuple(sensors))


def _device(edge: Edge, zone: Zone, packages: list[str], vendor: str | None) -> Device:
    owner = packages.index(zone.parent) if zone.parent in packages else None
    if zone.name == "psys":
        kind, boundary = "platform", "platform"
        parent = next((device_id(edge, "battery", folder.name) for folder in batteries(edge)), None)
    else:
        kind, boundary = "cpu", "package"
        parent = None if owner is None else device_id(edge, "cpu", owner)
    return Device(
        id=device_id(edge, "rapl", zone.path.name),
        recording_id=None,
        kind=kind,
        name=f"RAPL {zone.name}" + (f" of package {owner}" if owner is not None else ""),
        boundary=boundary,
        sensor="rapl",
        index=owner or 0,
        vendor_uid=zone.path.name,
        parent_id=parent,
        energy_source="counter",
        update_period_s=rapl.UPDATE_S,
        energy_wrap_j=zone.wrap_j,
        gain_error_ratio=gain_error("rapl", vendor or "")[0],
    )
