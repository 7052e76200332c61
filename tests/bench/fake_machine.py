"""A machine with a CPU package and DRAM under fake RAPL, and one fake GPU behind the NVML interface."""

import tempfile
import time
from pathlib import Path

from collectors.machine import Machine, discover
from collectors.sensors.edge import edge_at
from tests.fakes.kernel import FakeKernel
from tests.fakes.nvml import FakeGpu, FakeNvml


def machine() -> Machine:
    """Return it, found by the probes that find a real one. Named to recorders by ECO_MACHINE."""
    folder = Path(tempfile.gettempdir()) / "eco-bench-machine"
    kernel = FakeKernel(folder)
    kernel.zone("intel-rapl:0", "package-0")
    kernel.zone("intel-rapl:0:0", "dram")
    library = FakeNvml([FakeGpu()], time.monotonic)
    return discover(edge_at(folder, load_nvml=lambda: library, environ={}))
