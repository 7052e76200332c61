"""The processors of a machine: which packages there are, and which CPUs belong to each."""

from dataclasses import dataclass

from collectors.sensors.edge import Edge
from collectors.sensors.kernel_file import list_folder, read_number, read_text


@dataclass(frozen=True, slots=True)
class Package:
    """One CPU package (or die, where RAPL meters dies) and its CPUs as /proc/stat numbers them."""

    id: int
    cpus: tuple[int, ...]


def packages(edge: Edge) -> tuple[Package, ...]:
    """Return the packages with an online CPU; one with all CPUs where the kernel does not tell."""
    members: dict[int, list[int]] = {}
    for folder in list_folder(edge.sysfs / "devices/system/cpu"):
        number = folder.name.removeprefix("cpu")
        if folder.name == number or not number.isdigit() or read_text(folder / "online") == "0":
            continue
        package = read_number(folder / "topology/physical_package_id")
        members.setdefault(max(0, package or 0), []).append(int(number))  # some ARM boards say -1
    if not members:
        return (Package(0, tuple(range(cpu_count(edge) or 0))),)
    return tuple(Package(package, tuple(cpus)) for package, cpus in sorted(members.items()))


def cpu_count(edge: Edge) -> int | None:
    """Return the number of online logical CPUs, None where it cannot be told."""
    text = read_text(edge.procfs / "stat")
    if text is None:
        import psutil

        return int(psutil.cpu_count() or 0) or None
    return sum(line[3:4].isdigit() for line in text.splitlines() if line.startswith("cpu")) or None


def cpu_model(edge: Edge) -> str | None:
    """Return the processor's name as it gives it itself."""
    text = read_text(edge.procfs / "cpuinfo") or ""
    facts: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    for key in ("model name", "Model", "cpu model", "cpu"):
        if facts.get(key):
            return facts[key]
    tree = read_text(edge.procfs / "device-tree/model") or read_text(
        edge.sysfs / "firmware/devicetree/base/model"
    )
    if tree:
        return tree.rstrip("\0")
    if text:
        return facts.get("CPU part") and f"ARM {facts.get('CPU implementer')} part {facts['CPU part']}"
    if edge.system == "Darwin" and (brand := edge.ask_sysctl("machdep.cpu.brand_string")):
        return brand
    import platform

    return platform.processor() or None


def cpu_vendor(edge: Edge) -> str | None:
    """Return intel, amd, arm or None."""
    text = read_text(edge.procfs / "cpuinfo") or ""
    for sign, vendor in (("GenuineIntel", "intel"), ("AuthenticAMD", "amd"), ("HygonGenuine", "amd")):
        if sign in text:
            return vendor
    return "arm" if "CPU implementer" in text else None
