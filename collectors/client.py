"""A workload's side of a recording: runs, marks, quality and notes, sent to the recorder beside it.

    with collectors.record(Config(task="text", model="m", framework="f", precision="fp16")) as run:
        run.mark("load")
        model = load()
        run.mark("infer")
        for batch in batches:
            model(batch)
            run.mark("infer", items=len(batch))

Inside a recording (`eco-collect run`, the suite, `collectors.recording`) the run joins its recorder; elsewhere
it starts a recorder of its own, which lands the trace when the block ends. A workload never fails because
its recorder did: then marks go nowhere, and one line on stderr says so.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from collectors.channel import ADDRESS_VARIABLE, RUN_VARIABLE, Channel, connect
from collectors.job import local_rank
from collectors.trace.records import Config, new_id

_MERGE_NS = 100_000_000  # marks of the same phase closer than this are merged: a mark per batch stays cheap


class RunHandle:
    """An open run. Every method returns at once; times are taken here, so a busy recorder shifts nothing."""

    def __init__(self, channel: Channel, run_id: int) -> None:
        self._channel = channel
        self._phase: str | None = None
        self._sent_ns = 0
        self._waiting: dict[str, Any] | None = None
        self.id = run_id
        self.path: Path | None = None
        self.summary: dict[str, Any] = {}  # what the recorder says of the run once it has ended

    def mark(self, phase: str, items: int | None = None) -> None:
        """Say that a phase begins, or goes on; `items` are those finished in it since its last mark."""
        now = time.monotonic_ns()
        if self._waiting is not None and phase == self._phase:
            self._waiting["t"] = now
            if items is not None:
                self._waiting["items"] = items + (self._waiting["items"] or 0)
        else:
            self.flush()
            self._waiting = {"do": "mark", "run": self.id, "phase": phase, "items": items, "t": now}
        if phase != self._phase or now - self._sent_ns >= _MERGE_NS:
            self._phase, self._sent_ns = phase, now
            self.flush()

    def quality(self, value: float, metric: str) -> None:
        """State the quality of the answers, on data the model has not seen."""
        self._channel.send({"do": "quality", "run": self.id, "value": float(value), "metric": metric})

    def note(self, code: str, text: str, severity: str = "info", hint: str | None = None) -> None:
        """Say why something is missing or doubtful."""
        message = {"do": "note", "run": self.id, "code": code, "text": text, "t": time.monotonic_ns()}
        self._channel.send({**message, "severity": severity, "hint": hint})

    def flush(self) -> None:
        """Send a mark that waits to be merged with the next."""
        if self._waiting is not None:
            self._channel.send(self._waiting)
            self._waiting = None

    def end(self, status: str, exit_code: int | None = None, items: int | None = None) -> dict[str, Any]:
        """End the run and return what the recorder says of it: ticks, energies and bounds by device."""
        self.flush()
        message = {"do": "end", "run": self.id, "status": status, "exit_code": exit_code, "items": items}
        self.summary = self._channel.ask({**message, "t": time.monotonic_ns()})
        return self.summary


@contextmanager
def record(
    config: Config,
    *,
    repeat: int = 0,
    command: str | None = None,
    out: Path | None = None,
    hz: float | None = None,
    idle_s: float = 0.0,
) -> Iterator[RunHandle]:
    """Record the block as one run of a configuration.

    Joins the recorder that is around, or starts one that writes to the folder `out` (data/traces) at `hz`
    (adaptive); then `run.path` is the trace file once the block has ended. Of the processes of a parallel job
    on one node only local rank 0 starts one; the others run unrecorded, and their `run.path` stays None.
    `idle_s` of idle baseline go first. An exception in the block makes the run failed, and flies on; a block in a
    generator that is closed is truncated.
    """
    with ExitStack() as stack:
        channel = joined() if ADDRESS_VARIABLE in os.environ else None
        host = None
        channel = channel or _of_other_rank()
        if channel is None:
            from collectors.host import recording

            host = stack.enter_context(recording(out=out, hz=hz))
            channel = host.channel
        run = begin(channel, config, repeat=repeat, command=command)
        if idle_s:
            run.mark("idle")
            time.sleep(idle_s)
        try:
            with _ended(run):
                yield run
        finally:
            if host is not None:
                run.path = host.finish()


@contextmanager
def _ended(run: RunHandle) -> Iterator[None]:
    """End a run with the block, as the block ends."""
    try:
        yield
    except GeneratorExit:  # whoever gave it its turns has closed it
        run.note("stopped", "stopped before its end, while it waited for its turn", severity="warning")
        run.end("truncated")
        raise
    except BaseException as error:
        run.note("failed", f"{type(error).__name__}: {error}"[:1000], severity="error")
        run.end("failed")
        raise
    else:
        run.end("ok")


def _of_other_rank() -> Channel | None:
    """Return a channel to nobody for a process that leaves the recording of its node to rank 0; None for rank 0."""
    rank = local_rank()
    if rank == 0:
        return None
    print(f"eco-collect: local rank {rank} runs unrecorded; rank 0 records this node", file=sys.stderr)
    return Channel(None)


def begin(channel: Channel, config: Config, *, repeat: int = 0, command: str | None = None) -> RunHandle:
    """Open a run on a channel; when this returns, its first readings are taken."""
    message = {"do": "begin", "run": new_id(), "config": asdict(config), "repeat": repeat, "pid": os.getpid()}
    command = command if command is not None else " ".join(sys.argv)
    channel.ask({**message, "command": command, "t": time.monotonic_ns()})
    return RunHandle(channel, int(message["run"]))  # type: ignore[call-overload]


def mark(phase: str, items: int | None = None) -> None:
    """Mark a phase of the run that `eco-collect run` opened for this process; nothing outside of one."""
    run = _surrounding(os.environ.get(RUN_VARIABLE), os.getpid())
    if run is not None:
        run.mark(phase, items)


def joined() -> Channel | None:
    """Return a channel to the recorder that the environment names; None when it is gone."""
    return _connection(os.environ[ADDRESS_VARIABLE], os.getpid())


@lru_cache(maxsize=1)
def _connection(address: str, _pid: int) -> Channel | None:
    """One connection per process: a fork opens its own."""
    return connect(address)


@lru_cache(maxsize=1)
def _surrounding(run_id: str | None, _pid: int) -> RunHandle | None:
    if run_id is None or ADDRESS_VARIABLE not in os.environ:
        return None
    channel = joined()
    if channel is None:
        return None
    import atexit

    run = RunHandle(channel, int(run_id))
    atexit.register(run.flush)
    return run
