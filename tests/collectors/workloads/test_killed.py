import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from collectors.trace.land import find_traces
from collectors.trace.reader import open_trace
from tests.collectors.workloads.killed_suite import CASES, PROTOCOL, RUN_S

KILLS = 20


def _start(out: Path) -> subprocess.Popen[str]:
    script = [sys.executable, "-m", "tests.collectors.workloads.killed_suite", str(out)]
    suite = subprocess.Popen(script, stdout=subprocess.PIPE, text=True)
    assert suite.stdout is not None
    assert suite.stdout.readline() == "running\n"
    return suite


def test_a_suite_killed_at_20_random_points_and_resumed_has_every_repeat_once(tmp_path: Path) -> None:
    rng = random.Random(20261127)
    whole_s = len(CASES) * PROTOCOL.repeats_min * RUN_S
    for _ in range(KILLS):
        suite = _start(tmp_path)
        try:
            suite.wait(rng.uniform(0.0, 2.5 * whole_s / KILLS))
        except subprocess.TimeoutExpired:
            suite.kill()
        suite.communicate()
    last = _start(tmp_path)
    last.communicate(timeout=60)
    assert last.returncode == 0

    done: Counter[tuple[str, int]] = Counter()
    for path in find_traces(tmp_path):
        con = open_trace(path)
        rows = con.execute(
            "SELECT model || batch_size::INT, repeat FROM run JOIN config ON config.id = config_id WHERE status = 'ok'"
        ).fetchall()
        con.close()
        done.update(rows)
    assert len(find_traces(tmp_path)) > KILLS / 2
    assert done == {(f"{case.model}{case.batch_size}", repeat): 1 for case in CASES for repeat in range(3)}
