"""What a sensor is to the recorder: a device, two ways to read it, and how often each makes sense."""

from dataclasses import dataclass
from typing import Protocol

from collectors.trace.records import Device, Note


@dataclass(frozen=True, slots=True)
class Reading:
    """What one read returned: the columns of `collectors.trace.Sample` that this read fills."""

    sensor_t_ns: int | None = None
    power_w: float | None = None
    power_avg_w: float | None = None
    energy_j: float | None = None
    util_ratio: float | None = None
    mem_util_ratio: float | None = None
    memory_bytes: int | None = None
    clock_hz: float | None = None
    mem_clock_hz: float | None = None
    temperature_c: float | None = None
    mem_temperature_c: float | None = None
    fan_ratio: float | None = None
    throttle_bits: int | None = None
    throttle_power_ns: int | None = None
    throttle_thermal_ns: int | None = None
    process_ratio: float | None = None
    process_memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What one probe found: its sensors, and notes on what it could not open and the cure."""

    sensors: "tuple[Sensor, ...]" = ()
    notes: tuple[Note, ...] = ()


class Sensor(Protocol):
    """One device that can be read.

    `device.recording_id` is None until the recorder adopts it. `notes` say what it cannot do, and why.
    `fastest_s` is half the sensor's update period: reading faster adds nothing. `slowest_s` is the longest
    gap that loses nothing (a counter's wrap guard), None when there is no such limit.
    A read that the device refuses for a moment returns an empty `Reading`; a device that is gone raises
    `OSError`.
    """

    @property
    def device(self) -> Device:
        """The device, as the recorder finds it."""
        ...

    @property
    def notes(self) -> tuple[Note, ...]:
        """What it cannot do, and why."""
        ...

    @property
    def slowest_s(self) -> float | None:
        """The longest gap between reads that loses nothing [s]; None without a limit."""
        ...

    @property
    def fastest_s(self) -> float:
        """Half the update period [s]."""
        ...

    def read_fast(self) -> Reading:
        """Read what integrates to energy: power, the energy counter, utilisation."""
        ...

    def read_slow(self) -> Reading:
        """Read what changes slowly or costs more: temperature, clocks, memory, fan, throttling."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...
