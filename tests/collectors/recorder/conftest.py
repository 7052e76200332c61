"""Real recorder processes over scripted sensors."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import duckdb
import pytest

from collectors.trace.land import find_traces
from collectors.trace.reader import open_trace

Found = TypeVar("Found")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Choose the devices that recorders of this test find."""

    def choose(*devices: dict[str, object]) -> None:
        monkeypatch.setenv("ECO_SCRIPT", json.dumps(devices))

    monkeypatch.setenv("ECO_MACHINE", "collectors.sensors.scripted:machine")
    choose({"watts": 50})
    return choose


class Command:
    """An `eco-collect run` that is under way."""

    def __init__(self, out: Path, *arguments: str) -> None:
        self.out = out
        self.began_s = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "collectors", "run", "--out", str(out), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def recorder(self) -> int:
        """The process id of the recorder: the segment's name ends with it."""
        [segment] = until(lambda: list(self.out.glob("*.segment")))
        return int(segment.stem.rsplit("-", 1)[1])

    def kill(self, pid: int, number: signal.Signals) -> None:
        os.kill(pid, number)

    def finish(self) -> tuple[int, str, str]:
        """Wait; return exit code, output and errors."""
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture
def command(tmp_path: Path, script: object) -> Iterator[Callable[..., Command]]:
    """Start `eco-collect run`; whatever still runs at the end is killed, and was a failure."""
    started: list[Command] = []

    def start(*arguments: str) -> Command:
        started.append(Command(tmp_path, *arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def until(look: Callable[[], Found], patience_s: float = 15.0) -> Found:
    """Wait for something true and return it."""
    end_s = time.monotonic() + patience_s
    while not (found := look()):
        assert time.monotonic() < end_s, "waited in vain"
        time.sleep(0.02)
    return found


def state(pid: int) -> str | None:
    """The letter of a process's state: R, S, T, Z, …; None where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    return state(pid) not in (None, "Z")


def the_trace(folder: Path) -> duckdb.DuckDBPyConnection:
    """Open the only trace in a folder."""
    [path] = find_traces(folder)
    return open_trace(path)
