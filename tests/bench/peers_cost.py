"""CPU cost of recording this machine, beside CodeCarbon at the same periods.

CodeCarbon is taken from the environment of the Python named by ECO_BENCH_CODECARBON (a throw-away venv with
`pip install codecarbon`); without it only our own figures are given.
"""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from collectors import Config, record
from collectors.host import recording
from tests.bench.recorder_cost import cpu_ns

PYTHON_VARIABLE = "ECO_BENCH_CODECARBON"
SECONDS = 15.0
CONFIG = Config(task="bench", model="bench", framework="none", precision="none")
_CODECARBON = """
import sys, time, logging
from codecarbon import OfflineEmissionsTracker
period, seconds = float(sys.argv[1]), float(sys.argv[2])
tracker = OfflineEmissionsTracker(country_iso_code="USA", measure_power_secs=period, save_to_file=False,
                                  log_level="critical", allow_multiple_runs=True)
tracker.start()
time.sleep(2)
before = time.process_time()
time.sleep(seconds)
print("CPU", (time.process_time() - before) / seconds * 1e3, flush=True)
tracker.stop()
"""


def run() -> list[str]:
    """Return milliseconds of CPU per second of recording, ours and theirs."""
    python = os.environ.get(PYTHON_VARIABLE)
    lines = []
    for period_s in (0.1, 1.0):
        ours_ms = _ours(period_s)
        line = f"every {period_s:g} s: ours {ours_ms:.2f} ms CPU per s"
        if python:
            theirs_ms = _theirs(python, period_s)
            line += f", CodeCarbon {theirs_ms:.2f}: {ours_ms / theirs_ms:.2f} of it (bar 0.5)"
        lines.append(line)
    return lines if python else [*lines, f"no CodeCarbon: set {PYTHON_VARIABLE} to a Python that has it"]


def _ours(period_s: float) -> float:
    with (
        tempfile.TemporaryDirectory() as folder,
        recording(Path(folder), 1.0 / period_s) as host,
        record(CONFIG),
    ):
        time.sleep(2)
        before_ns = cpu_ns(host)
        time.sleep(SECONDS)
        return (cpu_ns(host) - before_ns) / 1e6 / SECONDS


def _theirs(python: str, period_s: float) -> float:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, "-c", _CODECARBON, str(period_s), str(SECONDS)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    return float(done.stdout.split("CPU")[1])
