"""Where the machine's processes live: virtual machine, container, CPU quota."""

from pathlib import Path

from collectors.sensors.edge import Edge
from collectors.sensors.kernel_file import read_number, read_text
from collectors.sensors.topology import cpu_count

_MAKERS = (
    ("vmware", "VMware"),
    ("virtualbox", "VirtualBox"),
    ("xen", "Xen"),
    ("microsoft", "Hyper-V"),
    ("hyperv", "Hyper-V"),
    ("amazon", "Amazon EC2"),
    ("google", "Google Compute Engine"),
    ("qemu", "KVM"),
    ("kvm", "KVM"),
    ("parallels", "Parallels"),
)


def virtualization(edge: Edge) -> str | None:
    """Return the hypervisor's name, "none" on bare metal, None where it cannot be told."""
    cpuinfo = read_text(edge.procfs / "cpuinfo")
    if cpuinfo is None:
        return None
    if "microsoft" in (read_text(edge.procfs / "sys/kernel/osrelease") or "").lower():
        return "WSL"
    maker = " ".join(
        read_text(edge.sysfs / "class/dmi/id" / name) or "" for name in ("sys_vendor", "product_name")
    )
    flags = next((line for line in cpuinfo.splitlines() if line.startswith("flags")), "")
    maker += " " + (
        read_text(edge.sysfs / "devices/system/clocksource/clocksource0/available_clocksource") or ""
    )
    known = next((name for sign, name in _MAKERS if sign in maker.lower()), None)
    if " hypervisor" in flags:
        return known or "unknown hypervisor"
    if flags:
        return "none"
    return known if known in ("KVM", "VMware", "Parallels") else None  # ARM shows no such flag


def container(edge: Edge) -> str | None:
    """Return docker, podman, kubernetes, lxc, apptainer …; None outside a container."""
    if "KUBERNETES_SERVICE_HOST" in edge.environ:
        return "kubernetes"
    for variable in ("APPTAINER_CONTAINER", "SINGULARITY_CONTAINER"):
        if variable in edge.environ:
            return "apptainer"
    if (edge.rootfs / ".dockerenv").exists():
        return "docker"
    if (edge.rootfs / "run/.containerenv").exists():
        return "podman"
    groups = read_text(edge.procfs / "1/cgroup") or ""
    for sign, name in (
        ("kubepods", "kubernetes"),
        ("docker", "docker"),
        ("libpod", "podman"),
        ("lxc", "lxc"),
    ):
        if sign in groups:
            return name
    return edge.environ.get("container")


def cpu_quota(edge: Edge) -> float | None:
    """Return the number of CPUs that this process may use at most; None without a limit.

    The tightest of: the quota of its control group and of all above it (of either version), and the CPUs that its
    affinity allows, which is what cpusets and Slurm narrow.
    """
    root = edge.sysfs / "fs/cgroup"
    limits = [_v2(read_text(folder / "cpu.max")) for folder in _groups(edge, root, "")]
    limits += [_v1(folder) for folder in _groups(edge, root / "cpu", "cpu")]
    limits.append(_affinity(edge))
    return min((limit for limit in limits if limit is not None), default=None)


def _groups(edge: Edge, root: Path, controller: str) -> list[Path]:
    """Return the folders of this process's control group under a hierarchy's root, and of all above it."""
    lines = [line.split(":", 2) for line in (read_text(edge.procfs / "self/cgroup") or "").splitlines()]
    own = next((parts[2] for parts in lines if len(parts) == 3 and controller in parts[1].split(",")), "")
    folder = root / own.strip("/")
    folders = [folder]
    while folder != root and root in folder.parents:
        folder = folder.parent
        folders.append(folder)
    return folders


def _v1(folder: Path) -> float | None:
    quota_us, period_us = read_number(folder / "cpu.cfs_quota_us"), read_number(folder / "cpu.cfs_period_us")
    return quota_us / period_us if quota_us and period_us and quota_us > 0 else None


def _affinity(edge: Edge) -> float | None:
    """Return the number of CPUs in Cpus_allowed_list, as 0-3,8; None where those are all that there are, or more."""
    status = (read_text(edge.procfs / "self/status") or "").splitlines()
    text = next(
        (line.partition(":")[2].strip() for line in status if line.startswith("Cpus_allowed_list")), ""
    )
    count = 0
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdigit():
            count += int(last or first) - int(first) + 1
    return count if 0 < count < (cpu_count(edge) or 0) else None


def _v2(text: str | None) -> float | None:
    quota, _, period = (text or "max").partition(" ")
    if not quota.isdigit() or not period.strip().isdigit():
        return None
    return int(quota) / int(period)
