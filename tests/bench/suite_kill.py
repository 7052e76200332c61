"""A suite killed at random points and resumed: is every repeat there, and none twice?"""

import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from collectors.trace.land import find_traces
from collectors.trace.reader import open_trace

KILLS = 20
SEED = 20260711
_SUITE = """
[protocol]
idle_s = 0.02
first_idle_s = 0.0
warmup_s = 0.02
warmup_max_s = 0.05
infer_s = 0.15
cooldown_s = 0.02
repeats_min = 3
repeats_max = 3
[[grid]]
frameworks = ["sklearn"]
models = ["logistic_regression", "naive_bayes", "knn"]
datasets = ["blobs"]
precisions = ["fp64"]
batch_sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256]
"""
_EXPECTED = 3 * 9 * 3


def run() -> list[str]:
    """Kill -9 the suite's process 20 times after 2 to 8 s, resume each time, then let it end and count."""
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        suite, out = Path(folder) / "kill.toml", Path(folder) / "traces"
        suite.write_text(_SUITE)
        killed = 0
        for _ in range(KILLS):
            process = _start(suite, out)
            try:
                process.wait(rng.uniform(2.0, 8.0))
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                killed += 1
        code = _start(suite, out).wait()
        counts = _recorded(out)
    twice = sum(count > 1 for count in counts.values())
    found = f"{len(counts)} of {_EXPECTED} repeats recorded, {twice} of them twice"
    return [f"killed {killed} times, resumed: {found}; last exit code {code}"]


def _start(suite: Path, out: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "collectors", "suite", str(suite), "--out", str(out), "--resume"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _recorded(out: Path) -> Counter[tuple[str, int]]:
    counts: Counter[tuple[str, int]] = Counter()
    for path in find_traces(out):
        con = open_trace(path)
        rows = con.execute(
            "SELECT c.extra, repeat FROM run JOIN config AS c ON c.id = config_id WHERE status = 'ok'"
        ).fetchall()
        counts.update((str(extra), int(repeat)) for extra, repeat in rows)
        con.close()
    return counts
