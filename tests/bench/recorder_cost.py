"""What recording costs: CPU per second, memory, start-up, with CPU and DRAM under RAPL and a GPU to read."""

import tempfile
import time
from pathlib import Path

from collectors import Config, record
from collectors.host import Host, recording

CONFIG = Config(task="bench", model="bench", framework="none", precision="none")
SECONDS = 8.0
BARS_MS = {10.0: 6.0, 1.0: 1.5}


def run() -> list[str]:
    """Return the figures beside their bars."""
    env = {"ECO_MACHINE": "tests.bench.fake_machine:machine", "PYTHONPATH": str(Path(__file__).parents[2])}
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for hz in (10.0, 1.0, None):
            with recording(Path(folder), hz, env=env) as host, record(CONFIG):
                time.sleep(1.5)
                before_ns = cpu_ns(host)
                time.sleep(SECONDS)
                cost_ms = (cpu_ns(host) - before_ns) / 1e6 / SECONDS
                resident_mb = resident_bytes(host) / 1e6
            bar = f" (bar {BARS_MS[hz]:g})" if hz else ""
            lines.append(
                f"{f'{hz:g} Hz' if hz else 'adaptive'}: {cost_ms:.2f} ms CPU per s{bar}, "
                f"{resident_mb:.0f} MB resident (bar 80), ready after {host.ready_cpu_s:.2f} s CPU (bar 0.4)"
            )
    return lines


def cpu_ns(host: Host) -> int:
    """CPU time of every thread of the recorder [ns]."""
    threads = Path(f"/proc/{host.process.pid}/task")
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads.iterdir())


def resident_bytes(host: Host) -> int:
    """The most memory that the recorder has held."""
    status = Path(f"/proc/{host.process.pid}/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])
