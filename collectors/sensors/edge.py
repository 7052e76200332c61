"""The outer edge of the sensors: where the system's files lie, how libraries load, what time it is."""

import contextlib
import io
import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import IO

from collectors.trace.records import content_id


def load_nvml() -> ModuleType:
    """Return the NVML library, not yet initialised; raises ImportError."""
    import pynvml

    module: ModuleType = pynvml
    return module


def load_amdsmi() -> ModuleType:
    """Return the AMD SMI library, which AMD installs with ROCm, not yet initialised.

    Raises what loading raises (`amdsmi.LOAD_ERRORS`). It prints to stdout where ROCm is missing, which must not get
    into the JSON of a command.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        import amdsmi

    module: ModuleType = amdsmi
    return module


def start_powermetrics() -> IO[str]:
    """Return the output of Apple's powermetrics, one report a second; raises `PermissionError` without root."""
    if os.geteuid() != 0:
        raise PermissionError("powermetrics needs root")
    # -b 1: a line at a time. Left alone its output waits in a buffer for several reports.
    command = ["/usr/bin/powermetrics", "-b", "1", "-i", "1000", "--samplers", "cpu_power,gpu_power"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    return process.stdout


def ask_sysctl(name: str) -> str | None:
    """Return what macOS says of itself, as machdep.cpu.brand_string; None where it says nothing."""
    try:
        answer = subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None


@dataclass(frozen=True, slots=True)
class Edge:
    """Everything that probes touch outside Python; tests give another.

    `calibration` is the folder of what `eco-collect calibrate` measured. `environ` carries CUDA_VISIBLE_DEVICES,
    the wall meter's address and the like.
    """

    rootfs: Path = Path("/")
    sysfs: Path = Path("/sys")
    procfs: Path = Path("/proc")
    calibration: Path = Path("data/calibration")
    load_nvml: Callable[[], ModuleType] = load_nvml
    load_amdsmi: Callable[[], ModuleType] = load_amdsmi
    start_powermetrics: Callable[[], IO[str]] = start_powermetrics
    ask_sysctl: Callable[[str], str | None] = ask_sysctl
    system: str = field(default_factory=platform.system)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    monotonic_ns: Callable[[], int] = time.monotonic_ns
    utc_ns: Callable[[], int] = time.time_ns


def edge_at(folder: Path, **others: object) -> Edge:
    """Return the edge whose file systems lie under a folder: folder/sys, folder/proc, folder/etc …"""
    return Edge(
        rootfs=folder,
        sysfs=folder / "sys",
        procfs=folder / "proc",
        calibration=folder / "calibration",
        **others,  # type: ignore[arg-type]
    )


def device_id(edge: Edge, *parts: object) -> int:
    """Return an id that a device keeps from one probe of this machine to the next."""
    return content_id([str(edge.rootfs), *parts])
