"""A long nvidia-smi log: megabytes per minute and core, and peak memory, against a log a quarter as long."""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time

from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest

_ROW = (
    "2026/08/{day:02d} {h:02d}:{m:02d}:{s:02d}.{ms:03d}, {gpu}, NVIDIA A100-SXM4-80GB, {w}.25 W, 55 %, "
    "40123 MiB, 1410 MHz, 55\n"
)
_HEADER = (
    "timestamp, index, name, power.draw [W], utilization.gpu [%], memory.used [MiB], "
    "clocks.current.sm [MHz], temperature.gpu\n"
)


def run() -> list[str]:
    """Import logs of 32 and 128 MB, each in a process of its own; the goals are 150 MB/min and bounded memory."""
    lines = []
    for megabytes in (32, 128):
        command = [sys.executable, "-c", f"from tests.bench.import_log import one; one({megabytes})"]
        lines.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    return lines


def one(megabytes: int) -> None:
    """Write a log, import it, print the figures."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "gpu.csv"
        _write(path, megabytes * 1_000_000)
        con = open_database(Path(name) / "eco.duckdb")
        begun = process_time()
        ingest(con, read(path))
        seconds = process_time() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{megabytes} MB: {megabytes / seconds * 60:.0f} MB/min per core (goal 150), peak {peak:.0f} MiB"
        )


def _write(path: Path, size: int) -> None:
    """Write a log of eight GPUs at 10 Hz."""
    with path.open("w") as out:
        out.write(_HEADER)
        done = 0
        while out.tell() < size:
            rows = []
            for tick in range(done, done + 5000):
                seconds, ms = divmod(tick * 100, 1000)
                day, rest = divmod(seconds, 86_400)
                clock = {"day": 1 + day, "h": rest // 3600, "m": rest // 60 % 60, "s": rest % 60, "ms": ms}
                rows += [_ROW.format(**clock, gpu=gpu, w=200 + (tick * 7 + gpu) % 200) for gpu in range(8)]
            out.write("".join(rows))
            done += 5000
