"""A recorder process, as seen by the process that starts it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from collectors.channel import ADDRESS_VARIABLE, Channel
from collectors.trace.errors import EcoError
from collectors.trace.records import Config

TRACES = Path("data/traces")
MACHINE_VARIABLE = (
    "ECO_MACHINE"  # module:function in place of collectors.machine:discover; for tests and trials
)

# Isolated from the workload's folder, where a json.py or a random.py may lie.
_RECORDER = (
    f"import sys; sys.path.append({str(Path(__file__).parents[1])!r}); import collectors.recorder.__main__"
)
_SLOWEST_HZ, _FASTEST_HZ = 0.001, 10_000.0
_READY_S = 30.0
_LANDING_S = 600.0
_DYING_S = 60.0  # for a recorder that does not answer any more


class Host:
    """A recorder process of ours. `env` lets child processes join it; `path` is the trace once it has landed."""

    def __init__(self, process: "subprocess.Popen[bytes]", channel: Channel, ready: dict[str, Any]) -> None:
        self.process = process
        self.channel = channel
        self.segment = Path(ready["segment"])
        self.env = {ADDRESS_VARIABLE: str(ready["address"])}
        self.devices: list[dict[str, Any]] = ready["devices"]
        self.ready_cpu_s = float(ready["cpu_s"])
        self.path: Path | None = None

    def skip(self, config: Config, code: str, text: str) -> None:
        """Leave a run that was not done in the trace, with its reason."""
        self.channel.send({"do": "skip", "config": asdict(config), "code": code, "text": text})

    def finish(self) -> Path:
        """End the recording and return the trace; a recorder that died left a segment, which lands here.

        Raises `EcoError` when the disk refuses the trace; the segment is then kept.
        """
        if self.path is not None:
            return self.path
        answer = self.channel.ask({"do": "finish"}, _LANDING_S) if not self.channel.lost else {}
        self.channel.close()
        try:
            self.process.wait(_LANDING_S if answer else _DYING_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if "error" in answer:
            raise EcoError(answer["error"], answer["hint"])
        if "path" not in answer and self.segment.exists():
            from collectors.trace.land import land

            land(self.segment)
        self.path = self.segment.with_suffix(".duckdb")
        return self.path


@contextmanager
def recording(
    out: Path | None = None,
    hz: float | None = None,
    *,
    target_ratio: float = 0.005,
    env: dict[str, str] | None = None,
) -> Iterator[Host]:
    """Start a recorder process for the block: one trace file for every run in it, also of child processes.

    Inside the block `collectors.record` of this process joins it; give `host.env` to children. `hz` None is
    adaptive, at most `target_ratio` of a run's energy. Raises `EcoError` when nothing can be written to `out`.
    """
    host = start(out or TRACES, hz, target_ratio=target_ratio, env=env)
    before = os.environ.get(ADDRESS_VARIABLE)
    os.environ.update(host.env)
    try:
        yield host
    finally:
        if before is None:
            os.environ.pop(ADDRESS_VARIABLE, None)
        else:
            os.environ[ADDRESS_VARIABLE] = before
        host.finish()


def start(
    out: Path,
    hz: float | None = None,
    *,
    target_ratio: float = 0.005,
    env: dict[str, str] | None = None,
) -> Host:
    """Start a recorder in this session (so that the scheduler treats it like the workload) and await it."""
    if not (hz is None or _SLOWEST_HZ <= hz <= _FASTEST_HZ):
        raise EcoError(
            f"cannot read {hz} times a second", "give a rate from 0.001 to 10000, or none: adaptive"
        )
    if not 0 < target_ratio <= 1:
        raise EcoError(f"{target_ratio} is no share of the energy", "give a target between 0 and 1, as 0.005")
    ours, theirs = socket.socketpair()
    settings = {"out": str(out.absolute()), "hz": hz, "target_ratio": target_ratio, "owner_pid": os.getpid()}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _RECORDER, str(theirs.fileno()), json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            process_group=0,  # the terminal's Ctrl-C is for the workload
            env={**os.environ, **(env or {})},
        )
    channel = Channel(ours)
    ready = channel.receive(_READY_S)
    if not ready or "error" in ready:
        channel.close()
        process.kill()
        process.wait()
        raise EcoError(
            ready.get("error", "the recorder did not start"), ready.get("hint", "eco-collect doctor")
        )
    return Host(process, channel, ready)
