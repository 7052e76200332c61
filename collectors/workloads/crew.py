"""The processes of the models at work, one for each: started when first needed, and anew after one has died."""

import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from collectors.workloads.case import Case
from collectors.workloads.protocol import Protocol
from collectors.workloads.repeats import Repeat


class Child:
    """The process that holds one model. `close` ends it; a process that dies answers as a failure."""

    def __init__(self, protocol: Protocol, cache: Path, env: Mapping[str, str]) -> None:
        self._timeout_s = protocol.case_timeout_s
        # What libraries print, out of the way of the progress line.
        with tempfile.NamedTemporaryFile(dir=cache, suffix=".log", delete=False) as log:
            self._log = Path(log.name)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "collectors.workloads.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **env},
            )
        self._selector = selectors.DefaultSelector()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._write, self._read = self._process.stdin, self._process.stdout
        self._selector.register(self._read, selectors.EVENT_READ)
        self._send({"protocol": asdict(protocol), "cache": str(cache)})

    @property
    def alive(self) -> bool:
        """Whether it can take another job."""
        return self._process.poll() is None

    def ask(self, case: Case, repeat: int, first: bool, previous: Sequence[Repeat]) -> dict[str, Any]:
        """Give a case one turn and return the answer: `open` as long as its run has not ended."""
        try:
            earlier = [asdict(one) for one in previous]
            self._send({"case": asdict(case), "repeat": repeat, "first": first, "previous": earlier})
        except BrokenPipeError:
            return self._died()
        if not self._selector.select(self._timeout_s):
            self._process.kill()
            self._process.wait()
            return {"status": "failed", "reason": f"no answer within {self._timeout_s:g} s"}
        line = self._read.readline()
        answer: dict[str, Any] = json.loads(line) if line else self._died()
        return answer

    def close(self) -> None:
        """End the process and wait for it."""
        self._selector.close()
        try:
            self._write.close()
        except BrokenPipeError:
            self._process.kill()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._read.close()

    def _send(self, message: Mapping[str, Any]) -> None:
        self._write.write(json.dumps(message) + "\n")
        self._write.flush()

    def _died(self) -> dict[str, Any]:
        code = self._process.wait()
        cause = f"killed by signal {-code} (out of memory?)" if code < 0 else f"exit code {code}"
        said = self._log.read_text(errors="replace").strip().splitlines()[-1:]
        reason = "; ".join([f"the workload's process ended: {cause}", *said])
        return {"status": "failed", "died": True, "reason": reason}


class Crew:
    """A process for each program that was asked for. `close` ends them all."""

    def __init__(self, start: Callable[[], Child]) -> None:
        self._start = start
        self._children: dict[tuple[str, str, str], Child] = {}

    def child(self, case: Case) -> Child:
        """Return the living process of a case's program."""
        child = self._children.get(case.program)
        if child is not None and not child.alive:
            child.close()
            child = None
        if child is None:
            child = self._children[case.program] = self._start()
        return child

    def close(self) -> None:
        """End every process and wait for it."""
        with ExitStack() as stack:  # one that cannot be waited for leaves none of the others behind
            for child in self._children.values():
                stack.callback(child.close)
        self._children.clear()
