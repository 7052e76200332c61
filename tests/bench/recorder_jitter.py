"""How punctual ticks are beside a workload that holds the GIL on the same core: a process against a thread."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from collectors.trace.reader import open_trace

SECONDS = 6.0
# The first program records itself through the recorder process, the second samples in a thread of its own.
WITH_PROCESS = f"""
import sys, time; from pathlib import Path; import collectors; from collectors import Config
with collectors.record(Config("b", "b", "b", "b"), out=Path(sys.argv[1]), hz=float(sys.argv[2])):
    until = time.monotonic() + {SECONDS}
    while time.monotonic() < until: sum(range(200_000))
"""


def run() -> list[str]:
    """Return delivered ticks and lateness at 10, 50 and 100 Hz."""
    core = min(os.sched_getaffinity(0))
    lines = []
    for hz in (10, 50, 100):
        times = _recorded(hz, core)
        lines.append(f"{hz:3} Hz, recorder process: {_describe(times, hz)} (bars: 99 %, 1 ms)")
        lines.append(f"{hz:3} Hz, thread in the workload: {_describe(_threaded(hz), hz)}")
    return lines


def _recorded(hz: int, core: int) -> list[float]:
    script = '[{"watts": 50, "update_s": 0.001}]'
    env = {**os.environ, "ECO_MACHINE": "collectors.sensors.scripted:machine", "ECO_SCRIPT": script}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-c", WITH_PROCESS, folder, str(hz)],
            env=env,
            check=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        [path] = Path(folder).iterdir()
        rows = (
            open_trace(path)
            .execute("SELECT t_ns FROM sample WHERE power_w IS NOT NULL ORDER BY 1")
            .fetchall()
        )
    return [row[0] / 1e9 for row in rows][1:-1]  # without the readings at the run's edges


def _threaded(hz: int) -> list[float]:
    times: list[float] = []
    begin_s = time.monotonic()

    def sample() -> None:
        for tick in range(int(SECONDS * hz)):
            time.sleep(max(0.0, begin_s + tick / hz - time.monotonic()))
            times.append(time.monotonic())

    thread = threading.Thread(target=sample)
    thread.start()
    while thread.is_alive():
        sum(range(200_000))
    return times


def _describe(times: list[float], hz: int) -> str:
    """Against the grid that starts at the earliest tick: lateness is never negative."""
    grid_s = min(at - tick / hz for tick, at in enumerate(times))
    ticks = {round((at - grid_s) * hz - 0.3) for at in times}
    lateness = [at - grid_s - round((at - grid_s) * hz - 0.3) / hz for at in times]
    expected = round((times[-1] - times[0]) * hz) + 1
    return f"{len(ticks) / expected:.1%} delivered, median {1e3 * median(lateness):.2f} ms late"
