"""perf stat's lines told apart, text, -x and -j alike: the joules of an event, when and of which part."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TEXT = re.compile(
    r"^\s*(?:(\d+[.,]\d{9})\s+)?(?:((?:S|CPU|N|D)\d+\S*)\s+(?:\d+\s+)?)?([\d.,]+|<not \w+>)\s+Joules\s+(\S+)"
)
_PARTED = re.compile(r"([,;|\t])Joules\1")
_PART = re.compile(r"^(?:S|CPU|N|D)\d")
_CLOCK = re.compile(r"^\s*\d+\.\d+$")
_NANOSECONDS = re.compile(r"(?:^|[,;|\t])(\d+)([,;|\t])ns\2duration_time\b")
_ELAPSED = re.compile(r"^\s*([\d.,]+)(?:\s*\+-\s*[\d.,]+)?\s+seconds time elapsed")
_BEGUN = re.compile(r"Performance counter stats for '(.*)'(?: \((\d+) runs\))?:")
_ENERGY = re.compile(r"Joules|energy-\w+/|seconds time|[\d.,]+ +J")
_STARTED = re.compile(r"^# started on (.+)$")


@dataclass(frozen=True, slots=True)
class Joules:
    """The energy of one event: `t_s` since the start with -I, `part` the socket or CPU, `event` as perf names it."""

    t_s: float | None
    part: str
    event: str
    energy_j: float | None


@dataclass(slots=True)
class Block:
    """What one command or one output says: its name, how many runs it is the mean of, its energies and duration.

    `unread` counts lines of an energy that cannot be read.
    """

    label: str | None = None
    runs: int = 1
    started: str | None = None
    duration_s: float | None = None
    joules: list[Joules] = field(default_factory=list)
    unread: int = 0


def blocks(text: str) -> Iterator[Block]:
    """Yield the outputs in a text; one begins with its heading, or with an event that was there already."""
    block = Block()
    for line in text.splitlines():
        begun, started = _BEGUN.search(line), _STARTED.match(line)
        if (begun and (block.joules or block.label)) or (started and block.joules):
            yield block
            block = Block()
        if begun:
            block.label, block.runs = begun[1], int(begun[2] or 1)
        elif started:
            block.started = started[1].strip()
        elif elapsed := _ELAPSED.match(line):
            block.duration_s = number(elapsed[1])
        elif nanoseconds := _NANOSECONDS.search(line):
            block.duration_s = int(nanoseconds[1]) / 1e9
        elif found := _joules(line):
            seen = {(one.part, one.event) for one in block.joules}
            if found.t_s is None and (found.part, found.event) in seen:
                yield block
                block = Block(block.label, block.runs, block.started)
            block.joules.append(found)
        elif _ENERGY.search(line) or (line and not line.strip()):  # perf's empty lines are empty
            block.unread += 1
    if block.joules or block.unread:
        yield block


def number(text: str) -> float | None:
    """Return a number as perf prints it in any language: the last point or comma parts the decimals."""
    whole, mark, decimals = re.sub(r"[.,](?=.*[.,])", "", text).replace(",", ".").partition(".")
    return float(f"{whole}.{decimals or 0}") if whole.isdigit() and (decimals.isdigit() or not mark) else None


def _joules(line: str) -> Joules | None:
    """Return the energy in a line, None where there is none."""
    if line.lstrip().startswith("{"):
        return _from_json(line)
    parted = _PARTED.search(line)
    if parted is None:
        found = _TEXT.match(line)
        if found is None:
            return None
        return Joules(number(found[1]) if found[1] else None, found[2] or "", found[4], number(found[3]))
    cells = [cell.strip() for cell in line.split(parted[1])]
    place = cells.index("Joules")
    before = cells[: max(place - 1, 0)]
    clock = number(before.pop(0)) if before and _CLOCK.match(before[0]) else None
    part = before.pop(0) if before and _PART.match(before[0]) else ""
    # What is left may be the count of CPUs of a part; else it is the whole part of a number with a comma.
    torn = bool(before) and not (part and len(before) == 1)
    return Joules(clock, part, cells[place + 1], None if torn else number(cells[place - 1]))


def _from_json(line: str) -> Joules | None:
    """Return the energy in a line of `perf stat -j`."""
    try:
        said = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        return None
    if not isinstance(said, dict) or said.get("unit") != "Joules":
        return None
    part = str(said.get("socket") or said.get("die") or said.get("cpu") or "")
    clock = said.get("interval")
    return Joules(
        float(clock) if isinstance(clock, int | float) else None, part, str(said.get("event")),
        number(str(said.get("counter-value"))),
    )  # fmt: skip
