"""The order of a suite: a fresh process per model, arms that take turns, forwards and backwards, failures passed by."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from collectors.workloads.case import Case
from collectors.workloads.crew import Child, Crew
from collectors.workloads.protocol import Protocol
from collectors.workloads.repeats import Repeat, enough
from collectors.workloads.turns import Limits, groups, sections, take_turns


@dataclass(slots=True)
class Progressed:
    """How far a case is: the repeats that are recorded, by their number, and whether it failed.

    `suspect` says that the process died in a turn of this case while it held other models too: the memory of all of
    them may have been the cause, so the case runs once more, alone.
    """

    repeats: dict[int, Repeat] = field(default_factory=dict)
    failure: str | None = None
    suspect: bool = False
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
Answer = dict[str, Any]


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
    memory_bytes: float = math.inf,
    deadline_s: float | None = None,
    tell: Callable[[Case, Answer], None] = lambda case, answer: None,
    start: Callable[..., Child] = Child,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Run what the board says is missing; return whether all was done before `deadline_s` (on `clock`).

    The cases of several models take turns, as many as fit in `memory_bytes`; the last group that begins before the
    deadline is brought to its end.
    """
    first = True
    limits = Limits(protocol.arms_max, memory_bytes)
    for section in sections(programs(cases), limits):
        crew = Crew(partial(start, protocol, cache, env))
        try:
            for group in rounds(section, protocol, board, limits):
                if deadline_s is not None and clock() >= deadline_s:
                    return False
                first = _play(group, protocol, board, crew, first, tell, sleep)
        finally:
            crew.close()
    return True


def rounds(section: Sequence[Case], protocol: Protocol, board: Board, limits: Limits) -> Iterator[list[Case]]:
    """Yield the next group to run until all cases are finished; the board changes between the steps.

    A round does the next missing repeat of each case, even rounds forwards, odd rounds backwards, so that a drift of
    the machine falls on all arms alike (ABBA).
    """
    forwards = True
    while True:
        waiting = [case for case in section if not board[case].finished(protocol)]
        if not waiting:
            return
        ordered = waiting if forwards else waiting[::-1]
        yield from groups([case for case in ordered if not board[case].suspect], limits)
        yield from ([case] for case in ordered if board[case].suspect)
        forwards = not forwards


def _play(
    group: Sequence[Case], protocol: Protocol, board: Board, crew: Crew, first: bool,
    tell: Callable[[Case, Answer], None], sleep: Callable[[float], None],
) -> bool:  # fmt: skip
    """Bring the next repeat of each case of a group to its end and write it to the board.

    `first` asks for the long idle phase before the first run that begins; return whether none has begun yet.
    A process that dies, be it while it waits, has lost the runs that it held: none replaces it within the group.
    """
    children: dict[tuple[str, str, str], Child] = {}

    def turn(case: Case) -> tuple[Answer, bool]:
        nonlocal first
        if case.program not in children:
            children[case.program] = crew.child(case)
        child, done = children[case.program], board[case]
        answer = child.ask(case, done.next_repeat(), first, done.in_order())
        first = first and answer["status"] != "open"
        return answer, child.alive

    for case, answer in take_turns(group, protocol, turn, sleep):
        tell(case, answer)
        if answer["status"] != "open":
            settle(board[case], answer, alone=len(group) == 1)
    return first


def settle(done: Progressed, answer: Answer, *, alone: bool = True) -> None:
    """Write an answer to the board; `alone` says that no other case had a run open."""
    if answer["status"] == "ok":
        done.repeats[done.next_repeat()] = Repeat(**answer["measured"])
        done.quality = answer.get("quality")
    elif answer.get("died") and not alone:
        done.suspect = True
    else:
        done.failure = str(answer["reason"])
