"""The readings: every sensor in turn, none of which may stop the others."""

from dataclasses import dataclass

from collectors.recorder.journal import Journal
from collectors.sensors.sensor import Reading, Sensor
from collectors.trace.records import Device

_REST = 10  # a sensor rests ten times as long as its read took: at most 9 % of a core each
_QUICK_NS, _SLOW_NS = 2_000_000, 50_000_000
_EDGE_NS = 5_000_000


@dataclass(slots=True)
class Slot:
    """One sensor and what is known of its reads."""

    sensor: Sensor
    device: Device
    gone: bool = False
    read_ns: int = -(1 << 62)
    rest_until_ns: int = 0
    slow_told: bool = False


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
        """Read temperatures, clocks, memory; and the runs' share of the CPU."""
        for slot in self.slots:
            now = self.journal.clocks.monotonic_ns()
            if not slot.gone and now >= slot.rest_until_ns:
                self._read(slot, now, slow=True)
        if self._cpu is not None:
            self.journal.share(self._cpu, self.journal.clocks.monotonic_ns())

    def give_up(self, slot: Slot, code: str, text: str) -> None:
        """Read a sensor no more, and say why."""
        slot.gone = True
        self.journal.note(code, text, "warning", hint="eco-collect doctor", device_id=slot.device.id)

    def _read(self, slot: Slot, now: int, *, slow: bool) -> None:
        mine, self.busy = self.turn, (slot, now)
        reading, refusal = Reading(), None
        try:
            reading = slot.sensor.read_slow() if slow else slot.sensor.read_fast()
        except OSError as error:
            refusal = error
        if self.turn != mine:
            raise SystemExit  # the watchdog gave this thread up
        self.busy = None
        if refusal is not None:
            self.give_up(slot, "sensor_vanished", f"{slot.device.name} cannot be read any more: {refusal}")
            return
        took_ns = self.journal.clocks.monotonic_ns() - now
        if took_ns > _QUICK_NS:
            slot.rest_until_ns = now + took_ns * _REST
        if took_ns > _SLOW_NS and not slot.slow_told:
            slot.slow_told = True
            text = f"reading {slot.device.name} takes {took_ns / 1e6:.0f} ms: it is read less often"
            self.journal.note("slow_sensor", text, "warning", device_id=slot.device.id)
        self.journal.sample(slot.device, now, reading)
