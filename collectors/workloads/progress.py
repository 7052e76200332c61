"""What the user sees while a suite runs: where it is, how long it will take, what failed, what was noisy."""

import time
from pathlib import Path
from typing import IO, Any

import click

from collectors.workloads.case import Case
from collectors.workloads.conductor import Board
from collectors.workloads.estimate import duration_s
from collectors.workloads.grid import Suite
from collectors.workloads.repeats import NOISY_RATIO, variation_ratio

_QUIET_S = 10.0  # between two lines where there is no terminal


class Progress:
    """A line that is rewritten on a terminal; elsewhere a line every ten seconds."""

    def __init__(self, suite: Suite, board: Board, stream: IO[str]) -> None:
        self._suite, self._board, self._stream = suite, board, stream
        self._begin = self._told = time.monotonic()
        left = [case for case, done in board.items() if not done.finished(suite.protocol)]
        self._expected_s = duration_s(left, suite.protocol) if left else 0.0
        self._total = len(left) * suite.protocol.repeats_min
        self._runs = 0
        click.echo(
            f"{suite.name}: {len(left)} configurations, about {clock_text(self._expected_s)}", err=True
        )

    def tell(self, case: Case, answer: dict[str, Any]) -> None:
        """One run has ended."""
        self._runs += 1
        if answer["status"] != "ok":
            self._clear()
            click.echo(f"failed: {case.label}: {answer['reason']}", err=True)
        now = time.monotonic()
        terminal = self._stream.isatty()
        if not terminal and now - self._told < _QUIET_S:
            return
        self._told = now
        left = clock_text(self._left_s(now))
        line = f"[{self._runs}/{max(self._total, self._runs)}] {left} left  {case.label}"
        click.echo(f"\r\033[K{line[:110]}" if terminal else line, err=True, nl=not terminal)

    def summary(self, path: Path | None, complete: bool) -> None:
        """The suite has ended: what was recorded, what failed, how well it repeated, what to do next."""
        self._clear()
        done = self._board.values()
        ran = [progressed for progressed in done if progressed.item_s]
        failed = sum(progressed.failure is not None for progressed in done)
        spreads = [spread for progressed in ran if (spread := variation_ratio(progressed.item_s)) is not None]
        steady = sum(spread <= NOISY_RATIO for spread in spreads)
        lines = [
            f"{len(ran)} of {len(self._board)} configurations recorded, {failed} failed, in {self._elapsed()}"
        ]
        if spreads:
            lines.append(
                f"time per item repeats within {NOISY_RATIO:.0%} (coefficient of variation) for {steady} of "
                f"{len(spreads)}; the others are flagged not_repeatable in the trace"
            )
        if path is not None:
            lines.append(f"trace: {path}")
        lines.append(
            "next: eco report" if complete else f"next: eco-collect suite {self._suite.name} --resume"
        )
        click.echo("\n".join(lines), err=True)

    def _left_s(self, now: float) -> float:
        """Scale the expected time by how the runs so far compare with it; early on, trust the expectation."""
        elapsed, share = now - self._begin, self._runs / max(self._total, self._runs)
        weight = min(1.0, 5.0 * share)
        by_runs = elapsed / share - elapsed
        return max(0.0, weight * by_runs + (1.0 - weight) * (self._expected_s - elapsed))

    def _elapsed(self) -> str:
        return clock_text(time.monotonic() - self._begin)

    def _clear(self) -> None:
        if self._stream.isatty():
            click.echo("\r\033[K", err=True, nl=False)


def clock_text(seconds: float) -> str:
    """Return a duration as people read it: 45 s, 3 min 20 s, 2 h 05 min."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    if whole < 5400:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
