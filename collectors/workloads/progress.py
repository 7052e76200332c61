"""What the user sees while a suite runs: where it is, how long it will take, what failed, what was noisy."""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import click

from collectors.workloads.case import Case
from collectors.workloads.conductor import Board
from collectors.workloads.estimate import duration_s
from collectors.workloads.grid import Suite
from collectors.workloads.repeats import NOISY_RATIO, Repeat, agreement, repeats_well

_QUIET_S = 10.0  # between two lines where there is no terminal


class Progress:
    """A line that is rewritten on a terminal; elsewhere a line every ten seconds."""

    def __init__(self, suite: Suite, board: Board, stream: IO[str]) -> None:
        self._suite, self._board, self._stream = suite, board, stream
        self._begin = self._told = time.monotonic()
        left = [case for case, done in board.items() if not done.finished(suite.protocol)]
        self._expected_s = duration_s(left, suite.protocol) if left else 0.0
        self._runs = 0
        click.echo(
            f"{suite.name}: {len(left)} configurations, about {clock_text(self._expected_s)}", err=True
        )

    def tell(self, case: Case, answer: dict[str, Any]) -> None:
        """One turn has ended, and with it, where the answer is not `open`, a run."""
        self._runs += answer["status"] != "open"
        if answer["status"] == "failed":
            self._clear()
            click.echo(f"failed: {case.label}: {answer['reason']}", err=True)
        now = time.monotonic()
        terminal = self._stream.isatty()
        if not terminal and now - self._told < _QUIET_S:
            return
        self._told = now
        total = self._runs + self._runs_left()
        line = f"[{self._runs}/{total}] {clock_text(self._left_s(now))} left  {case.label}"
        click.echo(f"\r\033[K{line[:110]}" if terminal else line, err=True, nl=not terminal)

    def summary(self, path: Path | None, complete: bool) -> None:
        """The suite has ended: what was recorded, what failed, how well it repeated, what to do next."""
        self._clear()
        done = self._board.values()
        ran = [progressed for progressed in done if progressed.repeats]
        failed = sum(progressed.failure is not None for progressed in done)
        lines = [
            f"{len(ran)} of {len(self._board)} configurations recorded, {failed} failed, in {self._elapsed()}"
        ]
        lines += repeatability([one.in_order() for one in ran], self._suite.protocol.repeats_min)
        if path is not None:
            lines.append(f"trace: {path}")
        lines.append(
            "next: eco report" if complete else f"next: eco-collect suite {self._suite.name} --resume"
        )
        click.echo("\n".join(lines), err=True)

    def _runs_left(self) -> int:
        """At least this many: a configuration that does not repeat well takes more."""
        protocol = self._suite.protocol
        waiting = [done for done in self._board.values() if not done.finished(protocol)]
        return sum(max(1, protocol.repeats_min - len(done.repeats)) for done in waiting)

    def _left_s(self, now: float) -> float:
        """Scale the expected time by how the runs so far compare with it; early on, trust the expectation."""
        elapsed, left = now - self._begin, self._runs_left()
        share = self._runs / max(self._runs + left, 1)
        weight = min(1.0, 5.0 * share)
        by_runs = elapsed / max(self._runs, 1) * left
        return max(0.0, weight * by_runs + (1.0 - weight) * (self._expected_s - elapsed))

    def _elapsed(self) -> str:
        return clock_text(time.monotonic() - self._begin)

    def _clear(self) -> None:
        if self._stream.isatty():
            click.echo("\r\033[K", err=True, nl=False)


def repeatability(configurations: Sequence[Sequence[Repeat]], repeats_min: int) -> list[str]:
    """Return lines that say how many configurations repeat well, and what disturbed the others.

    Each configuration is the list of its repeats; those with a single one are left out.
    """
    found = [agreement(repeats, repeats_min) for repeats in configurations if len(repeats) > 1]
    if not found:
        return []
    steady = [one for one in found if one.steady]
    kept = [f"the mean time per item of {sum(not one.noisy for one in steady)}"]
    if any(one.fastest_ratio is not None for one in steady):
        kept.append(f"the fastest batch's of {sum(repeats_well(one.fastest_ratio) for one in steady)}")
    speeds = [one.machine_ratio for one in found if one.machine_ratio is not None]
    if speeds:
        paced = sum(repeats_well(one.paced_ratio) for one in steady)
        kept.append(f"the mean divided by the machine's own speed of {paced}")
    line = f"{len(steady)} of {len(found)} configurations reached a steady state; between repeats vary by at most "
    line += f"{NOISY_RATIO:.0%} (coefficient of variation): {', '.join(kept)}"
    if not speeds:
        return [line]
    runs = [repeat for repeats in configurations for repeat in repeats]
    disturbed = sum(repeat.contended for repeat in runs)
    pace = f"the machine's own speed varied by {statistics.median(speeds):.1%} between repeats (median)"
    flags = "not_repeatable and machine_varied notes in the trace name the others"
    return [
        line,
        f"{pace}; {disturbed} of {len(runs)} runs were disturbed by other work",
        *([flags] if any(one.noisy for one in found) else []),
    ]


def clock_text(seconds: float) -> str:
    """Return a duration as people read it: 45 s, 3 min 20 s, 2 h 05 min."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    if whole < 5400:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
