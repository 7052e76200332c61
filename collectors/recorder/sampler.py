"""The readings: every sensor in turn, none of which may stop the others."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, runtime_checkable

from collectors.recorder.journal import Journal
from collectors.sensors.sensor import Reading, Sensor
from collectors.trace.records import Device

_REST = 10  # a sensor rests ten times as long as its read took: at most 9 % of a core each
_QUICK_NS, _SLOW_NS = 10_000_000, 50_000_000
_EDGE_NS = 5_000_000
_MOST_FAILURES = 3  # in a row: what fails once more than this is gone


@runtime_checkable
class Attributing(Protocol):
    """A sensor that can tell processes apart."""

    def read_processes(self, pids: frozenset[int], since_us: int) -> Reading:
        """Return what these processes use of the device: memory, and share of busy time since a UTC time [µs]."""
        ...


@dataclass(slots=True)
class Slot:
    """One sensor and what is known of its reads."""

    sensor: Sensor
    device: Device
    gone: bool = False
    read_ns: int = -(1 << 62)
    rest_until_ns: int = 0
    slow_told: bool = False
    slow_gone: bool = False
    refusal_told: bool = False
    failures_count: int = 0
    slow_failures_count: int = 0

    def failed(self, *, slow: bool) -> int:
        """Count a failed read of one of the two kinds; return how many have failed in a row."""
        if slow:
            self.slow_failures_count += 1
            return self.slow_failures_count
        self.failures_count += 1
        return self.failures_count

    def succeeded(self, *, slow: bool) -> None:
        """Forget the failures of one of the two kinds."""
        if slow:
            self.slow_failures_count = 0
        else:
            self.failures_count = 0


class Sampler:
    """Reads the sensors into the journal.

    `turn` names the thread whose turn it is: one that was stuck in a sensor finds another number when it comes
    back, and ends. `busy` is the slot being read and since when, for the watchdog.
    """

    def __init__(self, slots: list[Slot], journal: Journal) -> None:
        self.slots, self.journal = slots, journal
        self.turn = 0
        self.busy: tuple[Slot, int] | None = None
        self._cpu = next((slot.device for slot in slots if slot.device.kind == "cpu"), None)

    def fast(self, *, edge: bool = False) -> None:
        """Read power, counters and utilisation of every sensor that may have news; at an edge, of nearly all."""
        for slot in self.slots:
            now = self.journal.clocks.monotonic_ns()
            fresh_ns = (
                min(_EDGE_NS, int(slot.sensor.fastest_s * 0.9e9))
                if edge
                else int(slot.sensor.fastest_s * 0.9e9)
            )
            if slot.gone or now < slot.rest_until_ns or now - slot.read_ns < fresh_ns:
                continue
            slot.read_ns = now
            self._read(slot, now, slow=False)

    def slow(self) -> None:
        """Read temperatures, clocks, memory."""
        for slot in self.slots:
            now = self.journal.clocks.monotonic_ns()
            if not slot.gone and not slot.slow_gone and now >= slot.rest_until_ns:
                self._read(slot, now, slow=True)

    def shares(self) -> None:
        """Read the runs' share of the CPU's busy time."""
        if self._cpu is not None:
            self.journal.share(self._cpu, self.journal.clocks.monotonic_ns())

    def processes(self, since_ns: int) -> None:
        """Read what each run's processes use of each device that can tell, since a time (monotonic ns)."""
        since_us = (since_ns + self.journal.clocks.offset_ns()) // 1000
        for slot in self.slots:
            sensor = slot.sensor
            if slot.gone or not isinstance(sensor, Attributing):
                continue
            for opened in self.journal.attended():
                now, pids = self.journal.clocks.monotonic_ns(), opened.tree.pids
                reading = self._ask(slot, now, partial(sensor.read_processes, pids, since_us), slow=True)
                self.journal.sample_of(opened.run.id, slot.device, now, reading)

    def give_up(self, slot: Slot, code: str, text: str) -> None:
        """Read a sensor no more, and say why."""
        slot.gone = True
        self.journal.note(code, text, "warning", hint="eco-collect doctor", device_id=slot.device.id)

    def _read(self, slot: Slot, now: int, *, slow: bool) -> None:
        read = slot.sensor.read_slow if slow else slot.sensor.read_fast
        self.journal.sample(slot.device, now, self._ask(slot, now, read, slow=slow))

    def _ask(self, slot: Slot, now: int, read: Callable[[], Reading], *, slow: bool) -> Reading:
        """Return what a read returns; empty when it fails."""
        mine, self.busy = self.turn, (slot, now)
        reading, refusal = Reading(), None
        try:
            reading = read()
        except OSError as error:
            refusal = error
        if self.turn != mine:
            raise SystemExit  # the watchdog gave this thread up
        self.busy = None
        if refusal is None:
            slot.succeeded(slow=slow)
        else:
            self._refused(slot, refusal, slow=slow)
        took_ns = self.journal.clocks.monotonic_ns() - now
        if took_ns > _QUICK_NS:
            slot.rest_until_ns = now + took_ns * _REST
        if took_ns > _SLOW_NS and not slot.slow_told:
            slot.slow_told = True
            text = f"reading {slot.device.name} takes {took_ns / 1e6:.0f} ms: it is read less often"
            self.journal.note("slow_sensor", text, "warning", device_id=slot.device.id)
        return reading

    def _refused(self, slot: Slot, refusal: OSError, *, slow: bool) -> None:
        """Give up a sensor whose reads keep failing; of one whose slow reads do, only these."""
        failures_count = slot.failed(slow=slow)
        if not slow and not slot.refusal_told:
            slot.refusal_told = True
            text = f"a read of {slot.device.name} failed, and is tried again: {refusal}"
            self.journal.note("sensor_refused", text, "warning", device_id=slot.device.id)
        if failures_count <= _MOST_FAILURES:
            return
        if slow:
            slot.slow_gone = True
            text = f"temperature, clocks and memory of {slot.device.name} cannot be read any more: {refusal}"
            self.journal.note("sensor_partly_lost", text, "warning", device_id=slot.device.id)
        else:
            self.give_up(slot, "sensor_vanished", f"{slot.device.name} cannot be read any more: {refusal}")
