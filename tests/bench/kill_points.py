"""Recorders killed with SIGKILL at random instants: what is lost, what is unreadable."""

import os
import signal
import tempfile
import time
from pathlib import Path
from random import Random

from collectors.client import begin
from collectors.host import start
from collectors.trace import Config, EcoError
from collectors.trace.land import land_abandoned
from collectors.trace.reader import open_trace

KILLS = int(os.environ.get("ECO_BENCH_KILLS", "25"))
LONGEST_S = 2.5
CONFIG = Config(task="bench", model="bench", framework="none", precision="none")


def run() -> list[str]:
    """Return losses over `KILLS` kills (ECO_BENCH_KILLS, 25) from the run's start to within its landing."""
    rng, lost_s, unreadable, landing = Random(), [], 0, 0
    env = {"ECO_MACHINE": "collectors.sensors.scripted:machine"}
    for _ in range(KILLS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            host = start(folder, 10.0, env=env)
            begin(host.channel, CONFIG)
            delay_s = rng.uniform(0.0, LONGEST_S)
            if landed := rng.random() < 0.2:  # a fifth while the trace lands
                host.channel.send({"do": "finish"})
                delay_s = rng.uniform(0.0, 0.4)
            time.sleep(delay_s)
            killed_ns = time.monotonic_ns()
            os.kill(host.process.pid, signal.SIGKILL)
            host.process.wait()
            host.channel.close()
            landing += landed
            try:
                land_abandoned(folder)
                [path] = [path for path in folder.iterdir() if not path.name.startswith(".")]
                [(last_ns, _)] = (
                    open_trace(path)
                    .execute("SELECT (SELECT max(t_ns) FROM sample), status FROM run")
                    .fetchall()
                )
            except (EcoError, ValueError):
                unreadable += 1
                continue
            if not landed:
                lost_s.append((killed_ns - last_ns) / 1e9)
    lost_s.sort()
    return [
        (
            f"{KILLS} kills ({landing} while landing): {unreadable} unreadable; lost at most {lost_s[-1]:.2f} s, "
            f"median {lost_s[len(lost_s) // 2]:.2f} s (bars: 0 unreadable, 1.5 s)"
        )
    ]
