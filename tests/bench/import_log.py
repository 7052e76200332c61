"""A long nvidia-smi log through `eco import`: megabytes per minute and core, and peak memory, by size."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

_SIZES_MB = (128, 512, 1024)
_ROW = (
    "2026/08/{day:02d} {h:02d}:{m:02d}:{s:02d}.{ms:03d}, {gpu}, NVIDIA A100-SXM4-80GB, {w}.25 W, 55 %, "
    "40123 MiB, 1410 MHz, {c}\n"
)
_HEADER = (
    "timestamp, index, name, power.draw [W], utilization.gpu [%], memory.used [MiB], "
    "clocks.current.sm [MHz], temperature.gpu\n"
)


def run() -> list[str]:
    """Import a log of eight GPUs and one of a single GPU; goals: 150 MB/min per core, 0.8 GB at a log of 1 GB."""
    lines = [_measured(size, gpus=8) for size in _SIZES_MB]
    return [*lines, _measured(_SIZES_MB[-1], gpus=1)]


def _measured(megabytes: int, gpus: int) -> str:
    """Write a log, import it in a process of its own (checks and integration included); return the figures."""
    with tempfile.TemporaryDirectory() as name:
        path, database = Path(name) / "gpu.csv", Path(name) / "eco.duckdb"
        _write(path, megabytes * 1_000_000, gpus)
        command = [sys.executable, "-m", "ecoanalysis", "import", str(path), "--database", str(database)]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        if status:
            return f"{megabytes} MB of {gpus} GPUs: failed with status {status}"
    seconds = used.ru_utime + used.ru_stime
    return (
        f"{megabytes} MB of {gpus} GPUs: {megabytes / seconds * 60:.0f} MB/min per core, "
        f"peak {used.ru_maxrss / 1024:.0f} MiB"
    )


def _write(path: Path, size: int, gpus: int) -> None:
    """Write a log at 10 Hz: power that moves, a heating edge in the first minutes, then a steady temperature."""
    with path.open("w") as out:
        out.write(_HEADER)
        done = 0
        while out.tell() < size:
            rows = []
            for tick in range(done, done + 5000):
                seconds, ms = divmod(tick * 100, 1000)
                day, rest = divmod(seconds, 86_400)
                clock = {"day": 1 + day, "h": rest // 3600, "m": rest // 60 % 60, "s": rest % 60, "ms": ms}
                warm = min(40 + tick // 100, 71)
                rows += [
                    _ROW.format(**clock, gpu=gpu, w=200 + (tick * 7 + gpu) % 200, c=warm)
                    for gpu in range(gpus)
                ]
            out.write("".join(rows))
            done += 5000
