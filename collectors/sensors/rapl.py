"""The RAPL zones of the powercap tree: energy counters of packages, their parts, DRAM, the platform."""

from dataclasses import dataclass, field
from pathlib import Path

from collectors.sensors.edge import Edge
from collectors.sensors.kernel_file import KernelFile, list_folder, read_number, read_text
from collectors.trace.records import Note

UPDATE_S = 0.001  # Intel SDM vol. 3B §15.10: counters refresh about once a millisecond
_GUARD_S = 60.0
PERMISSION_FIX = (
    "sudo chmod a+r /sys/class/powercap/*/energy_uj   # until the next start; for good: "
    "echo 'z /sys/class/powercap/*/energy_uj 0444 root root - -' | sudo tee /etc/tmpfiles.d/rapl.conf"
    " && sudo systemd-tmpfiles --create /etc/tmpfiles.d/rapl.conf"
)
MASKED_FIX = (
    "docker run --security-opt systempaths=unconfined … (Docker hides /sys/devices/virtual/powercap); "
    "or record on the host"
)
MODULE_FIX = (
    "sudo modprobe intel_rapl_msr   # for good: echo intel_rapl_msr | sudo tee /etc/modules-load.d/rapl.conf"
)
VIRTUAL_FIX = "record on bare metal; or with a wall meter: ECO_WALL=http://192.168.1.20 eco-collect run -- …"


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone. `file` is open when the counter can be read, else `refusal` says why not."""

    name: str
    path: Path
    parent: str | None  # the zone's folder name that this one is part of
    wrap_j: float | None
    max_power_w: float | None
    limit_w: float | None
    file: KernelFile | None = field(default=None, compare=False)
    refusal: OSError | None = field(default=None, compare=False)

    @property
    def slowest_s(self) -> float:
        """The longest gap that cannot hide a wrap: range / (2·Pmax), at most 60 s."""
        most_w = max(self.max_power_w or 0.0, 1.5 * (self.limit_w or 0.0))
        if not self.wrap_j or not most_w:
            return _GUARD_S
        return min(_GUARD_S, self.wrap_j / (2 * most_w))

    def energy_j(self) -> float:
        """Return the raw counter [J]; raises `OSError` when the zone is gone."""
        if self.file is None:
            raise self.refusal or OSError(f"{self.path} is not open")
        return self.file.read_int() / 1e6


def zones(edge: Edge) -> tuple[Zone, ...]:
    """Return the zones, each domain once: the MMIO twin of an MSR zone shows the same energy."""
    found: dict[tuple[str, str], Zone] = {}
    folders = list_folder(edge.sysfs / "class/powercap")
    for folder in sorted(folders, key=lambda path: "mmio" in path.name):
        if not _is_zone(folder):
            continue
        name = read_text(folder / "name")
        if not name:
            continue
        head, _, last = folder.name.rpartition(":")
        parent = head if ":" in head and last else None
        owner = read_text(folder.parent / parent / "name") if parent else None
        found.setdefault((owner or "", name), _zone(folder, name, parent))
    return tuple(found.values())


def explain_absence(
    edge: Edge, virtualization: str | None, container: str | None, vendor: str | None
) -> Note:
    """Say why there is no RAPL here, and the cure."""
    folder = edge.sysfs / "class/powercap"
    listed = [path for path in list_folder(folder) if _is_zone(path)]
    if listed:  # the links are there, what they point to is not
        return Note("rapl_masked", "the container hides the RAPL counters", "warning", MASKED_FIX)
    if virtualization not in (None, "none"):
        text = f"no RAPL counters: this is a virtual machine ({virtualization}), and hypervisors do not pass them on"
        return Note("rapl_absent", text, "warning", VIRTUAL_FIX)
    if container:
        text = f"no RAPL counters are visible in this container ({container})"
        return Note("rapl_absent", text, "warning", MASKED_FIX)
    if vendor in ("intel", "amd"):
        text = "no RAPL counters: the kernel's module is not loaded"
        return Note("rapl_absent", text, "warning", MODULE_FIX)
    text = "no RAPL counters: this processor has none that Linux shows"
    return Note("rapl_absent", text, "warning", VIRTUAL_FIX)


def explain_refusal(zone: Zone, container: str | None = None) -> Note:
    """Say why a zone's counter cannot be read, and the cure; in a container /sys is read-only: it is the host's."""
    if isinstance(zone.refusal, PermissionError):
        text = f"the energy counter of {zone.name} may only be read by root (since CVE-2020-8694)"
        where = f"on the host of this container ({container}): " if container else ""
        return Note("rapl_permission", text, "warning", where + PERMISSION_FIX)
    return Note("rapl_unreadable", f"the energy counter of {zone.name} fails: {zone.refusal}", "warning")


def explain_guest(virtualization: str) -> Note:
    """Say what a counter inside a virtual machine may be."""
    text = f"energy counters in a virtual machine ({virtualization}) are emulated, or the host's with all its guests"
    return Note("rapl_guest", text, "warning", "compare rest and full load: eco-collect calibrate")


def _is_zone(folder: Path) -> bool:
    """Whether an entry of powercap is a RAPL zone; others there (dtpm) meter nothing."""
    return folder.name.startswith("intel-rapl") and ":" in folder.name


def _zone(folder: Path, name: str, parent: str | None) -> Zone:
    wrap_uj = read_number(folder / "max_energy_range_uj")
    max_w, limit_w = _constraints(folder)
    file, refusal = None, None
    try:
        file = KernelFile(folder / "energy_uj")
        if file.read_int() == 0:  # some virtual machines and disabled zones; a live counter is never there
            raise OSError("it shows 0 and nothing else")
    except OSError as error:
        if file is not None:
            file.close()
        file, refusal = None, error
    return Zone(name, folder, parent, wrap_uj / 1e6 if wrap_uj else None, max_w, limit_w, file, refusal)


def _constraints(folder: Path) -> tuple[float | None, float | None]:
    """Return (TDP, long-term limit) [W] where the firmware tells: 0 and the like mean that it does not."""
    max_w = limit_w = None
    for index in range(4):
        name = read_text(folder / f"constraint_{index}_name")
        if name == "long_term":
            max_uw = read_number(folder / f"constraint_{index}_max_power_uw")
            limit_uw = read_number(folder / f"constraint_{index}_power_limit_uw")
            max_w = max_uw / 1e6 if max_uw and max_uw > 0 else None
            limit_w = limit_uw / 1e6 if limit_uw and limit_uw > 0 else None
    return max_w, limit_w
