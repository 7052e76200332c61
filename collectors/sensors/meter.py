"""A device whose reads are two functions: what simple sensors are made of."""

from collections.abc import Callable
from dataclasses import dataclass

from collectors.sensors.sensor import Reading
from collectors.trace.records import Device, Note


def _nothing() -> Reading:
    return Reading()


def _stay() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Meter:
    """A sensor of functions. Without an update period in the device it is read at most every `unknown_s` / 2."""

    device: Device
    fast: Callable[[], Reading]
    slow: Callable[[], Reading] = _nothing
    end: Callable[[], None] = _stay
    notes: tuple[Note, ...] = ()
    slowest_s: float | None = None
    unknown_s: float = 0.2

    @property
    def fastest_s(self) -> float:
        """Half the update period."""
        return 0.5 * (self.device.update_period_s or self.unknown_s)

    def read_fast(self) -> Reading:
        """Read what integrates to energy."""
        return self.fast()

    def read_slow(self) -> Reading:
        """Read what changes slowly."""
        return self.slow()

    def close(self) -> None:
        """Let go of the device."""
        self.end()
