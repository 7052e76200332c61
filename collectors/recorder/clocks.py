"""The clocks of a recording: monotonic time for samples, and what the other clocks do meanwhile."""

import time
from collections.abc import Callable
from dataclasses import dataclass

_STEP_NS = 50_000_000  # slewing by NTP stays far below this within a second
_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class Clocks:
    """Nanoseconds of the three clocks, injectable: monotonic, wall (UTC), and monotonic counting suspend."""

    monotonic_ns: Callable[[], int] = time.monotonic_ns
    utc_ns: Callable[[], int] = time.time_ns
    boot_ns: Callable[[], int] = lambda: time.clock_gettime_ns(_BOOTTIME)

    def offset_ns(self) -> int:
        """UTC minus monotonic."""
        return self.utc_ns() - self.monotonic_ns()

    def suspended_ns(self) -> int:
        """Time spent suspended since boot."""
        return self.boot_ns() - self.monotonic_ns()


@dataclass(slots=True)
class Drift:
    """What the clocks did since they were last looked at."""

    clocks: Clocks
    _offset_ns: int = 0
    _suspended_ns: int = 0

    def __post_init__(self) -> None:
        self._offset_ns, self._suspended_ns = self.clocks.offset_ns(), self.clocks.suspended_ns()

    def look(self) -> list[tuple[str, str]]:
        """Return (code, text) for a step of the wall clock and for a suspend since the last look.

        A suspend moves the offset of UTC by as much; only what is left over is a step.
        """
        offset_ns, suspended_ns = self.clocks.offset_ns(), self.clocks.suspended_ns()
        slept_ns = suspended_ns - self._suspended_ns
        stepped_ns = offset_ns - self._offset_ns - slept_ns
        self._offset_ns, self._suspended_ns = offset_ns, suspended_ns
        found = []
        if slept_ns > _STEP_NS:
            text = f"the machine was suspended for {slept_ns / 1e9:.1f} s; that time is in no run"
            found.append(("suspended", text))
        if abs(stepped_ns) > _STEP_NS:
            text = f"the wall clock stepped by {stepped_ns / 1e9:+.3f} s; samples keep monotonic time"
            found.append(("clock_step", text))
        return found
