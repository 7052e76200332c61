"""What one read of each kernel sensor costs, on fake files in place of /sys and /proc; and what doctor takes."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from collectors.machine import discover
from collectors.sensors.edge import edge_at
from tests.fakes.clock import FakeClock
from tests.fakes.kernel import FakeKernel
from tests.fakes.nvml import FakeGpu, FakeNvml

_READS = 2000


def run() -> list[str]:
    """Return the cost of a read by sensor [µs CPU], of all at 10 Hz, and of `eco-collect doctor` [s]."""
    lines, total_us = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        kernel = FakeKernel(Path(folder))
        kernel.zone("intel-rapl:0", "package-0")
        kernel.zone("intel-rapl:0:0", "dram")
        kernel.temperature(0, 50.0)
        library = FakeNvml([FakeGpu()], FakeClock(100.0))
        edge = edge_at(Path(folder), load_nvml=lambda: library, environ={})
        for sensor in discover(edge).sensors:
            fast_us, slow_us = _cost_us(sensor.read_fast), _cost_us(sensor.read_slow)
            total_us += 10 * fast_us + slow_us
            lines.append(
                f"{sensor.device.sensor} {sensor.device.kind}: fast {fast_us:.0f} µs, slow {slow_us:.0f} µs CPU"
            )
    lines.append(
        f"all of them, fast at 10 Hz and slow at 1 Hz: {total_us / 1e3:.2f} ms CPU per s (bar 6 with writing)"
    )
    command = [str(Path(sys.executable).with_name("eco-collect")), "doctor", "--json"]
    walls = []
    for _ in range(5):
        began_s = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        walls.append(time.perf_counter() - began_s)
    lines.append(f"eco-collect doctor: {median(walls):.2f} s (bar 1)")
    return lines


def _cost_us(read: object) -> float:
    assert callable(read)
    began_ns = time.process_time_ns()
    for _ in range(_READS):
        read()
    return (time.process_time_ns() - began_ns) / _READS / 1e3
