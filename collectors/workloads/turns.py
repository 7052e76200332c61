"""Who takes turns with whom, and whose turn it is.

The arms of a group share the time from the first slice to the last: the turn goes to the arm whose window is the
least full, so that all fill alike and end together, those of long batches too. On a host whose speed changes from
second to second every window then meets the same mixture of fast and slow.

The yardstick, run without pause for 150 s on a virtual machine that did nothing else, shows what that is worth: the
coefficient of variation of its mean over stretches of 0.1, 1, 4, 8, 16 and 32 s was 16, 11, 7.5, 5.8, 5.1 and 4.1 %,
that of its fastest burst in 1, 2, 4 and 8 s 18, 13, 0.26 and 0.18 %: a neighbour is there for seconds at a time.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.workloads.case import Case
from collectors.workloads.machine_limits import load_bytes
from collectors.workloads.protocol import Protocol

_PROCESS_BYTES = 0.5e9  # a process with its framework and data, beside its models
_NOT_BEGUN = (
    -2.0
)  # less than the child's `SURVEYED`: everyone is surveyed, then everyone loaded, then windows begin

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many arms may take turns, and what they may fill of the memory together [bytes]."""

    arms_max: int
    memory_bytes: float

    def allow(self, cases: Sequence[Case]) -> bool:
        """Whether these may be loaded at the same time. What runs on an accelerator has the machine to itself."""
        if len(cases) > 1 and any(case.device != "cpu" for case in cases):
            return False
        processes = len({case.program for case in cases})
        needed = processes * _PROCESS_BYTES + sum(map(load_bytes, cases))
        return len(cases) <= self.arms_max and needed <= self.memory_bytes


def sections(programs: Iterable[list[Case]], limits: Limits) -> Iterator[list[Case]]:
    """Yield the cases of as many programs at a time as may take turns all at once; at least those of one."""
    section: list[Case] = []
    for program in programs:
        if section and not limits.allow([*section, *program]):
            yield section
            section = []
        section = [*section, *program]
    if section:
        yield section


def groups(cases: Sequence[Case], limits: Limits) -> Iterator[list[Case]]:
    """Yield the cases in order, in groups of like size that the limits allow; a case too large has its own."""
    parts = -(-len(cases) // limits.arms_max)
    size = -(-len(cases) // max(parts, 1))
    group: list[Case] = []
    for case in cases:
        if group and (len(group) == size or not limits.allow([*group, case])):
            yield group
            group = []
        group.append(case)
    if group:
        yield group


def rest_s(arms_count: int, protocol: Protocol) -> float:
    """Return how long the machine rests in all while a group fills its windows, so that they span `spread_s`."""
    return max(0.0, protocol.spread_s - arms_count * protocol.infer_s)


def take_turns(
    group: Sequence[Case],
    protocol: Protocol,
    turn: Callable[[Case], tuple[Answer, bool]],
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[Case, Answer]]:
    """Yield each answer to each turn until every case of the group has ended, or its process has.

    `turn` gives a case one turn and returns the answer and whether the process still lives. Where it does not, the
    other runs that it held are lost: their cases get no answer. Between the slices of a small group the machine
    rests for so long that the windows span `spread_s`.
    """
    arm_rest_s = rest_s(len(group), protocol) / len(group)
    places = {case: (_NOT_BEGUN, number) for number, case in enumerate(group)}
    number = len(group)
    while places:
        case = min(places, key=places.__getitem__)
        answer, alive = turn(case)
        yield case, answer
        before, _ = places.pop(case)
        if answer["status"] == "open":
            places[case] = (answer["filled_ratio"], number)
            number += 1
            sleep(arm_rest_s * max(0.0, answer["filled_ratio"] - max(0.0, before)))
        if not alive:
            places = {other: place for other, place in places.items() if other.program != case.program}
