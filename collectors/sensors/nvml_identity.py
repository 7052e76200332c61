"""What an NVIDIA GPU is: consumer or datacenter, its architecture, whether the workload can see it."""

from collections.abc import Mapping, Sequence
from types import ModuleType

_ARCHITECTURES = {2: "Kepler", 3: "Maxwell", 4: "Pascal", 5: "Volta", 6: "Turing", 7: "Ampere"}
_ARCHITECTURES |= {8: "Ada", 9: "Hopper", 10: "Blackwell", 13: "Rubin"}  # nvml.h, nvmlDeviceArchitecture_t
_GA100 = ("A100", "A30", "A800", "CMP 170HX", "DRIVE-PG199", "PG509")
_CONSUMER = ("GEFORCE", "GEFORCE_RTX", "TITAN", "TITAN_RTX")
_WORKSTATION = ("QUADRO", "QUADRO_RTX", "NVIDIA_RTX", "NVS")
_DATACENTER = ("TESLA", "NVIDIA", "GRID", "NVIDIA_VAPPS", "NVIDIA_VPC", "NVIDIA_VCS", "NVIDIA_VWS")
_MEAN_OF_A_SECOND = ("Ampere GA10x", "Ada", "Hopper", "Blackwell", "Rubin")


def architecture(
    nvml: ModuleType, number: int | None, name: str, capability: Sequence[int] | None
) -> str | None:
    """Return the architecture's name; GA100 and the other Ampere chips have different sensors."""
    if number is None or number not in _ARCHITECTURES:
        return None
    if number != nvml.NVML_DEVICE_ARCH_AMPERE:
        return _ARCHITECTURES[number]
    if capability:
        return "Ampere GA100" if tuple(capability) == (8, 0) else "Ampere GA10x"
    words = name.replace("-", " ").split()
    return "Ampere GA100" if any(sign in words or sign in name for sign in _GA100) else "Ampere GA10x"


def kind(nvml: ModuleType, brand: int | None, name: str) -> str:
    """Return consumer_gpu, datacenter_gpu, or gpu (workstation boards, unknown brands)."""
    brands = {
        getattr(nvml, f"NVML_BRAND_{word}", None): word for word in (*_CONSUMER, *_WORKSTATION, *_DATACENTER)
    }
    word = brands.get(brand) if brand is not None else None
    if word in _CONSUMER or "GeForce" in name or "TITAN" in name:
        return "consumer_gpu"
    if word in _WORKSTATION or "Quadro" in name or "RTX A" in name:
        return "gpu"
    return "datacenter_gpu" if word in _DATACENTER else "gpu"


def plain_power_is_mean(family: str | None) -> bool:
    """Return whether nvmlDeviceGetPowerUsage is the mean of the last second (nvml.h; GA100 and older: instant)."""
    return family is None or family in _MEAN_OF_A_SECOND


def visible(environ: Mapping[str, str], uuids: Sequence[str], instances: Sequence[Sequence[str]]) -> set[str]:
    """Return the UUIDs that CUDA_VISIBLE_DEVICES leaves visible: of boards, and of MIG instances.

    The list holds indices, UUIDs or their beginnings; the first entry that is none ends it (CUDA C++
    Programming Guide, environment variables). A visible instance makes its board visible.
    """
    text = environ.get("CUDA_VISIBLE_DEVICES")
    owner = {uuid: board for board, own in zip(uuids, instances, strict=True) for uuid in own}
    everything = {*uuids, *owner}
    if text is None:
        return everything
    chosen: set[str] = set()
    for entry in (part.strip() for part in text.split(",")):
        if entry.isdigit() and int(entry) < len(uuids):
            found = uuids[int(entry)]
        else:
            candidates = [uuid for uuid in sorted(everything) if entry and uuid.startswith(entry)]
            if len(candidates) != 1:
                break
            found = candidates[0]
        chosen |= {found, owner.get(found, found)}
        if found in uuids:
            chosen |= set(instances[uuids.index(found)])
    return chosen
