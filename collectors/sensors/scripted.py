"""A sensor whose power is a function of time: for tests, trials and replays."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from collectors.sensors.sensor import Reading
from collectors.trace.records import Device, Note, Recording, new_id

SCRIPT_VARIABLE = (
    "ECO_SCRIPT"  # JSON list of devices for `machine`: watts, counter, kind, vanish_s, block_s, …
)


@dataclass(slots=True)
class ScriptedSensor:
    """A device that draws `power(t)` [W] at t seconds after it was made.

    With a counter it also shows the energy since then [J], refreshed every `update_s`, wrapping at `wrap_j`.
    From `vanish_s` on reading raises `OSError`; the first read after `block_s` takes `block_for_s`.
    """

    power: Callable[[float], float]
    energy: Callable[[float], float] | None = None
    kind: str = "cpu"
    update_s: float = 0.1
    wrap_j: float | None = None
    util: float | None = 0.5
    vanish_s: float = float("inf")
    block_s: float = float("inf")
    block_for_s: float = 5.0
    clock: Callable[[], float] = time.monotonic
    device: Device = field(init=False)
    notes: tuple[Note, ...] = ()
    slowest_s: float | None = None
    _began_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._began_s = self.clock()
        counts = self.energy is not None
        self.device = Device(
            new_id(),
            None,
            self.kind,
            f"scripted {self.kind}",
            "package" if self.kind == "cpu" else "board",
            "scripted",
            energy_source="counter" if counts else "power",
            update_period_s=self.update_s,
            energy_wrap_j=self.wrap_j,
        )

    @property
    def fastest_s(self) -> float:
        """Half the update period."""
        return self.update_s / 2

    def read_fast(self) -> Reading:
        """Read power, counter and utilisation."""
        t_s = self.clock() - self._began_s
        if t_s >= self.vanish_s:
            raise OSError("the scripted device is gone")
        if t_s >= self.block_s:
            self.block_s = float("inf")
            time.sleep(self.block_for_s)
        energy_j = None
        if self.energy is not None:
            energy_j = self.energy(t_s // self.update_s * self.update_s)
            if self.wrap_j:
                energy_j %= self.wrap_j
        return Reading(power_w=self.power(t_s), energy_j=energy_j, util_ratio=self.util)

    def read_slow(self) -> Reading:
        """Read a temperature and a memory size."""
        return Reading(temperature_c=40.0, memory_bytes=1 << 30)

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass(frozen=True, slots=True)
class ScriptedMachine:
    """A machine of scripted sensors."""

    recording: Recording
    sensors: tuple[ScriptedSensor, ...]
    notes: tuple[Note, ...] = ()


def machine() -> ScriptedMachine:
    """Return the machine that the environment variable ECO_SCRIPT describes; one 50 W CPU without it."""
    script = json.loads(os.environ.get(SCRIPT_VARIABLE, '[{"watts": 50}]'))
    return ScriptedMachine(Recording(0, "scripted", None), tuple(_constant(**device) for device in script))


def _constant(
    watts: float,
    counter: bool = True,
    kind: str = "cpu",
    vanish_s: float = float("inf"),
    block_s: float = float("inf"),
    wrap_j: float | None = None,
    update_s: float = 0.1,
) -> ScriptedSensor:
    return ScriptedSensor(
        power=lambda _: watts,
        energy=(lambda t_s: watts * t_s) if counter else None,
        kind=kind,
        update_s=update_s,
        wrap_j=wrap_j,
        vanish_s=vanish_s,
        block_s=block_s,
    )
