"""One recorded command: idle baseline, workload, tail, summary."""

import os
import shlex
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collectors.channel import RUN_VARIABLE
from collectors.client import RunHandle, begin
from collectors.host import Host, start
from collectors.job import local_rank
from collectors.quantity_text import scaled
from collectors.trace.errors import EcoError
from collectors.trace.records import Config
from collectors.workload import Workload

_COARSE_RATIO = 0.2
_SILENT_S = 2.0  # a sensor that was last read longer than this before the end has not seen all of the run
_LEAST_TAIL_S, _MOST_TAIL_S = 0.3, 3.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked to have recorded.

    The command runs once, or again and again in the one run until `at_least_s` have passed: what is too short to
    resolve once is resolved together. `items_count` is what one execution finishes.
    """

    command: tuple[str, ...]
    config: Config
    repeat: int
    items_count: int | None
    phase: str
    idle_s: float
    at_least_s: float
    hz: float | None
    target_ratio: float
    out: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went: the command's exit code, the trace, and what to tell the user."""

    exit_code: int
    path: Path | None = None
    lines: list[str] = field(default_factory=list)


def conduct(asked: Asked) -> Outcome:
    """Record a command and return how it went. On ranks other than the node's first it only runs."""
    if (rank := local_rank()) > 0:
        print(f"eco-collect: local rank {rank} runs unrecorded; rank 0 records this node", file=sys.stderr)
        os.execvp(asked.command[0], asked.command)
    host = start(asked.out, asked.hz, target_ratio=asked.target_ratio)
    ended: dict[str, Any] = {}
    try:
        with Workload() as workload:
            run = begin(host.channel, asked.config, repeat=asked.repeat, command=shlex.join(asked.command))
            code, ended = _perform(asked, host, run, workload)
    finally:
        path, refusal = _finish(host)
    if refusal is not None:
        return Outcome(code or 2, None, [f"error: {refusal.message}", f"  try: {refusal.hint}"])
    return Outcome(code, path, _lines(asked, ended, host, code, path))


def _perform(asked: Asked, host: Host, run: RunHandle, workload: Workload) -> tuple[int, dict[str, Any]]:
    _wait_idle(asked.idle_s, run, workload)
    early = workload.stopped_by
    if early is not None:
        run.note("stopped", f"{early.name} came before the command began", "error")
        return 128 + early, run.end("failed", 128 + early)
    run.mark(asked.phase)
    code, count = _execute(asked, host, run, workload)
    run.mark("cooldown")
    if asked.at_least_s:
        run.note("repeated_command", f"the command ran {count}× in this run, which holds the energy of all")
    time.sleep(_tail_s(host))
    run.mark("end")
    stopped_by = workload.stopped_by
    if stopped_by is not None:
        run.note("stopped", f"eco-collect got {stopped_by.name} and passed it on", "error")
    elif code:
        run.note("exit_code", f"the command ended with exit code {code}", "error")
    failed = code != 0 or stopped_by is not None
    items = None if asked.items_count is None else count * asked.items_count
    ended = run.end("failed" if failed else "ok", code, items)
    return code, ended | {"executions": count} if ended else {}


def _execute(asked: Asked, host: Host, run: RunHandle, workload: Workload) -> tuple[int, int]:
    """Run the command until it has lasted long enough, fails or is stopped; return its exit code and how often."""
    until, count = time.monotonic() + asked.at_least_s, 0
    while True:
        try:
            pid = workload.start(asked.command, {**host.env, RUN_VARIABLE: str(run.id)})
        except EcoError as error:
            run.note("not_started", error.message, "error")
            run.end("failed")
            raise
        host.channel.send({"do": "workload", "run": run.id, "pid": pid})
        code = workload.wait()
        count += 1
        if asked.items_count is not None:
            run.mark(asked.phase, asked.items_count)
        _note_survivors(run, workload)
        host.channel.send({"do": "workload", "run": run.id, "pid": pid, "ended": True})
        if code or workload.stopped_by is not None or time.monotonic() >= until:
            return code, count


def _tail_s(host: Host) -> float:
    """How long to read on after the command: until the slowest sensor has shown all of it, 3 s at most."""
    settling_s = [float(device["settle_s"]) for device in host.devices]
    return min(_MOST_TAIL_S, max([_LEAST_TAIL_S, *settling_s]))


def _wait_idle(idle_s: float, run: RunHandle, workload: Workload) -> None:
    if idle_s <= 0:
        return
    run.mark("idle")
    until = time.monotonic() + idle_s
    while workload.stopped_by is None and (left_s := until - time.monotonic()) > 0:
        time.sleep(min(left_s, 0.2))


def _note_survivors(run: RunHandle, workload: Workload) -> None:
    if not workload.survivors():
        return
    if workload.stopped_by is not None:
        workload.end_survivors()
        return
    text = "processes of the command outlive it; what they do from here on is not recorded"
    run.note("workload_left_processes", text, "warning")
    print("eco-collect: " + text, file=sys.stderr)


def _finish(host: Host) -> tuple[Path | None, EcoError | None]:
    try:
        return host.finish(), None
    except EcoError as error:
        return None, error


def _lines(asked: Asked, ended: dict[str, Any], host: Host, code: int, path: Path | None) -> list[str]:
    lines = [f"eco-collect: {asked.config.model}: exit code {code}"]
    if not ended:
        lines.append("  the recorder died during the run: the trace holds what came before, marked truncated")
    elif asked.phase not in ended["phases"]:
        lines[0] = f"eco-collect: {asked.config.model}: stopped before the command began; exit code {code}"
    else:
        took_s = ended["phases"].get(asked.phase, {}).get("duration_s", ended["duration_s"])
        often = f", {ended['executions']}×" if asked.at_least_s else ""
        lines[0] += f" after {took_s:.1f} s{often}"
        lines += _energy_lines(asked, ended)
        asked_count, got = ended["asked"], ended["got"]
        lines.append(
            f"  sampling  {ended['mode']}: {got} of {asked_count} ticks, {ended['late']} late by over 1 ms; "
            f"the recorder used {ended['recorder_cpu_s']:.2f} s of CPU"
        )
    return [*lines, f"  trace     {_shown(path)}", "  next      eco report"]


def _energy_lines(asked: Asked, ended: dict[str, Any]) -> list[str]:
    lines = []
    phase = ended["phases"].get(asked.phase, {})
    for device_id, device in ended["devices"].items():
        energy_j = phase.get("energy_j", {}).get(device_id)
        if energy_j is None:
            continue
        whole = phase["duration_s"] > 0 and device["silent_s"] <= _SILENT_S
        means = f", {scaled(energy_j / phase['duration_s'], 'W')} mean" if whole else ""
        how = "energy counter" if device["method"] == "counter" else "power integrated"
        bound_j = device["bound_j"]
        text = f"{scaled(energy_j, 'J')} ± {scaled(bound_j, 'J')} by sampling{means}; measured, {how}"
        lines.append(f"  energy    {device['name']}: {text}")
        if device["silent_s"] > _SILENT_S:
            lines.append(
                f"            of part of the run: last read {device['silent_s']:.1f} s before its end"
            )
        elif bound_j > _COARSE_RATIO * energy_j:
            lines.append(
                "            too short to resolve: eco-collect run --at-least 10s … repeats it in one run"
            )
    return lines or [
        "  energy    no energy sensor: utilisation only; `eco report` will estimate (eco-collect doctor says why)"
    ]


def _shown(path: Path | None) -> str:
    if path is None:
        return "none"
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
