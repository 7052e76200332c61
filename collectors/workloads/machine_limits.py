"""What this machine can run of a suite: its cores, its frameworks, its memory, its devices."""

import os
from functools import cache
from importlib.util import find_spec

import psutil

from collectors.workloads.case import Case
from collectors.workloads.catalogue import catalogue

PACKAGES = {
    "sklearn": ("sklearn", "analysis"),
    "xgboost": ("xgboost", "workloads"),
    "pytorch": ("torch", "workloads"),
    "transformers": ("transformers", "workloads"),
    "onnxruntime": ("onnxruntime", "workloads"),
    "openvino": ("openvino", "workloads"),
}
PRECISION_PACKAGES = {"nf4": ("bitsandbytes", "workloads")}
_BYTES_AT_LOAD = 8.0  # float32 weights, twice: seeded, then converted


def cores_count() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def turns_bytes() -> float:
    """Return the memory that models which take turns may fill [bytes]: half of what is free now."""
    return 0.5 * float(psutil.virtual_memory().available)


def unavailable(case: Case) -> str | None:
    """Return why a valid case cannot run on this machine, with the cure, or None."""
    for package, extra in filter(None, (PACKAGES[case.framework], PRECISION_PACKAGES.get(case.precision))):
        if not _installed(package):
            return f"{package} is not installed; pip install 'ecoanalysis[{extra}]'"
    if case.device == "cuda" and not _cuda_devices():
        return "no NVIDIA device is visible here; eco-collect doctor says why"
    needed = load_bytes(case)
    if needed > psutil.virtual_memory().available:
        return f"{case.model} needs about {needed / 1e9:.1f} GB of memory to load, more than is free here"
    return None


def load_bytes(case: Case) -> float:
    """Return about the memory that a case's model takes while it is loaded [bytes]."""
    return catalogue()[case.model].params_approx * _BYTES_AT_LOAD


@cache
def _installed(package: str) -> bool:
    return find_spec(package) is not None


@cache
def _cuda_devices() -> int:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return 0
    try:
        return int(pynvml.nvmlDeviceGetCount())
    finally:
        pynvml.nvmlShutdown()
