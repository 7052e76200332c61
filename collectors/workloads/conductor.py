"""The order of a suite: one fresh process per model, arms interleaved forwards and backwards, failures passed by."""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from collectors.workloads.case import Case
from collectors.workloads.protocol import Protocol
from collectors.workloads.repeats import Repeat, enough


@dataclass(slots=True)
class Progressed:
    """How far a case is: the repeats that are recorded, by their number, and whether it failed."""

    repeats: dict[int, Repeat] = field(default_factory=dict)
    failure: str | None = None
    quality: float | None = None

    def finished(self, protocol: Protocol) -> bool:
        """Whether nothing is left to do."""
        return self.failure is not None or enough(
            self.in_order(), protocol.repeats_min, protocol.repeats_max, protocol.target_ratio
        )

    def next_repeat(self) -> int:
        """The smallest repeat number that is not recorded."""
        return next(number for number in range(len(self.repeats) + 1) if number not in self.repeats)

    def in_order(self) -> list[Repeat]:
        """The repeats by their number."""
        return [self.repeats[number] for number in sorted(self.repeats)]


Board = dict[Case, Progressed]


class Child:
    """The process that holds one model. `close` ends it; a process that dies answers as a failure."""

    def __init__(self, protocol: Protocol, cache: Path, env: Mapping[str, str]) -> None:
        self._timeout_s = protocol.case_timeout_s
        self._log = cache / "workload.log"  # what libraries print, out of the way of the progress line
        with self._log.open("w") as log:
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
        """Give one job and return the answer."""
        try:
            earlier = [asdict(one) for one in previous]
            self._send({"case": asdict(case), "repeat": repeat, "first": first, "previous": earlier})
        except BrokenPipeError:
            return self._died()
        if not self._selector.select(self._timeout_s):
            self._process.kill()
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
        return {"status": "failed", "reason": "; ".join([f"the workload's process ended: {cause}", *said])}


def programs(cases: Iterable[Case]) -> list[list[Case]]:
    """Return the cases of each model together, models in the order of their first case."""
    order: dict[tuple[str, str, str], int] = {}
    listed = list(cases)
    for case in listed:
        order.setdefault(case.program, len(order))
    listed.sort(key=lambda case: order[case.program])
    return [list(group) for _, group in groupby(listed, key=lambda case: case.program)]


def conduct(
    cases: Sequence[Case],
    protocol: Protocol,
    cache: Path,
    board: Board,
    *,
    env: Mapping[str, str],
    deadline_s: float | None = None,
    tell: Callable[[Case, dict[str, Any]], None] = lambda case, answer: None,
    start: Callable[..., Child] = Child,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Run what the board says is missing; return whether all was done before `deadline_s` (on `clock`).

    Round r of a model does repeat r of each of its cases, even rounds forwards, odd rounds backwards, so that
    a drift of the machine falls on all arms alike (ABBA).
    """
    first = True
    for program in programs(cases):
        child: Child | None = None
        try:
            for case in rounds(program, protocol, board):
                if deadline_s is not None and clock() >= deadline_s:
                    return False
                if child is None or not child.alive:
                    if child is not None:
                        child.close()
                    child = start(protocol, cache, env)
                done = board[case]
                answer = child.ask(case, done.next_repeat(), first, done.in_order())
                first = False
                settle(done, answer)
                tell(case, answer)
        finally:
            if child is not None:
                child.close()
    return True


def rounds(program: Sequence[Case], protocol: Protocol, board: Board) -> Iterable[Case]:
    """Yield the next case to run until all are finished; the board changes between the steps."""
    forwards = True
    while True:
        open_cases = [case for case in program if not board[case].finished(protocol)]
        if not open_cases:
            return
        for case in open_cases if forwards else reversed(open_cases):
            if not board[case].finished(protocol):
                yield case
        forwards = not forwards


def settle(done: Progressed, answer: Mapping[str, Any]) -> None:
    """Write an answer to the board."""
    if answer["status"] == "ok":
        done.repeats[done.next_repeat()] = Repeat(**answer["measured"])
        done.quality = answer.get("quality")
    else:
        done.failure = str(answer["reason"])
